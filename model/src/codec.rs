//! Owns the one place where bincode is used: the record frame and the plain encoding of state.
//! Refuses unbounded input: decoding has a limit, a checksum comes first, a newer version is an
//! error, not a guess.
//!
//! Frame: magic `SL` (2), version (1), kind (1), `key_id` (4, the key that the payload is sealed with,
//! 0 = plain), length (4), CRC-32C of the payload (4), payload. All integers big-endian.

use bincode::config::{Configuration, Limit, standard};
use bincode::enc::EncoderImpl;
use bincode::enc::write::{SizeWriter, Writer};
use bincode::error::EncodeError;
use bincode::{Decode, Encode};

/// The newest record version this build writes. Every older one stays readable: `tests/golden`
/// holds one of each.
pub const RECORD_VERSION: u8 = 6;
/// Bytes before the payload.
pub const HEADER: usize = 16;
/// Largest payload written or read, in bytes.
pub const MAX_PAYLOAD: usize = 1 << 20;
/// Largest sealed payload: room for what sealing adds.
const MAX_SEALED: usize = MAX_PAYLOAD + 128;
const MAGIC: [u8; 2] = *b"SL";

/// The record version of what is being read: types whose form changed read the older one by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u8);

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameKind {
    /// A record of a shard's log.
    Record,
    /// A piece of a checkpoint.
    Checkpoint,
}

impl FrameKind {
    const fn code(self) -> u8 {
        match self {
            FrameKind::Record => 1,
            FrameKind::Checkpoint => 2,
        }
    }
}

/// The bytes are not what they should be.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// Fewer bytes than the header or the length says.
    #[error("frame is cut short: {actual} bytes, expected {expected}")]
    Short {
        /// Bytes present.
        actual: usize,
        /// Bytes expected.
        expected: usize,
    },
    /// Wrong magic or kind.
    #[error("not a frame of this kind: starts with {0:02x?}")]
    Magic([u8; 4]),
    /// Written by a newer build.
    #[error(
        "frame version {0} is newer than this build reads ({RECORD_VERSION}): upgrade before opening this data directory"
    )]
    Version(u8),
    /// It is sealed, and nobody opened it.
    #[error("frame is sealed with key {0}: it can be read with the file of keys alone")]
    Key(u32),
    /// The payload does not fit its checksum.
    #[error(
        "frame checksum {actual:08x} does not fit its payload, expected {expected:08x}: the bytes were damaged"
    )]
    Checksum {
        /// Computed.
        actual: u32,
        /// Written in the frame.
        expected: u32,
    },
    /// The payload is no value of the expected type.
    #[error("payload cannot be decoded: {0}")]
    Payload(String),
    /// The value is too large to be written.
    #[error("payload of {0} bytes is over the limit of {MAX_PAYLOAD}")]
    TooLarge(usize),
}

fn config()
-> Configuration<bincode::config::LittleEndian, bincode::config::Varint, Limit<{ MAX_PAYLOAD }>> {
    standard().with_limit::<MAX_PAYLOAD>()
}

/// Puts what is encoded behind the bytes that are there. A record is some dozens of small pieces,
/// and `std::io::Write` would count and check each of them.
struct Behind<'a>(&'a mut Vec<u8>);

impl Writer for Behind<'_> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        match bytes {
            // Most pieces: a tag, a length, a small number.
            [byte] => self.0.push(*byte),
            _ => self.0.extend_from_slice(bytes),
        }
        Ok(())
    }
}

/// Appends a frame holding `value` to `buffer`.
///
/// # Errors
/// [`CodecError::TooLarge`]; `buffer` is then as it was.
pub fn encode_frame<T: Encode>(
    kind: FrameKind,
    value: &T,
    buffer: &mut Vec<u8>,
) -> Result<(), CodecError> {
    put_frame(kind, RECORD_VERSION, 0, buffer, |buffer| {
        // Encoding into a Vec fails for no type of ours: none has a custom, failing Encode.
        bincode::encode_into_writer(value, Behind(buffer), standard()).is_ok()
    })
}

