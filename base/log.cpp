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

void add_if(json::Object& line, std::string_view name, const std::string& text) {
  if (!text.empty()) line.add(name, text);
}

void write(std::string_view level, std::string_view event, const json::Object& facts) {
  json::Object line = head(level);
  line.add("event", event);
  if (facts.str() != "{}") line.add("facts", facts);
  const std::string text = line.str();
  spdlog::info("{}", text);
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
  out.add("status", line.status).add("ms", static_cast<double>(line.microseconds) / 1000.0);
  add_if(out, "client", line.client);
  add_if(out, "caller", line.caller);
  add_if(out, "error", line.error);
  add_if(out, "cause", line.cause);
  const std::string text = out.str();
  spdlog::info("{}", text);
}

void info(std::string_view event, const json::Object& facts) { write("info", event, facts); }

void error(std::string_view event, const json::Object& facts) { write("error", event, facts); }

}  // namespace gatehouse::log
