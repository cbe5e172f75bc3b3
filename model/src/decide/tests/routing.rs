//! Owns the stories of the choice of channel: preference, fallbacks, addresses that are missing, changes of mind.
//! Refuses a channel without a provider.

use super::world::{MAIL, World, only, prefers};
use crate::{Answer, Cause, Channel, Choice, Event, Phase, ProfileChange};

#[test]
fn without_an_e_mail_address_the_sms_goes_at_once() {
    let mut world = World::usual();
    world.profile(only(Channel::Sms));
    let (id, decision) = world.storno_with(|_| ());
    world.assert_in_line(id, Channel::Sms);
    assert!(decision.events.iter().any(|e| matches!(e, Event::StepEntered { step: 1, cause: Cause::Unreachable, .. })));
}

#[test]
fn a_tenant_who_cannot_be_reached_at_all_goes_to_people() {
    for with_profile in [false, true] {
        let mut world = World::empty();
        world.balance(1);
        if with_profile {
            world.profile(|p| p.addresses.clear());
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
        let preference = |category: &str, channel| crate::Preference { category: category.into(), channel };
        p.preferences = vec![preference("*", Channel::Email), preference("collection", Channel::Sms)];
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
        assert_eq!(world.attempts(id), [(Channel::Email, 1, Choice::FlowOrder)], "{channel}");
    }
}

#[test]
fn a_channel_without_a_provider_is_skipped() {
    let mut world = World::usual();
    world.policy.channels.insert(super::world::CORPORATION, vec![Channel::Sms]);
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
    assert!(matches!(&rerouted.events[..], [Event::Ready { channel: Channel::Sms, choice: Choice::Preferred, .. }]));
    world.send(id);
    assert_eq!(world.channels(id), [Channel::Sms]);
}

#[test]
fn an_address_that_changed_before_the_permit_is_used() {
    let mut world = World::usual();
    let id = world.storno();
    world.profile(|p| p.addresses[0].value = "new@example.nl".into());
    let started = world.permit(id);
    assert!(matches!(&started.events[..], [Event::AttemptStarted { address, .. }] if &**address == "new@example.nl"));
}

#[test]
fn an_address_that_vanished_before_the_permit_is_not_used() {
    let mut world = World::usual();
    let id = world.storno();
    world.profile(only(Channel::Sms));
    world.permit(id);
    world.assert_in_line(id, Channel::Sms);
    world.profile(|p| p.addresses.clear());
    world.permit(id);
    assert_eq!(*world.assert_task(id, "collections"), Cause::Unreachable);
}

#[test]
fn a_permit_for_another_channel_is_ignored() {
    let mut world = World::usual();
    let id = world.storno();
    let permit = crate::Permit { channel: Channel::Sms, ..world.permit_for(id) };
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
        p.addresses.clear();
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
    assert_eq!(world.profile(|_| ()).answer, Answer::Profile(ProfileChange::New));
    let same = world.profile(|_| ());
    assert_eq!((same.answer, same.events.len()), (Answer::Profile(ProfileChange::Same), 0));
    assert_eq!(world.profile(|p| p.language = "en".into()).answer, Answer::Profile(ProfileChange::Changed));
    assert_eq!(&*world.tenant.profile.as_deref().unwrap().addresses[0].value, MAIL);
}
