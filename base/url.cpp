#include "base/url.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "base/ascii.h"

namespace gatehouse {

namespace {

bool is_address(int family, const std::string& host) {
  unsigned char bytes[sizeof(in6_addr)];
  return inet_pton(family, host.c_str(), bytes) == 1;
}

bool is_host_name(std::string_view host) {
  return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  });
}

// What stands after the host: nothing, or `:` and a port.
bool read_port(std::string_view text, int& port) {
  if (text.empty()) return true;
  if (text[0] != ':') return false;
  const char* end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data() + 1, end, port);
  return failure == std::errc{} && rest == end && port >= 1 && port <= 65535;
}

bool read_authority(std::string_view text, Url& url) {
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return false;
    url.host = text.substr(1, end - 1);
    return is_address(AF_INET6, url.host) && read_port(text.substr(end + 1), url.port);
  }
  const auto colon = std::min(text.find(':'), text.size());
  url.host = text.substr(0, colon);
  return is_host_name(url.host) && read_port(text.substr(colon), url.port);
}

}  // namespace

std::string Url::origin() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  const bool usual = port == (https ? 443 : 80);
  return (https ? "https://" : "http://") + name + (usual ? "" : ":" + std::to_string(port));
}

bool Url::names_loopback() const {
  if (host == "localhost" || host == "::1") return true;
  return host.starts_with("127.") && is_address(AF_INET, host);
}

std::optional<Url> parse_url(std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte < 0x7f && c != '\\' && c != '"' && c != '<' && c != '>';
  });
  if (!plain || text.find('#') != std::string_view::npos) return std::nullopt;
  Url url;
  if (text.starts_with("https://")) {
    text.remove_prefix(8);
  } else if (text.starts_with("http://")) {
    text.remove_prefix(7);
    url.https = false;
    url.port = 80;
  } else {
    return std::nullopt;
  }
  const auto slash = std::min(text.find_first_of("/?"), text.size());
  const std::string authority = ascii_lower(std::string(text.substr(0, slash)));
  if (authority.find('@') != std::string::npos) return std::nullopt;
  if (!read_authority(authority, url)) return std::nullopt;
  url.path = text.substr(slash);
  if (!url.path.starts_with('/')) url.path.insert(0, "/");
  return url;
}

}  // namespace gatehouse
