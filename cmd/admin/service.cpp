// gatehouse service: the life of service clients, from the server's own command line.
#include <iostream>
#include <memory>

#include "base/error.h"
#include "base/json.h"
#include "cmd/admin/commands.h"
#include "cmd/process.h"
#include "db/services.h"
#include "flows/scopes.h"

namespace gatehouse::admin {

namespace {

struct Options {
  std::string name;
  std::string description;
  std::string id;
  std::string scope;
  std::string overlap = "24h";
  bool now = false;
  bool json = false;
};

ServiceId id_of(const Options& options) {
  const auto id = ServiceId::parse(options.id);
  if (!id) throw Error(Errc::not_found, "Client not found");
  return *id;
}

Time now() { return SystemClock().now(); }

void create(const Source& source, const Options& options) {
  const Config config = source.load();
  auto db = cmd::connect_as_owner(config);
  const auto made = flows::register_service(db, cli_actor(), options.name, options.description, now());
  if (options.json) {
    std::cout
        << json::Object().add("client_id", made.id.str()).add("client_secret", made.secret.reveal()).str()
        << '\n';
    return;
  }
  std::cout << "client_id      " << made.id.str() << "\nclient_secret  " << made.secret.reveal()
            << "\nThe secret is shown this once.\n";
}

void list(const Source& source, const Options& options) {
  const Config config = source.load();
  auto db = cmd::connect_as_owner(config);
  constexpr int kPage = 500;
  std::string after;
  for (;;) {
    const auto rows = db::services::list(db, after, kPage);
    for (const auto& row : rows) {
      const auto& scopes = row.scopes;
      if (options.json) {
        json::Object line;
        line.add("client_id", row.id.str()).add("service_name", row.name).add("scopes", scopes);
        line.add("created_at", to_rfc3339(row.created_at)).add("disabled", row.disabled_at.has_value());
        std::cout << line.str() << '\n';
      } else {
        std::cout << row.id.str() << "  " << to_rfc3339(row.created_at) << "  "
                  << (row.disabled_at ? "disabled" : "active  ") << "  " << row.name << "  ["
                  << flows::join_scope(scopes) << "]\n";
      }
    }
    if (rows.size() < kPage) return;
    after = rows.back().id.str();
  }
}

void grant(const Source& source, const Options& options) {
  const Config config = source.load();
  auto db = cmd::connect_as_owner(config);
  const bool changed = flows::grant_scope(db, cli_actor(), id_of(options), options.scope, now());
  std::cout << (changed ? "Scope granted.\n" : "It had this scope already.\n");
}

void revoke(const Source& source, const Options& options) {
  const Config config = source.load();
  auto db = cmd::connect_as_owner(config);
  const bool changed = flows::revoke_scope(db, cli_actor(), id_of(options), options.scope, now());
  std::cout << (changed ? "Scope revoked; tokens issued before have ended.\n"
                        : "It did not have this scope.\n");
}

void rotate(const Source& source, const Options& options) {
  const auto overlap = parse_duration(options.overlap);
  if (!overlap) throw Error(Errc::invalid_request, "--overlap must be a duration such as 24h");
  const Config config = source.load();
  auto db = cmd::connect_as_owner(config);
  const auto secret = flows::rotate_secret(db, cli_actor(), id_of(options),
                                           options.now ? std::nullopt : std::optional(*overlap), now());
  if (options.json) {
    std::cout << json::Object().add("client_id", options.id).add("client_secret", secret.reveal()).str()
              << '\n';
    return;
  }
  std::cout << "client_secret  " << secret.reveal() << "\nThe secret is shown this once. The old one "
            << (options.now ? "has ended.\n" : "works until " + to_rfc3339(now() + *overlap) + ".\n");
}

void disable(const Source& source, const Options& options) {
  const Config config = source.load();
  auto db = cmd::connect_as_owner(config);
  const bool changed = flows::disable_service(db, cli_actor(), id_of(options), now());
  std::cout << (changed ? "Disabled; its tokens, and those it generated for users, have ended.\n"
                        : "It was disabled already.\n");
}

}  // namespace

void add_service(CLI::App& program, const Source& source) {
  auto options = std::make_shared<Options>();
  auto* service =
      program.add_subcommand("service", "Service clients: machine-to-machine")->require_subcommand(1);
  const auto command = [&](const char* name, const char* help, void (*run)(const Source&, const Options&)) {
    auto* added = service->add_subcommand(name, help);
    added->callback([&source, options, run] { run(source, *options); });
    return added;
  };
  const auto with_id = [&](CLI::App* added) {
    added->add_option("client_id", options->id, "svc_…")->required();
    return added;
  };
  auto* created = command("create", "Make one; shows its secret, once", create);
  created->add_option("name", options->name)->required();
  created->add_option("--description", options->description);
  created->add_flag("--json", options->json);
  command("list", "All of them", list)->add_flag("--json", options->json);
  with_id(command("grant-scope", "Allow it something", grant))
      ->add_option("scope", options->scope)
      ->required();
  with_id(command("revoke-scope", "Take that back; its tokens end", revoke))
      ->add_option("scope", options->scope)
      ->required();
  auto* rotated =
      with_id(command("rotate-secret", "A new secret; the old one ends after the overlap", rotate));
  auto* overlap = rotated->add_option("--overlap", options->overlap, "from 5m to 90d")->capture_default_str();
  rotated
      ->add_flag("--now", options->now, "no overlap: the old secret and the tokens got with it end at once")
      ->excludes(overlap);
  rotated->add_flag("--json", options->json);
  with_id(command("disable", "End it, its tokens, and those it generated", disable));
}

}  // namespace gatehouse::admin
