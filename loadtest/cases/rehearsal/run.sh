#!/usr/bin/env bash
# A rehearsal held against what comes: HOUSEHOLDS messy households with a returned direct debit each are rehearsed for three
# weeks by the shipped flow storno, and then played by the real engine, behind its real edge, with a clock that is stepped and
# sinks that draw from the same channel models. With the same seed every count per step, channel and end must be equal; with other
# seeds each must lie within what the rehearsal said. Two controls must fail: another version of the flow, and another seed
# where equality is asked. Prints the time and the memory of the rehearsal.
#
#   loadtest/cases/rehearsal/run.sh [HOUSEHOLDS]
#   SEEDS="2 3" PER_MINUTE=2000 SLUIS_BIN_DIR=target/debug
#
# Rows are handed over at PER_MINUTE, below what the providers carry: in the engine a provider of this machine answers at
# once, in the rehearsal it takes as long as its model says. Where messages stand in line the two would send the same
# messages at other times.
HOUSEHOLDS="${1:-2000}"
SEEDS="${SEEDS:-2 3}"
PER_MINUTE="${PER_MINUTE:-2000}"
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

write_config 64
cp -r "$ROOT/config/flows/." "$WORK/flows/"
"$LOADTEST" households --count "$HOUSEHOLDS" --out "$WORK/lists" --production > "$WORK/lists.txt"
say "$(head -1 "$WORK/lists.txt")"

TENANTS=()
for list in "$WORK"/lists/tenants-*.csv; do
  TENANTS+=(--tenants "$list")
done
# What both are asked.
ASKED=(--config "$WORK/sluis.toml" --corporation demo --category payment --priority normal --households "$WORK/lists/households.ndjson"
  --household-rows "$WORK/lists/rows.ndjson" --facts "$WORK/lists/facts.ndjson" --facts-again 12h
  --starts 2026-12-01T09:00:00+01:00 --for 21d --per-minute "$PER_MINUTE" "${TENANTS[@]}")

# rehearsed NAME FLOW: rehearses by a flow into a report of that name.
rehearsed() {
  "$SLUIS" rehearse "${ASKED[@]}" --flow "$2" --to "$WORK/$1" > "$WORK/$1.txt" 2>&1 || fail "rehearse: $(tail -3 "$WORK/$1.txt")"
}

# played NAME COUNTS OPTIONS...: plays it, and holds it against a rehearsal.
played() {
  local name=$1 counts=$2
  shift 2
  "$BIN/sluis-demo" live "${ASKED[@]}" --flow storno --to "$WORK/$name" --counts "$counts" "$@" > "$WORK/$name.txt" 2>&1
}

began=$(now_ms)
rehearsed report storno
say "rehearsed in $(compute "($(now_ms) - $began) / 1000" 1) s: $(head -1 "$WORK/report.txt")"

played same "$WORK/report/counts.csv" || fail "the same seed: $(cat "$WORK/same.txt")"
say "the same seed: $(tail -1 "$WORK/same.txt")"

for seed in $SEEDS; do
  played "seed-$seed" "$WORK/report/counts.csv" --within --seed "$seed" || fail "seed $seed: $(cat "$WORK/seed-$seed.txt")"
  say "seed $seed: $(tail -1 "$WORK/seed-$seed.txt")"
  # The first control: another seed is another draw.
  if cmp -s "$WORK/same/counts.csv" "$WORK/seed-$seed/counts.csv"; then
    fail "the control: seed $seed gave the counts of the first seed"
  fi
done

# The second control: who rehearses another version is told so.
mkdir -p "$WORK/other"
sed 's/after = "48h"/after = "24h"/; s/via = \["preferred", "email"\]/via = ["sms", "email"]/' "$WORK/flows/storno.toml" > "$WORK/flows/storno-other.toml"
sed -i 's/^name = "storno"/name = "storno-other"/' "$WORK/flows/storno-other.toml"
rehearsed other storno-other
if played control "$WORK/other/counts.csv" --within; then
  fail "the control: another version of the flow was taken for the same"
fi
say "another version of the flow: $(tail -1 "$WORK/control.txt")"
say "passed: $WORK"
