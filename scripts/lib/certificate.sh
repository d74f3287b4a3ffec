# shellcheck shell=bash
# The certificate: the one that TLS_CERT_FILE names, or a self-signed one for this machine's own names. Whoever uses
# it has loaded TLS_*.

declare -F check_certificate >/dev/null && return 0
# shellcheck source=places.sh
. "${BASH_SOURCE[0]%/*}/places.sh"

check_certificate() {
  local file
  for file in "$TLS_CERT_FILE" "$TLS_KEY_FILE"; do
    [[ -r $file ]] || fail "TLS_CERT_FILE, TLS_KEY_FILE: cannot read $file"
  done
  [[ $(openssl x509 -in "$TLS_CERT_FILE" -noout -pubkey 2>/dev/null) == "$(openssl pkey -in "$TLS_KEY_FILE" -pubout \
    -passin pass: 2>/dev/null)" ]] || fail "TLS_KEY_FILE is not the key of TLS_CERT_FILE (or has a passphrase)"
  openssl x509 -in "$TLS_CERT_FILE" -noout -checkend 604800 >/dev/null ||
    say "careful: $TLS_CERT_FILE expires within a week, or has expired"
  say "using $TLS_CERT_FILE"
}

make_certificate() {
  local certificate=$state/tls/certificate.pem key=$state/tls/key.pem
  if openssl x509 -in "$certificate" -noout -checkend 2592000 >/dev/null 2>&1 && [[ -r $key ]]; then
    say "self-signed, is there"
    return
  fi
  say "making a self-signed one for localhost, 127.0.0.1, ::1"
  local complaints
  complaints=$(umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 825 \
    -subj /CN=localhost -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1' \
    -addext 'extendedKeyUsage=serverAuth' -keyout "$key.new" -out "$certificate.new" 2>&1) || fail "openssl: $complaints"
  chmod 644 "$certificate.new"
  mv -f "$key.new" "$key"
  mv -f "$certificate.new" "$certificate"
}
