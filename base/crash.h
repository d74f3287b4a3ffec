// A last line in the log of a process that a fault of its own kills: the supervisor starts the next one
// without a word.
#pragma once

namespace gatehouse {

// Once, at the start. Signals that somebody else (a sanitizer) watches already are left to it; the process
// dies of the signal as before.
void report_crashes();

}  // namespace gatehouse
