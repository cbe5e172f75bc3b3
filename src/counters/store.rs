//! Owns the counts: those of the days that may still change in memory and in one file, `now`, with how
//! far the log was followed; those of earlier days in a file each, which never changes again. Refuses to
//! count a record twice, whatever happened in between.

use std::collections::BTreeMap;
use std::fs;
use std::ops::RangeInclusive;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::civil::Date;
use parking_lot::Mutex;

use super::counted::{Counted, OneDay, Row};
use super::file::{self, Content, FORMAT, FileError, Head, io_error};

/// What changes: the open days, and how far the log was followed.
const NOW: &str = "now";
/// A file of open days that could not be read.
const DAMAGED: &str = "now.damaged";

/// Where the counters of a data directory are.
#[must_use]
pub fn directory(data_dir: &Path) -> PathBuf {
    data_dir.join("counters")
}

/// Which counts.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Of these days.
    pub days: RangeInclusive<Date>,
    /// Of one corporation; none: of all.
    pub corporation: Option<u16>,
    /// Of one flow; none: of all. Likewise the others.
    pub flow: Option<String>,
    /// Of one channel.
    pub channel: Option<String>,
    /// Of one event.
    pub event: Option<String>,
    /// The most rows.
    pub most: usize,
}

/// There are more rows than were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// Counts in order of days.
pub type Rows = Result<Vec<Row>, Full>;

/// The counts of a data directory.
#[derive(Debug)]
pub struct Store {
    dir: PathBuf,
    state: Mutex<State>,
    /// Per shard the last record that is counted in `now` on the disk.
    saved: Vec<AtomicU64>,
}

#[derive(Debug, Default)]
struct State {
    /// Per shard the last record that is counted.
    followed: Vec<u64>,
    days: BTreeMap<Date, OneDay>,
    open_from: Option<Date>,
    counted_before: Option<Date>,
    is_changed: bool,
}

