//! Owns what an engine knows of a tenant now, as a page shows it (AVG, art. 15) and as programs read it
//! (art. 20). Refuses what is only how the engine works: `state.txt` has that too.

use std::fmt::Write as _;

use serde::Serialize;
use sluis_model::Tenant;

use super::page::escaped;
use crate::explain::{ContactPoint, PreferenceRow};

/// What is known, without how it is used.
#[derive(Serialize)]
pub(super) struct Known<'a> {
    name: &'a str,
    language: &'a str,
    preferences: Vec<PreferenceRow>,
    contact_points: Vec<ContactPoint>,
    /// What he owes in all, when a fact told it.
    #[serde(skip_serializing_if = "Option::is_none")]
    balance_cents: Option<i64>,
    money: Vec<Money<'a>>,
    /// Notifications that have not ended.
    open_notifications: Vec<String>,
}

/// What is known of an invoice or another subject.
#[derive(Serialize)]
struct Money<'a> {
    kind: &'a str,
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    open_cents: Option<i64>,
    paid_cents: i64,
}

impl<'a> Known<'a> {
    pub(super) fn of(tenant: &'a Tenant) -> Self {
        let profile = tenant.profile.as_deref();
        let money = tenant.told.iter().flat_map(|told| &told.subjects);
        let money = money.map(|money| Money {
            kind: &money.subject.kind,
            id: &money.subject.id,
            open_cents: money.open.map(|(cents, _)| cents),
            paid_cents: money.paid_cents,
        });
        Self {
            name: profile.map_or("", |profile| &profile.name),
            language: profile.map_or("", |profile| &profile.language),
            preferences: profile
                .map_or_else(Vec::new, |profile| PreferenceRow::of(&profile.preferences)),
            contact_points: ContactPoint::of(tenant),
            balance_cents: tenant.balance().map(|(cents, _)| cents),
            money: money.collect(),
            open_notifications: tenant.open.iter().map(|open| open.id.to_string()).collect(),
        }
    }

    /// The part of the page about it.
    pub(super) fn page(&self) -> Result<String, std::fmt::Error> {
        let mut page = String::from("<h2>What is known now</h2>\n<table>\n");
        let mut line = |name: &str, value: &str| {
            let value = escaped(value);
            writeln!(page, "<tr><th>{name}<td>{value}</tr>")
        };
        line("name", self.name)?;
        line("language", self.language)?;
        for preference in &self.preferences {
            let value = format!("{} for {}", preference.channel, preference.category);
            line("preferred channel", &value)?;
        }
        for point in &self.contact_points {
            let (kind, status, since) = (point.kind, point.status, &point.since);
            line(kind, &format!("{} ({status} since {since})", point.value))?;
        }
        if let Some(cents) = self.balance_cents {
            line("balance", &format!("{cents} cents"))?;
        }
        for Money {
            kind,
            id,
            open_cents,
            paid_cents,
        } in &self.money
        {
            let open = open_cents.map_or_else(String::new, |cents| format!("{cents} cents open, "));
            line(
                &escaped(kind),
                &format!("{id}: {open}{paid_cents} cents paid"),
            )?;
        }
        for id in &self.open_notifications {
            line("open notification", id)?;
        }
        page.push_str("</table>\n");
        Ok(page)
    }
}
