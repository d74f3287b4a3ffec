// Which addresses a call may connect to.
#pragma once

#include <sys/socket.h>

namespace gatehouse::outbound {

enum class Reach { open_internet, loopback, elsewhere };

// elsewhere: private, link-local, shared, reserved, multicast, and what stands for one of them in IPv6.
Reach reach_of(const sockaddr& address);

}  // namespace gatehouse::outbound
