#!/usr/bin/env bash
# Neighbours: one corporation at each of its bounds, and an urgent sender of another one beside it. What it shows, as one table:
# fresh rows against the same sent again after they ended; 45,000 rows due next year for one tenant, then facts about that
# tenant; readers of all outcomes; a feed of facts about tenants nobody loaded. Beside each, the urgent sender's p99 over HTTP
# and to its provider. Runs with any build (SLUIS_BIN_DIR): a bound that a build does not have is not kept, and the table says so.
#
#   loadtest/cases/neighbours/run.sh [ROWS] [TENANT_ROWS]
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
ROWS="${1:-100000}"
TENANT_ROWS="${2:-45000}"
QUIET="${QUIET:-15}"

write_config 64
make_key() { # make_key NAME: sets NAME_KEY and NAME_HASH
  local text
  text=$("$SLUIS" config key)
  printf -v "$1_KEY" '%s' "$(grep -o 'slk_[A-Za-z0-9_-]*' <<< "$text" | head -1)"
  printf -v "$1_HASH" '%s' "$(grep -oE '[0-9a-f]{64}' <<< "$text" | head -1)"
}
make_key LOUD
make_key URGENT
make_key OPERATOR
null_provider 256
# A flow that every build reads.
cat > "$WORK/flows/notice.toml" <<'TOML'
name = "notice"
version = 2
purpose = "information"
hold_for = "72h"
fallback_list = "delivery"
[input]
title = "text"
text = "text"
[[step]]
id = "first"
send = { template = { null = "notice-null" }, via = ["null"] }
on.bounced = "end: undeliverable"
on.settled = { after = "1s", go = "end: sent" }
on.delivered = "end: delivered"
TOML
sed -i "s/^name = \"demo\"/name = \"demo\"\nkey_hashes = [\"$LOUD_HASH\"]/; s/^address = \"$HTTP\"/address = \"$HTTP\"\noperator_key_hashes = [\"$OPERATOR_HASH\"]/" "$WORK/sluis.toml"
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
loud() { curl -s -m 60 -H "Authorization: Bearer $LOUD_KEY" "$@"; }

start_engine
until_true 60 "the start" ready
"$LOADTEST" tenants --target "http://$HTTP" --count 20000 --key "$LOUD_KEY" > "$WORK/tenants.out" 2>&1
"$LOADTEST" tenants --target "http://$HTTP" --count 100 --key "$URGENT_KEY" >> "$WORK/tenants.out" 2>&1

: > "$WORK/table"
row() { printf '%-52s %12s %12s %12s %12s\n' "$@" >> "$WORK/table"; }
row "what the loud corporation does" "its rate /s" "http p99 ms" "provider p99" "refused"

# beside NAME SECONDS COMMAND...: runs the command with the urgent sender beside it; the command leaves rate and refusals in
# $WORK/said. The sender goes on for SECONDS at least; its figures are of all that time.
beside() {
  local name=$1 seconds=$2
  shift 2
  echo "- -" > "$WORK/said"
  "$LOADTEST" run --target "http://$HTTP" --mode http --rate 40 --seconds "$seconds" --connections 4 --tenants 100 --flow notice \
    --lane urgent=1 --key "$URGENT_KEY" --run-id "urgent-$name" --ids-out "$WORK/urgent-$name.jsonl" \
    --report "$WORK/urgent-$name.json" --quiet > /dev/null 2> "$WORK/urgent-$name.err" &
  GENERATOR=$!
  "$@" > "$WORK/$name.out" 2>&1 || true
  wait "$GENERATOR" || true
  GENERATOR=""
  local http provider rate refused
  http=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["latency"]["p99_ms"])' "$WORK/urgent-$name.json" 2>/dev/null ||
    grep -o '"p99_ms":[0-9.]*' "$WORK/urgent-$name.json" | head -1 | cut -d: -f2)
  # From acceptance to the provider, by the engine's own record, of every fifth.
  provider=$(grep -o '"id":"[0-9a-f]*"' "$WORK/urgent-$name.jsonl" | cut -d'"' -f4 | awk 'NR % 5 == 0' | while read -r id; do
    curl -sf -H "Authorization: Bearer $URGENT_KEY" "http://$HTTP/v1/notifications/$id" | python3 -c '
import datetime, json, sys
told = json.load(sys.stdin)
at = lambda text: datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
accepted = next(row for row in told["history"] if row["kind"] == "accepted")
outcome = told["attempts"][0].get("outcome_at") if told["attempts"] else None
print(int((at(outcome) - at(accepted["at"])).total_seconds() * 1000) if outcome else 999999)' || true
  done | sort -n | awk '{ all[NR] = $1 } END { at = int(NR * 0.99); print (NR ? all[at < 1 ? 1 : at] : "none") }')
  read -r rate refused < "$WORK/said"
  row "$name" "$rate" "$http" "$provider" "$refused"
  say "$(tail -1 "$WORK/table")"
}

