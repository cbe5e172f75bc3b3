# shellcheck shell=bash
# Shared by the cases: where the programs are, how an engine and its sinks are started, how one waits without guessing.
# Sourced, not run.

set -euo pipefail
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
ROOT="$(cd "$HERE/../.." && pwd)"
BIN="${SLUIS_BIN_DIR:-${CARGO_TARGET_DIR:-$ROOT/target}/dist}"
SLUIS="$BIN/sluis"
LOADTEST="$BIN/sluis-loadtest"
# shellcheck disable=SC2034 # for the cases
BENCH="$BIN/sluis-bench"
WORK="${SLUIS_CASE_DIR:-$(mktemp -d)}"
mkdir -p "$WORK"
HTTP=127.0.0.1:${SLUIS_CASE_PORT:-19080}
BINARY=127.0.0.1:$((${SLUIS_CASE_PORT:-19080} + 1))
SMTP_PORT=$((${SLUIS_CASE_PORT:-19080} + 2))
SMS_PORT=$((${SLUIS_CASE_PORT:-19080} + 3))
export SLUIS_CASE_BIRD_ACCESS=access SLUIS_CASE_BIRD_SIGNING=signing

if ! [ -x "$SLUIS" ] || ! [ -x "$LOADTEST" ]; then
  echo "build first: cargo build --profile dist --workspace --bins" >&2
  exit 2
fi

say() { printf '%s\n' "$*" >&2; }
fail() {
  say "FAILED: $*"
  exit 1
}

# Ends what this script started, and nothing else.
ENGINE="" SINK="" GENERATOR="" FOLLOWER=""
cleanup() {
  for pid in $FOLLOWER $GENERATOR $ENGINE $SINK; do
    kill -9 "$pid" 2>/dev/null || true
    # Whoever runs the next case at once finds the ports free.
    wait "$pid" 2>/dev/null || true
  done
}
trap cleanup EXIT

