//! Owns the index over what is open by its subject: which tenants have something open about it. By
//! the subject's hash; whoever uses it compares the subject itself.

use sluis_model::CorporationId;
use sluis_model::checkpoint::PassiveSubject;

use super::place::Slot;
use super::sorted_pages::{Entry, SortedPages};

/// A tenant with something open about a subject.
#[derive(Clone, Copy, Debug)]
struct About {
    subject: u64,
    slot: Slot,
    corporation: CorporationId,
    /// Open notifications. From its largest number on it stays: then a tenant is asked in vain, no
    /// more.
    count: u16,
}

impl Entry for About {
    type Key = (u64, CorporationId, Slot);

    fn key(&self) -> Self::Key {
        (self.subject, self.corporation, self.slot)
    }
}

/// Tenants by the subjects of what they have open.
#[derive(Debug, Default)]
pub(super) struct Subjects(SortedPages<About>);

impl Subjects {
    /// Tenants with something open about the subject, in order of their places.
    pub(super) fn slots(&self, corporation: CorporationId, subject: u64) -> Vec<Slot> {
        let from = self.0.iter_from((subject, corporation, 0));
        from.take_while(|about| (about.subject, about.corporation) == (subject, corporation))
            .map(|about| about.slot)
            .collect()
    }

    /// One more is open about it.
    pub(super) fn opened(&mut self, corporation: CorporationId, slot: Slot, subject: u64) {
        let about = About {
            subject,
            slot,
            corporation,
            count: 1,
        };
        self.0
            .insert_or(about, |known| known.count = known.count.saturating_add(1));
    }

    /// Every tenant with something open about a subject, behind this place.
    pub(super) fn iter_from(
        &self,
        from: (u64, CorporationId, Slot),
    ) -> impl Iterator<Item = PassiveSubject> {
        self.0.iter_from(from).map(|about| PassiveSubject {
            slot: about.slot,
            subject: about.subject,
            corporation: about.corporation,
            count: about.count,
        })
    }

    /// As a checkpoint has it. They come in order.
    pub(super) fn restore(&mut self, subject: PassiveSubject) {
        self.0.append(About {
            subject: subject.subject,
            slot: subject.slot,
            corporation: subject.corporation,
            count: subject.count,
        });
    }

    /// Keeps those of tenants for whom `keep` says yes.
    pub(super) fn retain(&mut self, keep: impl Fn(Slot) -> bool) {
        self.0.retain(|about| keep(about.slot));
    }

    /// Takes over all of another one, which knows other tenants.
    pub(super) fn take_all(&mut self, others: Self) {
        self.0.merge(others.0);
    }

    /// One less.
    pub(super) fn ended(&mut self, corporation: CorporationId, slot: Slot, subject: u64) {
        let key = (subject, corporation, slot);
        match self.0.get_mut(key) {
            Some(About { count: 1, .. }) => drop(self.0.remove(key)),
            Some(About {
                count: u16::MAX, ..
            })
            | None => {}
            Some(about) => about.count -= 1,
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten million may be open in all: this is what each costs beside its state.
    #[test]
    fn an_entry_stays_small() {
        assert_eq!(size_of::<About>(), 16);
    }
}
