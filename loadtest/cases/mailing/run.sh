#!/usr/bin/env bash
# A mailing: 86,649 rows released against a mail server that takes 500 a second, while urgent messages of another corporation come.
# Two kills in the middle. Then a second mailing, which is stopped in the middle. What it shows: nobody is left out, nobody is told
# twice but for attempts that were under way at a kill, the account of the stopped one is what the mail server has, and how long an
# urgent message takes to its provider.
#
#   loadtest/cases/mailing/run.sh [ROWS] [SINK_RATE]
#   KILLS=2       kills in the middle
#   JUDGE=no      only say the urgent p99; else over 2 s fails
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
ROWS="${1:-86649}"
SINK_RATE="${2:-500}"
KILLS="${KILLS:-2}"
JUDGE="${JUDGE:-yes}"

write_config 64
two_corporations ""
printf 'name = "limited"\n[smtp]\nlimit_per_second = %s\n' "$SINK_RATE" > "$WORK/limited.toml"
start_sink "$WORK/limited.toml"
start_engine
until_true 60 "the start" ready
"$LOADTEST" tenants --target "http://$HTTP" --count "$ROWS" --key "$LOUD_KEY" > "$WORK/tenants.out" 2>&1
"$LOADTEST" tenants --target "http://$HTTP" --count 100 --key "$URGENT_KEY" >> "$WORK/tenants.out" 2>&1

loud() { curl -sf -m 60 -H "Authorization: Bearer $LOUD_KEY" "$@"; }
field() { python3 -c '
import functools, json, sys
value = json.load(sys.stdin)
print(functools.reduce(lambda part, key: part[key], sys.argv[1].split("."), value))' "$1"; }
step() { loud "http://$HTTP/v1/mailings/$1/$2" -d "$3" > "$WORK/$2.out"; }
progress() { loud "http://$HTTP/v1/mailings/$ID" > "$WORK/now.json" && field "$1" < "$WORK/now.json"; }
admitted_is_over() { [ "$(progress progress.admitted)" -ge "$1" ]; }
stage_is() { [ "$(progress stage)" = "$1" ]; }
all_have_ended() { [ "$(progress progress.reconciled)" = True ]; }

# mailing NAME: makes, fills, approves and releases one; its id stands in ID.
mailing() {
  python3 -c '
import sys
print("huurdernummer;title")
for n in range(int(sys.argv[1])):
    print("load-%07d;%s %d" % (n, sys.argv[2], n))' "$ROWS" "$1" > "$WORK/$1.csv"
  loud "http://$HTTP/v1/mailings" -d "{\"name\":\"$1\",\"flow\":\"notice\",\"category\":\"information\",\"environment\":\"production\",
    \"data\":{\"text\":\"Aan alle huurders.\"},\"by\":\"Anna\"}" > "$WORK/$1.json"
  ID=$(field id < "$WORK/$1.json")
  loud "http://$HTTP/v1/mailings/$ID/rows?by=Anna" -H 'Content-Type: text/csv' --data-binary "@$WORK/$1.csv" > "$WORK/$1.report"
  [ "$(field taken < "$WORK/$1.report")" = "$ROWS" ] || fail "rows were not taken: $WORK/$1.report"
  step "$ID" approve "{\"by\":\"Bea\",\"checksum\":\"$(field mailing.rows.checksum < "$WORK/$1.report")\"}"
  step "$ID" release '{"by":"Bea"}'
}

# books NAME WHAT FROM_MS: holds the account against what the mail server took of this corporation since then. WHAT: all, or
# stopped.
books() {
  loud "http://$HTTP/v1/mailings/$ID/account" > "$WORK/$1.account"
  curl -sf "http://127.0.0.1:$SMS_PORT/__sink/ledger" > "$WORK/$1.ledger"
  python3 - "$WORK/$1.account" "$WORK/$1.ledger" "$1" "$2" "$3" "$ROWS" "$KILLS" <<'PY'
import collections, json, sys
account, ledger, name, what = sys.argv[1:5]
since, count, kills = map(int, sys.argv[5:])
rows = [json.loads(line) for line in open(account)]
assert len(rows) == count, "the account has %d rows" % len(rows)
taken = collections.Counter()
for line in open(ledger):
    entry = json.loads(line)
    if entry["kind"] != "refused" and entry["from"].endswith("@bounce.demo.example") and entry["first_ms"] >= since:
        taken[entry["to"].split("@")[0]] += entry["seen"]
yes = {row["tenant_id"] for row in rows if row["left"] == "yes"}
perhaps = {row["tenant_id"] for row in rows if row["left"] == "perhaps"}
told = set(taken)
twice = sum(taken.values()) - len(told)
print("%s: %d rows; left: %d yes, %d perhaps; the mail server: %d tenants, %d told twice"
      % (name, len(rows), len(yes), len(perhaps), len(told), twice))
assert yes <= told, "%d are said to be told and were not" % len(yes - told)
assert told <= yes | perhaps, "%d were told and the account does not say so" % len(told - yes - perhaps)
if what == "all":
    assert len(told | perhaps) == len(rows), "%d were left out" % (len(rows) - len(told | perhaps))
    assert twice <= 64 * kills, "more twice than attempts under way at the kills"
else:
    assert 0 < len(told) < len(rows), "it was not stopped in the middle"
    assert twice == 0, "%d twice" % twice
PY
}

SECONDS_BESIDE=$((ROWS / SINK_RATE + 5))
mailing eerste
"$LOADTEST" run --target "http://$HTTP" --mode http --rate 20 --seconds "$SECONDS_BESIDE" --connections 4 --tenants 100 --flow notice \
  --lane urgent=1 --retry --key "$URGENT_KEY" --run-id urgent --ids-out "$WORK/urgent.jsonl" --report "$WORK/urgent.json" --quiet \
  > /dev/null 2> "$WORK/urgent.err" &
GENERATOR=$!
for kill in $(seq "$KILLS"); do
  until_true 900 "rows before kill $kill" admitted_is_over $((ROWS * kill / (KILLS + 1)))
  kill -9 "$ENGINE"
  wait "$ENGINE" 2>/dev/null || true
  start_engine
  until_true 60 "the start after kill $kill" ready
done
until_true 1800 "the end of the mailing" stage_is "done"
wait "$GENERATOR" || true
GENERATOR=""
until_true 600 "every notification to end" all_have_ended
books eerste all 0
# Of every third. Those that a kill caught waited for the start: they are not a matter of lanes, and few.
ids_of "$WORK/urgent.jsonl" | awk 'NR % 3 == 0' | to_provider_ms "$URGENT_KEY" > "$WORK/urgent.ms"
P99=$(quantile 0.99 < "$WORK/urgent.ms")
P50=$(quantile 0.5 < "$WORK/urgent.ms")
say "urgent to the provider beside it: median $P50 ms, p99 $P99 ms"

SECOND_MS=$(now_ms)
mailing tweede
until_true 300 "the middle" admitted_is_over $((ROWS / 3))
step "$ID" stop '{"by":"Anna"}'
until_true 300 "the stop" stage_is stopped
books tweede stopped "$SECOND_MS"
say "files in $WORK"
[ "$JUDGE" != yes ] || [ "$P99" -le 2000 ] || fail "an urgent message took $P99 ms at p99"
