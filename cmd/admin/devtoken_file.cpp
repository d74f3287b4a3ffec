#include "cmd/admin/devtoken_file.h"

#include <map>

#include "base/error.h"
#include "base/json.h"
#include "base/plain_text.h"
#include "cmd/admin/files.h"

namespace gatehouse::admin {

namespace {

std::string text_in(const json::Value& entry, std::string_view name) {
  const auto member = entry.find(name);
  const auto text = member ? member->text() : std::nullopt;
  return std::string(text.value_or(""));
}

// What the old system had before a token was used.
bool is_never(const std::string& text) { return text.empty() || text == "Never" || text == "never"; }

flows::ForeignToken token_in(std::size_t place, const std::string& id, const json::Value& entry,
                             Faults& faults) {
  const auto wrong = [&](const std::string& what) { faults.add(place, id, what); };
  flows::ForeignToken token;
  token.id = id;
  token.token = Secret(text_in(entry, "token"));
  token.note = text_in(entry, "note");
  token.created_by = text_in(entry, "created_by");
  if (!DevTokenId::parse(id)) wrong("an id is jt_ and 12 to 20 of [a-z0-9]");
  if (!flows::is_foreign_token(token.token.reveal()))
    wrong("\"token\" must be 16 to 256 characters of [A-Za-z0-9._~+/=-]");
  if (token.note.size() > flows::kLongestNote || !is_plain_text(token.note))
    wrong("\"note\" must be at most 200 bytes of plain text");
  if (token.created_by.size() > 200 || !is_plain_text(token.created_by))
    wrong("\"created_by\" must be at most 200 bytes of plain text");
  const auto created_at = parse_local(text_in(entry, "created_at"));
  if (!created_at) wrong("\"created_at\" must be a time such as 2025-01-24 12:00:00");
  token.created_at = created_at.value_or(Time{});
  const std::string last_used = text_in(entry, "last_used");
  if (!is_never(last_used)) {
    token.last_used = parse_local(last_used);
    if (!token.last_used) wrong("\"last_used\" must be a time such as 2025-01-24 15:30:00, or null");
  }
  const auto revoked = entry.find("revoked");
  token.revoked = revoked && revoked->boolean().value_or(false);
  if (revoked && !revoked->is_null() && !revoked->boolean()) wrong("\"revoked\" must be true or false");
  return token;
}

}  // namespace

std::vector<flows::ForeignToken> dev_tokens_in(const std::string& path, const std::string& text) {
  require_object(path, text, R"({"jt_…": {"token": …}, …})");
  std::vector<flows::ForeignToken> tokens;
  std::map<std::string, std::string> seen;  // whose token it is
  Faults faults;
  std::size_t place = 0;
  for (const auto& [id, written] : json::written_members(text)) {
    const auto entry = json::Document::parse(written);
    if (entry.root().is_object()) {
      tokens.push_back(token_in(place, id, entry.root(), faults));
      const auto [other, is_new] = seen.emplace(tokens.back().token.reveal(), id);
      if (!is_new && !other->first.empty()) faults.add(place, id, "has the same token as " + other->second);
    } else {
      faults.add(place, id, "must be an object");
    }
    ++place;
  }
  faults.throw_for(path);
  return tokens;
}

}  // namespace gatehouse::admin
