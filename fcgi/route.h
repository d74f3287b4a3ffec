// The shape of the route table, and the compile-time check that guards it: a malformed, unguarded or clashing
// row does not compile. Rows are tried from the top, so a literal segment stands before a {} in its place.
#pragma once

#include <cstddef>
#include <iterator>
#include <string_view>

#include "base/ascii.h"
#include "fcgi/request.h"
#include "fcgi/response.h"
#include "fcgi/who.h"

namespace gatehouse::fcgi {

// Which group of workers, each behind its own socket, serves the route.
enum class Pool { check, read, fast, hash, outbound };

template <class Services>
struct Route {
  Method method;
  std::string_view pattern;  // "/v1/users/{user_id}"
  Who who;
  std::string_view scope;  // empty: none is asked for
  Pool pool;
  Response (*handler)(const Request&, Services&);
};

// Cuts the next segment off a path or pattern that starts with '/'.
constexpr std::string_view take_segment(std::string_view& rest) {
  rest.remove_prefix(1);
  const std::size_t end = rest.find('/');
  const std::string_view segment = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end);
  return segment;
}

constexpr bool is_parameter(std::string_view segment) { return segment.starts_with('{'); }

constexpr bool parameter_is_sound(std::string_view segment) {
  if (segment.size() < 3 || !segment.ends_with('}')) return false;
  for (const char c : segment.substr(1, segment.size() - 2)) {
    if (c != '_' && (c < 'a' || c > 'z')) return false;
  }
  return true;
}

// Only characters that no client needs to percent-encode: literals are compared as they came.
constexpr bool literal_is_sound(std::string_view segment) {
  if (segment.empty() || segment == "." || segment == "..") return false;
  for (const char c : segment) {
    if (!is_ascii_alphanumeric(c) && c != '-' && c != '_' && c != '.') return false;
  }
  return true;
}

constexpr bool names_parameter(std::string_view pattern, std::string_view segment) {
  while (!pattern.empty()) {
    if (take_segment(pattern) == segment) return true;
  }
  return false;
}

constexpr bool pattern_is_sound(std::string_view pattern) {
  if (pattern == "/") return true;
  if (!pattern.starts_with('/')) return false;
  std::string_view rest = pattern;
  while (!rest.empty()) {
    const std::string_view segment = take_segment(rest);
    if (!(is_parameter(segment) ? parameter_is_sound(segment) : literal_is_sound(segment))) return false;
    if (is_parameter(segment) && names_parameter(rest, segment)) return false;
  }
  return true;
}

// Whether some path matches both patterns without the earlier one being the more literal in every segment
// where they differ.
constexpr bool patterns_clash(std::string_view earlier, std::string_view later) {
  bool literal_wins = false;
  bool parameter_first = false;
  while (!earlier.empty() && !later.empty()) {
    const std::string_view a = take_segment(earlier);
    const std::string_view b = take_segment(later);
    if (!is_parameter(a) && !is_parameter(b) && a != b) return false;
    literal_wins = literal_wins || (!is_parameter(a) && is_parameter(b));
    parameter_first = parameter_first || (is_parameter(a) && !is_parameter(b));
  }
  if (!earlier.empty() || !later.empty()) return false;
  return parameter_first || !literal_wins;
}

// A scope can be asked only of callers that have some.
constexpr bool guard_is_sound(Who who, std::string_view scope) {
  if (who == Who::none) return false;
  const Who scoped = Who::client | Who::service;
  return scope.empty() || (who & scoped) == who;
}

template <class Services>
constexpr bool row_is_sound(const Route<Services>& row) {
  return row.method != Method::options && row.method != Method::other && pattern_is_sound(row.pattern) &&
         guard_is_sound(row.who, row.scope) && row.handler != nullptr;
}

// `table`: anything with a size and rows, such as a C array or std::array of Route.
template <class Table>
constexpr bool table_is_sound(const Table& table) {
  for (std::size_t i = 0; i < std::size(table); ++i) {
    if (!row_is_sound(table[i])) return false;
    for (std::size_t j = 0; j < i; ++j) {
      if (table[j].method == table[i].method && patterns_clash(table[j].pattern, table[i].pattern)) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace gatehouse::fcgi
