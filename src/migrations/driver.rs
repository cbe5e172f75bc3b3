//! Owns the turns in which migrations go on: a window of what is open is looked at, and what fits is ordered to move. What is
//! ordered is written before, and how far it came after the answers are durable: whatever ends the process in between, the
//! window is looked at again, and what has moved is no candidate any more. Refuses to look at more than [`WINDOW`] in one
//! turn.

use std::collections::HashMap;
use std::sync::Arc;

use sluis_actors::{Engine, Listed, Query, ShardAnswer, ShardRequest, StateFilter, read_body};
use sluis_model::flow::Value;
use sluis_model::{
    Answer, Fit, Flow, FlowBook as _, FlowRef, Input, Migrate, Moving, NotificationId, ShardId,
    TenantKey, fit, unread,
};

use super::desk::Migrations;
use super::stage::Stage;
use super::state::{Cursor, Migration, Said};
use crate::ask::{AskError, ask};

/// Most open notifications that are looked at, and ordered to move, in one turn.
const WINDOW: usize = 256;
/// Passes after which what has an attempt under way is left alone.
const MOST_PASSES: u32 = 50;

/// One that may move, with the definition that it runs by.
struct Candidate<'a> {
    listed: Listed,
    old: &'a Flow,
}

impl Candidate<'_> {
    const fn id(&self) -> NotificationId {
        self.listed.open.id
    }

    /// The step at which it stands; none: its flow has not begun.
    fn step(&self) -> Option<&str> {
        let open = &self.listed.open;
        let step = self.old.step(open.step).filter(|_| open.entered)?;
        Some(&step.id)
    }
}

impl Migrations {
    /// One turn of every migration that is under way.
    pub async fn turn(self: &Arc<Self>, engine: &Engine) {
        for mut migration in self.under_way() {
            if let Err(error) = self.window(&mut migration, engine).await {
                // The same window comes again: nothing is lost, and what has moved is not asked twice.
                tracing::warn!(migration = migration.id, %error, "a migration waits");
            }
        }
    }

    async fn window(
        self: &Arc<Self>,
        migration: &mut Migration,
        engine: &Engine,
    ) -> anyhow::Result<()> {
        let to = migration.reference();
        let Some((to, new)) = to.and_then(|to| Some((to, self.book.flow(to)?))) else {
            anyhow::bail!("its definition is not known");
        };
        let Some(inbox) = engine.inbox(ShardId(migration.cursor.shard)) else {
            return self.end_pass(migration).await;
        };
        let after = migration
            .cursor
            .after
            .as_deref()
            .and_then(|id| id.parse().ok());
        let query = Query::List {
            corporation: Some(migration.corporation),
            filter: StateFilter::Any,
            after,
            limit: WINDOW,
        };
        let answer = ask(inbox, |reply| ShardRequest::Query { query, reply }).await?;
        let ShardAnswer::List { rows, scanned_to } = answer else {
            return Err(AskError::Lost.into());
        };
        migration.settle(&rows, to);
        let next = match scanned_to {
            Some(id) => Cursor {
                after: Some(id.to_string()),
                ..migration.cursor.clone()
            },
            None => Cursor {
                shard: migration.cursor.shard + 1,
                after: None,
            },
        };
        let found = self.candidates(migration, rows, to);
        let is_all = self.take(migration, found, (to, new), engine).await?;
        if is_all {
            migration.cursor = next;
        }
        let store = migration.stage == Stage::Running;
        self.keep_on(migration, store).await?;
        Ok(())
    }

    /// See `went_on`, on a thread that may wait for the disk.
    async fn keep_on(
        self: &Arc<Self>,
        migration: &mut Migration,
        store: bool,
    ) -> anyhow::Result<bool> {
        let (desk, mut done) = (self.clone(), migration.clone());
        let kept = tokio::task::spawn_blocking(move || {
            let goes_on = desk.went_on(&mut done, store)?;
            std::io::Result::Ok((done, goes_on))
        });
        let (done, goes_on) = kept.await??;
        *migration = done;
        Ok(goes_on)
    }

