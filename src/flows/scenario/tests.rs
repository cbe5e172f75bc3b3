//! The shipped scenarios, and what is told of scenarios that come otherwise.

use super::test;
use crate::config::Config;
use crate::config::flows::{find, find_in, scenarios};

fn built_in(text: &str) -> super::Tested {
    let (found, _) = find(&Config::built_in());
    test(&found, &[("own.toml".to_owned(), text.to_owned())])
}

const HEAD: &str = r#"flow = "notice"
starts = "2026-11-24T10:00:00+01:00"
category = "information"
tenant = { email = "a@example.nl" }
data = { title = "Lift", text = "De lift staat stil." }
"#;

#[test]
fn the_shipped_flows_do_what_their_scenarios_say_and_every_way_out_is_taken() {
    let (found, mistakes) = find(&Config::built_in());
    assert_eq!(mistakes, []);
    let tested = test(&found, &scenarios(&[]));
    assert!(tested.is_good(), "{}", tested.report());
    assert!(tested.outcomes.len() >= 30, "{}", tested.outcomes.len());
    assert_eq!(tested.uncovered, [""; 0], "{}", tested.report());
    assert_eq!(
        tested.coverage.len(),
        found.len(),
        "a shipped flow has no scenarios"
    );
}

#[test]
fn what_comes_otherwise_is_shown_beside_what_was_expected() {
    let scenario = "[[scenario]]\nname = \"wrong\"\nexpect = [{ after = \"0s\", sent = \"sms\" }, { after = \"2d\", end = \"sent\" }]\n";
    let tested = built_in(&format!("{HEAD}{scenario}"));
    assert!(!tested.is_good());
    let expected = [
        "expected { after = \"0s\", sent = \"sms\" } (2026-11-24T09:00:00Z)",
        "came     { after = \"0s\", sent = \"email\", template = \"notice-mail\" } (2026-11-24T09:00:00Z)",
        "expected { after = \"2d\", end = \"sent\" } (2026-11-26T09:00:00Z)",
        "came     { after = \"1d\", end = \"sent\" } (2026-11-25T09:00:00Z)",
    ];
    assert_eq!(tested.outcomes[0].differs, expected);
    let report = tested.report();
    assert!(
        report.contains("  DIFFERS  wrong\n") && report.contains("step first"),
        "{report}"
    );
    assert!(
        report.contains("bounced") && report.contains("<- never"),
        "{report}"
    );
}

#[test]
fn an_instant_by_the_clock_is_the_same_as_a_time_since_the_start() {
    let scenario = "[[scenario]]\nname = \"clock\"\nexpect = [{ at = \"2026-11-24T10:00:00+01:00\", sent = \"email\" }, { at = \"2026-11-25T10:00:00+01:00\", end = \"sent\" }]\n";
    let tested = built_in(&format!("{HEAD}{scenario}"));
    assert!(tested.is_good(), "{}", tested.report());
}

#[test]
fn what_cannot_happen_is_told() {
    let scenario = "[[scenario]]\nname = \"odd\"\nhappens = [{ after = \"1h\", bounced = \"sms\" }]\n\
                    expect = [{ after = \"0s\", sent = \"email\" }, { after = \"1d\", end = \"sent\" }]\n";
    let tested = built_in(&format!("{HEAD}{scenario}"));
    assert_eq!(
        tested.outcomes[0].differs,
        ["nothing was sent over sms that a receipt could be about"]
    );
}

#[test]
fn mistakes_in_scenarios_are_told_in_their_lines() {
    let cases = [
        (
            "flow = \"notice\"",
            "flow = \"notise\"",
            "own.toml:1:8: flow: \"notise\": expected a flow that is there",
        ),
        ("starts = ", "start = ", "own.toml:2:9: start: unknown key"),
        (
            "2026-11-24T10:00:00+01:00",
            "tuesday",
            "own.toml:2:10: starts: \"tuesday\": expected an instant",
        ),
        (
            "name = \"one\"",
            "nam = \"one\"",
            "own.toml:7:7: scenario[0].nam: unknown key",
        ),
        (
            "after = \"1h\"",
            "after = \"later\"",
            "own.toml:8:14: scenario[0].happens[0]: \"later\": expected a time",
        ),
        (
            "bounced = ",
            "bounces = ",
            "own.toml:8:14: scenario[0].happens[0]: \"bounces\" is nothing that happens",
        ),
        (
            "sent = \"email\"",
            "sent = \"fax\"",
            "own.toml:9:13: scenario[0].expect[0]: \"fax\" is not a channel",
        ),
        (
            "title = \"Lift\", ",
            "",
            "own.toml:7:1: scenario[0].data: data.title",
        ),
    ];
    let scenario = "[[scenario]]\nname = \"one\"\nhappens = [{ after = \"1h\", bounced = \"email\" }]\nexpect = [{ after = \"0s\", sent = \"email\" }]\n";
    let sound = format!("{HEAD}{scenario}");
    for (right, wrong, expected) in cases {
        assert_eq!(sound.matches(right).count(), 1, "{right}");
        let tested = built_in(&sound.replace(right, wrong));
        let told: Vec<String> = tested.mistakes.iter().map(ToString::to_string).collect();
        assert!(
            told.iter().any(|told| told.starts_with(expected)),
            "{expected}\n{told:#?}"
        );
    }
}

