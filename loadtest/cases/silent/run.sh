#!/usr/bin/env bash
# Silent connections: 5,000 of each kind keep the engine waiting. Health is answered within a second, another sender goes on,
# each is closed within its documented limit (docs/operations.md), and SIGTERM ends the process with all kinds open.
#
#   loadtest/cases/silent/run.sh [COUNT]
#
# Says what it sees, and fails where a limit is not held; JUDGE=no only says it, for a build without the limits. About four
# minutes. Needs python3, openssl, and room for twice COUNT open files (ulimit -n).
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
CASE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
COUNT="${1:-5000}"
JUDGE="${JUDGE:-yes}"
ulimit -n "$(ulimit -Hn)"
PORT="${HTTP##*:}" BINARY_PORT="${BINARY##*:}"

write_config 8
# The built-in flows: an older build may not read those of today.
sed -i "/^\[flows\]/,/^directory/d" "$WORK/sluis.toml"
# kind limit: what docs/operations.md says, with a second for this script.
judge() { # judge KIND LINE LIMIT
  local line="$2" closed left slow failed
  printf '%s\n' "$line"
  [ "$JUDGE" = yes ] || return 0
  closed=$(sed -n 's/.*last closed \([0-9.]*\) s later.*/\1/p' <<< "$line")
  left=$(sed -n 's/.*, \([0-9]*\) open after.*/\1/p' <<< "$line")
  slow=$(sed -n 's/.*health: .*slowest \([0-9.]*\) s; sender.*/\1/p' <<< "$line")
  failed=$(sed -n 's/.*health: [0-9]* good, \([0-9]*\) failed.*/\1/p' <<< "$line")
  [ "$left" = 0 ] || fail "$1: $left are still open"
  awk -v a="$closed" -v b="$3" 'BEGIN { exit !(a <= b) }' || fail "$1: the last was closed after $closed s, not $3"
  awk -v a="$slow" 'BEGIN { exit !(a <= 1) }' || fail "$1: health took $slow s"
  [ "$failed" = 0 ] || fail "$1: health failed $failed times"
  ! grep -q 'sender: 0 good' <<< "$line" || fail "$1: no other sender got through"
}

kind() { # kind KIND LIMIT [CA]
  judge "$1" "$(python3 "$CASE/silent.py" "$1" "$PORT" "$BINARY_PORT" "$COUNT" $(($2 + 3)) ${3:+"$3"})" "$2"
}

start_engine
until_true 30 "the engine" ready
for each in plain h2 head idle; do kind $each 23; done
kind binary 12
# 408 after a minute; its connection may still end its body for ten seconds.
kind half 73

say "SIGTERM with all kinds open"
coproc HOLD { python3 "$CASE/silent.py" all "$PORT" "$BINARY_PORT" 3500 0; }
read -r -u "${HOLD[0]}" opened
began=$EPOCHREALTIME
kill -TERM "$ENGINE"
for ((left = 1800; left > 0; left--)); do
  kill -0 "$ENGINE" 2>/dev/null || break
  read -rt 0.05 <> <(:) || true
done
took=$(awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }')
echo >&"${HOLD[1]}" || true
echo "stop: $opened, SIGTERM took $took s$([ "$left" -gt 0 ] || echo ': it had not ended by then')"
if [ "$left" -gt 0 ]; then wait "$ENGINE" || true; else kill -9 "$ENGINE"; fi
ENGINE=""
# Requests under way have 15 s; half a body is one.
[ "$JUDGE" != yes ] || awk -v a="$took" 'BEGIN { exit !(a <= 20) }' || fail "SIGTERM took $took s"

say "the same over TLS"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
  -keyout "$WORK/key.pem" -out "$WORK/cert.pem" 2>/dev/null
sed -i "s|^address = \"$HTTP\"|address = \"$HTTP\"\ntls.cert = \"$WORK/cert.pem\"\ntls.key = \"$WORK/key.pem\"|" "$WORK/sluis.toml"
start_engine
until_true 30 "the engine" curl -sfk "https://$HTTP/readyz"
kind tls 23 "$WORK/cert.pem"
say "done"
