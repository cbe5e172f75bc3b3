//! Steps that include another flow: what comes of them.

use tempfile::TempDir;

use sluis_model::Flow;
use sluis_model::flow::Go;

use super::super::Report;
use super::{check, shown, write};
use crate::config::flows::{Found, find_in};
use crate::flows::graph;
use crate::flows::scenario::test;

/// Somebody calls, and what was promised is confirmed.
pub(super) const TALK: &str = r#"name = "talk"
version = 1
purpose = "collection"
calendar = "nl"

[input]
invoice_id = "line"
due_date = "date"
note = "line?"

[[guard]]
name = "feed is production"
when = "notification.environment == engine.environment"
otherwise = "end: quarantined"

[[step]]
id = "call"
[step.task]
list = "calls"
asks = "Bel over data.due_date."
team = { of = "facts.segment.team", otherwise = "noord" }
[step.task.answers]
promised = { fields = { pay_on = "date" }, go = "confirm" }
refuses = "end: refuses"

[[step]]
id = "confirm"
send = { template = { sms = "promise-sms" }, via = ["sms"] }
on.settled = { after = "1 working day", go = "kept" }

[[step]]
id = "kept"
branch.cases = [{ when = "task.call.pay_on > data.due_date", go = "over" }]
branch.otherwise = "end: promised"

[[step]]
id = "over"
end = "too late"
"#;

/// A reminder, then the talk.
pub(super) const OUTER: &str = r#"name = "outer"
version = 1
purpose = "collection"

[input]
invoice_id = "line"
visit_on = "date"
note = "line?"

[[guard]]
name = "feed is production"
when = "notification.environment == engine.environment"
otherwise = "end: quarantined"

[[step]]
id = "mail"
send = { template = { sms = "mail-sms" }, via = ["sms"] }
on.bounced = "chase"
on.settled = { after = "1d", go = "chase" }

[[step]]
id = "chase"
include = "talk"
with = { due_date = "visit_on" }
on_end = { promised = "mail", "too late" = "human: late", "*" = "end: over" }
"#;

const PARTS: [(&str, &str); 2] = [
    (
        "templates/promise-sms.txt",
        "U betaalt {{ task.call.pay_on | datum }}, voor {{ data.due_date | datum }}.{% if data.note is defined %} {{ data.note }}{% endif %}\n",
    ),
    (
        "templates/mail-sms.txt",
        "Factuur {{ data.invoice_id }}: {{ data.visit_on }} {{ data.note | default('') }}\n",
    ),
];

/// What is found of the two flows, with other texts.
pub(super) fn found(
    outer: &str,
    talk: &str,
    more: &[(&str, &str)],
) -> (TempDir, Vec<Found>, Report) {
    let dir = TempDir::new().unwrap();
    write(dir.path(), &[("outer.toml", outer), ("talk.toml", talk)]);
    write(dir.path(), &PARTS);
    write(dir.path(), more);
    let (found, mistakes) = find_in(dir.path());
    let report = check(&found, mistakes);
    (dir, found, report)
}

pub(super) fn told(dir: &TempDir, report: &Report) -> Vec<String> {
    let told = report.mistakes.iter();
    let told = told.map(|found| format!("{}: {}", shown(dir.path(), found), found.message));
    told.map(|told| told.replace(&format!("{}/", dir.path().display()), ""))
        .collect()
}

fn outer(found: &[Found]) -> &Found {
    found.iter().find(|found| found.name == "outer").unwrap()
}

fn ids(flow: &Flow) -> Vec<&str> {
    flow.steps.iter().map(|step| &*step.id).collect()
}

