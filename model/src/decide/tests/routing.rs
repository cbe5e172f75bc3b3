//! Owns the stories of the choice of channel: preference, fallbacks, addresses that are missing,
//! changes of mind. Refuses a channel without a provider.

use super::world::{MAIL, World, only, prefers, refused};
use crate::{
    Answer, Cause, Channel, Choice, Event, HOUR, Phase, PointState, ProfileChange, ReceiptKind,
    Refusal,
};

#[test]
fn without_an_e_mail_address_the_sms_goes_at_once() {
    let mut world = World::usual();
    world.profile(only(Channel::Sms));
    let (id, decision) = world.storno_with(|_| ());
    world.assert_in_line(id, Channel::Sms);
    assert!(decision.events.iter().any(|e| matches!(
        e,
        Event::StepEntered {
            step: 1,
            cause: Cause::Unreachable,
            ..
        }
    )));
}

#[test]
fn a_tenant_who_cannot_be_reached_at_all_goes_to_people() {
    for with_profile in [false, true] {
        let mut world = World::empty();
        world.balance(1);
        if with_profile {
            world.profile(|p| p.points.clear());
        }
        let id = world.storno();
        assert_eq!(*world.assert_task(id, "collections"), Cause::Unreachable);
    }
}

#[test]
fn a_preferred_channel_carries_the_first_message() {
    let mut world = World::usual();
    world.profile(prefers(Channel::Sms));
    let id = world.storno();
    assert_eq!(world.step(id), "mail");
    world.send(id);
    assert_eq!(world.attempts(id), [(Channel::Sms, 1, Choice::Preferred)]);
}

#[test]
fn a_preference_for_all_categories_yields_to_the_one_for_this() {
    let mut world = World::usual();
    world.profile(|p| {
        p.preferences = vec![
            crate::Preference::new("*", Channel::Email),
            crate::Preference::new("collection", Channel::Sms),
        ];
    });
    let id = world.storno();
    world.assert_in_line(id, Channel::Sms);
}

#[test]
fn a_preference_nobody_can_serve_falls_to_the_flows_order() {
    for channel in [Channel::Letter, Channel::Whatsapp, Channel::Portal] {
        let mut world = World::usual();
        world.profile(prefers(channel));
        let id = world.storno();
        world.send(id);
        assert_eq!(
            world.attempts(id),
            [(Channel::Email, 1, Choice::FlowOrder)],
            "{channel}"
        );
    }
}

#[test]
fn a_channel_without_a_provider_is_skipped() {
    let mut world = World::usual();
    world
        .policy
        .channels
        .insert(super::world::CORPORATION, vec![Channel::Sms]);
    let id = world.storno();
    world.assert_in_line(id, Channel::Sms);
    world.policy.channels.clear();
    world.permit(id);
    world.assert_task(id, "collections");
}

#[test]
fn a_change_of_preference_before_the_permit_is_followed() {
    let mut world = World::usual();
    let id = world.storno();
    world.profile(prefers(Channel::Sms));
    let rerouted = world.permit(id);
    assert!(matches!(
        &rerouted.events[..],
        [Event::Ready {
            channel: Channel::Sms,
            choice: Choice::Preferred,
            ..
        }]
    ));
    world.send(id);
    assert_eq!(world.channels(id), [Channel::Sms]);
}

#[test]
fn an_address_that_changed_before_the_permit_is_used() {
    let mut world = World::usual();
    let id = world.storno();
    world.profile(|p| p.points[0].value = "new@example.nl".into());
    let started = world.permit(id);
    assert!(
        matches!(&started.events[..], [Event::AttemptStarted { address, .. }] if &**address == "new@example.nl")
    );
}

#[test]
fn an_address_that_vanished_before_the_permit_is_not_used() {
    let mut world = World::usual();
    let id = world.storno();
    world.profile(only(Channel::Sms));
    world.permit(id);
    world.assert_in_line(id, Channel::Sms);
    world.profile(|p| p.points.clear());
    world.permit(id);
    assert_eq!(*world.assert_task(id, "collections"), Cause::Unreachable);
}

