# shellcheck shell=bash
# The last word of scripts/up: is it well, where is it, and what to try first.

declare -F plain_url >/dev/null && return 0
# shellcheck source=listeners.sh
. "${BASH_SOURCE[0]%/*}/listeners.sh"

plain_url() {
  local address
  address=$(plain_addresses "$1" | sed -n 1p)
  address=${address/#127.0.0.1:/localhost:}
  printf 'http://%s\n' "${address/#0.0.0.0:/localhost:}"
}

wait_for_health() {
  local url answer tenths=300
  url=$(plain_url "$GATEHOUSE_HTTP_PORT")/health
  until answer=$(curl -fsS --noproxy '*' -m 5 "$url" 2>&1); do
    if ((tenths-- == 0)); then
      show_end_of "$logs/worker-fast.log"
      fail "$url is not well: $answer" "Logs are in $logs."
    fi
    sleep 0.1
  done
  say "$answer"
}

greet() {
  local http coze name here=
  # Set for this one command, perhaps: the lines below must find this instance and no other.
  for name in GATEHOUSE_ENV_FILE GATEHOUSE_STATE_DIR; do
    if [[ -n ${!name:-} ]]; then here+="$name=$(printf %q "${!name}") "; fi
  done
  http=$(plain_url "$GATEHOUSE_HTTP_PORT")
  coze=$(plain_url "$GATEHOUSE_COZE_PORT")
  cat <<END

Gatehouse is up.
  $http             for development, on this machine only
  https://localhost:$GATEHOUSE_HTTPS_PORT            for clients (its certificate: ${TLS_CERT_FILE:-$state/tls/certificate.pem})
  $coze/token       for programs that look for the Coze token service there
  logs: $logs

Try it (paste these in order, in $checkout):
  curl -s $http/health
  eval "\$(curl -s $http/v1/internal/services/register -H 'Content-Type: application/json' -d '{"service_name":"demo"}' | sed -nE 's/.*"client_id": *"([^"]+)".*"client_secret": *"([^"]+)".*/id=\1 secret=\2/p')"
  ${here}scripts/gatehouse service grant-scope "\$id" auth:token && curl -s -u "\$id:\$secret" $http/token/generate -d user_id=42

${here}scripts/down stops it.
END
}
