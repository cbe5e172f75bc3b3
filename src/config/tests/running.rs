//! What an engine that runs takes over of a configuration, what waits for a start, and mistakes that only both
//! together have.

use sluis_actors::Change;

use super::{KEYED, config};
use crate::config::Config;

const OPEN: &str =
    "http.address = \"0.0.0.0:8080\"\nhttp.behind_proxy = true\nbinary.enabled = false\n";

fn paths(now: &Config, before: &Config) -> Vec<(String, Change)> {
    now.differences(before).unwrap()
}

#[test]
fn what_holds_from_a_start_on_stays_and_is_what_differs_from_the_files() {
    let running = config(KEYED);
    let text = format!("engine.shards = 3\nretry.most = 7\nlimits.inbox_intake = 999\nlimits.max_open_per_tenant = 5\n{KEYED}")
        .replace("name = \"waterpoort\"", "name = \"waterpoort\"\nmax_open = 9\nlegal_holds = [\"H1\"]");
    let fresh = config(&text);
    let taken = fresh.for_running(&running);
    let changed = |path: &str| (path.to_owned(), Change::Changed);
    let added = |path: &str| (path.to_owned(), Change::Added);
    assert_eq!(
        paths(&taken, &running),
        [
            added("corporation.waterpoort.max_open"),
            changed("limits.max_open_per_tenant"),
            changed("retry.most"),
        ]
    );
    assert_eq!(
        paths(&fresh, &taken),
        [
            changed("corporation.waterpoort.legal_holds"),
            changed("engine.shards"),
            changed("limits.inbox_intake"),
        ]
    );
    assert_eq!(taken.check_again(), Ok(()));
    assert_eq!(running.for_running(&running), running);
}

#[test]
fn keys_that_protect_an_address_cannot_go_while_the_address_waits_for_a_start() {
    let running = config(&format!("{OPEN}{KEYED}"));
    let fresh = config("");
    let taken = fresh.for_running(&running);
    let problems = taken.check_again().unwrap_err();
    assert!(problems.to_string().contains("http.address"), "{problems}");
}

#[test]
fn a_corporation_under_another_number_or_name_waits_and_one_that_comes_back_is_the_same() {
    let running = config(KEYED);
    let renamed = config(&KEYED.replace("name = \"waterpoort\"", "name = \"westpoort\""));
    let taken = renamed.for_running(&running);
    assert_eq!(taken.corporations.len(), 1);
    assert_eq!(taken.corporations[0].name, "waterpoort");
    assert!(
        taken.corporations[0].key_hashes.is_empty(),
        "nobody is let in under the old name"
    );
    let waiting = paths(&renamed, &taken);
    assert_eq!(
        waiting,
        [
            ("corporation.waterpoort".to_owned(), Change::Removed),
            ("corporation.westpoort".to_owned(), Change::Added),
        ]
    );
    assert_eq!(running.for_running(&taken), running);
}
