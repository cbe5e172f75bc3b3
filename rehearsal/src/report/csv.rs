//! Owns the list of exceptions: the rows that were refused, and those for which something cannot be done,
//! with the tenants' numbers and no address. Refuses a cell that a spreadsheet would take for a formula.

use std::fmt::Write as _;

use super::told::Told;

/// The list of exceptions, as CSV after RFC 4180.
#[must_use]
pub fn csv(told: &Told<'_>) -> String {
    let mut out = String::from("line,tenant_id,trouble,step,channel,detail\r\n");
    for (line, tenant, why) in told.rejected {
        let _ = write!(out, "{line},{},refused,,,{}\r\n", cell(tenant), cell(why));
    }
    for exception in &told.results.exceptions {
        let Some(row) = told.audience.rows.get(exception.row as usize) else {
            continue;
        };
        let person = told.audience.people.get(row.person as usize);
        let step = told.stage.flow.step(exception.step);
        let _ = write!(
            out,
            "{},{},{},{},{},{}\r\n",
            row.line,
            cell(person.map_or("", |person| &person.number)),
            exception.trouble.name(),
            cell(step.map_or("", |step| &step.id)),
            exception.channel.map_or("", sluis_model::Channel::name),
            cell(&exception.detail),
        );
    }
    if let Some((_, _, compared)) = told.other {
        for row in &compared.rows {
            let Some(row) = told.audience.rows.get(*row as usize) else {
                continue;
            };
            let person = told.audience.people.get(row.person as usize);
            let number = cell(person.map_or("", |person| &person.number));
            let _ = write!(out, "{},{number},goes_otherwise,,,\r\n", row.line);
        }
    }
    out
}

/// A cell: in quotes where it must be, and never a formula.
fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let safe = if is_formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if safe.contains(['"', ',', '\n', '\r', ';']) {
        return format!("\"{}\"", safe.replace('"', "\"\""));
    }
    safe
}
