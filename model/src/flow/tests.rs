//! Owns the tests of flows as data: the shipped ones compile, each mistake is reported with its
//! path, unknown is never false. Refuses to walk a flow: that is tested in `decide`.

use super::*;
use crate::{Channel, Timestamp};

const STORNO: &str = include_str!("../../../config/flows/storno.toml");
const NOTICE: &str = include_str!("../../../config/flows/notice.toml");
const STORNO_CLASS: &str = include_str!("../../../config/flows/classes/storno-class.toml");

/// A small flow without a mistake; each case of a mistake changes one line of it.
const SOUND: &str = r#"
name = "sound"
version = 1
purpose = "information"
subject = "invoice"
amount = "cents"
hold_for = "72h"

[input]
cents = "money"
code = "text"
urgent = "boolean?"

[classes]
class = "storno-class"

[[guard]]
name = "right type"
when = "class(data.code) == 'CHASE'"
fresh_within = "24h"
otherwise = "end: wrong type"

[[stop]]
name = "paid"
when = "subject.open_amount_cents <= 0"
end = "paid"

[[step]]
id = "mail"
send = { template = { email = "mail" }, via = ["preferred", "email"] }
on.bounced = "pause"
on.unanswered = { after = "48h", go = "pause" }
on.answered = "end: answered"

[[step]]
id = "pause"
wait = { for = "1d", then = "ask" }

[[step]]
id = "ask"
task = { list = "desk", answers = { "go on" = "mail" } }
"#;

fn definition(flow: &str) -> Definition {
    let classes = [("storno-class".to_owned(), STORNO_CLASS.to_owned())].into();
    Definition {
        flow: flow.into(),
        classes,
        ..Definition::default()
    }
}

fn problems(flow: &str) -> Vec<String> {
    Flow::compile(&definition(flow))
        .err()
        .unwrap_or_default()
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn the_shipped_flows_compile() {
    let storno = Flow::compile(&definition(STORNO)).unwrap();
    let steps: Vec<_> = storno.steps.iter().map(|step| &*step.id).collect();
    assert_eq!(
        (&*storno.name, steps),
        ("storno", vec!["mail", "sms", "payment"])
    );
    assert_eq!(
        storno.fields.iter().map(|f| &**f).collect::<Vec<_>>(),
        ["amount_cents", "reason_code"]
    );
    assert_eq!(
        (storno.amount, storno.guards.len(), storno.stops.len()),
        (Some(0), 4, 1)
    );
    assert_eq!(storno.template(1, Channel::Sms), Some("storno-sms"));
    assert_eq!(
        (
            storno.template(1, Channel::Email),
            storno.template(9, Channel::Sms)
        ),
        (Some("storno-mail"), None)
    );
    let sms = storno.message(1).expect("a step that sends");
    assert_eq!(
        (&sms.via[..], sms.except),
        (
            &[Via::Channel(Channel::Sms), Via::Channel(Channel::Email)][..],
            Except::Tried
        )
    );

    let notice = Flow::compile(&definition(NOTICE)).unwrap();
    let templates: Vec<_> = notice.templates().map(|(channel, _)| channel).collect();
    assert_eq!(
        templates,
        [
            Channel::Email,
            Channel::Sms,
            Channel::Null,
            Channel::Email,
            Channel::Sms
        ]
    );
}

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
            "data.urgent",
            "guard[0] \"right type\".when",
            "compares nothing",
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
            "exactly one of send, wait and task",
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
            "or preferred",
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
        r#"guard[0] "right type".when: "class" is not a class table: declare it under [classes]"#,
        r#"guard[0] "right type".otherwise: "wrong type" leads nowhere: expected a step's id, `end: <name>` or `human: <list>`"#,
        r#"step.mail.send.via: "post" is not a channel: expected email, sms, letter, whatsapp, voice, portal or null, or preferred"#,
        r#"step.mail.send.via: sms has no template: add it to send.template"#,
        r#"step.mail.send.via: expected at least one way"#,
        r#"step.mail.on.unanswered.go: "pauze" leads nowhere: expected a step's id, `end: <name>` or `human: <list>`"#,
        r#"step.pause.wait.for: "-1d": expected a whole number with a unit: ms, s, m, h or d, such as 48h"#,
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
            found.len() == 1 && found[0].contains("unknown field `colour`"),
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
            .any(|p| p.path == "classes.class" && p.message.contains("colour")),
        "{found:?}"
    );
}

