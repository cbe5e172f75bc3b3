//! Owns the tests of what a flow file may not say: each mistake is told where it is.

use super::{NOTICE, SOUND, definition, problems};
use crate::Flow;

#[test]
fn a_sound_flow_has_no_mistakes() {
    assert_eq!(problems(SOUND), [""; 0]);
}

#[test]
fn each_mistake_is_reported_where_it_is() {
    // (what stands there, what is written instead, path, part of the message)
    let cases = [
        (
            r#"name = "sound""#,
            r#"name = "Not sound""#,
            "name",
            "lower-case letters, digits and hyphens",
        ),
        (
            r#"hold_for = "72h""#,
            r#"hold_for = "72""#,
            "hold_for",
            "a whole number with a unit",
        ),
        (
            r#"via = ["preferred", "email"] }"#,
            r#"via = ["preferred", "email"], by = "data.code" }"#,
            "step.mail.send.by",
            "expected a day",
        ),
        (
            r#"via = ["preferred", "email"] }"#,
            r#"via = ["preferred", "email"], within = "2 working days" }"#,
            "step.mail.send.within",
            "needs a calendar",
        ),
        (
            r#"via = ["preferred", "email"] }"#,
            r#"via = ["preferred", "email"], within = "0h" }"#,
            "step.mail.send.within",
            "nothing arrives so soon",
        ),
        (
            r#"via = ["preferred", "email"] }"#,
            r#"via = ["preferred", "email"], within = "1d", by = "today" }"#,
            "step.mail.send.within",
            "and not both",
        ),
        (
            r#"for = "1d""#,
            r#"for = "2 working days""#,
            "step.pause.wait.for",
            "needs a calendar",
        ),
        (
            r#"for = "1d""#,
            r#"for = "0 working days""#,
            "step.pause.wait.for",
            "expected 1 to 520 working days",
        ),
        (
            r#"hold_for = "72h""#,
            "hold_for = \"72h\"\ncalendar = \"office\"",
            "calendar",
            "calendars/office.toml",
        ),
        (
            r#"hold_for = "72h""#,
            "hold_for = \"72h\"\ngroup = { roles = [\"huurder\"] }",
            "group.roles",
            "joint_tenant",
        ),
        (
            r#"hold_for = "72h""#,
            "hold_for = \"72h\"\ngroup = { roles = [\"curator\"] }",
            "group.roles",
            "who represents them is told",
        ),
        (
            r#"hold_for = "72h""#,
            "hold_for = \"72h\"\ngroup = { roles = [] }",
            "group.roles",
            "at least one role",
        ),
        (
            r#"hold_for = "72h""#,
            "hold_for = \"72h\"\ngroup = { answered = \"one\" }",
            "group.answered",
            "\"all\" or \"each\"",
        ),
        (
            r#"cents = "money""#,
            r#"cents = "euros""#,
            "input.cents",
            "is no kind",
        ),
        (
            r#"amount = "cents""#,
            r#"amount = "code""#,
            "amount",
            "of kind money",
        ),
        (
            r#"subject = "invoice""#,
            "",
            "subject",
            "expected `subject` and `amount`",
        ),
        (
            r#"amount = "cents""#,
            "",
            "subject",
            "expected `subject` and `amount`",
        ),
        (
            r#"class = "storno-class""#,
            r#"class = "other""#,
            "classes.class",
            "classes/other.toml",
        ),
        (
            "class(data.code)",
            "klass(data.code)",
            "guard[0] \"right type\".when",
            "not a class table",
        ),
        (
            "class(data.code)",
            "class(code)",
            "guard[0] \"right type\".when",
            "cannot be classed",
        ),
        (
            "class(data.code)",
            "data.kode",
            "guard[0] \"right type\".when",
            "data.kode is not declared under [input]",
        ),
        (
            "class(data.code)",
            "code",
            "guard[0] \"right type\".when",
            "is not a value",
        ),
        (
            "class(data.code) == 'CHASE'",
            "data.code",
            "guard[0] \"right type\".when",
            "it ends here: expected ==",
        ),
        (
            "class(data.code)",
            "data.cents",
            "guard[0] \"right type\".when",
            "compares a number with text",
        ),
        (
            "class(data.code)",
            "data.urgent",
            "guard[0] \"right type\".when",
            "compares true or false with text",
        ),
        (
            "'CHASE'",
            "7",
            "guard[0] \"right type\".when",
            "compares text with a number",
        ),
        (
            r#"fresh_within = "24h""#,
            r#"fresh_within = "day""#,
            "guard[0] \"right type\".fresh_within",
            "\"day\"",
        ),
        (
            "end: wrong type",
            "nowhere",
            "guard[0] \"right type\".otherwise",
            "leads nowhere",
        ),
        (
            "end: wrong type",
            "end: ",
            "guard[0] \"right type\".otherwise",
            "leads nowhere",
        ),
        (
            "end: wrong type",
            "human:",
            "guard[0] \"right type\".otherwise",
            "leads nowhere",
        ),
        (
            "open_amount_cents <=",
            "open_amount <=",
            "stop[0] \"paid\".when",
            "is not a value",
        ),
        (
            r#"id = "pause""#,
            r#"id = "mail""#,
            "step.mail",
            "used twice",
        ),
        (
            r#"wait = { for = "1d", then = "ask" }"#,
            "",
            "step.pause",
            "exactly one of send, wait, branch, task, end, ask and set",
        ),
        (
            r#"for = "1d""#,
            r#"for = "soon""#,
            "step.pause.wait.for",
            "\"soon\"",
        ),
        (
            r#"then = "ask""#,
            r#"then = "aks""#,
            "step.pause.wait.then",
            "\"aks\" leads nowhere",
        ),
        (
            r#""go on" = "mail""#,
            r#""go on" = "male""#,
            "step.ask.task.answers.go on",
            "leads nowhere",
        ),
        (
            r#"{ email = "mail" }"#,
            r#"{ email = "mail", fax = "fax" }"#,
            "step.mail.send.template",
            "\"fax\" is not a channel",
        ),
        (
            r#""preferred", "email""#,
            r#""preferred", "sms""#,
            "step.mail.send.via",
            "sms has no template",
        ),
        (
            r#""preferred", "email""#,
            r#""pigeon", "email""#,
            "step.mail.send.via",
            "preferred or cheapest",
        ),
        (
            r#"["preferred", "email"]"#,
            "[]",
            "step.mail.send.via",
            "at least one way",
        ),
        (
            r#""email"] }"#,
            r#""email"], except = "bounced" }"#,
            "step.mail.send.except",
            "expected failed or tried",
        ),
        (
            r#"on.bounced = "pause""#,
            r#"on.bounced = "paws""#,
            "step.mail.on.bounced",
            "leads nowhere",
        ),
        (
            r#"after = "48h""#,
            r#"after = "2 days""#,
            "step.mail.on.unanswered.after",
            "\"2 days\"",
        ),
        (
            r#"go = "pause""#,
            r#"go = "paws""#,
            "step.mail.on.unanswered.go",
            "leads nowhere",
        ),
        (
            r#"on.answered = "end: answered""#,
            "",
            "step.mail.on",
            "unanswered needs answered",
        ),
        (
            r#"on.bounced = "pause""#,
            r#"on.settled = { after = "1d", go = "ask" }"#,
            "step.mail.on",
            "exclude each other",
        ),
        (
            r#"on.unanswered = { after = "48h", go = "pause" }"#,
            "",
            "step.mail.on",
            "how long to wait",
        ),
        (
            r#"then = "ask" }"#,
            "then = \"ask\" }\non.bounced = \"ask\"",
            "step.pause.on",
            "only a step that sends listens",
        ),
    ];
    for (sound, broken, path, message) in cases {
        assert_eq!(
            SOUND.matches(sound).count(),
            1,
            "the case must change one place: {sound}"
        );
        let found = problems(&SOUND.replace(sound, broken));
        let expected = found
            .iter()
            .any(|p| p.starts_with(&format!("{path}: ")) && p.contains(message));
        assert!(
            expected,
            "{broken:?} should be reported at {path} with {message:?}, got {found:#?}"
        );
    }
}

