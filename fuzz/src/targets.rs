//! Owns what must hold for any bytes, one function for each reader: no panic, bounded answers, and
//! what was read can be written and read again. Refuses to make inputs: `cases` does.

use sluis::intake::tenant_list::{Format, List, MAX_ROWS};
use sluis_channels::read_bounce;
use sluis_model::codec::decode_plain;
use sluis_model::wire::{ClientFrame, Decoder, Frame, MAX_FRAME, ServerFrame};
use sluis_model::{Record, ReferenceKey, TenantKey};

/// The key of every run: seeds carry references that were made with it.
pub const KEY: ReferenceKey = ReferenceKey::new([7; 32]);

/// What must hold for any bytes: it panics when it does not.
pub type Target = fn(&[u8]);

/// Every reader by name.
pub const TARGETS: [(&str, Target); 4] = [
    ("frames", frames),
    ("record", record),
    ("bounce", bounce),
    ("tenant_list", tenant_list),
];

/// The frame decoder of both sides, fed whole and in pieces.
pub fn frames(bytes: &[u8]) {
    let whole = decoded::<ClientFrame>(bytes, bytes.len().max(1));
    let pieces =
        decoded::<ClientFrame>(bytes, 1 + bytes.first().map_or(0, |b| usize::from(*b) % 13));
    assert_eq!(
        whole, pieces,
        "the pieces in which bytes come must not matter"
    );
    decoded::<ServerFrame>(bytes, bytes.len().max(1));
}

/// The frames, and the complaint that ended them. Every frame comes back from its own bytes.
fn decoded<F: Frame + PartialEq + std::fmt::Debug>(
    bytes: &[u8],
    piece: usize,
) -> (Vec<F>, Option<String>) {
    let mut decoder = Decoder::<F>::new(MAX_FRAME);
    let mut frames = Vec::new();
    for piece in bytes.chunks(piece) {
        decoder.feed(piece);
        loop {
            match decoder.next() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(decoder.next().err(), Some(error.clone()), "an error stays");
                    assert_eq!(decoder.pending(), 0, "nothing is held after it");
                    return (frames, Some(error.to_string()));
                }
            }
        }
    }
    for frame in &frames {
        let mut again = Vec::new();
        frame
            .encode(&mut again)
            .expect("what was decoded fits a frame");
        let mut decoder = Decoder::<F>::new(MAX_FRAME);
        decoder.feed(&again);
        assert_eq!(decoder.next().expect("our own bytes").as_ref(), Some(frame));
    }
    (frames, None)
}

/// The record codec: behind its frame with the checksum, and without, where a checksum would hide
/// the decoder.
pub fn record(bytes: &[u8]) {
    for record in [
        Record::decode(bytes).ok(),
        decode_plain::<Record>(bytes).ok(),
    ]
    .into_iter()
    .flatten()
    {
        let mut again = Vec::new();
        record
            .encode(&mut again)
            .expect("what was decoded is not too large");
        assert_eq!(Record::decode(&again).as_ref(), Ok(&record));
    }
}

/// The reader of bounces, abuse reports and whatever else comes to a return path.
pub fn bounce(bytes: &[u8]) {
    let read = read_bounce(bytes, &KEY, "email");
    match &read {
        Ok(receipt) => {
            let why = receipt
                .why
                .as_ref()
                .map_or(0, |why| why.code.len() + why.text.len());
            assert!(why < 512, "a reason of {why} bytes");
            let addressed = receipt
                .why
                .as_ref()
                .is_some_and(|why| why.text.split(' ').any(|word| word.contains('@')));
            assert!(!addressed, "an address in a reason");
        }
        Err(error) => assert!(!error.code().is_empty()),
    }
    // Nothing is carried from one mail to the next.
    if bytes.first().is_some_and(|first| first % 64 == 0) {
        assert_eq!(
            read_bounce(bytes, &KEY, "email"),
            read,
            "the same mail says the same"
        );
    }
}

/// The reader of tenant lists, in both formats.
pub fn tenant_list(bytes: &[u8]) {
    for format in [Format::Csv, Format::Ndjson] {
        let list = List::open(bytes, Some(format), None);
        let mut rows = list.rows();
        let (mut count, mut line) = (0, 0);
        for row in rows.by_ref() {
            count += 1;
            let at = match row {
                Ok(row) => {
                    assert!(
                        (1..=TenantKey::MAX_BYTES).contains(&row.tenant_id.len()),
                        "{:?}",
                        row.tenant_id
                    );
                    assert!(!row.tenant_id.chars().any(char::is_control));
                    assert!(row.same_as.is_none_or(|first| first < row.line));
                    row.line
                }
                Err(rejected) => {
                    assert!(!rejected.reasons.is_empty(), "a rejection without a reason");
                    rejected.line
                }
            };
            assert!(at >= line, "line {at} after line {line}");
            line = at;
        }
        assert!(count <= MAX_ROWS + 1);
        assert!(rows.notes().len() <= 100);
    }
}
