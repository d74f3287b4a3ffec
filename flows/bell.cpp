#include "flows/bell.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "base/log.h"

namespace gatehouse::flows {

struct Bell::Word {
  std::atomic<std::uint32_t> rung;  // a futex
};

namespace {

constexpr int kFlags = O_RDWR | O_CLOEXEC | O_NOFOLLOW;

}  // namespace

std::string Bell::file_in(const std::string& folder) { return folder + "/bell"; }

void Bell::make(const std::string& folder) {
  const int opened = open(file_in(folder).c_str(), kFlags | O_CREAT, 0600);
  if (opened < 0 || ftruncate(opened, sizeof(Word)) != 0)
    log::error("no_bell", json::Object().add("why", file_in(folder) + ": " + std::strerror(errno)));
  if (opened >= 0) close(opened);
}

Bell::Bell(const std::string& folder) {
  const int opened = open(file_in(folder).c_str(), kFlags);
  if (opened < 0) return;
  struct stat about {};
  if (fstat(opened, &about) == 0 && about.st_size >= static_cast<off_t>(sizeof(Word))) {
    void* memory = mmap(nullptr, sizeof(Word), PROT_READ | PROT_WRITE, MAP_SHARED, opened, 0);
    if (memory != MAP_FAILED) word_ = static_cast<Word*>(memory);
  }
  close(opened);
}

Bell::~Bell() {
  if (word_ != nullptr) munmap(word_, sizeof(Word));
}

std::uint32_t Bell::rung() const {
  return word_ == nullptr ? 0 : word_->rung.load(std::memory_order_acquire);
}

void Bell::ring() {
  if (word_ == nullptr) return;
  word_->rung.fetch_add(1, std::memory_order_acq_rel);
  syscall(SYS_futex, &word_->rung, FUTEX_WAKE, 1, nullptr, nullptr, 0);
}

void Bell::wait(std::uint32_t heard, std::chrono::nanoseconds time) const {
  const timespec pause{time.count() / 1'000'000'000, time.count() % 1'000'000'000};
  if (word_ == nullptr) {
    nanosleep(&pause, nullptr);
  } else {
    syscall(SYS_futex, &word_->rung, FUTEX_WAIT, heard, &pause, nullptr, 0);
  }
}

}  // namespace gatehouse::flows
