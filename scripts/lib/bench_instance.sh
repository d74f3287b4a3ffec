# shellcheck shell=bash disable=SC2034,SC2154 # folder, binaries, address: scripts/bench's own; it and others use ours
# The instance that scripts/bench measures: brought up and taken down with its echo, given what the requests present, and
# its processes.

declare -F bench_up >/dev/null && return 0
# shellcheck source=instances.sh
. "${BASH_SOURCE[0]%/*}/instances.sh"

echo_pid=''

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
  ask --max-time 60 -w '\n' "$address/token/generate#[1-$(($1 * 2))]" -H "$basic" -d user_id=42 | member refresh_token >"$folder/families"
  (($(wc -l <"$folder/families") == $1 * 2)) || fail "no refresh tokens were to be had"
}

# A revocation that has been answered is in force here, and so is what was committed before it: checks that do not ask the
# database know all that the tables were filled with.
wait_for_feed() {
  local token tries=300 answer
  token=$(ask "$address/token/generate" -H "$basic" -d user_id=42 | member access_token)
  until ask -f -o /dev/null "$address/token/revoke" -H "$basic" -d "token=$token" 2>/dev/null; do
    ((tries-- > 0)) || fail "the feed does not take in the revocations"
    sleep 0.2
  done
  for token in "$token" "$access"; do
    answer+=" $(ask -w '%{http_code}' "$address/token/verify" -H 'Content-Type: application/json' -d "{\"token\":\"$token\"}")"
  done
  [[ $answer == *'"is_valid":false'*'"is_valid":true'*200 ]] || fail "checks do not know what is revoked: $answer"
  say "the feed has taken in all revocations: one made after them is in force"
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
