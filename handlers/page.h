// One page of a list, ended by rows or by bytes, whichever comes first. What nginx cannot hold until a slow
// client has read it, it leaves to the worker (nginx/fastcgi.conf), and eight such clients would be all of
// the fast pool.
#pragma once

#include <cstddef>
#include <vector>

#include "base/json.h"

namespace gatehouse::handlers {

// Well below nginx's fastcgi_buffers. A thousand rows of the usual size fit.
inline constexpr std::size_t kLargestPage = std::size_t{384} * 1024;

class Page {
 public:
  explicit Page(int limit) : limit_(static_cast<std::size_t>(limit)) {}

  // False where the page is full: `row` belongs to the next one. The first row always has its place.
  bool add(const json::Object& row) {
    const std::string text = row.str();
    if (count_ == limit_ || (count_ > 0 && bytes_ + text.size() > kLargestPage)) return false;
    rows_.add_json(text);
    ++count_;
    bytes_ += text.size() + 1;
    return true;
  }
  // Rows of which one more was asked for than `limit`: those that do not fit are left out, and the cursor is
  // the last one's that does, which is returned. nullptr: all of them are in it, so nothing follows.
  template <class Row, class Describe>
  const Row* fill(const std::vector<Row>& rows, Describe describe) {
    const Row* last = nullptr;
    for (const Row& row : rows) {
      if (!add(describe(row))) return last;
      last = &row;
    }
    return nullptr;
  }

  std::size_t count() const { return count_; }
  std::size_t room() const { return limit_ - count_; }
  const json::Array& rows() const { return rows_; }

 private:
  std::size_t limit_;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
  json::Array rows_;
};

}  // namespace gatehouse::handlers
