// Ids: a prefix that says what it names, then random [a-z0-9]. Two kinds never convert into each other.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/ascii.h"

namespace gatehouse {

// Tag: `static constexpr std::string_view kPrefix` and `static constexpr std::size_t kRandom`, how many
// characters a new one gets.
template <class Tag>
class Id {
 public:
  static constexpr std::string_view kPrefix = Tag::kPrefix;
  static constexpr std::size_t kRandom = Tag::kRandom;

  // 12 to 20 characters of [a-z0-9] after the prefix; nullopt for anything else.
  static std::optional<Id> parse(std::string_view text) {
    if (!text.starts_with(kPrefix)) return std::nullopt;
    const std::string_view rest = text.substr(kPrefix.size());
    if (rest.size() < 12 || rest.size() > 20) return std::nullopt;
    for (const char c : rest) {
      if ((c < 'a' || c > 'z') && (c < '0' || c > '9')) return std::nullopt;
    }
    return Id(std::string(text));
  }

  // From the database, or a prefix and fresh random characters.
  static Id trusted(std::string text) { return Id(std::move(text)); }

  const std::string& str() const { return text_; }
  bool operator==(const Id&) const = default;

 private:
  explicit Id(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

struct TenantTag {
  static constexpr std::string_view kPrefix = "tnt_";
  static constexpr std::size_t kRandom = 16;
};
struct ServiceTag {
  static constexpr std::string_view kPrefix = "svc_";
  static constexpr std::size_t kRandom = 12;  // `echo | base64` breaks its line at 57 bytes of id and secret
};
struct UserTag {
  static constexpr std::string_view kPrefix = "usr_";
  static constexpr std::size_t kRandom = 16;
};

struct DevTokenTag {
  static constexpr std::string_view kPrefix = "jt_";
  static constexpr std::size_t kRandom = 12;
};

using TenantId = Id<TenantTag>;
using ServiceId = Id<ServiceTag>;
using UserId = Id<UserTag>;
using DevTokenId = Id<DevTokenTag>;

// The installation's own tenant, which the migrations make: the one exception to the form.
inline TenantId default_tenant() { return TenantId::trusted("tnt_default"); }
inline std::optional<TenantId> parse_tenant_id(std::string_view text) {
  return text == "tnt_default" ? default_tenant() : TenantId::parse(text);
}

// A user of ours, or one who was moved here from another system and kept the id of there: 1 to 64 characters
// of [A-Za-z0-9_-].
inline std::optional<UserId> parse_any_user_id(std::string_view text) {
  if (auto id = UserId::parse(text)) return id;
  if (text.empty() || text.size() > 64) return std::nullopt;
  for (const char c : text) {
    const bool fits = is_ascii_alphanumeric(c) || c == '_' || c == '-';
    if (!fits) return std::nullopt;
  }
  return UserId::trusted(std::string(text));
}

}  // namespace gatehouse