#[test]
fn the_steps_of_the_other_flow_take_the_place_of_the_step() {
    let (dir, found, report) = found(OUTER, TALK, &[]);
    assert_eq!(told(&dir, &report), [""; 0]);
    let warned = report.warnings.iter();
    let warned = warned.filter(|warned| warned.place.file.ends_with("outer.toml"));
    assert_eq!(
        warned.count(),
        0,
        "what the other one does not use is its own matter"
    );
    let definition = &outer(&found).definition;
    let flow = Flow::compile(definition).unwrap();
    assert_eq!(
        ids(&flow),
        ["mail", "chase.call", "chase.confirm", "chase.kept"]
    );
    assert_eq!(flow.steps[0].on().bounced, Some(Go::Step(1)));
    let replies = &flow.steps[1].kind.question().unwrap().replies;
    assert_eq!(
        (&replies[0].go, &replies[1].go),
        (&Go::Step(2), &Go::End("over".into()))
    );
    let on = flow.steps[2].on();
    assert_eq!(
        on.bounced,
        Some(Go::End("over".into())),
        "undeliverable is an end too"
    );
    let branches = flow.steps[3].kind.branches().unwrap();
    assert_eq!(
        &*branches.cases[0].when.text,
        "task.chase.call.pay_on > data.visit_on"
    );
    assert_eq!(
        (&branches.cases[0].go, &branches.otherwise),
        (&Go::Human("late".into()), &Go::Step(0))
    );
    assert!(
        definition.calendars.contains_key("nl"),
        "its calendar comes along"
    );
    assert!(!definition.flow.contains("include"), "{}", definition.flow);
}

#[test]
fn its_templates_come_along_and_find_the_names_that_they_know() {
    let (dir, found, _) = found(OUTER, TALK, &[]);
    let found = outer(&found);
    let templates = &found.definition.templates;
    let stored = &templates["chase--promise-sms.txt"];
    assert_eq!(
        stored,
        "{% with data = {\"due_date\": data.visit_on, \"note\": data.note}, task = {\"call\": task[\"chase.call\"]} %}\
         U betaalt {{ task.call.pay_on | datum }}, voor {{ data.due_date | datum }}.{% if data.note is defined %} {{ data.note }}{% endif %}{% endwith %}"
    );
    let scenarios = [(
        dir.path()
            .join("scenarios/outer.toml")
            .display()
            .to_string(),
        SCENARIOS.to_owned(),
    )];
    let tested = test(std::slice::from_ref(found), &scenarios);
    assert!(tested.is_good(), "{}", tested.report());
    assert_eq!(tested.uncovered, [""; 0], "{}", tested.report());
    // An answer without fields, which a rule has kept.
    let answer = [("templates/promise-sms.txt", "{{ task.sort.answer }}\n")];
    let talk = TALK.replace("go = \"confirm\"", "go = \"sort\"").replace("[[step]]\nid = \"confirm\"", "[[step]]\nid = \"sort\"\ntask = { list = \"sort\", answers = { well = \"confirm\" } }\n\n[[step]]\nid = \"confirm\"").replace("branch.otherwise", "branch.unknown = \"end: odd\"\nbranch.otherwise").replace("task.call.pay_on > data.due_date\"", "task.sort.answer == 'well' && task.call.pay_on > data.due_date\"");
    let (dir, all, report) = self::found(OUTER, &talk, &answer);
    assert_eq!(told(&dir, &report), [""; 0]);
    let stored = &outer(&all).definition.templates["chase--promise-sms.txt"];
    assert!(
        stored.contains("{\"sort\": task[\"chase.sort\"]}"),
        "{stored}"
    );
    // One that names nothing of the flow stays what it is.
    let plain = [("templates/promise-sms.txt", "Bedankt.\n")];
    let (_dir, all, report) = self::found(OUTER, TALK, &plain);
    assert_eq!(report.mistakes, []);
    assert!(
        outer(&all)
            .definition
            .templates
            .contains_key("promise-sms.txt")
    );
}

const SCENARIOS: &str = r#"flow = "outer"
starts = "2026-11-24T10:00:00+01:00"
category = "collection"
tenant = { mobile = "+31600000001" }
[data]
invoice_id = "F-1"
visit_on = "2026-12-04"

[[scenario]]
name = "promised in time, and written to again"
happens = [
    { after = "2d", answer = "promised", fields = { pay_on = "2026-12-01" } },
    { after = "6d", answer = "refuses" },
]
expect = [
    { after = "0s", sent = "sms", template = "mail-sms" },
    { after = "1d", task = "calls", team = "noord" },
    { after = "2d", sent = "sms", template = "chase--promise-sms" },
    { after = "3d", sent = "sms", template = "mail-sms" },
    { after = "4d", task = "calls" },
    { after = "6d", end = "over" },
]

