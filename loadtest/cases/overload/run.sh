#!/usr/bin/env bash
# Overload: a sink that serves 1,000 a second, 10,000 a second offered for a minute, room for 200,000 open. What does not
# fit is told so (429/503 with Retry-After), memory stands still, everything accepted is delivered, and an urgent message
# of another corporation reaches its provider within two seconds throughout.
#
#   loadtest/cases/overload/run.sh [SECONDS] [RATE]
MAX_OPEN=200000
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
SECONDS_LONG="${1:-60}"
RATE="${2:-10000}"

write_config 64
keys() { "$SLUIS" config key; }
# Each key is shown once, with its hash.
make_key() { # make_key NAME: sets NAME_KEY and NAME_HASH
  local text
  text=$(keys)
  printf -v "$1_KEY" '%s' "$(grep -o 'slk_[A-Za-z0-9_-]*' <<< "$text" | head -1)"
  printf -v "$1_HASH" '%s' "$(grep -oE '[0-9a-f]{64}' <<< "$text" | head -1)"
}
make_key BULK
make_key URGENT
make_key OPERATOR
sed -i "s/^name = \"demo\"/name = \"demo\"\nkey_hashes = [\"$BULK_HASH\"]\nmax_open = $((MAX_OPEN - 20000))/" "$WORK/sluis.toml"
sed -i "s/^address = \"$HTTP\"/address = \"$HTTP\"\noperator_key_hashes = [\"$OPERATOR_HASH\"]/" "$WORK/sluis.toml"
cat >> "$WORK/sluis.toml" <<TOML
[[corporation]]
id = 2
name = "buren"
display_name = "Woningstichting Buren"
key_hashes = ["$URGENT_HASH"]
max_open = 20000
[corporation.sender]
email_from = "post@buren.example"
bounce_domain = "bounce.buren.example"
sms_originator = "Buren"
public_url = "http://$HTTP"
TOML
open_count() { curl -sf -H "Authorization: Bearer $OPERATOR_KEY" "http://$HTTP/metrics" | awk '$1 == "sluis_open_notifications" { print int($2) }'; }

start_sink "$ROOT/loadtest/profiles/limited.toml"
start_engine
until_true 60 "the start" ready
"$LOADTEST" tenants --target "http://$HTTP" --count 20000 --key "$BULK_KEY" > "$WORK/tenants.out" 2>&1
"$LOADTEST" tenants --target "http://$HTTP" --count 100 --key "$URGENT_KEY" >> "$WORK/tenants.out" 2>&1

"$LOADTEST" run --target "http://$HTTP" --mode ndjson --batch 100 --rate "$RATE" --seconds "$SECONDS_LONG" --connections 32 --tenants 20000 \
  --flow notice --lane bulk=1 --key "$BULK_KEY" --run-id bulk --ids-out "$WORK/bulk.jsonl" --report "$WORK/bulk.json" > "$WORK/bulk.out" 2> "$WORK/bulk.err" &
GENERATOR=$!
"$LOADTEST" run --target "http://$HTTP" --mode http --rate 2 --seconds "$SECONDS_LONG" --connections 2 --tenants 100 \
  --flow notice --lane urgent=1 --key "$URGENT_KEY" --run-id urgent --ids-out "$WORK/urgent.jsonl" --report "$WORK/urgent.json" > "$WORK/urgent.out" 2> "$WORK/urgent.err" &
URGENT=$!

# Resident memory, once a second.
: > "$WORK/rss"
for second in $(seq 1 "$SECONDS_LONG"); do
  read -rt 1 <> <(:) || true
  awk '/^VmRSS/ { print $2 }' "/proc/$ENGINE/status" >> "$WORK/rss"
done
wait "$GENERATOR" || true
wait "$URGENT" || true
GENERATOR=""

mean() { awk -v from="$1" -v to="$2" 'NR >= from && NR <= to { n++; s += $1 } END { printf "%d", s / n }' "$WORK/rss"; }
third=$((SECONDS_LONG / 3))
second=$(mean $((third + 1)) $((2 * third)))
last=$(mean $((2 * third + 1)) $((3 * third)))
say "resident memory: second third $((second / 1024)) MiB, last third $((last / 1024)) MiB"
say "bulk:   $(cut -c1-400 "$WORK/bulk.json")"
say "urgent: $(cut -c1-400 "$WORK/urgent.json")"
say "open at the end of the offer: $(open_count)"

# The urgent ones, each from its acceptance to the provider taking it, by the engine's own record.
slowest=0 urgent=0
while read -r id; do
  took=$(curl -sf -H "Authorization: Bearer $URGENT_KEY" "http://$HTTP/v1/notifications/$id" | python3 -c '
import datetime, json, sys
told = json.load(sys.stdin)
at = lambda text: datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
accepted = next(row for row in told["history"] if row["kind"] == "accepted")
outcome = told["attempts"][0].get("outcome_at")
print(int((at(outcome) - at(accepted["at"])).total_seconds() * 1000) if outcome else 999999)')
  urgent=$((urgent + 1))
  [ "$took" -le "$slowest" ] || slowest=$took
done < <(grep -o '"id":"[0-9a-f]*"' "$WORK/urgent.jsonl" | cut -d'"' -f4)
say "$urgent urgent messages of the other corporation, the slowest reached its provider after $slowest ms"

until_true 600 "everything accepted to be delivered" all_ended
curl -sf "http://127.0.0.1:$SMS_PORT/__sink/ledger" > "$WORK/sink.jsonl"
HEADERS=(-H "Authorization: Bearer $BULK_KEY")
read_outcomes "$WORK/bulk-outcomes.jsonl"
HEADERS=(-H "Authorization: Bearer $URGENT_KEY")
read_outcomes "$WORK/urgent-outcomes.jsonl"
"$LOADTEST" ledger --acks "$WORK/bulk.jsonl" --acks "$WORK/urgent.jsonl" --sink "$WORK/sink.jsonl" \
  --outcomes "$WORK/bulk-outcomes.jsonl" --outcomes "$WORK/urgent-outcomes.jsonl" --sent-ends sent --sent-ends delivered
refused=$(python3 -c 'import json,sys; r=json.load(open(sys.argv[1]))["rejected"]; print(r["429"] + r["503"])' "$WORK/bulk.json")
[ "$refused" -gt 0 ] || fail "nothing was refused: this was no overload"
[ "$slowest" -le 2000 ] || fail "an urgent message took $slowest ms"
[ $((last * 10)) -le $((second * 11)) ] || fail "memory grew from $second to $last KiB"
say "held; files in $WORK"
