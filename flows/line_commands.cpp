#include "flows/line_commands.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/error.h"
#include "base/json.h"
#include "base/plain_text.h"
#include "db/audit.h"
#include "db/line.h"
#include "db/users.h"

namespace gatehouse::flows {

namespace {

constexpr int kListed = 20;
// LINE takes 5000 characters (UTF-16 units) of text and refuses the whole message beyond; some are left for
// the line that says how many more there are.
constexpr std::size_t kLongestList = 4800;
constexpr int kMostCounted = 20'000;

// One command at work.
struct Chat {
  db::Connection& db;
  const Reveal& reveal;
  const LineMessage& message;
  const Actor& actor;
  Time now;
  Language language;

  std::string say(LineText text, std::initializer_list<std::string_view> filled = {}) const {
    return flows::say(language, text, filled);
  }
  std::string line(LineText label, std::string_view value) const {
    return say(label) + ": " + std::string(value) + "\n";
  }
  std::string time(const std::optional<Time>& at) const {
    return at ? to_rfc3339(*at) : say(LineText::never);
  }
  std::string status(const db::dev_tokens::TokenRow& token) const {
    switch (state_of(token, now)) {
      case DevTokenState::active:
        return say(LineText::status_active);
      case DevTokenState::revoked:
        return say(LineText::status_revoked);
      case DevTokenState::expired:
        return say(LineText::status_expired);
    }
    return {};
  }
};

// The first word, which is taken off. An ideographic space (U+3000), which Japanese keyboards give, counts.
std::string take_word(std::string& text) {
  for (auto at = text.find("\u3000"); at != std::string::npos; at = text.find("\u3000"))
    text.replace(at, 3, " ");
  const auto begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  const auto end = std::min(text.find_first_of(" \t\r\n", begin), text.size());
  std::string word = text.substr(begin, end - begin);
  text = text.substr(std::min(text.find_first_not_of(" \t\r\n", end), text.size()));
  return word;
}

std::string without_end(std::string text) {
  text.resize(text.find_last_not_of(" \t\r\n") + 1);
  return text;
}

// Shown again to whoever wrote it: bounded, and nothing that could pass for other text.
std::string quoted_id(const std::string& id) {
  return id.size() <= 64 && is_plain_text(id) ? id : std::string("?");
}

std::string create(const Chat& chat, std::string rest) {
  if (!chat.message.is_private) return chat.say(LineText::only_in_private);
  const std::string note = without_end(std::move(rest));
  if (note.empty()) return chat.say(LineText::create_needs_note);
  if (note.size() > kLongestNote || !is_plain_text(note)) return chat.say(LineText::bad_note);
  const auto made =
      create_dev_token(chat.db, chat.reveal, chat.actor, {default_tenant(), note, std::nullopt}, chat.now);
  return chat.say(LineText::created) + "\n" + chat.line(LineText::label_id, made.row.id.str()) +
         chat.line(LineText::label_token, made.token.reveal()) + chat.line(LineText::label_note, note);
}

// As LINE counts.
std::size_t utf16_units(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) != 0x80U) count += byte >= 0xF0U ? 2 : 1;
  }
  return count;
}

std::string list(const Chat& chat) {
  const auto count = db::dev_tokens::count(chat.db, kMostCounted);
  if (count == 0) return chat.say(LineText::list_empty);
  const std::string or_more = count == kMostCounted ? "+" : "";
  std::string text = chat.say(LineText::list_title, {std::to_string(count) + or_more}) + "\n";
  std::int64_t listed = 0;
  std::size_t room = kLongestList - utf16_units(text);
  for (const auto& token : db::dev_tokens::newest(chat.db, kListed)) {
    const std::string entry = "\n" + token.id.str() + " [" + chat.status(token) + "]\n" + token.note + "\n" +
                              chat.line(LineText::label_created_at, chat.time(token.created_at)) +
                              chat.line(LineText::label_last_used, chat.time(token.last_used));
    if (utf16_units(entry) > room) break;
    room -= utf16_units(entry);
    text += entry;
    ++listed;
  }
  if (count > listed)
    text += "\n" + chat.say(LineText::list_more, {std::to_string(count - listed) + or_more});
  return text;
}

