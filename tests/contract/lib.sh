# shellcheck shell=bash
# What both contract scripts share: an engine with a key for a corporation and one for an operator. Source it from bash.
# Needs built binaries: cargo build --workspace --bins

TARGET=$(cd "${CARGO_TARGET_DIR:-target}" && pwd)
SLUIS=${SLUIS:-$TARGET/debug/sluis}
HTTP_PORT=${HTTP_PORT:-18180}
BINARY_PORT=${BINARY_PORT:-18181}
API=http://127.0.0.1:$HTTP_PORT
TOOLS=$TARGET/tools/contract

fail() {
    echo "contract: $*" >&2
    [ ! -f "${WORK:-}/sluis.log" ] || tail -n 20 "$WORK/sluis.log" >&2
    exit 1
}

[ -x "$SLUIS" ] || fail "$SLUIS is not built: cargo build --workspace --bins"
WORK=$(mktemp -d)
ENGINE=
cleanup() {
    local pid
    for pid in $ENGINE ${SINKS:-}; do
        kill "$pid" 2> /dev/null || true # it may have ended by itself
    done
    wait || true # their exit codes say nothing here
    rm -rf "$WORK"
}
trap cleanup EXIT

# A virtual environment with what a file of requirements names; kept as long as the file is the same.
python_tools() {
    local file=$2 at=$TOOLS/$1
    if ! cmp -s "$file" "$at/requirements.txt"; then
        rm -rf "$at"
        python3 -m venv "$at"
        "$at/bin/pip" install --quiet --disable-pip-version-check --requirement "$file"
        cp "$file" "$at/requirements.txt"
    fi
}

# key NAME: makes one; $NAME is the key, $NAME_HASH its hash.
key() {
    local made
    made=$("$SLUIS" config key)
    printf -v "$1" %s "$(grep -o '^slk_.*' <<< "$made")"
    printf -v "$1_HASH" %s "$(grep -o '[0-9a-f]\{64\}' <<< "$made")"
}

# Starts an engine that sends mail to SMTP_PORT, where that is set, and nothing to anybody else.
engine() {
    key KEY
    key OPERATOR
    cat > "$WORK/sluis.toml" << TOML
[engine]
environment = "test"
allow_list = ["*"]

[http]
operator_key_hashes = ["$OPERATOR_HASH"]

[journal]
free_min_bytes = 1

[[corporation]]
id = 1
name = "demo"
display_name = "Woningstichting Demo"
key_hashes = ["$KEY_HASH"]

[corporation.sender]
email_from = "woning@demo.example"
email_name = "Woningstichting Demo"
bounce_domain = "bounce.demo.example"
sms_originator = "Demo"
public_url = "$API"

[[provider]]
name = "null"
kind = "null"
TOML
    if [ -n "${SMTP_PORT:-}" ]; then
        cat >> "$WORK/sluis.toml" << TOML

[[provider]]
name = "relay"
kind = "smtp"
host = "127.0.0.1"
port = $SMTP_PORT
tls = "none"
hello = "post.demo.example"
TOML
    fi
    "$SLUIS" serve --config "$WORK/sluis.toml" --data-dir "$WORK/data" \
        --http "127.0.0.1:$HTTP_PORT" --binary "127.0.0.1:$BINARY_PORT" > "$WORK/sluis.log" 2>&1 &
    ENGINE=$!
    for _ in $(seq 300); do
        if curl -fsS "$API/readyz" > /dev/null 2>&1; then
            return
        fi
        kill -0 "$ENGINE" 2> /dev/null || fail "the engine ended"
        sleep 0.1
    done
    fail "waited half a minute for the engine"
}
