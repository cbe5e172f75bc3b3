#!/usr/bin/env bash
# Sends one notice to each tenant whose number is on the command line, over HTTP, with curl.
#
#     SLUIS_KEY=slk_... examples/send.sh http://127.0.0.1:8080 run-7 H1001 H1002
#
# The second argument begins the idempotency keys: run it again with the same one, and nobody gets the message twice. Where the
# engine says 429 or 503 it is asked again, after as long as it says. Prints an answer a line; the exit code is 1 where one was
# not accepted. Many at once: POST /v1/notifications/batch, a row a line.
set -euo pipefail
[ "$#" -ge 2 ] || {
    echo "send: expected ADDRESS RUN TENANT..., such as http://127.0.0.1:8080 run-7 H1001" >&2
    exit 2
}
API=$1 RUN=$2
shift 2

# curl reads the key from a file of its own: a command line is for everybody on the machine to see.
key() { [ -z "${SLUIS_KEY:-}" ] || printf 'header = "Authorization: Bearer %s"\n' "$SLUIS_KEY"; }

# notice TENANT: the body. jq puts every text between the right quotes.
notice() {
    jq -cn --arg tenant "$1" --arg key "$RUN/$1" '{
        tenant_id: $tenant, flow: "notice", category: "repairs", environment: "test", idempotency_key: $key,
        data: {title: "Onderhoud", text: "Wij komen dinsdag langs."}}'
}

CODE=0
for tenant in "$@"; do
    # --retry obeys Retry-After; the same key and body get the same answer, so asking again costs nothing.
    notice "$tenant" | curl -sS --fail-with-body --retry 10 --retry-connrefused --config <(key) \
        -H 'Content-Type: application/json' --data-binary @- "$API/v1/notifications" || CODE=1
    echo
done
exit "$CODE"
