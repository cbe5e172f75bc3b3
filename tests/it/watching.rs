//! Holds the dashboards, the rules and the runbook to the engine and to each other: every series and
//! label that they name exists, every alert has its section, its summary and its two unit tests.
//! Refuses to run the rules: `promtool` does, in `.ci/run`.

mod promql;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use yaml_rust2::{Yaml, YamlLoader};

use self::promql::{Recorded, faults, labels_of};
use crate::tidy::{files, read, root};

/// Where the sections of the runbook are, as an alert names them.
const RUNBOOK: &str = "https://github.com/sluis-dev/sluis/blob/main/docs/runbook.md#";
/// What each section of the runbook says.
const PARTS: [&str; 3] = ["**What it means.**", "**Look at.**", "**Do.**"];
/// Variables that Grafana itself has.
const OF_GRAFANA: [&str; 2] = ["__rate_interval", "__range"];

fn yaml(path: &str) -> Yaml {
    let text = read(&root().join(path));
    let mut documents = YamlLoader::load_from_str(&text)
        .unwrap_or_else(|error| panic!("{path} cannot be read: {error}"));
    assert_eq!(documents.len(), 1, "{path}");
    documents.remove(0)
}

fn list(yaml: &Yaml) -> impl Iterator<Item = &Yaml> {
    yaml.as_vec().into_iter().flatten()
}

fn text(yaml: &Yaml) -> String {
    yaml.as_str().unwrap_or_default().to_owned()
}

/// The rules of a file, whatever their group.
fn rules(path: &str) -> Vec<Yaml> {
    let file = yaml(path);
    let rules: Vec<_> = list(&file["groups"])
        .flat_map(|group| list(&group["rules"]))
        .cloned()
        .collect();
    assert!(rules.len() > 10, "only {} rules in {path}", rules.len());
    rules
}

fn recording_rules() -> Vec<Yaml> {
    rules("config/prometheus/recording.yml")
}

fn alerts() -> Vec<Yaml> {
    rules("config/prometheus/alerts.yml")
}

/// What is recorded, with its labels: those by which it is grouped and those that the rule sets.
fn recorded() -> Recorded {
    let labels = |rule: &Yaml| {
        let set = rule["labels"].as_hash().into_iter().flatten();
        let grouped = promql::read(&text(&rule["expr"])).grouped;
        let set = set.map(|(label, _)| text(label));
        // A quantile takes the bounds of the buckets away.
        let kept = grouped.into_iter().filter(|label| label != "le");
        kept.chain(set).collect::<BTreeSet<_>>()
    };
    let rules = recording_rules();
    let row = |rule: &Yaml| (text(&rule["record"]), labels(rule));
    rules.iter().map(row).collect()
}

/// A dashboard, by its file.
fn dashboards() -> Vec<(String, Value)> {
    let paths = files(&root().join("config/grafana"), &[".json"]);
    assert_eq!(paths.len(), 4, "{paths:?}");
    let read = |path: &std::path::PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, serde_json::from_str(&read(path)).expect("JSON"))
    };
    paths.iter().map(read).collect()
}

fn entries<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value[key].as_array().into_iter().flatten()
}

