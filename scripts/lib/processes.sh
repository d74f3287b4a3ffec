# shellcheck shell=bash
# The processes of this instance, found in /proc by what they run. Not by pid files: those outlive a `kill -9` and
# pids are used again. Debian's minimal system has no ps, pgrep or ss.

declare -F has_our_root >/dev/null && return 0
# shellcheck source=places.sh
. "${BASH_SOURCE[0]%/*}/places.sh"

# belongs_to PID USER...: anybody can start something with any command line in any folder, but only as himself. The
# real user, for a set-uid program changes the other ones; and not the owner of /proc/PID, which is root wherever a
# process has made itself undumpable.
belongs_to() {
  local pid=$1 key real user rest
  shift
  while read -r key real rest; do
    [[ $key == Uid: ]] || continue
    for user in "$@"; do
      if [[ $real == "$(id -u "$user" 2>/dev/null)" ]]; then return 0; fi
    done
    return 1
  done 2>/dev/null <"/proc/$pid/status"
  return 1
}

# A process in a chroot can show the very same paths; its root folder tells. Root may lack the right to look at it
# (a container without CAP_SYS_PTRACE): there, pids are a container's own.
has_our_root() {
  if [[ -e /proc/$1/root/ ]]; then [[ /proc/$1/root/ -ef / ]]; else ((EUID == 0)); fi
}

# running USER PROGRAM [ARGUMENT...]: the pids of his processes started as PROGRAM that have all these arguments.
running() {
  local user=$1 program=$2 entry pid argument argv line
  shift 2
  for entry in /proc/[0-9]*; do
    pid=${entry#/proc/}
    { mapfile -d '' -t argv <"$entry/cmdline"; } 2>/dev/null || continue
    [[ ${argv[0]:-} == "$program" ]] || continue
    printf -v line '\n%s' "${argv[@]}" ''
    for argument in "$@"; do
      [[ $line == *$'\n'"$argument"$'\n'* ]] || continue 2
    done
    if belongs_to "$pid" "$user" && has_our_root "$pid"; then printf '%s\n' "$pid"; fi
  done
}

# working_in FOLDER TITLE USER...: the pids of their processes whose working folder this is and whose command line
# begins so. nginx and PostgreSQL rewrite their titles, and their children outlive a killed parent.
working_in() {
  local folder=$1 title=$2 entry pid argv
  shift 2
  for entry in /proc/[0-9]*; do
    pid=${entry#/proc/}
    { mapfile -d '' -t argv <"$entry/cmdline"; } 2>/dev/null || continue
    [[ ${argv[0]:-} == "$title"* && $entry/cwd -ef $folder ]] || continue
    if belongs_to "$pid" "$@"; then printf '%s\n' "$pid"; fi
  done
}

# A zombie counts as gone. Not whoever has no command line any more: its memory ends before its sockets.
alive() {
  local line
  { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
  [[ ${line##*) } != [ZX]* ]]
}

# wait_gone SECONDS PID...: true when all of them ended in time.
wait_gone() {
  local tenths=$(($1 * 10)) pid
  shift
  for pid in "$@"; do
    while alive "$pid"; do
      ((tenths-- > 0)) || return 1
      sleep 0.1
    done
  done
}

# stop_processes SIGNAL SECONDS PID...: asks, waits, and kills what does not go.
stop_processes() {
  local signal=$1 seconds=$2 pid
  shift 2
  (($# > 0)) || return 0
  for pid in "$@"; do
    kill -s "$signal" "$pid" 2>/dev/null || continue  # gone meanwhile
  done
  wait_gone "$seconds" "$@" && return 0
  for pid in "$@"; do
    alive "$pid" || continue
    say "process $pid did not end within $seconds s: killed"
    kill -s KILL "$pid" 2>/dev/null || continue
  done
  wait_gone 5 "$@" || fail "processes $* cannot be stopped"
}

# One at a time on one instance. Descriptor 9 holds the lock until the script ends.
take_turn() {
  private_file "$state/.lock"
  exec 9>"$state/.lock"
  flock -n 9 && return
  say "another scripts/up or scripts/down is at work here: waiting"
  flock 9
  [[ $state/.lock -ef /proc/$$/fd/9 ]] || fail "the instance was removed meanwhile" "Run this again."
}
