//! Owns a list that grows by pieces of one size: growing copies nothing, so that no insertion takes
//! longer than another however much stands in it already, and what was taken from its front is
//! given back. Refuses insertions in between.

use std::collections::VecDeque;
use std::ops::{Index, IndexMut};

/// Elements in a piece.
const PIECE: usize = 256;

/// A list in pieces of one size.
#[derive(Debug)]
pub(crate) struct ChunkedDeque<T> {
    /// All full but the last; none is empty.
    pieces: VecDeque<Vec<T>>,
    /// Elements at the front of the first piece that were taken.
    taken: usize,
}

impl<T> Default for ChunkedDeque<T> {
    fn default() -> Self {
        Self {
            pieces: VecDeque::new(),
            taken: 0,
        }
    }
}

impl<T> ChunkedDeque<T> {
    pub(crate) fn len(&self) -> usize {
        self.pieces.back().map_or(0, |last| {
            (self.pieces.len() - 1) * PIECE + last.len() - self.taken
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    pub(crate) fn push_back(&mut self, element: T) {
        if self.pieces.back().is_none_or(|last| last.len() == PIECE) {
            self.pieces.push_back(Vec::with_capacity(PIECE));
        }
        let last = self.pieces.len() - 1;
        self.pieces[last].push(element);
    }

    pub(crate) fn front(&self) -> Option<&T> {
        self.pieces.front().map(|first| &first[self.taken])
    }

    pub(crate) fn back(&self) -> Option<&T> {
        self.pieces.back().and_then(|last| last.last())
    }
}

/// By number, counted from the front.
impl<T> Index<usize> for ChunkedDeque<T> {
    type Output = T;

    fn index(&self, number: usize) -> &T {
        let place = number + self.taken;
        &self.pieces[place / PIECE][place % PIECE]
    }
}

impl<T> IndexMut<usize> for ChunkedDeque<T> {
    fn index_mut(&mut self, number: usize) -> &mut T {
        let place = number + self.taken;
        &mut self.pieces[place / PIECE][place % PIECE]
    }
}

impl<T: Copy> ChunkedDeque<T> {
    pub(crate) fn pop_front(&mut self) -> Option<T> {
        let front = *self.front()?;
        self.taken += 1;
        if self.pieces[0].len() == self.taken {
            self.pieces.pop_front();
            self.taken = 0;
        }
        Some(front)
    }

    pub(crate) fn pop_back(&mut self) -> Option<T> {
        let back = self.pieces.back_mut()?.pop()?;
        let taken = if self.pieces.len() == 1 {
            self.taken
        } else {
            0
        };
        if self.pieces.back().is_some_and(|last| last.len() == taken) {
            self.pieces.pop_back();
            self.taken -= taken;
        }
        Some(back)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_queue(steps in prop::collection::vec((0..3u8, 1..700usize), 1..60)) {
            let (mut chunked, mut twin) = (ChunkedDeque::default(), VecDeque::new());
            for (step, (kind, count)) in steps.into_iter().enumerate() {
                for n in 0..count {
                    match kind {
                        0 => {
                            chunked.push_back((step, n));
                            twin.push_back((step, n));
                        }
                        1 => prop_assert_eq!(chunked.pop_front(), twin.pop_front()),
                        _ => prop_assert_eq!(chunked.pop_back(), twin.pop_back()),
                    }
                }
                prop_assert_eq!((chunked.len(), chunked.is_empty()), (twin.len(), twin.is_empty()));
                prop_assert_eq!((chunked.front(), chunked.back()), (twin.front(), twin.back()));
                let len = twin.len();
                for number in [0, 1, len / 2, len.saturating_sub(1)].into_iter().filter(|n| *n < len) {
                    prop_assert_eq!(chunked[number], twin[number]);
                    chunked[number].1 += 1;
                    twin[number].1 += 1;
                }
            }
        }
    }
}
