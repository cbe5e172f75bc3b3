#!/usr/bin/env bash
# A restore drill under load: two copies are made while a generator, an engine and sinks run; then the machine is lost. An engine on
# the newer copy starts paused and sends nothing. It knows every id that was acknowledged before the copy began. Once it is let go,
# nothing leaves twice that the copy knows to have left. What the copy could not know is listed. Controls: a sink that got a
# message twice that the copy knew of, and a copy that lost an id, must be noticed.
#
#   loadtest/cases/backup/run.sh [COUNT] [RATE]
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
COUNT="${1:-300000}"
RATE="${2:-3000}"

write_config 64
# Small generations and volumes, so that full ones are copied while this runs.
cat >> "$WORK/sluis.toml" <<TOML
[journal]
generation_max_bytes = 33_554_432
[archive]
volume_max_bytes = 4_194_304
TOML
start_sink "$ROOT/loadtest/profiles/perfect.toml"
start_engine
until_true 60 "the first start" ready
"$LOADTEST" tenants --target "http://$HTTP" --count 5000 > "$WORK/tenants.out" 2>&1

: > "$WORK/acks.jsonl"
"$LOADTEST" run --target "http://$HTTP" --mode http --rate "$RATE" --count "$COUNT" --connections 64 --tenants 5000 \
  --flow notice --retry --run-id backup --ids-out "$WORK/acks.jsonl" --report "$WORK/report.json" > "$WORK/run.out" 2> "$WORK/run.err" &
GENERATOR=$!
acked() { [ "$(wc -l < "$WORK/acks.jsonl")" -ge "$1" ]; }

# copy NAME: makes a copy, and keeps what was acknowledged before it began. A line that is being written is none yet.
copy() {
  local began=$SECONDS
  python3 -c 'import sys; text = open(sys.argv[1]).read(); sys.stdout.write(text[: text.rfind("\n") + 1])' "$WORK/acks.jsonl" > "$WORK/acks-before-$1.jsonl"
  "$SLUIS" backup --data-dir "$WORK/data" --to "$WORK/copy" > "$WORK/backup-$1.out" 2>&1 || fail "the copy failed: $(cat "$WORK/backup-$1.out")"
  say "the $1 copy took $((SECONDS - began)) s: $(cat "$WORK/backup-$1.out")"
}
until_true 300 "a third of the acknowledgements" acked $((COUNT / 3))
copy first
until_true 300 "two thirds of the acknowledgements" acked $((COUNT * 2 / 3))
copy second
wait "$GENERATOR" || say "the generator reported: $(tail -1 "$WORK/run.err")"
GENERATOR=""
kill -9 "$ENGINE"
wait "$ENGINE" 2>/dev/null || true
mv "$WORK/data" "$WORK/lost"

sink_ledger() { curl -sf "http://127.0.0.1:$SMS_PORT/__sink/ledger"; }
sink_ledger > "$WORK/sink-before.jsonl"
began=$SECONDS
"$SLUIS" restore --from "$WORK/copy" --data-dir "$WORK/restored" > "$WORK/restore.out" 2>&1 || fail "the restore failed: $(cat "$WORK/restore.out")"
say "the restore took $((SECONDS - began)) s: $(head -1 "$WORK/restore.out")"
sed -i "s|^data_dir = .*|data_dir = \"$WORK/restored\"|" "$WORK/sluis.toml"
start_engine
until_true 120 "the start on the copy" ready
curl -sf "http://$HTTP/readyz" | grep -q '"everything":true' || fail "the engine on the copy is not paused"

# Everything that was acknowledged before the newer copy began is known.
"$LOADTEST" ask --target "http://$HTTP" --acks "$WORK/acks-before-second.jsonl" > "$WORK/ask.out" || fail "the copy lost ids: $(cat "$WORK/ask.out")"
say "known: $(cat "$WORK/ask.out")"
sed -n '1s/"id":"[0-9a-f]\{8\}/"id":"00000000/p' "$WORK/acks-before-second.jsonl" > "$WORK/never.jsonl"
! "$LOADTEST" ask --target "http://$HTTP" --acks "$WORK/never.jsonl" > "$WORK/control-ask.out" || fail "control: an id that was never given is known"

# What the copy knows, while nothing leaves: open ones with their state first, then what has ended.
python3 - "http://$HTTP" > "$WORK/open.tsv" <<'PY'
import json, sys, urllib.request
after = ""
while True:
    page = json.load(urllib.request.urlopen(f"{sys.argv[1]}/v1/notifications?limit=1000&after={after}"))
    for row in page["notifications"]:
        print(row["id"], row["state"], sep="\t")
    after = page.get("next")
    if not after:
        break
