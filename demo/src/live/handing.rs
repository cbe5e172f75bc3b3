//! Owns what is handed to the engine in a live comparison, over its real API: tenants, households, rows,
//! facts, receipts, and presses of buttons. Refuses an answer that is no success: a comparison with
//! something missing compares nothing.

use anyhow::{Context as _, bail};
use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use sluis::cli::Prepared;
use sluis_loadtest::sink::{CallbackMethod, LaterEvent, Press};
use sluis_model::Timestamp;

use crate::api::{Api, Call, read};
use crate::time::rfc3339;

/// Calls at once.
const AT_ONCE: usize = 64;
/// Rows of one batch.
const BATCH: usize = 1_000;

/// What hands in.
pub(super) struct Handing<'a> {
    prepared: &'a Prepared,
    api: Api,
    /// The lines of each list of facts.
    facts: Vec<Vec<&'a [u8]>>,
}

impl<'a> Handing<'a> {
    pub(super) fn new(prepared: &'a Prepared, api: Api) -> Self {
        let lists = prepared.lists.facts.iter();
        let lines = |bytes: &'a [u8]| bytes.split(|byte| *byte == b'\n').collect();
        Self {
            prepared,
            api,
            facts: lists.map(|(_, bytes)| lines(bytes)).collect(),
        }
    }

    /// Loads the lists of tenants as they are, and the households.
    pub(super) async fn people(&self) -> anyhow::Result<()> {
        for (name, bytes) in &self.prepared.lists.tenants {
            let kind = match bytes.trim_ascii_start().first() {
                Some(b'{') => "application/x-ndjson",
                _ => "text/csv",
            };
            let call = Call::post("/v1/tenants/load", kind, bytes.clone());
            self.api.ok(call).await.with_context(|| name.clone())?;
        }
        let lists = self.prepared.lists.households.iter();
        let lines = lists.flat_map(|(_, bytes)| bytes.split(|byte| *byte == b'\n'));
        let households = lines.filter_map(|line| serde_json::from_slice(line).ok());
        let put = |mut household: Map<String, Value>| async move {
            let Some(Value::String(number)) = household.remove("household_id") else {
                return Ok(());
            };
            let call = Call {
                method: Method::PUT,
                to: format!("/v1/households/{}", escaped(&number)),
                headers: vec![("content-type".into(), "application/json".into())],
                body: serde_json::to_vec(&household)?.into(),
            };
            // The rehearsal refused what the engine refuses.
            let answer = self.api.send(call).await?;
            match answer.status.is_server_error() {
                true => bail!("household {number}: {}", answer.text()),
                false => Ok(()),
            }
        };
        let puts = stream::iter(households.map(put)).buffer_unordered(AT_ONCE);
        puts.try_collect::<Vec<()>>().await?;
        Ok(())
    }

    /// Hands rows over, in their order.
    pub(super) async fn rows(&self, places: &[usize]) -> anyhow::Result<()> {
        for some in places.chunks(BATCH) {
            let rows: Vec<String> = some.iter().map(|place| self.row(*place)).collect();
            let to = "/v1/notifications/batch";
            let call = Call::post(to, "application/x-ndjson", rows.join("\n"));
            let answer = self.api.ok(call).await?;
            let lines = answer.body.split(|byte| *byte == b'\n');
            let mut taken = 0;
            for line in lines.filter(|line| !line.is_empty()) {
                let verdict: Value = read(to, line)?;
                // A household that is told already is no mistake: nothing comes of the row.
                if !verdict["error"].is_null() {
                    bail!("a row was refused: {verdict}");
                }
                taken += 1;
            }
            if taken != some.len() {
                bail!("{} rows went in and {taken} answers came back", some.len());
            }
        }
        Ok(())
    }

    fn row(&self, place: usize) -> String {
        let audience = &self.prepared.read.audience;
        let row = &audience.rows[place];
        let (body, common) = (&row.body, &audience.common);
        let data: Value = serde_json::from_str(&body.data).unwrap_or_default();
        let mut request = json!({
            "flow": self.prepared.stage.flow.name,
            "category": common.category,
            "data": data,
            "priority": common.lane.name(),
            "environment": common.environment.name(),
            "idempotency_key": format!("row/{place}"),
        });
        match row
            .group
            .and_then(|group| audience.groups.get(group as usize))
        {
            Some(group) => request["household_id"] = (*group.household).into(),
            None => {
                let person = &audience.people[row.person as usize];
                request["tenant_id"] = (*person.number).into();
            }
        }
        if let Some(subject) = &body.subject {
            request["subject"] = json!({ "kind": subject.kind, "id": subject.id });
        }
        request.to_string()
    }

