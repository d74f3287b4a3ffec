#include "base/ids.h"

#include <gtest/gtest.h>

#include <string>
#include <type_traits>

namespace gatehouse {
namespace {

TEST(Ids, TakeTwelveToTwentyCharactersAfterThePrefix) {
  for (std::size_t length = 0; length < 30; ++length) {
    const std::string text = "svc_" + std::string(length, 'a');
    EXPECT_EQ(ServiceId::parse(text).has_value(), length >= 12 && length <= 20) << text;
  }
}

TEST(Ids, TakeSmallLettersAndDigitsOnly) {
  EXPECT_EQ(ServiceId::parse("svc_abc123def456")->str(), "svc_abc123def456");
  for (const auto* text : {"svc_ABC123def456", "svc_abc123def45-", "svc_abc123def45_",
                           "svc_abc123def4\xc3\xa4", "svc_abc123def45 ", "svc_abc123def45'"}) {
    EXPECT_EQ(ServiceId::parse(text), std::nullopt) << text;
  }
  EXPECT_EQ(ServiceId::parse(std::string("svc_abc123def45\0", 16)), std::nullopt);
}

TEST(Ids, RefuseThePrefixOfAnotherKind) {
  for (const auto* text :
       {"tnt_abc123def456", "SVC_abc123def456", "svcabc123def4567", "abc123def456", "svc_", ""}) {
    EXPECT_EQ(ServiceId::parse(text), std::nullopt) << text;
  }
}

TEST(Ids, OfTwoKindsNeverConvert) {
  static_assert(!std::is_convertible_v<ServiceId, TenantId>);
  static_assert(!std::is_constructible_v<ServiceId, TenantId>);
  static_assert(!std::is_convertible_v<std::string, ServiceId>);
  EXPECT_NE(ServiceId::parse("svc_abc123def456"), ServiceId::parse("svc_abc123def457"));
}

TEST(Ids, TheDefaultTenantIsTheOneExceptionToTheForm) {
  EXPECT_EQ(default_tenant().str(), "tnt_default");
  EXPECT_EQ(TenantId::parse("tnt_default"), std::nullopt);
}

TEST(Ids, OfTenantsHaveOneException) {
  EXPECT_EQ(TenantId::parse("tnt_default"), std::nullopt);
  EXPECT_EQ(parse_tenant_id("tnt_default"), default_tenant());
  EXPECT_EQ(parse_tenant_id("tnt_abc123def456")->str(), "tnt_abc123def456");
  EXPECT_EQ(parse_tenant_id("tnt_other"), std::nullopt);
}

}  // namespace
}  // namespace gatehouse
