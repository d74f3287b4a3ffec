# shellcheck shell=bash
# The state folder's own folders, each owned by whoever writes there. Nothing that root writes lies in a folder that
# an unprivileged user owns.

declare -F own_folder >/dev/null && return 0
# shellcheck source=users.sh
. "${BASH_SOURCE[0]%/*}/users.sh"

# own_folder PATH MODE USER GROUP. chown -h: should somebody have put a link there, it is not followed.
own_folder() {
  mkdir -p "$1"
  if ((EUID == 0)); then chown -h "$3:$4" "$1"; fi
  [[ ! -L $1 && -O $1 || $EUID == 0 ]] || fail "$1 belongs to somebody else" "Remove it, or set GATEHOUSE_RUN_DIR."
  chmod "$2" "$1"
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
  if is_too_long "$run"; then fail "GATEHOUSE_RUN_DIR is too long: a socket's path has at most 107 bytes"; fi
  own_folder "$run" 2755 "$service_user" "$nginx_group"
  own_folder "$run/postgresql" 755 "$postgresql_user" "$postgresql_user"
  if [[ $run != "$state/run" ]]; then
    ln -sfn "$run" "$state/run"
    say "sockets are in $run"
  fi
  mkdir -p "$logs" "$release/bin" "$state/tls" "$state/nginx/tmp" "$state/postgresql"
  chmod 700 "$state/tls"
  private_file "$logs/nginx-access.log"  # nginx would make it for everybody to read
}
