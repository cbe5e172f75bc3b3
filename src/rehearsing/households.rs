//! Owns the reading of households, and what becomes of a row that is about one: a row for each of those
//! who are told, by the rule of the engine, at the instant at which it is handed over. Refuses to guess
//! who is in a household: who stands on no list of households is in none.

use std::sync::Arc;

use serde_json::{Map, Value};
use sluis_model::{NotTold, Timestamp};
use sluis_rehearsal::{Body, Group, Row};

use super::audience::{Reading, told};
use super::household_rows::NUMBER;
use crate::intake::household;
use crate::intake::mailing_rows::MailingRow;

impl Reading<'_> {
    /// Reads households, one in each line: `{household_id, members}`. A later one takes the place of an
    /// earlier one, as the API has it.
    pub(super) fn households(&mut self, name: &str, bytes: &[u8]) {
        for (line, text) in (1_u64..).zip(bytes.split(|byte| *byte == b'\n')) {
            if text.trim_ascii().is_empty() {
                continue;
            }
            match of_line(text) {
                Ok((number, household)) => drop(self.households.insert(number, household)),
                Err((number, why)) => {
                    let why = format!("{name}: {why}");
                    self.read.rejected.push((line, number, why));
                }
            }
        }
    }

    /// A row about a household becomes one for each who is told.
    pub(super) fn group(&mut self, list: &str, row: &MailingRow, body: Arc<Body>, at: Timestamp) {
        let number = row.tenant_id.as_str();
        let Some(household) = self.households.get(number) else {
            return self.refuse(list, row, "unknown_household: nobody loaded it");
        };
        let roles = &self.stage.flow.group.roles;
        let (addressees, not_told) = household.told(roles, at);
        if addressees.is_empty() {
            let why = format!("nobody_to_tell: {}", why_not(&not_told));
            return self.refuse(list, row, &why);
        }
        let group = u32::try_from(self.read.audience.groups.len()).unwrap_or(u32::MAX);
        let mut rows = Vec::with_capacity(addressees.len());
        for addressee in addressees {
            let place = u32::try_from(self.read.audience.rows.len()).unwrap_or(u32::MAX);
            let person = self.place(&addressee.tenant);
            self.read.audience.rows.push(Row {
                person,
                line: row.line,
                at,
                group: Some(group),
                body: body.clone(),
            });
            rows.push(place);
        }
        let household = number.into();
        self.read.audience.groups.push(Group { household, rows });
    }

    fn refuse(&mut self, list: &str, row: &MailingRow, why: &str) {
        let why = format!("{list}: {why}");
        let refused = (row.line, row.tenant_id.clone(), why);
        self.read.rejected.push(refused);
    }
}

/// Why each of them is not told.
fn why_not(not_told: &[NotTold]) -> String {
    let each = not_told
        .iter()
        .map(|one| format!("{} {}", one.tenant, one.why.name()));
    each.collect::<Vec<_>>().join(", ")
}

/// The household of a line; or its number, as far as it is known, and what is wrong.
fn of_line(text: &[u8]) -> Result<(String, sluis_model::Household), (String, String)> {
    let mut whole: Map<String, Value> = serde_json::from_slice(text).map_err(|error| {
        let why = format!("{error}: expected {{\"{NUMBER}\": \"C-77\", \"members\": [...]}}");
        (String::new(), why)
    })?;
    let number = match whole.remove(NUMBER) {
        Some(Value::String(number)) if !number.trim().is_empty() => number,
        other => {
            let value = other.map_or_else(|| "nothing".to_owned(), |value| value.to_string());
            let why = format!("{NUMBER} = {value}: expected the number of the household, a text");
            return Err((String::new(), why));
        }
    };
    let body = Value::Object(whole).to_string();
    match household::parse(body.as_bytes()) {
        Ok(household) => Ok((number, household)),
        Err(reasons) => Err((number, told(&reasons))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_no_household_says_why() {
        let good = br#"{"household_id":"C-1","members":[{"tenant_id":"H-1","role":"tenant"}]}"#;
        let (number, household) = of_line(good).unwrap();
        assert_eq!((number.as_str(), household.members.len()), ("C-1", 1));
        let cases: [(&[u8], &str); 4] = [
            (b"[]", "expected {\"household_id\""),
            (br#"{"members":[]}"#, "household_id = nothing"),
            (br#"{"household_id":7,"members":[]}"#, "household_id = 7"),
            (
                br#"{"household_id":"C","members":[{"tenant_id":"H","role":"aunt"}]}"#,
                "bewindvoerder",
            ),
        ];
        for (line, expected) in cases {
            let (_, why) = of_line(line).unwrap_err();
            assert!(why.contains(expected), "{why}");
        }
    }
}
