#include "cmd/admin/files.h"

#include <array>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>

#include "base/error.h"
#include "base/json.h"
#include "base/plain_text.h"

namespace gatehouse::admin {

std::string contents_of(const std::string& path) {
  if (path == "-") return {std::istreambuf_iterator<char>(std::cin), {}};
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad()) throw std::runtime_error("cannot read " + path);
  return text;
}

void Faults::add(std::size_t place, const std::string& name, const std::string& what) {
  constexpr std::size_t kLongestShown = 64;
  const bool is_shown = !name.empty() && name.size() <= kLongestShown && is_plain_text(name);
  text_ += "\n" + (is_shown ? name : "entry " + std::to_string(place + 1)) + ": " + what;
}

void Faults::throw_for(const std::string& path) const {
  if (!text_.empty()) throw Error(Errc::invalid_request, path + ": nothing was imported:" + text_);
}

void require_object(const std::string& path, const std::string& text, const std::string& example) {
  const std::string wanted = path + " must be one JSON object: " + example;
  try {
    if (!json::Document::parse(text).root().is_object()) throw Error(Errc::invalid_request, wanted);
  } catch (const Error& error) {
    if (error.code() != Errc::invalid_json) throw;
    throw Error(Errc::invalid_request, wanted + "; " + error.text() + ": " + error.message());
  }
}

void use_time_zone(const std::string& name) {
  if (name.empty()) return;
  const bool is_name = name.find("..") == std::string::npos && !name.starts_with('/');
  std::error_code missing;
  if (name != "UTC" &&
      (!is_name || !std::filesystem::is_regular_file("/usr/share/zoneinfo/" + name, missing)))
    throw Error(Errc::invalid_request,
                "This machine knows no time zone \"" + name + "\"; such as Asia/Tokyo");
  // libc takes a zone from nowhere else; this process has one thread.
  setenv("TZ", name.c_str(), 1);
  tzset();
}

std::optional<Time> parse_local(const std::string& text) {
  if (const auto time = parse_rfc3339(text)) return time;
  // Only what RFC 3339 would take with an offset: no 31st of February.
  std::string as_utc = text + "Z";
  if (as_utc.size() > 10 && as_utc[10] == ' ') as_utc[10] = 'T';
  const auto parsed = parse_rfc3339(as_utc);
  if (!parsed) return std::nullopt;
  std::time_t seconds = unix_seconds(*parsed);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  parts.tm_isdst = -1;
  return from_unix_seconds(std::mktime(&parts));
}

std::string to_local(Time time) {
  const std::time_t seconds = unix_seconds(time);
  std::tm parts{};
  localtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  const auto length = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S %z", &parts);
  return {text.data(), length};
}

}  // namespace gatehouse::admin
