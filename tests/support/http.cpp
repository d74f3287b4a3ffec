#include "tests/support/http.h"

#include <curl/curl.h>

#include <algorithm>
#include <stdexcept>

#include "base/error.h"
#include "tests/support/secrets.h"

namespace gatehouse::support {

namespace {

constexpr long kPatienceMs = 100'000;

void initialise_once() {
  static const CURLcode done = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (done != CURLE_OK) throw std::runtime_error("curl_global_init");
}

std::size_t take_body(char* data, std::size_t size, std::size_t count, void* answer) {
  static_cast<HttpAnswer*>(answer)->body.append(data, size * count);
  return size * count;
}

std::size_t take_header(char* data, std::size_t size, std::size_t count, void* answer) {
  std::string line(data, size * count);
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.pop_back();
  auto& headers = static_cast<HttpAnswer*>(answer)->headers;
  if (line.starts_with("HTTP/")) headers.clear();
  const auto colon = line.find(": ");
  if (colon == std::string::npos) return size * count;
  std::string name = line.substr(0, colon);
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  headers.emplace_back(std::move(name), line.substr(colon + 2));
  return size * count;
}

struct Easy {
  Easy() {
    initialise_once();
    handle = curl_easy_init();
    if (handle == nullptr) throw std::runtime_error("curl_easy_init");
  }
  Easy(const Easy&) = delete;
  Easy& operator=(const Easy&) = delete;
  ~Easy() {
    curl_slist_free_all(headers);
    curl_easy_cleanup(handle);
  }

  void prepare(const HttpCall& call, HttpAnswer& answer) {
    curl_easy_reset(handle);
    curl_slist_free_all(headers);
    headers = nullptr;
    for (const auto& header : call.headers) headers = curl_slist_append(headers, header.c_str());
    headers = curl_slist_append(headers, "Expect:");
    curl_easy_setopt(handle, CURLOPT_URL, call.url.c_str());
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, kPatienceMs);
    curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, &answer);
    if (!call.basic.empty()) curl_easy_setopt(handle, CURLOPT_USERPWD, call.basic.c_str());
    if (!call.ca_file.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, call.ca_file.c_str());
    if (call.http1) curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    if (!call.source.empty()) curl_easy_setopt(handle, CURLOPT_INTERFACE, call.source.c_str());
    set_method(call);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
  }

  void set_method(const HttpCall& call) {
    if (call.method == "HEAD") {
      curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
      return;
    }
    if (!call.body.empty() || call.method == "POST") {
      curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE, static_cast<long>(call.body.size()));
      curl_easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, call.body.c_str());
      // libcurl would call any body a form.
      const bool typed = std::any_of(call.headers.begin(), call.headers.end(),
                                     [](const std::string& h) { return h.starts_with("Content-Type:"); });
      if (!typed) headers = curl_slist_append(headers, "Content-Type:");
    }
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, call.method.c_str());
  }

  void finish(CURLcode result, HttpAnswer& answer) const {
    if (result == CURLE_OK) {
      long status = 0;
      curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
      answer.status = static_cast<int>(status);
      remember_secrets_in(answer.body);
    } else {
      answer.failure = curl_easy_strerror(result);
    }
    curl_easy_getinfo(handle, CURLINFO_TOTAL_TIME, &answer.seconds);
  }

  CURL* handle = nullptr;
  curl_slist* headers = nullptr;
};

}  // namespace

std::optional<std::string> HttpAnswer::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return value;
  }
  return std::nullopt;
}

std::string HttpAnswer::text(std::string_view member) const {
  const auto document = json();
  const auto found = document.root().find(member);
  return std::string(found ? found->text().value_or("") : "");
}

std::optional<bool> HttpAnswer::boolean(std::string_view member) const {
  const auto document = json();
  const auto found = document.root().find(member);
  return found ? found->boolean() : std::nullopt;
}

std::optional<std::int64_t> HttpAnswer::integer(std::string_view member) const {
  const auto document = json();
  const auto found = document.root().find(member);
  return found ? found->integer() : std::nullopt;
}

struct HttpClient::Impl {
  Easy easy;
};

HttpClient::HttpClient() : impl_(std::make_unique<Impl>()) {}
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;
HttpClient::~HttpClient() = default;

HttpAnswer HttpClient::send(const HttpCall& call) {
  HttpAnswer answer;
  impl_->easy.prepare(call, answer);
  impl_->easy.finish(curl_easy_perform(impl_->easy.handle), answer);
  return answer;
}

HttpAnswer send(const HttpCall& call) { return HttpClient().send(call); }

std::vector<HttpAnswer> send_at_once(const std::vector<HttpCall>& calls) {
  initialise_once();
  std::vector<Easy> easies(calls.size());
  std::vector<HttpAnswer> answers(calls.size());
  CURLM* multi = curl_multi_init();
  curl_multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
  for (std::size_t i = 0; i < calls.size(); ++i) {
    easies[i].prepare(calls[i], answers[i]);
    curl_easy_setopt(easies[i].handle, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easies[i].handle, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(easies[i].handle, CURLOPT_PRIVATE, &easies[i]);
    curl_multi_add_handle(multi, easies[i].handle);
  }
  int running = 1;
  while (running > 0) {
    if (curl_multi_perform(multi, &running) != CURLM_OK) break;
    if (running > 0) curl_multi_poll(multi, nullptr, 0, 1000, nullptr);
  }
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
    char* which = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &which);
    const auto index = reinterpret_cast<Easy*>(which) - easies.data();
    reinterpret_cast<Easy*>(which)->finish(message->data.result, answers[static_cast<std::size_t>(index)]);
  }
  for (const auto& easy : easies) curl_multi_remove_handle(multi, easy.handle);
  curl_multi_cleanup(multi);
  return answers;
}

HttpCall form(std::string url, std::string body) {
  return {
      "POST", std::move(url), {"Content-Type: application/x-www-form-urlencoded"}, std::move(body), {}, {},
      {}};
}

HttpCall json_call(std::string url, std::string body) {
  return {"POST", std::move(url), {"Content-Type: application/json"}, std::move(body), {}, {}, {}, false};
}

}  // namespace gatehouse::support
