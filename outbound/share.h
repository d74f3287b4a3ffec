// A share of the outbound pool for each upstream (a provider, Coze): only so many workers of a host may wait
// for one, so that one which hangs leaves the others to the other upstreams. Locks on the bytes of one small
// file an upstream, which the kernel opens when a worker dies.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::outbound {

enum class Turn {
  granted,  // wait for the upstream as long as you like; the place is yours until it goes
  later,    // ask again in a moment, and look whether the answer is there already
  crowded,  // do not wait: others have held the places for too long
};

// Of one caller at one upstream. One that was made by nobody is always granted.
class Place {
 public:
  Place() = default;
  ~Place();
  Place(Place&& other) noexcept;
  Place& operator=(Place&& other) noexcept;
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  Turn turn();

 private:
  friend class Share;
  Place(int file, int places, std::chrono::milliseconds patience);
  bool sit_down(int number);
  bool take(int number);
  bool is_slow() const;
  void release();

  int file_ = -1;
  int places_ = 0;
  int taken_ = -1;   // this place
  int seated_ = -1;  // next at this one
  std::chrono::milliseconds patience_{};
  std::optional<std::chrono::steady_clock::time_point> asked_at_{};
};

// What whoever is crowded out is told to wait.
inline constexpr std::chrono::seconds kAfterTheCrowd{5};

class Share {
 public:
  // `places` for each upstream, in files of `folder`; whoever comes when they are taken waits for `patience`,
  // and not at all while half of them have been taken for longer than that.
  Share(std::string folder, int places, std::chrono::milliseconds patience = std::chrono::seconds(2))
      : folder_(std::move(folder)), places_(places), patience_(patience) {}

  Place at(std::string_view upstream) const;

 private:
  std::string folder_;
  int places_;
  std::chrono::milliseconds patience_;
};

}  // namespace gatehouse::outbound
