# What a developer does here. `just` lists it.
default:
    @just --list

# Everything that must hold before a change goes in.
ci:
    .ci/run

# The main job on sample data.
demo:
    cargo run --release -- demo

# All tests that need the toolchain only.
test:
    cargo test --workspace

# The README's walkthrough, every expectation checked. Needs smtp-sink (Debian's package postfix), curl, jq.
walkthrough:
    cargo build --release --workspace
    docs/walkthrough.sh

# The shape of the code.
fmt:
    cargo fmt --all
