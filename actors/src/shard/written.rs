//! Owns how many bytes a shard wrote within a day, by corporation and hour: what a start counts against
//! the bound of a corporation. Refuses to keep more than a day.

use std::collections::BTreeMap;

use sluis_model::{CorporationId, DAY, HOUR, Timestamp};

/// Bytes by corporation and hour.
#[derive(Debug, Default)]
pub(super) struct Written(BTreeMap<(CorporationId, Timestamp), u64>);

impl Written {
    /// So many more were written at this instant.
    pub(super) fn add(&mut self, corporation: CorporationId, bytes: u64, at: Timestamp) {
        let hour = Timestamp(at.0 - at.0.rem_euclid(HOUR));
        if let Some(known) = self.0.get_mut(&(corporation, hour)) {
            *known += bytes;
            return;
        }
        self.0
            .retain(|(_, known), _| at.since(*known) <= DAY + HOUR);
        self.0.insert((corporation, hour), bytes);
    }

    /// Bytes by corporation and hour.
    pub(super) fn iter(&self) -> impl Iterator<Item = ((CorporationId, Timestamp), u64)> {
        self.0.iter().map(|(place, bytes)| (*place, *bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_kept_by_the_hour() {
        let mut written = Written::default();
        let house = CorporationId(1);
        for (bytes, at) in [(1, 5), (2, 6), (4, HOUR), (8, DAY + 2 * HOUR)] {
            written.add(house, bytes, Timestamp(at));
        }
        let kept: Vec<_> = written
            .iter()
            .map(|((_, at), bytes)| (at.0, bytes))
            .collect();
        assert_eq!(kept, [(HOUR, 4), (DAY + 2 * HOUR, 8)]);
    }
}
