// The layer rule of tests/layers.txt, and the habits that can be read off a file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>

#include "tests/support/source_tree.h"

namespace gatehouse::support {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::size_t kLongestFile = 400;

struct Rules {
  std::map<std::string, std::set<std::string>> layers;
  std::vector<std::pair<std::string, std::vector<std::string>>> headers;
  struct Text {
    std::string pattern;
    std::regex expression;
    std::vector<std::string> allowed;
  };
  std::vector<Text> texts;
};

Rules rules() {
  Rules rules;
  for (const auto& line : source_file("tests/layers.txt").lines) {
    if (line.empty() || line.starts_with('#')) continue;
    const auto space = line.find(' ');
    const auto colon = line.rfind(':');
    const std::string subject = split(line.substr(space, colon - space), "").at(0);
    const auto allowed = split(line.substr(colon + 1), " ");
    const std::string kind = line.substr(0, space);
    if (kind == "layer") rules.layers[subject] = {allowed.begin(), allowed.end()};
    if (kind == "header") rules.headers.emplace_back(subject, allowed);
    if (kind == "text") rules.texts.push_back({subject, std::regex(subject), allowed});
  }
  return rules;
}

bool is_among(const std::string& path, const std::vector<std::string>& starts) {
  return std::any_of(starts.begin(), starts.end(),
                     [&](const auto& start) { return path.starts_with(start); });
}

std::string without_comment(const SourceFile& file, const std::string& line) {
  return line.substr(0, line.find(file.is_cpp() ? "//" : "--"));
}

// "db/x.cpp:3: …", one a fault.
class Faults {
 public:
  Faults(const Rules& rules, const SourceFile& file) : rules_(rules), file_(file) {
    static const std::regex include(R"re(^\s*#\s*include\s*["<]([^">]+)[">])re");
    for (const auto& line : file.lines) {
      ++line_;
      std::smatch match;
      if (std::regex_search(line, match, include)) check_include(match[1]);
      if (file.path != "tests/unit/layers_test.cpp") check_text(without_comment(file, line));
    }
  }
  std::vector<std::string> all() const { return faults_; }

 private:
  void add(const std::string& what) {
    faults_.push_back(file_.path + ":" + std::to_string(line_) + ": " + what);
  }
  void check_include(const std::string& header) {
    const std::string target = header.substr(0, header.find('/'));
    if (rules_.layers.contains(target) && target != file_.folder() && header.find('/') != std::string::npos &&
        !rules_.layers.at(file_.folder()).contains(target)) {
      add(file_.folder() + "/ may not include " + header);
    }
    for (const auto& [start, allowed] : rules_.headers) {
      const bool own = rules_.layers.contains(target) && header.find('/') != std::string::npos;
      if (!own && header.starts_with(start) && !is_among(file_.path, allowed)) {
        add("<" + header + "> is not for this file");
      }
    }
  }
  void check_text(const std::string& line) {
    for (const auto& text : rules_.texts) {
      if (std::regex_search(line, text.expression) && !is_among(file_.path, text.allowed)) {
        add("must not have " + text.pattern);
      }
    }
  }

