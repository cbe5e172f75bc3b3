//! Flows that extend another one: what comes of them, and where their mistakes are told.

use tempfile::TempDir;

use sluis_model::Flow;
use sluis_model::flow::{Go, Span};

use super::{check, shown, write};
use crate::config::flows::find_in;

/// Two steps of the generic storno, changed.
const OWN: &str = r#"extends = "storno"
version = 1
calendar = "nl"

[[step]]
id = "mail"
on.unanswered.after = "3 working days"

[[step]]
id = "sms"
on.unanswered = { after = "7d", go = "human: call round" }
"#;

/// The flow that comes of an override, or its mistakes.
fn extended(own: &str) -> Result<Flow, Vec<String>> {
    let dir = TempDir::new().unwrap();
    write(dir.path(), &[("own.toml", own)]);
    let (found, mistakes) = find_in(dir.path());
    let report = check(&found, mistakes);
    if report.mistakes.is_empty() {
        return Ok(Flow::compile(&found[0].definition).unwrap());
    }
    let told = report.mistakes.iter();
    Err(told
        .map(|found| format!("{}: {}", shown(dir.path(), found), found.message))
        .collect())
}

fn ids(flow: &Flow) -> Vec<&str> {
    flow.steps.iter().map(|step| &*step.id).collect()
}

fn step<'a>(flow: &'a Flow, id: &str) -> &'a sluis_model::flow::Step {
    flow.steps.iter().find(|step| *step.id == *id).unwrap()
}

#[test]
fn two_steps_are_changed_in_fewer_than_fifteen_lines_and_the_rest_is_the_generic_one() {
    assert!(OWN.lines().count() < 15);
    let flow = extended(OWN).unwrap();
    assert_eq!(
        (&*flow.name, flow.version, &*flow.process),
        ("storno", 1, "A.2.1")
    );
    assert_eq!(ids(&flow), ["mail", "sms", "payment"]);
    assert_eq!(
        (flow.guards.len(), flow.stops.len(), flow.input.len()),
        (4, 1, 5)
    );
    let on = step(&flow, "mail").on();
    assert!(matches!(
        on.unanswered.as_ref().unwrap().span,
        Span::WorkingDays(3, _)
    ));
    assert_eq!(on.bounced, Some(Go::Step(1)));
    let on = step(&flow, "sms").on();
    assert_eq!(
        on.unanswered.as_ref().unwrap().go,
        Go::Human("call round".into())
    );
}

#[test]
fn what_is_stored_is_the_whole_flow_and_reads_the_same() {
    let dir = TempDir::new().unwrap();
    write(dir.path(), &[("own.toml", OWN)]);
    let (found, _) = find_in(dir.path());
    let definition = &found[0].definition;
    assert!(
        definition
            .flow
            .starts_with("name = \"storno\"\nversion = 1\n"),
        "{}",
        definition.flow
    );
    assert!(!definition.flow.contains("extends"));
    let step = "\n[[step]]\nid = \"sms\"\nsend = { ";
    assert!(definition.flow.contains(step), "{}", definition.flow);
    let report = check(&found, Vec::new());
    assert_eq!(
        report.warnings,
        [],
        "what the generic flow does not use is its own matter"
    );
    assert_eq!(definition.templates.len(), 7);
    assert!(
        definition.classes.contains_key("storno-class") && definition.calendars.contains_key("nl")
    );
    // Its own template goes before the generic one.
    write(
        dir.path(),
        &[("templates/storno-sms.txt", "Betaal {{ link }}")],
    );
    let (found, _) = find_in(dir.path());
    assert_eq!(
        found[0].definition.templates["storno-sms.txt"],
        "Betaal {{ link }}"
    );
    assert!(
        !found[0]
            .definition
            .templates
            .contains_key("storno-sms.en.txt"),
        "languages come together"
    );
}

