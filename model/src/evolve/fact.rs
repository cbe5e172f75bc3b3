//! Owns what a fact changes: what the tenant owes in all, what is open and paid on a subject, and
//! which facts were taken. Feeds may overtake each other: the newest at the source wins.

use std::collections::HashSet;

use crate::fact::{Fact, FactKind};
use crate::flow::Dated;
use crate::instant;
use crate::notification::Subject;
use crate::state::{
    REMEMBERED_FACTS, REMEMBERED_PAYMENTS, REMEMBERED_SUBJECTS, SubjectMoney, Tenant, Told,
};
use crate::time::Timestamp;

/// An amount and when it was true, with whether its fact came dated ahead of our clock.
#[derive(Clone, Copy)]
struct Amount {
    cents: i64,
    at: Timestamp,
    ahead: bool,
}

impl Amount {
    const fn dated(self) -> Dated {
        (self.cents, self.at)
    }
}

/// Takes a fact that came in at `received`.
pub(super) fn take_fact(tenant: &mut Tenant, fact: &Fact, received: Timestamp) {
    remember_id(tenant.told_mut(), &fact.fact_id, fact.body);
    let Some(cents) = fact.amount_cents else {
        return;
    };
    let amount = Amount {
        cents,
        // Here and not only at the door: the journal may hold facts that an older build took as
        // they came.
        at: instant::placed(fact.occurred_at, received),
        ahead: fact.occurred_at > received,
    };
    match (fact.kind, &fact.subject) {
        (FactKind::Balance, _) => take_balance(tenant.told_mut(), amount),
        (FactKind::Payment, Some(subject)) => {
            take_payment(subject_money(tenant, subject), amount);
        }
        (FactKind::OpenAmount, Some(subject)) => {
            take_open_amount(subject_money(tenant, subject), amount);
        }
        (FactKind::Payment | FactKind::OpenAmount, None)
        | (FactKind::Exception | FactKind::Appointment, _) => {}
    }
}

pub(super) fn remember_id(told: &mut Told, fact_id: &str, body: u64) {
    told.facts.push_back((fact_hash(fact_id), body));
    while told.facts.len() > REMEMBERED_FACTS {
        told.facts.pop_front();
    }
}

/// Whether what is known already came from a later instant than `at`.
fn is_newer(known: Option<Dated>, known_ahead: bool, at: Timestamp) -> bool {
    known.is_some_and(|(_, known)| instant::yields_from(known, known_ahead) > at)
}

fn take_balance(told: &mut Told, amount: Amount) {
    if !is_newer(told.balance, told.balance_ahead, amount.at) {
        (told.balance, told.balance_ahead) = (Some(amount.dated()), amount.ahead);
    }
}

/// An absolute amount told later than this payment has already counted it. At the same instant too,
/// unless the payment's is only that of its arrival: then what came later is later.
fn take_payment(money: &mut SubjectMoney, payment: Amount) {
    let counted = |(_, told): Dated| {
        let told = instant::yields_from(told, money.open_ahead);
        if payment.ahead {
            told > payment.at
        } else {
            told >= payment.at
        }
    };
    if !money.open.is_some_and(counted) {
        count_payment(money, payment.dated());
    }
}

/// What was paid after the amount was told stays paid, also when the telling comes late.
fn take_open_amount(money: &mut SubjectMoney, amount: Amount) {
    if is_newer(money.open, money.open_ahead, amount.at) {
        return;
    }
    (money.open, money.open_ahead) = (Some(amount.dated()), amount.ahead);
    money.payments.retain(|(_, paid)| *paid > amount.at);
    let add = |sum: i64, (cents, _): &Dated| sum.saturating_add(*cents);
    money.paid_cents = money.payments.iter().fold(0, add);
}

fn count_payment(money: &mut SubjectMoney, payment: Dated) {
    money.paid_cents = money.paid_cents.saturating_add(payment.0);
    money.paid_at = money.paid_at.max(payment.1);
    money.payments.push(payment);
    if money.payments.len() > REMEMBERED_PAYMENTS {
        let numbered = money.payments.iter().enumerate();
        let oldest = numbered.min_by_key(|(_, (_, at))| *at);
        money.payments.remove(oldest.map_or(0, |(index, _)| index));
    }
}

/// The hash by which a fact id is remembered.
#[must_use]
pub fn fact_hash(fact_id: &str) -> u64 {
    let hash = blake3::hash(fact_id.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hash.as_bytes()[..8]);
    u64::from_be_bytes(first)
}

/// What is known of a subject, or a new entry for it.
fn subject_money<'a>(tenant: &'a mut Tenant, subject: &Subject) -> &'a mut SubjectMoney {
    let told = tenant.told_mut();
    let known = told.subjects.iter().position(|s| s.subject == *subject);
    if known.is_none() && told.subjects.len() >= REMEMBERED_SUBJECTS {
        forget_a_subject(tenant);
    }
    let subjects = &mut tenant.told_mut().subjects;
    let index = known.unwrap_or_else(|| {
        subjects.push_back(nothing_of(subject));
        subjects.len() - 1
    });
    &mut subjects[index]
}

/// What an open notification is about must not be forgotten: only the number of those goes beyond
/// the limit.
fn forget_a_subject(tenant: &mut Tenant) {
    let about = tenant
        .open
        .iter()
        .filter_map(|open| open.subject.as_deref());
    let needed: HashSet<&Subject> = about.collect();
    let subjects = tenant.told.iter_mut().map(|told| &mut told.subjects);
    for subjects in subjects {
        let spare = subjects
            .iter()
            .position(|money| !needed.contains(&money.subject));
        if let Some(spare) = spare {
            subjects.remove(spare);
        }
    }
}

fn nothing_of(subject: &Subject) -> SubjectMoney {
    SubjectMoney {
        subject: subject.clone(),
        open: None,
        open_ahead: false,
        paid_cents: 0,
        paid_at: Timestamp(i64::MIN),
        payments: Vec::new(),
    }
}
