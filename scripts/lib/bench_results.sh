# shellcheck shell=bash disable=SC2154 # seconds, only, scale, compare, and what bench.sh and bench_goals.sh have measured
# What scripts/bench prints at the end, and bench/results.json.

declare -F print_table >/dev/null && return 0

print_table() {
  local row
  printf '\n| %-24s | %4s | %10s | %8s | %6s | %6s | %8s | %8s | %6s | %6s | %8s | %-9s |\n' what conn requests/s echo/s ratio \
    goal 'p50 ms' 'p99 ms' errors 'CPU us' 'echo CPU' ''
  printf '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n'
  for row in "${results[@]}"; do
    awk -F '|' '{ printf "| %-24s | %4d | %10d | %8d | %6s | %6s | %8.2f | %8.2f | %6d | %6s | %8s | %-9s |\n", $1, $2, $3, $4, $5, $6,
                  $7 / 1e3, $8 / 1e3, $9, $10, $11, $12 }' <<<"$row"
  done
  ((${#goals[@]} > 0)) || return 0
  printf '\n| %-38s | %10s | %10s | %-9s |\n| --- | --- | --- | --- |\n' what figure 'at most' ''
  for row in "${goals[@]}"; do
    awk -F '|' '{ printf "| %-38s | %10s | %10s | %-9s |\n", $1, $2, $3, $4 }' <<<"$row"
  done
}

# What the figures hang on, as members of an object.
machine() {
  local setting durable=''
  for setting in fsync synchronous_commit full_page_writes shared_buffers wal_sync_method; do
    durable+=",\"$setting\":\"$(ask_owner "SHOW $setting")\""
  done
  printf '"cpu":"%s","filesystem":"%s","commit":"%s"%s' "$(sed -n '/^model name/{s/^[^:]*: //p;q}' /proc/cpuinfo)" \
    "$(stat -f -c %T "$folder")" "$(git -C "$checkout" describe --always --dirty --exclude '*')" "$durable"
}

write_results() {
  local row file=bench/results.json
  if [[ $only != . || -z $echo_pid ]]; then
    say "no file is written: not everything was measured"
    return
  fi
  if [[ -n $scale ]]; then file=bench/results-scale.json; fi
  {
    printf '{"measured_at":"%s","cores":%d,"seconds":%d,"scale":"%s",\n' "$(date -u +%FT%TZ)" "$(nproc)" "$seconds" "$scale"
    printf '"machine":{%s},\n' "$(machine)"
    printf '"latency":%s,\n"memory":%s,\n"readiness":%s,\n"rows":[' "${latency:-null}" "${memory:-null}" "${readiness:-null}"
    for row in "${results[@]}"; do printf '%s\n' "$row"; done | awk -F '|' '
      { printf "%s\n{\"what\":\"%s\",\"connections\":%d,\"per_second\":%d,\"echo_per_second\":%d,\"ratio\":%s,\"goal\":%s,", (NR > 1 ? "," : ""),
               $1, $2, $3, $4, $5, ($6 == "-" ? "null" : $6)
        printf "\"p50_us\":%d,\"p99_us\":%d,\"errors\":%d,\"cpu_us\":%s,\"echo_cpu_us\":%s,\"verdict\":\"%s\"}", $7, $8, $9, $10, $11, $12 }'
    printf '],\n"goals":['
    for row in "${goals[@]}"; do printf '%s\n' "$row"; done | awk -F '|' '
      { printf "%s\n{\"what\":\"%s\",\"figure\":\"%s\",\"at_most\":\"%s\",\"verdict\":\"%s\"}", (NR > 1 ? "," : ""), $1, $2, $3, $4 }'
    printf ']}\n'
  } >"$checkout/$file"
  say "$file"
}

worthless_rows() { printf '%s\n' "${results[@]}" "${goals[@]}" | grep -c 'worthless$'; }

# compare_with FILE: an earlier results.json. What a row's ratio is relative to its ratio then, and its CPU time relative
# to the echo's; full tables may cost 15 %.
compare_with() {
  local row
  printf '\n| %-24s | %4s | %6s | %6s | %8s | %12s | |\n| --- | --- | --- | --- | --- | --- | --- |\n' what conn ratio before quotient \
    'CPU quotient'
  for row in "${results[@]}"; do printf '%s\n' "$row"; done | awk -F '|' '
    function member(name,   found) {
      if (!match($0, "\"" name "\":\"?[^\"}]*")) return ""
      found = substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 3)
      sub(/^"/, "", found)
      if (name != "what") sub(/,.*/, "", found)
      return found
    }
    NR == FNR {
      key = member("what") "|" member("connections")
      ratio[key] = member("ratio")
      if (member("echo_cpu_us") + 0) cpu[key] = member("cpu_us") / member("echo_cpu_us")
      next
    }
    ratio[$1 "|" $2] > 0 {
      key = $1 "|" $2
      quotient = sprintf("%.2f", $5 / ratio[key])
      printf "| %-24s | %4d | %6s | %6s | %8s | %12s | %s |\n", $1, $2, $5, ratio[key], quotient,
        (cpu[key] && $11 > 0 ? sprintf("%.2f", $10 / $11 / cpu[key]) : "-"), (quotient < 0.85 ? "missed" : "")
    }' "$1" -
}
