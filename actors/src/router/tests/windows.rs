//! Owns the tests of send windows: by the calendar, over both nights on which the clock moves, and
//! in a router. Refuses any zone but ours.

use super::*;
use crate::router::{Hours, SendWindow, ShareSettings};

fn window(text: &str) -> SendWindow {
    text.parse().unwrap()
}

/// UTC.
fn utc(text: &str) -> Timestamp {
    Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

#[track_caller]
fn check(window: &SendWindow, at: &str, expected: Hours) {
    assert_eq!(window.at(utc(at)), expected, "{window} at {at}");
}

#[test]
fn hours_are_those_of_the_clock_on_the_wall_in_winter_and_summer() {
    let window = window("mon-fri 08:00-20:00");
    check(
        &window,
        "2026-01-14T06:59:59Z",
        Hours::Closed(utc("2026-01-14T07:00:00Z")),
    );
    check(
        &window,
        "2026-01-14T07:00:00Z",
        Hours::Open(utc("2026-01-14T19:00:00Z")),
    );
    check(
        &window,
        "2026-01-14T19:00:00Z",
        Hours::Closed(utc("2026-01-15T07:00:00Z")),
    );
    check(
        &window,
        "2026-07-15T06:00:00Z",
        Hours::Open(utc("2026-07-15T18:00:00Z")),
    );
    // Friday evening: until Monday, and the clock moves on the Sunday between.
    check(
        &window,
        "2026-03-27T19:00:00Z",
        Hours::Closed(utc("2026-03-30T06:00:00Z")),
    );
    check(
        &window,
        "2026-10-23T18:00:00Z",
        Hours::Closed(utc("2026-10-26T07:00:00Z")),
    );
}

#[test]
fn the_short_night_in_spring_loses_no_window() {
    // 29 March 2026: 02:00 becomes 03:00.
    check(
        &window("02:30-04:00"),
        "2026-03-29T00:59:00Z",
        Hours::Closed(utc("2026-03-29T01:30:00Z")),
    );
    check(
        &window("02:30-04:00"),
        "2026-03-29T01:30:00Z",
        Hours::Open(utc("2026-03-29T02:00:00Z")),
    );
    check(
        &window("01:30-02:30"),
        "2026-03-29T00:30:00Z",
        Hours::Open(utc("2026-03-29T01:30:00Z")),
    );
    // Wholly inside the gap: after it, as long as it says.
    check(
        &window("02:10-02:20"),
        "2026-03-29T01:10:00Z",
        Hours::Open(utc("2026-03-29T01:20:00Z")),
    );
    // Begins in the gap and ends with it.
    check(
        &window("02:30-03:00"),
        "2026-03-29T01:30:00Z",
        Hours::Open(utc("2026-03-29T02:00:00Z")),
    );
}

#[test]
fn the_long_night_in_autumn_opens_once() {
    // 25 October 2026: 03:00 becomes 02:00.
    let window = window("02:15-02:45");
    check(
        &window,
        "2026-10-25T00:15:00Z",
        Hours::Open(utc("2026-10-25T00:45:00Z")),
    );
    check(
        &window,
        "2026-10-25T01:15:00Z",
        Hours::Closed(utc("2026-10-26T01:15:00Z")),
    );
    check(
        &self::window("01:00-04:00"),
        "2026-10-24T23:00:00Z",
        Hours::Open(utc("2026-10-25T03:00:00Z")),
    );
}

#[test]
fn a_window_over_midnight_belongs_to_the_day_it_begins_on() {
    let window = window("fri 22:00-06:00");
    check(
        &window,
        "2026-01-16T21:00:00Z",
        Hours::Open(utc("2026-01-17T05:00:00Z")),
    );
    check(
        &window,
        "2026-01-17T04:59:00Z",
        Hours::Open(utc("2026-01-17T05:00:00Z")),
    );
    check(
        &window,
        "2026-01-17T21:00:00Z",
        Hours::Closed(utc("2026-01-23T21:00:00Z")),
    );
    check(
        &self::window("00:00-24:00"),
        "2026-01-17T21:00:00Z",
        Hours::Open(utc("2026-01-17T23:00:00Z")),
    );
}

#[test]
fn every_minute_of_two_years_is_either_open_or_has_an_opening_within_a_week() {
    let window = window("sun,tue-wed 02:30-02:40");
    let mut now = utc("2026-01-01T00:00:00Z");
    let mut openings = 0;
    while now < utc("2028-01-01T00:00:00Z") {
        let (Hours::Open(until) | Hours::Closed(until)) = window.at(now);
        assert!(
            until > now && until.since(now) <= 8 * sluis_model::DAY,
            "{now}"
        );
        openings += usize::from(matches!(window.at(now), Hours::Open(_)));
        now = until;
    }
    assert!(
        (312..=314).contains(&openings),
        "three a week for two years: {openings}"
    );
}

#[test]
fn texts_that_are_no_window_are_refused() {
    for text in [
        "",
        "8-20",
        "mon 08:00",
        "mon- 08:00-20:00",
        "maandag 08:00-20:00",
        "mon 08:00-25:00",
        "mon fri 08:00-20:00",
    ] {
        assert!(text.parse::<SendWindow>().is_err(), "{text}");
    }
    assert_eq!(
        window("fri-mon 08:00-20:00").to_string(),
        "mon,fri,sat,sun 08:00-20:00"
    );
}

#[test]
fn outside_its_window_a_corporation_is_held_and_only_urgent_goes() {
    let mut settings = settings();
    let share = ShareSettings {
        window: Some(window("08:00-12:00")),
        ..ShareSettings::default()
    };
    settings.corporations.insert(CorporationId(1), share);
    let mut world = World::new(settings, vec![provider("a", 100)], 1);
    for lane in Lane::ALL {
        world.add(0, key(lane, 1), 3);
        world.add(0, key(lane, 2), 3);
    }
    let next = world.round();
    assert_eq!(world.begun_of(|queue| queue.corporation.0 == 2), 9);
    assert_eq!(world.begun_of(|queue| queue.corporation.0 == 1), 3);
    assert_eq!(next, utc("2026-01-15T07:00:00Z"));
    world.clock.set(next.plus(-1));
    assert_eq!(world.round(), next);
    world.clock.set(next);
    world.round();
    assert_eq!((world.begun.len(), world.round()), (18, Timestamp::NEVER));
}
