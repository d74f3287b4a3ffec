// The life of one worker process: takes requests from the listening socket at descriptor 0 until it is told
// to stop, and answers each; one connection at a time, or many by turns.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string_view>

#include "fcgi/request.h"
#include "fcgi/response.h"

namespace gatehouse::fcgi {

using Handle = std::function<Response(Request)>;

struct Limits {
  std::size_t body = 65536;  // bytes; beyond it Request::body_too_large
  // The one path whose bodies may be larger, and how large.
  std::string_view large_path{};
  std::size_t large_body = 65536;
  std::chrono::milliseconds tick{50};  // how often `tick` runs
};

// One connection at a time, closed after its answer: while one request waits for something, others are with
// other workers. Returns 0 after SIGTERM, SIGINT or SIGUSR1, with the request in hand finished (what `tick`
// has collected is then the caller's to write out), and 1 when descriptor 0 is no listening socket. `handle`
// must not throw; what `tick` throws is logged. Those signals stay blocked from here on, SIGPIPE ignored.
int serve(const Handle& handle, const std::function<void()>& tick, Limits limits = {});

// The same for what hardly waits, over connections that nginx keeps: whatever has come on any of them is
// answered by turns, so one that says nothing holds up nobody; but what one request waits for, all wait for.
// Told to stop it accepts no more, and returns when nginx has closed all connections, or after five seconds.
int serve_by_turns(const Handle& handle, const std::function<void()>& tick, Limits limits = {});

}  // namespace gatehouse::fcgi
