//! Which flows are found, and with what.

use std::fs;
use std::path::Path;

use sluis_model::CorporationId;
use sluis_model::flow::Definition;
use tempfile::TempDir;

use super::super::{Config, flows};
use super::{KEYED, config};

const NOTICE: &str = "name = \"notice\"\nversion = 9\npurpose = \"information\"\n[classes]\nkind = \"kinds\"\n[[step]]\nid = \"first\"\n\
                      send = { template = { sms = \"hello\", email = \"notice-mail\" }, via = [\"sms\"] }\n";

fn write(dir: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = dir.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn summary(found: &[(Option<CorporationId>, Definition)]) -> Vec<(Option<u16>, String)> {
    let name = |definition: &Definition| {
        definition
            .flow
            .lines()
            .find(|line| line.starts_with("name"))
            .unwrap_or("?")
            .to_owned()
    };
    found
        .iter()
        .map(|(owner, definition)| (owner.map(|id| id.0), name(definition)))
        .collect()
}

/// The flows that are built in, by name.
const BUILT_IN: [&str; 11] = [
    "acceptance",
    "appointment",
    "arrangement",
    "dunning",
    "email",
    "instalment",
    "letter",
    "newsletter",
    "notice",
    "prenotice",
    "storno",
];

#[test]
fn the_built_in_flows_have_exactly_what_they_name() {
    let found = flows::load(&Config::built_in()).unwrap();
    let built_in = BUILT_IN.map(|flow| (None, format!("name = \"{flow}\"")));
    assert_eq!(summary(&found), built_in);
    let (notice, storno) = (&found[8].1, &found[10].1);
    assert!(notice.classes.is_empty());
    let keys = |definition: &Definition| definition.templates.keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        keys(notice),
        [
            "notice-mail.subject.txt",
            "notice-mail.txt",
            "notice-null.txt",
            "notice-sms.txt"
        ]
    );
    assert_eq!(storno.classes.keys().collect::<Vec<_>>(), ["storno-class"]);
    assert_eq!(keys(storno).len(), 7);
    for (_, definition) in &found {
        sluis_model::Flow::compile(definition).unwrap();
    }
}

#[test]
fn every_shipped_file_is_built_in() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/flows");
    let mut config = Config::built_in();
    let built_in = flows::load(&config).unwrap();
    config.flows.directory = Some(root);
    assert_eq!(flows::load(&config).unwrap(), built_in);
}

#[test]
fn a_directory_replaces_by_name_and_borrows_what_it_lacks() {
    let dir = TempDir::new().unwrap();
    let files = [
        ("a.toml", NOTICE),
        ("classes/kinds.toml", "default = 'A'"),
        ("templates/hello.txt", "hi"),
        ("templates/.x.txt", ""),
    ];
    write(dir.path(), &files);
    let mut config = Config::built_in();
    config.flows.directory = Some(dir.path().to_owned());
    let found = flows::load(&config).unwrap();
    let mut replaced = BUILT_IN;
    replaced[..=8].rotate_right(1);
    let replaced = replaced.map(|flow| (None, format!("name = \"{flow}\"")));
    assert_eq!(summary(&found), replaced);
    let notice = &found[0].1;
    assert!(notice.flow.contains("version = 9"));
    assert_eq!(notice.classes["kinds"], "default = 'A'");
    let templates: Vec<_> = notice.templates.keys().collect();
    assert_eq!(
        templates,
        ["hello.txt", "notice-mail.subject.txt", "notice-mail.txt"]
    );
}

#[test]
fn a_calendar_comes_from_beside_the_flow_or_is_the_one_built_in() {
    let dir = TempDir::new().unwrap();
    let named = format!("calendar = \"nl\"\n{NOTICE}");
    write(
        dir.path(),
        &[
            ("a.toml", &named),
            ("classes/kinds.toml", "default = 'A'"),
            ("templates/hello.txt", "hi"),
        ],
    );
    let mut config = Config::built_in();
    config.flows.directory = Some(dir.path().to_owned());
    let found = flows::load(&config).unwrap();
    assert!(found[0].1.calendars["nl"].contains("holidays = \"nl\""));
    let storno = found.last().map(|(_, storno)| storno);
    let names_none = storno.is_some_and(|storno| storno.calendars.is_empty());
    assert!(names_none, "storno names none");
    write(dir.path(), &[("calendars/nl.toml", "weekend = []")]);
    let found = flows::load(&config).unwrap();
    assert_eq!(found[0].1.calendars["nl"], "weekend = []");
}

#[test]
fn a_corporations_own_flows_come_beside_the_shared_ones() {
    let dir = TempDir::new().unwrap();
    write(
        dir.path(),
        &[
            ("a.toml", NOTICE),
            ("classes/kinds.toml", ""),
            ("templates/hello.txt", "hi"),
        ],
    );
    let mut config = config(KEYED);
    config.corporations[0].flows = Some(dir.path().to_owned());
    let found = summary(&flows::load(&config).unwrap());
    let owners: Vec<_> = found.iter().map(|(owner, _)| *owner).collect();
    assert_eq!(owners[..BUILT_IN.len()], [None; BUILT_IN.len()]);
    assert_eq!(owners[BUILT_IN.len()..], [Some(7)]);
}

#[test]
fn what_cannot_be_read_is_said_all_at_once() {
    let dir = TempDir::new().unwrap();
    write(
        dir.path(),
        &[
            ("a.toml", "name = \"a\"\nversion 1\n"),
            ("b.toml", &"#".repeat((1 << 20) + 1)),
        ],
    );
    fs::write(dir.path().join("c.toml"), [0xff, 0xfe]).unwrap();
    let mut config = config(KEYED);
    config.flows.directory = Some(dir.path().to_owned());
    config.corporations[0].flows = Some("/nowhere".into());
    let problems = flows::load(&config).unwrap_err();
    let mut paths: Vec<String> = problems
        .0
        .iter()
        .map(|p| p.path.replace(&dir.path().display().to_string(), "DIR"))
        .collect();
    paths.sort();
    assert_eq!(
        paths,
        [
            "DIR/a.toml:2",
            "DIR/b.toml",
            "DIR/c.toml",
            "corporation.waterpoort.flows"
        ]
    );
}
