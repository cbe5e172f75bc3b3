//! Owns the tests of conditions: unknown is never false.

use crate::Timestamp;
use crate::flow::{ClassTable, Condition, Dated, Finding, Scope, Value};

/// A scope with one field and the facts a case sets.
struct Seen {
    field: Value,
    balance: Option<Dated>,
}

impl Scope for Seen {
    fn field(&self, _: usize) -> &Value {
        &self.field
    }
    fn balance(&self) -> Option<Dated> {
        self.balance
    }
    fn subject_open_amount(&self) -> Option<Dated> {
        None
    }
    fn notification_environment(&self) -> &'static str {
        "test"
    }
    fn engine_environment(&self) -> &'static str {
        "production"
    }
    fn category(&self) -> &str {
        "repairs"
    }
}

const NOW: Timestamp = Timestamp(1_000_000);

/// `holds`, `fails` or `unknown`.
fn evaluated(text: &str, seen: &Seen, fresh_within_ms: Option<i64>) -> &'static str {
    let classes = [ClassTable {
        name: "class".into(),
        default: "OTHER".into(),
        codes: [("A".into(), "FIRST".into())].into(),
    }];
    let condition =
        Condition::parse(text, &mut |_| Ok(0), &|name| (name == "class").then_some(0)).unwrap();
    match condition.evaluate(seen, &classes, NOW, fresh_within_ms) {
        Finding::Holds(_) => "holds",
        Finding::Fails(_) => "fails",
        Finding::Unknown(_) => "unknown",
    }
}

#[test]
fn comparisons_hold_fail_or_are_unknown() {
    let text = |text: &str| Seen {
        field: Value::Text(text.into()),
        balance: None,
    };
    let missing = || Seen {
        field: Value::Missing,
        balance: None,
    };
    let owes = |cents| Seen {
        field: Value::Missing,
        balance: Some((cents, NOW.plus(-100))),
    };
    let cases = [
        ("data.x == 'A'", text("A"), "holds"),
        ("data.x != 'A'", text("A"), "fails"),
        ("data.x == 'A'", missing(), "unknown"),
        ("data.x != 'A'", missing(), "unknown"),
        ("data.x == 7", text("A"), "unknown"),
        ("class(data.x) == 'FIRST'", text("A"), "holds"),
        ("class( data.x ) == 'OTHER'", text("zzz"), "holds"),
        ("class(data.x) == 'OTHER'", missing(), "unknown"),
        ("facts.balance_cents > 0", owes(1), "holds"),
        ("facts.balance_cents > 0", owes(0), "fails"),
        ("facts.balance_cents >= 0", owes(0), "holds"),
        ("facts.balance_cents < -5", owes(-6), "holds"),
        ("facts.balance_cents <= -5", owes(-4), "fails"),
        ("0 < facts.balance_cents", owes(1), "holds"),
        ("facts.balance_cents > 0", missing(), "unknown"),
        ("subject.open_amount_cents <= 0", missing(), "unknown"),
        (
            "notification.environment == engine.environment",
            missing(),
            "fails",
        ),
        ("notification.category == 'repairs'", missing(), "holds"),
        ("true == false", missing(), "fails"),
    ];
    for (condition, seen, expected) in cases {
        assert_eq!(evaluated(condition, &seen, None), expected, "{condition}");
    }
}

#[test]
fn a_fact_may_be_exactly_as_old_as_the_rule_allows() {
    let owes = Seen {
        field: Value::Missing,
        balance: Some((1, NOW.plus(-100))),
    };
    for (limit, expected) in [(100, "holds"), (99, "unknown")] {
        assert_eq!(
            evaluated("facts.balance_cents > 0", &owes, Some(limit)),
            expected
        );
    }
    assert_eq!(
        evaluated("true == true", &owes, Some(0)),
        "holds",
        "what is no fact does not age"
    );
}
