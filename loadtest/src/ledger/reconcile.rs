//! The balance itself: pure, books in, differences out. Owns what counts as a difference; refuses
//! to read files or to print.

use std::collections::{BTreeMap, BTreeSet};

use super::{OutcomeRow, notification_of};
use crate::sink::{Channel, Kind, Row};

/// The three books.
#[derive(Debug, Clone, Default)]
pub struct Books {
    /// Acknowledged id to idempotency key.
    pub acked: BTreeMap<String, String>,
    /// What the sinks took and refused.
    pub sinks: Vec<Row>,
    /// What the engine says became of everything.
    pub outcomes: Vec<OutcomeRow>,
}

/// What is allowed.
#[derive(Debug, Clone)]
pub struct Rules {
    /// End states that claim a message left; each needs a message at a sink.
    pub sent_ends: BTreeSet<String>,
    /// States that count as settled besides an end: the engine waits for somebody.
    pub settled_states: BTreeSet<String>,
    /// Start of the keys that were offered: an accepted notification whose ack was lost has such a
    /// key.
    pub offered_prefix: Option<String>,
    /// Most duplicates allowed: kills × attempts in flight at each.
    pub max_duplicates: u64,
    /// Whether notifications may still be open, for a balance drawn up while the engine works.
    pub allow_open: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            sent_ends: ["sent", "delivered"].map(String::from).into(),
            settled_states: ["held", "task", "in_doubt"].map(String::from).into(),
            offered_prefix: None,
            max_duplicates: 0,
            allow_open: false,
        }
    }
}

/// A notification the sinks took more than once on one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    /// Its id.
    pub id: String,
    /// The channel.
    pub channel: Channel,
    /// How many copies, at least two.
    pub copies: u64,
}

/// The result; lists hold ids, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Balance {
    /// Acknowledged ids.
    pub acked: u64,
    /// Accepted by the engine, but the ack never reached us.
    pub ack_lost: u64,
    /// Count per end state.
    pub ends: BTreeMap<String, u64>,
    /// Count per state of those that are settled without an end.
    pub settled: BTreeMap<String, u64>,
    /// Copies the sinks took, per channel.
    pub taken: BTreeMap<Channel, u64>,
    /// Copies of which the sink closed before answering.
    pub in_doubt_at_sink: u64,
    /// Distinct recipients the sinks refused for good.
    pub refused_at_sink: u64,
    /// Taken more than once.
    pub duplicates: Vec<Duplicate>,
    /// Extra copies in all.
    pub extra_copies: u64,
    /// Difference: acknowledged, and the engine knows nothing of it.
    pub lost: Vec<String>,
    /// Difference: acknowledged, and neither ended nor settled.
    pub open: Vec<String>,
    /// Difference: more than one end state.
    pub two_ends: Vec<String>,
    /// Difference: the engine knows it, nobody offered it.
    pub invented: Vec<String>,
    /// Difference: at a sink, not accepted by the engine.
    pub strangers: Vec<String>,
    /// Difference: the engine says it left, no sink took it.
    pub never_arrived: Vec<String>,
    /// The rules' verdict on `extra_copies`.
    pub too_many_duplicates: bool,
    /// Whether open ones count as a difference.
    pub open_is_wrong: bool,
}

impl Balance {
    /// Whether the three books agree.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        let differences = [
            &self.lost,
            &self.two_ends,
            &self.invented,
            &self.strangers,
            &self.never_arrived,
        ];
        differences.iter().all(|list| list.is_empty())
            && (self.open.is_empty() || !self.open_is_wrong)
            && !self.too_many_duplicates
            && self.acked > 0
    }
}

#[derive(Default)]
struct Fate {
    ends: BTreeSet<String>,
    states: BTreeSet<String>,
    key: Option<String>,
}

