// The background process: erases what has served its time, in small batches, makes log partitions ahead, and
// sends what the outbox holds.
#include <csignal>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/log.h"
#include "cmd/process.h"
#include "crypto/seal.h"
#include "flows/housekeeping.h"
#include "flows/outbox.h"
#include "handlers/line.h"
#include "outbound/curl_https.h"

namespace {

using namespace gatehouse;

constexpr std::chrono::milliseconds kTick{200};
constexpr Seconds kHousekeepingEvery{1};

// Waits for a signal to stop, and for a tick at most; not at all while calls are under way, which wait by
// themselves.
bool told_to_stop(const sigset_t& signals, bool is_busy) {
  const timespec tick{0, is_busy ? 0 : std::chrono::nanoseconds(kTick).count()};
  return sigtimedwait(&signals, nullptr, &tick) > 0;
}

// Where the messages of the outbox go.
flows::Endpoints endpoints(const Config& config) {
  flows::Endpoints all;
  if (!config.line_channel_access_token.empty()) {
    all[handlers::line::kReplyKind] = [&config](const std::string& body) {
      outbound::Call call;
      call.url = config.line_api_url + "/v2/bot/message/reply";
      call.headers = {{"Authorization", "Bearer " + std::string(config.line_channel_access_token.reveal())},
                      {"Content-Type", "application/json"}};
      call.body = body;
      return call;
    };
  }
  return all;
}

int run(const std::string& settings, const sigset_t& signals) {
  const Config config = cmd::load_settings_file(settings);
  const cmd::PidFile pid_file(config.run_dir, "keeper");
  const SystemClock clock;
  db::Connection db = cmd::connect_as_worker(config, "gatehouse keeper");
  flows::Housekeeping housekeeping(cmd::retention(config));
  const crypto::SealKeys seal = crypto::SealKeys::parse(config.vault_keys.reveal());
  outbound::CurlHttps https(config.upstream_ca_file);
  flows::Outbox outbox(https, seal, endpoints(config));
  Time kept_at{};
  bool failed = false;  // then the outbox waits for the next second, too
  while (!told_to_stop(signals, outbox.is_busy() && !failed)) {
    const Time now = clock.now();
    const bool keeps = now - kept_at >= kHousekeepingEvery || now < kept_at;
    try {
      if (keeps) housekeeping.round(db, now);
    } catch (const Error& error) {
      log::error("housekeeping", json::Object().add("why", error.what()));
    }
    if (keeps) kept_at = now;
    if (failed && !keeps) continue;
    try {
      outbox.round(db, now, kTick);
      failed = false;
    } catch (const Error& error) {
      failed = true;
      log::error("outbox", json::Object().add("why", error.what()));
    }
  }
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
  gatehouse::log::start("keeper", "");
  try {
    return run(settings, signals);
  } catch (const std::exception& error) {
    return gatehouse::cmd::fail_to_start(error.what());
  }
}
