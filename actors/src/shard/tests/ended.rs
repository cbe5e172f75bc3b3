//! What is asked about a notification that ended: by whom it is answered, and that no arbiter reads
//! the table for it.

use sluis_model::{Answer, AttemptRef, LinkAnswer, Receipt, ReceiptEffect, ReceiptKind, Record};

use super::*;

/// A world with one notification that ended and stands in the table only, and its id.
fn tabled(world: &World) -> (ShardCore, NotificationId) {
    let (mut shard, id, dispatch) = world.under_way();
    assert!(world.inbox.outcome(
        dispatch.attempt,
        Verdict::Accepted {
            provider_id: "x".into()
        }
    ));
    shard.turn();
    world.journal.commit();
    shard.turn();
    world
        .endings
        .write(&*world.journal, sluis_journal::Shard(0))
        .unwrap();
    world.answers();
    (shard, id)
}

fn receipt(id: NotificationId) -> Input {
    let attempt = AttemptRef {
        id,
        step: 0,
        attempt: 1,
    };
    Input::Receipt(Receipt {
        attempt,
        kind: ReceiptKind::BouncedHard,
        why: None,
        provider: "null".into(),
        occurred_at: None,
    })
}

fn ask_everything(
    world: &World,
    shard: &mut ShardCore,
    corporation: CorporationId,
    id: NotificationId,
) -> Vec<(u64, ShardAnswer)> {
    world.business(
        |reply| ShardRequest::Query {
            query: Query::Accepted { corporation, id },
            reply,
        },
        11,
    );
    world.business(
        |reply| ShardRequest::Query {
            query: Query::Notification { corporation, id },
            reply,
        },
        12,
    );
    world.business(
        |reply| ShardRequest::ById {
            corporation,
            id,
            input: receipt(id),
            reply,
        },
        13,
    );
    let input = Input::Link { id, pressed: false };
    world.business(
        |reply| ShardRequest::ById {
            corporation,
            id,
            input,
            reply,
        },
        14,
    );
    while shard.turn() {}
    world.journal.commit();
    while shard.turn() {}
    let mut answers = world.answers();
    answers.sort_by_key(|(number, _)| *number);
    answers
}

#[test]
fn what_ended_is_found_in_the_table_and_what_was_asked_goes_on() {
    let world = World::new();
    let (mut shard, id) = tabled(&world);
    let answers = ask_everything(&world, &mut shard, HOUSE, id);
    let [(11, accepted), (12, snapshot), (13, receipt), (14, link)] = &answers[..] else {
        panic!("{answers:?}")
    };
    assert!(
        matches!(accepted, ShardAnswer::Accepted { position: 1 }),
        "{accepted:?}"
    );
    let ShardAnswer::Snapshot(snapshot) = snapshot else {
        panic!("{snapshot:?}")
    };
    assert_eq!(
        snapshot.ended.as_ref().map(|ended| &*ended.end),
        Some("sent")
    );
    assert!(
        matches!(
            receipt,
            ShardAnswer::Decided {
                answer: Answer::Receipt(ReceiptEffect::Noted),
                position: 4..
            }
        ),
        "{receipt:?}"
    );
    assert!(
        matches!(
            link,
            ShardAnswer::Decided {
                answer: Answer::Link(LinkAnswer::Closed { .. }),
                ..
            }
        ),
        "{link:?}"
    );
    // Another corporation's is not found, nor is one that never was.
    for (corporation, id) in [(CorporationId(2), id), (HOUSE, NotificationId(id.0 + 1))] {
        let answers = ask_everything(&world, &mut shard, corporation, id);
        assert!(
            answers
                .iter()
                .all(|(_, answer)| matches!(answer, ShardAnswer::NotFound)),
            "{answers:?}"
        );
    }
}

