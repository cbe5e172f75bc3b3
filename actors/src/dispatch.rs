//! Owns the order to send one attempt, from the shard that journaled its start to the supervisor
//! that carries it out, and the way its outcome comes back. Refuses to hold a body: it names the
//! record that does.

use std::sync::Arc;

use sluis_model::flow::Said;
use sluis_model::{
    AttemptRef, Channel, CorporationId, FlowRef, Input, Left, Profile, Timestamp, Verdict,
};

/// One attempt whose start is durable.
#[derive(Clone, Debug)]
pub struct Dispatch {
    /// The attempt.
    pub attempt: AttemptRef,
    /// The corporation that sends.
    pub corporation: CorporationId,
    /// The corporation's number for the tenant.
    pub tenant: Box<str>,
    /// Channel.
    pub channel: Channel,
    /// Index of the provider within its channel's router; its permit comes back with the outcome.
    pub provider: usize,
    /// Where it goes.
    pub address: Box<str>,
    /// The definition to render with.
    pub flow: FlowRef,
    /// Index of the step, which names the template.
    pub step: u8,
    /// Which variant of that template, from 1; 0: the template itself.
    pub variant: u8,
    /// Sequence of the record that holds the body, in the attempt's shard.
    pub body: u64,
    /// Keeps that record from being forgotten.
    pub lease: Lease,
    /// Who receives, for the template.
    pub profile: Option<Box<Profile>>,
    /// What people answered so far, for the template.
    pub answers: Box<[Said]>,
    /// When the attempt started.
    pub at: Timestamp,
}

/// What became of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The attempt.
    pub attempt: AttemptRef,
    /// What it amounts to.
    pub verdict: Verdict,
    /// Which bytes left or may have, where that is kept.
    pub left: Option<Left>,
}

impl Outcome {
    /// As its shard takes it.
    #[must_use]
    pub fn into_input(self) -> Input {
        let Self {
            attempt,
            verdict,
            left,
        } = self;
        match left {
            Some(left) => Input::Sent {
                attempt,
                verdict,
                left,
            },
            None => Input::Outcome { attempt, verdict },
        }
    }
}

/// Keeps what an attempt may still read from being forgotten. All that were handed out together are
/// of one kind: the shard waits for the last of them.
#[derive(Clone, Debug, Default)]
pub struct Lease(Arc<()>);

impl Lease {
    /// Whether nobody has another one of this kind.
    pub(crate) fn is_last(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }
}