std::string revoke(const Chat& chat, const std::string& id) {
  const bool changed = revoke_dev_token(chat.db, chat.actor, id, chat.now);
  return chat.say(changed ? LineText::revoked : LineText::was_revoked, {quoted_id(id)});
}

std::string info(const Chat& chat, const std::string& id, const std::string& flag) {
  const bool reveals = flag == "--reveal" || flag == "reveal" || flag == "—reveal";
  if (reveals && !chat.message.is_private) return chat.say(LineText::only_in_private);
  const auto token = dev_token(chat.db, id);
  std::string shown = "********";
  if (reveals) {
    if (!token.sealed || !chat.reveal.keeps_copies) return chat.say(LineText::no_copy);
    shown = reveal_dev_token(chat.db, chat.reveal, chat.actor, id, chat.now).reveal();
  }
  return chat.line(LineText::label_id, token.id.str()) + chat.line(LineText::label_token, shown) +
         chat.line(LineText::label_note, token.note) + chat.line(LineText::label_status, chat.status(token)) +
         chat.line(LineText::label_created_by, token.created_by) +
         chat.line(LineText::label_created_at, chat.time(token.created_at)) +
         chat.line(LineText::label_last_used, chat.time(token.last_used)) +
         chat.line(LineText::label_expires_at, chat.time(token.expires_at));
}

std::string set_language(const Chat& chat, const std::string& name) {
  const auto language = language_named(name);
  if (!language) return chat.say(LineText::usage);
  const std::string& user_id = chat.message.user_id;
  auto tx = chat.db.begin();
  if (db::line::set_language(tx, user_id, name_of(*language))) {
    db::audit::Entry entry{default_tenant(),     chat.now, chat.actor.name,
                           "line.language_set",  user_id,  chat.actor.client_address,
                           chat.actor.request_id};
    entry.detail = json::Object().add("language", name_of(*language)).str();
    db::audit::record(tx, entry);
  }
  tx.commit();
  return say(*language, LineText::language_set);
}

std::string answer(const Chat& chat, std::string rest) {
  const std::string command = ascii_lower(take_word(rest));
  if (command == "create") return create(chat, std::move(rest));
  if (command == "list") return list(chat);
  const std::string what = take_word(rest);
  if (command == "lang") return set_language(chat, what);
  if (what.empty() || (command != "revoke" && command != "info")) return chat.say(LineText::usage);
  try {
    return command == "revoke" ? revoke(chat, what) : info(chat, what, ascii_lower(take_word(rest)));
  } catch (const Error& error) {
    if (error.code() == Errc::conflict) return chat.say(LineText::no_copy);
    if (error.code() != Errc::not_found) throw;
    return chat.say(LineText::unknown_token, {quoted_id(what)});
  }
}

}  // namespace

bool is_recent_event(std::int64_t happened_at_ms, Time now) {
  constexpr Seconds kOldest = kLineEventsKept - Seconds(3600);
  constexpr Seconds kSkew{300};  // LINE's clock and ours
  const Seconds age{unix_seconds(now) - happened_at_ms / 1000};
  return age <= kOldest && age >= -kSkew;
}

Language language_of(db::Connection& db, const std::string& line_user_id) {
  if (const auto chosen = db::line::language(db, line_user_id))
    return language_named(*chosen).value_or(Language::ja);
  const auto id = parse_any_user_id(line_user_id);
  auto tx = db.begin();
  const auto user = id ? db::users::find(tx, default_tenant(), *id) : std::nullopt;
  if (!user) return Language::ja;
  const auto profile = json::Document::parse(user->profile);
  const auto member = profile.root().find("language");
  return language_named(member ? member->text().value_or("") : "").value_or(Language::ja);
}

std::optional<std::string> line_command(db::Connection& db, const Reveal& reveal, const LineMessage& message,
                                        const Actor& actor, Time now) {
  std::string rest = message.text;
  if (ascii_lower(take_word(rest)) != "devtoken") return std::nullopt;
  const Chat chat{db, reveal, message, actor, now, language_of(db, message.user_id)};
  return answer(chat, std::move(rest));
}

}  // namespace gatehouse::flows
