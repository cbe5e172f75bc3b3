//! Owns the check of what becomes of contact points: by what a source says, by what messages show.

use proptest::prelude::*;

use super::keep::REMEMBERED_POINTS;
use crate::channel::{Channel, ContactKind};
use crate::point::{Evidence, Point, PointSource, PointState, same};
use crate::profile::Profile;
use crate::state::Tenant;
use crate::supplied::{Given, Supplied};
use crate::time::{DAY, Timestamp};

const NUMBER: &str = "+31612345678";
const MAIL: &str = "a@example.nl";

/// A tenant of whom this was supplied on day 0.
fn given(points: impl IntoIterator<Item = Given>) -> Tenant {
    let mut tenant = Tenant::default();
    supply(&mut tenant, points, 0);
    tenant
}

fn supply(tenant: &mut Tenant, points: impl IntoIterator<Item = Given>, day: i64) {
    let supplied = Supplied {
        points: points.into_iter().collect(),
        ..Supplied::default()
    };
    tenant.store_profile(&supplied, Timestamp(day * DAY));
}

fn mail(value: &str) -> Given {
    Given::new(ContactKind::Email, value)
}

fn said(state: PointState) -> Given {
    Given {
        state,
        ..mail(MAIL)
    }
}

fn checked(value: &str, day: i64) -> Given {
    Given {
        confirmed: Some(Timestamp(day * DAY)),
        ..mail(value)
    }
}

fn bounce(tenant: &mut Tenant, channel: Channel, value: &str, day: i64) {
    let (at, by) = (Timestamp(day * DAY), Evidence::Bounce);
    tenant.mark((channel, value), PointState::Invalid, at, by);
}

fn bounced(value: &str, day: i64) -> Tenant {
    let mut tenant = given([mail(value)]);
    bounce(&mut tenant, Channel::Email, value, day);
    tenant
}

fn point<'a>(tenant: &'a Tenant, value: &str) -> &'a Point {
    let profile = tenant.profile.as_deref().expect("a profile");
    let mut points = profile.points.iter();
    points
        .find(|point| &*point.value == value)
        .expect("the point")
}

fn standing(tenant: &Tenant, value: &str) -> PointState {
    point(tenant, value).standing()
}

fn reached(tenant: &Tenant) -> Vec<Channel> {
    let reached = |channel: &Channel| tenant.point(*channel).is_some();
    Channel::ALL.into_iter().filter(reached).collect()
}

#[test]
fn a_point_serves_every_channel_of_its_kind_that_it_can_serve() {
    use Channel::{Email, Letter, Portal, Sms, Voice, Whatsapp};
    for (given_point, serves) in [
        (Given::mobile(NUMBER), vec![Sms, Whatsapp, Voice]),
        (Given::new(ContactKind::Phone, "+31701234567"), vec![Voice]),
        (mail(MAIL), vec![Email]),
        (Given::new(ContactKind::Postal, "Dijk 1"), vec![Letter]),
        (Given::new(ContactKind::Portal, "h-1"), vec![Portal]),
        (Given::new(ContactKind::Messenger, "1"), vec![]),
        (Given::new(ContactKind::Push, "t"), vec![]),
    ] {
        let kind = given_point.kind.name();
        assert_eq!(reached(&given([given_point])), serves, "{kind}");
    }
}

#[test]
fn a_number_that_is_not_on_whatsapp_still_takes_sms() {
    let mut tenant = given([Given::mobile(NUMBER)]);
    bounce(&mut tenant, Channel::Whatsapp, NUMBER, 1);
    assert_eq!(reached(&tenant), [Channel::Sms, Channel::Voice]);
    assert_eq!(standing(&tenant, NUMBER), PointState::Created);
    // And the other way round: what an SMS showed says nothing of WhatsApp.
    let mut tenant = given([Given::mobile(NUMBER)]);
    bounce(&mut tenant, Channel::Sms, NUMBER, 1);
    assert_eq!(reached(&tenant), [Channel::Whatsapp, Channel::Voice]);
}

