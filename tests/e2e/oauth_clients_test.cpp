// OAuth clients as others make them.
#include "tests/support/stack.h"

namespace gatehouse::support {
namespace {

class OauthClients : public Stack {};

TEST_F(OauthClients, RequestsOauthlibGetsATokenByDiscoveryAndUsesIt) {
  const auto client = new_client({"user:read"});
  const auto result = run_command(
      {"/usr/bin/python3", std::string(GATEHOUSE_SOURCE_DIR) + "/tests/e2e/requests_oauthlib_client.py"},
      {{"ORIGIN", "https://localhost:" + first.setting("GATEHOUSE_HTTPS_PORT")},
       {"CA_FILE", first.certificate()},
       {"CLIENT_ID", client.id},
       {"CLIENT_SECRET", client.secret}});
  EXPECT_TRUE(result.ok()) << result.output;
  EXPECT_EQ(result.output, "{\"has_permission\":true}\n{\"has_permission\":true}\n");
}

}  // namespace
}  // namespace gatehouse::support
