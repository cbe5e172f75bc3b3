#!/usr/bin/env bash
# Tries the API's description on a running engine, with every check that schemathesis has: ten minutes unless told
# otherwise. Installs the tool from PyPI into the target directory.
#
#   tests/contract/fuzz.sh [seconds]
#
# Needs built binaries: cargo build --workspace --bins. Other places: SLUIS=…, HTTP_PORT=…, BINARY_PORT=…
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/contract/lib.sh
source tests/contract/lib.sh
SECONDS_TO_RUN=${1:-600}

python_tools fuzz tests/contract/fuzz.txt
engine
curl -fsS "$API/openapi.json" > "$WORK/openapi.json"
HERE=$PWD/tests/contract
export KEY OPERATOR PYTHONPATH=$HERE
cd "$WORK"
"$TOOLS/fuzz/bin/schemathesis" --config-file "$HERE/schemathesis.toml" run "$WORK/openapi.json" --url "$API" \
    --max-time "$SECONDS_TO_RUN" --continue-on-failure --generation-database none --no-color ${SEED:+--seed "$SEED"}
kill -0 "$ENGINE" || fail "the engine is gone"
