// Runs a program as a person would type it, and keeps what it said.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace gatehouse::support {

struct CommandResult {
  int exit_status = -1;  // -1: it did not end by itself
  std::string output;    // stdout and stderr, as they came
  bool ok() const { return exit_status == 0; }
  bool says(const std::string& text) const { return output.find(text) != std::string::npos; }
};

// With PATH, HOME and the variables given, and nothing else of our environment. Killed after `patience`.
CommandResult run_command(const std::vector<std::string>& arguments,
                          const std::map<std::string, std::string>& environment = {},
                          std::chrono::seconds patience = std::chrono::seconds(120));

}  // namespace gatehouse::support
