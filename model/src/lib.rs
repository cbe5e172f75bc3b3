//! The heart of Sluis: its words as types, the pure rules `decide` and `evolve`, flows as data, the
//! codecs. Deterministic: the same code runs live, in simulation and in a forecast. Refuses I/O,
//! async, clock reads and randomness.

mod addressed;
mod answer;
mod attempt;
mod before;
pub mod calendar;
mod channel;
pub mod checkpoint;
pub mod codec;
mod contact;
mod decide;
mod event;
mod evolve;
mod fact;
mod fact_type;
pub mod flow;
mod group;
mod history;
mod household;
mod ids;
mod input;
pub mod instant;
mod matching;
mod moving;
mod notification;
mod opens;
mod outline;
pub mod outside;
mod point;
mod policy;
mod profile;
pub mod reading;
mod record;
mod reference;
mod rounds;
#[cfg(feature = "simulation")]
mod slip;
mod state;
pub mod steering;
mod stored;
mod supplied;
mod task_group;
mod time;
mod unfinished;
pub mod wire;

pub use addressed::{Addressed, PartOf};
pub use answer::{
    Answer, Cancelled, LinkAnswer, ProfileChange, ReceiptEffect, Stopped, TaskAnswer,
};
pub use attempt::{Barred, Left, OnDoubt, ReceiptKind, Refusal, Verdict, Why};
pub use channel::{Channel, ChannelSet, ContactKind, Need, UnknownChannel};
#[cfg(feature = "simulation")]
pub use contact::leak;
pub use decide::{Decision, MOST_AT_ONCE, Situation, decide, known_answers};
pub use event::{Branched, Capped, Cause, Choice, Event, FactSet, HeldBack, NotSet};
pub use evolve::{Applied, FlowBook, evolve, fact_hash, finish};
pub use fact::{Counts, DeclaredFact, Fact, FactKind};
pub use fact_type::{About, FactField, FactType, Holds};
pub use flow::{Flow, FlowRef};
pub use group::{
    Group, GroupStop, Grouped, NamedIn, OpenPart, Part, PartNews, StopPart, part_id, part_number,
};
pub use history::{Contact, Fate, History};
pub use household::{Addressee, Household, Member, NotTold, Role, WhyNot};
pub use ids::{
    AttemptRef, AttemptToken, CorporationId, IdError, NotificationId, ShardId, TenantKey,
    home_shard,
};
pub use input::{
    CancelTarget, Input, LateReceipt, NoWay, Permit, Receipt, TaskAnswered, TenantAnswered,
};
pub use matching::{Unmatched, is_known, unmatched};
pub use moving::{Fit, Migrate, Moved, Moving, Stay, fit, unread};
pub use notification::{
    Environment, Idempotency, Lane, Notification, NotificationRequest, Subject, UnknownWord,
};
pub use opens::Opens;
pub use outline::{Outline, Whose};
pub use point::{Evidence, Known, PerChannel, Point, PointSource, PointState, Where, same};
pub use policy::{Policy, RetryPolicy};
pub use profile::{Preference, Profile};
pub use record::{
    Carried, CarriedMessage, CarriedStray, CarriedStrays, CarriedUnread, Control, ControlRecord,
    Erased, Gone, Intent, PauseScope, PausedBy, Record, TenantRecord,
};
pub use reference::{ForgedReference, ReferenceKey, Unsubscribed};
pub use rounds::{Round, Rounds};
#[cfg(feature = "simulation")]
pub use slip::{Slip, slip};
pub use state::{
    Asked, Declared, Open, Phase, PhaseKind, Plan, Saying, SentTo, SubjectMoney, Tenant, Told,
    Tried, Tries,
};
pub use stored::{Assembly, StoredTenant, Whole};
pub use supplied::{Given, Supplied};
pub use task_group::TaskGroup;
pub use time::{Clock, DAY, HOUR, MINUTE, ManualClock, SECOND, Timestamp};
pub use unfinished::Unfinished;
