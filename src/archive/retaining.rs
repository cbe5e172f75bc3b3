//! Owns the passes over the archive that remove what is past its period: one now and then, in steps of
//! which each is short. Refuses to know the periods: they are data.

use std::sync::Arc;

use sluis_archive::{Archive, ArchiveError, Key, Retained, Terms};
use sluis_model::{HOUR, Timestamp};

use crate::telemetry::names;

/// How long after the end of a pass the next one begins, in milliseconds. What is due is gone so much
/// later at most, when nothing else keeps it.
const EVERY_MS: i64 = HOUR;
/// Volumes that a step looks at: their manifests are in memory. It ends early when something went.
const VOLUMES_AT_ONCE: u64 = 256;
/// Objects that the store did not let go and that a pass tries again.
const MOST_TRIES: usize = 1_000;

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing: no pass is due.
    Rested,
    /// A part of a pass.
    More,
    /// The last part.
    Ended,
}

/// Passes over an archive.
pub(super) struct Retaining {
    terms: Terms,
    next: Timestamp,
    pass: Option<Pass>,
    /// Objects that a hold and that open flows keep, as it was told last.
    kept: (u64, u64),
}

/// A pass under way.
struct Pass {
    held: Vec<Key>,
    volume: u64,
    sum: Retained,
}

impl Retaining {
    pub(super) const fn new(terms: Terms) -> Self {
        Self {
            terms,
            next: Timestamp(0),
            pass: None,
            kept: (0, 0),
        }
    }

    /// The next part of a pass, when one is due or under way.
    pub(super) fn step(&mut self, archive: &Arc<Archive>, now: Timestamp) -> Step {
        if self.pass.is_none() && now < self.next {
            return Step::Rested;
        }
        let step = self.try_step(archive, now).unwrap_or_else(|error| {
            tracing::error!(%error, "what is past its period stays in the archive: it is tried again in an hour");
            names::ARCHIVE_FAILURES.of(()).increment(1);
            self.pass = None;
            Step::Ended
        });
        if step == Step::Ended {
            self.next = Timestamp(now.0.saturating_add(EVERY_MS));
        }
        step
    }

    fn try_step(&mut self, archive: &Arc<Archive>, now: Timestamp) -> Result<Step, ArchiveError> {
        let pass = match &mut self.pass {
            Some(pass) => pass,
            none => {
                // A tombstone must not be put where the archive is not.
                archive.ensure_there()?;
                none.insert(Pass {
                    held: archive.held(&self.terms.held)?,
                    volume: 0,
                    sum: Retained::default(),
                })
            }
        };
        let newest = archive.tip().volume;
        let last = newest.min(pass.volume + VOLUMES_AT_ONCE);
        while pass.volume < last {
            pass.volume += 1;
            let done = archive.retain(pass.volume, &self.terms, &pass.held, now.0)?;
            pass.sum.add(&done);
            if done.objects > 0 {
                count(&done);
                break;
            }
        }
        if pass.volume < newest {
            return Ok(Step::More);
        }
        let sum = pass.sum;
        self.pass = None;
        let is_new = std::mem::replace(&mut self.kept, (sum.held, sum.open)) != self.kept;
        ended(archive, &sum, is_new);
        Ok(Step::Ended)
    }
}

fn count(done: &Retained) {
    names::ARCHIVE_REMOVED_OBJECTS
        .of(())
        .increment(done.objects);
    names::ARCHIVE_REMOVED_ENTRIES
        .of(())
        .increment(done.entries);
    names::ARCHIVE_REMOVED_BYTES.of(()).increment(done.bytes);
}

/// What a pass did stands in the log and in the metrics.
fn ended(archive: &Archive, sum: &Retained, is_new: bool) {
    let (went, why) = archive.try_again(MOST_TRIES);
    let undeleted = archive.undeleted();
    names::ARCHIVE_HELD.of(()).set(sum.held as f64);
    names::ARCHIVE_FLOWS_OPEN.of(()).set(sum.open as f64);
    names::ARCHIVE_UNDELETED.of(()).set(undeleted as f64);
    let Retained {
        objects,
        entries,
        bytes,
        held,
        open,
        hidden,
    } = *sum;
    // A hold lasts for years, and a pass an hour: what is as before needs no line.
    if objects > 0 || went > 0 || is_new {
        tracing::info!(
            objects,
            entries,
            bytes,
            held,
            open,
            "`objects` were past their period and were removed from the archive; a legal hold keeps `held`, open flows keep `open`"
        );
    }
    if hidden > 0 {
        tracing::warn!(
            hidden,
            "the bucket shows no more what was past its period, and keeps a version of each object: it needs a lifecycle rule \
             that removes versions that are no longer current"
        );
    }
    if let Some(error) = why {
        tracing::warn!(
            undeleted,
            %error,
            "the store does not let go what is past its period: it is tried again in an hour; Object Lock or the rights \
             of the key may forbid it"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluis_archive::{Limits, Store};

    #[test]
    fn a_pass_ends_and_the_next_one_begins_an_hour_later() {
        let limits = Limits {
            bytes: usize::MAX,
            age_ms: i64::MAX,
        };
        let archive = Archive::open(Store::memory(), 1, limits).unwrap();
        let archive = Arc::new(archive);
        let mut retaining = Retaining::new(Terms::default());
        let mut step = |at| retaining.step(&archive, Timestamp(at));
        assert_eq!(step(5), Step::Ended);
        assert_eq!(step(5 + HOUR - 1), Step::Rested);
        assert_eq!(step(5 + HOUR), Step::Ended);
    }
}
