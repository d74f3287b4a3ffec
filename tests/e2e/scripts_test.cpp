// What a person types: up again, down, bad settings, a taken port.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/base64.h"
#include "crypto/random.h"
#include "tests/support/documents.h"
#include "tests/support/raw_socket.h"
#include "tests/support/secrets.h"
#include "tests/support/stack.h"

namespace gatehouse::support {
namespace {

std::string fresh_secret() {
  const std::string secret = base64_encode(crypto::random_bytes(48));
  remember_secret(secret);
  return secret;
}

Environment good_settings() {
  return {{"JWT_SECRET", fresh_secret()}, {"VAULT_KEYS", "k1:" + base64_encode(crypto::random_bytes(32))}};
}

class Scripts : public Stack {
 protected:
  static void expect_refused(const Instance& instance, const CommandResult& result,
                             const std::vector<std::string>& words) {
    EXPECT_NE(result.exit_status, 0);
    for (const auto& word : words) EXPECT_TRUE(result.says(word)) << word << " is not in:\n" << result.output;
    EXPECT_TRUE(instance.processes().empty());
    EXPECT_FALSE(std::filesystem::exists(instance.state() + "/postgresql/data"));
  }

  static void expect_nothing_left(const Instance& instance) {
    EXPECT_FALSE(std::filesystem::exists(instance.state())) << run_command({"find", instance.state()}).output;
  }

  // Owner, group, mode and what is in it.
  static std::string described(const std::string& path) {
    return run_command({"stat", "-c", "%U:%G %a %s", path}).output + run_command({"ls", "-lA", path}).output;
  }

  // But for what PostgreSQL starts and ends by itself.
  static std::vector<pid_t> lasting_processes(const Instance& instance) {
    const auto passing = children_of(instance.postmaster());
    auto pids = instance.processes();
    std::erase_if(pids,
                  [&](pid_t pid) { return std::find(passing.begin(), passing.end(), pid) != passing.end(); });
    std::sort(pids.begin(), pids.end());
    return pids;
  }

