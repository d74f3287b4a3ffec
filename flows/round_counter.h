// How many rounds of the feed of this host have been asked for: a word that all its processes share. Whoever
// has committed a revocation asks for a round and waits until that one has been made.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace gatehouse::flows {

class RoundCounter {
 public:
  // Made where it is not there. Throws Error(unavailable) where it cannot be.
  explicit RoundCounter(const std::string& folder);
  ~RoundCounter();
  RoundCounter(const RoundCounter&) = delete;
  RoundCounter& operator=(const RoundCounter&) = delete;

  std::uint64_t asked() const;
  // One more; the count with it. Wakes the feed.
  std::uint64_t ask();
  // Until it is another than `seen`, a signal comes, or patience is over.
  void wait(std::uint64_t seen, std::chrono::nanoseconds patience) const;

 private:
  struct Word;
  Word* word_;
};

}  // namespace gatehouse::flows
