//! What a file of steering says, and what is told of a wrong one.

use super::{Cell, Mistake, Steering, Who};
use crate::channel::Channel;
use crate::time::Timestamp;

mod slips;

const MATRIX: &str = r#"
[[service]]
category = "collection"
email = "primary"
sms = "secondary"

[[service]]
category = "collection"
from = 2026-12-01
email = "off"
sms = "primary"

[[service]]
category = "*"
from = "2026-01-01"
letter = "off"
"#;

/// 30 November 2026, 23:59:59 in Amsterdam.
const EVE: Timestamp = Timestamp(1_796_079_599_000);

fn cells(category: &str, at: Timestamp) -> Option<[Cell; 3]> {
    let steering = Steering::parse(MATRIX).expect("a sound matrix");
    let row = steering.matrix.row(category, &Who::default(), at).row?;
    Some([Channel::Email, Channel::Sms, Channel::Letter].map(|channel| row.cell(channel)))
}

fn mistakes(text: &str) -> Vec<Mistake> {
    Steering::parse(text).expect_err("a wrong matrix")
}

#[test]
fn a_row_holds_from_its_day_on_by_the_clock_in_amsterdam() {
    use Cell::{Off, Primary, Secondary};
    let before = Some([Primary, Secondary, Secondary]);
    let after = Some([Off, Primary, Secondary]);
    assert_eq!(cells("collection", EVE), before);
    assert_eq!(cells("collection", EVE.plus(1_000)), after);
}

#[test]
fn a_category_without_a_row_has_the_row_of_all_others_or_none() {
    use Cell::{Off, Secondary};
    let others = Some([Secondary, Secondary, Off]);
    assert_eq!(cells("repairs", EVE), others);
    assert_eq!(
        cells("repairs", Timestamp(0)),
        None,
        "that row has not begun"
    );
    assert!(
        Steering::parse("")
            .unwrap()
            .matrix
            .row("repairs", &Who::default(), EVE)
            .row
            .is_none()
    );
}

#[test]
fn every_mistake_is_told_at_once_with_its_line() {
    let found = mistakes(
        r#"
[[service]]
category = "collection"
from = 2026-02-30
email = "primair"

[[service]]
categorie = "repairs"
e-mail = "off"

[[service]]
category = "Rent!"
sms = true

[[service]]
category = "rent"

[prices]
"#,
    );
    let found: Vec<(usize, &str)> = found.iter().map(|m| (m.line, &*m.path)).collect();
    // A day that does not exist is no TOML. It hides nothing of the other lines.
    let expected = [
        (4, "the file"),
        (5, "service[0].email"),
        (7, "service[1].category"),
        (8, "service[1].categorie"),
        (9, "service[1].e-mail"),
        (12, "service[2].category"),
        (13, "service[2].sms"),
        (15, "service[3]"),
        (18, "prices"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_wrong_row_says_what_was_expected() {
    let text = "[[service]]\ncategory = \"Rent!\"\nfrom = \"1 december\"\nemail = \"primair\"\ne-mail = \"off\"\n\n\
        [[service]]\nsms = true\n\n[[service]]\ncategory = \"rent\"\n\n[service2]\n";
    let found = mistakes(text);
    let told: Vec<String> = found
        .iter()
        .map(|m| {
            format!(
                "{}: {}: {}: expected {}",
                m.line, m.path, m.value, m.expected
            )
        })
        .collect();
    let channels = Channel::listed();
    assert_eq!(
        told,
        [
            "2: service[0].category: \"Rent!\": expected 1 to 64 of a-z, 0-9, - and _, or \"*\""
                .to_owned(),
            "3: service[0].from: \"1 december\": expected a day that exists".to_owned(),
            "4: service[0].email: \"primair\": expected primary, secondary or off".to_owned(),
            format!(
                "5: service[0].e-mail: unknown key: expected category, from, segment, phase, or a channel: {channels}"
            ),
            "7: service[1].category: not given: expected the category of notifications".to_owned(),
            "8: service[1].sms: true: expected primary, secondary or off".to_owned(),
            "10: service[2]: no channel: expected at least one channel".to_owned(),
            "13: service2: unknown key: expected service, price, cap, segment, conflict, bundle or remember".to_owned(),
        ]
    );
    assert!(found.iter().all(|mistake| !mistake.hint.is_empty()));
}

#[test]
fn two_rows_of_one_category_and_day_are_refused() {
    let row = "[[service]]\ncategory = \"rent\"\nfrom = 2026-12-01\nemail = \"off\"\n";
    let found = mistakes(&format!("{row}{row}"));
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].line, &*found[0].path), (5, "service[1]"));
    let other_day = row.replace("2026-12-01", "2026-12-02");
    assert!(Steering::parse(&format!("{row}{other_day}")).is_ok());
}

