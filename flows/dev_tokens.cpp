#include "flows/dev_tokens.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/error.h"
#include "base/plain_text.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "db/audit.h"
#include "flows/tenants.h"

namespace gatehouse::flows {

namespace {

constexpr std::size_t kTokenBytes = 32;

std::string aad(const TenantId& tenant, const DevTokenId& id) {
  return "dev_tokens.sealed:" + tenant.str() + ":" + id.str();
}

std::optional<std::string> copy_of(const Reveal& reveal, const TenantId& tenant, const DevTokenId& id,
                                   const Secret& token) {
  if (!reveal.keeps_copies) return std::nullopt;
  return crypto::seal(reveal.keys, token.reveal(), aad(tenant, id));
}

void audit(db::Tx& tx, const Actor& actor, const char* action, const TenantId& tenant, const DevTokenId& id,
           Time now) {
  db::audit::record(tx, {tenant, now, actor.name, action, id.str(), actor.client_address, actor.request_id});
}

[[noreturn]] void refuse_unknown(std::string_view id) {
  throw Error(Errc::not_found, "Token not found")
      .with_message("Token " + std::string(id) + " does not exist");
}

TenantId tenant_of(db::Connection& db, std::string_view id) {
  const auto parsed = DevTokenId::parse(id);
  auto tenant = parsed ? db::dev_tokens::find_tenant(db, *parsed) : std::nullopt;
  if (!tenant) refuse_unknown(id);
  return *tenant;
}

void require_note(const std::string& note) {
  if (note.find_first_not_of(' ') == std::string::npos)
    throw Error(Errc::invalid_request, "\"note\" is required");
  if (note.size() > kLongestNote || !is_plain_text(note)) {
    throw Error(Errc::invalid_request, "\"note\" must be at most " + std::to_string(kLongestNote) +
                                           " bytes of UTF-8 without control or direction characters");
  }
}

db::dev_tokens::NewToken row_of(const Reveal& reveal, const TenantId& tenant, const ForeignToken& token,
                                Time now) {
  const auto id = DevTokenId::parse(token.id);
  if (!id) throw Error(Errc::invalid_request, token.id + " is no id such as jt_abc123def456");
  db::dev_tokens::NewToken row{{*id, tenant, token.note, token.created_by, token.created_at, std::nullopt,
                                token.last_used, token.revoked ? std::optional(now) : std::nullopt},
                               crypto::sha256(token.token.reveal()),
                               copy_of(reveal, tenant, *id, token.token)};
  return row;
}

}  // namespace

NewDevToken create_dev_token(db::Connection& db, const Reveal& reveal, const Actor& actor,
                             const DevTokenRequest& request, Time now) {
  require_note(request.note);
  const auto id =
      DevTokenId::trusted(std::string(DevTokenId::kPrefix) + crypto::random_id(DevTokenId::kRandom));
  Secret token(crypto::random_token(kTokenBytes));
  std::optional<Time> expires_at;
  if (request.lives) expires_at = now + *request.lives;
  const db::dev_tokens::NewToken row{
      {id, request.tenant, request.note, actor.name, now, expires_at, std::nullopt, std::nullopt},
      crypto::sha256(token.reveal()),
      copy_of(reveal, request.tenant, id, token)};
  auto tx = db.begin();
  require_tenant(tx, request.tenant);
  db::dev_tokens::insert(tx, row);
  audit(tx, actor, "devtoken.created", request.tenant, id, now);
  tx.commit();
  return {row, std::move(token)};
}

std::optional<db::dev_tokens::Owner> find_dev_token(db::Connection& db, std::string_view token, Time now) {
  return db::dev_tokens::find_by_hash(db, crypto::sha256(token), now);
}

db::dev_tokens::TokenWithCopy dev_token(db::Connection& db, std::string_view id) {
  const TenantId tenant = tenant_of(db, id);
  auto tx = db.begin();
  const auto token = db::dev_tokens::find(tx, tenant, DevTokenId::trusted(std::string(id)));
  if (!token) refuse_unknown(id);
  return *token;
}

Secret reveal_dev_token(db::Connection& db, const Reveal& reveal, const Actor& actor, std::string_view id,
                        Time now) {
  const auto token = dev_token(db, id);
  if (!reveal.keeps_copies) {
    throw Error(Errc::conflict, "No token is shown again").with_message("DEVTOKEN_REVEAL is off");
  }
  if (!token.sealed) {
    throw Error(Errc::conflict, "No copy of this token is kept")
        .with_message("DEVTOKEN_REVEAL was off when it was made, or has been since");
  }
  auto opened = crypto::open(reveal.keys, *token.sealed, aad(token.tenant, token.id));
  if (!opened) throw Error(Errc::conflict, "No entry of VAULT_KEYS opens the copy of this token");
  auto tx = db.begin();
  audit(tx, actor, "devtoken.revealed", token.tenant, token.id, now);
  tx.commit();
  return Secret(std::move(*opened));
}

bool revoke_dev_token(db::Connection& db, const Actor& actor, std::string_view id, Time now) {
  const TenantId tenant = tenant_of(db, id);
  const auto token = DevTokenId::trusted(std::string(id));
  auto tx = db.begin();
  const bool changed = db::dev_tokens::revoke(tx, tenant, token, now);
  if (changed) audit(tx, actor, "devtoken.revoked", tenant, token, now);
  tx.commit();
  return changed;
}

DevTokenState state_of(const db::dev_tokens::TokenRow& token, Time now) {
  if (token.revoked_at) return DevTokenState::revoked;
  return token.expires_at && *token.expires_at <= now ? DevTokenState::expired : DevTokenState::active;
}

std::string_view name_of(DevTokenState state) {
  switch (state) {
    case DevTokenState::active:
      return "active";
    case DevTokenState::revoked:
      return "revoked";
    case DevTokenState::expired:
      return "expired";
  }
  return "";
}

// RFC 6750 section 2.1, the characters of b64token.
bool is_foreign_token(std::string_view token) {
  return token.size() >= 16 && token.size() <= 256 && std::all_of(token.begin(), token.end(), [](char c) {
           return is_ascii_alphanumeric(c) || std::string_view("-._~+/=").find(c) != std::string_view::npos;
         });
}

Imported import_dev_tokens(db::Connection& db, const Reveal& reveal, const Actor& actor,
                           const TenantId& tenant, const std::vector<ForeignToken>& tokens, Time now) {
  Imported imported;
  auto tx = db.begin();
  require_tenant(tx, tenant);
  for (const auto& token : tokens) {
    const auto row = row_of(reveal, tenant, token, now);
    const auto present = db::dev_tokens::find(tx, tenant, row.id);
    if (present && present->hash == row.hash) {
      ++imported.present;
      // Revoked over there since it was brought here; the other way round it stays revoked.
      if (token.revoked && db::dev_tokens::revoke(tx, tenant, row.id, now)) {
        audit(tx, actor, "devtoken.revoked", tenant, row.id, now);
        ++imported.revoked;
      }
      continue;
    }
    if (present) throw Error(Errc::conflict, token.id + " is here already, with another token");
    try {
      db::dev_tokens::insert(tx, row);
    } catch (const Error& error) {
      if (error.code() != Errc::conflict) throw;
      throw Error(Errc::conflict, token.id + ": its id or its token is here already", error.cause());
    }
    audit(tx, actor, "devtoken.imported", tenant, row.id, now);
    ++imported.added;
  }
  tx.commit();
  return imported;
}

}  // namespace gatehouse::flows
