#!/usr/bin/env bash
# A million open notifications, each with a timer: what they cost in memory, and how long a start takes after kill -9.
# Everything acknowledged must be there again.
#
#   loadtest/cases/million/run.sh [COUNT] [TENANTS]
#   BODY_BYTES=850 CONNECTIONS=4 READY_SECONDS=900 SLUIS_CASE_RESULTS=results.jsonl
#
# With MAX_ACTIVE=N at most so many tenants are active, so most of them are passive. Then, before the kill and under LOAD_RATE
# notifications a second, PROBES urgent ones go to passive tenants: how long each takes to its provider is told. LOAD_TENANTS: to
# how many tenants the load goes; with all of them most of its messages find a passive one too. CHECKPOINT_EVERY=1m has
# checkpoints taken more often than the default. With GOALS=true the case fails when an engine with most tenants passive takes
# more than 2 GiB, with the peak of a start, when a start takes more than 10 s, or an urgent message more than 100 ms (p99).
COUNT="${1:-1000000}"
TENANTS="${2:-200000}"
# Read by write_config.
# shellcheck disable=SC2034
MAX_OPEN=$((COUNT + 100000))
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

write_config 16
null_provider 64
if [ -n "${MAX_ACTIVE:-}" ]; then
  sed -i "s/^max_open = .*/&\nmax_active_tenants = $MAX_ACTIVE/" "$WORK/sluis.toml"
fi
[ -z "${CHECKPOINT_EVERY:-}" ] || printf '[journal]\ncheckpoint_every = "%s"\n' "$CHECKPOINT_EVERY" >> "$WORK/sluis.toml"
missed=()
# goal WHAT VALUE MOST: told at the end, so that one run shows all of them.
goal() {
  if [ "${GOALS:-false}" = true ] && ! at_least 0 compute "$3 - $2"; then missed+=("$1 $2, at most $3"); fi
}
start_engine
until_true 60 "the start" ready
empty=$(rss_mib "$ENGINE")
say "resident when empty: $empty MiB; loading $TENANTS tenants"
"$LOADTEST" tenants --target "http://$HTTP" --count "$TENANTS" > "$WORK/tenants.out" 2>&1
loaded=$(rss_mib "$ENGINE")
say "resident with $TENANTS tenants: $loaded MiB; offering $COUNT notifications for tomorrow"

"$LOADTEST" run --target "http://$HTTP" --target-binary "$BINARY" --mode binary --rate max --count "$COUNT" --tenants "$TENANTS" \
  --connections "${CONNECTIONS:-4}" --flow notice --body-bytes "${BODY_BYTES:-850}" --send-after "$(tomorrow)" --run-id million --retry \
  --report "$WORK/offer.json" --results "$RESULTS" --what "offer of the million" --label "session=$SESSION" --label case=million \
  --data-dir "$WORK" --samples "$WORK/samples.jsonl" --pid "$ENGINE" > "$WORK/offer.out"
opened=$(open_count)
[ "$opened" -eq "$COUNT" ] || fail "$opened open, $COUNT expected; see $WORK/offer.json"
timers=$(metric sluis_shard_timers_pending)
at_least "$COUNT" metric sluis_shard_timers_pending || fail "$timers timers for $COUNT open notifications"
full=$(rss_mib "$ENGINE")
peak=$(peak_mib "$ENGINE")
disk=$(du -sm "$WORK/data" | cut -f1)
per=$(compute "($full - $loaded) * 1048576 / $COUNT" 0)
say "resident with $COUNT open: $full MiB (peak $peak MiB), $per bytes for each; $disk MiB on disk"
record "open notifications, each with a timer" 7 measured open="$COUNT" tenants="$TENANTS" rss_empty_mib="$empty" \
  rss_tenants_mib="$loaded" rss_mib="$full" rss_peak_mib="$peak" bytes_each="$per" disk_mib="$disk" timers="$timers"

