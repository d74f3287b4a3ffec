// The .env form, read and written.
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/ascii.h"
#include "base/config.h"

namespace gatehouse {

namespace {

bool is_name(std::string_view name) {
  if (name.empty() || (name.front() >= '0' && name.front() <= '9')) return false;
  for (const char c : name) {
    const bool fits = is_ascii_alphanumeric(c) || c == '_';
    if (!fits) return false;
  }
  return true;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Environment read() {
    Environment values;
    while (at_ < text_.size()) {
      const std::string_view head = trimmed(rest_of_line());
      if (head.empty() || head.front() == '#') {
        next_line();
      } else {
        read_assignment(values);
      }
    }
    return values;
  }

 private:
  std::string_view rest_of_line() const { return text_.substr(at_, text_.find('\n', at_) - at_); }

  void next_line() {
    const auto end = text_.find('\n', at_);
    at_ = end == std::string_view::npos ? text_.size() : end + 1;
    ++line_;
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw ConfigError("line " + std::to_string(line_) + ": " + what);
  }

  void read_assignment(Environment& values) {
    const std::string_view line = rest_of_line();
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) fail("expected NAME=value");
    std::string_view name = trimmed(line.substr(0, equals));
    if (name.starts_with("export ")) name = trimmed(name.substr(7));
    if (!is_name(name)) fail("expected NAME=value");
    at_ += equals + 1;
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
    // The value may be a secret: only the name is told.
    if (values.contains(std::string(name))) fail(std::string(name) + " is there twice");
    values[std::string(name)] = read_value();
  }

  std::string read_value() {
    const char quote = at_ < text_.size() ? text_[at_] : '\n';
    if (quote != '\'' && quote != '"') {
      std::string_view value = rest_of_line();
      const auto comment = value.find(" #");
      if (comment != std::string_view::npos) value = value.substr(0, comment);
      if (value.starts_with('#')) value = {};
      std::string result(trimmed(value));
      next_line();
      return result;
    }
    ++at_;
    std::string result = read_quoted(quote);
    const std::string_view after = trimmed(rest_of_line());
    if (!after.empty() && after.front() != '#') fail("text after the closing quote");
    next_line();
    return result;
  }

  std::string read_quoted(char quote) {
    std::string result;
    for (; at_ < text_.size() && text_[at_] != quote; ++at_) {
      if (text_[at_] == '\n') ++line_;
      if (quote == '"' && text_[at_] == '\\' && at_ + 1 < text_.size()) {
        const char escaped = text_[++at_];
        result.push_back(escaped == 'n' ? '\n' : escaped);
      } else {
        result.push_back(text_[at_]);
      }
    }
    if (at_ == text_.size()) fail("the quote is not closed");
    ++at_;
    return result;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
};

}  // namespace

Environment parse_env(std::string_view text) { return Reader(text).read(); }

Environment read_env_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    if (errno == ENOENT) return {};
    throw ConfigError(path + ": " + std::strerror(errno));
  }
  std::ostringstream text;
  text << file.rdbuf();
  try {
    return parse_env(text.str());
  } catch (const ConfigError& error) {
    throw ConfigError(path + ", " + error.what());
  }
}

std::string to_env(const Environment& values) {
  std::string text;
  for (const auto& [name, value] : values) {
    text += name + "=\"";
    for (const char c : value) {
      if (c == '\\' || c == '"') text += '\\';
      if (c == '\n') {
        text += "\\n";
      } else {
        text += c;
      }
    }
    text += "\"\n";
  }
  return text;
}

Environment process_environment() {
  Environment values;
  for (const auto& setting : settings()) {
    const std::string name(setting.name);
    if (const char* value = std::getenv(name.c_str()); value != nullptr && *value != '\0')
      values[name] = value;
  }
  return values;
}

}  // namespace gatehouse