    /// A fact as it stands on its list, told for the so many'th time, less what was paid since.
    pub(super) fn fact(&self, place: usize, (at, time): (Timestamp, u64), paid: i64) -> Value {
        let audience = &self.prepared.read.audience;
        let fact = &audience.facts[place];
        let (list, line) = fact.from;
        let lines = self.facts.get(usize::from(list));
        let line = lines.and_then(|lines| lines.get(line as usize));
        let mut told: Value = line
            .and_then(|line| serde_json::from_slice(line).ok())
            .unwrap_or_default();
        let person = &audience.people[fact.person as usize];
        if let Some(fields) = told.as_object_mut() {
            fields.remove("tenant_ids");
            fields.insert("tenant_id".into(), (*person.number).into());
            if fact.every.is_some() {
                fields.insert("occurred_at".into(), rfc3339(at).into());
            }
            if time > 1 {
                let id = fields["fact_id"].as_str().unwrap_or_default();
                let again = format!("{id}/{time}");
                fields.insert("fact_id".into(), again.into());
            }
        }
        if time > 1
            && told["type"] == "balance"
            && let Some(cents) = told["amount_cents"].as_i64()
        {
            told["amount_cents"] = cents.saturating_sub(paid).into();
        }
        told
    }

    /// Tells facts.
    pub(super) async fn facts(&self, facts: Vec<Value>) -> anyhow::Result<()> {
        let tell = |fact: Value| async move { self.api.post_json("/v1/facts", &fact).await };
        let told = stream::iter(facts.into_iter().map(tell)).buffer_unordered(AT_ONCE);
        told.try_collect::<Vec<Value>>().await?;
        Ok(())
    }

    /// Hands in what providers report, as they do.
    pub(super) async fn receipts(
        &self,
        events: Vec<LaterEvent>,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        let post = |event: LaterEvent| async move {
            let Some(call) = call_of(event, now) else {
                return Ok(());
            };
            let answer = self.api.send(call).await?;
            match answer.status.is_success() {
                true => Ok(()),
                false => bail!(
                    "a receipt was answered {}: {}",
                    answer.status,
                    answer.text()
                ),
            }
        };
        let posts = stream::iter(events.into_iter().map(post)).buffer_unordered(AT_ONCE);
        posts.try_collect::<Vec<()>>().await?;
        Ok(())
    }

    /// Presses the button behind a link. True: it was there.
    pub(super) async fn press(&self, press: &Press) -> anyhow::Result<bool> {
        let to = path_of(&press.url, "/b/");
        let call = Call::post(to, "application/x-www-form-urlencoded", "");
        let status = self.api.send(call).await?.status;
        match status {
            _ if status.is_success() || status.is_redirection() => Ok(true),
            StatusCode::GONE | StatusCode::NOT_FOUND => Ok(false),
            other => bail!("a button was answered {other}"),
        }
    }
}

/// The call that a provider makes; it is signed with the address that the engine gave out.
fn call_of(event: LaterEvent, now: Timestamp) -> Option<Call> {
    match event {
        LaterEvent::Dsn { raw, .. } => {
            Some(Call::post("/v1/receipts/email", "message/rfc822", raw))
        }
        LaterEvent::SmsCallback(callback) => {
            let method = match callback.method {
                CallbackMethod::Get => Method::GET,
                CallbackMethod::Post => Method::POST,
            };
            Some(Call {
                method,
                to: path_of(&callback.url, "/v1/"),
                headers: callback.headers(now.0),
                body: Bytes::from(callback.body),
            })
        }
        LaterEvent::Press(_) => None,
    }
}

/// A number as it may stand in a path.
fn escaped(number: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => (byte as char).to_string(),
        other => format!("%{other:02X}"),
    };
    number.bytes().map(byte).collect()
}

/// The path of a public address: here the engine is reached by another.
fn path_of(url: &str, from: &str) -> String {
    let at = url.find(from).unwrap_or(0);
    url[at..].to_owned()
}
