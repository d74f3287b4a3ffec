// The FastCGI worker: one process, one request at a time, one connection to PostgreSQL. Its listening socket
// is descriptor 0.
#include <CLI/CLI.hpp>

#include "base/crash.h"
#include "base/log.h"
#include "cmd/process.h"
#include "cmd/steps.h"
#include "crypto/seal.h"
#include "fcgi/router.h"
#include "fcgi/worker.h"
#include "handlers/access_log.h"
#include "handlers/authenticate.h"
#include "handlers/render.h"
#include "handlers/routes.h"
#include "outbound/curl_https.h"

namespace {

using namespace gatehouse;

// How long an orderly stop waits for PostgreSQL to take the last rows of the access log, and the last uses of
// developer tokens.
constexpr std::chrono::seconds kPatienceAtTheEnd{5};

bool answers_by_turns(const std::string& pool) { return pool == "check" || pool == "read"; }
// Whose requests come by the thousand.
bool is_quick(const std::string& pool) { return answers_by_turns(pool) || pool == "fast"; }

int run(const std::string& pool, const std::string& settings) {
  const Config config = cmd::load_settings_file(settings);
  const SystemClock clock;
  db::Connection db = cmd::connect_as_worker(config, "gatehouse " + pool);
  flows::Revocations revocations(config.run_dir, config.revocation_stale_max);
  flows::Credentials credentials(revocations);
  db.on_revocation([&revocations] { revocations.await(); });
  flows::TokenKeys keys = cmd::make_token_keys(config);
  const crypto::SealKeys seal = crypto::SealKeys::parse(config.vault_keys.reveal());
  cmd::require_vault_keys(db, seal);
  const flows::Passwords passwords = cmd::make_passwords(config);
  flows::AccessLog access_log;
  outbound::CurlHttps https(config.upstream_ca_file);
  const flows::Coze coze = cmd::make_coze(config);
  flows::TokenUses token_uses;
  const outbound::Providers providers(config);
  flows::VaultUsage vault_usage;
  flows::Replays replays;
  const outbound::Share share(config.run_dir, config.outbound_workers / 2);
  handlers::Services services{config,
                              db,
                              revocations,
                              credentials,
                              keys,
                              seal,
                              clock,
                              cmd::token_times(config),
                              passwords,
                              access_log,
                              https,
                              token_uses,
                              coze,
                              providers,
                              vault_usage,
                              replays,
                              pool == "outbound",
                              &share,
                              cmd::after_steps()};
  const fcgi::App<handlers::Services> app{handlers::routes(), services, handlers::authenticate,
                                          handlers::render_error, handlers::observe};
  if (is_quick(pool)) log::keep_request_lines();
  const fcgi::Limits limits{.large_path = "/line/webhook", .large_body = std::size_t{1024} * 1024};
  const cmd::PidFile pid_file(config.run_dir, "worker-" + pool);  // it is ready
  const auto serve = answers_by_turns(pool) ? fcgi::serve_by_turns : fcgi::serve;
  const int result = serve([&](fcgi::Request request) { return fcgi::dispatch(app, std::move(request)); },
                           [&] {
                             log::flush();
                             revocations.let_go();
                             access_log.flush(db, std::chrono::steady_clock::now());
                             token_uses.flush(db, std::chrono::steady_clock::now());
                             vault_usage.flush(db, std::chrono::steady_clock::now());
                             if (is_quick(pool))
                               handlers::renew_key_list(services, std::chrono::steady_clock::now());
                           },
                           limits);
  log::flush();
  access_log.finish(db, kPatienceAtTheEnd);
  token_uses.finish(db, kPatienceAtTheEnd);
  vault_usage.finish(db, kPatienceAtTheEnd);
  return result;
}

}  // namespace

// What is thrown while the arguments are being described ends the program, as it should.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) {
  CLI::App arguments("Gatehouse FastCGI worker; started by scripts/up");
  std::string pool;
  std::string settings;
  arguments.add_option("--pool", pool, "check, read, fast, hash or outbound")
      ->required()
      ->check(CLI::IsMember({"check", "read", "fast", "hash", "outbound"}));
  arguments.add_option("--settings", settings, "the file that scripts/up wrote")->required();
  CLI11_PARSE(arguments, argc, argv);
  gatehouse::report_crashes();
  gatehouse::log::start("worker", pool);
  try {
    return run(pool, settings);
  } catch (const std::exception& error) {
    return gatehouse::cmd::fail_to_start(error.what());
  }
}
