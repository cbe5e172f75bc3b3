//! Owns the table of what mail systems say, `bounces.toml`: read once, looked for all at once.
//! Refuses to weigh what was found: `verdict` and `kind` do.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use serde::Deserialize;

use super::super::reply::Stage;
use super::words::words;

/// The table as data.
const DATA: &str = include_str!("../bounces.toml");
/// How far apart two pieces of a phrase may stand, in bytes.
const GAP: usize = 32;
/// The most places of a text where a phrase may begin that are looked at.
const MAX_PLACES: usize = 8 * 1024;
/// Where scripts without spaces between words begin.
const NO_SPACES: char = '\u{3000}';

/// What a phrase means; see the head of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// No such mailbox, whatever else is said.
    Gone,
    /// Too much, too fast.
    Rate,
    /// The mailbox is full.
    Full,
    /// The sender is refused, or a relay does not relay for it.
    Sender,
    /// Refused for what we are or what we wrote.
    Policy,
    /// No such mailbox.
    Address,
    /// No such domain.
    Host,
    /// Something that may pass.
    Soft,
    /// Something that will pass, in its own words.
    Later,
    /// A refusal without a reason.
    Hint,
    /// It will not be tried again.
    Final,
    /// It is still being tried.
    Delay,
    /// It did not arrive.
    Failure,
    /// An automatic answer.
    Away,
    /// Somebody is to prove that he is one.
    Challenge,
    /// Noise of a mailing list.
    List,
    /// A complaint.
    Complaint,
    /// The returned message begins.
    Cut,
    /// A point of the dialogue.
    Stage,
    /// Who writes reports.
    Daemon,
}

const KINDS: usize = Kind::Daemon as usize + 1;

/// A point of the dialogue in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Where {
    Any,
    Hello,
    Mail,
    Rcpt,
    Data,
    Body,
}

impl Where {
    /// As the dialogue has it.
    const fn stage(self) -> Option<Stage> {
        match self {
            Where::Any => None,
            Where::Hello => Some(Stage::Hello),
            Where::Mail => Some(Stage::Mail),
            Where::Rcpt => Some(Stage::Rcpt),
            Where::Data => Some(Stage::Data),
            Where::Body => Some(Stage::Body),
        }
    }
}

/// A row as it stands in the table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(
    not(test),
    expect(
        dead_code,
        reason = "system, language and sample are for readers and tests"
    )
)]
pub(crate) struct Row {
    pub(crate) system: String,
    pub(crate) kind: Kind,
    pub(crate) phrase: String,
    pub(crate) stage: Where,
    pub(crate) language: String,
    pub(crate) sample: String,
}

#[derive(Deserialize)]
struct Rows {
    rows: Vec<Row>,
}

/// A row ready to be looked for.
struct Wanted {
    kind: Kind,
    stage: Where,
    /// The pieces behind the first.
    further: Vec<String>,
}

/// The phrases of `bounces.toml`, ready to be looked for.
pub(crate) struct Table {
    finder: AhoCorasick,
    /// For each first piece the rows that begin with it.
    beginning: Vec<Vec<Wanted>>,
    /// The first pieces.
    pieces: Vec<String>,
}

/// What was found in a text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    kinds: [bool; KINDS],
    /// Kinds that only count at `RCPT`.
    at_rcpt: [bool; KINDS],
    stages: Vec<Where>,
}

impl Found {
    /// Whether the text says something of the kind.
    pub(crate) fn has(&self, kind: Kind) -> bool {
        self.kinds[kind as usize]
    }

    /// The same, at a point of the dialogue; without one, phrases of `RCPT` count.
    pub(crate) fn has_at(&self, kind: Kind, stage: Option<Stage>) -> bool {
        self.has(kind) || self.at_rcpt[kind as usize] && matches!(stage, None | Some(Stage::Rcpt))
    }

    /// The point of the dialogue the text names; the recipient's outranks what followed from it.
    pub(crate) fn stage(&self) -> Option<Stage> {
        const ORDER: [Where; 5] = [
            Where::Rcpt,
            Where::Body,
            Where::Data,
            Where::Mail,
            Where::Hello,
        ];
        ORDER
            .into_iter()
            .find(|named| self.stages.contains(named))
            .and_then(Where::stage)
    }
}

