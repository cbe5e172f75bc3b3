//! One mistake of every kind: each is told in its file, in its line, with what was expected.

use super::{checked, shown};

/// A case: the file, what stands there, what is written instead, where it is told, part of the
/// message. Nothing in place of what stands there: the whole file is.
type Case = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

const F: &str = "flow.toml";
const MAIL: &str = "templates/hello-mail.txt";
const CLASSES: &str = "classes/kinds.toml";
const CALENDAR: &str = "calendars/office.toml";

const IN_SHAPE: [Case; 18] = [
    (
        F,
        "name = \"sound\"",
        "name \"sound\"",
        "flow.toml:1:6: ",
        "TOML 1.0",
    ),
    (
        F,
        "purpose = \"information\"",
        "purpose = information",
        "flow.toml:3:11: ",
        "TOML 1.0",
    ),
    (F, "[input]", "[input", "flow.toml:9:7: ", "TOML 1.0"),
    (
        F,
        "code = \"line\"",
        "code = \"line\"\ncode = \"line\"",
        "flow.toml:12:1: ",
        "duplicate key",
    ),
    (
        F,
        "version = 1",
        "version = \"1\"",
        "flow.toml:2:11: version",
        "a whole number",
    ),
    (
        F,
        "version = 1\n",
        "",
        "flow.toml:1:1: version",
        "not given",
    ),
    (
        F,
        "purpose = ",
        "purpos = ",
        "flow.toml:3:10: purpos",
        "did you mean \"purpose\"?",
    ),
    (
        F,
        "name = \"sound\"",
        "name = \"Not sound\"",
        "flow.toml:1:8: name",
        "lower-case",
    ),
    (
        F,
        "hold_for = \"72h\"",
        "hold_for = \"72\"",
        "flow.toml:6:12: hold_for",
        "with a unit",
    ),
    (
        F,
        "code = \"line\"",
        "code = \"lines\"",
        "flow.toml:11:8: input.code",
        "is no kind",
    ),
    (
        F,
        "code = \"line\"",
        "code = { kind = \"line\", most = 0 }",
        "flow.toml:11:32: input.code.most",
        "1 to 50000",
    ),
    (
        F,
        "amount = \"cents\"",
        "amount = \"code\"",
        "flow.toml:5:10: amount",
        "of kind money",
    ),
    (
        F,
        "subject = \"invoice\"\n",
        "",
        "flow.toml:1:1: subject",
        "to be declared",
    ),
    (
        F,
        "otherwise = \"end: wrong kind\"\n",
        "",
        "flow.toml:18:1: guard[0] \"right kind\".otherwise",
        "where to go",
    ),
    (
        F,
        "end = \"paid\"",
        "ends = \"paid\"",
        "flow.toml:31:8: stop[0] \"paid\".ends",
        "did you mean \"end\"?",
    ),
    (
        F,
        "id = \"pause\"",
        "name = \"pause\"",
        "flow.toml:47:1: step[2].id",
        "the name of the step",
    ),
    (
        F,
        "id = \"pause\"",
        "id = \"text\"",
        "flow.toml:47:1: step.text",
        "used twice",
    ),
    (
        F,
        "wait = { for",
        "weit = { for",
        "flow.toml:48:1: step.pause.weit",
        "did you mean \"wait\"?",
    ),
];

