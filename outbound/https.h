// Calls to other people's servers, as flows see them: one interface, with curl behind it in the product.
// Any number of calls may be under way; none of them blocks. A failure is a value, never an exception.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::outbound {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Call {
  std::string method = "POST";
  std::string url;  // as an administrator configured it: where it may lead is judged by what it names
  Headers headers{};
  std::string body{};
  std::chrono::milliseconds deadline = std::chrono::seconds(60);  // for all of it
};

enum class Failure {
  none,
  unreachable,  // no connection: refused, no such name
  timeout,      // the deadline passed
  untrusted,    // the certificate does not verify
  forbidden,    // plain HTTP or an address that the URL does not name: nothing was sent
  too_large,    // the body, over 64 KiB
  broken,       // the connection ended before the answer did
};

struct Answer {
  Failure failure = Failure::none;
  int status = 0;      // 0: none came. With a failure: of what came before it
  Headers headers{};   // names in lower case
  std::string body{};  // likewise
  std::string why{};   // for the log: never has a header, a body or a query in it

  bool ok() const { return failure == Failure::none; }
  // The first of that name (in lower case).
  std::optional<std::string_view> header(std::string_view name) const;
  // What `Retry-After` says (RFC 9110 section 10.2.3): seconds, or a date, which is held against the answer's
  // own `Date`, for clocks differ. Nonsense counts as nothing said.
  std::optional<std::chrono::seconds> retry_after() const;
};

inline constexpr std::size_t kLargestAnswer = 65536;

class Https {
 public:
  using Ticket = std::uint64_t;

  virtual ~Https() = default;
  virtual Ticket start(const Call& call) = 0;
  // Waits for this one's answer, and works on all others meanwhile; nullopt: not within `patience`. An answer
  // is handed out once.
  virtual std::optional<Answer> wait(Ticket ticket, std::chrono::milliseconds patience) = 0;
  // Waits for any that has ended and was not handed out yet.
  virtual std::optional<Ticket> wait_any(std::chrono::milliseconds patience) = 0;
  // Forgets a call, under way or ended.
  virtual void drop(Ticket ticket) = 0;
};

// One call, waited for.
Answer exchange(Https& https, const Call& call);

}  // namespace gatehouse::outbound
