#include "flows/line_texts.h"

#include "base/ascii.h"

namespace gatehouse::flows {

namespace {

// clang-format off
constexpr std::array<LineTextRow, static_cast<std::size_t>(LineText::never) + 1> kTexts{{
    {LineText::usage, {
        "開発者トークンのコマンド:\ndevtoken create <メモ>\ndevtoken list\ndevtoken revoke <トークンID>\ndevtoken info <トークンID> [--reveal]\ndevtoken lang <ja|en|zh>",
        "Developer token commands:\ndevtoken create <note>\ndevtoken list\ndevtoken revoke <token id>\ndevtoken info <token id> [--reveal]\ndevtoken lang <ja|en|zh>",
        "开发者 Token 命令：\ndevtoken create <备注>\ndevtoken list\ndevtoken revoke <Token ID>\ndevtoken info <Token ID> [--reveal]\ndevtoken lang <ja|en|zh>"}},
    {LineText::created, {
        "トークンを作成しました。表示されるのは今回だけです。安全に保管してください。",
        "The token was created. It is shown this once: keep it safe.",
        "Token 已创建。仅显示这一次，请妥善保管。"}},
    {LineText::create_needs_note, {
        "メモを付けてください: devtoken create <メモ>",
        "Please add a note: devtoken create <note>",
        "请添加备注：devtoken create <备注>"}},
    {LineText::bad_note, {
        "メモは200バイト以内で、制御文字を含まないものにしてください。",
        "A note has at most 200 bytes and no control characters.",
        "备注最多 200 字节，且不能包含控制字符。"}},
    {LineText::only_in_private, {
        "トークンは1対1のトークでのみ表示します。ボットに直接お送りください。",
        "Tokens are shown in one-to-one chats only. Please write to the bot directly.",
        "Token 仅在一对一聊天中显示，请直接向机器人发送。"}},
    {LineText::list_title, {"トークン一覧 ({0}件):", "Tokens ({0}):", "Token 列表（{0} 个）："}},
    {LineText::list_more, {
        "ほかに{0}件あります。サーバーで scripts/gatehouse devtoken list を実行してください。",
        "{0} more: run scripts/gatehouse devtoken list on the server.",
        "另有 {0} 个：请在服务器上运行 scripts/gatehouse devtoken list。"}},
    {LineText::list_empty, {"トークンはありません。", "There are no tokens.", "没有 Token。"}},
    {LineText::revoked, {"{0} を無効にしました。", "{0} was revoked.", "{0} 已撤销。"}},
    {LineText::was_revoked, {"{0} はすでに無効です。", "{0} was revoked already.", "{0} 之前已被撤销。"}},
    {LineText::unknown_token, {"{0} は存在しません。", "{0} does not exist.", "{0} 不存在。"}},
    {LineText::no_copy, {
        "このトークンの控えは保存されていません。",
        "No copy of this token is kept.",
        "未保存此 Token 的副本。"}},
    {LineText::language_set, {"日本語でお答えします。", "Answers are in English from now on.", "今后将以中文回复。"}},
    {LineText::label_id, {"トークンID", "Token ID", "Token ID"}},
    {LineText::label_token, {"トークン", "Token", "Token"}},
    {LineText::label_note, {"メモ", "Note", "备注"}},
    {LineText::label_status, {"状態", "Status", "状态"}},
    {LineText::label_created_by, {"作成者", "Created by", "创建者"}},
    {LineText::label_created_at, {"作成日時", "Created at", "创建时间"}},
    {LineText::label_last_used, {"最終使用", "Last used", "最后使用"}},
    {LineText::label_expires_at, {"有効期限", "Expires at", "到期时间"}},
    {LineText::status_active, {"有効", "Active", "有效"}},
    {LineText::status_revoked, {"無効", "Revoked", "已撤销"}},
    {LineText::status_expired, {"期限切れ", "Expired", "已过期"}},
    {LineText::never, {"なし", "never", "无"}},
}};
// clang-format on

constexpr bool every_text_has_its_row() {
  for (std::size_t i = 0; i < kTexts.size(); ++i) {
    if (kTexts[i].text != static_cast<LineText>(i)) return false;
    for (const auto words : kTexts[i].words) {
      if (words.empty()) return false;
    }
  }
  return true;
}
static_assert(every_text_has_its_row(), "kTexts must have every LineText in its order, in every language");

}  // namespace

std::string_view name_of(Language language) {
  static constexpr std::array<std::string_view, kLanguages.size()> kNames{"ja", "en", "zh"};
  return kNames[static_cast<std::size_t>(language)];
}

std::optional<Language> language_named(std::string_view name) {
  const std::string two = ascii_lower(std::string(name.substr(0, 2)));
  if (name.size() > 2 && name[2] != '-' && name[2] != '_') return std::nullopt;
  for (const auto language : kLanguages) {
    if (two == name_of(language)) return language;
  }
  return std::nullopt;
}

const std::array<LineTextRow, static_cast<std::size_t>(LineText::never) + 1>& line_texts() { return kTexts; }

std::string say(Language language, LineText text, std::initializer_list<std::string_view> filled) {
  std::string words(kTexts[static_cast<std::size_t>(text)].words[static_cast<std::size_t>(language)]);
  int number = 0;
  for (const auto with : filled) {
    const std::string place = "{" + std::to_string(number++) + "}";
    const auto at = words.find(place);
    if (at != std::string::npos) words.replace(at, place.size(), with);
  }
  return words;
}

}  // namespace gatehouse::flows