#[test]
fn a_step_is_put_before_another_one_or_behind_one_way_out() {
    let before = "extends = \"storno\"\nversion = 1\n[[step]]\nid = \"rest\"\nbefore = \"sms\"\nwait = { for = \"1d\", then = \"sms\" }\n";
    let flow = extended(before).unwrap();
    assert_eq!(ids(&flow), ["mail", "rest", "sms", "payment"]);
    let on = step(&flow, "mail").on();
    assert_eq!(
        (&on.bounced, &on.unanswered.as_ref().unwrap().go),
        (&Some(Go::Step(1)), &Go::Step(1))
    );
    let after = before.replace("before = \"sms\"", "after = \"mail.unanswered\"");
    let flow = extended(&after).unwrap();
    let on = step(&flow, "mail").on();
    assert_eq!(
        (&on.bounced, &on.unanswered.as_ref().unwrap().go),
        (&Some(Go::Step(2)), &Go::Step(1))
    );
    let first = before.replace("\"sms\"", "\"mail\"");
    assert_eq!(
        ids(&extended(&first).unwrap()),
        ["rest", "mail", "sms", "payment"]
    );
}

#[test]
fn a_new_step_without_a_place_is_one_that_something_leads_to() {
    let step = "[[step]]\nid = \"ask\"\ntask = { list = \"desk\", answers = { enough = \"end: enough\" } }\n";
    let alone = format!("extends = \"storno\"\nversion = 1\n{step}");
    let told = extended(&alone).unwrap_err();
    assert!(
        told.len() == 1 && told[0].starts_with("own.toml:4:1: step.ask: \"ask\" is not in"),
        "{told:?}"
    );
    assert!(
        told[0].ends_with("; nothing leads to a new step of this name"),
        "{told:?}"
    );
    let led_to = format!("{alone}[[step]]\nid = \"sms\"\non.bounced = \"ask\"\n");
    assert_eq!(
        ids(&extended(&led_to).unwrap()),
        ["mail", "sms", "payment", "ask"]
    );
}

#[test]
fn rules_are_changed_added_and_taken_out_by_name() {
    let own = "extends = \"storno\"\nversion = 1\nremove = { guard = [\"not a case for people\"], input = [\"collection_date\"] }\n\
               [[guard]]\nname = \"balance above zero\"\nfresh_within = \"48h\"\n\
               [[guard]]\nname = \"no arrears case\"\nbefore = \"balance above zero\"\nwhen = \"facts.balance_cents < 500000\"\notherwise = \"human: arrears\"\n\
               [[step]]\nid = \"payment\"\ntask = { list = \"desk\", answers = { paid = \"end: paid\" } }\n";
    let own = own.replace(", input = [\"collection_date\"]", "");
    let flow = extended(&own).unwrap();
    let names: Vec<&str> = flow.guards.iter().map(|guard| &*guard.name).collect();
    let expected = [
        "feed is production",
        "right type of storno",
        "no arrears case",
        "balance above zero",
    ];
    assert_eq!(names, expected);
    assert_eq!(flow.guards[3].fresh_within_ms, Some(48 * 3_600_000));
    assert!(
        step(&flow, "payment").kind.question().is_some(),
        "another kind replaces the step"
    );
}

#[test]
fn a_handler_is_taken_out_for_one_that_excludes_it() {
    let own = "extends = \"storno\"\nversion = 1\n[[step]]\nid = \"sms\"\nremove = [\"on.unanswered\", \"on.answered\"]\n\
               on.settled = { after = \"5d\", go = \"human: desk\" }\n";
    let flow = extended(own).unwrap();
    assert!(step(&flow, "sms").on().unanswered.is_none());
}

