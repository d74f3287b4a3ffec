# shellcheck shell=bash disable=SC2154 # folder, seconds, only, binaries, address, and what bench_instance.sh makes
# What scripts/bench measures with wrk, and how: rounds of a second each, a row's and an echo's by turns.

declare -F measure_reads >/dev/null && return 0
# shellcheck source=bench_credentials.sh
. "${BASH_SOURCE[0]%/*}/bench_credentials.sh"

# A line for each row at each number of connections; print_table names its fields.
results=()

# For awk, which has none. It leaves the list sorted.
median='function median(list, n,   i, j, t) {
  for (i = 2; i <= n; i++)
    for (j = i; j > 1 && list[j - 1] > list[j]; j--) { t = list[j]; list[j] = list[j - 1]; list[j - 1] = t }
  return n ? (list[int((n + 1) / 2)] + list[int(n / 2) + 1]) / 2 : 0
}
'

# run_wrk WHAT CONNECTIONS PATH: a second of it. Prints a line: WHAT, the figures of bench/load.lua, the CPU time that it took.
run_wrk() {
  local before
  before=$(cpu_time)
  wrk -t 2 -c "$2" -d 1s --timeout 5s --latency -s "$checkout/bench/load.lua" "$address$3" >"$folder/wrk.out" 2>&1 ||
    { cat "$folder/wrk.out" >&2; fail "wrk failed"; }
  printf '%s %s %d\n' "$1" "$(sed -n -E 's/^(FIGURES|CHECKED) //p' "$folder/wrk.out")" "$(($(cpu_time) - before))"
}

# measure NAME GOAL METHOD PATH BODY ANSWER HEADER...: at 32 and 64 connections. GOAL: relative to the echo;
# ANSWER: what each answer must have in it. With each=FILE before it the requests take turns, see bench/load.lua.
measure() {
  local name=$1 goal=$2 method=$3 path=$4 body=$5 answer=$6 connections
  shift 6
  [[ $name =~ $only ]] || return 0
  for connections in 32 64; do
    measure_at "$connections" "$name" "$goal" "$method" "$path" "$body" "$answer" "$@"
  done
}

# Of measure_at's request, for a second; a chain of refreshes has no one answer.
look_at_answers() {
  [[ $name == refresh ]] || BENCH_ANSWER=$answer run_wrk check "$connections" "$path"
}

