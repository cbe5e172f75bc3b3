//! Owns the bytes of the frames a server sends. Refuses those of a client. Texts for people are cut
//! to their bounds, so that an answer can always be sent.

use super::frame::{AckRow, Fatal, Frame, Problem, Refused, ServerFrame, Welcome};
use super::read::Reader;
use super::{
    Durability, ErrorCode, MAX_BATCH_ROWS, MAX_CREDIT, MAX_FRAME, MAX_PATH, MAX_PROBLEMS, MAX_TEXT,
    MIN_MAX_FRAME, RefuseCode, WireError, kind, write,
};
use crate::ids::NotificationId;

/// Bytes of one [`AckRow`].
const ACK: usize = 33;
/// Bytes of a problem whose strings are empty.
const MIN_PROBLEM: usize = 4;
/// Flag of an [`AckRow`].
const DUPLICATE: u8 = 1;

/// Appends the acks: one as `Ack`, more as `AckBatch`, in as many frames as it takes.
pub fn encode_acks(out: &mut Vec<u8>, acks: &[AckRow]) {
    for chunk in acks.chunks(MAX_BATCH_ROWS) {
        match chunk {
            [ack] => infallible(out, kind::ACK, |out| encode_ack(out, ack)),
            many => infallible(out, kind::ACK_BATCH, |out| {
                out.reserve(2 + many.len() * ACK);
                out.extend_from_slice(&(many.len() as u16).to_be_bytes());
                many.iter().for_each(|ack| encode_ack(out, ack));
            }),
        }
    }
}

/// Appends a `Refuse`; problems over [`MAX_PROBLEMS`] are left out, texts are cut.
pub fn encode_refused(out: &mut Vec<u8>, refused: &Refused) {
    infallible(out, kind::REFUSE, |out| {
        out.extend_from_slice(&refused.correlation.to_be_bytes());
        out.extend_from_slice(&refused.code.number().to_be_bytes());
        out.extend_from_slice(&refused.retry_after_ms.to_be_bytes());
        let problems = &refused.problems[..refused.problems.len().min(MAX_PROBLEMS)];
        out.extend_from_slice(&(problems.len() as u16).to_be_bytes());
        for problem in problems {
            write::cut(out, &problem.path, MAX_PATH);
            write::cut(out, &problem.message, MAX_TEXT);
        }
    });
}

/// Appends a `Credit`; nothing when `grant` is zero.
pub fn encode_credit(out: &mut Vec<u8>, grant: u32) {
    if grant > 0 {
        infallible(out, kind::CREDIT, |out| {
            out.extend_from_slice(&grant.to_be_bytes())
        });
    }
}

/// A frame whose bounds make it fit: the error branch of [`write::frame`] is never taken.
fn infallible(out: &mut Vec<u8>, kind: u8, fill: impl FnOnce(&mut Vec<u8>)) {
    let done = write::frame(out, kind, |out| {
        fill(out);
        Ok(())
    });
    debug_assert_eq!(done, Ok(()));
}

fn encode_ack(out: &mut Vec<u8>, ack: &AckRow) {
    out.extend_from_slice(&ack.correlation.to_be_bytes());
    out.extend_from_slice(&ack.id.0.to_be_bytes());
    out.extend_from_slice(&ack.position.to_be_bytes());
    out.push(if ack.duplicate { DUPLICATE } else { 0 });
}

fn decode_ack(from: &mut Reader<'_>) -> Result<AckRow, WireError> {
    let correlation = from.u64("correlation")?;
    let id = NotificationId(from.u128("id")?);
    let position = from.u64("position")?;
    let flags = from.u8("flags")?;
    if flags & !DUPLICATE != 0 {
        return Err(from.bad("flags", flags.into(), "bit 0 only"));
    }
    Ok(AckRow {
        correlation,
        id,
        position,
        duplicate: flags & DUPLICATE != 0,
    })
}

fn decode_acks(from: &mut Reader<'_>) -> Result<Vec<AckRow>, WireError> {
    let count = from.count("acks", 1, MAX_BATCH_ROWS)?;
    let mut acks = Vec::with_capacity(count.min(from.left() / ACK));
    for index in 0..count {
        from.row = Some(index as u16);
        acks.push(decode_ack(from)?);
    }
    Ok(acks)
}

fn decode_refused(from: &mut Reader<'_>) -> Result<Refused, WireError> {
    let correlation = from.u64("correlation")?;
    let code = from.u16("code")?;
    let code = RefuseCode::from_number(code)
        .ok_or_else(|| from.bad("code", code.into(), "a refusal code of this version"))?;
    let retry_after_ms = from.u32("retry_after_ms")?;
    let count = from.count("problems", 0, MAX_PROBLEMS)?;
    let mut problems = Vec::with_capacity(count.min(from.left() / MIN_PROBLEM));
    for index in 0..count {
        from.row = Some(index as u16);
        let path = from.bounded("path", MAX_PATH)?.to_owned();
        let message = from.bounded("message", MAX_TEXT)?.to_owned();
        problems.push(Problem { path, message });
    }
    Ok(Refused {
        correlation,
        code,
        retry_after_ms,
        problems,
    })
}