#[test]
fn a_section_that_is_none_is_refused() {
    for (text, path) in [
        ("service = 7", "service"),
        ("service = [7]", "service[0]"),
        ("[service]\ncategory = \"rent\"", "service"),
        ("[[service]\n", "the file"),
    ] {
        assert_eq!(mistakes(text)[0].path, path, "{text}");
    }
}

const RATES: &str = r#"
[[price]]
channel = "sms"
cents = 7.5
per = "segment"
segments = 2
takes = "5m"

[[price]]
channel = "sms"
from = 2026-12-01
cents = 8

[[price]]
channel = "sms"
provider = "bird"
from = 2026-12-01
cents = 9.125

[[price]]
channel = "email"
provider = "relay"
cents = 0.05

[[price]]
channel = "email"
provider = "other"
cents = 0.1
"#;

#[test]
fn a_price_holds_from_its_day_on_for_its_provider_or_for_all() {
    let rates = Steering::parse(RATES).expect("a sound rate card").rates;
    let later = EVE.plus(1_000);
    let cost = |channel, provider, at| rates.cost(channel, provider, at);
    assert_eq!(cost(Channel::Sms, None, EVE), Some(15_000));
    assert_eq!(cost(Channel::Sms, None, later), Some(8_000));
    assert_eq!(cost(Channel::Sms, Some("bird"), EVE), Some(15_000));
    assert_eq!(cost(Channel::Sms, Some("bird"), later), Some(9_125));
    let mail = cost(Channel::Email, None, EVE);
    assert_eq!(mail, Some(50), "the cheapest of its providers");
    assert_eq!(cost(Channel::Letter, None, later), None);
    assert_eq!(
        rates.arrives(Channel::Sms, later),
        Some(later.plus(300_000))
    );
}

#[test]
fn a_wrong_price_says_what_was_expected() {
    let price = |lines: &str| format!("[[price]]\nchannel = \"sms\"\n{lines}\n");
    for (text, path, expected) in [
        ("cents = \"7\"", "price[0].cents", "0 to 1000000 cents"),
        ("cents = 7.1234", "price[0].cents", "at most three decimals"),
        ("cents = -1", "price[0].cents", "0 to 1000000 cents"),
        ("", "price[0].cents", "a price in cents"),
        (
            "cents = 7\nper = \"page\"",
            "price[0].per",
            "message or segment",
        ),
        ("cents = 7\nsegments = 2", "price[0].segments", "with per"),
        (
            "cents = 7\nper = \"segment\"\nsegments = 0",
            "price[0].segments",
            "1 to 100",
        ),
        (
            "cents = 7\ntakes = \"soon\"",
            "price[0].takes",
            "a length of time",
        ),
        (
            "cents = 7\nprovider = 7",
            "price[0].provider",
            "the name of a provider",
        ),
        (
            "cents = 7\nprice = 7",
            "price[0].price",
            "one of channel, provider",
        ),
    ] {
        let found = mistakes(&price(text));
        assert_eq!(found[0].path, path, "{text}");
        assert!(found[0].expected.contains(expected), "{text}: {found:?}");
    }
    let of_a_mail = "[[price]]\nchannel = \"email\"\ncents = 7\nper = \"segment\"\n";
    let found = mistakes(of_a_mail);
    assert_eq!((found.len(), &*found[0].path), (1, "price[0].per"));
    let twice = price("cents = 7").repeat(2);
    assert_eq!(
        (mistakes(&twice)[0].line, &*mistakes(&twice)[0].path),
        (4, "price[1]")
    );
    let unknown = "[[price]]\nchannel = \"fax\"\ncents = 1\n";
    assert_eq!(mistakes(unknown)[0].path, "price[0].channel");
}

