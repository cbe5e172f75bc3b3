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
        Self {
            reader,
            pending: VecDeque::new(),
            ask_until: behind_a_window(verdicts),
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

    /// How many of the next rows a shard may have.
    pub(super) fn doubtful(&self) -> usize {
        let next = self.pending.iter();
        next.take_while(|(number, _)| *number < self.ask_until)
            .count()
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

/// The row behind those that may be known and have no verdict after a crash: those of one window. They need not
/// stand beside each other, where answers were lost before.
fn behind_a_window(verdicts: &[u8]) -> usize {
    let unknown = verdicts.iter().enumerate();
    let unknown = unknown.filter(|(_, mark)| **mark == UNKNOWN);
    unknown.take(WINDOW).last().map_or(0, |(row, _)| row + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mailings::live::Verdict;

    #[test]
    fn a_window_is_rows_without_a_verdict_and_not_rows_beside_each_other() {
        let known = Verdict::Admitted as u8;
        assert_eq!(behind_a_window(&[known; 9]), 0);
        assert_eq!(behind_a_window(&[known, UNKNOWN, known]), 2);
        // Each second answer was lost: the last row of the window stands far behind the first.
        let every_second = |row: usize| {
            if row.is_multiple_of(2) {
                UNKNOWN
            } else {
                known
            }
        };
        let verdicts: Vec<u8> = (0..4 * WINDOW).map(every_second).collect();
        assert_eq!(behind_a_window(&verdicts), 2 * WINDOW - 1);
    }
}
