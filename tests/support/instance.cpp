#include "tests/support/instance.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <stdexcept>

namespace gatehouse::support {

namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') {
    throw std::runtime_error(std::string(name) + " is not set: run scripts/test, which starts the instances");
  }
  return value;
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<pid_t> every_process() {
  std::vector<pid_t> pids;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    pid_t pid = 0;
    const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (problem == std::errc{} && end == name.data() + name.size()) pids.push_back(pid);
  }
  return pids;
}

// The fields after the name, which may have any character in it.
std::vector<std::string> stat_of(pid_t pid) {
  const std::string text = process_file(pid, "stat");
  const auto end_of_name = text.rfind(')');
  if (end_of_name == std::string::npos) return {};
  std::istringstream words(text.substr(end_of_name + 1));
  std::vector<std::string> fields;
  for (std::string word; words >> word;) fields.push_back(word);
  return fields;
}

}  // namespace

Instance::Instance(std::string env_file)
    : env_file_(std::move(env_file)), settings_(read_env_file(env_file_)) {
  if (settings_.count("GATEHOUSE_STATE_DIR") == 0)
    throw std::runtime_error(env_file_ + " is no .env of scripts/test");
}

Instance Instance::first() { return Instance(variable("GATEHOUSE_TEST_FIRST")); }
Instance Instance::second() { return Instance(variable("GATEHOUSE_TEST_SECOND")); }
Instance Instance::third() { return Instance(variable("GATEHOUSE_TEST_THIRD")); }

Instance Instance::not_started(const std::string& name, Environment settings) {
  const std::string folder = test_folder() + "/" + name;
  fs::create_directories(folder);
  settings.emplace("GATEHOUSE_STATE_DIR", folder + "/state");
  for (const auto* port : {"GATEHOUSE_HTTP_PORT", "GATEHOUSE_HTTPS_PORT", "GATEHOUSE_COZE_PORT"})
    settings.emplace(port, std::to_string(free_port()));
  std::ofstream(folder + "/env") << to_env(settings);
  return Instance(folder + "/env");
}

std::string Instance::http(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(http_port()) + path;
}
std::string Instance::https(const std::string& path) const {
  return "https://localhost:" + std::to_string(https_port()) + path;
}
std::string Instance::coze(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(coze_port()) + path;
}
std::string Instance::socket(std::string_view pool) const {
  return state() + "/run/workers/" + std::string(pool) + ".sock";
}

CommandResult Instance::script(std::vector<std::string> arguments) const {
  arguments.front() = std::string(GATEHOUSE_SOURCE_DIR) + "/scripts/" + arguments.front();
  return run_command(arguments, {{"GATEHOUSE_ENV_FILE", env_file_}});
}

CommandResult Instance::up(const std::vector<std::string>& arguments) const {
  std::vector<std::string> all{"up", "--binaries", test_binaries()};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return script(all);
}

CommandResult Instance::gatehouse(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), "gatehouse");
  return script(arguments);
}

CommandResult Instance::database(const std::string& what) const {
  return run_command(
      {"bash", "-c", ". \"$0\"/scripts/lib/cluster.sh; control_cluster " + what, GATEHOUSE_SOURCE_DIR},
      {{"GATEHOUSE_ENV_FILE", env_file_}});
}

std::vector<pid_t> Instance::workers(std::string_view pool) const {
  return by_pid_files("worker-" + std::string(pool) + "-");
}
std::vector<pid_t> Instance::keepers() const { return by_pid_files("keeper-"); }
std::vector<pid_t> Instance::feeds() const { return by_pid_files("feed-"); }

std::vector<pid_t> Instance::by_pid_files(const std::string& prefix) const {
  const std::string program = prefix.substr(0, prefix.find('-'));
  std::vector<pid_t> pids;
  for (const auto& entry : fs::directory_iterator(state() + "/run/workers/")) {
    const std::string name = entry.path().filename();
    if (!name.starts_with(prefix) || !name.ends_with(".pid")) continue;
    const pid_t pid = std::stoi(name.substr(prefix.size()));
    // The file of one that was killed stays until the next `up`, and somebody else may have its number by
    // then, a thread of the kernel for one. One that is ending loses its command before its sockets, but not
    // its name: it is there until it is a zombie.
    const std::string command = command_of(pid);
    const bool somebody_elses = process_file(pid, "comm") != program + "\n" ||
                                (!command.empty() && command.find(state()) == std::string::npos);
    if (is_alive(pid) && !somebody_elses) pids.push_back(pid);
  }
  std::sort(pids.begin(), pids.end());
  return pids;
}

std::vector<pid_t> Instance::all_workers() const {
  std::vector<pid_t> all;
  for (const auto* pool : kPools) {
    const auto some = workers(pool);
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

bool Instance::is_whole() const {
  static const std::regex kSupervisor("^/usr/bin/multiwatch -f ([0-9]+) .*/bin/(worker|keeper|feed) ");
  std::size_t wanted = 0;
  for (const pid_t pid : processes()) {
    const std::string command = command_of(pid);
    if (std::smatch found; std::regex_search(command, found, kSupervisor))
      wanted += static_cast<std::size_t>(std::stoul(found[1]));
  }
  return wanted > 0 && all_workers().size() + keepers().size() + feeds().size() == wanted;
}

pid_t Instance::nginx_master() const { return std::stoi(contents(state() + "/nginx/nginx.pid")); }
pid_t Instance::postmaster() const {
  return std::stoi(contents(state() + "/postgresql/data/postmaster.pid"));
}

std::vector<pid_t> Instance::processes() const {
  std::vector<pid_t> ours;
  for (const pid_t pid : every_process()) {
    std::error_code gone;
    const std::string folder = fs::read_symlink("/proc/" + std::to_string(pid) + "/cwd", gone);
    if (!gone && (folder == state() || folder.starts_with(state() + "/"))) ours.push_back(pid);
  }
  return ours;
}

std::vector<std::string> Instance::log_lines(const std::string& file, std::string_view text) const {
  std::ifstream log(state() + "/log/" + file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(log, line);) {
    if (line.find(text) != std::string::npos) lines.push_back(line);
  }
  return lines;
}

std::vector<std::string> Instance::logs_with(std::string_view text) const {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(state() + "/log")) {
    if (contents(entry.path()).find(text) != std::string::npos) names.push_back(entry.path().filename());
  }
  return names;
}

std::string test_binaries() { return variable("GATEHOUSE_TEST_BINARIES"); }
std::string test_folder() { return variable("GATEHOUSE_TEST_FOLDER"); }

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  for (const pid_t pid : every_process()) {
    const auto fields = stat_of(pid);
    if (fields.size() > 1 && fields[1] == std::to_string(parent)) children.push_back(pid);
  }
  return children;
}

std::string process_file(pid_t pid, const std::string& name) {
  return contents("/proc/" + std::to_string(pid) + "/" + name);
}

std::string command_of(pid_t pid) {
  std::string command = process_file(pid, "cmdline");
  std::replace(command.begin(), command.end(), '\0', ' ');
  return command;
}

CommandResult as_workers_user(std::vector<std::string> command) {
  command.insert(command.begin(),
                 {"setpriv", "--reuid", "gatehouse", "--regid", "gatehouse", "--init-groups"});
  return run_command(command);
}

bool is_alive(pid_t pid) {
  const auto fields = stat_of(pid);
  return !fields.empty() && fields.front() != "Z" && fields.front() != "X";
}

int free_port() {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  socklen_t size = sizeof address;
  // The sockets' API wants these casts.
  const bool bound = bind(descriptor, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
                     getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(descriptor);
  if (!bound) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

}  // namespace gatehouse::support
