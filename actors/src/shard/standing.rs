//! Owns the counts of what stands still and needs somebody: tasks by list, what guards hold,
//! attempts in doubt; and since when the oldest of each waits. Counted as it changes, so that
//! asking costs what there are groups, not what is open. Refuses to remember more of each than an
//! id and an instant, to find the oldest.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use sluis_model::checkpoint::StandsAs;
use sluis_model::{CorporationId, FlowBook, FlowRef, NotificationId, Open, Phase, Timestamp};

use super::figures::Alike;
use super::place::{NOWHERE, PackedId, Stand};

/// Entries beyond those that stand still now that a group keeps before it looks which are still true.
const SPARE: usize = 64;

/// What a group is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Tasks on this list, each alone.
    Task(Box<str>),
    /// Tasks that are one for people.
    Alike(Box<Alike>),
    /// Held by this guard of this flow.
    Held(FlowRef, u8),
    /// In doubt, by this flow: it says for how long.
    InDoubt(FlowRef),
}

/// A notification that stands still, behind its mark (see [`mark`]).
pub(super) type Marked = (Timestamp, NotificationId);

/// What stands still for the same reason.
#[derive(Debug)]
pub(super) struct Group {
    pub corporation: CorporationId,
    pub kind: Kind,
    pub count: u64,
    /// The mark of each (see [`mark`]), and which; those that are over leave when they come to the front, or when they
    /// are too many.
    line: BinaryHeap<Reverse<(Timestamp, PackedId)>>,
}

/// The instant by which those in one phase are in order: since when they are in it; for what a guard
/// or doubt holds until when, which is the same time after its beginning for all of one flow.
pub(super) const fn mark(open: &Open) -> Timestamp {
    match open.phase {
        Phase::Waiting { .. } => open.accepted_at,
        Phase::Ready { not_before, .. } => not_before,
        Phase::Started { at, .. } => at,
        Phase::Sent { accepted_at, .. } => accepted_at,
        Phase::Task { since, .. } => since,
        Phase::Held { until, .. } | Phase::InDoubt { until, .. } => until,
    }
}

/// Counts of what waits for people, by group. Groups are as many as corporations have lists and
/// guards; beyond 65,535 nothing is counted.
#[derive(Debug, Default)]
pub(super) struct Groups(Vec<Group>);

impl Groups {
    /// The group of an open notification, made if need be.
    pub(super) fn place(
        &mut self,
        corporation: CorporationId,
        open: &Open,
        flows: &dyn FlowBook,
    ) -> Stand {
        match &open.phase {
            Phase::Task { list, .. } => self.place_task(corporation, open, list, flows),
            Phase::Held { guard, .. } => {
                let wanted = Kind::Held(open.flow, *guard);
                self.find(
                    corporation,
                    |kind| *kind == wanted,
                    || Kind::Held(open.flow, *guard),
                )
            }
            Phase::InDoubt { .. } => {
                let wanted = Kind::InDoubt(open.flow);
                self.find(
                    corporation,
                    |kind| *kind == wanted,
                    || Kind::InDoubt(open.flow),
                )
            }
            Phase::Waiting { .. }
            | Phase::Ready { .. }
            | Phase::Started { .. }
            | Phase::Sent { .. } => NOWHERE,
        }
    }

    /// The group that a checkpoint names, made if need be.
    pub(super) fn stand(&mut self, corporation: CorporationId, stands_as: StandsAs) -> Stand {
        let kind = match stands_as {
            StandsAs::Nothing => return NOWHERE,
            StandsAs::Task(list) => Kind::Task(list),
            StandsAs::Held(flow, guard) => Kind::Held(flow, guard),
            StandsAs::InDoubt(flow) => Kind::InDoubt(flow),
        };
        self.find(corporation, |known| *known == kind, || kind.clone())
    }

    fn place_task(
        &mut self,
        corporation: CorporationId,
        open: &Open,
        list: &str,
        flows: &dyn FlowBook,
    ) -> Stand {
        let Some(group) = open.task_group(corporation, flows) else {
            return self.find(
                corporation,
                |kind| matches!(kind, Kind::Task(known) if **known == *list),
                || Kind::Task(list.into()),
            );
        };
        let alike = || Alike {
            group,
            flow: open.flow,
            step: open.step,
            list: list.into(),
        };
        self.find(
            corporation,
            |kind| matches!(kind, Kind::Alike(known) if known.group == group),
            || Kind::Alike(Box::new(alike())),
        )
    }

