#include "flows/feed.h"

#include <malloc.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "flows/revocations.h"

namespace gatehouse::flows {

namespace {

constexpr int kBatch = 10'000;
// More at once are read in batches, with all others: so many take some 50 MB while they are read.
constexpr int kMostChanges = 100'000;
constexpr std::size_t kRoomAtFirst = 3000;
const std::string& with_bell(const std::string& folder) {
  Bell::make(folder);
  return folder;
}

}  // namespace

// A map that an earlier feed has left is gone on with: checks never stop for a feed that starts anew.
Feed::Feed(db::Connection& db, const std::string& folder, const Clock& clock)
    : db_(db),
      clock_(clock),
      file_(Revocations::map_file(folder)),
      bell_(with_bell(folder)),
      map_(RevocationMap::open_to_write(file_)) {
  if (!map_) move_to(kRoomAtFirst);
}

// What is committed when a round begins is in the map when it ends.
void Feed::round() {
  heard_ = bell_.rung();
  if (map_->is_replaced()) move_to(map_->room());  // somebody took the file away
  const auto began = since_boot();
  const auto changes = read();
  // Who checks here goes by this host's clock, who deletes by both.
  now_ = std::min(changes.at, clock_.now());
  const std::uint64_t next = db::revocations::oldest_open(changes.seen);
  // Another server, database or table, or the same server after a failover or a crash, may have given these
  // numbers to others.
  const bool all = map_->next() == 0 || changes.source != map_->source() || next < map_->next();
  if (all || changes.revocations.size() >= kMostChanges) {
    load(changes.source);
  } else {
    for (const auto& revocation : changes.revocations) put(revocation);
  }
  map_->set_source(changes.source, next);
  map_->mark_fresh(began);
  seen_ = changes.seen;
  was_large_ = all || changes.revocations.size() >= kBatch;
}

void Feed::wait() {
  if (std::exchange(was_large_, false)) malloc_trim(0);  // it would keep most of what the rows took
  bell_.wait(heard_, kEvery);
}

// What the snapshot of the round before did not have, or the one of the feed before, which the map tells. One
// statement says whose numbers these are, and reads them.
db::revocations::Changes Feed::read() {
  const std::string since = seen_.empty() ? db::revocations::seen_before(map_->next()) : seen_;
  for (int tries = 0; tries < 2; ++tries) {
    auto changes = db::revocations::changes(db_, since, kMostChanges);
    if (!changes.source.empty()) return changes;
    db::revocations::mark(db_);
  }
  throw Error(Errc::unavailable, {}, "somebody takes crash_mark away");
}

// All there is, in the order of the keys. What is committed meanwhile the snapshot of the statement before
// does not have.
void Feed::load(const std::string& source) {
  map_->set_source(source, 0);
  std::string last;
  for (;;) {
    const auto batch = db::revocations::list_after(db_, last, kBatch);
    for (const auto& revocation : batch) put(revocation);
    if (batch.size() < kBatch) return;
    last = batch.back().key;
  }
}

void Feed::put(const db::revocations::Revocation& revocation) {
  if (map_->put(revocation)) return;
  // Twice what lives, but no more than a quarter as much again where there is much: memory is bounded, and
  // each move reads all there is.
  const std::size_t live = map_->count_live(now_);
  move_to(live + std::max(kRoomAtFirst, live / 4));
  if (!map_->put(revocation)) throw Error(Errc::internal, {}, "a new map of revocations is full");
}

// Made beside the old one and put into its place when it holds what the old one does. Whoever has the old one
// mapped sees at the next check that it has no name any more.
void Feed::move_to(std::size_t room) {
  const std::string made = file_ + ".new";
  auto next = RevocationMap::make(made, room);
  if (map_) {
    map_->copy_into(*next, now_);
    next->set_source(map_->source(), map_->next());
    next->mark_fresh(map_->fresh_at());
  }
  if (std::rename(made.c_str(), file_.c_str()) != 0)
    throw Error(Errc::internal, {}, "cannot make " + file_ + ": " + std::strerror(errno));
  map_ = std::move(next);
}

}  // namespace gatehouse::flows
