# shellcheck shell=bash disable=SC2034,SC2154 # folder, address, checkout: scripts/bench's own; bench.sh and others use ours
# What the requests of scripts/bench present, and whether the instance tells right from wrong.

declare -F make_credentials >/dev/null && return 0
# shellcheck source=bench_instance.sh
. "${BASH_SOURCE[0]%/*}/bench_instance.sh"

# at_once COUNT URL CURL ARGUMENT...: the same request so often (a multiple of eight), by eight curls. An answer a line.
at_once() {
  local part pids=()
  for part in {1..8}; do
    ask --max-time 60 -w '\n' "$2#[1-$(($1 / 8))]" "${@:3}" >"$folder/answers.$part" &
    pids+=($!)
  done
  wait "${pids[@]}"
  cat "$folder"/answers.[1-8]
}

# written COUNT FILE: standard input, which must have so many lines.
written() {
  cat >"$2"
  (($(wc -l <"$2") == $1)) || fail "not all of $2 was to be had: $(wc -l <"$2") of $1"
}

make_client() {
  local made scope
  made=$(ask "$address/v1/internal/services/register" -H 'Content-Type: application/json' -d '{"service_name":"bench"}')
  client=$(member client_id <<<"$made") client_secret=$(member client_secret <<<"$made")
  [[ -n $client ]] || fail "no client could be registered: $made"
  for scope in auth:token auth:validate; do admin service grant-scope "$client" "$scope" >/dev/null; done
  basic="Authorization: Basic $(printf '%s' "$client:$client_secret" | base64 -w 0)"
}

# Of a user whose number is so long that answers about a bad token are shorter.
pairs() { at_once "$1" "$address/token/generate" -H "$basic" -d user_id=1000000000; }

# A thousand of each, in files, a line each. With --address they are new ones each time.
make_credentials() {
  local n name="bench$$"
  make_client
  pairs 1000 | member access_token | written 1000 "$folder/access_tokens"
  access=$(head -n 1 "$folder/access_tokens")
  pairs 20000 | member access_token | written 20000 "$folder/new_tokens"
  at_once 1000 "$address/v1/tenants" -H 'Content-Type: application/json' -d '{"name":"bench"}' | member secret_key |
    written 1000 "$folder/tenant_keys"
  for ((n = 1000; n < 2000; n++)); do printf '%s_%s\n' "$name" "$n"; done >"$folder/users"
  sed -e 's/.*/"&":{"nickname":"bench"}/' -e '1s/^/{/; $!s/$/,/; $s/$/}/' "$folder/users" >"$folder/users.json"
  admin user import "$folder/users.json" >/dev/null
  dev_token=$(admin devtoken create bench --json | member token)
  for ((n = 0; n < 1000; n++)); do head -c 32 /dev/urandom | basenc --base64url | tr -d '='; done >"$folder/dev_tokens"
  awk -v name="$RANDOM" '{ printf "%s\"jt_%05d%07d\":{\"token\":\"%s\",\"note\":\"bench\",\"created_at\":\"2025-01-24 12:00:00\",\"created_by\":\"bench\",\"last_used\":null,\"revoked\":false}", (NR == 1 ? "{" : ","), name, NR, $0 }
    END { print "}" }' "$folder/dev_tokens" >"$folder/dev_tokens.json"
  admin devtoken import "$folder/dev_tokens.json" >/dev/null
  # As curl reads its options from a file; the backslashes are for that.
  sed -e 's/.*/{"user_id":"&","access_token":"the access token","refresh_token":"r","expires_at":"2099-01-01T00:00:00Z"}/' \
    -e 's/"/\\"/g' -e 's/.*/data = "&"/' -e "1!s|^|next\\n|; s|data|url = \"$address/api/v1/tokens\"\\nheader = \"Content-Type: application/json\"\\ndata|" \
    "$folder/users" >"$folder/records"
  ask -f -K "$folder/records" | grep -c user_id >/dev/null || fail "no records were taken"
  internal="Authorization: Bearer $(admin jwt --subject=bench --duration=24h)"
  say "a client, 1000 users, records, tenants' keys and developer tokens, and 21000 access tokens are there"
}

