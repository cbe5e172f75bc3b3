//! Properties: what was encoded comes back whatever the pieces, and no bytes at all make the
//! decoder panic or hoard.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::ids::NotificationId;
use crate::notification::{Environment, Lane, NotificationRequest, Subject};
use crate::time::Timestamp;
use crate::wire::{
    AckRow, ClientFrame, Decoder, Durability, ErrorCode, Fatal, Frame, Hello, MAX_FRAME, MAX_PATH,
    MAX_PROBLEMS, MAX_TEXT, Problem, RefuseCode, Refused, ServerFrame, Welcome, encode_acks,
    encode_refused, encode_submit, row_len,
};

fn instant() -> impl Strategy<Value = Option<Timestamp>> {
    option::of((i64::MIN + 1..=i64::MAX).prop_map(Timestamp))
}

fn row() -> impl Strategy<Value = NotificationRequest> {
    let subject = option::of((".{0,8}", ".{0,8}").prop_map(|(kind, id)| Subject {
        kind: kind.into(),
        id: id.into(),
    }));
    let words = (".{0,16}", ".{0,16}", ".{0,16}", ".{0,16}", ".{0,200}");
    let codes = (
        prop::sample::select(&Lane::ALL[..]),
        prop::sample::select(&Environment::ALL[..]),
    );
    (words, subject, codes, instant(), instant()).prop_map(
        |(words, subject, (priority, environment), send_after, expires_at)| {
            let (tenant_id, flow, category, idempotency_key, data) = words;
            NotificationRequest {
                tenant_id,
                flow,
                category,
                subject,
                data,
                priority,
                send_after,
                expires_at,
                environment,
                idempotency_key,
                to_household: false,
            }
        },
    )
}

fn client_frame() -> impl Strategy<Value = ClientFrame> {
    let hello = (any::<u16>(), any::<u16>(), ".{0,50}", ".{0,50}").prop_map(
        |(a, b, api_key, client_name)| {
            ClientFrame::Hello(Hello {
                version_min: a.min(b),
                version_max: a.max(b),
                api_key,
                client_name,
            })
        },
    );
    prop_oneof![
        hello,
        (any::<u64>(), row())
            .prop_map(|(correlation, row)| ClientFrame::Submit { correlation, row }),
        (any::<u64>(), vec(row(), 1..20))
            .prop_map(|(first, rows)| ClientFrame::SubmitBatch { first, rows }),
        any::<u64>().prop_map(|nonce| ClientFrame::Ping { nonce }),
        Just(ClientFrame::Goodbye),
    ]
}

fn ack() -> impl Strategy<Value = AckRow> {
    (any::<u64>(), any::<u128>(), any::<u64>(), any::<bool>()).prop_map(
        |(correlation, id, position, duplicate)| AckRow {
            correlation,
            id: NotificationId(id),
            position,
            duplicate,
        },
    )
}

fn refused() -> impl Strategy<Value = Refused> {
    let problem = (".{0,30}", ".{0,60}").prop_map(|(path, message)| Problem { path, message });
    (
        any::<u64>(),
        prop::sample::select(RefuseCode::ALL),
        any::<u32>(),
        vec(problem, 0..MAX_PROBLEMS),
    )
        .prop_map(|(correlation, code, retry_after_ms, problems)| Refused {
            correlation,
            code,
            retry_after_ms,
            problems,
        })
}

fn server_frame() -> impl Strategy<Value = ServerFrame> {
    let durability = prop_oneof![Just(Durability::Synced), Just(Durability::Relaxed)];
    let welcome = (
        any::<u16>(),
        ".{0,50}",
        0_u32..=1 << 20,
        1_u32 << 16..=1 << 20,
        durability,
    )
        .prop_map(|(version, corporation, credit, max_frame, durability)| {
            ServerFrame::Welcome(Welcome {
                version,
                corporation,
                credit,
                max_frame,
                durability,
            })
        });
    let code = any::<u16>().prop_map(|number| ErrorCode::from_number(number).ok_or(number));
    let fatal = (code, any::<u32>(), ".{0,60}").prop_map(|(code, retry_after_ms, message)| {
        ServerFrame::Error(Fatal {
            code,
            retry_after_ms,
            message,
        })
    });
    prop_oneof![
        welcome,
        ack().prop_map(ServerFrame::Ack),
        vec(ack(), 2..50).prop_map(ServerFrame::AckBatch),
        refused().prop_map(ServerFrame::Refuse),
        (1_u32..=1 << 20).prop_map(|grant| ServerFrame::Credit { grant }),
        any::<u64>().prop_map(|nonce| ServerFrame::Pong { nonce }),
        fatal,
    ]
}

