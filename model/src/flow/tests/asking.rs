//! Owns the tests of what a flow asks people, as data: fields of answers, teams, reminders, deadlines; what
//! is kept, where it is certainly known, and every mistake with its path.

use super::problems;
use crate::flow::{Definition, Flow, Kept};

const HEAD: &str = r#"
name = "asks"
version = 1
purpose = "collection"
[input]
team = "line?"
cents = "money?"
"#;

/// A flow with one task, with these lines, and a step that reads the answer.
fn asking(task: &str, when: &str) -> String {
    format!(
        "{HEAD}
[[step]]
id = \"call\"
[step.task]
list = \"calls\"
{task}
[[step]]
id = \"next\"
branch.cases = [{{ when = \"{when}\", go = \"end: yes\" }}]
branch.otherwise = \"end: no\"
"
    )
}

const USUAL: &str = "answers = { promised = { fields = { amount = \"money\", on = \"date\" }, go = \"next\" }, nobody = \"next\" }";

#[test]
fn mistakes_in_what_is_asked_are_told_with_their_paths() {
    let usual = "has(task.call.on)";
    let cases: [(&str, &str, &str); 22] = [
        (
            USUAL,
            "task.call.amout > 5",
            "no answer of step \"call\" has a field \"amout\": expected one of amount, answer, on; did you mean \"amount\"?",
        ),
        (
            USUAL,
            "task.cal.amount > 5",
            "no step \"cal\" asks people: expected one of call; did you mean \"call\"?",
        ),
        (
            USUAL,
            "task.amount > 5",
            "task.amount names no value: expected task.<step>.<field>",
        ),
        (
            USUAL,
            "task.call.amount == 'five'",
            "compares a number with text",
        ),
        (
            USUAL,
            "task.call.answer == 'promissed'",
            "task.call.answer is never 'promissed': expected one of nobody, promised; did you mean 'promised'?",
        ),
        (
            "answers = { a = { fields = { note = \"text\" }, go = \"next\" } }",
            "has(task.call.note)",
            "task.call.note is a text, which is for people",
        ),
        (
            "answers = { a = { fields = { on = \"dat\" }, go = \"next\" } }",
            usual,
            "step.call.task.answers.a.fields.on: \"dat\" is no kind of an answer: expected one of line, text, money, integer, boolean, date, with ? when it may be left out, or { one_of = [ … ] }; did you mean \"date\"?",
        ),
        (
            "answers = { a = { fields = { On = \"date\" }, go = \"next\" } }",
            "has(task.call.On)",
            "step.call.task.answers.a.fields.On: \"On\": expected lower-case letters",
        ),
        (
            "answers = { a = { fields = { answer = \"line\" }, go = \"next\" } }",
            "has(task.call.answer)",
            "step.call.task.answers.a.fields.answer: \"answer\" stands for the answer itself",
        ),
        (
            "answers = { a = { fields = { on = \"date\" }, go = \"nxt\" } }",
            usual,
            "step.call.task.answers.a.go: \"nxt\" leads nowhere",
        ),
        (
            "answers = { a = { fields = { on = \"date\" } } }",
            usual,
            "step.call.task.answers.a.go: not given",
        ),
        (
            "answers = { a = { field = { on = \"date\" }, go = \"next\" } }",
            "has(task.call.answer)",
            "step.call.task.answers.a.field: unknown key: expected one of fields, go",
        ),
        (
            "answers = { a = 5 }",
            "has(task.call.answer)",
            "step.call.task.answers.a: 5: expected",
        ),
        (
            "answers = { a = { fields = { on = \"date\" }, go = \"next\" }, b = { fields = { on = \"line\" }, go = \"next\" } }",
            usual,
            "step.call.task.answers.b.fields.on: \"on\" is a line here and a date at another answer",
        ),
        (
            "answers = { a = { fields = { on = { one_of = [\"Yes\"] } }, go = \"next\" } }",
            usual,
            "step.call.task.answers.a.fields.on.one_of: \"Yes\": expected lower-case letters",
        ),
        (
            "answers = { a = \"next\" }\ndeadline = { after = \"3 days\", go = \"next\" }",
            "has(task.call.answer)",
            "step.call.task.deadline.after: \"3 days\": expected a whole number with a unit",
        ),
        (
            "answers = { a = \"next\" }\ndeadline = { after = \"3 working days\", go = \"next\" }",
            "has(task.call.answer)",
            "step.call.task.deadline.after: \"3 working days\" needs a calendar",
        ),
        (
            "answers = { a = \"next\" }\ndeadline = { after = \"0s\", go = \"next\" }",
            "has(task.call.answer)",
            "step.call.task.deadline.after: no time passes",
        ),
        (
            "answers = { a = \"next\" }\ndeadline = { after = \"3d\" }",
            "has(task.call.answer)",
            "step.call.task.deadline.go: not given",
        ),
        (
            "answers = { a = \"next\" }\nremind = \"1d\"",
            "has(task.call.answer)",
            "step.call.task.remind: \"1d\": expected a table such as",
        ),
        (
            "answers = { a = \"next\" }\nteam = \"noord\"",
            "has(task.call.answer)",
            "step.call.task.team: \"noord\" is not a value",
        ),
        (
            "answers = { a = \"next\" }\nteam = \"data.cents\"",
            "has(task.call.answer)",
            "step.call.task.team: \"data.cents\" is a number: expected a text",
        ),
    ];
    for (task, when, expected) in cases {
        let told = problems(&asking(task, when));
        assert!(
            told.iter().any(|told| told.contains(expected)),
            "{task}\n{when}\nexpected: {expected}\n{told:#?}"
        );
    }
}

fn flow(text: &str) -> Flow {
    let definition = Definition {
        flow: text.to_owned(),
        ..Definition::default()
    };
    Flow::compile(&definition).expect("it compiles")
}

fn names(kept: &[&Kept]) -> Vec<String> {
    kept.iter().map(|kept| kept.name.to_string()).collect()
}

#[test]
fn what_is_kept_has_a_place_and_a_flow_that_asks_for_nothing_keeps_nothing() {
    let asks = flow(&asking(USUAL, "task.call.amount > 5"));
    let kept: Vec<_> = asks.kept.iter().collect();
    assert_eq!(names(&kept), ["answer", "amount", "on"]);
    let fields: Vec<&str> = asks.fields.iter().map(|name| &**name).collect();
    assert_eq!(
        fields,
        ["task.call.answer", "task.call.amount", "task.call.on"]
    );
    let bare = flow(&asking("answers = { a = \"next\" }", "has(data.team)"));
    assert!(bare.kept.is_empty());
    // Where a rule asks for the answer alone, that is kept.
    let asked = flow(&asking(
        "answers = { a = \"next\" }",
        "task.call.answer == 'a'",
    ));
    assert_eq!(names(&asked.kept.iter().collect::<Vec<_>>()), ["answer"]);
}

#[test]
fn a_value_is_certainly_known_where_every_way_brings_it() {
    // Of two answers one brings the amount.
    let two = flow(&asking(USUAL, "task.call.amount > 5"));
    assert_eq!(names(&two.known_at(1)), ["answer"]);
    let both = USUAL.replace("nobody = \"next\"", "nobody = \"end: nobody\"");
    let both = flow(&asking(&both, "task.call.amount > 5"));
    assert_eq!(names(&both.known_at(1)), ["answer", "amount", "on"]);
    assert_eq!(names(&both.known_at(0)), [""; 0]);
    // A deadline leads there without an answer.
    let late = USUAL.replace("nobody = \"next\"", "nobody = \"end: nobody\"");
    let late = format!("{late}\ndeadline = {{ after = \"2d\", go = \"next\" }}");
    let late = flow(&asking(&late, "task.call.amount > 5"));
    assert_eq!(names(&late.known_at(1)), [""; 0]);
}
