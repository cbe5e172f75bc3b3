//! Owns business events as they come in: payments, balances, open amounts, and those of declared
//! types. Refuses to judge them: guards and stop rules do.

use std::str::FromStr;

use bincode::{Decode, Encode};
use serde::Serialize;

use crate::flow::Value;
use crate::notification::{Environment, Subject, UnknownWord};
use crate::time::Timestamp;

/// The kinds of fact that the engine knew before types were declared. Money is reckoned with by rules
/// of its own; exceptions and appointments are declared types now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FactKind {
    /// Money came in for a subject; `amount_cents` is what came in. A part payment is a fact, not a
    /// stop.
    Payment,
    /// The open amount of a subject, absolute.
    OpenAmount,
    /// What the tenant owes in all, absolute; zero or less: nothing.
    Balance,
    /// Debt counselling, bankruptcy, estate (row 52): in records before version 5.
    Exception,
    /// An appointment was made or moved: in records before version 5.
    Appointment,
}

impl FactKind {
    /// Every kind.
    pub const ALL: [FactKind; 5] = [
        FactKind::Payment,
        FactKind::OpenAmount,
        FactKind::Balance,
        FactKind::Exception,
        FactKind::Appointment,
    ];

    /// The name used in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            FactKind::Payment => "payment",
            FactKind::OpenAmount => "open_amount",
            FactKind::Balance => "balance",
            FactKind::Exception => "exception",
            FactKind::Appointment => "appointment",
        }
    }

    /// Whether the kind means nothing without an amount.
    #[must_use]
    pub const fn needs_amount(self) -> bool {
        matches!(
            self,
            FactKind::Payment | FactKind::OpenAmount | FactKind::Balance
        )
    }

    /// Whether the kind means nothing without a subject.
    #[must_use]
    pub const fn needs_subject(self) -> bool {
        matches!(self, FactKind::Payment | FactKind::OpenAmount)
    }
}

impl FromStr for FactKind {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        FactKind::ALL
            .into_iter()
            .find(|k| k.name() == text)
            .ok_or(UnknownWord(
                "payment, open_amount, balance, exception or appointment",
            ))
    }
}

/// One fact about one tenant.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Fact {
    /// The source's id; the same id and content is taken once.
    pub fact_id: Box<str>,
    /// XXH3, 64 bits, of the content: the same id with other content is a conflict.
    pub body: u64,
    /// What kind of event.
    pub kind: FactKind,
    /// What it is about.
    pub subject: Option<Subject>,
    /// Euro cents.
    pub amount_cents: Option<i64>,
    /// When it happened at the source.
    pub occurred_at: Timestamp,
    /// The world it comes from; a fact from another world than the engine's is refused at the door.
    pub environment: Environment,
}

/// Which facts of a type count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Counts {
    /// The newest at its source.
    Newest,
    /// All that hold: their numbers are added. What is no number is read from the newest.
    Sum,
}

/// One fact of a declared type about one tenant, with what its type said when it came in: a type that
/// is changed later changes no fact that was told. Since record version 5.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct DeclaredFact {
    /// See [`Fact::fact_id`].
    pub fact_id: Box<str>,
    /// See [`Fact::body`].
    pub body: u64,
    /// The name of its type.
    pub kind: Box<str>,
    /// What it is about, where its type is about a subject.
    pub subject: Option<Subject>,
    /// What its fields say, by name; those that were left out are not here.
    pub says: Box<[(Box<str>, Value)]>,
    /// Whether it replaces an older one or is added to it.
    pub counts: Counts,
    /// When it happened at the source.
    pub occurred_at: Timestamp,
    /// From when on it holds no more; [`Timestamp::NEVER`]: for ever.
    pub holds_until: Timestamp,
    /// See [`Fact::environment`].
    pub environment: Environment,
}

impl Fact {
    /// The subject that somebody should know of: what came in or is open means nothing without it.
    #[must_use]
    pub const fn about(&self) -> Option<&Subject> {
        match self.kind {
            FactKind::Payment | FactKind::OpenAmount => self.subject.as_ref(),
            FactKind::Balance | FactKind::Exception | FactKind::Appointment => None,
        }
    }
}
