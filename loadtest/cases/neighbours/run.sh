#!/usr/bin/env bash
# Neighbours: one corporation at each of its bounds, and an urgent sender of another one beside it. What it shows, as one table:
# fresh rows against the same sent again after they ended, also by more connections than look-ups may wait; readers of all
# outcomes, four and as many as may wait; 45,000 rows due next year for one tenant, then facts about that tenant; a feed of
# facts about tenants nobody loaded; then, by an engine with small settings (intake_per_second, bytes_per_day,
# max_unknown_tenants), a sender far over its rate, one far over its day, and that feed again. Beside each, the urgent sender's
# p99 over HTTP and to its provider.
#
#   loadtest/cases/neighbours/run.sh [ROWS] [TENANT_ROWS]
#   QUIET=seconds of each row (15)
#   JUDGE=no: only say it. Else fails where a p99 to the provider is over 2 s, or one over HTTP over twice the quiet one.
#   Of the fresh rows only the provider's is judged: they are within every bound, and the yardstick of those sent again.
#
# Runs with any build (SLUIS_BIN_DIR): a bound that a build does not have is not kept, and the table says so. The HTTP figures
# of a machine that others use are theirs as well.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
ROWS="${1:-100000}"
TENANT_ROWS="${2:-45000}"
QUIET="${QUIET:-15}"
JUDGE="${JUDGE:-yes}"

write_config 64
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
two_corporations ""
loud() { curl -s -m 60 -H "Authorization: Bearer $LOUD_KEY" "$@"; }

start_engine
until_true 60 "the start" ready
their_tenants

: > "$WORK/table"
row() { printf '%-52s %12s %12s %12s %12s\n' "$@" >> "$WORK/table"; }
row "what the loud corporation does" "its rate /s" "http p99 ms" "provider p99" "refused"

# judge NAME HTTP_P99 PROVIDER_P99, both in milliseconds: what is not held stands in $WORK/broken.
: > "$WORK/broken"
QUIET_HTTP=""
judge() {
  : "${QUIET_HTTP:=$2}"
  awk -v p="$3" 'BEGIN { exit !(p ~ /^[0-9]+$/ && p <= 2000) }' || echo "$1: to the provider $3 ms, at most 2000" >> "$WORK/broken"
  [ "$1" != fresh ] || return 0
  awk -v a="$2" -v b="$QUIET_HTTP" 'BEGIN { exit !(a ~ /^[0-9.]+$/ && a <= 2 * b) }' ||
    echo "$1: over HTTP $2 ms, at most twice $QUIET_HTTP" >> "$WORK/broken"
}

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
  # Of every fifth.
  provider=$(ids_of "$WORK/urgent-$name.jsonl" | awk 'NR % 5 == 0' | to_provider_ms "$URGENT_KEY" | quantile 0.99)
  read -r rate refused < "$WORK/said"
  row "$name" "$rate" "$http" "$provider" "$refused"
  judge "$name" "$http" "$provider"
  say "$(tail -1 "$WORK/table")"
}