#[test]
fn a_wrong_cap_says_what_was_expected() {
    let cap = |lines: &str| {
        let usual = [
            ("name", "\"a\""),
            ("categories", "[\"rent\"]"),
            ("most", "2"),
            ("within", "\"7d\""),
        ];
        let kept = usual.iter().filter(|(key, _)| !lines.starts_with(key));
        let kept: Vec<String> = kept
            .map(|(key, value)| format!("{key} = {value}"))
            .collect();
        format!("[[cap]]\n{}\n{lines}\n", kept.join("\n"))
    };
    assert!(Steering::parse(&cap("")).is_ok());
    for (text, expected) in [
        ("name = \"\"", "a name of 1 to 64 characters"),
        ("name = \" \"", "a name of 1 to 64 characters"),
        ("name = \"\u{a0}\"", "a name of 1 to 64 characters"),
        ("name = \"\u{200b}\"", "a name of 1 to 64 characters"),
        ("name = \"--\"", "a name of 1 to 64 characters"),
        ("categories = []", "a list of 1 to 100 categories"),
        ("categories = \"rent\"", "a list of 1 to 100 categories"),
        ("most = 0", "1 to 32"),
        ("most = 33", "1 to 32"),
        ("most = 2.5", "1 to 32"),
        ("within = \"93d\"", "at most 92d"),
        ("within = \"0d\"", "at most 92d"),
        ("within = 7", "at most 92d"),
    ] {
        let found = mistakes(&cap(text));
        let key = text.split(' ').next().unwrap_or_default();
        assert_eq!(found[0].path, format!("cap[0].{key}"), "{text}");
        assert!(found[0].expected.contains(expected), "{text}: {found:?}");
        assert_eq!(found[0].line, 5, "{text}");
    }
    assert_eq!(mistakes("[[cap]]\n").len(), 4, "every key is missed");
    assert_eq!(mistakes(&cap("").repeat(2))[0].path, "cap[1].name");
    let of_categories = mistakes(&cap("categories = [\"rent\", \"Rent!\"]"));
    assert_eq!(of_categories[0].path, "cap[0].categories[1]");
}

/// Every mistake, as it is told.
fn told(text: &str) -> Vec<String> {
    let found = mistakes(text);
    assert!(found.iter().all(|m| !m.hint.is_empty()), "{found:?}");
    let each = found.iter();
    each.map(|m| format!("{}: {}: {}: {}", m.line, m.path, m.value, m.expected))
        .collect()
}

#[test]
fn a_wrong_segment_says_what_was_expected() {
    let text = "[[segment]]\nname = \"a\"\n\n[[segment]]\nname = \"b\"\npeople_first = \"yes\"\nteams = \"c\"\n\n\
        [[segment]]\nteam = \"\"\n\n[[segment]]\nname = \"d\"\nteam = \"t\"\n\n[[segment]]\nname = \"d\"\nvariant = \"v\"\n";
    assert_eq!(
        told(text),
        [
            "1: segment[0]: nothing is said of it: people_first, team or variant",
            "6: segment[1].people_first: \"yes\": true or false",
            "7: segment[1].teams: unknown key: one of name, people_first, team, variant",
            "9: segment[2].name: not given: the name of a segment",
            "10: segment[2].team: \"\": a name of 1 to 64 characters, with a letter or digit, without blanks at its ends",
            "16: segment[4].name: \"d\": one section a segment",
        ]
    );
}

#[test]
fn a_wrong_phase_says_what_was_expected() {
    let row =
        |phase: &str| format!("[[service]]\ncategory = \"a\"\nsms = \"off\"\nphase = {phase}\n");
    assert!(Steering::parse(&row("{ share = 10, complexes = [\"Noord\"] }")).is_ok());
    for (phase, path, expected) in [
        ("10", "phase", "a table with share or complexes"),
        ("{}", "phase", "share or complexes"),
        ("{ share = 0 }", "phase.share", "1 to 99"),
        ("{ share = 100 }", "phase.share", "1 to 99"),
        ("{ share = \"10%\" }", "phase.share", "1 to 99"),
        (
            "{ complexes = [] }",
            "phase.complexes",
            "a list of 1 to 500",
        ),
        (
            "{ complexes = [7] }",
            "phase.complexes[0]",
            "a name of 1 to 64",
        ),
        (
            "{ percent = 10 }",
            "phase.percent",
            "one of share, complexes",
        ),
    ] {
        let found = mistakes(&row(phase));
        assert_eq!(found.len(), 1, "{phase}: {found:?}");
        assert_eq!(found[0].path, format!("service[0].{path}"), "{phase}");
        assert!(found[0].expected.contains(expected), "{phase}: {found:?}");
    }
}

#[test]
fn rows_of_a_segment_go_before_those_for_everybody() {
    let text = "[[service]]\ncategory = \"rent\"\nemail = \"off\"\n\n[[service]]\ncategory = \"*\"\nsegment = \"a\"\nsms = \"off\"\n";
    let matrix = Steering::parse(text).expect("a sound matrix").matrix;
    let of = |segment: Option<&str>| {
        let who = Who {
            segment: segment.map(Into::into),
            ..Who::default()
        };
        let row = matrix.row("rent", &who, EVE).row.expect("a row");
        row.cell(Channel::Email)
    };
    assert_eq!(
        [None, Some("a"), Some("b")].map(of),
        [Cell::Off, Cell::Secondary, Cell::Off]
    );
    let twice = "[[service]]\ncategory = \"rent\"\nsegment = \"a\"\nemail = \"off\"\n".repeat(2);
    assert_eq!(mistakes(&twice)[0].path, "service[1]");
    assert!(matrix.asks_who());
}

