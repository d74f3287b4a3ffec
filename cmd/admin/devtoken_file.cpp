#include "cmd/admin/devtoken_file.h"

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

// What is wrong with it is added to `faults`.
flows::ForeignToken token_in(const std::string& id, const json::Value& entry, std::string& faults) {
  const auto wrong = [&](const std::string& what) { faults += "\n" + id + ": " + what; };
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

std::vector<flows::ForeignToken> dev_tokens_in(const std::string& text) {
  const auto document = json::Document::parse(text);
  if (!document.root().is_object())
    throw Error(Errc::invalid_request, R"(The file must be one JSON object: {"jt_…": {"token": …}, …})");
  std::vector<flows::ForeignToken> tokens;
  std::string faults;
  for (const auto& [id, written] : json::written_members(text)) {
    const auto entry = json::Document::parse(written);
    if (entry.root().is_object()) {
      tokens.push_back(token_in(id, entry.root(), faults));
    } else {
      faults += "\n" + id + ": must be an object";
    }
  }
  if (!faults.empty()) throw Error(Errc::invalid_request, "Nothing was imported:" + faults);
  return tokens;
}

}  // namespace gatehouse::admin