# rows NAME RUN_ID COUNT [generator's options]: over the binary port, as fast as it is taken.
rows() {
  local name=$1 run=$2 count=$3 began took
  shift 3
  began=$(now_ms)
  "$LOADTEST" run --target "http://$HTTP" --target-binary "$BINARY" --mode binary --rate max --count "$count" --connections "${CONNECTIONS:-4}" --batch 64 \
    --flow notice --lane bulk=1 --key "$LOUD_KEY" --run-id "$run" --body-bytes 400 --report "$WORK/$name.json" --quiet "$@"
  took=$(($(now_ms) - began))
  echo "$(compute "$count * 1000 / $took" 0) $(python3 -c 'import json,sys; r=json.load(open(sys.argv[1])); print(r["offered"] - r["acked"])' "$WORK/$name.json" 2>/dev/null || echo -)" > "$WORK/said"
}
# as_many_as_may_wait SECONDS: 40 readers of all outcomes, each from the beginning, ten times a second. A reader is one curl
# on one connection: 400 starts of curl a second would be what is measured.
as_many_as_may_wait() {
  local n pids=()
  for n in $(seq $((10 * $1))); do
    printf 'url = "http://%s/v1/outcomes?limit=10000"\noutput = /dev/null\n' "$HTTP"
  done > "$WORK/reader.curl"
  for n in $(seq 40); do
    timeout "$1" curl -s -m 60 --rate 10/s -H "Authorization: Bearer $LOUD_KEY" -K "$WORK/reader.curl" -w '%{http_code}\n' > "$WORK/reader-$n" &
    pids+=($!)
  done
  wait "${pids[@]}" || true
  cat "$WORK"/reader-* > "$WORK/readers-all"
  echo "$(compute "$(grep -c 200 "$WORK/readers-all") / $1" 0) $(grep -c 429 "$WORK/readers-all" || true)" > "$WORK/said"
}
# flood NAME SECONDS [generator's options]: far more than may be taken, over HTTP, in batches; never slower for a refusal.
flood() {
  local name=$1 seconds=$2
  shift 2
  "$LOADTEST" run --target "http://$HTTP" --mode ndjson --batch 100 --rate 20000 --seconds "$seconds" --connections 8 --tenants 20000 \
    --flow notice --lane bulk=1 --key "$LOUD_KEY" --run-id "$name" --body-bytes 400 --report "$WORK/$name.json" --quiet "$@"
  python3 -c '
import json, sys
report = json.load(open(sys.argv[1]))
print(round(report["acked"] / float(sys.argv[2])), report["rejected"]["429"] + report["rejected"]["503"])' "$WORK/$name.json" "$seconds" > "$WORK/said"
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
# Over 16,384 look-ups of what ended wait at once.
CONNECTIONS=12 beside resent-over-bound "$QUIET" rows resent-over-bound "neighbours" "$ROWS" --tenants 20000
beside readers "$QUIET" read_all
beside readers-over-bound "$QUIET" as_many_as_may_wait "$QUIET"
beside one-tenant "$QUIET" one_tenant
beside facts-about-it "$QUIET" facts_about_it
beside unknown-tenants "$QUIET" unknown_tenants

# bounded KEY VALUE: a new engine, in which each corporation has this bound. False: the build has no such setting.
bounded() {
  stop_politely "$ENGINE"
  ENGINE=""
  rm -rf "$WORK/data"
  sed -i '/^\[limits\]$/,$d' "$WORK/sluis.toml"
  printf '[limits]\n%s = %s\n' "$1" "$2" >> "$WORK/sluis.toml"
  if ! "$SLUIS" config check --config "$WORK/sluis.toml" > "$WORK/check.out" 2>&1; then
    row "$1" "no setting" - - -
    return 1
  fi
  start_engine
  until_true 60 "the start" ready
  their_tenants
}
if bounded intake_per_second 1_000; then
  beside over-its-rate "$QUIET" flood over-its-rate "$QUIET"
  # By credit. What is allowed at once, ten seconds' worth, and then the rate for as long as a row lasts.
  beside over-its-rate-binary "$QUIET" rows over-its-rate-binary "by-credit" $((1000 * (10 + QUIET))) --tenants 20000
fi
# A day of 20 MB is over within two seconds.
if bounded bytes_per_day 20_000_000; then beside over-its-day "$QUIET" flood over-its-day "$QUIET"; fi
if bounded max_unknown_tenants 1_000; then beside unknown-over-bound "$QUIET" unknown_tenants; fi

say
cat "$WORK/table"
echo
echo "resent at $(compute "$resent / $fresh * 100" 0) % of the rate of fresh rows"
say "files in $WORK"
[ "$JUDGE" != yes ] || [ ! -s "$WORK/broken" ] || fail "$(cat "$WORK/broken")"