#[test]
fn a_permit_for_another_channel_is_ignored() {
    let mut world = World::usual();
    let id = world.storno();
    let permit = crate::Permit {
        channel: Channel::Sms,
        ..world.permit_for(id)
    };
    assert!(world.give(crate::Input::Permit(permit)).events.is_empty());
    world.assert_in_line(id, Channel::Email);
}

#[test]
fn a_second_permit_for_the_same_send_is_ignored() {
    let mut world = World::usual();
    let id = world.storno();
    let permit = world.permit_for(id);
    world.start(id);
    assert!(world.give(crate::Input::Permit(permit)).events.is_empty());
    assert_eq!(world.channels(id), [Channel::Email]);
}

#[test]
fn the_null_channel_needs_no_address() {
    let mut world = World::empty();
    world.profile(|p| {
        p.points.clear();
        prefers(Channel::Null)(p);
    });
    let id = world.notice_with(|_| ());
    world.send(id);
    assert_eq!(world.attempts(id), [(Channel::Null, 1, Choice::Preferred)]);
}

#[test]
fn a_flow_that_leads_in_circles_ends_up_with_people() {
    let mut world = World::empty();
    world.flows.add(
        r#"
        name = "circle"
        version = 1
        purpose = "information"
        fallback_list = "stuck"
        [[step]]
        id = "here"
        send = { template = { email = "a" }, via = ["email"] }
        on.bounced = "there"
        [[step]]
        id = "there"
        send = { template = { sms = "b" }, via = ["sms"] }
        on.bounced = "here"
        "#,
    );
    let id = world.run("circle", |_| ());
    assert!(matches!(&world.open(id).phase, Phase::Task { list, .. } if &**list == "stuck"));
}

#[test]
fn a_profile_says_what_it_changed() {
    let mut world = World::empty();
    assert_eq!(
        world.profile(|_| ()).answer,
        Answer::Profile(ProfileChange::New)
    );
    let same = world.profile(|_| ());
    assert_eq!(
        (same.answer, same.events.len()),
        (Answer::Profile(ProfileChange::Same), 0)
    );
    assert_eq!(
        world.profile(|p| p.language = "en".into()).answer,
        Answer::Profile(ProfileChange::Changed)
    );
    assert_eq!(
        &*world.tenant.profile.as_deref().unwrap().points[0].value,
        MAIL
    );
}

#[test]
fn after_an_sms_that_failed_a_shipped_flow_goes_by_mail() {
    for flow in ["notice", "storno"] {
        for kind in [ReceiptKind::Failed, ReceiptKind::BouncedHard] {
            let mut world = World::usual();
            world.profile(prefers(Channel::Sms));
            let id = if flow == "storno" {
                world.storno()
            } else {
                world.notice_with(|_| ())
            };
            let sms = world.send(id);
            world.receipt(sms, kind);
            world.send(id);
            assert_eq!(
                world.channels(id),
                [Channel::Sms, Channel::Email],
                "{flow} after {kind:?}"
            );
        }
    }
}

#[test]
fn a_preferred_sms_without_an_answer_is_followed_by_mail() {
    let mut world = World::usual();
    world.profile(prefers(Channel::Sms));
    let id = world.storno();
    world.send(id);
    world.wait_out(id, 48 * HOUR);
    world.send(id);
    assert_eq!(world.channels(id), [Channel::Sms, Channel::Email]);
}

const EXCEPT: &str = r#"
name = "except"
version = 1
purpose = "information"
fallback_list = "delivery"
[[step]]
id = "one"
send = { template = { email = "a", sms = "a", null = "a" }, via = ["preferred", "email", "sms"] }
on.bounced = "two"
on.settled = { after = "1h", go = "two" }
[[step]]
id = "two"
send = { template = { email = "a", sms = "a" }, via = ["preferred", "email", "sms"], except = "WORD" }
on.bounced = "end: undeliverable"
on.settled = { after = "1h", go = "end: sent" }
"#;

