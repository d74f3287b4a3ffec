// gatehouse vault: third-party tokens, from the server's own command line.
#include <iomanip>
#include <iostream>
#include <memory>

#include "base/error.h"
#include "cmd/admin/commands.h"
#include "cmd/process.h"
#include "db/vault_log.h"
#include "flows/seal_keys.h"
#include "flows/vault_refresh.h"
#include "outbound/curl_https.h"

namespace gatehouse::admin {

namespace {

struct Options {
  std::string user_id;
  bool list = false;
  std::string revoke;
};

// What the vault's flows need, built for one command.
struct Tools {
  explicit Tools(const Source& source)
      : config(source.load()),
        db(cmd::connect_as_owner(config)),
        seal(crypto::SealKeys::parse(config.vault_keys.reveal())),
        https(config.upstream_ca_file),
        providers(config) {}
  flows::Vault vault() { return {db, https, providers, seal, clock, !config.vault_webhook_url.empty()}; }

  Config config;
  SystemClock clock;
  db::Connection db;
  crypto::SealKeys seal;
  outbound::CurlHttps https;
  outbound::Providers providers;
};

void handle(const Source& source, const Options& options) {
  Tools tools(source);
  if (!options.revoke.empty()) {
    if (!flows::revoke_handle(tools.vault(), cli_actor(), options.user_id, options.revoke))
      throw Error(Errc::not_found, "There is no such handle of that user");
    std::cout << "Revoked.\n";
  } else if (options.list) {
    for (const auto& row : db::vault::list_handles(tools.db, options.user_id)) {
      std::cout << row.handle_id << "  " << to_rfc3339(row.created_at) << "  " << row.created_by << '\n';
    }
  } else {
    const auto made = flows::make_handle(tools.vault(), cli_actor(), options.user_id);
    std::cout << "id      " << made.id << "\nhandle  " << made.handle.reveal()
              << "\nThe handle is shown this once.\n";
  }
}

void refresh(const Source& source, const Options& options) {
  Tools tools(source);
  auto outcome = flows::ensure_fresh(tools.vault(), cli_actor(), options.user_id, flows::Wish::always);
  // An attempt writes its own line; what somebody else's refresh has brought is not read without one either.
  if (!outcome.asked) {
    const auto actor = cli_actor();
    const db::vault_log::Entry entry{
        options.user_id, tools.clock.now(),    "refresh",       flows::outcome_of(outcome.freshness),
        actor.name,      actor.client_address, actor.request_id};
    db::vault_log::insert(tools.db, {&entry, 1});
  }
  if (outcome.under_way) {
    std::cout << "The provider takes its time; waiting for it.\n";
    outcome.under_way->finish(tools.vault());
    outcome = flows::ensure_fresh(tools.vault(), cli_actor(), options.user_id, flows::Wish::when_dying);
  }
  switch (outcome.freshness) {
    case flows::Freshness::good:
      std::cout << "Refreshed; expires at " << to_rfc3339(outcome.record.expires_at) << '\n';
      return;
    case flows::Freshness::needs_login:
      throw Error(Errc::conflict, "It needs a new login: save new tokens");
    case flows::Freshness::misconfigured:
      throw Error(Errc::bad_gateway, "The provider refused; look at its settings and at the log");
    default:
      throw Error(Errc::unavailable, "The provider cannot be asked now; the keeper tries again");
  }
}

void list(const Source& source, const Options&) {
  Tools tools(source);
  constexpr int kPage = 500;
  std::string after;
  for (;;) {
    const auto rows = db::vault::list(tools.db, after, kPage);
    for (const auto& row : rows) {
      std::cout << row.user_id << "  " << row.provider << "  " << row.state << "  expires "
                << to_rfc3339(row.expires_at)
                << (row.refresh_at ? "  next look " + to_rfc3339(*row.refresh_at) : std::string()) << '\n';
    }
    if (rows.size() < kPage) return;
    after = rows.back().user_id;
  }
}

void show(const Source& source, const Options& options) {
  Tools tools(source);
  const auto record = db::vault::find(tools.db, options.user_id);
  if (!record) throw Error(Errc::not_found, "User not found");
  const auto line = [](const char* name, const std::string& value) {
    std::cout << std::left << std::setw(15) << name << value << '\n';
  };
  const auto time = [](const std::optional<Time>& at) { return at ? to_rfc3339(*at) : std::string("-"); };
  line("provider", record->provider);
  line("state", record->state);
  line("expires", to_rfc3339(record->expires_at));
  line("refreshed", time(record->refreshed_at));
  line("failures", std::to_string(record->failures) + ", the last at " + time(record->failed_at));
  line("next look", time(record->refresh_at));
  line("refresh token", record->refresh_sealed ? "yes" : "no");
  line("handles", std::to_string(db::vault::list_handles(tools.db, options.user_id).size()));
}

void reseal(const Source& source, const Options&) {
  Tools tools(source);
  const auto moved = flows::reseal(tools.db, tools.seal);
  std::cout << "sealed anew: " << moved.count << '\n';
  if (moved.unreadable > 0)
    std::cout << "not readable with VAULT_KEYS, left as they are: " << moved.unreadable << '\n';
  for (const auto& use : flows::uses_of_seal_keys(tools.db)) {
    std::cout << use.table << "." << use.column << "  " << use.key_id << "  " << use.count << '\n';
  }
}

}  // namespace

void add_vault(CLI::App& program, const Source& source) {
  auto options = std::make_shared<Options>();
  auto* vault = program.add_subcommand("vault", "Third-party tokens")->require_subcommand(1);
  const auto command = [&](const char* name, const char* help, void (*run)(const Source&, const Options&)) {
    auto* added = vault->add_subcommand(name, help);
    added->callback([&source, options, run] { run(source, *options); });
    return added;
  };
  auto* handles = command("handle", "A handle that stands for a user's refresh token; shown once", handle);
  handles->add_option("user_id", options->user_id)->required();
  handles->add_flag("--list", options->list, "those that there are");
  handles->add_option("--revoke", options->revoke, "the id of one to end");
  command("refresh", "Ask the provider for new tokens now", refresh)
      ->add_option("user_id", options->user_id)
      ->required();
  command("show", "One record, without its tokens", show)
      ->add_option("user_id", options->user_id)
      ->required();
  command("list", "All records, without their tokens", list);
  command("reseal", "Seal everything under the first of VAULT_KEYS; says what still uses which key", reseal);
}

}  // namespace gatehouse::admin