#[test]
fn a_number_that_is_dead_on_every_channel_is_invalid() {
    let mut tenant = given([Given::mobile(NUMBER)]);
    for channel in [Channel::Sms, Channel::Whatsapp, Channel::Voice] {
        assert_eq!(standing(&tenant, NUMBER), PointState::Created);
        bounce(&mut tenant, channel, NUMBER, 1);
    }
    assert_eq!(standing(&tenant, NUMBER), PointState::Invalid);
    let unused = given([Given::new(ContactKind::Push, "t")]);
    assert_eq!(
        standing(&unused, "t"),
        PointState::Created,
        "no channel yet"
    );
}

#[test]
fn what_the_source_calls_dead_is_dead_on_every_channel() {
    let dead = Given {
        state: PointState::Invalid,
        ..Given::mobile(NUMBER)
    };
    assert_eq!(reached(&given([dead])), []);
}

#[test]
fn what_was_given_for_the_channel_goes_first_and_then_what_is_proven() {
    let number = |digit: u8| Given::mobile(format!("+3161234567{digit}"));
    let tenant = given([
        Given {
            given_for: Some(Channel::Whatsapp),
            state: PointState::Validated,
            ..number(1)
        },
        number(2),
        Given {
            state: PointState::Validated,
            ..number(3)
        },
    ]);
    let used = |channel| tenant.point(channel).map(|point| &*point.value);
    assert_eq!(used(Channel::Sms), Some("+31612345673"));
    assert_eq!(used(Channel::Whatsapp), Some("+31612345671"));
}

#[test]
fn what_is_said_again_changes_neither_state_nor_date_nor_source() {
    let list = |state| Given {
        source: PointSource::List,
        ..said(state)
    };
    let mut tenant = given([list(PointState::Validated)]);
    let first = point(&tenant, MAIL).clone();
    supply(&mut tenant, [said(PointState::Validated)], 1);
    assert_eq!(
        *point(&tenant, MAIL),
        first,
        "the same word of another source"
    );
    supply(&mut tenant, [said(PointState::Created)], 2);
    assert_eq!(*point(&tenant, MAIL), first, "no word");
    supply(&mut tenant, [said(PointState::Invalid)], 3);
    let dead = point(&tenant, MAIL).clone();
    assert_eq!(
        (dead.state, dead.since, dead.source),
        (PointState::Invalid, Timestamp(3 * DAY), PointSource::System)
    );
    supply(&mut tenant, [list(PointState::Invalid)], 4);
    assert_eq!(*point(&tenant, MAIL), dead);
    supply(&mut tenant, [mail("new@example.nl")], 5);
    let new = point(&tenant, "new@example.nl");
    assert_eq!(
        (new.state, new.since),
        (PointState::Created, Timestamp(5 * DAY))
    );
}

#[test]
fn a_message_that_comes_back_changes_no_value_and_no_word_of_the_source() {
    let mut tenant = given([said(PointState::Validated)]);
    let before = point(&tenant, MAIL).clone();
    bounce(&mut tenant, Channel::Email, MAIL, 1);
    let after = point(&tenant, MAIL).clone();
    assert!(after.is_dead_on(Channel::Email));
    assert_eq!(
        Point {
            known: None,
            ..after
        },
        before
    );
}

#[test]
fn a_date_of_the_source_is_since_when_and_never_later_than_now() {
    let tenant = given([checked(MAIL, -3)]);
    assert_eq!(point(&tenant, MAIL).since, Timestamp(-3 * DAY));
    let tenant = given([checked(MAIL, 3)]);
    assert_eq!(point(&tenant, MAIL).since, Timestamp(0));
}

