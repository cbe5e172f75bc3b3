//! Owns the stories of a payment request at a machine: what ends the flow closes it first, whether the machine
//! answers, is away, or the process ends in between; and no rule, time or cancellation loses the close.

use super::world::{CORPORATION, World, delivered, in_doubt, refused, retry};
use crate::flow::Value;
use crate::steering::Steering;
use crate::{
    Answer, CancelTarget, Cause, Channel, DAY, Environment, Event, HOUR, Input, Migrate, Moving,
    Notification, NotificationId, Phase, Stay, TenantAnswered,
};

/// A payment request is opened at a machine, the tenant is told, and it is closed before the flow ends.
const PAY: &str = r#"
name = "pay"
version = 1
purpose = "collection"
subject = "invoice"
amount = "amount_cents"
closing = "close"
[input]
amount_cents = "money"
[[guard]]
name = "something owed"
when = "facts.balance_cents > 0"
otherwise = "end: no balance"
[[stop]]
name = "paid another way"
when = "subject.open_amount_cents <= 0"
end = "paid"
[[step]]
id = "open"
on.bounced = "human: finance"
on.unanswered = { after = "2d", go = "human: finance" }
[step.ask]
template = { machine = "open" }
via = ["machine"]
answers = { opened = { fields = { url = "line" }, go = "mail" }, refused = "human: finance" }
[[step]]
id = "mail"
send = { template = { email = "mail" }, via = ["email"] }
on.settled = { after = "14d", go = "end: not paid" }
[[step]]
id = "close"
send = { template = { machine = "close" }, via = ["machine"] }
on.bounced = "human: finance"
"#;

fn world() -> (World, NotificationId) {
    let mut world = World::usual();
    let channels = world.policy.channels.values_mut();
    channels.for_each(|channels| channels.push(Channel::Machine));
    world.flows.add(PAY);
    let amount = world.field("pay", "amount_cents");
    let id = world.run("pay", |notification: &mut Notification| {
        notification.subject = Some(super::world::invoice(1));
        notification.fields[amount] = Value::Integer(super::world::OWED);
    });
    (world, id)
}

/// The machine has the request.
fn requested() -> (World, NotificationId) {
    let (mut world, id) = world();
    let attempt = world.start(id);
    world.outcome(attempt, delivered());
    (world, id)
}

fn opened(world: &mut World, id: NotificationId) {
    let given = TenantAnswered {
        id,
        step: 0,
        answer: "opened".into(),
        by: "payments".into(),
        shown: None,
        says: [("url".into(), Value::Text("https://pay.example/1".into()))].into(),
    };
    world.give(Input::TenantAnswered(Box::new(given)));
    world.send(id);
}

fn ends(events: &[Event]) -> Option<String> {
    events.iter().find_map(|event| match event {
        Event::Ended { end, .. } => Some(end.to_string()),
        _ => None,
    })
}

#[test]
fn a_payment_closes_the_request_before_the_flow_ends_as_paid() {
    let (mut world, id) = requested();
    opened(&mut world, id);
    let paid = world.pay(super::world::OWED);
    assert_eq!(ends(&paid.events), None);
    let closing = paid.events.iter().any(
        |event| matches!(event, Event::Closing { end, cause: Cause::Stop { .. }, .. } if **end == *"paid"),
    );
    assert!(closing, "{:?}", paid.events);
    assert_eq!(world.step(id), "close");
    world.assert_in_line(id, Channel::Machine);
    // The guard holds no more, and is not asked.
    world.balance(0);
    let attempt = world.start(id);
    let done = world.outcome(attempt, delivered());
    assert_eq!(ends(&done.events).as_deref(), Some("paid"));
}

#[test]
fn a_machine_that_is_away_is_asked_again_until_people_get_it() {
    let (mut world, id) = requested();
    opened(&mut world, id);
    world.pay(super::world::OWED);
    for _ in 0..3 {
        let attempt = world.start(id);
        world.outcome(attempt, retry(None));
        world.fall_due(id);
    }
    let attempt = world.start(id);
    let done = world.outcome(attempt, delivered());
    assert_eq!(ends(&done.events).as_deref(), Some("paid"));

    let (mut world, id) = requested();
    opened(&mut world, id);
    world.pay(super::world::OWED);
    let attempt = world.start(id);
    world.outcome(attempt, refused(crate::Refusal::Unsendable));
    assert!(matches!(world.open(id).phase, Phase::Task { .. }));
    let closed = world.answer(id, "close");
    assert!(world.tenant.find(id).is_none(), "{closed:?}");
}

#[test]
fn a_crash_between_payment_and_close_loses_nothing() {
    let (mut world, id) = requested();
    opened(&mut world, id);
    world.pay(super::world::OWED);
    let attempt = world.start(id);
    // The process ends while the close is under way: its outcome is unknown, and it goes again as itself.
    world.give(Input::Interrupted { attempt });
    world.fall_due(id);
    let again = world.start(id);
    assert_eq!(again, attempt, "the same attempt, for its idempotency key");
    let done = world.outcome(again, delivered());
    assert_eq!(ends(&done.events).as_deref(), Some("paid"));
}