const IN_STEPS: [Case; 18] = [
    (
        F,
        "on.bounced = \"text\"",
        "on.bounced = \"txet\"",
        "flow.toml:36:14: step.mail.on.bounced",
        "leads nowhere",
    ),
    (
        F,
        "on.bounced = \"ask\"",
        "on.bounce = \"ask\"",
        "flow.toml:43:13: step.text.on.bounce",
        "did you mean \"bounced\"?",
    ),
    (
        F,
        "go = \"text\" }",
        "go = \"txet\" }",
        "flow.toml:37:50: step.mail.on.unanswered.go",
        "leads nowhere",
    ),
    (
        F,
        "after = \"24h\", go",
        "after = \"1 day\", go",
        "flow.toml:44:24: step.text.on.settled.after",
        "2 working days",
    ),
    (
        F,
        "after = \"24h\", go = \"end: sent\"",
        "after = \"24h\"",
        "flow.toml:44:4: step.text.on.settled.go",
        "where to go then",
    ),
    (
        F,
        "{ after = \"24h\", go = \"end: sent\" }",
        "\"24h\"",
        "flow.toml:44:14: step.text.on.settled",
        "a time and where to go then",
    ),
    (
        F,
        "on.answered = \"pause\"\n",
        "",
        "flow.toml:36:1: step.mail.on",
        "unanswered needs answered",
    ),
    (
        F,
        "on.settled = { after = \"24h\", go = \"end: sent\" }",
        "on.delivered = \"ask\"",
        "flow.toml:43:1: step.text.on",
        "how long to wait",
    ),
    (
        F,
        "via = [\"sms\"]",
        "via = [\"fax\"]",
        "flow.toml:42:44: step.text.send.via",
        "is not a channel",
    ),
    (
        F,
        "via = [\"preferred\", \"email\"]",
        "via = [\"preferred\", \"sms\"]",
        "flow.toml:35:47: step.mail.send.via",
        "has no template",
    ),
    (
        F,
        "link = true",
        "link = \"yes\"",
        "flow.toml:35:84: step.mail.send.link",
        "true or false",
    ),
    (
        F,
        "link = true",
        "link = true, except = \"bounced\"",
        "flow.toml:35:99: step.mail.send.except",
        "failed or tried",
    ),
    (
        F,
        "for = \"5d\"",
        "for = \"0d\"",
        "flow.toml:48:16: step.pause.wait.for",
        "no time passes",
    ),
    (
        F,
        "for = \"5d\"",
        "for = \"9000d\"",
        "flow.toml:48:16: step.pause.wait.for",
        "at most two years",
    ),
    (
        F,
        "for = \"5d\"",
        "for = \"0 working days\"",
        "flow.toml:48:16: step.pause.wait.for",
        "1 to 520",
    ),
    (
        F,
        "hold_for = \"72h\"",
        "hold_for = \"0s\"",
        "flow.toml:6:12: hold_for",
        "no time passes",
    ),
    (
        F,
        "list = \"desk\", ",
        "",
        "flow.toml:52:1: step.ask.task.list",
        "not given",
    ),
    (
        F,
        "\"go on\" = \"text\"",
        "\"go on\" = \"texts\"",
        "flow.toml:52:47: step.ask.task.answers.go on",
        "leads nowhere",
    ),
];

const IN_MEANING: [Case; 14] = [
    (
        F,
        "on.answered = \"pause\"",
        "on.answered = \"ask\"",
        "flow.toml:47:1: step.pause",
        "nothing leads here",
    ),
    (
        F,
        "answers = { \"go on\" = \"text\", enough = \"end: enough\" }",
        "answers = { \"go on\" = \"pause\" }",
        "flow.toml:47:1: step.pause",
        "no end is reached",
    ),
    (
        F,
        "== 'CHASE'",
        "== 'CHACE'",
        "flow.toml:19:8: guard[0] \"right kind\".when",
        "did you mean 'CHASE'?",
    ),
    (
        F,
        "== 'CHASE'",
        "in ['CHASE', 'OTHER']",
        "flow.toml:19:8: guard[0] \"right kind\".when",
        "'OTHER' to no code",
    ),
    (
        F,
        "kind(data.code)",
        "sort(data.code)",
        "flow.toml:19:8: guard[0] \"right kind\".when",
        "not a class table",
    ),
    (
        F,
        "kind(data.code)",
        "kind(data.kode)",
        "flow.toml:19:8: guard[0] \"right kind\".when",
        "is not declared under [input]",
    ),
    (
        F,
        "== 'CHASE'",
        "= 'CHASE'",
        "flow.toml:19:8: guard[0] \"right kind\".when",
        "write ==",
    ),
    (
        F,
        "== 'CHASE'",
        "== 4",
        "flow.toml:19:8: guard[0] \"right kind\".when",
        "compares text with a number",
    ),
    (
        F,
        "facts.balance_cents > 0 &&",
        "facts.balance > 0 &&",
        "flow.toml:24:8: guard[1] \"something owed\".when",
        "is not a value",
    ),
    (
        F,
        "facts.balance_cents > 0 &&",
        "between(facts.balance_cents, 5, 1) &&",
        "flow.toml:24:8: guard[1] \"something owed\".when",
        "exclude each other",
    ),
    (
        F,
        "fresh_within = \"24h\"",
        "fresh_within = \"0h\"",
        "flow.toml:25:16: guard[1] \"something owed\".fresh_within",
        "no time passes",
    ),
    (
        F,
        "subject.open_amount_cents <= 0",
        "data.code == 'PAID'",
        "flow.toml:30:8: stop[0] \"paid\".when",
        "no fact changes",
    ),
    (
        F,
        "subject.open_amount_cents <= 0",
        "subject.open_amount_cents <= 0 && subject.open_amount_cents >= 1",
        "flow.toml:30:8: stop[0] \"paid\".when",
        "exclude each other",
    ),
    (
        F,
        "otherwise = \"end: no balance\"",
        "otherwise = \"human:\"",
        "flow.toml:26:13: guard[1] \"something owed\".otherwise",
        "leads nowhere",
    ),
];

