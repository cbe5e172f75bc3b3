//! Owns how the bytes of an attempt are made again, from the definition that was pinned and the
//! profile as it was: for what left while nobody kept a copy. Refuses to send anything.

use std::collections::HashMap;
use std::sync::Arc;

use sluis_actors::{Dispatch, Lease, Preparer};
use sluis_channels::{Output, Provider};
use sluis_journal::JournalError;
use sluis_model::flow::{Kept, Said, Value};
use sluis_model::{
    AttemptRef, Channel, Event, FlowRef, Input, NotificationId, Profile, Record, StoredTenant,
    Supplied, TenantRecord, Timestamp,
};

use super::categories::Read;

/// Records of a tenant that are read back for one attempt.
const MOST_READS: usize = 10_000;

/// Makes the bytes of attempts again.
pub struct MakeAgain {
    preparer: Preparer,
    providers: HashMap<String, Arc<dyn Provider>>,
}

impl std::fmt::Debug for MakeAgain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MakeAgain").finish_non_exhaustive()
    }
}

/// What was made again.
pub(super) struct Made {
    pub(super) channel: Channel,
    pub(super) provider: Box<str>,
    /// None when the message cannot be made any more.
    pub(super) output: Option<Output>,
}

/// What the records say of an attempt.
#[derive(Default)]
struct Known {
    started: Option<Started>,
    profile: Option<Box<Profile>>,
    accepted: Option<(u64, FlowRef)>,
    /// By which definition it ran then, where it had moved to another one.
    ran_by: Option<FlowRef>,
    /// What people had answered.
    answers: Vec<Said>,
    /// Steps whose newest answer is among them.
    answered: Vec<u8>,
    /// Whether no older record can tell of an answer.
    has_answers: bool,
}

struct Started {
    at: Timestamp,
    channel: Channel,
    provider: Box<str>,
    address: Box<str>,
    variant: u8,
}

impl MakeAgain {
    /// With what renders, and the providers by name.
    #[must_use]
    pub const fn new(preparer: Preparer, providers: HashMap<String, Arc<dyn Provider>>) -> Self {
        Self {
            preparer,
            providers,
        }
    }

    /// The bytes of the attempt whose outcome is `record`; none when its start is not in the journal
    /// any more.
    ///
    /// # Errors
    /// What `read` says.
    pub(super) fn make(
        &self,
        record: &TenantRecord,
        attempt: AttemptRef,
        read: &Read<'_>,
    ) -> Result<Option<Made>, JournalError> {
        let known = known(record, attempt, read, &self.preparer)?;
        let Some(started) = known.started else {
            return Ok(None);
        };
        let provider = self.providers.get(&*started.provider);
        let output = known
            .accepted
            .zip(provider)
            .and_then(|((body, accepted), provider)| {
                let flow = known.ran_by.unwrap_or(accepted);
                let dispatch = Dispatch {
                    attempt,
                    corporation: record.tenant.corporation,
                    tenant: record.tenant.tenant.clone(),
                    channel: started.channel,
                    provider: 0,
                    address: started.address,
                    flow,
                    step: attempt.step,
                    variant: started.variant,
                    body,
                    profile: known.profile,
                    answers: known.answers.into(),
                    at: started.at,
                    // What the archive has not passed is not forgotten.
                    lease: Lease::default(),
                };
                provider.output(&self.preparer.prepare(&dispatch).ok()?)
            });
        Ok(Some(Made {
            channel: started.channel,
            provider: started.provider,
            output,
        }))
    }
}

/// Walks back from the record of an outcome: to the start of the attempt, the profile as it was then,
/// and the record that accepted the notification.
fn known(
    record: &TenantRecord,
    attempt: AttemptRef,
    read: &Read<'_>,
    preparer: &Preparer,
) -> Result<Known, JournalError> {
    let mut known = Known::default();
    let mut sequence = record.previous;
    for _ in 0..MOST_READS {
        sequence = match read(sequence)? {
            Some(Record::Tenant(record)) => {
                let previous = record.previous;
                known.learn(sequence, record, attempt);
                previous
            }
            Some(Record::Stored(piece)) => {
                let previous = piece.previous;
                known.learn_stored(sequence, *piece, attempt, preparer);
                previous
            }
            Some(Record::Control(_) | Record::Gone(_)) | None => break,
        };
        if known.is_all(preparer) {
            break;
        }
    }
    Ok(known)
}

impl Known {
    /// Whether nothing older could add to it.
    fn is_all(&self, preparer: &Preparer) -> bool {
        let Some((_, flow)) = self.accepted else {
            return false;
        };
        let keeps = || {
            preparer
                .flow(flow)
                .is_some_and(|flow| !flow.kept.is_empty())
        };
        self.started.is_some() && self.profile.is_some() && (self.has_answers || !keeps())
    }

