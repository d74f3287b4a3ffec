# shellcheck shell=bash
# The settings, as the gatehouse program reads and checks them: it alone knows the .env form, the defaults and what is
# allowed.

declare -F load_settings >/dev/null && return 0
# shellcheck source=places.sh
. "${BASH_SOURCE[0]%/*}/places.sh"

# load_settings PROGRAM FILE NAME...: sets a shell variable for each name, from an effective settings file.
load_settings() {
  local program=$1 file=$2 assignments
  shift 2
  assignments=$("$program" --settings "$file" config --print "$@") || fail "cannot read the settings in $file"
  eval "$assignments"
}

# A .env for a first start: the example, with fresh random secrets. Complete or not there at all.
make_env_file() {
  [[ ! -e $env_file ]] || return 0
  say "making $env_file with fresh secrets"
  local new=$env_file.new.$$ jwt_secret vault_key
  jwt_secret=$(head -c 48 /dev/urandom | base64 -w 0)
  vault_key=$(head -c 32 /dev/urandom | base64 -w 0)
  (umask 077 && : >"$new") 2>/dev/null || fail "cannot write to ${env_file%/*}" "Use a checkout of your own, or set GATEHOUSE_ENV_FILE."
  # Through the environment, because arguments show in the process list.
  JWT_SECRET=$jwt_secret VAULT_KEY=$vault_key awk '
    /^JWT_SECRET=/ { print "JWT_SECRET=" ENVIRON["JWT_SECRET"]; next }
    /^VAULT_KEYS=/ { print "VAULT_KEYS=k1:" ENVIRON["VAULT_KEY"]; next }
    { print }' "$checkout/.env.example" >"$new"
  mv -n "$new" "$env_file"
  rm -f "$new"
}

# It has every secret in it.
close_env_file() {
  local mode
  [[ -e $env_file ]] || return 0
  mode=$(stat -L -c %a "$env_file")
  [[ $mode != [0-7]00 ]] || return 0
  chmod 600 "$env_file" 2>/dev/null ||
    fail "$env_file has the secrets and mode $mode: others can read it" "Let its owner, $(stat -L -c %U "$env_file"), chmod 600 it."
  say "careful: $env_file had mode $mode; it is 600 now. Who else could read it knows its secrets."
}

# write_settings PROGRAM FILE: the effective settings, checked; every bad one is named and nothing is written.
write_settings() {
  local program=$1 file=$2
  [[ ! -e $env_file || -r $env_file ]] ||
    fail "$env_file cannot be read by $(id -un)" "It belongs to $(stat -c %U "$env_file"): run this as that user."
  if ! GATEHOUSE_ENV_FILE=$env_file GATEHOUSE_STATE_DIR=$state GATEHOUSE_RUN_DIR=$workers_run \
    DB_HOST=$(database_host "$program") "$program" config --write "$file"; then
    fail "the settings are not right; nothing was started" "Mend them in $env_file or in the environment."
  fi
}

# DB_HOST, or the private PostgreSQL's socket folder where it is unset.
database_host() {
  local assignments
  # Bad values are the business of write_settings, which names them all.
  assignments=$(DB_HOST=${DB_HOST:-} GATEHOUSE_ENV_FILE=$env_file "$1" config --print DB_HOST 2>/dev/null) || assignments=
  eval "$assignments"
  printf '%s\n' "${DB_HOST:-$run/postgresql}"
}
