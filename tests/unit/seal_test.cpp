#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "base/base64.h"
#include "base/error.h"
#include "crypto/digest.h"
#include "crypto/seal.h"

namespace gatehouse::crypto {
namespace {

constexpr const char* kAad = "token_families.replay:fam_1";

std::string entry(const std::string& id, char fill) {
  return id + ':' + base64_encode(std::string(32, fill));
}
SealKeys keys(const std::string& setting) { return SealKeys::parse(setting); }

TEST(Seal, OpensWhatItSealed) {
  const SealKeys ring = keys(entry("k1", 'a'));
  for (const std::string& text :
       {std::string(), std::string("x"), std::string("a\0b", 3), std::string(100000, 'z')}) {
    EXPECT_EQ(open(ring, seal(ring, text, kAad), kAad), text);
    EXPECT_EQ(open(ring, seal(ring, text, {}), ""), text);
  }
}

TEST(Seal, HidesThePlaintextAndNeverRepeatsItself) {
  const SealKeys ring = keys(entry("k1", 'a'));
  const std::string sealed = seal(ring, "a refresh token", kAad);
  EXPECT_EQ(sealed.find("refresh"), std::string::npos);
  EXPECT_NE(sealed, seal(ring, "a refresh token", kAad));
  EXPECT_EQ(sealed.size(), 1U + 1U + 2U + 12U + 15U + 16U);
}

TEST(Seal, DoesNotOpenForAnotherPlace) {
  const SealKeys ring = keys(entry("k1", 'a'));
  const std::string sealed = seal(ring, "text", kAad);
  EXPECT_EQ(open(ring, sealed, "token_families.replay:fam_2"), std::nullopt);
  EXPECT_EQ(open(ring, sealed, ""), std::nullopt);
}

TEST(Seal, DoesNotOpenAfterAnyBitWasFlipped) {
  const SealKeys ring = keys(entry("k1", 'a') + ',' + entry("k3", 'a'));
  const std::string sealed = seal(ring, "text", kAad);
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string changed = sealed;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_EQ(open(ring, changed, kAad), std::nullopt) << "bit " << bit;
  }
}

TEST(Seal, DoesNotOpenWhenCutOrLengthened) {
  const SealKeys ring = keys(entry("k1", 'a'));
  const std::string sealed = seal(ring, "text", kAad);
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_EQ(open(ring, sealed.substr(0, size), kAad), std::nullopt) << size;
  }
  EXPECT_EQ(open(ring, sealed + 'x', kAad), std::nullopt);
}

TEST(Seal, DoesNotMoveBytesBetweenIdAndAad) {
  // The same key under two ids, so that only the authenticated header can tell them apart.
  const SealKeys ring = keys(entry("k", 'a') + ',' + entry("kx", 'a'));
  std::string sealed = seal(ring, "text", "xyz");
  sealed[1] = 2;
  sealed.insert(3, "x");
  ASSERT_EQ(key_id_of(sealed), "kx");
  EXPECT_EQ(open(ring, sealed, "yz"), std::nullopt);
}

TEST(Seal, TheFirstKeySealsAndAllOpen) {
  const std::string sealed_before = seal(keys(entry("old", 'a')), "text", kAad);
  const SealKeys ring = keys(entry("new", 'b') + ',' + entry("old", 'a'));
  EXPECT_EQ(open(ring, sealed_before, kAad), "text");
  EXPECT_EQ(key_id_of(sealed_before), "old");
  EXPECT_EQ(key_id_of(seal(ring, "text", kAad)), "new");
  EXPECT_EQ(ring.sealing().id, "new");
}

TEST(Seal, DoesNotOpenWithoutItsKeyOrWithAnotherOfTheSameName) {
  const std::string sealed = seal(keys(entry("k1", 'a')), "text", kAad);
  EXPECT_EQ(open(keys(entry("k2", 'a')), sealed, kAad), std::nullopt);
  EXPECT_EQ(open(keys(entry("k1", 'b')), sealed, kAad), std::nullopt);
}

