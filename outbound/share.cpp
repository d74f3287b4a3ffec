#include "outbound/share.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/log.h"

namespace gatehouse::outbound {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// Of each place in the file: since when it is taken (written by whoever has locked these bytes; the clock is
// one for all processes of a host), and the seat of whoever gets it next.
constexpr off_t kEntry = 16;
constexpr off_t kSeat = 8;

off_t place_at(int number) { return kEntry * number; }
off_t seat_at(int number) { return kEntry * number + kSeat; }

// Of the open file, not of the process: closing another descriptor of the same file opens nothing.
struct flock lock_of(short type, off_t at) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = at;
  lock.l_len = kSeat;
  return lock;
}

bool locks(int file, off_t at) {
  struct flock lock = lock_of(F_WRLCK, at);
  return fcntl(file, F_OFD_SETLK, &lock) == 0;
}

void unlock(int file, off_t at) {
  struct flock lock = lock_of(F_UNLCK, at);
  fcntl(file, F_OFD_SETLK, &lock);
}

bool is_locked_by_others(int file, off_t at) {
  struct flock lock = lock_of(F_WRLCK, at);
  return fcntl(file, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

std::int64_t now() {
  return std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// 0: nobody knows.
void note_since(int file, int number, std::int64_t since) {
  if (pwrite(file, &since, sizeof since, place_at(number)) != sizeof since)
    log::error("share_not_written", json::Object().add("cause", std::strerror(errno)));
}

}  // namespace

Place::Place(int file, int places, milliseconds patience)
    : file_(file), places_(places), patience_(patience) {}

Place::Place(Place&& other) noexcept { *this = std::move(other); }

Place& Place::operator=(Place&& other) noexcept {
  if (this == &other) return *this;
  release();
  file_ = std::exchange(other.file_, -1);
  places_ = other.places_;
  taken_ = std::exchange(other.taken_, -1);
  seated_ = std::exchange(other.seated_, -1);
  patience_ = other.patience_;
  asked_at_ = other.asked_at_;
  return *this;
}

Place::~Place() { release(); }

void Place::release() {
  if (file_ < 0) return;
  if (taken_ >= 0) note_since(file_, taken_, 0);
  close(file_);  // and with it the locks
  file_ = -1;
}

// Whoever sits next to a place gets it before those who come later: otherwise a worker that has just ended
// would take it again with its next request, and the ones that wait might never be lucky.
bool Place::sit_down(int number) { return number == seated_ || locks(file_, seat_at(number)); }

bool Place::take(int number) {
  if (!locks(file_, place_at(number))) return false;
  note_since(file_, number, now());
  taken_ = number;
  return true;
}

// Half of the places and not all of them: each that is freed and taken anew would look fast for a while.
bool Place::is_slow() const {
  int slow = 0;
  for (int number = 0; number < places_; ++number) {
    std::int64_t since = 0;
    if (!is_locked_by_others(file_, place_at(number))) continue;
    if (pread(file_, &since, sizeof since, place_at(number)) != sizeof since || since == 0) continue;
    if (microseconds(now() - since) > patience_) ++slow;
  }
  return 2 * slow >= places_;
}

Turn Place::turn() {
  if (file_ < 0 || taken_ >= 0) return Turn::granted;
  if (!asked_at_) asked_at_ = std::chrono::steady_clock::now();
  for (int number = 0; number < places_ && taken_ < 0; ++number) {
    if (!sit_down(number)) continue;
    const bool keeps_seat = seated_ < 0 || seated_ == number;
    if (!take(number) && keeps_seat) {
      seated_ = number;
    } else {
      unlock(file_, seat_at(number));
    }
  }
  if (taken_ >= 0) {
    if (seated_ >= 0) unlock(file_, seat_at(seated_));
    seated_ = -1;
    return Turn::granted;
  }
  const bool is_over = std::chrono::steady_clock::now() - *asked_at_ > patience_;
  return is_over || is_slow() ? Turn::crowded : Turn::later;
}

Place Share::at(std::string_view upstream) const {
  const std::string path = folder_ + "/share-" + std::string(upstream);
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  // Without it nobody waits less than before there were shares.
  if (file < 0)
    log::error("share_not_open", json::Object().add("path", path).add("cause", std::strerror(errno)));
  return {file, places_, patience_};
}

}  // namespace gatehouse::outbound
