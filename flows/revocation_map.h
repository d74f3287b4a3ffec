// What every worker of a host knows about revocations: a file that one process, the feed, writes and all
// others map and read without locks. A hash table of 32 bytes a revocation; a token check costs some loads
// and no statement. The file is a cache: PostgreSQL has the truth, and whoever loses the file makes it anew.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "db/revocations.h"

namespace gatehouse::flows {

// A key and the version of the token that is asked about.
struct RevocationCheck {
  std::string key;
  std::int64_t version = 0;
};

// Since the machine was started, sleep included: the same for all processes of a host, whatever is done to
// its clock.
std::chrono::nanoseconds since_boot();

class RevocationMap {
 public:
  // The map in the file, as it is; nullptr where there is none, or one of another layout.
  static std::unique_ptr<RevocationMap> open(const std::string& file);
  // The same for the one process that writes.
  static std::unique_ptr<RevocationMap> open_to_write(const std::string& file);
  // A new and empty one with room for so many. Throws Error(internal) where the file cannot be made.
  static std::unique_ptr<RevocationMap> make(const std::string& file, std::size_t room);

  ~RevocationMap();
  RevocationMap(const RevocationMap&) = delete;
  RevocationMap& operator=(const RevocationMap&) = delete;

  bool is_revoked(std::span<const RevocationCheck> keys, Time now, std::string_view token_id) const;
  bool is_replaced() const;                   // another has taken its place under its name, or none has
  std::chrono::nanoseconds fresh_at() const;  // everything committed by then is in it; 0: nobody says so yet
  std::uint32_t min_version(std::string_view key) const;  // 0 where the key is not there
  // How many have been put in so far: one more before anything of a change can be seen.
  std::uint64_t changes() const;
  std::size_t size() const;
  std::size_t room() const;  // for so many in all

  // For the writer. As PostgreSQL has it; false: there is no room.
  bool put(const db::revocations::Revocation& revocation);
  // What has not expired by PostgreSQL's clock, and a minute more.
  void copy_into(RevocationMap& other, Time now) const;
  std::size_t count_live(Time now) const;
  void mark_fresh(std::chrono::nanoseconds at);
  // Which PostgreSQL was read, and from which transaction on it is to be read next; 0: from the beginning.
  void set_source(std::string_view source, std::uint64_t next);
  std::string source() const;
  std::uint64_t next() const;

  // 96 bits of a hash stand for a key.
  struct Hash {
    std::uint64_t first;
    std::uint32_t second;
  };

 private:
  struct Header;
  struct Slot;
  struct Entry;
  RevocationMap(int file, void* memory, std::size_t bytes);
  static std::unique_ptr<RevocationMap> map(const std::string& file, bool writes);
  Slot& find(const Hash& hash) const;
  bool put(const Entry& entry);

  int file_;
  Header* header_;
  Slot* slots_;
  std::size_t bytes_;
};

}  // namespace gatehouse::flows
