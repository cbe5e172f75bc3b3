//! What a file of steering says, and what is told of a wrong one.

use super::{Cell, Mistake, Steering};
use crate::channel::Channel;
use crate::time::Timestamp;

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
    let row = steering.matrix.row(category, at)?;
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
            .row("repairs", EVE)
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
    // A day that does not exist is no TOML: nothing else can be read of such a file.
    assert_eq!(found, [(4, "the file")]);
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
                "5: service[0].e-mail: unknown key: expected category, from, or a channel: {channels}"
            ),
            "7: service[1].category: not given: expected the category of notifications".to_owned(),
            "8: service[1].sms: true: expected primary, secondary or off".to_owned(),
            "10: service[2]: no channel: expected at least one channel".to_owned(),
            "13: service2: unknown key: expected service, price or cap".to_owned(),
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
    assert_eq!(rates.takes_ms(Channel::Sms, later), Some(300_000));
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
