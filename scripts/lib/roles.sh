# shellcheck shell=bash disable=SC2154 # owner_password, worker_password: of whoever uses this
# The two roles: the owner, for migrations and administration, and the workers' own, which owns nothing. Passwords go
# by the environment, and into SQL only as a SCRAM verifier. Whoever uses it has loaded DB_* and set owner_password and
# worker_password.

declare -F as_role >/dev/null && return 0
# shellcheck source=users.sh
. "${BASH_SOURCE[0]%/*}/users.sh"

# SQL as one of the roles: as_role NAME PASSWORD PSQL-ARGUMENT...
as_role() {
  local role=$1 password=$2
  shift 2
  PGHOST=$DB_HOST PGPORT=$DB_PORT PGDATABASE=$DB_NAME PGUSER=$role PGPASSWORD=$password PGCONNECT_TIMEOUT=5 \
    PGSSLMODE=$DB_SSLMODE PGSSLROOTCERT=$DB_SSLROOTCERT PGTARGETSESSIONATTRS=read-write PGOPTIONS='-c client_min_messages=warning' \
    psql -X -q -A -t -w -v ON_ERROR_STOP=1 "$@"
}

# SQL as the private cluster's superuser, in the database of that name.
as_cluster_owner() {
  (cd / && PGHOST=$run/postgresql PGPORT=$DB_PORT PGUSER=postgres PGDATABASE=${1:-postgres} \
    as_user "$postgresql_user" psql -X -q -A -t -w -v ON_ERROR_STOP=1)
}

# RFC 5803: what PostgreSQL stores instead of a password. Reads the password from stdin.
scram_verifier() {
  perl -MDigest::SHA=hmac_sha256,sha256 -MMIME::Base64 -e '
    local $/; my $password = <STDIN>;
    open(my $random, "<", "/dev/urandom") or die; read($random, my $salt, 16) == 16 or die;
    my $u = my $salted = hmac_sha256($salt . pack("N", 1), $password);
    for (2 .. 4096) { $u = hmac_sha256($u, $password); $salted ^= $u; }
    printf "SCRAM-SHA-256\$4096:%s\$%s:%s", encode_base64($salt, ""),
      encode_base64(sha256(hmac_sha256("Client Key", $salted)), ""), encode_base64(hmac_sha256("Server Key", $salted), "")'
}

# set_role_sql NAME PASSWORD ATTRIBUTES: makes the role or gives the one that is there this password.
set_role_sql() {
  cat <<END
\\set name $1
\\set verifier '$(printf '%s' "$2" | scram_verifier)'
SELECT format('CREATE ROLE %I', :'name') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name') \\gexec
ALTER ROLE :"name" $3 PASSWORD :'verifier';
END
}

# In the private cluster only; elsewhere it is the administrator who makes owner and database.
make_owner() {
  if as_role "$DB_USER" "$owner_password" -c 'SELECT 1' >/dev/null 2>&1; then return; fi
  say "making the role $DB_USER and the database $DB_NAME"
  {
    cat <<END
\\set name $DB_USER
SELECT format('CREATE ROLE %I LOGIN CREATEROLE CREATEDB', :'name')
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name') \\gexec
\\set database $DB_NAME
SELECT format('CREATE DATABASE %I OWNER %I', :'database', :'name')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \\gexec
END
  } | as_cluster_owner || fail "the role $DB_USER could not be made"
}

# Large objects belong to no schema: whoever is in a database could fill the disk with them. Nobody here uses them, and
# only the superuser can close them; in template1, too, from which new databases are made.
close_large_objects() {
  local database
  for database in template1 "$DB_NAME"; do
    as_cluster_owner "$database" <<'END' || fail "the functions for large objects could not be closed in $database"
SELECT format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', p.oid::regprocedure) FROM pg_proc p
 WHERE p.pronamespace = 'pg_catalog'::regnamespace AND has_function_privilege('public', p.oid, 'EXECUTE')
   AND p.proname IN ('lo_creat', 'lo_create', 'lo_from_bytea', 'lo_import') \gexec
END
  done
}

check_owner() {
  local reason
  reason=$(as_role "$DB_USER" "$owner_password" -c 'SELECT 1' 2>&1 >/dev/null) && return
  fail "no way into the database: $reason" \
    "Check DB_HOST ($DB_HOST), DB_PORT, DB_USER, DB_PASSWORD and DB_NAME, and that PostgreSQL is running there."
}

# Only when it cannot log in as it should: so that nothing is done twice, and hosts that share a database agree.
make_worker_role() {
  local attempt problem
  for attempt in 1 2 3 4 5; do
    if as_role "$DB_WORKER_USER" "$worker_password" -c 'SELECT 1' >/dev/null 2>&1; then
      check_worker_role
      return
    fi
    ((attempt > 1)) || say "making the role $DB_WORKER_USER"
    problem=$(set_role_sql "$DB_WORKER_USER" "$worker_password" LOGIN |
      as_role "$DB_USER" "$owner_password" 2>&1) && continue
    # Another host's `up` at the same time: its password is the same.
    [[ $problem =~ concurrently|already\ exists|duplicate\ key ]] || break
    sleep "0.$((RANDOM % 9 + 1))"
  done
  fail "the role $DB_WORKER_USER could not be made: $problem" "DB_USER ($DB_USER) needs CREATEROLE."
}

check_worker_role() {
  local powerful
  powerful=$(as_role "$DB_WORKER_USER" "$worker_password" -c \
    'SELECT rolname FROM pg_roles WHERE (rolsuper OR rolbypassrls) AND rolname = current_user')
  [[ -z $powerful ]] || fail "DB_WORKER_USER ($powerful) is above row-level security" \
    "Name a role that is neither SUPERUSER nor BYPASSRLS."
}
