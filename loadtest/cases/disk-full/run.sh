#!/usr/bin/env bash
# A full disk, on a small image of its own (ext4 with a journal, mounted by loop: needs root).
#
#   1. Nearly full: intake is refused (503 disk_nearly_full, /readyz says why), what is open is delivered, and once there
#      is room again intake opens by itself.
#   2. Quite full, at several moments under load: the process ends with an error and acknowledges nothing after; with
#      room again it starts, and everything that was acknowledged is there and ends. This is the control of the first
#      part too: there the threshold is off, and the disk does fill up.
#
#   loadtest/cases/disk-full/run.sh [MOMENTS]
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
MOMENTS="${1:-5}"
IMAGE="$WORK/disk.img"
DISK="$WORK/disk"
mounted=""
trap 'cleanup; [ -z "$mounted" ] || { wait 2>/dev/null; umount "$DISK"; }' EXIT
[ "$(id -u)" = 0 ] || fail "needs root, to mount an image"

truncate -s 320M "$IMAGE"
mkfs.ext4 -q -m 0 "$IMAGE"
mkdir -p "$DISK"
mount -o loop "$IMAGE" "$DISK"
mounted=yes

free_mib() { df -BM --output=avail "$DISK" | tail -1 | tr -dc 0-9; }
# leave MIB: fills the disk up to so much free space.
leave() {
  local take=$(($(free_mib) - $1))
  [ "$take" -le 0 ] || fallocate -l "${take}M" "$DISK/ballast" 2>/dev/null || [ "$1" = 0 ]
}
# fill: leaves nothing, not even the last block.
fill() {
  leave 0
  cat /dev/zero > "$DISK/ballast2" 2>/dev/null || true
}
room() { rm -f "$DISK/ballast" "$DISK/ballast2"; }
# configure FREE_MIN_BYTES
configure() {
  write_config 64
  sed -i "s#^data_dir = .*#data_dir = \"$DISK/data\"#" "$WORK/sluis.toml"
  printf '[journal]\nfree_min_bytes = %s\n' "$1" >> "$WORK/sluis.toml.journal"
  sed -i "/^\[log\]/e cat $WORK/sluis.toml.journal" "$WORK/sluis.toml"
  rm "$WORK/sluis.toml.journal"
}
# offer NAME RATE COUNT DRAIN: in the background, trying again what was refused for so many seconds.
offer() {
  "$LOADTEST" run --target "http://$HTTP" --mode http --rate "$2" --count "$3" --connections 32 --tenants 2000 --flow notice \
    --retry --drain-seconds "$4" --run-id "$1" --ids-out "$WORK/acks.jsonl" --report "$WORK/$1.json" > "$WORK/$1.out" 2>&1 &
  GENERATOR=$!
}
acks() { wc -l < "$WORK/acks.jsonl"; }
more_acks_than() { [ "$(acks)" -gt "$1" ]; }
not_ready() { ! ready; }
: > "$WORK/acks.jsonl"

say "1. nearly full"
configure $((96 << 20))
start_sink "$ROOT/loadtest/profiles/refusing.toml"
start_engine
until_true 60 "the start" ready
"$LOADTEST" tenants --target "http://$HTTP" --count 2000 > "$WORK/tenants.out" 2>&1
offer nearly 1000 30000 120
until_true 60 "the first thousands" more_acks_than 3000
leave 64
until_true 60 "intake to close" not_ready
why=$(curl -s "http://$HTTP/readyz")
[[ $why == *disk* ]] || fail "/readyz does not name the disk: $why"
until_true 120 "what is open to be delivered" all_ended
closed=$(acks)
say "closed with $closed acknowledged, all of them ended: $why"
room
until_true 60 "intake to open again" ready
wait "$GENERATOR" || fail "the generator: $(tail -1 "$WORK/nearly.out")"
GENERATOR=""
[ "$(acks)" -gt "$closed" ] || fail "nothing was accepted after the room came back"
refused=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["rejected"]["503"])' "$WORK/nearly.json")
[ "$refused" -gt 0 ] || fail "nothing was refused"
until_true 120 "everything to end" all_ended
stop_politely "$ENGINE"
ENGINE=""

say "2. quite full, at $MOMENTS moments"
# No threshold: the engine must meet the end of the disk itself, not the look at it that comes every few seconds.
configure 0
start_engine
until_true 60 "readiness" ready
# One generator throughout: what got no answer is offered again under the same key, so that every ack is known.
# More than the room that a log has made ahead: a full disk is met only behind it.
offer full 1000 $((MOMENTS * 12000)) 120
for moment in $(seq 1 "$MOMENTS"); do
  until_true 60 "readiness" ready
  until_true 60 "acknowledgements" more_acks_than $(($(acks) + 500 + moment * 37))
  fill
  watched=$ENGINE
  ENGINE="" # its end is what is waited for
  for _ in $(seq 1 1200); do
    kill -0 "$watched" 2>/dev/null || break
    read -rt 0.05 <> <(:) || true
  done
  kill -0 "$watched" 2>/dev/null && fail "the engine went on over a full disk"
  code=0
  wait "$watched" || code=$?
  [ "$code" = 1 ] || fail "the engine ended with $code instead of 1"
  say "moment $moment: exit code $code after $(acks) acknowledged"
  room
  start_engine
done
until_true 60 "the last start" ready
wait "$GENERATOR" || fail "the generator: $(tail -1 "$WORK/full.out")"
GENERATOR=""
until_true 300 "everything to end" all_ended
read_outcomes "$WORK/outcomes.jsonl"
curl -sf "http://127.0.0.1:$SMS_PORT/__sink/ledger" > "$WORK/sink.jsonl"
"$LOADTEST" ledger --acks "$WORK/acks.jsonl" --sink "$WORK/sink.jsonl" --outcomes "$WORK/outcomes.jsonl" \
  --max-duplicates $((MOMENTS * 96)) --sent-ends sent --sent-ends delivered
stop_politely "$ENGINE"
ENGINE=""
say "held; files in $WORK"
