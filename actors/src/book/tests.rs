//! Which definitions are taken, and what is told of those that are not.

use super::*;
use sluis_journal::MemoryJournal;

fn definition(name: &str, version: u32, via: &str) -> Definition {
    let flow = format!(
        "name = \"{name}\" # the name\nversion = {version}\npurpose = \"information\"\n[[step]]\nid = \"first\"\n\
         send = {{ template = {{ sms = \"hello\", portal = \"hello\" }}, via = [\"{via}\"] }}\n"
    );
    let templates = [("hello.txt".to_owned(), "Beste {{ tenant.name }}".to_owned())].into();
    Definition {
        flow,
        templates,
        ..Definition::default()
    }
}

const ONE: CorporationId = CorporationId(1);

#[test]
fn a_corporations_own_flow_goes_before_the_shared_one() {
    let journal = MemoryJournal::new(1, 1);
    let (shared, own) = (
        definition("notice", 1, "sms"),
        definition("notice", 2, "sms"),
    );
    let other = definition("other", 1, "sms");
    let all = vec![
        (None, shared.clone()),
        (Some(ONE), own.clone()),
        (None, other),
    ];
    let book = Book::load(&journal, all).unwrap();
    assert_eq!(book.current(ONE, "notice"), Some(own.reference()));
    assert_eq!(
        book.current(CorporationId(2), "notice"),
        Some(shared.reference())
    );
    assert_eq!(
        (book.current(ONE, "none"), book.names(ONE)),
        (None, vec!["notice".to_owned(), "other".to_owned()])
    );
    assert_eq!((book.len(), book.all_current().len()), (3, 3));
    assert!(book.templates(own.reference()).is_some());
}

#[test]
fn an_upgrade_keeps_what_was_stored() {
    let journal = MemoryJournal::new(1, 1);
    let (old, new) = (
        definition("notice", 1, "sms"),
        definition("notice", 2, "sms"),
    );
    Book::load(&journal, vec![(None, old.clone())]).unwrap();
    let book = Book::load(&journal, vec![(None, new.clone())]).unwrap();
    assert_eq!(book.current(ONE, "notice"), Some(new.reference()));
    assert_eq!(book.flow(old.reference()).map(|flow| flow.version), Some(1));
    assert_eq!(journal.definitions().unwrap().len(), 2);
}

#[test]
fn a_flow_that_nobody_may_use_any_more_is_still_known_and_anothers_own_is_not() {
    let journal = MemoryJournal::new(1, 1);
    let two = CorporationId(2);
    Book::load(
        &journal,
        vec![
            (None, definition("gone", 1, "sms")),
            (Some(ONE), definition("own", 1, "sms")),
        ],
    )
    .unwrap();
    let book = Book::load(
        &journal,
        vec![
            (Some(ONE), definition("own", 2, "sms")),
            (None, definition("notice", 1, "sms")),
        ],
    )
    .unwrap();
    let known =
        |corporation| ["gone", "own", "notice", "never"].map(|name| book.knows(corporation, name));
    assert_eq!(
        (known(ONE), known(two)),
        ([true, true, true, false], [true, false, true, false])
    );
}

#[test]
fn every_mistake_is_reported_with_its_flow_and_path_and_nothing_is_stored() {
    let journal = MemoryJournal::new(1, 1);
    let mut syntax = definition("syntax", 1, "sms");
    syntax
        .templates
        .insert("hello.txt".into(), "{{ tenant.name".into());
    let mut absent = definition("absent", 1, "sms");
    absent.templates.clear();
    let twice = definition("twice", 1, "sms");
    let all = vec![
        (None, definition("way", 1, "pigeon")),
        (None, syntax),
        (Some(ONE), absent),
        (None, twice.clone()),
        (None, twice),
        (
            None,
            Definition {
                flow: "name: broken".into(),
                ..Definition::default()
            },
        ),
    ];
    let problems = Book::load(&journal, all).unwrap_err();
    let found: Vec<(&str, &str)> = problems
        .iter()
        .map(|p| (&*p.definition, &*p.path))
        .collect();
    let expected = [
        ("way", "step.first.send.via"),
        ("syntax", "templates.hello.txt"),
        ("absent of corporation 1", "templates.hello.txt"),
        ("twice", "name"),
        ("(number 6)", "flow"),
    ];
    for wanted in expected {
        assert!(
            found.contains(&wanted),
            "{wanted:?} is missing from {found:?}"
        );
    }
    assert!(journal.definitions().unwrap().is_empty());
}

const GREEDY: &str = r#"{{ ("x"*2000000)|replace("x","x"*2000)|length }}"#;

fn with_template(source: &str) -> Definition {
    let mut definition = definition("notice", 1, "sms");
    definition
        .templates
        .insert("hello.txt".into(), source.into());
    definition
}