    /// What a stored tenant carries along: the body, and the profile as it was.
    fn learn_stored(
        &mut self,
        sequence: u64,
        piece: StoredTenant,
        attempt: AttemptRef,
        preparer: &Preparer,
    ) {
        if self.started.is_some()
            && let Some(open) = piece.open.get(attempt.id)
        {
            self.ran_by.get_or_insert(open.flow);
            let flow = preparer.flow(open.flow);
            let said = flow.map(|flow| flow.said(&open.fields)).unwrap_or_default();
            let unknown = |said: &Said| !self.answered.contains(&said.step);
            let said: Vec<Said> = said.into_iter().filter(unknown).collect();
            self.answers.extend(said);
            self.has_answers = true;
        }
        if let Some(body) = piece.body(attempt.id) {
            self.accepted.get_or_insert((sequence, body.flow));
        }
        if let Some(profile) = piece.profile
            && self.started.is_some()
        {
            self.profile.get_or_insert(profile);
        }
    }

    fn learn(&mut self, sequence: u64, record: TenantRecord, attempt: AttemptRef) {
        if self.started.is_none() {
            self.started = start_in(&record, attempt);
        }
        if self.started.is_some() {
            self.learn_answer(&record, attempt);
        }
        match record.input {
            Input::Notify(body) if body.id == attempt.id => {
                self.has_answers = true;
                self.accepted.get_or_insert((sequence, body.flow));
            }
            // What came between the start and the outcome was not known when it was rendered.
            Input::PutProfile(supplied) if self.started.is_some() => {
                self.profile
                    .get_or_insert_with(|| Box::new(read(*supplied)));
            }
            Input::Notify(_)
            | Input::PutProfile(_)
            | Input::Fact(_)
            | Input::Declared(_)
            | Input::Receipt(_)
            | Input::LateReceipt(_)
            | Input::NoWay(_)
            | Input::Timer { .. }
            | Input::Permit(_)
            | Input::Outcome { .. }
            | Input::Sent { .. }
            | Input::Interrupted { .. }
            | Input::Cancel { .. }
            | Input::Answer { .. }
            | Input::TaskAnswered(_)
            | Input::TenantAnswered(_)
            | Input::Link { .. }
            | Input::PutHousehold(_)
            | Input::InHousehold { .. }
            | Input::PartNews(_)
            | Input::GroupTold { .. }
            | Input::StopPart(_) => {}
            Input::Migrate(order) if order.id == attempt.id => {
                self.ran_by.get_or_insert(order.to);
            }
            Input::Migrate(_) => {}
        }
    }
}

impl Known {
    /// What a person answered, unless a newer answer to the same step replaced it.
    fn learn_answer(&mut self, record: &TenantRecord, attempt: AttemptRef) {
        let step = record.events.iter().find_map(|event| match event {
            Event::AnswerKept { id, step } if *id == attempt.id => Some(*step),
            _ => None,
        });
        let Some(step) = step.filter(|step| !self.answered.contains(step)) else {
            return;
        };
        let (answer, says): (&str, &[(Box<str>, Value)]) = match &record.input {
            Input::TaskAnswered(given) => (&given.answer, &given.says),
            Input::TenantAnswered(given) => (&given.answer, &given.says),
            Input::Answer { answer, .. } => (answer, &[]),
            _ => return,
        };
        let said = |name: &str, value| Said {
            step,
            name: name.into(),
            value,
        };
        self.answered.push(step);
        self.answers
            .push(said(Kept::ANSWER, Value::Text(answer.into())));
        self.answers
            .extend(says.iter().map(|(name, value)| said(name, value.clone())));
    }
}

/// What a message is rendered with of what a source supplied.
fn read(supplied: Supplied) -> Profile {
    Profile {
        name: supplied.name,
        language: supplied.language,
        ..Profile::default()
    }
}

/// The start of the attempt, when it is in this record.
fn start_in(record: &TenantRecord, of: AttemptRef) -> Option<Started> {
    record.events.iter().rev().find_map(|event| match event {
        Event::AttemptStarted {
            id,
            attempt,
            channel,
            provider,
            address,
            ..
        } if (*id, *attempt) == (of.id, of.attempt) => Some(Started {
            at: record.at,
            channel: *channel,
            provider: provider.clone(),
            address: address.clone(),
            variant: variant_in(record, of.id),
        }),
        _ => None,
    })
}

/// The variant of the template of the attempt that starts in this record.
fn variant_in(record: &TenantRecord, of: NotificationId) -> u8 {
    let varied = record.events.iter().find_map(|event| match event {
        Event::Varied { id, number, .. } if *id == of => Some(*number),
        _ => None,
    });
    varied.unwrap_or_default()
}