const IN_FILES: [Case; 19] = [
    (
        MAIL,
        "",
        "",
        "flow.toml:35:31: step.mail.send.template.email",
        "add the file hello-mail.txt",
    ),
    (
        "templates/hello-mail.subject.txt",
        "",
        "",
        "flow.toml:35:31: step.mail.send.template.email",
        "add the file hello-mail.subject.txt",
    ),
    (
        F,
        "sms = \"hello-sms\"",
        "sms = \"hello-app\"",
        "flow.toml:42:29: step.text.send.template.sms",
        "add the file hello-app.txt",
    ),
    (
        MAIL,
        "{{ tenant.name }}",
        "{{ tenant.name }",
        "templates/hello-mail.txt:1:1: templates.hello-mail.txt",
        "a template that compiles",
    ),
    (
        MAIL,
        "{{ data.cents|euro }}",
        "{{ data.sents|euro }}",
        "templates/hello-mail.txt:3:1: templates.hello-mail.txt",
        "data.sents not given",
    ),
    (
        MAIL,
        "{{ data.cents|euro }}",
        "{{ data.urgent }}",
        "templates/hello-mail.txt:3:1: templates.hello-mail.txt",
        "data.urgent not given",
    ),
    (
        MAIL,
        "{{ data.cents|euro }}",
        "{{ data.cents|dollar }}",
        "templates/hello-mail.txt:3:1: templates.hello-mail.txt",
        "dollar",
    ),
    (
        MAIL,
        "{{ data.cents|euro }}",
        "{{ 'x' * 9 }}",
        "templates/hello-mail.txt:3:1: templates.hello-mail.txt",
        "* is not offered",
    ),
    (
        "templates/hello-sms.txt",
        "Betaal {{ data.cents|euro }}\n",
        "{{ link }}",
        "templates/hello-sms.txt:1:1: templates.hello-sms.txt",
        "link not given",
    ),
    (
        "templates/hello-sms.txt",
        "Betaal {{ data.cents|euro }}",
        "  ",
        "templates/hello-sms.txt:1:1: templates.hello-sms.txt",
        "not blank",
    ),
    (
        "templates/hello-mail.subject.txt",
        "Factuur {{ data.code }}",
        "Factuur\n{{ data.code }}",
        "templates/hello-mail.subject.txt:1:1: templates.hello-mail.subject.txt",
        "exactly one line",
    ),
    (
        CLASSES,
        "",
        "",
        "flow.toml:15:8: classes.kind",
        "expected a file classes/kinds.toml",
    ),
    (
        CLASSES,
        "default = \"HUMAN\"",
        "defualt = \"HUMAN\"",
        "classes/kinds.toml:1:11: classes/kinds.toml.defualt",
        "did you mean \"default\"?",
    ),
    (
        CLASSES,
        "AM04 = \"CHASE\"",
        "AM04 = 4",
        "classes/kinds.toml:4:8: classes/kinds.toml.codes.AM04",
        "a string",
    ),
    (
        CALENDAR,
        "",
        "",
        "flow.toml:7:12: calendar",
        "expected a file calendars/office.toml",
    ),
    (
        CALENDAR,
        "\"sat\"",
        "\"zat\"",
        "calendars/office.toml:1:12: calendars/office.toml.weekend[0]",
        "did you mean \"sat\"?",
    ),
    (
        CALENDAR,
        "holidays = \"nl\"",
        "holidays = \"de\"",
        "calendars/office.toml:2:12: calendars/office.toml.holidays",
        "expected \"nl\"",
    ),
    (
        CALENDAR,
        "2027-12-24",
        "2027-02-30",
        "calendars/office.toml:5:14: calendars/office.toml.days.2027-02-30",
        "a day that exists",
    ),
    (
        CALENDAR,
        "= \"off\"",
        "= \"half\"",
        "calendars/office.toml:5:14: calendars/office.toml.days.2027-12-24",
        "\"off\" or \"working\"",
    ),
];

