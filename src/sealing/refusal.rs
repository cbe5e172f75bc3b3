//! Owns the reasons for which a tenant is not erased, with what to do about each: the same for the
//! command line and for the API. Refuses to look for them.

use sluis_model::Unfinished;

/// Why a tenant is not erased. Nothing was done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A legal hold on the tenant.
    #[error(
        "refused: a legal hold keeps what is known of this tenant (corporation.{0}.legal_holds). It ends when the number is taken out \
         of the list"
    )]
    Held(String),
    /// A legal hold on something that concerns him.
    #[error(
        "refused: a legal hold on {0} keeps what is known of this tenant (corporation.legal_hold_subjects). It ends when the subject \
         is taken out of the list"
    )]
    SubjectHeld(String),
    /// Something is open.
    #[error("refused: {0}")]
    Unfinished(Unfinished),
    /// Records from before encryption began.
    #[error(
        "refused: {plain} of {records} records were written before encryption began, and no key makes them unreadable. Wait until they \
         are older than journal.keep_for and have gone"
    )]
    PlainRecords {
        /// How many.
        plain: u64,
        /// Of how many of his.
        records: u64,
    },
    /// Endings in the table from before encryption began.
    #[error(
        "refused: {0} endings in the table were written before encryption began. If no record has gone yet, move the folder \
         journal/table away: a start makes it again, encrypted"
    )]
    PlainEndings(u64),
    /// Entries of the archive from before encryption began.
    #[error(
        "refused: {0} entries of the archive were written before encryption began, and no key makes them unreadable. Wait until the \
         archive has them no more"
    )]
    PlainEntries(u64),
    /// An intent is under way.
    #[error(
        "refused: a fact or a cancellation for several tenants is under way. Start the engine, which finishes it, and try again"
    )]
    UnderWay,
    /// A record about several tenants names him; only for an engine that runs.
    #[error(
        "refused: a fact or a cancellation for several tenants names this one, and its key is shared by them. The operators can do it: \
         they stop the engine for `sluis erase`. Or wait until the record is older than journal.keep_for and has gone"
    )]
    NamedWithOthers,
    /// A household names him, or did; only for a stopped engine.
    #[error(
        "refused: a household names this tenant, or did. Start the engine and erase him there: the household is stored again without him"
    )]
    InHousehold,
    /// Nothing is encrypted.
    #[error(
        "refused: no corporation has data_keys: nothing is encrypted, so there is no key to destroy"
    )]
    NotEncrypted,
}

impl Refusal {
    /// Its stable code in the API.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Held(_) | Self::SubjectHeld(_) => "legal_hold",
            Self::Unfinished(Unfinished::Open { .. }) => "notifications_open",
            Self::Unfinished(Unfinished::Owes { .. }) => "obligation_open",
            Self::PlainRecords { .. } | Self::PlainEndings(_) | Self::PlainEntries(_) => {
                "written_in_plain"
            }
            Self::UnderWay | Self::NamedWithOthers | Self::InHousehold => "named_with_others",
            Self::NotEncrypted => "not_encrypted",
        }
    }
}
