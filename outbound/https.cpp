#include "outbound/https.h"

#include <algorithm>
#include <charconv>

namespace gatehouse::outbound {

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
  if (problem != std::errc{} || rest != end || seconds < 0) return std::nullopt;
  return std::chrono::seconds(seconds);
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
