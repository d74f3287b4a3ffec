// What docs/operations.md says, done as it stands there.
#include <sys/stat.h>

#include <filesystem>

#include "tests/support/documents.h"
#include "tests/support/stack.h"

namespace gatehouse::support {
namespace {

class Operations : public Stack {
 protected:
  Operations() { std::filesystem::create_directories(folder); }
  ~Operations() override { std::filesystem::remove_all(folder); }
  Operations(const Operations&) = delete;
  Operations& operator=(const Operations&) = delete;

  CommandResult pasted(const Instance& instance, std::string script) const {
    replace_all(script, "scripts/up", "scripts/up --binaries " + test_binaries());
    replace_all(script, "scripts/", GATEHOUSE_SOURCE_DIR "/scripts/");
    return run_command({"bash", "-euo", "pipefail", "-c", "umask 022; cd " + folder + "\n" + script},
                       {{"GATEHOUSE_ENV_FILE", instance.env_file()}});
  }

  const std::string folder = test_folder() + "/operator";
  const Instance third = Instance::third();
};

TEST_F(Operations, ABackupIsForNobodyElseAndItsRestoreBringsBackWhatWasThen) {
  const std::string text = document("docs/operations.md");
  const auto client = new_client_of(third, {"auth:token"});
  const auto pair = new_pair_of(third, client);
  const auto revoked = new_pair_of(third, client);
  ASSERT_EQ(revoke_at(third, client, revoked.access).status, 200);
  const auto backup = pasted(third, shell_blocks(section(text, "## Backup and restore", "To restore")));
  ASSERT_TRUE(backup.ok()) << backup.output;
  struct stat file {};
  ASSERT_EQ(stat((folder + "/gatehouse.dump").c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777U, 0600U);

  const auto later = new_client_of(third, {"auth:token"});
  const auto restore = pasted(third, shell_blocks(section(text, "To restore", "## Watching")));
  EXPECT_TRUE(restore.ok()) << restore.output;
  EXPECT_FALSE(restore.says("ERROR")) << restore.output;
  EXPECT_TRUE(is_valid_at(third, pair.access));
  EXPECT_FALSE(is_valid_at(third, revoked.access));
  ASSERT_EQ(revoke_at(third, client, pair.access).status, 200);
  EXPECT_FALSE(is_valid_at(third, pair.access));
  EXPECT_FALSE(new_pair_of(third, client).access.empty());
  EXPECT_FALSE(third.gatehouse({"service", "list"}).says(later.id));
  EXPECT_TRUE(third.script({"migrate", "verify"}).ok());
  EXPECT_FALSE(std::filesystem::exists(folder + "/gatehouse.sql"));
}

}  // namespace
}  // namespace gatehouse::support
