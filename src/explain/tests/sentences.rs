//! Owns the check of what is said: states, causes, guards, masks. Refuses addresses and bodies
//! anywhere in the output.

use sluis_model::{
    Cause, Channel, DAY, Event, FactKind, HOUR, Input, NotificationId, Opens, Receipt, ReceiptKind,
    Refusal, Verdict, Why,
};

use super::world::{MAIL, PHONE, START, World};
use crate::explain::{Language, TimelineRow, about, discreet, mask, outcome, rfc3339, timeline};

fn accepted() -> Verdict {
    Verdict::Accepted {
        provider_id: "q-1".into(),
    }
}

/// A storno whose mail bounced and whose SMS the provider has.
fn texted() -> (World, NotificationId) {
    let mut world = World::new();
    world.fact(FactKind::Balance, 61_250);
    world.now = world.now.plus(HOUR);
    let id = world.storno();
    let mail = world.start(id);
    world.outcome(mail, accepted());
    let why = Some(Why::new("5.1.1", "a.jansen@example.nl: no such user"));
    world.give(Input::Receipt(Receipt {
        attempt: mail,
        kind: ReceiptKind::BouncedHard,
        why,
        provider: "relay".into(),
        occurred_at: None,
    }));
    let sms = world.start(id);
    world.outcome(sms, accepted());
    (world, id)
}

#[test]
fn the_sentence_names_tenant_channel_address_and_what_the_guards_saw() {
    let (world, id) = texted();
    let told = world.explain(id);
    assert_eq!(
        (told.state, told.step.as_deref(), told.tenant_id.as_str()),
        ("sent", Some("sms"), "H-1001")
    );
    let expected = [
        "Tenant H-1001 is told about invoice F-1 by flow 'storno' version 2",
        "attempt 2 went over sms to +316****5678 through sms-relay at 2026-02-02T09:00:00Z for step 'sms'",
        "because the message bounced or was refused (5.1.1 (address) no such user)",
        "step 'sms' sends over sms",
        "guard 'balance above zero': facts.balance_cents > 0 held with 61250, told 2026-02-02T08:00:00Z",
        "guard 'right type of storno': storno_class(data.reason_code) == 'CHASE' held with 'CHASE'",
        "now it is sent at step 'sms' and waits for a click, reply or payment; without one it goes to people, list 'collections'",
    ];
    for part in expected {
        assert!(
            told.why.contains(part),
            "{part:?} is missing in {:?}",
            told.why
        );
    }
    assert_eq!(
        told.next.and_then(|next| next.at),
        Some(rfc3339(START.plus(HOUR + 5 * DAY)))
    );
}

#[test]
fn a_message_too_long_for_sms_says_so_and_that_it_never_left() {
    let mut world = World::new();
    world.fact(FactKind::Balance, 61_250);
    let id = world.storno();
    let mail = world.start(id);
    let class = Refusal::Unsendable;
    let why = Why::new("segments", "8 segments, at most 4");
    world.outcome(mail, Verdict::Refused { class, why });
    let told = world.explain(id).why;
    for part in [
        "attempt 1 was to go, and cannot be made, over email to a***@example.nl",
        "attempt 1 over email failed (segments 8 segments, at most 4)",
    ] {
        assert!(told.contains(part), "{part:?} is missing in {told:?}");
    }

    // By the other way: the reason is why that step came.
    let sms = world.start(id);
    world.outcome(sms, accepted());
    let told = world.explain(id).why;
    assert_eq!(told.matches("8 segments, at most 4").count(), 1, "{told}");
    assert!(told.contains("attempt 2 went over sms"), "{told}");
}

#[test]
fn a_reason_whose_text_is_its_code_is_said_once() {
    let mut world = World::new();
    world.fact(FactKind::Balance, 61_250);
    let id = world.storno();
    let mail = world.start(id);
    world.outcome(mail, accepted());
    world.give(Input::Receipt(Receipt {
        attempt: mail,
        kind: ReceiptKind::Failed,
        why: Some(Why::new("expired", "expired")),
        provider: "bird".into(),
        occurred_at: None,
    }));
    let sms = world.start(id);
    world.outcome(sms, accepted());
    let told = world.explain(id).why;
    assert!(told.contains("bounced or was refused (expired)"), "{told}");
}

#[test]
fn a_reason_whose_text_begins_with_its_code_says_it_once() {
    let mut world = World::new();
    world.fact(FactKind::Balance, 61_250);
    let id = world.storno();
    let mail = world.start(id);
    let class = Refusal::Address;
    let why = Why::new("5.1.1", "5.1.1 no such user");
    world.outcome(mail, Verdict::Refused { class, why });
    let told = world.explain(id).why;
    assert!(told.contains("(5.1.1 no such user)"), "{told}");
}