/// Appends a frame to `buffer` whose payload `write` puts behind what is there, and says whether it
/// could. `key`: the one that the payload is sealed with; 0: plain.
///
/// # Errors
/// [`CodecError::TooLarge`]; `buffer` is then as it was.
pub fn put_frame(
    kind: FrameKind,
    version: u8,
    key: u32,
    buffer: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>) -> bool,
) -> Result<(), CodecError> {
    let start = buffer.len();
    buffer.extend_from_slice(&[0; HEADER]);
    let written = write(buffer);
    let payload = buffer.len() - start - HEADER;
    let limit = if key == 0 { MAX_PAYLOAD } else { MAX_SEALED };
    if !written || payload > limit {
        buffer.truncate(start);
        return Err(CodecError::TooLarge(payload));
    }
    let checksum = crc32c::crc32c(&buffer[start + HEADER..]);
    let header = &mut buffer[start..start + HEADER];
    header[..2].copy_from_slice(&MAGIC);
    header[2] = version;
    header[3] = kind.code();
    header[4..8].copy_from_slice(&key.to_be_bytes());
    header[8..12].copy_from_slice(&(payload as u32).to_be_bytes());
    header[12..16].copy_from_slice(&checksum.to_be_bytes());
    Ok(())
}

/// A frame whose checksum fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Framed<'a> {
    /// The version that its value was written in.
    pub version: u8,
    /// The key that the payload is sealed with; 0: plain.
    pub key: u32,
    /// What it holds.
    pub payload: &'a [u8],
}

/// Reads the value of one whole frame that is not sealed.
///
/// # Errors
/// See [`CodecError`]; never panics, whatever the bytes.
pub fn decode_frame<T: Decode<Version>>(kind: FrameKind, bytes: &[u8]) -> Result<T, CodecError> {
    match take_frame(kind, bytes)? {
        Framed {
            key: 0,
            version,
            payload,
        } => decode_payload(payload, Version(version)),
        Framed { key, .. } => Err(CodecError::Key(key)),
    }
}

/// Checks one whole frame and gives what it holds, sealed or not.
///
/// # Errors
/// See [`CodecError`]; never panics, whatever the bytes.
pub fn take_frame(kind: FrameKind, bytes: &[u8]) -> Result<Framed<'_>, CodecError> {
    let (framed, expected) = parts(kind, bytes)?;
    let actual = crc32c::crc32c(framed.payload);
    if actual != expected {
        return Err(CodecError::Checksum { actual, expected });
    }
    Ok(framed)
}

/// As [`take_frame`], without the checksum: of bytes that this process has just made, or whose payload
/// something stronger proves.
///
/// # Errors
/// See [`CodecError`]; never panics, whatever the bytes.
pub fn split_frame(kind: FrameKind, bytes: &[u8]) -> Result<Framed<'_>, CodecError> {
    parts(kind, bytes).map(|(framed, _)| framed)
}

/// What a frame holds, and the checksum that it says.
fn parts(kind: FrameKind, bytes: &[u8]) -> Result<(Framed<'_>, u32), CodecError> {
    let Some((header, rest)) = bytes.split_first_chunk::<HEADER>() else {
        return Err(CodecError::Short {
            actual: bytes.len(),
            expected: HEADER,
        });
    };
    if header[..2] != MAGIC || header[3] != kind.code() {
        return Err(CodecError::Magic([
            header[0], header[1], header[2], header[3],
        ]));
    }
    if header[2] > RECORD_VERSION {
        return Err(CodecError::Version(header[2]));
    }
    let word = |at: usize| {
        u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
    };
    let length = word(8) as usize;
    let payload = rest.get(..length).ok_or(CodecError::Short {
        actual: rest.len(),
        expected: length,
    })?;
    let framed = Framed {
        version: header[2],
        key: word(4),
        payload,
    };
    Ok((framed, word(12)))
}

