// What people read is held against the tables of the program.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>

#include "base/config.h"
#include "handlers/routes.h"
#include "tests/support/instance.h"
#include "tests/support/source_tree.h"

namespace gatehouse {
namespace {

// A person has no reason to set these; they may be left out of .env.example.
bool may_be_left_out(std::string_view name) { return name == "GATEHOUSE_RUN_DIR"; }

// `NAME=value` and `#NAME=value` of .env.example.
std::map<std::string, std::string> examples() {
  std::map<std::string, std::string> found;
  static const std::regex assignment("^#?([A-Z][A-Z0-9_]*)=(.*)$");
  for (const auto& line : support::source_file(".env.example").lines) {
    std::smatch match;
    if (!std::regex_match(line, match, assignment)) continue;
    EXPECT_TRUE(found.emplace(match[1], match[2]).second) << match[1] << " is there twice";
  }
  return found;
}

TEST(EnvExample, ListsTheSettingsAndNothingElse) {
  auto listed = examples();
  for (const auto& setting : settings()) {
    const bool found = listed.erase(std::string(setting.name)) == 1;
    EXPECT_TRUE(found || may_be_left_out(setting.name)) << setting.name << " is missing";
  }
  for (const auto& [name, value] : listed) ADD_FAILURE() << name << " is no setting";
}

TEST(EnvExample, ShowsTheDefaults) {
  const auto config = load_config({{"JWT_SECRET", "0123456789abcdefghijklmnopqrstuvwxyzABCD"},
                                   {"VAULT_KEYS", "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}});
  for (const auto& [name, value] : examples()) {
    // For new installations; who comes with the documented 6 keeps it.
    if (name == "PASSWORD_MIN_LENGTH") continue;
    EXPECT_TRUE(value.empty() || value == config.effective.at(name)) << name;
  }
}

TEST(EnvExample, HasNoSecret) {
  const auto listed = examples();
  for (const auto& setting : settings()) {
    const auto found = listed.find(std::string(setting.name));
    const bool shown = found != listed.end() && !found->second.empty();
    EXPECT_FALSE(shown && setting.show == Setting::Show::secret) << setting.name;
  }
}

TEST(EnvExample, HasALineReadyForWhatIsRequired) {
  const auto lines = support::source_file(".env.example").lines;
  for (const auto& setting : settings()) {
    if (setting.need == Setting::Need::optional) continue;
    EXPECT_EQ(std::count(lines.begin(), lines.end(), std::string(setting.name) + "="), 1) << setting.name;
  }
}

std::string row_of(const Setting& setting) {
  const bool required = setting.need == Setting::Need::required;
  const std::string fallback = setting.fallback.empty() ? "" : "`" + std::string(setting.fallback) + "`";
  return "| `" + std::string(setting.name) + "` | " + (required ? "**required**" : fallback) + " | " +
         std::string(setting.help) + " |";
}

TEST(Readme, HasTheTableOfSettingsAsTheProgramHasIt) {
  const auto lines = support::source_file("README.md").lines;
  for (const auto& setting : settings()) {
    EXPECT_EQ(std::count(lines.begin(), lines.end(), row_of(setting)), 1) << row_of(setting);
  }
}

bool has_line(const std::string& file, const std::string& wanted) {
  const auto lines = support::source_file(file).lines;
  return std::count(lines.begin(), lines.end(), wanted) == 1;
}

long count_of(const std::string& file, const std::string& text) {
  const auto lines = support::source_file(file).lines;
  return std::count_if(lines.begin(), lines.end(),
                       [&text](const auto& line) { return line.find(text) != std::string::npos; });
}

// systemd makes the sockets, as root: in a folder of the workers' a link could lead it elsewhere.
TEST(Units, SocketsLieInAFolderOfRootsAndPidFilesInOneOfTheWorkers) {
  EXPECT_TRUE(has_line("scripts/systemd/gatehouse.tmpfiles", "d /run/gatehouse 0755 root root"));
  EXPECT_TRUE(has_line("scripts/systemd/gatehouse.tmpfiles",
                       "d /run/gatehouse/workers 2750 gatehouse gatehouse-nginx"));
  EXPECT_TRUE(has_line("scripts/systemd/gatehouse-pool@.socket", "ListenStream=/run/gatehouse/%i.sock"));
  for (const auto* unit : {"gatehouse-pool@.service", "gatehouse-keeper.service"}) {
    EXPECT_TRUE(has_line(std::string("scripts/systemd/") + unit, "ReadWritePaths=/run/gatehouse/workers"))
        << unit;
  }
  EXPECT_TRUE(has_line("scripts/install-units", R"(own_folder "$run" 755 root root "$service_user")"));
  EXPECT_TRUE(
      has_line("scripts/install-units", R"(own_folder "$workers_run" 2750 "$service_user" "$nginx_group")"));
}

// nginx itself is the unit's process, so that systemd sees it fail and stops it without looking for its pid;
// and its error log goes through the filter.
TEST(Units, NginxIsTheMainProcessAndItsErrorLogGoesThroughTheFilter) {
  EXPECT_TRUE(has_line("scripts/systemd/gatehouse-nginx.service",
                       "ExecStart=/usr/lib/gatehouse/bin/run-nginx /run/gatehouse/nginx-errors.pipe "
                       "/etc/gatehouse/nginx/nginx.conf"));
  EXPECT_TRUE(has_line("scripts/systemd/gatehouse-nginx.service", "KillSignal=SIGQUIT"));
  EXPECT_TRUE(
      has_line("scripts/systemd/gatehouse-nginx-errors.service",
               "ExecStart=/usr/lib/gatehouse/bin/scrub-nginx-errors /run/gatehouse/nginx-errors.pipe"));
  EXPECT_TRUE(has_line("scripts/systemd/gatehouse.tmpfiles",
                       "p /run/gatehouse/nginx-errors.pipe 0600 gatehouse gatehouse"));
  EXPECT_TRUE(has_line("nginx/nginx.conf", "daemon off;"));
}

// systemd starts no pool that it has not heard of, and nginx reaches none.
TEST(Units, AndNginxKnowEveryPool) {
  for (const std::string pool : support::kPools) {
    const std::string unit = "gatehouse-pool@" + pool + ".service";
    EXPECT_EQ(count_of("scripts/systemd/" + unit + ".d/size.conf", "Environment=WORKERS="), 1) << pool;
    EXPECT_EQ(count_of("scripts/systemd/gatehouse.target", unit), 1) << pool;
    EXPECT_EQ(count_of("scripts/systemd/gatehouse-nginx.service", unit), 1) << pool;
    EXPECT_TRUE(has_line("nginx/upstreams.conf", "  server unix:@RUN@/" + pool + ".sock max_fails=0;"))
        << pool;
  }
  EXPECT_TRUE(has_line("scripts/lib/pools.sh", "pools=(check read fast hash outbound)"));
  EXPECT_EQ(count_of("scripts/install-units", "{check,read,fast,hash,outbound}"), 2);
}

// A path stands in a curl line, with anything in the place of a {}.
TEST(Readme, ShowsACurlForEachRoute) {
  std::string text;
  for (const auto& line : support::source_file("README.md").lines) text += line + "\n";
  for (const auto& route : handlers::routes()) {
    if (route.pattern.starts_with("/.gate/")) continue;  // nginx's own question
    std::string path = std::regex_replace(std::string(route.pattern), std::regex("[.]"), "[.]");
    path = std::regex_replace(path, std::regex("[{][a-z_]+[}]"), "[^/ ]+");
    const std::regex call("curl[^\n]*(\\\\\n[^\n]*)*localhost:[0-9]+" + path + "[ )'\"?\n]");
    EXPECT_TRUE(std::regex_search(text, call)) << route.pattern;
  }
}

}  // namespace
}  // namespace gatehouse
