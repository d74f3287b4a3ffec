#include "outbound/address.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace gatehouse::outbound {

namespace {

struct Network {
  std::uint32_t address;
  int bits;
};

// IANA's special-purpose registry (RFC 6890), but for loopback.
constexpr std::array kSpecial{
    Network{0x00000000, 8},  Network{0x0A000000, 8},  Network{0x64400000, 10}, Network{0xA9FE0000, 16},
    Network{0xAC100000, 12}, Network{0xC0000000, 24}, Network{0xC0000200, 24}, Network{0xC0586300, 24},
    Network{0xC0A80000, 16}, Network{0xC6120000, 15}, Network{0xC6336400, 24}, Network{0xCB007100, 24},
    Network{0xE0000000, 4},  Network{0xF0000000, 4},
};

Reach reach_of_v4(std::uint32_t address) {
  if (address >> 24U == 127) return Reach::loopback;
  const bool special = std::any_of(kSpecial.begin(), kSpecial.end(), [address](const Network& network) {
    return (address ^ network.address) >> (32 - network.bits) == 0;
  });
  return special ? Reach::elsewhere : Reach::open_internet;
}

std::uint32_t number_at(const std::array<unsigned char, 16>& bytes, std::size_t at) {
  return static_cast<std::uint32_t>(bytes[at]) << 24U | static_cast<std::uint32_t>(bytes[at + 1]) << 16U |
         static_cast<std::uint32_t>(bytes[at + 2]) << 8U | bytes[at + 3];
}

Reach reach_of_v6(const std::array<unsigned char, 16>& bytes) {
  const bool zeros = std::all_of(bytes.begin(), bytes.begin() + 10, [](unsigned char b) { return b == 0; });
  if (zeros && bytes[10] == 0xFF && bytes[11] == 0xFF) return reach_of_v4(number_at(bytes, 12));
  if (zeros && number_at(bytes, 10) == 0 && bytes[14] == 0 && bytes[15] == 1) return Reach::loopback;
  // Only 2000::/3 is handed out, and of that not what carries another address (Teredo, 6to4) or is for
  // documents. NAT64 (64:ff9b::/96) lies outside of it, with what it leads to.
  if ((bytes[0] & 0xE0U) != 0x20) return Reach::elsewhere;
  const std::uint32_t front = number_at(bytes, 0);
  if (front == 0x20010000 || front == 0x20010DB8 || front >> 16U == 0x2002) return Reach::elsewhere;
  return Reach::open_internet;
}

}  // namespace

Reach reach_of(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return reach_of_v4(ntohl(v4.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    std::array<unsigned char, 16> bytes{};
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return reach_of_v6(bytes);
  }
  return Reach::elsewhere;
}

}  // namespace gatehouse::outbound
