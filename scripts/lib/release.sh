# shellcheck shell=bash
# The release: the programs as they run, in the state folder, where the unprivileged users can read them and where a
# later build does not touch them.

declare -F install_release >/dev/null && return 0
# shellcheck source=users.sh
. "${BASH_SOURCE[0]%/*}/users.sh"

# check_keys PROGRAM SETTINGS: makes the first signing key where one is needed, and opens all that there are. To be asked
# before anything is installed, so that what runs keeps what it has.
check_keys() {
  "$1" --settings "$2" keys ensure && return
  rm -f "$2" "$2.owner"
  fail "the signing keys cannot be used: the reason stands above. Nothing was installed, the old settings stay" \
    "Where it is about sealed values: VAULT_KEYS does not open what is sealed in the database. Put back the key that" \
    "sealed it (in $env_file); to change keys, add a new one before the old one and keep the old one."
}

# install_release FOLDER: each program is complete or the old one (a rename, under running processes).
install_release() {
  local built=$1 file name
  for file in "$built"/{worker,keeper,gatehouse} "$checkout"/scripts/{run-nginx,scrub-nginx-errors}; do
    name=${file##*/}
    cmp -s "$file" "$release/bin/$name" && continue
    cp "$file" "$release/bin/.$name.new"
    chmod 755 "$release/bin/.$name.new"
    mv -f "$release/bin/.$name.new" "$release/bin/$name"
    say "installed $name"
  done
}

# Likewise. Only the workers' user may read them; and what is for administration alone stays with whoever runs this, so
# that a worker that was taken over cannot become the database's owner.
install_settings() {
  local new=$1
  mv -f "$new.owner" "$settings.owner"
  if cmp -s "$new" "$settings"; then
    rm -f "$new"
    return
  fi
  if ((EUID == 0)); then chown "$service_user:$service_user" "$new"; fi
  mv -f "$new" "$settings"
}