#[test]
fn a_dead_address_stays_dead_in_other_letters_and_after_a_night_without_it() {
    let mut tenant = bounced("J.Kok@example.nl", 1);
    supply(&mut tenant, [], 2);
    assert_eq!(reached(&tenant), [], "in no list: not used");
    supply(&mut tenant, [mail("j.kok@example.nl")], 3);
    assert_eq!(standing(&tenant, "j.kok@example.nl"), PointState::Invalid);
    let known = tenant.known(Channel::Email, "J.KOK@EXAMPLE.NL");
    let known = known.expect("remembered");
    assert_eq!(
        (known.since, known.by),
        (Timestamp(DAY), Evidence::Bounce),
        "since the bounce, not since the list"
    );
}

#[test]
fn another_kind_with_the_same_value_is_another_point() {
    assert!(same(ContactKind::Email, "a@B.nl", "A@b.nl"));
    assert!(!same(ContactKind::Portal, "a", "A"));
    let mut tenant = given([mail(MAIL), Given::new(ContactKind::Portal, MAIL)]);
    bounce(&mut tenant, Channel::Email, MAIL, 1);
    assert_eq!(reached(&tenant), [Channel::Portal]);
    assert_eq!(tenant.known(Channel::Portal, MAIL), None);
}

#[test]
fn only_a_confirmation_newer_than_the_bounce_revives() {
    let undated = || said(PointState::Validated);
    for (list, expected) in [
        (mail(MAIL), PointState::Invalid),
        (undated(), PointState::Invalid),
        (checked("A@EXAMPLE.NL", 4), PointState::Invalid),
        (checked("A@EXAMPLE.NL", 5), PointState::Invalid),
        (checked("A@EXAMPLE.NL", 6), PointState::Validated),
    ] {
        let mut tenant = bounced(MAIL, 5);
        let (value, date) = (list.value.clone(), list.confirmed);
        supply(&mut tenant, [list], 9);
        assert_eq!(standing(&tenant, &value), expected, "confirmed at {date:?}");
    }
}

#[test]
fn a_confirmation_ahead_of_our_clock_counts_as_now() {
    let mut tenant = bounced(MAIL, 5);
    supply(&mut tenant, [checked(MAIL, 6)], 5);
    let by_our_clock = "no later than the bounce by our clock";
    assert_eq!(
        standing(&tenant, MAIL),
        PointState::Invalid,
        "{by_our_clock}"
    );
}

#[test]
fn a_bounce_after_the_confirmation_is_the_newer_word() {
    let mut tenant = bounced(MAIL, 1);
    supply(&mut tenant, [checked(MAIL, 2)], 3);
    assert_eq!(standing(&tenant, MAIL), PointState::Validated);
    bounce(&mut tenant, Channel::Email, MAIL, 4);
    supply(&mut tenant, [checked(MAIL, 2)], 5);
    let again = "the same list again is no newer look";
    assert_eq!(standing(&tenant, MAIL), PointState::Invalid, "{again}");
}

#[test]
fn a_confirmed_number_is_alive_on_the_channels_where_it_was_dead_before() {
    let mut tenant = given([Given::mobile(NUMBER)]);
    bounce(&mut tenant, Channel::Whatsapp, NUMBER, 1);
    bounce(&mut tenant, Channel::Sms, NUMBER, 3);
    let confirmed = Given {
        confirmed: Some(Timestamp(2 * DAY)),
        ..Given::mobile(NUMBER)
    };
    supply(&mut tenant, [confirmed], 4);
    assert_eq!(reached(&tenant), [Channel::Whatsapp, Channel::Voice]);
}

#[test]
fn what_the_source_called_dead_its_own_word_revives_and_no_message_does() {
    let mut tenant = given([said(PointState::Invalid)]);
    supply(&mut tenant, [said(PointState::Created)], 2);
    let silence = "saying nothing of it is no word";
    assert_eq!(standing(&tenant, MAIL), PointState::Invalid, "{silence}");
    let (at, by) = (Timestamp(3 * DAY), Evidence::Use);
    tenant.mark((Channel::Email, MAIL), PointState::Validated, at, by);
    assert_eq!(
        reached(&tenant),
        [],
        "whoever answered may be somebody else"
    );
    supply(&mut tenant, [said(PointState::Validated)], 4);
    assert_eq!(standing(&tenant, MAIL), PointState::Validated);
}

