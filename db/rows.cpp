#include "db/rows.h"

#include <charconv>
#include <cstring>
#include <pqxx/result>
#include <string_view>

#include "base/error.h"

namespace gatehouse::db {

namespace {

[[noreturn]] void refuse(const char* column, const char* why) {
  throw Error(Errc::internal, {}, std::string("column ") + column + ": " + why);
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

// Columns are asked for in their order, nearly always, so the search begins where the last one ended. libpq's
// own copies the name and folds its case, for each column that it passes: half the time of a wide row.
const char* Row::find(const char* column) const {
  const std::size_t columns = result_->columns();
  for (std::size_t i = 0; i < columns; ++i, last_ = (last_ + 1) % columns) {
    const auto at = static_cast<pqxx::row_size_type>(last_);
    if (std::strcmp(result_->column_name(at), column) != 0) continue;
    const pqxx::field field = (*result_)[static_cast<pqxx::result::size_type>(number_)][at];
    return field.is_null() ? nullptr : field.c_str();
  }
  refuse(column, "there is none");
}

bool Row::is_null(const char* column) const { return find(column) == nullptr; }

const char* Row::value(const char* column) const {
  const char* const text = find(column);
  if (text == nullptr) refuse(column, "NULL where a value was expected");
  return text;
}

std::string Row::text(const char* column) const { return value(column); }

std::int64_t Row::integer(const char* column) const {
  const std::string_view text = value(column);
  std::int64_t result = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), result);
  if (error != std::errc() || end != text.data() + text.size()) refuse(column, "not an integer");
  return result;
}

bool Row::boolean(const char* column) const {
  const std::string_view text = value(column);
  if (text != "t" && text != "f") refuse(column, "not a boolean");
  return text == "t";
}

// `2024-01-15 10:30:00.123456+00`: the connection's settings see to ISO and UTC.
Time Row::time(const char* column) const {
  std::string text = value(column);
  const auto zone = text.rfind("+00");
  const auto space = text.find(' ');
  if (space == std::string::npos || zone == std::string::npos || zone + 3 != text.size()) {
    refuse(column, "not a time in UTC");
  }
  text[space] = 'T';
  text.replace(zone, 3, "Z");
  const auto time = parse_rfc3339(text);
  if (!time) refuse(column, "not a time");
  return *time;
}

std::string Row::bytes(const char* column) const {
  const std::string_view hex = value(column);
  if (!hex.starts_with("\\x") || hex.size() % 2 != 0) refuse(column, "not bytea in hex");
  std::string result;
  result.reserve(hex.size() / 2 - 1);
  for (std::size_t i = 2; i < hex.size(); i += 2) {
    const int high = hex_digit(hex[i]);
    const int low = hex_digit(hex[i + 1]);
    if (high < 0 || low < 0) refuse(column, "not bytea in hex");
    result += static_cast<char>(high << 4 | low);
  }
  return result;
}

std::size_t Rows::size() const { return static_cast<std::size_t>(result_->size()); }

std::int64_t Rows::affected() const { return static_cast<std::int64_t>(result_->affected_rows()); }

}  // namespace gatehouse::db
