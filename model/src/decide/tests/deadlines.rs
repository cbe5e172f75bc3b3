//! Owns the stories of steps that say by when their message should be there: what arrives too late is left
//! out, and why is told.

use super::world::{CORPORATION, START, World};
use crate::flow::Value;
use crate::steering::{Steered, Steering, WhyNot};
use crate::{Cause, Channel, Event, NotificationId};

/// A mail takes minutes and is dear here, a letter is cheap and takes two days of the post.
const RATES: &str = "[[service]]\ncategory = \"*\"\nletter = \"primary\"\nemail = \"primary\"\nsms = \"primary\"\n\n\
    [[price]]\nchannel = \"email\"\ncents = 10\ntakes = \"5m\"\n\n\
    [[price]]\nchannel = \"sms\"\ncents = 5\n\n\
    [[price]]\nchannel = \"letter\"\ncents = 1\ntakes = \"2 post days\"\n";

/// A world whose flow sends so. It begins on Wednesday 18 November 2026; a letter is there on Friday.
fn sends(rates: &str, send: &str) -> World {
    let mut world = World::usual();
    world.flows.add(&format!(
        "name = \"one\"\nversion = 1\npurpose = \"information\"\n[input]\ndue_date = \"date?\"\n\
         [[step]]\nid = \"first\"\n\
         send = {{ template = {{ email = \"a\", sms = \"a\", letter = \"a\" }}, {send} }}\n\
         on.bounced = \"end: nobody\"\n"
    ));
    let steering = Steering::parse(rates).expect("sound steering");
    world.policy.steering.insert(CORPORATION, steering);
    let channels = Channel::ALL.to_vec();
    world.policy.channels.insert(CORPORATION, channels);
    world.profile(|supplied| {
        let post = crate::Given::new(crate::ContactKind::Postal, "Dijk 1, 1234 AB Plaats");
        supplied.points.push(post);
    });
    world
}

fn run(world: &mut World, due: &str) -> NotificationId {
    let value = match due {
        "" => Value::Missing,
        day => Value::Text(day.into()),
    };
    world.run("one", |n| {
        if let Some(field) = n.fields.first_mut() {
            *field = value;
        }
    })
}

fn weighed(events: &[Event]) -> Steered {
    let found = events.iter().find_map(|event| match event {
        Event::Steered { steered, .. } => Some((**steered).clone()),
        _ => None,
    });
    found.expect("how the channels were weighed")
}

fn told(world: &mut World, id: NotificationId) -> Steered {
    weighed(&world.permit(id).events)
}

#[test]
fn the_cheapest_that_is_there_by_the_day_is_taken() {
    let cheapest = "via = [\"cheapest\"], by = \"data.due_date\"";
    for (due, expected) in [
        ("2026-11-20", Channel::Letter),
        ("2026-11-19", Channel::Email),
        ("2026-11-18", Channel::Email),
    ] {
        let mut world = sends(RATES, cheapest);
        let id = run(&mut world, due);
        let steered = told(&mut world, id);
        assert_eq!(steered.channel, Some(expected), "{due}");
        let wanted = steered.wanted.expect("by when");
        assert_eq!(&*wanted.by, "by data.due_date");
        assert!(wanted.arrives < wanted.before, "{due}: {wanted:?}");
    }
    let mut world = sends(RATES, cheapest);
    let id = run(&mut world, "2026-11-19");
    let steered = told(&mut world, id);
    let passed: Vec<_> = steered
        .passed
        .iter()
        .map(|of| (of.channel, of.why))
        .collect();
    // How long an SMS takes is not known: it may be late, so it comes behind what is known to be there.
    assert_eq!(
        passed,
        [
            (Channel::Letter, WhyNot::TooLate),
            (Channel::Sms, WhyNot::Later)
        ]
    );
    let letter = &steered.passed[0];
    assert_eq!(letter.arrives, Some(START.plus(2 * crate::DAY)));
    assert_eq!(letter.cost, None);
}

#[test]
fn a_step_that_names_its_ways_leaves_out_what_is_late() {
    let mut world = sends(RATES, "via = [\"letter\", \"sms\"], within = \"1d\"");
    let id = run(&mut world, "");
    let steered = told(&mut world, id);
    assert_eq!(
        steered.channel,
        Some(Channel::Sms),
        "what may take any time is not left out"
    );
    assert_eq!(steered.passed[0].why, WhyNot::TooLate);
    let wanted = steered.wanted.expect("within");
    assert_eq!((&*wanted.by, wanted.arrives), ("within 1d", None));
    let mut world = sends(RATES, "via = [\"letter\", \"sms\"], within = \"2d\"");
    let id = run(&mut world, "");
    assert_eq!(
        told(&mut world, id).channel,
        Some(Channel::Letter),
        "just in time"
    );
}

#[test]
fn a_day_that_is_not_known_leaves_nothing_out_and_says_so() {
    let mut world = sends(RATES, "via = [\"cheapest\"], by = \"data.due_date\"");
    let id = run(&mut world, "");
    let steered = told(&mut world, id);
    assert_eq!(steered.channel, Some(Channel::Letter));
    assert_eq!(steered.wanted.expect("by when").before, None);
}

#[test]
fn what_waited_is_weighed_again_when_it_may_go() {
    let mut world = sends(RATES, "via = [\"cheapest\"], by = \"data.due_date\"");
    let id = run(&mut world, "2026-11-20");
    world.now = START.plus(crate::DAY);
    let events = world.permit(id).events;
    assert!(
        matches!(
            events[..],
            [Event::Ready {
                channel: Channel::Email,
                ..
            }]
        ),
        "the letter would be there on Saturday: {events:?}"
    );
    assert_eq!(told(&mut world, id).channel, Some(Channel::Email));
}

#[test]
fn where_nothing_is_there_in_time_the_flow_goes_on_and_says_why() {
    let mut world = sends(RATES, "via = [\"letter\"], by = \"data.due_date\"");
    let id = run(&mut world, "2026-11-19");
    assert!(world.tenant.find(id).is_none(), "it ended");
    let events: Vec<Event> = world.events().cloned().collect();
    let steered = weighed(&events);
    assert_eq!(
        (steered.channel, steered.passed[0].why),
        (None, WhyNot::TooLate)
    );
    let ended = events.iter().find_map(|event| match event {
        Event::Ended { end, cause, .. } => Some((end.to_string(), cause.clone())),
        _ => None,
    });
    assert_eq!(ended, Some(("nobody".to_owned(), Cause::TooLate)));
}

#[test]
fn without_steering_nothing_is_known_to_be_late() {
    let mut world = sends("", "via = [\"letter\"], by = \"data.due_date\"");
    world.policy.steering.clear();
    let id = run(&mut world, "2026-11-18");
    let steered = told(&mut world, id);
    assert_eq!(steered.channel, Some(Channel::Letter));
    assert_eq!(steered.wanted.expect("by when").arrives, None);
}
