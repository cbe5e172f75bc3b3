//! Flows without a mistake, and what is only a warning.

use super::{checked, shown};
use crate::config::Config;
use crate::config::flows::find;
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
