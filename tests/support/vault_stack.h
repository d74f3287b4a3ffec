// The vault beside the whole stack: a provider and a receiver of its webhook where scripts/test has told the
// first and the second instance to look for them. Records that a test makes go with it.
#pragma once

#include <string>
#include <vector>

#include "tests/support/provider.h"
#include "tests/support/stack.h"

namespace gatehouse::support {

class VaultStack : public Stack {
 protected:
  VaultStack();
  ~VaultStack() override;

  // Signed with JWT_SECRET, for this subject.
  std::string internal_jwt(const std::string& subject = "teslamate", const std::string& role = "") const;
  HttpCall with_jwt(HttpCall call, const std::string& jwt = "") const;

  // A user that nobody knows yet, by the open form; with so much life left, and a grant at the provider.
  std::string new_user(std::chrono::seconds life, const std::string& of = "tesla");
  HttpAnswer save(const std::string& user, std::chrono::seconds life, const std::string& jwt = "",
                  const std::string& of = "tesla");
  std::string new_handle(const std::string& user) const;

  static std::string path_of(const std::string& user, const std::string& rest = {}) {
    return "/api/v1/tokens/" + user + rest;
  }
  HttpCall read_call(const std::string& user) const { return read_call(first, user); }
  HttpCall read_call(const Instance& at, const std::string& user, const std::string& rest = {}) const {
    return with_jwt({.url = at.http(path_of(user, rest))});
  }
  HttpCall refresh_call(const Instance& at, const std::string& user) const {
    auto call = with_jwt({.url = at.http(path_of(user, "/refresh"))});
    call.method = "POST";
    return call;
  }
  // As TeslaMate makes it (lib/tesla_api/auth.ex and auth/refresh.ex).
  static HttpCall teslamate_call(const Instance& at, const std::string& handle);

  // A server where the webhook goes.
  static HttpsServer::Options webhook_options(const Instance& instance);

  const Instance second = Instance::second();
  Provider provider{provider_options(first)};

 private:
  static HttpsServer::Options provider_options(const Instance& instance);
  std::vector<std::string> users_;
};

}  // namespace gatehouse::support
