//! Owns the outline of a record: when, whose, and what came before, read from the beginning of its
//! payload. What seals a record needs no more. Refuses to decode the rest, except of a control, of
//! which there are few.

use bincode::Decode;

use crate::codec::{self, CodecError, Version};
use crate::ids::{CorporationId, TenantKey};
use crate::record::{Carried, Control, ControlRecord, Intent, Record};
use crate::time::Timestamp;

/// Whom a record is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// One tenant.
    Tenant(TenantKey),
    /// A corporation, or several of its tenants.
    Corporation(CorporationId),
    /// Nobody: it holds nothing of a person.
    Nobody,
}

/// What a record begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// When it was written.
    pub at: Timestamp,
    /// Sequence of the record of the same tenant before it; 0: none.
    pub previous: u64,
    /// Whom it is about.
    pub whose: Whose,
}

/// The number of a variant of [`Record`], as it is encoded.
#[derive(Decode)]
struct Kind(u32);

/// How a tenant's record and a stored tenant begin.
#[derive(Decode)]
struct Beginning {
    _kind: u32,
    at: Timestamp,
    tenant: TenantKey,
    previous: u64,
}

const CONTROL: u32 = 1;

impl Outline {
    /// Of the payload of a record's frame, written in this version.
    ///
    /// # Errors
    /// [`CodecError::Payload`].
    pub fn of(version: u8, payload: &[u8]) -> Result<Self, CodecError> {
        let Kind(kind) = codec::decode_first(payload)?;
        if kind != CONTROL {
            let beginning: Beginning = codec::decode_first(payload)?;
            return Ok(Self {
                at: beginning.at,
                previous: beginning.previous,
                whose: Whose::Tenant(beginning.tenant),
            });
        }
        match codec::decode_payload(payload, Version(version))? {
            Record::Control(ControlRecord { at, control }) => Ok(Self {
                at,
                previous: 0,
                whose: of_control(&control).map_or(Whose::Nobody, Whose::Corporation),
            }),
            Record::Tenant(_) | Record::Stored(_) | Record::Gone(_) => {
                Err(CodecError::Payload("its kind changed".to_owned()))
            }
        }
    }
}

/// Whose tenants a control may name.
fn of_control(control: &Control) -> Option<CorporationId> {
    match control {
        Control::IntentOpened { work, .. } => match work {
            Intent::Each { tenants, .. } => tenants.first().map(|tenant| tenant.corporation),
            Intent::CancelSubject { corporation, .. } | Intent::PartNews { corporation, .. } => {
                Some(*corporation)
            }
        },
        Control::Unexplained { corporation, .. } => *corporation,
        Control::StrayDismissed { corporation, .. } => Some(*corporation),
        Control::Carried(carried) => match &**carried {
            Carried::Strays(strays) => strays.corporation,
            Carried::Unread(unread) => Some(unread.corporation),
            Carried::Pause { .. } => None,
        },
        Control::Pause(_)
        | Control::Resume(_)
        | Control::IntentDone { .. }
        | Control::Erased(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{FrameKind, take_frame};
    use crate::record::TenantRecord;
    use crate::{Input, NotificationId, PauseScope, ShardId, StoredTenant, Subject, Tenant};

    fn outline(record: &Record) -> Outline {
        let mut bytes = Vec::new();
        record.encode(&mut bytes).expect("it fits");
        let framed = take_frame(FrameKind::Record, &bytes).expect("a frame");
        Outline::of(framed.version, framed.payload).expect("an outline")
    }

    #[test]
    fn the_beginning_of_a_record_says_when_whose_and_what_came_before() {
        let (at, tenant) = (Timestamp(1_700), TenantKey::new(CorporationId(7), "H-1"));
        let expected = Outline {
            at,
            previous: 41,
            whose: Whose::Tenant(tenant.clone()),
        };
        let record = TenantRecord {
            at,
            tenant: tenant.clone(),
            previous: 41,
            input: Input::Timer {
                id: NotificationId::new(ShardId(0), 1, 1),
            },
            events: Vec::new(),
        };
        assert_eq!(outline(&Record::Tenant(record)), expected);
        let state = Tenant {
            last: 41,
            ..Tenant::default()
        };
        let stored = StoredTenant::pieces(&tenant, &state, Vec::new(), at, 42).remove(0);
        assert_eq!(outline(&Record::Stored(Box::new(stored))), expected);
    }

    #[test]
    fn a_control_that_may_name_tenants_is_its_corporations() {
        let control = |control| {
            let at = Timestamp(5);
            outline(&Record::Control(ControlRecord { at, control })).whose
        };
        assert_eq!(
            control(Control::Pause(PauseScope::EVERYTHING)),
            Whose::Nobody
        );
        let work = Intent::CancelSubject {
            corporation: CorporationId(7),
            subject: Subject {
                kind: "invoice".into(),
                id: "F-1".into(),
            },
            note: "".into(),
        };
        let opened = control(Control::IntentOpened { intent: 1, work });
        assert_eq!(opened, Whose::Corporation(CorporationId(7)));
    }
}
