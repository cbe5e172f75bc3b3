//! Mailings: every row is handed over once, whatever dies in the middle, and the account of one that is done or stopped
//! says of each row what became of it. Refuses the driver's word for what was accepted.

use super::{Check, Findings};
use crate::mailings::{Mailing, Stage, Verdict};
use crate::shadow::Shadow;

const CHECK: Check = Check::RowsExact;

/// When nothing is under way.
pub(crate) fn settled(mailings: &[Mailing], shadow: &Shadow, findings: &mut Findings) {
    for mailing in mailings {
        for row in 0..mailing.ids.len() {
            looked_at(mailing, row, shadow, findings);
        }
    }
}

fn looked_at(mailing: &Mailing, row: usize, shadow: &Shadow, findings: &mut Findings) {
    let mark = mailing.mark(row);
    let rows = shadow.known.rows.get(&*mark);
    let accepted = rows.map_or(&[][..], Vec::as_slice);
    findings.expect(accepted.len() <= 1, CHECK, || {
        format!(
            "row {row} was handed over {} times: {accepted:?}",
            accepted.len()
        )
    });
    let verdict = mailing.verdicts[row];
    let is_right = match (verdict, mailing.stage) {
        (Some(Verdict::Admitted), _) => accepted == [mailing.ids[row]],
        (Some(Verdict::Refused), _) => accepted.is_empty(),
        // It may just have been handed over.
        (None, Stage::Running | Stage::Paused | Stage::Stopping) => true,
        (None, Stage::Stopped) => accepted.is_empty(),
        (None, Stage::Done) => false,
    };
    findings.expect(is_right, CHECK, || {
        format!(
            "row {row} of a mailing that is {:?} counts as {verdict:?}, and these are there: {accepted:?}",
            mailing.stage
        )
    });
    if mailing.stage == Stage::Stopped {
        let goes_on = accepted.iter().find(|id| shadow.open(**id).is_some());
        findings.expect(goes_on.is_none(), CHECK, || {
            format!("a mailing has stopped, and {goes_on:?} of it goes on")
        });
    }
}