#[test]
fn a_delivery_handler_without_a_time_would_wait_for_ever_and_is_refused() {
    let waits = NOTICE.replace("on.settled = { after = \"24h\", go = \"end: sent\" }", "");
    assert_eq!(
        problems(&waits).len(),
        2,
        "in both steps: {:?}",
        problems(&waits)
    );
}

#[test]
fn a_flow_without_steps_or_with_too_many_is_refused() {
    let head = "name = \"a\"\nversion = 1\npurpose = \"p\"\n";
    let step = |n: usize| {
        format!("[[step]]\nid = \"s{n}\"\nwait = {{ for = \"1d\", then = \"end: done\" }}\n")
    };
    assert_eq!(problems(head), ["step: 0 steps: expected 1 to 64"]);
    let steps = |count: usize| head.to_owned() + &(0..count).map(step).collect::<String>();
    assert_eq!(problems(&steps(64)), [""; 0]);
    assert_eq!(problems(&steps(65)), ["step: 65 steps: expected 1 to 64"]);
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let broken = SOUND
        .replace("\"sound\"", "\"Sound!\"")
        .replace("\"72h\"", "\"72\"")
        .replace("\"boolean?\"", "\"flag?\"")
        .replace("\"storno-class\"", "\"missing\"")
        .replace("end: wrong type", "wrong type")
        .replace("for = \"1d\"", "for = \"-1d\"")
        .replace("\"preferred\", \"email\"", "\"post\", \"sms\"")
        .replace("go = \"pause\"", "go = \"pauze\"")
        .replace("\"go on\" = \"mail\"", "\"go on\" = \"post\"");
    let expected = [
        r#"input.urgent: "flag" is no kind: expected one of line, text, money, integer, boolean, date, url, with ? when it may be left out"#,
        r#"classes.class: class table "missing" is not there: expected a file classes/missing.toml beside the flow"#,
        r#"guard[0] "right type".otherwise: "wrong type" leads nowhere: expected a step's id, `end: <name>` or `human: <list>`"#,
        &format!(
            "step.mail.send.via: \"post\" is not a channel: expected {}, preferred or cheapest",
            crate::Channel::listed()
        ),
        r#"step.mail.send.via: sms has no template: add it to send.template"#,
        r#"step.mail.on.unanswered.go: "pauze" leads nowhere: expected a step's id, `end: <name>` or `human: <list>`: did you mean "pause"?"#,
        r#"step.pause.wait.for: "-1d": expected a whole number with a unit: ms, s, m, h or d, such as 48h, or 2 working days"#,
        r#"step.ask.task.answers.go on: "post" leads nowhere: expected a step's id, `end: <name>` or `human: <list>`"#,
        r#"name: "Sound!": expected lower-case letters, digits and hyphens"#,
        r#"hold_for: "72": expected a whole number with a unit: ms, s, m, h or d, such as 48h"#,
    ];
    assert_eq!(problems(&broken), expected);
}