fn word(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

/// Every expression of a dashboard, with where it stands.
fn expressions(dashboard: &Value) -> Vec<(String, String)> {
    let panels = entries(dashboard, "panels").flat_map(|panel| {
        let title = word(panel, "title");
        entries(panel, "targets").map(move |target| (title.clone(), word(target, "expr")))
    });
    let variables = entries(&dashboard["templating"], "list")
        .filter(|variable| variable["type"] == "query")
        .map(|variable| (word(variable, "name"), word(&variable["query"], "query")));
    let notes = entries(&dashboard["annotations"], "list")
        .map(|note| (word(note, "name"), word(note, "expr")));
    panels.chain(variables).chain(notes).collect()
}

/// The sections of the runbook, by their title.
fn sections() -> BTreeMap<String, String> {
    let runbook = read(&root().join("docs/runbook.md"));
    let sections = runbook.split("\n### ").skip(1).map(|section| {
        let (title, body) = section.split_once('\n').expect("a title");
        (title.to_owned(), body.to_owned())
    });
    sections.collect()
}

#[test]
fn every_series_that_a_panel_asks_for_exists_with_its_labels() {
    let recorded = recorded();
    let mut wrong = Vec::new();
    for (file, dashboard) in dashboards() {
        let all = expressions(&dashboard);
        assert!(all.len() > 15, "only {} expressions in {file}", all.len());
        for (title, expression) in all {
            assert!(!expression.is_empty(), "{file}: {title} asks for nothing");
            let found = faults(&expression, &recorded);
            wrong.extend(
                found
                    .iter()
                    .map(|fault| format!("{file}, {title}: {fault}")),
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_series_that_a_rule_asks_for_exists_with_its_labels() {
    let recorded = recorded();
    let mut wrong = Vec::new();
    for rule in recording_rules().iter().chain(&alerts()) {
        let name = text(&rule["alert"]) + &text(&rule["record"]);
        let found = faults(&text(&rule["expr"]), &recorded);
        wrong.extend(found.iter().map(|fault| format!("{name}: {fault}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_recorded_series_is_used() {
    let panels = dashboards()
        .into_iter()
        .flat_map(|(_, dashboard)| expressions(&dashboard));
    let asked = panels.map(|(_, expression)| expression);
    let asked = asked.chain(alerts().into_iter().map(|rule| text(&rule["expr"])));
    let used: BTreeSet<String> = asked
        .flat_map(|expression| promql::read(&expression).series)
        .map(|(series, _)| series)
        .collect();
    let unused: Vec<_> = recorded()
        .into_keys()
        .filter(|series| !used.contains(series))
        .collect();
    assert!(unused.is_empty(), "{unused:?}");
}

#[test]
fn every_alert_says_how_bad_it_is_what_it_is_and_where_to_read_on() {
    let sections = sections();
    let mut names = BTreeSet::new();
    for alert in alerts() {
        let name = text(&alert["alert"]);
        assert!(names.insert(name.clone()), "{name} twice");
        let severity = text(&alert["labels"]["severity"]);
        assert!(
            ["critical", "warning"].contains(&severity.as_str()),
            "{name}: {severity:?}"
        );
        let notes = &alert["annotations"];
        assert!(text(&notes["summary"]).len() > 20, "{name} has no summary");
        let place = RUNBOOK.to_owned() + &name.to_lowercase();
        assert_eq!(text(&notes["runbook_url"]), place, "{name}");
        let section = sections.get(&name);
        let section = section.unwrap_or_else(|| panic!("docs/runbook.md has no section {name}"));
        for part in PARTS {
            assert!(section.contains(part), "{name}: its section has no {part}");
        }
    }
    let left_over: Vec<_> = sections
        .keys()
        .filter(|title| !names.contains(*title))
        .collect();
    assert!(left_over.is_empty(), "no alert is called so: {left_over:?}");
}

#[test]
fn every_alert_has_a_unit_test_in_which_it_fires_and_one_in_which_it_does_not() {
    let (mut firing, mut quiet) = (BTreeSet::new(), BTreeSet::new());
    for path in files(&root().join("config/prometheus/tests"), &[".yml"]) {
        let file = yaml(&crate::tidy::shown(&path));
        for test in list(&file["tests"]).flat_map(|test| list(&test["alert_rule_test"])) {
            let name = text(&test["alertname"]);
            let fires = list(&test["exp_alerts"]).next().is_some();
            let known = if fires { &mut firing } else { &mut quiet };
            known.insert(name);
        }
    }
    let alerts: BTreeSet<_> = alerts().iter().map(|alert| text(&alert["alert"])).collect();
    assert_eq!(firing, alerts, "alerts that fire in a test");
    assert_eq!(quiet, alerts, "alerts that stay quiet in a test");
}

#[test]
fn every_panel_that_the_runbook_names_is_on_a_dashboard() {
    let titles: BTreeSet<String> = dashboards()
        .iter()
        .flat_map(|(_, dashboard)| entries(dashboard, "panels"))
        .map(|panel| word(panel, "title"))
        .collect();
    let mut named = 0;
    for (section, body) in sections() {
        let body = body.replace('\n', " ");
        for sentence in body
            .split(". ")
            .filter(|sentence| sentence.contains(" panel"))
        {
            for title in sentence.split('"').skip(1).step_by(2) {
                named += 1;
                assert!(titles.contains(title), "{section}: no panel {title:?}");
            }
        }
    }
    assert!(named > 8, "only {named} panels found in the runbook");
}

#[test]
fn a_dashboard_declares_its_variables_and_no_number_twice() {
    let mut uids = BTreeSet::new();
    for (file, dashboard) in dashboards() {
        assert!(
            uids.insert(word(&dashboard, "uid")),
            "{file}: its uid is another's"
        );
        let declared: BTreeSet<String> = entries(&dashboard["templating"], "list")
            .map(|variable| word(variable, "name"))
            .collect();
        let mut ids = BTreeSet::new();
        for panel in entries(&dashboard, "panels") {
            assert!(
                ids.insert(panel["id"].as_u64()),
                "{file}: {} twice",
                panel["id"]
            );
        }
        for (title, expression) in expressions(&dashboard) {
            for used in expression.split('$').skip(1) {
                let end = used.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                let used = &used[..end.unwrap_or(used.len())];
                let known = declared.contains(used) || OF_GRAFANA.contains(&used);
                assert!(known, "{file}, {title}: ${used} is no variable");
            }
        }
    }
}

#[test]
fn the_time_in_queue_is_shown_for_every_lane() {
    let wait = "sluis_shard_queue_wait_seconds_bucket";
    assert!(labels_of(wait, &recorded()).is_some_and(|labels| labels.contains("lane")));
    let all = dashboards();
    let (_, channels) = all
        .iter()
        .find(|(file, _)| file == "channels.json")
        .expect("the dashboard of the channels");
    for lane in sluis_model::Lane::ALL.map(sluis_model::Lane::name) {
        let of_lane = format!("lane=\"{lane}\"");
        let shown = expressions(channels)
            .iter()
            .any(|(_, expression)| expression.contains(wait) && expression.contains(&of_lane));
        assert!(shown, "no panel shows the time in queue of the lane {lane}");
    }
}
