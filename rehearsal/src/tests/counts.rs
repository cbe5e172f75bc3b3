//! Tests of the counts of a rehearsal as a file: written, read, and held against others.

use super::{FLOW, audience, short, stage};
use crate::{counted, differences, listed, read_counts, run};

#[test]
fn counts_are_written_and_read_and_what_differs_is_told() {
    let stage = stage(FLOW, None);
    let results = run(&stage, &audience(&stage, 300, &short), 1);
    let said = counted(&stage, &results, 300);
    assert_eq!(read_counts(&listed(&said)).unwrap(), said);
    assert_eq!(differences(&said, &said, true), []);
    let mut came = said.clone();
    let taken = came.iter_mut().find(|one| one.what == "taken").unwrap();
    taken.count += 1;
    let missing = came.pop().unwrap();
    let exact = differences(&said, &came, true);
    assert_eq!(exact.len(), 1 + usize::from(missing.count > 0), "{exact:?}");
    assert_eq!(differences(&said, &came, false), []);
    assert!(read_counts("step;count").unwrap_err().starts_with("line 1"));
    let broken = listed(&said).replacen(",0,", ",x,", 1);
    assert!(read_counts(&broken).is_err());
}

#[test]
fn every_count_of_another_seed_lies_within_what_was_said() {
    let mut stage = stage(FLOW, None);
    let audience = audience(&stage, 600, &short);
    let said = counted(&stage, &run(&stage, &audience, 1), 600);
    for seed in 2..8 {
        stage.outside.seed = seed;
        let other = counted(&stage, &run(&stage, &audience, 1), 600);
        assert_eq!(differences(&said, &other, false), [], "seed {seed}");
    }
}