/// Draws up the balance.
#[must_use]
pub fn reconcile(books: &Books, rules: &Rules) -> Balance {
    let mut balance = Balance {
        acked: books.acked.len() as u64,
        open_is_wrong: !rules.allow_open,
        ..Balance::default()
    };
    let fates = fates(&books.outcomes);
    judge_acked(books, rules, &fates, &mut balance);
    judge_unacked(books, rules, &fates, &mut balance);
    let copies = judge_sinks(books, &fates, &mut balance);
    let arrived: BTreeSet<&str> = copies.keys().map(|(id, _)| id.as_str()).collect();
    for (id, fate) in &fates {
        let claims = fate.ends.iter().any(|end| rules.sent_ends.contains(end));
        if claims && !arrived.contains(id.as_str()) {
            balance.never_arrived.push(id.clone());
        }
    }
    for ((id, channel), copies) in copies.into_iter().filter(|(_, copies)| *copies > 1) {
        balance.extra_copies += copies - 1;
        balance.duplicates.push(Duplicate {
            id,
            channel,
            copies,
        });
    }
    balance.too_many_duplicates = balance.extra_copies > rules.max_duplicates;
    balance
}

fn fates(outcomes: &[OutcomeRow]) -> BTreeMap<String, Fate> {
    let mut fates: BTreeMap<String, Fate> = BTreeMap::new();
    for row in outcomes {
        let fate = fates.entry(row.id.clone()).or_default();
        fate.ends.extend(row.end.clone());
        fate.states.extend(row.state.clone());
        fate.key = fate.key.take().or_else(|| row.idempotency_key.clone());
    }
    fates
}

fn judge_acked(
    books: &Books,
    rules: &Rules,
    fates: &BTreeMap<String, Fate>,
    balance: &mut Balance,
) {
    for id in books.acked.keys() {
        match fates.get(id) {
            None => balance.lost.push(id.clone()),
            Some(fate) => judge_fate(id, fate, rules, balance),
        }
    }
}

fn judge_fate(id: &str, fate: &Fate, rules: &Rules, balance: &mut Balance) {
    let mut ends = fate.ends.iter();
    match (ends.next(), ends.next()) {
        (Some(end), None) => *balance.ends.entry(end.clone()).or_default() += 1,
        (Some(_), Some(_)) => balance.two_ends.push(id.to_owned()),
        (None, _) => match fate
            .states
            .iter()
            .find(|state| rules.settled_states.contains(*state))
        {
            Some(state) => *balance.settled.entry(state.clone()).or_default() += 1,
            None => balance.open.push(id.to_owned()),
        },
    }
}

/// An id we have no ack for is fine when its key was offered: the engine died between commit and
/// ack.
fn judge_unacked(
    books: &Books,
    rules: &Rules,
    fates: &BTreeMap<String, Fate>,
    balance: &mut Balance,
) {
    for (id, fate) in fates
        .iter()
        .filter(|(id, _)| !books.acked.contains_key(*id))
    {
        let offered = match (&fate.key, &rules.offered_prefix) {
            (Some(key), Some(prefix)) => key.starts_with(prefix.as_str()),
            _ => false,
        };
        if offered {
            balance.ack_lost += 1;
            judge_fate(id, fate, rules, balance);
        } else {
            balance.invented.push(id.clone());
        }
    }
}

