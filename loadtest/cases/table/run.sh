#!/usr/bin/env bash
# The table of docs/performance.md with one command: every path RUNS times, each run on a fresh engine, its floor measured
# beside it. Prints the medians as a markdown table on stdout; the lines behind it go to SLUIS_CASE_RESULTS, what was
# sampled each second at four fifths of the full speed to row-N-run-M.jsonl, to be drawn by `sluis-loadtest report`.
#
#   loadtest/cases/table/run.sh [RUNS]
#   ROWS="1 2 3 4 5 6" BINARY_COUNT=300000 HTTP_COUNT=100000 NDJSON_COUNT=300000 SEND_COUNT=50000 LATENCY_SECONDS=20
#   LATENCY_RATE=48000 (of the second offer, instead of four fifths of what the first one reached)
#   TENANTS=20000 BODY_BYTES=850 CONCURRENCY=512 (of the providers)
#   ARCHIVE=on|off DATA_KEYS=off|on CHECKPOINT=10m (journal.checkpoint_every, 1s to 24h): what each costs alone. Unset, a build has its
#   own defaults; what was set stands in each line of results and above the table.
RUNS="${1:-3}"
# Room for all that the offer at four fifths of the full speed leaves open.
MAX_OPEN="${MAX_OPEN:-8000000}"
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
ROWS="${ROWS:-1 2 3 4 5 6}"
TENANTS="${TENANTS:-20000}"
BODY_BYTES="${BODY_BYTES:-850}" # with its JSON, addresses and keys about 1 KiB
CONCURRENCY="${CONCURRENCY:-512}"
SEND_COUNT="${SEND_COUNT:-50000}"
ARCHIVE="${ARCHIVE:-}"
DATA_KEYS="${DATA_KEYS:-}"
CHECKPOINT="${CHECKPOINT:-}"
case "$ARCHIVE" in "" | on | off) ;; *) fail "ARCHIVE is on or off" ;; esac
case "$DATA_KEYS" in "" | on | off) ;; *) fail "DATA_KEYS is on or off" ;; esac
WITH="archive ${ARCHIVE:-as built}, data_keys ${DATA_KEYS:-off}, checkpoint ${CHECKPOINT:-as built}"
ECHO_PORT=$((${SLUIS_CASE_PORT:-19080} + 4))
FLOOR=""
trap 'cleanup; [ -z "$FLOOR" ] || kill -9 "$FLOOR" 2>/dev/null || true' EXIT
[ -x "$BENCH" ] || fail "build first: cargo build --profile dist --workspace --bins"

# what_is_on: puts the switches into the configuration, and nothing where none is set: older builds know none of them.
what_is_on() {
  case "$ARCHIVE" in
    on) printf '[archive]\nenabled = true\n' >> "$WORK/sluis.toml" ;;
    off) printf '[archive]\nenabled = false\n' >> "$WORK/sluis.toml" ;;
  esac
  [ -z "$CHECKPOINT" ] || printf '[journal]\ncheckpoint_every = "%s"\n' "$CHECKPOINT" >> "$WORK/sluis.toml"
  if [ "$DATA_KEYS" = on ]; then
    (umask 077 && od -An -N32 -tx1 /dev/urandom | tr -d ' \n' > "$WORK/data_key")
    sed -i "s|^name = \"demo\"|name = \"demo\"\ndata_keys = [\"file:$WORK/data_key\"]|" "$WORK/sluis.toml"
  fi
}

# fresh PROVIDER (null, email, sms or callbacks): an empty engine with the tenants loaded; the journal's counts so far are kept aside.
fresh() {
  rm -rf "$WORK/data"
  write_config "$CONCURRENCY"
  sed -i "s/^connections = .*/connections = $CONCURRENCY/; s/^concurrency = .*/concurrency = $CONCURRENCY/" "$WORK/sluis.toml"
  case $1 in
    null) null_provider "$CONCURRENCY" ;;
    email | sms) only_via "$1" ;;
    callbacks)
      # Only a callback may end one: the shipped day of silence, not the second that write_config makes of it.
      only_via sms
      sed -i 's/after = "1s"/after = "24h"/' "$WORK/flows/notice.toml"
      ;;
  esac
  what_is_on
  start_engine
  until_true 60 "the start" ready
  "$LOADTEST" tenants --target "http://$HTTP" --count "$TENANTS" > "$WORK/tenants.out" 2>&1
  GROUPS_BEFORE=$(metric sluis_journal_group_records_count)
  RECORDS_BEFORE=$(metric sluis_journal_group_records_sum)
  BYTES_BEFORE=$(metric sluis_journal_committed_bytes_total)
}

