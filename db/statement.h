// What goes into PostgreSQL: a named statement and its arguments.
// An argument is text by the time it leaves (bytea in hex): one form for all, no binary protocol to get
// wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace gatehouse::db {

// The name is what PostgreSQL prepares it under: {entity}_{operation}_{qualifier}, one name per text.
struct Statement {
  const char* name;
  const char* sql;
};

// A bytea argument; the bytes as they are.
struct Bytes {
  std::string_view value;
};

class Arg {
 public:
  // Throws Error(invalid_request) for a NUL: PostgreSQL's text has none, and libpq would cut the text there,
  // so that another row than the one asked for could be found.
  Arg(std::string_view text);  // NOLINT(google-explicit-constructor): arguments are written as they are
  Arg(const std::string& text) : Arg(std::string_view(text)) {}
  Arg(const char* text) : Arg(std::string_view(text)) {}
  Arg(std::int64_t value) : text_(std::to_string(value)) {}
  Arg(int value) : text_(std::to_string(value)) {}
  Arg(bool value) : text_(value ? "t" : "f") {}
  Arg(Time value);
  Arg(Bytes value);
  template <class T>
  Arg(const std::optional<T>& value) {
    if (value) *this = Arg(*value);
  }
  Arg(std::nullopt_t) {}

  // nullptr: NULL.
  const char* text() const { return text_ ? text_->c_str() : nullptr; }

 private:
  std::optional<std::string> text_;
};

}  // namespace gatehouse::db