fn encode_welcome(out: &mut Vec<u8>, welcome: &Welcome) {
    out.extend_from_slice(&welcome.version.to_be_bytes());
    out.extend_from_slice(&welcome.credit.min(MAX_CREDIT).to_be_bytes());
    out.extend_from_slice(
        &welcome
            .max_frame
            .clamp(MIN_MAX_FRAME, MAX_FRAME)
            .to_be_bytes(),
    );
    out.push(welcome.durability.number());
    write::cut(out, &welcome.corporation, MAX_TEXT);
}

fn decode_welcome(from: &mut Reader<'_>) -> Result<Welcome, WireError> {
    let version = from.u16("version")?;
    let credit = from.u32("credit")?;
    if credit > MAX_CREDIT {
        return Err(from.bad("credit", credit.into(), "at most 1048576"));
    }
    let max_frame = from.u32("max_frame")?;
    if !(MIN_MAX_FRAME..=MAX_FRAME).contains(&max_frame) {
        return Err(from.bad("max_frame", max_frame.into(), "65536 to 1048576"));
    }
    let durability = from.u8("durability")?;
    let durability = Durability::from_number(durability)
        .ok_or_else(|| from.bad("durability", durability.into(), "0 synced or 1 relaxed"))?;
    let corporation = from.bounded("corporation", MAX_TEXT)?.to_owned();
    Ok(Welcome {
        version,
        corporation,
        credit,
        max_frame,
        durability,
    })
}

fn decode_grant(from: &mut Reader<'_>) -> Result<u32, WireError> {
    match from.u32("grant")? {
        grant @ 1..=MAX_CREDIT => Ok(grant),
        other => Err(from.bad("grant", other.into(), "1 to 1048576")),
    }
}

fn encode_fatal(out: &mut Vec<u8>, fatal: &Fatal) {
    out.extend_from_slice(
        &fatal
            .code
            .map_or_else(|number| number, ErrorCode::number)
            .to_be_bytes(),
    );
    out.extend_from_slice(&fatal.retry_after_ms.to_be_bytes());
    write::cut(out, &fatal.message, MAX_TEXT);
}

fn decode_fatal(from: &mut Reader<'_>) -> Result<Fatal, WireError> {
    let number = from.u16("code")?;
    let retry_after_ms = from.u32("retry_after_ms")?;
    let message = from.bounded("message", MAX_TEXT)?.to_owned();
    Ok(Fatal {
        code: ErrorCode::from_number(number).ok_or(number),
        retry_after_ms,
        message,
    })
}

impl Frame for ServerFrame {
    const SENDER: &'static str = "server";

    fn knows(kind: u8) -> bool {
        (kind::WELCOME..=kind::ERROR).contains(&kind)
    }

    fn decode(kind: u8, payload: &[u8]) -> Result<Self, WireError> {
        let from = &mut Reader::new(kind, payload);
        let frame = match kind {
            kind::WELCOME => ServerFrame::Welcome(decode_welcome(from)?),
            kind::ACK => ServerFrame::Ack(decode_ack(from)?),
            kind::ACK_BATCH => ServerFrame::AckBatch(decode_acks(from)?),
            kind::REFUSE => ServerFrame::Refuse(decode_refused(from)?),
            kind::CREDIT => ServerFrame::Credit {
                grant: decode_grant(from)?,
            },
            kind::PONG => ServerFrame::Pong {
                nonce: from.u64("nonce")?,
            },
            kind::ERROR => ServerFrame::Error(decode_fatal(from)?),
            _ => {
                return Err(WireError::UnknownKind {
                    kind,
                    sender: Self::SENDER,
                });
            }
        };
        from.end()?;
        Ok(frame)
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), WireError> {
        match self {
            ServerFrame::Welcome(welcome) => {
                infallible(out, kind::WELCOME, |out| encode_welcome(out, welcome))
            }
            ServerFrame::Ack(ack) => encode_acks(out, std::slice::from_ref(ack)),
            ServerFrame::AckBatch(acks) => encode_acks(out, acks),
            ServerFrame::Refuse(refused) => encode_refused(out, refused),
            ServerFrame::Credit { grant } => encode_credit(out, *grant),
            ServerFrame::Pong { nonce } => {
                infallible(out, kind::PONG, |out| {
                    out.extend_from_slice(&nonce.to_be_bytes())
                });
            }
            ServerFrame::Error(fatal) => {
                infallible(out, kind::ERROR, |out| encode_fatal(out, fatal))
            }
        }
        Ok(())
    }
}
