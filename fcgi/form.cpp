#include "fcgi/form.h"

#include <cgicc/CgiInput.h>
#include <cgicc/Cgicc.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "base/error.h"
#include "base/member_name.h"
#include "fcgi/encoding.h"

namespace gatehouse::fcgi {

namespace {

constexpr std::size_t kMostFields = 64;

[[noreturn]] void refuse(std::string text) { throw Error(Errc::invalid_request, std::move(text)); }

// What cgicc reads instead of the environment and standard input.
class Buffer final : public cgicc::CgiInput {
 public:
  explicit Buffer(std::string_view bytes) : rest_(bytes), length_(std::to_string(bytes.size())) {}

  std::size_t read(char* data, std::size_t length) override {
    const std::size_t count = std::min(length, rest_.size());
    std::memcpy(data, rest_.data(), count);
    rest_.remove_prefix(count);
    return count;
  }

  std::string getenv(const char* name) override {
    const std::string_view wanted = name;
    if (wanted == "REQUEST_METHOD") return "POST";
    if (wanted == "CONTENT_TYPE") return "application/x-www-form-urlencoded";
    if (wanted == "CONTENT_LENGTH") return length_;
    return {};
  }

 private:
  std::string_view rest_;
  std::string length_;
};

// cgicc takes `;` for a separator too, drops a last name without `=`, and reads a bad escape as anything:
// what one reader splits and another does not is how parameters get smuggled. Here `&` alone separates.
std::string unambiguous(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + 16);
  std::size_t count = 0;
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('&');
    const std::string_view field = bytes.substr(0, end);
    bytes = end == std::string_view::npos ? std::string_view{} : bytes.substr(end + 1);
    if (field.empty()) continue;
    if (++count > kMostFields) refuse("The form has more than 64 fields");
    if (!percent_decode(field)) refuse("The form has a '%' that two hexadecimal digits do not follow");
    if (!out.empty()) out.push_back('&');
    for (const char c : field) {
      if (c == ';') {
        out.append("%3B");
      } else {
        out.push_back(c);
      }
    }
    if (field.find('=') == std::string_view::npos) out.push_back('=');
  }
  return out;
}

std::string named(const std::string& name) { return member_named(name, "A field of the form"); }

bool is_clean(const std::string& text) { return text.find('\0') == std::string::npos && is_utf8(text); }

}  // namespace

std::optional<std::string_view> Form::find(std::string_view name) const {
  for (const auto& [key, value] : fields) {
    if (key == name) return value;
  }
  return std::nullopt;
}

Form parse_form(std::string_view bytes) {
  const std::string text = unambiguous(bytes);
  Form form;
  if (text.empty()) return form;
  Buffer buffer(text);
  const cgicc::Cgicc parsed(&buffer);
  for (const cgicc::FormEntry& entry : parsed.getElements()) {
    std::string name = entry.getName();
    std::string value = entry.getValue();
    if (!is_clean(name)) refuse("A name in the form is not valid UTF-8 text");
    if (!is_clean(value)) refuse(named(name) + " is not valid UTF-8 text");
    if (form.find(name)) refuse(named(name) + " is given more than once");
    form.fields.emplace_back(std::move(name), std::move(value));
  }
  return form;
}

}  // namespace gatehouse::fcgi
