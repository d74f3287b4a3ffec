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

namespace {

std::vector<std::string> new_key_ids(int count) {
  static int made = 0;
  std::vector<std::string> all;
  for (int i = 0; i < count; ++i) {
    all.push_back("kid-" + std::to_string(std::chrono::steady_clock::now().time_since_epoch().count()) + "-" +
                  std::to_string(++made));
  }
  return all;
}

std::map<std::string, crypto::Key> keys_of(const Instance& instance, const std::vector<std::string>& kids) {
  std::string pem = instance.setting("JWT_PRIVATE_KEY");
  for (auto at = pem.find("\\n"); at != std::string::npos; at = pem.find("\\n")) pem.replace(at, 2, "\n");
  std::map<std::string, crypto::Key> all;
  for (const auto& kid : kids) all.emplace(kid, crypto::Key::from_private_pem(pem, kid));
  all.emplace("your_key_id", crypto::Key::from_private_pem(pem, "your_key_id"));  // the README's
  return all;
}

}  // namespace

CozeBeside::CozeBeside(const Instance& instance, int key_ids)
    : kids(new_key_ids(key_ids)),
      coze({keys_of(instance, kids), "app-1", "127.0.0.1"}, clock, port_of(instance.setting("COZE_API_URL"))),
      instance_(instance) {}

HttpCall CozeBeside::exchange(const std::string& kid, const std::string& url) const {
  return json_call(url, R"({"public_key":")" + kid + R"(","coze_api_key":")" +
                            instance_.setting("EXPECTED_COZE_API_KEY") + R"(","duration_seconds":3600})");
}

}  // namespace gatehouse::support
