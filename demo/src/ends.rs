//! Owns the engine's own account over the API: what ended, what is open, what waits for people.
//! Refuses to read the journal: that is another book.

use serde_json::Value;
use sluis_loadtest::ledger::OutcomeRow;

use super::api::{Api, Call, read};

/// Most rows asked for at once.
const PAGE: usize = 1_000;

/// What the API tells.
#[derive(Debug, Default)]
pub(super) struct Account {
    /// Everything that ended, then everything that is open.
    pub(super) rows: Vec<OutcomeRow>,
    /// Lists of the tasks that are open.
    pub(super) tasks: Vec<String>,
}

impl Account {
    /// Reads everything.
    pub(super) async fn read(api: &Api) -> anyhow::Result<Self> {
        let mut rows = ended(api).await?;
        let open = pages(api, "/v1/notifications", "notifications").await?;
        rows.extend(
            open.iter()
                .filter_map(|row| serde_json::from_value::<OutcomeRow>(row.clone()).ok()),
        );
        let alone = pages(api, "/v1/tasks", "tasks").await?;
        let groups = pages(api, "/v1/tasks", "groups").await?;
        let tasks = alone.iter().map(list).chain(groups.iter().flat_map(each));
        Ok(Self {
            rows,
            tasks: tasks.collect(),
        })
    }
}

fn list(task: &Value) -> String {
    task["list"].as_str().unwrap_or_default().to_owned()
}

/// The list of each task that is one with others.
fn each(group: &Value) -> impl Iterator<Item = String> {
    let count = group["notifications"].as_u64().unwrap_or_default();
    let list = list(group);
    (0..count).map(move |_| list.clone())
}

/// `GET /v1/outcomes` from the first to the last.
async fn ended(api: &Api) -> anyhow::Result<Vec<OutcomeRow>> {
    let mut rows = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let after = cursor
            .as_ref()
            .map(|cursor| format!("&after={cursor}"))
            .unwrap_or_default();
        let answer = api
            .ok(Call::get(format!("/v1/outcomes?limit={PAGE}{after}")))
            .await?;
        let before = rows.len();
        let mut next = None;
        for line in answer
            .body
            .split(|b| *b == b'\n')
            .filter(|line| !line.is_empty())
        {
            let value: Value = read("/v1/outcomes", line)?;
            match value.get("cursor").and_then(Value::as_str) {
                Some(cursor) => next = Some(cursor.to_owned()),
                None => rows.push(serde_json::from_value(value)?),
            }
        }
        if rows.len() == before || next.is_none() {
            return Ok(rows);
        }
        cursor = next;
    }
}

async fn pages(api: &Api, path: &str, field: &str) -> anyhow::Result<Vec<Value>> {
    let mut rows = Vec::new();
    let mut next: Option<String> = None;
    loop {
        let after = next
            .as_ref()
            .map(|next| format!("&after={next}"))
            .unwrap_or_default();
        let mut page = api.get_json(&format!("{path}?limit={PAGE}{after}")).await?;
        if let Some(Value::Array(found)) = page.get_mut(field).map(Value::take) {
            rows.extend(found);
        }
        next = page["next"].as_str().map(str::to_owned);
        if next.is_none() {
            return Ok(rows);
        }
    }
}
