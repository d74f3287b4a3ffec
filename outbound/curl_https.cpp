#include "outbound/curl_https.h"

#include <curl/curl.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "base/ascii.h"
#include "base/error.h"
#include "base/url.h"
#include "outbound/address.h"

namespace gatehouse::outbound {

namespace {

using Moment = std::chrono::steady_clock::time_point;
using Milliseconds = std::chrono::milliseconds;

constexpr std::size_t kLargestHeaders = 32768;
constexpr long kConnectMilliseconds = 10'000;

struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// One call: lives at one address while curl knows of it.
struct Running {
  std::unique_ptr<CURL, FreeEasy> easy{};
  std::unique_ptr<curl_slist, FreeList> headers{};
  std::string request_body{};
  bool loopback_only = false;
  bool refused_address = false;
  bool too_large = false;
  std::size_t header_bytes = 0;
  Answer answer{};
};

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// What curl calls back must not throw; nothing here can but for want of memory.
std::size_t take_body(const char* data, std::size_t, std::size_t size, void* user) {
  auto& running = *static_cast<Running*>(user);
  const std::size_t room = kLargestAnswer - running.answer.body.size();
  running.answer.body.append(data, std::min(size, room));
  running.too_large = running.too_large || size > room;
  return running.too_large ? 0 : size;
}

std::size_t take_header(const char* data, std::size_t, std::size_t size, void* user) {
  auto& running = *static_cast<Running*>(user);
  running.header_bytes += size;
  if (running.header_bytes > kLargestHeaders) {
    running.too_large = true;
    return 0;
  }
  const std::string_view line(data, size);
  if (line.starts_with("HTTP/")) running.answer.headers.clear();  // of a 100 Continue before it
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  std::string name = ascii_lower(std::string(line.substr(0, colon)));
  running.answer.headers.emplace_back(std::move(name), trimmed(line.substr(colon + 1)));
  return size;
}

// The last word on where a call may go: this is the address that curl is about to connect to.
curl_socket_t open_socket(void* user, curlsocktype, curl_sockaddr* address) {
  auto& running = *static_cast<Running*>(user);
  const Reach wanted = running.loopback_only ? Reach::loopback : Reach::open_internet;
  if (reach_of(address->addr) != wanted) {
    running.refused_address = true;
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

Failure failure_of(CURLcode code, const Running& running) {
  if (running.too_large) return Failure::too_large;
  switch (code) {
    case CURLE_OK:
      return Failure::none;
    case CURLE_OPERATION_TIMEDOUT:
      return Failure::timeout;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return Failure::untrusted;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
      return running.refused_address ? Failure::forbidden : Failure::unreachable;
    default:
      return Failure::broken;
  }
}

}  // namespace

struct CurlHttps::Impl {
  CURLM* multi = nullptr;
  std::string extra_ca_file;
  Ticket last = 0;
  std::map<Ticket, std::unique_ptr<Running>> running{};
  std::map<Ticket, Answer> ended{};

  void prepare(Running& call, const Call& asked) const;
  void secure(const Running& call) const;
  void collect();
  // Works on all calls until `done` says so; false: the time was up first.
  template <class Done>
  bool work_until(Done done, Milliseconds patience);
};

CurlHttps::CurlHttps(std::string extra_ca_file) : impl_(new Impl{nullptr, std::move(extra_ca_file)}) {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || (impl_->multi = curl_multi_init()) == nullptr)
    throw Error(Errc::internal, {}, "curl cannot be initialised");
}

CurlHttps::~CurlHttps() {
  for (const auto& [ticket, call] : impl_->running) curl_multi_remove_handle(impl_->multi, call->easy.get());
  impl_->running.clear();
  curl_multi_cleanup(impl_->multi);
}

void CurlHttps::Impl::secure(const Running& call) const {
  CURL* easy = call.easy.get();
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, call.loopback_only ? "http,https" : "https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  // The system's authorities stay: they are in the folder, which is another option.
  if (!extra_ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, extra_ca_file.c_str());
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, const_cast<Running*>(&call));
}

void CurlHttps::Impl::prepare(Running& call, const Call& asked) const {
  CURL* easy = call.easy.get();
  call.request_body = asked.body;
  for (const auto& [name, value] : asked.headers) {
    const std::string line = std::string(name).append(": ").append(value);
    curl_slist* longer = curl_slist_append(call.headers.get(), line.c_str());
    if (longer == nullptr) continue;
    static_cast<void>(call.headers.release());
    call.headers.reset(longer);
  }
  secure(call);
  curl_easy_setopt(easy, CURLOPT_URL, asked.url.c_str());
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, asked.method.c_str());
  if (asked.method != "GET") {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.request_body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call.request_body.data());
  }
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call.headers.get());
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(asked.deadline.count()));
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, kConnectMilliseconds);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &call);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &call);
}

