#!/usr/bin/env bash
# Accepted means durable, seen from outside: a trace of the system calls under load, and per id the proof that its page
# was written before a sync began, and that sync had ended before the acknowledgement left. Then the same with fdatasync
# failing from the 200th call on: nothing after it is acknowledged, the exit code says so, the next start recovers.
#
#   loadtest/cases/order/run.sh [NOTIFICATIONS]        needs strace, python3, curl
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
COUNT="${1:-2000}"
TOMORROW=$(date -u -d tomorrow +%Y-%m-%dT%H:%M:%SZ)
TRACE=pwrite64,fdatasync,write,writev,sendto,sendmsg

write_config 16
sed -i 's/^kind = "smtp"/kind = "null"/; /^host\|^port\|^tls\|^hello\|^connections/d' "$WORK/sluis.toml"
sed -i '/^name = "bird"/,$d' "$WORK/sluis.toml" && sed -i '$d' "$WORK/sluis.toml"

traced() { # traced TRACE_FILE [strace options]
  local file=$1
  shift
  strace -f -y -ttt -T -xx -s 16777216 -e "trace=$TRACE" "$@" -o "$file" "$SLUIS" serve --config "$WORK/sluis.toml" >> "$WORK/engine.log" 2>&1 &
  ENGINE=$!
}

offer() { # offer RUN_ID ACKS
  : > "$2"
  "$LOADTEST" run --target "http://$HTTP" --mode http --rate 400 --count "$COUNT" --connections 16 --tenants 500 --flow notice \
    --send-after "$TOMORROW" --run-id "$1" --ids-out "$2" --report "$WORK/$1.json" > "$WORK/$1.out" 2>&1 || true
}

say "1. the order of writes, syncs and acknowledgements"
traced "$WORK/trace"
until_true 60 "readiness under strace" ready
offer order "$WORK/acks.jsonl"
pkill -TERM -P "$ENGINE" || true
wait "$ENGINE" || true
python3 "$HERE/order/check.py" "$WORK/trace" "$WORK/acks.jsonl"

say "2. fdatasync fails from the 200th call on"
rm -rf "$WORK/data"
traced "$WORK/trace-failing" -e inject=fdatasync:error=EIO:when=200+
until_true 60 "readiness under strace" ready
offer failing "$WORK/acks-failing.jsonl"
code=0
wait "$ENGINE" || code=$?
ENGINE=""
[ "$code" -ne 0 ] || fail "the engine ended with exit code 0 after a failed sync"
say "exit code $code after the failed sync, $(wc -l < "$WORK/acks-failing.jsonl") acknowledged before it"
[ "$(wc -l < "$WORK/acks-failing.jsonl")" -lt "$COUNT" ] || fail "everything was acknowledged: the failure never came"
python3 "$HERE/order/check.py" "$WORK/trace-failing" "$WORK/acks-failing.jsonl"
start_engine
until_true 60 "readiness after recovery" ready
missing=0
while read -r id; do
  curl -sf "http://$HTTP/v1/notifications/$id" >/dev/null || missing=$((missing + 1))
done < <(grep -o '"id":"[0-9a-f]*"' "$WORK/acks-failing.jsonl" | cut -d'"' -f4)
[ "$missing" -eq 0 ] || fail "$missing acknowledged notifications are not there after recovery"
say "every acknowledged notification is there after recovery; files in $WORK"
