//! Mistakes of steps that include another flow: where they are told, and all at once.

use tempfile::TempDir;

use super::included::{OUTER, TALK, found, told};
use super::{check, write};
use crate::config::flows::find_in;

#[test]
fn a_mistake_of_the_included_flow_is_told_in_both_files() {
    let wrong = TALK
        .replace("go = \"kept\"", "go = \"kep\"")
        .replace("task.call.pay_on >", "task.cal.pay_on >");
    let (dir, _, report) = found(OUTER, &wrong, &[]);
    let told = told(&dir, &report);
    for expected in [
        "outer.toml:22:1: step.chase.confirm.on.settled.go: with this, talk.toml:29: \"chase.kep\" leads nowhere",
        "outer.toml:22:1: step.chase.kept.branch.cases[0].when: with this, talk.toml:33:",
        "talk.toml:29:46: step.confirm.on.settled.go: \"kep\" leads nowhere",
    ] {
        assert!(
            told.iter().any(|told| told.starts_with(expected)),
            "{expected}\n{told:#?}"
        );
    }
}

#[test]
fn mistakes_of_a_step_that_includes_are_told_at_once() {
    let outer = |step: &str| {
        let (head, _) = OUTER.split_once("include = ").unwrap();
        format!("{head}{step}")
    };
    let all = "with = { due_date = \"visit_on\" }\non_end = { \"*\" = \"end: over\" }\n";
    let cases = [
        ("include = \"tlk\"\n".to_owned(), "outer.toml:23:11: step.chase.include: \"tlk\": expected a flow that is there, one of "),
        ("include = 3\n".to_owned(), "outer.toml:23:11: step.chase.include: 3: expected the name of a flow"),
        (format!("include = \"talk\"\nonend = 1\n{all}"), "outer.toml:24:9: step.chase.onend: unknown key: expected one of include, id, with, on_end, without: did you mean \"on_end\"?"),
        ("include = \"talk\"\non_end = { \"*\" = \"end: over\" }\n".to_owned(), "outer.toml:23:11: step.chase.include: \"talk\" needs the field \"due_date\" of kind date: expected it in [input], or with = { due_date = \"<a field of this flow>\" }"),
        ("include = \"talk\"\nwith = { due_date = \"note\" }\non_end = { \"*\" = \"end: over\" }\n".to_owned(), "outer.toml:24:21: step.chase.with.due_date: \"talk\" needs the field \"due_date\" of kind date, and \"note\" is of kind line here"),
        ("include = \"talk\"\nwith = { due_date = \"visit_on\", invoice_id = \"note\" }\non_end = { \"*\" = \"end: over\" }\n".to_owned(), "outer.toml:24:46: step.chase.with.invoice_id: \"talk\" needs the field \"invoice_id\" of kind line, and \"note\" may be left out here: expected a field that is always given"),
        ("include = \"talk\"\nwith = { due_dat = \"visit_on\" }\non_end = { \"*\" = \"end: over\" }\n".to_owned(), "outer.toml:24:20: step.chase.with.due_dat: \"due_dat\" is not in the flow that is included: expected one of due_date, invoice_id, note: did you mean \"due_date\"?"),
        ("include = \"talk\"\nwith = { due_date = \"visit_on\" }\non_end = { promisd = \"mail\", \"*\" = \"mial\" }\n".to_owned(), "outer.toml:25:22: step.chase.on_end.promisd: \"promisd\" is not an end of the flow that is included: expected one of *, promised, refuses, too late, undeliverable: did you mean \"promised\"?"),
        ("include = \"talk\"\nwith = { due_date = \"visit_on\" }\non_end = { \"*\" = \"mial\" }\n".to_owned(), "outer.toml:25:18: step.chase.on_end.*: \"mial\" leads nowhere: expected a step's id, `end: <name>` or `human: <list>`"),
        (format!("include = \"talk\"\nwithout = {{ guard = [\"feed\"] }}\n{all}"), "outer.toml:24:22: step.chase.without.guard[0]: \"feed\" is not in the flow that is included: expected one of feed is production"),
        (format!("include = \"talk\"\nwithout = [\"feed\"]\n{all}"), "outer.toml:24:1: step.chase.without: [\"feed\"]: expected without = { guard ="),
        (format!("include = \"talk\"\nsend = {{}}\n{all}"), "outer.toml:24:1: step.chase.send: unknown key"),
    ];
    for (step, expected) in cases {
        let (dir, _, report) = found(&outer(&step), TALK, &[]);
        let told = told(&dir, &report);
        assert!(
            told.iter().any(|told| told.starts_with(expected)),
            "{step}{expected}\n{told:#?}"
        );
    }
    let no_id = OUTER.replace("id = \"chase\"\n", "");
    let (dir, _, report) = found(&no_id, TALK, &[]);
    let all = self::told(&dir, &report);
    assert!(
        all[0].starts_with("outer.toml:22:1: step[1]: id is not given"),
        "{all:#?}"
    );
    let id = OUTER.replace("\"chase\"", "\"Chase it\"");
    let (dir, _, report) = found(&id, TALK, &[]);
    let told = told(&dir, &report);
    assert!(
        told[0].starts_with(
            "outer.toml:22:6: step.Chase it.id: \"Chase it\": expected lower-case letters"
        ),
        "{told:#?}"
    );
}

