# shellcheck shell=bash
# Instances that live as long as a test, each with a folder of its own below $folder, which whoever uses this has made.

declare -F free_ports >/dev/null && return 0
# shellcheck source=places.sh
. "${BASH_SOURCE[0]%/*}/places.sh"

# The scripts with one instance's .env, and nothing of our own environment, which would win over it.
at() {
  local instance=$1 script=$2
  shift 2
  # shellcheck disable=SC2154 # the user's
  env -i PATH="$PATH" HOME="$HOME" GATEHOUSE_ENV_FILE="$folder/$instance/env" "$checkout/scripts/$script" "$@"
}

# Below the range from which the kernel takes ports for outgoing connections. None twice, even where nobody listens yet.
free_ports() {
  perl -MIO::Socket::INET -e '
    my ($count, $file) = @ARGV;
    open my $given, "+>>", $file or die "$file: $!\n";
    seek $given, 0, 0;
    my %taken = map { chomp; $_ => 1 } <$given>;
    while ($count > 0) {
      my $port = 12000 + int rand 18000;
      next if $taken{$port}++;
      IO::Socket::INET->new(LocalAddr => "0.0.0.0", LocalPort => $port, Listen => 1) or next;
      print {$_} "$port\n" for *STDOUT, $given;
      --$count;
    }' "$1" "$folder/ports"
}

# instance NAME SETTING...: a folder with its .env; not started yet.
instance() {
  local name=$1 ports
  shift
  mkdir "$folder/$name"
  mapfile -t ports < <(free_ports 3)
  (umask 077 && printf '%s\n' "GATEHOUSE_STATE_DIR=$folder/$name/state" "GATEHOUSE_HTTP_PORT=${ports[0]}" \
    "GATEHOUSE_HTTPS_PORT=${ports[1]}" "GATEHOUSE_COZE_PORT=${ports[2]}" "$@" >"$folder/$name/env")
}
