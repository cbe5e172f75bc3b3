//! Owns the stories of a corporation that steers its channels by a matrix. A test for each kind of
//! cell, and for what the tenant's preference may do within what is on.

use super::world::{CORPORATION, World, only, prefers, refused};
use crate::steering::{MatrixRow, Steered, Steering, WhyNot};
use crate::{Channel, Choice, Event, NotificationId, Refusal, Supplied};

/// A flow whose first step may go by letter too.
const THREE: &str = r#"
name = "three"
version = 1
purpose = "information"

[[step]]
id = "first"
send = { template = { email = "a", sms = "a", letter = "a", null = "a" }, via = ["preferred", "letter", "email", "sms"] }
on.bounced = "second"

[[step]]
id = "second"
send = { template = { email = "a", sms = "a", letter = "a" }, via = ["letter", "email", "sms"], except = "failed" }
on.bounced = "end: nobody"
"#;

/// A tenant of a corporation with this matrix and a provider of every channel.
fn steered(matrix: &str) -> World {
    let mut world = World::usual();
    world.flows.add(THREE);
    let steering = Steering::parse(matrix).expect("a sound matrix");
    world.policy.steering.insert(CORPORATION, steering);
    world
        .policy
        .channels
        .insert(CORPORATION, Channel::ALL.to_vec());
    world.profile(with_post);
    world
}

fn with_post(supplied: &mut Supplied) {
    let post = crate::Given::new(crate::ContactKind::Postal, "Dijk 1, 1234 AB Dorp");
    supplied.points.push(post);
}

fn row(cells: &str) -> String {
    format!("[[service]]\ncategory = \"collection\"\n{cells}\n")
}

fn told(world: &mut World, id: NotificationId) -> Steered {
    let decision = world.permit(id);
    let mut events = decision.events.into_iter();
    let found = events.find_map(|event| match event {
        Event::Steered { steered, .. } => Some(*steered),
        _ => None,
    });
    found.expect("how the channels were weighed")
}

fn reasons(steered: &Steered) -> Vec<(Channel, WhyNot)> {
    let passed = steered.passed.iter();
    passed.map(|passed| (passed.channel, passed.why)).collect()
}

#[test]
fn a_channel_that_is_off_is_never_taken_whoever_names_it() {
    use Channel::{Email, Letter, Null, Sms};
    for off in [Email, Sms, Letter] {
        for preferred in [None, Some(Email), Some(Sms), Some(Letter), Some(Null)] {
            let mut world = steered(&row(&format!("{off} = \"off\"")));
            world.profile(|supplied| {
                with_post(supplied);
                preferred.into_iter().for_each(|p| prefers(p)(supplied));
            });
            let id = world.run("three", |_| ());
            world.start(id);
            assert!(
                !world.channels(id).contains(&off),
                "{off} is off, {preferred:?} is preferred"
            );
        }
    }
}

#[test]
fn a_primary_channel_goes_before_those_the_flow_names_first() {
    let mut world = steered(&row("sms = \"primary\""));
    let id = world.run("three", |_| ());
    world.start(id);
    assert_eq!(world.attempts(id), [(Channel::Sms, 1, Choice::Primary)]);
}

#[test]
fn a_letter_goes_last_unless_it_is_primary_or_preferred() {
    let last = steered(&row("sms = \"secondary\""));
    let primary = steered(&row("letter = \"primary\""));
    let mut preferred = steered(&row("sms = \"secondary\""));
    preferred.profile(|supplied| {
        with_post(supplied);
        prefers(Channel::Letter)(supplied);
    });
    for (mut world, expected) in [
        (last, (Channel::Email, 1, Choice::FlowOrder)),
        (primary, (Channel::Letter, 1, Choice::Primary)),
        (preferred, (Channel::Letter, 1, Choice::Preferred)),
    ] {
        let id = world.run("three", |_| ());
        world.start(id);
        assert_eq!(world.attempts(id), [expected]);
    }
}

