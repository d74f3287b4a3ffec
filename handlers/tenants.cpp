#include "handlers/tenants.h"

#include "base/error.h"
#include "crypto/digest.h"
#include "flows/tenants.h"
#include "handlers/authenticate.h"
#include "handlers/body.h"

namespace gatehouse::handlers::tenants {

namespace {

using db::tenants::KeyKind;

constexpr std::size_t kLongestName = 200;
constexpr Seconds kUsualOverlap{86400};

[[noreturn]] void refuse_unknown() { throw Error(Errc::not_found, "tenant not found"); }

KeyKind kind_of(const Body& body) {
  const std::string kind = body.text("kind", 16);
  if (kind == "public") return KeyKind::public_key;
  if (kind == "secret") return KeyKind::secret_key;
  throw Error(Errc::invalid_request, R"("kind" must be public or secret)");
}

}  // namespace

// POST /v1/tenants -> 201. The secret key is in this answer and nowhere else, ever.
fcgi::Response create(const fcgi::Request& request, Services& services) {
  const std::string name = Body::json(request).line("name", kLongestName);
  const Time now = services.clock.now();
  const auto made = flows::create_tenant(services.db, actor_of(request), name, now);
  return fcgi::no_store(fcgi::json(201, json::Object()
                                            .add("id", made.id.str())
                                            .add("name", name)
                                            .add("public_key", made.public_key)
                                            .add("secret_key", made.secret_key.reveal())
                                            .add("created_at", to_rfc3339(now))));
}

// GET /v1/tenants/{tenant_id} -> 200. The hash is of a random key: it gives nothing away.
fcgi::Response show(const fcgi::Request& request, Services& services) {
  const auto id = parse_tenant_id(request.path_parameter("tenant_id"));
  if (!id) refuse_unknown();
  auto tx = services.db.begin();
  const auto tenant = db::tenants::find(tx, *id);
  if (!tenant) refuse_unknown();
  json::Object answer;
  answer.add("id", tenant->id.str()).add("name", tenant->name);
  if (tenant->secret_key_hash) {
    answer.add("api_secret_key_hash", crypto::hex(*tenant->secret_key_hash));
  } else {
    answer.add_json("api_secret_key_hash", "null");
  }
  if (tenant->public_key) {
    answer.add("api_public_key", *tenant->public_key);
  } else {
    answer.add_json("api_public_key", "null");
  }
  return fcgi::json(200, answer.add("created_at", to_rfc3339(tenant->created_at)));
}

// POST /v1/tenants/{tenant_id}/keys/rotate -> 200. The new key is in this answer; the old one works until its
// end.
fcgi::Response rotate_key(const fcgi::Request& request, Services& services) {
  // Somebody else's tenant does not exist.
  if (request.path_parameter("tenant_id") != request.caller.tenant) refuse_unknown();
  const Body body = Body::json(request);
  const KeyKind kind = kind_of(body);
  const Seconds overlap(body.optional_integer("overlap_seconds", 0, flows::kLongestOverlap.count())
                            .value_or(kUsualOverlap.count()));
  const Time now = services.clock.now();
  const auto key =
      flows::rotate_tenant_key(services.db, actor_of(request), TenantId::trusted(request.caller.tenant), kind,
                               overlap, now, bearer_credential(request).value_or(""));
  return fcgi::no_store(
      fcgi::json(200, json::Object()
                          .add("id", request.caller.tenant)
                          .add(kind == KeyKind::public_key ? "public_key" : "secret_key", key.reveal())
                          .add("created_at", to_rfc3339(now))
                          .add("previous_expires_at", to_rfc3339(now + overlap))));
}

}  // namespace gatehouse::handlers::tenants
