//! Owns every definition a message may still need: the current ones and every stored older one,
//! compiled, with their templates. Loaded at start, immutable after it. Refuses to start with a
//! definition that does not compile: a message could then no longer be explained or sent.

mod entry;
mod problem;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;
use sluis_channels::Templates;
use sluis_journal::Journal;
use sluis_model::flow::Definition;
use sluis_model::{CorporationId, Flow, FlowBook, FlowRef};

use self::entry::{Entry, compile, label, load_one};
pub use self::problem::BookProblem;
use self::problem::problem;

/// All compiled definitions.
#[derive(Debug, Default)]
pub struct Book {
    entries: FxHashMap<FlowRef, Entry>,
    /// The shared flows under none.
    current: BTreeMap<Option<CorporationId>, BTreeMap<Box<str>, FlowRef>>,
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
            problems.extend(store(journal, &current));
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

/// Stores the definitions durably; what fails is told.
fn store(
    journal: &dyn Journal,
    current: &[(Option<CorporationId>, Definition)],
) -> Vec<BookProblem> {
    let mut problems = Vec::new();
    for (_, definition) in current {
        let reference = definition.reference();
        if let Err(error) = journal.put_definition(reference.0, &definition.encode()) {
            problems.push(problem(&reference.to_string(), "journal", &error));
        }
    }
    problems
}
