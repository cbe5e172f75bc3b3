#!/usr/bin/env bash
# Does accepting cost more when much is open? Seconds of CPU for each accepted notification, user and system, of the
# whole engine, at a small backlog and at a big one. A sample of half a million is half a gigabyte: the journal changes its
# generation within it.
#
#   loadtest/cases/growth/run.sh [BIG] [SMALL] [SAMPLE]
#   RATE=what the samples are offered at (a number, or max), TENANTS=20000 BODY_BYTES=850
BIG="${1:-1000000}"
SMALL="${2:-10000}"
SAMPLE="${3:-500000}"
TENANTS="${TENANTS:-20000}"
# shellcheck disable=SC2034
MAX_OPEN=$((BIG + 3 * SAMPLE + 100000))
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
TOMORROW=$(tomorrow)

offer() { # offer RUN_ID COUNT RATE
  "$LOADTEST" run --target "http://$HTTP" --target-binary "$BINARY" --mode binary --rate "$3" --count "$2" --tenants "$TENANTS" \
    --flow notice --body-bytes "${BODY_BYTES:-850}" --send-after "$TOMORROW" --run-id "$1" --retry --quiet --report "$WORK/$1.json" \
    > "$WORK/$1.out"
}

# fill_to OPEN: brings the backlog there.
fill_to() {
  local missing=$(($1 - $(open_count)))
  [ "$missing" -le 0 ] || offer "fill$1" "$missing" max
}

# sample NAME: sets COST, microseconds of CPU for each accepted notification.
sample() {
  local before after open
  open=$(open_count)
  before=$(cpu_seconds "$ENGINE")
  offer "sample-$1" "$SAMPLE" "${RATE:-max}"
  after=$(cpu_seconds "$ENGINE")
  [ "$(open_count)" -eq $((open + SAMPLE)) ] || fail "$(open_count) open after the sample, $((open + SAMPLE)) expected"
  COST=$(compute "($after - $before) * 1e6 / $SAMPLE" 2)
  say "at $open open: $COST µs of CPU for each, $(compute "$after - $before" 2) s for $SAMPLE"
  record "CPU for each accepted notification" "11 $1" measured open="$open" sample="$SAMPLE" cpu_us_each="$COST"
}

write_config 16
null_provider 64
start_engine
until_true 60 "the start" ready
"$LOADTEST" tenants --target "http://$HTTP" --count "$TENANTS" > "$WORK/tenants.out" 2>&1
# The first ones pay for caches and pages that all later ones use.
fill_to "$SMALL"
sample small
small=$COST
fill_to "$BIG"
sample big
big=$COST
ratio=$(compute "$big / $small" 3)
say "big over small: $ratio"
record "CPU for each accepted notification, big over small" 11 measured ratio="$ratio" small_us="$small" big_us="$big" big_open="$BIG"
stop_politely "$ENGINE"
ENGINE=""
say "done; results in $RESULTS, files in $WORK"
