//! Owns a mailing as it stands, and its way from a draft to its end: who may do what when. Pure. Refuses
//! to be approved by whoever made it or brought its rows, and to go back.

use icu_normalizer::ComposingNormalizerBorrowed;
use serde::{Deserialize, Serialize};
use sluis_actors::router::SendWindow;
use sluis_channels::address::visible;
use sluis_model::{CorporationId, FlowRef, Timestamp};

use super::chosen::Selected;
use super::error::NotDone;
use super::rows::RowsFile;
use super::stage::{MailingId, Stage};
use crate::intake::mailing_rows::Frame;

/// Why no row is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PausedFor {
    /// A person wanted it.
    Person,
    /// More bounces and refusals than the terms allow.
    Share,
    /// The flow is no more the one that was approved.
    Flow,
    /// Its files cannot be used.
    Damage,
}

/// Somebody did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Who, as they name themselves.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// How rows are handed over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Rows a minute; none: as fast as they are taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_minute: Option<u32>,
    /// When, such as `mon-fri 09:00-17:00`; none: at any time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<String>,
    /// It pauses when more than so many percent bounced or were refused; none: it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_percent: Option<u8>,
    /// How many rows must have been tried or refused before that is looked at.
    #[serde(default)]
    pub stop_after: u32,
}

/// What a person says of the terms when a mailing goes on: what is not said stays as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OtherTerms {
    /// Rows a minute.
    pub per_minute: Option<u32>,
    /// When; an empty list: at any time.
    pub windows: Option<Vec<String>>,
    /// From which percentage it pauses; 100: it does not.
    pub stop_percent: Option<u8>,
    /// How many rows must have been tried or refused before that is looked at.
    pub stop_after: Option<u32>,
}

impl OtherTerms {
    /// These, and the rest as it was.
    #[must_use]
    pub fn onto(self, terms: &Terms) -> Terms {
        let stop_percent = match self.stop_percent {
            Some(percent) => Some(percent).filter(|percent| *percent < 100),
            None => terms.stop_percent,
        };
        Terms {
            per_minute: self.per_minute.or(terms.per_minute),
            windows: self.windows.unwrap_or_else(|| terms.windows.clone()),
            stop_percent,
            stop_after: self.stop_after.unwrap_or(terms.stop_after),
        }
    }
}

impl Terms {
    /// The windows, read. Those that cannot be read were refused at the release.
    pub(super) fn read_windows(&self) -> Vec<SendWindow> {
        let read = self.windows.iter().map(|window| window.parse());
        read.filter_map(Result::ok).collect()
    }
}

/// From which mailing the rows of a correction are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// That mailing.
    pub mailing: String,
    /// Which of its rows.
    pub affected: String,
}

/// A mailing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mailing {
    /// Its number.
    pub id: String,
    /// Whose.
    pub corporation: CorporationId,
    /// What people call it.
    pub name: String,
    /// What all rows have in common.
    pub frame: Frame,
    /// Who made it.
    pub made: Said,
    /// Which mailing it corrects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// How far it is.
    pub stage: Stage,
    /// Its rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<RowsFile>,
    /// By what they were chosen; none: they were brought as a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selection: Option<Selected>,
    /// Who brought them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brought: Option<Said>,
    /// Who approved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<Said>,
    /// The flow that was approved, as it was then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<String>,
    /// Who released it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<Said>,
    /// On which terms.
    #[serde(default)]
    pub terms: Terms,
    /// Why it is paused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<PausedFor>,
    /// Who last paused, resumed or stopped it; none where the engine did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turned: Option<Said>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

impl Mailing {
    /// One that was just made: a draft without rows.
    pub(super) fn draft(
        id: MailingId,
        corporation: CorporationId,
        (name, frame): (String, Frame),
        made: Said,
        origin: Option<Origin>,
    ) -> Self {
        Self {
            id: id.to_string(),
            corporation,
            name,
            frame,
            made,
            origin,
            stage: Stage::Draft,
            rows: None,
            selection: None,
            brought: None,
            approved: None,
            flow: None,
            released: None,
            terms: Terms::default(),
            paused: None,
            turned: None,
            ended_at: None,
        }
    }

    /// Its number, as it was made.
    ///
    /// # Errors
    /// It is none.
    pub(super) fn number(&self) -> Result<MailingId, NotDone> {
        self.id.parse().map_err(|_| NotDone::Unknown)
    }

    fn in_stage(&self, may: &[Stage], expected: &'static str) -> Result<(), NotDone> {
        match may.contains(&self.stage) {
            true => Ok(()),
            false => Err(NotDone::WrongStage {
                is: self.stage,
                expected,
            }),
        }
    }

