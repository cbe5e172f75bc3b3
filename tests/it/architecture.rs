//! Holds ARCHITECTURE.md and docs/decisions to the code: every function that they name exists where
//! they say, the crates depend on each other as it draws them, and what it says is absent is
//! absent. Refuses to check prose.

use std::collections::BTreeSet;

use super::tidy::{dependencies, files, manifests, read, root, shown};

/// Fewest functions that the walks name: fewer, and this test has lost sight of them.
const FEWEST_PAIRS: usize = 30;

/// Which crates a crate may use, except for its tests. `bench` and `fuzz` may use all. The engine
/// that is shipped (the folder without a name) needs no crate that only measures or shows it.
const EDGES: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("journal", &[]),
    ("archive", &["sluis-model"]),
    ("keys", &["sluis-model"]),
    ("channels", &["sluis-model"]),
    (
        "actors",
        &["sluis-model", "sluis-journal", "sluis-channels"],
    ),
    ("client", &["sluis-model"]),
    (
        "rehearsal",
        &["sluis-model", "sluis-channels", "sluis-actors"],
    ),
    ("loadtest", &["sluis-model"]),
    // The binary that is shipped.
    (
        "",
        &[
            "sluis-model",
            "sluis-journal",
            "sluis-channels",
            "sluis-actors",
            "sluis-archive",
            "sluis-keys",
            "sluis-rehearsal",
        ],
    ),
    (
        "demo",
        &[
            "sluis",
            "sluis-channels",
            "sluis-journal",
            "sluis-loadtest",
            "sluis-model",
            "sluis-rehearsal",
        ],
    ),
];

/// What must not be named in a folder: the invariants of absence, as far as a text can show them.
/// Comments are skipped.
const ABSENT: &[(&str, &[&str])] = &[
    (
        "model/src",
        &[
            "tokio",
            "async fn",
            "std::fs",
            "std::net",
            "std::env",
            "std::thread",
            "SystemTime",
            "Instant",
            "use rand",
        ],
    ),
    (
        "journal/src",
        &["sluis_model", "bincode", "tokio", "SystemTime"],
    ),
    (
        "archive/src",
        &[
            "sluis_journal",
            "sluis_actors",
            "SystemTime",
            "Instant",
            "sluis_model::decide",
        ],
    ),
    (
        "keys/src",
        &["sluis_journal", "sluis_archive", "SystemTime", "std::env"],
    ),
    (
        "channels/src",
        &["sluis_journal", "sluis_actors", "actix", "std::env"],
    ),
    (
        "actors/src",
        &[
            "std::net",
            "tokio::net",
            "std::fs",
            "std::env",
            "hyper",
            "lettre",
            "sled",
        ],
    ),
    (
        "client/src",
        &["sluis_actors", "sluis_journal", "SystemTime"],
    ),
    // Nothing leaves in a rehearsal: it has no way out, and nobody who would use one.
    ("rehearsal/src", NO_WAY_OUT),
    ("src/rehearsing", NO_WAY_OUT),
    (
        "src",
        &["sled::", "sluis_model::decide", "sluis_model::evolve"],
    ),
];

/// What a rehearsal must not name: whatever sends, whatever connects, whatever is asked for a secret, and
/// the disk.
const NO_WAY_OUT: &[&str] = &[
    "supervisor",
    "dyn Provider",
    "Provider}",
    "provider_setups",
    ".build(",
    ".send(",
    "Outgoing",
    "SecretSource",
    "Engine",
    "sluis_journal",
    "tokio",
    "std::net",
    "std::fs",
    "std::env",
    "hyper",
    "lettre",
];

/// Every `path.rs: function` between backticks, in ARCHITECTURE.md and the decisions.
fn pairs() -> Vec<(String, String)> {
    let mut text = read(&root().join("ARCHITECTURE.md"));
    for decision in files(&root().join("docs/decisions"), &[".md"]) {
        text += &read(&decision);
    }
    let spans = text.split('`').skip(1).step_by(2);
    let pairs = spans.filter_map(|span| {
        span.split_once(": ")
            .filter(|(path, _)| path.ends_with(".rs"))
    });
    pairs
        .map(|(path, function)| (path.to_owned(), function.to_owned()))
        .collect()
}

fn defines(text: &str, function: &str) -> bool {
    let starts = [format!("fn {function}("), format!("fn {function}<")];
    text.lines().any(|line| {
        starts.iter().any(|start| line.contains(start)) && !line.trim_start().starts_with("//")
    })
}