/// Reads the first value of a payload, whatever follows it.
pub(crate) fn decode_first<T: Decode<()>>(payload: &[u8]) -> Result<T, CodecError> {
    let read = bincode::decode_from_slice(payload, config());
    read.map(|(value, _)| value)
        .map_err(|error| CodecError::Payload(error.to_string()))
}

/// The bytes of `value` without a frame: for hashing and for values that carry a checksum
/// elsewhere.
pub fn encode_plain<T: Encode>(value: &T) -> Vec<u8> {
    // See `encode_frame`: encoding a plain value into memory cannot fail.
    bincode::encode_to_vec(value, standard()).unwrap_or_default()
}

/// How many bytes [`encode_plain`] would give, without making them.
pub(crate) fn encoded_bytes<T: Encode>(value: &T) -> usize {
    let mut encoder = EncoderImpl::new(SizeWriter::default(), standard());
    // See `encode_frame`: encoding a plain value cannot fail.
    drop(value.encode(&mut encoder));
    encoder.into_writer().bytes_written
}

/// Reads what [`encode_plain`] wrote; trailing bytes are an error.
///
/// # Errors
/// [`CodecError::Payload`].
pub fn decode_plain<T: Decode<Version>>(bytes: &[u8]) -> Result<T, CodecError> {
    decode_payload(bytes, Version(RECORD_VERSION))
}

/// Reads what [`encode_plain`] wrote at the beginning of `bytes`, and gives what is behind it.
///
/// # Errors
/// [`CodecError::Payload`].
pub(crate) fn decode_prefix<T: Decode<Version>>(bytes: &[u8]) -> Result<(T, &[u8]), CodecError> {
    let version = Version(RECORD_VERSION);
    let read = bincode::decode_from_slice_with_context(bytes, config(), version);
    let (value, used) = read.map_err(|error| CodecError::Payload(error.to_string()))?;
    Ok((value, &bytes[used..]))
}

/// Reads what was written in a record version; trailing bytes are an error.
///
/// # Errors
/// [`CodecError::Payload`].
pub fn decode_payload<T: Decode<Version>>(bytes: &[u8], version: Version) -> Result<T, CodecError> {
    match bincode::decode_from_slice_with_context(bytes, config(), version) {
        Ok((value, used)) if used == bytes.len() => Ok(value),
        Ok((_, used)) => Err(CodecError::Payload(format!(
            "{} bytes left over",
            bytes.len() - used
        ))),
        Err(error) => Err(CodecError::Payload(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_comes_back_and_every_flipped_bit_is_noticed() {
        let mut bytes = Vec::new();
        encode_frame(FrameKind::Record, &("text", 42u64), &mut bytes).unwrap();
        assert_eq!(
            decode_frame::<(String, u64)>(FrameKind::Record, &bytes),
            Ok(("text".into(), 42))
        );
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let read = decode_frame::<(String, u64)>(FrameKind::Record, &damaged);
            // A lower version number is still readable: version 0 was never written, and the
            // checksum still fits.
            assert!(read.is_err() || bit / 8 == 2, "bit {bit}");
        }
    }

    #[test]
    fn a_cut_frame_and_a_foreign_kind_are_refused() {
        let mut bytes = Vec::new();
        encode_frame(FrameKind::Record, &7u64, &mut bytes).unwrap();
        for length in 0..bytes.len() {
            assert!(
                decode_frame::<u64>(FrameKind::Record, &bytes[..length]).is_err(),
                "{length}"
            );
        }
        assert!(matches!(
            decode_frame::<u64>(FrameKind::Checkpoint, &bytes),
            Err(CodecError::Magic(_))
        ));
    }

    #[test]
    fn a_value_over_the_limit_leaves_the_buffer_alone() {
        let mut bytes = vec![1, 2, 3];
        let large = vec![0u8; MAX_PAYLOAD + 1];
        assert!(matches!(
            encode_frame(FrameKind::Record, &large, &mut bytes),
            Err(CodecError::TooLarge(_))
        ));
        assert_eq!(bytes, [1, 2, 3]);
    }
}
