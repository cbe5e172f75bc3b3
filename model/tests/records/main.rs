//! Owns the proof that what was once written stays readable: one golden file per kind of record,
//! and damaged bytes. Refuses a silent change of the format: a record that no longer comes back as
//! it was needs a new record version.

mod answers;
mod controls;
mod facts;
mod golden;
mod households;
mod migrating;
mod people;
mod samples;
mod steering;
mod stored;
mod values;

use std::collections::BTreeSet;

use proptest::prelude::*;
use sluis_model::codec::{HEADER, RECORD_VERSION};
use sluis_model::{Event, Record, TenantRecord};

use crate::samples::{encoded, samples};
use crate::stored::{phase_name, phases};
use crate::values::{ID, causes, events};

#[test]
fn a_tenants_record_is_written_the_same_from_where_it_stands() {
    let samples = samples();
    let tenants: Vec<&TenantRecord> = samples
        .iter()
        .filter_map(|(_, record)| as_tenants(record))
        .collect();
    assert!(
        tenants.len() > 5,
        "{} of {} samples",
        tenants.len(),
        samples.len()
    );
    for record in tenants {
        let mut bytes = vec![7; 3];
        record.encode(&mut bytes).expect("the record fits");
        assert_eq!(bytes.split_off(3), encoded(&Record::Tenant(record.clone())));
        assert_eq!(bytes, [7; 3], "behind what is there");
    }
}

fn as_tenants(record: &Record) -> Option<&TenantRecord> {
    match record {
        Record::Tenant(record) => Some(record),
        Record::Control(_) | Record::Stored(_) | Record::Gone(_) => None,
    }
}

#[test]
fn the_samples_hold_every_event_and_cause_once() {
    let distinct = |names: Vec<String>| names.into_iter().collect::<BTreeSet<_>>().len();
    let first = |debug: String| {
        debug
            .split([' ', '{'])
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(
        distinct(events().iter().map(|e| first(format!("{e:?}"))).collect()),
        events().len()
    );
    assert_eq!(
        distinct(causes().iter().map(|c| first(format!("{c:?}"))).collect()),
        causes().len()
    );
    assert_eq!(
        distinct(phases().iter().map(|p| phase_name(p).to_owned()).collect()),
        phases().len()
    );
    use Event::{
        FactTaken, HouseholdNoted, HouseholdStored, PartBarred, PartTells, PointKept, PointMarked,
        ProfileStored, SubjectOpen,
    };
    let named = |event: &Event| match event {
        ProfileStored { .. }
        | PointMarked { .. }
        | PointKept { .. }
        | FactTaken
        | PartTells { .. }
        | PartBarred { .. }
        | HouseholdStored { .. }
        | HouseholdNoted { .. }
        | SubjectOpen { .. } => None,
        _ => Some(ID),
    };
    for event in events() {
        assert_eq!(event.notification(), named(&event));
    }
}

#[test]
fn a_cut_or_lengthened_record_is_an_error_or_read_as_its_frame_says() {
    for (name, record) in samples() {
        let bytes = encoded(&record);
        for length in 0..bytes.len() {
            assert!(
                Record::decode(&bytes[..length]).is_err(),
                "{name} cut to {length} bytes"
            );
        }
        let followed = [&bytes[..], b"what follows"].concat();
        assert_eq!(
            Record::decode(&followed),
            Ok(record),
            "{name}: a frame ends where its length says"
        );
    }
}

fn any_sample() -> impl Strategy<Value = (String, Record)> {
    prop::sample::select(samples())
}

/// A frame whose header is right, around a payload that is not.
fn framed(payload: &[u8]) -> Vec<u8> {
    let mut bytes = encoded(&samples()[0].1);
    bytes.truncate(HEADER);
    bytes[8..12].copy_from_slice(&u32::try_from(payload.len()).expect("short").to_be_bytes());
    bytes[12..16].copy_from_slice(&crc32c::crc32c(payload).to_be_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_are_an_error(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(Record::decode(&bytes).is_err());
    }

    /// The checksum fits, so the payload's own decoder must stand it: whatever it reads, it can
    /// write and read again.
    #[test]
    fn an_arbitrary_payload_is_an_error_or_a_record(payload in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(record) = Record::decode(&framed(&payload)) {
            prop_assert_eq!(Record::decode(&encoded(&record)), Ok(record));
        }
    }

    /// The same, starting from real payloads: deeper into the decoder than noise gets.
    #[test]
    fn a_payload_damaged_before_its_checksum_does_no_harm(
        (_, record) in any_sample(), at in any::<prop::sample::Index>(), to in any::<u8>(), cut in any::<prop::sample::Index>(),
    ) {
        let mut payload = encoded(&record).split_off(HEADER);
        let at = at.index(payload.len());
        payload[at] = to;
        let _ = Record::decode(&framed(&payload));
        payload.truncate(cut.index(payload.len()));
        let _ = Record::decode(&framed(&payload));
    }

    #[test]
    fn a_damaged_byte_is_noticed((name, record) in any_sample(), at in any::<prop::sample::Index>(), flip in 1..=255u8) {
        let mut bytes = encoded(&record);
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        match Record::decode(&bytes) {
            Err(_) => {}
            // The version is outside the checksum, and an older one is readable by promise.
            Ok(read) => {
                prop_assert!(at == 2 && bytes[2] < RECORD_VERSION, "{} byte {}", name, at);
                prop_assert_eq!(read, record);
            }
        }
    }
}
