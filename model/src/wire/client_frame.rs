//! Owns the bytes of the frames a client sends. Refuses those of the server.

use super::frame::{ClientFrame, Frame, Hello};
use super::read::Reader;
use super::{MAGIC, MAX_BATCH_ROWS, MAX_TEXT, WireError, kind, row, write};
use crate::notification::NotificationRequest;

/// Appends a `Submit` without building a [`ClientFrame`].
///
/// # Errors
/// [`WireError`] when a string does not fit its field or the row its frame; `out` is as it was.
pub fn encode_submit(
    out: &mut Vec<u8>,
    correlation: u64,
    request: &NotificationRequest,
) -> Result<(), WireError> {
    write::frame(out, kind::SUBMIT, |out| {
        out.extend_from_slice(&correlation.to_be_bytes());
        row::encode(out, None, request)
    })
}

/// Appends a `SubmitBatch` without building a [`ClientFrame`]: one to [`MAX_BATCH_ROWS`] rows.
/// [`super::row_len`] helps to stay within a frame.
///
/// # Errors
/// [`WireError`] when there are no rows or too many, or they do not fit a frame; `out` is as it
/// was.
pub fn encode_submit_batch<'a>(
    out: &mut Vec<u8>,
    first: u64,
    rows: impl ExactSizeIterator<Item = &'a NotificationRequest>,
) -> Result<(), WireError> {
    let count = rows.len();
    if count == 0 {
        return Err(WireError::BadValue {
            at: "rows".into(),
            value: 0,
            expected: "at least one",
        });
    }
    if count > MAX_BATCH_ROWS {
        return Err(WireError::TooLong {
            at: "rows".into(),
            length: count,
            max: MAX_BATCH_ROWS,
        });
    }
    write::frame(out, kind::SUBMIT_BATCH, |out| {
        out.extend_from_slice(&first.to_be_bytes());
        out.extend_from_slice(&(count as u16).to_be_bytes());
        rows.zip(0_u16..)
            .try_for_each(|(request, index)| row::encode(out, Some(index), request))
    })
}

fn encode_hello(out: &mut Vec<u8>, hello: &Hello) -> Result<(), WireError> {
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&hello.version_min.to_be_bytes());
    out.extend_from_slice(&hello.version_max.to_be_bytes());
    write::short(out, "api_key".into(), &hello.api_key)?;
    write::cut(out, &hello.client_name, MAX_TEXT);
    Ok(())
}

fn decode_hello(from: &mut Reader<'_>) -> Result<Hello, WireError> {
    let found = from.array::<4>("magic")?;
    if found != MAGIC {
        return Err(WireError::BadMagic { found });
    }
    let version_min = from.u16("version_min")?;
    let version_max = from.u16("version_max")?;
    if version_max < version_min {
        return Err(from.bad("version_max", version_max.into(), "at least version_min"));
    }
    let api_key = from.short("api_key")?.to_owned();
    let client_name = from.bounded("client_name", MAX_TEXT)?.to_owned();
    Ok(Hello {
        version_min,
        version_max,
        api_key,
        client_name,
    })
}

fn decode_rows(from: &mut Reader<'_>) -> Result<Vec<NotificationRequest>, WireError> {
    let count = from.count("rows", 1, MAX_BATCH_ROWS)?;
    // Never more room than the bytes that are there can fill.
    let mut rows = Vec::with_capacity(count.min(from.left() / row::MIN_ROW));
    for index in 0..count {
        from.row = Some(index as u16);
        rows.push(row::decode(from)?);
    }
    Ok(rows)
}

impl Frame for ClientFrame {
    const SENDER: &'static str = "client";

    fn knows(kind: u8) -> bool {
        (kind::HELLO..=kind::GOODBYE).contains(&kind)
    }

    fn decode(kind: u8, payload: &[u8]) -> Result<Self, WireError> {
        let from = &mut Reader::new(kind, payload);
        let frame = match kind {
            kind::HELLO => ClientFrame::Hello(decode_hello(from)?),
            kind::SUBMIT => ClientFrame::Submit {
                correlation: from.u64("correlation")?,
                row: row::decode(from)?,
            },
            kind::SUBMIT_BATCH => ClientFrame::SubmitBatch {
                first: from.u64("first")?,
                rows: decode_rows(from)?,
            },
            kind::PING => ClientFrame::Ping {
                nonce: from.u64("nonce")?,
            },
            kind::GOODBYE => ClientFrame::Goodbye,
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
            ClientFrame::Hello(hello) => {
                write::frame(out, kind::HELLO, |out| encode_hello(out, hello))
            }
            ClientFrame::Submit { correlation, row } => encode_submit(out, *correlation, row),
            ClientFrame::SubmitBatch { first, rows } => {
                encode_submit_batch(out, *first, rows.iter())
            }
            ClientFrame::Ping { nonce } => write::frame(out, kind::PING, |out| {
                out.extend_from_slice(&nonce.to_be_bytes());
                Ok(())
            }),
            ClientFrame::Goodbye => write::frame(out, kind::GOODBYE, |_| Ok(())),
        }
    }
}
