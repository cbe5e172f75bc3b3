#!/usr/bin/env bash
# The walkthrough of the README, with every expectation checked: `sluis serve` driven with curl alone, mail to an SMTP
# server that is not ours (smtp-sink of Debian's package postfix), SMS to the load test's provider sink.
#
# Needs curl, jq, python3, smtp-sink, and built binaries: cargo build --release --workspace
# Other places: SLUIS=…, SINK=…, SMTP_SINK=…, HTTP_PORT=…, BINARY_PORT=…, SMTP_PORT=…, SMS_PORT=…
set -euo pipefail
cd "$(dirname "$0")/.."

HTTP_PORT=${HTTP_PORT:-8080}
BINARY_PORT=${BINARY_PORT:-8081}
SMTP_PORT=${SMTP_PORT:-2525}
SMS_PORT=${SMS_PORT:-2580}
API=http://127.0.0.1:$HTTP_PORT

fail() {
    echo "walkthrough: $*" >&2
    if [ -n "${WORK:-}" ] && [ -f "$WORK/sluis.log" ]; then
        echo "--- the last lines of sluis" >&2
        tail -n 20 "$WORK/sluis.log" >&2
    fi
    exit 1
}

# binary NAME: the built one, release before debug.
binary() {
    local target=${CARGO_TARGET_DIR:-target} profile
    for profile in release debug; do
        if [ -x "$target/$profile/$1" ]; then
            echo "$target/$profile/$1"
            return
        fi
    done
    fail "$1 is not built: cargo build --release --workspace"
}

SLUIS=${SLUIS:-$(binary sluis)}
SINK=${SINK:-$(binary sluis-loadtest)}
# The example in Rust; without it, one step says so.
SEND=${SEND:-$(binary examples/send 2> /dev/null || true)}
# Debian keeps it in /usr/sbin, which is not on everybody's path.
SMTP_SINK=${SMTP_SINK:-$(PATH=$PATH:/usr/sbin command -v smtp-sink)} || fail "smtp-sink is not here: install Debian's package postfix"
for tool in curl jq python3; do
    command -v "$tool" > /dev/null || fail "$tool is not here: install it"
done

WORK=$(mktemp -d)
STARTED=()
cleanup() {
    local pid
    for pid in "${STARTED[@]}"; do
        kill "$pid" 2> /dev/null || true # it may have ended by itself
    done
    wait || true # their exit codes were looked at where they matter
    rm -rf "$WORK"
}
trap cleanup EXIT

step() { echo "== $*"; }

# is WHAT EXPECTED GOT
is() { [ "$2" = "$3" ] || fail "$1: expected $2, got $3"; }

# await WHAT COMMAND…: until the command succeeds, at most half a minute.
await() {
    local what=$1
    shift
    for _ in $(seq 300); do
        if "$@" > /dev/null 2>&1; then
            return
        fi
        sleep 0.1
    done
    fail "waited half a minute for $what"
}

# call STATUS curl-arguments…: prints the body, fails on another status.
call() {
    local expected=$1 status
    shift
    status=$(curl -sS -o "$WORK/body" -w '%{http_code}' "$@")
    [ "$status" = "$expected" ] || fail "curl $*: expected $expected, got $status: $(cat "$WORK/body")"
    cat "$WORK/body"
}

json() { jq -er "$1"; }

step "a mail server, an SMS provider, the engine"
mkdir "$WORK/mail"
AS_USER=()
if [ "$(id -u)" = 0 ]; then
    # smtp-sink refuses to stay root.
    AS_USER=(-u nobody)
    chmod 711 "$WORK"
    chown nobody "$WORK/mail"
fi
"$SMTP_SINK" "${AS_USER[@]}" -d "$WORK/mail/%H%M%S." "127.0.0.1:$SMTP_PORT" 100 2> "$WORK/smtp-sink.log" &
STARTED+=($!)
"$SINK" sink --smtp 127.0.0.1:0 --sms "127.0.0.1:$SMS_PORT" --sms-key walk-access --signing-key walk-signing > "$WORK/sink.log" 2>&1 &
STARTED+=($!)