#[test]
fn a_template_that_asks_for_gigabytes_or_cannot_be_rendered_is_refused_when_it_is_to_be_current() {
    for (source, said) in [
        (GREEDY, "* is not offered"),
        (
            r#"{{ "%0900000000d"|format(1) }}"#,
            "\"format\" is not offered",
        ),
        ("{{ data.naam }}", "data.naam not given"),
    ] {
        let journal = MemoryJournal::new(1, 1);
        let problems = Book::load(&journal, vec![(None, with_template(source))]).unwrap_err();
        assert_eq!(
            (problems.len(), &*problems[0].definition, &*problems[0].path),
            (1, "notice", "templates.hello.txt")
        );
        assert!(problems[0].message.contains(said), "{}", problems[0]);
        assert!(journal.definitions().unwrap().is_empty());
    }
}

#[test]
fn the_same_template_in_a_stored_definition_does_not_stop_the_start() {
    let (journal, greedy) = (MemoryJournal::new(1, 1), with_template(GREEDY));
    journal
        .put_definition(greedy.reference().0, &greedy.encode())
        .unwrap();
    let book = Book::load(&journal, vec![(None, definition("notice", 2, "sms"))]).unwrap();
    assert!(
        book.flow(greedy.reference()).is_some() && book.templates(greedy.reference()).is_some()
    );
}

#[test]
fn a_stored_definition_that_was_changed_stops_the_start() {
    let journal = MemoryJournal::new(1, 1);
    journal
        .put_definition([7; 16], &definition("notice", 1, "sms").encode())
        .unwrap();
    journal.put_definition([8; 16], b"nonsense").unwrap();
    let problems = Book::load(&journal, Vec::new()).unwrap_err();
    assert_eq!(problems.len(), 2);
    assert!(
        problems[0].to_string().starts_with("flow stored 07070707"),
        "{}",
        problems[0]
    );
}

fn names(renewed: &[Renewed]) -> Vec<(&str, Change)> {
    renewed
        .iter()
        .map(|renewed| (&*renewed.name, renewed.change))
        .collect()
}

#[test]
fn what_is_taken_over_is_current_at_once_and_what_was_stays_known() {
    let journal = MemoryJournal::new(1, 1);
    let (old, gone) = (definition("notice", 1, "sms"), definition("gone", 1, "sms"));
    let book = Book::load(&journal, vec![(None, old.clone()), (None, gone.clone())]).unwrap();
    let held = book.flow(old.reference()).expect("it is there");
    let (new, more) = (definition("notice", 2, "sms"), definition("more", 1, "sms"));
    let fresh = Book::check(vec![(None, new.clone()), (None, more.clone())]).unwrap();
    let expected = [
        ("more", Change::Added),
        ("notice", Change::Changed),
        ("gone", Change::Removed),
    ];
    assert_eq!(names(&book.renewed(&fresh)), expected);
    let stored = Book::store(&journal, fresh).unwrap();
    assert_eq!(book.current(ONE, "notice"), Some(old.reference()));
    assert_eq!(names(&book.take_over(stored)), expected);
    assert_eq!(book.current(ONE, "notice"), Some(new.reference()));
    assert_eq!(
        (book.current(ONE, "gone"), book.names(ONE).len()),
        (None, 2)
    );
    assert!(
        book.knows(ONE, "gone"),
        "what was accepted under it goes on"
    );
    assert_eq!((held.version, book.len()), (1, 4));
    assert!(book.templates(gone.reference()).is_some());
    assert_eq!(
        book.flow(more.reference()).map(|flow| flow.version),
        Some(1)
    );
    // A start finds all of it.
    let after = Book::load(&journal, vec![(None, new)]).unwrap();
    assert_eq!(after.len(), 4);
}

#[test]
fn what_is_the_same_changes_nothing_and_what_comes_back_is_what_it_was() {
    let journal = MemoryJournal::new(1, 1);
    let (one, two) = (
        definition("notice", 1, "sms"),
        definition("notice", 2, "sms"),
    );
    let book = Book::load(&journal, vec![(None, one.clone())]).unwrap();
    let take = |definition: &Definition| {
        let fresh = Book::check(vec![(None, definition.clone())]).unwrap();
        book.take_over(Book::store(&journal, fresh).unwrap()).len()
    };
    assert_eq!(
        [take(&one), take(&two), take(&one), take(&one)],
        [0, 1, 1, 0]
    );
    assert_eq!(
        (book.len(), book.current(ONE, "notice")),
        (2, Some(one.reference()))
    );
}

#[test]
fn of_definitions_with_a_mistake_none_is_taken() {
    let right = definition("right", 1, "sms");
    let problems = Book::check(vec![
        (None, right.clone()),
        (None, definition("wrong", 1, "owl")),
        (None, right),
        (Some(ONE), definition("pigeon", 1, "pigeon")),
    ])
    .expect_err("three mistakes");
    assert!(problems.len() >= 3, "{problems:?}");
}
