//! Random histories on disk, restarts included, compared with a vector per shard.

use proptest::prelude::*;
use sluis_journal::{DiskJournal, Journal, Sequence, Shard};

use crate::support::{SHARDS, Settle, append, open, replayed};

#[derive(Clone, Debug)]
enum Step {
    Append { shard: u16, lengths: Vec<usize> },
    Trim { shard: u16, percent: u64 },
    Checkpoint { shard: u16, chunks: Vec<Vec<u8>> },
    Put { shard: u16, key: u8, length: usize },
    Delete { shard: u16, key: u8 },
    Mark { shard: u16 },
    Restart,
}

#[derive(Clone, Default)]
struct Model {
    records: Vec<Vec<u8>>,
    trimmed: usize,
    checkpoint: Option<(u64, Vec<Vec<u8>>)>,
    table: std::collections::BTreeMap<u8, Vec<u8>>,
}

fn step() -> impl Strategy<Value = Step> {
    let length = prop_oneof![6 => 0..600_usize, 2 => 3900..4300_usize, 1 => 8000..90_000_usize];
    let shard = 0..SHARDS;
    prop_oneof![
        8 => (shard.clone(), prop::collection::vec(length.clone(), 1..20))
            .prop_map(|(shard, lengths)| Step::Append { shard, lengths }),
        2 => (shard.clone(), 0..=100_u64).prop_map(|(shard, percent)| Step::Trim { shard, percent }),
        1 => (shard.clone(), prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..4))
            .prop_map(|(shard, chunks)| Step::Checkpoint { shard, chunks }),
        3 => (shard.clone(), 0..4_u8, length).prop_map(|(shard, key, length)| Step::Put { shard, key, length }),
        2 => (shard.clone(), 0..4_u8).prop_map(|(shard, key)| Step::Delete { shard, key }),
        2 => shard.prop_map(|shard| Step::Mark { shard }),
        2 => Just(Step::Restart),
    ]
}

fn content(length: usize, salt: usize) -> Vec<u8> {
    (0..length)
        .map(|at| (at * 31 + salt * 17 + at / 251) as u8)
        .collect()
}

fn apply(journal: &DiskJournal, models: &mut [Model], step: &Step) {
    match step {
        Step::Append { shard, lengths } => {
            let model = &mut models[usize::from(*shard)];
            let from = model.records.len();
            model.records.extend(
                (from..)
                    .zip(lengths)
                    .map(|(salt, length)| content(*length, salt)),
            );
            let new: Vec<&[u8]> = model.records[from..].iter().map(Vec::as_slice).collect();
            append(journal, *shard, &new);
            journal.settle();
        }
        Step::Trim { shard, percent } => {
            let model = &mut models[usize::from(*shard)];
            let to = model.records.len() * *percent as usize / 100;
            model.trimmed = model.trimmed.max(to);
            journal
                .trim(Shard(*shard), Sequence(to as u64 + 1))
                .expect("trimmed");
        }
        Step::Checkpoint { shard, chunks } => {
            let model = &mut models[usize::from(*shard)];
            let upto = model.records.len() as u64;
            model.checkpoint = Some((upto, chunks.clone()));
            let mut chunks = chunks.iter().cloned();
            journal
                .checkpoint(Shard(*shard), Sequence(upto), &mut chunks)
                .expect("written");
        }
        Step::Put { shard, key, length } => {
            let value = content(*length, usize::from(*key));
            journal.put(Shard(*shard), &[*key], &value).expect("put");
            models[usize::from(*shard)].table.insert(*key, value);
        }
        Step::Delete { shard, key } => {
            let keys = [vec![*key], vec![*key]];
            journal.delete(Shard(*shard), &keys).expect("deleted");
            models[usize::from(*shard)].table.remove(key);
        }
        Step::Mark { shard } => {
            let upto = journal.durable(Shard(*shard));
            journal
                .set_table_applied(Shard(*shard), upto)
                .expect("marked");
        }
        Step::Restart => {}
    }
}

fn compare(journal: &DiskJournal, shard: u16, model: &Model) {
    let kept: Vec<_> = (1..)
        .zip(model.records.clone())
        .skip(model.trimmed)
        .collect();
    assert!(
        replayed(journal, shard, 0) == kept,
        "shard {shard}: the replay differs"
    );
    assert_eq!(journal.first(Shard(shard)).0, model.trimmed as u64 + 1);
    assert_eq!(journal.last(Shard(shard)).0, model.records.len() as u64);
    for (sequence, record) in kept.iter().rev().step_by(3) {
        let read = journal
            .read(Shard(shard), Sequence(*sequence))
            .expect("read");
        assert!(
            read.as_ref() == Some(record),
            "shard {shard}: record {sequence} differs"
        );
    }
    let found = journal.latest_checkpoint(Shard(shard)).expect("looked");
    let found =
        found.map(|(upto, chunks)| (upto.0, chunks.collect::<Result<Vec<_>, _>>().expect("good")));
    assert_eq!(found, model.checkpoint);
    for key in 0..4 {
        let got = journal.get(Shard(shard), &[key]).expect("got");
        assert!(
            got.as_ref() == model.table.get(&key),
            "shard {shard}: key {key} differs"
        );
    }
    let keys = journal.table_keys(Shard(shard), (&[0], &[u8::MAX]), usize::MAX);
    let there: Vec<_> = model.table.keys().map(|key| vec![*key]).collect();
    assert_eq!(keys.expect("listed"), there);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_history_reads_like_a_vector(steps in prop::collection::vec(step(), 1..40)) {
        let dir = tempfile::tempdir().expect("a directory");
        let mut models = vec![Model::default(); usize::from(SHARDS)];
        let mut journal = open(dir.path());
        for step in &steps {
            if matches!(step, Step::Restart) {
                drop(journal);
                journal = open(dir.path());
            }
            apply(&journal, &mut models, step);
        }
        for (shard, model) in (0..).zip(&models) {
            compare(&journal, shard, model);
        }
        journal.check_blobs().expect("no blobs");
    }
}
