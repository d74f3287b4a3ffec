// gatehouse keys: the published signing keys, through their three phases.
#include <iostream>
#include <memory>

#include "base/error.h"
#include "cmd/admin/commands.h"
#include "cmd/process.h"
#include "crypto/seal.h"
#include "flows/seal_keys.h"
#include "flows/signing_keys.h"

namespace gatehouse::admin {

namespace {

struct Options {
  std::string announce = "24h";
  std::string kid;
};

Time now() { return SystemClock().now(); }

crypto::SealKeys seal_of(const Config& config) { return crypto::SealKeys::parse(config.vault_keys.reveal()); }

void list(const Source& source, const Options&) {
  const Config config = source.load();
  auto db = cmd::connect_as_owner(config);
  for (const auto& key : flows::list_signing_keys(db, now())) {
    std::cout << key.kid << "  " << key.alg << "  " << flows::name_of(key.phase) << "  signs from "
              << to_rfc3339(key.signs_from)
              << (key.verify_until ? "  checks until " + to_rfc3339(*key.verify_until) : std::string())
              << '\n';
  }
}

void rotate(const Source& source, const Options& options) {
  const Config config = source.load();
  const auto alg = crypto::alg_named(config.token_signing_alg);
  if (config.token_signing_alg == "HS256" || !alg) {
    throw Error(Errc::invalid_request,
                "TOKEN_SIGNING_ALG is HS256: its key is JWT_SECRET. To change that, move it to "
                "JWT_SECRET_PREVIOUS, set a "
                "new JWT_SECRET, and run scripts/up --rolling");
  }
  const auto announce = parse_duration(options.announce);
  if (!announce) throw Error(Errc::invalid_request, "--announce must be a duration such as 24h");
  auto db = cmd::connect_as_owner(config);
  const auto kid = flows::rotate_signing_key(db, seal_of(config), cli_actor(), *alg, *announce, now());
  std::cout << kid << " is in the JWKS now and signs from " << to_rfc3339(now() + *announce) << '\n';
}

void withdraw(const Source& source, const Options& options) {
  const Config config = source.load();
  auto db = cmd::connect_as_owner(config);
  if (!flows::withdraw_signing_key(db, seal_of(config), cli_actor(), options.kid, now()))
    throw Error(Errc::not_found, "There is no such key; gatehouse keys list shows them");
  std::cout << "Withdrawn. Within five seconds no worker takes what it signed.\n";
}

// For scripts/up: the first key of an algorithm, and proof that VAULT_KEYS opens the keys that are there.
void ensure(const Source& source, const Options&) {
  const Config config = source.load();
  const auto seal = seal_of(config);
  auto db = cmd::connect_as_owner(config);
  // First: what is sealed with the wrong VAULT_KEYS would be of use to nobody.
  if (const auto fault = flows::fault_of_seal_keys(db, seal, true))
    throw Error(Errc::internal, "VAULT_KEYS: " + *fault);
  flows::remember_seal_keys(db, seal, now());
  flows::load_signing_keys(db, seal, now());
  const auto alg = crypto::alg_named(config.token_signing_alg);
  if (alg && *alg != crypto::Alg::hs256) {
    const auto made = flows::ensure_signing_key(db, seal, cli_actor(), *alg, now());
    if (made) std::cout << "made the signing key " << *made << '\n';
  }
}

}  // namespace

void add_keys(CLI::App& program, const Source& source) {
  auto options = std::make_shared<Options>();
  auto* keys = program.add_subcommand("keys", "Published signing keys")->require_subcommand(1);
  const auto command = [&](const char* name, const char* help, void (*run)(const Source&, const Options&)) {
    auto* added = keys->add_subcommand(name, help);
    added->callback([&source, options, run] { run(source, *options); });
    return added;
  };
  command("list", "Each with its phase: announced, signing, retired", list);
  command("rotate", "Announce a new key, which signs after --announce", rotate)
      ->add_option("--announce", options->announce, "how long it stands in the JWKS before it signs")
      ->capture_default_str();
  command("withdraw", "After a leak: what this key signed is refused, within five seconds", withdraw)
      ->add_option("kid", options->kid, "as keys list shows it")
      ->required();
  command("ensure", "Make the first key where TOKEN_SIGNING_ALG needs one", ensure);
}

}  // namespace gatehouse::admin
