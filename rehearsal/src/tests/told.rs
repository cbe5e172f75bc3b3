//! Tests of what a rehearsal tells beside its counts: a comparison without differences, and why a row is an
//! exception.

use super::{FLOW, audience, short, stage};
use crate::{Told, Trouble, compare, html, run, text};

#[test]
fn a_comparison_in_which_nothing_ends_otherwise_is_told_too() {
    let stage = stage(FLOW, None);
    let audience = audience(&stage, 50, &short);
    let results = run(&stage, &audience, 1);
    let compared = compare(&results, &results);
    let told = Told {
        stage: &stage,
        audience: &audience,
        results: &results,
        rejected: &[],
        notes: &[],
        other: Some(("flow other 2", &results, &compared)),
        most_calls: None,
    };
    for report in [text(&told), html(&told)] {
        assert!(
            report.contains("What the other version would have done")
                && report.contains("flow other 2: ")
                && report.contains("50 notifications go alike")
                && report.contains("None ends otherwise or begins over another channel."),
            "{report}"
        );
        assert!(!report.contains("other first over"), "{report}");
    }
}

const HELD: &str = r#"
name = "held"
version = 1
purpose = "collection"
hold_for = "2d"
fallback_list = "desk"
[input]
text = "text"
[[guard]]
name = "something is owed"
when = "facts.balance_cents > 0"
otherwise = "end: nothing owed"
[[step]]
id = "mail"
send = { template = { email = "hello" }, via = ["email"] }
on.bounced = "which"
on.settled = { after = "1d", go = "end: sent" }
[[step]]
id = "which"
branch.cases = [{ when = "notification.category == 'x'", go = "end: x" }]
branch.otherwise = "call"
[[step]]
id = "call"
task = { list = "calls", answers = { done = "end: done" } }
"#;

#[test]
fn an_exception_names_the_step_that_reached_nobody_and_the_rule_that_held() {
    let of = |flow: &str| {
        let stage = stage(flow, None);
        let audience = audience(&stage, 20, &short);
        let results = run(&stage, &audience, 1);
        results.exceptions
    };
    let held = of(HELD);
    assert_eq!(held.len(), 20, "nobody told a balance");
    assert!(
        held.iter().all(|one| one.trouble == Trouble::Held
            && one.step == 0
            && &*one.detail == "guard 'something is owed': facts.balance_cents > 0"),
        "{held:?}"
    );
    // Who has no mailbox is called: it is the mail that did not reach him.
    let head = HELD.find("[[guard]]").unwrap()..HELD.find("[[step]]").unwrap();
    let open = HELD.replace(&HELD[head], "");
    let nobody = of(&open);
    assert_eq!(nobody.len(), 2, "{nobody:?}");
    assert!(
        nobody
            .iter()
            .all(|one| one.trouble == Trouble::NoAddress && one.step == 0),
        "{nobody:?}"
    );
}