#[test]
fn a_rule_that_does_not_come_along_is_left_out_by_name_only() {
    let talk = TALK.replace("[[step]]\nid = \"call\"", "[[stop]]\nname = \"paid\"\nwhen = \"facts.balance_cents <= 0\"\nend = \"paid\"\n\n[[step]]\nid = \"call\"");
    let (dir, _, report) = found(OUTER, &talk, &[]);
    assert_eq!(
        told(&dir, &report),
        [
            "outer.toml:23:11: step.chase.include: \"talk\" has the stop rule \"paid\", which does not come along: expected a stop rule of this name in this flow, or without = { stop = [\"paid\"] }"
        ]
    );
    let without = OUTER.replace(
        "include = \"talk\"",
        "include = \"talk\"\nwithout = { stop = [\"paid\"] }",
    );
    let (dir, _, report) = found(&without, &talk, &[]);
    assert_eq!(told(&dir, &report), [""; 0]);
}

#[test]
fn a_key_at_the_top_that_holds_for_a_whole_notification_is_not_lost_unseen() {
    let talk = TALK.replace("version = 1", "version = 1\nclosing = \"kept\"");
    let (dir, _, report) = found(OUTER, &talk, &[]);
    let told = told(&dir, &report);
    let expected = "outer.toml:23:11: step.chase.include: \"talk\" says `closing` at the top, which holds for a whole notification and does not come along: expected `closing` in this flow";
    assert!(told.iter().any(|told| told == expected), "{told:#?}");
}

#[test]
fn a_change_of_a_step_that_is_not_there_names_those_that_are() {
    let own = format!("{OUTER}[[step]]\nid = \"chase.confrm\"\non.bounced = \"mail\"\n");
    let (dir, _, report) = found(&own, TALK, &[]);
    assert_eq!(
        told(&dir, &report),
        [
            "outer.toml:27:1: step.chase.confrm: \"chase.confrm\" is not a step of the flow that is included: expected one of chase.call, chase.confirm, chase.kept: did you mean \"chase.confirm\"?"
        ]
    );
}

#[test]
fn one_that_ends_by_itself_as_sent_is_refused_with_what_to_do() {
    let talk = TALK.replace(
        "on.settled = { after = \"1 working day\", go = \"kept\" }",
        "on.bounced = \"kept\"",
    );
    let (dir, _, report) = found(OUTER, &talk, &[]);
    let told = told(&dir, &report);
    assert!(
        told[0].starts_with("outer.toml:25:1: step.chase.on_end: \"talk\" ends as \"sent\" by itself (talk.toml:27, step \"confirm\"): expected on.settled"),
        "{told:#?}"
    );
}

#[test]
fn circles_too_many_and_too_deep_are_refused() {
    let one = |name: &str, include: &str| {
        format!(
            "name = \"{name}\"\nversion = 1\npurpose = \"x\"\n[[step]]\nid = \"in\"\ninclude = \"{include}\"\non_end = {{ \"*\" = \"end: over\" }}\n"
        )
    };
    let all = |files: &[(String, String)]| {
        let dir = TempDir::new().unwrap();
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(name, text)| (&**name, &**text))
            .collect();
        write(dir.path(), &files);
        let (found, mistakes) = find_in(dir.path());
        let report = check(&found, mistakes);
        told(&dir, &report)
    };
    let circle = [("a", "b"), ("b", "c"), ("c", "a")];
    let circle = circle.map(|(name, of)| (format!("{name}.toml"), one(name, of)));
    let found = all(&circle);
    assert!(
        found[0].starts_with("a.toml:6:11: step.in.include: \"b\" has mistakes of its own, such as b.toml:6: step.in.include: \"c\" has mistakes of its own, such as c.toml:6: step.in.include: \"a\" includes itself: a.toml -> b.toml -> c.toml -> a.toml"),
        "{found:#?}"
    );
    assert_eq!(found.len(), 3);
    let itself = all(&[("a.toml".to_owned(), one("a", "a"))]);
    assert_eq!(
        itself,
        ["a.toml:6:11: step.in.include: \"a\" includes itself: a.toml -> a.toml"]
    );
    let mut deep: Vec<(String, String)> = (0..9)
        .map(|n| {
            (
                format!("f{n}.toml"),
                one(&format!("f{n}"), &format!("f{}", n + 1)),
            )
        })
        .collect();
    let last = "name = \"f9\"\nversion = 1\npurpose = \"x\"\n[[step]]\nid = \"wait\"\nwait = { for = \"1d\", then = \"end: done\" }\n";
    deep.push(("f9.toml".to_owned(), last.to_owned()));
    let found = all(&deep);
    assert!(
        found[0].contains("more than 8 flows extend or include each other"),
        "{found:#?}"
    );
    assert!(
        found.iter().all(|told| !told.starts_with("f2.toml")),
        "eight may: {found:#?}"
    );
    // Each file eight times the next one: refused before it grows.
    let steps: String = (0..8)
        .map(|n| {
            format!(
                "[[step]]\nid = \"s{n}\"\ninclude = \"NEXT\"\non_end = {{ \"*\" = \"{}\" }}\n",
                if n < 7 {
                    format!("s{}", n + 1)
                } else {
                    "end: over".to_owned()
                }
            )
        })
        .collect();
    let head = |name: &str| format!("name = \"{name}\"\nversion = 1\npurpose = \"x\"\n");
    let mut wide: Vec<(String, String)> = (0..5)
        .map(|n| {
            (
                format!("w{n}.toml"),
                head(&format!("w{n}")) + &steps.replace("NEXT", &format!("w{}", n + 1)),
            )
        })
        .collect();
    wide.push(("w5.toml".to_owned(), last.replace("f9", "w5")));
    let found = all(&wide);
    assert!(
        found.iter().any(|told| told.starts_with(
            "w2.toml:4:3: step: 512 steps with those of the flows that are included (s0: 64, "
        )),
        "{found:#?}"
    );
}