#[test]
fn attempts_say_why_that_way_and_what_became_of_them() {
    let (world, id) = texted();
    let attempts = world.explain(id).attempts;
    let [mail, sms] = attempts.as_slice() else {
        panic!("{attempts:?}")
    };
    assert_eq!(
        (mail.outcome, mail.address.as_str(), mail.step.as_str()),
        ("failed", "a***@example.nl", "mail")
    );
    assert_eq!(
        mail.why.as_ref().map(|why| why.code.as_str()),
        Some("5.1.1")
    );
    assert!(
        mail.channel_reason
            .contains("no preference for 'collection'"),
        "{}",
        mail.channel_reason
    );
    assert_eq!(mail.guards.len(), 4);
    assert_eq!(
        mail.guards[3].as_of.as_deref(),
        Some("2026-02-02T08:00:00Z")
    );
    assert_eq!((sms.number, sms.outcome, sms.resends), (2, "accepted", 0));
}

#[test]
fn a_condition_of_several_parts_says_what_each_saw_and_which_is_not_known() {
    let joined = include_str!("../../../config/flows/storno.toml").replace(
        "when = \"facts.balance_cents > 0\"",
        "when = \"data.reason_code in ['AM04', 'MS03'] && facts.balance_cents > 0\"",
    );
    let mut world = World::with_storno(&joined);
    let id = world.storno();
    let held = world.explain(id).why;
    let unknown = "guard 'balance above zero': facts.balance_cents is not known";
    assert!(held.contains(unknown), "{held}");
    world.fact(FactKind::Balance, 61_250);
    world.start(id);
    let started = world.explain(id).why;
    let saw = "&& facts.balance_cents > 0 held with 'AM04' and 61250, told 2026-02-02T08:00:00Z";
    assert!(started.contains(saw), "{started}");
}

#[test]
fn a_hold_names_its_guard_the_missing_fact_and_its_end() {
    let mut world = World::new();
    let id = world.storno();
    let told = world.explain(id);
    assert_eq!(told.state, "held");
    for part in [
        "nothing has left",
        "guard 'balance above zero': facts.balance_cents is not known",
        "until 2026-02-05T08:00:00Z",
    ] {
        assert!(
            told.why.contains(part),
            "{part:?} is missing in {:?}",
            told.why
        );
    }
    world.fact(FactKind::Balance, 100);
    world.now = world.now.plus(25 * HOUR);
    world.start_refused(id);
    let told = world.explain(id);
    assert!(
        told.why.contains(
            "facts.balance_cents was told 2026-02-02T08:00:00Z, and may be at most 1 day old"
        ),
        "{}",
        told.why
    );
    let next = told.next.expect("something is next");
    assert!(
        next.what.starts_with("facts: guard") && next.at.is_some(),
        "{next:?}"
    );
}

#[test]
fn a_resend_is_the_same_attempt_and_doubt_is_said() {
    let mut world = World::new();
    world.fact(FactKind::Balance, 61_250);
    let id = world.storno();
    let mail = world.start(id);
    world.outcome(
        mail,
        Verdict::InDoubt {
            why: Why::new("timeout", "no answer after the data"),
        },
    );
    let told = world.explain(id);
    assert_eq!(
        (told.state, told.attempts[0].outcome),
        ("ready", "in_doubt")
    );
    assert!(
        told.why
            .contains("the same attempt again over email through email-relay"),
        "{}",
        told.why
    );
    world.start(id);
    let told = world.explain(id);
    assert_eq!(
        (
            told.attempts.len(),
            told.attempts[0].resends,
            told.attempts[0].outcome
        ),
        (1, 1, "sending")
    );
}

#[test]
fn a_payment_ends_it_with_its_stop_rule() {
    let (mut world, id) = texted();
    world.fact(FactKind::Payment, 61_250);
    let told = world.explain(id);
    assert_eq!(
        (told.state, told.end.as_deref(), told.reason),
        ("ended", Some("paid"), Some("stop"))
    );
    assert!(
        told.why.contains(
            "stop rule 'paid another way': subject.open_amount_cents <= 0 came true with 0"
        ),
        "{}",
        told.why
    );
    assert!(told.next.is_none() && told.step.is_none());
    let kinds: Vec<&str> = told.history.iter().map(|row| row.kind).collect();
    assert_eq!(kinds[0], "accepted");
    assert!(
        kinds.ends_with(&["fact", "subject_open", "link_closed", "ended"]),
        "{kinds:?}"
    );
}

#[test]
fn an_end_makes_one_outcome_row_with_what_its_record_holds() {
    let (mut world, id) = texted();
    world.fact(FactKind::Payment, 61_250);
    let rows: Vec<_> = world
        .records
        .iter()
        .flat_map(|(position, record)| {
            record
                .events
                .iter()
                .filter_map(|event| outcome(*position, record, event))
        })
        .collect();
    let [row] = rows.as_slice() else {
        panic!("{rows:?}")
    };
    assert_eq!(
        (row.id, row.end.as_str(), row.reason, row.state),
        (id, "paid", "stop", "ended")
    );
    assert_eq!(
        (row.attempt, row.channel),
        (None, None),
        "the record of a payment knows of no attempt"
    );
}

