//! Owns a dossier: everything that the archive has of a tenant, a subject or a notification, as files
//! that a person can read and check without this engine. Refuses to read the archive itself.

mod known;
mod page;

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use sluis_archive::{Attempted, Cover, Found, Hash, Head, Kept, Kind, Tip};
use sluis_model::{Flow, FlowBook, FlowRef, Opens, Record, Tenant, TenantRecord, Timestamp};
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

use self::known::Known;
use self::page::escaped;
use crate::explain::{self, Language, TimelineRow, rfc3339};

/// What a dossier is made of.
#[derive(Clone, Copy, Debug)]
pub struct Dossier<'a> {
    /// Whose or about what, for people.
    pub of: &'a str,
    /// Everything that was found, newest first.
    pub found: &'a [Found],
    /// What an engine knows of the tenant now.
    pub state: Option<&'a Tenant>,
    /// The head of the archive when it was looked at.
    pub head: Tip,
    /// When.
    pub at: Timestamp,
}

/// One file.
struct File {
    name: String,
    bytes: Vec<u8>,
}

/// A file in the manifest.
#[derive(Serialize)]
struct Listed<'a> {
    name: &'a str,
    length: usize,
    sha256: String,
    blake3: Hash,
}

/// What `manifest.json` says.
#[derive(Serialize)]
struct ManifestOf<'a> {
    format: &'static str,
    of: &'a str,
    made_at: String,
    archive_head: Tip,
    files: Vec<Listed<'a>>,
}

/// No definition is at hand: steps and guards go by their numbers.
struct NoFlows;

impl FlowBook for NoFlows {
    fn flow(&self, _: FlowRef) -> Option<&Flow> {
        None
    }
}

const README: &str = "\
overview.html   what is known now, what happened, newest first, and what left
known.json      from an engine that runs: what it knows now, for programs
entries.jsonl   a line for each entry of the archive: see docs/archive-format.md of Sluis
records.txt     all that came in and was decided, with every field, newest first
state.txt       the same with everything that only the engine uses
outputs/        what left, byte for byte; mails open in any mail program
manifest.json   every file with its hashes, and the head of the archive it was taken from
SHA256SUMS      check with: sha256sum -c SHA256SUMS

The hash of an output in entries.jsonl is BLAKE3, as the journal had it when the message left. Only \"as_sent\" and
\"made_again\" are proven to be what left. The archive itself is checked with `sluis archive verify`, or with the
program in docs/archive-format.md.
";

