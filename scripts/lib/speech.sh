# shellcheck shell=bash
# What the scripts say: numbered steps, remarks below them, and refusals that tell how to mend what went wrong.

declare -F step >/dev/null && return 0
step_number=0
steps_are() { step_count=$1; }

step() {
  step_number=$((step_number + 1))
  printf '[%d/%d] %s\n' "$step_number" "$step_count" "$*"
}

say() { printf '      %s\n' "$*"; }

fail() {
  printf '\n%s: %s\n' "${0##*/}" "$1" >&2
  shift
  local line
  for line in "$@"; do printf '  %s\n' "$line" >&2; done
  exit 1
}

# The end of a log, for a refusal.
show_end_of() {
  [[ -s $1 ]] || return 0
  printf '\nThe end of %s:\n' "$1" >&2
  tail -n "${2:-15}" "$1" | sed 's/^/  | /' >&2
}
