// A provider in the same process that answers at once and remembers nothing: for tests of many records, where
// the time of a call does not matter. What counts at a provider is in provider.h.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "outbound/https.h"

namespace gatehouse::support {

class PromptProvider final : public outbound::Https {
 public:
  Ticket start(const outbound::Call&) override {
    outbound::Answer answer;
    answer.status = status;
    if (status == 429) answer.headers.emplace_back("retry-after", "30");
    const std::string number = std::to_string(++asked);
    if (status == 200)
      answer.body = R"({"access_token":"a)" + number + R"(","refresh_token":"r)" + number +
                    R"(","expires_in":)" + std::to_string(lifetime) + "}";
    const Ticket ticket = ++last_;
    ended_[ticket] = answer;
    return ticket;
  }
  std::optional<outbound::Answer> wait(Ticket ticket, std::chrono::milliseconds) override {
    const auto found = ended_.find(ticket);
    if (found == ended_.end()) return std::nullopt;
    auto answer = std::move(found->second);
    ended_.erase(found);
    return answer;
  }
  std::optional<Ticket> wait_any(std::chrono::milliseconds) override {
    if (ended_.empty()) return std::nullopt;
    return ended_.begin()->first;
  }
  void drop(Ticket ticket) override { ended_.erase(ticket); }

  int asked = 0;
  int status = 200;
  int lifetime = 86400;

 private:
  std::map<Ticket, outbound::Answer> ended_;
  Ticket last_ = 0;
};

}  // namespace gatehouse::support
