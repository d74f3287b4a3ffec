# shellcheck shell=bash disable=SC2154 # folder, scale: scripts/bench's own
# How scripts/bench fills the tables. All indexes and triggers stay: what is measured afterwards are the tables as they are.

declare -F fill_tables >/dev/null && return 0
# shellcheck source=bench_instance.sh
. "${BASH_SOURCE[0]%/*}/bench_instance.sh"
# shellcheck source=users.sh
. "${BASH_SOURCE[0]%/*}/users.sh"

fill_batch=250000

# The bytes of the refresh token of row n: the time, 14 bytes more of its locator, proof and stamp. (Nobody looks at the stamp
# of a token that is the current one.)
filled_token="(substr(int8send(1700000000000 + n * 200::bigint), 3) || sha256(('token' || n)::bytea) || substr(sha256(('proof' || n)::bytea), 1, 22))"
filled_families=0 used_families=0

# What is written for n from $1 to $2, by kind; all of it looks like what the programs write, and lives for a month.
rows_of() {
  local series="generate_series($2, $3) AS n"
  case $1 in
    tenants)
      printf "INSERT INTO tenants (tenant_id, name, created_at) SELECT 'tnt_fill' || n, 'fill', now() FROM %s" "$series"
      ;;
    users)
      printf "INSERT INTO users (tenant_id, user_id, email, email_key, password_hash, profile, created_at)
        SELECT 'tnt_fill' || (n %% %d + 1), 'usr_fill' || n, 'u' || n || '@example.com', 'u' || n || '@example.com', 'none',
               '{\"nickname\":\"fill\"}', now() FROM %s" "$4" "$series"
      ;;
    'developer tokens')
      printf "INSERT INTO dev_tokens (tenant_id, token_id, token_hash, note, created_by, created_at)
        SELECT 'tnt_fill' || (n %% %d + 1), 'jt_fill' || n, sha256(('fill' || n)::bytea), 'fill', 'bench', now() FROM %s" \
        "$4" "$series"
      ;;
    revocations)
      printf "INSERT INTO revocations (key, min_version, effective_at, expires_at)
        SELECT 'token:fill' || n, 1, 'epoch', now() + interval '30 days' FROM %s" "$series"
      ;;
    services)
      printf "INSERT INTO services (client_id, service_name, description, created_at)
        SELECT 'svc_fill00000000', 'fill' || n, '', now() FROM %s" "$series"
      ;;
    'refresh tokens')
      printf "INSERT INTO token_families (family_id, locator_hash, client_id, subject, current_hash, created_at, expires_at,
                access_expires_at)
        SELECT translate(encode(substr(token, 1, 6) || substr(token, 31, 10), 'base64'), '+/=', '-_'),
               substr(token, 1, 6) || substr(sha256(substr(token, 1, 20)), 7), 'svc_fill00000000', n::text, sha256(token), now(),
               now() + interval '30 days', now() + interval '15 minutes'
          FROM %s, LATERAL (SELECT %s AS token) AS filled" "$series" "$filled_token"
      ;;
  esac
}

as_fill_owner() {
  psql -X -q -v ON_ERROR_STOP=1 -h "$folder/bench/state/run/postgresql" -U gatehouse -d gatehouse "$@" >>"$folder/fill.log" 2>&1
}
ask_owner() { psql -X -A -t -v ON_ERROR_STOP=1 -h "$folder/bench/state/run/postgresql" -U gatehouse -d gatehouse -c "$1"; }
as_superuser() {
  (cd / && as_user "$postgresql_user" psql -X -q -v ON_ERROR_STOP=1 -h "$folder/bench/state/run/postgresql" -U postgres \
    -d gatehouse "$@") >>"$folder/fill.log" 2>&1
}
filling_failed() { show_end_of "$folder/fill.log"; fail "the tables could not be filled"; }

# fill_range KIND LOW HIGH TENANTS
fill_range() {
  (($2 <= $3)) || return 0
  rows_of "$@" | as_fill_owner -c 'SET search_path = gatehouse' -c 'SET synchronous_commit = off' -c 'SET statement_timeout = 0' -f -
}

# fill KIND COUNT TENANTS: by two sessions at once, in batches, so that a bar can be shown.
fill() {
  local kind=$1 count=$2 tenants=$3 low middle high other filled bar began=$EPOCHREALTIME
  for ((low = 1; low <= count; low = high + 1)); do
    middle=$((low + fill_batch - 1 < count ? low + fill_batch - 1 : count))
    high=$((middle + fill_batch < count ? middle + fill_batch : count))
    fill_range "$kind" "$((middle + 1))" "$high" "$tenants" &
    other=$!
    fill_range "$kind" "$low" "$middle" "$tenants" || filling_failed
    wait "$other" || filling_failed
    filled=$((high * 30 / count))
    printf -v bar '%*s' "$filled" ''
    printf '\r      %-16s [%-30s] %d' "$kind" "${bar// /#}" "$high"
  done
  awk -v n="$count" -v from="$began" -v to="$EPOCHREALTIME" 'BEGIN { printf ", %d a second\n", n / (to - from) }'
}

fill_tables() {
  local tenants
  [[ -n $echo_pid ]] || fail "--scale fills an instance of its own only, not one that is running"
  count_of() { awk -v n="$1" -v part="$scale" 'BEGIN { printf "%d", n * part < 1 ? 1 : n * part }'; }
  tenants=$(count_of 100000)
  fill tenants "$tenants" "$tenants"
  fill users "$(count_of 1000000)" "$tenants"
  fill 'developer tokens' "$(count_of 1000000)" "$tenants"
  fill revocations "$(count_of 1000000)" "$tenants"
  fill services 1 1
  filled_families=$(count_of 10000000)
  fill 'refresh tokens' "$filled_families" "$tenants"
}

# The planner is to know what there is, and nothing of this to be done while we measure.
settle() {
  say "VACUUM, ANALYZE and CHECKPOINT"
  { as_superuser -c 'VACUUM (ANALYZE)' && as_superuser -c CHECKPOINT; } || filling_failed
}

# take_filled COUNT: refresh tokens from all over the table, none of them twice. False: there are not enough.
take_filled() {
  ((used_families + $1 <= filled_families)) || return 1
  ask_owner "
    SELECT replace(translate(encode($filled_token, 'base64'), '+/', '-_'), chr(10), '')
      FROM generate_series($used_families, $used_families + $1 - 1) AS k, LATERAL (SELECT 1 + k * 7919::bigint % $filled_families AS n) AS place" \
    >"$folder/families" 2>>"$folder/fill.log" || filling_failed
  used_families=$((used_families + $1))
}