/// Copies taken per notification and channel.
fn judge_sinks(
    books: &Books,
    fates: &BTreeMap<String, Fate>,
    balance: &mut Balance,
) -> BTreeMap<(String, Channel), u64> {
    let mut copies = BTreeMap::new();
    for row in &books.sinks {
        if row.kind == Kind::Refused {
            balance.refused_at_sink += 1;
            continue;
        }
        let seen = u64::from(row.seen);
        *balance.taken.entry(row.channel).or_default() += seen;
        if row.kind == Kind::InDoubt {
            balance.in_doubt_at_sink += seen;
        }
        match notification_of(row)
            .filter(|id| books.acked.contains_key(id) || fates.contains_key(id))
        {
            Some(id) => *copies.entry((id, row.channel)).or_default() += seen,
            None => balance.strangers.push(format!("{} to {}", row.id, row.to)),
        }
    }
    copies
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u128) -> String {
        format!("{n:032x}")
    }

    fn outcome(n: u128, state: &str, end: Option<&str>) -> OutcomeRow {
        OutcomeRow {
            id: id(n),
            state: Some(state.into()),
            end: end.map(String::from),
            reason: None,
            idempotency_key: Some(format!("r1-{n}")),
        }
    }

    fn taken(n: u128, kind: Kind, seen: u32) -> Row {
        Row {
            channel: Channel::Email,
            kind,
            id: format!("{}@x.nl", id(n)),
            to: format!("t{n}@x.nl"),
            from: "a@x.nl".into(),
            provider_id: String::new(),
            headers: BTreeMap::new(),
            size: 1,
            seen,
            first_ms: 0,
            last_ms: 0,
        }
    }

    /// Three notifications: one delivered, one bounced, one held.
    fn good() -> Books {
        Books {
            acked: (1..=3).map(|n| (id(n), format!("r1-{n}"))).collect(),
            sinks: vec![taken(1, Kind::Accepted, 1), taken(2, Kind::Refused, 1)],
            outcomes: vec![
                outcome(1, "ended", Some("delivered")),
                outcome(1, "ended", Some("delivered")),
                outcome(2, "ended", Some("undeliverable")),
                outcome(3, "held", None),
            ],
        }
    }

    fn check(change: impl FnOnce(&mut Books)) -> Balance {
        let mut books = good();
        change(&mut books);
        reconcile(
            &books,
            &Rules {
                offered_prefix: Some("r1-".into()),
                ..Rules::default()
            },
        )
    }

    #[test]
    fn good_books_balance() {
        let balance = check(|_| ());
        assert!(balance.is_balanced(), "{balance:?}");
        assert_eq!(
            (
                balance.ends["delivered"],
                balance.settled["held"],
                balance.refused_at_sink
            ),
            (1, 1, 1)
        );
    }

    #[test]
    fn every_difference_is_found() {
        let lost = check(|b| drop(b.acked.insert(id(9), "r1-9".into())));
        assert_eq!(lost.lost, [id(9)]);
        let two = check(|b| b.outcomes.push(outcome(1, "ended", Some("paid"))));
        assert_eq!(two.two_ends, [id(1)]);
        let open = check(|b| b.outcomes[3].state = Some("ready".into()));
        assert_eq!(open.open, [id(3)]);
        let invented = check(|b| {
            b.outcomes.push(OutcomeRow {
                idempotency_key: None,
                ..outcome(7, "ended", Some("paid"))
            })
        });
        assert_eq!(invented.invented, [id(7)]);
        let stranger = check(|b| b.sinks.push(taken(8, Kind::Accepted, 1)));
        assert_eq!(stranger.strangers.len(), 1);
        let never = check(|b| drop(b.sinks.remove(0)));
        assert_eq!(never.never_arrived, [id(1)]);
        let twice = check(|b| b.sinks.push(taken(1, Kind::InDoubt, 2)));
        assert_eq!((twice.extra_copies, twice.duplicates[0].copies), (2, 3));
        let nothing = reconcile(&Books::default(), &Rules::default());
        for balance in [lost, two, open, invented, stranger, never, twice, nothing] {
            assert!(!balance.is_balanced(), "{balance:?}");
        }
    }

    #[test]
    fn a_lost_ack_is_no_invention() {
        let balance = check(|b| b.outcomes.push(outcome(4, "ended", Some("undeliverable"))));
        assert!(balance.is_balanced(), "{balance:?}");
        assert_eq!(balance.ack_lost, 1);
    }

    #[test]
    fn duplicates_within_the_bound_are_allowed() {
        let mut books = good();
        books.sinks.push(taken(1, Kind::InDoubt, 1));
        let balance = reconcile(
            &books,
            &Rules {
                max_duplicates: 1,
                ..Rules::default()
            },
        );
        assert!(balance.is_balanced(), "{balance:?}");
    }
}