#[test]
fn a_refusal_that_ends_names_attempt_channel_and_reason() {
    let mut world = World::new();
    let id = NotificationId(5);
    let record = {
        world.fact(FactKind::Balance, 1);
        let storno = world.storno();
        let mail = world.start(storno);
        let why = Why::new("5.7.1", "policy");
        world.outcome(
            mail,
            Verdict::Refused {
                class: Refusal::Address,
                why: why.clone(),
            },
        );
        let mut record = world.records.last().expect("a record").1.clone();
        record.events.push(Event::Ended {
            id: storno,
            end: "undeliverable".into(),
            cause: Cause::Bounced { why },
        });
        record
    };
    let row = record
        .events
        .iter()
        .find_map(|event| outcome(9, &record, event))
        .expect("an end");
    assert_eq!(
        (row.attempt, row.channel, row.reason),
        (Some(1), Some(Channel::Email), "bounced")
    );
    assert_eq!(row.why.map(|why| why.code).as_deref(), Some("5.7.1"));
    assert_eq!(outcome(9, &record, &Event::Accepted { id }), None);
}

#[test]
fn the_timeline_is_newest_first_and_prints_no_address_and_no_body() {
    let (mut world, id) = texted();
    world.give(Input::Cancel {
        target: sluis_model::CancelTarget::Notification(id),
        note: format!("asked by {MAIL}, phone {PHONE}").into(),
    });
    let rows: Vec<TimelineRow> = timeline(
        &world.newest_first(),
        &Opens::default(),
        &world.book,
        Language::English,
    );
    assert_eq!(rows[0].kind, "ended");
    assert_eq!(rows.last().map(|row| row.kind), Some("profile_stored"));
    assert!(
        rows.windows(2)
            .all(|pair| pair[0].sequence >= pair[1].sequence)
    );
    let printed = serde_json::to_string(&(&rows, world.explain(id))).expect("JSON");
    for secret in [MAIL, PHONE, "secret-path", "31612345678"] {
        assert!(!printed.contains(secret), "{secret:?} stands in {printed}");
    }
    assert!(
        rows.iter()
            .all(|row| !row.text.is_empty() && !row.label_nl.is_empty()),
        "{rows:?}"
    );
}

#[test]
fn without_the_record_of_acceptance_the_open_state_tells_the_flow() {
    let (world, id) = texted();
    let newest = &world.newest_first()[..2];
    assert!(world.tenant.find(id).is_some());
    let (open, none) = (&world.tenant.open, &Opens::default());
    let started = |open: &Opens| {
        let rows = timeline(newest, open, &world.book, Language::English);
        rows.into_iter()
            .find(|row| row.kind == "attempt_started")
            .expect("the start of the SMS")
            .details["guards"][3]
            .to_string()
    };
    assert!(
        started(open)
            .contains("guard 'balance above zero': facts.balance_cents > 0 held with 61250"),
        "{}",
        started(open)
    );
    assert!(
        started(none).contains("guard 4 held with 61250"),
        "{}",
        started(none)
    );
    assert!(
        world
            .newest_first()
            .iter()
            .filter(|(_, record)| about(id)(record))
            .count()
            > 2
    );
}

#[test]
fn masks_leave_enough_to_recognise_and_no_more() {
    let cases = [
        ("jan@example.nl", "j***@example.nl"),
        ("+31612345678", "+316****5678"),
        ("06-12345678", "06-1****5678"),
        ("null", "null"),
        ("", ""),
        ("Dorpsstraat 1", "D***"),
        ("é@é", "é***@é"),
        ("123", "1***"),
        ("jan@example.nl / 06-12345678", "j***@example.nl***"),
        ("jan@example.nl piet jansen", "j***@example.nl***"),
        ("jan@example.nl; piet@example.nl", "j***@example.nl"),
        ("06-12345678 (Jan)", "0***"),
    ];
    for (address, masked) in cases {
        assert_eq!(mask(address), masked);
    }
}

#[test]
fn a_text_in_the_wrong_place_is_shown_unless_it_may_be_an_address() {
    for (text, shown) in [
        ("mailbox", "mailbox"),
        ("2026-11-27T10:00:00Z", "2026-11-27T10:00:00Z"),
        ("27-11-2026", "27-11-2026"),
        ("jan@example.nl", "j***@example.nl"),
        ("0612345678", "0612****5678"),
        ("Jan 06-12345678", "J***"),
    ] {
        assert_eq!(discreet(text), shown);
    }
}
