//! Holds the page of demands to the tests: every demand is there once, and every test and every
//! scenario of a shipped flow (`flow: scenario`) that it names exists. Refuses to judge whether it shows
//! enough.

use std::collections::BTreeSet;

use crate::tidy::{files, read, root};

/// Demands, by their numbers.
const DEMANDS: std::ops::RangeInclusive<u32> = 1..=126;

/// One row of the page.
struct Demand<'a> {
    number: u32,
    tests: Vec<&'a str>,
    waits_for: &'a str,
}

/// The rows of the page, and the words that its last section explains.
fn read_page(page: &str) -> (Vec<Demand<'_>>, BTreeSet<&str>) {
    let (mut demands, mut words) = (Vec::new(), BTreeSet::new());
    for line in page.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        match cells[..] {
            [number, _, tests, waits_for] => {
                let Ok(number) = number.parse() else { continue };
                let tests = tests.split('`').skip(1).step_by(2).collect();
                demands.push(Demand {
                    number,
                    tests,
                    waits_for,
                });
            }
            [word, _] => drop(words.insert(word)),
            _ => panic!("a row with other cells: {line}"),
        }
    }
    (demands, words)
}

/// The names of all functions of the repository.
fn functions() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for path in files(root(), &[".rs"]) {
        let text = read(&path);
        for (at, word) in text.match_indices("fn ") {
            let name = &text[at + word.len()..];
            let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let end = name.find(|c| !is_of_name(c)).unwrap_or(name.len());
            names.insert(name[..end].to_owned());
        }
    }
    names
}

/// The scenarios of the shipped flows, as `flow: scenario`.
fn scenarios() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for path in files(&root().join("config/flows/scenarios"), &[".toml"]) {
        let file: toml::Table = read(&path).parse().expect("a file of scenarios");
        let flow = file["flow"].as_str().expect("the name of a flow");
        for scenario in file["scenario"].as_array().expect("scenarios") {
            let name = scenario["name"].as_str().expect("a name");
            names.insert(format!("{flow}: {name}"));
        }
    }
    names
}

/// What is wrong with the page.
fn faults(page: &str, functions: &BTreeSet<String>) -> Vec<String> {
    let (demands, words) = read_page(page);
    let mut faults = Vec::new();
    for number in DEMANDS {
        let rows = demands.iter().filter(|row| row.number == number).count();
        if rows != 1 {
            faults.push(format!("demand {number} has {rows} rows"));
        }
    }
    for Demand {
        number,
        tests,
        waits_for,
    } in demands
    {
        if tests.is_empty() && waits_for.is_empty() {
            faults.push(format!("demand {number} neither has a test nor waits"));
        }
        if !waits_for.is_empty() && !words.contains(waits_for) {
            faults.push(format!("demand {number} waits for `{waits_for}`"));
        }
        let unknown = tests.iter().filter(|test| !functions.contains(**test));
        faults.extend(unknown.map(|test| format!("demand {number} names {test}")));
    }
    faults
}

#[test]
fn every_demand_names_tests_that_exist_or_what_it_waits_for() {
    let page = read(&root().join("docs/coverage.md"));
    let faults = faults(&page, &(&functions() | &scenarios()));
    assert!(
        faults.is_empty(),
        "docs/coverage.md:\n{}",
        faults.join("\n")
    );
}

#[test]
fn a_page_that_names_a_test_that_is_not_there_is_noticed() {
    let rows: Vec<String> = DEMANDS
        .map(|number| format!("| {number} | that it works | `known` |  |"))
        .collect();
    let known = BTreeSet::from(["known".to_owned()]);
    assert_eq!(faults(&rows.join("\n"), &known), [""; 0]);
    let wrong = |from: &str, to: &str| faults(&rows.join("\n").replacen(from, to, 1), &known);
    assert_eq!(wrong("`known`", "`other`"), ["demand 1 names other"]);
    assert_eq!(
        wrong("| 7 |", "| 8 |").len(),
        2,
        "one is missing, one is there twice"
    );
    assert_eq!(wrong("`known` |  |", " | later |").len(), 1);
    assert_eq!(wrong("`known`", "").len(), 1);
}
