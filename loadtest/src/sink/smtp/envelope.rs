//! The envelope of one mail: from whom, to whom, and what is decided of each recipient. Refuses to
//! read commands.

use std::collections::BTreeMap;

use super::super::{Channel, Decision, Kind, Row, SinkCore};

/// Sender and recipients of one transaction.
#[derive(Default)]
pub(super) struct Envelope {
    pub(super) from: String,
    pub(super) envid: Option<String>,
    pub(super) recipients: Vec<Recipient>,
}

/// One recipient that was taken.
pub(super) struct Recipient {
    pub(super) to: String,
    pub(super) orcpt: Option<String>,
    pub(super) never_notify: bool,
    pub(super) decision: Decision,
}

impl Envelope {
    /// A row with everything but the message.
    pub(super) fn row(&self, core: &SinkCore, to: &str) -> Row {
        let now_ms = core.world.now_ms();
        Row {
            channel: Channel::Email,
            kind: Kind::Accepted,
            id: String::new(),
            to: to.into(),
            from: self.from.clone(),
            provider_id: self.envid.clone().unwrap_or_default(),
            headers: BTreeMap::new(),
            size: 0,
            seen: 1,
            first_ms: now_ms,
            last_ms: now_ms,
        }
    }
}