    fn find(
        &mut self,
        corporation: CorporationId,
        fits: impl Fn(&Kind) -> bool,
        make: impl Fn() -> Kind,
    ) -> Stand {
        let known = self
            .0
            .iter()
            .position(|group| group.corporation == corporation && fits(&group.kind));
        let place = known.unwrap_or_else(|| {
            if self.0.len() < usize::from(NOWHERE) {
                self.0.push(Group {
                    corporation,
                    kind: make(),
                    count: 0,
                    line: BinaryHeap::new(),
                });
            }
            self.0.len() - 1
        });
        if self.0[place].corporation == corporation {
            place as Stand
        } else {
            NOWHERE
        }
    }

    /// One more.
    pub(super) fn enter(&mut self, stand: Stand) {
        if let Some(group) = self.0.get_mut(usize::from(stand)) {
            group.count += 1;
        }
    }

    /// One less.
    pub(super) fn leave(&mut self, stand: Stand) {
        if let Some(group) = self.0.get_mut(usize::from(stand)) {
            group.count = group.count.saturating_sub(1);
        }
    }

    /// The group at this place.
    pub(super) fn get(&self, stand: Stand) -> Option<&Group> {
        self.0.get(usize::from(stand))
    }

    /// Something began to stand still. `is_true` says whether an entry still does.
    pub(super) fn line_up(
        &mut self,
        stand: Stand,
        mark: Timestamp,
        id: NotificationId,
        is_true: impl Fn(Timestamp, NotificationId) -> bool,
    ) {
        let Some(group) = self.0.get_mut(usize::from(stand)) else {
            return;
        };
        group.line.push(Reverse((mark, id.into())));
        if group.line.len() > 2 * group.count as usize + SPARE {
            group
                .line
                .retain(|Reverse((mark, id))| is_true(*mark, (*id).into()));
        }
    }

    /// Every group, and its oldest with its mark. `is_true` says whether an entry still stands in the
    /// group at this place.
    pub(super) fn all(
        &mut self,
        is_true: impl Fn(Stand, Timestamp, NotificationId) -> bool,
    ) -> Vec<(&Group, Option<Marked>)> {
        let oldest = |(stand, group): (usize, &mut Group)| loop {
            let Reverse((mark, id)) = *group.line.peek()?;
            if is_true(stand as Stand, mark, id.into()) {
                break Some((mark, id.into()));
            }
            group.line.pop();
        };
        let found: Vec<_> = self.0.iter_mut().enumerate().map(oldest).collect();
        self.0.iter().zip(found).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUSE: CorporationId = CorporationId(1);

    fn list(standing: &mut Groups, corporation: CorporationId, name: &str) -> Stand {
        standing.find(
            corporation,
            |kind| *kind == Kind::Task(name.into()),
            || Kind::Task(name.into()),
        )
    }

    #[test]
    fn each_list_of_each_corporation_is_a_group() {
        let mut standing = Groups::default();
        let places = [(1, "a"), (1, "b"), (2, "a"), (1, "a")]
            .map(|(c, name)| list(&mut standing, CorporationId(c), name));
        assert_eq!(places, [0, 1, 2, 0]);
        standing.enter(0);
        standing.enter(0);
        standing.leave(0);
        standing.leave(NOWHERE);
        assert_eq!(
            standing
                .all(|_, _, _| true)
                .iter()
                .map(|(group, _)| group.count)
                .collect::<Vec<_>>(),
            [1, 0, 0]
        );
    }

    #[test]
    fn the_oldest_is_the_oldest_that_still_waits() {
        let mut standing = Groups::default();
        let place = list(&mut standing, HOUSE, "a");
        for n in [5, 3, 9] {
            standing.enter(place);
            standing.line_up(place, Timestamp(n), NotificationId(n as u128), |_, _| true);
        }
        let oldest = |standing: &mut Groups, over: &[i64]| {
            let found = standing.all(|_, since, _| !over.contains(&since.0))[0].1;
            found.map(|(since, _)| since)
        };
        assert_eq!(oldest(&mut standing, &[]), Some(Timestamp(3)));
        assert_eq!(oldest(&mut standing, &[3]), Some(Timestamp(5)));
        assert_eq!(oldest(&mut standing, &[3, 5, 9]), None);
    }

    #[test]
    fn what_is_over_takes_no_room_for_long() {
        let mut standing = Groups::default();
        let place = list(&mut standing, HOUSE, "a");
        // One stays, a million come and go, nobody asks.
        standing.enter(place);
        standing.line_up(place, Timestamp(0), NotificationId(0), |_, _| true);
        for n in 1..100_000 {
            standing.enter(place);
            standing.line_up(
                place,
                Timestamp(n),
                NotificationId(n as u128),
                |since, _| since.0 == 0 || since.0 == n,
            );
            standing.leave(place);
        }
        assert!(
            standing.0[0].line.len() <= SPARE + 4,
            "{}",
            standing.0[0].line.len()
        );
        assert_eq!(
            standing.all(|_, since, _| since.0 == 0)[0].1,
            Some((Timestamp(0), NotificationId(0)))
        );
    }
}