    /// Whether rows may be brought.
    ///
    /// # Errors
    /// It is no draft any more.
    pub(super) fn may_bring(&self) -> Result<(), NotDone> {
        self.in_stage(&[Stage::Draft], "a draft")
    }

    /// Somebody brought rows in the place of those before.
    ///
    /// # Errors
    /// It is no draft any more.
    pub(super) fn bring(&mut self, rows: RowsFile, who: Said) -> Result<(), NotDone> {
        self.may_bring()?;
        self.rows = (rows.count > 0).then_some(rows);
        self.selection = None;
        self.brought = Some(who);
        Ok(())
    }

    /// A second person approves what has this checksum, with the flow as it is now.
    ///
    /// # Errors
    /// It is no draft; there are no rows, or others; it is the same person.
    pub(super) fn approve(
        &mut self,
        who: Said,
        checksum: &str,
        flow: FlowRef,
    ) -> Result<(), NotDone> {
        self.in_stage(&[Stage::Draft], "a draft")?;
        let rows = self.rows.as_ref().ok_or(NotDone::NoRows)?;
        if rows.checksum != checksum {
            return Err(NotDone::RowsChanged);
        }
        let earlier = [Some(&self.made), self.brought.as_ref()];
        if earlier
            .into_iter()
            .flatten()
            .any(|said| is_same(&said.by, &who.by))
        {
            return Err(NotDone::SamePerson(who.by));
        }
        self.approved = Some(who);
        self.flow = Some(flow.to_string());
        self.stage = Stage::Approved;
        Ok(())
    }

    /// It begins.
    ///
    /// # Errors
    /// It is not approved, or began before.
    pub(super) fn release(&mut self, who: Said, terms: Terms) -> Result<(), NotDone> {
        self.in_stage(&[Stage::Approved], "approved")?;
        self.released = Some(who);
        self.terms = terms;
        self.stage = Stage::Running;
        Ok(())
    }

    /// No more rows for now. Who: none, the engine.
    ///
    /// # Errors
    /// It does not run.
    pub(super) fn pause(&mut self, who: Option<Said>, why: PausedFor) -> Result<(), NotDone> {
        self.in_stage(&[Stage::Running], "running")?;
        self.turned = who;
        self.paused = Some(why);
        self.stage = Stage::Paused;
        Ok(())
    }

    /// It goes on, perhaps on other terms.
    ///
    /// # Errors
    /// It is not paused.
    pub(super) fn resume(&mut self, who: Said, terms: OtherTerms) -> Result<(), NotDone> {
        self.in_stage(&[Stage::Paused], "paused")?;
        self.turned = Some(who);
        self.paused = None;
        self.terms = terms.onto(&self.terms);
        self.stage = Stage::Running;
        Ok(())
    }

    /// No more rows, and what is open is to be cancelled.
    ///
    /// # Errors
    /// It never began, or has been stopped.
    pub(super) fn stop(&mut self, who: Said) -> Result<(), NotDone> {
        let may = [Stage::Running, Stage::Paused, Stage::Done];
        self.in_stage(&may, "running, paused or done")?;
        self.turned = Some(who);
        self.paused = None;
        self.stage = Stage::Stopping;
        Ok(())
    }

    /// Every row has its verdict.
    ///
    /// # Errors
    /// It does not run: a person was faster.
    pub(super) fn end(&mut self, at: Timestamp) -> Result<(), NotDone> {
        self.in_stage(&[Stage::Running], "running")?;
        self.stage = Stage::Done;
        self.ended_at = Some(at);
        Ok(())
    }

    /// Nothing of it is to be done any more.
    ///
    /// # Errors
    /// It does not stop.
    pub(super) fn end_stopped(&mut self, at: Timestamp) -> Result<(), NotDone> {
        self.in_stage(&[Stage::Stopping], "stopping")?;
        self.stage = Stage::Stopped;
        self.ended_at = Some(at);
        Ok(())
    }
}

