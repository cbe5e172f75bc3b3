#!/usr/bin/env bash
# Years in minutes: OPEN notifications stay open, and beside them ROUNDS times as many as ROUND are sent and end, at RATE a second
# and on a clock that runs SPEED times as fast. What is kept must stay bounded: after each round the resident memory, the disk of
# journal, table and archive; after every EVERY rounds a kill -9 and the time until it is ready again. Prints the curves as a
# table, writes them as curves.csv and draws them. Then the verdict: whether a curve's last third is more than a fifth above the
# third before it, and the goals: at most 1 GiB resident, three times what is alive and two generations on the disk
# (journal and table), and 5 s until ready. A curve that is not flat fails; with GOALS=true, which is for a quiet machine, a
# goal that is missed fails too.
#
#   loadtest/cases/years/run.sh [ROUNDS] [ROUND] [OPEN]
#   RATE=10000|max SPEED=10000 KEEP_FOR=24h EVERY=5 TENANTS=200000 BODY_BYTES=850 ARCHIVE=true GOALS=true PLOTS=docs/plots/years
#   GENERATION_MIB=128 LIVE_FACTOR=2
#
# 10,000 a second is what two cores do beside generator and provider with room to spare. RATE=max shows what happens without:
# intake slows until what holds old records up is through (docs/operations.md). What ended stays in the table for KEEP_FOR, so the
# table has RATE * KEEP_FOR / SPEED endings: 86,400 by default, each in a pack of its own, for 64 ms of that clock are 6 microseconds.
#
# The goal counts the table, and the log is larger than its bound while what is alive is written again. So the log is given two
# times what is alive here, in smaller generations than the default.
ROUNDS="${1:-30}"
ROUND="${2:-1000000}"
OPEN="${3:-1000000}"
SPEED="${SPEED:-10000}"
EVERY="${EVERY:-5}"
TENANTS="${TENANTS:-200000}"
RATE="${RATE:-10000}"
GENERATION_MIB="${GENERATION_MIB:-128}"
# Read by write_config.
# shellcheck disable=SC2034
MAX_OPEN=$((OPEN + ROUND + 100000))
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
# The clock of the engine: it began on the first day of 2030 when this script began.
BEGAN_MS=$(now_ms)
FIRST_DAY=$(date -u -d 2030-01-01T00:00:00Z +%s)
simulated() { compute "$FIRST_DAY + ($(now_ms) - $BEGAN_MS) / 1000 * $SPEED" 0; }

# The engine of the demo's command, which is the same library, with a clock that runs fast. Time limits of connections are
# those of this world.
start_in_time() {
  "$BIN/sluis-demo" serve-fast --config "$WORK/sluis.toml" --speed "$SPEED" \
    --from "$(date -u -d "@$(simulated)" +%Y-%m-%dT%H:%M:%SZ)" >> "$WORK/engine.log" 2>&1 &
  ENGINE=$!
}

# Where the seconds of the last start went: its line of the log.
start_in_words() { grep -o 'started seconds.*' "$WORK/engine.log" | tail -n 1; }

mib_of() { du -scm --apparent-size "$@" 2> /dev/null | tail -n 1 | cut -f1; }

log_mib() { mib_of "$WORK"/data/journal/gen-*; }
table_mib() { mib_of "$WORK/data/journal/table"; }
archive_mib() { mib_of "$WORK/data/archive"; }

offer() { # offer RUN_ID COUNT RATE [MORE]...
  local id=$1 count=$2 rate=$3
  shift 3
  "$LOADTEST" run --target "http://$HTTP" --target-binary "$BINARY" --mode binary --rate "$rate" --count "$count" --tenants "$TENANTS" \
    --connections 4 --flow notice --body-bytes "${BODY_BYTES:-850}" --run-id "$id" --retry --quiet --report "$WORK/$id.json" "$@" \
    > "$WORK/$id.out" 2>&1 || fail "$WORK/$id.out"
}

only_open() { [ "$(open_count)" -le "$OPEN" ]; }

