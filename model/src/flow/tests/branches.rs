//! Owns the tests of steps that choose, as data: how they are written, their ways out, and that time
//! passes between steps that come back.

use super::{SOUND, definition, problems};
use crate::Flow;

/// A flow whose first step chooses, with these lines for it, and these steps behind it.
fn branching(lines: &str, steps: &str) -> String {
    let (head, rest) = SOUND.split_once("[[step]]").expect("steps");
    format!("{head}[[step]]\nid = \"which\"\n{lines}\n{steps}\n[[step]]{rest}")
}

const USUAL: &str = r#"
branch.cases = [
    { when = "subject.open_amount_cents >= 50000", fresh_within = "24h", go = "ask" },
    { when = "data.urgent", go = "end: urgent" },
]
branch.otherwise = "mail"
branch.unknown = "human: desk"
"#;

#[test]
fn a_step_that_chooses_says_its_ways_out() {
    let flow = Flow::compile(&definition(&branching(USUAL, ""))).expect("it compiles");
    let ways = flow.steps[0].kind.ways_out();
    let told: Vec<(&str, bool)> = ways.iter().map(|way| (&*way.when, way.at_once)).collect();
    let expected = [
        ("when subject.open_amount_cents >= 50000", true),
        ("when data.urgent", true),
        ("otherwise", true),
        ("unknown", true),
    ];
    assert_eq!(told, expected);
    assert!(flow.ends().any(|end| end == "urgent"));
}

#[test]
fn every_kind_of_step_says_its_ways_out() {
    let flow = Flow::compile(&definition(SOUND)).expect("it compiles");
    let ways = flow.steps.iter().flat_map(|step| step.kind.ways_out());
    let told: Vec<(String, bool)> = ways
        .map(|way| (way.when.into_owned(), way.at_once))
        .collect();
    let expected = [
        ("bounced", true),
        ("answered", false),
        ("unanswered after 2d", false),
        ("after 1d", false),
        ("answer 'go on'", false),
    ];
    assert_eq!(
        told,
        expected.map(|(when, at_once)| (when.to_owned(), at_once))
    );
}

#[test]
fn what_its_cases_read_is_kept_behind_what_guards_read() {
    let flow = Flow::compile(&definition(&branching(USUAL, ""))).expect("it compiles");
    let fields: Vec<&str> = flow.fields.iter().map(|field| &**field).collect();
    assert_eq!(fields, ["cents", "code", "urgent"]);
}

#[test]
fn rules_that_can_hold_are_numbered_guards_first() {
    let flow = Flow::compile(&definition(&branching(USUAL, ""))).expect("it compiles");
    let shown: Vec<String> = flow.holding().map(|rule| rule.to_string()).collect();
    assert_eq!(
        shown,
        ["guard 'right type'", "step 'which'", "step 'which'"]
    );
    assert_eq!(
        &*flow.holds(2).expect("the second case").when.text,
        "data.urgent"
    );
    assert!(flow.holds(3).is_none());
}

#[test]
fn each_mistake_is_told_where_it_is() {
    let cases = [
        (
            "data.urgent",
            "data.urgend",
            "step.which.branch.cases[1].when",
            "not declared under [input]",
        ),
        (
            "end: urgent",
            "nowhere",
            "step.which.branch.cases[1].go",
            "leads nowhere",
        ),
        (
            r#""24h""#,
            r#""24""#,
            "step.which.branch.cases[0].fresh_within",
            "a whole number with a unit",
        ),
        (
            r#"otherwise = "mail""#,
            r#"otherwise = "male""#,
            "step.which.branch.otherwise",
            "leads nowhere",
        ),
        (
            "human: desk",
            "human:",
            "step.which.branch.unknown",
            "leads nowhere",
        ),
        (
            r#"branch.otherwise = "mail""#,
            "",
            "step.which.branch.otherwise",
            "not given",
        ),
        (
            "branch.unknown",
            "branch.else",
            "step.which.branch.else",
            "unknown key",
        ),
        (
            "branch.unknown",
            "on.bounced = \"mail\"\nbranch.unknown",
            "step.which.on",
            "expected no handlers",
        ),
    ];
    for (sound, wrong, path, message) in cases {
        let flow = branching(&USUAL.replace(sound, wrong), "");
        let found = problems(&flow);
        let told = found
            .iter()
            .any(|p| p.starts_with(&format!("{path}: ")) && p.contains(message));
        assert!(told, "{wrong}: {found:?}");
    }
    let none = USUAL.split_once("branch.otherwise").expect("two parts").1;
    let none = format!("branch.cases = []\nbranch.otherwise{none}");
    assert_eq!(
        problems(&branching(&none, "")),
        ["step.which.branch.cases: 0 cases: expected 1 to 16"]
    );
}

