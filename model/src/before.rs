//! Owns what older versions of the records wrote in another form than this build, and how it is
//! read. Versions 1 to 3: addresses of a channel each, with what their source had checked beside
//! them, instead of contact points; pauses that did not say whose they were. Up to version 4:
//! conditions of one comparison, erasures that did not say why, preferences without a date, tenants
//! without a history. Up to version 5: two histories of a tenant, of what caps and of what flows count;
//! notifications to single tenants alone; tasks without a plan. Refuses to write any of it.

mod steered;

use bincode::de::Decoder;
use bincode::error::DecodeError;
use bincode::{Decode, impl_borrow_decode_with_context};

use crate::addressed::Addressed;
use crate::attempt::Verdict;
use crate::channel::{Channel, Need};
use crate::codec::Version;
use crate::fact::Fact;
use crate::flow::{Observed, Seen};
use crate::history::{Contact, Fate, History};
use crate::ids::{AttemptRef, NotificationId, TenantKey};
use crate::input::{CancelTarget, Input, LateReceipt, Permit, Receipt};
use crate::notification::Notification;
use crate::point::{PointSource, PointState, Where, same};
use crate::profile::Preference;
use crate::record::{Erased, Intent, PauseScope, PausedBy, TenantRecord};
use crate::state::{Asked, Told};
use crate::supplied::{Given, Supplied};
use crate::time::Timestamp;

/// The first version with contact points.
const POINTS: Version = Version(4);
/// The first version whose conditions may have several comparisons, whose erasures say why, and whose
/// facts may be of declared types.
const JOINED: Version = Version(5);
/// The first version with one history of what left, with households and with segments.
const ONE_HISTORY: Version = Version(6);
/// The first version whose tasks may have a plan.
const PLANNED: Version = Version(6);

/// The inputs of versions 1 to 3, in the order of their codes.
#[derive(Decode)]
#[bincode(decode_context = "Version")]
enum InputThen {
    Notify(Box<Notification>),
    PutProfile(Box<ProfileThen>),
    Fact(Fact),
    Receipt(Receipt),
    Timer {
        id: NotificationId,
    },
    Permit(Permit),
    Outcome {
        attempt: AttemptRef,
        verdict: Verdict,
    },
    Interrupted {
        attempt: AttemptRef,
    },
    Cancel {
        target: CancelTarget,
        note: Box<str>,
    },
    Answer {
        id: NotificationId,
        task: u16,
        answer: Box<str>,
        by: Box<str>,
    },
    Link {
        id: NotificationId,
        pressed: bool,
    },
    Supplied(Box<SuppliedThen>),
    LateReceipt(Box<LateReceipt>),
}

#[derive(Decode)]
#[bincode(decode_context = "Version")]
struct ProfileThen {
    name: Box<str>,
    language: Box<str>,
    addresses: Vec<AddressThen>,
    preferences: Vec<Preference>,
}

#[derive(Decode)]
struct AddressThen {
    channel: Channel,
    value: Box<str>,
    state: PointState,
}

#[derive(Decode)]
#[bincode(decode_context = "Version")]
struct SuppliedThen {
    profile: ProfileThen,
    confirmed: Vec<ConfirmedThen>,
}

#[derive(Decode)]
struct ConfirmedThen {
    channel: Channel,
    value: Box<str>,
    at: Timestamp,
}

impl From<InputThen> for Input {
    fn from(then: InputThen) -> Self {
        match then {
            InputThen::Notify(body) => Self::Notify(body),
            InputThen::PutProfile(profile) => Self::PutProfile(Box::new(supplied(*profile, &[]))),
            InputThen::Supplied(then) => {
                Self::PutProfile(Box::new(supplied(then.profile, &then.confirmed)))
            }
            InputThen::Fact(fact) => Self::Fact(fact),
            InputThen::Receipt(receipt) => Self::Receipt(receipt),
            InputThen::LateReceipt(late) => Self::LateReceipt(late),
            InputThen::Timer { id } => Self::Timer { id },
            InputThen::Permit(permit) => Self::Permit(permit),
            InputThen::Outcome { attempt, verdict } => Self::Outcome { attempt, verdict },
            InputThen::Interrupted { attempt } => Self::Interrupted { attempt },
            InputThen::Cancel { target, note } => Self::Cancel { target, note },
            InputThen::Answer {
                id,
                task,
                answer,
                by,
            } => Self::Answer {
                id,
                task,
                answer,
                by,
            },
            InputThen::Link { id, pressed } => Self::Link { id, pressed },
        }
    }
}

