#include "tests/support/providers.h"

#include <fstream>
#include <iterator>
#include <regex>
#include <stdexcept>

#include "base/url.h"

namespace gatehouse::support {

int port_of(const std::string& url) { return parse_url(url).value().port; }

namespace {

int port_behind(const std::string& directive) {
  std::ifstream file(test_folder() + "/first/locations/behind.conf");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::smatch port;
  if (!std::regex_search(text, port, std::regex(directive + "127.0.0.1:([0-9]+)")))
    throw std::runtime_error("scripts/test has written no locations");
  return std::stoi(port[1]);
}

}  // namespace

int upstream_port() { return port_behind("proxy_pass http://"); }
int fastcgi_upstream_port() { return port_behind("fastcgi_pass "); }

std::unique_ptr<HttpsServer> songs_behind_the_gate() {
  ServerAnswer songs;
  songs.body = R"({"songs":["dx"]})";
  return std::make_unique<HttpsServer>([songs](const ServerRequest&) { return songs; },
                                       HttpsServer::plain_on(upstream_port()));
}

std::string CozeStack::new_kid() {
  static int count = 0;
  return "kid-" + std::to_string(std::chrono::steady_clock::now().time_since_epoch().count()) + "-" +
         std::to_string(++count);
}

std::map<std::string, crypto::Key> CozeStack::keys() const {
  std::string pem = first.setting("JWT_PRIVATE_KEY");
  for (auto at = pem.find("\\n"); at != std::string::npos; at = pem.find("\\n")) pem.replace(at, 2, "\n");
  std::map<std::string, crypto::Key> all;
  for (const auto& kid : kids) all.emplace(kid, crypto::Key::from_private_pem(pem, kid));
  all.emplace("your_key_id", crypto::Key::from_private_pem(pem, "your_key_id"));  // the README's
  return all;
}

HttpCall CozeStack::exchange(const std::string& kid, const std::string& url) const {
  return json_call(url, R"({"public_key":")" + kid + R"(","coze_api_key":")" +
                            first.setting("EXPECTED_COZE_API_KEY") + R"(","duration_seconds":3600})");
}

}  // namespace gatehouse::support
