//! Owns the figures that only shards know: how long the oldest waits, tasks, what is held or in
//! doubt, what fits nothing. Shards are asked when somebody scrapes, and have little time to
//! answer: a busy one's figures are those of the last time. Refuses to walk what is open: shards
//! answer from counts.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::future::join_all;
use sluis_actors::{Census, Query, ShardAnswer, ShardRequest, Standing};
use sluis_model::{Channel, CorporationId, Flow, Lane, Timestamp};
use tokio::time::timeout;

use crate::app::App;
use crate::ask::ask;
use crate::telemetry::names;

/// Longest wait for the shards, so that a scrape is answered whatever they do.
const PATIENCE: Duration = Duration::from_millis(500);

/// Asks every shard for its figures.
pub async fn take_census(app: &App) {
    let asked = app.engine.inboxes().iter().map(|inbox| {
        let request = |reply| ShardRequest::Query {
            query: Query::Census,
            reply,
        };
        timeout(PATIENCE, ask(inbox, request))
    });
    let answers = join_all(asked).await;
    let mut known = app.watch.censuses();
    known.resize(answers.len(), Census::default());
    for (place, answer) in known.iter_mut().zip(answers) {
        if let Ok(Ok(ShardAnswer::Census(census))) = answer {
            *place = *census;
        }
    }
}

/// Sets the gauges from the newest figures.
pub(super) fn show(app: &App) {
    let known = app.watch.censuses();
    let now = app.clock.now();
    let age = |since: Option<Timestamp>| {
        since.map_or(0.0, |since| now.since(since).max(0) as f64 / 1_000.0)
    };
    show_ready(app, &known, &age);
    let overdue = known.iter().filter_map(|census| census.overdue).min();
    names::TIMER_OVERDUE.of(()).set(age(overdue));
    show_standing(app, &known, &age);
    show_strays(app, &known, &age);
    show_unread(app, &known, &age);
}

/// Since when something waits in each lane of the channels that have a provider.
fn show_ready(app: &App, known: &[Census], age: &dyn Fn(Option<Timestamp>) -> f64) {
    let ways = app.providers.values();
    let channels: BTreeSet<Channel> = ways.map(|way| way.provider.channel()).collect();
    let lanes = |channel| Lane::ALL.map(|lane| (channel, lane));
    for (channel, lane) in channels.into_iter().flat_map(lanes) {
        let ready = known.iter().flat_map(|census| &census.ready);
        let here = ready.filter(|(c, l, _)| (*c, *l) == (channel, lane));
        let oldest = here.map(|(.., since)| *since).min();
        let labels = (channel.name(), lane.name());
        names::READY_OLDEST.of(labels).set(age(oldest));
    }
}

fn show_standing(app: &App, known: &[Census], age: &dyn Fn(Option<Timestamp>) -> f64) {
    for ((corporation, why), (count, oldest)) in standing(app, known) {
        let corporation = app.corporation_name(corporation);
        let (count, age) = (count as f64, age(oldest));
        match why {
            Standing::Task { list } => {
                let labels = (corporation, String::from(list));
                names::TASKS.of(labels.clone()).set(count);
                names::TASKS_OLDEST.of(labels).set(age);
            }
            Standing::Held { flow, guard } => {
                let labels = (corporation, String::from(flow), String::from(guard));
                names::HELD.of(labels.clone()).set(count);
                names::HELD_OLDEST.of(labels).set(age);
            }
            Standing::InDoubt => {
                names::IN_DOUBT.of(corporation.clone()).set(count);
                names::IN_DOUBT_OLDEST.of(corporation).set(age);
            }
        }
    }
}

/// How many stand where, and since when the oldest does.
type Groups = BTreeMap<(CorporationId, Standing), (u64, Option<Timestamp>)>;

/// What stands, over all shards. Each place is there from the start, with what current flows can
/// come to.
fn standing(app: &App, known: &[Census]) -> Groups {
    let mut groups = places(app);
    for group in known.iter().flat_map(|census| &census.standing) {
        let place = (group.corporation, group.why.clone());
        let (count, oldest) = groups.entry(place).or_default();
        *count += group.count;
        *oldest = (*oldest).into_iter().chain(group.oldest).min();
    }
    groups
}

/// Every place at which something can stand, empty.
fn places(app: &App) -> Groups {
    let mut groups = Groups::new();
    for corporation in app.corporations.get().keys() {
        groups.entry((*corporation, Standing::InDoubt)).or_default();
        let all = app.book.all_current();
        let flows = all
            .into_iter()
            .filter(|(of, _)| of.is_none_or(|of| of == *corporation));
        for why in flows.flat_map(|(_, flow)| standing_of(flow)) {
            groups.entry((*corporation, why)).or_default();
        }
    }
    groups
}

/// The lists, guards and choosing steps at which notifications of this flow can stand.
fn standing_of(flow: &Flow) -> Vec<Standing> {
    let held = flow.holding().map(|rule| Standing::Held {
        flow: flow.name.clone(),
        guard: rule.name.into(),
    });
    let lists = flow
        .lists()
        .map(|list| Standing::Task { list: list.into() });
    lists.chain(held).collect()
}

fn show_strays(app: &App, known: &[Census], age: &dyn Fn(Option<Timestamp>) -> f64) {
    for (id, corporation) in app.corporations.get().iter() {
        let all = known.iter().flat_map(|census| &census.strays);
        let own = || all.clone().filter(|strays| strays.corporation == *id);
        let facts: u64 = own().map(|strays| strays.facts).sum();
        let ever = own().map(|strays| strays.facts_ever).sum();
        let unknown = own().map(|strays| strays.notifications_ever).sum();
        let oldest = own().filter_map(|strays| strays.oldest).min();
        let name = || corporation.name.clone();
        names::UNMATCHED.of(name()).set(facts as f64);
        names::UNMATCHED_OLDEST.of(name()).set(age(oldest));
        names::UNMATCHED_EVER.of(name()).absolute(ever);
        names::UNKNOWN_TENANTS.of(name()).absolute(unknown);
    }
}

fn show_unread(app: &App, known: &[Census], age: &dyn Fn(Option<Timestamp>) -> f64) {
    for (id, corporation) in app.corporations.get().iter() {
        let all = known.iter().flat_map(|census| &census.unread);
        let own = || all.clone().filter(|unread| unread.corporation == *id);
        let messages: u64 = own().map(|unread| unread.messages).sum();
        let ever = own().map(|unread| unread.ever).sum();
        let oldest = own().filter_map(|unread| unread.oldest).min();
        let name = || corporation.name.clone();
        names::UNREAD.of(name()).set(messages as f64);
        names::UNREAD_OLDEST.of(name()).set(age(oldest));
        names::UNREAD_EVER.of(name()).absolute(ever);
    }
}
