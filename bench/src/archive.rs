//! The archive by itself: bytes for each mail, how fast it takes, checks and finds. Every mail comes
//! with the records that belong to it. Refuses an engine: it measures what is behind one.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use hdrhistogram::Histogram;
use rustix::fs::{Advice, fadvise};
use serde_json::json;
use sluis_archive::{Archive, Key, Limits, Store, Veil, verify};
use sluis_model::ReferenceKey;

use maker::{HOUR_MS, Maker, tenant};

mod maker;
mod veil;

/// Mails that one batch has.
const BATCH: u64 = 256;
/// The same of a run whose mails wait for a provider.
const WAITING_BATCH: u64 = 10_000;
/// Bytes of a volume in memory, as in the default configuration.
const VOLUME_BYTES: usize = 32 << 20;
/// Timelines that are read.
const MOST_TIMELINES: u64 = 50;

#[derive(Debug, clap::Args)]
pub(crate) struct ArchiveArgs {
    /// Where the archive is made; must be new
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Mails
    #[arg(long, default_value_t = 100_000)]
    mails: u64,
    /// Every mail has a text of its own; without it they differ in name, number and amount
    #[arg(long)]
    single: bool,
    /// Text messages instead of mails
    #[arg(long)]
    sms: bool,
    /// Ten thousand mails are accepted before the first of them is sent: their records lie apart
    #[arg(long)]
    waiting: bool,
    /// Each entry is sealed with the key of its tenant; the keys are in a file beside the archive
    #[arg(long)]
    sealed: bool,
    /// Look-ups
    #[arg(long, default_value_t = 2_000)]
    lookups: u64,
    /// Days over which the mails are spread
    #[arg(long, default_value_t = 1)]
    days: u64,
    /// A volume is sealed at least so often, in hours
    #[arg(long, default_value_t = 6)]
    seal_hours: u64,
    /// Tenants, who get the mails in turn
    #[arg(long, default_value_t = 400_000)]
    tenants: u64,
}

/// Fills an archive, checks it, and finds things in it.
pub(crate) fn run(args: &ArchiveArgs) -> anyhow::Result<()> {
    let limits = Limits {
        bytes: VOLUME_BYTES,
        age_ms: (args.seal_hours * HOUR_MS) as i64,
    };
    let store = Store::directory(&args.dir)?;
    let veil = args.sealed.then(|| veil::of(&args.dir)).transpose()?;
    let archive = veiled(Archive::open(store.clone(), 1, limits)?, veil.as_ref());
    let maker = maker(args);
    let began = Instant::now();
    let mut plain = 0;
    let mut from = 0;
    let batch = if args.waiting { WAITING_BATCH } else { BATCH };
    while from < args.mails {
        let upto = (from + batch).min(args.mails);
        let batch = maker.batch(from..upto);
        plain += batch
            .entries
            .iter()
            .map(|(_, entry)| entry.body.len())
            .sum::<usize>();
        let now = maker.at(upto);
        archive.append(&batch, now)?;
        if archive.wants_seal(now) {
            archive.seal(now)?;
        }
        from = upto;
    }
    archive.seal(maker.at(args.mails))?;
    let filled = began.elapsed().as_secs_f64();
    let stored = size(&args.dir)?;
    print(&json!({
        "what": "archive fill", "mails": args.mails, "single": args.single, "sms": args.sms, "sealed": args.sealed, "waiting": args.waiting,
        "volumes": archive.tip().volume, "bytes_each": stored / args.mails, "plain_each": plain as u64 / args.mails,
        "mails_per_second": (args.mails as f64 / filled) as u64,
    }));
    checked(&store, &archive)?;
    for cold in [true, false] {
        looked_up(args, &maker, veil.as_ref(), cold)?;
    }
    for cold in [true, false] {
        timelines(args, veil.as_ref(), cold)?;
    }
    Ok(())
}