/// Encodes all, feeds the bytes in pieces of `piece`, returns what came out.
fn through<F: Frame>(frames: &[F], piece: usize) -> Vec<F> {
    let mut bytes = Vec::new();
    frames
        .iter()
        .for_each(|frame| frame.encode(&mut bytes).unwrap());
    let mut decoder = Decoder::new(MAX_FRAME);
    let mut out = Vec::new();
    for part in bytes.chunks(piece) {
        decoder.feed(part);
        while let Some(frame) = decoder.next().unwrap() {
            out.push(frame);
        }
    }
    assert_eq!(decoder.pending(), 0);
    out
}

/// Reads until nothing more comes; checks the bound on what is held.
fn survive<F: Frame>(bytes: &[u8], piece: usize) {
    let mut decoder = Decoder::<F>::new(MAX_FRAME);
    for part in bytes.chunks(piece) {
        decoder.feed(part);
        while let Ok(Some(_)) = decoder.next() {}
        assert!(decoder.pending() <= MAX_FRAME as usize + 4);
    }
}

proptest! {
    #[test]
    fn client_frames_come_back(frames in vec(client_frame(), 1..8), piece in 1_usize..300) {
        prop_assert_eq!(through(&frames, piece), frames);
    }

    #[test]
    fn server_frames_come_back(frames in vec(server_frame(), 1..8), piece in 1_usize..300) {
        prop_assert_eq!(through(&frames, piece), frames);
    }

    #[test]
    fn row_len_is_what_a_submit_takes(row in row()) {
        let mut bytes = Vec::new();
        encode_submit(&mut bytes, 1, &row).unwrap();
        prop_assert_eq!(bytes.len(), 4 + 1 + 8 + row_len(&row));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in vec(any::<u8>(), 0..2_000), piece in 1_usize..300) {
        survive::<ClientFrame>(&bytes, piece);
        survive::<ServerFrame>(&bytes, piece);
    }

    /// A plausible length and kind get the payload decoders to work.
    #[test]
    fn arbitrary_payloads_never_panic(kind in 0_u8..8, payload in vec(prop_oneof![Just(0_u8), 0_u8..4, any::<u8>()], 0..300)) {
        let _ = ClientFrame::decode(kind, &payload);
        let _ = ServerFrame::decode(0x80 | kind, &payload);
    }

    #[test]
    fn one_changed_byte_never_panics(frame in client_frame(), at in any::<prop::sample::Index>(), new in any::<u8>()) {
        let mut bytes = Vec::new();
        frame.encode(&mut bytes).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = new;
        survive::<ClientFrame>(&bytes, 64);
    }

    #[test]
    fn answers_with_texts_of_any_length_can_be_sent(text in "\\PC{0,400}", count in 0_usize..40) {
        let problems = vec![Problem { path: text.clone(), message: text }; count];
        let mut bytes = Vec::new();
        encode_refused(&mut bytes, &Refused { correlation: 1, code: RefuseCode::Invalid, retry_after_ms: 0, problems });
        let mut decoder = Decoder::<ServerFrame>::new(MAX_FRAME);
        decoder.feed(&bytes);
        let Ok(Some(ServerFrame::Refuse(refused))) = decoder.next() else { panic!("expected a Refuse frame") };
        prop_assert_eq!(refused.problems.len(), count.min(MAX_PROBLEMS));
        prop_assert!(refused.problems.iter().all(|p| p.path.len() <= MAX_PATH && p.message.len() <= MAX_TEXT));
    }
}

#[test]
fn many_acks_go_in_as_many_frames_as_they_need() {
    let row = AckRow {
        correlation: 0,
        id: NotificationId(1),
        position: 2,
        duplicate: false,
    };
    let acks: Vec<_> = (0..10_000)
        .map(|correlation| AckRow { correlation, ..row })
        .collect();
    let mut bytes = Vec::new();
    encode_acks(&mut bytes, &acks);
    let mut decoder = Decoder::<ServerFrame>::new(MAX_FRAME);
    decoder.feed(&bytes);
    let mut back = Vec::new();
    while let Some(ServerFrame::AckBatch(rows)) = decoder.next().unwrap() {
        back.extend(rows);
    }
    assert_eq!(back, acks);
}
