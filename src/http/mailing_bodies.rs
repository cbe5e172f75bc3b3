//! Owns how mailings, lists of rows and accounts are written in answers, and what terms hold that a
//! release does not say. Refuses to read any: `intake` does.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::mailing_words;
use super::problem::Problem;
use crate::explain::{Language, rfc3339};
use crate::intake::FieldProblem;
use crate::intake::mailing::SaidTerms;
use crate::intake::tenant_list::Rejected;
use crate::mailings::{
    AccountRow, Counts, HowFar, Mailing, OtherTerms, Outcome, Said, Stage, Terms, Upload, View,
};

/// It pauses when more than so many percent bounce or are refused, unless its terms say otherwise.
const USUAL_PERCENT: u8 = 10;
/// How many rows that takes at least, unless its terms say otherwise.
const USUAL_LEAST: u32 = 100;

/// The terms of a release: what is not said is as usual.
pub(super) fn released_on(said: SaidTerms) -> (String, Terms) {
    let usual = Terms {
        per_minute: None,
        windows: Vec::new(),
        stop_percent: Some(USUAL_PERCENT),
        stop_after: USUAL_LEAST,
    };
    let (by, said) = other_terms(said);
    (by, said.onto(&usual))
}

/// Who says other terms, and which.
pub(super) fn other_terms(said: SaidTerms) -> (String, OtherTerms) {
    let terms = OtherTerms {
        per_minute: said.per_minute,
        windows: said.windows,
        stop_percent: said.stop_percent,
        stop_after: said.stop_after,
    };
    (said.by, terms)
}

/// Who did something, and when.
#[derive(Debug, Serialize)]
pub(super) struct SaidBody {
    by: String,
    at: String,
}

impl SaidBody {
    fn of(said: &Said) -> Self {
        Self {
            by: said.by.clone(),
            at: rfc3339(said.at),
        }
    }
}

#[derive(Debug, Serialize)]
struct RowsBody {
    count: usize,
    checksum: String,
    rejected: usize,
    repeated: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    brought: Option<SaidBody>,
}

#[derive(Debug, Serialize)]
struct ProgressBody {
    rows: usize,
    admitted: usize,
    refused: BTreeMap<&'static str, usize>,
    left: usize,
    open: usize,
    ended: usize,
    taken: usize,
    delivered: usize,
    bounced: usize,
    in_doubt: usize,
    under_way: usize,
    with_people: usize,
    /// Whether every row has come to its end.
    reconciled: bool,
}

impl ProgressBody {
    fn of(counts: &Counts, stage: Stage) -> Self {
        let is_handed_over = match stage {
            Stage::Stopped => true,
            Stage::Done => counts.left == 0,
            Stage::Draft | Stage::Approved | Stage::Running | Stage::Paused | Stage::Stopping => {
                false
            }
        };
        Self {
            rows: counts.rows,
            admitted: counts.admitted,
            refused: counts.refused.clone(),
            left: counts.left,
            open: counts.admitted - counts.ended,
            ended: counts.ended,
            taken: counts.taken,
            delivered: counts.delivered,
            bounced: counts.bounced,
            in_doubt: counts.in_doubt,
            under_way: counts.under_way,
            with_people: counts.with_people,
            reconciled: is_handed_over && counts.ended == counts.admitted,
        }
    }
}

/// A mailing, as the API shows it.
#[derive(Debug, Serialize)]
pub(super) struct MailingBody {
    id: String,
    name: String,
    flow: String,
    category: String,
    environment: &'static str,
    priority: &'static str,
    data: Map<String, Value>,
    stage: &'static str,
    made: SaidBody,
    /// The mailing that it corrects, and which of its rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    corrects: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<RowsBody>,
    /// By what its rows are or were chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    selection: Option<SelectionBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    approved: Option<SaidBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    released: Option<SaidBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    terms: Option<Value>,
    /// Why it is paused: `person`, `share`, `flow`, `damage`.
    #[serde(skip_serializing_if = "Option::is_none")]
    paused_for: Option<Value>,
    /// When rows go on, while none of its windows is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    opens_at: Option<String>,
    /// Who last paused, resumed or stopped it.
    #[serde(skip_serializing_if = "Option::is_none")]
    turned: Option<SaidBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    progress: Option<ProgressBody>,
    /// How it stands and how far it is, in a sentence or two, where one mailing was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    short: Option<String>,
    /// Who did what with it, on which terms, and what became of its rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// In which language that is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'static str>,
}

/// How a selection stands.
#[derive(Debug, Serialize)]
struct SelectionBody {
    when: String,
    /// `running`, `done` or `failed`.
    state: &'static str,
    percent: u64,
    looked_at: u64,
    chosen: u64,
    undecided: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_loaded: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<String>,
}

impl SelectionBody {
    /// One that is under way, or failed, goes before the one whose rows are there.
    fn of(mailing: &Mailing, far: Option<&HowFar>) -> Option<Self> {
        if let Some(far) = far.cloned() {
            return Some(Self {
                when: far.when,
                state: match far.failed {
                    None => "running",
                    Some(_) => "failed",
                },
                percent: far.percent,
                looked_at: far.looked_at,
                chosen: far.chosen,
                undecided: far.undecided,
                not_loaded: None,
                at: None,
                failed: far.failed,
            });
        }
        let selected = mailing.selection.clone()?;
        Some(Self {
            when: selected.when,
            state: "done",
            percent: 100,
            looked_at: selected.looked_at,
            chosen: mailing.rows.as_ref().map_or(0, |rows| rows.count as u64),
            undecided: selected.undecided,
            not_loaded: Some(selected.not_loaded),
            at: Some(rfc3339(selected.at)),
            failed: None,
        })
    }
}

