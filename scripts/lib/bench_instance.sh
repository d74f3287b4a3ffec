# shellcheck shell=bash disable=SC2034,SC2154 # folder, binaries, address: scripts/bench's own; it and others use ours
# The instance that scripts/bench measures: brought up and taken down with its echo, and its processes.

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
    "NGINX_LOCATIONS=$folder/locations/*.conf" ACCESS_TOKEN_TTL=86400
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

# ask CURL ARGUMENT...: headers and bodies reach curl through a pipe, for everybody can read a process's arguments.
ask() {
  local words=() hidden='' text
  while (($# > 0)); do
    if [[ $1 == -[Hd] ]]; then
      text=${2//\\/\\\\}
      hidden+="$1 \"${text//\"/\\\"}\""$'\n'
      shift
    else
      words+=("$1")
    fi
    shift
  done
  curl -sS --max-time 10 -K <(printf '%s' "$hidden") "${words[@]}"
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