#[test]
fn a_proven_address_stays_proven_over_a_night_without_it() {
    let mut tenant = given([said(PointState::Validated)]);
    supply(&mut tenant, [], 2);
    supply(&mut tenant, [mail("A@example.nl")], 3);
    assert_eq!(standing(&tenant, "A@example.nl"), PointState::Validated);
}

#[test]
fn what_nothing_is_known_of_goes_with_its_list() {
    let mut tenant = given([mail(MAIL)]);
    supply(&mut tenant, [], 2);
    let profile = tenant.profile.as_deref().expect("a profile");
    assert!(profile.points.is_empty(), "{profile:?}");
}

#[test]
fn memory_is_bounded_and_what_the_profile_holds_is_kept() {
    const { assert!(Profile::MAX_POINTS < REMEMBERED_POINTS) };
    let mut tenant = bounced("first@example.nl", 0);
    for day in 0..3 * REMEMBERED_POINTS as i64 {
        bounce(
            &mut tenant,
            Channel::Email,
            &format!("{day}@example.nl"),
            day + 1,
        );
    }
    let known = |value: &str| tenant.known(Channel::Email, value);
    let points = tenant
        .profile
        .as_deref()
        .map(|profile| profile.points.len());
    assert_eq!(points, Some(REMEMBERED_POINTS));
    assert!(known("first@example.nl").is_some(), "listed: not forgotten");
    assert!(known("0@example.nl").is_none(), "the oldest went first");
    assert!(known("191@example.nl").is_some());
}

/// A contact point beside the usual mailbox and number may cost; these two must not.
#[test]
fn a_contact_point_stays_small() {
    let sizes = (size_of::<Point>(), size_of::<Profile>());
    assert_eq!(sizes, (40, 64));
}

#[derive(Clone, Copy, Debug)]
enum Act {
    /// A message over this channel came back, or was answered.
    Seen(Channel, bool),
    /// The source supplies the number, checked then or not at all.
    Told(Option<i64>),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let channels = vec![Channel::Sms, Channel::Whatsapp, Channel::Voice];
    let seen = (prop::sample::select(channels), any::<bool>());
    let seen = seen.prop_map(|(channel, alive)| Act::Seen(channel, alive));
    let told = prop::option::of(0..30i64).prop_map(Act::Told);
    prop::collection::vec(prop_oneof![3 => seen, 1 => told], 1..30)
}

proptest! {
    /// Each channel by itself: the newest word on it, be it a message's or a dated one of the source.
    #[test]
    fn what_is_known_of_one_channel_is_known_of_no_other(acts in acts()) {
        let mut tenant = given([Given::mobile(NUMBER)]);
        let mut dead: std::collections::BTreeMap<Channel, i64> = Default::default();
        for (act, day) in acts.into_iter().zip(1..) {
            match act {
                Act::Seen(channel, false) => {
                    bounce(&mut tenant, channel, NUMBER, day);
                    dead.entry(channel).or_insert(day);
                }
                Act::Seen(channel, true) => {
                    let (at, by) = (Timestamp(day * DAY), Evidence::Use);
                    tenant.mark((channel, NUMBER), PointState::Validated, at, by);
                    dead.remove(&channel);
                }
                Act::Told(date) => {
                    let confirmed = date.map(|date| Timestamp(date * DAY));
                    let told = Given { confirmed, ..Given::mobile(NUMBER) };
                    supply(&mut tenant, [told], day);
                    dead.retain(|_, since| date.is_none_or(|date| date.min(day) <= *since));
                }
            }
            for channel in Channel::ALL {
                let serves = channel.contact_kind() == Some(ContactKind::Phone);
                let expected = serves && !dead.contains_key(&channel);
                prop_assert_eq!(tenant.point(channel).is_some(), expected, "{} on day {}", channel, day);
            }
        }
    }
}
