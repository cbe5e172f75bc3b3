# Shared by the cases: where the programs are, how an engine and its sinks are started, how one waits without guessing.
# Sourced, not run.

set -euo pipefail
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
ROOT="$(cd "$HERE/../.." && pwd)"
BIN="${SLUIS_BIN_DIR:-${CARGO_TARGET_DIR:-$ROOT/target}/release}"
SLUIS="$BIN/sluis"
LOADTEST="$BIN/sluis-loadtest"
WORK="${SLUIS_CASE_DIR:-$(mktemp -d)}"
HTTP=127.0.0.1:${SLUIS_CASE_PORT:-19080}
BINARY=127.0.0.1:$((${SLUIS_CASE_PORT:-19080} + 1))
SMTP_PORT=$((${SLUIS_CASE_PORT:-19080} + 2))
SMS_PORT=$((${SLUIS_CASE_PORT:-19080} + 3))
export SLUIS_CASE_BIRD_ACCESS=access SLUIS_CASE_BIRD_SIGNING=signing

[ -x "$SLUIS" ] && [ -x "$LOADTEST" ] || {
  echo "build first: cargo build --release --workspace --bins" >&2
  exit 2
}

say() { printf '%s\n' "$*" >&2; }
fail() {
  say "FAILED: $*"
  exit 1
}

# Ends what this script started, and nothing else.
ENGINE="" SINK="" GENERATOR=""
cleanup() {
  for pid in $GENERATOR $ENGINE $SINK; do kill -9 "$pid" 2>/dev/null || true; done
}
trap cleanup EXIT

# until_true SECONDS WHAT COMMAND...: polls; the bound is a failure, never a guess.
until_true() {
  local left=$(($1 * 20)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || fail "waited in vain for $what"
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

start_sink() {
  "$LOADTEST" sink --smtp "127.0.0.1:$SMTP_PORT" --sms "127.0.0.1:$SMS_PORT" --profile "$1" \
    --ledger "$WORK/sink.jsonl" --receipts-url "http://$HTTP" --sms-key access --signing-key signing > "$WORK/sink.out" 2>&1 &
  SINK=$!
  until_true 20 "the sinks" curl -sf "http://127.0.0.1:$SMS_PORT/__sink/stats"
}

start_engine() {
  "$SLUIS" serve --config "$WORK/sluis.toml" >> "$WORK/engine.log" 2>&1 &
  ENGINE=$!
}

ready() { curl -sf "http://$HTTP/readyz" >/dev/null; }

# open_count: open notifications, from the engine's own metrics.
open_count() { curl -sf "http://$HTTP/metrics" | awk '$1 == "sluis_open_notifications" { print int($2) }'; }
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

stop_politely() {
  kill -TERM "$1" 2>/dev/null || true
  wait "$1" || true
}
