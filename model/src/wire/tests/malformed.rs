//! One test per way a frame can be wrong: each is refused with the field, the value and what was
//! expected.

use super::samples::{client_frames, full_row, server_frames, small_row};
use crate::notification::NotificationRequest;
use crate::time::Timestamp;
use crate::wire::{
    ClientFrame, Decoder, ErrorCode, Frame, Hello, MAX_BATCH_ROWS, MAX_FRAME, MAX_HELLO,
    ServerFrame, WireError, check_row, encode_submit, encode_submit_batch,
};

fn bytes_of<F: Frame>(frame: &F) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame.encode(&mut bytes).unwrap();
    bytes
}

fn submit() -> Vec<u8> {
    bytes_of(&ClientFrame::Submit {
        correlation: 1,
        row: full_row(),
    })
}

fn server(name: &str) -> Vec<u8> {
    bytes_of(
        &server_frames()
            .into_iter()
            .find(|(known, _)| *known == name)
            .unwrap()
            .1,
    )
}

/// What a decoder says of `bytes`.
fn verdict<F: Frame>(bytes: &[u8]) -> String {
    let mut decoder = Decoder::<F>::new(MAX_FRAME);
    decoder.feed(bytes);
    match decoder.next() {
        Ok(frame) => panic!(
            "taken: {}",
            if frame.is_some() {
                "a frame"
            } else {
                "waits for more"
            }
        ),
        Err(error) => error.to_string(),
    }
}

/// What a decoder says of `bytes` with `new` at `at`.
fn patched<F: Frame>(mut bytes: Vec<u8>, at: usize, new: &[u8]) -> String {
    bytes[at..at + new.len()].copy_from_slice(new);
    verdict::<F>(&bytes)
}

/// What a decoder says of one frame with these bytes behind the length field.
fn framed<F: Frame>(body: &[u8]) -> String {
    verdict::<F>(&[&(body.len() as u32).to_be_bytes(), body].concat())
}

#[test]
fn the_length_field_is_bounded_before_anything_is_collected() {
    assert_eq!(
        verdict::<ClientFrame>(&[0, 0, 0, 0]),
        "frame length 0: expected at least the frame kind"
    );
    assert_eq!(
        verdict::<ClientFrame>(&[0, 0x10, 0, 1]),
        "frame length 1048577: expected at most 1048576 bytes"
    );
    assert_eq!(
        verdict::<ClientFrame>(b"GET / HTTP/1.1"),
        "frame length 1195725856: expected at most 1048576 bytes"
    );
    let mut decoder = Decoder::<ClientFrame>::new(MAX_HELLO);
    decoder.feed(&[0, 0, 4, 1]);
    assert_eq!(
        decoder.next(),
        Err(WireError::FrameTooLong {
            length: 1025,
            max: 1024
        })
    );
}

#[test]
fn a_kind_of_the_other_side_is_unknown_at_its_first_byte() {
    assert_eq!(
        verdict::<ClientFrame>(&[0, 0, 0, 9, 0x82]),
        "frame kind 0x82: expected one that a client sends"
    );
    assert_eq!(
        verdict::<ServerFrame>(&[0, 0, 0, 9, 0x02]),
        "frame kind 0x02: expected one that a server sends"
    );
    for kind in [0_u8, 6, 0x7f, 0x80, 0x88, 0xff] {
        assert!(
            !ClientFrame::knows(kind) && !ServerFrame::knows(kind),
            "{kind:#x}"
        );
    }
}

#[test]
fn a_hello_needs_its_magic_and_a_sane_range() {
    let hello = bytes_of(&client_frames()[0].1);
    assert_eq!(
        patched::<ClientFrame>(hello.clone(), 5, b"HTTP"),
        "magic [48, 54, 54, 50]: expected \"SLUI\""
    );
    assert_eq!(
        patched::<ClientFrame>(hello, 9, &[0, 2, 0, 1]),
        "version_max: 1 has no meaning, expected at least version_min"
    );
    assert_eq!(
        WireError::BadMagic { found: *b"HTTP" }.code(),
        ErrorCode::BadMagic
    );
}

