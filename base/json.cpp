#include "base/json.h"

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

#include "base/ascii.h"
#include "base/error.h"
#include "base/member_name.h"

namespace gatehouse::json {

namespace {

constexpr unsigned kMaxDepth = 32;
constexpr std::size_t kMoreMemory = 4096;  // at a time
// RapidJSON's iterative parser needs no stack for nesting; UTF-8 is checked while reading, where there is any
// but ASCII.
constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseFullPrecisionFlag;
constexpr unsigned kFlagsOfUtf8 = kFlags | rapidjson::kParseValidateEncodingFlag;

const rapidjson::Value& value_at(const void* value) { return *static_cast<const rapidjson::Value*>(value); }

std::string_view view(const rapidjson::Value& text) { return {text.GetString(), text.GetStringLength()}; }

[[noreturn]] void refuse(std::string message) {
  throw Error(Errc::invalid_json).with_message(std::move(message));
}

// RFC 8259 section 8.1: nobody should send one, and whoever reads may skip it. All that read a text do it by
// this.
std::string_view without_byte_order_mark(std::string_view text) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  return text;
}

// RFC 8259 section 4 leaves duplicate members open, and readers differ on which one counts: none does here.
void check_members(const rapidjson::Value& object) {
  std::vector<std::string_view> names;
  names.reserve(object.MemberCount());
  for (const auto& member : object.GetObject()) names.push_back(view(member.name));
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) refuse("duplicate member " + member_named(*twice, "in an object"));
  for (const auto& name : names) {
    if (name.find('\0') != std::string_view::npos) refuse("NUL in a member's name");
  }
}

// `name` is the member's that the value is, or lies in.
void check(const rapidjson::Value& value, unsigned depth, std::string_view name) {
  if (depth > kMaxDepth) refuse("nested too deeply");
  if (value.IsString() && view(value).find('\0') != std::string_view::npos)
    refuse("NUL in " + member_named(name, "a string"));
  if (value.IsObject()) {
    check_members(value);
    for (const auto& member : value.GetObject()) check(member.value, depth + 1, view(member.name));
  }
  if (value.IsArray()) {
    for (const auto& item : value.GetArray()) check(item, depth + 1, name);
  }
}

// RapidJSON's output stream, over a std::string.
// NOLINTBEGIN(readability-identifier-naming): the names are RapidJSON's
struct StringStream {
  using Ch = char;
  std::string& out;
  void Put(char c) { out.push_back(c); }
  void Flush() {}
};

struct NullStream {
  void Put(char) {}
  void PutUnsafe(char) {}
};
// NOLINTEND(readability-identifier-naming)

bool is_utf8(std::string_view text) {
  rapidjson::MemoryStream in(text.data(), text.size());
  NullStream sink;
  while (in.Tell() < text.size()) {
    if (!rapidjson::UTF8<>::Validate(in, sink)) return false;
  }
  return in.Tell() == text.size();
}

std::string with_bad_bytes_replaced(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::size_t taken = 0;
    for (std::size_t length = 1; length <= 4 && length <= text.size(); ++length) {
      if (is_utf8(text.substr(0, length))) {
        taken = length;
        break;
      }
    }
    out += taken == 0 ? "\xEF\xBF\xBD" : text.substr(0, taken);
    text.remove_prefix(taken == 0 ? 1 : taken);
  }
  return out;
}

constexpr bool stands_for_itself(int byte) {
  return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

constexpr std::array<bool, 256> make_table() {
  std::array<bool, 256> table{};
  for (int byte = 0; byte < 256; ++byte) table[static_cast<std::size_t>(byte)] = stands_for_itself(byte);
  return table;
}

// Every text that is written comes through here: one look a byte.
bool all_stand_for_themselves(std::string_view text) {
  static constexpr std::array<bool, 256> kTable = make_table();
  bool all = true;
  for (const char c : text) all &= kTable[static_cast<unsigned char>(c)];
  return all;
}

void append_text(std::string& out, std::string_view text) {
  if (all_stand_for_themselves(text)) {
    out.append(1, '"').append(text).append(1, '"');
    return;
  }
  StringStream stream{out};
  rapidjson::Writer<StringStream> writer(stream);
  if (is_utf8(text)) {
    writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  } else {
    const std::string mended = with_bad_bytes_replaced(text);
    writer.String(mended.data(), static_cast<rapidjson::SizeType>(mended.size()));
  }
}

}  // namespace

