//! Owns the reading of households, and what becomes of a row that is about one: a row for each of those
//! who are told, by the rule of the engine, at the instant at which it is handed over. Refuses to guess
//! who is in a household: who stands on no list of households is in none.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value};
use sluis_model::{NotTold, Timestamp};
use sluis_rehearsal::{Body, Group, Row};

use super::audience::{Reading, told};
use crate::intake::household;
use crate::intake::mailing_rows::MailingRow;

/// What the number of a household is called.
const NUMBER: &str = "household_id";

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

/// Rows about households as rows of a mailing: their number stands where a tenant's does.
pub(super) fn as_rows(bytes: &[u8]) -> Cow<'_, [u8]> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let first = bytes.trim_ascii_start().first();
    if first == Some(&b'{') {
        return Cow::Owned(ndjson(bytes));
    }
    let end = bytes.iter().position(|byte| *byte == b'\n');
    let (head, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
    let head = String::from_utf8_lossy(head);
    let is_named = |cell: &str| cell.trim().trim_matches('"').eq_ignore_ascii_case(NUMBER);
    let Some(cell) = head
        .split([';', ',', '\t', '|'])
        .find(|cell| is_named(cell))
    else {
        return Cow::Borrowed(bytes);
    };
    let mut renamed = head.replacen(cell, "tenant_id", 1).into_bytes();
    if cell.ends_with('\r') {
        renamed.push(b'\r');
    }
    renamed.extend_from_slice(rest);
    Cow::Owned(renamed)
}

fn ndjson(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for line in bytes.split(|byte| *byte == b'\n') {
        match serde_json::from_slice::<Map<String, Value>>(line) {
            Ok(mut row) if row.contains_key(NUMBER) && !row.contains_key("tenant_id") => {
                if let Some(number) = row.remove(NUMBER) {
                    row.insert("tenant_id".to_owned(), number);
                }
                out.extend_from_slice(Value::Object(row).to_string().as_bytes());
            }
            // What cannot be read is refused by the reader of rows, with its line.
            Ok(_) | Err(_) => out.extend_from_slice(line),
        }
        out.push(b'\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_household_stands_where_a_tenants_does() {
        let csv = b"household_id;kenmerk\r\nC-1;F-1\r\n";
        assert_eq!(&*as_rows(csv), b"tenant_id;kenmerk\r\nC-1;F-1\r\n");
        let last = b"kenmerk;\"household_id\"\r\nF-1;C-1";
        assert_eq!(&*as_rows(last), b"kenmerk;tenant_id\r\nF-1;C-1");
        let json = b"{\"household_id\":\"C-1\",\"subject_id\":\"F-1\"}\nbroken";
        let text = String::from_utf8(as_rows(json).into_owned()).unwrap();
        assert!(
            text.contains("\"tenant_id\":\"C-1\"") && text.contains("broken"),
            "{text}"
        );
        assert_eq!(&*as_rows(b"huurdernummer\nH-1\n"), b"huurdernummer\nH-1\n");
    }

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
