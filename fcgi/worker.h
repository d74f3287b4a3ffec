// The life of one worker process: takes requests one at a time from the listening socket at descriptor 0
// until it is told to stop, and answers each.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string_view>

#include "fcgi/request.h"
#include "fcgi/response.h"

namespace gatehouse::fcgi {

struct Limits {
  std::size_t body = 65536;  // bytes; beyond it Request::body_too_large
  // The one path whose bodies may be larger, and how large.
  std::string_view large_path{};
  std::size_t large_body = 65536;
  std::chrono::milliseconds tick{50};  // how often `tick` runs
};

// Returns 0 after SIGTERM, SIGINT or SIGUSR1, with the request in hand finished and a kept connection closed
// by nginx (what `tick` has collected is then the caller's to write out), and 1 when descriptor 0 is no
// listening socket. `handle` must not throw; what `tick` throws is logged. Those signals stay blocked from
// here on, SIGPIPE ignored.
int serve(const std::function<Response(Request)>& handle, const std::function<void()>& tick,
          Limits limits = {});

}  // namespace gatehouse::fcgi
