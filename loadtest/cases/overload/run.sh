#!/usr/bin/env bash
# Overload: a sink that serves 1,000 a second, far more offered, room for 200,000 open. What does not fit is told so (429/503
# with Retry-After; on the binary port by withheld credit), memory stands still, deliveries keep their pace, everything
# accepted is delivered, and an urgent message of another corporation reaches its provider within two seconds.
#
#   loadtest/cases/overload/run.sh [SECONDS] [RATE]
#   MODE=ndjson | http (one by one) | binary
#
# The time is cut into five windows (five minutes: a minute each). Memory: the last against the second. Goodput: the last
# against the best.
MAX_OPEN="${MAX_OPEN:-200000}"
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
SECONDS_LONG="${1:-60}"
RATE="${2:-10000}"
MODE="${MODE:-ndjson}"
case $MODE in
  ndjson) WAY=(--mode ndjson --batch 100 --connections 32) ;;
  http) WAY=(--mode http --connections 64) ;;
  binary) WAY=(--mode binary --target-binary "$BINARY" --connections 4 --batch 64) ;;
  *) fail "MODE=$MODE: expected ndjson, http or binary" ;;
esac

write_config 64
two_corporations $((MAX_OPEN - 20000))

RECEIPTS_KEYS="bounce.demo.example=$LOUD_KEY bounce.buren.example=$URGENT_KEY"
start_sink "$ROOT/loadtest/profiles/limited.toml"
start_engine
until_true 60 "the start" ready
their_tenants

"$LOADTEST" run --target "http://$HTTP" "${WAY[@]}" --rate "$RATE" --seconds "$SECONDS_LONG" --tenants 20000 \
  --flow notice --lane bulk=1 --key "$LOUD_KEY" --run-id bulk --ids-out "$WORK/bulk.jsonl" --report "$WORK/bulk.json" \
  --samples "$WORK/samples.jsonl" --pid "$ENGINE" --operator-key "$OPERATOR_KEY" > "$WORK/bulk.out" 2> "$WORK/bulk.err" &
GENERATOR=$!
"$LOADTEST" run --target "http://$HTTP" --mode http --rate 2 --seconds "$SECONDS_LONG" --connections 2 --tenants 100 \
  --flow notice --lane urgent=1 --key "$URGENT_KEY" --run-id urgent --ids-out "$WORK/urgent.jsonl" --report "$WORK/urgent.json" > "$WORK/urgent.out" 2> "$WORK/urgent.err" &
URGENT=$!

taken() {
  curl -sf "http://127.0.0.1:$SMS_PORT/__sink/stats" | grep -oE '"(email|sms)_accepted":[0-9]+' | awk -F: '{ n += $2 } END { print n + 0 }'
}
# Once a second: when, resident KiB, messages that the sinks took so far.
: > "$WORK/seconds"
began=$(now_ms)
while [ $(($(now_ms) - began)) -lt $((SECONDS_LONG * 1000)) ]; do
  read -rt 1 <> <(:) || true
  echo "$(($(now_ms) - began)) $(awk '/^VmRSS/ { print $2 }' "/proc/$ENGINE/status") $(taken)" >> "$WORK/seconds"
done
wait "$GENERATOR" || true
wait "$URGENT" || true
GENERATOR=""

# Of each window: mean resident MiB, messages a second.
awk -v window=$((SECONDS_LONG * 1000 / 5)) '
  { at = int(($1 - 1) / window); if (at > 4) at = 4
    n[at]++; rss[at] += $2
    if (!(at in from)) { from[at] = before; since[at] = when }
    to[at] = $3; until[at] = $1; before = $3; when = $1 }
  END { for (at = 0; at < 5; at++)
    printf "%.1f %.0f\n", rss[at] / n[at] / 1024, (to[at] - from[at]) * 1000 / (until[at] - since[at]) }' "$WORK/seconds" > "$WORK/windows"
rss_of() { awk -v at="$1" 'NR == at { print $1 }' "$WORK/windows"; }
second=$(rss_of 2) last=$(rss_of 5)
# The first window fills the line: it may be short of deliveries, never their best.
best=$(awk '$2 > best { best = $2 } END { print best }' "$WORK/windows")
goodput=$(awk 'NR == 5 { print $2 }' "$WORK/windows")
say "windows of $((SECONDS_LONG / 5)) s, resident MiB and deliveries a second: $(paste -sd';' "$WORK/windows")"
say "bulk:   $(cut -c1-400 "$WORK/bulk.json")"
say "urgent: $(cut -c1-400 "$WORK/urgent.json")"
say "open at the end of the offer: $(open_count)"

# The urgent ones, each from its acceptance to the provider taking it, by the engine's own record.
ids_of "$WORK/urgent.jsonl" | to_provider_ms "$URGENT_KEY" > "$WORK/urgent.ms"
urgent=$(wc -l < "$WORK/urgent.ms")
slowest=$(tail -1 "$WORK/urgent.ms")
p99=$(quantile 0.99 < "$WORK/urgent.ms")
asked=$(grep -o '"offered":[0-9]*' "$WORK/urgent.json" | cut -d: -f2)
say "$urgent urgent messages of the other corporation ($asked offered): p99 $p99 ms, the slowest $slowest ms to its provider"

until_true 600 "everything accepted to be delivered" all_ended
curl -sf "http://127.0.0.1:$SMS_PORT/__sink/ledger" > "$WORK/sink.jsonl"
HEADERS=(-H "Authorization: Bearer $LOUD_KEY")
read_outcomes "$WORK/bulk-outcomes.jsonl"
HEADERS=(-H "Authorization: Bearer $URGENT_KEY")
read_outcomes "$WORK/urgent-outcomes.jsonl"
"$LOADTEST" ledger --acks "$WORK/bulk.jsonl" --acks "$WORK/urgent.jsonl" --sink "$WORK/sink.jsonl" \
  --outcomes "$WORK/bulk-outcomes.jsonl" --outcomes "$WORK/urgent-outcomes.jsonl" --sent-ends sent --sent-ends delivered
if [ "$MODE" = binary ]; then
  # Credit is withheld: rows wait in the generator instead of being refused.
  kept_back=$(python3 -c 'import json,sys; r=json.load(open(sys.argv[1])); print(r["acked"] * 10 < float(sys.argv[2]) * 9)' "$WORK/bulk.json" $((RATE * SECONDS_LONG)))
  [ "$kept_back" = True ] || fail "nothing was kept back: this was no overload"
else
  refused=$(python3 -c 'import json,sys; r=json.load(open(sys.argv[1]))["rejected"]; print(r["429"] + r["503"])' "$WORK/bulk.json")
  [ "$refused" -gt 0 ] || fail "nothing was refused: this was no overload"
fi
record "overload, $MODE, $RATE a second for $SECONDS_LONG s, a sink of 1,000 a second" 10 measured rss_second_mib="$second" \
  rss_last_mib="$last" goodput="$goodput" goodput_best="$best" urgent="$urgent" urgent_p99_ms="$p99" urgent_max_ms="$slowest"
[ "$urgent" -gt 0 ] || fail "no urgent message was accepted"
[ "$p99" -le 2000 ] || fail "one of a hundred urgent messages took $p99 ms"
awk "BEGIN { exit !($last <= 1.1 * $second) }" || fail "memory grew from $second to $last MiB"
awk "BEGIN { exit !($goodput >= 0.9 * $best) }" || fail "deliveries fell from $best to $goodput a second"
say "held; files in $WORK"