# until_true SECONDS WHAT COMMAND...: polls; the bound is a failure, never a guess.
until_true() {
  local left=$(($1 * 20)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || fail "waited in vain for $what"
    [ -z "$ENGINE" ] || kill -0 "$ENGINE" 2>/dev/null || fail "the engine ended while $what was waited for: $WORK/engine.log"
    read -rt 0.05 <> <(:) || true
  done
}

# write_config CONCURRENCY [EXTRA TOML]: an engine with an SMTP and an SMS provider on loopback.
write_config() {
  mkdir -p "$WORK/flows"
  # The shipped notice, which takes a day of silence as arrival; here a second must do.
  sed 's/after = "24h"/after = "1s"/' "$ROOT/config/flows/notice.toml" > "$WORK/flows/notice.toml"
  cat > "$WORK/sluis.toml" <<TOML
[engine]
environment = "production"
data_dir = "$WORK/data"
max_open = ${MAX_OPEN:-2_000_000}
[http]
address = "$HTTP"
[binary]
address = "$BINARY"
[flows]
directory = "$WORK/flows"
[log]
filter = "warn"
[[corporation]]
id = 1
name = "demo"
display_name = "Woningstichting Demo"
[corporation.sender]
email_from = "post@demo.example"
bounce_domain = "bounce.demo.example"
sms_originator = "Demo"
public_url = "http://$HTTP"
[[provider]]
name = "relay"
kind = "smtp"
host = "127.0.0.1"
port = $SMTP_PORT
tls = "none"
hello = "engine.demo.example"
connections = $1
concurrency = $1
[[provider]]
name = "bird"
kind = "bird-sms"
base_url = "http://127.0.0.1:$SMS_PORT"
access_key_env = "SLUIS_CASE_BIRD_ACCESS"
signing_key_env = "SLUIS_CASE_BIRD_SIGNING"
connections = 32
concurrency = 32
on_doubt = "resend"
max_segments = 8
${2:-}
TOML
}

# make_key NAME: sets NAME_KEY and NAME_HASH. Each key is shown once, with its hash.
make_key() {
  local text
  text=$("$SLUIS" config key)
  printf -v "$1_KEY" '%s' "$(grep -o 'slk_[A-Za-z0-9_-]*' <<< "$text" | head -1)"
  printf -v "$1_HASH" '%s' "$(grep -oE '[0-9a-f]{64}' <<< "$text" | head -1)"
}

# two_corporations [MAX_OPEN]: behind write_config, gives demo a key (LOUD_KEY) and perhaps a bound, operators one
# (OPERATOR_KEY), and adds buren, whose sender is urgent (URGENT_KEY).
two_corporations() {
  local bound=""
  [ -z "${1:-}" ] || bound="\nmax_open = $1"
  make_key LOUD
  make_key URGENT
  make_key OPERATOR
  # shellcheck disable=SC2154 # the hashes are make_key's
  sed -i "s/^name = \"demo\"/name = \"demo\"\nkey_hashes = [\"$LOUD_HASH\"]$bound/
    s/^address = \"$HTTP\"/address = \"$HTTP\"\noperator_key_hashes = [\"$OPERATOR_HASH\"]/" "$WORK/sluis.toml"
  # shellcheck disable=SC2154
  cat >> "$WORK/sluis.toml" <<TOML
[[corporation]]
id = 2
name = "buren"
display_name = "Woningstichting Buren"
key_hashes = ["$URGENT_HASH"]
max_open = 20000
[corporation.sender]
email_from = "post@buren.example"
bounce_domain = "bounce.buren.example"
sms_originator = "Buren"
public_url = "http://$HTTP"
TOML
}

# their_tenants: 20,000 of demo, 100 of buren.
their_tenants() {
  "$LOADTEST" tenants --target "http://$HTTP" --count 20000 --key "$LOUD_KEY" > "$WORK/tenants.out" 2>&1
  "$LOADTEST" tenants --target "http://$HTTP" --count 100 --key "$URGENT_KEY" >> "$WORK/tenants.out" 2>&1
}

# to_provider_ms KEY < IDS: of each notification the milliseconds from its acceptance to its provider's answer, by the
# engine's own record; 999999 where there is none. Sorted.
to_provider_ms() {
  local id
  while read -r id; do
    curl -sf -H "Authorization: Bearer $1" "http://$HTTP/v1/notifications/$id" | python3 -c '
import datetime, json, sys
told = json.load(sys.stdin)
at = lambda text: datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
accepted = next(row for row in told["history"] if row["kind"] == "accepted")
outcome = told["attempts"][0].get("outcome_at") if told["attempts"] else None
print(int((at(outcome) - at(accepted["at"])).total_seconds() * 1000) if outcome else 999999)' || echo 999999
  done | sort -n
}
# ids_of FILE: the ids that the generator wrote.
ids_of() { grep -o '"id":"[0-9a-f]*"' "$1" | cut -d'"' -f4; }
# quantile Q < SORTED: `none` where there is nothing.
quantile() { awk -v q="$1" '{ all[NR] = $1 } END { at = int(NR * q); if (at < NR * q) at++; print (NR ? all[at < 1 ? 1 : at] : "none") }'; }

# start_sink PROFILE: bounces are posted where the engine takes them; RECEIPTS_KEYS holds the keys, if the engine asks any,
# each as BOUNCE-DOMAIN=KEY.
start_sink() {
  local keys=() key
  for key in ${RECEIPTS_KEYS:-}; do keys+=(--receipts-key "$key"); done
  "$LOADTEST" sink --smtp "127.0.0.1:$SMTP_PORT" --sms "127.0.0.1:$SMS_PORT" --profile "$1" \
    --ledger "$WORK/sink.jsonl" --receipts-url "http://$HTTP/v1/receipts/email" ${keys[@]+"${keys[@]}"} \
    --sms-key access --signing-key signing > "$WORK/sink.out" 2>&1 &
  SINK=$!
  until_true 20 "the sinks" curl -sf "http://127.0.0.1:$SMS_PORT/__sink/stats"
}

start_engine() {
  "$SLUIS" serve --config "$WORK/sluis.toml" >> "$WORK/engine.log" 2>&1 &
  ENGINE=$!
}

ready() { curl -sf "http://$HTTP/readyz" >/dev/null; }

# open_count: open notifications, from the engine's own metrics.
open_count() { curl -sf ${OPERATOR_KEY:+-H "Authorization: Bearer $OPERATOR_KEY"} "http://$HTTP/metrics" | awk '$1 == "sluis_open_notifications" { print int($2) }'; }
all_ended() { [ "$(open_count)" = 0 ]; }

# read_outcomes FILE: the whole feed, following its cursor until a page holds nothing more.
read_outcomes() {
  local cursor="" page
  : > "$1"
  while :; do
    page=$(curl -sf ${HEADERS[@]+"${HEADERS[@]}"} "http://$HTTP/v1/outcomes?limit=10000${cursor:+&after=$cursor}")
    printf '%s\n' "$page" | grep -v '"cursor"' >> "$1" || break
    cursor=$(printf '%s\n' "$page" | sed -n 's/.*"cursor":"\([^"]*\)".*/\1/p')
  done
}

# follow_outcomes FILE: the feed as it comes, through the engine's deaths, until it is stopped: what is old leaves it. Gives
# each row once, since a page is written only when its cursor is kept.
follow_outcomes() {
  local cursor="" page next
  : > "$1"
  while :; do
    if page=$(curl -sf ${HEADERS[@]+"${HEADERS[@]}"} "http://$HTTP/v1/outcomes?limit=10000${cursor:+&after=$cursor}"); then
      next=$(printf '%s\n' "$page" | sed -n 's/.*"cursor":"\([^"]*\)".*/\1/p')
      [ -n "$next" ] && cursor=$next
      ! printf '%s\n' "$page" | grep -v '"cursor"' >> "$1" || continue
    fi
    read -rt 0.2 <> <(:) || true
  done
}

# append_open STATE FILE: what is open in that state, behind the outcomes: the feed tells only of ends.
append_open() {
  local after="" page
  while :; do
    page=$(curl -sf ${HEADERS[@]+"${HEADERS[@]}"} "http://$HTTP/v1/notifications?state=$1&limit=1000${after:+&after=$after}")
    after=$(python3 -c '
import json, sys
page = json.loads(sys.argv[1])
with open(sys.argv[2], "a") as rows:
    for row in page["notifications"]:
        print(json.dumps({"id": row["id"], "state": row["state"]}), file=rows)
print(page.get("next", ""))' "$page" "$2")
    [ -n "$after" ] || return 0
  done
}

# metric NAME [LABEL="VALUE"]: the sum of the engine's samples of that name, of those with the label if one is given.
metric() {
  curl -sf ${HEADERS[@]+"${HEADERS[@]}"} "http://$HTTP/metrics" |
    awk -v name="$1" -v label="${2:-}" '
      { split($1, part, "{") }
      part[1] == name && (label == "" || index($1, label)) { sum += $2 }
      END { printf "%.6f\n", sum }'
}

# metric_quantile NAME Q [LABEL="VALUE"]: the upper bound of the histogram's bucket in which the quantile lies.
metric_quantile() {
  curl -sf ${HEADERS[@]+"${HEADERS[@]}"} "http://$HTTP/metrics" |
    awk -v name="$1_bucket{" -v q="$2" -v label="${3:-}" '
      index($1, name) == 1 && (label == "" || index($1, label)) && match($1, /le="[^"]*"/) {
        bound = substr($1, RSTART + 4, RLENGTH - 5)
        held[bound == "+Inf" ? 1e300 : bound + 0] += $2
      }
      END {
        total = held[1e300]; best = 1e300
        for (bound in held) if (total > 0 && held[bound] >= q * total && bound + 0 < best) best = bound + 0
        print (total == 0 ? "none" : best == 1e300 ? "over the last bucket" : best)
      }'
}

# at_least WANTED COMMAND...: whether the number it prints is that large.
at_least() {
  local wanted=$1 have
  shift
  have=$("$@") || have=-1
  awk -v have="$have" -v wanted="$wanted" 'BEGIN { exit !(have + 0 >= wanted + 0) }'
}

now_ms() { date +%s%3N; }
compute() { awk "BEGIN { printf \"%.${2:-3}f\", $1 }"; }
rss_mib() { awk '/^VmRSS/ { printf "%.1f", $2 / 1024 }' "/proc/$1/status"; }
peak_mib() { awk '/^VmHWM/ { printf "%.1f", $2 / 1024 }' "/proc/$1/status"; }
# cpu_seconds PID: user and system time so far. The name in brackets may hold blanks, so fields count from behind it.
cpu_seconds() { sed 's/.*) //' "/proc/$1/stat" | awk -v ticks="$(getconf CLK_TCK)" '{ printf "%.2f", ($12 + $13) / ticks }'; }
in_rfc3339() { date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ; }
tomorrow() { in_rfc3339 $(($(date +%s) + 86400)); }

# only_via CHANNEL: the first step of the notice has this channel and no other.
only_via() { sed -i "0,/via = /s/via = \[[^]]*\]/via = [\"$1\"]/" "$WORK/flows/notice.toml"; }

# null_provider: the engine of write_config, with the provider that goes nowhere in place of the others.
null_provider() {
  sed -i '/^\[\[provider\]\]/,$d' "$WORK/sluis.toml"
  printf '[[provider]]\nname = "nowhere"\nkind = "null"\nconcurrency = %s\n' "${1:-64}" >> "$WORK/sluis.toml"
  only_via null
}

# Where results are kept, and how the lines of this run are told from others.
RESULTS="${SLUIS_CASE_RESULTS:-$WORK/results.jsonl}"
SESSION="${SLUIS_CASE_SESSION:-$(date -u +%Y%m%dT%H%M%SZ)-$$}"
DURABILITY="fdatasync before every acknowledgement"
# record WHAT ROW ROLE [record's options and figures]...: one line of results.
record() {
  local what=$1 row=$2 role=$3
  shift 3
  "$LOADTEST" record --results "$RESULTS" --what "$what" --label "row=$row" --label "role=$role" --label "session=$SESSION" \
    --label "case=$(basename "$(dirname "$0")")" --durability "$DURABILITY" --data-dir "$WORK" "$@" >&2
}

stop_politely() {
  kill -TERM "$1" 2>/dev/null || true
  wait "$1" || true
}
