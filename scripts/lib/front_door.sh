# shellcheck shell=bash
# nginx: its configuration in the state folder, its start, reload and stop. Its working folder is $state/nginx, which
# is how its processes are found again.

declare -F nginx_master >/dev/null && return 0
# shellcheck source=users.sh
. "${BASH_SOURCE[0]%/*}/users.sh"
# shellcheck source=processes.sh
. "${BASH_SOURCE[0]%/*}/processes.sh"
# shellcheck source=listeners.sh
. "${BASH_SOURCE[0]%/*}/listeners.sh"
# shellcheck source=error_log.sh
. "${BASH_SOURCE[0]%/*}/error_log.sh"

nginx=/usr/sbin/nginx
nginx_folder=$state/nginx
nginx_conf=$nginx_folder/conf

nginx_master() { working_in "$nginx_folder" 'nginx: master process' "$own_user"; }
nginx_processes() { working_in "$nginx_folder" 'nginx: ' "$own_user" "$nginx_user"; }

# The configuration beside the one in use, checked by nginx itself: a bad one never takes the place of a good one.
prepare_nginx() {
  local complaints
  rm -rf "$nginx_conf.new"
  "$checkout/scripts/render-nginx" --program "$1" --settings "$2" --to "$nginx_conf.new"
  complaints=$("$nginx" -t -q -c "$nginx_conf.new/nginx.conf" 2>&1) ||
    fail "nginx does not accept its configuration in $nginx_conf.new:" "$complaints"
  all_listeners >"$nginx_folder/listeners.new"
}

# What a reload would read: the configuration with its snippets, one's own locations and the certificate.
nginx_state() {
  # shellcheck disable=SC2046 # file names without spaces: config.cpp takes no others
  cat "$nginx_conf"/*.conf "$nginx_conf"/snippets/*.conf "${TLS_CERT_FILE:-$state/tls/certificate.pem}" "${TLS_KEY_FILE:-$state/tls/key.pem}" \
    $(compgen -G "${NGINX_LOCATIONS:-/nonexistent}") | sha256sum
}

use_prepared_nginx() {
  rm -rf "$nginx_conf.old"
  if [[ -d $nginx_conf ]]; then mv "$nginx_conf" "$nginx_conf.old"; fi
  mv "$nginx_conf.new" "$nginx_conf"
  rm -rf "$nginx_conf.old"
  mv -f "$nginx_folder/listeners.new" "$nginx_folder/listeners"
}

start_nginx() {
  (forget_descriptors && cd "$nginx_folder" && umask 077 &&
    exec env -i PATH=/usr/sbin:/usr/bin:/bin setsid "$release/bin/run-nginx" "$error_pipe" "$nginx_conf/nginx.conf") \
    </dev/null >/dev/null 2>>"$nginx_log" &
  wait_for_nginx "$!"
}

wait_for_nginx() {
  local tenths=100
  until [[ -n $(nginx_workers) ]]; do
    if ((tenths-- == 0)) || ! kill -s 0 "$1" 2>/dev/null; then
      sleep 0.2
      show_end_of "$nginx_log"
      fail "nginx did not start" "See $nginx_log."
    fi
    sleep 0.1
  done
}

# Those that take connections, not those that a reload has told to finish.
nginx_workers() {
  local pid title
  for pid in $(working_in "$nginx_folder" 'nginx: worker process' "$own_user" "$nginx_user"); do
    { mapfile -d '' -t title <"/proc/$pid/cmdline"; } 2>/dev/null || continue
    [[ ${title[0]:-} == *'shutting down'* ]] || printf '%s\n' "$pid"
  done
}

reload_nginx() {
  local before tenths=100
  before=$(nginx_workers)
  kill -s HUP "$(nginx_master)"
  until [[ -n $(nginx_workers) && $(nginx_workers | grep -cxF "$before") == 0 ]]; do
    if ((tenths-- == 0)); then
      show_end_of "$nginx_log"
      fail "nginx did not take its new configuration and serves on with the old one" "See $nginx_log."
    fi
    sleep 0.1
  done
}

# Starts it, reloads it when there is something new to read, and leaves it alone otherwise.
bring_up_nginx() {
  local now left
  now=$(nginx_state)
  bring_up_filter
  if [[ -z $(nginx_master) ]]; then
    mapfile -t left < <(nginx_processes)
    if ((${#left[@]} > 0)); then
      say "stopping what a killed nginx has left"
      stop_processes QUIT 20 "${left[@]}"
    fi
    start_nginx
    say "started"
  elif [[ $now != "$(cat "$nginx_folder/loaded" 2>/dev/null)" ]]; then
    reload_nginx
    say "reloaded, for its configuration or certificate changed"
  else
    say "is running, nothing to change"
  fi
  printf '%s\n' "$now" >"$nginx_folder/loaded"
}

stop_nginx() {
  local pids
  [[ -d $nginx_folder ]] || return 0
  mapfile -t pids < <(nginx_master)
  if ((${#pids[@]} > 0)); then say "stopping nginx"; fi
  stop_processes QUIT 80 "${pids[@]}"
  mapfile -t pids < <(nginx_processes)
  stop_processes QUIT 20 "${pids[@]}"
  stop_filter
  rm -f "$nginx_folder/loaded" "$nginx_folder/nginx.pid" "$error_pipe" "$filter_started"
}