# groups_seen: sets GROUP and BYTES, records of a group and bytes of a record, as the journal committed them since fresh.
groups_seen() {
  local groups records bytes
  groups=$(compute "$(metric sluis_journal_group_records_count) - $GROUPS_BEFORE" 0)
  records=$(compute "$(metric sluis_journal_group_records_sum) - $RECORDS_BEFORE" 0)
  bytes=$(compute "$(metric sluis_journal_committed_bytes_total) - $BYTES_BEFORE" 0)
  if [ "$groups" -le 0 ] || [ "$records" -le 0 ]; then fail "the journal committed nothing"; fi
  GROUP=$(compute "$records / $groups + 0.5" 0)
  BYTES=$(compute "$bytes / $records" 0)
  RECORDS=$records
}

stop_engine() {
  stop_politely "$ENGINE"
  ENGINE=""
}

# append_floor ROW RECORDS_EACH: a plain file with the groups that were seen; a notification is so many records.
append_floor() {
  local groups=$((200000 / GROUP + 50)) line option name
  [ "$groups" -le 1000 ] || groups=1000
  for option in "" --preallocated; do
    line=$("$BENCH" append --file "$WORK/append.tmp" --bytes "$BYTES" --group "$GROUP" --groups "$groups" $option)
    name="plain file${option:+, preallocated}"
    record "$name" "$1" floor --json "$line" rate="$(compute "$(field rate "$line") / $2")" records_each="$2"
  done
}

# field NAME JSON: a number of a flat line of JSON.
field() { sed -n "s/.*\"$1\":\([-0-9.e+]*\).*/\1/p" <<< "$2"; }

# common ROW ROLE WHAT: sets COMMON, the options that every run of the generator has.
common() {
  COMMON=(--tenants "$TENANTS" --body-bytes "$BODY_BYTES" --flow notice --run-id "row${1// /}-$2-$RUN" --quiet --results "$RESULTS"
    --what "$3" --label "row=$1" --label "role=$2" --label "session=$SESSION" --label case=table --label "with=$WITH" --data-dir "$WORK"
    --report "$WORK/last.json")
}
ENGINE_AT=(--target "http://$HTTP" --target-binary "$BINARY" --durability "$DURABILITY")
last() { field rate "$(cat "$WORK/last.json")"; }

# offer ROW ROLE WHAT [run's options]...
offer() {
  common "$1" "$2" "$3"
  "$LOADTEST" run "${COMMON[@]}" "${@:4}" > "$WORK/last.out"
  say "row $1, run $RUN, $2: $(last) a second"
}

# accept ROW WHAT WITH_LATENCY COUNT [run's options]...: durable accept at full speed, then at four fifths of that.
accept() {
  local row=$1 what=$2 latency=$3 count=$4
  shift 4
  fresh null
  offer "$row" measured "$what" "${ENGINE_AT[@]}" --rate max --send-after "$(tomorrow)" "$@" --count "$count"
  groups_seen
  if [ "$latency" = yes ]; then
    offer "$row" latency "$what" "${ENGINE_AT[@]}" --rate "${LATENCY_RATE:-$(compute "$(last) * 0.8" 0)}" --send-after "$(tomorrow)" "$@" \
      --seconds "${LATENCY_SECONDS:-20}" --samples "$WORK/row-$row-run-$RUN.jsonl" --pid "$ENGINE"
  fi
  stop_engine
}

