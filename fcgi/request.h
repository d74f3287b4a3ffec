// One HTTP request as the handlers see it. Plain members, so that a test can build one by hand; everything in
// it but the caller comes from the client or from nginx and is not to be trusted further than that.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "fcgi/who.h"

namespace gatehouse::fcgi {

// HEAD arrives as get with `Request::head`. `options` is answered by the router; `other` is any method that
// no route can have.
enum class Method { get, post, put, patch, del, options, other };

// Names are case-sensitive (RFC 9110 section 9.1). HEAD is get: the caller looks for it.
Method parse_method(std::string_view name);
std::string_view name_of(Method method);
// Whether a body means something to this method; elsewhere it is not looked at.
bool has_body(Method method);

// Who asked, once authenticate has found out.
struct Caller {
  Who kind = Who::open;
  std::string subject;  // svc_…, usr_…, a JWT's sub
  std::string tenant;
  std::vector<std::string> scopes;
  std::string token_id;
  std::optional<std::string> only_user;  // internal_jwt: the one vault user that it may touch
  std::int64_t token_version = 0;        // client: of the tokens that it gets; user: of the JWT
  std::optional<Time>
      credential_expires_at;  // client: set while the secret it used is on its way out; user: the JWT's

  bool has_scope(std::string_view scope) const;
};

struct Request {
  Method method = Method::get;
  bool head = false;
  std::string path;   // as it came, percent-encoding and all
  std::string query;  // likewise, without the `?`
  std::string content_type;
  std::string body;
  bool body_too_large = false;  // then `body` is empty
  std::string authorization;
  bool authorization_repeated = false;  // then nobody can tell which one was meant
  std::string user_agent;
  std::string request_id;
  std::string client_address;
  bool from_private_network = false;
  bool https = false;
  std::string line_signature;  // X-Line-Signature
  // nginx's, where it asks before it lets a request through to somebody else's program: what the location
  // wants of a credential, and whose request it is about.
  std::string gate_requires;
  std::string gate_method;
  std::string gate_path;  // as it came, without the query

  // From here on the router's and authenticate's.
  std::string_view route_pattern;  // empty: no route was found
  Caller caller;
  std::vector<std::pair<std::string_view, std::string>> path_parameters;  // percent-decoded, valid UTF-8

  // The pattern's {name}; asking for a name that the pattern does not have is a bug and throws.
  const std::string& path_parameter(std::string_view name) const;
  // `content_type` without its parameters, in lower case.
  std::string media_type() const;
};

}  // namespace gatehouse::fcgi
