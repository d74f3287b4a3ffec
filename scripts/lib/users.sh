# shellcheck shell=bash disable=SC2034 # used by those who read this in
# Who runs what. As root: workers, keeper and administration as `gatehouse`, PostgreSQL as `postgres`, nginx's workers
# as `gatehouse-nginx`: not as Debian's `www-data`, for what another web program runs as could speak to our workers in
# nginx's name, and look into nginx's memory. As anybody else: all of it as that user.

declare -F become >/dev/null && return 0
# shellcheck source=places.sh
. "${BASH_SOURCE[0]%/*}/places.sh"

own_user=$(id -un)
if ((EUID == 0)); then
  service_user=gatehouse
  postgresql_user=postgres
  postgresql_group=postgres
  nginx_user=gatehouse-nginx
  nginx_group=gatehouse-nginx
else
  service_user=$own_user
  postgresql_user=$own_user
  postgresql_group=$(id -gn)
  nginx_user=$own_user
  nginx_group=$(id -gn)
fi

# become USER: sets the prefix of a command that is to run as another user, without root's groups and without a way
# to get its rights back.
become() {
  prefix=()
  if ((EUID == 0)); then
    prefix=(setpriv --reuid "$1" --regid "$1" --init-groups --no-new-privs -- env "HOME=/nonexistent" "USER=$1" "LOGNAME=$1")
  fi
}

as_user() {
  local prefix
  become "$1"
  shift
  "${prefix[@]}" "$@"
}

# Only the three standard descriptors go along to what stays: our lock would stay taken, and whoever started us and
# waits for the end of a pipe would wait for ever.
forget_descriptors() {
  local entry descriptor
  for entry in "/proc/$BASHPID/fd"/*; do
    descriptor=${entry##*/}
    if ((descriptor > 2)); then eval "exec $descriptor>&-"; fi
  done
}

# in_background USER LOG COMMAND...: nothing of the terminal goes along, and nothing of our environment, which may have
# secrets.
in_background() {
  local prefix log=$2
  become "$1"
  shift 2
  (umask 077 && : >>"$log")
  (forget_descriptors && cd "$state" &&
    exec env -i PATH=/usr/bin:/bin:/usr/sbin:/sbin LC_ALL=C.UTF-8 setsid "${prefix[@]}" "$@") \
    </dev/null >>"$log" 2>&1 &
}

make_users() {
  local user
  ((EUID == 0)) || return 0
  for user in "$service_user" "$nginx_user"; do
    if getent passwd "$user" >/dev/null; then continue; fi
    say "making the system user $user"
    useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$user"
  done
}