/// A directory holds its definitions by these names, and its records name them.
#[test]
fn a_stored_definition_keeps_its_name() {
    let text = |text: &str| text.to_owned();
    let definition = Definition {
        flow: text("name = \"a\""),
        classes: [(text("class"), text("default = \"B\""))].into(),
        templates: [(text("mail.txt"), text("Beste huurder"))].into(),
    };
    assert_eq!(
        definition.reference().to_string(),
        "6f69b6faba7babd821ae5baf0412791a"
    );
}

#[test]
fn a_step_is_of_one_known_kind() {
    let cases = [
        (
            "wait = {",
            "pause = {",
            vec![
                "step.pause: unknown field `pause`, expected id, on and one of send, wait and task",
                "step.pause: expected exactly one of send, wait and task",
            ],
        ),
        (
            "wait = {",
            "task = { list = \"desk\", answers = {} }\nwait = {",
            vec!["step.pause: expected exactly one of send, wait and task"],
        ),
        (
            "wait = { for = \"1d\", then = \"ask\" }",
            "wait = \"1d\"",
            vec![
                "step.pause.wait: invalid type: string \"1d\", expected a table such as { for = \"48h\", then = \"sms\" }",
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

/// What the flow says of all its steps together, whatever their kinds.
#[test]
fn a_flow_knows_its_ends_its_lists_and_its_messages() {
    let flow = SOUND
        .replace("end: answered", "human: letters")
        .replace("then = \"ask\"", "then = \"human: night\"")
        .replace(
            "= \"mail\" } }",
            "= \"mail\", \"stop\" = \"end: by hand\" } }",
        );
    let flow = Flow::compile(&definition(&flow)).unwrap();
    let ends: Vec<&str> = flow.ends().collect();
    assert_eq!(ends, ["wrong type", "by hand", "paid"]);
    let lists: Vec<&str> = flow.lists().collect();
    assert_eq!(lists, ["delivery", "desk", "letters", "night"]);
    assert_eq!(flow.messages().count(), 1);
    let listens = |index: usize| *flow.steps[index].on() != Handlers::NOTHING;
    assert_eq!([0, 1, 2].map(listens), [true, false, false]);
}

#[test]
fn a_definition_survives_storage_and_any_change_gives_it_another_name() {
    let storno = definition(STORNO);
    assert_eq!(Definition::decode(&storno.encode()).unwrap(), storno);
    let mut changed = storno.clone();
    changed
        .templates
        .insert("storno-sms.txt".into(), "Beste huurder".into());
    assert_ne!(changed.reference(), storno.reference());
    assert_ne!(
        definition(&STORNO.replace("48h", "47h")).reference(),
        storno.reference()
    );
    assert!(Definition::decode(&storno.encode()[1..]).is_err());
}

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

#[test]
fn a_field_says_how_long_it_may_be_and_whether_it_is_one_line() {
    let flow = SOUND.replace(
        "code = \"text\"",
        "code = { kind = \"text\", most = 10_000 }\ntitle = \"line?\"\nnote = { kind = \"line\", most = 80, optional = true }",
    );
    let flow = Flow::compile(&definition(&flow)).unwrap();
    let field = |name: &str| {
        flow.input
            .iter()
            .find(|field| &*field.name == name)
            .map(|f| (f.kind, f.most, f.optional))
            .unwrap()
    };
    assert_eq!(field("code"), (FieldKind::Text, 10_000, false));
    assert_eq!(
        field("title"),
        (FieldKind::Line, InputField::USUAL_LENGTH, true)
    );
    assert_eq!(field("note"), (FieldKind::Line, 80, true));
}

#[test]
fn a_length_has_a_bound_and_only_texts_have_one() {
    for (field, path, part) in [
        (
            "{ kind = \"text\", most = 0 }",
            "input.code.most",
            "expected 1 to 50000 bytes",
        ),
        (
            "{ kind = \"text\", most = 50_001 }",
            "input.code.most",
            "expected 1 to 50000 bytes",
        ),
        (
            "{ kind = \"date\", most = 10 }",
            "input.code.most",
            "a date has no length",
        ),
        (
            "{ kind = \"lines\" }",
            "input.code",
            "expected one of line, text, money",
        ),
        (
            "{ kind = \"text\", longest = 10 }",
            "flow",
            "{ kind = \"text\", most = 10_000, optional = true }",
        ),
        ("7", "flow", "a kind such as"),
    ] {
        let found = problems(&SOUND.replace("code = \"text\"", &format!("code = {field}")));
        assert!(
            found
                .iter()
                .any(|problem| problem.starts_with(path) && problem.contains(part)),
            "{field}: {found:?}"
        );
    }
}