# rows NAME RUN_ID COUNT [generator's options]: over the binary port, as fast as it is taken.
rows() {
  local name=$1 run=$2 count=$3 began took
  shift 3
  began=$(now_ms)
  "$LOADTEST" run --target "http://$HTTP" --target-binary "$BINARY" --mode binary --rate max --count "$count" --connections 4 --batch 64 \
    --flow notice --lane bulk=1 --key "$LOUD_KEY" --run-id "$run" --body-bytes 400 --report "$WORK/$name.json" --quiet "$@"
  took=$(($(now_ms) - began))
  echo "$(compute "$count * 1000 / $took" 0) $(python3 -c 'import json,sys; r=json.load(open(sys.argv[1])); print(r["offered"] - r["acked"])' "$WORK/$name.json" 2>/dev/null || echo -)" > "$WORK/said"
}
one_tenant() {
  local began took
  python3 -c '
import json, sys
for n in range(int(sys.argv[1])):
    print(json.dumps({"tenant_id": "ONBEKEND", "flow": "notice", "category": "information", "environment": "production",
        "idempotency_key": "one-%d" % n, "priority": "bulk", "send_after": sys.argv[2],
        "data": {"title": "Bericht", "text": "Volgend jaar"}}))' "$TENANT_ROWS" "$(in_rfc3339 $(($(date +%s) + 31536000)))" > "$WORK/one.ndjson"
  began=$(now_ms)
  loud -m 120 -H 'Content-Type: application/x-ndjson' --data-binary "@$WORK/one.ndjson" "http://$HTTP/v1/notifications/batch" > "$WORK/one.out"
  took=$(($(now_ms) - began))
  echo "$(compute "$TENANT_ROWS * 1000 / $took" 0) $(grep -c '"error"' "$WORK/one.out" || true)" > "$WORK/said"
}
fact() { # fact ID TENANTS(JSON)
  loud -H 'Content-Type: application/json' "http://$HTTP/v1/facts" -d "{\"fact_id\":\"$1\",\"type\":\"balance\",\"tenant_ids\":$2,
    \"amount_cents\":100,\"environment\":\"production\",\"occurred_at\":\"$(in_rfc3339 "$(date +%s)")\"}" -o /dev/null -w '%{http_code} %{time_total}\n'
}
facts_about_it() {
  local n longest
  for n in $(seq 1 40); do fact "f-$n-$$" '["ONBEKEND"]'; done > "$WORK/facts"
  longest=$(awk '{ if ($2 > most) most = $2 } END { printf "%.0f", most * 1000 }' "$WORK/facts")
  echo "${longest}ms-max $(awk '$1 != 200 { n++ } END { print n + 0 }' "$WORK/facts")" > "$WORK/said"
}
unknown_tenants() {
  local n tenants refused=0 began
  began=$(now_ms)
  for n in $(seq 1 "${UNKNOWN:-150}"); do
    tenants=$(python3 -c 'import json,sys; n=int(sys.argv[1]); print(json.dumps(["X-%d-%d" % (n, m) for m in range(1000)]))' "$n")
    fact "u-$n-$$" "$tenants"
  done > "$WORK/unknown"
  refused=$(awk '$1 == 429 { n++ } END { print n + 0 }' "$WORK/unknown")
  echo "$(compute "${UNKNOWN:-150} * 1000 * 1000 / ($(now_ms) - $began)" 0) $refused" > "$WORK/said"
}
read_all() { # four readers, each from the beginning
  local n began pids=()
  began=$(now_ms)
  for n in 1 2 3 4; do
    (HEADERS=(-H "Authorization: Bearer $LOUD_KEY"); read_outcomes "$WORK/outcomes-$n") &
    pids+=($!)
  done
  wait "${pids[@]}" || true
  echo "$(compute "$(cat "$WORK"/outcomes-[1-4] | wc -l) * 1000 / ($(now_ms) - $began)" 0) -" > "$WORK/said"
}

beside quiet "$QUIET" true
beside fresh "$QUIET" rows fresh "neighbours" "$ROWS" --tenants 20000
fresh=$(cut -d' ' -f1 "$WORK/said")
until_true 120 "everything to end" all_ended
beside resent "$QUIET" rows resent "neighbours" "$ROWS" --tenants 20000
resent=$(cut -d' ' -f1 "$WORK/said")
beside readers "$QUIET" read_all
beside one-tenant "$QUIET" one_tenant
beside facts-about-it "$QUIET" facts_about_it
beside unknown-tenants "$QUIET" unknown_tenants

say
cat "$WORK/table"
echo
echo "resent at $(compute "$resent / $fresh * 100" 0) % of the rate of fresh rows"
say "files in $WORK"
