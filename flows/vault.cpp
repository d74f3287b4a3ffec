#include "flows/vault.h"

#include <algorithm>

#include "base/error.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "db/audit.h"
#include "db/vault_log.h"
#include "flows/vault_webhook.h"

namespace gatehouse::flows {

namespace {

void note(db::Tx& tx, const Actor& actor, std::string_view user_id, const char* action, const char* outcome,
          Time now) {
  db::vault_log::add(
      tx, {std::string(user_id), now, action, outcome, actor.name, actor.client_address, actor.request_id});
}

}  // namespace

std::string vault_place(std::string_view column, std::string_view user_id) {
  return "vault_records." + std::string(column) + "." + std::string(user_id);
}

Time time_to_refresh(Time now, Time expires_at, std::string_view user_id) {
  const auto life = expires_at - now;
  if (life <= Seconds(0)) return now;
  // Of its own, and the same each time: up to a twentieth of the life before three quarters of it.
  const auto share = static_cast<unsigned char>(crypto::sha256(user_id)[0]);
  return now + life * 3 / 4 - life / 20 * share / 256;
}

Saved save_tokens(const Vault& vault, const Actor& actor, const NewTokens& tokens, bool may_replace) {
  const Time now = vault.clock.now();
  db::vault::Saved row{tokens.user_id, tokens.provider, crypto::random_id(16), {}, {}, tokens.expires_at, {}};
  row.access_sealed =
      crypto::seal(vault.seal, tokens.access_token, vault_place("access_sealed", tokens.user_id));
  if (tokens.refresh_token) {
    row.refresh_sealed =
        crypto::seal(vault.seal, *tokens.refresh_token, vault_place("refresh_sealed", tokens.user_id));
    row.refresh_at = time_to_refresh(now, tokens.expires_at, tokens.user_id);
  } else {
    row.refresh_at = std::max(now, tokens.expires_at);  // then the keeper sees that it needs a new login
  }
  auto tx = vault.db.begin();
  Saved saved = Saved::created;
  if (!db::vault::insert(tx, row, now)) {
    if (!may_replace) {
      note(tx, actor, tokens.user_id, "save", "refused", now);
      tx.commit();
      return Saved::refused;
    }
    const auto before = db::vault::replace(tx, row, now);
    if (!before) throw Error(Errc::unavailable, {}, "the record went meanwhile");
    if (*before == "needs_login")
      tell_webhook(tx, vault, VaultNews::works_again, tokens.user_id, tokens.provider);
    saved = Saved::replaced;
  }
  note(tx, actor, tokens.user_id, "save", saved == Saved::created ? "created" : "replaced", now);
  tx.commit();
  return saved;
}

bool delete_tokens(const Vault& vault, const Actor& actor, std::string_view user_id) {
  auto tx = vault.db.begin();
  if (!db::vault::remove(tx, user_id)) return false;
  note(tx, actor, user_id, "delete", "ok", vault.clock.now());
  tx.commit();
  return true;
}

std::optional<Secret> opened(const Vault& vault, std::string_view user_id,
                             const std::optional<std::string>& sealed, const char* column) {
  if (!sealed) return std::nullopt;
  auto token = crypto::open(vault.seal, *sealed, vault_place(column, user_id));
  if (!token)
    throw Error(Errc::internal, {},
                std::string(column) + " of the vault record " + std::string(user_id) + " does not open");
  return Secret(std::move(*token));
}

std::string open_access_token(const Vault& vault, const db::vault::AccessToken& token) {
  return std::string(opened(vault, token.user_id, token.access_sealed, "access_sealed")->reveal());
}

std::string open_refresh_token(const Vault& vault, const db::vault::Record& record) {
  return std::string(
      opened(vault, record.user_id, record.refresh_sealed.value_or(""), "refresh_sealed")->reveal());
}

NewHandle make_handle(const Vault& vault, const Actor& actor, std::string_view user_id) {
  const Time now = vault.clock.now();
  NewHandle made{"hnd_" + crypto::random_id(12), Secret("gh_" + crypto::random_token(24))};
  auto tx = vault.db.begin();
  if (!db::vault::find(tx, user_id)) throw Error(Errc::not_found, "User not found");
  db::vault::insert_handle(tx, {made.id, std::string(user_id), now, actor.name},
                           crypto::sha256(made.handle.reveal()));
  db::audit::record(tx, {default_tenant(), now, actor.name, "vault_handle.created", made.id,
                         actor.client_address, actor.request_id});
  tx.commit();
  return made;
}

bool revoke_handle(const Vault& vault, const Actor& actor, std::string_view user_id,
                   std::string_view handle_id) {
  auto tx = vault.db.begin();
  if (!db::vault::delete_handle(tx, user_id, handle_id)) return false;
  db::audit::record(tx, {default_tenant(), vault.clock.now(), actor.name, "vault_handle.revoked",
                         std::string(handle_id), actor.client_address, actor.request_id});
  tx.commit();
  return true;
}

std::optional<db::vault::HandleOwner> owner_of_handle(const Vault& vault, std::string_view handle) {
  if (!handle.starts_with("gh_") || handle.size() > 64) return std::nullopt;
  return db::vault::find_handle_owner(vault.db, crypto::sha256(handle));
}

}  // namespace gatehouse::flows
