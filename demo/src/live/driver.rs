//! Owns the running of a live comparison: the clock stands at whole seconds of the rehearsal, and moves on
//! to the next at which something is due, only when nothing is under way. Refuses to wait for ever.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, bail};
use sluis::cli::Prepared;
use sluis_loadtest::sink::{LaterEvent, Press};
use sluis_model::{Clock as _, NotificationId, SECOND, Timestamp};
use sluis_rehearsal::Results;

use super::book::Book;
use super::handing::Handing;
use super::stage::Stage;

/// Real time without progress after which it gives up.
const STUCK: Duration = Duration::from_secs(120);
/// Real time between two looks at what is under way.
const MOMENT: Duration = Duration::from_micros(200);
/// Looks before the first pause.
const EAGER: usize = 32;
/// Most steps without the clock moving.
const MOST_STANDING: usize = 10_000;

/// Something that happens at an instant. What is told of tenants comes after what is handed over for
/// them, as in the rehearsal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Act {
    /// A row is handed over, or a household's rows.
    Row(usize),
    /// A fact is told, for the so many'th time.
    Fact(usize, u64),
    /// Somebody pays what a notification is about.
    Paid(u32, NotificationId),
}

/// The driver.
pub(super) struct Driver<'a> {
    prepared: &'a Prepared,
    stage: Stage,
    handing: Handing<'a>,
    book: Book,
    acts: BTreeMap<Timestamp, Vec<Act>>,
}

impl<'a> Driver<'a> {
    /// Starts the engine, and has it know the tenants and the households.
    pub(super) async fn start(prepared: &'a Prepared) -> anyhow::Result<Self> {
        let stage = Stage::start(prepared).await?;
        let handing = Handing::new(prepared, stage.api.clone());
        handing.people().await?;
        let mut acts: BTreeMap<Timestamp, Vec<Act>> = BTreeMap::new();
        let audience = &prepared.read.audience;
        for (place, row) in audience.rows.iter().enumerate() {
            // The first of a household's rows stands for all of them.
            let of = row
                .group
                .and_then(|group| audience.groups.get(group as usize));
            if of.is_none_or(|rows| rows.rows.first() == u32::try_from(place).ok().as_ref()) {
                acts.entry(row.at).or_default().push(Act::Row(place));
            }
        }
        for (place, fact) in audience.facts.iter().enumerate() {
            acts.entry(fact.at).or_default().push(Act::Fact(place, 1));
        }
        Ok(Self {
            book: Book::new(prepared),
            prepared,
            stage,
            handing,
            acts,
        })
    }

    /// Runs until nothing is due any more, or the rehearsal's last instant is over.
    pub(super) async fn run(mut self) -> anyhow::Result<Results> {
        let mut standing = 0;
        loop {
            self.settle().await?;
            let now = self.stage.clock.now();
            let Some(next) = self.next_due() else {
                break;
            };
            standing = if next > now { 0 } else { standing + 1 };
            if standing > MOST_STANDING {
                bail!("the clock stands still at {}: {}", now.0, self.under_way());
            }
            self.stage.step_to(now.max(next));
            self.act(now.max(next)).await?;
        }
        self.read_journal()?;
        let results = self.book.results(self.prepared);
        self.stage.stop().await?;
        results
    }

    /// The end of the second in which the earliest thing is due, ours, the world's or the engine's.
    fn next_due(&self) -> Option<Timestamp> {
        let ours = self.acts.keys().next().copied();
        let world = self.stage.world.next_due_ms().map(Timestamp);
        let engine = Some(self.stage.running.app.engine.next_due());
        let first = [ours, world, engine].into_iter().flatten().min()?;
        let starts = self.prepared.stage.starts;
        let passed = first.since(starts).max(0);
        let second = starts.plus((passed + SECOND - 1) / SECOND * SECOND);
        (first <= self.prepared.stage.ends).then_some(second)
    }

    /// Waits until nothing is under way.
    async fn settle(&self) -> anyhow::Result<()> {
        let activity = self.stage.running.app.engine.activity();
        let quiet = async {
            let mut looks = 0;
            while !activity.is_quiet() {
                self.stage.check()?;
                looks += 1;
                if looks < EAGER {
                    tokio::task::yield_now().await;
                } else {
                    tokio::time::sleep(MOMENT).await;
                }
            }
            self.stage.check()
        };
        match tokio::time::timeout(STUCK, quiet).await {
            Ok(quiet) => quiet,
            Err(_) => bail!(
                "no progress for {} s: {}",
                STUCK.as_secs(),
                self.under_way()
            ),
        }
    }

