#!/usr/bin/env bash
# Makes clients of the API's description as others would, in Python and in TypeScript, and tells the storno story with
# them to a running engine. Installs the generators from PyPI and npm into the target directory, in the versions that
# clients.txt and package.json name.
#
# Needs built binaries (cargo build --workspace --bins), python3 and node with npm. Other places: SLUIS=…, SINK=…,
# HTTP_PORT=…, BINARY_PORT=…, SMTP_PORT=…, SMS_PORT=…
set -euo pipefail
cd "$(dirname "$0")/../.."
SMTP_PORT=${SMTP_PORT:-18125}
SMS_PORT=${SMS_PORT:-18126}
# shellcheck source=tests/contract/lib.sh
source tests/contract/lib.sh
SINK=${SINK:-$TARGET/debug/sluis-loadtest}
HERE=$PWD/tests/contract
# Files that the Python generator makes beside those of schemas and calls: its packages and what they share.
OTHER_FILES=20

"$SINK" sink --smtp "127.0.0.1:$SMTP_PORT" --sms "127.0.0.1:$SMS_PORT" > "$WORK/sink.log" 2>&1 &
SINKS=$!
engine
export API KEY
curl -fsS "$API/openapi.json" > "$WORK/openapi.json"

python_tools clients "$HERE/clients.txt"
"$TOOLS/clients/bin/openapi-python-client" generate --path "$WORK/openapi.json" --config "$HERE/generator.yml" \
    --meta none --output-path "$WORK/python/sluis_client" > "$WORK/generator.log" 2>&1 || fail "$(cat "$WORK/generator.log")"
FILES=$(find "$WORK/python" -name '*.py' | wc -l)
echo "Python: $FILES files"
# One a schema and one a call, not one a status.
MOST_FILES=$(($(jq '(.components.schemas | length) + ([.paths[] | keys[]] | length)' "$WORK/openapi.json") + OTHER_FILES))
[ "$FILES" -le "$MOST_FILES" ] || fail "$FILES files: expected at most $MOST_FILES"
if grep "will not be generated" "$WORK/generator.log"; then
    fail "a call has no function: $(cat "$WORK/generator.log")"
fi
"$TOOLS/clients/bin/python" "$HERE/check_examples.py" "$WORK/openapi.json"
PYTHONPATH=$WORK/python "$TOOLS/clients/bin/python" "$HERE/story.py"

NODE=$TOOLS/node
mkdir -p "$NODE"
cp "$HERE/tsconfig.json" "$HERE/story.ts" "$HERE/package.json" "$NODE"
if ! cmp -s "$HERE/package.json" "$NODE/installed"; then
    (cd "$NODE" && npm install --silent --no-audit --no-fund --no-package-lock)
    cp "$HERE/package.json" "$NODE/installed"
fi
(
    cd "$NODE"
    node_modules/.bin/openapi-typescript "$WORK/openapi.json" --output api.d.ts > "$WORK/typescript.log" 2>&1 || fail "$(cat "$WORK/typescript.log")"
    node_modules/.bin/tsc --project tsconfig.json
    node out/story.js
)