write_config 16
null_provider 256
# Checkpoints as seldom as they may be: a day is some seconds here, and under load they come earlier in any case.
cat >> "$WORK/sluis.toml" << TOML
[journal]
keep_for = "${KEEP_FOR:-24h}"
endings_for = "${KEEP_FOR:-24h}"
checkpoint_every = "24h"
generation_max_bytes = $((GENERATION_MIB * 1048576))
live_factor = ${LIVE_FACTOR:-2}
[archive]
enabled = ${ARCHIVE:-true}
TOML
# The line that says where the seconds of a start went.
sed -i 's/^filter = "warn"/filter = "warn,sluis::start_times=info"/' "$WORK/sluis.toml"
# What is alive, as docs/operations.md counts it: a KiB for each open notification, 256 bytes for each tenant.
LIVE_MIB=$(((OPEN * 1024 + TENANTS * 256) / 1048576))
MOST_DISK_MIB=$((3 * LIVE_MIB + 2 * GENERATION_MIB))
worst_rss=0 worst_disk=0 worst_ready=0
# most HAVE WANTED: the larger one.
most() { awk -v a="$1" -v b="$2" 'BEGIN { print (a > b ? a : b) }'; }
start_in_time
until_true 60 "the start" ready
"$LOADTEST" tenants --target "http://$HTTP" --count "$TENANTS" > "$WORK/tenants.out" 2>&1
say "$OPEN that stay open for a hundred years"
[ "$OPEN" -eq 0 ] || offer open "$OPEN" max --send-after 2130-01-01T00:00:00Z
rows=()
printf '%6s %12s %10s %10s %10s %10s %10s %10s\n' round date rss_mib journal_mib table_mib archive_mib rate_s ready_s > "$WORK/curves"
for round in $(seq "$ROUNDS"); do
  from=$(now_ms)
  offer "round$round" "$ROUND" "$RATE"
  until_true 600 "the end of round $round" only_open
  rate=$(compute "$ROUND * 1000 / ($(now_ms) - $from)" 0)
  ready_s=-
  if [ $((round % EVERY)) = 0 ]; then
    kill -9 "$ENGINE"
    wait "$ENGINE" 2> /dev/null || true
    start_ms=$(now_ms)
    start_in_time
    until_true 600 "readiness after the kill" ready
    ready_s=$(compute "($(now_ms) - $start_ms) / 1000")
    say "$(start_in_words)"
    found=$(open_count)
    [ "$found" -eq "$OPEN" ] || fail "$found open after the kill, $OPEN before"
  fi
  rss=$(rss_mib "$ENGINE")
  row=$(printf '%6s %12s %10s %10s %10s %10s %10s %10s' "$round" "$(date -u -d "@$(simulated)" +%Y-%m-%d)" "$rss" \
    "$(log_mib)" "$(table_mib)" "$(archive_mib)" "$rate" "$ready_s")
  say "$row"
  rows+=("$row")
  printf '%s\n' "$row" >> "$WORK/curves"
  journal=$(log_mib) table=$(table_mib)
  worst_rss=$(most "$rss" "$worst_rss")
  worst_disk=$(most $((journal + table)) "$worst_disk")
  known_ready=""
  if [ "$ready_s" != - ]; then
    worst_ready=$(most "$ready_s" "$worst_ready")
    known_ready=", \"ready_seconds\": $ready_s"
  fi
  printf '{"seconds": %s, "rss_mib": %s, "engine": {"journal_mib": %s, "table_mib": %s, "archive_mib": %s%s}}\n' \
    "$(compute "($(now_ms) - $BEGAN_MS) / 1000")" "$rss" "$journal" "$table" "$(archive_mib)" "$known_ready" >> "$WORK/samples.jsonl"
  record "years" "round $round" measured rss_mib="$rss" journal_mib="$(log_mib)" \
    table_mib="$(table_mib)" archive_mib="$(archive_mib)" ended="$((round * ROUND))" open="$OPEN"
done
cat "$WORK/curves"
OUT="${PLOTS:-$WORK/plots}"
"$LOADTEST" report --samples "$WORK/samples.jsonl" --out "$OUT" >&2
tr -s ' ' ',' < "$WORK/curves" | sed 's/^,//' > "$OUT/curves.csv"
stop_politely "$ENGINE"
ENGINE=""

# goal WHAT HAVE WANTED: says whether it is reached.
missed=0
goal() {
  if awk -v have="$2" -v wanted="$3" 'BEGIN { exit have > wanted }'; then
    say "reached: $1: at most $2, asked $3"
  else
    say "MISSED: $1: at most $2, asked $3"
    missed=$((missed + 1))
  fi
}
goal "MiB resident" "$worst_rss" 1024
goal "MiB of journal and table" "$worst_disk" "$MOST_DISK_MIB"
[ "$worst_ready" = 0 ] || goal "seconds until ready" "$worst_ready" 5

# The archive grows: it is kept for years. The others must not.
bent=0
awk -v rounds="$ROUNDS" 'NR > 1 {
    third = int((NR - 2) * 3 / rounds)
    for (column = 3; column <= 5; column++) { sum[third, column] += $column }
    count[third]++
  }
  END {
    if (rounds < 3) { print "too few rounds to tell whether anything is flat"; exit }
    split("rss journal table", names, " ")
    for (column = 3; column <= 5; column++) {
      before = sum[1, column] / count[1]; last = sum[2, column] / count[2]
      is_flat = last <= 1.2 * before
      printf "%s: %s: the last third over the one before: %.2f\n", is_flat ? "flat" : "NOT FLAT", names[column - 2], last / before
      if (!is_flat) { bad = 1 }
    }
    exit bad
  }' "$WORK/curves" >&2 || bent=1

say "results in $RESULTS, curves in $OUT"
[ "$bent" = 0 ] || fail "a curve is not flat"
[ "$missed" = 0 ] || [ "${GOALS:-false}" != true ] || fail "goals missed: $missed"
say "VERDICT: flat, goals missed: $missed"
