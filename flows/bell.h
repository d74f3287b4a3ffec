// What wakes the feed of this host before its time: a word that all its processes share. It carries no
// meaning of its own: a ring that nobody hears costs its ringer the feed's usual pause, and nothing else.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace gatehouse::flows {

class Bell {
 public:
  // Where it is not there, nothing rings, and waiting is sleeping.
  explicit Bell(const std::string& folder);
  static std::string file_in(const std::string& folder);
  // For the feed: hangs it up where it is not there.
  static void make(const std::string& folder);
  ~Bell();
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;

  void ring();
  // How often it has rung.
  std::uint32_t rung() const;
  // Until that is another number than `heard`, a signal comes, or the time is over.
  void wait(std::uint32_t heard, std::chrono::nanoseconds time) const;

 private:
  struct Word;
  Word* word_ = nullptr;
};

}  // namespace gatehouse::flows