  const Rules& rules_;
  const SourceFile& file_;
  std::size_t line_ = 0;
  std::vector<std::string> faults_;
};

std::vector<std::string> faults_of(const SourceFile& file) { return Faults(rules(), file).all(); }

TEST(Layers, TheTreeKeepsThem) {
  const Rules all = rules();
  std::vector<std::string> faults;
  for (const auto& [folder, allowed] : all.layers) {
    if (folder == "outbound" && !std::ranges::count(source_folders(), folder)) continue;  // not built yet
    for (const auto& file : source_files(folder)) {
      if (!file.is_cpp()) continue;
      const auto found = Faults(all, file).all();
      faults.insert(faults.end(), found.begin(), found.end());
    }
  }
  for (const auto& file : source_files("migrations")) {
    const auto found = Faults(all, file).all();
    faults.insert(faults.end(), found.begin(), found.end());
  }
  EXPECT_THAT(faults, IsEmpty());
}

TEST(Layers, EveryFolderHasItsLine) {
  const Rules all = rules();
  for (const auto& folder : source_folders()) EXPECT_TRUE(all.layers.contains(folder)) << folder;
}

TEST(Layers, PointOneWayOnly) {
  const Rules all = rules();
  for (const auto& [folder, allowed] : all.layers) {
    for (const auto& other : allowed)
      EXPECT_FALSE(all.layers.at(other).contains(folder)) << folder << " and " << other;
  }
}

TEST(Layers, AForbiddenIncludeIsFoundByFileAndLine) {
  EXPECT_THAT(faults_of({"db/x.cpp", {"#include \"db/y.h\"", "#include \"handlers/body.h\""}}),
              ElementsAre("db/x.cpp:2: db/ may not include handlers/body.h"));
  EXPECT_THAT(faults_of({"fcgi/x.h", {"  #  include <flows/refresh.h>"}}),
              ElementsAre("fcgi/x.h:1: fcgi/ may not include flows/refresh.h"));
  EXPECT_THAT(faults_of({"flows/x.cpp", {"#include \"base/error.h\"", "#include <string>"}}), IsEmpty());
}

TEST(Layers, AThirdPartyHeaderIsForItsFolderOnly) {
  for (const auto* header :
       {"rapidjson/document.h", "pqxx/pqxx", "openssl/evp.h", "curl/curl.h", "fcgiapp.h", "fcgi_config.h",
        "cgicc/Cgicc.h", "spdlog/spdlog.h", "CLI/CLI.hpp", "gtest/gtest.h"}) {
    const SourceFile file{"handlers/x.cpp", {"#include <" + std::string(header) + ">"}};
    EXPECT_THAT(faults_of(file),
                ElementsAre("handlers/x.cpp:1: <" + std::string(header) + "> is not for this file"));
  }
  EXPECT_THAT(faults_of({"base/config.cpp", {"#include <rapidjson/reader.h>"}}), testing::SizeIs(1));
  EXPECT_THAT(faults_of({"base/json.cpp", {"#include <rapidjson/reader.h>"}}), IsEmpty());
}

TEST(Layers, SqlIsFoundOutsideItsPlace) {
  EXPECT_THAT(faults_of({"flows/x.cpp", {"", "  run(\"SELECT 1\");"}}), testing::SizeIs(1));
  EXPECT_THAT(faults_of({"handlers/x.cpp", {"R\"sql(UPDATE services SET x = 1)sql\""}}), testing::SizeIs(1));
  EXPECT_THAT(faults_of({"db/x.cpp", {"R\"sql(SELECT a FROM b)sql\""}}), IsEmpty());
  EXPECT_THAT(faults_of({"flows/x.cpp", {"// SELECT, then one UPDATE"}}), IsEmpty());
}

TEST(Layers, SomethingForEverybodyIsFoundEverywhere) {
  EXPECT_THAT(faults_of({"db/x.cpp", {"R\"sql(SELECT * FROM b)sql\""}}), testing::SizeIs(1));
  EXPECT_THAT(faults_of({"db/x.cpp", {"R\"sql(SELECT s.* FROM b s)sql\""}}), testing::SizeIs(1));
  EXPECT_THAT(faults_of({"db/x.cpp", {"SELECT pg_advisory_lock(1)"}}), testing::SizeIs(1));
  EXPECT_THAT(faults_of({"base/x.cpp", {"} catch (...) {"}}), testing::SizeIs(1));
  EXPECT_THAT(faults_of({"db/audit.cpp", {"} catch (const pqxx::failure& e) {"}}), testing::SizeIs(1));
}

TEST(Headers, OpenWithWhatTheyAre) {
  for (const auto& file : source_files("")) {
    if (!file.is_header()) continue;
    EXPECT_TRUE(file.lines.at(0).starts_with("// "))
        << file.path << ":1: say what this is and what it promises";
    EXPECT_TRUE(std::ranges::count(file.lines, "#pragma once") == 1) << file.path;
  }
}

// Documents are as long as what they tell.
TEST(Files, AreShortEnoughToRead) {
  for (const auto& file : source_files("")) {
    if (file.path.ends_with(".md")) continue;
    EXPECT_LE(file.lines.size(), kLongestFile) << file.path;
  }
}

}  // namespace
}  // namespace gatehouse::support
