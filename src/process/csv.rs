//! Owns process data as comma-separated values. A cell that a spreadsheet would run as a formula has an
//! apostrophe before it. Refuses nothing: a row is a row.

use std::io::Write;

use super::event::ProcessEvent;
use super::log::{Log, ProcessError};
use crate::explain::rfc3339;

const HEADER: [&str; 15] = [
    "at",
    "event",
    "input",
    "notification",
    "tenant",
    "subject_kind",
    "subject",
    "category",
    "flow",
    "step",
    "attempt",
    "channel",
    "provider",
    "end",
    "reason",
];

pub(super) struct Csv<'a>(csv::Writer<&'a mut dyn Write>);

impl<'a> Csv<'a> {
    pub(super) fn new(out: &'a mut dyn Write) -> Result<Self, ProcessError> {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(HEADER).map_err(std::io::Error::from)?;
        Ok(Self(writer))
    }
}

impl Log for Csv<'_> {
    fn event(&mut self, event: &ProcessEvent) -> Result<(), ProcessError> {
        let (kind, subject) = event.subject.clone().unwrap_or_default();
        let details = &event.details;
        let id = event.notification.map(|id| id.to_string());
        let row = [
            rfc3339(event.at),
            event.event.clone(),
            event.input.clone(),
            id.unwrap_or_default(),
            event.tenant.clone(),
            kind,
            subject,
            event.category.clone(),
            event.flow.clone().unwrap_or_default(),
            details
                .step
                .map(|step| step.to_string())
                .unwrap_or_default(),
            details
                .attempt
                .map(|attempt| attempt.to_string())
                .unwrap_or_default(),
            details.channel.unwrap_or_default().to_owned(),
            details.provider.clone().unwrap_or_default(),
            details.end.clone().unwrap_or_default(),
            details.reason.clone().unwrap_or_default(),
        ];
        let row = row.map(as_text);
        self.0.write_record(row).map_err(std::io::Error::from)?;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), ProcessError> {
        Ok(self.0.flush()?)
    }
}

/// A cell that a spreadsheet takes as text: what begins as a formula does gets an apostrophe before
/// it (OWASP, "CSV Injection"). Numbers and subjects come from senders.
fn as_text(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{cell}")
    } else {
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::as_text;

    #[test]
    fn a_cell_is_no_formula() {
        for formula in [
            "=cmd|' /C calc'!A1",
            "+31612345678",
            "-2+3",
            "@SUM(A1)",
            "\t=1",
        ] {
            assert_eq!(as_text(formula.into()), format!("'{formula}"));
        }
        for text in ["", "H-1001", "2026-11-27T20:30:06.504Z", "a=b"] {
            assert_eq!(as_text(text.into()), text);
        }
    }
}
