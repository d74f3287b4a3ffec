#include "fcgi/request.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "base/ascii.h"

namespace gatehouse::fcgi {

namespace {

// In the order of the enum.
constexpr std::array<std::string_view, 7> kNames{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "OTHER"};

}  // namespace

Method parse_method(std::string_view name) {
  if (name == "HEAD") return Method::get;
  const auto* const found = std::find(kNames.begin(), kNames.end(), name);
  return found == kNames.end() ? Method::other : static_cast<Method>(found - kNames.begin());
}

std::string_view name_of(Method method) { return kNames[static_cast<std::size_t>(method)]; }

bool has_body(Method method) {
  return method == Method::post || method == Method::put || method == Method::patch;
}

bool Caller::has_scope(std::string_view scope) const {
  return std::find(scopes.begin(), scopes.end(), scope) != scopes.end();
}

const std::string& Request::path_parameter(std::string_view name) const {
  for (const auto& [key, value] : path_parameters) {
    if (key == name) return value;
  }
  throw std::logic_error("the pattern has no {" + std::string(name) + "}");
}

std::string Request::media_type() const {
  std::string type = content_type.substr(0, content_type.find(';'));
  type.erase(type.find_last_not_of(" \t") + 1);
  type.erase(0, type.find_first_not_of(" \t"));
  return ascii_lower(std::move(type));
}

}  // namespace gatehouse::fcgi
