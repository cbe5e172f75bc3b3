//! Owns the running of the demo: it steps the clock to whatever is due next, and only when nothing
//! is under way. Refuses to wait for ever: without progress for a while it ends and says what is
//! under way.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, bail};
use sluis_model::{Clock as _, NotificationId, SECOND, Timestamp};

use super::files::Files;
use super::inputs::InputBook;
use super::journal_book::{JournalBook, Tally};
use super::oracle::Oracle;
use super::people::{self, Person};
use super::schedule::{Act, Schedule};
use super::stage::Stage;
use super::time;

/// Real time without progress after which the demo gives up.
const STUCK: Duration = Duration::from_secs(120);
/// Real time between two looks at what is under way.
const MOMENT: Duration = Duration::from_micros(200);
/// Looks before the first pause.
const EAGER: usize = 32;
/// The demo's clock stands at whole beats only: what falls due within one is done in one go, at
/// most this much late.
const BEAT: i64 = 10 * SECOND;
/// Most steps without the clock moving.
const MOST_STANDING: usize = 10_000;

/// Told at every step of the clock.
pub type OnProgress<'a> = &'a mut (dyn FnMut(Progress) + Send);

/// How far the demo is.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// The demo's time.
    pub now: Timestamp,
    /// What happened so far.
    pub tally: Tally,
}

/// The demo while it runs, and what it wrote down.
pub(super) struct Driver {
    pub(super) stage: Stage,
    pub(super) files: Files,
    pub(super) oracle: Oracle,
    pub(super) inputs: InputBook,
    pub(super) journal: JournalBook,
    pub(super) people: Vec<Person>,
    /// How often the clock was stepped.
    pub(super) steps: usize,
    schedule: Schedule,
}

impl Driver {
    /// Starts the stage.
    pub(super) async fn start(
        files: Files,
        data_dir: Option<std::path::PathBuf>,
    ) -> anyhow::Result<Self> {
        let oracle = Oracle::of(&files)?;
        let schedule = Schedule::of(&files);
        let start = schedule.next_due().context("the files hold nothing")?;
        let stage = Stage::start(start, files.seed, data_dir).await?;
        let people = people::choose(&files, &oracle);
        let (inputs, journal) = (InputBook::default(), JournalBook::default());
        Ok(Self {
            stage,
            files,
            oracle,
            inputs,
            journal,
            people,
            steps: 0,
            schedule,
        })
    }

    /// Runs until nothing is due any more, or the demo's last day is over.
    pub(super) async fn run(&mut self, progress: OnProgress<'_>) -> anyhow::Result<()> {
        let mut standing = 0;
        loop {
            self.settle().await?;
            self.read_journal()?;
            self.plan();
            let now = self.stage.clock.now();
            progress(Progress {
                now,
                tally: self.journal.tally(),
            });
            let Some(next) = self.next_due() else {
                return Ok(());
            };
            standing = if next > now { 0 } else { standing + 1 };
            if standing > MOST_STANDING {
                bail!(
                    "the demo's clock stands still at {}: {}",
                    time::shown(now),
                    self.stage.under_way()
                );
            }
            self.steps += 1;
            self.stage.step_to(now.max(next));
            self.act(now.max(next)).await?;
        }
    }

    /// When to step to: the end of the beat in which the earliest thing is due, ours, the outside
    /// world's or the engine's.
    fn next_due(&self) -> Option<Timestamp> {
        let ours = self.schedule.next_due();
        let world = self.stage.world.next_due_ms().map(Timestamp);
        let engine = Some(self.stage.app().engine.next_due());
        let first = [ours, world, engine]
            .into_iter()
            .flatten()
            .min()
            .filter(|at| *at <= Schedule::horizon())?;
        Some(Timestamp(first.0 + (-first.0).rem_euclid(BEAT)))
    }

    /// Waits until nothing is under way.
    async fn settle(&self) -> anyhow::Result<()> {
        let activity = self.stage.app().engine.activity();
        let quiet = async {
            let mut looks = 0;
            while !activity.is_quiet() {
                self.stage.check()?;
                looks += 1;
                if looks < EAGER {
                    tokio::task::yield_now().await
                } else {
                    tokio::time::sleep(MOMENT).await
                }
            }
            self.stage.check()
        };
        match tokio::time::timeout(STUCK, quiet).await {
            Ok(quiet) => quiet,
            Err(_) => {
                let now = time::shown(self.stage.clock.now());
                bail!(
                    "no progress for {} s at {now}: {}; {} acts to come",
                    STUCK.as_secs(),
                    self.stage.under_way(),
                    self.schedule.len()
                )
            }
        }
    }

    fn read_journal(&mut self) -> anyhow::Result<()> {
        let app = self.stage.app();
        self.journal
            .read_on(&**app.engine.journal(), &*app.book)
            .context("the journal cannot be read")
    }

    /// Whoever got their message is going to open it.
    fn plan(&mut self) {
        for (place, person) in self.people.iter_mut().enumerate() {
            let id = self
                .inputs
                .returns
                .get(person.row)
                .and_then(super::inputs::Verdict::accepted);
            if let Some((press, back)) = person.plan(id, &self.journal) {
                self.schedule.add(press, Act::Press(place));
                self.schedule.add(back, Act::Return(place));
            }
        }
    }

    /// Does everything that is due now: ours first, then what the outside world has to say.
    async fn act(&mut self, now: Timestamp) -> anyhow::Result<()> {
        while let Some(act) = self.schedule.pop_due(now) {
            self.one(act, now).await?;
        }
        let events = self.stage.said_by(now);
        self.inputs
            .post_receipts(&self.stage.api, events, now)
            .await
    }

    async fn one(&mut self, act: Act, now: Timestamp) -> anyhow::Result<()> {
        let (api, files) = (&self.stage.api, &self.files);
        match act {
            Act::Tenants => self.inputs.load_tenants(api, files).await,
            Act::Returns => self.inputs.post_returns(api, files).await,
            Act::Balances(rows) => self.inputs.post_balances(api, files, &rows).await,
            Act::Payments(rows) => self.inputs.post_payments(api, files, &rows).await,
            Act::Press(place) => {
                let person = &mut self.people[place];
                let id = self.inputs.returns[person.row]
                    .accepted()
                    .context("a person without a notification")?;
                person
                    .press(api, &self.stage.sinks.book().kept(), files, id, now)
                    .await
            }
            Act::Return(place) => self.people[place].come_back(api, now).await,
        }
    }

    /// Rows of the returns file by the notification they made.
    pub(super) fn accepted(&self) -> BTreeMap<NotificationId, usize> {
        let rows = self.inputs.returns.iter().enumerate();
        rows.filter_map(|(row, verdict)| Some((verdict.accepted()?, row)))
            .collect()
    }
}