# Enough for each connection to have one of its own in hand.
make_families() { pairs "$(($1 * 2))" | member refresh_token | written "$(($1 * 2))" "$folder/families"; }

# A revocation that has been answered is in force here, and so is what was committed before it: checks that do not ask the
# database know all that the tables were filled with.
wait_for_feed() {
  local token tries=300
  token=$(new_pair | member access_token)
  until ask -f -o /dev/null "$address/token/revoke" -H "$basic" -d "token=$token" 2>/dev/null; do
    ((tries-- > 0)) || fail "the feed does not take in the revocations"
    sleep 0.2
  done
  say "the feed has taken in all revocations: one made after them is in force"
}

# expect WORD CURL ARGUMENT...: the answer, or its status, must have that in it.
expect() {
  local answer
  answer=$(ask -w ' %{http_code}' "${@:2}")
  [[ $answer == *$1* ]] || fail "an answer is wrong: $1 was expected, and came: $answer" "Figures of such a thing mean nothing."
}

# gate_expect STATUS REQUIRED CREDENTIAL
gate_expect() {
  if [[ -n $echo_pid ]]; then expect " $1" -o /dev/null "$address/bench/$2" -H "Authorization: Bearer $3"; fi
}

damaged() { printf '%s\n' "${1%?????}AAAAA"; }
new_pair() { ask "$address/token/generate" -H "$basic" -d user_id=1000000000; }

# So that nobody is fast who says yes to everybody, or keeps nothing: before the rows and after them.
prove() {
  local made first second token
  made=$(new_pair)
  first=$(member access_token <<<"$made")
  expect '"is_valid":true' "$address/token/verify" -d "token=$first"
  expect '"is_valid":false' "$address/token/verify" -d "token=$(damaged "$first")"
  expect '"active":false' "$address/oauth/introspect" -H "$basic" -d "token=$(damaged "$first")"
  expect ' 401' "$address/oauth/introspect" -H "$(damaged "$basic")" -d "token=$first"
  expect ' 401' "$address/oauth/token" -H "$(damaged "$basic")" -d grant_type=client_credentials
  gate_expect 200 access "$first"
  gate_expect 401 access "$(damaged "$first")"
  gate_expect 401 devtoken "$(damaged "$dev_token")"
  gate_expect 401 tenant_key "$(damaged "$(head -n 1 "$folder/tenant_keys")")"

  for _ in 1 2; do
    made=$(ask "$address/token/refresh" -d "refresh_token=$(member refresh_token <<<"$made")")
    second=$(member access_token <<<"$made")
    expect '"is_valid":true' "$address/token/verify" -d "token=$second"
  done
  expect ' 200' "$address/token/revoke" -H "$basic" -d "token=$second"
  expect '"is_valid":false' "$address/token/verify" -d "token=$first"
  expect '"active":false' "$address/oauth/introspect" -H "$basic" -d "token=$second"
  expect ' 401' "$address/token/refresh" -d "refresh_token=$(member refresh_token <<<"$made")"
  gate_expect 401 access "$first"

  # Used up: it ends its family.
  made=$(new_pair)
  token=$(member refresh_token <<<"$made")
  for _ in 1 2; do made=$(ask "$address/token/refresh" -d "refresh_token=$(member refresh_token <<<"$made")"); done
  expect ' 401' "$address/token/refresh" -d "refresh_token=$token"
  expect '"is_valid":false' "$address/token/verify" -d "token=$(member access_token <<<"$made")"

  expect 'the access token' "$address/api/v1/tokens/$(tail -n 1 "$folder/users")" -H "$internal"
  expect ' 401' "$address/api/v1/user/$(head -n 1 "$folder/users")" -H "Authorization: Bearer $(damaged "$dev_token")"
  expect ' 401' "$address/api/v1/tokens/$(head -n 1 "$folder/users")" -H "$(damaged "$internal")"
  say "bad, used up and revoked credentials are refused, good ones are not"
}
