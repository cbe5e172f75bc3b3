//! Owns every definition a message may still need: the current ones and every stored older one,
//! compiled, with their templates. Loaded at start; while the engine runs others may be taken over as
//! current, and nothing of what was known leaves. Refuses to start with a definition that does not
//! compile: a message could then no longer be explained or sent. Refuses to take over some of what it is
//! given: all of it or nothing.

mod current;
mod entry;
mod problem;
mod shelf;
#[cfg(test)]
mod tests;

use parking_lot::RwLock;
use sluis_channels::Templates;
use sluis_journal::Journal;
use sluis_model::flow::Definition;
use sluis_model::{CorporationId, Flow, FlowBook, FlowRef};

use self::current::Current;
pub use self::current::{Change, Renewed};
use self::entry::{compile, label, load_one};
pub use self::problem::BookProblem;
use self::problem::problem;
use self::shelf::{Entries, Shelf};

/// All compiled definitions.
#[derive(Debug, Default)]
pub struct Book {
    shelf: Shelf,
    current: RwLock<Current>,
}

/// Definitions that are right, and may be taken over.
#[derive(Debug)]
pub struct Fresh {
    entries: Entries,
    current: Current,
    definitions: Vec<Definition>,
}

/// Definitions that are stored, and may be taken over: nothing can go wrong any more.
#[derive(Debug)]
pub struct Shelved(Fresh);

impl Fresh {
    /// Every definition of it, with whose it is and under which name.
    pub fn all(&self) -> impl Iterator<Item = (Option<CorporationId>, &str, FlowRef)> {
        self.current.all()
    }

    /// The version that a definition of it says.
    #[must_use]
    pub fn version(&self, reference: FlowRef) -> Option<u32> {
        self.entries.get(&reference).map(|entry| entry.flow.version)
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
        let Fresh {
            mut entries,
            current,
            definitions,
        } = Self::check(current)?;
        let mut problems = store(journal, &definitions);
        problems.extend(load_stored(journal, &mut entries));
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Book {
            shelf: Shelf::new(entries),
            current: RwLock::new(current),
        })
    }

    /// Compiles definitions that are to be current, each with whose it is.
    ///
    /// # Errors
    /// Every mistake found.
    pub fn check(
        definitions: Vec<(Option<CorporationId>, Definition)>,
    ) -> Result<Fresh, Vec<BookProblem>> {
        let mut fresh = Fresh {
            entries: Entries::default(),
            current: Current::default(),
            definitions: Vec::new(),
        };
        let mut problems = Vec::new();
        for (number, (owner, definition)) in definitions.into_iter().enumerate() {
            let label = label(number, owner, &definition);
            match compile(&label, &definition) {
                Ok(entry) => {
                    let (name, reference) = (entry.flow.name.clone(), entry.flow.reference);
                    if !fresh.current.put(owner, &name, reference) {
                        let twice = "two flows have this name: expected one file for each flow";
                        problems.push(problem(&label, "name", &twice));
                    }
                    fresh.entries.insert(reference, entry);
                    fresh.definitions.push(definition);
                }
                Err(found) => problems.extend(found),
            }
        }
        if problems.is_empty() {
            Ok(fresh)
        } else {
            Err(problems)
        }
    }

    /// What would be different with these as the current definitions.
    #[must_use]
    pub fn renewed(&self, fresh: &Fresh) -> Vec<Renewed> {
        fresh.current.since(&self.current.read())
    }

    /// Stores these beside what is there; nobody gets them yet. Blocks for the disk.
    ///
    /// # Errors
    /// They cannot be stored.
    pub fn store(journal: &dyn Journal, fresh: Fresh) -> Result<Shelved, Vec<BookProblem>> {
        let problems = store(journal, &fresh.definitions);
        if problems.is_empty() {
            Ok(Shelved(fresh))
        } else {
            Err(problems)
        }
    }

    /// Takes these over as the current definitions, in the place of all others: what is accepted from
    /// now on gets them. What was accepted before goes on under its own.
    pub fn take_over(&self, Shelved(fresh): Shelved) -> Vec<Renewed> {
        let mut entries = fresh.entries;
        entries.retain(|reference, _| self.shelf.get(*reference).is_none());
        if !entries.is_empty() {
            self.shelf.add(entries);
        }
        // Behind its definitions: nobody finds a name whose definition is not there.
        let mut current = self.current.write();
        let renewed = fresh.current.since(&current);
        *current = fresh.current;
        renewed
    }

    /// The definition a new notification of this flow gets: the corporation's own before the shared
    /// one.
    #[must_use]
    pub fn current(&self, corporation: CorporationId, name: &str) -> Option<FlowRef> {
        self.current.read().find(corporation, name)
    }

    /// The names of the flows a corporation may use, sorted.
    #[must_use]
    pub fn names(&self, corporation: CorporationId) -> Vec<String> {
        self.current.read().names(corporation)
    }

    /// Whether messages of a flow of this name may be under way for the corporation: it may use it,
    /// or nobody may any more and what was accepted under it goes on.
    #[must_use]
    pub fn knows(&self, corporation: CorporationId, name: &str) -> bool {
        let current = self.current.read();
        let stored = || self.shelf.all().any(|entry| &*entry.flow.name == name);
        current.find(corporation, name).is_some() || (!current.has(name) && stored())
    }

    /// Every definition that is current for somebody.
    #[must_use]
    pub fn all_current(&self) -> Vec<(Option<CorporationId>, &Flow)> {
        let current = self.current.read();
        let all = current.all();
        all.filter_map(|(owner, _, reference)| Some((owner, &self.shelf.get(reference)?.flow)))
            .collect()
    }

    /// The templates of a definition.
    #[must_use]
    pub fn templates(&self, reference: FlowRef) -> Option<&Templates> {
        self.shelf.get(reference).map(|entry| &entry.templates)
    }

    /// How many definitions it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shelf.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl FlowBook for Book {
    fn flow(&self, reference: FlowRef) -> Option<&Flow> {
        self.shelf.get(reference).map(|entry| &entry.flow)
    }
}

/// Stores the definitions durably; what fails is told.
fn store(journal: &dyn Journal, definitions: &[Definition]) -> Vec<BookProblem> {
    let mut problems = Vec::new();
    for definition in definitions {
        let reference = definition.reference();
        if let Err(error) = journal.put_definition(reference.0, &definition.encode()) {
            problems.push(problem(&reference.to_string(), "journal", &error));
        }
    }
    problems
}

/// Adds every stored definition that is not there.
fn load_stored(journal: &dyn Journal, entries: &mut Entries) -> Vec<BookProblem> {
    let hashes = match journal.definitions() {
        Ok(hashes) => hashes,
        Err(error) => return vec![problem("(stored)", "journal", &error)],
    };
    let mut problems = Vec::new();
    for reference in hashes.into_iter().map(FlowRef) {
        if entries.contains_key(&reference) {
            continue;
        }
        match load_one(journal, reference) {
            Ok(entry) => drop(entries.insert(reference, entry)),
            Err(found) => problems.extend(found),
        }
    }
    problems
}
