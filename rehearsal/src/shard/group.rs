//! Owns what one of a household brings about for the others: a part that is stopped, answered or paid stops
//! the rest of its group in the same instant, and a group begins together, as in the engine. Refuses to
//! decide when that is so: the part's own rules say it.

use sluis_model::{Input, StopPart, Timestamp};

use super::Shard;

impl Shard<'_> {
    /// The parts of a group begin when each of its people has his.
    pub(super) fn begin_group(&mut self, now: Timestamp, row: u32) {
        let audience = self.audience;
        let Some(place) = audience.rows.get(row as usize).and_then(|row| row.group) else {
            return;
        };
        let Some(group) = audience.groups.get(place as usize) else {
            return;
        };
        let handed = self.handed.entry(place).or_default();
        *handed += 1;
        if *handed < group.rows.len() {
            return;
        }
        self.handed.remove(&place);
        for row in &group.rows {
            let Some(one) = audience.rows.get(*row as usize) else {
                continue;
            };
            let (id, stop) = (self.stage.id(*row), false);
            self.give(now, one.person, &Input::GroupTold { id, stop });
            self.forget(one.person);
        }
    }

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
