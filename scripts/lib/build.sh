# shellcheck shell=bash
# Compiles the three programs.

declare -F compile >/dev/null && return 0
# shellcheck source=places.sh
. "${BASH_SOURCE[0]%/*}/places.sh"

build_folder=$checkout/build/release
build_log=$checkout/build/up.log

# Without the tests, whose libraries need not be there, unless the folder has been set up with them.
compile() {
  mkdir -p "$checkout/build" 2>/dev/null || fail "cannot write to $checkout" "Use a checkout of your own."
  { private_file "$checkout/build/.lock" && exec 8>"$checkout/build/.lock"; } 2>/dev/null || fail "cannot write to $checkout/build" "Use a checkout of your own, or remove build/."
  flock 8
  : >"$build_log"
  if [[ ! -e $build_folder/build.ninja ]]; then
    say "cmake --preset release"
    (cd "$checkout" && cmake --preset release -DGATEHOUSE_TESTS=OFF) >>"$build_log" 2>&1 || build_failed
  fi
  NINJA_STATUS='%f/%t ' cmake --build "$build_folder" -j "$(nproc)" --target worker keeper feed gatehouse 2>&1 |
    tee -a "$build_log" | show_progress || build_failed
  exec 8>&-
}

# One line every ten seconds, for the compiler is slow and silence looks like a hang.
show_progress() {
  local line last=$SECONDS
  while read -r line; do
    if [[ $line =~ ^([0-9]+/[0-9]+)\  ]] && ((SECONDS - last >= 10)); then
      say "${BASH_REMATCH[1]} steps done"
      last=$SECONDS
    fi
  done
}

build_failed() {
  show_end_of "$build_log" 40
  fail "the build failed (the whole log: $build_log)" \
    "If the checkout was moved or its packages changed, remove build/ and run this again."
}
