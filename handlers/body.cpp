#include "handlers/body.h"

#include <charconv>
#include <limits>

#include "base/error.h"
#include "base/plain_text.h"

namespace gatehouse::handlers {

namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kForm = "application/x-www-form-urlencoded";

std::string quoted(std::string_view name) { return '"' + std::string(name) + '"'; }

[[noreturn]] void refuse(std::string_view name, std::string_view what) {
  throw Error(Errc::invalid_request, quoted(name) + " " + std::string(what));
}

[[noreturn]] void refuse_type(std::string_view expected) {
  throw Error(Errc::unsupported_media_type).with_message("Content-Type must be " + std::string(expected));
}

// No body at all is an empty object, so that the answer can name the member that is missing.
json::Document parsed(const fcgi::Request& request) {
  auto document = json::Document::parse(request.body.empty() ? "{}" : request.body);
  if (!document.root().is_object())
    throw Error(Errc::invalid_json).with_message("the body must be a JSON object");
  return document;
}

bool is(const fcgi::Request& request, std::string_view type) {
  if (request.content_type == type) return true;  // as almost everybody writes it
  const std::string given = request.media_type();
  return given == type || (given.empty() && request.body.empty());
}

}  // namespace

Body Body::json(const fcgi::Request& request) {
  if (!is(request, kJson)) refuse_type(kJson);
  return Body(parsed(request), request.body);
}

Body Body::form(const fcgi::Request& request) {
  if (!is(request, kForm)) refuse_type(kForm);
  return Body(fcgi::parse_form(request.body), request.body);
}

Body Body::json_or_form(const fcgi::Request& request) {
  if (is(request, kJson)) return Body(parsed(request), request.body);
  if (is(request, kForm)) return Body(fcgi::parse_form(request.body), request.body);
  refuse_type("application/json or application/x-www-form-urlencoded");
}

std::optional<std::string> Body::found(std::string_view name) const {
  if (const auto* form = std::get_if<fcgi::Form>(&content_)) {
    const auto value = form->find(name);
    if (!value || value->empty()) return std::nullopt;
    return std::string(*value);
  }
  const auto member = std::get<json::Document>(content_).root().find(name);
  if (!member || member->is_null()) return std::nullopt;
  const auto value = member->text();
  if (!value) refuse(name, "must be a string");
  return std::string(*value);
}

std::optional<std::string> Body::optional_text(std::string_view name, std::size_t longest) const {
  auto value = found(name);
  if (value && value->size() > longest) refuse(name, "must be at most " + std::to_string(longest) + " bytes");
  return value;
}

std::string Body::text(std::string_view name, std::size_t longest) const {
  auto value = optional_text(name, longest);
  if (!value || value->empty()) refuse(name, "is required");
  return std::move(*value);
}

std::string Body::line(std::string_view name, std::size_t longest) const {
  auto value = text(name, longest);
  if (value.find_first_not_of(' ') == std::string::npos) refuse(name, "is required");
  if (!is_plain_text(value)) refuse(name, "must not have control or direction characters");
  return value;
}

// A member that is null counts as missing.
std::optional<json::Value> Body::member(std::string_view name) const {
  const auto value = std::get<json::Document>(content_).root().find(name);
  return value && !value->is_null() ? value : std::nullopt;
}

std::optional<std::string> Body::optional_object(std::string_view name, std::size_t longest) const {
  const auto value = member(name);
  if (!value) return std::nullopt;
  if (!value->is_object()) refuse(name, "must be an object");
  const auto written = json::written_member(written_, name);
  if (!written) throw Error(Errc::internal, {}, "a member that is there is not written");
  if (written->size() > longest) refuse(name, "must be at most " + std::to_string(longest) + " bytes");
  return std::string(*written);
}

std::optional<bool> Body::optional_flag(std::string_view name) const {
  const auto value = member(name);
  if (!value) return std::nullopt;
  const auto flag = value->boolean();
  if (!flag) refuse(name, "must be true or false");
  return flag;
}

std::optional<std::int64_t> Body::optional_integer(std::string_view name, std::int64_t low,
                                                   std::int64_t high) const {
  const auto value = member(name);
  if (!value) return std::nullopt;
  const auto number = value->integer();
  if (!number || *number < low || *number > high)
    refuse(name, "must be an integer from " + std::to_string(low) + " to " + std::to_string(high));
  return number;
}

bool Body::is_text(std::string_view name) const {
  const auto* document = std::get_if<json::Document>(&content_);
  const auto member = document == nullptr ? std::nullopt : document->root().find(name);
  return member && member->text();
}

std::int32_t Body::positive_int32(std::string_view name) const {
  std::optional<std::int64_t> number;
  if (const auto* document = std::get_if<json::Document>(&content_)) {
    const auto member = document->root().find(name);
    if (!member || member->is_null()) refuse(name, "is required");
    number = member->integer();
  } else {
    const std::string value = text(name, 32);
    std::int64_t parsed_number = 0;
    const auto [rest, failure] = std::from_chars(value.data(), value.data() + value.size(), parsed_number);
    if (failure == std::errc{} && rest == value.data() + value.size()) number = parsed_number;
  }
  if (!number || *number < 1 || *number > std::numeric_limits<std::int32_t>::max()) {
    refuse(name, "must be an integer from 1 to 2147483647");
  }
  return static_cast<std::int32_t>(*number);
}

}  // namespace gatehouse::handlers
