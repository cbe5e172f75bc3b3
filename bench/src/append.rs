//! Owns the floor of durable accept: a plain file, groups of records, one fdatasync a group; on
//! request over space that was written before, so that a sync has no new extents to note. Refuses
//! to be clever: no second thread.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::time::Instant;

#[derive(Debug, clap::Args)]
pub(crate) struct AppendArgs {
    /// File to write; removed afterwards.
    #[arg(long, default_value = "append-floor.tmp")]
    file: PathBuf,
    /// Bytes of a record.
    #[arg(long, default_value_t = 1024)]
    bytes: usize,
    /// Records of a group.
    #[arg(long, default_value_t = 256)]
    group: usize,
    /// Groups.
    #[arg(long, default_value_t = 1000)]
    groups: usize,
    /// Fill the file with zeros first and write over them.
    #[arg(long)]
    preallocated: bool,
}

pub(crate) fn run(args: &AppendArgs) -> anyhow::Result<()> {
    anyhow::ensure!(
        args.bytes * args.group * args.groups > 0,
        "nothing to write: this run has failed"
    );
    let mut file = File::create(&args.file)?;
    let group = vec![b'x'; args.bytes * args.group];
    if args.preallocated {
        let zeros = vec![0; group.len()];
        (0..args.groups).try_for_each(|_| file.write_all(&zeros))?;
        file.sync_all()?;
        file.seek(SeekFrom::Start(0))?;
    }
    let start = Instant::now();
    for _ in 0..args.groups {
        file.write_all(&group)?;
        file.sync_data()?;
    }
    let seconds = start.elapsed().as_secs_f64();
    std::fs::remove_file(&args.file)?;
    let records = args.groups * args.group;
    println!(
        "{}",
        serde_json::json!({
            "what": "append", "preallocated": args.preallocated, "bytes": args.bytes, "group": args.group, "records": records, "seconds": seconds,
            "rate": records as f64 / seconds, "ms_a_group": seconds * 1_000.0 / args.groups as f64,
        })
    );
    Ok(())
}
