# shellcheck shell=bash
# The state folder's own folders, each owned by whoever writes there. Nothing that root writes lies in a folder that
# an unprivileged user owns.

declare -F own_folder >/dev/null && return 0
# shellcheck source=users.sh
. "${BASH_SOURCE[0]%/*}/users.sh"

# own_folder PATH MODE USER GROUP [FORMER-USER]: makes it, or takes it over from ourselves, from that user or from a
# former one; never a link, and nobody else's. The link is looked for once more when nobody else can put one there.
own_folder() {
  [[ -e $1 || -L $1 ]] || mkdir -p "$1"
  refuse_link "$1"
  [[ " $own_user $3 ${5:-} " == *" $(stat -c %U "$1") "* ]] ||
    fail "$1 belongs to $(stat -c %U "$1")" "Remove it, or set GATEHOUSE_RUN_DIR."
  [[ $(stat -c '%U:%G %a' "$1") != "$3:$4 $2" ]] || return 0
  if ((EUID == 0)); then
    chown -h root "$1"
    refuse_link "$1"
    chown -h "root:$4" "$1"
  fi
  chmod "00$2" "$1"  # the zeros also take away what set-group-id there was
  if ((EUID == 0)); then chown -h "$3" "$1"; fi
}

refuse_link() {
  [[ ! -L $1 && -d $1 ]] || fail "$1 is no folder, or a link to one" "Remove it, or set GATEHOUSE_RUN_DIR."
}

# Sockets and pid files. $run itself is ours, so that nobody can put anything in the place of the folders in it. It was
# the workers' user's in former releases.
make_run_folders() {
  if is_too_long "$run"; then fail "GATEHOUSE_RUN_DIR is too long: a socket's path has at most 107 bytes"; fi
  # Our own, from when another GATEHOUSE_RUN_DIR was set.
  if [[ $run == "$state/run" && -L $run ]]; then rm -f "$run"; fi
  own_folder "$run" 755 "$own_user" "$(id -gn)" "$service_user"
  own_folder "$workers_run" 2750 "$service_user" "$nginx_group"
  own_folder "$run/postgresql" 755 "$postgresql_user" "$postgresql_group"
  if [[ $run != "$state/run" ]]; then
    ln -sfn "$run" "$state/run"
    say "sockets are in $run"
  fi
}

# A start that is refused takes its leavings along: the new settings; and all of the state folder, where that was none
# before. (An empty folder of that name stays.)
leave_nothing_if_refused() {
  new_settings=$1 was_no_state_folder=no was_a_folder=no
  if [[ ! -e $state/.gatehouse ]]; then was_no_state_folder=yes; fi
  if [[ -d $state ]]; then was_a_folder=yes; fi
  trap take_leavings_along EXIT
  trap 'exit 130' INT TERM
}

# Only while it is our turn: another `up` may have made an instance there. Settings or a database are worth keeping.
take_leavings_along() {
  local status=$?
  # The turn is a lock on the file that is there now: one on a removed folder's file is worth nothing.
  ((status != 0)) && [[ $state/.lock -ef /proc/$$/fd/9 ]] && flock -n 9 2>/dev/null || return 0
  rm -f "$new_settings" "$new_settings.owner"
  [[ $was_no_state_folder == yes && $(stands_for "$state") == "$wanted_state" ]] || return 0
  [[ ! -e $settings && ! -e $state/postgresql/data ]] || return 0
  # Where the sockets lie elsewhere: those that are there, and only while they are empty.
  rmdir "$run/workers" "$run/postgresql" "$run" 2>/dev/null || true
  find "$state" -mindepth 1 -delete
  if [[ $was_a_folder == no ]]; then rmdir "$state"; fi
}

make_folders() {
  refuse_somebody_elses_state
  if [[ $state != "$wanted_state" ]]; then
    say "$wanted_state is out of reach of the unprivileged users: the data goes to $state"
  fi
  if [[ -d $state && ! -e $state/.gatehouse && -n $(ls -A "$state") ]]; then
    fail "$state has something else in it" "Set GATEHOUSE_STATE_DIR to an empty folder, or to one that is not there yet."
  fi
  local other
  other=$(stands_for "$state")
  # A checkout that was moved takes its folder along; the ones outside it are somebody's.
  if [[ $state == /var/lib/gatehouse* && -n $other && $other != "$wanted_state" ]]; then
    fail "$state is used for $other already" "Set GATEHOUSE_STATE_DIR to another folder, or remove that instance first."
  fi
  mkdir -p "$state"
  chmod 755 "$state"
  printf '%s\n' "$wanted_state" >"$state/.gatehouse"
  mkdir -p "$logs" "$release/bin" "$state/tls" "$state/nginx/tmp" "$state/postgresql"
  chmod 700 "$state/tls"
  private_file "$logs/nginx-access.log"  # nginx would make it for everybody to read
}
