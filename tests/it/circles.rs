//! Holds the modules of every crate to an order without circles: what a file needs can be read
//! before it. Refuses to judge how many edges there are.
//!
//! The grain is the file. An edge is a path of `use`, or one within the code, that leads to another
//! file of the crate. A name that a module re-exports leads to the file that has it: so a `mod.rs`
//! that only declares and re-exports its children is in no circle. One that defines what its
//! children use, and uses them itself, is. Test code is not looked at. Paths that a macro puts
//! together, and methods called on a value, are not seen.

use std::collections::{BTreeMap, BTreeSet};

use super::tidy::{files, read, root};

/// A module by its path in the crate; the root is empty.
type Module = Vec<String>;

/// Where the crates' sources are.
const SOURCES: &[&str] = &[
    "src",
    "model/src",
    "journal/src",
    "channels/src",
    "actors/src",
    "client/src",
    "rehearsal/src",
    "loadtest/src",
    "demo/src",
    "archive/src",
    "keys/src",
    "bench/src",
    "fuzz/src",
];

/// A crate's files without tests and comments.
struct Crate {
    texts: BTreeMap<Module, String>,
}

impl Crate {
    fn read(folder: &str) -> Self {
        let base = root().join(folder);
        let mut texts = BTreeMap::new();
        for path in files(&base, &[".rs"]) {
            let inner = path.strip_prefix(&base).unwrap().with_extension("");
            let mut module: Module = inner
                .components()
                .map(|part| part.as_os_str().to_string_lossy().into_owned())
                .collect();
            if module.iter().any(|part| part.starts_with("tests")) {
                continue;
            }
            if matches!(
                module.last().map(String::as_str),
                Some("mod" | "lib" | "main")
            ) {
                module.pop();
            }
            texts.insert(module, without_tests(&read(&path)));
        }
        Self { texts }
    }

    /// Every circle: the modules that need each other.
    fn circles(&self) -> Vec<BTreeSet<String>> {
        let uses: BTreeMap<&Module, Vec<Use>> = self
            .texts
            .iter()
            .map(|(module, text)| (module, self.uses(module, text)))
            .collect();
        let mut edges: BTreeMap<&Module, BTreeSet<&Module>> = BTreeMap::new();
        for (module, all) in &uses {
            let needed = all
                .iter()
                .filter(|it| !it.only_handed_on)
                .filter_map(|it| self.home(&it.path, &uses, 0))
                .filter(|home| home != module);
            edges.insert(module, needed.collect());
        }
        circles_of(&edges)
    }

    /// The file that a path leads to, through re-exports.
    fn home<'a>(
        &'a self,
        path: &[String],
        uses: &BTreeMap<&Module, Vec<Use>>,
        depth: usize,
    ) -> Option<&'a Module> {
        let end = (0..=path.len())
            .rev()
            .find(|end| self.texts.contains_key(&path[..*end]))?;
        let (module, _) = self.texts.get_key_value(&path[..end])?;
        let handed_on = path
            .get(end)
            .and_then(|name| uses[module].iter().find(|it| it.public && it.name == *name));
        match handed_on {
            Some(it) if depth < 8 => {
                let further: Module = it.path.iter().chain(&path[end + 1..]).cloned().collect();
                self.home(&further, uses, depth + 1)
            }
            _ => Some(module),
        }
    }

    fn uses(&self, module: &Module, text: &str) -> Vec<Use> {
        let (trees, code) = split_uses(text);
        let mut uses = Vec::new();
        for (public, tree) in trees {
            for leaf in leaves(&tree) {
                let (path, name) = match leaf.split_once(" as ") {
                    Some((path, name)) => (path.trim().to_owned(), name.trim().to_owned()),
                    None => (leaf.clone(), last(&leaf)),
                };
                let Some(path) = self.absolute(module, &path) else {
                    continue;
                };
                let below = path.len() > module.len() && path.starts_with(module);
                let only_handed_on = public && below && !names(&code, &name);
                uses.push(Use {
                    public,
                    only_handed_on,
                    path,
                    name,
                });
            }
        }
        for word in code.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')) {
            let rooted = ["crate::", "self::", "super::"]
                .iter()
                .any(|start| word.starts_with(start));
            if let Some(path) = rooted.then(|| self.absolute(module, word)).flatten() {
                uses.push(Use {
                    public: false,
                    only_handed_on: false,
                    path,
                    name: String::new(),
                });
            }
        }
        uses
    }

    /// The path from the root of the crate; none when it leads to another crate.
    fn absolute(&self, module: &Module, path: &str) -> Option<Module> {
        let mut steps = path
            .split("::")
            .map(str::trim)
            .filter(|step| !step.is_empty())
            .peekable();
        let mut at: Module = match *steps.peek()? {
            "crate" => Vec::new(),
            "self" => module.clone(),
            "super" => {
                let up = module.split_last().map_or(&[][..], |(_, up)| up).to_vec();
                steps.next();
                let mut up = up;
                while steps.peek() == Some(&"super") {
                    up.pop();
                    steps.next();
                }
                up.extend(steps.map(str::to_owned));
                return Some(up);
            }
            first => {
                let child: Module = module.iter().cloned().chain([first.to_owned()]).collect();
                if !self.texts.contains_key(&child) {
                    return None;
                }
                return Some(
                    module
                        .iter()
                        .cloned()
                        .chain(steps.map(str::to_owned))
                        .collect(),
                );
            }
        };
        steps.next();
        at.extend(steps.map(str::to_owned));
        Some(at)
    }
}