impl Store {
    /// Opens it. Where `now` is missing or damaged it counts again from the oldest record that is kept,
    /// but nothing of a day that has a file.
    ///
    /// # Errors
    /// The disk fails, or a newer program wrote it.
    pub fn open(dir: &Path, shards: u16) -> Result<Self, FileError> {
        let made = fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir);
        made.map_err(io_error(dir))?;
        let state = match file::read(&dir.join(NOW)) {
            Ok(Some(content)) => State::of(content, shards),
            Ok(None) => State::afresh(dir, shards)?,
            Err(error @ FileError::Damaged { .. }) => {
                tracing::warn!(%error, "the counters of the last days are made again from the records that are kept");
                fs::rename(dir.join(NOW), dir.join(DAMAGED)).map_err(io_error(dir))?;
                State::afresh(dir, shards)?
            }
            Err(error) => return Err(error),
        };
        Ok(Self {
            dir: dir.to_owned(),
            saved: state.followed.iter().copied().map(AtomicU64::new).collect(),
            state: Mutex::new(state),
        })
    }

    /// The last record of the shard that is counted.
    #[must_use]
    pub fn followed(&self, shard: u16) -> u64 {
        let state = self.state.lock();
        let followed = state.followed.get(usize::from(shard));
        followed.copied().unwrap_or_default()
    }

    /// The same, of what is on the disk.
    #[must_use]
    pub fn saved(&self, shard: u16) -> u64 {
        let saved = self.saved.get(usize::from(shard));
        saved.map_or(0, |saved| saved.load(Ordering::Acquire))
    }

    /// The log ends before what was counted: this directory is another state of it, and what comes gets
    /// the same numbers again.
    pub fn is_at_most(&self, shard: u16, last: u64) {
        let mut state = self.state.lock();
        if let Some(followed) = state.followed.get_mut(usize::from(shard))
            && *followed > last
        {
            tracing::warn!(
                shard,
                followed,
                last,
                "the counters have more than the log: they go on at its end"
            );
            *followed = last;
            state.is_changed = true;
        }
    }

    /// Adds what the records up to `upto` say.
    pub fn add(&self, shard: u16, upto: u64, counts: impl Iterator<Item = (Date, Counted, u64)>) {
        let mut state = self.state.lock();
        for (day, counted, count) in counts {
            state.add(day, counted, count);
        }
        if let Some(followed) = state.followed.get_mut(usize::from(shard)) {
            *followed = upto;
        }
        state.is_changed = true;
    }

    /// Writes what changed. Days before `closing` get their files: nothing is to come for them any more.
    ///
    /// # Errors
    /// The disk fails: nothing is lost, and it is written the next time.
    pub fn save(&self, closing: Option<Date>) -> Result<(), FileError> {
        for day in self.days_before(closing) {
            let content = self.state.lock().content_of(day);
            self.write(&day.to_string(), &content)?;
        }
        let (content, is_changed) = self.state.lock().now(closing);
        if !is_changed {
            return Ok(());
        }
        if let Err(error) = self.write(NOW, &content) {
            self.state.lock().is_changed = true;
            return Err(error);
        }
        for (saved, followed) in self.saved.iter().zip(&content.head.followed) {
            saved.store(*followed, Ordering::Release);
        }
        Ok(())
    }

    fn write(&self, name: &str, content: &Content) -> Result<(), FileError> {
        let path = self.dir.join(name);
        let bytes = content.encode().map_err(std::io::Error::from);
        file::write(&path, &bytes.map_err(io_error(&path))?)
    }

    fn days_before(&self, closing: Option<Date>) -> Vec<Date> {
        let Some(closing) = closing else {
            return Vec::new();
        };
        let state = self.state.lock();
        state.days.range(..closing).map(|(day, _)| *day).collect()
    }

    /// Counts, in order.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn rows(&self, asked: &Asked) -> Result<Rows, FileError> {
        let (mut rows, open) = {
            let state = self.state.lock();
            let open: Vec<Date> = state.days.keys().copied().collect();
            let open_days = state.days.range(asked.days.clone());
            let rows = open_days.flat_map(|(day, one)| of_day(*day, one));
            let rows: Vec<Row> = rows.filter(|row| asked.is_wanted(&row.counted)).collect();
            (rows, open)
        };
        for day in self.closed_days(&asked.days)? {
            // What is in memory is newer: its file was written a moment ago.
            if open.contains(&day) {
                continue;
            }
            let content = file::read(&self.dir.join(day.to_string()))?;
            let of_day = content.unwrap_or_default().rows.into_iter();
            rows.extend(of_day.filter(|row| asked.is_wanted(&row.counted)));
            if rows.len() > asked.most {
                return Ok(Err(Full));
            }
        }
        if rows.len() > asked.most {
            return Ok(Err(Full));
        }
        rows.sort_unstable();
        Ok(Ok(rows))
    }

    fn closed_days(&self, wanted: &RangeInclusive<Date>) -> Result<Vec<Date>, FileError> {
        let mut days = closed_days(&self.dir)?;
        days.retain(|day| wanted.contains(day));
        Ok(days)
    }
}

impl Asked {
    fn is_wanted(&self, counted: &Counted) -> bool {
        let is = |wanted: &Option<String>, actual: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted == actual)
        };
        self.corporation
            .is_none_or(|corporation| corporation == counted.corporation)
            && is(&self.flow, &counted.flow)
            && is(&self.channel, &counted.channel)
            && is(&self.event, &counted.event)
    }
}

fn of_day(day: Date, one: &OneDay) -> impl Iterator<Item = Row> {
    one.each().map(move |(counted, count)| Row {
        day,
        counted: counted.clone(),
        count,
    })
}

