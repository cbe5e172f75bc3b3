//! Owns the input book: what was handed in from the files over the API, and what the engine said of
//! each row. Refuses to interpret: it counts answers.

use std::collections::BTreeMap;

use anyhow::bail;
use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use sluis_loadtest::sink::{CallbackMethod, LaterEvent};
use sluis_model::{NotificationId, Timestamp};

use super::api::{Api, Call, read};
use super::files::{Balance, Files, Payment, Return};
use super::time::{feed_of, hours_in, rfc3339};

/// Facts posted at once.
const AT_ONCE: usize = 64;

/// What was handed in and what was said of it.
#[derive(Debug, Default)]
pub(super) struct InputBook {
    /// The engine's report about the tenant list.
    pub(super) tenants: Value,
    /// One verdict for each row of the file, in its order.
    pub(super) returns: Vec<Verdict>,
    pub(super) balances: Counted,
    pub(super) payments: Counted,
    pub(super) receipts: Receipts,
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Accepted(NotificationId),
    Duplicate(NotificationId),
    /// The stable code.
    Rejected(String),
}

impl Verdict {
    /// The notification that this very row made.
    pub(super) const fn accepted(&self) -> Option<NotificationId> {
        match self {
            Verdict::Accepted(id) => Some(*id),
            Verdict::Duplicate(_) | Verdict::Rejected(_) => None,
        }
    }
}

/// Facts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) posted: usize,
    pub(super) duplicates: usize,
    /// Notifications that they ended.
    pub(super) ended: usize,
}

/// Receipts from the sinks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Receipts {
    pub(super) bounces: usize,
    pub(super) callbacks: usize,
    /// By what they did: applied, noted, unknown.
    pub(super) effects: BTreeMap<String, usize>,
    /// Answers that were no success.
    pub(super) refused: Vec<String>,
}

#[derive(Deserialize)]
struct BatchRow {
    id: Option<String>,
    #[serde(default)]
    duplicate: bool,
    error: Option<BatchError>,
}

#[derive(Deserialize)]
struct BatchError {
    code: String,
}

impl InputBook {
    /// Loads the tenant list, as the file is.
    pub(super) async fn load_tenants(&mut self, api: &Api, files: &Files) -> anyhow::Result<()> {
        let call = Call::post(
            "/v1/tenants/load",
            "text/csv; charset=utf-8",
            files.tenants.clone(),
        );
        self.tenants = read("/v1/tenants/load", &api.ok(call).await?.body)?;
        Ok(())
    }

    /// Hands in the returned direct debits, a notification a row.
    pub(super) async fn post_returns(&mut self, api: &Api, files: &Files) -> anyhow::Result<()> {
        let rows: Vec<String> = files
            .returns
            .iter()
            .map(|row| notification(row).to_string())
            .collect();
        let call = Call::post(
            "/v1/notifications/batch",
            "application/x-ndjson",
            rows.join("\n"),
        );
        let answer = api.ok(call).await?;
        let lines = answer
            .body
            .split(|b| *b == b'\n')
            .filter(|line| !line.is_empty());
        self.returns = lines.map(verdict).collect::<anyhow::Result<_>>()?;
        if self.returns.len() != files.returns.len() {
            bail!(
                "{} rows went in and {} verdicts came back",
                files.returns.len(),
                self.returns.len()
            );
        }
        Ok(())
    }

    /// Posts balances as facts.
    pub(super) async fn post_balances(
        &mut self,
        api: &Api,
        files: &Files,
        places: &[usize],
    ) -> anyhow::Result<()> {
        let facts = places.iter().map(|place| balance(&files.balances[*place]));
        self.balances.add(post_facts(api, facts.collect()).await?);
        Ok(())
    }

    /// Posts payments as facts.
    pub(super) async fn post_payments(
        &mut self,
        api: &Api,
        files: &Files,
        places: &[usize],
    ) -> anyhow::Result<()> {
        let facts = places
            .iter()
            .map(|place| payment(*place, &files.payments[*place]));
        self.payments.add(post_facts(api, facts.collect()).await?);
        Ok(())
    }

    /// Posts what the outside world says about messages: at once, but what concerns one message in
    /// its order.
    pub(super) async fn post_receipts(
        &mut self,
        api: &Api,
        events: Vec<LaterEvent>,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        let mut messages: BTreeMap<String, Vec<LaterEvent>> = BTreeMap::new();
        for event in events {
            messages.entry(message_of(&event)).or_default().push(event);
        }
        let post = |events: Vec<LaterEvent>| post_in_order(api, events, now);
        let said: Vec<Receipts> = stream::iter(messages.into_values())
            .map(post)
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        said.into_iter().for_each(|one| self.receipts.add(one));
        Ok(())
    }
}

/// What an event speaks of, as far as it can be told apart from others.
fn message_of(event: &LaterEvent) -> String {
    match event {
        LaterEvent::Dsn { envelope_from, .. } => envelope_from.clone(),
        LaterEvent::SmsCallback(callback) => callback
            .url
            .split("&status=")
            .next()
            .unwrap_or_default()
            .to_owned(),
        LaterEvent::Press(press) => press.url.clone(),
    }
}

