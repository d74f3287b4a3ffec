#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>

#include "base/clock.h"

namespace gatehouse::log {

namespace {

json::Object head(std::string_view level) {
  json::Object line;
  line.add("time", to_rfc3339(SystemClock().now())).add("level", level);
  return line;
}

// What flush() will write. Not in a string: a crash may come at any time, and writes it out.
struct Kept {
  std::array<char, 4096> bytes{};
  std::size_t size = 0;
  bool is_wanted = false;
};
Kept& kept_lines() {
  static Kept lines;
  return lines;
}

// As it is: no format string is looked for in it.
void put(const json::Object& line) {
  flush();
  spdlog::info(std::string_view(line.str()));
}

void keep(const json::Object& line) {
  Kept& lines = kept_lines();
  const std::string text = line.str() + '\n';
  if (text.size() > lines.bytes.size() - lines.size) flush();
  if (text.size() > lines.bytes.size()) return put(line);
  std::copy(text.begin(), text.end(), lines.bytes.begin() + static_cast<std::ptrdiff_t>(lines.size));
  lines.size += text.size();
}

// "1.023", with all three decimals.
std::string milliseconds(std::int64_t microseconds) {
  return std::to_string(microseconds / 1000) + '.' + std::to_string(1000 + microseconds % 1000).substr(1);
}

void add_if(json::Object& line, std::string_view name, const std::string& text) {
  if (!text.empty()) line.add(name, text);
}

void write(std::string_view level, std::string_view event, const json::Object& facts) {
  json::Object line = head(level);
  line.add("event", event);
  if (facts.str() != "{}") line.add("facts", facts);
  put(line);
}

}  // namespace

void start(std::string_view program, std::string_view detail) {
  auto logger = std::make_shared<spdlog::logger>(std::string(program),
                                                 std::make_shared<spdlog::sinks::stderr_sink_st>());
  // The messages are whole JSON texts.
  logger->set_pattern("%v");
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
  info("started", json::Object().add("program", program).add("detail", detail));
}

void request(const RequestLine& line) {
  json::Object out = head(line.status >= 500 ? "error" : "info");
  out.add("request_id", line.request_id).add("method", line.method).add("route", line.route);
  out.add("status", line.status).add_json("ms", milliseconds(line.microseconds));
  add_if(out, "client", line.client);
  add_if(out, "caller", line.caller);
  add_if(out, "error", line.error);
  add_if(out, "cause", line.cause);
  if (kept_lines().is_wanted && line.status < 400) return keep(out);
  put(out);
}

void keep_request_lines(bool wanted) { kept_lines().is_wanted = wanted; }

void flush() {
  const std::string_view lines = kept();
  if (lines.empty()) return;
  spdlog::info(lines.substr(0, lines.size() - 1));  // it ends the last line itself
  kept_lines().size = 0;
}

std::string_view kept() noexcept { return {kept_lines().bytes.data(), kept_lines().size}; }

void info(std::string_view event, const json::Object& facts) { write("info", event, facts); }

void error(std::string_view event, const json::Object& facts) { write("error", event, facts); }

}  // namespace gatehouse::log
