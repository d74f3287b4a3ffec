// gatehouse jwt: internal and admin JWTs, signed with JWT_SECRET itself.
#include <iostream>
#include <memory>

#include "base/error.h"
#include "cmd/admin/commands.h"
#include "flows/token_keys.h"

namespace gatehouse::admin {

namespace {

struct Options {
  std::string secret;
  std::string subject;
  std::string duration = "8760h";
  std::string role;
  std::string user_id;
};

void issue(const Source& source, const Options& options) {
  const auto duration = parse_duration(options.duration);
  if (!duration || *duration == Seconds(0))
    throw Error(Errc::invalid_request, "--duration must be a duration such as 8760h");
  Secret secret(options.secret);
  if (secret.empty()) secret = source.load().jwt_secret;
  if (secret.reveal().size() < 32)
    throw Error(Errc::invalid_request, "the secret must have at least 32 bytes");
  const Time now = SystemClock().now();
  crypto::Claims claims;
  claims.subject = options.subject;
  claims.issued_at = unix_seconds(now);
  claims.expires_at = unix_seconds(now + *duration);
  claims.role = options.role;
  claims.user_id = options.user_id;
  const flows::TokenKeys keys({"", "HS256", secret, {}});
  std::cout << keys.sign(flows::Kind::internal, claims, now) << '\n';
}

}  // namespace

void add_jwt(CLI::App& program, const Source& source) {
  auto options = std::make_shared<Options>();
  auto* jwt = program.add_subcommand("jwt", "An internal JWT, or with --role=admin an admin JWT");
  jwt->add_option("--secret", options->secret, "JWT_SECRET where missing; a flag shows in the process list");
  jwt->add_option("--subject", options->subject, "who will use it, such as teslamate")->required();
  jwt->add_option("--duration", options->duration)->capture_default_str();
  jwt->add_option("--role", options->role)->check(CLI::IsMember({"admin"}));
  // An empty one, as of a variable that is not set, would make a JWT that may touch all.
  jwt->add_option("--user-id", options->user_id, "the one vault user that it may touch")
      ->check([](const std::string& id) {
        return id.empty() ? std::string("--user-id must not be empty") : std::string();
      });
  jwt->callback([&source, options] { issue(source, *options); });
}

}  // namespace gatehouse::admin
