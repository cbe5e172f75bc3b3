//! Owns the stories of what is done otherwise for some tenants: segments, people first, teams, variants
//! of templates, and rows that hold for a share of the tenants or for some complexes.

use super::world::{CORPORATION, World};
use crate::flow::Value;
use crate::steering::{SegmentSeen, Steered, Steering, Who};
use crate::{
    Cause, Channel, Counts, DeclaredFact, Environment, Event, Input, Lane, NotificationId, Phase,
    Timestamp,
};

const FLOW: &str = r#"
name = "plain"
version = 1
purpose = "information"

[[step]]
id = "first"
send = { template = { email = "a", sms = "a" }, variant = { calm = { sms = "c" }, warm = { email = "b" } }, via = ["email", "sms"] }
on.bounced = "second"

[[step]]
id = "second"
send = { template = { email = "a", sms = "a" }, via = ["sms", "email"] }
"#;

const FILE: &str = r#"
[[segment]]
name = "intensive"
people_first = true
team = "special team"

[[segment]]
name = "seniors"
variant = "warm"
team = "seniors team"

[[service]]
category = "collection"
email = "primary"

[[service]]
category = "collection"
segment = "seniors"
sms = "primary"
"#;

fn steered(file: &str) -> World {
    let mut world = World::usual();
    world.flows.add(FLOW);
    let legal = FLOW.replace("\"plain\"", "\"legal\"");
    let legal = legal.replace("via = [\"email\"", "legal = \"BW 7:271\", via = [\"email\"");
    world.flows.add(&legal);
    let steering = Steering::parse(file).expect("a sound file");
    world.policy.steering.insert(CORPORATION, steering);
    world
}

fn tell(world: &mut World, kind: &str, says: &[(&str, Value)]) {
    let says = says.iter();
    let fact = DeclaredFact {
        fact_id: format!("{kind}-{}", world.now.0).into(),
        body: 1,
        kind: kind.into(),
        subject: None,
        says: says
            .map(|(name, value)| ((*name).into(), value.clone()))
            .collect(),
        counts: Counts::Newest,
        occurred_at: world.now,
        holds_until: Timestamp::NEVER,
        environment: Environment::Production,
    };
    world.give(Input::Declared(Box::new(fact)));
    world.later(1);
}

fn segment(world: &mut World, name: &str) {
    tell(world, "segment", &[("name", Value::Text(name.into()))]);
}

fn weighed(world: &World, id: NotificationId) -> Steered {
    let found = world.events().filter_map(|event| match event {
        Event::Steered { id: of, steered } if *of == id => Some((**steered).clone()),
        _ => None,
    });
    found.last().expect("how the channels were weighed")
}

/// Whose the open task is, and why there is one.
fn team(world: &World, id: NotificationId) -> Option<(&str, &Cause)> {
    match &world.open(id).phase {
        Phase::Task { asked, .. } => Some((asked.plan.as_deref()?.team.as_deref()?, &asked.cause)),
        _ => None,
    }
}

#[test]
fn people_see_a_tenant_of_such_a_segment_before_anything_is_sent() {
    let mut world = steered(FILE);
    segment(&mut world, "intensive");
    let id = world.run("plain", |_| ());
    let cause = Cause::PeopleFirst {
        segment: "intensive".into(),
    };
    assert_eq!(team(&world, id), Some(("special team", &cause)));
    assert_eq!(world.channels(id), []);
    // They have it sent. Nobody is asked again for the next message.
    world.answer(id, "retry");
    let mail = world.start(id);
    world.outcome(mail, super::world::refused(crate::Refusal::Address));
    world.send(id);
    assert_eq!(world.channels(id), [Channel::Email, Channel::Sms]);
}

#[test]
fn people_see_a_tenant_whose_segment_became_known_while_the_message_waited() {
    let mut world = steered(FILE);
    let id = world.run("plain", |_| ());
    segment(&mut world, "intensive");
    world.permit(id);
    assert_eq!(team(&world, id).map(|(team, _)| team), Some("special team"));
    assert_eq!(world.channels(id), []);
    // Once they have it sent, nobody is asked again.
    world.answer(id, "retry");
    world.send(id);
    assert_eq!(world.channels(id), [Channel::Email]);
}

#[test]
fn urgent_and_legal_messages_do_not_wait_for_people() {
    let mut world = steered(FILE);
    segment(&mut world, "intensive");
    let urgent = world.run("plain", |n| n.lane = Lane::Urgent);
    world.send(urgent);
    let legal = world.run("legal", |_| ());
    world.send(legal);
}

#[test]
fn the_fact_itself_may_want_people_first_and_name_the_team() {
    let mut world = steered(FILE);
    let says = [
        ("name", Value::Text("seniors".into())),
        ("team", Value::Text("mevrouw Bos".into())),
        ("people_first", Value::Boolean(true)),
    ];
    tell(&mut world, "segment", &says);
    let id = world.run("plain", |_| ());
    assert_eq!(team(&world, id).map(|(team, _)| team), Some("mevrouw Bos"));
}