    /// What runs by another definition of the flow. A group runs no step, and is left out.
    fn candidates(
        &self,
        migration: &Migration,
        rows: Vec<Listed>,
        to: FlowRef,
    ) -> Vec<Candidate<'_>> {
        let is_of_tenant = |listed: &Listed| {
            let key = TenantKey::new(listed.corporation, listed.tenant.clone());
            key.as_household().is_none()
        };
        let other = rows.into_iter().filter(|listed| listed.open.flow != to);
        let own = other.filter(is_of_tenant);
        own.filter_map(|listed| {
            let old = self.book.flow(listed.open.flow)?;
            (*old.name == *migration.flow).then_some(Candidate { listed, old })
        })
        .collect()
    }

    /// Counts what does not move, and has the rest moved. Says whether all have answered.
    async fn take(
        self: &Arc<Self>,
        migration: &mut Migration,
        found: Vec<Candidate<'_>>,
        (to, new): (FlowRef, &Flow),
        engine: &Engine,
    ) -> anyhow::Result<bool> {
        let mut moves = Vec::new();
        let (left, stayed) = (migration.left.clone(), migration.stayed.clone());
        for one in found {
            let (version, step) = (one.old.version, one.step());
            match fit(one.old, new, &one.listed.open) {
                Fit::Moves(_) if migration.stage == Stage::Running => moves.push(one),
                Fit::Moves(_) => migration.would_move(version, step),
                Fit::UnderWay => migration.is_under_way(version, step),
                Fit::Stays(stay) => migration.stays(one.id(), version, step, &stay),
            }
        }
        if moves.is_empty() {
            return Ok(true);
        }
        migration.pending = moves.iter().map(|one| one.id().to_string()).collect();
        if !self.keep_on(migration, true).await? {
            return Ok(false);
        }
        let is_all = self.order(migration, moves, (to, new), engine).await;
        if !is_all {
            // The window is looked at again, and counts again.
            (migration.left, migration.stayed) = (left, stayed);
        }
        Ok(is_all)
    }

    /// Orders these to move, and waits for the answers. Says whether all have come.
    async fn order(
        &self,
        migration: &mut Migration,
        moves: Vec<Candidate<'_>>,
        (to, new): (FlowRef, &Flow),
        engine: &Engine,
    ) -> bool {
        let values = given(&moves, new, engine).await;
        let by = migration.begun.as_ref().map_or("", |said| &*said.by);
        let orders = moves.iter().map(|one| {
            let id = one.id();
            let order = Migrate {
                id,
                from: one.listed.open.flow,
                to,
                by: by.into(),
                values: values.get(&id).cloned().unwrap_or_default(),
            };
            told(engine, migration.corporation, order)
        });
        let answers = futures::future::join_all(orders).await;
        let mut unanswered = Vec::new();
        for (one, answer) in moves.iter().zip(answers) {
            let (version, step) = (one.old.version, one.step());
            match answer {
                Ok(Moving::Moved) => migration.moved += 1,
                // Somebody else moved it, or it has ended: no candidate any more.
                Ok(Moving::Already | Moving::NotThere) => migration.gone += 1,
                Ok(Moving::UnderWay) => migration.is_under_way(version, step),
                Ok(Moving::Stays(stay)) => migration.stays(one.id(), version, step, &stay),
                Err(_) => unanswered.push(one.id().to_string()),
            }
        }
        migration.pending = unanswered;
        migration.pending.is_empty()
    }

    /// Everything was looked at.
    async fn end_pass(self: &Arc<Self>, migration: &mut Migration) -> anyhow::Result<()> {
        let under_way: u64 = migration.left.iter().map(|place| place.under_way).sum();
        migration.passes += 1;
        if migration.stage == Stage::Checking {
            migration.show();
        } else if under_way > 0 && migration.passes < MOST_PASSES {
            migration.begin_pass();
        } else {
            let by = "the engine";
            migration.ended = Some(Said::now(by, self.clock.now()));
            migration.stage = Stage::Done;
            let (id, moved) = (&migration.id, migration.moved);
            tracing::info!(
                migration = id,
                moved,
                flow = migration.flow,
                "a migration is done"
            );
        }
        self.keep_on(migration, true).await?;
        Ok(())
    }
}

