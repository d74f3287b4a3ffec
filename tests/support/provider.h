// A provider as Tesla's is known to behave: refresh tokens work once, the one used last still for 24 hours,
// an older one is theft and ends the grant. It counts what it saw, and misbehaves on command.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "tests/support/https_server.h"

namespace gatehouse::support {

enum class Mishap {
  none,
  lost_answer,  // rotates, and hangs up
  half_answer,  // rotates, and breaks off
  wrong_json,   // rotates, and answers nonsense
  slow,         // rotates, and answers after `delay`
  hanging,      // answers after `delay`, and rotates only then; hangs up where the stand-in ends before
  html_403,
  limited,  // 429, with Retry-After: 7
  server_error,
  login_required,
  invalid_client,
  redirect,
};

class Provider {
 public:
  explicit Provider(HttpsServer::Options options = {});
  ~Provider() { ends_ = true; }
  Provider(const Provider&) = delete;
  Provider& operator=(const Provider&) = delete;

  std::string url() const { return server_.url("/oauth2/v3/token"); }
  std::string ca_file() const { return server_.ca_file(); }

  // A new grant; its first refresh token.
  std::string new_grant();
  // The same with a token that is given.
  void adopt(const std::string& refresh_token);
  // What the next calls do, one after the other; after them all is well again.
  void next(Mishap mishap, std::chrono::milliseconds delay = {});
  void from_now_on(Mishap mishap, std::chrono::milliseconds delay = {});
  // From now on, whoever sends this text waits for so long, or until the stand-in ends.
  void hang_for(const std::string& text, std::chrono::milliseconds delay);
  // What becomes of the next answer that brings a pair.
  void rewrite_next(std::function<void(ServerAnswer&)> rewrite);
  // Another one than Tesla's 24 hours; 0: no token twice, whoever does that is a thief.
  void set_grace(std::chrono::seconds grace);
  // Its clock.
  void later(std::chrono::seconds by);

  int calls() const { return server_.count(); }
  int thefts() const;
  std::vector<ServerRequest> seen() const { return server_.seen(); }
  // Whether this refresh token would work now.
  bool accepts(const std::string& refresh_token) const;
  void set_lifetime(int seconds);

 private:
  struct Grant {
    std::string current;
    std::string used_last;
    std::chrono::seconds used_at{};
    std::chrono::seconds issued_at{};
    bool ended = false;
    std::set<std::string> used{};
  };
  struct Event {
    Mishap mishap = Mishap::none;
    std::chrono::milliseconds delay{};
  };
  ServerAnswer answer(const ServerRequest& request);
  ServerAnswer rotate(const std::string& token);
  const Grant* grant_of(const std::string& token) const;
  bool is_good(const Grant& grant, const std::string& token) const;
  bool wait_for(std::chrono::milliseconds delay) const;  // false: the stand-in ends
  Event take_event(const std::string& body);

  mutable std::mutex mutex_;
  std::map<std::string, Grant> grants_;       // by number
  std::map<std::string, std::string> owner_;  // token -> number
  std::deque<Event> events_;
  Event always_;
  std::string hangs_for_;
  std::chrono::milliseconds hangs_{};
  std::atomic<bool> ends_ = false;
  std::chrono::seconds clock_{0};
  int thefts_ = 0;
  int made_ = 0;
  int lifetime_ = 28800;
  std::chrono::seconds grace_{86400};
  std::function<void(ServerAnswer&)> rewrite_;
  const std::string mark_;  // in all of its tokens: no other provider has made them
  HttpsServer server_;      // last: it ends first
};

}  // namespace gatehouse::support
