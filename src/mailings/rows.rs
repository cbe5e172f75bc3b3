//! Owns the file of a mailing's rows: each with its length and a hash, sealed with the key of its tenant
//! where the corporation has one. And the id of each row's notification, which follows from the mailing
//! and the row. Refuses to change a file that is there: another list is another file.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sluis_model::{CorporationId, NotificationId, TenantKey, Timestamp};
use twox_hash::XxHash3_64;

use super::error::NotDone;
use super::stage::MailingId;
use crate::files;
use crate::intake::mailing_rows::MailingRow;
use crate::sealing::{Opened, RowSeal};

/// A row that says what it says.
const PLAIN: u8 = 0;
/// A row that is sealed.
const SEALED: u8 = 1;
/// Longest row, in bytes: `data` has at most 64 KiB, and each byte may become six in JSON.
const MOST_BYTES: usize = 512 * 1024;
/// In the number of what stands apart.
const APART: u64 = 1 << 63;
/// Bytes in front of a row: its length and its hash.
const HEAD: usize = 12;

/// What is known of a file of rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowsFile {
    /// Rows.
    pub count: usize,
    /// Bytes.
    pub bytes: u64,
    /// BLAKE3 of the file, in hex: what is approved.
    pub checksum: String,
    /// Rows of the list that were not taken.
    pub rejected: usize,
    /// Rows of the list that stood there already.
    pub repeated: usize,
}

/// Whose rows they are, and what seals them.
#[derive(Clone, Debug)]
pub(super) struct Owner {
    pub(super) mailing: MailingId,
    /// Whether they are no rows but stand apart: neither opens in the place of the other.
    pub(super) is_apart: bool,
    pub(super) corporation: CorporationId,
    pub(super) seal: RowSeal,
}

impl Owner {
    /// For what stands apart.
    pub(super) fn apart(self) -> Self {
        Self {
            is_apart: true,
            ..self
        }
    }

    /// Where a row stands: it opens nowhere else.
    fn place(&self, row: usize) -> Vec<u8> {
        let apart = if self.is_apart { APART } else { 0 };
        [
            &self.mailing.0.to_be_bytes()[..],
            &(row as u64 | apart).to_be_bytes(),
        ]
        .concat()
    }
}

/// Writes rows beside the file, which they replace in the end.
pub(super) struct RowsWriter {
    owner: Owner,
    path: PathBuf,
    aside: PathBuf,
    file: BufWriter<File>,
    hash: blake3::Hasher,
    count: usize,
    bytes: u64,
}

impl RowsWriter {
    /// Begins.
    ///
    /// # Errors
    /// The disk fails.
    pub(super) fn begin(owner: Owner, path: &Path) -> Result<Self, NotDone> {
        Self::begin_apart(owner, path, "tmp")
    }

    /// Begins, beside another who may write the same file: the last to finish has it.
    ///
    /// # Errors
    /// The disk fails.
    pub(super) fn begin_apart(owner: Owner, path: &Path, ending: &str) -> Result<Self, NotDone> {
        let aside = path.with_extension(ending);
        Ok(Self {
            owner,
            path: path.to_owned(),
            file: BufWriter::new(files::private(&aside)?),
            aside,
            hash: blake3::Hasher::new(),
            count: 0,
            bytes: 0,
        })
    }

    /// One more row.
    ///
    /// # Errors
    /// The disk or the file of keys fails.
    pub(super) fn add(&mut self, row: &MailingRow) -> Result<(), NotDone> {
        let mut bytes = serde_json::to_vec(row).map_err(io::Error::from)?;
        let tenant = TenantKey::new(self.owner.corporation, row.tenant_id.as_str());
        let place = self.owner.place(self.count);
        let key = self.owner.seal.seal(&tenant, &place, &mut bytes)?;
        let body = match key {
            None => [&[PLAIN][..], &bytes].concat(),
            Some(key) => [&[SEALED][..], &key.to_be_bytes(), &bytes].concat(),
        };
        let mut head = [0; HEAD];
        head[..4].copy_from_slice(&(body.len() as u32).to_le_bytes());
        head[4..].copy_from_slice(&XxHash3_64::oneshot(&body).to_le_bytes());
        for part in [&head[..], &body] {
            self.file.write_all(part)?;
            self.hash.update(part);
            self.bytes += part.len() as u64;
        }
        self.count += 1;
        Ok(())
    }

    /// Puts them in their place. Durable on return.
    ///
    /// # Errors
    /// The disk or the file of keys fails; what was there is there.
    pub(super) fn finish(self, rejected: usize, repeated: usize) -> Result<RowsFile, NotDone> {
        // Whose the keys are must be known to whoever erases a tenant.
        self.owner.seal.sync()?;
        let file = self
            .file
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        std::fs::rename(&self.aside, &self.path)?;
        files::sync_above(&self.path)?;
        Ok(RowsFile {
            count: self.count,
            bytes: self.bytes,
            checksum: self.hash.finalize().to_hex().to_string(),
            rejected,
            repeated,
        })
    }
}

/// A row as it was read.
#[derive(Debug)]
pub(super) enum Got {
    /// The row.
    Row(MailingRow),
    /// Its tenant was erased.
    Erased,
    /// It is not what was written.
    Damaged,
}

/// Reads rows, in order.
#[derive(Debug)]
pub(super) struct RowsReader {
    owner: Owner,
    file: BufReader<File>,
    row: usize,
}

impl RowsReader {
    /// From the first.
    ///
    /// # Errors
    /// The disk fails.
    pub(super) fn open(owner: Owner, path: &Path) -> io::Result<Self> {
        Ok(Self {
            owner,
            file: BufReader::new(File::open(path)?),
            row: 0,
        })
    }

