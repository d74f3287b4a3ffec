#include "flows/revocation_map.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <limits>
#include <string>

#include "base/error.h"

namespace gatehouse::flows {

namespace {

constexpr std::uint64_t kLayout = 0x47484d4150000001;  // "GHMAP" and its version
constexpr std::size_t kHeaderBytes = 4096;
constexpr std::size_t kSourceBytes = 64;
constexpr std::uint32_t kAny = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t kLeastRoom = 3072;
// A worker's clock may be so far behind PostgreSQL's: to it, a token lives that has expired there.
constexpr Seconds kClocksDiffer{60};
// Beyond it, looking for what is not there gets long.
constexpr double kFullest = 0.75;

std::uint32_t to_32(std::int64_t value) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(value, 0, kAny));
}
// Whole seconds, in doubt the earlier: a revocation may count a moment before its time, never after it.
std::uint32_t earlier_second(Time time) {
  return to_32(std::chrono::floor<Seconds>(time).time_since_epoch().count());
}
std::uint32_t later_second(Time time) {
  return to_32(std::chrono::ceil<Seconds>(time).time_since_epoch().count());
}

// Another after each start of the machine; 0 where it cannot be read.
std::uint64_t this_boot() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  if (!(file >> id)) return 0;
  return XXH3_64bits(id.data(), id.size());
}

[[noreturn]] void fail(const std::string& file, int problem) {
  throw Error(Errc::internal, {}, "cannot make " + file + ": " + std::strerror(problem));
}

}  // namespace

std::chrono::nanoseconds since_boot() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

// All members that change while others read are atomic and lock-free: the same memory in many processes.
struct RevocationMap::Header {
  std::uint64_t layout;
  std::uint64_t boot;  // fresh_at counts from there
  std::uint64_t slots;
  std::atomic<std::uint64_t> used;
  std::atomic<std::int64_t> fresh_at;
  std::atomic<std::uint64_t> next;
  char source[kSourceBytes];  // the writer's own
  std::atomic<std::uint64_t> changes;
};

// 96 bits of a hash stand for the key; the first word is written last and is never 0 in a slot that is taken.
struct RevocationMap::Slot {
  std::atomic<std::uint64_t> hash;
  std::uint32_t more_hash;
  std::atomic<std::uint32_t> min_version;
  std::atomic<std::uint32_t> effective_at;
  std::atomic<std::uint32_t> expires_at;
  std::atomic<std::uint64_t> spares;  // a hash of the token's id; 0: none
};

// What a slot holds, or is to hold.
struct RevocationMap::Entry {
  std::uint64_t hash;
  std::uint32_t more_hash;
  std::uint32_t min_version;
  std::uint32_t effective_at;
  std::uint32_t expires_at;
  std::uint64_t spares;
};

namespace {

static_assert(std::atomic<std::uint64_t>::is_always_lock_free &&
              std::atomic<std::uint32_t>::is_always_lock_free);

RevocationMap::Hash hash_of(std::string_view key) {
  const XXH128_hash_t hash = XXH3_128bits(key.data(), key.size());
  return {std::max<std::uint64_t>(hash.low64, 1), static_cast<std::uint32_t>(hash.high64)};
}

std::uint64_t spared(std::string_view token_id) { return token_id.empty() ? 0 : hash_of(token_id).first; }

// The upper half of the product: an even spread over any number of slots (D. Lemire, "Fast random integer
// generation in an interval", 2019, section 4).
std::size_t place_of(std::uint64_t hash, std::uint64_t slots) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::size_t>((static_cast<Wide>(hash) * slots) >> 64);
}

}  // namespace

RevocationMap::RevocationMap(int file, void* memory, std::size_t bytes)
    : file_(file),
      header_(static_cast<Header*>(memory)),
      slots_(reinterpret_cast<Slot*>(static_cast<char*>(memory) + kHeaderBytes)),
      bytes_(bytes) {
  static_assert(sizeof(Header) <= kHeaderBytes && sizeof(Slot) == 32);
}

RevocationMap::~RevocationMap() {
  munmap(header_, bytes_);
  close(file_);
}