#[test]
fn a_wrong_rule_between_flows_says_what_was_expected() {
    let text = "[[conflict]]\n\n[[conflict]]\nname = \"a\"\nwhile = [\"x\"]\nhold = [\"*\"]\nafter = \"soon\"\n\n\
        [[conflict]]\nname = \"b\"\nwhile = [\"x\"]\nhold = [\"y\"]\ndrop = [\"y\"]\n\n\
        [[conflict]]\nname = \"c\"\nwhile = [\"x\"]\ndrop = [\"x\"]\n";
    assert_eq!(
        told(text),
        [
            "1: conflict[0].name: not given: a name",
            "1: conflict[0].while: not given: a list of categories",
            "1: conflict[0]: neither hold nor drop: hold or drop",
            "6: conflict[1].hold[0]: \"*\": the name of a category",
            "7: conflict[1].after: \"soon\": a length of time of at most 366d",
            "9: conflict[2].drop: \"y\" stands in both: hold or drop",
            "15: conflict[3].drop: \"x\" stands in both: categories not in while",
        ]
    );
}

#[test]
fn rules_by_which_a_message_waits_for_itself_are_refused() {
    let rule = |name: &str, during: &str, hold: &str| {
        format!("[[conflict]]\nname = \"{name}\"\nwhile = [\"{during}\"]\nhold = [\"{hold}\"]\n")
    };
    let own = rule("1", "a", "a");
    let circle = [
        rule("1", "a", "b"),
        rule("2", "b", "c"),
        rule("3", "c", "a"),
    ]
    .concat();
    for (text, line) in [(own, 1), (circle, 9)] {
        let found = mistakes(&text);
        assert_eq!((found.len(), found[0].line), (1, line), "{found:?}");
        assert!(found[0].value.contains("would wait for itself"));
    }
    let line = [
        rule("1", "a", "b"),
        rule("2", "b", "c"),
        rule("3", "a", "c"),
    ]
    .concat();
    assert!(Steering::parse(&line).is_ok());
}

#[test]
fn a_wrong_bundle_says_what_was_expected() {
    let bundle = |name: &str, categories: &str, until: &str| {
        format!("[[bundle]]\nname = \"{name}\"\ncategories = {categories}\nuntil = {until}\n")
    };
    let sound = bundle("a", "[\"x\"]", "\"16:00\"");
    assert!(Steering::parse(&sound).is_ok());
    for until in ["\"24:00\"", "\"4 uur\"", "\"16:0\"", "16", "\"16:00:00\""] {
        let found = mistakes(&bundle("a", "[\"x\"]", until));
        assert_eq!(found[0].path, "bundle[0].until", "{until}");
    }
    assert_eq!(
        mistakes(&bundle("a", "[]", "\"16:00\""))[0].path,
        "bundle[0].categories"
    );
    assert_eq!(mistakes(&sound.repeat(2))[0].path, "bundle[1].name");
    let twice = sound + &bundle("b", "[\"x\"]", "\"17:00\"");
    assert_eq!(mistakes(&twice)[0].path, "bundle[1].categories");
    assert_eq!(mistakes("[[bundle]]\n").len(), 3, "every key is missed");
}

#[test]
fn what_is_remembered_without_a_rule_is_named() {
    let remembers = |text: &str| {
        let steering = Steering::parse(text).expect("a sound file");
        ["rent", "repairs"].map(|category| steering.remembers(category))
    };
    assert_eq!(remembers("remember = [\"rent\"]"), [true, false]);
    assert_eq!(remembers("remember = [\"*\"]"), [true, true]);
    assert_eq!(remembers(""), [false, false]);
    assert_eq!(mistakes("remember = [\"Rent!\"]")[0].path, "remember[0]");
    assert_eq!(mistakes("remember = []")[0].path, "remember");
}

#[test]
fn slips_that_would_never_match_are_refused() {
    let row = |segment: &str| {
        format!("[[service]]\ncategory = \"a\"\nsegment = \"{segment}\"\nsms = \"off\"\n")
    };
    assert!(Steering::parse(&row("a b")).is_ok());
    for segment in ["seniors ", " seniors", "*"] {
        assert_eq!(
            mistakes(&row(segment))[0].path,
            "service[0].segment",
            "{segment:?}"
        );
    }
    let behind = row("a") + "remember = [\"rent\"]\n";
    let found = mistakes(&behind);
    assert!(
        found
            .iter()
            .any(|m| m.hint.contains("at the top of the file")),
        "{found:?}"
    );
}
