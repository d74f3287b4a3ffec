#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

#include "base/clock.h"

namespace gatehouse::log {

namespace {

json::Object head(std::string_view level) {
  json::Object line;
  line.add("time", to_rfc3339(SystemClock().now())).add("level", level);
  return line;
}

// As it is: no format string is looked for in it.
void put(const json::Object& line) { spdlog::info(std::string_view(line.str())); }

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
  put(out);
}

void info(std::string_view event, const json::Object& facts) { write("info", event, facts); }

void error(std::string_view event, const json::Object& facts) { write("error", event, facts); }

}  // namespace gatehouse::log
