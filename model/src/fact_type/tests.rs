//! Owns the tests of declared types: those that are built in, and every mistake with its place.

use super::{About, FactType, Holds};
use crate::fact::{Counts, FactKind};
use crate::flow::Value;
use crate::time::{DAY, Timestamp};

const SHIPPED: [(&str, &str); 11] = [
    (
        "acceptance",
        include_str!("../../../config/flows/facts/acceptance.toml"),
    ),
    (
        "appointment",
        include_str!("../../../config/flows/facts/appointment.toml"),
    ),
    (
        "arrangement",
        include_str!("../../../config/flows/facts/arrangement.toml"),
    ),
    (
        "balance",
        include_str!("../../../config/flows/facts/balance.toml"),
    ),
    (
        "complex",
        include_str!("../../../config/flows/facts/complex.toml"),
    ),
    (
        "consent",
        include_str!("../../../config/flows/facts/consent.toml"),
    ),
    (
        "exception",
        include_str!("../../../config/flows/facts/exception.toml"),
    ),
    (
        "open_amount",
        include_str!("../../../config/flows/facts/open_amount.toml"),
    ),
    (
        "payment",
        include_str!("../../../config/flows/facts/payment.toml"),
    ),
    (
        "risk",
        include_str!("../../../config/flows/facts/risk.toml"),
    ),
    (
        "segment",
        include_str!("../../../config/flows/facts/segment.toml"),
    ),
];

fn mistakes(name: &str, text: &str) -> Vec<String> {
    let read = FactType::parse(name, text);
    let mistakes = read.err().unwrap_or_default();
    mistakes.iter().map(ToString::to_string).collect()
}

#[test]
fn every_type_that_is_built_in_is_sound_and_money_is_as_the_engine_reckons() {
    assert_eq!(SHIPPED.map(|(name, _)| name), FactType::BUILT_IN);
    for (name, text) in SHIPPED {
        let read = FactType::parse(name, text).unwrap_or_else(|wrong| panic!("{name}: {wrong:?}"));
        let about = match name {
            "acceptance" | "payment" | "open_amount" | "appointment" => About::Subject,
            _ => About::Tenant,
        };
        assert_eq!(read.about, about, "{name}");
        let is_own = FactKind::ALL
            .iter()
            .any(|kind| kind.needs_amount() && kind.name() == name);
        assert_eq!(read.own_kind().is_some(), is_own, "{name}");
    }
}

#[test]
fn money_of_the_engine_cannot_be_declared_in_another_way() {
    let (_, payment) = SHIPPED[6];
    for other in [
        payment.replace("\"sum\"", "\"newest\""),
        payment.replace("\"subject\"", "\"tenant\""),
        payment.replace("\"for ever\"", "\"90d\""),
        format!("{payment}method = \"line\"\n"),
    ] {
        let told = mistakes("payment", &other);
        assert!(
            told.len() == 1 && told[0].contains("by the engine's own rules"),
            "{told:?}"
        );
    }
}

#[test]
fn every_mistake_has_its_place_and_says_what_was_expected() {
    let text = r#"
        about = "household"
        holds = "until status"
        counts = "all"
        [fields]
        status = { one_of = ["open", "Dicht", "open"] }
        since = "dat"
        type = "line"
        letter = "text"
        Both = { kind = "line", one_of = ["a"] }
        none = { one_of = [] }
    "#;
    let told = mistakes("Dispute", text);
    for part in [
        "name: \"Dispute\": expected lower-case letters, digits and _",
        "fields.Both: \"Both\": expected lower-case letters",
        "fields.Both: expected either `kind` or `one_of`",
        "fields.letter: \"text\" is no kind of a fact: expected one of line, money, integer, boolean, date",
        "fields.since: \"dat\" is no kind of a fact",
        "did you mean \"date\"?",
        "fields.status.one_of: \"Dicht\": expected lower-case letters",
        "fields.status.one_of: \"open\" stands here twice",
        "fields.none.one_of: no word: expected at least one",
        "fields.type: \"type\" belongs to every fact",
        "about: \"household\" cannot be told about yet",
        "holds: \"status\" is a line: expected a field of kind date",
        "counts: \"all\": expected newest or sum",
    ] {
        assert!(
            told.iter().any(|one| one.contains(part)),
            "{part}: {told:#?}"
        );
    }
    let one = |holds: &str| mistakes("x", &format!("about = \"tenant\"\nholds = \"{holds}\""));
    for wrong in [
        "until ends_on",
        "until ends_on + 7 days",
        "90",
        "0d",
        "always",
    ] {
        assert_eq!(one(wrong).len(), 1, "{wrong}");
    }
    assert!(mistakes("x", "about = \"tenant\"\nholds = \"90d\"\nowner = 1")[0].contains("owner"));
}

#[test]
fn a_fact_may_hold_some_days_longer_than_its_day() {
    let text = |holds: &str| {
        format!("about = \"tenant\"\nholds = \"{holds}\"\n[fields]\nends_on = \"date\"\n")
    };
    let read = |holds: &str| FactType::parse("x", &text(holds)).map(|read| read.holds);
    let day = |more| Ok(Holds::UntilEndOf("ends_on".into(), more));
    assert_eq!(read("until ends_on + 7 days"), day(7));
    assert_eq!(read("until ends_on + 1 day"), day(1));
    for wrong in [
        "until ends_on + 0 days",
        "until ends_on + 367 days",
        "until ends_on + 7",
        "until ends_on - 7 days",
        "until ends_on + 7 working days",
    ] {
        let told = mistakes("x", &text(wrong));
        assert!(
            told.len() == 1 && told[0].starts_with("holds: "),
            "{wrong}: {told:?}"
        );
    }
}

#[test]
fn a_fact_holds_for_a_time_or_until_the_day_it_says_is_over() {
    let (at, none) = (Timestamp(1_795_000_000_000), Box::default());
    let with = |holds| FactType {
        name: "x".into(),
        about: About::Tenant,
        holds,
        counts: Counts::Newest,
        fields: Vec::new(),
    };
    let holds = |holds: Holds, says: Box<[(Box<str>, Value)]>| with(holds).holds_until(at, &says);
    assert_eq!(holds(Holds::ForEver, none), Timestamp::NEVER);
    assert_eq!(holds(Holds::For(DAY), Box::default()), at.plus(DAY));
    let until = || Holds::UntilEndOf("ends_on".into(), 0);
    let day = |day: &str| Box::from([("ends_on".into(), Value::Text(day.into()))]);
    // Midnight in Amsterdam, in winter and in summer.
    assert_eq!(
        holds(until(), day("2026-11-28")),
        Timestamp(1_795_906_800_000)
    );
    assert_eq!(
        holds(until(), day("2026-07-01")),
        Timestamp(1_782_943_200_000)
    );
    assert_eq!(holds(until(), Box::default()), Timestamp::NEVER);
    // A week longer than the day: midnight, a week later.
    let longer = Holds::UntilEndOf("ends_on".into(), 7);
    assert_eq!(
        holds(longer, day("2026-11-28")),
        Timestamp(1_795_906_800_000 + 7 * DAY)
    );
}