# send ROW WHAT PROVIDER COUNT...: from the first offer until COUNT, options of `until`, says that all arrived.
send() {
  local row=$1 what=$2 provider=$3 began took
  shift 3
  fresh "$provider"
  began=$(now_ms)
  common "$row" intake "$what: intake"
  "$LOADTEST" run "${COMMON[@]}" "${ENGINE_AT[@]}" --mode binary --rate max --count "$SEND_COUNT" --retry > "$WORK/last.out" 2>&1 &
  GENERATOR=$!
  "$LOADTEST" until --within 300 --at-least "$SEND_COUNT" "$@" || fail "not all arrived"
  took=$(compute "($(now_ms) - $began) / 1000")
  wait "$GENERATOR" || fail "the generator failed: $(tail -1 "$WORK/last.out")"
  GENERATOR=""
  groups_seen
  record "$what" "$row" measured --label "with=$WITH" rate="$(compute "$SEND_COUNT / $took" 1)" seconds="$took" count="$SEND_COUNT" \
    concurrency="$CONCURRENCY" records_each="$(compute "$RECORDS / $SEND_COUNT")"
  stop_engine
}

ENDED=(--url "http://$HTTP/metrics" --name sluis_shard_events_total --label 'event="ended"')
TAKEN=(--url "http://127.0.0.1:$SMS_PORT/__sink/stats" --name)
with_sink() {
  start_sink "$ROOT/loadtest/profiles/$1.toml"
}
stop_sink() {
  stop_politely "$SINK"
  SINK=""
}

row_1() {
  accept 1 "durable accept, binary, 4 connections, 64 rows a frame" yes "${BINARY_COUNT:-300000}" \
    --mode binary --connections 4 --batch 64
  append_floor 1 1
}

row_2() {
  accept 2 "durable accept, HTTP one by one, 64 connections" yes "${HTTP_COUNT:-100000}" --mode http --connections 64
  append_floor 2 1
  "$BENCH" echo --address "127.0.0.1:$ECHO_PORT" > /dev/null &
  FLOOR=$!
  until_true 20 "the echo" curl -sf -X POST -d '{}' "http://127.0.0.1:$ECHO_PORT/"
  offer 2 floor "bare HTTP echo" --target "http://127.0.0.1:$ECHO_PORT" --mode http --connections 64 --rate max \
    --count "${HTTP_COUNT:-100000}" --durability "none: nothing is stored"
  kill "$FLOOR"
  wait "$FLOOR" 2>/dev/null || true
  FLOOR=""
}

row_3() {
  accept 3 "durable accept, NDJSON, 8 connections, 1,000 rows a request" no "${NDJSON_COUNT:-300000}" \
    --mode ndjson --connections 8 --batch 1000
  append_floor 3 1
}

row_4() {
  send 4 "end to end, null channel" null "${ENDED[@]}"
  append_floor 4 "$(compute "$RECORDS / $SEND_COUNT")"
}

row_5() {
  with_sink null
  send 5 "end to end, SMTP, $CONCURRENCY connections" email "${TAKEN[@]}" email_accepted
  record "bare SMTP client, same sink" 5 floor \
    --json "$("$LOADTEST" flood --smtp "127.0.0.1:$SMTP_PORT" --count "$SEND_COUNT" --connections "$CONCURRENCY" --body-bytes "$BODY_BYTES")"
  stop_sink
  append_floor 5 "$(compute "$RECORDS / $SEND_COUNT")"
}

row_6() {
  with_sink null
  send "6 a" "end to end, SMS provider over HTTP, no callbacks" sms "${TAKEN[@]}" sms_accepted
  record "bare HTTP client, same sink" "6 a" floor \
    --json "$("$LOADTEST" flood --sms "http://127.0.0.1:$SMS_PORT" --count "$SEND_COUNT" --connections "$CONCURRENCY" --body-bytes "$BODY_BYTES")"
  stop_sink
  append_floor "6 a" "$(compute "$RECORDS / $SEND_COUNT")"
  with_sink callbacks
  send "6 b" "end to end, SMS provider over HTTP, with a callback each" callbacks "${ENDED[@]}"
  stop_sink
  append_floor "6 b" "$(compute "$RECORDS / $SEND_COUNT")"
}

for RUN in $(seq 1 "$RUNS"); do
  for row in $ROWS; do "row_$row"; done
done
say "session $SESSION; lines in $RESULTS; $WITH"
printf '%s\n\n' "With: $WITH."
"$LOADTEST" table --results "$RESULTS" --session "$SESSION"
