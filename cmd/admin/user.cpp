// gatehouse user: users of another system, moved here with their ids.
#include <iostream>
#include <memory>

#include "base/error.h"
#include "base/json.h"
#include "cmd/admin/commands.h"
#include "cmd/admin/files.h"
#include "cmd/process.h"
#include "flows/tenants.h"
#include "flows/users.h"

namespace gatehouse::admin {

namespace {

constexpr std::size_t kLongestProfile = 16384;

struct Options {
  std::string file;
  std::string tenant = default_tenant().str();
};

// {"U123456": {profile}, ...}: each profile is kept as it is written there. All that is wrong is named at
// once.
std::vector<flows::ForeignUser> users_in(const std::string& path, const std::string& text) {
  require_object(path, text, R"({"U123456": {…}, …})");
  std::vector<flows::ForeignUser> users;
  Faults faults;
  for (const auto& [id, written] : json::written_members(text)) {
    const auto wrong = [&, &id = id](const char* what) { faults.add(users.size(), id, what); };
    if (!parse_any_user_id(id)) wrong("an id is 1 to 64 of [A-Za-z0-9_-]");
    if (!written.starts_with('{')) wrong("must be an object, the profile");
    if (written.size() > kLongestProfile) wrong("its profile is larger than 16 KiB");
    users.push_back({id, std::string(written)});
  }
  faults.throw_for(path);
  return users;
}

void import(const Source& source, const Options& options) {
  const auto users = users_in(options.file, contents_of(options.file));
  const auto tenant = flows::tenant_named(options.tenant);
  const Config config = source.load();
  auto db = cmd::connect_as_owner(config);
  const auto imported = flows::import_users(db, cli_actor(), tenant, users, SystemClock().now());
  std::cout << "Imported " << imported.added << " users; " << imported.present
            << " were here already and stay as they are.\n";
}

}  // namespace

void add_user(CLI::App& program, const Source& source) {
  auto options = std::make_shared<Options>();
  auto* user = program.add_subcommand("user", "Users of tenants")->require_subcommand(1);
  auto* imported = user->add_subcommand("import", "Users of another system, with their ids; again = no harm");
  imported->add_option("file", options->file, "users.json: {\"U123456\": {profile}, …}; - for standard input")
      ->required();
  imported->add_option("--tenant", options->tenant, "whose users they become")->capture_default_str();
  imported->callback([&source, options] { import(source, *options); });
}

}  // namespace gatehouse::admin
