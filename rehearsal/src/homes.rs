//! Owns who is decided on together: those who are told as one household, and with them those whom they
//! share another household with. What happens to one may stop the others at once, so they have one shard.
//! Refuses to know what a household is.

use crate::stage::Audience;

/// The home of each tenant: the lowest place among those who belong together.
pub(crate) struct Homes(Vec<u32>);

impl Homes {
    pub(crate) fn among(audience: &Audience) -> Self {
        // Without groups everybody is his own home, and nothing is kept.
        if audience.groups.is_empty() {
            return Self(Vec::new());
        }
        let people = u32::try_from(audience.people.len()).unwrap_or(u32::MAX);
        let mut homes = Self((0..people).collect());
        for group in &audience.groups {
            let mut members = group
                .rows
                .iter()
                .filter_map(|row| audience.rows.get(*row as usize));
            let Some(first) = members.next() else {
                continue;
            };
            for other in members {
                homes.join(first.person, other.person);
            }
        }
        for person in 0..people {
            let home = homes.of(person);
            homes.0[person as usize] = home;
        }
        homes
    }

    /// Where somebody belongs.
    pub(crate) fn of(&self, person: u32) -> u32 {
        let mut at = person;
        while let Some(next) = self.0.get(at as usize).filter(|next| **next != at) {
            at = *next;
        }
        at
    }

    /// How many rows go together, each weighed by how many it goes with. A number of rows of which so
    /// many always go alike spreads at most so many times as much as one of single rows.
    pub(crate) fn together(&self, audience: &Audience) -> f64 {
        let mut sizes = vec![0_u32; audience.people.len()];
        for row in &audience.rows {
            if let Some(size) = sizes.get_mut(self.of(row.person) as usize) {
                *size += 1;
            }
        }
        let squares: f64 = sizes.iter().map(|size| f64::from(*size).powi(2)).sum();
        squares / (audience.rows.len().max(1) as f64)
    }

    fn join(&mut self, one: u32, other: u32) {
        let (one, other) = (self.of(one), self.of(other));
        let (low, high) = (one.min(other), one.max(other));
        // A higher home always points to a lower one, so that there is no circle.
        self.0[high as usize] = low;
    }
}
