#include "flows/feed.h"

#include <cstdio>
#include <cstring>

#include "base/error.h"
#include "db/revocations.h"
#include "flows/revocations.h"

namespace gatehouse::flows {

namespace {

constexpr int kBatch = 10'000;
// More at once are read in batches, with all others: so many take some 20 MB while they are read.
constexpr int kMostChanges = 100'000;
constexpr std::size_t kRoomAtFirst = 3000;

}  // namespace

// A map that an earlier feed has left is gone on with: checks never stop for a feed that starts anew.
Feed::Feed(db::Connection& db, const Clock& clock, std::string folder)
    : db_(db),
      clock_(clock),
      file_(Revocations::map_file(folder)),
      rounds_(folder),
      map_(RevocationMap::open_to_write(file_)) {
  if (!map_) move_to(kRoomAtFirst);
}

// What is committed when a round begins is in the map when it ends. A transaction that began earlier and
// commits later has a number at or above `next`, the oldest that was still under way: it is read by a later
// round.
void Feed::round() {
  const std::uint64_t asked = rounds_.asked();
  const auto began = since_boot();
  const auto changes = db::revocations::changes(db_, map_->next(), kMostChanges);
  // Another server, or the same one after a failover, may give numbers again that the old one has given.
  const bool all = map_->next() == 0 || changes.source != map_->source();
  if (all || changes.revocations.size() >= kMostChanges) {
    load(changes.source);
  } else {
    for (const auto& revocation : changes.revocations) put(revocation);
  }
  map_->set_source(changes.source, changes.next);
  map_->mark_fresh(began, asked);
  served_ = asked;
}

void Feed::wait() const { rounds_.wait(served_, kEvery); }

// All there is, in the order of the keys. What is committed meanwhile has a number at or above the `next` of
// the statement before.
void Feed::load(const std::string& source) {
  map_->set_source(source, 0);
  std::string last;
  for (;;) {
    const auto batch = db::revocations::list_after(db_, last, clock_.now(), kBatch);
    for (const auto& revocation : batch) put(revocation);
    if (batch.size() < kBatch) return;
    last = batch.back().key;
  }
}

void Feed::put(const db::revocations::Revocation& revocation) {
  if (map_->put(revocation)) return;
  // Twice what lives, but no more than a quarter as much again where there is much: memory is bounded, and
  // each move reads all there is.
  const std::size_t live = map_->count_live(clock_.now());
  move_to(live + std::max(kRoomAtFirst, live / 4));
  if (!map_->put(revocation)) throw Error(Errc::internal, {}, "a new map of revocations is full");
}

// Made beside the old one and put into its place when it holds what the old one does; who has the old one
// mapped finds that out at the next check.
void Feed::move_to(std::size_t room) {
  const std::string made = file_ + ".new";
  auto next = RevocationMap::make(made, room);
  if (map_) {
    map_->copy_into(*next, clock_.now());
    next->set_source(map_->source(), map_->next());
    next->mark_fresh(map_->fresh_at(), map_->applied());
  }
  if (std::rename(made.c_str(), file_.c_str()) != 0)
    throw Error(Errc::internal, {}, "cannot make " + file_ + ": " + std::strerror(errno));
  if (map_) map_->mark_replaced();
  map_ = std::move(next);
}

}  // namespace gatehouse::flows
