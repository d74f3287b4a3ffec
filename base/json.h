// JSON in and out; the only place that knows RapidJSON.
// Reading is strict: UTF-8, at most 32 levels deep, no duplicate members, no NUL in a string. Writing appends
// to one string.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::json {

// A look into a Document; valid while the Document lives.
class Value {
 public:
  bool is_object() const;
  bool is_array() const;
  bool is_null() const;

  // The member of an object; nullopt where there is none, or where this is no object.
  std::optional<Value> find(std::string_view name) const;
  std::vector<Value> items() const;  // of an array, else empty

  // nullopt where the value has another type (integers: also where it has a fraction or is out of range).
  std::optional<std::string_view> text() const;
  std::optional<std::int64_t> integer() const;
  std::optional<double> number() const;  // an integer, or one with a fraction
  std::optional<bool> boolean() const;

 private:
  friend class Document;
  explicit Value(const void* value) : value_(value) {}
  const void* value_;
};

class Document {
 public:
  // Throws Error(invalid_json) for anything that breaks the rules above.
  static Document parse(std::string_view text);
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();

  Value root() const;

 private:
  struct Impl;
  explicit Document(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The value of a member of `object` exactly as it is written there, numbers, order, spaces and all; nullopt
// where there is no such member. `object` must be what Document::parse has taken, and an object.
std::optional<std::string_view> written_member(std::string_view object, std::string_view name);

// All members of such an object, in their order: the names decoded, the values as they are written.
std::vector<std::pair<std::string, std::string_view>> written_members(std::string_view object);

class Array;

// Begun with room for what most answers and log lines have in them: growing to it byte by byte costs more
// than writing.
inline std::string opened(char bracket) {
  std::string text;
  text.reserve(384);
  text.push_back(bracket);
  return text;
}

// Builds `{...}` member by member: json::Object().add("a", 1).add("b", "x").str().
// A text that is no valid UTF-8 (from a header, say) has its bad bytes replaced by U+FFFD.
class Object {
 public:
  Object& add(std::string_view name, std::string_view text);
  Object& add(std::string_view name, const std::string& text) { return add(name, std::string_view(text)); }
  Object& add(std::string_view name, const char* text) { return add(name, std::string_view(text)); }
  Object& add(std::string_view name, bool value);
  Object& add(std::string_view name, int value) { return add(name, static_cast<std::int64_t>(value)); }
  Object& add(std::string_view name, std::int64_t value);
  Object& add(std::string_view name, double value);
  Object& add(std::string_view name, const Object& value);
  Object& add(std::string_view name, const Array& value);
  Object& add(std::string_view name, const std::vector<std::string>& texts);
  // `json` must be JSON already, such as a profile from the database.
  Object& add_json(std::string_view name, std::string_view json);

  std::string str() const { return text_ + '}'; }

 private:
  void key(std::string_view name);
  std::string text_ = opened('{');
};

class Array {
 public:
  Array& add(const Object& value);
  Array& add(std::string_view text);
  // `json` must be JSON already.
  Array& add_json(std::string_view json);

  std::string str() const { return text_ + ']'; }

 private:
  void comma();
  std::string text_ = opened('[');
};

}  // namespace gatehouse::json
