//! Owns the tests of questions to the tenant, as data: what the page says, what is kept, and every mistake
//! with its path.

use super::{definition, problems};
use crate::flow::{Flow, Kept};

/// A flow with one question, with these lines, and a step behind it.
fn asking(ask: &str, on: &str) -> String {
    format!(
        "name = \"asks\"
version = 1
purpose = \"information\"
[input]
document_url = \"url\"
title = \"line\"
[[step]]
id = \"offer\"
{on}
[step.ask]
template = {{ email = \"offer\" }}
via = [\"email\"]
{ask}
[[step]]
id = \"next\"
branch.cases = [{{ when = \"ask.offer.answer == 'yes'\", go = \"end: yes\" }}]
branch.otherwise = \"end: no\"
"
    )
}

const ON: &str = "on.unanswered = { after = \"14d\", go = \"next\" }";
const USUAL: &str = "title = \"Gaat u akkoord?\"\nanswers = { yes = \"next\", no = { fields = { why = \"line?\" }, go = \"next\" } }";

#[test]
fn what_the_page_says_and_what_is_kept_come_from_the_file() {
    let text = asking(
        &format!(
            "{USUAL}\ndocument = \"document_url\"\nlabels = {{ yes = \"Ik ga akkoord\", why = \"Waarom niet?\" }}"
        ),
        ON,
    );
    let flow = Flow::compile(&definition(&text)).unwrap();
    let question = flow.steps[0].kind.question().unwrap();
    let page = question.page.as_deref().unwrap();
    assert_eq!(page.label("yes"), "Ik ga akkoord");
    assert_eq!(page.label("no"), "no");
    assert_eq!(page.document.as_deref(), Some("document_url"));
    assert!(flow.steps[0].kind.message().unwrap().link);
    let names: Vec<&str> = flow.kept.iter().map(|Kept { name, .. }| &**name).collect();
    assert_eq!(names, ["answer", "why"]);
    assert_eq!(
        flow.fields.iter().map(|name| &**name).collect::<Vec<_>>(),
        ["ask.offer.answer", "ask.offer.why"]
    );
    // No answer may come: nothing is certainly known behind it.
    assert!(flow.known_at(1).is_empty());
    assert!(flow.asks_tenant());
    assert!(!flow.lists().any(str::is_empty));
}

#[test]
fn mistakes_in_a_question_are_told_with_their_paths() {
    let cases: [(&str, &str, &str); 16] = [
        (USUAL, "", "step.offer.on: expected unanswered"),
        (
            USUAL,
            "on.unanswered = { after = \"14d\", go = \"next\" }\non.settled = { after = \"1d\", go = \"next\" }",
            "step.offer.on.settled: an ask waits for the answer",
        ),
        (
            USUAL,
            "on.unanswered = { after = \"14d\", go = \"nxt\" }",
            "step.offer.on.unanswered.go: \"nxt\" leads nowhere",
        ),
        (
            "answers = { yes = \"next\" }",
            ON,
            "step.offer.ask.title: expected one line of 1 to 200 bytes",
        ),
        (
            "title = \"Akkoord?\"",
            ON,
            "step.offer.ask.answers: expected at least one answer",
        ),
        (
            "title = \"a\\nb\"\nanswers = { yes = \"next\" }",
            ON,
            "step.offer.ask.title: expected one line",
        ),
        (
            "title = \"Akkoord?\"\nanswers = { yes = \"nxt\" }",
            ON,
            "step.offer.ask.answers.yes: \"nxt\" leads nowhere",
        ),
        (
            "title = \"Akkoord?\"\nanswers = { yes = { fields = { score = { kind = \"line\", least = 1 } }, go = \"next\" } }",
            ON,
            "step.offer.ask.answers.yes.fields.score: only a number has `least` and `most`",
        ),
        (
            "title = \"Akkoord?\"\nanswers = { yes = { fields = { score = { kind = \"integer\", least = 10, most = 1 } }, go = \"next\" } }",
            ON,
            "least = 10 is above most = 1",
        ),
        (
            "title = \"Akkoord?\"\nanswers = { yes = \"next\" }\ndocument = \"title\"",
            ON,
            "step.offer.ask.document: \"title\": expected the name of a field of [input] of kind url",
        ),
        (
            "title = \"Akkoord?\"\nanswers = { yes = \"next\" }\nlabels = { yess = \"Ja\" }",
            ON,
            "step.offer.ask.labels.yess: \"yess\" is nothing of this question: expected an answer, a field or a word of one_of; did you mean \"yes\"?",
        ),
        (
            "title = \"Akkoord?\"\nanswers = { yes = \"next\" }\nlabels = { yes = \" \" }",
            ON,
            "step.offer.ask.labels.yes: expected one line",
        ),
        (
            "again = \"ofer\"",
            ON,
            "step.offer.ask.again: no step \"ofer\" asks the tenant",
        ),
        (
            "again = \"offer\"\ntitle = \"Akkoord?\"\nanswers = { yes = \"next\" }",
            ON,
            "step.offer.ask.title: the question is that of step \"offer\": remove it",
        ),
        (
            "title = \"Akkoord?\"\nanswers = { yes = \"next\" }\nlist = \"desk\"",
            ON,
            "step.offer.ask.list",
        ),
        (
            "title = \"Akkoord?\"\nanswers = { yes = \"next\" }\nlink = true",
            ON,
            "step.offer.ask.link",
        ),
    ];
    for (ask, on, expected) in cases {
        let told = problems(&asking(ask, on));
        assert!(
            told.iter().any(|problem| problem.contains(expected)),
            "{ask}\n{on}\nexpected {expected:?}, got {told:#?}"
        );
    }
}

#[test]
fn a_rule_that_takes_people_for_the_tenant_is_told_so() {
    let text = asking(USUAL, ON).replace("ask.offer.answer", "task.offer.answer");
    let told = problems(&text);
    assert!(
        told.iter()
            .any(|problem| problem.contains("step \"offer\" asks the tenant: expected ask.offer")),
        "{told:#?}"
    );
}