[[scenario]]
name = "too late"
happens = [
    { after = "1h", bounced = "sms" },
    { after = "2h", answer = "promised", fields = { pay_on = "2026-12-05" } },
]
tenant = { mobile = "+31600000001", email = "a@example.nl" }
expect = [
    { after = "0s", sent = "sms", template = "mail-sms" },
    { after = "1h", task = "calls" },
    { after = "2h", end = "over" },
]

[[scenario]]
name = "quarantined"
environment = "test"
expect = [{ after = "0s", end = "quarantined" }]

[[scenario]]
name = "people get it"
happens = [{ after = "2d", answer = "promised", fields = { pay_on = "2026-12-05" } }]
expect = [
    { after = "0s", sent = "sms" },
    { after = "1d", task = "calls" },
    { after = "2d", sent = "sms" },
    { after = "3d", task = "late" },
]
"#;

#[test]
fn what_the_file_says_of_an_included_step_goes_before() {
    let own = format!(
        "{OUTER}[[step]]\nid = \"chase.confirm\"\non.bounced = \"mail\"\non.settled.after = \"2d\"\n[[step]]\nid = \"chase.call\"\ntask.list = \"other calls\"\n"
    );
    let (dir, found, report) = found(&own, TALK, &[]);
    assert_eq!(told(&dir, &report), [""; 0]);
    let flow = Flow::compile(&outer(&found).definition).unwrap();
    assert_eq!(
        ids(&flow),
        ["mail", "chase.call", "chase.confirm", "chase.kept"]
    );
    assert_eq!(flow.steps[2].on().bounced, Some(Go::Step(0)));
    assert_eq!(&*flow.steps[1].kind.question().unwrap().list, "other calls");
}

#[test]
fn an_end_that_is_mapped_by_a_change_needs_no_other_place() {
    let own = OUTER.replace(", \"*\" = \"end: over\"", "");
    let changed = format!(
        "{own}[[step]]\nid = \"chase.confirm\"\non.bounced = \"mail\"\n[[step]]\nid = \"chase.call\"\ntask.answers.refuses = \"end: no\"\n"
    );
    let (dir, _, report) = found(&changed, TALK, &[]);
    assert_eq!(told(&dir, &report), [""; 0]);
    let (dir, _, report) = found(&own, TALK, &[]);
    let expected = [
        "outer.toml:25:1: step.chase.on_end: \"talk\" ends as \"refuses\" (talk.toml:17, step \"call\"): expected \"refuses\" in on_end, such as on_end = { \"refuses\" = \"end: refuses\" }, or \"*\" for all others",
        "outer.toml:25:1: step.chase.on_end: \"talk\" ends as \"undeliverable\" (talk.toml:27, step \"confirm\"): expected \"undeliverable\" in on_end, such as on_end = { \"undeliverable\" = \"human: delivery\" }, or \"*\" for all others",
    ];
    assert_eq!(told(&dir, &report), expected);
}

#[test]
fn a_flow_that_extends_changes_what_the_other_one_includes() {
    let own = "extends = \"outer\"\nname = \"own\"\nversion = 2\n[[step]]\nid = \"chase.call\"\ntask.list = \"own calls\"\n\
               [[step]]\nid = \"rest\"\nbefore = \"chase\"\nwait = { for = \"1d\", then = \"chase\" }\n\
               [[step]]\nid = \"more\"\ninclude = \"talk\"\nafter = \"chase.call.refuses\"\nwith = { due_date = \"visit_on\" }\non_end = { \"*\" = \"rest\" }\n\
               [[step]]\nid = \"more.call\"\ntask.list = \"more calls\"\n";
    let (dir, found, report) = found(OUTER, TALK, &[("own.toml", own)]);
    assert_eq!(told(&dir, &report), [""; 0]);
    let own = found.iter().find(|found| found.name == "own").unwrap();
    let flow = Flow::compile(&own.definition).unwrap();
    let expected = [
        "mail",
        "rest",
        "chase.call",
        "more.call",
        "more.confirm",
        "more.kept",
        "chase.confirm",
        "chase.kept",
    ];
    assert_eq!(ids(&flow), expected);
    let list = |step: usize| flow.steps[step].kind.question().unwrap().list.to_string();
    assert_eq!(
        (list(2), list(3)),
        ("own calls".to_owned(), "more calls".to_owned())
    );
    assert_eq!(flow.steps[0].on().bounced, Some(Go::Step(1)));
    assert!(
        own.definition
            .templates
            .contains_key("more--promise-sms.txt")
    );
    let wrong = "extends = \"outer\"\nname = \"own\"\nversion = 2\n[[step]]\nid = \"chase\"\non_end = { \"*\" = \"mail\" }\n";
    let (dir, _, report) = self::found(OUTER, TALK, &[("own.toml", wrong)]);
    assert_eq!(
        told(&dir, &report),
        [
            "own.toml:5:1: step.chase: \"chase\" includes another flow and became its steps: expected a change of one of chase.call, chase.confirm, chase.kept"
        ]
    );
}

