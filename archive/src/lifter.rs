//! Owns how what lies in a block is opened again, with the keys of its tenants. Refuses to hold keys, and
//! to believe how long something is that is not opened yet.

use bytes::Bytes;
use zstd::bulk::Decompressor;

use crate::block::{FULL_SEALED_BYTES, Laid, Opened};
use crate::entry::Head;
use crate::error::ArchiveError;
use crate::group::{self, Line};
use crate::sealer::{MAGIC, Sealer, dictionary, sealing};
use crate::veil::{Cover, Lifted};

/// The longest text that is opened, in bytes: a full block, and the longest entry.
const MOST_TEXT: u64 = (FULL_SEALED_BYTES + 2 * crate::MAX_BODY_BYTES) as u64;

/// What opens the entries of one block.
pub(crate) struct Lifter<'a> {
    sealer: Option<&'a Sealer>,
    block: &'a Opened,
    place: &'a str,
    decompressor: Option<Decompressor<'static>>,
}

impl<'a> Lifter<'a> {
    pub(crate) const fn new(sealer: Option<&'a Sealer>, block: &'a Opened, place: &'a str) -> Self {
        Self {
            sealer,
            block,
            place,
            decompressor: None,
        }
    }

    /// What is known of what lies in the block.
    pub(crate) fn lift(&mut self, laid: Laid) -> Result<Vec<(Head, Bytes, Cover)>, ArchiveError> {
        let (line, body) = match laid {
            Laid::Plain(head, body) => return Ok(vec![(*head, body, Cover::Bare)]),
            Laid::Group(line, body) => (line, body),
        };
        let clear = |cover| {
            let heads = line.heads();
            heads.map(|head| (head, Bytes::new(), cover)).collect()
        };
        let Some(sealer) = self.sealer else {
            return Ok(clear(Cover::Closed));
        };
        let text = match self.text(sealer, &line, body)? {
            Ok(text) => text,
            Err(at) => return Ok(clear(Cover::Erased(at))),
        };
        let damaged = |what| ArchiveError::damaged(line.place(self.place), what);
        let entries = group::entries(&line, &text).map_err(damaged)?;
        let opened = entries.into_iter();
        Ok(opened
            .map(|(head, body)| (head, body, Cover::Opened))
            .collect())
    }

    /// What was sealed with this line and body; when its key was destroyed, and when.
    fn text(
        &mut self,
        sealer: &Sealer,
        line: &Line,
        body: Bytes,
    ) -> Result<Result<Bytes, i64>, ArchiveError> {
        let place = || line.place(self.place);
        if !self.block.is_sealed() {
            let lifted = sealer.veil().state(line.key).map_err(sealing(&place()))?;
            return Ok(match lifted {
                Lifted::Plain => Ok(body),
                Lifted::Erased(at) => Err(at),
            });
        }
        let mut bytes = body.to_vec();
        let lifted = sealer.veil().open(line.key, &line.context(), &mut bytes);
        if let Lifted::Erased(at) = lifted.map_err(sealing(&place()))? {
            return Ok(Err(at));
        }
        let text = self.decompress(&bytes);
        let text = text.map_err(|what| ArchiveError::damaged(line.place(self.place), what))?;
        Ok(Ok(text.into()))
    }

    fn decompress(&mut self, stored: &[u8]) -> Result<Vec<u8>, String> {
        let frame = [&MAGIC[..], stored].concat();
        let raw = zstd::zstd_safe::get_frame_content_size(&frame);
        let raw = raw.ok().flatten().unwrap_or(u64::MAX);
        if raw > MOST_TEXT {
            return Err(format!(
                "it says that it holds {raw} bytes, at most {MOST_TEXT}"
            ));
        }
        let no_frame = |error: std::io::Error| format!("no zstd frame: {error}");
        let decompressor = match &mut self.decompressor {
            Some(decompressor) => decompressor,
            none => {
                let dictionary = dictionary(self.block.common());
                none.insert(Decompressor::with_dictionary(&dictionary).map_err(no_frame)?)
            }
        };
        decompressor
            .decompress(&frame, raw as usize)
            .map_err(no_frame)
    }
}
