#!/usr/bin/env bash
# kill -9 under load: flow `notice`, generator and sinks in other processes, ten kills or more: of each ten one before any
# acknowledgement, one during recovery, one as the journal changes its generation, one while a checkpoint is written, one while
# the archive seals a volume, one while what is alive is written again, one as old records go, the others with attempts in
# flight. Then the ledger of three books, and its controls: books from which one line was taken must not balance.
#
#   loadtest/cases/kill/run.sh [NOTIFICATIONS] [KILLS]
#   DATA_KEYS=true: everything is encrypted.
#   SPEED=1000: the engine's clock runs so fast, and old records go: none is kept for less than a day, which is a minute and a half
#   then. Keys are remembered for as long, so no start and no repeat may take longer.
#
# The books hold what the generator, the sinks and the engine's calls say. None of them reads the journal.
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
COUNT="${1:-50000}"
KILLS="${2:-10}"
CONCURRENCY=64
RATE="${RATE:-2000}"

SPEED="${SPEED:-1}"

write_config "$CONCURRENCY"
# The smallest generations and volumes there are, and checkpoints and volumes often: so that they come while this runs.
cat >> "$WORK/sluis.toml" <<TOML
[journal]
generation_max_bytes = 33_554_432
live_factor = 1
keep_for = "24h"
endings_for = "24h"
checkpoint_every = "1s"
[archive]
volume_max_bytes = 1_048_576
TOML
if [ "${DATA_KEYS:-false}" = true ]; then
  SLUIS_CASE_DATA_KEY=${SLUIS_CASE_DATA_KEY:-$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')}
  export SLUIS_CASE_DATA_KEY
  sed -i 's/^name = "demo"/name = "demo"\ndata_keys = ["env:SLUIS_CASE_DATA_KEY"]/' "$WORK/sluis.toml"
fi
# The demo's command has the same engine with a clock that runs fast. Time limits of connections are those of this world.
if [ "$SPEED" -gt 1 ]; then
  BEGAN_MS=$(now_ms)
  start_engine() {
    local now
    now=$(compute "$BEGAN_MS / 1000 + ($(now_ms) - $BEGAN_MS) / 1000 * $SPEED" 0)
    "$BIN/sluis-demo" serve-fast --config "$WORK/sluis.toml" --speed "$SPEED" \
      --from "$(date -u -d "@$now" +%Y-%m-%dT%H:%M:%SZ)" >> "$WORK/engine.log" 2>&1 &
    ENGINE=$!
  }
fi
start_sink "$ROOT/loadtest/profiles/${PROFILE:-refusing}.toml"
start_engine
until_true 60 "the first start" ready
"$LOADTEST" tenants --target "http://$HTTP" --count 5000 > "$WORK/tenants.out" 2>&1

: > "$WORK/acks.jsonl"
"$LOADTEST" run --target "http://$HTTP" --mode http --rate "$RATE" --count "$COUNT" --connections 64 --tenants 5000 \
  --flow notice --retry --run-id kill --ids-out "$WORK/acks.jsonl" --report "$WORK/report.json" > "$WORK/run.out" 2> "$WORK/run.err" &
GENERATOR=$!
follow_outcomes "$WORK/outcomes.jsonl" &
FOLLOWER=$!

acks() { wc -l < "$WORK/acks.jsonl"; }
acked() { [ "$(acks)" -ge "$1" ]; }
in_flight() { curl -sf "http://$HTTP/metrics" | awk '/^sluis_attempts_under_way/ { n += $2 } END { print int(n) }'; }
# Each connection carries one request and waits for its answer: while the engine stands still, all that are there are handed over,
# whether the engine has read them already or not.
handed_over() { [ "$(ss -Htn state established "( sport = :${HTTP##*:} )" | wc -l)" -ge 64 ]; }

killed() {
  kill -9 "$ENGINE"
  wait "$ENGINE" 2>/dev/null || true
}

# The newest generation of the journal.
generation() { find "$WORK/data/journal" -maxdepth 1 -name 'gen-*' -printf '%f\n' 2>/dev/null | sort | tail -1; }

# The oldest generation.
oldest() { find "$WORK/data/journal" -maxdepth 1 -name 'gen-*' -printf '%f\n' 2>/dev/null | sort | head -1; }
# What the engine is doing with its files.
writes_checkpoint() { compgen -G "$WORK/data/journal/checkpoints/*.tmp" > /dev/null; }
# A volume's folder is made, and its manifest, the last of its files, is not there.
seals_volume() {
  local newest
  newest=$(find "$WORK/data/archive/volumes" -mindepth 1 -maxdepth 1 -newer "$WORK/started" 2> /dev/null | sort | tail -1)
  [ -n "$newest" ] && ! [ -e "$newest/manifest.json" ]
}
carried() { echo $(($(metric sluis_shard_carried_tenants_total | cut -d. -f1) + $(metric sluis_shard_carried_bodies_total | cut -d. -f1))); }
# Kept in variables: `until` looks at them often.
carries() {
  [ "$(carried 2> /dev/null || echo 0)" -gt "$carried_before" ] || return 1
  carried_seen=true
}
trims() { [ "$(oldest)" != "$oldest_before" ]; }

# stop_while WHAT: freezes the engine as soon as it is so, or once as much was acknowledged as between two kills.
stop_while() {
  local target=$(($(acks) + COUNT / KILLS)) look=0
  until "$1"; do
    look=$((look + 1))
    if [ $((look % 20)) = 0 ]; then
      { [ "$(acks)" -lt "$target" ] && kill -0 "$GENERATOR" 2> /dev/null; } || break
    fi
  done
  kill -STOP "$ENGINE"
}

# frozen_in WHAT: the kill comes while it is so, and counts only if it is.
frozen_in() {
  until_true 60 "readiness" ready
  : > "$WORK/started"
  carried_before=$(carried) carried_seen=false oldest_before=$(oldest)
  stop_while "$1"
  # The engine stands still: of files it can be seen, of counters it was seen just before.
  case $1 in
    writes_checkpoint | seals_volume | trims) ! "$1" || fell[$1]=$((fell[$1] + 1)) ;;
    carries) [ "$carried_seen" = false ] || fell[$1]=$((fell[$1] + 1)) ;;
  esac
  killed
}

before_ack=0 during_recovery=0 at_change=0 with_attempts=0
declare -A fell=([writes_checkpoint]=0 [seals_volume]=0 [carries]=0 [trims]=0)
for number in $(seq 1 "$KILLS"); do
  case $((number % 10)) in
    1) # Before an acknowledgement: frozen under load until every connection waits for its answer, and killed as it stands.
      until_true 60 "further acknowledgements" acked $(($(acks) + 100))
      kill -STOP "$ENGINE"
      until_true 20 "requests handed over" handed_over
      killed
      before_ack=$((before_ack + 1))
      ;;
    2) # During recovery: the process is there and not yet ready.
      until_true 60 "readiness" ready
      killed
      start_engine
      if ready; then say "kill $number: recovery was over too soon"; else during_recovery=$((during_recovery + 1)); fi
      killed
      ;;
    7) # As a new generation begins; without one in time it is a kill like the others.
      until_true 60 "readiness" ready
      was=$(generation) target=$(($(acks) + COUNT / KILLS))
      until [ "$(generation)" != "$was" ] || [ "$(acks)" -ge "$target" ] || ! kill -0 "$GENERATOR" 2>/dev/null; do :; done
      killed
      [ "$(generation)" = "$was" ] || at_change=$((at_change + 1))
      ;;
    3) frozen_in writes_checkpoint ;;
    6) frozen_in seals_volume ;;
    8) frozen_in carries ;;
    9) frozen_in trims ;;
    *) # With attempts under way.
      until_true 60 "readiness" ready
      target=$(($(acks) + COUNT / (2 * KILLS)))
      until [ "$(acks)" -ge "$target" ] || ! kill -0 "$GENERATOR" 2>/dev/null; do read -rt 0.02 <> <(:) || true; done
      flying=$(in_flight || echo 0)
      killed
      [ "${flying:-0}" -eq 0 ] || with_attempts=$((with_attempts + 1))
      ;;
  esac
  say "kill $number of $KILLS: $(acks) acknowledged so far"
  start_engine
