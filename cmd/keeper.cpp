// The background process: refreshes third-party tokens before they end, erases what has served its time, in
// small batches, makes log partitions ahead, and sends what the outbox holds.
#include <CLI/CLI.hpp>
#include <csignal>

#include "base/crash.h"
#include "base/error.h"
#include "base/log.h"
#include "cmd/process.h"
#include "crypto/seal.h"
#include "flows/housekeeping.h"
#include "flows/outbox.h"
#include "flows/vault_keeper.h"
#include "outbound/curl_https.h"

namespace {

using namespace gatehouse;
using std::chrono::milliseconds;

constexpr milliseconds kTick{200};
constexpr milliseconds kAfterFailure{1000};
// A call to a provider takes no longer: only a killed process leaves one without its end.
constexpr milliseconds kPatienceAtTheEnd{65'000};
constexpr Seconds kHousekeepingEvery{1};

// Waits for a signal to stop, for so long at most.
bool told_to_stop(const sigset_t& signals, milliseconds patience) {
  const timespec time{patience.count() / 1000, patience.count() % 1000 * 1'000'000};
  return sigtimedwait(&signals, nullptr, &time) > 0;
}

// Whether it could be done: what hinders one part of the work does not hinder the others.
template <typename Work>
bool done(std::string_view name, const Work& work) {
  try {
    work();
    return true;
  } catch (const Error& error) {
    log::error(name, json::Object().add("why", error.what()));
    return false;
  }
}

int run(const std::string& settings, const sigset_t& signals) {
  const Config config = cmd::load_settings_file(settings);
  const SystemClock clock;
  db::Connection db = cmd::connect_as_worker(config, "gatehouse keeper");
  const crypto::SealKeys seal = crypto::SealKeys::parse(config.vault_keys.reveal());
  cmd::require_vault_keys(db, seal);
  const cmd::PidFile pid_file(config.run_dir, "keeper");
  flows::Housekeeping housekeeping(cmd::retention(config));
  const outbound::Providers providers(config);
  // Two, so that neither is handed the other's answers.
  outbound::CurlHttps to_providers(config.upstream_ca_file);
  outbound::CurlHttps to_receivers(config.upstream_ca_file);
  const flows::Vault vault{db, to_providers, providers, seal, clock, !config.vault_webhook_url.empty()};
  flows::VaultKeeper keeper;
  flows::Outbox outbox(to_receivers, seal, cmd::endpoints(config, clock));
  Time kept_at{};
  milliseconds pause{0};
  while (!told_to_stop(signals, pause)) {
    const Time now = clock.now();
    bool well = true;
    std::size_t ended = 0;
    if (now - kept_at >= kHousekeepingEvery || now < kept_at) {
      well = done("housekeeping", [&] { housekeeping.round(db, now); });
      kept_at = now;
    }
    well &= done("vault", [&] { ended = keeper.round(vault, kTick); });
    well &= done("outbox", [&] { outbox.round(db, now, kTick); });
    const bool is_busy = ended > 0 || keeper.under_way() > 0 || outbox.is_busy();
    pause = !well ? kAfterFailure : is_busy ? milliseconds(0) : kTick;
  }
  done("vault", [&] { keeper.drain(vault, kPatienceAtTheEnd); });
  done("outbox", [&] { outbox.drain(db, clock, kPatienceAtTheEnd); });
  return 0;
}

}  // namespace

// What is thrown while the arguments are being described ends the program, as it should.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) {
  CLI::App arguments("Gatehouse background process; started by scripts/up");
  std::string settings;
  arguments.add_option("--settings", settings, "the file that scripts/up wrote")->required();
  CLI11_PARSE(arguments, argc, argv);
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) sigaddset(&signals, signal);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  gatehouse::report_crashes();
  gatehouse::log::start("keeper", "");
  try {
    return run(settings, signals);
  } catch (const std::exception& error) {
    return gatehouse::cmd::fail_to_start(error.what());
  }
}
