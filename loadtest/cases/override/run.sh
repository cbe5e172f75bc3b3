#!/usr/bin/env bash
# Two corporations under load, each with a storno: demo the generic one, buren one that extends it and changes two steps in fewer than 15
# lines. In the middle of the load a new version of both is taken over while the engine runs; later it is killed. What it shows: each
# notification ends by the version that it began with, the steps that it took are those of that version, nothing is lost, and nobody got
# more than one message for each step but for attempts that were under way at the kill.
#
#   loadtest/cases/override/run.sh [NOTIFICATIONS OF EACH] [A SECOND OF EACH]
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
COUNT="${1:-2000}"
RATE="${2:-50}"
PARTIES="$(dirname "${BASH_SOURCE[0]}")/parties.py"

write_config 32
two_corporations ""
mkdir -p "$WORK/own"
sed -i "s|^name = \"buren\"|name = \"buren\"\nflows = \"$WORK/own\"|" "$WORK/sluis.toml"
sed -i 's/^max_open = 20000/max_open = 500000/' "$WORK/sluis.toml"

# generic VERSION MARK: the shipped storno, whose days are seconds here, and whose last step says in its end by what it was told.
generic() {
  sed "s/^version = .*/version = $1/
    s/after = \"48h\", go = \"sms\"/after = \"2s\", go = \"sms\"/
    s/after = \"5d\", go = \"human: collections\"/after = \"2s\", go = \"end: $2\"/" "$ROOT/config/flows/storno.toml" > "$WORK/flows/storno.toml"
  grep -q "end: $2" "$WORK/flows/storno.toml" || fail "the shipped storno is another one: mend this case"
}
# override VERSION MARK: two steps of it, changed.
override() {
  cat > "$WORK/own/storno.toml" <<TOML
extends = "storno"
version = $1

[[step]]
id = "mail"
on.unanswered.after = "3s"

[[step]]
id = "sms"
on.unanswered = { after = "1s", go = "last" }

[[step]]
id = "last"
wait = { for = "1s", then = "end: $2" }
TOML
  [ "$(wc -l < "$WORK/own/storno.toml")" -lt 15 ] || fail "the override has 15 lines or more"
}
generic 2 "generic two"
override 1 "override one"

start_sink "$ROOT/loadtest/profiles/${PROFILE:-perfect}.toml"
start_engine
until_true 60 "the start" ready
parties() { python3 "$PARTIES" "$1" --http "$HTTP" --keys "$LOUD_KEY" "$URGENT_KEY" --count "$COUNT" --rate "$RATE" --work "$WORK" "${@:2}"; }
parties tenants > "$WORK/tenants.out" 2>&1 || fail "tenants: $WORK/tenants.out"

: > "$WORK/acks.jsonl"
parties load > "$WORK/load.out" 2>&1 &
GENERATOR=$!
acked() { [ "$(wc -l < "$WORK/acks.jsonl")" -ge "$1" ]; }

# A new version of both in the middle of the load. It is shown first, and a mistake in it changes nothing.
until_true 300 "a third of the load" acked $((COUNT * 2 / 3))
generic 3 "generic three"
override 2 "override two"
sed -i 's/^id = "sms"/id = "smss"/' "$WORK/own/storno.toml"
export SLUIS_OPERATOR_KEY=$OPERATOR_KEY
! "$SLUIS" reload --config "$WORK/sluis.toml" > "$WORK/reload.out" 2> "$WORK/reload.wrong" || fail "an override of a step that is none was taken"
grep -q "own/storno.toml:" "$WORK/reload.wrong" || fail "the mistake is told without its line: $WORK/reload.wrong"
override 2 "override two"
"$SLUIS" reload --config "$WORK/sluis.toml" --check > "$WORK/reload.check" || fail "the check failed"
"$SLUIS" reload --config "$WORK/sluis.toml" > "$WORK/reload.out" || fail "the reload failed"
say "$(cat "$WORK/reload.out")"
[ "$(grep -c '^changed: flow storno' "$WORK/reload.out")" = 2 ] || fail "both flows were to change: $WORK/reload.out"

until_true 300 "two thirds of the load" acked $((COUNT * 4 / 3))
kill -9 "$ENGINE"
wait "$ENGINE" 2> /dev/null || true
start_engine
until_true 120 "the start after the kill" ready
say "killed and started again with $(wc -l < "$WORK/acks.jsonl") of $((2 * COUNT)) accepted"
wait "$GENERATOR" || fail "the load failed: $WORK/load.out"
GENERATOR=""
until_true 300 "everything to end" all_ended
parties told > "$WORK/told.out" 2>&1 || fail "asking for all failed: $WORK/told.out"
curl -sf "http://127.0.0.1:$SMS_PORT/__sink/ledger" > "$WORK/sink.jsonl"
parties books
# Controls: books from which one line was taken, and one that ended by another version, must not balance.
sed 1d "$WORK/told.jsonl" > "$WORK/less.jsonl"
! parties books --told "$WORK/less.jsonl" > "$WORK/control-lost.out" 2>&1 || fail "control: a lost notification was missed"
sed '1s/"version": [0-9]*/"version": 9/' "$WORK/told.jsonl" > "$WORK/other.jsonl"
! parties books --told "$WORK/other.jsonl" > "$WORK/control-version.out" 2>&1 || fail "control: another version was missed"
say "controls: both were noticed; files in $WORK"