std::unique_ptr<RevocationMap> RevocationMap::map(const std::string& file, bool writes) {
  const int opened = ::open(file.c_str(), (writes ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW);
  if (opened < 0) return nullptr;
  struct stat about {};
  const bool fits = fstat(opened, &about) == 0 && about.st_size >= static_cast<off_t>(kHeaderBytes);
  const auto bytes = static_cast<std::size_t>(about.st_size);
  void* memory = MAP_FAILED;
  if (fits) memory = mmap(nullptr, bytes, writes ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, opened, 0);
  if (memory == MAP_FAILED) {
    close(opened);
    return nullptr;
  }
  std::unique_ptr<RevocationMap> result(new RevocationMap(opened, memory, bytes));
  const Header& header = *result->header_;
  if (header.layout != kLayout || header.boot == 0 || header.boot != this_boot() ||
      kHeaderBytes + header.slots * sizeof(Slot) != bytes)
    return nullptr;
  return result;
}

std::unique_ptr<RevocationMap> RevocationMap::open(const std::string& file) { return map(file, false); }
std::unique_ptr<RevocationMap> RevocationMap::open_to_write(const std::string& file) {
  return map(file, true);
}

std::unique_ptr<RevocationMap> RevocationMap::make(const std::string& file, std::size_t room) {
  const auto least = static_cast<double>(std::max(room, kLeastRoom)) / kFullest;
  const std::uint64_t start[] = {kLayout, this_boot(), static_cast<std::uint64_t>(least) + 1};
  const auto bytes = static_cast<off_t>(kHeaderBytes + start[2] * sizeof(Slot));
  unlink(file.c_str());
  const int opened = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (opened < 0) fail(file, errno);
  // All of it now: a disk that is full later would kill whoever writes there.
  int problem = posix_fallocate(opened, 0, bytes);
  if (problem == 0 && pwrite(opened, start, sizeof(start), 0) != sizeof(start)) problem = errno;
  close(opened);
  if (problem != 0) fail(file, problem);
  auto result = open_to_write(file);
  if (!result) fail(file, errno);
  return result;
}

// The slot of the key, or the empty one where it would go: there always is one, for the table is never filled
// up.
RevocationMap::Slot& RevocationMap::find(const Hash& hash) const {
  for (std::size_t i = place_of(hash.first, header_->slots);; i = i + 1 == header_->slots ? 0 : i + 1) {
    Slot& slot = slots_[i];
    const std::uint64_t there = slot.hash.load(std::memory_order_acquire);
    if (there == 0 || (there == hash.first && slot.more_hash == hash.second)) return slot;
  }
}

bool RevocationMap::is_revoked(std::span<const RevocationCheck> keys, Time now,
                               std::string_view token_id) const {
  const std::uint32_t second = earlier_second(now);
  for (const RevocationCheck& check : keys) {
    const Slot& slot = find(hash_of(check.key));
    if (slot.hash.load(std::memory_order_acquire) == 0) continue;
    const std::uint32_t below = slot.min_version.load(std::memory_order_acquire);
    if (below != kAny && check.version >= below) continue;
    if (slot.effective_at.load(std::memory_order_acquire) > second) continue;
    const std::uint64_t spares = slot.spares.load(std::memory_order_acquire);
    if (spares == 0 || spares != spared(token_id)) return true;
  }
  return false;
}

std::uint32_t RevocationMap::min_version(std::string_view key) const {
  const Slot& slot = find(hash_of(key));
  return slot.hash.load(std::memory_order_acquire) == 0 ? 0
                                                        : slot.min_version.load(std::memory_order_acquire);
}

std::uint64_t RevocationMap::changes() const { return header_->changes.load(std::memory_order_acquire); }

// By the file itself, whoever took its place or took it away: nobody has to live to say so.
bool RevocationMap::is_replaced() const {
  struct stat about {};
  return fstat(file_, &about) != 0 || about.st_nlink == 0;
}

std::chrono::nanoseconds RevocationMap::fresh_at() const {
  return std::chrono::nanoseconds(header_->fresh_at.load(std::memory_order_acquire));
}
std::size_t RevocationMap::size() const { return header_->used.load(std::memory_order_relaxed); }
std::size_t RevocationMap::room() const {
  return static_cast<std::size_t>(static_cast<double>(header_->slots) * kFullest);
}

bool RevocationMap::put(const db::revocations::Revocation& revocation) {
  const Hash hash = hash_of(revocation.key);
  return put({hash.first, hash.second, to_32(revocation.min_version), earlier_second(revocation.effective_at),
              later_second(revocation.expires_at), spared(revocation.spares.value_or(""))});
}

// Whoever reads meanwhile may see a slot half changed: a moment later nobody does, and until then nobody was
// told that anything is revoked. A new slot is seen when its hash is.
bool RevocationMap::put(const Entry& entry) {
  Slot& slot = find({entry.hash, entry.more_hash});
  const bool is_new = slot.hash.load(std::memory_order_relaxed) == 0;
  if (is_new && size() >= room()) return false;
  header_->changes.fetch_add(1, std::memory_order_acq_rel);
  slot.min_version.store(entry.min_version, std::memory_order_release);
  slot.effective_at.store(entry.effective_at, std::memory_order_release);
  slot.expires_at.store(entry.expires_at, std::memory_order_release);
  slot.spares.store(entry.spares, std::memory_order_release);
  if (!is_new) return true;
  slot.more_hash = entry.more_hash;
  header_->used.fetch_add(1, std::memory_order_relaxed);
  slot.hash.store(entry.hash, std::memory_order_release);
  return true;
}

void RevocationMap::copy_into(RevocationMap& other, Time now) const {
  const std::uint32_t second = earlier_second(now - kClocksDiffer);
  for (std::size_t i = 0; i < header_->slots; ++i) {
    const Slot& slot = slots_[i];
    const std::uint64_t hash = slot.hash.load(std::memory_order_relaxed);
    if (hash == 0 || slot.expires_at.load() < second) continue;
    other.put({hash, slot.more_hash, slot.min_version.load(), slot.effective_at.load(),
               slot.expires_at.load(), slot.spares.load()});
  }
}

std::size_t RevocationMap::count_live(Time now) const {
  const std::uint32_t second = earlier_second(now - kClocksDiffer);
  return static_cast<std::size_t>(std::count_if(slots_, slots_ + header_->slots, [second](const Slot& slot) {
    return slot.hash.load(std::memory_order_relaxed) != 0 && slot.expires_at.load() >= second;
  }));
}

void RevocationMap::mark_fresh(std::chrono::nanoseconds at) {
  header_->fresh_at.store(at.count(), std::memory_order_release);
}

// A writer that dies in between leaves a map that says nothing of how far it was read: it is read anew.
void RevocationMap::set_source(std::string_view source, std::uint64_t next) {
  header_->next.store(0, std::memory_order_release);
  std::snprintf(header_->source, kSourceBytes, "%.*s", static_cast<int>(source.size()), source.data());
  header_->next.store(next, std::memory_order_release);
}

std::string RevocationMap::source() const {
  return {header_->source, strnlen(header_->source, kSourceBytes)};
}
std::uint64_t RevocationMap::next() const { return header_->next.load(std::memory_order_acquire); }

}  // namespace gatehouse::flows
