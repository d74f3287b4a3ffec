// What the LINE bot says, in its three languages: one row a text, one column a language. {0}, {1}, … stand
// for what is filled in.
#pragma once

#include <array>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::flows {

enum class Language { ja, en, zh };
inline constexpr std::array kLanguages{Language::ja, Language::en, Language::zh};
std::string_view name_of(Language language);
// `ja`, `en`, `zh`, also with a region behind (zh-Hans, en_US), in any case.
std::optional<Language> language_named(std::string_view name);

enum class LineText {
  usage,
  created,
  create_needs_note,
  bad_note,
  only_in_private,
  list_title,
  list_more,
  list_empty,
  revoked,
  was_revoked,
  unknown_token,
  no_copy,
  language_set,
  label_id,
  label_token,
  label_note,
  label_status,
  label_created_by,
  label_created_at,
  label_last_used,
  label_expires_at,
  status_active,
  status_revoked,
  status_expired,
  never,
};

struct LineTextRow {
  LineText text;
  std::array<std::string_view, kLanguages.size()> words;  // in the order of kLanguages
};
// Every LineText once, in its order.
const std::array<LineTextRow, static_cast<std::size_t>(LineText::never) + 1>& line_texts();

std::string say(Language language, LineText text, std::initializer_list<std::string_view> filled = {});

}  // namespace gatehouse::flows