impl Table {
    /// The table of this build.
    pub(crate) fn get() -> &'static Self {
        static TABLE: LazyLock<Table> = LazyLock::new(|| Table::of(&rows()));
        &TABLE
    }

    fn of(rows: &[Row]) -> Self {
        let (mut pieces, mut beginning) = (Vec::<String>::new(), Vec::<Vec<Wanted>>::new());
        for row in rows {
            let mut of_row = pieces_of(&row.phrase).into_iter();
            let Some(first) = of_row.next() else { continue };
            let wanted = Wanted {
                kind: row.kind,
                stage: row.stage,
                further: of_row.collect(),
            };
            match pieces.iter().position(|piece| *piece == first) {
                Some(at) => beginning[at].push(wanted),
                None => {
                    pieces.push(first);
                    beginning.push(vec![wanted]);
                }
            }
        }
        let finder =
            AhoCorasick::new(&pieces).expect("some thousand short phrases fit an automaton");
        Self {
            finder,
            beginning,
            pieces,
        }
    }

    /// Everything the text says, in one pass. `text` as [`words`] makes it.
    pub(crate) fn find(&self, text: &str) -> Found {
        let mut found = Found::default();
        for place in self.finder.find_overlapping_iter(text).take(MAX_PLACES) {
            for wanted in &self.beginning[place.pattern().as_usize()] {
                let known = if wanted.stage == Where::Any {
                    &found.kinds
                } else {
                    &found.at_rcpt
                };
                let news = wanted.kind == Kind::Stage || !known[wanted.kind as usize];
                if news && goes_on(text.as_bytes(), place.end(), &wanted.further) {
                    match (wanted.kind, wanted.stage) {
                        (Kind::Stage, stage) => {
                            if !found.stages.contains(&stage) {
                                found.stages.push(stage);
                            }
                        }
                        (kind, Where::Any) => found.kinds[kind as usize] = true,
                        (kind, _) => found.at_rcpt[kind as usize] = true,
                    }
                }
            }
        }
        found
    }

    /// Whether the text begins with a phrase of the kind.
    pub(crate) fn begins(&self, kind: Kind, text: &str) -> bool {
        let rows = self.pieces.iter().zip(&self.beginning);
        rows.into_iter().any(|(piece, rows)| {
            rows.iter()
                .any(|row| row.kind == kind && row.further.is_empty())
                && text.starts_with(piece.as_str())
        })
    }
}

/// The rows of the table.
pub(crate) fn rows() -> Vec<Row> {
    let rows: Rows = toml::from_str(DATA).expect("the table is checked by a test");
    rows.rows
}

/// The pieces of a phrase, each with the spaces that bound its words.
fn pieces_of(phrase: &str) -> Vec<String> {
    let piece = |text: &str| {
        let open = text.trim_end().ends_with('*');
        let mut piece = words(text);
        if text.chars().any(|c| c >= NO_SPACES) {
            piece = piece.trim().to_owned();
        } else if open {
            piece.truncate(piece.trim_end().len());
        }
        piece
    };
    phrase
        .split("..")
        .map(piece)
        .filter(|piece| !piece.trim().is_empty())
        .collect()
}

