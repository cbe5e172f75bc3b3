//! Owns what must be finished before a tenant may be erased (AVG art. 17): nothing of his may be open,
//! and nobody may have a claim on him. Refuses to know of legal holds: the configuration has them.

use std::fmt;

use crate::ids::NotificationId;
use crate::state::Tenant;

/// What is not finished about a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfinished {
    /// Notifications are open.
    Open {
        /// How many.
        count: usize,
        /// The first one.
        first: NotificationId,
    },
    /// He owes something. What proves a claim may be kept (AVG art. 17, 3 under e).
    Owes {
        /// The first amount that is more than nothing, in cents.
        cents: i64,
    },
}

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open { count, first } => write!(
                f,
                "{count} notifications are open, the first is {first}: let them end, or cancel them"
            ),
            Self::Owes { cents } => write!(
                f,
                "an obligation is open, {cents} cents are owed. What proves a claim may be kept (AVG art. 17, 3 under e). When it is \
                 settled, report the balance or the open amount as zero"
            ),
        }
    }
}

impl Tenant {
    /// What is not finished, if anything.
    #[must_use]
    pub fn unfinished(&self) -> Option<Unfinished> {
        let first = self.open.iter().next();
        let open = first.map(|open| Unfinished::Open {
            count: self.open.len(),
            first: open.id,
        });
        open.or_else(|| self.owes().map(|cents| Unfinished::Owes { cents }))
    }

    /// What the tenant owes, when it is more than nothing.
    fn owes(&self) -> Option<i64> {
        let told = self.told.as_deref()?;
        let balance = told.balance.map(|(cents, _)| cents);
        let subjects = told.subjects.iter().filter_map(|money| {
            let (cents, _) = money.open?;
            Some(cents.saturating_sub(money.paid_cents))
        });
        balance.into_iter().chain(subjects).find(|cents| *cents > 0)
    }
}
