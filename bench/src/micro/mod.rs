//! The speed of the engine's parts by themselves, each as one line of JSON with nanoseconds an
//! operation. Owns which there are; refuses figures without their size, and to stand for a path:
//! what a path costs is measured from outside.

mod codec;
mod decide;
mod growth;
mod harness;
mod render;
mod router;
mod seal;
#[cfg(feature = "inside")]
mod wheel;
mod wire;

use harness::Harness;

#[derive(Debug, clap::Args)]
pub(crate) struct MicroArgs {
    /// One part (codec, seal, wire, decide, router, render, growth, wheel); all when left out.
    name: Option<String>,
    /// Rounds whose median is reported.
    #[arg(long, default_value_t = 9)]
    rounds: usize,
    /// Milliseconds a round should take at least.
    #[arg(long, default_value_t = 200)]
    round_ms: u64,
    /// Entries of the timer wheel; of the tables that grow, as many but at most two million.
    #[arg(long, default_value_t = 10_000_000)]
    entries: u64,
}

type Part = fn(&mut Harness, &MicroArgs) -> anyhow::Result<()>;

const PARTS: &[(&str, Part)] = &[
    ("codec", codec::run),
    ("seal", seal::run),
    ("wire", wire::run),
    ("decide", decide::run),
    ("router", router::run),
    ("render", render::run),
    ("growth", growth::run),
    #[cfg(feature = "inside")]
    ("wheel", wheel::run),
];

pub(crate) fn run(args: &MicroArgs) -> anyhow::Result<()> {
    anyhow::ensure!(args.rounds > 0, "--rounds 0: expected at least one");
    let wanted = |name: &str| args.name.as_deref().is_none_or(|wanted| wanted == name);
    let chosen: Vec<_> = PARTS.iter().filter(|(name, _)| wanted(name)).collect();
    let known = PARTS
        .iter()
        .map(|(name, _)| *name)
        .collect::<Vec<_>>()
        .join(", ");
    let hint = if cfg!(feature = "inside") {
        ""
    } else {
        "; wheel needs --features inside"
    };
    anyhow::ensure!(
        !chosen.is_empty(),
        "{}: expected one of {known}{hint}",
        args.name.as_deref().unwrap_or_default()
    );
    let mut harness = Harness::new(args.rounds, std::time::Duration::from_millis(args.round_ms));
    chosen
        .into_iter()
        .try_for_each(|(_, part)| part(&mut harness, args))
}
