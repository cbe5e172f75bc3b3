//! Owns the words for a steered choice: why this channel, and why not each other one; and for a cap.
//! Refuses to look at today's matrix: what held then stands in the record.

use serde::Serialize;
use sluis_model::steering::{Asked, MatrixRow, Passed, PhaseName, Steered, WhyNot};
use sluis_model::{Capped, Channel, Choice, HeldBack};

use super::causes::superseded;
use super::in_time;
use super::language::Language;

/// A channel of the step that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OtherChannel {
    /// Which.
    pub channel: Channel,
    /// Stable code of why not.
    pub code: &'static str,
    /// Why not.
    pub why: String,
    /// What it would have been expected to cost, in cents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_cost_cents: Option<String>,
}

impl OtherChannel {
    /// Every channel that was not taken, in the order in which they are tried.
    pub(super) fn of(steered: &Steered, lang: Language) -> Vec<Self> {
        let passed = steered.passed.iter();
        passed
            .map(|passed| Self {
                channel: passed.channel,
                code: passed.why.name(),
                why: why_not(passed, steered, lang),
                expected_cost_cents: passed.cost.map(cents),
            })
            .collect()
    }

    /// `not email (off ...)`.
    fn words(&self, lang: Language) -> String {
        lang.not_this(lang.channel(self.channel), &self.why)
    }
}

/// What a chosen channel is called.
pub(super) struct Named<'a> {
    pub channel: Channel,
    pub category: &'a str,
    pub step: &'a str,
    /// The legal reason of the step.
    pub legal: Option<&'a str>,
}

/// Why that channel: what was chosen by, and why nothing that comes before it.
pub(super) fn reason(
    choice: Choice,
    named: &Named<'_>,
    steered: &Steered,
    lang: Language,
) -> String {
    let Named {
        channel,
        category,
        step,
        legal,
    } = named;
    let channel = lang.channel(*channel);
    let row = steered.row.as_ref().map(|name| row(name, lang));
    let by_row = row.as_ref().map(|row| lang.row_has_it(row));
    let by_row = by_row.unwrap_or_default();
    let chosen = match choice {
        Choice::Preferred => {
            let asked = steered.asked.map(|said| asked(said, lang));
            lang.prefers(channel, category, asked.unwrap_or_default())
        }
        Choice::Primary => lang.is_primary(channel, row.unwrap_or_default()),
        Choice::FlowOrder => lang.first_way(channel, step, by_row),
        Choice::LastResort => lang.letter_last(step),
        Choice::Legal => {
            let legal = legal.map_or_else(|| lang.a_legal_reason(), str::to_owned);
            lang.for_a_legal_reason(step, channel, legal)
        }
        Choice::Cheapest => lang.cheapest(channel, step, by_row),
    };
    let cost = steered.cost.map(|cost| lang.expected_to_cost(cents(cost)));
    let chosen = chosen + &cost.unwrap_or_default();
    let told = [
        chosen,
        in_time::wanted(steered, lang),
        others(steered, lang),
        for_whom(steered, lang),
    ];
    let told: Vec<String> = told.into_iter().filter(|told| !told.is_empty()).collect();
    told.join("; ")
}

/// Why not each other channel, but for those that merely come later.
pub(super) fn others(steered: &Steered, lang: Language) -> String {
    let all = OtherChannel::of(steered, lang).into_iter();
    let told = all.filter(|other| other.code != WhyNot::Later.name());
    told.map(|other| other.words(lang))
        .collect::<Vec<_>>()
        .join(", ")
}

