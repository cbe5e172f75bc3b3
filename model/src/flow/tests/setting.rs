//! Owns the tests of steps that tell facts, as data: what is read, and every mistake with its path.

use crate::flow::{Definition, Flow};

const FACTS: [(&str, &str); 4] = [
    (
        "consent",
        "about = \"tenant\"\nholds = \"for ever\"\n[fields]\nnewsletter = \"boolean\"\ngiven_on = \"date?\"\nsource = { one_of = [\"page\", \"desk\"], optional = true }\nnote = \"line?\"\nscore = { kind = \"integer\", least = 1, most = 10, optional = true }\n",
    ),
    (
        "visit",
        "about = \"subject\"\nholds = \"until day\"\n[fields]\nday = \"date\"\n",
    ),
    (
        "complaint",
        "about = \"tenant\"\nholds = \"30d\"\ncounts = \"sum\"\n[fields]\ncount = \"integer\"\n",
    ),
    (
        "payment",
        "about = \"subject\"\nholds = \"for ever\"\ncounts = \"sum\"\n[fields]\namount_cents = \"money\"\n",
    ),
];

/// A flow with this step, and with these lines at its top.
fn flow(head: &str, set: &str) -> Result<Flow, Vec<String>> {
    let flow = format!(
        "name = \"tells\"\nversion = 1\npurpose = \"information\"\n{head}\n[input]\nurgent = \"boolean\"\nday = \"date?\"\nname = \"line?\"\nletter = \"text?\"\ncents = \"money?\"\n[[step]]\nid = \"tell\"\nset = {set}\n"
    );
    let facts = FACTS.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let definition = Definition {
        flow,
        facts: facts.into(),
        ..Definition::default()
    };
    Flow::compile(&definition)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

#[test]
fn values_are_literals_days_and_values_of_conditions() {
    let sound = [
        "{ fact = \"consent\", fields = { newsletter = false }, then = \"end: told\" }",
        "{ fact = \"consent\", about = \"tenant\", fields = { newsletter = \"data.urgent\", given_on = \"today + 14 days\", source = \"'desk'\", note = \"data.name\", score = 10 }, then = \"end: told\" }",
        "{ fact = \"consent\", fields = { newsletter = true, given_on = 2026-12-01, note = \"data.day\", score = \"days_between(data.day, today)\" }, then = \"end: told\", unknown = \"human: desk\" }",
        "{ fact = \"consent\", keep = true, fields = { given_on = \"'2026-12-01'\" }, then = \"end: told\" }",
        "{ fact = \"complaint\", fields = { count = \"data.cents\" }, then = \"end: told\" }",
    ];
    for set in sound {
        let flow = flow("", set);
        let flow = flow.unwrap_or_else(|problems| panic!("{set}: {problems:?}"));
        assert!(flow.steps[0].sets().is_some());
    }
    let set = "{ fact = \"visit\", fields = { day = \"data.day\" }, then = \"end: told\" }";
    flow("subject = \"visit\"", set).expect("it has a subject");
}

#[test]
fn every_mistake_is_told_with_its_path() {
    let fields = |fields: &str| {
        format!("{{ fact = \"consent\", fields = {{ {fields} }}, then = \"end: told\" }}")
    };
    let cases: [(String, &str); 27] = [
        (
            "{ fact = \"consents\", fields = { newsletter = false }, then = \"end: x\" }".into(),
            "step.tell.set.fact: \"consents\" is no type of fact: expected a file facts/consents.toml beside the flow, or one that is built in; did you mean \"consent\"?",
        ),
        (
            "{ fact = \"payment\", fields = { amount_cents = 5 }, then = \"end: x\" }".into(),
            "step.tell.set.fact: payment is money that the engine reckons with, and only its source tells it",
        ),
        (
            "{ fact = \"visit\", fields = { day = \"today\" }, then = \"end: x\" }".into(),
            "step.tell.set.fact: a fact of type visit is told about a subject: expected `subject`",
        ),
        (
            "{ fact = \"consent\", about = \"subject\", fields = { newsletter = false }, then = \"end: x\" }".into(),
            "step.tell.set.about: \"subject\": expected \"tenant\"",
        ),
        (
            "{ fact = \"complaint\", keep = true, fields = { count = 1 }, then = \"end: x\" }".into(),
            "step.tell.set.keep: facts of type complaint are added up",
        ),
        (
            "{ fact = \"consent\", fields = { note = \"'x'\" }, then = \"end: x\" }".into(),
            "step.tell.set.fields: a fact of type consent has newsletter, too: expected a value, or keep = true",
        ),
        (
            "{ fact = \"consent\", keep = true, then = \"end: x\" }".into(),
            "step.tell.set.fields: expected at least one field",
        ),
        (
            "{ fact = \"consent\", fields = { newsletter = false }, then = \"nowhere\" }".into(),
            "step.tell.set.then: \"nowhere\" leads nowhere",
        ),
        (
            "{ fact = \"consent\", fields = { newsletter = false }, then = \"end: x\", unknown = \"nowhere\" }".into(),
            "step.tell.set.unknown: \"nowhere\" leads nowhere",
        ),
        (
            "{ fact = \"consent\", fields = { newsletter = false }, than = \"end: x\" }".into(),
            "step.tell.set.than: unknown key",
        ),
        (
            "[{ fact = \"consent\" }]".into(),
            "step.tell.set: expected a table such as",
        ),
        (
            "{ fields = { newsletter = false }, then = \"end: x\" }".into(),
            "step.tell.set.fact: not given: expected the type of the fact that is told: such as fact = \"consent\"",
        ),
        (
            fields("newsletter = \"data.cents > 5\""),
            "step.tell.set.fields.newsletter: \"data.cents > 5\" asks something: expected true, false or a boolean value",
        ),
        (
            fields("newsleter = false, newsletter = false"),
            "step.tell.set.fields.newsleter: a fact of type consent has no field \"newsleter\": expected one of given_on, newsletter, note, score, source; did you mean \"newsletter\"?",
        ),
        (
            fields("newsletter = \"data.cents\""),
            "step.tell.set.fields.newsletter: it is a number: expected true or false in newsletter",
        ),
        (
            fields("newsletter = \"no\""),
            "step.tell.set.fields.newsletter: \"no\" is not a value",
        ),
        (
            fields("newsletter = false, given_on = \"'01-12-2026'\""),
            "step.tell.set.fields.given_on: \"01-12-2026\" is no day",
        ),
        (
            fields("newsletter = false, given_on = \"now\""),
            "step.tell.set.fields.given_on: it is an instant: expected a day",
        ),
        (
            fields("newsletter = false, source = \"'desc'\""),
            "step.tell.set.fields.source: 'desc': expected one of page, desk; did you mean 'desk'?",
        ),
        (
            fields("newsletter = false, source = \"desk\""),
            "a text stands in quotes of its own: \"'desk'\"",
        ),
        (
            fields("newsletter = false, note = \"data.letter\""),
            "step.tell.set.fields.note: a text of several lines is no value of a fact",
        ),
        (
            fields("newsletter = false, note = \"' '\""),
            "step.tell.set.fields.note: ' ': expected one line that is not blank",
        ),
        (
            fields("newsletter = false, score = 11"),
            "step.tell.set.fields.score: 11: expected 1 to 10",
        ),
        (
            fields("newsletter = false, score = 1.5"),
            "step.tell.set.fields.score: 1.5: expected a whole number, true, false, or a value in quotes",
        ),
        (
            fields("newsletter = false, note = \"facts.consent\""),
            "step.tell.set.fields.note: facts.consent is a fact as a whole",
        ),
        (
            fields("newsletter = false, note = \"data.name == 'x'\""),
            "expected nothing more",
        ),
        (
            fields("newsletter = false, source = \"facts.consent.note\", note = \"data.nam\""),
            "step.tell.set.fields.note: data.nam is not declared under [input]: did you mean data.name?",
        ),
    ];
    for (set, expected) in &cases {
        let found = flow("", set).err().unwrap_or_default();
        assert!(
            found.iter().any(|problem| problem.contains(expected)),
            "{set}\nexpected {expected}\nfound {found:#?}"
        );
    }
}

#[test]
fn all_mistakes_of_a_step_are_told_at_once() {
    let set = "{ fact = \"consent\", about = \"subject\", fields = { newsletter = 1, score = 0, nothing = 2 }, then = \"nowhere\" }";
    let found = flow("", set).err().unwrap_or_default();
    assert_eq!(found.len(), 5, "{found:#?}");
}

#[test]
fn a_circle_through_facts_within_a_flow_needs_time() {
    let text = "{ fact = \"consent\", fields = { newsletter = true }, then = \"wait\" }\n[[step]]\nid = \"wait\"\nwait = { for = \"1d\", when = \"facts.consent.newsletter\", go = \"tell\", then = \"end: x\" }";
    let found = flow("", text).err().unwrap_or_default();
    assert!(
        found
            .iter()
            .any(|problem| problem.contains("comes back to where it began")),
        "{found:#?}"
    );
}

#[test]
fn mistakes_of_rounds_persons_and_stop_rules_are_told_with_their_paths() {
    let cases = [
        (
            "follows = \"366d\"",
            "",
            "follows: it follows what ran for the same subject: expected `subject`",
        ),
        (
            "subject = \"x\"\nfollows = \"4000d\"",
            "",
            "follows: \"4000d\": expected some time, and at most 1098d",
        ),
        (
            "subject = \"x\"",
            "[[stop]]\nname = \"s\"\nwhen = \"notification.round > 2\"\nend = \"x\"",
            "follows: a rule reads notification.follows or notification.round",
        ),
        (
            "",
            "[[stop]]\nname = \"s\"\nwhen = \"tenant.reached_by_mail\"\nend = \"x\"",
            "stop[0] \"s\".when: tenant.reached_by_mail is not known: expected tenant. with one of language, prefers, reached_by_email",
        ),
        (
            "",
            "[[stop]]\nname = \"s\"\nwhen = \"tenant.prefers('sms')\"\nend = \"x\"",
            "what a tenant prefers is asked with tenant.prefers == 'email'",
        ),
        (
            "",
            "[[stop]]\nname = \"s\"\nwhen = \"tenant.reachable('email')\"\nend = \"x\"",
            "how a tenant is reached is asked with tenant.reached_by_email",
        ),
        (
            "",
            "[[stop]]\nname = \"s\"\nwhen = \"tenant.prefers == 'post'\"\nend = \"x\"",
            "tenant.prefers is never 'post': expected one of",
        ),
        (
            "",
            "[[stop]]\nname = \"s\"\nwhen = \"tenant.reached_by_sms\"\ngo = \"tell\"",
            "stop[0] \"s\".go: \"tell\": expected `human: <list>`",
        ),
        (
            "",
            "[[stop]]\nname = \"s\"\nwhen = \"tenant.reached_by_sms\"\ngo = \"human: x\"\nend = \"x\"",
            "stop[0] \"s\": expected either end",
        ),
        (
            "",
            "[[stop]]\nname = \"s\"\nwhen = \"tenant.reached_by_sms\"",
            "stop[0] \"s\": expected either end",
        ),
    ];
    let set = "{ fact = \"consent\", fields = { newsletter = true }, then = \"end: x\" }";
    for (head, rules, expected) in cases {
        let found = flow(head, &format!("{set}\n{rules}"))
            .err()
            .unwrap_or_default();
        assert!(
            found.iter().any(|problem| problem.contains(expected)),
            "{head} {rules}\nexpected {expected}\nfound {found:#?}"
        );
    }
}
