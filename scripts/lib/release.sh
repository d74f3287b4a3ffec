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

# check_files PROGRAM SETTINGS: whether the workers' user can read the files that the settings name. Root could, whatever
# their modes: the new settings would be in place before a worker could tell, and one that dies would never come back.
check_files() {
  local probe=$state/gatehouse.probe readable=yes
  ((EUID == 0)) || return 0
  # To read and not to write: root goes on reading it.
  chgrp "$service_user" "$2"
  chmod 640 "$2"
  # A copy: that user may have no way to where the programs were built.
  cp "$1" "$probe"
  chmod 755 "$probe"
  as_user "$service_user" "$probe" --settings "$2" config --check || readable=no
  rm -f "$probe"
  chmod 600 "$2"
  [[ $readable == no ]] || return 0
  rm -f "$2" "$2.owner"
  fail "$service_user, who runs the workers, cannot use what stands above. Nothing was installed, the old settings stay" \
    "Let that user read the file and pass through the folders above it, such as: chgrp $service_user FILE; chmod 640 FILE"
}

# install_release FOLDER: each program is complete or the old one (a rename, under running processes).
install_release() {
  local built=$1 file name
  for file in "$built"/{worker,keeper,feed,gatehouse} "$checkout"/scripts/{run-nginx,scrub-nginx-errors}; do
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
