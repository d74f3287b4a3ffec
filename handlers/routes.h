// The whole API, one line a route: what it takes, who may call it, which pool serves it, what answers.
#pragma once

#include <span>

#include "fcgi/route.h"
#include "handlers/wiring.h"

namespace gatehouse::handlers {

// Checked at compile time: a malformed, unguarded or clashing row does not build.
std::span<const fcgi::Route<Services>> routes();

}  // namespace gatehouse::handlers
