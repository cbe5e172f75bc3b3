//! What a running engine takes over, what waits for a start, and that a mistake changes nothing.

use std::path::Path;

use sluis_journal::MemoryJournal;

use super::*;
use crate::config::CliOverrides;

const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// A configuration of so many corporations, whose shared flows lie in `flows`.
fn config(flows: &Path, corporations: u16, more: &str) -> Config {
    let mut text = format!("flows.directory = {flows:?}\n{more}\n");
    for number in 1..=corporations {
        text += &format!(
            "[[corporation]]\nid = {number}\nname = \"house-{number}\"\ndisplay_name = \"House {number}\"\n\
             key_hashes = [\"{number}{}\"]\nsender.email_from = \"a@h{number}.example\"\n\
             sender.bounce_domain = \"b.h{number}.example\"\nsender.sms_originator = \"House\"\n\
             sender.public_url = \"https://h{number}.example\"\n",
            &KEY[1..]
        );
    }
    let file = flows.join("sluis.conf");
    std::fs::write(&file, text).expect("written");
    let loaded = Config::load(Some(&file), &BTreeMap::new(), &CliOverrides::default());
    loaded
        .unwrap_or_else(|problems| panic!("{problems}"))
        .config
}

fn flow(flows: &Path, name: &str, version: u32) {
    let text = format!(
        "name = \"{name}\"\nversion = {version}\npurpose = \"information\"\n[[step]]\nid = \"first\"\n\
         send = {{ template = {{ null = \"hello\" }}, via = [\"null\"] }}\n"
    );
    std::fs::write(flows.join(format!("{name}.toml")), text).expect("written");
    std::fs::create_dir_all(flows.join("templates")).expect("made");
    std::fs::write(flows.join("templates/hello.txt"), "Dag").expect("written");
}

/// An engine's definitions and keys, as it was started with them.
struct World {
    flows: tempfile::TempDir,
    journal: MemoryJournal,
    book: Book,
    reload: Reload,
}

impl World {
    fn new() -> Self {
        let flows = tempfile::tempdir().expect("made");
        flow(flows.path(), "ping", 1);
        let started = config(flows.path(), 1, "");
        let journal = MemoryJournal::new(1, 1);
        let definitions = flows::load(&started).expect("right");
        let book = Book::load(&journal, definitions).expect("right");
        let keys = Arc::new(KeyRing::new(started.keys()));
        let reload = Reload::new(started, keys, Arc::default());
        Self {
            flows,
            journal,
            book,
            reload,
        }
    }

    fn take(&self, config: Config) -> Result<Taken, String> {
        let checked = self
            .reload
            .check(config)
            .map_err(|found| found.to_string())?;
        let taken = self.reload.take(&self.book, &self.journal, checked);
        taken
            .map(|(_, taken)| taken)
            .map_err(|found| found.to_string())
    }

    fn version(&self, name: &str) -> Option<u32> {
        use sluis_model::FlowBook as _;
        let reference = self.book.current(CorporationId(1), name)?;
        self.book.flow(reference).map(|flow| flow.version)
    }
}

#[test]
fn flows_are_taken_over_and_what_waits_for_a_start_is_named() {
    let world = World::new();
    let flows = world.flows.path();
    flow(flows, "ping", 2);
    flow(flows, "pong", 1);
    let taken = world
        .take(config(
            flows,
            1,
            "engine.max_open = 12345\nlimits.clock_tolerance = \"7s\"",
        ))
        .expect("right");
    let names: Vec<_> = taken.flows.iter().map(|renewed| &*renewed.name).collect();
    assert_eq!(names, ["ping", "pong"]);
    assert_eq!(
        (world.version("ping"), world.version("pong")),
        (Some(2), Some(1))
    );
    assert_eq!(taken.waiting, ["engine.max_open", "limits.clock_tolerance"]);
    let again = world.take(config(flows, 1, "")).expect("right");
    assert!(again.flows.is_empty() && again.waiting.is_empty());
}

#[test]
fn with_a_mistake_anywhere_nothing_is_taken() {
    let world = World::new();
    let flows = world.flows.path();
    flow(flows, "ping", 2);
    std::fs::write(flows.join("pong.toml"), "name = \"pong\"\nversion = 1\n").expect("written");
    std::fs::write(flows.join("torn.toml"), "name = \"").expect("written");
    let problems = world.take(config(flows, 1, "")).expect_err("a torn file");
    assert!(problems.contains("torn.toml:1"), "{problems}");
    std::fs::remove_file(flows.join("torn.toml")).expect("removed");
    let problems = world.take(config(flows, 1, "")).expect_err("no step");
    assert!(problems.contains("pong.toml:1"), "{problems}");
    assert_eq!(
        (world.version("ping"), world.version("pong")),
        (Some(1), None)
    );
}

#[test]
fn a_corporation_that_is_new_waits_for_a_start_with_its_keys() {
    let world = World::new();
    let flows = world.flows.path();
    let taken = world.take(config(flows, 2, "")).expect("right");
    assert_eq!(taken.waiting, ["corporation.house-2"]);
    assert_eq!(
        world.reload.keys.len(),
        1,
        "nobody is let in whom the engine does not know"
    );
}
