//! The fuzz targets on stable, 20,000 seeded cases each; `examples/fuzz_million` runs more.

#[path = "../../fuzz/src/cases.rs"]
mod cases;
#[path = "../../fuzz/src/targets.rs"]
mod targets;

const CASES: u64 = 20_000;
const SEED: u64 = 2;

fn run(name: &str) {
    let (_, target) = targets::TARGETS
        .into_iter()
        .find(|(known, _)| *known == name)
        .expect("a target");
    let corpus = cases::corpus(name);
    corpus.iter().for_each(|sound| target(sound));
    for number in 0..CASES {
        let input = cases::case(&corpus, SEED, number);
        if std::panic::catch_unwind(|| target(&input)).is_err() {
            panic!(
                "{name}: case {number} of seed {SEED}: {}",
                input.escape_ascii()
            );
        }
    }
}

#[test]
fn any_bytes_are_frames_or_an_error() {
    run("frames");
}

#[test]
fn any_bytes_are_a_record_or_an_error() {
    run("record");
}

#[test]
fn any_bytes_are_a_receipt_or_an_error() {
    run("bounce");
}

#[test]
fn any_bytes_are_rows_or_reasons() {
    run("tenant_list");
}

/// Inputs that never get past the first byte would prove little.
#[test]
fn the_cases_reach_behind_the_door() {
    let reach = |name: &str, reached: fn(&[u8]) -> bool| {
        let corpus = cases::corpus(name);
        let count = (0..2_000)
            .filter(|n| reached(&cases::case(&corpus, SEED, *n)))
            .count();
        // A record has no checksum here, and one changed byte rarely leaves it readable: one in a
        // hundred is enough.
        assert!(count > 20, "{name}: {count} of 2000");
    };
    reach("record", |bytes| {
        sluis_model::codec::decode_plain::<sluis_model::Record>(bytes).is_ok()
    });
    reach("bounce", |bytes| {
        sluis_channels::read_bounce(bytes, &targets::KEY, "email").is_ok()
    });
    reach("tenant_list", |bytes| {
        let csv = sluis::intake::tenant_list::Format::Csv;
        let list = sluis::intake::tenant_list::List::open(bytes, Some(csv), None);
        list.rows().any(|row| row.is_ok())
    });
    reach("frames", |bytes| {
        let mut decoder =
            sluis_model::wire::Decoder::<sluis_model::wire::ClientFrame>::new(1 << 20);
        decoder.feed(bytes);
        matches!(decoder.next(), Ok(Some(_)))
    });
}
