#!/usr/bin/env bash
# Damage that is never silent: an engine with two generations or more and NOTIFICATIONS that ended is stopped, once cleanly and
# once by kill -9; COUNT times a copy of one of the two is damaged at random, an engine started on it, and every acknowledged id
# asked for. It refuses (exit code 1, with the file and what to do), or repairs and says so, or knows every id. After a kill the
# end of the newest log may go as a torn tail, with a line that says so. The same seed gives the same damages to the same files.
#
#   loadtest/cases/damage/run.sh [SEED] [COUNT] [NOTIFICATIONS]        needs python3, curl
#   FIRST=1 (the first of the damages), SLUIS_CASE_DIR (in memory it is quickest: about 300 MB)
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
SEED="${1:-1}"
COUNT="${2:-500}"
NOTIFICATIONS="${3:-50000}"
FIRST="${FIRST:-1}"

# prepare NAME COUNT: so many notifications that ended; their acknowledgements are in NAME.jsonl.
prepare() {
  "$LOADTEST" tenants --target "http://$HTTP" --count 2000 > "$WORK/tenants.out" 2>&1
  : > "$WORK/$1.jsonl"
  "$LOADTEST" run --target "http://$HTTP" --mode ndjson --rate max --count "$2" --connections 8 --tenants 2000 --flow notice \
    --retry --run-id "$1" --ids-out "$WORK/$1.jsonl" --report "$WORK/$1.json" > "$WORK/$1.out" 2>&1 || fail "$WORK/$1.out"
  until_true 600 "everything to end" all_ended
}

write_config 64
null_provider 64
sed -i 's/^\[engine\]$/[engine]\nshards = 4/' "$WORK/sluis.toml"
printf '[journal]\ngeneration_max_bytes = 33_554_432\n' >> "$WORK/sluis.toml"

say "another data directory, for files that do not belong"
start_engine
until_true 60 "the start" ready
prepare other 500
stop_politely "$ENGINE"
mv "$WORK/data" "$WORK/other"

say "$NOTIFICATIONS notifications that end"
start_engine
until_true 60 "the start" ready
prepare acks "$NOTIFICATIONS"
# The keeper claims in the table what ended, every ten seconds; then the image of a kill, and that of a clean stop.
for _ in $(seq 240); do read -rt 0.05 <> <(:) || true; done
kill -9 "$ENGINE"
wait "$ENGINE" 2>/dev/null || true
cp -a "$WORK/data" "$WORK/killed"
start_engine
until_true 120 "the start after the kill" ready
stop_politely "$ENGINE"
ENGINE=""
mv "$WORK/data" "$WORK/clean"
generations=$(find "$WORK/clean/journal" -maxdepth 1 -name 'gen-*' | wc -l)
[ "$generations" -ge 2 ] || [ "$NOTIFICATIONS" -lt 50000 ] || fail "only $generations generations"
say "$(wc -l < "$WORK/acks.jsonl") acknowledged, $generations generations, $(du -sh "$WORK/clean" | cut -f1)"

start_or_refuse() {
  "$SLUIS" serve --config "$WORK/sluis.toml" > "$WORK/engine.log" 2>&1 &
  ENGINE=$!
  local left=2400
  until ready 2>/dev/null; do
    kill -0 "$ENGINE" 2>/dev/null || return 1
    left=$((left - 1))
    [ "$left" -gt 0 ] || fail "neither ready nor ended: $WORK/engine.log"
    read -rt 0.05 <> <(:) || true
  done
}
asked() { "$LOADTEST" ask --target "http://$HTTP" --acks "$1" > "$WORK/asked.json"; }
end_engine() {
  kill -9 "$ENGINE" 2>/dev/null || true
  wait "$ENGINE" 2>/dev/null || true
  ENGINE=""
}

# The controls: undamaged it knows every id, and an id that was never accepted is missed.
for image in clean killed; do
  cp -a "$WORK/$image" "$WORK/data"
  start_or_refuse || fail "the undamaged image $image is refused: $WORK/engine.log"
  asked "$WORK/acks.jsonl" || fail "the undamaged image $image: $(cat "$WORK/asked.json")"
  sed -n '1s/"id":"[0-9a-f]\{8\}/"id":"00000000/p' "$WORK/acks.jsonl" > "$WORK/never.jsonl"
  ! asked "$WORK/never.jsonl" || fail "control: an id that was never accepted is known"
  end_engine
  rm -rf "$WORK/data"
done

refused=0 repaired=0 lossless=0 cut=0 silent=0
for number in $(seq "$FIRST" $((FIRST + COUNT - 1))); do
  image=clean
  [ $(((SEED + number) % 2)) = 0 ] || image=killed
  rm -rf "$WORK/data"
  cp -a "$WORK/$image" "$WORK/data"
  what=$(python3 "$HERE/damage/strike.py" "$WORK/data" "$WORK/other" $((SEED * 1000003 + number)))
  if start_or_refuse; then
    if asked "$WORK/acks.jsonl"; then
      if grep -q 'repaired at the start' "$WORK/engine.log"; then verdict=repaired; else verdict=lossless; fi
    elif [ "$image" = killed ] && grep 'repaired at the start' "$WORK/engine.log" | grep -q 'cut off'; then
      verdict="cut"
    else
      verdict=silent
    fi
    end_engine
  else
    code=0
    wait "$ENGINE" || code=$?
    ENGINE=""
    verdict=refused
    [ "$code" = 1 ] && grep -qE 'restore|put back|start again|move' "$WORK/engine.log" && grep -q "$WORK/data" "$WORK/engine.log" ||
      verdict=silent
  fi
  printf -v "$verdict" %d $((${!verdict} + 1))
  printf '%s\t%s\t%s\t%s\n' "$number" "$image" "$verdict" "$what" >> "$WORK/damages.tsv"
  if [ "$verdict" = silent ]; then
    mkdir -p "$WORK/kept"
    cp "$WORK/engine.log" "$WORK/kept/$number.log"
    cp "$WORK/asked.json" "$WORK/kept/$number.json" 2>/dev/null || true
    say "damage $number ($what) after $image was silent, or its refusal says too little: $WORK/kept/$number.log"
  fi
done
rm -rf "$WORK/data"
say "$COUNT damages (seed $SEED, from $FIRST): refused $refused, repaired $repaired, lossless $lossless," \
  "torn tail cut and said $cut, silent $silent; each in $WORK/damages.tsv"
[ "$silent" = 0 ] || fail "$silent were silent"
[ "$refused" -gt 0 ] && [ $((repaired + lossless)) -gt 0 ] || [ "$COUNT" -lt 20 ] || fail "the damages were too much alike"
