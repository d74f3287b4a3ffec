# shellcheck shell=bash disable=SC2154 # folder, seconds, only, binaries, address: scripts/bench's own
# What scripts/bench measures, and how.

declare -F measure_all >/dev/null && return 0
# shellcheck source=instances.sh
. "${BASH_SOURCE[0]%/*}/instances.sh"

results=() echo_pid=''

bench_locations() {
  mkdir "$folder/locations"
  # shellcheck disable=SC2016 # the variables are nginx's
  {
    printf 'location = /bench/floor { return 200 "{}"; }\n'
    printf 'location = /bench/echo { include fastcgi.conf; fastcgi_pass unix:%s/echo.sock; }\n' "$folder"
    printf 'location = /bench/%s { set $gatehouse_require "%s"; include snippets/require-token.conf; empty_gif; }\n' \
      devtoken devtoken access access tenant_key tenant_key
  } >"$folder/locations/bench.conf"
}

bench_up() {
  instance bench "JWT_SECRET=$(head -c 48 /dev/urandom | base64 -w 0)" RATE_LIMIT_ADDRESS=off RATE_LIMIT_CREDENTIAL=off \
    "VAULT_KEYS=k1:$(head -c 32 /dev/urandom | base64 -w 0)" RATE_LIMIT_TENANTS=off \
    "NGINX_LOCATIONS=$folder/locations/*.conf"
  bench_locations
  (cd "$folder" && exec spawn-fcgi -n -s "$folder/echo.sock" -M 0666 -b 4096 -- /usr/bin/multiwatch -f 8 -- \
    "$binaries/bench_echo" >"$folder/echo.log" 2>&1) &
  echo_pid=$!
  at bench up --binaries "$binaries" >"$folder/up.log" 2>&1 || { cat "$folder/up.log"; fail "no instance, no figures"; }
  address=http://127.0.0.1:$(sed -n 's/^GATEHOUSE_HTTP_PORT=//p' "$folder/bench/env")
  say "$address"
}

bench_down() {
  local status=$?
  trap - EXIT
  if [[ -n $echo_pid ]]; then kill "$echo_pid" || true; fi
  if [[ -e $folder/bench/env ]]; then at bench down --wipe --yes >"$folder/down.log" 2>&1 || cat "$folder/down.log"; fi
  rm -rf "$folder"
  exit "$status"
}

admin() { if [[ -e $folder/bench/env ]]; then at bench gatehouse "$@"; else "$checkout/scripts/gatehouse" "$@"; fi; }
member() { sed -n -E "s/.*\"$1\": ?\"?([^\",}]+).*/\\1/p"; }
ask() { curl -sS --max-time 10 "$@"; }

make_credentials() {
  local made scope bearer jwt user
  made=$(ask "$address/v1/internal/services/register" -H 'Content-Type: application/json' -d '{"service_name":"bench"}')
  client=$(member client_id <<<"$made") client_secret=$(member client_secret <<<"$made")
  [[ -n $client ]] || fail "no client could be registered: $made"
  for scope in auth:token auth:validate; do admin service grant-scope "$client" "$scope" >/dev/null; done
  basic="Authorization: Basic $(printf '%s' "$client:$client_secret" | base64 -w 0)"
  access=$(ask "$address/token/generate" -H "$basic" -d user_id=42 | member access_token)
  dev_token=$(admin devtoken create bench --json | member token)
  made=$(ask "$address/v1/tenants" -H 'Content-Type: application/json' -d '{"name":"bench"}')
  tenant_key=$(member secret_key <<<"$made")
  user=U$$
  printf '{"%s":{"nickname":"bench"}}' "$user" >"$folder/users.json"
  admin user import "$folder/users.json" >/dev/null
  dev_user=$user
  bearer='Content-Type: application/json'
  ask "$address/api/v1/tokens" -H "$bearer" -d "{\"user_id\":\"$user\",\"access_token\":\"the access token\",
    \"refresh_token\":\"r\",\"expires_at\":\"2099-01-01T00:00:00Z\"}" >/dev/null
  jwt=$(admin jwt --subject=bench --duration=24h)
  internal="Authorization: Bearer $jwt"
  say "a client, an access token, a developer token, a tenant's key, a user and a record are there"
}

# Enough for each connection to have one of its own in hand.
make_families() {
  local i
  for ((i = 0; i < $1 * 2; i++)); do
    printf '%s\n' "$(ask "$address/token/generate" -H "$basic" -d user_id=42 | member refresh_token)"
  done >"$folder/families"
}

