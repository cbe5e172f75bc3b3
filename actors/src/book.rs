//! Owns every definition a message may still need: the current ones and every stored older one,
//! compiled, with their templates. Loaded at start, immutable after it. Refuses to start with a
//! definition that does not compile: a message could then no longer be explained or sent.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use sluis_channels::Templates;
use sluis_journal::Journal;
use sluis_model::flow::Definition;
use sluis_model::{CorporationId, Flow, FlowBook, FlowRef};

/// All compiled definitions.
#[derive(Debug, Default)]
pub struct Book {
    entries: BTreeMap<FlowRef, Entry>,
    /// The shared flows under none.
    current: BTreeMap<Option<CorporationId>, BTreeMap<Box<str>, FlowRef>>,
}

#[derive(Debug)]
struct Entry {
    flow: Flow,
    templates: Templates,
}

/// One mistake: in which definition, where in it, what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookProblem {
    /// The flow's name, with its corporation where it is not shared, or the hash of a stored
    /// definition.
    pub definition: String,
    /// Path within the definition: `step.mail.on.bounced`, `templates.storno-mail.txt`.
    pub path: String,
    /// What is wrong, what was expected, a hint.
    pub message: String,
}

impl fmt::Display for BookProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "flow {}: {}: {}",
            self.definition, self.path, self.message
        )
    }
}

impl Book {
    /// Compiles the current definitions, stores them durably, and loads every older one that is
    /// stored.
    ///
    /// # Errors
    /// Every mistake found. Nothing is stored unless all current definitions are right.
    pub fn load(
        journal: &dyn Journal,
        current: Vec<(Option<CorporationId>, Definition)>,
    ) -> Result<Book, Vec<BookProblem>> {
        let mut book = Book::default();
        let mut problems = Vec::new();
        for (number, (corporation, definition)) in current.iter().enumerate() {
            let label = label(number, *corporation, definition);
            match compile(&label, definition) {
                Ok(entry) => problems.extend(book.make_current(&label, *corporation, entry)),
                Err(found) => problems.extend(found),
            }
        }
        if problems.is_empty() {
            for (_, definition) in &current {
                let reference = definition.reference();
                let stored = journal.put_definition(reference.0, &definition.encode());
                problems.extend(
                    stored
                        .err()
                        .map(|error| problem(&reference.to_string(), "journal", &error)),
                );
            }
            problems.extend(book.load_stored(journal));
        }
        if problems.is_empty() {
            Ok(book)
        } else {
            Err(problems)
        }
    }

    fn make_current(
        &mut self,
        label: &str,
        corporation: Option<CorporationId>,
        entry: Entry,
    ) -> Option<BookProblem> {
        let names = self.current.entry(corporation).or_default();
        let (name, reference) = (entry.flow.name.clone(), entry.flow.reference);
        if names.contains_key(&name) {
            return Some(problem(
                label,
                "name",
                &"two flows have this name: expected one file for each flow",
            ));
        }
        names.insert(name, reference);
        self.entries.insert(reference, entry);
        None
    }

    fn load_stored(&mut self, journal: &dyn Journal) -> Vec<BookProblem> {
        let hashes = match journal.definitions() {
            Ok(hashes) => hashes,
            Err(error) => return vec![problem("(stored)", "journal", &error)],
        };
        let mut problems = Vec::new();
        for reference in hashes.into_iter().map(FlowRef) {
            if self.entries.contains_key(&reference) {
                continue;
            }
            match load_one(journal, reference) {
                Ok(entry) => drop(self.entries.insert(reference, entry)),
                Err(found) => problems.extend(found),
            }
        }
        problems
    }

    /// The definition a new notification of this flow gets: the corporation's own before the shared
    /// one.
    #[must_use]
    pub fn current(&self, corporation: CorporationId, name: &str) -> Option<FlowRef> {
        let of = |owner: Option<CorporationId>| self.current.get(&owner)?.get(name).copied();
        of(Some(corporation)).or_else(|| of(None))
    }

    /// The names of the flows a corporation may use, sorted.
    #[must_use]
    pub fn names(&self, corporation: CorporationId) -> Vec<&str> {
        let of = |owner| {
            self.current
                .get(&owner)
                .into_iter()
                .flat_map(BTreeMap::keys)
        };
        let names: BTreeSet<&str> = of(Some(corporation))
            .chain(of(None))
            .map(|name| &**name)
            .collect();
        names.into_iter().collect()
    }

    /// Whether messages of a flow of this name may be under way for the corporation: it may use it,
    /// or nobody may any more and what was accepted under it goes on.
    #[must_use]
    pub fn knows(&self, corporation: CorporationId, name: &str) -> bool {
        let of = |owner: Option<CorporationId>| {
            self.current
                .get(&owner)
                .is_some_and(|names| names.contains_key(name))
        };
        let retired = || {
            let stored = self.entries.values().any(|entry| &*entry.flow.name == name);
            stored && self.current.values().all(|names| !names.contains_key(name))
        };
        of(Some(corporation)) || of(None) || retired()
    }

