// TCP as it is: for requests that no well-behaved client would send.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace gatehouse::support {

class RawSocket {
 public:
  // Throws std::system_error where nobody listens. `host` is an address, IPv4 or IPv6.
  // `receive_buffer`: so many bytes of the system's own; 0: as it likes.
  explicit RawSocket(int port, const std::string& host = "127.0.0.1", int receive_buffer = 0);
  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;
  ~RawSocket();

  void send(std::string_view bytes);  // as much as the other side takes; it may have closed already
  void end_sending();
  // What comes until the other side closes, or is silent for this long.
  std::string receive(std::chrono::milliseconds patience);
  // The first of what comes, some kilobytes at most: waits for it, ten seconds at most.
  std::string receive_some();
  bool closed_by_peer() const { return closed_; }

 private:
  int descriptor_ = -1;
  bool closed_ = false;
};

// Sends the bytes and reads the answer to its end: what is announced by `Connection: close`, or what has come
// when the other side falls silent.
std::string raw_exchange(int port, std::string_view bytes);

// Of an answer's first line; 0 where there is none (closed without a word, or HTTP/0.9).
int raw_status(std::string_view answer);
std::string_view raw_body(std::string_view answer);

}  // namespace gatehouse::support
