//! Owns `sluis archive process`: process data of one corporation, written to a new file. Refuses to
//! write over a file, and to leave half a one.

use std::fmt::Write as _;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use sluis_archive::Archive;

use super::archive_keys::Keys;
use super::archive_of::corporation;
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
    #[arg(long, value_name = "NUMBER", value_parser = corporation)]
    corporation: u16,
    /// The first day, in Dutch time: 2026-01-01.
    #[arg(long, value_name = "DATE", value_parser = day)]
    from: Date,
    /// The last day, which is part of it.
    #[arg(long, value_name = "DATE", value_parser = day)]
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
    let written = write_to(archive, &wanted, args.format, file);
    let written = written.and_then(|written| of_somebody(args, written));
    Ok(told(&args.to, &whole(&args.to, written)?))
}

/// Nothing at all of a corporation means another number than its own.
fn of_somebody(args: &ProcessArgs, written: Written) -> anyhow::Result<Written> {
    let number = args.corporation;
    anyhow::ensure!(
        written.is_known,
        "{}: the archive has nothing of corporation {number}: look whether that is `id` of its [[corporation]]",
        args.archive
    );
    Ok(written)
}

/// What was written, and what could not be: whoever counts must know that some is not there.
fn told(to: &Path, written: &Written) -> String {
    let Written {
        events,
        erased,
        removed,
        is_known: _,
    } = *written;
    let mut text = format!("{}: {events} events", to.display());
    if erased > 0 {
        let _ = write!(
            text,
            ", {erased} records left out: their tenants were erased"
        );
    }
    if removed > 0 {
        let _ = write!(
            text,
            ", {removed} objects of these days are not in it: they were removed after their period"
        );
    }
    text + "\n"
}

/// A day, and nothing behind it: a time there would be passed over.
fn day(text: &str) -> Result<Date, String> {
    let day = Date::strptime("%Y-%m-%d", text).ok();
    let day = day.filter(|day| day.to_string() == text);
    day.ok_or_else(|| "expected a day in Dutch time, such as 2026-02-02".to_owned())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_no_time_behind_it() {
        assert_eq!(day("2026-02-02").unwrap().to_string(), "2026-02-02");
        for wrong in [
            "2026-02-31",
            "2026-02-02T00:00",
            "02-02-2026",
            "2026-2-2",
            "",
        ] {
            assert!(day(wrong).unwrap_err().contains("2026-02-02"), "{wrong}");
        }
    }
}
