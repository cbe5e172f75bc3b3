//! Owns how one migration stands: what it was asked, what was shown, how far it is. Refuses a step that its stage does not
//! allow.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sluis_model::{CorporationId, FlowRef, NotificationId, Stay, Timestamp};

use super::error::NotMigrated;
use super::stage::Stage;

/// Most notifications that stayed which are named.
pub(super) const MOST_NAMED: usize = 100;

/// Who did something, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Who, as they name themselves.
    pub by: String,
    /// When, in milliseconds.
    pub at: i64,
}

impl Said {
    pub(super) fn now(by: &str, now: Timestamp) -> Self {
        Self {
            by: by.to_owned(),
            at: now.0,
        }
    }
}

/// What stands at one step of one version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The version of the flow.
    pub version: u32,
    /// The step; none: the flow has not begun.
    pub step: Option<String>,
    /// How many move.
    pub moves: u64,
    /// How many have an attempt under way, and move when its outcome is known.
    pub under_way: u64,
    /// How many stay, by why.
    pub stays: BTreeMap<String, u64>,
}

/// One that stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stayed {
    /// Which.
    pub id: String,
    /// The step at which it stands.
    pub step: Option<String>,
    /// The code of why.
    pub why: String,
    /// The same in words.
    pub text: String,
}

/// Where a look at everything open is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The shard.
    pub shard: u16,
    /// Behind this one of it.
    pub after: Option<String>,
}

/// One migration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Migration {
    /// Its number.
    pub id: String,
    /// Whose notifications.
    pub corporation: CorporationId,
    /// Of which flow.
    pub flow: String,
    /// The definition to which it moves them.
    pub to: String,
    /// The version that says.
    pub to_version: u32,
    /// Who asked for it.
    pub made: Said,
    /// How far it is.
    pub stage: Stage,
    /// What was found when everything was looked at.
    pub shown: Vec<Place>,
    /// Of what was shown.
    pub checksum: Option<String>,
    /// Who began it.
    pub begun: Option<Said>,
    /// Who stopped it, or when it was done.
    pub ended: Option<Said>,
    /// How many have moved.
    pub moved: u64,
    /// How many ended while it ran.
    pub gone: u64,
    /// What the pass at hand has seen that did not move.
    pub left: Vec<Place>,
    /// The first of those that stay.
    pub stayed: Vec<Stayed>,
    /// Where the pass at hand is.
    pub cursor: Cursor,
    /// Those that were ordered to move when it was last written, and have not answered.
    pub pending: Vec<String>,
    /// Passes that came to their end.
    pub passes: u32,
}

impl Migration {
    /// The definition to which it moves them.
    #[must_use]
    pub fn reference(&self) -> Option<FlowRef> {
        let bytes = data_encoding::HEXLOWER.decode(self.to.as_bytes()).ok()?;
        Some(FlowRef(bytes.try_into().ok()?))
    }

    /// Everything was looked at.
    pub(super) fn show(&mut self) {
        let (mut shown, stayed) = (std::mem::take(&mut self.left), &self.stayed);
        shown.sort_by(|a, b| (a.version, &a.step).cmp(&(b.version, &b.step)));
        let seen = serde_json::to_vec(&(&self.id, &self.to, &shown, stayed)).unwrap_or_default();
        self.checksum = Some(blake3::hash(&seen).to_hex()[..32].to_owned());
        (self.shown, self.stage, self.cursor) = (shown, Stage::Checked, Cursor::default());
    }

    /// Begins what was shown.
    ///
    /// # Errors
    /// See [`NotMigrated`].
    pub(super) fn begin(&mut self, checksum: &str, said: Said) -> Result<(), NotMigrated> {
        self.must_be(Stage::Checked, "checked")?;
        if self.checksum.as_deref() != Some(checksum) {
            return Err(NotMigrated::NotShown);
        }
        (self.stage, self.begun) = (Stage::Running, Some(said));
        self.stayed.clear();
        Ok(())
    }

    /// Stops it.
    ///
    /// # Errors
    /// It is over.
    pub(super) fn cancel(&mut self, said: Said) -> Result<(), NotMigrated> {
        match self.stage {
            Stage::Checking | Stage::Checked | Stage::Running => {}
            Stage::Done | Stage::Cancelled => {
                let (is, expected) = (self.stage, "checking, checked or running");
                return Err(NotMigrated::WrongStage { is, expected });
            }
        }
        (self.stage, self.ended) = (Stage::Cancelled, Some(said));
        Ok(())
    }

    fn must_be(&self, stage: Stage, expected: &'static str) -> Result<(), NotMigrated> {
        match self.stage == stage {
            true => Ok(()),
            false => Err(NotMigrated::WrongStage {
                is: self.stage,
                expected,
            }),
        }
    }

    /// A pass begins: it counts anew what does not move.
    pub(super) fn begin_pass(&mut self) {
        self.left.clear();
        self.stayed.clear();
        self.cursor = Cursor::default();
    }

    fn place(&mut self, version: u32, step: Option<&str>) -> &mut Place {
        let is_it = |place: &Place| place.version == version && place.step.as_deref() == step;
        let at = self.left.iter().position(is_it);
        let at = at.unwrap_or_else(|| {
            let step = step.map(str::to_owned);
            self.left.push(Place {
                version,
                step,
                ..Place::default()
            });
            self.left.len() - 1
        });
        &mut self.left[at]
    }

    /// One that would move.
    pub(super) fn would_move(&mut self, version: u32, step: Option<&str>) {
        self.place(version, step).moves += 1;
    }

    /// One with an attempt under way.
    pub(super) fn is_under_way(&mut self, version: u32, step: Option<&str>) {
        self.place(version, step).under_way += 1;
    }

    /// One that stays.
    pub(super) fn stays(
        &mut self,
        id: NotificationId,
        version: u32,
        step: Option<&str>,
        stay: &Stay,
    ) {
        let why = stay.code().to_owned();
        *self
            .place(version, step)
            .stays
            .entry(why.clone())
            .or_default() += 1;
        if self.stayed.len() < MOST_NAMED {
            let (id, step, text) = (id.to_string(), step.map(str::to_owned), stay.to_string());
            self.stayed.push(Stayed {
                id,
                step,
                why,
                text,
            });
        }
    }
}
