#include "tests/support/load.h"

#include <algorithm>
#include <chrono>

namespace gatehouse::support {

Load::Load(int connections, std::function<HttpCall()> next) : next_(std::move(next)) {
  for (int i = 0; i < connections; ++i) threads_.emplace_back([this] { drive(); });
}

void Load::drive() {
  HttpClient client;
  while (!stopping_) {
    const HttpAnswer answer = client.send(next_());
    ++answered_;
    const std::lock_guard lock(mutex_);
    if (++statuses_[answer.status] == 1)
      first_of_[answer.status] = answer.status == 0 ? answer.failure : answer.body;
  }
}

void Load::stop() {
  stopping_ = true;
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

int Load::total() const {
  int sum = 0;
  for (const auto& [status, number] : statuses_) sum += number;
  return sum;
}

int Load::count(int status) const {
  const auto found = statuses_.find(status);
  return found == statuses_.end() ? 0 : found->second;
}

std::string Load::others_than(const std::vector<int>& good) const {
  std::string text;
  for (const auto& [status, number] : statuses_) {
    if (std::find(good.begin(), good.end(), status) != good.end()) continue;
    text += std::to_string(number) + " times " + std::to_string(status) +
            ", the first: " + first_of_.at(status) + "\n";
  }
  return text;
}

void Load::wait_for(int more_answers) const {
  const int goal = answered() + more_answers;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (answered() < goal && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

}  // namespace gatehouse::support