/// Days that have a file.
fn closed_days(dir: &Path) -> Result<Vec<Date>, FileError> {
    let mut days = Vec::new();
    for entry in fs::read_dir(dir).map_err(io_error(dir))? {
        let name = entry.map_err(io_error(dir))?.file_name();
        days.extend(name.to_str().and_then(file::day));
    }
    days.sort_unstable();
    Ok(days)
}

impl State {
    fn of(content: Content, shards: u16) -> Self {
        let Content { head, rows } = content;
        let mut followed = head.followed;
        followed.resize(usize::from(shards), 0);
        let mut days = BTreeMap::<Date, OneDay>::new();
        for row in rows {
            let day = days.entry(row.day).or_default();
            day.add(row.counted, row.count);
        }
        Self {
            followed,
            days,
            open_from: head.open_from.as_deref().and_then(file::day),
            counted_before: head.counted_before.as_deref().and_then(file::day),
            is_changed: false,
        }
    }

    fn afresh(dir: &Path, shards: u16) -> Result<Self, FileError> {
        let newest = closed_days(dir)?.last().copied();
        let next = newest.and_then(|newest| newest.tomorrow().ok());
        Ok(Self {
            followed: vec![0; usize::from(shards)],
            open_from: next,
            counted_before: next,
            is_changed: true,
            ..Self::default()
        })
    }

    fn add(&mut self, day: Date, counted: Counted, count: u64) {
        if self.counted_before.is_some_and(|before| day < before) {
            return;
        }
        // The clock was set back by days: what has a file does not change any more.
        let day = self.open_from.map_or(day, |open| open.max(day));
        self.days.entry(day).or_default().add(counted, count);
    }

    fn content_of(&self, day: Date) -> Content {
        let one = self.days.get(&day);
        let mut rows: Vec<Row> = one.into_iter().flat_map(|one| of_day(day, one)).collect();
        rows.sort_unstable();
        Content {
            head: Head {
                format: FORMAT,
                ..Head::default()
            },
            rows,
        }
    }

    /// What `now` says from here on, and whether that is news.
    fn now(&mut self, closing: Option<Date>) -> (Content, bool) {
        let mut is_changed = std::mem::take(&mut self.is_changed);
        if let Some(closing) = closing
            && self.open_from.is_none_or(|open| open < closing)
        {
            self.days = self.days.split_off(&closing);
            self.open_from = Some(closing);
            is_changed = true;
        }
        let rows = self.days.iter();
        let mut rows: Vec<Row> = rows.flat_map(|(day, one)| of_day(*day, one)).collect();
        rows.sort_unstable();
        let head = Head {
            format: FORMAT,
            followed: self.followed.clone(),
            open_from: self.open_from.map(|day| day.to_string()),
            counted_before: self.counted_before.map(|day| day.to_string()),
        };
        (Content { head, rows }, is_changed)
    }
}

/// Copies the counters beside an engine that may be writing them: before the journal is copied, so that
/// the copy of that has every record that they have. Days whose file was copied earlier are left.
///
/// # Errors
/// A file is damaged; the disk fails.
pub fn copy(from: &Path, to: &Path) -> Result<(), FileError> {
    let Some(now) = file::read(&from.join(NOW))? else {
        return Ok(());
    };
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(to);
    made.map_err(io_error(to))?;
    // Read before the files of days: a day that is closed meanwhile is in it.
    for day in closed_days(from)? {
        let target = to.join(day.to_string());
        let is_open = now.rows.iter().any(|row| row.day == day);
        if !is_open && file::read(&target).is_ok_and(|there| there.is_some()) {
            continue;
        }
        if let Some(content) = file::read(&from.join(day.to_string()))? {
            put(&target, &content)?;
        }
    }
    put(&to.join(NOW), &now)
}

fn put(path: &Path, content: &Content) -> Result<(), FileError> {
    let bytes = content.encode().map_err(std::io::Error::from);
    file::write(path, &bytes.map_err(io_error(path))?)
}

#[cfg(test)]
mod tests;