PY
read_outcomes "$WORK/outcomes-copy.jsonl"
sink_ledger > "$WORK/sink-paused.jsonl"
cmp -s <(sort "$WORK/sink-before.jsonl") <(sort "$WORK/sink-paused.jsonl") || fail "something left while everything was paused"

curl -sf -X POST -H 'Content-Type: application/json' -d '{"all":true}' "http://$HTTP/v1/operator/resume" > "$WORK/resume.out" || fail "no resume"
until_true 300 "everything to end" all_ended
read_outcomes "$WORK/outcomes.jsonl"
sink_ledger > "$WORK/sink.jsonl"

# judge SINK-LEDGER: what came twice must be what the copy could not know to have left. Lists it.
judge() {
  python3 - "$WORK" "$1" <<'PY'
import base64, json, sys
work, sink = sys.argv[1:]
lines = lambda name: [json.loads(line) for line in open(name) if line.strip()]

def notification(row):
    for text in (row["id"], row["from"].split("+")[-1], row.get("provider_id", ""), *row.get("headers", {}).values()):
        text = text.strip("<> ").split("@")[0].upper()
        try:
            reference = base64.b32decode(text + "=" * (-len(text) % 8))
        except ValueError:
            continue
        if len(reference) == 31:
            return reference[2:18].hex()
    sys.exit(f"no reference in {row}")

open_ids = dict(line.split() for line in open(f"{work}/open.tsv"))
ended = {row.get("id") or row.get("notification_id") for row in lines(f"{work}/outcomes-copy.jsonl")}
known = ended | open_ids.keys()
left = ended | {id for id, state in open_ids.items() if state == "sent"}
acked = {row["id"] for row in lines(f"{work}/acks.jsonl")}
before = {row["id"] for row in lines(f"{work}/acks-before-second.jsonl")}
wrong, twice, kept, lost = [], [], [], 0
for row in lines(sink):
    id = notification(row)
    if id not in known:
        lost += 1
        continue
    kept.append(row)
    if row["kind"] == "accepted" and row["seen"] > 1:
        (wrong if id in left else twice).append(id)
json.dump({"accepted_after_the_copy": sorted(acked - known), "sent_again": sorted(twice)}, open(f"{work}/could-not-know.json", "w"))
with open(f"{work}/sink-known.jsonl", "w") as out:
    out.writelines(json.dumps(row) + "\n" for row in kept)
with open(f"{work}/acks-known.jsonl", "w") as out:
    out.writelines(line for line in open(f"{work}/acks.jsonl") if json.loads(line)["id"] in known)
print(f"the copy knew {len(known)} of {len(acked)} acknowledged, {len(left)} of them as sent. It could not know: {len(acked - known)} "
      f"accepted after it began, {lost} of those had left; {len(twice)} that left after it and went again")
if before - known:
    sys.exit(f"acknowledged before the copy and unknown to it: {sorted(before - known)[:5]}")
if wrong:
    sys.exit(f"sent twice although the copy knew: {wrong[:5]}")
PY
}
judge "$WORK/sink.jsonl" || fail "the books"
again=$(python3 -c 'import json, sys; print(len(json.load(open(sys.argv[1]))["sent_again"]))' "$WORK/could-not-know.json")
"$LOADTEST" ledger --acks "$WORK/acks-known.jsonl" --sink "$WORK/sink-known.jsonl" --outcomes "$WORK/outcomes.jsonl" \
  --max-duplicates "$again" --offered-prefix backup- --sent-ends sent --sent-ends delivered || fail "the books of what the copy knows do not balance"

# Control: one that the copy knew as sent came once more.
first=$(head -1 "$WORK/outcomes-copy.jsonl" | grep -o '[0-9a-f]\{32\}' | head -1)
python3 - "$WORK" "$first" > "$WORK/sink-control.jsonl" <<'PY'
import base64, json, sys
work, wanted = sys.argv[1:]
for line in open(f"{work}/sink.jsonl"):
    row = json.loads(line)
    text = row["id"].strip("<> ").split("@")[0].upper()
    try:
        is_it = base64.b32decode(text + "=" * (-len(text) % 8))[2:18].hex() == wanted
    except ValueError:
        is_it = False
    row["seen"] += is_it
    print(json.dumps(row))
PY
cp "$WORK/could-not-know.json" "$WORK/listed.json"
! judge "$WORK/sink-control.jsonl" > "$WORK/control-twice.out" 2>&1 || fail "control: a message that came twice was not noticed"
mv "$WORK/listed.json" "$WORK/could-not-know.json"
say "controls: both were noticed"
say "balanced; what the copy could not know: $WORK/could-not-know.json"
