//! Owns the stories of a part: what an addressee of a household tells it, and how it is stopped. Refuses
//! to play a household: the shard's tests do, with what lies between the two.

use super::world::{World, invoice};
use crate::{
    Addressed, Answer, Channel, Decision, Event, Input, NotificationId, PartNews, PartOf, ShardId,
    StopPart, Timestamp,
};

const GROUP: NotificationId = NotificationId::new(ShardId(5), 1_795_000_000_000, 9);

fn of(together: bool) -> PartOf {
    PartOf {
        group: GROUP,
        household: "C-77".into(),
        together,
    }
}

fn part(world: &mut World, together: bool) -> NotificationId {
    let id = waiting(world, together);
    world.give(told(id));
    id
}

/// A part of a group of which not everybody has his yet.
fn waiting(world: &mut World, together: bool) -> NotificationId {
    let addressed = Addressed::Part(Box::new(of(together)));
    world.storno_with(|n| n.addressed = addressed).0
}

fn told(id: NotificationId) -> Input {
    Input::GroupTold { id, stop: false }
}

fn tells(decision: &Decision) -> Vec<&PartNews> {
    let events = decision.events.iter();
    let news = events.filter_map(|event| match event {
        Event::PartTells { household, news } => {
            assert_eq!(&**household, "C-77");
            Some(news)
        }
        _ => None,
    });
    news.collect()
}

fn stop(id: NotificationId, end: &str) -> Input {
    Input::StopPart(Box::new(StopPart {
        id,
        of: of(true),
        end: end.into(),
        note: "".into(),
    }))
}

#[test]
fn a_payment_ends_the_part_and_says_that_it_ends_the_others() {
    let mut world = World::usual();
    let id = part(&mut world, false);
    let decision = world.fact(crate::FactKind::Payment, super::world::OWED, |_| ());
    let [news] = tells(&decision)[..] else {
        panic!("{:?}", decision.events)
    };
    assert_eq!((news.id, news.group), (id, GROUP));
    assert_eq!(
        (news.end.as_deref(), news.stops.as_deref()),
        (Some("paid"), Some("paid"))
    );
    assert!(world.tenant.part(id).is_none());
}

#[test]
fn an_answer_is_that_of_all_only_where_the_flow_says_so() {
    for together in [true, false] {
        let mut world = World::usual();
        let id = part(&mut world, together);
        world.send(id);
        let pressed = world.give(Input::Link { id, pressed: true });
        let news = tells(&pressed);
        assert_eq!(news.len(), usize::from(together), "{news:?}");
        assert!(world.tenant.find(id).is_some(), "his own goes on");
        if let [news] = news[..] {
            assert_eq!(
                (news.end.as_deref(), news.stops.as_deref()),
                (None, Some("answered"))
            );
        }
    }
}

#[test]
fn what_people_close_is_closed_for_all_only_where_one_answers_for_all() {
    for together in [true, false] {
        let mut world = World::usual();
        let addressed = Addressed::Part(Box::new(of(together)));
        let (id, _) = world.storno_with(|n| {
            n.addressed = addressed;
            n.expires_at = None;
        });
        world.give(told(id));
        let mail = world.send(id);
        world.receipt(mail, crate::ReceiptKind::BouncedHard);
        let sms = world.send(id);
        world.receipt(sms, crate::ReceiptKind::BouncedHard);
        assert_eq!(world.state(id), "task");
        let closed = world.give(Input::Answer {
            id,
            task: 1,
            answer: "close".into(),
            by: "desk".into(),
        });
        let [news] = tells(&closed)[..] else {
            panic!("{:?}", closed.events)
        };
        assert_eq!(news.stops.is_some(), together);
        assert_eq!(news.end.as_deref(), Some("closed by hand"));
    }
}

#[test]
fn a_part_that_was_cancelled_alone_stops_nobody_else() {
    let mut world = World::usual();
    let id = part(&mut world, true);
    let cancelled = world.give(Input::Cancel {
        target: crate::CancelTarget::Notification(id),
        note: "desk".into(),
    });
    let [news] = tells(&cancelled)[..] else {
        panic!("{:?}", cancelled.events)
    };
    assert_eq!(
        (news.end.as_deref(), &news.stops),
        (Some("cancelled"), &None)
    );
}