#[test]
fn a_file_of_steering_holds_for_scenarios_and_its_mistakes_are_told_with_their_lines() {
    let dir = tempfile::tempdir().expect("a directory");
    for folder in ["steering", "scenarios"] {
        std::fs::create_dir_all(dir.path().join(folder)).expect("a directory");
    }
    let write = |text: &str| {
        std::fs::write(dir.path().join("steering/own.toml"), text).expect("a file of steering");
    };
    write("[[segment]]\nname = \"seniors\"\npeople_first = true\nteam = \"seniors team\"\n");
    let scenario = "[[scenario]]\nname = \"people first\"\n\
        given = [{ fact = \"segment\", name = \"seniors\" }]\n\
        happens = [{ after = \"1h\", answer = \"retry\" }]\n\
        expect = [{ after = \"0s\", task = \"delivery\", team = \"seniors team\" }, { after = \"1h\", sent = \"email\", template = \"notice-mail\" }, { after = \"1d 1h\", end = \"sent\" }]\n";
    let head = HEAD.replacen('\n', "\nsteering = \"../steering/own.toml\"\n", 1);
    let label = dir.path().join("scenarios/own.toml");
    let label = label.display().to_string();
    let (found, _) = find(&Config::built_in());
    let run = || test(&found, &[(label.clone(), format!("{head}{scenario}"))]);
    let tested = run();
    assert!(
        tested
            .outcomes
            .iter()
            .all(|outcome| outcome.differs.is_empty()),
        "{}",
        tested.report()
    );
    assert_eq!(
        (tested.outcomes.len(), tested.mistakes.len()),
        (1, 0),
        "{}",
        tested.report()
    );
    write("[[segment]]\nname = \"seniors\"\npeople = true\n");
    let tested = run();
    let told = tested
        .mistakes
        .first()
        .map(ToString::to_string)
        .unwrap_or_default();
    assert!(
        told.contains("steering/own.toml:3: segment[0].people: unknown key"),
        "{told}"
    );
}

/// By e-mail, or by post where that is there in time: a letter is the cheaper one here.
const BILL: &str = r#"name = "bill"
version = 1
purpose = "information"
[input]
due_date = "date"
[[step]]
id = "bill"
send = { template = { email = "notice-mail", letter = "notice-mail" }, via = ["cheapest"], by = "data.due_date" }
on.bounced = "human: late"
on.settled = { after = "1h", go = "end: sent" }
"#;

const BILLS: &str = r#"flow = "bill"
steering = "../steering/own.toml"
starts = "2026-11-27T15:00:00+01:00"
category = "rent"
tenant = { email = "a@example.nl", postal = "Dijk 1, 1234 AB Plaats" }
[data]
due_date = "2026-12-01"
[[scenario]]
name = "there is time for a letter"
expect = [{ after = "0s", sent = "letter" }, { after = "1h", end = "sent" }]
[[scenario]]
name = "a letter would come a day late"
data = { due_date = "2026-11-30" }
expect = [{ after = "0s", sent = "email" }, { after = "1h", end = "sent" }]
[[scenario]]
name = "only a letter reaches the tenant, and comes too late"
tenant = { postal = "Dijk 1, 1234 AB Plaats" }
data = { due_date = "2026-11-30" }
expect = [{ after = "0s", task = "late" }]
"#;