#[test]
fn every_function_of_the_walks_exists() {
    let pairs = pairs();
    assert!(
        pairs.len() >= FEWEST_PAIRS,
        "ARCHITECTURE.md names only {} functions as `path.rs: function`",
        pairs.len()
    );
    let wrong = |(path, function): &(String, String)| {
        let file = root().join(path);
        if !file.exists() {
            return Some(format!("{path}: there is no such file"));
        }
        (!defines(&read(&file), function))
            .then(|| format!("{path}: it defines no function {function}"))
    };
    let wrong: BTreeSet<String> = pairs.iter().filter_map(wrong).collect();
    assert!(
        wrong.is_empty(),
        "ARCHITECTURE.md walks through what is not there:\n  {}",
        wrong.into_iter().collect::<Vec<_>>().join("\n  ")
    );
}

#[test]
fn a_function_that_does_not_exist_is_noticed() {
    assert!(defines("    pub(super) fn turn(&mut self) {", "turn"));
    assert!(defines("async fn ask<T>(x: T) {", "ask"));
    assert!(!defines("    self.turn();", "turn"));
    assert!(!defines("// fn turn(", "turn"));
    assert!(!defines("fn turning(", "turn"));
}

#[test]
fn crates_depend_on_each_other_as_drawn() {
    let mut looked_at = 0;
    for (folder, manifest) in manifests() {
        let Some((_, allowed)) = EDGES.iter().find(|(of, _)| *of == folder) else {
            continue;
        };
        looked_at += 1;
        for (name, _) in
            dependencies(&manifest, "dependencies").filter(|(name, _)| name.starts_with("sluis"))
        {
            assert!(
                allowed.contains(&name.as_str()),
                "{folder} may not use {name}: expected one of {allowed:?}"
            );
        }
    }
    assert_eq!(
        looked_at,
        EDGES.len(),
        "a crate has moved: mend the list of edges"
    );
}

#[test]
fn what_must_be_absent_is_absent() {
    let mut found = Vec::new();
    for (folder, words) in ABSENT {
        let sources = files(&root().join(folder), &[".rs"]);
        assert!(
            !sources.is_empty(),
            "{folder} has no sources: this test looks in the wrong place"
        );
        for path in sources {
            if path
                .components()
                .any(|part| part.as_os_str().to_string_lossy().starts_with("tests"))
            {
                continue;
            }
            let text = read(&path);
            // What stands below the unit tests' own line is test code.
            for (number, line) in text
                .lines()
                .take_while(|line| !line.starts_with("#[cfg(test)]"))
                .enumerate()
            {
                let code = line.split("//").next().unwrap_or_default();
                let named = words.iter().filter(|word| code.contains(**word));
                found.extend(named.map(|word| format!("{}:{}: {word}", shown(&path), number + 1)));
            }
        }
    }
    assert!(
        found.is_empty(),
        "named where it must never be:\n  {}",
        found.join("\n  ")
    );
}

/// Folders outside `channels` that serve every kind of provider, and so may name none.
const NEUTRAL: &[&str] = &[
    "src/http",
    "src/config",
    "channels/src/render",
    "actors/src/prepare",
];
/// Names of providers, and of headers and addresses that only one of them has.
const PROVIDERS: &[&str] = &[
    "bird",
    "smtp",
    "messagebird",
    "signature-jwt",
    "verp",
    "x-mail-args",
];

/// The lines of a text, above its unit tests and without comments, that name a provider.
fn named_providers(text: &str) -> Vec<(usize, &'static str)> {
    let own = text
        .lines()
        .take_while(|line| !line.starts_with("#[cfg(test)]"));
    let mut found = Vec::new();
    for (number, line) in own.enumerate() {
        let code = line.split("//").next().unwrap_or_default().to_lowercase();
        let named = PROVIDERS.iter().filter(|name| code.contains(**name));
        found.extend(named.map(|name| (number + 1, *name)));
    }
    found
}

#[test]
fn a_provider_is_named_in_its_own_folder_only() {
    let mut found = Vec::new();
    for folder in NEUTRAL {
        for path in files(&root().join(folder), &[".rs"]) {
            let inner = path
                .strip_prefix(root())
                .unwrap()
                .to_string_lossy()
                .into_owned();
            if inner.contains("/tests") {
                continue;
            }
            let named = named_providers(&read(&path));
            found.extend(
                named
                    .iter()
                    .map(|(line, name)| format!("{inner}:{line}: {name}")),
            );
        }
    }
    assert!(
        found.is_empty(),
        "named where every provider is served alike:\n  {}",
        found.join("\n  ")
    );
}

#[test]
fn a_provider_that_is_named_is_noticed() {
    let text =
        "// Bird\nlet header = \"MessageBird-Signature-JWT\";\n#[cfg(test)]\nlet a = smtp;\n";
    let names = [(2, "bird"), (2, "messagebird"), (2, "signature-jwt")];
    assert_eq!(named_providers(text), names);
}