async fn post_in_order(
    api: &Api,
    events: Vec<LaterEvent>,
    now: Timestamp,
) -> anyhow::Result<Receipts> {
    let mut receipts = Receipts::default();
    for event in events {
        receipts.post(api, event, now).await?;
    }
    Ok(receipts)
}

impl Receipts {
    async fn post(&mut self, api: &Api, event: LaterEvent, now: Timestamp) -> anyhow::Result<()> {
        let call = match event {
            LaterEvent::Dsn { raw, .. } => {
                self.bounces += 1;
                Call::post("/v1/receipts/email", "message/rfc822", raw)
            }
            LaterEvent::SmsCallback(callback) => {
                self.callbacks += 1;
                let method = match callback.method {
                    CallbackMethod::Get => http::Method::GET,
                    CallbackMethod::Post => http::Method::POST,
                };
                Call {
                    method,
                    to: callback.url.clone(),
                    headers: callback.headers(now.0),
                    body: Bytes::from(callback.body),
                }
            }
            // The demo's people press by themselves: its sinks draw nobody.
            LaterEvent::Press(_) => return Ok(()),
        };
        let answer = api.send(call).await?;
        if answer.status != StatusCode::OK {
            self.refused
                .push(format!("{}: {}", answer.status, answer.text()));
            return Ok(());
        }
        let body: Value = read("receipt", &answer.body)?;
        for effect in body["receipts"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|row| row["effect"].as_str())
        {
            *self.effects.entry(effect.to_owned()).or_default() += 1;
        }
        Ok(())
    }

    fn add(&mut self, more: Self) {
        self.bounces += more.bounces;
        self.callbacks += more.callbacks;
        more.effects
            .into_iter()
            .for_each(|(effect, count)| *self.effects.entry(effect).or_default() += count);
        self.refused.extend(more.refused);
    }
}

impl Counted {
    fn add(&mut self, more: Self) {
        self.posted += more.posted;
        self.duplicates += more.duplicates;
        self.ended += more.ended;
    }
}

fn verdict(line: &[u8]) -> anyhow::Result<Verdict> {
    let row: BatchRow = read("/v1/notifications/batch", line)?;
    let id = row.id.map(|id| id.parse::<NotificationId>()).transpose()?;
    Ok(match (id, row.error) {
        (Some(id), None) if row.duplicate => Verdict::Duplicate(id),
        (Some(id), None) => Verdict::Accepted(id),
        (_, error) => {
            Verdict::Rejected(error.map_or_else(|| "no verdict".to_owned(), |error| error.code))
        }
    })
}

async fn post_facts(api: &Api, facts: Vec<Value>) -> anyhow::Result<Counted> {
    let post = |fact: Value| async move {
        let answer = api.post_json("/v1/facts", &fact).await?;
        let tenants = answer["tenants"].as_array().cloned().unwrap_or_default();
        let ended = tenants
            .iter()
            .filter_map(|tenant| tenant["ended"].as_array())
            .map(Vec::len)
            .sum();
        let duplicates = tenants
            .iter()
            .filter(|tenant| tenant["duplicate"] == true)
            .count();
        anyhow::Ok(Counted {
            posted: 1,
            duplicates,
            ended,
        })
    };
    let counted: Vec<Counted> = stream::iter(facts)
        .map(post)
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    let mut total = Counted::default();
    counted.into_iter().for_each(|one| total.add(one));
    Ok(total)
}

/// The page where an invoice is paid: what the link of a message leads to.
pub(super) fn payment_url(invoice: &str) -> String {
    format!("https://betalen.demo.example/{invoice}")
}

/// The row as a notification. The same invoice with the same code is the same notification.
fn notification(row: &Return) -> Value {
    let mut data = json!({
        "invoice_id": row.invoice,
        "amount_cents": row.cents,
        "reason_code": row.code,
        "payment_url": payment_url(&row.invoice),
    });
    if let Some(day) = row.collected {
        data["collection_date"] = day.to_string().into();
    }
    json!({
        "tenant_id": row.tenant,
        "flow": "storno",
        "category": "payment",
        "subject": { "kind": "invoice", "id": row.invoice },
        "data": data,
        "priority": "normal",
        "environment": row.environment.map(sluis_model::Environment::name),
        "idempotency_key": format!("storno/{}/{}", row.invoice, row.code),
    })
}

fn balance(row: &Balance) -> Value {
    json!({
        "fact_id": format!("balance/{}/{}", row.tenant, row.day),
        "type": "balance",
        "tenant_id": row.tenant,
        "amount_cents": row.cents,
        "occurred_at": rfc3339(feed_of(row.day)),
        "environment": "production",
    })
}

fn payment(place: usize, row: &Payment) -> Value {
    json!({
        "fact_id": format!("payment/{}/{}", row.invoice, place + 1),
        "type": "payment",
        "tenant_id": row.tenant,
        "subject": { "kind": "invoice", "id": row.invoice },
        "amount_cents": row.cents,
        "occurred_at": rfc3339(hours_in(row.hours)),
        "environment": "production",
    })
}
