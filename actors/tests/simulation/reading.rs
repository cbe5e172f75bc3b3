//! Owns the reading of what left the cores: records into the shadow and the books, answers to their
//! senders. Refuses to change the house.

use sluis_actors::{Erasure, FoundErasure, ShardAnswer, Snapshot};
use sluis_journal::{Journal, Shard};
use sluis_model::{Answer, Moving, ReceiptEffect, Record, ShardId, Tenant};

use crate::safety::accepted::Accepted;
use crate::safety::bounds::Bounds;
use crate::safety::escalation::Escalations;
use crate::safety::{Check, doubt, order, together};
use crate::senders::{Heard, Request, What};
use crate::shadow::Log;
use crate::tape::Entry;
use crate::world::World;

impl World {
    /// Reads what happened since the last call.
    pub(crate) fn read_tape(&mut self) {
        let entries = self.tape.take();
        self.read(entries);
    }

    pub(crate) fn read(&mut self, entries: Vec<Entry>) {
        for entry in entries {
            match entry {
                Entry::Appended {
                    shard,
                    first,
                    records,
                } => self.appended(shard, first, &records),
                Entry::Answered { request, answer } => self.answered(request, answer),
            }
        }
    }

    fn appended(&mut self, shard: u16, first: u64, records: &[Record]) {
        for (record, sequence) in records.iter().zip(first..) {
            self.note(|| format!("    record {sequence} of shard {shard}: {}", shown(record)));
            if let Record::Tenant(record) = record {
                let first = self.disk.first(Shard(shard)).0;
                self.payments
                    .decided((shard, first), record, &self.shadow, &mut self.findings);
                let now = self.clock.peek();
                Escalations::decided((first, record), &self.shadow, now, &mut self.findings);
                doubt::decided(&self.outside, record, &mut self.findings);
                order::decided(record, &self.shadow, &mut self.findings);
                let house = (&self.plan, &self.contracts);
                self.no_ways.decided(house, record, now, &mut self.findings);
            }
            if let Record::Tenant(record) = record {
                self.written.about_to(record, &self.shadow);
                self.moves.about_to(record, &self.shadow);
            }
            let right = self.shadow.is_stored_right(shard, record);
            self.findings.expect(right, Check::Explained, || {
                format!(
                    "record {sequence} of shard {shard} stores another tenant than its records make"
                )
            });
            self.shadow.apply(shard, record);
            if let Record::Tenant(record) = record {
                let seen = (&self.shadow, &self.senders);
                self.written.decided(record, seen, &mut self.findings);
                let reached = self.moves.decided(record, &self.shadow, &mut self.findings);
                self.written.reached.extend(reached);
                together::decided(record, &self.shadow, &mut self.findings);
                Bounds::recorded(
                    &self.plan,
                    &self.shadow,
                    shard,
                    &record.tenant,
                    &mut self.findings,
                );
            }
            doubt::keyed(&self.shadow, record, self.shown, &mut self.findings);
        }
    }

