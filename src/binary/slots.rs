//! Owns the open rows of a connection, under numbers of its own: a sender's correlations may
//! repeat, these do not. Refuses an answer to a row that is not open any more.

use sluis_model::NotificationId;

/// A row that was admitted and has no answer yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Open {
    /// The sender's number for it.
    pub(super) correlation: u64,
    /// The notification.
    pub(super) id: NotificationId,
    /// It was accepted before.
    pub(super) duplicate: bool,
}

/// The open rows of one connection. As large as the most rows that were ever open at once.
#[derive(Debug, Default)]
pub(super) struct Slots {
    entries: Vec<Entry>,
    free: Vec<u32>,
}

#[derive(Debug, Default)]
struct Entry {
    /// Counts the uses, so that a number is not given twice.
    generation: u32,
    row: Option<Open>,
}

impl Slots {
    /// A number for a row that is about to be admitted. Its answer may come before [`Slots::fill`].
    pub(super) fn reserve(&mut self) -> u64 {
        let index = self.free.pop().unwrap_or_else(|| {
            self.entries.push(Entry::default());
            // Credit keeps the rows of a connection far below 2^32.
            (self.entries.len() - 1) as u32
        });
        u64::from(self.entries[index as usize].generation) << 32 | u64::from(index)
    }

    /// The row under a reserved number.
    pub(super) fn fill(&mut self, number: u64, row: Open) {
        if let Some(entry) = self.entry(number) {
            entry.row = Some(row);
        }
    }

    /// Takes the row out: it is answered. `None`: there is none under this number.
    pub(super) fn take(&mut self, number: u64) -> Option<Open> {
        let row = self.entry(number)?.row.take()?;
        self.release(number);
        Some(row)
    }

    /// Gives a number back.
    pub(super) fn release(&mut self, number: u64) {
        if let Some(entry) = self.entry(number) {
            entry.row = None;
            entry.generation = entry.generation.wrapping_add(1);
            self.free.push(number as u32);
        }
    }

    fn entry(&mut self, number: u64) -> Option<&mut Entry> {
        let (generation, index) = ((number >> 32) as u32, number as u32);
        self.entries
            .get_mut(index as usize)
            .filter(|entry| entry.generation == generation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(correlation: u64) -> Open {
        Open {
            correlation,
            id: NotificationId(correlation.into()),
            duplicate: false,
        }
    }

    #[test]
    fn a_number_is_answered_once_and_never_given_again() {
        let mut slots = Slots::default();
        let first = slots.reserve();
        let second = slots.reserve();
        slots.fill(first, row(7));
        slots.fill(second, row(7));
        assert_eq!(slots.take(first), Some(row(7)));
        assert_eq!(slots.take(first), None);

        let third = slots.reserve();
        assert_ne!(third, first);
        slots.fill(third, row(8));
        assert_eq!(
            slots.take(first),
            None,
            "an old number does not reach the new row"
        );
        assert_eq!(
            (slots.take(third), slots.take(second)),
            (Some(row(8)), Some(row(7)))
        );
        assert_eq!(slots.entries.len(), 2);
    }

    #[test]
    fn a_number_given_back_has_no_row() {
        let mut slots = Slots::default();
        let number = slots.reserve();
        slots.release(number);
        slots.fill(number, row(1));
        assert_eq!(slots.take(number), None);
        assert_eq!(slots.take(u64::MAX), None);
    }
}
