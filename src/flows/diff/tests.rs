//! What is told of two flows that differ.

use sluis_model::Flow;
use sluis_model::flow::Definition;
use tempfile::TempDir;

use super::diff;
use crate::config::Config;
use crate::config::flows::{Found, find, find_in};

fn told(a: &Definition, b: &Definition) -> Vec<String> {
    let compiled = |of: &Definition| Flow::compile(of).unwrap();
    diff((&compiled(a), a), (&compiled(b), b))
}

fn storno() -> Found {
    let (found, _) = find(&Config::built_in());
    found
        .into_iter()
        .find(|found| found.name == "storno")
        .unwrap()
}

#[test]
fn a_flow_does_not_differ_from_itself() {
    let storno = storno().definition;
    assert_eq!(told(&storno, &storno), [""; 0]);
}

#[test]
fn what_an_override_changes_is_told_in_words() {
    let dir = TempDir::new().unwrap();
    let own = "extends = \"storno\"\nversion = 7\ncalendar = \"nl\"\nremove = { guard = [\"right type of storno\"] }\n\
               [[guard]]\nname = \"balance above zero\"\nfresh_within = \"48h\"\n\
               [[step]]\nid = \"mail\"\non.unanswered.after = \"3 working days\"\n\
               [[step]]\nid = \"rest\"\nbefore = \"sms\"\nwait = { for = \"1d\", then = \"sms\" }\n";
    std::fs::write(dir.path().join("own.toml"), own).unwrap();
    std::fs::create_dir(dir.path().join("templates")).unwrap();
    std::fs::write(
        dir.path().join("templates/storno-sms.txt"),
        "Betaal {{ link }}",
    )
    .unwrap();
    let (found, mistakes) = find_in(dir.path());
    assert_eq!(mistakes, []);
    let expected = [
        "version: 2 -> 7",
        "guard right type of storno: removed",
        "guard balance above zero: fresh within: 1d -> 2d",
        "step rest: new",
        "step mail: bounced: to step sms -> to step rest",
        "step mail: unanswered: after 2d to step sms -> after 3 working days to step rest",
        "template storno-sms.en.txt: removed",
        "template storno-sms.txt: another text",
        "calendar nl: new",
    ];
    assert_eq!(told(&storno().definition, &found[0].definition), expected);
}
