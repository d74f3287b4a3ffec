#include "base/setting_values.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

#include "base/ascii.h"
#include "base/base64.h"

namespace gatehouse::setting_values {

namespace {

// An address, an IPv6 one in brackets, or a network: an address and how many of its bits count.
bool is_network(std::string item) {
  const auto slash = item.find('/');
  const std::string bits = slash == std::string::npos ? "0" : item.substr(slash + 1);
  item = item.substr(0, slash);
  if (item.starts_with('[') && item.ends_with(']')) item = item.substr(1, item.size() - 2);
  std::array<unsigned char, sizeof(in6_addr)> parsed{};
  const bool v4 = inet_pton(AF_INET, item.c_str(), parsed.data()) == 1;
  const bool v6 = !v4 && inet_pton(AF_INET6, item.c_str(), parsed.data()) == 1;
  int count = 0;
  const auto [rest, failure] = std::from_chars(bits.data(), bits.data() + bits.size(), count);
  return (v4 || v6) && failure == std::errc{} && rest == bits.data() + bits.size() && count >= 0 &&
         count <= (v4 ? 32 : 128);
}

}  // namespace

void bad(const std::string& reason) { throw std::invalid_argument(reason); }

int whole_number(const std::string& value, int low, int high) {
  int number = 0;
  const char* end = value.data() + value.size();
  const auto [rest, failure] = std::from_chars(value.data(), end, number);
  if (failure != std::errc{} || rest != end || number < low || number > high) {
    bad("must be a whole number from " + std::to_string(low) + " to " + std::to_string(high));
  }
  return number;
}

Seconds duration(const std::string& value, Seconds low, Seconds high) {
  const auto parsed = parse_duration(value);
  if (!parsed || *parsed < low || *parsed > high) {
    bad("must be a duration such as 900, 15m, 24h or 90d, from " + std::to_string(low.count()) + " to " +
        std::to_string(high.count()) + " seconds");
  }
  return *parsed;
}

std::optional<int> rate(const std::string& value) {
  if (value == "off") return std::nullopt;
  if (!value.ends_with("/s")) bad("must be n/s, such as 50/s, or off");
  return whole_number(value.substr(0, value.size() - 2), 1, 1'000'000);
}

std::vector<std::string> list(const std::string& value) {
  std::vector<std::string> items;
  std::size_t from = 0;
  while (from <= value.size()) {
    const auto comma = std::min(value.find(',', from), value.size());
    const auto first = value.find_first_not_of(" \t", from);
    if (first < comma) {
      const auto last = value.find_last_not_of(" \t", comma - 1);
      items.push_back(value.substr(first, last - first + 1));
    }
    from = comma + 1;
  }
  return items;
}

std::string harmless(const std::string& value) {
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f || std::string_view(";{}\"'$\\#").find(c) != std::string_view::npos) {
      bad("must not have spaces, quotes or any of ; { } $ \\ #");
    }
  }
  return value;
}

std::vector<std::string> addresses(const std::string& value) {
  std::vector<std::string> items = list(value);
  if (items.empty()) bad("must be addresses or networks, comma-separated, such as 10.0.0.0/8");
  for (const auto& item : items) {
    if (!is_network(item)) bad("must be addresses or networks, comma-separated, such as 10.0.0.0/8");
  }
  return items;
}

std::string identifier(const std::string& value) {
  for (const char c : value) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    if (!fits) bad("must be of [a-z0-9_]");
  }
  if (value.size() > 63) bad("must have at most 63 characters");
  return value;
}

Secret jwt_secret(const std::string& value) {
  if (value.size() < 32) bad("must have at least 32 bytes");
  // The examples of documents and compose files, however they are decorated.
  static constexpr std::array kExamples{"your_jwt_secret", "your_production_jwt_secret",
                                        "your-jwt-secret", "changeme",
                                        "change_me",       "change-me",
                                        "example",         "your_internal_jwt",
                                        "secret_here",     "your_secret",
                                        "your-secret",     "change_this",
                                        "change-this"};
  const std::string lower = ascii_lower(value);
  for (const char* example : kExamples) {
    if (lower.find(example) != std::string::npos)
      bad("is an example; make one with: openssl rand -base64 48");
  }
  if (std::all_of(value.begin(), value.end(), [&](char c) { return c == value.front(); }))
    bad("is one character repeated");
  return Secret(value);
}

Secret vault_keys(const std::string& value) {
  std::vector<std::string> ids;
  const auto fits = [](char c) { return is_ascii_alphanumeric(c) || c == '_' || c == '-'; };
  for (const auto& item : list(value)) {
    const auto colon = std::min(item.find(':'), item.size());
    if (colon == 0 || colon > 32 ||
        !std::all_of(item.begin(), item.begin() + static_cast<std::ptrdiff_t>(colon), fits))
      bad("must be id:base64 of 32 bytes, comma-separated; an id is 1 to 32 of [A-Za-z0-9_-]");
    if (colon == item.size()) bad("must be id:base64 of 32 bytes, comma-separated");
    const auto key = base64_decode(item.substr(colon + 1));
    if (!key || key->size() != 32) bad("each key must be base64 of 32 bytes: openssl rand -base64 32");
    ids.push_back(item.substr(0, colon));
  }
  if (ids.empty()) bad("must be id:base64 of 32 bytes, comma-separated");
  std::sort(ids.begin(), ids.end());
  if (std::adjacent_find(ids.begin(), ids.end()) != ids.end()) bad("has an id twice");
  return Secret(value);
}

std::string origin(const std::string& value) {
  std::string text = harmless(value);
  const auto scheme_end = text.find("://");
  const std::string scheme = text.substr(0, scheme_end);
  if (scheme_end == std::string::npos || (scheme != "https" && scheme != "http"))
    bad("must begin with https://");
  const std::string host = text.substr(scheme_end + 3);
  if (host.empty() || host.find_first_of("/?@") != std::string::npos) {
    bad("must be an origin, such as https://id.example.com, with no path");
  }
  return text;
}

std::vector<std::string> names(const std::string& value) {
  std::vector<std::string> items = list(value);
  if (items.empty()) bad("must be names, comma-separated");
  for (const auto& item : items) harmless(item);
  return items;
}

std::vector<std::string> origins(const std::string& value) {
  std::vector<std::string> items;
  for (auto item : list(value)) {
    if (std::any_of(item.begin(), item.end(), [](char c) { return c >= 'A' && c <= 'Z'; }))
      bad("must be in lower case, as browsers write an origin");
    items.push_back(origin(item));
  }
  if (items.empty()) bad("must be origins, comma-separated, such as https://app.example.com");
  return items;
}

}  // namespace gatehouse::setting_values
