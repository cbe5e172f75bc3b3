//! One mistake of every kind: each is told in its file, in its line, with what was expected.

use super::cases::all;
use super::{checked, shown};

#[test]
fn every_kind_of_mistake_is_told_in_its_line() {
    let cases = all();
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

#[test]
fn a_date_is_compared_with_a_day_alone() {
    let dated = super::FLOW.replace("code = \"line\"", "code = \"date\"");
    for (rule, is_right) in [
        ("data.code < '2026-12-01'", true),
        ("data.code < '01-12-2026'", false),
        ("data.code == '2026-13-01'", false),
        ("data.code in ['2026-12-01', '1 december']", false),
        ("'20261201' >= data.code", false),
        ("between(data.code, '2026-12-01', '2026-2-1')", false),
        ("data.code + 1 day > '2026-12-01'", true),
    ] {
        let flow = dated.replace("kind(data.code) == 'CHASE'", rule);
        let (_dir, report) = checked("flow.toml", "", &flow);
        let told: Vec<&str> = report
            .mistakes
            .iter()
            .map(|found| &*found.message)
            .collect();
        let is_no_day = |told: &&str| told.contains("is no day: expected one such as '2026-12-01'");
        assert_eq!(
            told.iter().filter(|told| is_no_day(told)).count(),
            usize::from(!is_right),
            "{rule}: {told:?}"
        );
        assert_eq!(told.len(), usize::from(!is_right), "{rule}: {told:?}");
    }
}
