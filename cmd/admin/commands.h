// The subcommands of scripts/gatehouse. Each file adds its own to the program.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "base/config.h"
#include "flows/services.h"

namespace gatehouse::admin {

// Where the settings come from: `--settings FILE`, else GATEHOUSE_ENV_FILE (or .env) and the environment over
// it.
struct Source {
  std::string settings_file;
  Environment given() const;
  // Throws ConfigError; also for a name in the .env that is no setting's. The environment may hold anything,
  // and the settings of an instance may be of a newer release.
  Config load() const;
};

// `cli:` and the system user, for the audit log.
flows::Actor cli_actor();

void add_config(CLI::App& program, const Source& source);
void add_service(CLI::App& program, const Source& source);
void add_tenant(CLI::App& program, const Source& source);
void add_user(CLI::App& program, const Source& source);
void add_devtoken(CLI::App& program, const Source& source);
void add_keys(CLI::App& program, const Source& source);
void add_pairs(CLI::App& program, const Source& source);
void add_cleanup(CLI::App& program, const Source& source);
void add_jwt(CLI::App& program, const Source& source);
void add_vault(CLI::App& program, const Source& source);

}  // namespace gatehouse::admin
