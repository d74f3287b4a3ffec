// The product's own Https: libcurl, HTTP/2 and TLS from 1.2 on, no redirects, no proxies, certificates always
// checked. Plain HTTP and loopback addresses only where the URL itself names one; private ones never,
// whatever DNS says.
#pragma once

#include <memory>
#include <string>

#include "outbound/https.h"

namespace gatehouse::outbound {

class CurlHttps final : public Https {
 public:
  // `extra_ca_file` (PEM) is trusted besides the system's authorities; may be empty.
  explicit CurlHttps(std::string extra_ca_file);
  ~CurlHttps() override;
  CurlHttps(const CurlHttps&) = delete;
  CurlHttps& operator=(const CurlHttps&) = delete;

  Ticket start(const Call& call) override;
  std::optional<Answer> wait(Ticket ticket, std::chrono::milliseconds patience) override;
  std::optional<Ticket> wait_any(std::chrono::milliseconds patience) override;
  void drop(Ticket ticket) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::outbound
