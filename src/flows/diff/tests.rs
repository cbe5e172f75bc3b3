//! What is told of two flows that differ.

use sluis_model::Flow;
use sluis_model::flow::Definition;
use tempfile::TempDir;

use super::diff;
use crate::config::Config;
use crate::config::flows::{Found, find, find_in};

fn told(a: &Definition, b: &Definition) -> Vec<String> {
    let compiled = |of: &Definition| Flow::compile(of).unwrap();
    diff((&compiled(a), a), (&compiled(b), b))
}

fn storno() -> Found {
    let (found, _) = find(&Config::built_in());
    found
        .into_iter()
        .find(|found| found.name == "storno")
        .unwrap()
}

#[test]
fn a_flow_does_not_differ_from_itself() {
    let storno = storno().definition;
    assert_eq!(told(&storno, &storno), [""; 0]);
}

#[test]
fn what_an_override_changes_is_told_in_words() {
    let dir = TempDir::new().unwrap();
    let own = "extends = \"storno\"\nversion = 7\ncalendar = \"nl\"\nremove = { guard = [\"right type of storno\"] }\n\
               [[guard]]\nname = \"balance above zero\"\nfresh_within = \"48h\"\n\
               [[step]]\nid = \"mail\"\non.unanswered.after = \"3 working days\"\n\
               [[step]]\nid = \"rest\"\nbefore = \"sms\"\nwait = { for = \"1d\", then = \"sms\" }\n";
    std::fs::write(dir.path().join("own.toml"), own).unwrap();
    std::fs::create_dir(dir.path().join("templates")).unwrap();
    std::fs::write(
        dir.path().join("templates/storno-sms.txt"),
        "Betaal {{ link }}",
    )
    .unwrap();
    let (found, mistakes) = find_in(dir.path());
    assert_eq!(mistakes, []);
    let expected = [
        "version: 2 -> 7",
        "guard right type of storno: removed",
        "guard balance above zero: fresh within: 1d -> 2d",
        "step rest: new",
        "step mail: bounced: to step sms -> to step rest",
        "step mail: unanswered: after 2d to step sms -> after 3 working days to step rest",
        "template storno-sms.en.txt: removed",
        "template storno-sms.txt: another text",
        "calendar nl: new",
    ];
    assert_eq!(told(&storno().definition, &found[0].definition), expected);
}

/// A flow with a page, a choice, a team and a type of fact of its own.
const ASKING: &str = r#"name = "asking"
version = 1
purpose = "survey"
calendar = "office"

[input]
offer = "url?"
team = "line?"

[[step]]
id = "which"
branch.cases = [
    { when = "facts.visit.kind == 'first'", go = "survey" },
    { when = "has(data.team)", go = "call" },
]
branch.otherwise = "survey"
branch.unknown = "survey"

[[step]]
id = "survey"
on.bounced = "call"
on.unanswered = { after = "2 working days", go = "end: no answer" }
[step.ask]
template = { email = "hello" }
via = ["email"]
title = "Hoe was het?"
text = "Een vraag."
[step.ask.answers]
given = { fields = { score = { kind = "integer", least = 1, most = 10 } }, go = "pause" }
[step.ask.labels]
given = "Verstuur"

[[step]]
id = "pause"
wait = { for = "5d", when = "facts.visit.kind == 'first'", fresh_within = "1d", go = "call", then = "end: content" }

[[step]]
id = "call"
[step.task]
list = "calls"
team = { of = "data.team", otherwise = "noord" }
answers = { done = "end: done" }
"#;
const VISIT: &str = "about = \"tenant\"\nholds = \"for ever\"\n[fields]\nkind = { one_of = [\"first\", \"second\"] }\n";
const OFFICE: &str = "holidays = \"nl\"\n[days]\n2027-12-24 = \"off\"\n";

