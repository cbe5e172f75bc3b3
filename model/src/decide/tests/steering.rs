//! Owns the stories of a corporation that steers its channels by a matrix. A test for each kind of
//! cell, and for what the tenant's preference may do within what is on.

use super::world::{CORPORATION, World, only, prefers, refused};
use crate::steering::{MatrixRow, Steered, Steering, WhyNot};
use crate::{Cause, Channel, Choice, Event, NotificationId, Refusal, Supplied};

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
    let post = crate::Given::new(crate::ContactKind::Postal, "Dijk 1, 1234 AB Plaats");
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
        segment: "".into(),
        phase: None,
    };
    assert_eq!(steered.row, Some(row));
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
    let weighed = world.events().filter_map(|event| match event {
        Event::Steered { steered, .. } => Some(steered),
        _ => None,
    });
    let weighed: Vec<_> = weighed.collect();
    assert_eq!(weighed.len(), 2, "one for each step that could not send");
    for told in weighed {
        assert_eq!(told.channel, None);
        assert!(told.passed.iter().all(|passed| passed.why == WhyNot::Off));
    }
    assert!(world.tenant.find(id).is_none(), "it ended");
    let causes = world.events().filter_map(|event| match event {
        Event::StepEntered { cause, .. } | Event::Ended { cause, .. } => Some(cause.clone()),
        _ => None,
    });
    let causes: Vec<_> = causes.collect();
    assert_eq!(causes, [Cause::Accepted, Cause::AllOff, Cause::AllOff]);
    // What is on and reaches nobody is another matter.
    let mut world = steered(&row("email = \"off\"\nsms = \"off\"\nnull = \"off\""));
    world.profile(|_| ());
    world.run("three", |_| ());
    let ends = world.events().filter_map(|event| match event {
        Event::Ended { cause, .. } => Some(cause.clone()),
        _ => None,
    });
    assert_eq!(ends.last(), Some(Cause::Unreachable));
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

/// A flow with one step that sends so.
fn one_step(send: &str) -> String {
    format!(
        "name = \"one\"\nversion = 1\npurpose = \"information\"\n\n[[step]]\nid = \"first\"\n\
         send = {{ template = {{ email = \"a\", sms = \"a\", letter = \"a\" }}, {send} }}\n\
         on.bounced = \"end: nobody\"\n"
    )
}

const RATES: &str = "[[price]]\nchannel = \"email\"\ncents = 0.1\n\n\
    [[price]]\nchannel = \"sms\"\ncents = 7.5\nper = \"segment\"\nsegments = 2\n\n\
    [[price]]\nchannel = \"letter\"\ncents = 95\ntakes = \"2d\"\n";

#[test]
fn a_legal_reason_goes_before_the_preference_and_says_so() {
    let mut world = steered("");
    world.policy.steering.clear();
    world.flows.add(&one_step(
        "via = [\"preferred\", \"letter\", \"email\"], legal = \"BW 7:271\"",
    ));
    world.profile(|supplied| {
        with_post(supplied);
        prefers(Channel::Email)(supplied);
    });
    let id = world.run("one", |_| ());
    let steered = told(&mut world, id);
    assert_eq!(steered.channel, Some(Channel::Letter));
    assert_eq!(reasons(&steered), [(Channel::Email, WhyNot::Legal)]);
    assert_eq!(world.attempts(id), [(Channel::Letter, 1, Choice::Legal)]);
}

#[test]
fn a_preference_that_a_legal_step_does_not_name_is_told_too() {
    let mut world = steered("");
    world.flows.add(&one_step(
        "via = [\"preferred\", \"letter\"], legal = \"BW 7:271\"",
    ));
    world.profile(|supplied| {
        with_post(supplied);
        prefers(Channel::Email)(supplied);
    });
    let id = world.run("one", |_| ());
    let steered = told(&mut world, id);
    assert_eq!(steered.channel, Some(Channel::Letter));
    assert_eq!(reasons(&steered), [(Channel::Email, WhyNot::Legal)]);
}

