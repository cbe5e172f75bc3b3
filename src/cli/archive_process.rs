//! Owns `sluis archive process`: process data of one corporation, written to a new file. Refuses to
//! write over a file, and to leave half a one.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use sluis_archive::Archive;

use super::archive_keys::Keys;
use super::new_file::new_file;
use super::place::Place;
use crate::process::{self, Format, Names, Wanted, Written};

/// Days begin here.
const ZONE: &str = "Europe/Amsterdam";

#[derive(Debug, Args)]
pub struct ProcessArgs {
    /// The archive's directory or bucket.
    #[arg(long, value_name = "DIR|URL")]
    pub(super) archive: Place,
    /// Where the keys of a sealed archive are.
    #[command(flatten)]
    pub(super) keys: Keys,
    /// The corporation's number in the configuration.
    #[arg(long, value_name = "NUMBER")]
    corporation: u16,
    /// The first day, in Dutch time: 2026-01-01.
    #[arg(long, value_name = "DATE")]
    from: Date,
    /// The last day, which is part of it.
    #[arg(long, value_name = "DATE")]
    until: Date,
    /// How it is written.
    #[arg(long, value_enum)]
    format: Format,
    /// Names tenants and subjects by their own numbers. Without this they get names that say nothing:
    /// the same one within this file, others in the next.
    #[arg(long)]
    plain_names: bool,
    /// The file; must be new.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

pub(super) fn written(args: &ProcessArgs, archive: &Archive) -> anyhow::Result<String> {
    let is_period = args.from <= args.until;
    anyhow::ensure!(
        is_period,
        "--from {} is after --until {}",
        args.from,
        args.until
    );
    let wanted = Wanted {
        corporation: args.corporation,
        period: begins(args.from)?..begins(args.until.tomorrow()?)?,
        names: match args.plain_names {
            true => Names::Plain,
            false => Names::Hashed(rand::random()),
        },
    };
    let file = new_file(&args.to)?;
    let written = whole(&args.to, write_to(archive, &wanted, args.format, file))?;
    let Written { events, erased } = written;
    let erased = match erased {
        0 => String::new(),
        _ => format!(", {erased} records left out: their tenants were erased"),
    };
    Ok(format!("{}: {events} events{erased}\n", args.to.display()))
}

fn write_to(
    archive: &Archive,
    wanted: &Wanted,
    format: Format,
    file: File,
) -> anyhow::Result<Written> {
    let mut out = BufWriter::new(file);
    let written = process::write(archive, wanted, format, &mut out)?;
    out.into_inner()
        .map_err(std::io::IntoInnerError::into_error)?
        .sync_all()?;
    Ok(written)
}

/// Half a file is taken away again.
fn whole<T>(path: &Path, result: anyhow::Result<T>) -> anyhow::Result<T> {
    if result.is_err() {
        let _ = std::fs::remove_file(path);
    }
    result
}

/// When a day begins, in milliseconds since 1970.
fn begins(day: Date) -> anyhow::Result<i64> {
    let begins = day.to_zoned(TimeZone::get(ZONE)?)?;
    Ok(begins.timestamp().as_millisecond())
}
