//! Owns what is told of a mailing as a whole: first how it stands and how far it is, then who did what with
//! it and on which terms. Refuses to know a sentence: `explain` has them, in both languages.

use crate::explain::Language;
use crate::mailings::{Counts, HowFar, Mailing, PausedFor, Selected, Stage, View};

/// How it stands and how far it is.
pub(super) fn short(view: &View, lang: Language) -> String {
    let View {
        mailing,
        counts,
        selecting,
        opens_at,
    } = view;
    let frame = &mailing.frame;
    let stage = stage(mailing.stage, lang);
    let mut told = vec![lang.mailing_is(&mailing.name, &frame.flow, &frame.category, stage)];
    match (counts, &mailing.rows) {
        (Some(counts), _) => told.extend(progress(counts, lang)),
        (None, Some(rows)) => {
            told.push(lang.mailing_has_rows(rows.count, rows.rejected, rows.repeated));
        }
        (None, None) => told.push(lang.mailing_has_no_rows()),
    }
    told.extend(selecting.as_ref().map(|far| choosing(far, lang)));
    told.extend(paused(mailing, lang));
    told.extend(opens_at.map(|at| lang.mailing_opens(lang.instant(at))));
    if mailing.stage == Stage::Draft {
        told.push(lang.mailing_not_approved());
    }
    told.join(" ")
}

/// Who did what with it, on which terms, and what became of its rows.
pub(super) fn why(view: &View, lang: Language) -> String {
    let View {
        mailing,
        counts,
        selecting,
        opens_at,
    } = view;
    let at = |said: &crate::mailings::Said| lang.instant(said.at);
    let mut told = vec![lang.mailing_made(&mailing.made.by, at(&mailing.made))];
    let origin = mailing.origin.as_ref();
    told.extend(origin.map(|of| lang.mailing_corrects(&of.mailing, &of.affected)));
    match &mailing.rows {
        Some(rows) => told.push(lang.mailing_has_rows(rows.count, rows.rejected, rows.repeated)),
        None => told.push(lang.mailing_has_no_rows()),
    }
    let chosen = mailing.selection.as_ref();
    told.extend(chosen.map(|chosen| selected(chosen, lang)));
    told.extend(selecting.as_ref().map(|far| choosing(far, lang)));
    let approved = mailing.approved.as_ref();
    told.extend(approved.map(|said| lang.mailing_approved(&said.by, at(said))));
    let released = mailing.released.as_ref();
    told.extend(
        released.map(|said| lang.mailing_released(&said.by, at(said), terms(mailing, lang))),
    );
    told.extend(paused(mailing, lang));
    told.extend(opens_at.map(|at| lang.mailing_opens(lang.instant(at))));
    if let Some(counts) = counts {
        told.extend(progress(counts, lang));
        told.extend(rest(counts, lang));
    }
    told.extend(
        mailing
            .ended_at
            .map(|at| lang.mailing_ended(lang.instant(at))),
    );
    told.join(" ")
}

/// By what its tenants were chosen.
fn selected(chosen: &Selected, lang: Language) -> String {
    let (when, at) = (&chosen.when, lang.instant(chosen.at));
    let mut told = lang.mailing_selected(when, at, chosen.looked_at);
    if chosen.undecided > 0 {
        told = format!("{told} {}", lang.mailing_undecided(chosen.undecided));
    }
    if chosen.not_loaded > 0 {
        told = format!("{told} {}", lang.mailing_not_loaded(chosen.not_loaded));
    }
    told
}

/// How far a choice of tenants is that has not brought its rows.
fn choosing(far: &HowFar, lang: Language) -> String {
    match &far.failed {
        None => lang.mailing_selecting(&far.when, far.percent, far.chosen),
        Some(why) => lang.mailing_select_failed(&far.when, why),
    }
}

fn stage(stage: Stage, lang: Language) -> String {
    match stage {
        Stage::Draft => lang.stage_draft(),
        Stage::Approved => lang.stage_approved(),
        Stage::Running => lang.stage_running(),
        Stage::Paused => lang.stage_paused(),
        Stage::Stopping => lang.stage_stopping(),
        Stage::Stopped => lang.stage_stopped(),
        Stage::Done => lang.stage_done(),
    }
}

fn paused(mailing: &Mailing, lang: Language) -> Option<String> {
    let said = mailing.turned.as_ref();
    match mailing.paused? {
        PausedFor::Person => said.map(|said| lang.paused_by(&said.by, lang.instant(said.at))),
        PausedFor::Share => Some(lang.paused_for_share()),
        PausedFor::Flow => Some(lang.paused_for_flow()),
        PausedFor::Damage => Some(lang.paused_for_damage()),
    }
}

/// On which terms it was released.
fn terms(mailing: &Mailing, lang: Language) -> String {
    let terms = &mailing.terms;
    let pace = terms.per_minute.map(|rows| lang.at_a_pace(rows));
    let windows = terms.windows.join("; ");
    let windows = (!windows.is_empty()).then(|| lang.within_windows(windows));
    let percent = terms.stop_percent;
    let pauses = percent.map(|percent| lang.pauses_at(percent, terms.stop_after));
    let all = [pace, windows, pauses];
    all.into_iter().flatten().collect()
}

fn progress(counts: &Counts, lang: Language) -> Option<String> {
    let Counts {
        rows,
        admitted,
        taken,
        delivered,
        bounced,
        ..
    } = counts;
    Some(lang.mailing_progress(admitted, rows, taken, delivered, bounced))
}

/// What else is known of its rows.
fn rest(counts: &Counts, lang: Language) -> Vec<String> {
    let some = |count: usize| Some(count).filter(|count| *count > 0);
    let refused = counts.refused.iter();
    let refused = refused.map(|(code, count)| lang.mailing_not_taken(count, code));
    let doubt = some(counts.in_doubt).map(|count| lang.mailing_doubt(count));
    let people = some(counts.with_people).map(|count| lang.mailing_with_people(count));
    let left = some(counts.left).map(|count| lang.mailing_left(count));
    let is_complete = counts.left == 0 && counts.ended == counts.admitted;
    let complete = is_complete.then(|| lang.mailing_complete());
    let known = [doubt, people, left, complete].into_iter().flatten();
    refused.chain(known).collect()
}
