# shellcheck shell=bash
# Debian packages: which are missing, and how they get in.

declare -F packages_for >/dev/null && return 0
# shellcheck source=places.sh
. "${BASH_SOURCE[0]%/*}/places.sh"

packages_for() {
  local purpose package
  while read -r purpose package; do
    [[ " $* " == *" $purpose "* ]] && printf '%s\n' "$package"
  done <"$checkout/scripts/packages.txt"
  return 0
}

# What is installed, and what that stands in for: others' nodejs has npm in it and tolerates no second one.
present_packages() {
  dpkg-query -W -f '${db:Status-Status} ${Package}, ${Provides}\n' | sed -n 's/^installed //p' |
    sed -E 's/ *\([^)]*\)//g; s/, */\n/g'
}

missing_packages() {
  local wanted
  wanted=$(packages_for "$@")
  # 1 is grep's "nothing is missing"; more is trouble.
  [[ -z $wanted ]] || grep -vxF -f <(present_packages) <<<"$wanted" || (($? == 1))
}

# show_installing SECONDS: what apt-get says, as one line each so many seconds: silence looks like a hang.
show_installing() {
  local line count='?' fetched=0 unpacked=0 set_up=0 last=$SECONDS
  while read -r line; do
    case $line in
      *' newly installed, '*) [[ $line =~ ([0-9]+)\ newly\ installed ]] && count=${BASH_REMATCH[1]} fetched=0 ;;
      Get:*) fetched=$((fetched + 1)) ;;
      Unpacking\ *) unpacked=$((unpacked + 1)) ;;
      Setting\ up\ *) set_up=$((set_up + 1)) ;;
    esac
    if [[ $count != '?' ]] && ((SECONDS - last >= $1)); then
      say "$count packages: $fetched fetched, $unpacked unpacked, $set_up set up"
      last=$SECONDS
    fi
  done
}

# install_packages PURPOSE...: nothing to do, and no sudo asked for, where all are there.
install_packages() {
  local missing log
  mapfile -t missing < <(missing_packages "$@")
  if ((${#missing[@]} == 0)); then
    say "all are there"
    return
  fi
  command -v apt-get >/dev/null || fail "packages are missing and there is no apt-get: ${missing[*]}" \
    "Gatehouse is built for Debian 12."
  local as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || fail "packages are missing: ${missing[*]}" \
      "Install them as root (apt-get install ${missing[*]}), or install sudo, and run this again."
    as_root=(sudo)
  fi
  say "installing ${missing[*]} (takes some minutes)"
  log=$(mktemp)
  if ! "${as_root[@]}" "$checkout/scripts/install-packages" "${missing[@]}" </dev/null 2>&1 | tee "$log" |
    show_installing 10; then
    show_end_of "$log" 30
    fail "apt-get could not install the packages (the whole log: $log)" \
      "Mend what it names (network, /etc/apt/sources.list), then run this again: it goes on where it stopped."
  fi
  rm -f "$log"
}
