//! Owns the course of notifications as far as counting needs it: by which flow, at which step, and where
//! each attempt went. A record says only part of that. Bounded: what was forgotten is read again from
//! the notification's earlier records. Refuses to guess: what is not kept any more is unknown.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use sluis_journal::JournalError;
use sluis_model::{
    Channel, Event, FlowRef, Input, Moved, NotificationId, Open, Phase, Record, StoredTenant,
    TenantRecord,
};

/// Notifications that each half remembers: in all, between this and twice as many.
const HALF: usize = 32_768;
/// Records of a tenant that are read back for one notification.
const MOST_READS: usize = 1_000;
/// Attempts of a notification that are remembered, the newest.
const MOST_TRIES: usize = 8;

/// The record of a sequence in the shard at hand; none where there is none any more.
pub(super) type Read<'a> = dyn Fn(u64) -> Result<Option<Record>, JournalError> + 'a;

/// The course of one notification so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Course {
    /// None: its beginning is not kept any more.
    pub(super) flow: Option<FlowRef>,
    pub(super) step: u8,
    /// In order of their numbers.
    tries: Vec<Try>,
}

/// Where one attempt went.
#[derive(Clone, Debug)]
pub(super) struct Try {
    attempt: u16,
    /// By which definition, where that is another one than its notification runs by now.
    pub(super) flow: Option<FlowRef>,
    pub(super) step: u8,
    pub(super) channel: Channel,
    /// Empty: not known.
    pub(super) provider: Arc<str>,
}

impl Course {
    pub(super) fn accepted(flow: FlowRef) -> Self {
        Self {
            flow: Some(flow),
            ..Self::default()
        }
    }

    /// An attempt of the step at hand begins, or is sent again.
    pub(super) fn begin(&mut self, attempt: u16, channel: Channel, provider: Arc<str>) {
        self.tries.retain(|known| known.attempt != attempt);
        if self.tries.len() >= MOST_TRIES {
            self.tries.remove(0);
        }
        let step = self.step;
        self.tries.push(Try {
            attempt,
            flow: None,
            step,
            channel,
            provider,
        });
    }

    /// It goes on under another definition: what was tried so far was tried under the one before.
    pub(super) fn moved(&mut self, moved: &Moved) {
        for tried in &mut self.tries {
            tried.flow.get_or_insert(moved.from);
        }
        (self.flow, self.step) = (Some(moved.to), moved.step);
    }

    pub(super) fn of_attempt(&self, attempt: u16) -> Option<&Try> {
        self.tries.iter().find(|known| known.attempt == attempt)
    }

    /// Where the newest attempt of the step at hand went.
    pub(super) fn newest(&self) -> Option<&Try> {
        let is_here = |newest: &&Try| newest.flow.is_none() && newest.step == self.step;
        self.tries.last().filter(is_here)
    }
}

/// Courses that are remembered.
#[derive(Debug, Default)]
pub(super) struct Courses {
    young: FxHashMap<NotificationId, Course>,
    old: FxHashMap<NotificationId, Course>,
    providers: Vec<Arc<str>>,
}

impl Courses {
    /// Takes the course of a notification out, as it was before this record.
    ///
    /// # Errors
    /// What `read` says.
    pub(super) fn take(
        &mut self,
        record: &TenantRecord,
        id: NotificationId,
        read: &Read<'_>,
    ) -> Result<Course, JournalError> {
        let known = self.young.remove(&id);
        match known.or_else(|| self.old.remove(&id)) {
            Some(course) => Ok(course),
            None => self.walk(record.previous, id, read),
        }
    }

