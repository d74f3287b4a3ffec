// gatehouse tenant: tenants and their keys, from the server's own command line.
#include <iostream>
#include <memory>

#include "base/error.h"
#include "base/json.h"
#include "cmd/admin/commands.h"
#include "cmd/process.h"
#include "db/tenants.h"
#include "flows/tenants.h"
#include "flows/user_tokens.h"

namespace gatehouse::admin {

namespace {

using db::tenants::KeyKind;

struct Options {
  std::string id;
  std::string kind;
  std::string overlap = "24h";
  bool yes = false;
  bool json = false;
};

Time now() { return SystemClock().now(); }

TenantId id_of(const Options& options) { return flows::tenant_named(options.id); }

std::optional<db::tenants::TenantWithKeys> find(db::Connection& db, const TenantId& id) {
  auto tx = db.begin();
  return db::tenants::find(tx, id);
}

void list(const Source& source, const Options& options) {
  const Config config = source.load();
  auto db = cmd::connect_as_owner(config);
  constexpr int kPage = 500;
  std::string after;
  for (;;) {
    const auto rows = db::tenants::list(db, after, kPage);
    for (const auto& row : rows) {
      if (options.json) {
        json::Object line;
        line.add("id", row.id.str()).add("name", row.name).add("created_at", to_rfc3339(row.created_at));
        std::cout << line.str() << '\n';
      } else {
        std::cout << row.id.str() << "  " << to_rfc3339(row.created_at) << "  " << row.name << '\n';
      }
    }
    if (rows.size() < kPage) return;
    after = rows.back().id.str();
  }
}

// The kinds to make: what --kind says, else the secret one, and the public one where there is none yet.
std::vector<KeyKind> kinds(db::Connection& db, const TenantId& id, const Options& options) {
  if (options.kind == "public") return {KeyKind::public_key};
  if (options.kind == "secret") return {KeyKind::secret_key};
  const auto tenant = find(db, id);
  if (tenant && !tenant->public_key) return {KeyKind::public_key, KeyKind::secret_key};
  return {KeyKind::secret_key};
}

void rotate_key(const Source& source, const Options& options) {
  const auto overlap = parse_duration(options.overlap);
  if (!overlap || *overlap > flows::kLongestOverlap) {
    throw Error(Errc::invalid_request, "--overlap must be a duration of at most 90d, such as 24h");
  }
  const TenantId id = id_of(options);
  const Config config = source.load();
  auto db = cmd::connect_as_owner(config);
  json::Object line;
  line.add("id", id.str());
  for (const auto kind : kinds(db, id, options)) {
    const auto key = flows::rotate_tenant_key(db, cli_actor(), id, kind, *overlap, now());
    const char* name = kind == KeyKind::public_key ? "public_key" : "secret_key";
    line.add(name, key.reveal());
    if (!options.json) std::cout << name << "  " << key.reveal() << '\n';
  }
  if (options.json) {
    std::cout << line.str() << '\n';
  } else {
    std::cout << "The secret key is shown this once. A key that this one replaces works until "
              << to_rfc3339(now() + *overlap) << ".\n";
  }
}

// One whose deletion was begun before and not finished has no name any more.
bool is_confirmed(db::Connection& db, const TenantId& id) {
  const auto tenant = find(db, id);
  std::cout << "This deletes " << id.str() << (tenant ? " (" + tenant->name + ")" : std::string())
            << " with all its users and keys. Type its id to go on: " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == id.str();
}

void remove(const Source& source, const Options& options) {
  const TenantId id = id_of(options);
  const Config config = source.load();
  auto db = cmd::connect_as_owner(config);
  if (!options.yes && !is_confirmed(db, id)) throw Error(Errc::invalid_request, "Nothing was deleted");
  const bool ended =
      flows::delete_tenant(db, cli_actor(), id, flows::longest_user_token(cmd::token_times(config)), now());
  std::cout << (ended ? "Deleted, with its keys and users; their tokens have ended.\n"
                      : "It had been deleted before; what was left of it is gone now.\n");
}

}  // namespace

void add_tenant(CLI::App& program, const Source& source) {
  auto options = std::make_shared<Options>();
  auto* tenant = program.add_subcommand("tenant", "Tenants and their API keys")->require_subcommand(1);
  const auto command = [&](const char* name, const char* help, void (*run)(const Source&, const Options&)) {
    auto* added = tenant->add_subcommand(name, help);
    added->callback([&source, options, run] { run(source, *options); });
    return added;
  };
  command("list", "All of them", list)->add_flag("--json", options->json);
  auto* rotated = command("rotate-key", "A new key; the old one ends after the overlap", rotate_key);
  rotated->add_option("tenant_id", options->id, "tnt_…")->required();
  rotated->add_option("--kind", options->kind, "unset: secret, and public where there is none yet")
      ->check(CLI::IsMember({"public", "secret"}));
  rotated->add_option("--overlap", options->overlap, "0s: the old one ends at once")->capture_default_str();
  rotated->add_flag("--json", options->json);
  auto* removed = command("delete", "Delete it with all that is its own; asks, unless --yes", remove);
  removed->add_option("tenant_id", options->id, "tnt_…")->required();
  removed->add_flag("--yes", options->yes);
}

}  // namespace gatehouse::admin
