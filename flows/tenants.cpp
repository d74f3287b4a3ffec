#include "flows/tenants.h"

#include "base/error.h"
#include "base/json.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "db/audit.h"
#include "db/dev_tokens.h"
#include "db/login_attempts.h"
#include "db/revocations.h"
#include "db/token_families.h"
#include "db/users.h"
#include "flows/live_token.h"

namespace gatehouse::flows {

namespace {

using db::tenants::KeyKind;

constexpr int kBatch = 1000;

void audit(db::Tx& tx, const Actor& actor, const char* action, const TenantId& tenant, Time now,
           const std::string& detail = "{}") {
  db::audit::record(
      tx, {tenant, now, actor.name, action, tenant.str(), actor.client_address, actor.request_id, detail});
}

Secret add_key(db::Tx& tx, const TenantId& tenant, KeyKind kind, Time now) {
  const bool is_public = kind == KeyKind::public_key;
  Secret key((is_public ? "pub_" : "sec_") + crypto::random_token(24));
  const std::string text = is_public ? std::string(key.reveal()) : std::string();
  db::tenants::add_key(tx, tenant, {kind, crypto::sha256(key.reveal()), text}, now);
  return key;
}

void lock(db::Tx& tx, const TenantId& tenant) {
  if (!db::tenants::lock(tx, tenant)) throw Error(Errc::not_found, "tenant not found");
}

}  // namespace

TenantId tenant_named(std::string_view text) {
  const auto id = parse_tenant_id(text);
  if (!id) throw Error(Errc::not_found, "tenant not found");
  return *id;
}

void require_tenant(db::Tx& tx, const TenantId& tenant) {
  if (!db::tenants::find(tx, tenant)) throw Error(Errc::not_found, "tenant not found");
}

NewTenant create_tenant(db::Connection& db, const Actor& actor, std::string_view name, Time now) {
  const auto id = TenantId::trusted(std::string(TenantId::kPrefix) + crypto::random_id(TenantId::kRandom));
  auto tx = db.begin();
  db::tenants::insert(tx, id, name, now);
  const Secret public_key = add_key(tx, id, KeyKind::public_key, now);
  Secret secret_key = add_key(tx, id, KeyKind::secret_key, now);
  audit(tx, actor, "tenant.created", id, now);
  tx.commit();
  return {id, std::string(public_key.reveal()), std::move(secret_key)};
}

std::optional<db::tenants::KeyOwner> find_key_owner(db::Connection& db, std::string_view key, Time now) {
  return db::tenants::find_by_key(db, crypto::sha256(key), now);
}

Secret rotate_tenant_key(db::Connection& db, const Actor& actor, const TenantId& tenant, KeyKind kind,
                         Seconds overlap, Time now, std::string_view presented) {
  auto tx = db.begin();
  lock(tx, tenant);
  // It was good when the request came, and may have been replaced while this one waited for the lock: who has
  // stolen it and keeps asking could otherwise not be locked out.
  if (!presented.empty() && !db::tenants::find_by_key(tx, crypto::sha256(presented), now))
    throw Error(Errc::invalid_token, "tenant not found");
  if (overlap > Seconds(0) && db::tenants::count_live_keys(tx, tenant, kind, now) > 1) {
    throw Error(
        Errc::conflict,
        "Two keys of this kind are live already: wait for the end of their overlap, or rotate without one");
  }
  db::tenants::expire_keys(tx, tenant, kind, overlap > Seconds(0) ? now + overlap : kAtOnce);
  Secret key = add_key(tx, tenant, kind, now);
  audit(tx, actor, "tenant.key_rotated", tenant, now,
        json::Object()
            .add("kind", kind == KeyKind::public_key ? "public" : "secret")
            .add("overlap_seconds", static_cast<std::int64_t>(overlap.count()))
            .str());
  tx.commit();
  return key;
}

namespace {

// From here on it is gone for everybody else. False where that was so before: it was deleted once, by one.
// What its tokens are held against is written again, for that may have expired meanwhile.
bool end_tenant(db::Connection& db, const Actor& actor, const TenantId& tenant, Seconds longest_token,
                Time now) {
  auto tx = db.begin();
  const auto ending = db::tenants::end(tx, tenant, now);
  if (ending == db::tenants::Ending::missing) throw Error(Errc::not_found, "tenant not found");
  db::tenants::expire_keys(tx, tenant, KeyKind::public_key, kAtOnce);
  db::tenants::expire_keys(tx, tenant, KeyKind::secret_key, kAtOnce);
  db::revocations::revoke(tx, {tenant_key(tenant.str()), kEveryVersion, kAtOnce, now + longest_token});
  const bool ended = ending == db::tenants::Ending::now;
  if (ended) audit(tx, actor, "tenant.deleted", tenant, now);
  tx.commit();
  return ended;
}

void remove_what_is_its_own(db::Connection& db, const TenantId& tenant) {
  while (db::dev_tokens::delete_of_tenant(db, tenant, kBatch) == kBatch) {
  }
  const auto in_batches = [&](auto remove_some) {
    for (std::int64_t gone = kBatch; gone == kBatch;) {
      auto tx = db.begin();
      gone = remove_some(tx, tenant, kBatch);
      tx.commit();
    }
  };
  in_batches(db::users::remove_some);
  in_batches(db::login_attempts::delete_some);
  while (db::token_families::delete_of_tenant(db, tenant, kBatch) == kBatch) {
  }
  auto tx = db.begin();
  db::tenants::remove(tx, tenant);
  tx.commit();
}

}  // namespace

bool delete_tenant(db::Connection& db, const Actor& actor, const TenantId& tenant, Seconds longest_token,
                   Time now) {
  if (tenant == default_tenant())
    throw Error(Errc::invalid_request, "The installation's own tenant cannot be deleted");
  const bool ended = end_tenant(db, actor, tenant, longest_token, now);
  try {
    remove_what_is_its_own(db, tenant);
  } catch (const Error& error) {
    if (error.code() != Errc::unavailable) throw;
    throw Error(Errc::unavailable, {}, error.cause())
        .with_message("The tenant has ended, but not all that is its own is gone yet: delete it again");
  }
  return ended;
}

}  // namespace gatehouse::flows