/// Whether two names are those of one person: case, blanks, what nobody sees, and how an accent is encoded
/// make no other one.
fn is_same(one: &str, other: &str) -> bool {
    let plain = |name: &str| {
        let composed = ComposingNormalizerBorrowed::new_nfkc().normalize(name);
        let seen = visible(&composed);
        let words: Vec<&str> = seen.split_whitespace().collect();
        // By way of upper case, so that ß and SS are one.
        words.join(" ").to_uppercase().to_lowercase()
    };
    plain(one) == plain(other)
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::Map;
    use sluis_model::{Environment, Lane};

    use super::*;

    pub(in crate::mailings) fn said(by: &str) -> Said {
        let (by, at) = (by.to_owned(), Timestamp(1_000));
        Said { by, at }
    }

    pub(in crate::mailings) fn draft() -> Mailing {
        let frame = Frame {
            flow: "notice".to_owned(),
            category: "repairs".to_owned(),
            environment: Environment::Test,
            priority: Lane::Bulk,
            data: Map::new(),
        };
        let named = ("onderhoud".to_owned(), frame);
        Mailing::draft(MailingId(7), CorporationId(1), named, said("Anna"), None)
    }

    fn rows() -> RowsFile {
        RowsFile {
            count: 3,
            bytes: 10,
            checksum: "abc".to_owned(),
            rejected: 0,
            repeated: 0,
        }
    }

    const FLOW: FlowRef = FlowRef([9; 16]);

    #[test]
    fn a_name_is_the_same_however_it_is_written() {
        for (one, other) in [
            ("Ren\u{e9}e Bos", "Rene\u{301}e Bos"),
            ("Zoë", "ZOE\u{308}"),
            ("Jan  de Wit", " jan\u{a0}de wit"),
            ("Groß", "GROSS"),
            ("\u{133}sbrand", "IJsbrand"),
            ("Ａnna", "anna"),
        ] {
            assert!(is_same(one, other) && is_same(other, one), "{one} {other}");
        }
        for (one, other) in [
            ("Renée", "Renee"),
            ("Anna", "Ana"),
            ("Jan de Wit", "Jande Wit"),
        ] {
            assert!(!is_same(one, other), "{one} {other}");
        }
    }

    #[test]
    fn terms_that_are_not_said_stay_as_they_were() {
        let terms = Terms {
            per_minute: Some(600),
            windows: vec!["mon-fri 09:00-17:00".to_owned()],
            stop_percent: Some(5),
            stop_after: 200,
        };
        assert_eq!(OtherTerms::default().onto(&terms), terms);
        let slower = OtherTerms {
            per_minute: Some(60),
            ..OtherTerms::default()
        };
        let expected = Terms {
            per_minute: Some(60),
            ..terms.clone()
        };
        assert_eq!(slower.onto(&terms), expected);
        let freely = OtherTerms {
            windows: Some(Vec::new()),
            stop_percent: Some(100),
            ..OtherTerms::default()
        };
        let freely = freely.onto(&terms);
        assert_eq!((freely.windows, freely.stop_percent), (Vec::new(), None));
    }

    #[test]
    fn whoever_made_it_or_brought_its_rows_does_not_approve_it() {
        let mut mailing = draft();
        assert_eq!(
            mailing
                .approve(said("Bea"), "abc", FLOW)
                .unwrap_err()
                .code(),
            "no_rows"
        );
        mailing.bring(rows(), said("Carl")).unwrap();
        for same in ["Anna", " anna ", "CARL", "anna\u{200b}", "an\u{ad}na"] {
            let refused = mailing.approve(said(same), "abc", FLOW).unwrap_err();
            assert_eq!(refused.code(), "same_person", "{same}");
            assert!(refused.to_string().contains(same), "{refused}");
        }
        let other = mailing.approve(said("Bea"), "other", FLOW).unwrap_err();
        assert_eq!(other.code(), "rows_changed");
        mailing.approve(said("Bea"), "abc", FLOW).unwrap();
        assert_eq!(mailing.stage, Stage::Approved);
        // What was approved cannot be another list.
        assert_eq!(
            mailing.bring(rows(), said("Carl")).unwrap_err().code(),
            "wrong_stage"
        );
    }

    #[test]
    fn it_goes_only_forward() {
        let mut mailing = draft();
        let terms = Terms::default();
        assert!(mailing.release(said("Bea"), terms.clone()).is_err());
        mailing.bring(rows(), said("Anna")).unwrap();
        mailing.approve(said("Bea"), "abc", FLOW).unwrap();
        mailing.release(said("Bea"), terms.clone()).unwrap();
        assert!(mailing.release(said("Bea"), terms).is_err());
        mailing.pause(None, PausedFor::Share).unwrap();
        assert!(mailing.pause(None, PausedFor::Person).is_err());
        mailing.resume(said("Anna"), OtherTerms::default()).unwrap();
        mailing.stop(said("Anna")).unwrap();
        assert!(mailing.resume(said("Anna"), OtherTerms::default()).is_err());
        assert!(mailing.stop(said("Anna")).is_err());
        // The last window was under way when it was stopped.
        assert!(mailing.end(Timestamp(4)).is_err());
        assert_eq!(mailing.stage, Stage::Stopping);
        mailing.end_stopped(Timestamp(5)).unwrap();
        assert!(mailing.stop(said("Anna")).is_err());
    }
}
