# shellcheck shell=bash disable=SC2034 # used by those who read this in
# Where things lie: the checkout, the state folder, the run folder (sockets) and the release that is running.
# Everything else is found from these.

declare -F short_hash >/dev/null && return 0
# shellcheck source=speech.sh
. "${BASH_SOURCE[0]%/*}/speech.sh"

# What a user's shell may have set and would lead us astray; and messages that can be matched.
unset CDPATH PGHOSTADDR PGSERVICE PGSERVICEFILE
export LC_ALL=C.UTF-8
# Debian keeps nginx in /usr/sbin, which is not on everybody's path.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
env_file=${GATEHOUSE_ENV_FILE:-$checkout/.env}
# Whoever goes to another folder later must find the same file: this script, and those that it calls.
[[ $env_file == /* ]] || env_file=$PWD/$env_file
if [[ -n ${GATEHOUSE_ENV_FILE:-} ]]; then export GATEHOUSE_ENV_FILE=$env_file; fi
postgresql_bin=/usr/lib/postgresql/15/bin

# A unix socket's path has at most 107 bytes; this is the longest name below the run folder.
longest_socket=postgresql/.s.PGSQL.65535

short_hash() { printf '%s' "$1" | sha256sum | cut -c1-8; }

# early_setting NAME: what the environment or .env says. Only the two folders are read here, because `down` must find
# them even when nothing is built; everything else is read by the gatehouse program. What that reads in another way, or
# refuses, is refused here.
early_setting() {
  local value=${!1:-}
  if [[ -z $value && -r $env_file ]]; then
    value=$(sed -n -E "s/^[[:space:]]*(export [[:space:]]*)?$1[[:space:]]*=[[:space:]]*//p" "$env_file" | tail -n 1 |
      sed -E "s/^(['\"])([^'\"\\]*)\1[[:space:]]*(#.*)?\$/\2/; t; s/ #.*//; s/^#.*//; s/[[:space:]]+\$//")
  fi
  [[ $value != *[\'\"\\]* ]] || fail "$1: must not have quotes or backslashes in it" "Mend it in $env_file or in the environment."
  [[ -z $value || $value == /* ]] || fail "$1: must be an absolute path" "Mend it in $env_file or in the environment."
  printf '%s\n' "$value"
}

wanted_state_folder() {
  local wanted
  wanted=$(early_setting GATEHOUSE_STATE_DIR) || return
  realpath -m -- "${wanted:-$checkout/var}"
}

# Can users without privileges reach a folder (or, where it is not there yet, the place where it would be)?
in_everybodys_reach() {
  local folder=$1
  while [[ ! -d $folder ]]; do folder=$(dirname "$folder"); done
  setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$folder"
}

# As root the processes run as users of their own; a folder below /root is out of their reach.
find_state_folder() {
  local wanted=$1 elsewhere=/var/lib/gatehouse
  if ((EUID != 0)) || in_everybodys_reach "$wanted"; then
    printf '%s\n' "$wanted"
    return
  fi
  local own
  own=$elsewhere-$(short_hash "$wanted")
  if [[ -d $own ]]; then
    printf '%s\n' "$own"
  elif [[ ! -e $elsewhere || $(stands_for "$elsewhere") == "$wanted" ]]; then
    printf '%s\n' "$elsewhere"
  else
    printf '%s\n' "$own"
  fi
}

# The mark that makes a folder a state folder; it says which path was asked for.
stands_for() { if [[ -r $1/.gatehouse ]]; then cat "$1/.gatehouse"; fi; }

# Sockets and the workers' pid files: beside the data, or on a short path where that one is too long.
find_run_folder() {
  local folder
  folder=$(early_setting GATEHOUSE_RUN_DIR) || return
  if [[ -n $folder ]]; then
    printf '%s\n' "$folder"
    return
  fi
  folder=$1/run
  if is_too_long "$folder"; then
    if ((EUID == 0)); then folder=/run; else folder=/tmp; fi
    folder=$folder/gatehouse-$(short_hash "$1")
  fi
  printf '%s\n' "$folder"
}

is_too_long() { ((${#1} + 1 + ${#longest_socket} > 107)); }

wanted_state=$(wanted_state_folder)
state=$(find_state_folder "$wanted_state")
run=$(find_run_folder "$state")
workers_run=$run/workers  # the only part of it that the workers' user can write to
release=$state/release
settings=$state/settings
logs=$state/log
# Of scripts/install-units.
installed_state=/var/lib/gatehouse
installed_release=/usr/lib/gatehouse
installed_settings=/etc/gatehouse/settings

# For administration: the programs and settings of the instance in the state folder; where nobody has named one and there
# is none, of the one that scripts/install-units has installed.
find_instance() {
  if [[ ! -e $release/bin/gatehouse && -z ${GATEHOUSE_ENV_FILE:-}${GATEHOUSE_STATE_DIR:-} && -e $installed_settings ]]; then
    state=$installed_state release=$installed_release settings=$installed_settings
  fi
  [[ -x $release/bin/gatehouse ]] || fail "there is no instance in $state" "Run scripts/up first."
  [[ -r $settings ]] || fail "$settings belongs to $(stat -c %U "$settings")" "Run this as that user, or as root."
}

# A file for us alone. Others must not read a log, and whoever can open a lock can keep it.
private_file() { (umask 077 && : >>"$1") && chmod 600 "$1"; }

# nginx, systemd and the settings take no others: better said now than by one of them.
refuse_odd_paths() {
  local path odd='[[:space:];{}"'\''$\#]'
  for path in "$checkout" "$state"; do
    [[ ! $path =~ $odd ]] ||
      fail "the path $path has a space, a quote or one of ; { } \$ \\ # in it" "Move the checkout (or the state folder) to a path without."
  done
}

# A state folder is used by the one who made it: root's processes and another user's must not mix.
refuse_somebody_elses_state() {
  [[ -e $state ]] || return 0
  local owner
  owner=$(stat -c %U "$state")
  [[ -O $state ]] || fail "the state folder $state belongs to $owner" \
    "Run this as $owner, or set GATEHOUSE_STATE_DIR to a folder of your own."
}
