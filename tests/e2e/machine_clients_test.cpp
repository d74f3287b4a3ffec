// Machine-to-machine, with the tools that people have: curl, base64 and the command line.
#include "tests/support/secrets.h"
#include "tests/support/stack.h"

namespace gatehouse::support {
namespace {

class MachineClients : public Stack {
 protected:
  static CommandResult curl(std::vector<std::string> arguments) {
    const std::vector<std::string> front{"curl", "-sS",       "--noproxy", "*",
                                         "-o",   "/dev/null", "-w",        "%{http_code}"};
    arguments.insert(arguments.begin(), front.begin(), front.end());
    return run_command(arguments);
  }
  std::string token_status(const std::string& basic) const {
    return curl({"-u", basic, first.http("/oauth/token"), "-d", "grant_type=client_credentials"}).output;
  }
  // RFC 6749 section 2.3.1, as a pedantic client does it.
  static std::string form_encoded(const std::string& text) {
    std::string encoded;
    for (const char c : text) {
      if (c == '_') {
        encoded += "%5F";
      } else if (c == '-') {
        encoded += "%2D";
      } else {
        encoded += c;
      }
    }
    return encoded;
  }

  const ServiceClient client = new_client({"auth:token"});
};

TEST_F(MachineClients, CurlGetsATokenWithTheSecretAsItIs) { EXPECT_EQ(token_status(client.basic()), "200"); }

TEST_F(MachineClients, CurlGetsATokenWithTheSecretFormEncoded) {
  EXPECT_EQ(token_status(form_encoded(client.id) + ":" + form_encoded(client.secret)), "200");
}

TEST_F(MachineClients, CurlGetsATokenWithTheSecretInTheBody) {
  const auto result = curl({first.http("/oauth/token"), "-d", "grant_type=client_credentials", "-d",
                            "client_id=" + client.id, "-d", "client_secret=" + client.secret});
  EXPECT_EQ(result.output, "200");
}

TEST_F(MachineClients, AWrongSecretAndAnUnknownClientGetTheSameAnswer) {
  auto wrong = form(first.http("/oauth/token"), "grant_type=client_credentials");
  wrong.basic = client.id + ":" + client.secret.substr(0, client.secret.size() - 1) + "~";
  auto unknown = wrong;
  unknown.basic = "svc_000000000000:" + client.secret;
  EXPECT_EQ(send(wrong).status, 401);
  EXPECT_EQ(send(wrong).body, send(unknown).body);
  EXPECT_TRUE(send(unknown).header("www-authenticate").value_or("").starts_with("Basic"));
}

TEST_F(MachineClients, IdAndSecretFitOneLineOfBase64) {
  const auto result = run_command({"bash", "-c", "echo -n \"$0\" | base64", client.basic()});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result.output.find('\n'), result.output.size() - 1) << "it breaks into several lines";
}

TEST_F(MachineClients, ARotatedSecretAndTheOldOneBothWorkInTheOverlap) {
  const auto rotated = first.gatehouse({"service", "rotate-secret", client.id, "--overlap", "1h", "--json"});
  ASSERT_TRUE(rotated.ok()) << rotated.output;
  remember_secrets_in(rotated.output);
  const HttpAnswer said{.body = rotated.output};
  EXPECT_EQ(token_status(client.id + ":" + said.text("client_secret")), "200");
  EXPECT_EQ(token_status(client.basic()), "200");
}

TEST_F(MachineClients, ASecretRotatedNowEndsAtOnceWithItsTokens) {
  const auto token = service_token(client);
  const auto rotated = first.gatehouse({"service", "rotate-secret", client.id, "--now", "--json"});
  ASSERT_TRUE(rotated.ok()) << rotated.output;
  remember_secrets_in(rotated.output);
  EXPECT_EQ(token_status(client.basic()), "401");
  auto check =
      json_call(first.http("/v1/internal/services/validate-token"), R"({"token":")" + token + R"("})");
  EXPECT_EQ(send(check).boolean("valid"), false);
  EXPECT_EQ(token_status(client.id + ":" + HttpAnswer{.body = rotated.output}.text("client_secret")), "200");
}

TEST_F(MachineClients, AScopeGrantedOnTheCommandLineWorksAtOnce) {
  const auto newcomer = new_client({});
  auto call = form(first.http("/token/generate"), "user_id=42");
  call.basic = newcomer.basic();
  EXPECT_EQ(send(call).status, 403);
  ASSERT_TRUE(first.gatehouse({"service", "grant-scope", newcomer.id, "auth:token"}).ok());
  EXPECT_EQ(send(call).status, 200);
  ASSERT_TRUE(first.gatehouse({"service", "revoke-scope", newcomer.id, "auth:token"}).ok());
  EXPECT_EQ(send(call).status, 403);
}

TEST_F(MachineClients, AServiceMadeOnTheCommandLineIsInTheListAndGetsTokens) {
  const auto made = first.gatehouse({"service", "create", "from the command line", "--json"});
  ASSERT_TRUE(made.ok()) << made.output;
  remember_secrets_in(made.output);
  const HttpAnswer said{.body = made.output};
  EXPECT_EQ(token_status(said.text("client_id") + ":" + said.text("client_secret")), "200");
  const auto list = first.gatehouse({"service", "list"});
  EXPECT_TRUE(list.says(said.text("client_id")));
  EXPECT_FALSE(list.says(said.text("client_secret")));
}

TEST_F(MachineClients, AnUnknownScopeAndAnUnknownClientAreRefusedInWords) {
  const auto scope = first.gatehouse({"service", "grant-scope", client.id, "auth:everything"});
  EXPECT_FALSE(scope.ok());
  const auto stranger = first.gatehouse({"service", "grant-scope", "svc_000000000000", "auth:token"});
  EXPECT_FALSE(stranger.ok());
  EXPECT_TRUE(stranger.says("Client not found")) << stranger.output;
}

TEST_F(MachineClients, ACommandThatIsNoneIsNamed) {
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{"nope"}, {"service", "nope"}}) {
    const auto said = first.gatehouse(wrong);
    EXPECT_FALSE(said.ok());
    EXPECT_TRUE(said.says("there is no command \"nope\"")) << said.output;
  }
}

TEST_F(MachineClients, AnInternalJwtOfTheCommandLineIsNoServiceToken) {
  const auto jwt = first.script({"generate_jwt", "--subject=teslamate", "--duration=1h"});
  ASSERT_TRUE(jwt.ok()) << jwt.output;
  const std::string token = jwt.output.substr(0, jwt.output.find('\n'));
  remember_secret(token);
  EXPECT_FALSE(is_valid(token));
  auto call = form(first.http("/token/generate"), "user_id=42");
  call.headers.push_back("Authorization: Bearer " + token);
  EXPECT_EQ(send(call).status, 401);
}

}  // namespace
}  // namespace gatehouse::support