    /// The next row with its number, from 0; none at the end.
    ///
    /// # Errors
    /// The disk fails, or the file is cut off or overwritten: nobody knows where the next row begins.
    pub(super) fn next(&mut self) -> io::Result<Option<(usize, Got)>> {
        let mut head = [0; HEAD];
        match self.file.read_exact(&mut head) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
        let [a, b, c, d, hash @ ..] = head;
        let length = u32::from_le_bytes([a, b, c, d]) as usize;
        if length == 0 || length > MOST_BYTES {
            return Err(ErrorKind::InvalidData.into());
        }
        let mut body = vec![0; length];
        self.file.read_exact(&mut body)?;
        let row = self.row;
        self.row += 1;
        let is_whole = XxHash3_64::oneshot(&body) == u64::from_le_bytes(hash);
        let got = if is_whole {
            self.open_row(row, &body)
        } else {
            Got::Damaged
        };
        Ok(Some((row, got)))
    }

    fn open_row(&self, row: usize, body: &[u8]) -> Got {
        let opened = match body.split_first() {
            Some((&PLAIN, plain)) => Ok(Opened::Plain(plain.to_vec())),
            Some((&SEALED, sealed)) => match sealed.split_first_chunk::<4>() {
                Some((key, sealed)) => {
                    let place = self.owner.place(row);
                    let key = u32::from_be_bytes(*key);
                    self.owner
                        .seal
                        .open(key, &place, sealed.to_vec())
                        .map_err(drop)
                }
                None => Err(()),
            },
            _ => Err(()),
        };
        match opened {
            Ok(Opened::Erased) => Got::Erased,
            Ok(Opened::Plain(bytes)) => {
                serde_json::from_slice(&bytes).map_or(Got::Damaged, Got::Row)
            }
            Err(()) => Got::Damaged,
        }
    }
}

/// Whether the file is the one that was written.
///
/// # Errors
/// The disk fails.
pub(super) fn is_whole(path: &Path, rows: &RowsFile) -> io::Result<bool> {
    let mut hash = blake3::Hasher::new();
    hash.update_reader(File::open(path)?)?;
    Ok(hash.finalize().to_hex().as_str() == rows.checksum)
}

/// The id of the notification of a row: the same for ever, so that a shard can be asked for it.
pub(super) fn id_of(
    mailing: MailingId,
    row: usize,
    tenant: &TenantKey,
    released: Timestamp,
    shards: u16,
) -> NotificationId {
    let mut hasher = blake3::Hasher::new_derive_key("sluis 2026-11-28 id of a mailing's row");
    hasher.update(&mailing.0.to_be_bytes());
    hasher.update(&(row as u64).to_be_bytes());
    let mut random = [0; 8];
    hasher.finalize_xof().fill(&mut random);
    NotificationId::new(tenant.shard(shards), released.0, u64::from_be_bytes(random))
}

/// The key under which a row is handed over: the same each time.
pub(super) fn key_of(mailing: MailingId, row: usize) -> String {
    format!("mailing/{mailing}/{row}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(mailing: u128) -> Owner {
        Owner {
            mailing: MailingId(mailing),
            is_apart: false,
            corporation: CorporationId(1),
            seal: RowSeal::default(),
        }
    }

    fn row(number: u64) -> MailingRow {
        MailingRow {
            line: number + 2,
            tenant_id: format!("H-{number}"),
            subject_id: None,
            data: format!("{{\"title\":\"{number}\"}}"),
        }
    }

    fn written(path: &Path, rows: u64) -> RowsFile {
        let mut writer = RowsWriter::begin(owner(1), path).unwrap();
        (0..rows).for_each(|number| writer.add(&row(number)).unwrap());
        writer.finish(0, 0).unwrap()
    }

    #[test]
    fn rows_are_read_as_they_were_written_and_a_damaged_one_alone_is_lost() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rows");
        let file = written(&path, 40);
        assert!(is_whole(&path, &file).unwrap());
        let mut bytes = std::fs::read(&path).unwrap();
        assert_eq!(bytes.len() as u64, file.bytes);
        // A letter of the first row.
        bytes[HEAD + 10] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert!(!is_whole(&path, &file).unwrap());
        let mut reader = RowsReader::open(owner(1), &path).unwrap();
        let mut read = Vec::new();
        while let Some((number, got)) = reader.next().unwrap() {
            match got {
                Got::Row(found) => assert_eq!(found, row(number as u64)),
                Got::Damaged => assert_eq!(number, 0),
                Got::Erased => panic!("nobody was erased"),
            }
            read.push(number);
        }
        assert_eq!(read, (0..40).collect::<Vec<_>>());
    }

    #[test]
    fn a_file_that_is_cut_off_is_told_and_not_taken_for_a_shorter_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rows");
        written(&path, 2);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        let mut reader = RowsReader::open(owner(1), &path).unwrap();
        assert!(reader.next().is_ok());
        assert!(reader.next().is_err());
    }

    #[test]
    fn the_id_of_a_row_is_part_of_the_format() {
        let tenant = TenantKey::new(CorporationId(7), "H-1001");
        let id = id_of(
            MailingId(5),
            40_312,
            &tenant,
            Timestamp(1_795_000_000_123),
            16,
        );
        assert_eq!(id.shard(), tenant.shard(16));
        assert_eq!(id.made_at(), Timestamp(1_795_000_000_123));
        assert_eq!(id.0 as u64, ID_OF_ROW, "{:x}", id.0 as u64);
        let next = id_of(
            MailingId(5),
            40_313,
            &tenant,
            Timestamp(1_795_000_000_123),
            16,
        );
        assert_ne!(id, next);
    }

    /// Computed once; a change would send again what was handed over before a start.
    const ID_OF_ROW: u64 = 0xec2f_4775_af93_45dc;
}