# CPU time so far of everything that serves, in microseconds: what else the machine does hardly weighs on it.
cpu_time() {
  perl -e 'my $sum = 0;
    for my $process (glob "/proc/[0-9]*") {
      next unless (readlink("$process/cwd") // "") =~ m{^\Q$ARGV[0]\E(/|$)};
      open my $stat, "<", "$process/stat" or next;
      my @fields = split / /, (<$stat> // "") =~ s/^.*\) //r;
      $sum += $fields[11] + $fields[12] if @fields > 12;
    }
    print $sum * 10000, "\n"' "$folder"
}

# run_wrk CONNECTIONS SECONDS PATH: prints what bench/load.lua does, and the CPU time that it took.
run_wrk() {
  local before
  before=$(cpu_time)
  wrk -t 2 -c "$1" -d "$2s" --timeout 5s --latency -s "$checkout/bench/load.lua" "$address$3" >"$folder/wrk.out" 2>&1 ||
    { cat "$folder/wrk.out"; fail "wrk failed"; }
  printf '%s %d\n' "$(sed -n -E 's/^(FIGURES|CHECKED) //p' "$folder/wrk.out")" "$(($(cpu_time) - before))"
}

# measure NAME TARGET METHOD PATH BODY ANSWER HEADER...: at 32 and 64 connections. TARGET: of issue 6, relative to the
# echo; ANSWER: what each answer must have in it.
measure() {
  local name=$1 target=$2 method=$3 path=$4 body=$5 answer=$6 connections
  shift 6
  [[ $name =~ $only ]] || return 0
  for connections in 32 64; do
    measure_at "$connections" "$name" "$target" "$method" "$path" "$body" "$answer" "$@"
  done
}

measure_at() {
  local connections=$1 name=$2 target=$3 path=$5 answer=$7 checked='0 0 0' figures echoed='0 1 0 0 0 0 0'
  export BENCH_METHOD=$4 BENCH_BODY=$6 BENCH_HEADERS
  shift 7
  BENCH_HEADERS=$(printf '%s\n' "$@")
  unset BENCH_TOKENS BENCH_ANSWER
  if [[ $name == refresh ]]; then
    make_families "$connections"
    export BENCH_TOKENS=$folder/families
  else
    checked=$(BENCH_ANSWER=$answer run_wrk "$connections" 1 "$path")
  fi
  figures=$(run_wrk "$connections" "$seconds" "$path")
  if [[ -n $echo_pid ]]; then
    unset BENCH_TOKENS
    echoed=$(BENCH_METHOD=GET BENCH_BODY='' BENCH_HEADERS='' run_wrk "$connections" "$seconds" /bench/echo)
  fi
  results+=("$(awk -v OFS='|' -v name="$name" -v connections="$connections" -v target="$target" '
    NR == 1 { wrong = $2 }
    NR == 2 { n = $1; rate = $1 * 1e6 / $2; wrong += $3 + $4; p50 = $5; p99 = $6; cpu = n ? $7 / n : 0 }
    NR == 3 { echo = $1 * 1e6 / $2; echo_cpu = $1 ? $7 / $1 : 0 }
    END { print name, connections, int(rate), int(echo), sprintf("%.3f", echo ? rate / echo : 0), target, p50, p99, wrong,
                sprintf("%.1f", cpu), sprintf("%.1f", echo_cpu) }' <<<"$checked"$'\n'"$figures"$'\n'"$echoed")")
  tell "${results[-1]}"
}

tell() {
  local fields
  IFS='|' read -ra fields <<<"$1"
  say "$(printf '%-24s %3d  %7d/s  %s of the echo; %s us of CPU (echo: %s)' "${fields[0]}" "${fields[1]}" "${fields[2]}" \
    "${fields[4]}" "${fields[9]}" "${fields[10]}")"
}

measure_all() {
  local form='Content-Type: application/x-www-form-urlencoded' json='Content-Type: application/json'
  if [[ -n $echo_pid ]]; then
    measure floor - GET /bench/floor '' '{}'
    measure echo 1 GET /bench/echo '' ''
    measure 'gate, developer token' 0.70 GET /bench/devtoken '' GIF "Authorization: Bearer $dev_token"
    measure 'gate, access token' 0.70 GET /bench/access '' GIF "Authorization: Bearer $access"
    measure 'gate, tenant key' 0.70 GET /bench/tenant_key '' GIF "Authorization: Bearer $tenant_key"
  fi
  measure verify 0.85 POST /token/verify "{\"token\":\"$access\"}" '"is_valid":true' "$json"
  measure introspect 0.85 POST /oauth/introspect "token=$access" '"active":true' "$form" "$basic"
  measure 'user, developer token' 0.40 GET "/api/v1/user/$dev_user" '' "$dev_user" "Authorization: Bearer $dev_token"
  measure 'oauth token, HS256' 0.60 POST /oauth/token grant_type=client_credentials '"access_token"' "$form" "$basic"
  measure generate 0.24 POST /token/generate user_id=42 '"refresh_token"' "$form" "$basic"
  measure refresh 0.20 POST /token/refresh '' '' "$form"
  measure 'vault token' 0.45 GET "/api/v1/tokens/$dev_user" '' 'the access token' "$internal"
  if [[ -n $echo_pid && 'oauth token, ES256' =~ $only ]]; then
    printf 'TOKEN_SIGNING_ALG=ES256\n' >>"$folder/bench/env"
    at bench up --binaries "$binaries" >"$folder/up.log" 2>&1 || { cat "$folder/up.log"; fail "no ES256"; }
    measure 'oauth token, ES256' 0.45 POST /oauth/token grant_type=client_credentials '"access_token"' "$form" "$basic"
  fi
}

print_table() {
  local row fields
  printf '\n| %-24s | %4s | %10s | %8s | %6s | %6s | %8s | %8s | %6s | %6s | %8s |\n' what conn requests/s echo/s ratio \
    wanted 'p50 ms' 'p99 ms' errors 'CPU us' 'echo CPU'
  printf '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n'
  for row in "${results[@]}"; do
    IFS='|' read -ra fields <<<"$row"
    awk -v m="${fields[6]}" -v p="${fields[7]}" -v n="${fields[0]}" -v c="${fields[1]}" -v r="${fields[2]}" \
      -v e="${fields[3]}" -v q="${fields[4]}" -v w="${fields[5]}" -v x="${fields[8]}" \
      -v u="${fields[9]}" -v v="${fields[10]}" \
      'BEGIN { printf "| %-24s | %4d | %10d | %8d | %6s | %6s | %8.2f | %8.2f | %6d | %6s | %8s |\n", n, c, r, e, q, w,
               m / 1e3, p / 1e3, x, u, v }'
  done
}

write_results() {
  local row fields separator=''
  {
    printf '{"measured_at":"%s","cores":%d,"seconds":%s,"scale":"%s","rows":[' "$(date -u +%FT%TZ)" "$(nproc)" "$seconds" "$scale"
    for row in "${results[@]}"; do
      IFS='|' read -ra fields <<<"$row"
      printf '%s\n{"what":"%s","connections":%d,"per_second":%d,"echo_per_second":%d,"ratio":%s,"p50_us":%d,"p99_us":%d,"errors":%d,"cpu_us":%s,"echo_cpu_us":%s}' \
        "$separator" "${fields[0]}" "${fields[1]}" "${fields[2]}" "${fields[3]}" "${fields[4]}" "${fields[6]}" "${fields[7]}" "${fields[8]}" \
        "${fields[9]}" "${fields[10]}"
      separator=,
    done
    printf ']}\n'
  } >"$checkout/bench/results.json"
  say "bench/results.json"
}

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
    'refresh tokens')
      printf "INSERT INTO token_families (family_id, locator_hash, client_id, subject, current_hash, created_at, expires_at,
                access_expires_at)
        SELECT 'fill' || n, sha256(('locator' || n)::bytea), 'svc_fill00000000', n::text, sha256(('token' || n)::bytea),
               now(), now() + interval '30 days', now() + interval '15 minutes' FROM %s" "$series"
      ;;
  esac
}

# fill KIND COUNT TENANTS: in batches, so that a bar can be shown.
fill() {
  local kind=$1 count=$2 tenants=$3 low high filled bar
  for ((low = 1; low <= count; low = high + 1)); do
    high=$((low + 99999 < count ? low + 99999 : count))
    rows_of "$kind" "$low" "$high" "$tenants" | psql -X -q -v ON_ERROR_STOP=1 -h "$folder/bench/state/run/postgresql" \
      -U gatehouse -d gatehouse -c 'SET search_path = gatehouse' -f - >"$folder/fill.log" 2>&1 ||
      { cat "$folder/fill.log"; fail "the tables could not be filled"; }
    filled=$((high * 30 / count))
    printf -v bar '%*s' "$filled" ''
    printf '\r      %-16s [%-30s] %d' "$kind" "${bar// /#}" "$high"
  done
  printf '\n'
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
  fill 'refresh tokens' "$(count_of 10000000)" "$tenants"
  psql -X -q -h "$folder/bench/state/run/postgresql" -U gatehouse -d gatehouse -c 'ANALYZE' >/dev/null 2>&1
}