#[test]
fn a_letter_to_whom_nothing_else_reaches_says_so() {
    let mut world = steered(&row("sms = \"off\""));
    world.profile(|supplied| {
        only(Channel::Sms)(supplied);
        with_post(supplied);
    });
    let id = world.run("three", |_| ());
    let steered = told(&mut world, id);
    assert_eq!(steered.channel, Some(Channel::Letter));
    let expected = [
        (Channel::Email, WhyNot::NoAddress),
        (Channel::Sms, WhyNot::Off),
    ];
    assert_eq!(reasons(&steered), expected);
    assert_eq!(
        world.attempts(id),
        [(Channel::Letter, 1, Choice::LastResort)]
    );
}

#[test]
fn a_preference_goes_before_a_primary_channel() {
    let mut world = steered(&row("sms = \"primary\""));
    world.profile(prefers(Channel::Email));
    let id = world.run("three", |_| ());
    let steered = told(&mut world, id);
    assert_eq!(steered.channel, Some(Channel::Email));
    let expected = [
        (Channel::Sms, WhyNot::Later),
        (Channel::Letter, WhyNot::NoAddress),
    ];
    assert_eq!(reasons(&steered), expected);
    assert_eq!(world.attempts(id), [(Channel::Email, 1, Choice::Preferred)]);
}

#[test]
fn a_channel_that_is_switched_off_while_a_message_waits_is_not_taken() {
    // The world begins on 18 November 2026.
    let on = row("from = 2026-11-18\nemail = \"primary\"");
    let off = row("from = 2026-11-20\nemail = \"off\"");
    let mut world = steered(&format!("{on}{off}"));
    let id = world.run("three", |_| ());
    world.assert_in_line(id, Channel::Email);
    world.later(5 * crate::DAY);
    let rerouted = world.permit(id).events;
    assert!(
        matches!(
            rerouted[..],
            [Event::Ready {
                channel: Channel::Sms,
                ..
            }]
        ),
        "{rerouted:?}"
    );
    let steered = told(&mut world, id);
    let row = MatrixRow {
        category: "collection".into(),
        from: "2026-11-20".into(),
    };
    assert_eq!(steered.row, row);
    assert!(reasons(&steered).contains(&(Channel::Email, WhyNot::Off)));
}

#[test]
fn what_failed_says_so_when_another_channel_is_taken() {
    let mut world = steered(&row("email = \"primary\""));
    let id = world.run("three", |_| ());
    let mail = world.start(id);
    world.outcome(mail, refused(Refusal::Address));
    let steered = told(&mut world, id);
    assert_eq!(steered.channel, Some(Channel::Sms));
    let expected = [
        (Channel::Email, WhyNot::Failed),
        (Channel::Letter, WhyNot::Later),
    ];
    assert_eq!(reasons(&steered), expected);
}

#[test]
fn when_everything_is_off_the_flow_goes_on_and_says_why() {
    let mut world = steered(&row(
        "email = \"off\"\nsms = \"off\"\nletter = \"off\"\nnull = \"off\"",
    ));
    let id = world.run("three", |_| ());
    let steered = world.events().filter_map(|event| match event {
        Event::Steered { steered, .. } => Some(steered),
        _ => None,
    });
    let steered: Vec<_> = steered.collect();
    assert_eq!(steered.len(), 2, "one for each step that could not send");
    for told in steered {
        assert_eq!(told.channel, None);
        assert!(told.passed.iter().all(|passed| passed.why == WhyNot::Off));
    }
    assert!(world.tenant.find(id).is_none(), "it ended");
}

#[test]
fn another_category_and_another_corporation_are_as_without_a_matrix() {
    let mut other_category = steered("[[service]]\ncategory = \"repairs\"\nletter = \"off\"");
    let mut other_house = steered("");
    let steering = Steering::parse(&row("letter = \"off\"")).unwrap();
    let policy = &mut other_house.policy.steering;
    policy.clear();
    policy.insert(crate::CorporationId(8), steering);
    for world in [&mut other_category, &mut other_house] {
        let id = world.run("three", |_| ());
        let events = world.permit(id).events;
        assert!(
            matches!(
                events[..],
                [Event::AttemptStarted {
                    channel: Channel::Letter,
                    choice: Choice::FlowOrder,
                    ..
                }]
            ),
            "{events:?}"
        );
    }
}