#[test]
fn a_segment_has_its_own_matrix_its_team_and_its_variant_of_a_template() {
    let mut world = steered(FILE);
    segment(&mut world, "seniors");
    let id = world.run("plain", |_| ());
    world.start(id);
    let seen = SegmentSeen {
        name: Some("seniors".into()),
        is_named: true,
    };
    let told = weighed(&world, id);
    assert_eq!(
        (told.channel, told.segment),
        (Some(Channel::Sms), Some(seen))
    );
    assert_eq!(told.row.expect("its row").segment, "seniors".into());
    // The variant has no template for SMS, so it is the step's own.
    assert_eq!(world.open(id).sent()[0].variant, 0);
    world.profile(|supplied| drop(supplied.points.pop()));
    let id = world.run("plain", |_| ());
    world.start(id);
    assert_eq!(world.channels(id), [Channel::Email]);
    let sent = &world.open(id).sent()[0];
    assert_eq!(sent.variant, 2, "the second by name");
    let flow = world.flow_of(world.open(id));
    let message = flow.message(0).expect("a step that sends");
    assert_eq!(message.template(Channel::Email, sent.variant), Some("b"));
    assert_eq!(message.template(Channel::Sms, sent.variant), Some("a"));
}

#[test]
fn an_attempt_that_is_sent_again_keeps_its_variant() {
    let mut world = steered(FILE);
    segment(&mut world, "seniors");
    world.profile(|supplied| drop(supplied.points.pop()));
    let id = world.run("plain", |_| ());
    let attempt = world.start(id);
    world.outcome(attempt, super::world::in_doubt());
    segment(&mut world, "other");
    world.start(id);
    let varied = world
        .events()
        .filter(|event| matches!(event, Event::Varied { number: 2, .. }));
    assert_eq!(varied.count(), 2, "its record says it each time");
    assert_eq!(world.open(id).sent().len(), 1);
}

#[test]
fn of_an_unknown_segment_nothing_is_guessed_and_that_is_said() {
    let mut world = steered(FILE);
    let id = world.run("plain", |_| ());
    world.start(id);
    let told = weighed(&world, id);
    let unknown = SegmentSeen {
        name: None,
        is_named: false,
    };
    assert_eq!(
        (told.channel, told.segment),
        (Some(Channel::Email), Some(unknown))
    );
    segment(&mut world, "nobody named it");
    let id = world.run("plain", |_| ());
    world.start(id);
    let told = weighed(&world, id);
    assert_eq!(told.channel, Some(Channel::Email));
    assert!(
        told.segment
            .is_some_and(|seen| !seen.is_named && seen.name.is_some())
    );
}

const PHASED: &str = r#"
[[service]]
category = "collection"
email = "primary"

[[service]]
category = "collection"
from = 2026-01-01
sms = "primary"
phase = { share = SHARE, complexes = ["Noord"] }
"#;

fn by_share(share: u8) -> World {
    steered(&PHASED.replace("SHARE", &share.to_string()))
}

#[test]
fn a_row_comes_to_a_share_of_the_tenants_that_only_grows() {
    // The tenant of every story.
    let place = Who::place(CORPORATION, "H-1001");
    for share in 1..=99 {
        let mut world = by_share(share);
        let id = world.run("plain", |_| ());
        world.start(id);
        let is_in = place < share;
        let expected = if is_in { Channel::Sms } else { Channel::Email };
        assert_eq!(world.channels(id), [expected], "{share}");
        assert_eq!(weighed(&world, id).not_yet.is_none(), is_in, "{share}");
    }
    let mut places = [0_u32; 100];
    for tenant in 0..20_000 {
        places[usize::from(Who::place(CORPORATION, &tenant.to_string()))] += 1;
    }
    assert!(
        places.iter().all(|count| (120..=280).contains(count)),
        "{places:?}"
    );
}

#[test]
fn a_row_comes_to_the_tenants_of_a_complex_and_unknown_is_in_none() {
    let mut world = steered(&PHASED.replace("share = SHARE, ", ""));
    let send = |world: &mut World| {
        let id = world.run("plain", |_| ());
        world.start(id);
        (world.channels(id), weighed(world, id).not_yet)
    };
    let (channels, not_yet) = send(&mut world);
    assert_eq!(channels, [Channel::Email]);
    let not_yet = not_yet.expect("a row that has not come yet");
    assert!(not_yet.asks_complex && not_yet.complex.is_none());
    tell(
        &mut world,
        "complex",
        &[("name", Value::Text("Zuid".into()))],
    );
    let (channels, not_yet) = send(&mut world);
    assert_eq!(channels, [Channel::Email]);
    assert_eq!(
        not_yet.and_then(|not_yet| not_yet.complex),
        Some("Zuid".into())
    );
    tell(
        &mut world,
        "complex",
        &[("name", Value::Text("Noord".into()))],
    );
    assert_eq!(send(&mut world), (vec![Channel::Sms], None));
}
