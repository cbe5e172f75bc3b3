//! Owns what a fact of a declared type changes. Feeds may overtake each other: an older fact never
//! takes the place of a newer one. What is remembered of one tenant is bounded, and what rules can
//! least do without goes last.

use std::collections::HashSet;

use super::fact::remember_id;
use crate::codec;
use crate::fact::{Counts, DeclaredFact};
use crate::flow::Value;
use crate::instant;
use crate::notification::Subject;
use crate::state::{Declared, Saying, Tenant};
use crate::time::Timestamp;

/// Takes a fact that came in at `received`.
pub(super) fn take(tenant: &mut Tenant, fact: &DeclaredFact, received: Timestamp) {
    let told = tenant.told_mut();
    remember_id(told, &fact.fact_id, fact.body);
    let saying = Saying {
        at: instant::placed(fact.occurred_at, received),
        ahead: fact.occurred_at > received,
        until: fact.holds_until,
        says: fact.says.clone(),
    };
    let declared = declared_of(&mut told.declared, fact);
    declared.counts = fact.counts;
    match fact.counts {
        Counts::Newest => replace(&mut declared.told, saying),
        Counts::Sum => add(&mut declared.told, saying),
    }
    keep_within_bounds(tenant, received);
}

/// What is known of the type and the subject of a fact, or a new entry for it, in its place.
fn declared_of<'a>(known: &'a mut Vec<Declared>, fact: &DeclaredFact) -> &'a mut Declared {
    let wanted = (&*fact.kind, fact.subject.as_ref());
    let place = known.binary_search_by(|one| (&*one.kind, one.subject.as_deref()).cmp(&wanted));
    let index = place.unwrap_or_else(|index| {
        let entry = Declared {
            kind: fact.kind.clone(),
            subject: fact.subject.clone().map(Box::new),
            counts: fact.counts,
            told: Vec::new(),
        };
        known.insert(index, entry);
        index
    });
    &mut known[index]
}

/// Whether what is known comes from a later instant than a new fact.
fn is_newer(known: &Saying, new: &Saying) -> bool {
    instant::yields_from(known.at, known.ahead) > new.at
}

fn replace(told: &mut Vec<Saying>, new: Saying) {
    if !told.last().is_some_and(|known| is_newer(known, &new)) {
        told.clear();
        told.push(new);
    }
}

fn add(told: &mut Vec<Saying>, new: Saying) {
    let place = told.iter().rposition(|known| !is_newer(known, &new));
    told.insert(place.map_or(0, |place| place + 1), new);
    if told.len() > Declared::MOST_ADDED {
        let oldest = told.remove(0);
        together(&mut told[0], &oldest);
    }
}

/// The numbers of two facts as those of one. It holds as long as the longer of the two: what is owed
/// is not forgotten too soon.
fn together(newer: &mut Saying, older: &Saying) {
    newer.until = newer.until.max(older.until);
    for (name, value) in &older.says {
        let Value::Integer(number) = value else {
            continue;
        };
        let known = newer.says.iter_mut().find(|(known, _)| known == name);
        match known {
            Some((_, Value::Integer(sum))) => *sum = sum.saturating_add(*number),
            Some(_) => {}
            None => {
                let said = std::mem::take(&mut newer.says).into_iter();
                newer.says = said.chain([(name.clone(), value.clone())]).collect();
            }
        }
    }
}

/// Forgets what is too much. First what holds no more, then what is told of subjects that nothing
/// open is about, then of other subjects; of these and of what is left, the oldest first.
fn keep_within_bounds(tenant: &mut Tenant, now: Timestamp) {
    let open = tenant.open.iter();
    let about = open.filter_map(|open| open.subject.as_deref());
    let Some(told) = tenant.told.as_deref_mut() else {
        return;
    };
    let known = &mut told.declared;
    if is_within_bounds(known) {
        return;
    }
    let needed: HashSet<&Subject> = about.collect();
    while !is_within_bounds(known) {
        let numbered = known.iter().enumerate();
        let least = numbered.min_by_key(|(_, one)| worth(one, &needed, now));
        let index = least.map_or(0, |(index, _)| index);
        known.remove(index);
    }
}

fn is_within_bounds(known: &[Declared]) -> bool {
    let bytes = || known.iter().map(codec::encoded_bytes).sum::<usize>();
    // Nothing is forgotten for its size alone where it is the only one: a fact is bounded itself.
    known.len() <= Declared::MOST && (known.len() <= 1 || bytes() <= Declared::MOST_BYTES)
}

/// How little it may be forgotten.
fn worth(one: &Declared, needed: &HashSet<&Subject>, now: Timestamp) -> (u8, Timestamp) {
    let newest = one.told.last();
    let at = newest.map_or(Timestamp(i64::MIN), |saying| saying.at);
    let holds = one.told.iter().any(|saying| saying.holds(now));
    let rank = match &one.subject {
        _ if !holds => 0,
        Some(subject) if !needed.contains(&**subject) => 1,
        Some(_) => 2,
        None => 3,
    };
    (rank, at)
}