#[test]
fn every_frame_cut_anywhere_names_the_field_that_is_missing() {
    fn check<F: Frame>(frame: &F) {
        let whole = bytes_of(frame);
        for end in 5..whole.len() {
            let text = framed::<F>(&whole[4..end]);
            assert!(text.contains("more bytes, the frame has"), "{text}");
        }
    }
    client_frames().iter().for_each(|(_, frame)| check(frame));
    server_frames().iter().for_each(|(_, frame)| check(frame));
    assert_eq!(
        framed::<ClientFrame>(&submit()[4..14]),
        "environment: expected 1 more bytes, the frame has 0"
    );
}

#[test]
fn every_frame_with_a_byte_too_many_is_refused() {
    fn check<F: Frame>(frame: &F) {
        let mut body = bytes_of(frame)[4..].to_vec();
        body.push(0);
        assert!(framed::<F>(&body).starts_with("1 bytes after the last field of frame kind"));
    }
    client_frames().iter().for_each(|(_, frame)| check(frame));
    server_frames().iter().for_each(|(_, frame)| check(frame));
}

#[test]
fn codes_without_a_meaning_are_refused() {
    assert_eq!(
        patched::<ClientFrame>(submit(), 13, &[3]),
        "priority: 3 has no meaning, expected 0 urgent, 1 normal or 2 bulk"
    );
    assert_eq!(
        patched::<ClientFrame>(submit(), 14, &[4]),
        "environment: 4 has no meaning, expected 0 production, 1 acceptance, 2 test or 3 development"
    );
    // Behind the 18 fixed bytes and three strings of 6, 6 and 10 bytes.
    assert_eq!(
        patched::<ClientFrame>(submit(), 59, &[2]),
        "subject: 2 has no meaning, expected 0 absent or 1 present"
    );
    assert_eq!(
        patched::<ServerFrame>(server("ack"), 37, &[3]),
        "flags: 3 has no meaning, expected bit 0 only"
    );
    assert_eq!(
        patched::<ServerFrame>(server("refuse"), 13, &[0, 99]),
        "code: 99 has no meaning, expected a refusal code of this version"
    );
    assert_eq!(
        patched::<ServerFrame>(server("welcome"), 15, &[2]),
        "durability: 2 has no meaning, expected 0 synced or 1 relaxed"
    );
}

#[test]
fn numbers_out_of_their_range_are_refused() {
    assert_eq!(
        patched::<ServerFrame>(server("credit"), 5, &[0; 4]),
        "grant: 0 has no meaning, expected 1 to 1048576"
    );
    assert_eq!(
        patched::<ServerFrame>(server("credit"), 5, &[0, 0x10, 0, 1]),
        "grant: 1048577 has no meaning, expected 1 to 1048576"
    );
    assert_eq!(
        patched::<ServerFrame>(server("welcome"), 7, &[255; 4]),
        "credit: 4294967295 has no meaning, expected at most 1048576"
    );
    assert_eq!(
        patched::<ServerFrame>(server("welcome"), 11, &[0; 4]),
        "max_frame: 0 has no meaning, expected 65536 to 1048576"
    );
}

#[test]
fn an_error_code_of_a_later_version_stays_readable() {
    let mut bytes = server("error");
    bytes[5..7].copy_from_slice(&[0, 250]);
    let mut decoder = Decoder::<ServerFrame>::new(MAX_FRAME);
    decoder.feed(&bytes);
    let Ok(Some(ServerFrame::Error(fatal))) = decoder.next() else {
        panic!("expected an Error frame")
    };
    assert_eq!(fatal.code, Err(250));
}