/// The flow with a line changed in one of its files.
fn asking(from: &str, to: &str) -> Definition {
    let dir = TempDir::new().unwrap();
    for folder in ["templates", "facts", "calendars"] {
        std::fs::create_dir(dir.path().join(folder)).unwrap();
    }
    let files = [
        ("asking.toml", ASKING),
        ("facts/visit.toml", VISIT),
        ("calendars/office.toml", OFFICE),
        ("templates/hello.txt", "{{ link }}\n"),
        ("templates/hello.subject.txt", "Vraag\n"),
    ];
    for (file, text) in files {
        std::fs::write(dir.path().join(file), text.replace(from, to)).unwrap();
    }
    let (found, mistakes) = find_in(dir.path());
    assert_eq!(mistakes, []);
    found[0].definition.clone()
}

#[test]
fn nothing_that_differs_is_passed_over() {
    let first = asking("", "");
    assert_eq!(told(&first, &first), [""; 0]);
    for (from, to, line) in [
        (
            "text = \"Een vraag.\"",
            "text = \"Twee.\"",
            "step survey: text of the page: Een vraag. -> Twee.",
        ),
        (
            "title = \"Hoe was het?\"",
            "title = \"Hoe?\"",
            "step survey: sends by email; link; asks 'Hoe was het?' -> sends by email; link; asks 'Hoe?'",
        ),
        (
            "title =",
            "document = \"offer\"\ntitle =",
            "step survey: document: none -> offer",
        ),
        (
            "given = \"Verstuur\"",
            "given = \"Stuur\"",
            "step survey: given is called: Verstuur -> Stuur",
        ),
        (
            "given = \"Verstuur\"",
            "given = \"Verstuur\"\nscore = \"Cijfer\"",
            "step survey: score is called: score -> Cijfer",
        ),
        (
            "most = 10",
            "most = 5",
            "step survey: answer given asks for: score integer 1 to 10 -> score integer 1 to 5",
        ),
        (
            "otherwise = \"noord\"",
            "otherwise = \"zuid\"",
            "step call: team where nothing names one: noord -> zuid",
        ),
        (
            "version = 1\n",
            "version = 1\ncounted = true\n",
            "counted: false -> true",
        ),
        (
            "version = 1\n",
            "version = 1\ngroup = { answered = \"all\" }\n",
            "group: tenant, joint_tenant; each answers -> tenant, joint_tenant; one answers for all",
        ),
        (
            "for ever",
            "30d",
            "type of fact visit: holds: \"for ever\" -> \"30d\"",
        ),
        (
            "\"second\"]",
            "\"third\"]",
            "type of fact visit: fields.kind.one_of: [\"first\", \"second\"] -> [\"first\", \"third\"]",
        ),
        (
            "2027-12-24 = \"off\"",
            "2027-12-27 = \"off\"",
            "calendar office: days.2027-12-24: \"off\" -> none",
        ),
        (
            "    { when = \"facts.visit.kind == 'first'\", go = \"survey\" },\n    { when = \"has(data.team)\", go = \"call\" },\n",
            "    { when = \"has(data.team)\", go = \"call\" },\n    { when = \"facts.visit.kind == 'first'\", go = \"survey\" },\n",
            "step which: order of cases: facts.visit.kind == 'first', has(data.team) -> has(data.team), facts.visit.kind == 'first'",
        ),
        (
            "{ when = \"has(data.team)\", go",
            "{ when = \"has(data.team)\", fresh_within = \"1d\", go",
            "step which: when has(data.team): fresh within: any age -> 1d",
        ),
        // Nothing has a sentence for this one: it is told by its key.
        (
            "fresh_within = \"1d\", go = \"call\"",
            "fresh_within = \"2d\", go = \"call\"",
            "step pause: wait.fresh_within: \"1d\" -> \"2d\"",
        ),
    ] {
        let lines = told(&first, &asking(from, to));
        assert!(lines.iter().any(|told| told == line), "{line}: {lines:#?}");
    }
    // A comment is no difference, in no file.
    let commented = |text: &str| format!("# a comment\n{text}");
    let other = Definition {
        flow: commented(&first.flow),
        calendars: [("office".to_owned(), commented(OFFICE))].into(),
        facts: [("visit".to_owned(), commented(VISIT))].into(),
        ..first.clone()
    };
    assert_eq!(told(&first, &other), [""; 0]);
}
