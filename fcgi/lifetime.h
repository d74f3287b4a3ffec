// What every worker process has: the listening socket of its pool, the signals that end it, and how it fails.
#pragma once

#include <chrono>
#include <string_view>

namespace gatehouse::fcgi {

constexpr int kListeningSocket = 0;

// Before the first request. Empty, or what is not as it must be, with errno.
//
// The stop signals never interrupt anything: they stay blocked, and between two requests is looked whether
// one has come. (Delivered during libfcgi's read, one drops the request or empties its body.) Blocked before
// FCGX_Init, whose own handler for SIGUSR1 makes every later accept fail, so it never runs.
std::string_view prepare();
bool is_told_to_stop();

// Whether a worker goes on after this problem of an accept; logged where it is one.
bool outlives(int problem, std::chrono::milliseconds tick);

// Logs errno with it, after which there is nothing to do but to end with this.
int fail(std::string_view what);

}  // namespace gatehouse::fcgi