done
until_true 120 "the last start" ready
wait "$GENERATOR" || say "the generator reported: $(tail -1 "$WORK/run.err")"
GENERATOR=""
# A repeat that comes when its key is forgotten is a notification of its own, and rightly so.
slowest=$(sed -n 's/.*"max_ms":\([0-9.]*\).*/\1/p' "$WORK/report.json")
at_least "$(compute "$slowest * $SPEED" 0)" echo 86400000 ||
  fail "a repeat came after $slowest ms, and on this clock keys are remembered for less: give a smaller SPEED"
# An attempt that was under way at three deaths in a row is given to people. The feed tells only of ends, so these are asked for.
tasks() { metric sluis_tasks_open | cut -d. -f1; }
all_ended_or_with_people() { [ "$(open_count)" = "$(tasks)" ]; }
until_true 300 "everything to end" all_ended_or_with_people
told_of() { [ $(($(wc -l < "$WORK/outcomes.jsonl") + $(tasks))) -ge "$(acks)" ]; }
until_true 60 "the feed to tell of all" told_of
kill "$FOLLOWER"
wait "$FOLLOWER" 2> /dev/null || true
FOLLOWER=""
append_open task "$WORK/outcomes.jsonl"
curl -sf "http://127.0.0.1:$SMS_PORT/__sink/ledger" > "$WORK/sink.jsonl"

