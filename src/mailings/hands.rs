//! Owns what whoever hands rows over has in hand: the next rows of the file, which of them a shard may
//! have already, and when to go on. Refuses to take a row twice.

use std::collections::VecDeque;
use std::io;

use sluis_model::{SECOND, Timestamp};

use super::marks::UNKNOWN;
use super::pace::Pace;
use super::rows::{Got, RowsReader};

/// Most rows that are handed over together.
pub(super) const WINDOW: usize = 256;

/// What whoever hands rows over has in hand.
#[derive(Debug)]
pub(super) struct Hands {
    reader: RowsReader,
    /// Rows that were read and have no verdict, in order.
    pending: VecDeque<(usize, Got)>,
    /// Rows before this one may be known to a shard: it is asked before they are offered.
    pub(super) ask_until: usize,
    /// Nothing is offered before this instant.
    pub(super) rests_until: Timestamp,
    pub(super) pace: Pace,
    /// Rows before this one are cancelled, while it stops.
    pub(super) cancelled: usize,
    /// Since when everything is cancelled.
    pub(super) cancelled_at: Option<Timestamp>,
}

impl Hands {
    /// At the first row without a verdict. Reads up to there. Blocks.
    pub(super) fn at(reader: RowsReader, verdicts: &[u8]) -> Self {
        let first = verdicts.iter().position(|mark| *mark == UNKNOWN);
        Self {
            reader,
            pending: VecDeque::new(),
            // After a crash the rows of one window may be known and have no verdict.
            ask_until: first.map_or(0, |first| first + WINDOW),
            rests_until: Timestamp(0),
            pace: Pace::default(),
            cancelled: 0,
            cancelled_at: None,
        }
    }

    /// Has at least so many rows in hand, unless there are fewer.
    pub(super) fn fill(&mut self, verdicts: &[u8], rows: usize) -> io::Result<()> {
        while self.pending.len() < rows
            && let Some((number, got)) = self.reader.next()?
        {
            if verdicts.get(number) == Some(&UNKNOWN) {
                self.pending.push_back((number, got));
            }
        }
        Ok(())
    }

    /// Whether every row has its verdict.
    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// The number of the next row, if a shard may have it.
    pub(super) fn uncertain(&self) -> Option<usize> {
        let (number, _) = self.pending.front()?;
        (*number < self.ask_until).then_some(*number)
    }

    /// The next rows, at most so many.
    pub(super) fn take(&mut self, most: usize) -> Vec<(usize, Got)> {
        let count = most.min(self.pending.len());
        self.pending.drain(..count).collect()
    }

    /// These had no verdict: they come first the next time.
    pub(super) fn put_back(&mut self, mut rows: Vec<(usize, Got)>) {
        rows.sort_by_key(|(number, _)| *number);
        for row in rows.into_iter().rev() {
            self.pending.push_front(row);
        }
    }

    /// Nothing is offered for so many seconds.
    pub(super) fn rest(&mut self, now: Timestamp, seconds: u32) {
        self.rests_until = now.plus(i64::from(seconds) * SECOND);
    }
}