    /// Remembers it for the next record.
    pub(super) fn put(&mut self, id: NotificationId, course: Course) {
        if self.young.len() >= HALF {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(id, course);
    }

    /// One copy of each name.
    pub(super) fn provider(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.providers.iter().find(|known| &***known == name) {
            return known.clone();
        }
        let name: Arc<str> = name.into();
        self.providers.push(name.clone());
        name
    }

    /// Reads the course back, from the record of `sequence` on.
    fn walk(
        &mut self,
        mut sequence: u64,
        id: NotificationId,
        read: &Read<'_>,
    ) -> Result<Course, JournalError> {
        let mut walked = Walked::default();
        for _ in 0..MOST_READS {
            if sequence == 0 {
                break;
            }
            sequence = match read(sequence)? {
                Some(Record::Tenant(record)) => {
                    for event in record.events.iter().rev() {
                        self.learn(&mut walked, event, id);
                    }
                    match &record.input {
                        Input::Notify(body) if body.id == id => {
                            walked.course.flow.get_or_insert(body.flow);
                            break;
                        }
                        _ => record.previous,
                    }
                }
                Some(Record::Stored(piece)) => match stored(&piece, id) {
                    Some(open) => {
                        self.learn_stored(&mut walked, open);
                        break;
                    }
                    None => piece.previous,
                },
                Some(Record::Control(_) | Record::Gone(_)) | None => break,
            };
        }
        Ok(walked.done())
    }

    /// What an event says, from the newest to the oldest.
    fn learn(&mut self, walked: &mut Walked, event: &Event, of: NotificationId) {
        match event {
            Event::StepEntered { id, step, .. } if *id == of => walked.entered(*step),
            Event::AttemptStarted {
                id,
                attempt,
                channel,
                provider,
                ..
            } if *id == of => {
                let provider = self.provider(provider);
                walked.tried(*attempt, *channel, provider);
            }
            Event::Migrated { id, moved } if *id == of => {
                walked.entered(moved.step);
                walked.course.flow.get_or_insert(moved.to);
                walked.flow = Some(moved.from);
            }
            _ => {}
        }
    }

    fn learn_stored(&mut self, walked: &mut Walked, open: &Open) {
        walked.course.flow.get_or_insert(open.flow);
        walked.entered(open.step);
        walked.step = Some(open.step);
        let under_way = match &open.phase {
            Phase::Started {
                attempt, provider, ..
            } => Some((*attempt, &**provider)),
            _ => None,
        };
        if let Phase::Started {
            attempt, channel, ..
        } = &open.phase
            && open.sent_to(*attempt).is_none()
        {
            let provider = under_way.map(|(_, provider)| self.provider(provider));
            walked.tried(*attempt, *channel, provider.unwrap_or_default());
        }
        for sent in open.sent().iter().rev() {
            let provider = under_way.filter(|(attempt, _)| *attempt == sent.attempt);
            let provider = provider.map(|(_, provider)| self.provider(provider));
            walked.step = Some(sent.step);
            walked.tried(sent.attempt, sent.channel, provider.unwrap_or_default());
        }
    }
}

fn stored(piece: &StoredTenant, id: NotificationId) -> Option<&Open> {
    piece.open.iter().find(|open| open.id == id)
}

/// A course that is read backwards.
#[derive(Default)]
struct Walked {
    course: Course,
    /// Whether the step at hand is known.
    is_entered: bool,
    /// By which definition attempts that follow were made, where it has moved since.
    flow: Option<FlowRef>,
    /// The step of attempts that follow, in a stored tenant.
    step: Option<u8>,
    /// Attempts whose step is not known yet: how many, the last of the list.
    open: usize,
}

impl Walked {
    /// The flow stood at this step from here on.
    fn entered(&mut self, step: u8) {
        if !self.is_entered {
            (self.course.step, self.is_entered) = (step, true);
        }
        let known = self.course.tries.len() - self.open;
        for of_step in &mut self.course.tries[known..] {
            of_step.step = step;
        }
        self.open = 0;
    }

    fn tried(&mut self, attempt: u16, channel: Channel, provider: Arc<str>) {
        let is_known = self.course.of_attempt(attempt).is_some();
        if is_known || self.course.tries.len() >= MOST_TRIES {
            return;
        }
        self.open += usize::from(self.step.is_none());
        let step = self.step.unwrap_or_default();
        self.course.tries.push(Try {
            attempt,
            flow: self.flow,
            step,
            channel,
            provider,
        });
    }

    fn done(mut self) -> Course {
        self.course.tries.reverse();
        self.course
    }
}