#[test]
fn a_flow_may_include_one_that_includes_another_one_itself() {
    let middle = "name = \"middle\"\nversion = 1\npurpose = \"collection\"\n[input]\ninvoice_id = \"line\"\nday = \"date\"\nnote = \"line?\"\n\
                  [[guard]]\nname = \"feed is production\"\nwhen = \"notification.environment == engine.environment\"\notherwise = \"end: quarantined\"\n\
                  [[step]]\nid = \"first\"\ninclude = \"talk\"\nwith = { due_date = \"day\" }\non_end = { promised = \"end: well\", \"*\" = \"end: badly\" }\n";
    let own = OUTER
        .replace("include = \"talk\"", "include = \"middle\"")
        .replace("{ due_date =", "{ day =")
        .replace(
            "promised = \"mail\", \"too late\" = \"human: late\"",
            "well = \"mail\", badly = \"human: late\"",
        );
    let (dir, found, report) = found(&own, TALK, &[("middle.toml", middle)]);
    assert_eq!(told(&dir, &report), [""; 0]);
    let definition = &outer(&found).definition;
    let flow = Flow::compile(definition).unwrap();
    assert_eq!(
        ids(&flow),
        [
            "mail",
            "chase.first.call",
            "chase.first.confirm",
            "chase.first.kept"
        ]
    );
    let when = &flow.steps[3].kind.branches().unwrap().cases[0].when.text;
    assert_eq!(&**when, "task.chase.first.call.pay_on > data.visit_on");
    let stored = &definition.templates["chase--first--promise-sms.txt"];
    assert!(
        stored.starts_with("{% with data = {\"day\": data.visit_on, \"note\": data.note}, task = {\"first.call\": task[\"chase.first.call\"]} %}{% with data = {\"due_date\": data.day"),
        "{stored}"
    );
    // A mistake of the innermost one is told there, and where it begins.
    let wrong = TALK.replace("promise-sms\" }", "promise-smss\" }");
    let (dir, _, report) = self::found(&own, &wrong, &[("middle.toml", middle)]);
    let told = told(&dir, &report);
    assert!(
        told.iter().any(|told| told.starts_with(
            "outer.toml:22:1: step.chase.first.confirm.send.template.sms: with this, talk.toml:28:"
        )),
        "{told:#?}"
    );
}

#[test]
fn a_graph_draws_the_included_flow_as_a_box() {
    let (_dir, found, _) = found(OUTER, TALK, &[]);
    let flow = Flow::compile(&outer(&found).definition).unwrap();
    let drawn = graph::mermaid(&flow);
    let expected = "    subgraph box0[\"chase\"]\n    step1[\"chase.call<br/>";
    assert!(drawn.contains(expected), "{drawn}");
    let closed = drawn.split("subgraph").nth(1).unwrap();
    let inside = closed.split("\n    end\n").next().unwrap();
    assert!(
        inside.contains("step3[") && !inside.contains("step0["),
        "{drawn}"
    );
    let dot = graph::dot(&flow);
    assert!(
        dot.contains("subgraph cluster0 { label=\"chase\";"),
        "{dot}"
    );
    assert_eq!(dot.matches('{').count(), dot.matches('}').count());
    let picture = graph::svg(&flow).unwrap();
    assert!(picture.contains("chase.kept"));
}