TEST(Seal, NamesNoKeyForWhatItDidNotSeal) {
  for (const std::string& text :
       {std::string(), std::string("x"), std::string("\x01\x05k1", 4), std::string("\x01\x00", 2),
        std::string("\x01\x02k\n", 4), std::string("\x02\x02k1", 4)}) {
    EXPECT_EQ(key_id_of(text), std::nullopt);
  }
}

TEST(SealUnder, OpensUnderTheSameKeyAndAadOnly) {
  const std::string key = hkdf_sha256("the parent token", "replay", 32);
  const std::string sealed = seal_under(key, "the successors", kAad);
  EXPECT_EQ(open_under(key, sealed, kAad), "the successors");
  EXPECT_EQ(open_under(hkdf_sha256("another token", "replay", 32), sealed, kAad), std::nullopt);
  EXPECT_EQ(open_under(key, sealed, "elsewhere"), std::nullopt);
  EXPECT_EQ(open_under(key, sealed.substr(0, 20), kAad), std::nullopt);
  EXPECT_EQ(open_under(key, "", kAad), std::nullopt);
}

TEST(SealUnder, AndSealDoNotOpenEachOther) {
  const std::string key(32, 'a');
  const SealKeys ring = keys(entry("k1", 'a'));
  EXPECT_EQ(open_under(key, seal(ring, "text", kAad), kAad), std::nullopt);
  EXPECT_EQ(open(ring, seal_under(key, "text", kAad), kAad), std::nullopt);
}

TEST(SealUnder, RefusesAKeyOfAnotherSize) {
  EXPECT_THROW(seal_under(std::string(31, 'a'), "text", kAad), Error);
  EXPECT_THROW(seal_under(std::string(33, 'a'), "text", kAad), Error);
}

// What parse() says of a setting; empty where it takes it.
std::string complaint(const std::string& setting) {
  try {
    SealKeys::parse(setting);
    return "";
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

TEST(SealKeys, TakesOneOrSeveral) {
  EXPECT_EQ(complaint(entry("k1", 'a')), "");
  EXPECT_EQ(complaint(entry("A-z_09", 'a') + ',' + entry("k2", 'b') + ',' + entry("k3", 'c')), "");
  EXPECT_EQ(complaint(entry(std::string(32, 'x'), 'a')), "");
}

TEST(SealKeys, SaysWhichEntryIsWrongAndWhy) {
  EXPECT_EQ(complaint(""), "entry 1: not of the form id:base64");
  EXPECT_EQ(complaint(entry("k1", 'a') + ','), "entry 2: not of the form id:base64");
  EXPECT_EQ(complaint(entry("", 'a')), "entry 1: the id must be 1 to 32 of A-Z a-z 0-9 _ -");
  EXPECT_EQ(complaint(entry("k 1", 'a')), "entry 1: the id must be 1 to 32 of A-Z a-z 0-9 _ -");
  EXPECT_EQ(complaint(entry(std::string(33, 'x'), 'a')),
            "entry 1: the id must be 1 to 32 of A-Z a-z 0-9 _ -");
  EXPECT_EQ(complaint("k1:####"), "entry 1: the key is not base64 (with its padding, nothing around it)");
  EXPECT_EQ(complaint("k1:" + base64_encode(std::string(31, 'a'))),
            "entry 1: the key must have 32 bytes before base64");
  EXPECT_EQ(complaint("k1:" + base64_encode(std::string(33, 'a'))),
            "entry 1: the key must have 32 bytes before base64");
  EXPECT_EQ(complaint(entry("k1", 'a') + ',' + entry("k1", 'b')),
            "entry 2: its id is taken by an earlier one");
}

TEST(SealKeys, RepeatsNothingOfTheKeyInItsComplaint) {
  const std::string key = base64_encode(std::string(32, 'q'));
  const std::string good = entry("k1", 'q');
  for (const std::string& setting : {key, key + ":k1", good + ' ', "k1:x" + key, "," + good}) {
    EXPECT_NE(complaint(setting), "");
    EXPECT_EQ(complaint(setting).find(key.substr(0, 8)), std::string::npos) << setting;
  }
}

}  // namespace
}  // namespace gatehouse::crypto
