// The keys of VAULT_KEYS: known by fingerprint, and everything sealed anew under the first of them while all
// goes on.
#include "flows/seal_keys.h"

#include <gmock/gmock.h>

#include "db/sealed.h"
#include "flows/outbox.h"
#include "tests/support/vault_test.h"

namespace gatehouse::flows {
namespace {

using testing::HasSubstr;

constexpr const char* kOther = "k2:ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";

class SealKeysTest : public support::VaultTest {
 protected:
  SealKeysTest() {
    for (const auto* table :
         {"seal_keys", "vault_records", "signing_keys", "dev_tokens", "coze_answers", "outbox"})
      support::raw(owner, std::string("DELETE FROM ") + table);
  }
  std::int64_t under(const std::string& key_id) {
    std::int64_t sum = 0;
    for (const auto& use : uses_of_seal_keys(owner)) sum += use.key_id == key_id ? use.count : 0;
    return sum;
  }
  const crypto::SealKeys both = crypto::SealKeys::parse(std::string(kOther) + "," + support::kVaultKeys);
  const crypto::SealKeys new_only = crypto::SealKeys::parse(kOther);
};

TEST_F(SealKeysTest, AnotherKeyUnderAKnownIdIsAFault) {
  remember_seal_keys(owner, seal, time());
  EXPECT_FALSE(fault_of_seal_keys(worker, seal));
  const auto other = crypto::SealKeys::parse("k1:" + std::string(kOther).substr(3));
  remember_seal_keys(owner, other, time());  // the first to be known stays
  EXPECT_THAT(fault_of_seal_keys(worker, other).value(), HasSubstr("the key k1 is another one"));
  EXPECT_FALSE(fault_of_seal_keys(worker, both));
}

TEST_F(SealKeysTest, TheFingerprintGivesNothingOfTheKeyAway) {
  remember_seal_keys(owner, seal, time());
  EXPECT_EQ(db::sealed::find_fingerprint(owner, "k1")->size(), 16U);
  EXPECT_EQ(seal.sealing().bytes.reveal().find(*db::sealed::find_fingerprint(owner, "k1")),
            std::string::npos);
}

TEST_F(SealKeysTest, AKeyThatIsStillUsedMustNotBeMissing) {
  new_record();
  EXPECT_FALSE(fault_of_seal_keys(owner, both, true));
  EXPECT_THAT(fault_of_seal_keys(owner, new_only, true).value(),
              HasSubstr("1 of vault_records.access_sealed are sealed under the key k1, which is missing"));
}

TEST_F(SealKeysTest, ResealingMovesEverythingAndItStaysReadable) {
  const auto user = new_record();
  ensure(user);  // a token before this one as well
  for (int i = 0; i < 250; ++i) new_record();
  db::outbox::insert(worker, outbox_message(seal, "test", "body", Seconds(60), time()));
  support::raw(owner, "INSERT INTO coze_answers (answer_id, sealed, leased_until) VALUES ('a', '\\x" +
                          crypto::hex(crypto::seal(seal, "answer", "coze_answers.sealed:a")) + "', now())");
  EXPECT_EQ(under("k1"), 2 * 251 + 1 + 2);
  const auto moved = reseal(owner, both);
  EXPECT_EQ(moved.count, 2 * 251 + 1 + 2);
  EXPECT_EQ(moved.unreadable, 0);
  EXPECT_EQ(under("k1"), 0);
  EXPECT_FALSE(fault_of_seal_keys(owner, new_only, true));
  const Vault now_under{worker, https, providers, new_only, clock};
  EXPECT_THAT(open_access_token(now_under, record(user)), HasSubstr("upstream-access-"));
  later(Seconds(28790));
  EXPECT_EQ(ensure_fresh(now_under, actor, user, Wish::when_dying).freshness, Freshness::good);
  EXPECT_EQ(reseal(owner, both).count, 0);
}

TEST_F(SealKeysTest, WhatDoesNotOpenIsCountedAndLeftAlone) {
  const auto user = new_record();
  support::raw(owner,
               "UPDATE vault_records SET access_sealed = set_byte(access_sealed, 20, get_byte(access_sealed, "
               "20) # 1)");
  const auto moved = reseal(owner, both);
  EXPECT_EQ(moved.unreadable, 1);
  EXPECT_EQ(moved.count, 1);
  EXPECT_EQ(under("k1"), 1);
}

// Every column of bytes that are sealed is walked; what is not, is listed here by hand.
TEST_F(SealKeysTest, EveryColumnOfBytesIsResealedOrIsNoneThatIsSealed) {
  std::string walked = "''";
  for (const auto& column : db::sealed::columns())
    walked += ", '" + std::string(column.table) + "." + std::string(column.column) + "'";
  std::vector<std::string> others;
  for (const auto& row : support::raw(
           owner,
           "SELECT c.relname || '.' || a.attname AS value FROM pg_class c JOIN pg_attribute a ON a.attrelid "
           "= c.oid "
           "WHERE c.relnamespace = 'gatehouse'::regnamespace AND c.relkind IN ('r', 'p') AND a.attname LIKE "
           "'%sealed' AND NOT a.attisdropped AND c.relname || '.' || a.attname NOT IN (" +
               walked + ")"))
    others.push_back(row.text("value"));
  EXPECT_THAT(others, testing::IsEmpty());
}

}  // namespace
}  // namespace gatehouse::flows
