//! Owns the translation of what admission says into the refusals of the protocol. Refuses to tell
//! less than HTTP does.

use sluis_actors::NotTaken;
use sluis_model::wire::{Problem, RefuseCode, Refused};

use crate::admission::{Closed, Rejected, retry_after};
use crate::intake::FieldProblem;

/// Seconds after which a row that was lost on its way may be sent again.
const LOST_RETRY: u32 = 1;

/// The refusal of a row that was not admitted.
pub(super) fn of(correlation: u64, rejected: Rejected) -> Refused {
    match rejected {
        Rejected::Invalid(problems) => refused(
            correlation,
            RefuseCode::Invalid,
            problems.into_iter().map(problem).collect(),
        ),
        Rejected::UnknownFlow(known) => {
            let message = format!(
                "there is no such flow: expected one of {}",
                known.join(", ")
            );
            refused(
                correlation,
                RefuseCode::UnknownFlow,
                vec![Problem {
                    path: "flow".into(),
                    message,
                }],
            )
        }
        Rejected::Conflict(id) => {
            let message = format!("it was used for notification {id} with another body");
            refused(
                correlation,
                RefuseCode::Conflict,
                vec![Problem {
                    path: "idempotency_key".into(),
                    message,
                }],
            )
        }
        // The protocol has one code for whatever of a corporation's is at its bound; the problem
        // says what.
        Rejected::NotTaken(why) => {
            let at = Problem {
                path: path_of(&why).into(),
                message: why.to_string(),
            };
            Refused {
                problems: vec![at],
                ..later(correlation, RefuseCode::ShareFull, retry_after(&why))
            }
        }
        Rejected::TooFast(seconds) => of_share(
            correlation,
            "intake_per_second",
            "more rows a second than you may send",
            seconds,
        ),
        Rejected::DayFull(seconds) => of_share(
            correlation,
            "bytes_per_day",
            "as much written within a day as you may",
            seconds,
        ),
        Rejected::ShareFull(seconds) => later(correlation, RefuseCode::ShareFull, seconds),
        Rejected::Closed(closed) => later(correlation, code_of(closed), closed.retry_after()),
    }
}

/// The refusal of a row that was admitted and lost before it was decided.
pub(super) fn lost(correlation: u64, closed: Option<Closed>) -> Refused {
    match closed {
        Some(Closed::Stopping) => later(
            correlation,
            RefuseCode::Stopping,
            Closed::Stopping.retry_after(),
        ),
        _ => later(correlation, RefuseCode::Internal, LOST_RETRY),
    }
}

fn of_share(correlation: u64, path: &str, message: &str, seconds: u32) -> Refused {
    let problems = vec![Problem {
        path: path.into(),
        message: message.into(),
    }];
    Refused {
        problems,
        ..later(correlation, RefuseCode::ShareFull, seconds)
    }
}

const fn path_of(why: &NotTaken) -> &'static str {
    match why {
        NotTaken::TenantFull { .. } | NotTaken::ManyUnknown { .. } | NotTaken::NoRoom(_) => {
            "tenant_id"
        }
    }
}

const fn code_of(closed: Closed) -> RefuseCode {
    match closed {
        Closed::Stopping => RefuseCode::Stopping,
        Closed::DiskLow | Closed::Busy | Closed::Full => RefuseCode::EngineFull,
    }
}

const fn refused(correlation: u64, code: RefuseCode, problems: Vec<Problem>) -> Refused {
    Refused {
        correlation,
        code,
        retry_after_ms: 0,
        problems,
    }
}

const fn later(correlation: u64, code: RefuseCode, seconds: u32) -> Refused {
    Refused {
        correlation,
        code,
        retry_after_ms: seconds.saturating_mul(1_000),
        problems: Vec::new(),
    }
}

fn problem(problem: FieldProblem) -> Problem {
    let mut message = match &problem.value {
        Some(value) => format!("{value:?}: expected {}", problem.expected),
        None => format!("expected {}", problem.expected),
    };
    if let Some(hint) = &problem.hint {
        message.push_str(&format!(" ({hint})"));
    }
    Problem {
        path: problem.path,
        message,
    }
}

#[cfg(test)]
mod tests {
    use sluis_model::NotificationId;

    use super::*;
    use crate::intake::ProblemCode;

    #[test]
    fn every_rejection_has_its_code_and_its_time() {
        let cases = [
            (Rejected::Invalid(Vec::new()), RefuseCode::Invalid, 0),
            (
                Rejected::UnknownFlow(vec!["storno".into()]),
                RefuseCode::UnknownFlow,
                0,
            ),
            (
                Rejected::Conflict(NotificationId(1)),
                RefuseCode::Conflict,
                0,
            ),
            (Rejected::ShareFull(10), RefuseCode::ShareFull, 10_000),
            (full_tenant(), RefuseCode::ShareFull, 60_000),
            (Rejected::TooFast(1), RefuseCode::ShareFull, 1_000),
            (Rejected::DayFull(1_800), RefuseCode::ShareFull, 1_800_000),
            (
                Rejected::Closed(Closed::Full),
                RefuseCode::EngineFull,
                30_000,
            ),
            (
                Rejected::Closed(Closed::DiskLow),
                RefuseCode::EngineFull,
                30_000,
            ),
            (
                Rejected::Closed(Closed::Busy),
                RefuseCode::EngineFull,
                1_000,
            ),
            (
                Rejected::Closed(Closed::Stopping),
                RefuseCode::Stopping,
                10_000,
            ),
        ];
        for (rejected, code, retry_after_ms) in cases {
            let refused = of(3, rejected);
            assert_eq!(
                (refused.correlation, refused.code, refused.retry_after_ms),
                (3, code, retry_after_ms)
            );
            assert_eq!(code.is_transient(), retry_after_ms > 0);
        }
        assert_eq!(lost(1, Some(Closed::Stopping)).code, RefuseCode::Stopping);
        assert_eq!(lost(1, None), later(1, RefuseCode::Internal, 1));
    }

    fn full_tenant() -> Rejected {
        Rejected::NotTaken(NotTaken::TenantFull {
            tenant: "ONBEKEND".into(),
            open: 3,
            most: 3,
        })
    }

    #[test]
    fn a_full_tenant_is_named() {
        let problems = of(3, full_tenant()).problems;
        assert_eq!(problems[0].path, "tenant_id");
        assert!(
            problems[0].message.contains("\"ONBEKEND\" has 3 open"),
            "{}",
            problems[0].message
        );
    }

    #[test]
    fn a_problem_says_what_stood_there_and_what_may_help() {
        let wrong = FieldProblem::new("data.amount_cents", ProblemCode::WrongType, "an integer");
        let told = problem(wrong.clone().value("12").hint("without quotes"));
        assert_eq!(told.message, "\"12\": expected an integer (without quotes)");
        assert_eq!(problem(wrong).message, "expected an integer");
    }
}
