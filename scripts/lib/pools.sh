# shellcheck shell=bash
# What runs in the background: the pools of workers, whose processes share a listening socket, and the keeper and the
# feed, of which there is one each. Each is one multiwatch with its children.
# Whoever uses it has loaded CHECK_WORKERS, READ_WORKERS, FAST_WORKERS, HASH_PARALLEL and OUTBOUND_WORKERS.

declare -F pool_size >/dev/null && return 0
# shellcheck source=users.sh
. "${BASH_SOURCE[0]%/*}/users.sh"
# shellcheck source=processes.sh
. "${BASH_SOURCE[0]%/*}/processes.sh"

multiwatch=/usr/bin/multiwatch
# shellcheck disable=SC2034 # for up and down
pools=(check read fast hash outbound)

pool_size() {
  case $1 in
    check) printf '%s\n' "$CHECK_WORKERS" ;;
    read) printf '%s\n' "$READ_WORKERS" ;;
    fast) printf '%s\n' "$FAST_WORKERS" ;;
    hash) printf '%s\n' "$HASH_PARALLEL" ;;
    outbound) printf '%s\n' "$OUTBOUND_WORKERS" ;;
  esac
}

workers() { running "$service_user" "$release/bin/worker" --pool "$1" "$settings"; }
is_pool() { [[ $1 != keeper && $1 != feed ]]; }
supervisor() {
  if is_pool "$1"; then
    running "$service_user" "$multiwatch" "$release/bin/worker" "$1" "$settings"
  else
    running "$service_user" "$multiwatch" "$release/bin/$1" "$settings"
  fi
}
children() { if is_pool "$1"; then workers "$1"; else running "$service_user" "$release/bin/$1" "$settings"; fi; }

start_pool() {
  local pool=$1 mode=0660 socket=$workers_run/$1.sock niceness=0
  if ((EUID != 0)); then mode=0600; fi
  if [[ $pool == hash ]]; then niceness=10; fi
  rm -f "$socket"
  # -r: by default multiwatch gives a child up after three deaths. -b: a full queue would be an instant 502.
  in_background "$service_user" "$logs/worker-$pool.log" \
    nice -n "$niceness" spawn-fcgi -n -s "$socket" -M "$mode" -b 4096 -- \
    "$multiwatch" -f "$(pool_size "$pool")" -r 1000000 -- \
    "$release/bin/worker" --pool "$pool" --settings "$settings"
}

start_single() {
  in_background "$service_user" "$logs/$1.log" \
    "$multiwatch" -f 1 -r 1000000 -- "$release/bin/$1" --settings "$settings"
}

start_one() { if is_pool "$1"; then start_pool "$1"; else start_single "$1"; fi; }

# multiwatch passes a stop on as SIGUSR1 and waits: the requests in hand are finished.
stop_one() {
  local pids
  mapfile -t pids < <(supervisor "$1")
  stop_processes TERM 80 "${pids[@]}"
  # Those that a killed multiwatch has left behind.
  mapfile -t pids < <(children "$1")
  stop_processes TERM 80 "${pids[@]}"
  rm -f "$workers_run/$1.sock"
}

size_of() { if is_pool "$1"; then pool_size "$1"; else printf '1\n'; fi; }

supervised_size() {
  local argv
  mapfile -d '' -t argv <"/proc/$1/cmdline"
  printf '%s\n' "${argv[2]}"
}

# A process writes its pid file when it is ready; one that is older than its program or its settings is out of date.
pid_file() { if is_pool "$1"; then printf '%s\n' "$workers_run/worker-$1-$2.pid"; else printf '%s\n' "$workers_run/$1-$2.pid"; fi; }
is_ready() { [[ -e $(pid_file "$1" "$2") ]]; }
is_out_of_date() {
  local file program=$release/bin/worker
  file=$(pid_file "$1" "$2")
  is_pool "$1" || program=$release/bin/$1
  [[ $settings -nt $file || $program -nt $file ]]
}

ready_children() {
  local pid
  for pid in $(children "$1"); do
    if is_ready "$1" "$pid"; then printf '%s\n' "$pid"; fi
  done
}

wait_until_ready() {
  local name=$1 count tenths=200
  count=$(size_of "$name")
  until (($(ready_children "$name" | wc -l) >= count)); do
    if ((tenths-- == 0)); then
      show_end_of "$(log_of "$name")"
      fail "$name: its processes do not get ready" "See $(log_of "$name"). What was running before is still running."
    fi
    sleep 0.1
  done
}

log_of() { if is_pool "$1"; then printf '%s\n' "$logs/worker-$1.log"; else printf '%s\n' "$logs/$1.log"; fi; }

# One at a time, so that the others serve on; the socket is multiwatch's and stays.
replace_one_by_one() {
  local name=$1 pid replaced=0
  shift
  for pid in "$@"; do
    kill -s TERM "$pid" 2>/dev/null || continue
    wait_gone 80 "$pid" || stop_processes KILL 1 "$pid"
    wait_until_ready "$name"
    replaced=$((replaced + 1))
  done
  say "$name: replaced $replaced, one at a time"
}

# bring_up NAME FORCE: starts what is not running, replaces what is out of date (all, when forced), leaves the rest.
bring_up() {
  local name=$1 force=$2 pid watch old=()
  watch=$(supervisor "$name")
  if [[ -n $watch && $(supervised_size "$watch") != "$(size_of "$name")" ]]; then
    say "$name: another number of processes is wanted: starting it anew"
    stop_one "$name"
    watch=
  elif [[ -n $watch ]] && is_pool "$name" && [[ ! -S $workers_run/$name.sock ]]; then
    say "$name: its socket is not there (or where a former release had it): starting it anew"
    stop_one "$name"
    watch=
  elif [[ -n $watch ]] && is_pool "$name" && [[ $(stat -c %G "$workers_run/$name.sock") != "$nginx_group" ]]; then
    say "$name: its socket is not for $nginx_group: starting it anew"
    stop_one "$name"
    watch=
  fi
  if [[ -z $watch ]]; then
    if [[ -n $(children "$name") ]]; then say "$name: stopping what a killed supervisor has left"; fi
    stop_one "$name"
    start_one "$name"
    wait_until_ready "$name"
    say "$name: started, $(size_of "$name")"
    return
  fi
  for pid in $(children "$name"); do
    if [[ $force == yes ]] || is_out_of_date "$name" "$pid"; then old+=("$pid"); fi
  done
  if ((${#old[@]} > 0)); then replace_one_by_one "$name" "${old[@]}"; else say "$name: is running, nothing to change"; fi
}

remove_stale_pid_files() {
  local file pid
  for file in "$workers_run"/*.pid; do
    pid=${file%.pid}
    pid=${pid##*-}
    if [[ -e $file ]] && ! alive "$pid"; then rm -f "$file"; fi
  done
}
