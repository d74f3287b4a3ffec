// Requests that no well-behaved client would send: made up at random and mutated from good ones, the same for
// the same seed. As bytes, for a RawSocket.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::support {

struct GoodRequest {
  std::string method;
  std::string path;
  std::vector<std::string> headers;
  std::string body;
};

class HostileRequests {
 public:
  // `good` is what is mutated; `paths` are mixed in as they are.
  HostileRequests(std::uint32_t seed, std::vector<GoodRequest> good, std::vector<std::string> paths);
  std::string next();

 private:
  using Change = void (HostileRequests::*)(GoodRequest&, std::string& line_end);
  void other_method(GoodRequest& request, std::string&);
  void other_path(GoodRequest& request, std::string&);
  void other_query(GoodRequest& request, std::string&);
  void other_headers(GoodRequest& request, std::string&);
  void other_type(GoodRequest& request, std::string&);
  void other_body(GoodRequest& request, std::string&);
  void hostile_json(GoodRequest& request, std::string&);
  void huge_body(GoodRequest& request, std::string&);
  void huge_header(GoodRequest& request, std::string&);
  void other_version(GoodRequest&, std::string& line_end);

  std::string framed(const GoodRequest& request);  // adds a length: true, wrong, chunked or none
  std::string chunked(const std::string& body);
  std::string flipped(std::string text);  // some bytes changed, dropped, doubled

  std::size_t below(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
  }
  bool one_in(std::size_t n) { return below(n) == 0; }
  std::string bytes(std::size_t length);
  const std::string& one_of(const std::vector<std::string>& choices) {
    return choices[below(choices.size())];
  }

  std::mt19937 random_;
  std::vector<GoodRequest> good_;
  std::vector<std::string> paths_;
};

}  // namespace gatehouse::support
