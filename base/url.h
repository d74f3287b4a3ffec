// An absolute http or https URL, as settings and calls to other servers need it: split, and nothing guessed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse {

struct Url {
  bool https = true;
  std::string host;  // in lower case; an IPv6 address without its brackets
  int port = 443;
  std::string path;  // with the leading slash, and the query

  // https://host:port, the port only where it is not the scheme's own.
  std::string origin() const;
  // Whether the host is a loopback address, or `localhost`.
  bool names_loopback() const;
};

// nullopt for anything else, and for one with user, password, fragment, spaces or control characters.
std::optional<Url> parse_url(std::string_view text);

}  // namespace gatehouse
