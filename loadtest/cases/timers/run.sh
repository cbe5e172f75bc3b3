#!/usr/bin/env bash
# Many timers for the same second: how long until all are decided, and how late they were. The null provider, so that
# nothing but the engine is measured.
#
#   loadtest/cases/timers/run.sh [COUNT]
#   LEAD=seconds until the timers are due (all must be accepted before), TENANTS=20000 BODY_BYTES=850
COUNT="${1:-100000}"
TENANTS="${TENANTS:-20000}"
LEAD="${LEAD:-$((20 + COUNT / 5000))}"
# shellcheck disable=SC2034
MAX_OPEN=$((COUNT + 100000))
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

write_config 16
null_provider "${CONCURRENCY:-256}"
start_engine
until_true 60 "the start" ready
"$LOADTEST" tenants --target "http://$HTTP" --count "$TENANTS" > "$WORK/tenants.out" 2>&1

due=$(($(date +%s) + LEAD))
say "$COUNT notifications for $(in_rfc3339 "$due"), $LEAD s from now"
"$LOADTEST" run --target "http://$HTTP" --target-binary "$BINARY" --mode binary --rate max --count "$COUNT" --tenants "$TENANTS" \
  --flow notice --body-bytes "${BODY_BYTES:-850}" --send-after "$(in_rfc3339 "$due")" --run-id timers --retry \
  --report "$WORK/offer.json" --label "session=$SESSION" > "$WORK/offer.out"
[ "$(date +%s)" -lt "$due" ] || fail "accepting took longer than $LEAD s: set LEAD higher"
[ "$(open_count)" -eq "$COUNT" ] || fail "$(open_count) open, $COUNT expected"

# A timer is decided when its lateness is counted; each notification has one for its send_after.
fired() { metric sluis_shard_timer_lateness_seconds_count; }
before=$(fired)
ended_before=$(metric sluis_shard_events_total 'event="ended"')
# The wait for the moment itself, not for a guess: nothing can be decided before it.
until_true $((LEAD + 60)) "the first timer" at_least "$(compute "$before + 1" 0)" fired
until_true 600 "every timer" at_least "$(compute "$before + $COUNT" 0)" fired
decided=$(compute "($(now_ms) - $due * 1000) / 1000")
p50=$(metric_quantile sluis_shard_timer_lateness_seconds 0.5)
p99=$(metric_quantile sluis_shard_timer_lateness_seconds 0.99)
until_true 600 "everything to end" at_least "$(compute "$ended_before + $COUNT" 0)" metric sluis_shard_events_total 'event="ended"'
ended=$(compute "($(now_ms) - $due * 1000) / 1000")
say "all decided $decided s after the moment, all ended after $ended s; lateness p50 at most $p50 s, p99 at most $p99 s"
record "timers due in the same second" 9 measured timers="$COUNT" decided_seconds="$decided" ended_seconds="$ended" \
  rate="$(compute "$COUNT / $decided" 1)" lateness_p50_at_most_seconds="$p50" lateness_p99_at_most_seconds="$p99"
all_ended || fail "$(open_count) still open"
stop_politely "$ENGINE"
ENGINE=""
say "held; results in $RESULTS, files in $WORK"