say "kills before an acknowledgement: $before_ack, during recovery: $during_recovery, at a change of generation: $at_change," \
  "while a checkpoint was written: ${fell[writes_checkpoint]}, a volume sealed: ${fell[seals_volume]}, what is alive written again:" \
  "${fell[carries]}, as old records went: ${fell[trims]}, with attempts in flight: $with_attempts"
say "generations: $(oldest) to $(generation); volumes: $(find "$WORK/data/archive/volumes" -name manifest.json | wc -l);" \
  "keys: $(stat -c %s "$WORK/data/keys" 2> /dev/null || echo 0) bytes"
ledger() { # ledger ACKS SINK
  "$LOADTEST" ledger --acks "$1" --sink "$2" --outcomes "$WORK/outcomes.jsonl" \
    --max-duplicates $((KILLS * (CONCURRENCY + 32))) --sent-ends sent --sent-ends delivered
}
ledger "$WORK/acks.jsonl" "$WORK/sink.jsonl"
# Controls: one notification that was acknowledged and came to nothing; one delivery that the sink never saw.
{ cat "$WORK/acks.jsonl" && sed -n '1s/"id":"[0-9a-f]\{8\}/"id":"00000000/p' "$WORK/acks.jsonl"; } > "$WORK/one-more.jsonl"
! ledger "$WORK/one-more.jsonl" "$WORK/sink.jsonl" > "$WORK/control-lost.out" 2>&1 || fail "control: the ledger missed a lost notification"
line=$(grep -m1 -n '"kind":"accepted".*"seen":1,' "$WORK/sink.jsonl" | cut -d: -f1)
[ -n "$line" ] || fail "control: nothing was delivered exactly once"
sed "${line}d" "$WORK/sink.jsonl" > "$WORK/one-less.jsonl"
! ledger "$WORK/acks.jsonl" "$WORK/one-less.jsonl" > "$WORK/control-undelivered.out" 2>&1 || fail "control: the ledger missed an undelivered one"
say "controls: both were noticed"
[ "$before_ack" -ge 1 ] || fail "no kill came before an acknowledgement"
[ "$during_recovery" -ge 1 ] || fail "no kill fell into recovery"
[ "$with_attempts" -ge 1 ] || fail "no kill met attempts in flight"
[ "${fell[writes_checkpoint]}" -ge 1 ] || fail "no kill met a checkpoint that was written"
[ "${fell[seals_volume]}" -ge 1 ] || [ "$KILLS" -lt 20 ] || fail "no kill met a volume that was sealed"
if [ "$SPEED" -gt 1 ] && [ "$KILLS" -ge 20 ]; then
  [ "${fell[trims]}" -ge 1 ] || fail "no kill came as old records went"
  [ "${fell[carries]}" -ge 1 ] || fail "no kill came while what is alive was written again"
fi
[ "$at_change" -ge 1 ] || [ "$KILLS" -lt 100 ] || fail "no kill met a change of generation"
say "balanced; files in $WORK"
