// What comes back from PostgreSQL. A Row keeps its result alive, so it may outlive its Rows.
// A getter throws Error(internal) for NULL and for a value of another type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"

namespace pqxx {
class result;
}

namespace gatehouse::db {

class Row {
 public:
  std::string text(const char* column) const;
  std::int64_t integer(const char* column) const;
  bool boolean(const char* column) const;
  Time time(const char* column) const;
  std::string bytes(const char* column) const;

  // row.nullable(&Row::time, "ended_at")
  template <class T>
  std::optional<T> nullable(T (Row::*getter)(const char*) const, const char* column) const {
    if (is_null(column)) return std::nullopt;
    return (this->*getter)(column);
  }

 private:
  friend class Rows;
  Row(std::shared_ptr<const pqxx::result> result, std::size_t number)
      : result_(std::move(result)), number_(number) {}
  bool is_null(const char* column) const;
  const char* value(const char* column) const;
  const char* find(const char* column) const;  // nullptr: NULL

  std::shared_ptr<const pqxx::result> result_;
  std::size_t number_;
  mutable std::size_t last_ = 0;  // the column that was found last
};

class Rows {
 public:
  explicit Rows(std::shared_ptr<const pqxx::result> result) : result_(std::move(result)) {}

  std::size_t size() const;
  bool empty() const { return size() == 0; }
  // Of an INSERT, UPDATE or DELETE: how many rows it touched.
  std::int64_t affected() const;
  Row operator[](std::size_t number) const { return Row(result_, number); }
  Row front() const { return Row(result_, 0); }

  class Iterator {
   public:
    Iterator(const Rows& rows, std::size_t number) : rows_(&rows), number_(number) {}
    Row operator*() const { return (*rows_)[number_]; }
    Iterator& operator++() {
      ++number_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return number_ != other.number_; }

   private:
    const Rows* rows_;
    std::size_t number_;
  };
  Iterator begin() const { return {*this, 0}; }
  Iterator end() const { return {*this, size()}; }

 private:
  std::shared_ptr<const pqxx::result> result_;
};

}  // namespace gatehouse::db