    fn under_way(&self) -> String {
        let engine = &self.stage.running.app.engine;
        format!(
            "{} things under way, {} events of the sinks to come, {} instants to come",
            engine.activity().count(),
            self.stage.world.pending(),
            self.acts.len()
        )
    }

    fn read_journal(&mut self) -> anyhow::Result<()> {
        let app = &self.stage.running.app;
        let read = self.book.read_on(&**app.engine.journal());
        read.context("the journal cannot be read")
    }

    /// Does everything that is due now, in the rehearsal's order: by instant, ours before the world's.
    async fn act(&mut self, now: Timestamp) -> anyhow::Result<()> {
        loop {
            let ours = self.acts.keys().next().copied();
            let world = self.stage.world.next_due_ms().map(Timestamp);
            let first = ours.into_iter().chain(world).min();
            let Some(first) = first.filter(|first| *first <= now) else {
                return Ok(());
            };
            if ours == Some(first) {
                let acts = self.acts.remove(&first).unwrap_or_default();
                self.ours(first, acts).await?;
            } else {
                self.worlds(first).await?;
            }
        }
    }

    async fn ours(&mut self, at: Timestamp, mut acts: Vec<Act>) -> anyhow::Result<()> {
        acts.sort();
        let rows = acts.iter().filter_map(|act| match act {
            Act::Row(place) => Some(*place),
            Act::Fact(..) | Act::Paid(..) => None,
        });
        let rows: Vec<usize> = rows.collect();
        self.handing.rows(&rows).await?;
        if rows.len() == acts.len() {
            return Ok(());
        }
        self.read_journal()?;
        let mut facts = Vec::new();
        for act in acts {
            match act {
                Act::Row(_) => {}
                Act::Fact(place, time) => facts.extend(self.fact(at, place, time)),
                Act::Paid(_, id) => facts.extend(self.book.paid(self.prepared, id, at)),
            }
        }
        self.handing.facts(facts).await
    }

    /// A fact, and when it is told again. Of somebody for whom nothing is to come nothing needs be told.
    fn fact(&mut self, at: Timestamp, place: usize, time: u64) -> Option<serde_json::Value> {
        let fact = &self.prepared.read.audience.facts[place];
        if time > 1 && !self.book.is_needed(self.prepared, fact.person, at) {
            return None;
        }
        if let Some(every) = fact.every {
            let again = Act::Fact(place, time + 1);
            self.acts.entry(at.plus(every)).or_default().push(again);
        }
        let paid = self.book.paid_by(self.prepared, fact.person);
        Some(self.handing.fact(place, (at, time), paid))
    }

    /// What the world has to say at an instant.
    async fn worlds(&mut self, at: Timestamp) -> anyhow::Result<()> {
        let (mut receipts, mut presses) = (Vec::new(), Vec::new());
        while let Some((_, event)) = self.stage.world.pop_due(at.0) {
            match event {
                LaterEvent::Press(press) => presses.push(press),
                LaterEvent::Dsn { .. } | LaterEvent::SmsCallback(_) => receipts.push(event),
            }
        }
        // Who share a mailbox press in the same instant: as in the rehearsal, the lower place first.
        if !presses.is_empty() {
            self.read_journal()?;
            presses.sort_by_key(|press| self.book.person(press.attempt.id));
        }
        for press in presses {
            self.press(at, press).await?;
        }
        for event in &receipts {
            self.book.reported(event);
        }
        self.handing
            .receipts(receipts, self.stage.clock.now())
            .await
    }

    async fn press(&mut self, at: Timestamp, press: Press) -> anyhow::Result<()> {
        if self.handing.press(&press).await? {
            self.book.pressed(press.attempt);
        }
        if let Some(ms) = press.pays_ms {
            let id = press.attempt.id;
            let paid = Act::Paid(self.book.person(id), id);
            self.acts.entry(at.plus(ms)).or_default().push(paid);
        }
        Ok(())
    }
}
