# shellcheck shell=bash disable=SC2034,SC2154 # folder, seconds, only, address, what bench.sh makes, and for bench_results.sh
# What scripts/bench measures besides rates: latency at half of the highest rate, memory, and how soon a worker is ready.

declare -F measure_latency >/dev/null && return 0
# shellcheck source=bench.sh
. "${BASH_SOURCE[0]%/*}/bench.sh"
# shellcheck source=users.sh
. "${BASH_SOURCE[0]%/*}/users.sh"
# shellcheck source=processes.sh
. "${BASH_SOURCE[0]%/*}/processes.sh"

# What they came to: for the table (what, figure, goal, verdict), and as members of bench/results.json.
goals=() latency='' memory='' readiness=''

# goal WHAT FIGURE UNIT MOST [VERDICT]: the figure must be no larger; a verdict is there where it means nothing.
goal() {
  local verdict=${5:-}
  if [[ -z $verdict ]] && awk -v figure="$2" -v most="$4" 'BEGIN { exit figure <= most }'; then verdict=missed; fi
  goals+=("$1|$2 $3|$4 $3|$verdict")
  say "$(printf '%-38s %s %s (at most %s) %s' "$1" "$2" "$3" "$4" "$verdict")"
}

# hold WHAT RATE PATH [H2LOAD ARGUMENT...]: two seconds, of which the second one counts. Prints WHAT, how many were answered, their
# median and 99th percentile in us, and how many were not answered by 200. 64 clients ask at their own pace, which h2load
# keeps by ticks of 10 ms each: so they begin within 8 ms, and not all at once, which would measure their own queue. nginx
# closes a client's connection after a thousand requests, and h2load 1.52 waits for ever on the next one.
hold() {
  local what=$1 rate=$2 path=$3 clients=64
  shift 3
  rm -f "$folder/latency"
  ((rate * 2 / clients < 1000)) || fail "$rate/s is more than can be held over $clients connections: take more of them here"
  timeout 60 h2load --h1 -t 1 -c "$clients" -r "$((clients / 8))" --rate-period=1ms --rps="$((rate / clients))" -n "$((rate * 2))" \
    --log-file="$folder/latency" "$@" "$address$path" >"$folder/h2load.out" 2>&1 || { cat "$folder/h2load.out" >&2; fail "h2load failed"; }
  sort -n "$folder/latency" | awk 'NR == 1 { begin = $1 } $1 >= begin + 1000000 { print $3, $2 }' | sort -n | awk -v what="$what" '
    { took[NR] = $1; if ($2 != 200) ++wrong }
    END { if (!NR) ++wrong; print what, NR, took[int((NR + 1) / 2)] + 0, took[int(NR * 0.99 + 0.5)] + 0, wrong + 0 }'
}

# highest_rate PATH: a second at a time, as a row measures it; the first one finds the workers cold.
highest_rate() {
  local round
  for round in 1 2 3 4; do run_wrk "$round" 32 "$1"; done |
    awk '$1 > 1 { rate = $2 * 1e6 / $3; if (rate > highest) highest = rate } END { printf "%d\n", highest }'
}

