// gatehouse config: shows the settings, checks them, writes the effective ones for the processes.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <memory>
#include <stdexcept>

#include "cmd/admin/commands.h"
#include "cmd/process.h"

namespace gatehouse::admin {

namespace {

struct Options {
  std::string write_to;
  std::vector<std::string> print;
  std::string role;
  bool check = false;
};

// What only reading the files that are named can tell.
void check(const Config& config) {
  cmd::make_coze(config);
  cmd::make_passwords(config);
}

void show(const Config& config) {
  for (const auto& setting : settings()) {
    const std::string& value = config.effective.at(std::string(setting.name));
    const bool hide = setting.show == Setting::Show::secret && !value.empty();
    std::cout << setting.name << '=' << (hide ? "***" : value) << '\n';
  }
}

// Beside the file and then in its place, so that no process reads half of it; nobody else may read it at all.
void write_file(const std::string& path, const std::string& text) {
  const std::string fresh = path + ".new";
  ::unlink(fresh.c_str());
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const bool written = file >= 0 &&
                       ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fsync(file) == 0;
  if (file >= 0) ::close(file);
  if (!written || std::rename(fresh.c_str(), path.c_str()) != 0)
    throw std::runtime_error("cannot write " + path);
}

// Two files: the workers read the first; the second has what only administration may know.
void write_files(const std::string& path, Environment values) {
  const Environment owner{{"DB_PASSWORD", values["DB_PASSWORD"]}};
  values.erase("DB_PASSWORD");
  write_file(path + ".owner", to_env(owner));
  write_file(path, to_env(values));
}

std::string shell_quoted(const std::string& value) {
  std::string quoted = "'";
  for (const char c : value) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

void print(const Config& config, const std::vector<std::string>& names) {
  for (const auto& name : names) {
    const auto value = config.effective.find(name);
    if (value == config.effective.end()) throw std::runtime_error("no setting is called " + name);
    std::cout << name << '=' << shell_quoted(value->second) << '\n';
  }
}

}  // namespace

void add_config(CLI::App& program, const Source& source) {
  auto options = std::make_shared<Options>();
  auto* config = program.add_subcommand("config", "Show the settings, secrets as ***");
  config->add_option("--write", options->write_to,
                     "write the effective settings there, mode 0600, and DB_PASSWORD beside");
  config->add_option("--print", options->print, "print these for a shell to eval");
  config
      ->add_flag("--check", options->check, "say nothing where all is well: for scripts, as who will run it")
      ->group("");
  config->callback([&source, options] {
    // Of the two files a worker has the first.
    if (options->check) return check(load_config(read_env_file(source.settings_file)));
    const Config loaded = source.load();
    if (!options->write_to.empty()) check(loaded);
    if (!options->write_to.empty()) write_files(options->write_to, loaded.effective);
    if (!options->print.empty()) print(loaded, options->print);
    if (options->write_to.empty() && options->print.empty()) show(loaded);
  });

  auto* password =
      program.add_subcommand("db-password", "Print the password of a PostgreSQL role, for scripts");
  password->add_option("role", options->role, "owner or worker")
      ->required()
      ->check(CLI::IsMember({"owner", "worker"}));
  password->group("");
  password->callback([&source, options] {
    const Config loaded = source.load();
    const Secret secret = options->role == "owner" ? loaded.db_password : cmd::worker_password(loaded);
    std::cout << secret.reveal() << '\n';
  });
}

}  // namespace gatehouse::admin