  const Instance third = Instance::third();
};

TEST_F(Scripts, UpAgainChangesNothing) {
  const auto before = lasting_processes(third);
  const auto result = third.up();
  ASSERT_TRUE(result.ok()) << result.output;
  EXPECT_EQ(lasting_processes(third), before);
}

// Without anything in the environment that `up` had.
TEST_F(Scripts, TheThreeLinesThatUpPrintsWorkWhenTheyArePasted) {
  const auto up = third.up();
  ASSERT_TRUE(up.ok()) << up.output;
  const std::string lines = section(up.output, "Try it", "scripts/down stops it");
  const auto first_line = lines.find('\n'), end = lines.rfind("\n\n");
  ASSERT_NE(end, std::string::npos) << lines;
  const auto result = run_command({"bash", "-euo", "pipefail", "-c",
                                   "cd " GATEHOUSE_SOURCE_DIR + lines.substr(first_line, end - first_line)});
  remember_secrets_in(result.output);
  EXPECT_TRUE(result.ok()) << result.output;
  EXPECT_TRUE(result.says(R"("status":"healthy")")) << result.output;
  EXPECT_TRUE(result.says(R"("access_token":)")) << result.output;
}

TEST_F(Scripts, DownAndUpAgainKeepsTheData) {
  const auto client = new_client_of(third, {"auth:token"});
  const auto pair = new_pair_of(third, client);
  ASSERT_TRUE(third.script({"down"}).ok());
  EXPECT_TRUE(third.processes().empty());
  EXPECT_TRUE(third.script({"down"}).ok()) << "once more is harmless";
  const auto result = third.up();
  ASSERT_TRUE(result.ok()) << result.output;
  EXPECT_TRUE(is_valid_at(third, pair.access));
}

TEST_F(Scripts, UpMendsWhatAKillOfEverythingLeftBehind) {
  const auto client = new_client_of(third, {"auth:token"});
  for (const pid_t pid : third.processes()) kill(pid, SIGKILL);
  ASSERT_TRUE(soon([&] { return third.processes().empty(); }));
  const auto result = third.up();
  ASSERT_TRUE(result.ok()) << result.output;
  EXPECT_FALSE(new_pair_of(third, client).access.empty());
}

TEST_F(Scripts, UpMendsAKilledSupervisorWhoseWorkersLiveOn) {
  const auto workers = third.workers("fast");
  for (const pid_t pid : third.processes()) {
    if (command_of(pid).find("multiwatch") != std::string::npos) kill(pid, SIGKILL);
  }
  const auto result = third.up();
  ASSERT_TRUE(result.ok()) << result.output;
  for (const pid_t pid : workers) EXPECT_FALSE(is_alive(pid));
  EXPECT_EQ(third.workers("fast").size(), workers.size());
  EXPECT_TRUE(every_worker_is_well(third));
}

// Also for what a script calls once it has gone to another folder.
TEST_F(Scripts, ARelativeEnvFileIsTheOneInTheFolderWhereItWasTyped) {
  const auto result = run_command(
      {"bash", "-euc", "cd \"$1\"; . \"$0\"/scripts/lib/places.sh; cd /; \"$0\"/scripts/gatehouse config",
       GATEHOUSE_SOURCE_DIR, std::filesystem::path(third.env_file()).parent_path()},
      {{"GATEHOUSE_ENV_FILE", "env"}});
  EXPECT_TRUE(result.ok()) << result.output;
  EXPECT_TRUE(result.says("GATEHOUSE_STATE_DIR=" + third.state()));
}

TEST_F(Scripts, EveryBadSettingIsNamedAndNothingIsStarted) {
  auto settings = good_settings();
  settings["RATE_LIMIT_ADDRESS"] = "many";
  settings["TOKEN_SIGNING_ALG"] = "none";
  settings["ACCESS_TOKEN_TTL"] = "-1";
  settings["GATEHOUSE_BIND"] = "nowhere.example";
  settings["ACCESS_TOKEN_TLL"] = "60";
  const auto instance = Instance::not_started("bad", settings);
  expect_refused(instance, instance.up(),
                 {"RATE_LIMIT_ADDRESS", "TOKEN_SIGNING_ALG", "ACCESS_TOKEN_TTL", "GATEHOUSE_BIND",
                  "ACCESS_TOKEN_TLL: is no setting's name"});
}

// The scripts look for the state folder before there is a program that could read .env.
TEST_F(Scripts, TheScriptsReadTheStateFolderAsTheProgramDoesOrRefuseIt) {
  const auto read = [](const std::string& line) {
    const std::string file = test_folder() + "/early";
    std::ofstream(file) << "JWT_SECRET=x\n" << line << '\n';
    return run_command(
        {"bash", "-euc", ". \"$0\"/scripts/lib/places.sh; echo \"state=$state\"", GATEHOUSE_SOURCE_DIR},
        {{"GATEHOUSE_ENV_FILE", file}});
  };
  for (const auto* line : {"GATEHOUSE_STATE_DIR=/tmp/x", "export  GATEHOUSE_STATE_DIR = /tmp/x  # here",
                           "GATEHOUSE_STATE_DIR='/tmp/x' # here", "GATEHOUSE_STATE_DIR=\"/tmp/x\""}) {
    EXPECT_EQ(parse_env(line), (Environment{{"GATEHOUSE_STATE_DIR", "/tmp/x"}})) << line;
    EXPECT_EQ(read(line).output, "state=/tmp/x\n") << line;
  }
  for (const auto* line : {R"(GATEHOUSE_STATE_DIR="/tmp/\x")", "GATEHOUSE_STATE_DIR='/tmp/x",
                           "GATEHOUSE_STATE_DIR=x", R"(GATEHOUSE_STATE_DIR="/tmp/x" y)"}) {
    EXPECT_FALSE(read(line).ok()) << line;
    EXPECT_TRUE(read(line).says("GATEHOUSE_STATE_DIR: must")) << read(line).output;
  }
}

TEST_F(Scripts, ASecretThatIsMissingShortOrAnExampleIsRefused) {
  for (const auto* secret : {"", "short", "your-secret-key-change-this-in-production"}) {
    auto settings = good_settings();
    settings["JWT_SECRET"] = secret;
    const auto instance = Instance::not_started("secret", settings);
    const auto result = instance.up();
    expect_refused(instance, result, {"JWT_SECRET"});
    EXPECT_FALSE(*secret != '\0' && result.says("change-this")) << "the value is repeated";
  }
}

TEST_F(Scripts, ATakenPortIsRefusedNamingItsSetting) {
  for (const auto* name : {"GATEHOUSE_HTTP_PORT", "GATEHOUSE_HTTPS_PORT", "GATEHOUSE_COZE_PORT"}) {
    auto settings = good_settings();
    settings[name] = first.setting("GATEHOUSE_HTTPS_PORT");
    const auto instance = Instance::not_started("port", settings);
    expect_refused(instance, instance.up(), {name, settings[name], "by the Gatehouse of " + first.state()});
    expect_nothing_left(instance);
  }
}

TEST_F(Scripts, ADatabaseOutOfReachRefusesTheStartAndLeavesNothing) {
  auto settings = good_settings();
  settings["DB_HOST"] = "/nowhere";
  const auto instance = Instance::not_started("nowhere", settings);
  std::filesystem::create_directory(instance.state());
  expect_refused(instance, instance.up(), {"DB_HOST (/nowhere)"});
  EXPECT_TRUE(std::filesystem::is_empty(instance.state())) << "somebody else's folder stays";
}

TEST_F(Scripts, ARefusedChangeOfARunningInstanceKeepsItsSettings) {
  const auto result = run_command({GATEHOUSE_SOURCE_DIR "/scripts/up", "--binaries", test_binaries()},
                                  {{"GATEHOUSE_ENV_FILE", third.env_file()},
                                   {"GATEHOUSE_HTTPS_PORT", first.setting("GATEHOUSE_HTTPS_PORT")}});
  EXPECT_FALSE(result.ok());
  EXPECT_FALSE(std::filesystem::exists(third.state() + "/settings.new"));
  EXPECT_FALSE(std::filesystem::exists(third.state() + "/settings.new.owner"));
  EXPECT_TRUE(every_worker_is_well(third));
}

TEST_F(Scripts, AnotherSizeOfTheCacheRestartsPostgresqlButForARollingUp) {
  const auto up = [&](std::vector<std::string> words) {
    words.insert(words.begin(), GATEHOUSE_SOURCE_DIR "/scripts/up");
    words.insert(words.end(), {"--binaries", test_binaries()});
    return run_command(words, {{"GATEHOUSE_ENV_FILE", third.env_file()}, {"DB_SHARED_BUFFERS", "0064"}}).ok();
  };
  auto postgresql = third.postmaster();
  EXPECT_TRUE(up({"--rolling"}));
  EXPECT_EQ(third.postmaster(), postgresql);
  EXPECT_TRUE(up({}));
  EXPECT_NE(third.postmaster(), postgresql);
  postgresql = third.postmaster();
  EXPECT_TRUE(up({}));
  EXPECT_EQ(third.postmaster(), postgresql) << "nothing has changed";
  EXPECT_TRUE(third.up().ok());
  EXPECT_TRUE(every_worker_is_well(third));
}

// Somebody else has the socket that the new settings name.
TEST_F(Scripts, PostgresqlThatDoesNotStartWithItsNewSettingsServesWithThoseBefore) {
  const std::string lock = third.state() + "/run/postgresql/.s.PGSQL.5999.lock";
  std::ofstream(lock) << first.postmaster() << '\n';
  const auto postgresql = third.postmaster();
  const auto result = run_command({GATEHOUSE_SOURCE_DIR "/scripts/up", "--binaries", test_binaries()},
                                  {{"GATEHOUSE_ENV_FILE", third.env_file()}, {"DB_PORT", "5999"}});
  EXPECT_FALSE(result.ok());
  EXPECT_TRUE(result.says("mend DB_SHARED_BUFFERS or DB_PORT")) << result.output;
  EXPECT_NE(third.postmaster(), postgresql);
  EXPECT_TRUE(every_worker_is_well(third));
  EXPECT_TRUE(third.up().ok());
}

// The workers' user could not: each of them would fail when it is replaced, or when it dies a month later.
TEST_F(Scripts, AFileThatOnlyRootCanReadIsRefusedAndWhatRunsKeepsWhatItHas) {
  namespace fs = std::filesystem;
  if (geteuid() != 0) return;
  const std::string file = test_folder() + "/roots.pem";
  const std::string folder = test_folder() + "/roots-keys";
  fs::create_directory(folder);
  run_command({"openssl", "genrsa", "-out", folder + "/kid.pem", "2048"});
  fs::copy_file(folder + "/kid.pem", file);
  for (const auto& path : {file, folder + "/kid.pem"}) fs::permissions(path, static_cast<fs::perms>(0600));
  const auto settings = described(third.state() + "/settings") +
                        run_command({"sha256sum", third.state() + "/settings"}).output +
                        described(third.state() + "/release/bin");
  const auto before = lasting_processes(third);
  struct Case {
    std::string name;
    std::string named;
    Environment settings;
  };
  const std::vector<Case> cases{
      {"PASSWORD_BLOCKLIST", file, {{"PASSWORD_BLOCKLIST", file}}},
      {"UPSTREAM_CA_FILE", file, {{"UPSTREAM_CA_FILE", file}}},
      {"DB_SSLROOTCERT", file, {{"DB_SSLROOTCERT", file}, {"DB_SSLMODE", "verify-ca"}}},
      {"JWT_PRIVATE_KEY_DIR",
       folder + "/kid.pem",
       {{"JWT_PRIVATE_KEY_DIR", folder}, {"EXPECTED_COZE_API_KEY", "a key of somebody's own"}}}};
  for (const auto& [name, named, bad] : cases) {
    Environment environment = bad;
    environment["GATEHOUSE_ENV_FILE"] = third.env_file();
    const auto result = run_command(
        {GATEHOUSE_SOURCE_DIR "/scripts/up", "--rolling", "--binaries", test_binaries()}, environment);
    EXPECT_FALSE(result.ok()) << name;
    EXPECT_TRUE(result.says(name + ": cannot be read: " + named)) << result.output;
    EXPECT_TRUE(result.says("the old settings stay")) << result.output;
  }
  EXPECT_EQ(lasting_processes(third), before);
  EXPECT_EQ(described(third.state() + "/settings") +
                run_command({"sha256sum", third.state() + "/settings"}).output +
                described(third.state() + "/release/bin"),
            settings);
  EXPECT_FALSE(fs::exists(third.state() + "/settings.new"));
  EXPECT_FALSE(fs::exists(third.state() + "/gatehouse.probe"));
  EXPECT_TRUE(every_worker_is_well(third));
}

TEST_F(Scripts, APathWithASpaceIsRefusedAtOnceAndNamed) {
  const std::string folder = test_folder() + "/a checkout";
  std::filesystem::create_directory(folder);
  std::filesystem::copy(GATEHOUSE_SOURCE_DIR "/scripts", folder + "/scripts",
                        std::filesystem::copy_options::recursive);
  const auto result = run_command({folder + "/scripts/up", "--binaries", "/nowhere"});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_TRUE(result.says("the path " + folder + " has a space")) << result.output;
  EXPECT_FALSE(result.says("[2/"));
  std::filesystem::remove_all(folder);
}

TEST_F(Scripts, TheInstallationOfPackagesSaysHowFarItIs) {
  const auto result =
      run_command({"bash", "-euc",
                   ". \"$0\"/scripts/lib/packages.sh; printf '%s\\n' 'Get:1 http://x InRelease' "
                   "'0 upgraded, 97 newly installed, 0 to remove and 3 not upgraded.' 'Get:1 http://x a' "
                   "'Get:2 http://x b' "
                   "'Unpacking a (1) ...' 'Setting up a (1) ...' | show_installing 0 | tail -n 1",
                   GATEHOUSE_SOURCE_DIR});
  EXPECT_EQ(result.output, "      97 packages: 2 fetched, 1 unpacked, 1 set up\n");
}

TEST_F(Scripts, DownOfWhatWasNeverUpIsHarmless) {
  const auto instance = Instance::not_started("never", good_settings());
  const auto result = instance.script({"down", "--wipe", "--yes"});
  EXPECT_TRUE(result.ok()) << result.output;
  EXPECT_TRUE(result.says("nothing to stop"));
}

TEST_F(Scripts, AFolderWithSomethingElseInItIsNotTaken) {
  const auto instance = Instance::not_started("somebody", good_settings());
  std::filesystem::create_directories(instance.state());
  std::ofstream(instance.state() + "/precious") << "x";
  expect_refused(instance, instance.up(), {"GATEHOUSE_STATE_DIR"});
  instance.script({"down", "--wipe", "--yes"});
  EXPECT_TRUE(std::filesystem::exists(instance.state() + "/precious"));
}

TEST_F(Scripts, AnEnvFileThatOthersCanReadIsClosedAndSaidSo) {
  namespace fs = std::filesystem;
  auto settings = good_settings();
  settings["ACCESS_TOKEN_TTL"] = "-1";  // it need not come up
  const auto instance = Instance::not_started("open", settings);
  fs::permissions(instance.env_file(), static_cast<fs::perms>(0644));
  expect_refused(instance, instance.up(), {"had mode 644"});
  EXPECT_EQ(fs::status(instance.env_file()).permissions(), static_cast<fs::perms>(0600));
  EXPECT_FALSE(instance.up().says("had mode"));
}

TEST_F(Scripts, UpFollowsNoLinkInThePlaceOfAFolderOfItsOwn) {
  namespace fs = std::filesystem;
  const std::string victim = test_folder() + "/victim";
  fs::create_directory(victim);
  fs::permissions(victim, fs::perms::owner_all);
  const auto before = described(victim);
  for (const auto* name : {"workers", "postgresql"}) {
    const auto instance = Instance::not_started(std::string("link-") + name, good_settings());
    fs::create_directories(instance.state() + "/run");
    std::ofstream(instance.state() + "/.gatehouse") << instance.state() << '\n';
    fs::create_symlink(victim, instance.state() + "/run/" + name);
    expect_refused(instance, instance.up(), {"or a link to one", std::string("run/") + name});
    EXPECT_EQ(described(victim), before);
    instance.script({"down", "--wipe", "--yes"});
    EXPECT_EQ(described(victim), before);
  }
  fs::remove(victim);
}

TEST_F(Scripts, LinksThatTheWorkersUserPlantsLeadNobodyAnywhere) {
  if (geteuid() != 0) return;
  const std::string victim = test_folder() + "/victim", run = third.state() + "/run";
  std::ofstream(victim) << "precious";
  const auto before = described(victim);
  EXPECT_FALSE(as_workers_user({"ln", "-s", victim, run + "/x"}).ok()) << "run itself is root's";
  EXPECT_FALSE(as_workers_user({"mv", run + "/workers", run + "/y"}).ok());
  for (const auto* name : {"hash.sock", "outbound.sock", "keeper-1.pid", "worker-fast-999999.pid"}) {
    EXPECT_TRUE(as_workers_user({"ln", "-sfn", victim, run + "/workers/" + name}).ok()) << name;
  }
  const auto result = third.up({"--rolling"});
  EXPECT_TRUE(result.ok()) << result.output;
  EXPECT_TRUE(every_worker_is_well(third));
  ASSERT_TRUE(third.script({"down"}).ok());
  ASSERT_TRUE(third.up().ok());
  EXPECT_EQ(described(victim), before);
  as_workers_user({"rm", "-f", run + "/workers/keeper-1.pid"});
  std::filesystem::remove(victim);
}

}  // namespace
}  // namespace gatehouse::support