impl Migration {
    /// What became of those whose answers nobody heard: they stand in the window that is looked at again.
    fn settle(&mut self, rows: &[Listed], to: FlowRef) {
        for id in std::mem::take(&mut self.pending) {
            match rows.iter().find(|listed| listed.open.id.to_string() == id) {
                Some(listed) if listed.open.flow == to => self.moved += 1,
                Some(_) => {}
                None => self.gone += 1,
            }
        }
    }
}

/// Orders one to move.
async fn told(
    engine: &Engine,
    corporation: sluis_model::CorporationId,
    order: Migrate,
) -> Result<Moving, AskError> {
    let id = order.id;
    let inbox = engine.inbox_by_id(id).ok_or(AskError::Lost)?;
    let input = Input::Migrate(Box::new(order));
    let answer = ask(inbox, |reply| ShardRequest::ById {
        corporation,
        id,
        input,
        reply,
    })
    .await?;
    match answer {
        ShardAnswer::Decided {
            answer: Answer::Migration(moving),
            ..
        } => Ok(moving),
        ShardAnswer::NotFound => Ok(Moving::NotThere),
        // Answers to other requests than this one.
        ShardAnswer::Decided { .. }
        | ShardAnswer::Echo
        | ShardAnswer::Accepted { .. }
        | ShardAnswer::Snapshot(_)
        | ShardAnswer::List { .. }
        | ShardAnswer::Survey { .. }
        | ShardAnswer::Roll { .. }
        | ShardAnswer::Census(_)
        | ShardAnswer::Unmatched { .. }
        | ShardAnswer::AlikeTasks(_)
        | ShardAnswer::Unread(_)
        | ShardAnswer::Gathered(_)
        | ShardAnswer::Dropped
        | ShardAnswer::Erasure(_)
        | ShardAnswer::NotTaken(_) => Err(AskError::Lost),
    }
}

/// Values of data that rules of the new definition read and those of the old one did not, by notification.
async fn given(
    moves: &[Candidate<'_>],
    new: &Flow,
    engine: &Engine,
) -> HashMap<NotificationId, Box<[(Box<str>, Value)]>> {
    let wanted: Vec<(NotificationId, u64, Vec<Box<str>>)> = moves
        .iter()
        .map(|one| {
            let names = unread(one.old, new)
                .map(Box::from)
                .collect::<Vec<Box<str>>>();
            (one.id(), one.listed.open.body, names)
        })
        .filter(|(.., names)| !names.is_empty())
        .collect();
    if wanted.is_empty() {
        return HashMap::new();
    }
    let journal = engine.journal().clone();
    let read = move || {
        let one = |(id, at, names): (NotificationId, u64, Vec<Box<str>>)| {
            let body = read_body(&*journal, id, at).ok()?;
            let data = serde_json::from_str(&body.data).ok()?;
            Some((id, values(&data, names)))
        };
        wanted.into_iter().filter_map(one).collect()
    };
    tokio::task::spawn_blocking(read).await.unwrap_or_default()
}

/// What a notification's data has under these names, as admission would have kept it.
fn values(data: &serde_json::Value, names: Vec<Box<str>>) -> Box<[(Box<str>, Value)]> {
    let value = |name: &str| match &data[name] {
        serde_json::Value::Bool(truth) => Some(Value::Boolean(*truth)),
        serde_json::Value::Number(number) => number.as_i64().map(Value::Integer),
        serde_json::Value::String(text) if text.trim().is_empty() => None,
        serde_json::Value::String(text) => Some(Value::Text(text.as_str().into())),
        serde_json::Value::Null | serde_json::Value::Array(_) | serde_json::Value::Object(_) => {
            None
        }
    };
    let known = names.into_iter().filter_map(|name| {
        let value = value(&name)?;
        Some((name, value))
    });
    known.collect()
}
