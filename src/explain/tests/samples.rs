//! Every event, every cause and every input that the model keeps a sample of is told in both languages, in each
//! without words of the other and without what should have been filled in.

use std::path::PathBuf;

use sluis_model::{Flow, FlowBook, FlowRef, Opens, Record, TenantRecord};

use crate::explain::{Language, timeline};

/// Words of a language that are none of the other.
const ENGLISH: [&str; 12] = [
    "the", "because", "and", "with", "not", "which", "it", "attempt", "step", "message", "asked",
    "until",
];
const DUTCH: [&str; 12] = [
    "het", "een", "niet", "want", "wordt", "naar", "bij", "zijn", "stap", "poging", "huurder",
    "tot",
];

struct NoFlows;

impl FlowBook for NoFlows {
    fn flow(&self, _: FlowRef) -> Option<&Flow> {
        None
    }
}

/// The records of a tenant among the golden files of the newest version, by the names of their files.
fn samples() -> Vec<(String, TenantRecord)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("model/tests/golden");
    let newest = format!("record-v{}-", sluis_model::codec::RECORD_VERSION);
    let files = std::fs::read_dir(folder).expect("the golden files");
    let files = files.map(|file| file.expect("a file"));
    let mut samples: Vec<(String, TenantRecord)> = files
        .filter_map(|file| {
            let name = file.file_name().to_string_lossy().into_owned();
            if !name.starts_with(&newest) {
                return None;
            }
            let text = std::fs::read_to_string(file.path()).expect("a golden file");
            let digits = text.replace(['\n', '\r'], "");
            let bytes = data_encoding::HEXLOWER.decode(digits.as_bytes());
            let record = Record::decode(&bytes.expect("hex digits")).expect("a record");
            match record {
                Record::Tenant(record) => Some((name, record)),
                Record::Control(_) | Record::Stored(_) | Record::Gone(_) => None,
            }
        })
        .collect();
    samples.sort_by(|a, b| a.0.cmp(&b.0));
    samples
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '.')
        .map(str::to_lowercase)
}

#[test]
fn every_sample_is_told_in_both_languages() {
    let samples = samples();
    let events: usize = samples.iter().map(|(_, record)| record.events.len()).sum();
    assert!(
        samples.len() > 40 && events > 80,
        "{} {events}",
        samples.len()
    );
    let mut wrong = Vec::new();
    for (name, record) in samples {
        let records = [(1, record)];
        let rows = |lang| timeline(&records, &Opens::default(), &NoFlows, lang);
        let (english, dutch) = (rows(Language::English), rows(Language::Dutch));
        assert_eq!(english.len(), dutch.len(), "{name}");
        for (english, dutch) in english.into_iter().zip(dutch) {
            assert_eq!(english.kind, dutch.kind, "{name}");
            for (text, others) in [(&english.text, DUTCH), (&dutch.text, ENGLISH)] {
                let is_odd =
                    text.trim().is_empty() || text.contains(['{', '}']) || text.contains("  ");
                let other = words(text).find(|word| others.contains(&word.as_str()));
                if is_odd || other.is_some() {
                    wrong.push(format!("{name} {}: {other:?} in {text:?}", english.kind));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