/// Everything of one tenant after the other.
fn timelines(args: &ArchiveArgs, veil: Option<&Arc<dyn Veil>>, cold: bool) -> anyhow::Result<()> {
    let archive = veiled(Archive::look(Store::directory(&args.dir)?)?, veil);
    let mut times = Histogram::<u64>::new(3)?;
    let mut entries = 0_u64;
    let tenants = args.tenants.min(args.mails);
    for number in 0..MOST_TIMELINES {
        if cold {
            forget(&args.dir)?;
        }
        let tenant = tenant(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % tenants);
        let began = Instant::now();
        archive.find(&Key::Tenant(tenant), |_| true, &mut |_| {
            entries += 1;
            std::ops::ControlFlow::Continue(())
        })?;
        times.record(began.elapsed().as_micros() as u64)?;
    }
    anyhow::ensure!(entries >= 4 * MOST_TIMELINES, "{entries} entries");
    print(&json!({
        "what": "archive timeline of a tenant", "cold": cold, "days": args.days, "volumes": archive.tip().volume,
        "entries_each": entries / MOST_TIMELINES, "p50_us": times.value_at_quantile(0.5),
        "p99_us": times.value_at_quantile(0.99), "max_us": times.max(),
    }));
    Ok(())
}

fn maker(args: &ArchiveArgs) -> Maker {
    Maker {
        mails: args.mails.max(1),
        days: args.days,
        tenants: args.tenants.max(1),
        key: ReferenceKey::new([7; 32]),
        single: args.single,
        sms: args.sms,
        waiting: args.waiting,
    }
}

fn veiled(archive: Archive, veil: Option<&Arc<dyn Veil>>) -> Archive {
    match veil {
        Some(veil) => archive.veiled(veil.clone()),
        None => archive,
    }
}

fn checked(store: &Store, archive: &Archive) -> anyhow::Result<()> {
    let began = Instant::now();
    let report = verify(store, Some(archive.tip()), &mut |_, _| ())?;
    let seconds = began.elapsed().as_secs_f64();
    print(&json!({
        "what": "archive verify", "faults": report.faults.len(), "entries": report.entries,
        "entries_per_second": (report.entries as f64 / seconds) as u64,
        "stored_mb_per_second": (report.bytes as f64 / seconds / 1e6) as u64,
    }));
    Ok(())
}

/// One notification after the other, anywhere in the archive.
fn looked_up(
    args: &ArchiveArgs,
    maker: &Maker,
    veil: Option<&Arc<dyn Veil>>,
    cold: bool,
) -> anyhow::Result<()> {
    if cold {
        forget(&args.dir)?;
    }
    let archive = veiled(Archive::look(Store::directory(&args.dir)?)?, veil);
    let mut times = Histogram::<u64>::new(3)?;
    for number in 0..args.lookups {
        let mail = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % args.mails;
        let began = Instant::now();
        let mut found = 0;
        archive.find(&Key::Notification(maker.id(mail)), |_| true, &mut |_| {
            found += 1;
            std::ops::ControlFlow::Continue(())
        })?;
        times.record(began.elapsed().as_micros() as u64)?;
        anyhow::ensure!(found == 4, "{found} entries of mail {mail}");
    }
    print(&json!({
        "what": "archive lookup by id", "cold": cold, "p50_us": times.value_at_quantile(0.5),
        "p99_us": times.value_at_quantile(0.99), "max_us": times.max(),
    }));
    Ok(())
}

/// Bytes of everything below a directory.
fn size(dir: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for path in files(dir)? {
        bytes += path.metadata()?.len();
    }
    Ok(bytes)
}

/// Takes the archive's files out of the memory of the system.
fn forget(dir: &Path) -> anyhow::Result<()> {
    for path in files(dir)? {
        fadvise(File::open(path)?, 0, None, Advice::DontNeed)?;
    }
    Ok(())
}

fn files(dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    Ok(found)
}

fn print(line: &serde_json::Value) {
    println!("{line}");
}
