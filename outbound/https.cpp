#include "outbound/https.h"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <ctime>

namespace gatehouse::outbound {

namespace {

// One of the three forms of RFC 9110 section 5.6.7; each has a time of day in it.
std::optional<std::time_t> date_in(std::optional<std::string_view> text) {
  if (!text || text->find(':') == std::string_view::npos) return std::nullopt;
  const std::time_t time = curl_getdate(std::string(*text).c_str(), nullptr);
  if (time < 0) return std::nullopt;
  return time;
}

}  // namespace

std::optional<std::string_view> Answer::header(std::string_view name) const {
  const auto found =
      std::find_if(headers.begin(), headers.end(), [&](const auto& header) { return header.first == name; });
  if (found == headers.end()) return std::nullopt;
  return found->second;
}

std::optional<std::chrono::seconds> Answer::retry_after() const {
  const auto text = header("retry-after");
  if (!text) return std::nullopt;
  int seconds = 0;
  const char* end = text->data() + text->size();
  const auto [rest, problem] = std::from_chars(text->data(), end, seconds);
  if (problem == std::errc{} && rest == end && seconds >= 0) return std::chrono::seconds(seconds);
  const auto until = date_in(text);
  if (!until) return std::nullopt;
  const auto now = date_in(header("date")).value_or(std::time(nullptr));
  return std::chrono::seconds(std::max<std::time_t>(*until - now, 0));
}

Answer exchange(Https& https, const Call& call) {
  const auto ticket = https.start(call);
  // A call ends by itself at its deadline; what is more is for the ending.
  auto answer = https.wait(ticket, call.deadline + std::chrono::seconds(5));
  if (answer) return std::move(*answer);
  https.drop(ticket);
  return {Failure::timeout, 0, {}, {}, "no end within the deadline"};
}

}  // namespace gatehouse::outbound