#[test]
fn no_shard_reads_the_table_itself() {
    // Readers that take nothing: what they would have to read is not answered by anybody else.
    let world = World {
        readers: Readers::start("test", 1, 0, || ()).unwrap(),
        ..World::new()
    };
    let (mut shard, id) = tabled(&world);
    let answers = ask_everything(&world, &mut shard, HOUSE, id);
    assert_eq!(answers.len(), 4);
    assert!(
        answers
            .iter()
            .all(|(_, answer)| matches!(answer, ShardAnswer::Dropped)),
        "{answers:?}"
    );
    world.readers.stop();
    world.notify("H-2", 2);
    while shard.turn() {}
    world.journal.commit();
    while shard.turn() {}
    assert_eq!(world.answers().len(), 1, "everything else goes on");
}

#[test]
fn an_outcome_that_comes_after_the_end_is_still_noted_and_nothing_stays_under_way() {
    let world = World {
        readers: Readers::start("test", 1, 0, || ()).unwrap(),
        ..World::new()
    };
    let (mut shard, id) = tabled(&world);
    let before = world.journal.last(sluis_journal::Shard(0)).0;
    let attempt = AttemptRef {
        id,
        step: 0,
        attempt: 1,
    };
    assert!(world.inbox.outcome(
        attempt,
        Verdict::Accepted {
            provider_id: "y".into()
        }
    ));
    shard.turn();
    // The engine's own look-ups are not bounded by any corporation's line.
    world.readers.stop();
    while shard.turn() {}
    world.journal.commit();
    while shard.turn() {}
    assert_eq!(world.journal.last(sluis_journal::Shard(0)).0, before + 1);
}

/// A notification whose attempt was taken, which ended it; nothing of the end is durable yet.
fn just_ended(world: &World) -> (ShardCore, NotificationId) {
    let (mut shard, id, dispatch) = world.under_way();
    let verdict = Verdict::Accepted {
        provider_id: "x".into(),
    };
    assert!(world.inbox.outcome(dispatch.attempt, verdict));
    shard.turn();
    assert!(shard.tenants.open(id).is_none());
    (shard, id)
}

/// The bounce comes. What its record says came in.
fn bounced(world: &World, shard: &mut ShardCore, id: NotificationId) -> Input {
    let request = |reply| ShardRequest::ById {
        corporation: HOUSE,
        id,
        input: receipt(id),
        reply,
    };
    world.business(request, 21);
    while shard.turn() {}
    world.journal.commit();
    while shard.turn() {}
    let first = sluis_journal::Shard(0);
    let last = world.journal.last(first);
    let bytes = world.journal.read(first, last).unwrap().unwrap();
    match Record::decode(&bytes).unwrap() {
        Record::Tenant(record) => record.input,
        other => panic!("a record of a tenant: {other:?}"),
    }
}

/// Where the attempt went is known by three ways: from memory, as long as the end is not durable;
/// then from the records; and it is the same when the end stands in the table.
#[test]
fn a_bounce_after_the_end_brings_where_its_attempt_went() {
    for way in ["memory", "waiting for the table", "table"] {
        let world = World::new();
        let (mut shard, id) = just_ended(&world);
        if way != "memory" {
            world.journal.commit();
            shard.turn();
        }
        if way == "table" {
            let written = world
                .endings
                .write(&*world.journal, sluis_journal::Shard(0));
            assert!(written.is_ok());
        }
        let Input::LateReceipt(late) = bounced(&world, &mut shard, id) else {
            panic!("{way}: it does not say where the attempt went")
        };
        assert_eq!(late.channel, Channel::Null, "{way}");
        assert_eq!(&*late.address, "null", "{way}");
    }
}

/// An attempt that nobody knows marks nothing, and is noted.
#[test]
fn a_bounce_of_an_attempt_that_never_was_is_noted_as_it_is() {
    let world = World::new();
    let (mut shard, id) = tabled(&world);
    let Input::Receipt(mut unknown) = receipt(id) else {
        panic!("a receipt")
    };
    unknown.attempt.attempt = 9;
    let request = |reply| ShardRequest::ById {
        corporation: HOUSE,
        id,
        input: Input::Receipt(unknown),
        reply,
    };
    world.business(request, 22);
    while shard.turn() {}
    world.journal.commit();
    while shard.turn() {}
    let [(22, ShardAnswer::Decided { answer, .. })] = &world.answers()[..] else {
        panic!("an answer")
    };
    assert_eq!(*answer, Answer::Receipt(ReceiptEffect::Noted));
}
