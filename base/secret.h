// A text that must not be shown: it does not convert to a string, cannot be printed, and is wiped when it
// goes.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace gatehouse {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { other.wipe(); }
  Secret& operator=(const Secret& other) {
    if (this != &other) {
      wipe();
      text_ = other.text_;
    }
    return *this;
  }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe();
      text_ = std::move(other.text_);
      other.wipe();
    }
    return *this;
  }
  ~Secret() { wipe(); }

  // The one way out; a reader sees in the diff where a secret is used.
  std::string_view reveal() const { return text_; }
  bool empty() const { return text_.empty(); }

 private:
  void wipe() noexcept {
    // volatile: a compiler may drop writes to memory that is about to be freed
    volatile char* byte = text_.data();
    for (std::size_t i = 0; i < text_.size(); ++i) byte[i] = 0;
    text_.clear();
  }
  std::string text_;
};

}  // namespace gatehouse