/// Addresses of a channel each, as contact points. What was given for a channel that reaches nobody
/// is none.
fn supplied(then: ProfileThen, confirmed: &[ConfirmedThen]) -> Supplied {
    let mut supplied = Supplied {
        name: then.name,
        language: then.language,
        points: Vec::new(),
        preferences: then.preferences,
    };
    for AddressThen {
        channel,
        value,
        state,
    } in then.addresses
    {
        let Some(kind) = channel.contact_kind() else {
            continue;
        };
        let checked = confirmed
            .iter()
            .filter(|c| c.channel == channel && same(kind, &c.value, &value));
        supplied.add(Given {
            kind,
            state,
            source: PointSource::System,
            confirmed: checked.map(|checked| checked.at).max(),
            is_mobile: channel.need() == Need::Mobile,
            given_for: (!channel.has_kind_alone()).then_some(channel),
            value,
        });
    }
    supplied
}

/// An input, in the form of the version that is being read.
fn input<D: Decoder<Context = Version>>(decoder: &mut D) -> Result<Input, DecodeError> {
    if *decoder.context() < POINTS {
        InputThen::decode(decoder).map(Input::from)
    } else {
        Input::decode(decoder)
    }
}

impl Decode<Version> for TenantRecord {
    fn decode<D: Decoder<Context = Version>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Ok(Self {
            at: Decode::decode(decoder)?,
            tenant: Decode::decode(decoder)?,
            previous: Decode::decode(decoder)?,
            input: input(decoder)?,
            events: Decode::decode(decoder)?,
        })
    }
}

impl_borrow_decode_with_context!(TenantRecord, Version);

impl Decode<Version> for Intent {
    fn decode<D: Decoder<Context = Version>>(decoder: &mut D) -> Result<Self, DecodeError> {
        match u32::decode(decoder)? {
            0 => Ok(Self::Each {
                tenants: Vec::<TenantKey>::decode(decoder)?,
                input: input(decoder)?,
            }),
            1 => Ok(Self::CancelSubject {
                corporation: Decode::decode(decoder)?,
                subject: Decode::decode(decoder)?,
                note: Decode::decode(decoder)?,
            }),
            2 => Ok(Self::PartNews {
                corporation: Decode::decode(decoder)?,
                household: Decode::decode(decoder)?,
                news: Decode::decode(decoder)?,
            }),
            found => Err(DecodeError::UnexpectedVariant {
                type_name: "Intent",
                allowed: &bincode::error::AllowedEnumVariants::Range { min: 0, max: 2 },
                found,
            }),
        }
    }
}

impl_borrow_decode_with_context!(Intent, Version);

impl Decode<Version> for PauseScope {
    /// Before, whoever named a corporation was taken for it: it alone could, but for an operator who
    /// named one.
    fn decode<D: Decoder<Context = Version>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let is_said = *decoder.context() >= POINTS;
        let corporation = Decode::decode(decoder)?;
        let (flow, channel) = (Decode::decode(decoder)?, Decode::decode(decoder)?);
        let by = match corporation {
            _ if is_said => PausedBy::decode(decoder)?,
            Some(_) => PausedBy::Corporation,
            None => PausedBy::Operator,
        };
        Ok(Self {
            corporation,
            flow,
            channel,
            by,
        })
    }
}

impl_borrow_decode_with_context!(PauseScope, Version);

impl Decode<Version> for Preference {
    /// Before, nobody was told since when a tenant prefers a channel, and who said so.
    fn decode<D: Decoder<Context = Version>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let is_dated = *decoder.context() >= JOINED;
        let category: Box<str> = Decode::decode(decoder)?;
        let preference = Self::new(category, Decode::decode(decoder)?);
        if !is_dated {
            return Ok(preference);
        }
        Ok(Self {
            source: Decode::decode(decoder)?,
            since: Decode::decode(decoder)?,
            ..preference
        })
    }
}

impl_borrow_decode_with_context!(Preference, Version);

impl Decode<Version> for Seen {
    /// Before, a condition was one comparison.
    fn decode<D: Decoder<Context = Version>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let first = Observed::decode(decoder)?;
        if *decoder.context() < JOINED {
            return Ok(first.into());
        }
        let others = Decode::decode(decoder)?;
        Ok(Self { first, others })
    }
}

impl_borrow_decode_with_context!(Seen, Version);

impl Decode<Version> for Erased {
    /// Before, nobody was asked why.
    fn decode<D: Decoder<Context = Version>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let says_why = *decoder.context() >= JOINED;
        Ok(Self {
            corporation: Decode::decode(decoder)?,
            tenant: Decode::decode(decoder)?,
            by: Decode::decode(decoder)?,
            why: if says_why {
                Decode::decode(decoder)?
            } else {
                Box::default()
            },
            records: Decode::decode(decoder)?,
            notifications: Decode::decode(decoder)?,
        })
    }
}