#[test]
fn a_loop_in_which_no_time_passes_is_refused_once() {
    let back = "[[step]]\nid = \"again\"\nbranch.cases = [{ when = \"data.urgent\", go = \"which\" }]\nbranch.otherwise = \"mail\"";
    let to_itself = USUAL.replace("end: urgent", "which");
    assert_eq!(
        problems(&branching(&to_itself, "")),
        [
            "step.which: which -> which comes back to where it began, and no time passes: expected a wait or a task in between"
        ]
    );
    let over_another = USUAL.replace("end: urgent", "again");
    assert_eq!(
        problems(&branching(&over_another, back)),
        [
            "step.which: which -> again -> which comes back to where it began, and no time passes: expected a wait or a task in between"
        ]
    );
    // Nobody may be reached, and then no time passes in a step that sends either.
    let over_a_send =
        branching(USUAL, "").replace(r#"on.bounced = "pause""#, r#"on.bounced = "which""#);
    assert_eq!(
        problems(&over_a_send),
        [
            "step.which: which -> mail -> which comes back to where it began, and no time passes: expected a wait or a task in between"
        ]
    );
    let over_a_wait = branching(USUAL, "").replace(r#"then = "ask""#, r#"then = "which""#);
    assert_eq!(problems(&over_a_wait), [""; 0]);
    let over_no_wait = over_a_wait.replace(r#"for = "1d""#, r#"for = "0s""#);
    assert_eq!(
        problems(&over_no_wait).len(),
        1,
        "{:?}",
        problems(&over_no_wait)
    );
}

#[test]
fn waits_that_a_fact_may_end_at_once_do_not_lead_back_to_each_other() {
    let wait = |id: &str, when: &str, go: &str| {
        format!(
            "[[step]]\nid = \"{id}\"\n[step.wait]\nfor = \"5d\"\nthen = \"mail\"\nwhen = \"{when}\"\nfresh_within = \"24h\"\ngo = \"{go}\"\n"
        )
    };
    let with = |second: &str| {
        let steps = wait("first", "subject.open_amount_cents <= 0", "second") + second;
        SOUND.replacen("[[step]]", &format!("{steps}\n[[step]]"), 1)
    };
    let back = with(&wait("second", "subject.open_amount_cents >= 0", "first"));
    assert_eq!(
        problems(&back),
        [
            "step.first: first -> second -> first comes back to where it began, and it may be that no time passes: a fact can be there already, and a day can be over. Expected a wait for a time, without when, or a task in between"
        ]
    );
    let on = with(&wait("second", "subject.open_amount_cents >= 0", "mail"));
    assert_eq!(problems(&on), [""; 0]);
}

#[test]
fn a_long_row_of_steps_in_which_no_time_passes_is_refused() {
    let row = |length: usize| {
        let step = |n: usize| {
            let next = if n + 1 == length {
                "mail".to_owned()
            } else {
                format!("s{}", n + 1)
            };
            format!(
                "[[step]]\nid = \"s{n}\"\nbranch.cases = [{{ when = \"data.urgent\", go = \"{next}\" }}]\nbranch.otherwise = \"mail\"\n"
            )
        };
        let steps: String = (0..length).map(step).collect();
        SOUND.replacen("[[step]]", &format!("{steps}\n[[step]]"), 1)
    };
    assert_eq!(problems(&row(12)), [""; 0]);
    assert_eq!(
        problems(&row(14)),
        ["step.s1: 13 steps in a row take no time: expected at most 12"]
    );
}
