//! The bytes of every frame kind are fixed: in `golden/*.hex`, and again in the worked dumps of the
//! documentation.

use std::fmt::Write as _;

use super::samples::{client_frames, server_frames};
use crate::wire::{Decoder, ErrorCode, Frame, MAX_FRAME, RefuseCode};

const GOLDEN: &[(&str, &str)] = &[
    ("hello", include_str!("../golden/hello.hex")),
    ("submit", include_str!("../golden/submit.hex")),
    ("submit_batch", include_str!("../golden/submit_batch.hex")),
    ("ping", include_str!("../golden/ping.hex")),
    ("goodbye", include_str!("../golden/goodbye.hex")),
    ("welcome", include_str!("../golden/welcome.hex")),
    ("ack", include_str!("../golden/ack.hex")),
    ("ack_batch", include_str!("../golden/ack_batch.hex")),
    ("refuse", include_str!("../golden/refuse.hex")),
    ("refuse_full", include_str!("../golden/refuse_full.hex")),
    ("credit", include_str!("../golden/credit.hex")),
    ("pong", include_str!("../golden/pong.hex")),
    ("error", include_str!("../golden/error.hex")),
];

const DOCUMENT: &str = include_str!("../../../../docs/binary-protocol.md");

/// Hex digits of a dump, without offsets (`0000:`) and remarks (after `|`).
fn bytes_of(dump: &str) -> Vec<u8> {
    let digits = |line: &str| {
        let line = line.split('|').next().unwrap_or_default();
        line.split_once(": ")
            .map_or(line, |(_, bytes)| bytes)
            .split_whitespace()
            .collect::<String>()
    };
    let hex: String = dump.lines().map(digits).collect();
    data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap()
}

fn dump_of(bytes: &[u8]) -> String {
    bytes.chunks(16).fold(String::new(), |mut dump, line| {
        let pairs: Vec<_> = line.iter().map(|b| format!("{b:02x}")).collect();
        writeln!(dump, "{}", pairs.join(" ")).unwrap();
        dump
    })
}

#[track_caller]
fn check<F: Frame + PartialEq + std::fmt::Debug>(name: &str, frame: &F) {
    let mut bytes = Vec::new();
    frame.encode(&mut bytes).unwrap();
    let golden = GOLDEN.iter().find(|(known, _)| *known == name).unwrap().1;
    assert_eq!(
        dump_of(&bytes),
        golden,
        "{name}: the bytes of a published version may never change"
    );
    let mut decoder = Decoder::<F>::new(MAX_FRAME);
    decoder.feed(&bytes_of(golden));
    assert_eq!(decoder.next().unwrap().as_ref(), Some(frame));
    assert_eq!((decoder.next(), decoder.pending()), (Ok(None), 0));
}

#[test]
fn every_client_frame_has_its_golden_bytes() {
    client_frames()
        .iter()
        .for_each(|(name, frame)| check(name, frame));
}

#[test]
fn every_server_frame_has_its_golden_bytes() {
    server_frames()
        .iter()
        .for_each(|(name, frame)| check(name, frame));
}

#[test]
fn the_document_shows_the_same_bytes() {
    let mut shown = Vec::new();
    for block in DOCUMENT.split("```hex ").skip(1) {
        let (name, rest) = block.split_once('\n').unwrap();
        let dump = rest.split("```").next().unwrap();
        let golden = GOLDEN
            .iter()
            .find(|(known, _)| *known == name)
            .unwrap_or_else(|| panic!("no golden bytes for {name}"));
        assert_eq!(bytes_of(dump), bytes_of(golden.1), "{name}");
        shown.push(name);
    }
    let missing: Vec<_> = GOLDEN
        .iter()
        .filter(|(name, _)| !shown.contains(name))
        .collect();
    assert!(missing.is_empty(), "no dump of {missing:?}");
}

#[test]
fn the_document_lists_every_code() {
    for code in RefuseCode::ALL {
        let row = format!(
            "| {} | `{}` | {} |",
            code.number(),
            code.name(),
            code.http_status()
        );
        assert!(DOCUMENT.contains(&row), "no row {row}");
    }
    for code in ErrorCode::ALL {
        let row = format!("| {} | `{}` |", code.number(), code.name());
        assert!(DOCUMENT.contains(&row), "no row {row}");
    }
}
