//! Flows without a mistake, and what is only a warning.

use tempfile::TempDir;

use super::{BESIDE, FLOW, Report, checked, shown, write};
use crate::config::Config;
use crate::config::flows::{FlowMistake, find, find_in};
use crate::flows::check::check;

#[test]
fn what_is_shipped_and_the_pack_of_the_cases_have_no_mistake_and_no_warning() {
    let (found, mistakes) = find(&Config::built_in());
    let report = check(&found, mistakes);
    assert_eq!(report.mistakes, []);
    assert_eq!(report.sound.len(), found.len());
    let (_dir, report) = checked("flow.toml", "version = 1", "version = 2");
    assert_eq!((report.mistakes, report.warnings), (vec![], vec![]));
    assert_eq!(report.sound, ["sound 2"]);
}

#[test]
fn what_nothing_uses_is_a_warning() {
    let cases = [
        (
            "flow.toml",
            "urgent = \"boolean?\"",
            "urgent = \"boolean?\"\nplace = \"line\"",
            "flow.toml:13:9: input.place",
        ),
        (
            "flow.toml",
            "kind = \"kinds\"",
            "kind = \"kinds\"\nother = \"kinds\"",
            "flow.toml:16:9: classes.other",
        ),
        (
            "flow.toml",
            "2 working days",
            "48h",
            "flow.toml:7:12: calendar",
        ),
        ("templates/old.txt", "", "x", "templates/old.txt: "),
        (
            "classes/old.toml",
            "",
            "default = \"A\"",
            "classes/old.toml: ",
        ),
        (
            "calendars/old.toml",
            "",
            "holidays = \"nl\"",
            "calendars/old.toml: ",
        ),
    ];
    for (file, sound, other, expected) in cases {
        let (dir, report) = checked(file, sound, other);
        assert_eq!(report.mistakes, [], "{other}");
        let warnings: Vec<String> = report
            .warnings
            .iter()
            .map(|found| shown(dir.path(), found))
            .collect();
        assert_eq!(warnings, [expected], "{other}");
    }
}

#[test]
fn a_mistake_is_shown_with_its_line_and_a_mark_below_it() {
    let (dir, report) = checked(
        "flow.toml",
        "on.bounced = \"text\"",
        "on.bounced = \"txet\"",
    );
    let said = report.mistakes[0]
        .to_string()
        .replace(&dir.path().display().to_string(), "DIR");
    let lines: Vec<&str> = said.lines().collect();
    assert!(
        lines[0].starts_with("DIR/flow.toml:36:14: step.mail.on.bounced: \"txet\" leads nowhere"),
        "{said}"
    );
    assert_eq!(
        lines[1..],
        ["   36 | on.bounced = \"txet\"", "      |              ^"]
    );
}

#[test]
fn a_template_may_include_a_file_that_no_step_names() {
    let dir = TempDir::new().unwrap();
    write(dir.path(), &[("flow.toml", FLOW)]);
    write(dir.path(), &BESIDE);
    let files = [
        (
            "templates/hello-sms.txt",
            "Betaal. {% include 'foot.txt' %}\n",
        ),
        (
            "templates/foot.txt",
            "{% include \"name.txt\" %}, {{ data.cents|euro }}\n",
        ),
        ("templates/name.txt", "{{ corporation.name }}"),
    ];
    write(dir.path(), &files);
    let (found, mistakes) = find_in(dir.path());
    let report = check(&found, mistakes);
    assert_eq!((report.mistakes, report.warnings), (vec![], vec![]));
    let templates = &found[0].definition.templates;
    assert!(templates.contains_key("foot.txt") && templates.contains_key("name.txt"));
    write(
        dir.path(),
        &[("templates/name.txt", "{% include 'foot.txt' %}")],
    );
    let (found, mistakes) = find_in(dir.path());
    let report = check(&found, mistakes);
    let said = report.mistakes[0].message.clone();
    assert!(said.contains("includes itself"), "{said}");
}

#[test]
fn what_editors_and_packages_leave_beside_files_is_passed_over() {
    let (dir, _) = checked("flow.toml", "version = 1", "version = 2");
    let left = [
        "flow.toml~",
        "#flow.toml#",
        ".flow.toml.swp",
        "flow.toml.bak",
        "4913",
        "._flow.toml",
    ];
    for name in left {
        write(dir.path(), &[(name, "half")]);
    }
    for folder in ["calendars", "classes", "facts", "templates"] {
        for name in [
            "hello-sms.txt~",
            "hello-sms.txt.swp",
            "hello-sms.txt.orig",
            "#hello-sms.txt#",
            "4913",
        ] {
            write(dir.path(), &[(&*format!("{folder}/{name}"), "half")]);
        }
    }
    std::os::unix::fs::symlink("anna@host.17:1", dir.path().join(".#flow.toml")).unwrap();
    let (found, mistakes) = find_in(dir.path());
    let report = check(&found, mistakes);
    assert_eq!((report.mistakes, report.warnings), (vec![], vec![]));
    assert_eq!(report.sound, ["sound 2"]);
}