#[test]
fn every_kind_of_mistake_is_told_in_its_line() {
    let cases: Vec<Case> = [&IN_SHAPE[..], &IN_STEPS, &IN_MEANING, &IN_FILES].concat();
    assert!(cases.len() >= 60, "{}", cases.len());
    let mut wrong = Vec::new();
    for (file, sound, other, place, part) in cases {
        let (dir, report) = checked(file, sound, other);
        let told = |found: &crate::config::flows::FlowMistake| {
            format!("{}: {}", shown(dir.path(), found), found.message)
        };
        let told: Vec<String> = report.mistakes.iter().map(told).collect();
        let expected = format!("{place}: ");
        let is_told = |line: &String| line.starts_with(&expected) && line.contains(part);
        if !told.iter().any(is_told) || !report.sound.is_empty() {
            wrong.push(format!(
                "{other:?}: {place}: {part}\n    {}",
                told.join("\n    ")
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} cases:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn mistakes_of_several_files_are_told_at_once() {
    let broken = super::FLOW
        .replace("hold_for = \"72h\"", "hold_for = \"72\"")
        .replace("code = \"line\"", "code = \"lines\"")
        .replace("on.bounced = \"text\"", "on.bounced = \"txet\"")
        .replace("list = \"desk\", ", "colour = 1, ");
    let (dir, _) = checked("flow.toml", "", &broken);
    let files = [
        (
            "calendars/office.toml",
            "weekend = [\"zat\"]\nholidays = \"de\"\n",
        ),
        (
            "classes/kinds.toml",
            "default = 1\n[codes]\nAM04 = \"CHASE\"\nx = 2\n",
        ),
        ("templates/hello-mail.txt", "{{ tenant.name }\n"),
        ("templates/hello-sms.txt", "{{ tenant.name }\n"),
    ];
    super::write(dir.path(), &files);
    let (found, mistakes) = crate::config::flows::find_in(dir.path());
    let report = super::check(&found, mistakes);
    let told: Vec<String> = report
        .mistakes
        .iter()
        .map(|found| shown(dir.path(), found))
        .collect();
    let expected = [
        "templates/hello-mail.txt:1:1: templates.hello-mail.txt",
        "templates/hello-sms.txt:1:1: templates.hello-sms.txt",
        "flow.toml:11:8: input.code",
        "classes/kinds.toml:1:11: classes/kinds.toml.default",
        "classes/kinds.toml:4:5: classes/kinds.toml.codes.x",
        "calendars/office.toml:1:12: calendars/office.toml.weekend[0]",
        "calendars/office.toml:2:12: calendars/office.toml.holidays",
        "flow.toml:36:14: step.mail.on.bounced",
        "flow.toml:52:19: step.ask.task.colour",
        "flow.toml:52:1: step.ask.task.list",
        "flow.toml:6:12: hold_for",
    ];
    for place in expected {
        assert!(told.iter().any(|told| told == place), "{place}: {told:#?}");
    }
}
