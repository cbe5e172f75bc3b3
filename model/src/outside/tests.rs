//! Shares that come out as they were given, draws that repeat, and files with every mistake told.

use super::*;
use crate::channel::Channel;
use crate::ids::CorporationId;

fn outside() -> Outside {
    Outside::parse(
        r#"
seed = 7
[[channel]]
channel = "email"
refused = 2
deferred = 0
bounced = 10
bounced_after = ["1m", "1h"]
failed = 0
delivered = 0
pressed = 25
"#,
    )
    .unwrap()
}

fn a_try(address: &str, attempt: u16) -> Try<'_> {
    Try {
        corporation: CorporationId(1),
        channel: Channel::Email,
        provider: "relay",
        address,
        step: 0,
        attempt,
    }
}

#[test]
fn the_assumed_models_are_read_and_say_that_they_are_assumed() {
    let assumed = source::parse(source::ASSUMED, &Outside::assumed()).unwrap();
    assert!(assumed.channels.len() >= 2);
    assert!(assumed.channels.iter().all(|one| one.measured == 0));
    assert!(assumed.source.contains("assumed"), "{}", assumed.source);
}

#[test]
fn shares_come_out_as_they_were_given() {
    let outside = outside();
    let addresses: Vec<String> = (0..20_000).map(|n| format!("a{n}@example.nl")).collect();
    let fates: Vec<Fate> = addresses
        .iter()
        .map(|a| outside.fate(&a_try(a, 1)))
        .collect();
    let share = |is: &dyn Fn(&Fate) -> bool| {
        fates.iter().filter(|fate| is(fate)).count() as f64 / fates.len() as f64
    };
    let refused = share(&|fate| fate.answer == Answer::Refused);
    let bounced = share(&|fate| matches!(fate.after, Some((After::Bounced, _))));
    let pressed = share(&|fate| fate.pressed_ms.is_some());
    assert!((0.017..0.023).contains(&refused), "{refused}");
    assert!((0.09..0.106).contains(&bounced), "{bounced}");
    assert!((0.205..0.235).contains(&pressed), "{pressed}");
    let within = |fate: &Fate| match fate.after {
        Some((After::Bounced, after)) => (60_000..=3_600_000).contains(&after),
        _ => true,
    };
    assert!(fates.iter().all(within));
}

#[test]
fn an_address_that_is_dead_stays_dead_and_a_draw_repeats() {
    let outside = outside();
    for number in 0..500 {
        let address = format!("A{number}@example.nl");
        let lower = address.to_lowercase();
        let (first, again) = (
            outside.fate(&a_try(&address, 1)),
            outside.fate(&a_try(&lower, 1)),
        );
        assert_eq!(first, again);
        let later = outside.fate(&a_try(&address, 2));
        assert_eq!(
            (first.answer, first.after.is_some()),
            (later.answer, later.after.is_some())
        );
    }
}

#[test]
fn another_seed_draws_otherwise() {
    let (one, mut other) = (outside(), outside());
    other.seed = 8;
    let differs = (0..500).filter(|number| {
        let address = format!("a{number}@example.nl");
        one.fate(&a_try(&address, 1)) != other.fate(&a_try(&address, 1))
    });
    assert!(differs.count() > 50);
}

#[test]
fn every_mistake_is_told() {
    let wrong = Outside::parse(
        r#"
sead = 7
[[channel]]
channel = "emale"
[[channel]]
channel = "sms"
refused = 101
bounced_after = ["2h", "1h"]
takes = "soon"
[people]
calls = -1
"#,
    )
    .unwrap_err();
    let paths: Vec<&str> = wrong.iter().map(|one| &*one.path).collect();
    for path in [
        "sead",
        "channel[0].channel",
        "channel[1].refused",
        "channel[1].bounced_after",
        "channel[1].takes",
        "people.calls",
    ] {
        assert!(paths.contains(&path), "{path} is not in {paths:?}");
    }
}

#[test]
fn what_is_written_is_read_again() {
    let outside = outside();
    assert_eq!(Outside::parse(&outside.written()).unwrap(), outside);
}

#[test]
fn a_delay_lies_between_its_quantiles() {
    let delay = Delay::new(vec![0, 100, 1_000]).unwrap();
    let at = [0.0, 0.25, 0.5, 0.75, 1.0].map(|part| delay.at(part));
    assert_eq!(at, [0, 50, 100, 550, 1_000]);
    assert_eq!(Delay::new(vec![5, 1]), None);
    assert_eq!(Delay::default().at(0.5), 0);
}
