// scripts/gatehouse: administration, on the instance that the settings name.
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "base/error.h"
#include "base/log.h"
#include "cmd/admin/commands.h"

namespace gatehouse::admin {

namespace {

Environment read_env() {
  const char* file = std::getenv("GATEHOUSE_ENV_FILE");
  return read_env_file(file != nullptr && *file != '\0' ? file : ".env");
}

std::string unknown_names(const Environment& values) {
  std::string faults;
  for (const auto& [name, value] : values) {
    const bool known = std::any_of(settings().begin(), settings().end(),
                                   [&name = name](const Setting& setting) { return setting.name == name; });
    if (!known) faults += name + ": is no setting's name\n";
  }
  return faults;
}

}  // namespace

Config Source::load() const {
  std::string faults = settings_file.empty() ? unknown_names(read_env()) : "";
  try {
    Config config = load_config(given());
    if (faults.empty()) return config;
  } catch (const ConfigError& error) {
    faults += error.what();
  }
  throw ConfigError(faults);
}

Environment Source::given() const {
  if (!settings_file.empty()) {
    Environment values = read_env_file(settings_file);
    for (auto& [name, value] : read_env_file(settings_file + ".owner")) values[name] = value;
    return values;
  }
  Environment values = read_env();
  for (auto& [name, value] : process_environment()) values[name] = value;
  return values;
}

flows::Actor cli_actor() {
  const passwd* user = getpwuid(getuid());
  return {"cli:" + (user != nullptr ? std::string(user->pw_name) : std::to_string(getuid())), "", ""};
}

}  // namespace gatehouse::admin

namespace {

// CLI11 says "A subcommand is required", also to who has misspelled one.
int refuse(const CLI::App& program, const CLI::ParseError& error) {
  const auto unknown = program.remaining(true);
  if (error.get_exit_code() != static_cast<int>(CLI::ExitCodes::RequiredError) || unknown.empty())
    return program.exit(error);
  std::cerr << "gatehouse: there is no command \"" << unknown.front()
            << "\"\nRun with --help for more information.\n";
  return error.get_exit_code();
}

}  // namespace

// What is thrown while the arguments are being described ends the program, as it should.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) {
  using namespace gatehouse;
  CLI::App program("Gatehouse administration", "gatehouse");
  program.require_subcommand(1);
  program.set_version_flag("--version", GATEHOUSE_VERSION);
  admin::Source source;
  program.add_option("--settings", source.settings_file, "the effective settings of a running instance");
  admin::add_config(program, source);
  admin::add_service(program, source);
  admin::add_tenant(program, source);
  admin::add_user(program, source);
  admin::add_devtoken(program, source);
  admin::add_keys(program, source);
  admin::add_pairs(program, source);
  admin::add_cleanup(program, source);
  admin::add_jwt(program, source);
  admin::add_vault(program, source);
  try {
    program.parse(argc, argv);
    return 0;
  } catch (const CLI::ParseError& error) {
    return refuse(program, error);
  } catch (const ConfigError& error) {
    std::cerr << "gatehouse: these settings are wrong:\n" << error.what();
  } catch (const Error& error) {
    std::cerr << "gatehouse: " << error.what() << (error.message().empty() ? "" : ": ") << error.message()
              << '\n';
  } catch (const std::exception& error) {
    std::cerr << "gatehouse: " << error.what() << '\n';
  }
  return 1;
}
