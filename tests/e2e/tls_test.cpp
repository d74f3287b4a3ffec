// TLS as openssl and sslscan see it.
#include <filesystem>
#include <sstream>

#include "tests/support/stack.h"

namespace gatehouse::support {
namespace {

class Tls : public Stack {
 protected:
  CommandResult s_client(std::vector<std::string> arguments) const {
    const std::string port = std::to_string(first.https_port());
    const std::vector<std::string> front{"openssl",     "s_client",  "-connect", "127.0.0.1:" + port,
                                         "-servername", "localhost", "-CAfile",  first.certificate()};
    arguments.insert(arguments.begin(), front.begin(), front.end());
    return run_command(arguments);
  }
};

TEST_F(Tls, OnePointTwoAndOnePointThreeAreSpoken) {
  for (const auto* version : {"-tls1_2", "-tls1_3"}) {
    const auto result = s_client({version, "-verify_return_error", "-verify_hostname", "localhost"});
    EXPECT_TRUE(result.says("Verify return code: 0 (ok)")) << version << result.output;
  }
}

TEST_F(Tls, OlderVersionsAreNot) {
  // At security level 0, so that it is the server who refuses.
  for (const auto* version : {"-tls1_1", "-tls1"}) {
    const auto result = s_client({version, "-cipher", "ALL:@SECLEVEL=0"});
    EXPECT_FALSE(result.ok()) << version;
    EXPECT_TRUE(result.says("alert protocol version")) << result.output;
  }
}

TEST_F(Tls, WeakCiphersAreRefused) {
  for (const auto* ciphers : {"AES128-SHA", "AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-SHA",
                              "ECDHE-ECDSA-AES256-SHA384", "aNULL:eNULL", "DHE", "3DES", "RC4", "CAMELLIA"}) {
    const auto result = s_client({"-tls1_2", "-cipher", std::string(ciphers) + ":@SECLEVEL=0"});
    EXPECT_FALSE(result.ok()) << ciphers << result.output;
  }
}

TEST_F(Tls, SslscanFindsNothingOldOrWeak) {
  const auto result = run_command({"sslscan", "--no-colour", "--ipv4", "--sni-name=localhost",
                                   "127.0.0.1:" + std::to_string(first.https_port())});
  ASSERT_TRUE(result.ok()) << result.output;
  for (const auto* old : {"SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1"}) {
    std::istringstream lines(result.output);
    bool disabled = false;
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with(old)) disabled = disabled || line.ends_with("disabled");
    }
    EXPECT_TRUE(disabled) << old << result.output;
  }
  int ciphers = 0;
  std::istringstream lines(result.output);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("Accepted") && !line.starts_with("Preferred")) continue;
    ++ciphers;
    const bool authenticated =
        line.find("GCM") != std::string::npos || line.find("CHACHA20") != std::string::npos;
    EXPECT_TRUE(authenticated) << line;
    const bool forward_secret =
        line.find("TLSv1.3") != std::string::npos || line.find("ECDHE") != std::string::npos;
    EXPECT_TRUE(forward_secret) << line;
  }
  EXPECT_GE(ciphers, 5);
}

TEST_F(Tls, Http2IsOffered) { EXPECT_TRUE(s_client({"-alpn", "h2,http/1.1"}).says("ALPN protocol: h2")); }

TEST_F(Tls, TheCertificateIsGoodForTheMachinesNames) {
  for (const auto* name : {"localhost", "127.0.0.1"}) {
    const std::string url =
        "https://" + std::string(name) + ":" + std::to_string(first.https_port()) + "/health";
    EXPECT_EQ(send({.url = url, .ca_file = first.certificate()}).status, 200) << name;
  }
}

// On the third instance, whose settings may be changed; afterwards it has its own certificate again.
class TlsFiles : public Stack {
 protected:
  TlsFiles() {
    std::filesystem::create_directories(folder);
    for (const auto* name : {"one", "two"}) {
      const auto made = run_command({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                                     "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30", "-subj",
                                     "/CN=id.example.com", "-addext", "subjectAltName=DNS:localhost",
                                     "-keyout", file(name, ".key"), "-out", file(name, ".pem")});
      EXPECT_TRUE(made.ok()) << made.output;
    }
  }
  ~TlsFiles() override { std::filesystem::remove_all(folder); }
  TlsFiles(const TlsFiles&) = delete;
  TlsFiles& operator=(const TlsFiles&) = delete;

  std::string file(const std::string& name, const std::string& ending) const {
    return folder + "/" + name + ending;
  }
  CommandResult up_with(const std::string& certificate, const std::string& key) const {
    return run_command(
        {GATEHOUSE_SOURCE_DIR "/scripts/up", "--binaries", test_binaries()},
        {{"GATEHOUSE_ENV_FILE", third.env_file()}, {"TLS_CERT_FILE", certificate}, {"TLS_KEY_FILE", key}});
  }
  int status_trusting(const std::string& certificate) const {
    return send({.url = third.https("/health"), .ca_file = certificate}).status;
  }

  const std::string folder = test_folder() + "/certificates";
  const Instance third = Instance::third();
};

TEST_F(TlsFiles, ACertificateOfOnesOwnIsServedUntilItIsTakenAway) {
  auto result = up_with(file("one", ".pem"), file("one", ".key"));
  ASSERT_TRUE(result.ok()) << result.output;
  EXPECT_EQ(status_trusting(file("one", ".pem")), 200);
  result = third.up();
  ASSERT_TRUE(result.ok()) << result.output;
  EXPECT_EQ(status_trusting(third.certificate()), 200);
}

TEST_F(TlsFiles, AnotherCertificatesKeyIsRefusedAndWhatRunsGoesOn) {
  auto result = up_with(file("one", ".pem"), file("two", ".key"));
  EXPECT_FALSE(result.ok());
  EXPECT_TRUE(result.says("TLS_KEY_FILE is not the key of TLS_CERT_FILE")) << result.output;
  result = up_with(file("one", ".pem"), file("none", ".key"));
  EXPECT_FALSE(result.ok());
  EXPECT_TRUE(result.says("cannot read " + file("none", ".key"))) << result.output;
  EXPECT_EQ(status_trusting(third.certificate()), 200);
}

}  // namespace
}  // namespace gatehouse::support