measure_latency() {
  local rate echo_rate=0 round figures verdict=''
  [[ 'latency of verify' =~ $only ]] || return 0
  rate=$(BENCH_EACH=$folder/access_tokens BENCH_PATH=/token/verify BENCH_METHOD=POST BENCH_BODY='{"token":"{each}"}' \
    BENCH_HEADERS='Content-Type: application/json' highest_rate /token/verify)
  rate=$((rate / 2))
  if [[ -n $echo_pid ]]; then echo_rate=$(($(highest_rate /bench/echo) / 2)); fi
  printf '{"token":"%s"}' "$access" >"$folder/body"
  for ((round = 0; round < (seconds < 3 ? 3 : seconds); round++)); do
    hold row "$rate" /token/verify -H 'Content-Type: application/json' -d "$folder/body"
    if [[ -n $echo_pid ]]; then hold echo "$echo_rate" /bench/echo; fi
  done >"$folder/rounds"
  read -ra figures < <(awk "$median"'
    { n = ++rounds[$1]; wrong += $5; held[$1, n] = $2; p50[$1, n] = $3; p99[$1, n] = $4 }
    function of(list, who,   i, copy) {
      for (i = 1; i <= rounds[who]; i++) copy[i] = list[who, i]
      return median(copy, rounds[who])
    }
    END {
      for (key in p50) times[key] = p50[key] ? p99[key] / p50[key] : 0
      printf "%d %d %d %.1f %d %d %.1f %d\n", of(held, "row"), of(p50, "row"), of(p99, "row"), of(times, "row"), of(p50, "echo"),
        of(p99, "echo"), of(times, "echo"), wrong
    }' "$folder/rounds")
  say "verify at $rate/s: ${figures[0]}/s answered, median ${figures[1]} us, p99 ${figures[2]} us, not by 200: ${figures[7]};" \
    "echo at $echo_rate/s: ${figures[4]} us, ${figures[5]} us"
  if ((figures[7] > 0 || figures[0] * 100 < rate * 95 || figures[1] == 0)); then verdict=worthless; fi
  goal 'verify at half rate: p99 by median' "${figures[3]}" times 5 "$verdict"
  # Has no goal: it tells how even the machine was.
  if [[ -n $echo_pid ]]; then goals+=("echo at half of its rate: p99 by median|${figures[6]} times|-|"); fi
  latency=$(printf '{"what":"verify","wanted_per_second":%d,"per_second":%d,"p50_us":%d,"p99_us":%d,"p99_by_p50":%s,' \
    "$rate" "${figures[@]:0:4}")
  latency+=$(printf '"echo_wanted_per_second":%d,"echo_p50_us":%d,"echo_p99_us":%d,"echo_p99_by_p50":%s,"errors":%d}' \
    "$echo_rate" "${figures[@]:4}")
}

# PSS in kB of the instance's processes, but for PostgreSQL's: the largest worker, without the map that it shares with the
# others and the feed, and all together. The kernel counts a page that several have by its share; a process that cannot be
# looked at is named instead.
sum_of_memory() {
  perl -e 'my ($worker, $all) = (0, 0);
    for my $process (glob "/proc/[0-9]*") {
      next unless (readlink("$process/cwd") // "") =~ m{^\Q$ARGV[0]\E(/|$)};
      next if (readlink("$process/exe") // "") =~ m{/postgres$};
      open my $titles, "<", "$process/cmdline" or next;
      my ($program) = split /\0/, <$titles> // next;
      open my $memory, "<", "$process/smaps_rollup" or die "$process/smaps_rollup: $!\n";
      my ($size) = join("", <$memory>) =~ /^Pss: +(\d+) kB/m or next;
      $all += $size;
      next unless $program =~ m{/worker$};
      open my $mappings, "<", "$process/smaps" or die "$process/smaps: $!\n";
      my ($map) = join("", <$mappings>) =~ m{/revocations\n.*?^Pss: +(\d+) kB}ms ? $1 : 0;
      $worker = $size - $map if $size - $map > $worker;
    }
    print "$worker $all\n"' "$folder/bench"
}

# measure_revocations KB: what the filled revocations have added to what there was before, in all processes.
measure_revocations() {
  local all
  read -r _ all < <(sum_of_memory)
  goal 'revocations, in all processes, PSS' "$(awk -v kb="$((all - $1))" 'BEGIN { printf "%.1f", kb / 1024 }')" MB 64
}

measure_memory() {
  local worker all
  [[ -n $echo_pid && memory =~ $only ]] || return 0
  read -r worker all < <(sum_of_memory)
  ((${worker:-0} > 0)) || fail "no worker's memory could be looked at"
  goal 'largest worker, PSS' "$(awk -v kb="$worker" 'BEGIN { printf "%.1f", kb / 1024 }')" MB 12
  goal 'all but PostgreSQL, PSS' "$(awk -v kb="$all" 'BEGIN { printf "%.1f", kb / 1024 }')" MB 150
  memory="{\"worker_kb\":$worker,\"all_but_postgresql_kb\":$all}"
}

fast_workers() { running "$service_user" "$folder/bench/state/release/bin/worker" --pool fast; }

# ready_after PID FILE: milliseconds from the start of the process, which the kernel knows to 10 ms, to its pid file.
ready_after() {
  perl -Mstrict -MTime::HiRes=clock_gettime,stat,CLOCK_REALTIME,CLOCK_BOOTTIME -MPOSIX=sysconf,_SC_CLK_TCK -e '
    my ($pid, $file) = @ARGV;
    open my $stat, "<", "/proc/$pid/stat" or die "$pid is gone\n";
    my $ticks = (split / /, <$stat> =~ s/^.*\) //r)[19];
    my $boot = clock_gettime(CLOCK_REALTIME) - clock_gettime(CLOCK_BOOTTIME);
    printf "%d\n", 1000 * ((stat $file)[9] - $boot - $ticks / sysconf(_SC_CLK_TCK))' "$1" "$2"
}

# One worker after the other is told to stop; multiwatch starts another one in its place.
measure_readiness() {
  local old pid file took=() tries round
  [[ -n $echo_pid && readiness =~ $only ]] || return 0
  for round in 1 2 3 4 5; do
    old=" $(fast_workers | tr '\n' ' ')"
    read -r pid _ <<<"$old"
    kill -s TERM "$pid"
    for ((tries = 0; ${#took[@]} < round; tries++)); do
      ((tries < 500)) || fail "no worker got ready in the place of one that was stopped"
      sleep 0.02
      for pid in $(fast_workers); do
        file=$folder/bench/state/run/workers/worker-fast-$pid.pid
        if [[ $old != *" $pid "* && -e $file ]]; then took+=("$(ready_after "$pid" "$file")"); fi
      done
    done
  done
  mapfile -t took < <(printf '%s\n' "${took[@]}" | sort -n)
  say "five workers in turn were ready after ${took[*]} ms"
  goal 'worker ready, slowest of five' "${took[4]}" ms 100
  readiness="{\"median_ms\":${took[2]},\"slowest_ms\":${took[4]}}"
}
