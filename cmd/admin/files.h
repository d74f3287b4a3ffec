// Files that a person names on the command line, and times as people there write and read them.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"

namespace gatehouse::admin {

// The whole of it; `-` is standard input. Throws std::runtime_error where it cannot be read.
std::string contents_of(const std::string& path);

// What is wrong with a file that a person brings, entry by entry: all of it is told at once.
class Faults {
 public:
  // An entry is named by its member's name where a terminal can show that, else by its place.
  void add(std::size_t place, const std::string& name, const std::string& what);
  // Error(invalid_request), naming the file, where there are any.
  void throw_for(const std::string& path) const;

 private:
  std::string text_;
};

// `text` must be one JSON object, such as `example`; Error(invalid_request), naming the file, where it is
// none.
void require_object(const std::string& path, const std::string& text, const std::string& example);

// The process's time zone from here on: `Asia/Tokyo`, `UTC`; empty leaves the machine's own.
// Error(invalid_request) for one that the machine does not know.
void use_time_zone(const std::string& name);

// `2025-01-24 12:00:00` in that zone, also with a `T`; what has an offset is RFC 3339. nullopt for anything
// else.
std::optional<Time> parse_local(const std::string& text);
// `2025-01-24 12:00:00 +0900` in that zone.
std::string to_local(Time time);

}  // namespace gatehouse::admin
