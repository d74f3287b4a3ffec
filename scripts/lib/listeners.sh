# shellcheck shell=bash
# The addresses that nginx listens on, and whether somebody else has them already. Whoever uses it has loaded
# GATEHOUSE_BIND and the ports.

declare -F has_ipv6 >/dev/null && return 0
# shellcheck source=places.sh
. "${BASH_SOURCE[0]%/*}/places.sh"
# shellcheck source=processes.sh
. "${BASH_SOURCE[0]%/*}/processes.sh"

has_ipv6() { grep -qs . /proc/net/if_inet6; }  # not -s: files in /proc have no size
has_ipv6_loopback() { grep -qs ^00000000000000000000000000000001 /proc/net/if_inet6; }

# plain_addresses PORT: GATEHOUSE_BIND with the port; [::1] only where the machine has it.
plain_addresses() {
  local address
  for address in ${GATEHOUSE_BIND//,/ }; do
    case $address in
      '[::1]') has_ipv6_loopback || continue ;;
      '['*) has_ipv6 || continue ;;
      *:*) address="[$address]" ;;
    esac
    printf '%s:%s\n' "$address" "$1"
  done
}

every_address() {
  printf '0.0.0.0:%s\n' "$1"
  if has_ipv6; then printf '[::]:%s\n' "$1"; fi
}

all_listeners() {
  plain_addresses "$GATEHOUSE_HTTP_PORT" | sed 's/^/GATEHOUSE_HTTP_PORT /'
  every_address "$GATEHOUSE_HTTPS_PORT" | sed 's/^/GATEHOUSE_HTTPS_PORT /'
  plain_addresses "$GATEHOUSE_COZE_PORT" | sed 's/^/GATEHOUSE_COZE_PORT /'
}

# Tries to listen there, which is the only honest test: exit status 0, or the reason on stdout.
try_to_listen() {
  perl -MIO::Socket::IP -e '
    my ($host, $port) = $ARGV[0] =~ /^\[?(.*?)\]?:(\d+)$/ or die;
    my $socket = IO::Socket::IP->new(LocalHost => $host, LocalPort => $port, Listen => 1, ReuseAddr => 1,
                                     V6Only => 1, GetAddrInfoFlags => 0);
    exit 0 if $socket;
    print "$!";
    exit 1' "$1"
}

# holder_of PORT: the state folder of the Gatehouse of root's or our own that listens there. Of nobody else's: whoever
# names a file in his command line must not choose what we read.
holder_of() {
  local entry title conf
  for entry in /proc/[0-9]*; do
    { mapfile -d '' -t title <"$entry/cmdline"; } 2>/dev/null || continue
    [[ ${title[0]:-} == 'nginx: master process '*/nginx/*nginx.conf ]] || continue
    belongs_to "${entry#/proc/}" root "$(id -un)" || continue
    conf=${title[0]##* -c }
    [[ -f $conf ]] || continue
    grep -qsE "^ *listen [^;]*:$1[ ;]" "$conf" || continue
    conf=${conf%/nginx/*}
    printf '%s\n' "$conf"
    return
  done
}

# refuse_taken_ports FILE: FILE lists what our own nginx already listens on.
refuse_taken_ports() {
  local ours=$1 setting address reason holder refused=()
  while read -r setting address; do
    [[ ! -r $ours ]] || ! grep -qxF "$setting $address" "$ours" || continue
    if reason=$(try_to_listen "$address"); then continue; fi
    holder=$(holder_of "${address##*:}")
    refused+=("$setting: cannot listen on $address: $reason${holder:+, by the Gatehouse of $holder}")
  done < <(all_listeners)
  ((${#refused[@]} == 0)) || fail "nothing was started:" "${refused[@]}" \
    "Stop what listens there, or set another port (or GATEHOUSE_BIND) in $env_file."
}