impl_borrow_decode_with_context!(Erased, Version);

impl Decode<Version> for Asked {
    /// Before, a task was whoever's who worked on the list, for as long as it took.
    fn decode<D: Decoder<Context = Version>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let has_plan = *decoder.context() >= PLANNED;
        let cause = Decode::decode(decoder)?;
        let plan = if has_plan {
            Decode::decode(decoder)?
        } else {
            None
        };
        Ok(Self { cause, plan })
    }
}

impl_borrow_decode_with_context!(Asked, Version);

impl Decode<Version> for Told {
    /// Before version 5, no types of facts were declared, and no messages were counted.
    fn decode<D: Decoder<Context = Version>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let has_declared = *decoder.context() >= JOINED;
        let has_one_history = *decoder.context() >= ONE_HISTORY;
        Ok(Self {
            balance: Decode::decode(decoder)?,
            balance_ahead: Decode::decode(decoder)?,
            subjects: Decode::decode(decoder)?,
            facts: Decode::decode(decoder)?,
            declared: if has_declared {
                Decode::decode(decoder)?
            } else {
                Vec::new()
            },
            history: if has_one_history {
                Decode::decode(decoder)?
            } else if has_declared {
                history(Decode::decode(decoder)?, Decode::decode(decoder)?)
            } else {
                None
            },
            grouped: if *decoder.context() >= ONE_HISTORY {
                Decode::decode(decoder)?
            } else {
                None
            },
            rounds: if *decoder.context() >= ONE_HISTORY {
                Decode::decode(decoder)?
            } else {
                None
            },
        })
    }
}

impl_borrow_decode_with_context!(Told, Version);

/// A message of a counted flow, in version 5.
#[derive(Decode)]
struct CountedThen {
    at: Timestamp,
    attempt: u64,
    purpose: u64,
    about: u64,
}

/// A message that a cap counts, in version 5: of its notification, half the id.
#[derive(Decode)]
struct CappedThen {
    at: Timestamp,
    notification: u64,
    subject: u64,
    category: u32,
    attempt: u16,
    channel: Channel,
}

/// The two histories of version 5 as one. A message that stood in both stands in it twice, once for
/// each that counts it.
fn history(counted: Vec<CountedThen>, capped: Option<Vec<CappedThen>>) -> Option<Box<History>> {
    let counted = counted.into_iter().map(|then| Contact {
        id: NotificationId(u128::from(then.attempt)),
        at: then.at,
        about: then.about,
        purpose: (then.purpose as u32).max(1),
        category: 0,
        attempt: 0,
        channel: None,
        fate: Fate::Left,
        counted: true,
    });
    let capped = capped.into_iter().flatten().map(|then| Contact {
        id: NotificationId(u128::from(then.notification)),
        at: then.at,
        about: then.subject,
        purpose: 0,
        category: then.category,
        attempt: then.attempt,
        channel: Some(then.channel),
        fate: Fate::UnderWay,
        counted: false,
    });
    let all: History = counted.chain(capped).collect();
    (!all.is_empty()).then(|| Box::new(all))
}
impl Decode<Version> for Notification {
    /// Before, each was for one tenant.
    fn decode<D: Decoder<Context = Version>>(decoder: &mut D) -> Result<Self, DecodeError> {
        Ok(Self {
            id: Decode::decode(decoder)?,
            flow: Decode::decode(decoder)?,
            category: Decode::decode(decoder)?,
            subject: Decode::decode(decoder)?,
            data: Decode::decode(decoder)?,
            fields: Decode::decode(decoder)?,
            lane: Decode::decode(decoder)?,
            send_after: Decode::decode(decoder)?,
            expires_at: Decode::decode(decoder)?,
            environment: Decode::decode(decoder)?,
            idempotency: Decode::decode(decoder)?,
            addressed: if *decoder.context() >= ONE_HISTORY {
                Decode::decode(decoder)?
            } else {
                Addressed::Tenant
            },
        })
    }
}

impl_borrow_decode_with_context!(Notification, Version);

/// [`Where`] as this build writes it.
#[derive(Decode)]
enum WhereNow {
    Everywhere(crate::channel::ContactKind),
    On(Channel),
}

impl Decode<Version> for Where {
    fn decode<D: Decoder<Context = Version>>(decoder: &mut D) -> Result<Self, DecodeError> {
        if *decoder.context() < POINTS {
            return Channel::decode(decoder).map(Self::On);
        }
        Ok(match WhereNow::decode(decoder)? {
            WhereNow::Everywhere(kind) => Self::Everywhere(kind),
            WhereNow::On(channel) => Self::On(channel),
        })
    }
}

impl_borrow_decode_with_context!(Where, Version);
