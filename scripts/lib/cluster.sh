# shellcheck shell=bash
# The private PostgreSQL of one instance: in the state folder, on a unix socket only, never the system's cluster.

declare -F postmaster >/dev/null && return 0
# shellcheck source=folders.sh
. "${BASH_SOURCE[0]%/*}/folders.sh"
# shellcheck source=processes.sh
. "${BASH_SOURCE[0]%/*}/processes.sh"

cluster=$state/postgresql/data
cluster_log=$logs/postgresql.log

postmaster() { working_in "$cluster" "$postgresql_bin/postgres" "$postgresql_user"; }
cluster_processes() { working_in "$cluster" "postgres" "$postgresql_user"; postmaster; }

# initdb in a folder beside, so that one that was interrupted leaves nothing half made.
make_cluster() {
  [[ ! -e $cluster/PG_VERSION ]] || return 0
  say "initdb in $cluster"
  own_folder "$state/postgresql" 700 "$postgresql_user" "$postgresql_group"
  local new=$cluster.new
  rm -rf "$new"
  # --auth is replaced by write_access.
  (cd / && as_user "$postgresql_user" "$postgresql_bin/initdb" -D "$new" -E UTF8 --locale=C.UTF-8 --data-checksums \
    -U postgres --auth=reject) >"$logs/initdb.log" 2>&1 ||
    { show_end_of "$logs/initdb.log"; fail "initdb failed"; }
  as_user "$postgresql_user" sh -c "echo \"include 'gatehouse.conf'\" >>'$new/postgresql.conf'"
  mv "$new" "$cluster"
}

cluster_settings() {
  cat <<END
# Written by scripts/up.
listen_addresses = ''
port = $DB_PORT
unix_socket_directories = '$run/postgresql'
unix_socket_permissions = 0777
cluster_name = 'gatehouse'
max_connections = 200
password_encryption = 'scram-sha-256'
jit = off
shared_buffers = $((10#$DB_SHARED_BUFFERS))MB
# After a checkpoint the first change of each page goes to the WAL as the whole page; so there are not many of them.
checkpoint_timeout = 15min
max_wal_size = 2GB
wal_compression = lz4
# Where two others or more have written something, their commits are waited for, 0.15 ms: more of them share an fsync.
commit_delay = 150
commit_siblings = 2
timezone = 'UTC'
log_timezone = 'UTC'
# No statement and no value reaches the log.
log_statement = 'none'
log_min_error_statement = panic
log_error_verbosity = terse
END
}

# Who gets in: the cluster's own user as its superuser; whoever runs these scripts as the owner of the database, known
# by the operating system and without a password, so that none exists which a worker could read; everybody else with
# a password.
access_rules() {
  cat <<END
local all postgres peer map=cluster
local all $DB_USER peer map=cluster
local all all scram-sha-256
END
}
access_names() {
  cat <<END
cluster $postgresql_user postgres
cluster $(id -un) $DB_USER
END
}

write_access() {
  [[ $(access_rules) != "$(<"$cluster/pg_hba.conf")" || $(access_names) != "$(<"$cluster/pg_ident.conf")" ]] || return 0
  access_rules | as_user "$postgresql_user" tee "$cluster/pg_hba.conf" >/dev/null
  access_names | as_user "$postgresql_user" tee "$cluster/pg_ident.conf" >/dev/null
  if [[ -n $(postmaster) ]]; then control_cluster reload; fi
}

# A postmaster.pid or a socket's lock whose process is gone (or a zombie, or somebody else's by now) would keep
# PostgreSQL from starting. Children of a killed postmaster come first: PostgreSQL must not start while one lives.
clear_away_dead_cluster() {
  local left
  mapfile -t left < <(cluster_processes)
  if ((${#left[@]} > 0)); then
    say "processes of a killed PostgreSQL are still there: stopping them"
    stop_processes QUIT 10 "${left[@]}"
  fi
  as_user "$postgresql_user" rm -f "$cluster/postmaster.pid" "$run"/postgresql/.s.PGSQL.*
}

# What a running PostgreSQL would have to be restarted for.
fixed_settings() { grep -Ev '^(#|jit |checkpoint_timeout |max_wal_size |wal_compression |commit_|timezone |log_)' || true; }

cache_setting() { grep '^shared_buffers ' || true; }

# put_settings NEW: PostgreSQL takes them at its next start, or when it reads them again.
put_settings() { as_user "$postgresql_user" tee "$cluster/gatehouse.conf" <<<"$1" >/dev/null; }

# With other settings it may not start: then with the old ones again, for whoever is served meanwhile.
restart_cluster() {
  local old=$1
  (control_cluster restart -m fast) && return
  say "it does not start with them: starting it with those before"
  put_settings "$old"
  clear_away_dead_cluster
  control_cluster start
  fail "PostgreSQL did not start with its new settings" "Its last words are above; mend DB_SHARED_BUFFERS or DB_PORT."
}

# start_cluster ROLLING: yes where nothing may stand still, else no. Then another size of the cache waits for the next up
# that may restart PostgreSQL.
start_cluster() {
  local conf=$cluster/gatehouse.conf rolling=$1 old='' new running
  new=$(cluster_settings)
  write_access
  running=$(postmaster)
  if [[ -r $conf ]]; then old=$(<"$conf"); fi
  if [[ -n $running && $rolling == yes && $(cache_setting <<<"$old") != "$(cache_setting <<<"$new")" ]]; then
    say "the size of its cache has changed: that waits for an up without --rolling"
    new=${new/$(cache_setting <<<"$new")/$(cache_setting <<<"$old")}
  fi
  if [[ -n $running && $old == "$new" ]]; then
    say "is running"
    return
  fi
  (umask 077 && : >>"$cluster_log")
  if ((EUID == 0)); then chown "$postgresql_user" "$cluster_log"; fi
  put_settings "$new"
  if [[ -n $running && $(fixed_settings <<<"$old") == "$(fixed_settings <<<"$new")" ]]; then
    say "its settings changed: it reads them again"
    control_cluster reload
  elif [[ -n $running ]]; then
    say "its settings changed: restarting"
    restart_cluster "$old"
  else
    clear_away_dead_cluster
    control_cluster start
    say "started"
  fi
}

control_cluster() {
  (forget_descriptors && cd "$cluster" && as_user "$postgresql_user" env -i LC_ALL=C.UTF-8 \
    "$postgresql_bin/pg_ctl" -D "$cluster" -l "$cluster_log" -w -t 300 -s \
    "$@" </dev/null >>"$logs/pg_ctl.log" 2>&1) && return
  show_end_of "$cluster_log"
  fail "PostgreSQL could not be told to $1" "See $cluster_log and $logs/pg_ctl.log."
}

stop_cluster() {
  [[ -e $cluster/PG_VERSION ]] || return 0
  if [[ -n $(postmaster) ]]; then
    say "stopping PostgreSQL"
    control_cluster stop -m fast
  fi
  clear_away_dead_cluster
}