/// For whom it is so: the tenant's segment, and a newer row that has not come to him yet.
pub(super) fn for_whom(steered: &Steered, lang: Language) -> String {
    let segment = steered.segment.as_ref().map(|seen| match &seen.name {
        Some(name) if seen.is_named => lang.of_segment(name),
        Some(name) => lang.segment_unsaid(name),
        None => lang.segment_unknown(),
    });
    let not_yet = steered.not_yet.as_ref().map(|not_yet| {
        let why = match (&not_yet.complex, not_yet.asks_complex) {
            (Some(complex), _) => lang.lives_in(complex),
            (None, true) => lang.complex_unknown(),
            (None, false) => lang.not_among_them(),
        };
        lang.not_come_yet(row(&not_yet.row, lang), why)
    });
    let told: Vec<String> = segment.into_iter().chain(not_yet).collect();
    told.join("; ")
}

/// What a message waits for that could go, to stand after "because".
pub(super) fn waits_for(held: &HeldBack, lang: Language) -> String {
    match held {
        HeldBack::Conflict { rule, by, .. } => superseded(rule, *by, lang),
        HeldBack::Bundle { bundle, .. } => lang.in_a_bundle(bundle),
    }
}

/// What a cap allows, to stand after "because".
pub(super) fn allows(capped: &Capped, lang: Language) -> String {
    let Capped {
        cap,
        most,
        within_ms,
        ..
    } = capped;
    let within = lang.duration(*within_ms);
    match most {
        1 => lang.cap_allows_one(cap, within),
        most => lang.cap_allows(cap, most, within),
    }
}

/// Thousandths of a cent as cents: `7.5`.
pub(super) fn cents(thousandths: u64) -> String {
    let (whole, part) = (thousandths / 1_000, thousandths % 1_000);
    let text = format!("{whole}.{part:03}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Since when, and by whom.
fn asked(asked: Asked, lang: Language) -> String {
    let source = lang.source(asked.source);
    match asked.since {
        Some(since) => lang.since_by(lang.instant(since), source),
        None => lang.said_by_source(source),
    }
}

/// The row in words.
fn row(row: &MatrixRow, lang: Language) -> String {
    let of = match &*row.category {
        "*" => lang.row_of_all_others(),
        category => lang.row_of(category),
    };
    let of = match &*row.segment {
        "" => of,
        segment => lang.for_the_segment(of, segment),
    };
    let of = match &row.phase {
        None => of,
        Some(phase) => lang.for_those(of, those(phase, lang)),
    };
    match &*row.from {
        "" => of,
        from => lang.since_day(of, from),
    }
}

/// For whom a row holds that is introduced in phases.
fn those(phase: &PhaseName, lang: Language) -> String {
    let share = lang.share_of_tenants(phase.share);
    let named = phase.complexes.iter();
    let named: Vec<String> = named.map(|complex| format!("'{complex}'")).collect();
    let names = match phase.more {
        0 => named.join(", "),
        more => lang.and_more(named.join(", "), more),
    };
    let complexes = lang.the_complexes(names);
    match (phase.share, named.is_empty()) {
        (0, _) => complexes,
        (_, true) => share,
        (_, false) => lang.both(share, complexes),
    }
}

fn why_not(passed: &Passed, steered: &Steered, lang: Language) -> String {
    match passed.why {
        WhyNot::Off => {
            let row = steered.row.as_ref().map(|name| row(name, lang));
            lang.off_in(row.unwrap_or_default())
        }
        WhyNot::NoTemplate => lang.no_template(),
        WhyNot::CannotCarry => lang.cannot_carry(),
        WhyNot::Failed => lang.failed_before(),
        WhyNot::Tried => lang.tried_before(),
        WhyNot::NoProvider => lang.no_provider(),
        WhyNot::NoAddress => lang.no_usable_address(),
        WhyNot::Later => lang.comes_later(),
        WhyNot::Legal => lang.legal_goes_before(),
        WhyNot::TooSlow => lang.too_slow(),
        WhyNot::TooLate => in_time::too_late(passed, steered, lang),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousandths_are_written_as_cents() {
        let written = [0, 7_500, 12_000, 1, 1_250].map(cents);
        assert_eq!(written, ["0", "7.5", "12", "0.001", "1.25"]);
    }
}
