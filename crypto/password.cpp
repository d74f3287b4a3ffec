#include "crypto/password.h"

#include <openssl/evp.h>

#include <charconv>
#include <cstdint>
#include <optional>

#include "base/base64.h"
#include "base/error.h"
#include "crypto/digest.h"
#include "crypto/openssl.h"
#include "crypto/random.h"

namespace gatehouse::crypto {
namespace {

constexpr std::size_t kSaltSize = 16;
constexpr std::size_t kHashSize = 32;
constexpr std::uint64_t kMostMemory = 256U << 20U;

struct Encoded {
  ScryptCost cost;
  std::string salt;
  std::string hash;
};

// What RFC 7914 section 2 needs, in the words of OpenSSL's own check of `maxmem`.
std::uint64_t memory_of(const ScryptCost& cost) {
  const std::uint64_t n = std::uint64_t{1} << cost.log2_n;
  return 128ULL * cost.r * (n + 2) + 128ULL * cost.r * cost.p;
}

bool is_bearable(const ScryptCost& cost) {
  return cost.log2_n >= 1 && cost.log2_n <= 24 && cost.r >= 1 && cost.r <= 32 && cost.p >= 1 &&
         cost.p <= 16 && memory_of(cost) <= kMostMemory;
}

std::string without_padding(std::string text) {
  text.erase(text.find_last_not_of('=') + 1);
  return text;
}

std::optional<std::string> decode_without_padding(std::string_view text) {
  std::string padded(text);
  while (padded.size() % 4 != 0) padded += '=';
  return base64_decode(padded);
}

std::string prefix_of(const ScryptCost& cost) {
  return "$scrypt$ln=" + std::to_string(cost.log2_n) + ",r=" + std::to_string(cost.r) +
         ",p=" + std::to_string(cost.p) + '$';
}

// Reads a text from left to right, piece by piece.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool skip(std::string_view expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }
  bool number(unsigned& out) {
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), out);
    if (error != std::errc()) return false;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return true;
  }
  std::string_view up_to(char end) {
    const std::string_view piece = rest_.substr(0, rest_.find(end));
    rest_.remove_prefix(piece.size());
    return piece;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

std::optional<Encoded> parse(std::string_view encoded) {
  Reader reader(encoded);
  Encoded out;
  if (!reader.skip("$scrypt$ln=") || !reader.number(out.cost.log2_n) || !reader.skip(",r=") ||
      !reader.number(out.cost.r) || !reader.skip(",p=") || !reader.number(out.cost.p) || !reader.skip("$")) {
    return std::nullopt;
  }
  const auto salt = decode_without_padding(reader.up_to('$'));
  if (!salt || salt->empty() || !reader.skip("$")) return std::nullopt;
  const auto hash = decode_without_padding(reader.rest());
  if (!hash || hash->size() != kHashSize || !is_bearable(out.cost)) return std::nullopt;
  out.salt = *salt;
  out.hash = *hash;
  return out;
}

}  // namespace

std::string scrypt(std::string_view password, std::string_view salt, const ScryptCost& cost,
                   std::size_t length) {
  require(is_bearable(cost), "scrypt: parameters out of bounds");
  std::string out(length, '\0');
  const std::uint64_t n = std::uint64_t{1} << cost.log2_n;
  require(EVP_PBE_scrypt(password.data(), password.size(), bytes_of(salt), salt.size(), n, cost.r, cost.p,
                         memory_of(cost), bytes_of(out), out.size()) == 1,
          "scrypt");
  return out;
}

std::string hash_password(std::string_view password, const ScryptCost& cost) {
  const std::string salt = random_bytes(kSaltSize);
  const std::string hash = scrypt(password, salt, cost, kHashSize);
  return prefix_of(cost) + without_padding(base64_encode(salt)) + '$' + without_padding(base64_encode(hash));
}

PasswordVerdict verify_password(std::string_view password, std::string_view encoded,
                                const ScryptCost& today) {
  const auto stored = parse(encoded);
  if (!stored) throw Error(Errc::internal, {}, "a stored password hash cannot be read");
  const std::string computed = scrypt(password, stored->salt, stored->cost, kHashSize);
  const bool matches = equal_constant_time(computed, stored->hash);
  return {matches, matches && stored->cost != today};
}

std::string dummy_password_hash(const ScryptCost& cost) {
  // The hash part is random bytes, not the hash of anything.
  return prefix_of(cost) + "4uT+XgI8m1HrP2YS0dG0rg$yr74n1J8KpHx14DvN6MSWtfZo5oga0o82ukSXSagQKk";
}

}  // namespace gatehouse::crypto
