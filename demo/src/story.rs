//! Owns the choice of the one tenant whose story is told, and the fetching of it over the API.
//! Refuses to retell: the engine's own words are shown.

use serde_json::Value;
use sluis_model::{Channel, NotificationId};

use super::driver::Driver;
use super::journal_book::Note;
use super::people::{Found, Person};
use super::time::shown_text;

/// Rows of a timeline asked for.
const ROWS: usize = 200;

/// One tenant's story.
#[derive(Debug)]
pub(super) struct Story {
    pub(super) tenant: String,
    pub(super) invoice: String,
    pub(super) id: NotificationId,
    /// Dutch local time and what was decided then, oldest first.
    pub(super) timeline: Vec<(String, String)>,
    /// Why this tenant, this channel, this address, then.
    pub(super) why: String,
    /// What was found behind the link.
    pub(super) link: Vec<Found>,
}

impl Story {
    /// Chooses the richest story and fetches it.
    pub(super) async fn fetch(driver: &Driver) -> anyhow::Result<Option<Self>> {
        let accepted = driver.accepted();
        let notes = accepted
            .iter()
            .filter_map(|(id, row)| Some((*id, *row, driver.journal.notes.get(id)?)));
        let Some((id, row, note)) =
            notes.max_by_key(|(id, _, note)| (richness(note), std::cmp::Reverse(*id)))
        else {
            return Ok(None);
        };
        let api = &driver.stage.api;
        let explanation = api.get_json(&format!("/v1/notifications/{id}")).await?;
        let timeline = api
            .get_json(&format!(
                "/v1/tenants/{}/timeline?limit={ROWS}",
                note.tenant
            ))
            .await?;
        let person = driver.people.iter().find(|person| person.row == row);
        Ok(Some(Self {
            tenant: note.tenant.clone(),
            invoice: driver.files.returns[row].invoice.clone(),
            id,
            timeline: folded(&timeline),
            why: explanation["why"].as_str().unwrap_or_default().to_owned(),
            link: person
                .map(|person: &Person| person.found.clone())
                .unwrap_or_default(),
        }))
    }
}

/// The more happened, the more there is to tell.
fn richness(note: &Note) -> u32 {
    let marks = [
        (note.pressed, 4),
        (note.bounced_late, 4),
        (note.unanswered, 2),
        (note.taken_at(Channel::Sms).is_some(), 2),
        (note.taken_at(Channel::Email).is_some(), 1),
        (note.ends.iter().any(|(end, _)| end == "paid"), 4),
    ];
    marks
        .into_iter()
        .filter(|(mark, _)| *mark)
        .map(|(_, weight)| weight)
        .sum()
}

/// The rows of a timeline, oldest first; the same balance on mornings in a row becomes one row.
fn folded(timeline: &Value) -> Vec<(String, String)> {
    let mut rows: Vec<(String, String)> = Vec::new();
    let (mut balance, mut mornings) = (None, 0);
    for row in timeline["rows"].as_array().into_iter().flatten().rev() {
        let text = row["text"].as_str().unwrap_or_default();
        let at = shown_text(row["at"].as_str().unwrap_or_default());
        let told =
            (row["details"]["type"] == "balance").then(|| row["details"]["amount_cents"].clone());
        let again = told.is_some() && told == balance;
        mornings = if again { mornings + 1 } else { 1 };
        match rows.last_mut() {
            Some(last) if again => {
                let first = last.1.split(" (and ").next().unwrap_or_default();
                last.1 = format!(
                    "{first} (and the same on the next {})",
                    plural(mornings - 1, "morning")
                );
            }
            _ => rows.push((at, text.to_owned())),
        }
        balance = told;
    }
    rows
}

fn plural(count: usize, what: &str) -> String {
    if count == 1 {
        what.to_owned()
    } else {
        format!("{count} {what}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn equal_balances_in_a_row_are_folded() {
        let balance = |at: &str, cents: i64| {
            json!({ "at": at, "kind": "fact", "text": format!("fact balance of {cents} cents"),
                    "details": { "type": "balance", "amount_cents": cents } })
        };
        let newest_first = json!({ "rows": [
            balance("2026-02-05T05:00:00Z", 0), balance("2026-02-04T05:00:00Z", 7), balance("2026-02-03T05:00:00Z", 7),
            { "at": "2026-02-02T07:00:00Z", "kind": "accepted", "text": "accepted", "details": {} },
        ]});
        let texts: Vec<_> = folded(&newest_first)
            .into_iter()
            .map(|(_, text)| text)
            .collect();
        assert_eq!(
            texts,
            [
                "accepted",
                "fact balance of 7 cents (and the same on the next morning)",
                "fact balance of 0 cents"
            ]
        );
    }
}