/// One path that a file names.
struct Use {
    /// Whether it is re-exported.
    public: bool,
    /// Whether it is re-exported from below and the file does nothing else with it.
    only_handed_on: bool,
    path: Module,
    /// Under which name.
    name: String,
}

fn last(path: &str) -> String {
    path.rsplit("::")
        .next()
        .unwrap_or_default()
        .trim()
        .to_owned()
}

/// Whether the code has the name as a word.
fn names(code: &str, name: &str) -> bool {
    code.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .any(|word| word == name)
}

/// The text without comments, and without what is compiled for tests only.
fn without_tests(text: &str) -> String {
    let mut kept = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let code = line.split("//").next().unwrap_or_default();
        if code.trim() == "#[cfg(test)]" {
            match lines.next() {
                Some(next) if next.trim_end().ends_with('{') => break,
                _ => continue,
            }
        }
        kept.push_str(code);
        kept.push('\n');
    }
    kept
}

/// The trees of all `use` lines, with whether each is re-exported; and the rest.
fn split_uses(text: &str) -> (Vec<(bool, String)>, String) {
    let (mut trees, mut code) = (Vec::new(), String::new());
    let mut open: Option<(bool, String)> = None;
    for line in text.lines() {
        if let Some((public, mut tree)) = open.take() {
            tree.push_str(line);
            open = Some((public, tree));
        } else if let Some((before, tree)) = use_of(line) {
            open = Some((before, tree.to_owned()));
        } else {
            code.push_str(line);
            code.push('\n');
        }
        if let Some((public, tree)) = open.take() {
            match tree.split_once(';') {
                Some((tree, _)) => trees.push((public, tree.to_owned())),
                None => open = Some((public, tree)),
            }
        }
    }
    (trees, code)
}

fn use_of(line: &str) -> Option<(bool, &str)> {
    let line = line.trim_start();
    if let Some(tree) = line.strip_prefix("use ") {
        return Some((false, tree));
    }
    let rest = line.strip_prefix("pub")?;
    let rest = match rest.strip_prefix('(') {
        Some(within) => within.split_once(')')?.1,
        None => rest,
    };
    rest.trim_start()
        .strip_prefix("use ")
        .map(|tree| (true, tree))
}