#[test]
fn except_failed_leaves_out_what_failed_and_except_tried_what_went_as_well() {
    // (word, whether the first message failed, the second goes by)
    let cases = [
        ("failed", true, Channel::Sms),
        ("failed", false, Channel::Email),
        ("tried", true, Channel::Sms),
        ("tried", false, Channel::Sms),
    ];
    for (word, fails, second) in cases {
        let mut world = World::usual();
        world.flows.add(&EXCEPT.replace("WORD", word));
        let id = world.run("except", |_| ());
        let mail = world.send(id);
        if fails {
            world.receipt(mail, ReceiptKind::Failed);
        } else {
            world.fall_due(id);
        }
        world.assert_in_line(id, second);
    }
}

#[test]
fn a_bounce_that_comes_late_counts_as_failed() {
    let mut world = World::usual();
    world.flows.add(&EXCEPT.replace("WORD", "failed"));
    let id = world.run("except", |_| ());
    let mail = world.send(id);
    world.fall_due(id);
    world.receipt(mail, ReceiptKind::Failed);
    world.permit(id);
    world.assert_in_line(id, Channel::Sms);
}

#[test]
fn a_message_that_cannot_be_made_for_a_channel_goes_by_the_steps_next_way() {
    for class in [Refusal::Unsendable, Refusal::Ours] {
        let mut world = World::usual();
        world.profile(prefers(Channel::Sms));
        let id = world.notice_with(|_| ());
        let sms = world.start(id);
        let decision = world.outcome(sms, refused(class));
        world.assert_in_line(id, Channel::Email);
        assert!(
            !decision
                .events
                .iter()
                .any(|e| matches!(e, Event::TaskOpened { .. } | Event::StepEntered { .. })),
            "{class:?}"
        );
        assert_eq!(
            (world.step(id), world.address_state(super::world::PHONE)),
            ("first", PointState::Created)
        );
        let mail = world.send(id);
        world.receipt(mail, ReceiptKind::Failed);
        assert_eq!(
            *world.assert_task(id, "delivery"),
            Cause::Unreachable,
            "both failed, one for a reason of ours"
        );
    }
}

#[test]
fn without_a_next_way_it_is_decided_like_a_bounce() {
    let mut world = World::usual();
    let id = world.storno();
    let mail = world.start(id);
    let decision = world.outcome(mail, refused(Refusal::Unsendable));
    assert!(decision.events.iter().any(|e| matches!(
        e,
        Event::StepEntered {
            step: 1,
            cause: Cause::CannotSend { .. },
            ..
        }
    )));
    world.assert_in_line(id, Channel::Sms);
}

#[test]
fn people_get_what_cannot_be_sent_only_when_no_way_is_left() {
    let mut world = World::usual();
    world.profile(only(Channel::Sms));
    let id = world.notice_with(|_| ());
    let sms = world.start(id);
    world.outcome(sms, refused(Refusal::Unsendable));
    assert!(
        matches!(world.assert_task(id, "delivery"), Cause::CannotSend { .. }),
        "the fallback leaves out what failed, and people are told why it did"
    );

    let mut world = World::usual();
    world.profile(only(Channel::Sms));
    world.flows.add(&EXCEPT.replace(", except = \"WORD\"", ""));
    let id = world.run("except", |_| ());
    for _ in 0..2 {
        let sms = world.start(id);
        world.outcome(sms, refused(Refusal::Unsendable));
    }
    assert!(
        matches!(world.assert_task(id, "delivery"), Cause::CannotSend { .. }),
        "another step has a template of its own"
    );
}

#[test]
fn a_person_who_has_it_tried_again_has_every_channel_tried() {
    let mut world = World::usual();
    world.profile(only(Channel::Sms));
    let id = world.notice_with(|_| ());
    let sms = world.start(id);
    world.outcome(sms, refused(Refusal::Unsendable));
    world.answer(id, "retry");
    world.send(id);
    assert_eq!(world.channels(id), [Channel::Sms, Channel::Sms]);
}

#[test]
fn a_payment_meanwhile_goes_before_the_next_way() {
    let mut world = World::usual();
    world.profile(prefers(Channel::Sms));
    let id = world.storno();
    let sms = world.start(id);
    world.balance(0);
    world.outcome(sms, refused(Refusal::Unsendable));
    world.assert_ends(id, "no balance");
}