# few_active: whether passive ones have gone to rest as far as they may.
few_active() { at_least 0 compute "$MAX_ACTIVE * 1.1 + 1000 - $(metric sluis_shard_tenants)"; }
if [ -n "${MAX_ACTIVE:-}" ]; then
  until_true 300 "tenants to go to rest" few_active
  rested=$(rss_mib "$ENGINE")
  say "resident when most tenants are passive: $rested MiB"
  goal "MiB with most tenants passive" "$rested" 2048
  record "open notifications of passive tenants" 7 measured open="$COUNT" tenants="$TENANTS" active="$MAX_ACTIVE" rss_mib="$rested"
  # The load goes to a few tenants, who stay active, unless all are asked for; the probes go to all.
  "$LOADTEST" run --target "http://$HTTP" --target-binary "$BINARY" --mode binary --rate "${LOAD_RATE:-20000}" --seconds "${LOAD_SECONDS:-20}" --tenants "${LOAD_TENANTS:-1000}" \
    --connections 2 --flow notice --body-bytes "${BODY_BYTES:-850}" --run-id load --retry --quiet > "$WORK/load.out" 2>&1 &
  GENERATOR=$!
  "$LOADTEST" run --target "http://$HTTP" --mode http --rate 50 --count "${PROBES:-500}" --tenants "$TENANTS" --connections 2 --flow notice \
    --lane urgent=1 --run-id probe --retry --quiet --ids-out "$WORK/probe.jsonl" > "$WORK/probe.out" 2>&1 || fail "$WORK/probe.out"
  wait "$GENERATOR" || fail "$WORK/load.out"
  GENERATOR=""
  ids_of "$WORK/probe.jsonl" | to_provider_ms "" > "$WORK/probe.ms"
  p99=$(quantile 0.99 < "$WORK/probe.ms")
  say "an urgent one to a passive tenant: p50 $(quantile 0.5 < "$WORK/probe.ms") ms, p99 $p99 ms to its provider (goal 100)"
  record "an urgent one to a passive tenant, to its provider" 7 latency p99_ms="$p99" p50_ms="$(quantile 0.5 < "$WORK/probe.ms")"
  goal "ms to the provider for 99 of 100 urgent ones" "$p99" 100
  waited=$(metric_quantile sluis_shard_activation_wait_seconds 0.99 'waited="urgent"')
  others=$(metric_quantile sluis_shard_activation_wait_seconds 0.99 'waited="other"')
  say "waited for a passive tenant's state, p99: urgent ones at most $waited s, others $others s"
  COUNT=$(open_count)
fi

behind=$(metric sluis_checkpoint_behind_records)
kill -9 "$ENGINE"
wait "$ENGINE" 2>/dev/null || true
began=$(now_ms)
start_engine
until_true "${READY_SECONDS:-900}" "readiness after the kill" ready
took=$(compute "($(now_ms) - $began) / 1000")
again=$(rss_mib "$ENGINE")
again_peak=$(peak_mib "$ENGINE")
recovered=$(open_count)
say "ready $took s after the start, $behind records behind the checkpoints; resident $again MiB (peak $again_peak MiB); $recovered open"
[ "$recovered" -eq "$COUNT" ] || fail "$recovered open after the kill, $COUNT before it"
at_least "$COUNT" metric sluis_shard_timers_pending || fail "timers were lost"
record "start after kill -9 until ready" 8 measured open="$COUNT" seconds="$took" behind_records="$behind" rss_mib="$again" rss_peak_mib="$again_peak"
if [ -n "${MAX_ACTIVE:-}" ]; then
  goal "seconds from the start until ready" "$took" 10
  goal "MiB at most since the start" "$again_peak" 2048
  say "bytes for each open one after the start: $(compute "($again - $empty) * 1048576 / $COUNT" 0)"
fi
stop_politely "$ENGINE"
ENGINE=""
if [ -s "$WORK/samples.jsonl" ]; then
  "$LOADTEST" report --results "$RESULTS" --samples "$WORK/samples.jsonl" --out "$WORK/report" >&2
fi
[ ${#missed[@]} -eq 0 ] || fail "$(printf '%s; ' "${missed[@]}")results in $RESULTS, files in $WORK"
say "held; results in $RESULTS, files in $WORK"