    /// Every definition that is current for somebody.
    pub fn all_current(&self) -> impl Iterator<Item = (Option<CorporationId>, &Flow)> {
        let references = self
            .current
            .iter()
            .flat_map(|(owner, names)| names.values().map(|reference| (*owner, reference)));
        references
            .filter_map(|(owner, reference)| Some((owner, &self.entries.get(reference)?.flow)))
    }

    /// The templates of a definition.
    #[must_use]
    pub fn templates(&self, reference: FlowRef) -> Option<&Templates> {
        self.entries.get(&reference).map(|entry| &entry.templates)
    }

    /// How many definitions it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl FlowBook for Book {
    fn flow(&self, reference: FlowRef) -> Option<&Flow> {
        self.entries.get(&reference).map(|entry| &entry.flow)
    }
}

/// A definition that is to be current: its templates are tried with data, too.
fn compile(label: &str, definition: &Definition) -> Result<Entry, Vec<BookProblem>> {
    let entry = put_together(label, definition, Templates::compile(&definition.templates))?;
    let found = entry.templates.rehearse(&entry.flow);
    if found.is_empty() {
        Ok(entry)
    } else {
        Err(found
            .iter()
            .map(|found| from_channels(label, found))
            .collect())
    }
}

fn put_together(
    label: &str,
    definition: &Definition,
    templates: Result<Templates, Vec<sluis_channels::Problem>>,
) -> Result<Entry, Vec<BookProblem>> {
    let flow = Flow::compile(definition);
    let mut problems = Vec::new();
    if let (Ok(flow), Ok(templates)) = (&flow, &templates) {
        problems.extend(
            templates
                .check(flow.templates())
                .iter()
                .map(|found| from_channels(label, found)),
        );
    }
    match (flow, templates) {
        (Ok(flow), Ok(templates)) if problems.is_empty() => return Ok(Entry { flow, templates }),
        (flow, templates) => {
            problems.extend(
                flow.err()
                    .unwrap_or_default()
                    .iter()
                    .map(|found| problem(label, &found.path, &found.message)),
            );
            problems.extend(
                templates
                    .err()
                    .unwrap_or_default()
                    .iter()
                    .map(|found| from_channels(label, found)),
            );
        }
    }
    Err(problems)
}

fn load_one(journal: &dyn Journal, reference: FlowRef) -> Result<Entry, Vec<BookProblem>> {
    let label = format!("stored {reference}");
    let one = |path: &str, message: &dyn fmt::Display| vec![problem(&label, path, message)];
    let stored = journal
        .get_definition(reference.0)
        .map_err(|error| one("journal", &error))?;
    let bytes = stored.ok_or_else(|| one("journal", &"listed but not there"))?;
    let definition = Definition::decode(&bytes).map_err(|error| one("journal", &error))?;
    if definition.reference() != reference {
        return Err(one(
            "journal",
            &"its content does not fit its hash: the file was changed or damaged",
        ));
    }
    // What was accepted under it goes on as far as it can: a template that would not be taken today
    // does not stop the start.
    put_together(
        &label,
        &definition,
        Templates::compile_stored(&definition.templates),
    )
}

/// What a mistake is reported under, also when the text does not parse.
fn label(number: usize, corporation: Option<CorporationId>, definition: &Definition) -> String {
    let named = definition
        .flow
        .lines()
        .find_map(|line| line.strip_prefix("name")?.trim_start().strip_prefix('='));
    let name = named.map(|rest| {
        rest.split('#')
            .next()
            .unwrap_or(rest)
            .trim()
            .trim_matches('"')
    });
    let name = name.map_or_else(|| format!("(number {})", number + 1), str::to_owned);
    match corporation {
        Some(corporation) => format!("{name} of corporation {corporation}"),
        None => name,
    }
}

fn problem(definition: &str, path: &str, message: &dyn fmt::Display) -> BookProblem {
    BookProblem {
        definition: definition.to_owned(),
        path: path.to_owned(),
        message: message.to_string(),
    }
}

fn from_channels(definition: &str, found: &sluis_channels::Problem) -> BookProblem {
    let message = format!(
        "{:?} is not {} ({})",
        found.value, found.expected, found.hint
    );
    problem(definition, &found.path, &message)
}

#[cfg(test)]
mod tests {
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
            (None, vec!["notice", "other"])
        );
        assert_eq!((book.len(), book.all_current().count()), (3, 3));
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
        let known = |corporation| {
            ["gone", "own", "notice", "never"].map(|name| book.knows(corporation, name))
        };
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
    fn a_template_that_asks_for_gigabytes_or_cannot_be_rendered_is_refused_when_it_is_to_be_current()
     {
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
}
