//! Owns the tests of conditions: unknown is never false.

use crate::Timestamp;
use crate::flow::condition::{Answered, Declared};
use crate::flow::{ClassTable, Condition, Dated, FieldKind, Finding, Person, Scope, Value};

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
    fn said(&self, _: (&str, &str), _: crate::About, _: Timestamp) -> Option<(Value, Timestamp)> {
        None
    }
    fn contacted(&self, _: &crate::flow::ContactedBy, _: Timestamp) -> usize {
        0
    }
    fn accepted_at(&self) -> Timestamp {
        NOW
    }

    fn follows(&self) -> Option<(String, i64)> {
        None
    }

    fn person(&self, _: Person) -> Value {
        Value::Missing
    }
}

const NOW: Timestamp = Timestamp(1_000_000);

/// Fields `x` and `urgent`, and one class table.
struct Names;

impl Declared for Names {
    fn field(&mut self, name: &str) -> Option<(usize, FieldKind)> {
        match name {
            "x" => Some((0, FieldKind::Line)),
            "cents" => Some((0, FieldKind::Money)),
            "urgent" => Some((0, FieldKind::Boolean)),
            _ => None,
        }
    }

    fn near(&self, _: &str) -> Option<&str> {
        None
    }
    fn class(&self, name: &str) -> Option<usize> {
        (name == "class").then_some(0)
    }

    fn fact(&self, _: &str) -> Option<&crate::FactType> {
        None
    }

    fn has_subject(&self) -> bool {
        true
    }

    fn calendar(&self) -> Option<std::sync::Arc<crate::calendar::Calendar>> {
        None
    }

    fn answered(&mut self, word: &str) -> Result<Answered, String> {
        Err(format!("{word}: nobody is asked"))
    }
}

/// `holds`, `fails` or `unknown`.
fn evaluated(text: &str, seen: &Seen, fresh_within_ms: Option<i64>) -> &'static str {
    let classes = [ClassTable {
        name: "class".into(),
        default: "OTHER".into(),
        codes: [("A".into(), "FIRST".into())].into(),
    }];
    let condition = Condition::parse(text, &mut Names).unwrap();
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

#[test]
fn what_is_joined_has_three_answers() {
    // Known to hold, known to fail, unknown.
    let (holds, fails, unknown) = ("true == true", "true == false", "facts.balance_cents > 0");
    let seen = Seen {
        field: Value::Missing,
        balance: None,
    };
    let and = [
        (holds, holds, "holds"),
        (holds, fails, "fails"),
        (holds, unknown, "unknown"),
        (fails, fails, "fails"),
        (fails, unknown, "fails"),
        (unknown, unknown, "unknown"),
    ];
    let or = [
        (holds, holds, "holds"),
        (holds, fails, "holds"),
        (holds, unknown, "holds"),
        (fails, fails, "fails"),
        (fails, unknown, "unknown"),
        (unknown, unknown, "unknown"),
    ];
    for (sign, table) in [("&&", and), ("||", or)] {
        for (a, b, expected) in table {
            for text in [format!("{a} {sign} {b}"), format!("{b} {sign} {a}")] {
                assert_eq!(evaluated(&text, &seen, None), expected, "{text}");
            }
        }
    }
    for (one, expected) in [(holds, "fails"), (fails, "holds"), (unknown, "unknown")] {
        assert_eq!(evaluated(&format!("!({one})"), &seen, None), expected);
    }
}

#[test]
fn and_binds_tighter_than_or_and_parentheses_tighter_than_both() {
    let seen = Seen {
        field: Value::Text("A".into()),
        balance: Some((700, NOW)),
    };
    let cases = [
        (
            "data.x == 'A' || data.x == 'B' && facts.balance_cents > 1000",
            "holds",
        ),
        (
            "(data.x == 'A' || data.x == 'B') && facts.balance_cents > 1000",
            "fails",
        ),
        ("!(data.x == 'B') && facts.balance_cents > 1", "holds"),
        ("!!(data.x == 'A')", "holds"),
        ("data.x in ['B', 'A']", "holds"),
        ("!(data.x in ['B'])", "holds"),
        (
            "class(data.x) in ['FIRST', 'OTHER'] && has(facts.balance_cents)",
            "holds",
        ),
        ("between(facts.balance_cents, 700, 800)", "holds"),
        ("between(facts.balance_cents, 701, 800)", "fails"),
        ("between(facts.balance_cents, 600, 699)", "fails"),
        ("facts.balance_cents in [600, 700]", "holds"),
        ("has(subject.open_amount_cents)", "fails"),
        (
            "subject.open_amount_cents > 0 || facts.balance_cents > 0",
            "holds",
        ),
        ("data.x == \"A\"", "holds"),
        ("data.x != 'it\\'s'", "holds"),
    ];
    for (text, expected) in cases {
        assert_eq!(evaluated(text, &seen, None), expected, "{text}");
    }
}

