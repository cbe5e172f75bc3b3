//! Owns the beginning of the file of keys: whose it is, and the secret of the tenants' hashes.
//! Refuses to take a damaged one for a new file while any place follows it.
//!
//! 512 bytes: `SLKEYS01` (8), the file's number (16), the secret (32), CRC-32C of all that (4), zeros.
//! The secret is no key: whoever has the file can test whether it holds a key for a tenant that he
//! knows. Without the file nobody can.

use ring::rand::{SecureRandom as _, SystemRandom};

use crate::error::KeyError;
use crate::file::KeyFile;

/// Bytes before the first place.
pub(crate) const HEADER_BYTES: usize = 512;
const MAGIC: [u8; 8] = *b"SLKEYS01";
const FILE_AT: usize = 8;
const SECRET_AT: usize = 24;
const CRC_AT: usize = 56;

/// Whose file it is.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Header {
    /// Tells this file from every other: a wrapped key opens in its own file alone.
    pub(crate) file: [u8; 16],
    /// Of the tenants' hashes.
    pub(crate) secret: [u8; 32],
}

impl Header {
    /// Reads it; writes a new one, durably, where the file has no place yet.
    pub(crate) fn open(file: &dyn KeyFile) -> Result<Self, KeyError> {
        let length = file.length().map_err(KeyError::file("see its length"))?;
        if let Some(header) = Self::read(file, length)? {
            return Ok(header);
        }
        if length > HEADER_BYTES as u64 {
            return Err(KeyError::Header {
                expected: "SLKEYS01 with a checksum that fits",
            });
        }
        // The making was cut short, or there was nothing: no key was ever given out.
        let header = Self::random()?;
        file.write_at(&header.encode(), 0)
            .and_then(|()| file.sync())
            .map_err(KeyError::file("write its beginning"))?;
        Ok(header)
    }

    /// The header; none where there is none or it is damaged.
    pub(crate) fn read(file: &dyn KeyFile, length: u64) -> Result<Option<Self>, KeyError> {
        let mut bytes = [0; HEADER_BYTES];
        if length < HEADER_BYTES as u64 {
            return Ok(None);
        }
        file.read_at(&mut bytes, 0)
            .map_err(KeyError::file("read its beginning"))?;
        Ok(Self::decode(&bytes))
    }

    fn random() -> Result<Self, KeyError> {
        let mut bytes = [0; 48];
        fill(&mut bytes)?;
        let (mut file, mut secret) = ([0; 16], [0; 32]);
        file.copy_from_slice(&bytes[..16]);
        secret.copy_from_slice(&bytes[16..]);
        Ok(Self { file, secret })
    }

    pub(crate) fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..FILE_AT].copy_from_slice(&MAGIC);
        bytes[FILE_AT..SECRET_AT].copy_from_slice(&self.file);
        bytes[SECRET_AT..CRC_AT].copy_from_slice(&self.secret);
        let crc = crc32c::crc32c(&bytes[..CRC_AT]);
        bytes[CRC_AT..CRC_AT + 4].copy_from_slice(&crc.to_be_bytes());
        bytes
    }

    fn decode(bytes: &[u8; HEADER_BYTES]) -> Option<Self> {
        let crc = crc32c::crc32c(&bytes[..CRC_AT]).to_be_bytes();
        if bytes[..FILE_AT] != MAGIC || bytes[CRC_AT..CRC_AT + 4] != crc {
            return None;
        }
        let (mut file, mut secret) = ([0; 16], [0; 32]);
        file.copy_from_slice(&bytes[FILE_AT..SECRET_AT]);
        secret.copy_from_slice(&bytes[SECRET_AT..CRC_AT]);
        Some(Self { file, secret })
    }
}

/// Random bytes from the operating system.
pub(crate) fn fill(bytes: &mut [u8]) -> Result<(), KeyError> {
    SystemRandom::new().fill(bytes).map_err(|_| KeyError::File {
        what: "draw random bytes for it",
        source: std::io::Error::other("the operating system gave none"),
    })
}
