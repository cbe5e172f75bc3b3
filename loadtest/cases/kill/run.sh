#!/usr/bin/env bash
# kill -9 under load: flow `notice`, generator and sinks in other processes, ten kills or more: of each ten one before any
# acknowledgement, two during recovery, one as the journal changes its generation, the others with attempts in flight. Then
# the ledger of three books, and its controls: books from which one line was taken must not balance.
#
#   loadtest/cases/kill/run.sh [NOTIFICATIONS] [KILLS]
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
COUNT="${1:-50000}"
KILLS="${2:-10}"
CONCURRENCY=64
RATE="${RATE:-2000}"

write_config "$CONCURRENCY"
# The smallest generations there are: so that they change while this runs.
printf '[journal]\ngeneration_max_bytes = 33_554_432\n' >> "$WORK/sluis.toml"
start_sink "$ROOT/loadtest/profiles/${PROFILE:-refusing}.toml"
start_engine
until_true 60 "the first start" ready
"$LOADTEST" tenants --target "http://$HTTP" --count 5000 > "$WORK/tenants.out" 2>&1

: > "$WORK/acks.jsonl"
"$LOADTEST" run --target "http://$HTTP" --mode http --rate "$RATE" --count "$COUNT" --connections 64 --tenants 5000 \
  --flow notice --retry --run-id kill --ids-out "$WORK/acks.jsonl" --report "$WORK/report.json" > "$WORK/run.out" 2> "$WORK/run.err" &
GENERATOR=$!

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

before_ack=0 during_recovery=0 at_change=0 with_attempts=0
for number in $(seq 1 "$KILLS"); do
  case $((number % 10)) in
    1) # Before an acknowledgement: frozen under load until every connection waits for its answer, and killed as it stands.
      until_true 60 "further acknowledgements" acked $(($(acks) + 100))
      kill -STOP "$ENGINE"
      until_true 20 "requests handed over" handed_over
      killed
      before_ack=$((before_ack + 1))
      ;;
    2 | 6) # During recovery: the process is there and not yet ready.
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
until_true 300 "everything to end" all_ended
read_outcomes "$WORK/outcomes.jsonl"
curl -sf "http://127.0.0.1:$SMS_PORT/__sink/ledger" > "$WORK/sink.jsonl"

say "kills before an acknowledgement: $before_ack, during recovery: $during_recovery, at a change of generation: $at_change," \
  "with attempts in flight: $with_attempts; generations: $(generation)"
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
[ "$at_change" -ge 1 ] || [ "$KILLS" -lt 100 ] || fail "no kill met a change of generation"
say "balanced; files in $WORK"
