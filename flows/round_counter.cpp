#include "flows/round_counter.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace gatehouse::flows {

// A futex is 32 bits wide: its low half would do for that, so there are two.
struct RoundCounter::Word {
  std::atomic<std::uint64_t> count;
  std::atomic<std::uint32_t> bell;
};

RoundCounter::RoundCounter(const std::string& folder) {
  const std::string file = folder + "/rounds";
  const int opened = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  void* memory = MAP_FAILED;
  if (opened >= 0 && ftruncate(opened, sizeof(Word)) == 0)
    memory = mmap(nullptr, sizeof(Word), PROT_READ | PROT_WRITE, MAP_SHARED, opened, 0);
  const int why = errno;
  if (opened >= 0) close(opened);
  if (memory == MAP_FAILED) throw Error(Errc::unavailable, {}, file + ": " + std::strerror(why));
  word_ = static_cast<Word*>(memory);
}

RoundCounter::~RoundCounter() { munmap(word_, sizeof(Word)); }

std::uint64_t RoundCounter::asked() const { return word_->count.load(std::memory_order_acquire); }

std::uint64_t RoundCounter::ask() {
  const std::uint64_t count = word_->count.fetch_add(1, std::memory_order_acq_rel) + 1;
  word_->bell.fetch_add(1, std::memory_order_acq_rel);
  syscall(SYS_futex, &word_->bell, FUTEX_WAKE, 1, nullptr, nullptr, 0);
  return count;
}

void RoundCounter::wait(std::uint64_t seen, std::chrono::nanoseconds patience) const {
  const std::uint32_t bell = word_->bell.load(std::memory_order_acquire);
  if (asked() != seen) return;
  const timespec time{patience.count() / 1'000'000'000, patience.count() % 1'000'000'000};
  syscall(SYS_futex, &word_->bell, FUTEX_WAIT, bell, &time, nullptr, 0);
}

}  // namespace gatehouse::flows
