// A folder of a test's own, gone with it. In /tmp: the path of a socket in it has 107 bytes at most.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace gatehouse::support {

class TemporaryFolder {
 public:
  TemporaryFolder() : path_("/tmp/gatehouse-folder.XXXXXX") {
    if (mkdtemp(path_.data()) == nullptr) std::abort();
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace gatehouse::support