cat > "$WORK/sluis.toml" <<TOML
[engine]
environment = "test"
allow_list = ["@example.nl", "+31612345678"]

[[corporation]]
id = 1
name = "demo"
display_name = "Woningstichting Demo"

[corporation.sender]
email_from = "woning@demo.example"
email_name = "Woningstichting Demo"
bounce_domain = "bounce.demo.example"
sms_originator = "Demo"
public_url = "$API"

[[provider]]
name = "relay"
kind = "smtp"
host = "127.0.0.1"
port = $SMTP_PORT
tls = "none"
hello = "post.demo.example"

[[provider]]
name = "bird"
kind = "bird-sms"
base_url = "http://127.0.0.1:$SMS_PORT"
access_key_env = "BIRD_ACCESS_KEY"
signing_key_env = "BIRD_SIGNING_KEY"
TOML
export BIRD_ACCESS_KEY=walk-access BIRD_SIGNING_KEY=walk-signing
"$SLUIS" config check --config "$WORK/sluis.toml" --secrets > "$WORK/check" || fail "the configuration has mistakes: $(cat "$WORK/check")"
"$SLUIS" serve --config "$WORK/sluis.toml" --data-dir "$WORK/data" \
    --http "127.0.0.1:$HTTP_PORT" --binary "127.0.0.1:$BINARY_PORT" > "$WORK/sluis.log" 2>&1 &
ENGINE=$!
STARTED+=("$ENGINE")
await "the engine to be ready" curl -fsS "$API/readyz"
await "the SMS sink" curl -fsS "http://127.0.0.1:$SMS_PORT/__sink/stats"

step "tenants, from a CSV; a row without a number is rejected and named"
cat > "$WORK/tenants.csv" <<'CSV'
huurdernummer;aanhef;voorletters;tussenvoegsel;achternaam;email;mobiel;taal;voorkeurskanaal
H1001;Mevrouw;J.;de;Vries;j.devries@example.nl;06-12345678;nl;email
H1002;De heer;P.;;Jansen;p.jansen@example.nl;;nl;
;Mevrouw;K.;;Bakker;k.bakker@example.nl;;nl;
CSV
call 200 -X POST "$API/v1/tenants/load" -H 'Content-Type: text/csv' --data-binary "@$WORK/tenants.csv" > "$WORK/load.json"
is "new tenants" 2 "$(json .new < "$WORK/load.json")"
is "rejected rows" 1 "$(json .rejected < "$WORK/load.json")"
call 200 -X POST "$API/v1/tenants/load" -H 'Content-Type: text/csv' --data-binary "@$WORK/tenants.csv" > "$WORK/load.json"
is "the same list again changes nothing" 2 "$(json .same < "$WORK/load.json")"

step "a balance: the flow refuses to chase anybody whose balance it does not know"
NOW=$(date -u +%Y-%m-%dT%H:%M:%SZ)
call 200 -X POST "$API/v1/facts" -d '{"fact_id": "balance-1", "type": "balance", "tenant_id": "H1001",
    "amount_cents": 71250, "occurred_at": "'"$NOW"'", "environment": "test"}' > /dev/null

step "a direct debit came back"
STORNO='{"tenant_id": "H1001", "flow": "storno", "category": "collection", "priority": "normal", "environment": "test",
    "idempotency_key": "storno-F-1", "subject": {"kind": "invoice", "id": "F-1"},
    "data": {"invoice_id": "F-1", "amount_cents": 71250, "reason_code": "AM04", "payment_url": "https://pay.example.nl/F-1"}}'
call 202 -X POST "$API/v1/notifications" -d "$STORNO" > "$WORK/accepted.json"
ID=$(json .id < "$WORK/accepted.json")
call 202 -X POST "$API/v1/notifications" -d "$STORNO" > "$WORK/again.json"
is "a repeat has the same id" "$ID" "$(json .id < "$WORK/again.json")"
is "a repeat says so" true "$(json .duplicate < "$WORK/again.json")"
call 409 -X POST "$API/v1/notifications" -d "${STORNO/71250/71251}" > "$WORK/conflict.json"
is "another body under the same key" idempotency_conflict "$(json .code < "$WORK/conflict.json")"