#[test]
fn what_is_off_stays_off_for_a_legal_step() {
    let mut world = steered(&row("letter = \"off\""));
    world.flows.add(&one_step(
        "via = [\"letter\", \"email\"], legal = \"BW 7:271\"",
    ));
    let id = world.run("one", |_| ());
    let steered = told(&mut world, id);
    assert_eq!(steered.channel, Some(Channel::Email));
    assert_eq!(reasons(&steered), [(Channel::Letter, WhyNot::Off)]);
}

#[test]
fn an_opt_out_to_post_says_since_when_and_who_said_so() {
    let mut world = steered(&row("email = \"primary\""));
    let since = world.now.plus(-crate::DAY);
    world.profile(|supplied| {
        with_post(supplied);
        let post = crate::Preference::new("collection", Channel::Letter);
        supplied.preferences = vec![post.said(crate::PointSource::Person, Some(since))];
    });
    let id = world.run("three", |_| ());
    let steered = told(&mut world, id);
    let asked = steered.asked.expect("since when");
    assert_eq!(steered.channel, Some(Channel::Letter));
    assert_eq!(asked.source, crate::PointSource::Person);
    assert_eq!(asked.since, Some(crate::Timestamp(since.0 / 1_000 * 1_000)));
    // And back: what is not said any more holds no more.
    world.profile(with_post);
    let id = world.run("three", |_| ());
    assert_eq!(told(&mut world, id).channel, Some(Channel::Email));
}

#[test]
fn the_cheapest_channel_that_is_allowed_and_reaches_the_tenant_is_taken() {
    let off = format!("{RATES}{}", row("email = \"off\""));
    for (matrix, email, expected) in [
        (RATES, true, (Channel::Email, 100)),
        (RATES, false, (Channel::Sms, 15_000)),
        (&*off, true, (Channel::Sms, 15_000)),
    ] {
        let mut world = steered(matrix);
        world.flows.add(&one_step("via = [\"cheapest\"]"));
        world.profile(|supplied| {
            with_post(supplied);
            if !email {
                supplied.points.remove(0);
            }
        });
        let id = world.run("one", |_| ());
        let steered = told(&mut world, id);
        assert_eq!(
            (steered.channel, steered.cost),
            (Some(expected.0), Some(expected.1))
        );
        assert_eq!(world.attempts(id), [(expected.0, 1, Choice::Cheapest)]);
        let letter = steered.passed.iter().find(|p| p.channel == Channel::Letter);
        assert_eq!(letter.expect("the letter").cost, Some(95_000));
    }
}

#[test]
fn a_channel_without_a_price_is_behind_those_that_have_one() {
    let mut world = steered("[[price]]\nchannel = \"sms\"\ncents = 99\n");
    world.flows.add(&one_step("via = [\"cheapest\"]"));
    let id = world.run("one", |_| ());
    assert_eq!(told(&mut world, id).channel, Some(Channel::Sms));
}

#[test]
fn without_a_rate_card_the_cheapest_is_the_first_channel_with_a_template() {
    let mut world = steered("");
    world.policy.steering.clear();
    world.flows.add(&one_step("via = [\"cheapest\"]"));
    let id = world.run("one", |_| ());
    let steered = told(&mut world, id);
    assert_eq!(
        (steered.channel, steered.cost),
        (Some(Channel::Email), None)
    );
}

#[test]
fn what_would_arrive_when_it_is_worthless_is_not_taken() {
    let mut world = steered(RATES);
    world.flows.add(&one_step("via = [\"letter\", \"sms\"]"));
    let expires = |world: &World, millis| world.now.plus(millis);
    let soon = expires(&world, crate::DAY);
    let id = world.run("one", |n| n.expires_at = Some(soon));
    let steered = told(&mut world, id);
    assert_eq!(steered.channel, Some(Channel::Sms));
    assert_eq!(reasons(&steered), [(Channel::Letter, WhyNot::TooSlow)]);
    let late = expires(&world, 3 * crate::DAY);
    let id = world.run("one", |n| n.expires_at = Some(late));
    assert_eq!(told(&mut world, id).channel, Some(Channel::Letter));
}