    fn answered(&mut self, number: usize, answer: ShardAnswer) {
        let Request {
            what, shard, waits, ..
        } = self.senders.requests[number].clone();
        if !waits {
            return;
        }
        self.senders.requests[number].waits = false;
        self.senders.requests[number].heard = heard(&answer);
        if let ShardAnswer::Decided { position, .. } | ShardAnswer::Accepted { position } = answer {
            self.accepted.left(shard, position);
        }
        match (what, answer) {
            (
                What::Notify { order, id },
                ShardAnswer::Decided {
                    answer: Answer::Accepted { .. },
                    ..
                },
            )
            | (What::Repeat { order, id }, ShardAnswer::Accepted { .. }) => {
                self.note(|| format!("    order {order} is accepted as {id}"));
                self.repeats += usize::from(self.senders.orders[order].told == Some(id));
                self.accepted.told(id);
                self.together.repeated(id, &self.shadow, &mut self.findings);
                self.senders.orders[order].told = Some(id);
            }
            (
                What::Notify { order, id },
                ShardAnswer::Decided {
                    answer: Answer::Group { told, .. },
                    ..
                },
            ) => {
                self.note(|| format!("    order {order} is accepted as {id}"));
                self.accepted.told(id);
                self.together
                    .answered(id, &told, &self.shadow, &mut self.findings);
                self.senders.orders[order].told = Some(id);
            }
            (What::Notify { .. }, ShardAnswer::NotTaken(_)) => self.full += 1,
            (
                What::Fact { fact },
                ShardAnswer::Decided {
                    answer: Answer::Fact { .. },
                    ..
                },
            ) => self.acknowledge_fact(fact),
            (What::Fact { fact }, ShardAnswer::Gathered(parts)) if parts.iter().all(takes_fact) => {
                self.acknowledge_fact(fact)
            }
            (
                What::Receipt { evidence, attempt },
                ShardAnswer::Decided {
                    answer: Answer::Receipt(effect),
                    ..
                },
            ) if effect != ReceiptEffect::Unknown => {
                self.escalations.acknowledged(attempt, evidence.kind);
            }
            (What::Look { migration }, ShardAnswer::List { rows, scanned_to }) => {
                self.migrations[migration].seen = Some((rows, scanned_to));
            }
            (
                What::Move { migration, id },
                ShardAnswer::Decided {
                    answer: Answer::Migration(moving),
                    ..
                },
            ) => self.was_ordered(migration, id, &moving),
            (What::Move { migration, id }, ShardAnswer::NotFound) => {
                self.was_ordered(migration, id, &Moving::NotThere);
            }
            // Lost before it was decided: the provider tells it again.
            (What::Receipt { evidence, .. }, ShardAnswer::Dropped) => {
                self.outside.evidence.push(evidence)
            }
            (
                What::Erase { tenant, record },
                ShardAnswer::Erasure(Erasure::Written { sequence, at }),
            ) => {
                self.accepted.left(shard, sequence);
                let found = FoundErasure {
                    shard: ShardId(shard),
                    sequence,
                    at,
                    record,
                };
                self.keys.pending.insert(tenant, found);
            }
            (What::State { tenant }, answer) => {
                let log = &self.shadow.logs[usize::from(shard)];
                let expected = log.tenants.get(&tenant);
                // Of whom nothing is left, nobody knows once the records are forgotten.
                let first = self.disk.first(Shard(shard)).0;
                let may_be_gone =
                    expected.is_some_and(|tenant| tenant.is_blank() && tenant.last < first);
                let same = match &answer {
                    ShardAnswer::Snapshot(snapshot) => {
                        let is_same = |expected| same_state(log, snapshot, expected);
                        expected.is_some_and(is_same)
                            || may_be_gone && snapshot.tenant == Tenant::default()
                    }
                    ShardAnswer::NotFound => expected.is_none() || may_be_gone,
                    _ => false,
                };
                let missing = matches!(answer, ShardAnswer::Dropped);
                self.findings.expect(same || missing, Check::Explained, || {
                    format!("the shard's state of {tenant:?} is not what its records make: {answer:?} instead of {expected:?}")
                });
            }
            _ => {}
        }
    }

    /// A sender is told that its fact was taken, by every tenant.
    pub(crate) fn acknowledge_fact(&mut self, number: usize) {
        self.note(|| format!("    fact {number} is acknowledged"));
        let told = &mut self.senders.facts[number];
        told.acknowledged = true;
        for tenant in &told.tenants {
            self.payments.acknowledged(tenant, &told.fact);
            self.together
                .acknowledged(tenant, &told.fact, &self.shadow, &mut self.findings);
        }
    }

    /// Facts that were acknowledged and are not there.
    pub(crate) fn lost_facts(&mut self) {
        for told in self.senders.facts.iter().filter(|told| told.acknowledged) {
            for tenant in &told.tenants {
                self.findings.expect(
                    Accepted::fact_is_there(&self.shadow, tenant, &told.fact),
                    Check::AcceptedIsDurable,
                    || {
                        format!(
                            "{} of {tenant:?} was acknowledged and is gone",
                            told.fact.fact_id
                        )
                    },
                );
            }
        }
    }
}

/// Whether the tenant was told as it is. It may have been stored as it is since then: that alone
/// changes nothing but which record is its newest.
fn same_state(log: &Log, snapshot: &Snapshot, expected: &Tenant) -> bool {
    let newest = expected.last.checked_sub(1);
    let newest = newest.and_then(|before| log.records.get(before as usize));
    let mut told = snapshot.tenant.clone();
    if matches!(newest, Some(Record::Stored(_))) && told.last < expected.last {
        told.last = expected.last;
    }
    told == *expected
}

/// What an answer says to whoever hands rows over.
const fn heard(answer: &ShardAnswer) -> Heard {
    match answer {
        ShardAnswer::Accepted { .. }
        | ShardAnswer::Decided {
            answer: Answer::Accepted { .. },
            ..
        } => Heard::Accepted,
        ShardAnswer::Decided { .. } => Heard::Decided,
        ShardAnswer::NotTaken(_) => Heard::NotTaken,
        ShardAnswer::NotFound => Heard::NotThere,
        _ => Heard::Nothing,
    }
}

fn takes_fact(part: &ShardAnswer) -> bool {
    matches!(
        part,
        ShardAnswer::Decided {
            answer: Answer::Fact { .. },
            ..
        }
    )
}

/// A record in one line.
fn shown(record: &Record) -> String {
    match record {
        Record::Tenant(record) => {
            let input: String = format!("{:?}", record.input).chars().take(160).collect();
            format!("{} {input} -> {:?}", record.tenant.tenant, record.events)
        }
        Record::Control(record) => format!("{:?}", record.control),
        Record::Stored(piece) => format!(
            "{} is stored, piece {} of {}, {} bodies",
            piece.tenant.tenant,
            piece.piece + 1,
            piece.pieces,
            piece.bodies.len()
        ),
        Record::Gone(gone) => format!("{gone:?}"),
    }
}