#[test]
fn a_close_does_not_overtake_what_it_closes() {
    for died in [false, true] {
        let (mut world, id) = world();
        let attempt = world.start(id);
        world.pay(super::world::OWED);
        assert_eq!(world.step(id), "open", "its outcome comes first");
        if died {
            world.give(Input::Interrupted { attempt });
        } else {
            world.outcome(attempt, in_doubt());
        }
        assert_eq!(world.step(id), "close");
        let attempt = world.start(id);
        let done = world.outcome(attempt, delivered());
        assert_eq!(ends(&done.events).as_deref(), Some("paid"));
    }
}

#[test]
fn what_opened_nothing_closes_nothing() {
    let (mut world, id) = world();
    let paid = world.pay(super::world::OWED);
    assert_eq!(ends(&paid.events).as_deref(), Some("paid"));
    assert!(world.tenant.find(id).is_none());
}

#[test]
fn time_and_a_cancellation_do_not_take_a_close_away() {
    let (mut world, id) = requested();
    opened(&mut world, id);
    world.later(14 * DAY);
    world.timer(id);
    assert_eq!(world.step(id), "close", "whatever ends it");
    world.cancel(CancelTarget::Notification(id));
    assert_eq!(world.step(id), "close");
    world.later(HOUR);
    let attempt = world.start(id);
    let done = world.outcome(attempt, delivered());
    assert_eq!(ends(&done.events).as_deref(), Some("not paid"));
}

#[test]
fn a_cancelled_request_is_closed() {
    let (mut world, id) = requested();
    world.cancel(CancelTarget::Notification(id));
    assert_eq!(world.step(id), "close");
    let attempt = world.start(id);
    let done = world.outcome(attempt, delivered());
    assert_eq!(ends(&done.events).as_deref(), Some("cancelled"));
}

#[test]
fn the_tenant_answers_nothing_that_a_machine_is_asked() {
    let (mut world, id) = requested();
    let by_page = TenantAnswered {
        id,
        step: 0,
        answer: "opened".into(),
        by: "".into(),
        shown: None,
        says: [("url".into(), Value::Text("https://evil.example".into()))].into(),
    };
    let said = world.give(Input::TenantAnswered(Box::new(by_page))).answer;
    assert_eq!(said, crate::Answer::Task(crate::TaskAnswer::NotOpen));
}

/// Orders the move of `id` to the newest definition of its flow.
fn migrate(world: &mut World, id: NotificationId) -> Moving {
    let order = Migrate {
        id,
        from: world.open(id).flow,
        to: world.flows.named("pay").reference,
        by: "desk".into(),
        values: Box::default(),
    };
    match world.give(Input::Migrate(Box::new(order))).answer {
        Answer::Migration(moving) => moving,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_version_without_the_close_does_not_take_over_what_was_opened() {
    let (mut world, id) = requested();
    opened(&mut world, id);
    let version = |to: &str| PAY.replace("version = 1", to);
    world
        .flows
        .add(&version("version = 2").replace("closing = \"close\"\n", ""));
    assert_eq!(migrate(&mut world, id), Moving::Stays(Stay::NoClosing));
    // One that closes does, also while the close is on its way: it ends as it was to.
    world.pay(super::world::OWED);
    world.flows.add(&version("version = 3"));
    assert_eq!(migrate(&mut world, id), Moving::Moved);
    let attempt = world.start(id);
    let done = world.outcome(attempt, delivered());
    assert_eq!(ends(&done.events).as_deref(), Some("paid"));
}

#[test]
fn what_keeps_messages_from_the_tenant_keeps_no_request_from_a_machine() {
    let (mut world, id) = requested();
    opened(&mut world, id);
    let rules = "[[conflict]]\nname = \"quiet\"\nwhile = [\"rent\"]\ndrop = [\"collection\"]\n\
        [[segment]]\nname = \"all\"\npeople_first = true\n\
        [[bundle]]\nname = \"noon\"\ncategories = [\"collection\"]\nuntil = \"12:00\"\n";
    let steering = Steering::parse(rules).expect("a sound file");
    world.policy.steering.insert(CORPORATION, steering);
    world.run("storno", |n| n.category = "rent".into());
    world.pay(super::world::OWED);
    let now = world.now;
    assert!(
        matches!(world.open(id).phase, Phase::Ready { channel: Channel::Machine, not_before, .. } if not_before == now)
    );
    let attempt = world.start(id);
    let done = world.outcome(attempt, delivered());
    assert_eq!(ends(&done.events).as_deref(), Some("paid"));
}

#[test]
fn the_allow_list_is_of_tenants_and_keeps_no_machine_away() {
    let (mut world, id) = world();
    world.policy.environment = Environment::Acceptance;
    world.policy.allow_list.clear();
    let attempt = world.start(id);
    world.outcome(attempt, delivered());
    assert!(matches!(world.open(id).phase, Phase::Sent { .. }));
}
