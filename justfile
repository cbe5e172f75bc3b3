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

# One crate: lints, then its tests, or those whose name holds FILTER. `just one model decide::`
one crate filter="":
    cargo clippy -p {{ if crate == "sluis" { crate } else { "sluis-" + crate } }} --all-targets -- -D warnings
    cargo test -p {{ if crate == "sluis" { crate } else { "sluis-" + crate } }} {{ filter }}

# Broken input for the readers of what strangers send, or for one of them: frames, record, bounce, tenant_list.
fuzz cases="1000000" seed="1" target="":
    cargo run --release --example fuzz_million -- {{ cases }} {{ seed }} {{ target }}

# The simulation of the engine's cores, from as many seeds as you like.
simulate seeds="2000":
    SLUIS_SIMULATION_SEEDS={{ seeds }} cargo test --release -p sluis-actors --test simulation

# Measurements beside their floor; without arguments it lists them.
bench *what="--help":
    cargo run --profile dist -p sluis-bench -- {{ what }}

# A case of the load test, by a build as it ships: overload, neighbours, silent, kill, …
case name *arguments:
    cargo build --profile dist --workspace --bins
    loadtest/cases/{{ name }}/run.sh {{ arguments }}

# A Debian package, in target/debian. Needs `cargo install cargo-deb`.
deb:
    cargo deb --package sluis --profile dist

# The README's walkthrough, every expectation checked. Needs smtp-sink (Debian's package postfix), curl, jq.
walkthrough:
    cargo build --release --workspace --bins --examples
    docs/walkthrough.sh

# The shape of the code, and of its words.
fmt:
    cargo fmt --all
