//! Owns the words for a step that wants its message to be there by some time: what was wanted, and what would
//! have come later. Refuses to reckon: the instants stand in the record.

use sluis_model::steering::{Passed, Steered, Wanted};

use super::language::Language;

/// By when the step wants it, and when it arrives. Empty: the step says nothing of it.
pub(super) fn wanted(steered: &Steered, lang: Language) -> String {
    let Some(Wanted {
        by,
        before,
        arrives,
    }) = &steered.wanted
    else {
        return String::new();
    };
    let by = limit(by, lang);
    let Some(before) = before else {
        return lang.wanted_on_no_day(by);
    };
    let last = lang.weekday_clock(before.plus(-1));
    match (steered.channel, arrives) {
        (None, _) => lang.wanted_by(by, last),
        (Some(_), Some(arrives)) => lang.wanted_and_arrives(by, last, lang.weekday_clock(*arrives)),
        (Some(_), None) => lang.wanted_and_takes(by, last),
    }
}

/// Why a channel was not taken that would be too late.
pub(super) fn too_late(passed: &Passed, steered: &Steered, lang: Language) -> String {
    let wanted = steered.wanted.as_ref();
    let by = wanted.map_or_else(|| lang.sooner(), |wanted| limit(&wanted.by, lang));
    match passed.arrives {
        Some(at) => lang.arrives_too_late_on(lang.weekday_clock(at), by),
        None => lang.arrives_too_late(by),
    }
}

/// By when, from the words of the record: `by data.due_date`, `within 2 working days`.
fn limit(words: &str, lang: Language) -> String {
    if let Some(day) = words.strip_prefix("by ") {
        return lang.by_the_day(day);
    }
    match words.strip_prefix("within ") {
        Some(span) => lang.within_span(lang.span(span)),
        None => words.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use sluis_model::steering::WhyNot;
    use sluis_model::{Channel, Timestamp};

    use super::Language::{Dutch, English};
    use super::*;

    /// Friday 27 November 2026, 15:00 in Amsterdam.
    const FRIDAY: Timestamp = Timestamp(1_795_788_000_000);
    const DAY: i64 = 86_400_000;

    fn steered(before: Option<Timestamp>, arrives: Option<Timestamp>) -> Steered {
        Steered {
            channel: Some(Channel::Email),
            row: None,
            asked: None,
            cost: None,
            passed: Box::default(),
            segment: None,
            not_yet: None,
            wanted: Some(Wanted {
                by: "by data.due_date".into(),
                before,
                arrives,
            }),
        }
    }

    #[test]
    fn a_letter_that_comes_too_late_is_told_with_both_days() {
        let steered = steered(Some(FRIDAY.plus(3 * DAY)), Some(FRIDAY.plus(300_000)));
        let passed = Passed {
            channel: Channel::Letter,
            why: WhyNot::TooLate,
            cost: None,
            arrives: Some(FRIDAY.plus(4 * DAY)),
        };
        assert_eq!(
            too_late(&passed, &steered, English),
            "it would arrive on Tuesday 2026-12-01, 15:00, and is wanted by data.due_date"
        );
        assert_eq!(
            wanted(&steered, English),
            "it is wanted by data.due_date (Monday 2026-11-30, 14:59), and arrives on Friday 2026-11-27, 15:05"
        );
        assert_eq!(
            too_late(&passed, &steered, Dutch),
            "het zou aankomen op dinsdag 01-12-2026 15:00, en het moet er uiterlijk op data.due_date zijn"
        );
        assert_eq!(
            wanted(&steered, Dutch),
            "het moet er uiterlijk op data.due_date zijn (maandag 30-11-2026 14:59), en komt aan op vrijdag 27-11-2026 15:05"
        );
    }

    #[test]
    fn a_length_of_time_is_in_the_words_of_the_language() {
        for (words, dutch) in [
            ("within 2 working days", "binnen 2 werkdagen"),
            ("within 1d", "binnen 1 dag"),
            ("within 1 working day", "binnen 1 werkdag"),
            ("within 3d", "binnen 3 dagen"),
            ("within 36h", "binnen 36 uur"),
            ("soon", "soon"),
        ] {
            assert_eq!(limit(words, Dutch), dutch);
            assert_eq!(limit(words, English), words);
        }
    }

    #[test]
    fn what_is_not_known_is_said() {
        let unknown = wanted(&steered(None, None), English);
        assert!(
            unknown.ends_with("that day is not known: nothing is too late for it"),
            "{unknown}"
        );
        let no_time = wanted(&steered(Some(FRIDAY), None), English);
        assert!(
            no_time.ends_with("how long it takes is not known"),
            "{no_time}"
        );
    }
}