/// One for whom the condition was unknown.
#[derive(Debug, Serialize)]
pub(super) struct UndecidedLine {
    /// None: he was erased.
    pub tenant_id: Option<String>,
    /// What is not known of him.
    pub lacks: Vec<String>,
}

impl MailingBody {
    pub(super) fn of(view: &View) -> Self {
        let View {
            mailing,
            counts,
            selecting,
            opens_at,
        } = view;
        let said = |said: &Option<Said>| said.as_ref().map(SaidBody::of);
        let rows = mailing.rows.as_ref().map(|rows| RowsBody {
            count: rows.count,
            checksum: rows.checksum.clone(),
            rejected: rows.rejected,
            repeated: rows.repeated,
            brought: said(&mailing.brought),
        });
        let corrects = mailing.origin.as_ref();
        let terms = mailing.released.as_ref().map(|_| json!(mailing.terms));
        Self {
            id: mailing.id.clone(),
            name: mailing.name.clone(),
            flow: mailing.frame.flow.clone(),
            category: mailing.frame.category.clone(),
            environment: mailing.frame.environment.name(),
            priority: mailing.frame.priority.name(),
            data: mailing.frame.data.clone(),
            stage: mailing.stage.name(),
            made: SaidBody::of(&mailing.made),
            corrects: corrects.map(|origin| json!(origin)),
            rows,
            selection: SelectionBody::of(mailing, selecting.as_ref()),
            approved: said(&mailing.approved),
            released: said(&mailing.released),
            terms,
            paused_for: mailing.paused.map(|why| json!(why)),
            opens_at: opens_at.map(rfc3339),
            turned: said(&mailing.turned),
            ended_at: mailing.ended_at.map(rfc3339),
            progress: counts
                .as_ref()
                .map(|counts| ProgressBody::of(counts, mailing.stage)),
            short: None,
            why: None,
            language: None,
        }
    }

    /// With what is told of it as a whole.
    pub(super) fn told(self, view: &View, lang: Language) -> Self {
        Self {
            short: Some(mailing_words::short(view, lang)),
            why: Some(mailing_words::why(view, lang)),
            language: Some(lang.code()),
            ..self
        }
    }
}

#[derive(Debug, Serialize)]
struct RepeatBody {
    line: u64,
    tenant_id: String,
    first: u64,
}

/// What became of a list of rows.
#[derive(Debug, Serialize)]
pub(super) struct UploadBody<'a> {
    mailing: MailingBody,
    rows: usize,
    taken: usize,
    rejected: usize,
    repeated: usize,
    rejections: &'a [Rejected],
    repeats: Vec<RepeatBody>,
    #[serde(skip_serializing_if = "<[FieldProblem]>::is_empty")]
    notes: &'a [FieldProblem],
}

/// The answer to a list of which nothing was taken: a problem, with the report in it.
#[derive(Debug, Serialize)]
pub(super) struct NothingTaken<'a> {
    #[serde(flatten)]
    problem: Problem,
    report: &'a UploadBody<'a>,
}

impl<'a> UploadBody<'a> {
    pub(super) fn of(upload: &'a Upload) -> Self {
        let rows = upload.view.mailing.rows.as_ref();
        let repeat = |(line, tenant_id, first): &(u64, String, u64)| RepeatBody {
            line: *line,
            tenant_id: tenant_id.clone(),
            first: *first,
        };
        let taken = rows.map_or(0, |rows| rows.count);
        Self {
            mailing: MailingBody::of(&upload.view),
            rows: upload.read,
            taken,
            rejected: upload.rejected,
            repeated: upload.repeated,
            rejections: &upload.rejections,
            repeats: upload.repeats.iter().map(repeat).collect(),
            notes: &upload.notes,
        }
    }

    /// What is said when nothing was taken.
    pub(super) fn problem(&self) -> Option<NothingTaken<'_>> {
        if self.taken > 0 {
            return None;
        }
        let first = self.rejections.first();
        let first = first.and_then(|row| Some((row.line, row.reasons.first()?)));
        let detail = match first {
            Some((line, reason)) => {
                format!("no row was taken; the first reason, on line {line}: {reason}")
            }
            None => "the list has no rows".to_owned(),
        };
        let status = http::StatusCode::UNPROCESSABLE_ENTITY;
        Some(NothingTaken {
            problem: Problem::new(status, "nothing_taken", detail),
            report: self,
        })
    }
}

/// A line of an account.
#[derive(Debug, Serialize)]
pub(super) struct AccountLine<'a> {
    row: usize,
    line: Option<u64>,
    tenant_id: Option<&'a str>,
    /// Whether a message left: `no`, `perhaps`, `yes`.
    left: &'static str,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
}

impl<'a> AccountLine<'a> {
    pub(super) fn of(row: &'a AccountRow) -> Self {
        let reason = match row.outcome {
            Outcome::Refused(code) => Some(code),
            Outcome::NotHandedOver
            | Outcome::Open
            | Outcome::Taken
            | Outcome::Delivered
            | Outcome::Bounced
            | Outcome::InDoubt
            | Outcome::EndedUnsent => None,
        };
        Self {
            row: row.row,
            line: row.line,
            tenant_id: row.tenant_id.as_deref(),
            left: row.left.name(),
            outcome: row.outcome.name(),
            reason,
            id: row.id.map(|id| id.to_string()),
        }
    }
}
