//! Owns which tenants of a shard are on their way to rest. Refuses to say who may rest.

use std::collections::VecDeque;

use sluis_model::Timestamp;

use super::place::Slot;
use crate::tenant::Hand;

/// Who of a shard is put to rest.
#[derive(Debug)]
pub(super) struct Rest {
    pub(super) hand: Hand,
    /// Those that were stored, with the sequences of their records; their states are dropped when
    /// these are durable.
    pub(super) going: VecDeque<(u64, Slot)>,
}

impl Rest {
    pub(super) const fn new(now: Timestamp) -> Self {
        Self {
            hand: Hand::new(now),
            going: VecDeque::new(),
        }
    }
}