#[test]
fn a_truth_stands_alone_and_one_that_is_missing_is_unknown() {
    for (value, plain, denied) in [
        (Value::Boolean(true), "holds", "fails"),
        (Value::Boolean(false), "fails", "holds"),
        (Value::Missing, "unknown", "unknown"),
    ] {
        let seen = Seen {
            field: value,
            balance: None,
        };
        assert_eq!(evaluated("data.urgent", &seen, None), plain);
        assert_eq!(evaluated("!data.urgent", &seen, None), denied);
        let is_known = if plain == "unknown" { "fails" } else { "holds" };
        assert_eq!(evaluated("has(data.urgent)", &seen, None), is_known);
    }
}

#[test]
fn a_fact_that_is_too_old_is_unknown_and_does_not_decide_what_another_one_does() {
    let seen = Seen {
        field: Value::Text("A".into()),
        balance: Some((1, NOW.plus(-100))),
    };
    for (text, expected) in [
        ("data.x == 'A' && facts.balance_cents > 0", "unknown"),
        ("data.x == 'B' && facts.balance_cents > 0", "fails"),
        ("data.x == 'A' || facts.balance_cents > 0", "holds"),
        ("has(facts.balance_cents)", "fails"),
    ] {
        assert_eq!(evaluated(text, &seen, Some(99)), expected, "{text}");
    }
}

#[test]
fn every_comparison_says_what_it_saw_whatever_decided() {
    let seen = Seen {
        field: Value::Text("A".into()),
        balance: Some((1, NOW.plus(-100))),
    };
    let condition =
        Condition::parse("data.x == 'B' && facts.balance_cents > 0", &mut Names).unwrap();
    let Finding::Fails(saw) = condition.evaluate(&seen, &[], NOW, None) else {
        panic!("it fails");
    };
    let each: Vec<_> = saw
        .each()
        .map(|one| format!("{} {}", one.left, one.right))
        .collect();
    assert_eq!(each, ["'A' 'B'", "1 0"]);
    assert_eq!(saw.as_of(), Some(NOW.plus(-100)));
    assert_eq!(condition.says.comparisons().len(), 2);
}

#[test]
fn a_mistake_is_told_with_its_column_and_what_was_expected() {
    let cases = [
        ("data.x = 'A'", "column 8: a single ="),
        ("data.x == 'A' and data.x == 'B'", "\"and\" is written &&"),
        ("not data.urgent", "\"not\" is written !"),
        ("data.x == 'A", "has no end"),
        (
            "data.x == 7",
            "compares text with a number, which is never known",
        ),
        ("data.x in ['A', 7]", "compares text with a number"),
        ("data.x in [data.x]", "stands in a list"),
        ("data.x in 'A'", "expected ["),
        ("data.x", "column 7: it ends here: expected =="),
        ("(data.x == 'A'", "expected )"),
        ("data.x == 'A')", "column 14: ) stands here"),
        ("data.y == 'A'", "data.y is not declared"),
        ("klass(data.x) == 'A'", "is not a class table"),
        ("class(12) == 'A'", "expected data.<field>"),
        ("saldo > 0", "is not a value"),
        ("data.x != null", "is asked with has(…)"),
        ("data.x between 1 and 5", "between(value, least, most)"),
        ("data.cents => 5", "write >= or <="),
        ("facts.balance_cents > 12.50", "money in cents"),
        ("facts.balance_cents > 1 ; true", "has no meaning"),
        ("", "expected a value"),
        ("between(data.x, 1, 2)", "compares text with a number"),
        ("between(facts.balance_cents, 1)", "expected ,"),
    ];
    for (text, part) in cases {
        let told = Condition::parse(text, &mut Names).expect_err(text);
        assert!(told.contains(part), "{text}: {told}");
    }
    let deep = format!("{}true{}", "(".repeat(40), ")".repeat(40));
    assert!(
        Condition::parse(&deep, &mut Names)
            .unwrap_err()
            .contains("within each other")
    );
    let wide = vec!["data.urgent"; 33].join(" || ");
    assert!(
        Condition::parse(&wide, &mut Names)
            .unwrap_err()
            .contains("at most 32")
    );
}