measure_at() {
  local connections=$1 name=$2 goal=$3 path=${5//'{each}'/each} answer=$7 round
  export BENCH_METHOD=$4 BENCH_PATH=$5 BENCH_BODY=$6 BENCH_HEADERS
  shift 7
  BENCH_HEADERS=$(printf '%s\n' "$@")
  unset BENCH_TOKENS BENCH_ANSWER BENCH_EACH
  if [[ -n ${each:-} ]]; then export BENCH_EACH=$each; fi
  look_at_answers >"$folder/rounds"
  for ((round = 0; round < seconds; round++)); do
    if [[ $name == refresh ]]; then
      # Over full tables those of a second are hardly ever refreshed twice, as it is with those of real users.
      take_filled 8000 || make_families "$connections"
      export BENCH_TOKENS=$folder/families
    fi
    run_wrk row "$connections" "$path"
    unset BENCH_TOKENS
    if [[ -n $echo_pid ]]; then
      (unset BENCH_EACH && BENCH_METHOD=GET BENCH_BODY='' BENCH_HEADERS='' run_wrk echo "$connections" /bench/echo)
    fi
  done >>"$folder/rounds"
  look_at_answers >>"$folder/rounds"
  results+=("$(sum_up "$name" "$connections" "$goal" <"$folder/rounds")")
  tell "${results[-1]}"
}

# sum_up NAME CONNECTIONS GOAL: medians of the rounds' figures, CPU time over all of them. Answers that nobody has read were
# as long, on the average, as those that were right.
sum_up() {
  awk -v OFS='|' -v name="$1" -v connections="$2" -v goal="$3" "$median"'
    $1 == "check" { wrong += $3; looked += $2 > 0; read += $2; right += $4 }
    $1 == "row" {
      rate[++rows] = $2 * 1e6 / $3; wrong += $4 + $5; p50[rows] = $6; p99[rows] = $7
      last = rate[rows]; asked += $2; bytes += $8; cpu += $9
    }
    $1 == "echo" {
      echo[++echoes] = $2 * 1e6 / $3; ratio[echoes] = last / echo[echoes]; wrong += $4 + $5
      echoed += $2; echo_cpu += $9
    }
    END {
      if (!asked || looked < 2 && name != "refresh") ++wrong
      if (asked && read && (bytes / asked - right / read) ^ 2 > 0.01) ++wrong
      quotient = wrong ? "0.000" : sprintf("%.3f", median(ratio, echoes))
      verdict = wrong ? "worthless" : goal != "-" && echoes && quotient < goal ? "missed" : ""
      print name, connections, int(median(rate, rows)), int(median(echo, echoes)), quotient, goal, int(median(p50, rows)),
        int(median(p99, rows)), wrong + 0, sprintf("%.1f", asked ? cpu / asked : 0),
        sprintf("%.1f", echoed ? echo_cpu / echoed : 0), verdict
    }'
}

tell() {
  local fields
  IFS='|' read -ra fields <<<"$1"
  say "$(printf '%-24s %3d  %7d/s  %s of the echo; %s us of CPU (echo: %s) %s' "${fields[0]}" "${fields[1]}" "${fields[2]}" \
    "${fields[4]}" "${fields[9]}" "${fields[10]}" "${fields[11]:-}")"
}

# After the latency comes what writes nothing at all: PostgreSQL cleans up after what writes for minutes, be it only rows of
# a log. A thousand credentials and users by turns: more than one user has, and what each worker remembers.
measure_checks() {
  local json='Content-Type: application/json'
  if [[ -n $echo_pid ]]; then
    measure floor - GET /bench/floor '' '{}'
    measure echo - GET /bench/echo '' ''
  fi
  each=$folder/access_tokens measure verify 0.85 POST /token/verify '{"token":"{each}"}' '"is_valid":true' "$json"
  # So many that each of them is as good as new to the worker that it meets.
  each=$folder/new_tokens measure 'verify, new tokens' 0.85 POST /token/verify '{"token":"{each}"}' '"is_valid":true' "$json"
}

measure_reads() {
  local form='Content-Type: application/x-www-form-urlencoded'
  each=$folder/access_tokens measure introspect 0.85 POST /oauth/introspect 'token={each}' '"active":true' "$form" "$basic"
  each=$folder/new_tokens measure 'introspect, new tokens' 0.85 POST /oauth/introspect 'token={each}' '"active":true' "$form" \
    "$basic"
  if [[ -n $echo_pid ]]; then
    each=$folder/dev_tokens measure 'gate, developer token' 0.70 GET /bench/devtoken '' GIF 'Authorization: Bearer {each}'
    each=$folder/access_tokens measure 'gate, access token' 0.70 GET /bench/access '' GIF 'Authorization: Bearer {each}'
    each=$folder/tenant_keys measure 'gate, tenant key' 0.70 GET /bench/tenant_key '' GIF 'Authorization: Bearer {each}'
  fi
  each=$folder/users measure 'user, developer token' 0.40 GET '/api/v1/user/{each}' '' '"nickname":"bench"' \
    "Authorization: Bearer $dev_token"
  measure 'oauth token, HS256' 0.60 POST /oauth/token grant_type=client_credentials '"access_token"' "$form" "$basic"
  each=$folder/users measure 'vault token' 0.45 GET '/api/v1/tokens/{each}' '' 'the access token' "$internal"
}

measure_writes() {
  local form='Content-Type: application/x-www-form-urlencoded'
  measure generate 0.24 POST /token/generate user_id=42 '"refresh_token"' "$form" "$basic"
  measure refresh 0.20 POST /token/refresh '' '' "$form"
}

# Last, for it replaces the workers.
measure_es256() {
  local form='Content-Type: application/x-www-form-urlencoded'
  [[ -n $echo_pid && 'oauth token, ES256' =~ $only ]] || return 0
  printf 'TOKEN_SIGNING_ALG=ES256\n' >>"$folder/bench/env"
  (umask 022 && at bench up --binaries "$binaries") >"$folder/up.log" 2>&1 || { cat "$folder/up.log"; fail "no ES256"; }
  measure 'oauth token, ES256' 0.45 POST /oauth/token grant_type=client_credentials '"access_token"' "$form" "$basic"
}