#[test]
fn a_flow_behind_a_link_that_leads_nowhere_is_a_mistake() {
    let (dir, _) = checked("flow.toml", "version = 1", "version = 2");
    std::os::unix::fs::symlink("nowhere.toml", dir.path().join("gone.toml")).unwrap();
    std::fs::create_dir(dir.path().join("folder.toml")).unwrap();
    let (_, mistakes) = find_in(dir.path());
    let told: Vec<String> = mistakes
        .iter()
        .map(|found| found.place.file.clone())
        .collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].ends_with("/gone.toml"), "{told:?}");
}

#[test]
fn a_class_table_that_only_a_branch_asks_for_is_used() {
    let report = asking_for_other(
        "wait = { for = \"5d\", then = \"ask\" }",
        "branch.cases = [{ when = \"other(data.code) == 'CHASE'\", go = \"ask\" }]\nbranch.otherwise = \"ask\"",
    );
    assert_eq!((report.mistakes, report.warnings), (vec![], vec![]));
}

#[test]
fn a_count_that_nothing_is_counted_for_is_a_warning() {
    let cases = [
        (
            "colection",
            "none of these flows has the purpose 'colection'",
        ),
        ("information", ""),
    ];
    for (purpose, expected) in cases {
        let rule = format!("contacted('{purpose}', 7 days) < 3");
        let (_dir, report) = checked("flow.toml", "kind(data.code) == 'CHASE'", &rule);
        assert_eq!(report.mistakes, []);
        let of_counts = |found: &&FlowMistake| found.path.ends_with(".when");
        let told: Vec<&str> = report
            .warnings
            .iter()
            .filter(of_counts)
            .map(|found| &*found.message)
            .collect();
        assert_eq!(told.is_empty(), expected.is_empty(), "{told:?}");
        assert!(
            told.iter().all(|told| told.starts_with(expected)),
            "{told:?}"
        );
    }
}

/// What a check of the pack finds where it has a class table more, and one line asks for it.
fn asking_for_other(sound: &str, asking: &str) -> Report {
    let dir = TempDir::new().unwrap();
    let flow = FLOW.replace("kind = \"kinds\"", "kind = \"kinds\"\nother = \"kinds\"");
    assert_eq!(flow.matches(sound).count(), 1, "{sound}");
    write(dir.path(), &[("flow.toml", &*flow.replace(sound, asking))]);
    write(dir.path(), &BESIDE);
    let (found, mistakes) = find_in(dir.path());
    check(&found, mistakes)
}

#[test]
fn a_class_table_that_only_names_a_team_is_used() {
    let task = "task = { list = \"desk\", answers";
    let report = asking_for_other(task, task);
    assert_eq!((report.mistakes.len(), report.warnings.len()), (0, 1));
    let team = "task = { list = \"desk\", team = \"other(data.code)\", answers";
    let report = asking_for_other(task, team);
    assert_eq!((report.mistakes, report.warnings), (vec![], vec![]));
}

#[test]
fn of_two_that_have_one_name_a_mistake_is_told_where_it_stands() {
    let (dir, report) = checked(
        "flow.toml",
        "[[stop]]",
        "[[guard]]\nname = \"right kind\"\nwhen = \"data.nothing == 'x'\"\notherwise = \"end: x\"\n\n[[stop]]",
    );
    let shown: Vec<String> = report
        .mistakes
        .iter()
        .map(|found| shown(dir.path(), found))
        .collect();
    assert_eq!(shown, ["flow.toml:30:8: guard[2] \"right kind\".when"]);
    let (dir, report) = checked(
        "flow.toml",
        "when = \"kind(data.code) == 'CHASE'\"\notherwise = \"end: wrong kind\"\n",
        "when = \"data.nothing == 'x'\"\notherwise = \"end: wrong kind\"\n\n[[guard]]\nname = \"right kind\"\nwhen = \"kind(data.code) == 'CHASE'\"\notherwise = \"end: wrong kind\"\n",
    );
    let first = super::shown(dir.path(), &report.mistakes[0]);
    assert_eq!(first, "flow.toml:19:8: guard[0] \"right kind\".when");
    // Two steps of one id: the one that waits cannot have the ways out of the one that sends.
    let (dir, report) = checked(
        "flow.toml",
        "[[step]]\nid = \"pause\"\n",
        "[[step]]\nid = \"mail\"\nwait = { for = \"soon\", then = \"ask\" }\n\n[[step]]\nid = \"pause\"\n",
    );
    let places: Vec<String> = report
        .mistakes
        .iter()
        .map(|found| super::shown(dir.path(), found))
        .collect();
    assert!(
        places.contains(&"flow.toml:48:16: step.mail.wait.for".to_owned()),
        "{places:?}"
    );
}

#[test]
fn what_only_follows_from_a_mistake_is_not_told_as_another() {
    for (file, sound, other, expected) in [
        (
            "flow.toml",
            "code = \"line\"",
            "code = \"lin\"",
            "input.code",
        ),
        (
            "flow.toml",
            "kind = \"kinds\"",
            "kind = \"kindz\"",
            "classes.kind",
        ),
        (
            "calendars/office.toml",
            "holidays = \"nl\"",
            "holidays = \"be\"",
            "calendars/office.toml.holidays",
        ),
        (
            "flow.toml",
            "calendar = \"office\"",
            "calendar = \"ofice\"",
            "calendar",
        ),
    ] {
        let (_dir, report) = checked(file, sound, other);
        let paths: Vec<&str> = report.mistakes.iter().map(|found| &*found.path).collect();
        assert_eq!(paths, [expected], "{other}");
    }
}
