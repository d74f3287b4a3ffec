// gatehouse devtoken: developer tokens, from the server's own command line.
#include <algorithm>
#include <iostream>
#include <memory>

#include "base/error.h"
#include "base/json.h"
#include "cmd/admin/commands.h"
#include "cmd/admin/devtoken_file.h"
#include "cmd/admin/files.h"
#include "cmd/process.h"
#include "flows/dev_tokens.h"
#include "flows/tenants.h"
#include "handlers/devtokens.h"

namespace gatehouse::admin {

namespace {

using db::dev_tokens::TokenRow;

struct Options {
  std::string id;
  std::vector<std::string> note;
  std::string tenant;
  std::string expires;
  std::string file;
  std::string timezone;
  bool local = false;
  bool reveal = false;
  bool json = false;
};

Time now() { return SystemClock().now(); }

TenantId tenant_of(const Options& options) {
  return options.tenant.empty() ? default_tenant() : flows::tenant_named(options.tenant);
}

// Where a command seals or opens: the settings hold its keys.
struct Vault {
  explicit Vault(const Config& config)
      : keys(crypto::SealKeys::parse(config.vault_keys.reveal())), reveal{keys, config.devtoken_reveal} {}
  const crypto::SealKeys keys;
  const flows::Reveal reveal;
};

std::string shown(const std::optional<Time>& time, const Options& options) {
  if (!time) return "-";
  return options.local || !options.timezone.empty() ? to_local(*time) : to_rfc3339(*time);
}

json::Object described(const TokenRow& token) { return handlers::devtokens::described(token, now()); }

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

void create(const Source& source, const Options& options) {
  flows::DevTokenRequest request{tenant_of(options), joined(options.note), std::nullopt};
  if (!options.expires.empty()) {
    request.lives = parse_duration(options.expires);
    if (!request.lives || *request.lives == Seconds(0) || *request.lives > flows::kLongestDevToken)
      throw Error(Errc::invalid_request, "--expires must be a duration from 1s to 36500d, such as 90d");
  }
  const Config config = source.load();
  const Vault vault(config);
  auto db = cmd::connect_as_owner(config);
  const auto made = flows::create_dev_token(db, vault.reveal, cli_actor(), request, now());
  if (options.json) {
    std::cout << described(made.row).add("token", made.token.reveal()).str() << '\n';
    return;
  }
  std::cout << "token_id  " << made.row.id.str() << "\nnote      " << made.row.note << "\ntenant    "
            << made.row.tenant.str() << "\nexpires   " << shown(made.row.expires_at, options)
            << "\ntoken     " << made.token.reveal() << "\nKeep it safe: it is shown this once.\n";
}

// Characters, not bytes: a note may be in Japanese. Wide ones take two columns, which is near enough.
std::size_t columns(const std::string& text) {
  std::size_t count = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) != 0x80U) count += byte >= 0xE3U ? 2 : 1;
  }
  return count;
}

using Line = std::vector<std::string>;

void print_table(const std::vector<Line>& lines) {
  std::vector<std::size_t> widths(lines.front().size());
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], columns(line[i]));
  }
  for (const auto& line : lines) {
    std::string text;
    for (std::size_t i = 0; i < line.size(); ++i) {
      text += line[i];
      if (i + 1 < line.size()) text += std::string(widths[i] - columns(line[i]) + 2, ' ');
    }
    std::cout << text << '\n';
  }
}

std::vector<TokenRow> all_tokens(db::Connection& db, const std::optional<TenantId>& tenant) {
  constexpr int kPage = 1000;
  std::vector<TokenRow> tokens;
  db::dev_tokens::Position after;
  for (;;) {
    const auto page = db::dev_tokens::list(db, tenant, after, kPage);
    tokens.insert(tokens.end(), page.begin(), page.end());
    if (page.size() < kPage) return tokens;
    after = {page.back().created_at, page.back().id.str()};
  }
}

void list(const Source& source, const Options& options) {
  use_time_zone(options.timezone);
  const Config config = source.load();
  auto db = cmd::connect_as_owner(config);
  const auto tokens =
      all_tokens(db, options.tenant.empty() ? std::nullopt : std::optional(tenant_of(options)));
  std::vector<Line> lines{
      {"TOKEN ID", "STATUS", "CREATED", "LAST USED", "EXPIRES", "CREATED BY", "TENANT", "NOTE"}};
  for (const auto& token : tokens) {
    if (options.json) std::cout << described(token).str() << '\n';
    lines.push_back({token.id.str(), std::string(flows::name_of(flows::state_of(token, now()))),
                     shown(token.created_at, options), shown(token.last_used, options),
                     shown(token.expires_at, options), token.created_by, token.tenant.str(), token.note});
  }
  if (!options.json) print_table(lines);
}