#[test]
fn text_must_be_utf8_and_within_its_length() {
    assert_eq!(
        patched::<ClientFrame>(submit(), 35, &[0xff]),
        "tenant_id: not UTF-8 from byte 2 on"
    );
    assert_eq!(
        patched::<ClientFrame>(submit(), 31, &[0xff, 0xff]),
        "tenant_id: expected 65535 more bytes, the frame has 76"
    );
    let mut batch = bytes_of(&ClientFrame::SubmitBatch {
        first: 2,
        rows: vec![small_row(), small_row()],
    });
    let last = batch.len() - 1;
    batch[last] = 0x80;
    assert_eq!(
        verdict::<ClientFrame>(&batch),
        "rows[1].data: not UTF-8 from byte 1 on"
    );
}

#[test]
fn lists_are_counted_before_they_are_read() {
    let batch = bytes_of(&ClientFrame::SubmitBatch {
        first: 2,
        rows: vec![small_row()],
    });
    assert_eq!(
        patched::<ClientFrame>(batch.clone(), 13, &[0, 0]),
        "rows: 0 has no meaning, expected at least one"
    );
    assert_eq!(
        patched::<ClientFrame>(batch.clone(), 13, &[0x10, 1]),
        "rows: length 4097, expected at most 4096"
    );
    assert_eq!(
        patched::<ClientFrame>(batch, 13, &[0x10, 0]),
        "rows[1].priority: expected 1 more bytes, the frame has 0"
    );
    assert_eq!(
        patched::<ServerFrame>(server("ack_batch"), 5, &[0, 0]),
        "acks: 0 has no meaning, expected at least one"
    );
    assert_eq!(
        patched::<ServerFrame>(server("refuse"), 19, &[0, 33]),
        "problems: length 33, expected at most 32"
    );
}

#[test]
fn an_error_is_for_ever() {
    let mut decoder = Decoder::<ClientFrame>::new(MAX_FRAME);
    decoder.feed(&[0, 0, 0, 0]);
    let error = decoder.next().unwrap_err();
    decoder.feed(&submit());
    assert_eq!(decoder.next(), Err(error));
    assert_eq!(decoder.pending(), 0);
}

#[test]
fn the_encoder_refuses_what_does_not_fit_and_leaves_the_buffer_as_it_was() {
    let mut out = b"before".to_vec();
    let long = "x".repeat(70_000);
    let row = NotificationRequest {
        tenant_id: long.clone(),
        ..small_row()
    };
    let error = encode_submit_batch(&mut out, 1, [&small_row(), &row].into_iter()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "rows[1].tenant_id: length 70000, expected at most 65535"
    );
    assert!(matches!(
        check_row(&row, MAX_FRAME),
        Err(WireError::TooLong { .. })
    ));
    let row = NotificationRequest {
        data: "x".repeat(MAX_FRAME as usize - 40),
        ..small_row()
    };
    assert!(matches!(
        check_row(&row, MAX_FRAME),
        Err(WireError::FrameTooLong { .. })
    ));
    assert!(matches!(
        encode_submit(&mut out, 1, &row),
        Err(WireError::FrameTooLong { .. })
    ));
    let row = NotificationRequest {
        send_after: Some(Timestamp(i64::MIN)),
        ..small_row()
    };
    assert!(matches!(
        encode_submit(&mut out, 1, &row),
        Err(WireError::BadValue { .. })
    ));
    assert!(matches!(
        check_row(&row, MAX_FRAME),
        Err(WireError::BadValue { .. })
    ));
    let rows = vec![small_row(); MAX_BATCH_ROWS + 1];
    assert!(matches!(
        encode_submit_batch(&mut out, 1, rows.iter()),
        Err(WireError::TooLong { .. })
    ));
    assert!(matches!(
        encode_submit_batch(&mut out, 1, [].into_iter()),
        Err(WireError::BadValue { .. })
    ));
    let hello = Hello {
        version_min: 1,
        version_max: 1,
        api_key: long,
        client_name: String::new(),
    };
    assert!(matches!(
        ClientFrame::Hello(hello).encode(&mut out),
        Err(WireError::TooLong { .. })
    ));
    assert_eq!(out, b"before");
}
