# shellcheck shell=bash
# nginx's error log: nginx writes into a named pipe, which never makes it wait, and a filter copies what comes out into
# the log. The filter may hang or die: nginx goes on, multiwatch starts it again, and `up` finds what multiwatch cannot.

declare -F bring_up_filter >/dev/null && return 0
# shellcheck source=users.sh
. "${BASH_SOURCE[0]%/*}/users.sh"
# shellcheck source=processes.sh
. "${BASH_SOURCE[0]%/*}/processes.sh"

error_pipe=$state/nginx/errors.pipe
nginx_log=$logs/nginx-error.log
filter=$release/bin/scrub-nginx-errors
filter_started=$state/nginx/filter-started

filter_supervisor() { running "$service_user" /usr/bin/multiwatch "$filter" "$error_pipe"; }
filters() { running "$service_user" /usr/bin/perl "$filter" "$error_pipe"; }

bring_up_filter() {
  local pids
  mapfile -t pids < <(filter_supervisor && filters)
  if ((${#pids[@]} == 2)) && [[ -p $error_pipe && -e $filter_started && ! $filter -nt $filter_started ]]; then return; fi
  # Never two of them: each would get parts of lines.
  if [[ -e $filter_started ]]; then say "the filter of its error log is gone, or out of date: starting it anew"; fi
  stop_filter
  if [[ ! -p $error_pipe ]]; then make_error_pipe; fi
  : >"$filter_started"
  in_background "$service_user" "$nginx_log" /usr/bin/multiwatch -f 1 -r 1000000 -- "$filter" "$error_pipe"
}

make_error_pipe() {
  rm -rf "$error_pipe"
  mkfifo -m 600 "$error_pipe"
  if ((EUID == 0)); then chown -h "$service_user" "$error_pipe"; fi
}

stop_filter() {
  local pids
  mapfile -t pids < <(filter_supervisor)
  stop_processes TERM 5 "${pids[@]}"
  mapfile -t pids < <(filters)
  stop_processes TERM 5 "${pids[@]}"
}
