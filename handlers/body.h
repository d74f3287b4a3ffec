// A request's body, valid while the request lives, read member by member, JSON and form alike. What is
// missing or mistyped is Error(invalid_request) whose text names the member; another content type is
// Error(unsupported_media_type).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/json.h"
#include "fcgi/form.h"
#include "fcgi/request.h"

namespace gatehouse::handlers {

// Anything that fits into a body may be asked about; what is longer than a token is simply none.
inline constexpr std::size_t kLongestToken = 65536;

class Body {
 public:
  static Body json(const fcgi::Request& request);
  static Body form(const fcgi::Request& request);
  static Body json_or_form(const fcgi::Request& request);

  // At least one character and at most `longest` bytes. A form's empty value counts as missing (RFC 6749
  // section 3.1).
  std::string text(std::string_view name, std::size_t longest) const;
  std::optional<std::string> optional_text(std::string_view name, std::size_t longest) const;
  // As text, and plain: what is shown in lists and terminals.
  std::string line(std::string_view name, std::size_t longest) const;
  // Of JSON only: an object as it is written there; a flag; a whole number within bounds.
  std::optional<std::string> optional_object(std::string_view name, std::size_t longest) const;
  std::optional<bool> optional_flag(std::string_view name) const;
  std::optional<std::int64_t> optional_integer(std::string_view name, std::int64_t low,
                                               std::int64_t high) const;
  // Whether it is a JSON string.
  bool is_text(std::string_view name) const;
  // 1 to 2147483647.
  std::int32_t positive_int32(std::string_view name) const;

 private:
  Body(std::variant<json::Document, fcgi::Form> content, std::string_view written)
      : content_(std::move(content)), written_(written) {}
  std::optional<std::string> found(std::string_view name) const;
  std::optional<json::Value> member(std::string_view name) const;
  std::variant<json::Document, fcgi::Form> content_;
  std::string_view written_;
};

}  // namespace gatehouse::handlers
