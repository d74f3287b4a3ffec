// One request over one connection of libfcgi: read, handed to whoever answers it, and answered. The
// connection stays open where it is kept and nothing is left on it that could be taken for a request.
#pragma once

#include <fcgiapp.h>

#include "fcgi/worker.h"

namespace gatehouse::fcgi {

// After FCGX_Accept_r. The connection is closed unless raw.keepConnection says otherwise, which nginx has
// set.
void exchange(FCGX_Request& raw, const Handle& handle, const Limits& limits);

}  // namespace gatehouse::fcgi
