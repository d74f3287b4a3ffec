// gatehouse pairs: the pairs of access and refresh tokens, all at once.
#include <iostream>
#include <memory>

#include "base/error.h"
#include "cmd/admin/commands.h"
#include "cmd/process.h"
#include "flows/revocation.h"

namespace gatehouse::admin {

namespace {

bool is_confirmed() {
  std::cout << "This signs out everybody who has a refresh token. Type yes to go on: " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "yes";
}

void end_all(const Source& source, bool yes) {
  const Config config = source.load();
  auto db = cmd::connect_as_owner(config);
  if (!yes && !is_confirmed()) throw Error(Errc::invalid_request, "Nothing was ended");
  const auto count = flows::end_all_pairs(db, cli_actor(), SystemClock().now());
  std::cout << count << " ended, with their access tokens\n";
}

}  // namespace

void add_pairs(CLI::App& program, const Source& source) {
  auto yes = std::make_shared<bool>(false);
  auto* pairs = program.add_subcommand("pairs", "Pairs of access and refresh tokens")->require_subcommand(1);
  auto* ended = pairs->add_subcommand("end-all", "After a leak: end every pair; asks, unless --yes");
  ended->add_flag("--yes", *yes);
  ended->callback([&source, yes] { end_all(source, *yes); });
}

}  // namespace gatehouse::admin
