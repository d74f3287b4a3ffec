#include "crypto/random.h"

#include <openssl/rand.h>

#include <limits>
#include <string_view>

#include "base/base64.h"
#include "crypto/openssl.h"

namespace gatehouse::crypto {

std::string random_bytes(std::size_t count) {
  require(count <= static_cast<std::size_t>(std::numeric_limits<int>::max()), "random bytes: too many");
  std::string out(count, '\0');
  require(RAND_bytes(bytes_of(out), static_cast<int>(count)) == 1, "random bytes");
  return out;
}

std::string ordered_bytes(Time now, std::size_t count) {
  require(count > kTimeBytes, "ordered bytes: too few");
  auto left = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
  std::string time(kTimeBytes, '\0');
  for (auto byte = time.rbegin(); byte != time.rend(); ++byte, left >>= 8)
    *byte = static_cast<char>(left & 0xFF);
  return time + random_bytes(count - kTimeBytes);
}

std::string random_token(std::size_t bytes) { return base64url_encode(random_bytes(bytes)); }

std::string random_id(std::size_t length) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789";
  // 252 = 7 * 36: a byte above it would make the first four letters more likely, so it is thrown away.
  constexpr unsigned kFair = 252;
  std::string out;
  out.reserve(length);
  while (out.size() < length) {
    for (const char c : random_bytes(length - out.size())) {
      const unsigned byte = static_cast<unsigned char>(c);
      if (byte < kFair) out += kLetters[byte % kLetters.size()];
    }
  }
  return out;
}

}  // namespace gatehouse::crypto
