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
    let row = steering.row(category, at)?;
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
    assert!(Steering::parse("").unwrap().row("repairs", EVE).is_none());
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
            "13: service2: unknown key: expected service".to_owned(),
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