/// The paths of a `use` tree.
fn leaves(tree: &str) -> Vec<String> {
    let Some((before, rest)) = tree.split_once('{') else {
        return vec![tree.trim().to_owned()];
    };
    let within = rest.rsplit_once('}').map_or(rest, |(within, _)| within);
    let (mut all, mut depth, mut part) = (Vec::new(), 0, String::new());
    for c in within.chars().chain([',']) {
        match c {
            ',' if depth == 0 => {
                let leaf = std::mem::take(&mut part);
                if !leaf.trim().is_empty() {
                    all.extend(leaves(&format!("{}{}", before.trim(), leaf.trim())));
                }
                continue;
            }
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        part.push(c);
    }
    all.into_iter()
        .map(|path| path.trim_end_matches("::self").to_owned())
        .collect()
}

/// The sets of modules that reach each other.
fn circles_of(edges: &BTreeMap<&Module, BTreeSet<&Module>>) -> Vec<BTreeSet<String>> {
    let reached = |from: &Module| {
        let mut seen: BTreeSet<&Module> = BTreeSet::new();
        let mut next: Vec<&Module> = edges.get(from).into_iter().flatten().copied().collect();
        while let Some(module) = next.pop() {
            if seen.insert(module) {
                next.extend(edges.get(module).into_iter().flatten().copied());
            }
        }
        seen
    };
    let reach: BTreeMap<&Module, BTreeSet<&Module>> = edges
        .keys()
        .map(|module| (*module, reached(module)))
        .collect();
    let circle = |module: &Module| -> BTreeSet<String> {
        let back = |other: &&&Module| reach.get(**other).is_some_and(|all| all.contains(module));
        reach[module]
            .iter()
            .filter(back)
            .map(|other| shown(other))
            .collect()
    };
    let all: BTreeSet<BTreeSet<String>> = edges.keys().map(|module| circle(module)).collect();
    all.into_iter().filter(|circle| circle.len() > 1).collect()
}

fn shown(module: &Module) -> String {
    if module.is_empty() {
        "(root)".to_owned()
    } else {
        module.join("::")
    }
}

#[test]
fn no_modules_need_each_other() {
    let mut wrong = Vec::new();
    for folder in SOURCES {
        for circle in Crate::read(folder).circles() {
            let all = circle.into_iter().collect::<Vec<_>>().join(", ");
            wrong.push(format!("{folder}: {all}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "modules that need each other: move what they share to a file of its own:\n  {}",
        wrong.join("\n  ")
    );
}

/// A crate made up of these files.
fn made_up(files: &[(&str, &str)]) -> Vec<BTreeSet<String>> {
    let module = |path: &str| {
        path.split("::")
            .filter(|p| !p.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let texts = files
        .iter()
        .map(|(path, text)| (module(path), without_tests(text)))
        .collect();
    Crate { texts }.circles()
}

#[test]
fn a_circle_is_noticed_however_it_is_written() {
    let circle = BTreeSet::from(["a".to_owned(), "b".to_owned()]);
    for (a, b) in [
        ("use crate::b::B;", "use crate::a::A;"),
        ("use super::b::{B, C};", "fn f() { crate::a::g() }"),
        (
            "use crate::{b::B, c::C};",
            "pub use crate::a::{\n    A,\n    D,\n};",
        ),
    ] {
        let files = [("", "mod a; mod b; mod c;"), ("a", a), ("b", b), ("c", "")];
        assert_eq!(made_up(&files), std::slice::from_ref(&circle), "{a} {b}");
    }
    // Through a name that the parent hands on.
    let handed_on = [
        ("p", "mod a;\nmod b;\npub use a::A;\npub use b::B;\n"),
        ("p::a", "use super::B;"),
        ("p::b", "use crate::p::A;"),
    ];
    assert_eq!(made_up(&handed_on).len(), 1);
    // A parent that has something of its own, and uses what it hands on.
    let parent = [
        ("p", "mod a;\npub use a::A;\npub struct P;\nfn f(a: A) {}\n"),
        ("p::a", "use super::P;"),
    ];
    assert_eq!(made_up(&parent).len(), 1);
}

#[test]
fn what_is_no_circle_is_none() {
    let declares = [
        ("p", "mod a;\nmod b;\npub use a::A;\npub use b::B;\n"),
        ("p::a", "use super::B;"),
        (
            "p::b",
            "// use super::A;\n#[cfg(test)]\nmod tests {\n    use super::super::A;\n}\n",
        ),
    ];
    assert_eq!(made_up(&declares), []);
}