step "the mail, in a server that is not ours"
mail_arrived() { grep -rqs '^X-Rcpt-Args: <j.devries@example.nl>' "$WORK/mail"; }
await "the mail" mail_arrived
MAIL=$(grep -rl '^X-Rcpt-Args: <j.devries@example.nl>' "$WORK/mail")
is "mails" 1 "$(wc -l <<< "$MAIL")"
# Undo the soft line breaks of quoted-printable.
tr -d '\r' < "$MAIL" | sed -e ':a' -e '/=$/{N;s/=\n//;ba' -e '}' > "$WORK/mail.txt"
VERP=$(sed -n 's/^X-Mail-Args: <\([^>]*\)>.*/\1/p' "$WORK/mail.txt")
case $VERP in b+*@bounce.demo.example) ;; *) fail "the return path is $VERP" ;; esac
TOKEN=$(grep -o "$API/b/[A-Za-z0-9_-]*" "$WORK/mail.txt" | head -n 1 | sed 's|.*/b/||')
[ -n "$TOKEN" ] || fail "there is no link in the mail: $(cat "$WORK/mail.txt")"
call 200 "$API/b/$TOKEN" > "$WORK/page.html"
grep -q '<button>Betalen</button>' "$WORK/page.html" || fail "the page has no button: $(cat "$WORK/page.html")"
state_is() { [ "$(curl -fsS "$API/v1/notifications/$ID" | jq -r .state)" = "$1" ]; }
await "the relay's acceptance to be on the record" state_is sent

step "the mail bounces: a delivery status notification comes in, as mail"
cat > "$WORK/dsn.eml" <<EML
Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@relay.example>
To: <$VERP>
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="walk"

--walk
Content-Type: text/plain

The mailbox does not exist.

--walk
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example

Final-Recipient: rfc822; j.devries@example.nl
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 user unknown

--walk--
EML
call 200 -X POST "$API/v1/receipts/email" -H 'Content-Type: message/rfc822' --data-binary "@$WORK/dsn.eml" > "$WORK/receipt.json"
is "the bounce" applied "$(json '.receipts[0].effect' < "$WORK/receipt.json")"
is "the bounce is about it" "$ID" "$(json '.receipts[0].notification' < "$WORK/receipt.json")"

step "so the SMS goes at once"
sms_arrived() { curl -fsS "http://127.0.0.1:$SMS_PORT/__sink/ledger" | grep -q '"to":"31612345678"'; }
await "the SMS" sms_arrived
call 200 "http://127.0.0.1:$SMS_PORT/__sink/ledger" | grep '"to":"31612345678"'
call 200 -X POST "$API/v1/receipts/email" -H 'Content-Type: message/rfc822' --data-binary "@$WORK/dsn.eml" > "$WORK/receipt.json"
is "the same bounce again starts nothing" noted "$(json '.receipts[0].effect' < "$WORK/receipt.json")"

step "the payment comes in: the flow stops, the link closes"
call 200 -X POST "$API/v1/facts" -d '{"fact_id": "payment-1", "type": "payment", "tenant_id": "H1001",
    "subject": {"kind": "invoice", "id": "F-1"}, "amount_cents": 71250, "occurred_at": "'"$(date -u +%Y-%m-%dT%H:%M:%SZ)"'",
    "environment": "test"}' > "$WORK/payment.json"
is "the payment ended it" "$ID" "$(json '.tenants[0].ended[0]' < "$WORK/payment.json")"
call 410 "$API/b/$TOKEN" > "$WORK/page.html"
grep -q 'Al betaald' "$WORK/page.html" || fail "the page does not say that it is paid: $(cat "$WORK/page.html")"
call 410 -X POST "$API/b/$TOKEN" > /dev/null

step "the explanation"
call 200 "$API/v1/notifications/$ID" > "$WORK/why.json"
is "state" ended "$(json .state < "$WORK/why.json")"
is "end" paid "$(json .end < "$WORK/why.json")"
is "attempts" 'email sms' "$(json '[.attempts[].channel] | join(" ")' < "$WORK/why.json")"
json .why < "$WORK/why.json"