// Most texts fit what is at hand. RapidJSON would take 64 KiB from the heap for each.
struct Document::Impl {
  // Where a text ends within a character, RapidJSON looks for the rest of it before it looks for the end: up
  // to three bytes on.
  explicit Impl(std::string_view given) {
    text.reserve(given.size() + kBeyond);
    text.append(given).append(kBeyond, '\0');
  }
  static constexpr std::size_t kBeyond = 4;
  std::string text;  // decoded in place: its strings are the document's
  alignas(std::max_align_t) std::array<char, 2048> at_hand;
  rapidjson::MemoryPoolAllocator<> memory{at_hand.data(), at_hand.size(), kMoreMemory};
  rapidjson::Document document{&memory, 256};
};

Document::Document(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

Document Document::parse(std::string_view whole) {
  const std::string_view text = without_byte_order_mark(whole);
  // RapidJSON would skip any part of a mark, which is no UTF-8.
  if (!text.empty() && static_cast<unsigned char>(text.front()) >= 0x80) refuse("Invalid value. (at byte 0)");
  // RapidJSON takes a NUL for the end of the text, whatever follows.
  if (text.find('\0') != std::string_view::npos) refuse("NUL byte");
  auto impl = std::make_unique<Impl>(text);
  if (is_ascii(text)) {
    impl->document.ParseInsitu<kFlags>(impl->text.data());
  } else {
    impl->document.ParseInsitu<kFlagsOfUtf8>(impl->text.data());
  }
  if (impl->document.HasParseError()) {
    refuse(std::string(rapidjson::GetParseError_En(impl->document.GetParseError())) + " (at byte " +
           std::to_string(impl->document.GetErrorOffset()) + ")");
  }
  check(impl->document, 1, {});
  return Document(std::move(impl));
}

Value Document::root() const { return Value(static_cast<const rapidjson::Value*>(&impl_->document)); }

bool Value::is_object() const { return value_at(value_).IsObject(); }
bool Value::is_array() const { return value_at(value_).IsArray(); }
bool Value::is_null() const { return value_at(value_).IsNull(); }

std::optional<Value> Value::find(std::string_view name) const {
  if (!is_object()) return std::nullopt;
  const auto& object = value_at(value_);
  const auto member = object.FindMember(
      rapidjson::Value(rapidjson::StringRef(name.data(), static_cast<rapidjson::SizeType>(name.size()))));
  if (member == object.MemberEnd()) return std::nullopt;
  return Value(&member->value);
}

std::vector<Value> Value::items() const {
  std::vector<Value> result;
  if (!is_array()) return result;
  for (const auto& item : value_at(value_).GetArray()) result.push_back(Value(&item));
  return result;
}

std::optional<std::string_view> Value::text() const {
  const auto& value = value_at(value_);
  if (!value.IsString()) return std::nullopt;
  return view(value);
}

std::optional<std::int64_t> Value::integer() const {
  const auto& value = value_at(value_);
  if (!value.IsInt64()) return std::nullopt;
  return value.GetInt64();
}

std::optional<double> Value::number() const {
  const auto& value = value_at(value_);
  if (!value.IsNumber()) return std::nullopt;
  return value.GetDouble();
}

std::optional<bool> Value::boolean() const {
  const auto& value = value_at(value_);
  if (!value.IsBool()) return std::nullopt;
  return value.GetBool();
}

namespace {

constexpr std::string_view kSpace = " \t\r\n";

// All of these stand on a byte of a text that is known to be JSON, and give the place after what begins
// there.
std::size_t after_space(std::string_view json, std::size_t at) {
  return std::min(json.find_first_not_of(kSpace, at), json.size());
}

std::size_t after_string(std::string_view json, std::size_t at) {
  for (++at; json[at] != '"'; ++at) {
    if (json[at] == '\\') ++at;
  }
  return at + 1;
}

std::size_t after_value(std::string_view json, std::size_t at) {
  if (json[at] == '"') return after_string(json, at);
  if (json[at] != '{' && json[at] != '[') return std::min(json.find_first_of(",}] \t\r\n", at), json.size());
  int depth = 0;
  do {
    if (json[at] == '"') {
      at = after_string(json, at);
      continue;
    }
    if (json[at] == '{' || json[at] == '[') ++depth;
    if (json[at] == '}' || json[at] == ']') --depth;
    ++at;
  } while (depth > 0);
  return at;
}

// A name may be written with escapes.
std::string decoded(std::string_view written) {
  if (written.find('\\') == std::string_view::npos) return std::string(written.substr(1, written.size() - 2));
  const auto document = Document::parse("[" + std::string(written) + "]");
  return std::string(document.root().items().front().text().value_or(""));
}

// Calls `take` with each name as it is written and each value, until it says that it has enough.
template <class Take>
void walk_members(std::string_view text, Take take) {
  const std::string_view object = without_byte_order_mark(text);
  std::size_t at = after_space(object, after_space(object, 0) + 1);
  while (object[at] != '}') {
    const std::size_t name_end = after_string(object, at);
    const std::size_t value = after_space(object, after_space(object, name_end) + 1);
    const std::size_t value_end = after_value(object, value);
    if (!take(object.substr(at, name_end - at), object.substr(value, value_end - value))) return;
    at = after_space(object, value_end);
    if (object[at] == ',') at = after_space(object, at + 1);
  }
}

}  // namespace

std::optional<std::string_view> written_member(std::string_view object, std::string_view name) {
  std::optional<std::string_view> found;
  walk_members(object, [&](std::string_view written, std::string_view value) {
    if (decoded(written) == name) found = value;
    return !found;
  });
  return found;
}

std::vector<std::pair<std::string, std::string_view>> written_members(std::string_view object) {
  std::vector<std::pair<std::string, std::string_view>> members;
  walk_members(object, [&](std::string_view written, std::string_view value) {
    members.emplace_back(decoded(written), value);
    return true;
  });
  return members;
}

void Object::key(std::string_view name) {
  if (text_.size() > 1) text_ += ',';
  append_text(text_, name);
  text_ += ':';
}

Object& Object::add(std::string_view name, std::string_view text) {
  key(name);
  append_text(text_, text);
  return *this;
}

Object& Object::add(std::string_view name, bool value) { return add_json(name, value ? "true" : "false"); }

Object& Object::add(std::string_view name, std::int64_t value) {
  return add_json(name, std::to_string(value));
}

Object& Object::add(std::string_view name, double value) {
  if (!std::isfinite(value)) return add_json(name, "null");
  key(name);
  StringStream stream{text_};
  rapidjson::Writer<StringStream> writer(stream);
  writer.Double(value);
  return *this;
}

Object& Object::add(std::string_view name, const Object& value) { return add_json(name, value.str()); }

Object& Object::add(std::string_view name, const Array& value) { return add_json(name, value.str()); }

Object& Object::add(std::string_view name, const std::vector<std::string>& texts) {
  Array array;
  for (const auto& text : texts) array.add(text);
  return add(name, array);
}

Object& Object::add_json(std::string_view name, std::string_view json) {
  key(name);
  text_ += json;
  return *this;
}

void Array::comma() {
  if (text_.size() > 1) text_ += ',';
}

Array& Array::add(const Object& value) { return add_json(value.str()); }

Array& Array::add(std::string_view text) {
  comma();
  append_text(text_, text);
  return *this;
}

Array& Array::add_json(std::string_view json) {
  comma();
  text_ += json;
  return *this;
}

}  // namespace gatehouse::json