impl Dossier<'_> {
    /// The dossier as a ZIP file.
    ///
    /// # Errors
    /// It has more files or bytes than a ZIP file can hold.
    pub fn zip(&self) -> anyhow::Result<Vec<u8>> {
        let mut files = self.files()?;
        files.push(self.manifest(&files)?);
        files.push(sums(&files));
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        // The same content gives the same file.
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        for file in files {
            zip.start_file(file.name, options)?;
            zip.write_all(&file.bytes)?;
        }
        Ok(zip.finish()?.into_inner())
    }

    fn files(&self) -> anyhow::Result<Vec<File>> {
        let mut files = vec![
            File {
                name: "README.txt".to_owned(),
                bytes: README.into(),
            },
            self.overview()?,
            self.entries()?,
            self.records()?,
        ];
        if let Some(state) = self.state {
            files.push(File {
                name: "known.json".to_owned(),
                bytes: serde_json::to_vec_pretty(&Known::of(state))?,
            });
            files.push(File {
                name: "state.txt".to_owned(),
                bytes: format!("{state:#?}\n").into(),
            });
        }
        files.extend(self.outputs().map(|(name, found)| File {
            name,
            bytes: found.body.to_vec(),
        }));
        Ok(files)
    }

    /// What left, with its file.
    fn outputs(&self) -> impl Iterator<Item = (String, &Found)> {
        let outputs = self.found.iter().filter_map(|found| {
            let of = found.head.output.as_ref()?;
            (of.kept != Kept::Missing).then_some((found, of))
        });
        outputs.map(|(found, of)| (file_of(found, of), found))
    }

    fn entries(&self) -> anyhow::Result<File> {
        let mut bytes = Vec::new();
        for found in self.found {
            serde_json::to_writer(&mut bytes, &EntryOf::from(found))?;
            bytes.push(b'\n');
        }
        Ok(File {
            name: "entries.jsonl".to_owned(),
            bytes,
        })
    }

    /// Everything that came in and was decided, with every field: what the overview leaves out is held
    /// of a person as well (AVG, art. 15).
    fn records(&self) -> anyhow::Result<File> {
        let mut text = String::new();
        for (sequence, record) in self.decoded()? {
            writeln!(text, "{sequence} {record:#?}\n")?;
        }
        Ok(File {
            name: "records.txt".to_owned(),
            bytes: text.into(),
        })
    }

    fn manifest(&self, files: &[File]) -> anyhow::Result<File> {
        fn listed(file: &File) -> Listed<'_> {
            Listed {
                name: &file.name,
                length: file.bytes.len(),
                sha256: sha256(&file.bytes),
                blake3: Hash::of(&file.bytes),
            }
        }
        let manifest = ManifestOf {
            format: "sluis-dossier/1",
            of: self.of,
            made_at: rfc3339(self.at),
            archive_head: self.head,
            files: files.iter().map(listed).collect(),
        };
        Ok(File {
            name: "manifest.json".to_owned(),
            bytes: serde_json::to_vec_pretty(&manifest)?,
        })
    }

    /// A page that any browser shows, without anything from elsewhere.
    fn overview(&self) -> anyhow::Result<File> {
        let mut page = String::from(
            "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Dossier</title>\n\
             <style>body{font-family:sans-serif;margin:2em}td,th{text-align:left;padding:.2em .8em;vertical-align:top}</style>\n",
        );
        writeln!(page, "<h1>Dossier: {}</h1>", escaped(self.of))?;
        let (volume, hash, at) = (self.head.volume, self.head.hash, rfc3339(self.at));
        writeln!(
            page,
            "<p>Made {at} from an archive whose head is volume {volume}, {hash}.</p>"
        )?;
        if let Some(state) = self.state {
            page.push_str(&Known::of(state).page()?);
        }
        page.push_str("<h2>What left</h2>\n<table><tr><th>when<th>channel<th>provider<th>attempt<th>kept<th>file</tr>\n");
        for (name, found) in self.outputs() {
            if let Some(of) = &found.head.output {
                let when = rfc3339(Timestamp(found.head.at));
                let (channel, provider) = (escaped(&of.channel), escaped(&of.provider));
                let (attempt, kept, name) = (of.attempt, of.kept.name(), escaped(&name));
                writeln!(
                    page,
                    "<tr><td>{when}<td>{channel}<td>{provider}<td>{attempt}<td>{kept}<td><a href=\"{name}\">{name}</a></tr>"
                )?;
            }
        }
        page.push_str("</table>\n<h2>What happened</h2>\n<table><tr><th>when<th>notification<th>what<th></tr>\n");
        for row in self.timeline()? {
            let id = row.id.map_or_else(String::new, |id| id.to_string());
            let (at, label, text) = (row.at, escaped(row.label_nl), escaped(&row.text));
            writeln!(page, "<tr><td>{at}<td>{id}<td>{label}<td>{text}</tr>")?;
        }
        page.push_str("</table>\n</html>\n");
        Ok(File {
            name: "overview.html".to_owned(),
            bytes: page.into(),
        })
    }

    fn timeline(&self) -> anyhow::Result<Vec<TimelineRow>> {
        let records = self.decoded()?;
        Ok(explain::timeline(
            &records,
            &Opens::default(),
            &NoFlows,
            Language::English,
        ))
    }

    /// The records of tenants, newest first.
    fn decoded(&self) -> anyhow::Result<Vec<(u64, TenantRecord)>> {
        let records = self
            .found
            .iter()
            .filter(|found| found.head.kind == Kind::Record && found.cover.is_open());
        let decoded = records.map(|found| {
            let record = Record::decode(&found.body)?;
            Ok(as_tenants(record).map(|record| (found.head.sequence, record)))
        });
        let decoded: Vec<Option<(u64, TenantRecord)>> = decoded.collect::<anyhow::Result<_>>()?;
        Ok(decoded.into_iter().flatten().collect())
    }
}

fn as_tenants(record: Record) -> Option<TenantRecord> {
    match record {
        Record::Tenant(record) => Some(record),
        Record::Control(_) | Record::Stored(_) | Record::Gone(_) => None,
    }
}

/// The line of an entry, and when what was known of its tenant was erased.
#[derive(Serialize)]
pub(crate) struct EntryOf<'a> {
    #[serde(flatten)]
    head: &'a Head,
    #[serde(skip_serializing_if = "Option::is_none")]
    erased_at: Option<String>,
}

impl<'a> From<&'a Found> for EntryOf<'a> {
    fn from(found: &'a Found) -> Self {
        let erased_at = match found.cover {
            Cover::Erased(at) => Some(rfc3339(Timestamp(at))),
            Cover::Bare | Cover::Opened | Cover::Closed => None,
        };
        Self {
            head: &found.head,
            erased_at,
        }
    }
}

/// The name of what left: notification, attempt, and a counter where an attempt went twice.
fn file_of(found: &Found, of: &Attempted) -> String {
    let id = found.head.ids.first().map_or("", |id| id);
    let ending = ending(&of.media_type);
    format!(
        "outputs/{id}-{}-{}.{ending}",
        of.attempt, found.head.sequence
    )
}

/// The ending of a file of this type.
#[must_use]
pub fn ending(media_type: &str) -> &'static str {
    match media_type {
        "message/rfc822" => "eml",
        "application/json" => "json",
        _ => "bin",
    }
}

/// As `sha256sum` writes and reads it.
fn sums(files: &[File]) -> File {
    let lines = files
        .iter()
        .map(|file| format!("{}  {}\n", sha256(&file.bytes), file.name));
    File {
        name: "SHA256SUMS".to_owned(),
        bytes: lines.collect::<String>().into(),
    }
}

fn sha256(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}