step "the timeline, newest first"
call 200 "$API/v1/tenants/H1001/timeline?limit=200" > "$WORK/timeline.json"
json '.rows[] | "\(.at)  \(.text)"' < "$WORK/timeline.json"
if grep -qs 'j.devries@example.nl' "$WORK/why.json" "$WORK/timeline.json" "$WORK/sluis.log"; then
    fail "an address stands in an explanation, a timeline or a log line"
fi

step "the binary port, from Python: a good row, its repeat, a bad one, one that no frame can hold"
python_row() {
    printf '{"tenant_id": "H1001", "flow": "notice", "category": "repairs", "environment": "%s", "idempotency_key": "%s", "data": %s}\n' "$@"
}
CODE=0
{
    python_row test python-1 '{"title": "Onderhoud", "text": "Wij komen langs."}'
    python_row test python-1 '{"text": "Wij komen langs.", "title": "Onderhoud"}'
    python_row test python-2 '{"title": 7}'
    python_row nowhere python-3 '{}'
} | python3 examples/submit.py --address "127.0.0.1:$BINARY_PORT" > "$WORK/python.json" || CODE=$?
cat "$WORK/python.json"
is "its exit code: one row was not accepted" 1 "$CODE"
is "one accepted, one repeat" 'false true' "$(jq -ers 'map(.duplicate | values | tostring) | sort | join(" ")' < "$WORK/python.json")"
is "both are one notification" 1 "$(jq -ers '[.[0].id, .[1].id] | unique | length' < "$WORK/python.json")"
is "what is wrong with the third" 'invalid data.text data.title' \
    "$(jq -ers '.[2] | [.refused, (.problems | map(.path) | sort | .[])] | join(" ")' < "$WORK/python.json")"
is "the fourth was never sent" true "$(jq -ers '.[3].wrong | startswith("ValueError")' < "$WORK/python.json")"

step "the same port from Rust, and HTTP from curl: each accepted once, however often it is sent"
# sent NAME COMMAND…: twice; the second answer names the notification of the first.
sent() {
    local name=$1 first second
    shift
    first=$("$@" | grep -oE '[0-9a-f]{32}') || fail "$name: the first was not accepted"
    second=$("$@" | grep -oE '[0-9a-f]{32}') || fail "$name: the second was not accepted"
    is "$name, sent again" "$first" "$second"
}
sent "curl" examples/send.sh "$API" curl-1 H1001
CODE=0
examples/send.sh "$API" curl-2 '' > "$WORK/curl.json" || CODE=$?
is "curl: a tenant without a number" '1 tenant_id' "$CODE $(json '.errors[0].path' < "$WORK/curl.json")"
if [ -n "$SEND" ]; then
    sent "Rust" "$SEND" "127.0.0.1:$BINARY_PORT" rust-1 H1001
    CODE=0
    "$SEND" "127.0.0.1:$BINARY_PORT" rust-2 '' > "$WORK/rust.txt" || CODE=$?
    is "Rust: a tenant without a number" 1 "$CODE"
else
    echo "the example in Rust is not built: cargo build --release --example send"
fi

step "what became of everything, and the metrics"
call 200 "$API/v1/outcomes" | grep "$ID"
call 200 "$API/metrics" > "$WORK/metrics"
grep -q '^sluis_intake_accepted_total' "$WORK/metrics" || fail "the metrics do not count what was accepted"
if command -v promtool > /dev/null; then
    promtool check metrics < "$WORK/metrics"
else
    echo "promtool is not here: the metrics were not checked (Debian's package prometheus has it)"
fi

step "an orderly end, and a journal that reads back"
kill -TERM "$ENGINE"
CODE=0
wait "$ENGINE" || CODE=$?
is "exit code after SIGTERM" 0 "$CODE"
"$SLUIS" journal verify --data-dir "$WORK/data" | tail -n 1
echo "walkthrough: everything as expected"