#[test]
fn a_stopped_part_says_what_had_gone_and_a_second_order_changes_nothing() {
    let mut world = World::usual();
    let id = part(&mut world, true);
    world.send(id);
    let stopped = world.give(stop(id, "paid"));
    let Answer::Cancelled(cancelled) = &stopped.answer else {
        panic!("{:?}", stopped.answer)
    };
    assert_eq!(cancelled.stopped[0].already_gone, [Channel::Email]);
    assert_eq!(tells(&stopped)[0].stops, None, "the others know");
    assert!(world.give(stop(id, "paid")).events.is_empty());
}

#[test]
fn an_order_to_stop_that_overtakes_the_part_bars_it() {
    let mut world = World::usual();
    let id = NotificationId::new(ShardId(3), Timestamp(0).0, 77);
    let barred = world.give(stop(id, "paid"));
    assert_eq!(tells(&barred)[0].end.as_deref(), Some("paid"));
    let addressed = Addressed::Part(Box::new(of(true)));
    let (_, late) = world.storno_with(|n| {
        n.id = id;
        n.subject = Some(invoice(1));
        n.addressed = addressed;
    });
    assert!(late.events.is_empty(), "{:?}", late.events);
}

#[test]
fn a_part_that_comes_twice_is_taken_once_also_when_it_has_ended() {
    let mut world = World::usual();
    let addressed = || Addressed::Part(Box::new(of(true)));
    let (id, first) = world.storno_with(|n| n.addressed = addressed());
    assert!(!first.events.is_empty());
    let again = |world: &mut World| {
        let (_, repeated) = world.storno_with(|n| {
            n.id = id;
            n.addressed = addressed();
        });
        assert!(repeated.events.is_empty(), "{:?}", repeated.events);
    };
    again(&mut world);
    world.fact(crate::FactKind::Payment, super::world::OWED, |_| ());
    again(&mut world);
}

#[test]
fn a_tenant_who_is_full_still_gets_his_part() {
    let mut world = World::usual();
    world.policy.max_open_per_tenant = 0;
    let id = part(&mut world, true);
    assert!(world.tenant.find(id).is_some());
}

#[test]
fn a_part_wants_nothing_sent_before_all_of_its_group_have_theirs() {
    let mut world = World::usual();
    let id = waiting(&mut world, true);
    assert_eq!(world.state(id), "scheduled");
    world.give(Input::Timer { id });
    assert_eq!(world.state(id), "scheduled", "it is too early");
    world.give(told(id));
    assert_eq!(world.state(id), "ready");
    assert!(world.give(told(id)).events.is_empty(), "it has begun");
}

#[test]
fn a_part_of_which_nobody_says_that_it_may_begin_begins_by_itself() {
    let mut world = World::usual();
    let id = waiting(&mut world, true);
    world.later(crate::group::AGAIN_MS);
    world.give(Input::Timer { id });
    assert_eq!(world.state(id), "ready");
    let is_accepted = |event: &Event| matches!(event, Event::StepEntered { cause, .. } if *cause == crate::Cause::Accepted);
    assert!(world.events().any(is_accepted), "and not for its time");
}

#[test]
fn a_time_of_its_own_holds_for_a_part_also_when_all_have_theirs() {
    for after in [1, crate::group::AGAIN_MS, 2 * crate::group::AGAIN_MS] {
        let mut world = World::usual();
        let at = world.now.plus(after);
        let addressed = Addressed::Part(Box::new(of(true)));
        let (id, _) = world.storno_with(|n| {
            n.addressed = addressed;
            n.send_after = Some(at);
        });
        world.give(told(id));
        assert_eq!(world.state(id), "scheduled", "{after}");
        world.later(after + 1);
        world.give(Input::Timer { id });
        assert_eq!(world.state(id), "ready", "{after}");
    }
}
