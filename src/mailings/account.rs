//! Owns the account of a mailing: for each row whether it was handed over, whether a message of it left,
//! and what became of it; and which rows are affected in a way that a correction is for.

use std::str::FromStr;

use sluis_model::NotificationId;

use super::live::{Verdict, seen};

/// Whether a message of a row left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// No provider has taken one.
    No,
    /// An attempt is under way, or its outcome is not known.
    Perhaps,
    /// A provider has taken one.
    Yes,
}

impl Left {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Perhaps => "perhaps",
            Self::Yes => "yes",
        }
    }
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was not handed over.
    NotHandedOver,
    /// It cannot be: this code says why.
    Refused(&'static str),
    /// Its notification is open, and nothing left.
    Open,
    /// A provider has taken a message.
    Taken,
    /// One arrived.
    Delivered,
    /// One was refused or came back, and none arrived.
    Bounced,
    /// Nobody knows whether one was taken.
    InDoubt,
    /// Its notification ended, and nothing left.
    EndedUnsent,
}

impl Outcome {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotHandedOver => "not_handed_over",
            Self::Refused(_) => "refused",
            Self::Open => "open",
            Self::Taken => "taken",
            Self::Delivered => "delivered",
            Self::Bounced => "bounced",
            Self::InDoubt => "in_doubt",
            Self::EndedUnsent => "ended_unsent",
        }
    }
}

/// A row of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    /// Its number, from 1.
    pub row: usize,
    /// Line of the list; none: the row cannot be read any more.
    pub line: Option<u64>,
    /// The tenant; none: he was erased.
    pub tenant_id: Option<String>,
    /// Its notification, where there is one.
    pub id: Option<NotificationId>,
    /// Whether a message left.
    pub left: Left,
    /// What became of it.
    pub outcome: Outcome,
}

/// What the two marks of a row mean.
pub(super) fn meaning(verdict: u8, mark: u8) -> (Left, Outcome) {
    let has = |bits: u8| mark & bits != 0;
    let left = if has(seen::TAKEN) {
        Left::Yes
    } else if has(seen::TRIED | seen::DOUBT) {
        Left::Perhaps
    } else {
        Left::No
    };
    let outcome = match Verdict::of(verdict) {
        None => Outcome::NotHandedOver,
        Some(Verdict::Admitted) if has(seen::DELIVERED) => Outcome::Delivered,
        Some(Verdict::Admitted) if has(seen::BOUNCED) => Outcome::Bounced,
        Some(Verdict::Admitted) if has(seen::DOUBT) => Outcome::InDoubt,
        Some(Verdict::Admitted) if has(seen::TAKEN) => Outcome::Taken,
        Some(Verdict::Admitted) if has(seen::ENDED) => Outcome::EndedUnsent,
        Some(Verdict::Admitted) => Outcome::Open,
        Some(refused) => Outcome::Refused(refused.code()),
    };
    (left, outcome)
}

/// Which rows a correction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Affected {
    /// Those of which a message left, or may have.
    Left,
    /// Those of which certainly none did.
    NotLeft,
    /// Those whose message was refused or came back, and none arrived.
    Bounced,
    /// All.
    All,
}

impl Affected {
    /// Every way.
    pub const ALL: [Self; 4] = [Self::Left, Self::NotLeft, Self::Bounced, Self::All];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::NotLeft => "not_left",
            Self::Bounced => "bounced",
            Self::All => "all",
        }
    }

    /// Whether a row is one of them.
    pub(super) fn has(self, verdict: u8, mark: u8) -> bool {
        let (left, outcome) = meaning(verdict, mark);
        match self {
            Self::Left => left != Left::No,
            Self::NotLeft => left == Left::No,
            Self::Bounced => outcome == Outcome::Bounced,
            Self::All => true,
        }
    }
}

impl FromStr for Affected {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let known = Self::ALL
            .into_iter()
            .find(|affected| affected.name() == text);
        known.ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_left_and_what_did_not_share_the_rows_out() {
        let verdicts = (0..=7_u8).collect::<Vec<_>>();
        for verdict in verdicts {
            for mark in 0..=u8::MAX {
                let ways = [Affected::Left, Affected::NotLeft];
                let in_one = ways.iter().filter(|way| way.has(verdict, mark)).count();
                assert_eq!(in_one, 1, "{verdict} {mark}");
            }
        }
        let admitted = Verdict::Admitted as u8;
        assert_eq!(
            meaning(admitted, seen::CALM | seen::TAKEN | seen::BOUNCED),
            (Left::Yes, Outcome::Bounced)
        );
        assert_eq!(
            meaning(admitted, seen::CALM | seen::ENDED),
            (Left::No, Outcome::EndedUnsent)
        );
        assert_eq!(
            meaning(admitted, seen::TRIED | seen::CALM),
            (Left::Perhaps, Outcome::Open)
        );
        assert_eq!(meaning(0, 0), (Left::No, Outcome::NotHandedOver));
    }
}
