// Load from many connections at once, and what became of each request.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/http.h"

namespace gatehouse::support {

class Load {
 public:
  // Each thread has a client of its own and sends `next()` again and again until stop(). `next` is called by
  // all threads.
  Load(int connections, std::function<HttpCall()> next);
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;
  ~Load() { stop(); }
  void stop();

  // After stop(): how many of each status, 0 being no answer; of all, and of the first bad ones what they
  // were.
  const std::map<int, int>& statuses() const { return statuses_; }
  int total() const;
  int count(int status) const;
  // Requests that did not get 200, as a text for an assertion.
  std::string others_than(const std::vector<int>& good) const;

  // While it runs.
  int answered() const { return answered_.load(); }
  void wait_for(int more_answers) const;

 private:
  void drive();
  std::function<HttpCall()> next_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> answered_{0};
  mutable std::mutex mutex_;
  std::map<int, int> statuses_;
  std::map<int, std::string> first_of_;  // by status: what the first such answer said
  std::vector<std::thread> threads_;
};

}  // namespace gatehouse::support
