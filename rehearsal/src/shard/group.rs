//! Owns what one of a household brings about for the others: a part that is stopped, answered or paid stops
//! the rest of its group in the same instant, as the household itself does in the engine. Refuses to
//! decide when that is so: the part's own rules say it.

use sluis_model::{Input, StopPart, Timestamp};

use super::Shard;

impl Shard<'_> {
    /// Stops the others of each group of which a part has just said so.
    pub(super) fn stop_others(&mut self, now: Timestamp) {
        while let Some((by, end)) = self.stops.pop() {
            let audience = self.audience;
            let Some(group) = audience.rows.get(by as usize).and_then(|row| row.group) else {
                continue;
            };
            // A household stops its group once.
            if !self.stopped.insert(group) {
                continue;
            }
            let group = audience.groups.get(group as usize);
            let rows = group.into_iter().flat_map(|group| &group.rows);
            let others = rows.filter(|row| **row != by);
            for row in others {
                self.stop(now, *row, &end);
            }
        }
    }

    fn stop(&mut self, now: Timestamp, row: u32, end: &str) {
        let Some(one) = self.audience.rows.get(row as usize) else {
            return;
        };
        let Some(of) = self.audience.part(self.stage, one) else {
            return;
        };
        let order = StopPart {
            id: self.stage.id(row),
            of,
            end: end.into(),
            note: "".into(),
        };
        self.give(now, one.person, &Input::StopPart(Box::new(order)));
        self.forget(one.person);
    }
}