/// Whether the further pieces follow, each within [`GAP`] of the one before.
fn goes_on(text: &[u8], end: usize, further: &[String]) -> bool {
    let mut from = end;
    for piece in further {
        let piece = piece.as_bytes();
        // The space behind one piece is the space before the next.
        let start = if from > 0 && text[from - 1] == b' ' {
            from - 1
        } else {
            from
        };
        let until = text.len().min(start + GAP + piece.len());
        let Some(at) = text[start..until]
            .windows(piece.len())
            .position(|window| window == piece)
        else {
            return false;
        };
        from = start + at + piece.len();
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_found_by_their_words() {
        let table = Table::get();
        let has = |text: &str, kind| table.find(&words(text)).has_at(kind, None);
        assert!(has(
            "550 5.1.1 <weg@huurder.example>... User unknown",
            Kind::Address
        ));
        assert!(has("user_unknown", Kind::Address) && has("USER-UNKNOWN.", Kind::Address));
        assert!(!has("superuser unknowns", Kind::Address));
        assert!(has("the mailbox for this tenant is now full", Kind::Full));
        let far = format!("mailbox {} full", "x".repeat(GAP + 10));
        assert!(!has(&far, Kind::Full), "pieces that are far apart are none");
        assert!(has("temporarily away", Kind::Later));
        assert_eq!(
            table
                .find(&words("550 no (in reply to RCPT TO command)"))
                .stage(),
            Some(Stage::Rcpt)
        );
        assert!(
            !table
                .find(&words("mailbox unavailable"))
                .has_at(Kind::Address, Some(Stage::Body))
        );
    }

    #[test]
    fn no_phrase_stands_twice_and_each_is_as_it_is_compared() {
        let rows = rows();
        let mut seen = std::collections::BTreeSet::new();
        for row in &rows {
            assert!(
                seen.insert((format!("{:?}", row.kind), row.phrase.clone())),
                "{} twice",
                row.phrase
            );
            let plain: Vec<String> = pieces_of(&row.phrase)
                .iter()
                .map(|piece| piece.trim().to_owned())
                .collect();
            let stands: Vec<String> = row
                .phrase
                .split("..")
                .map(|piece| piece.trim().trim_end_matches('*').to_owned())
                .collect();
            assert_eq!(plain, stands, "{}", row.phrase);
            assert!(!row.system.is_empty() && row.language.len() == 2 && !row.sample.is_empty());
        }
        assert!(rows.len() > 800, "{} rows", rows.len());
    }

    /// Each row by its sample, read as a whole mail.
    #[test]
    fn every_row_means_what_its_sample_says() {
        let mut wrong = Vec::new();
        for row in rows() {
            let said = said_by(&row);
            let expected = match row.kind {
                Kind::Gone | Kind::Address | Kind::Host => "bounced",
                Kind::Rate | Kind::Sender | Kind::Policy | Kind::Hint => "blocked",
                Kind::Full | Kind::Soft | Kind::Later | Kind::Final | Kind::Failure => "failed",
                Kind::Delay => "delayed",
                Kind::Away => "automatic_reply",
                Kind::Challenge => "unknown",
                Kind::List => "other_mail",
                Kind::Complaint => "complained",
                Kind::Cut | Kind::Stage | Kind::Daemon => "found",
            };
            if said != expected {
                wrong.push(format!(
                    "{:?} {:?}: {said}, sample {:?}",
                    row.kind, row.phrase, row.sample
                ));
            }
        }
        assert!(
            wrong.is_empty(),
            "{} rows:\n{}",
            wrong.len(),
            wrong.join("\n")
        );
    }

    /// What is made of a mail with the row's sample where the row is looked for.
    fn said_by(row: &Row) -> &'static str {
        let table = Table::get();
        let found = |found: bool| if found { "found" } else { "not found" };
        match row.kind {
            Kind::Cut => {
                return found(
                    super::super::text::own_lines(&format!("x\n{}\ny\n", row.sample), table)
                        == "x\n",
                );
            }
            Kind::Stage => {
                return found(table.find(&words(&row.sample)).stage() == row.stage.stage());
            }
            Kind::Daemon => {
                return found(
                    table
                        .find(&words(&row.sample.replace(['@', '.'], " ")))
                        .has(Kind::Daemon),
                );
            }
            _ => {}
        }
        let key = crate::testing::key();
        let reference = key.attempt(sluis_model::CorporationId(7), crate::testing::attempt());
        let to = format!("To: <b+{reference}@bounce.woon.example>\n");
        let (head, body) = match row.kind {
            Kind::Away => (
                "From: jan@huurder.example\nSubject: huur\nAuto-Submitted: auto-replied\n"
                    .to_owned(),
                &*row.sample,
            ),
            Kind::Challenge | Kind::List => (
                "From: jan@huurder.example\nSubject: huur\n".to_owned(),
                &*row.sample,
            ),
            Kind::Complaint => (
                format!("From: jan@huurder.example\nSubject: {}\n", row.sample),
                "x",
            ),
            _ => (
                "From: MAILER-DAEMON@relay.example\nSubject: mail\n".to_owned(),
                &*row.sample,
            ),
        };
        let raw = format!("{to}{head}Content-Type: text/plain; charset=utf-8\n\nDag,\n\n{body}\n");
        match super::super::read_bounce(raw.as_bytes(), &key, "relay") {
            Ok(receipt) => receipt.kind.name(),
            Err(error) => error.code(),
        }
    }
}
