//! The example flows of the repository, held to their scenarios.

use std::path::Path;

use super::test;
use crate::config::flows::{find_in, scenarios};
use crate::flows::check::check;

#[test]
fn the_example_flows_do_what_their_scenarios_say_and_every_way_out_is_taken() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/flows");
    let (found, mistakes) = find_in(&dir);
    let report = check(&found, mistakes);
    assert_eq!(report.mistakes, [], "sluis flow check");
    let tested = test(&found, &scenarios(&[&dir]));
    assert!(tested.is_good(), "{}", tested.report());
    assert_eq!(tested.uncovered, [""; 0], "{}", tested.report());
}