void revoke(const Source& source, const Options& options) {
  const Config config = source.load();
  auto db = cmd::connect_as_owner(config);
  const bool changed = flows::revoke_dev_token(db, cli_actor(), options.id, now());
  if (options.json) {
    std::cout << json::Object().add("token_id", options.id).add("revoked", true).str() << '\n';
  } else {
    std::cout << (changed ? "Revoked: it is refused from now on.\n" : "It was revoked already.\n");
  }
}

void info(const Source& source, const Options& options) {
  use_time_zone(options.timezone);
  const Config config = source.load();
  auto db = cmd::connect_as_owner(config);
  const auto token = flows::dev_token(db, options.id);
  std::string text;
  if (options.reveal) {
    const Vault vault(config);
    text = flows::reveal_dev_token(db, vault.reveal, cli_actor(), options.id, now()).reveal();
  }
  if (options.json) {
    auto line = described(token);
    if (options.reveal) line.add("token", text);
    std::cout << line.str() << '\n';
    return;
  }
  const std::string masked =
      token.sealed ? "******** (--reveal shows it)" : "******** (no copy of it is kept)";
  print_table({{"token_id", token.id.str()},
               {"token", options.reveal ? text : masked},
               {"note", token.note},
               {"status", std::string(flows::name_of(flows::state_of(token, now())))},
               {"tenant", token.tenant.str()},
               {"created by", token.created_by},
               {"created", shown(token.created_at, options)},
               {"last used", shown(token.last_used, options)},
               {"expires", shown(token.expires_at, options)}});
}

void import(const Source& source, const Options& options) {
  use_time_zone(options.timezone.empty() ? "UTC" : options.timezone);
  const auto tokens = dev_tokens_in(options.file, contents_of(options.file));
  const Config config = source.load();
  const Vault vault(config);
  auto db = cmd::connect_as_owner(config);
  const auto imported =
      flows::import_dev_tokens(db, vault.reveal, cli_actor(), tenant_of(options), tokens, now());
  std::vector<std::string> short_ones;
  for (const auto& token : tokens) {
    if (!token.revoked && token.token.reveal().size() < 43) short_ones.push_back(token.id);
  }
  if (options.json) {
    json::Object line;
    line.add("imported", imported.added).add("present", imported.present).add("revoked", imported.revoked);
    std::cout << line.add("short", short_ones).str() << '\n';
    return;
  }
  std::cout << "Imported " << imported.added << " tokens; " << imported.present
            << " were here already. Those that are not revoked or expired work as before.\n";
  if (imported.revoked > 0)
    std::cout << imported.revoked << " of those that were here are revoked now, as the file says.\n";
  for (const auto& id : short_ones)
    std::cout << id << " is shorter than 43 characters: replace it when you can.\n";
}

}  // namespace

void add_devtoken(CLI::App& program, const Source& source) {
  auto options = std::make_shared<Options>();
  auto* devtoken = program.add_subcommand("devtoken", "Developer tokens")->require_subcommand(1);
  const auto command = [&](const char* name, const char* help, void (*run)(const Source&, const Options&)) {
    auto* added = devtoken->add_subcommand(name, help);
    added->add_flag("--json", options->json, "for scripts");
    added->callback([&source, options, run] { run(source, *options); });
    return added;
  };
  // In JSON times are in UTC: there these would do nothing.
  const auto times = [&](CLI::App* to) {
    to->add_flag("--local", options->local, "times in this machine's time zone")
        ->excludes(to->get_option("--json"));
    to->add_option("--timezone", options->timezone, "times in this one, such as Asia/Tokyo")
        ->excludes(to->get_option("--json"));
  };
  auto* created = command("create", "A new one, shown once", create);
  created->add_option("note", options->note, "what it is for")->required();
  created->add_option("--tenant", options->tenant,
                      "whose users it opens; the installation's own where missing");
  created->add_option("--expires", options->expires, "after this long, such as 90d; else when it is revoked");
  auto* listed = command("list", "All of them, with their state", list);
  listed->add_option("--tenant", options->tenant, "only this tenant's");
  times(listed);
  command("revoke", "Ends it at once", revoke)->add_option("id", options->id, "jt_…")->required();
  auto* shown_one = command("info", "One of them", info);
  shown_one->add_option("id", options->id, "jt_…")->required();
  shown_one->add_flag("--reveal", options->reveal, "the whole token; goes to the audit log");
  times(shown_one);
  auto* imported = command("import", "Those of the old system, which go on working; again = no harm", import);
  imported->add_option("file", options->file, "dev_tokens.json; - for standard input")->required();
  imported->add_option("--tenant", options->tenant,
                       "whose users they open; the installation's own where missing");
  imported->add_option("--timezone", options->timezone, "of the times in the file; UTC where missing");
}

}  // namespace gatehouse::admin
