// Who the processes are, what they and their files show, and what somebody gets at who has taken one of them
// over.
#include <unistd.h>

#include <filesystem>
#include <sstream>

#include "tests/support/stack.h"

namespace gatehouse::support {
namespace {

class Privileges : public Stack {
 protected:
  // Of the processes of an instance, the user of each.
  static int user_of(pid_t pid) {
    std::istringstream lines(process_file(pid, "status"));
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("Uid:")) return std::stoi(line.substr(5));
    }
    return -1;
  }

  static std::vector<std::string> secrets_of(const Instance& instance) {
    const std::string keys = instance.setting("VAULT_KEYS");
    std::vector<std::string> secrets{instance.setting("JWT_SECRET"), keys.substr(keys.find(':') + 1)};
    for (const auto* role : {"owner", "worker"}) {
      std::string password = instance.gatehouse({"db-password", role}).output;
      while (!password.empty() && password.back() == '\n') password.pop_back();
      if (!password.empty()) secrets.push_back(password);
    }
    return secrets;
  }

  static CommandResult as_worker_in_database(const Instance& instance, const std::string& role) {
    return as_workers_user({"psql", "-X", "-w", "-h", instance.state() + "/run/postgresql", "-U", role, "-d",
                            "gatehouse", "-c", "SELECT 1"});
  }

  const Instance third = Instance::third();
};

TEST_F(Privileges, TheListOfSettingsHidesSecrets) {
  const auto result = third.gatehouse({"config"});
  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(result.says("JWT_SECRET=***"));
  EXPECT_TRUE(result.says("VAULT_KEYS=***"));
  EXPECT_TRUE(result.says("GATEHOUSE_HTTP_PORT=" + third.setting("GATEHOUSE_HTTP_PORT")));
  for (const auto& secret : secrets_of(third)) EXPECT_FALSE(result.says(secret));
}

TEST_F(Privileges, UnderRootEverythingButNginxsMasterIsUnprivileged) {
  if (geteuid() != 0) return;  // then all of it runs as that user
  const auto processes = first.processes();
  EXPECT_GE(processes.size(), 25U);
  std::vector<pid_t> of_root;
  for (const pid_t pid : processes) {
    if (user_of(pid) == 0) of_root.push_back(pid);
  }
  EXPECT_EQ(of_root, std::vector<pid_t>{first.nginx_master()});
  EXPECT_NE(user_of(first.postmaster()), user_of(first.workers("fast").front()));
  for (const pid_t pid : children_of(first.nginx_master())) {
    for (const auto* other : {"gatehouse", "www-data", "postgres"})
      EXPECT_NE(std::to_string(user_of(pid)) + "\n", run_command({"id", "-u", other}).output) << other;
  }
}

TEST_F(Privileges, NoProcessShowsASecret) {
  const auto secrets = secrets_of(first);
  ASSERT_GE(secrets.size(), 3U);
  for (const pid_t pid : first.processes()) {
    const std::string shown = process_file(pid, "cmdline") + process_file(pid, "environ");
    for (const auto& secret : secrets) EXPECT_EQ(shown.find(secret), std::string::npos) << command_of(pid);
    EXPECT_EQ(shown.find("SECRET"), std::string::npos) << command_of(pid);
  }
}

TEST_F(Privileges, FilesWithSecretsAreNobodyElses) {
  namespace fs = std::filesystem;
  const auto others = fs::perms::group_all | fs::perms::others_all;
  EXPECT_EQ(fs::status(third.env_file()).permissions() & others, fs::perms::none);
  EXPECT_EQ(fs::status(third.state() + "/settings").permissions() & others, fs::perms::none);
  EXPECT_EQ(fs::status(third.state() + "/settings.owner").permissions() & others, fs::perms::none);
  EXPECT_EQ(fs::status(third.state() + "/tls/key.pem").permissions() & others, fs::perms::none);
  EXPECT_EQ(fs::status(third.state() + "/postgresql/data").permissions() & fs::perms::others_all,
            fs::perms::none);
}

TEST_F(Privileges, TheWorkersUserIsNobodyToTheDatabaseWithoutAPassword) {
  if (geteuid() != 0) return;  // then all of it runs as one user
  for (const auto* role : {"gatehouse", "postgres"}) {
    const auto result = as_worker_in_database(third, role);
    EXPECT_FALSE(result.ok()) << role;
    EXPECT_TRUE(result.says("Peer authentication failed")) << result.output;
  }
  EXPECT_TRUE(as_worker_in_database(third, "gatehouse_worker").says("no password supplied"));
}

TEST_F(Privileges, TheWorkersUserReadsItsSettingsAndNotTheOwners) {
  if (geteuid() != 0) return;
  EXPECT_TRUE(as_workers_user({"head", "-c", "1", third.state() + "/settings"}).ok());
  EXPECT_TRUE(as_workers_user({"cat", third.state() + "/settings.owner"}).says("Permission denied"));
  EXPECT_TRUE(std::filesystem::exists(third.state() + "/settings.owner"));
  EXPECT_TRUE(as_workers_user({"cat", third.env_file()}).says("Permission denied"));
}

// Other programs of the machine run as it.
TEST_F(Privileges, DebiansUserForTheWebDoesNotReachTheWorkers) {
  if (geteuid() != 0) return;
  for (const auto* pool : kPools) {
    const auto result = run_command({"setpriv", "--reuid", "www-data", "--regid", "www-data", "--init-groups",
                                     "test", "-w", third.socket(pool)});
    EXPECT_EQ(result.exit_status, 1) << pool << result.output;
  }
}

TEST_F(Privileges, NothingListensButNginx) {
  // PostgreSQL and the workers are on unix sockets.
  for (const pid_t pid : first.processes()) {
    if (command_of(pid).starts_with("nginx:")) continue;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd")) {
      std::error_code gone;
      const std::string target = std::filesystem::read_symlink(entry.path(), gone);
      if (gone || !target.starts_with("socket:[")) continue;
      const std::string inode = target.substr(8, target.size() - 9);
      for (const auto* table : {"net/tcp", "net/tcp6"}) {
        std::istringstream lines(process_file(pid, table));
        for (std::string line; std::getline(lines, line);) {
          const bool listens = line.find(" 0A ") != std::string::npos;
          EXPECT_FALSE(listens && line.find(" " + inode + " ") != std::string::npos) << command_of(pid);
        }
      }
    }
  }
}

}  // namespace
}  // namespace gatehouse::support
