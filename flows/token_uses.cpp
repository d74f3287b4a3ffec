#include "flows/token_uses.h"

#include <thread>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "db/dev_tokens.h"

namespace gatehouse::flows {

void TokenUses::note(const std::string& token_id, Time at) {
  const auto found = waiting_.find(token_id);
  if (found != waiting_.end()) {
    found->second = std::max(found->second, at);
  } else if (waiting_.size() < kBound) {
    waiting_.emplace(token_id, at);
  }
}

void TokenUses::flush(db::Connection& db, Moment now) {
  if (waiting_.empty() || now - written_at_ < kEvery) return;
  written_at_ = now;
  write(db);
}

void TokenUses::finish(db::Connection& db, std::chrono::milliseconds patience) {
  const Moment end = std::chrono::steady_clock::now() + patience;
  while (!waiting_.empty() && !write(db)) {
    if (std::chrono::steady_clock::now() >= end) {
      log::error("token_uses_lost", json::Object().add("count", static_cast<std::int64_t>(waiting_.size())));
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

bool TokenUses::write(db::Connection& db) {
  std::vector<db::dev_tokens::Use> uses;
  uses.reserve(waiting_.size());
  for (const auto& [id, at] : waiting_) uses.push_back({id, at});
  try {
    db::dev_tokens::note_uses(db, uses);
  } catch (const Error& error) {
    if (error.code() == Errc::unavailable) return false;
    log::error("token_uses_refused", json::Object().add("cause", error.cause()));
  }
  waiting_.clear();
  return true;
}

}  // namespace gatehouse::flows