#[test]
fn a_key_nobody_knows_is_refused_at_every_level() {
    let cases = [
        ("version = 1", "version = 1\ncolour = 1"),
        ("name = \"right type\"", "name = \"right type\"\ncolour = 1"),
        ("end = \"paid\"", "end = \"paid\"\ncolour = 1"),
        ("id = \"pause\"", "id = \"pause\"\ncolour = 1"),
        ("via = [", "colour = 1, via = ["),
        ("list = \"desk\"", "list = \"desk\", colour = 1"),
        ("then = \"ask\"", "then = \"ask\", colour = 1"),
        ("after = \"48h\"", "after = \"48h\", colour = 1"),
        ("on.bounced", "on.colour"),
    ];
    for (sound, broken) in cases {
        let found = problems(&SOUND.replace(sound, broken));
        assert!(
            found.len() == 1
                && found[0].contains("colour: unknown key: expected one of ")
                && found[0].ends_with(": remove it"),
            "{broken:?}: {found:?}"
        );
    }
    let mut definition = definition(SOUND);
    definition.classes.insert(
        "storno-class".into(),
        "default = \"X\"\ncolour = 1\n[codes]".into(),
    );
    let found = Flow::compile(&definition).unwrap_err();
    assert!(
        found
            .iter()
            .any(|p| p.path == "classes/storno-class.toml.colour"),
        "{found:?}"
    );
}

#[test]
fn every_mistake_in_the_shape_is_told_beside_those_in_the_meaning() {
    let broken = SOUND
        .replace("version = 1", "version = \"one\"")
        .replace("purpose = \"information\"\n", "")
        .replace("otherwise = \"end: wrong type\"\n", "")
        .replace("on.bounced = \"pause\"", "on.bounced = \"paws\"")
        .replace("list = \"desk\", ", "colour = 1, ");
    let expected = [
        r#"guard[0] "right type".otherwise: not given: expected where to go when it does not hold: such as otherwise = "end: no balance""#,
        r#"version: "one": expected a whole number: raise it whenever the flow changes"#,
        r#"purpose: not given: expected what the flow is for: such as purpose = "information""#,
        r#"step.mail.on.bounced: "paws" leads nowhere: expected a step's id, `end: <name>` or `human: <list>`: did you mean "pause"?"#,
        r#"step.ask.task.colour: unknown key: expected one of answers, asks, deadline, list, remind, team: remove it"#,
        r#"step.ask.task.list: not given: expected a value: this key has no default"#,
    ];
    assert_eq!(problems(&broken), expected);
}

#[test]
fn a_step_is_of_one_known_kind() {
    let cases = [
        (
            "wait = {",
            "pause = {",
            vec![
                "step.pause.pause: unknown key: expected one of id, on, send, wait, branch, task, end, ask and set: remove it",
                "step.pause: expected exactly one of send, wait, branch, task, end, ask and set",
            ],
        ),
        (
            "wait = {",
            "task = { list = \"desk\", answers = {} }\nwait = {",
            vec!["step.pause: expected exactly one of send, wait, branch, task, end, ask and set"],
        ),
        (
            "wait = { for = \"1d\", then = \"ask\" }",
            "wait = \"1d\"",
            vec![
                "step.pause.wait: \"1d\": expected a table such as { for = \"48h\", then = \"sms\" }: docs/flows.md describes the keys",
            ],
        ),
    ];
    for (sound, broken, expected) in cases {
        assert_eq!(
            problems(&SOUND.replace(sound, broken)),
            expected,
            "{broken}"
        );
    }
}