Https::Ticket CurlHttps::start(const Call& call) {
  const Ticket ticket = ++impl_->last;
  const auto url = parse_url(call.url);
  if (!url || (!url->https && !url->names_loopback())) {
    impl_->ended[ticket] = {Failure::forbidden, 0, {}, {}, "the URL is not one that may be called"};
    return ticket;
  }
  auto running = std::make_unique<Running>();
  running->easy.reset(curl_easy_init());
  if (!running->easy) throw Error(Errc::internal, {}, "curl has no handle");
  running->loopback_only = url->names_loopback();
  impl_->prepare(*running, call);
  if (curl_multi_add_handle(impl_->multi, running->easy.get()) != CURLM_OK)
    throw Error(Errc::internal, {}, "curl does not take the call");
  impl_->running[ticket] = std::move(running);
  int left = 0;
  curl_multi_perform(impl_->multi, &left);
  return ticket;
}

// Moves what has ended from `running` to `ended`.
void CurlHttps::Impl::collect() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    CURL* const easy = message->easy_handle;
    const auto found = std::find_if(running.begin(), running.end(),
                                    [easy](const auto& entry) { return entry.second->easy.get() == easy; });
    if (found == running.end()) continue;
    Running& call = *found->second;
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    call.answer.status = static_cast<int>(status);
    call.answer.failure = failure_of(code, call);
    if (!call.answer.ok()) call.answer.why = curl_easy_strerror(code);
    if (call.answer.failure == Failure::forbidden)
      call.answer.why = "the name leads to an address that may not be called";
    if (call.answer.failure == Failure::too_large) call.answer.why = "the answer is larger than 64 KiB";
    ended[found->first] = std::move(call.answer);
    curl_multi_remove_handle(multi, easy);
    running.erase(found);
  }
}

template <class Done>
bool CurlHttps::Impl::work_until(Done done, Milliseconds patience) {
  const Moment end = std::chrono::steady_clock::now() + patience;
  for (;;) {
    int left = 0;
    curl_multi_perform(multi, &left);
    collect();
    if (done()) return true;
    const auto rest = std::chrono::ceil<Milliseconds>(end - std::chrono::steady_clock::now());
    if (rest.count() <= 0) return false;
    curl_multi_poll(multi, nullptr, 0, static_cast<int>(std::min<std::int64_t>(rest.count(), 1000)), nullptr);
  }
}

std::optional<Answer> CurlHttps::wait(Ticket ticket, Milliseconds patience) {
  if (!impl_->work_until([&] { return impl_->ended.contains(ticket); }, patience)) return std::nullopt;
  auto answer = std::move(impl_->ended.at(ticket));
  impl_->ended.erase(ticket);
  return answer;
}

std::optional<Https::Ticket> CurlHttps::wait_any(Milliseconds patience) {
  if (!impl_->work_until([&] { return !impl_->ended.empty(); }, patience)) return std::nullopt;
  return impl_->ended.begin()->first;
}

void CurlHttps::drop(Ticket ticket) {
  impl_->ended.erase(ticket);
  const auto found = impl_->running.find(ticket);
  if (found == impl_->running.end()) return;
  curl_multi_remove_handle(impl_->multi, found->second->easy.get());
  impl_->running.erase(found);
}

}  // namespace gatehouse::outbound