#[test]
fn a_mistake_in_an_override_is_told_there_with_what_it_meant_of_the_other_flow() {
    let head = "extends = \"storno\"\nversion = 1\n";
    let cases = [
        (
            "extends = \"stornoo\"\nversion = 1\n".to_owned(),
            "own.toml:1:11: extends: \"stornoo\": expected a flow that is there, one of acceptance, appointment, arrangement, dunning, email, instalment, letter, newsletter, notice, prenotice, storno: did you mean \"storno\"?",
        ),
        (
            "extends = \"storno\"\n".to_owned(),
            "own.toml:1:1: version: not given",
        ),
        (
            format!("{head}[[step]]\nid = \"mial\"\non.bounced = \"sms\"\n"),
            "own.toml:4:1: step.mial: \"mial\" is not in the flow that is extended: expected one of mail, sms, payment: did you mean \"mail\"?",
        ),
        (
            format!("{head}[[guard]]\nname = \"balance above nil\"\nfresh_within = \"48h\"\n"),
            "own.toml:4:1: guard[0] \"balance above nil\": \"balance above nil\" is not in",
        ),
        (
            format!("{head}[[step]]\nid = \"mail\"\non.bounced = \"smss\"\n"),
            "own.toml:5:14: step.mail.on.bounced: \"smss\" leads nowhere",
        ),
        (
            format!("{head}[[step]]\nid = \"mail\"\non.unanswered.after = \"3 days\"\n"),
            "own.toml:5:23: step.mail.on.unanswered.after: \"3 days\"",
        ),
        (
            format!("{head}[remove]\nstep = [\"payment\"]\n"),
            "own.toml:3:2: step.mail.on.answered: with this, (built in)/storno.toml:59: \"payment\" leads nowhere",
        ),
        (
            format!("{head}remove = {{ step = [\"paymnt\"] }}\n"),
            "own.toml:3:20: remove.step[0]: \"paymnt\" is not in the flow that is extended: expected one of mail, sms, payment: did you mean \"payment\"?",
        ),
        (
            format!("{head}remove = [\"payment\"]\n"),
            "own.toml:3:1: remove: expected a table such as",
        ),
        (
            format!(
                "{head}[[step]]\nid = \"rest\"\nafter = \"mail\"\nwait = {{ for = \"1d\", then = \"sms\" }}\n"
            ),
            "own.toml:5:9: step.rest.after: expected one way out of \"mail\": one of mail.answered, mail.bounced, mail.unanswered",
        ),
        (
            format!(
                "{head}[[step]]\nid = \"rest\"\nbefore = \"sns\"\nwait = {{ for = \"1d\", then = \"sms\" }}\n"
            ),
            "own.toml:5:10: step.rest.before: \"sns\" is not in the flow that is extended",
        ),
        (
            format!("{head}[[step]]\nid = \"mail\"\nbefore = \"sms\"\n"),
            "own.toml:5:10: step.mail.before: \"mail\" has its place already",
        ),
        (
            format!("{head}[[step]]\nid = \"mail\"\nremove = [\"on.settled\"]\n"),
            "own.toml:5:1: step.mail.remove: \"on.settled\" is not in \"mail\"",
        ),
        (
            format!("{head}purpos = \"x\"\n"),
            "own.toml:3:10: purpos: unknown key",
        ),
    ];
    for (own, expected) in cases {
        let told = extended(&own).err().unwrap_or_default();
        assert!(
            told.iter().any(|told| told.starts_with(expected)),
            "{own}{expected}\n{told:#?}"
        );
    }
}

#[test]
fn flows_that_extend_each_other_in_a_circle_are_refused() {
    let dir = TempDir::new().unwrap();
    let files = [
        ("a.toml", "name = \"a\"\nextends = \"b\"\nversion = 1\n"),
        ("b.toml", "name = \"b\"\nextends = \"a\"\nversion = 1\n"),
    ];
    write(dir.path(), &files);
    let (found, mistakes) = find_in(dir.path());
    assert!(found.is_empty());
    assert!(
        mistakes
            .iter()
            .all(|found| found.message.contains("extend each other")),
        "{mistakes:?}"
    );
}

#[test]
fn what_is_wrong_in_a_flow_is_told_once_however_many_extend_it() {
    let dir = TempDir::new().unwrap();
    let files = [
        (
            "base.toml",
            "name = \"base\"\nextends = \"storno\"\nversion = 1\n[[step]]\nid = \"mial\"\non.bounced = \"sms\"\n",
        ),
        ("b.toml", "name = \"b\"\nextends = \"base\"\nversion = 1\n"),
        ("c.toml", "name = \"c\"\nextends = \"base\"\nversion = 1\n"),
    ];
    write(dir.path(), &files);
    let (found, mistakes) = find_in(dir.path());
    let report = check(&found, mistakes);
    let told: Vec<String> = report.mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 1, "{told:#?}");
}
