// Part of every program of the sanitizers' build: what LeakSanitizer is not to tell of. The name is its own.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
extern "C" const char* __lsan_default_suppressions();

// libpqxx 6.4 loses libpq's empty result when the connection breaks in the middle of a prepared statement.
extern "C" const char* __lsan_default_suppressions() { return "leak:PQmakeEmptyPGresult\n"; }
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