#[test]
fn the_cheapest_channel_that_is_there_by_the_day_is_a_matter_of_the_calendar() {
    let dir = tempfile::tempdir().expect("a directory");
    let rates = "[[service]]\ncategory = \"*\"\nletter = \"primary\"\nemail = \"primary\"\n\
        [[price]]\nchannel = \"email\"\ncents = 2\ntakes = \"5m\"\n\
        [[price]]\nchannel = \"letter\"\ncents = 1\ntakes = \"2 post days\"\n";
    let mail = "Voor {{ data.due_date | datum }}.";
    for (path, text) in [
        ("bill.toml", BILL),
        ("steering/own.toml", rates),
        ("scenarios/bill.toml", BILLS),
        ("templates/notice-mail.txt", mail),
        ("templates/notice-mail.subject.txt", "Rekening"),
    ] {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    let (found, mistakes) = crate::config::flows::find_in(dir.path());
    let report = crate::flows::check::check(&found, mistakes);
    assert_eq!(report.mistakes, []);
    let label = dir.path().join("scenarios/bill.toml").display().to_string();
    let tested = test(&found, &[(label, BILLS.to_owned())]);
    assert!(tested.is_good(), "{}", tested.report());
    assert_eq!(tested.uncovered, [""; 0], "{}", tested.report());
}

#[test]
fn every_mistake_of_a_file_is_told_at_once() {
    let scenario = "[[scenario]]\nname = \"wrong\"\n\
        given = [{ fact = \"balanse\", amount_cents = 1 }]\n\
        happens = [{ after = \"-1d\", bounced = \"email\" }, { after = \"1d\", bounced = \"fax\" }, { after = \"1d\", fact = \"exception\", ends_on = \"2026-02-31\" }]\n\
        expect = [{ at = \"tomorrow\", end = \"sent\" }, { after = \"1d\" }]\n";
    let tested = built_in(&format!("{HEAD}{scenario}"));
    let told: Vec<String> = tested.mistakes.iter().map(ToString::to_string).collect();
    for expected in [
        "scenario[0].given: type: expected one of",
        "scenario[0].happens[0]: \"-1d\": expected a time",
        "scenario[0].happens[1]: \"fax\" is not a channel",
        "scenario[0].happens[2]: ends_on: expected a date that exists",
        "scenario[0].expect[0]: \"tomorrow\": expected an instant",
        "scenario[0].expect[1]: expected one of sent",
    ] {
        assert!(
            told.iter().any(|told| told.contains(expected)),
            "{expected}\n{told:#?}"
        );
    }
    let head = HEAD
        .replace("\"notice\"", "\"notise\"")
        .replace("2026-11-24T10:00:00+01:00", "tuesday");
    let tested = built_in(&head);
    let told: Vec<String> = tested.mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(told[0].contains("did you mean \"notice\"?"), "{told:#?}");
}

#[test]
fn what_meets_nothing_and_what_lies_ahead_is_told() {
    let scenario = "[[scenario]]\nname = \"nobody asks\"\nhappens = [{ after = \"1h\", answer = \"done\" }]\n\
                    expect = [{ after = \"0s\", sent = \"email\" }, { after = \"1d\", end = \"sent\" }]\n";
    let tested = built_in(&format!("{HEAD}{scenario}"));
    assert_eq!(
        tested.outcomes[0].differs,
        ["answer \"done\" finds no open task: nobody is asked at that time"]
    );
    let scenario = "[[scenario]]\nname = \"ahead\"\nhappens = [{ after = \"1h\", fact = \"balance\", amount_cents = 0, happened = \"2h\" }]\nexpect = []\n";
    let tested = built_in(&format!("{HEAD}{scenario}"));
    let told = tested.mistakes[0].to_string();
    assert!(
        told.contains("happened is 1h after it is told: expected no fact of what is still to come"),
        "{told}"
    );
}

#[test]
fn a_step_that_ends_the_flow_counts_as_taken() {
    let dir = tempfile::tempdir().expect("a directory");
    let flow = "name = \"short\"\nversion = 1\npurpose = \"information\"\n\
        [[step]]\nid = \"pause\"\nwait = { for = \"1d\", then = \"over\" }\n\
        [[step]]\nid = \"over\"\nend = \"done\"\n";
    std::fs::write(dir.path().join("short.toml"), flow).expect("a flow");
    let (found, mistakes) = find_in(dir.path());
    assert_eq!(mistakes, []);
    let text = "flow = \"short\"\nstarts = \"2026-11-24T10:00:00+01:00\"\ncategory = \"information\"\n\
        [[scenario]]\nname = \"one\"\nexpect = [{ after = \"1d\", end = \"done\" }]\n";
    let tested = test(&found, &[("own.toml".to_owned(), text.to_owned())]);
    assert!(tested.is_good(), "{}", tested.report());
    assert_eq!(tested.uncovered, [""; 0], "{}", tested.report());
}
