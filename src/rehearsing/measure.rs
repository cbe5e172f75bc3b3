//! Owns channel models that are measured from the daily counters, as `GET /v1/counters` tells them.
//! Counters know how often, not how long it took, and not over which channel a button was reached: times
//! are as assumed, and presses are spread over all that was taken. Refuses to measure from few messages.

use std::collections::BTreeMap;

use serde::Deserialize;
use sluis_model::Channel;
use sluis_model::outside::{Behaviour, Outside};

/// From fewer messages nothing is measured.
pub(super) const FEWEST: u64 = 100;
/// Reasons of ours: nothing was asked of the provider.
const OURS: [&str; 4] = ["render", "segments", "body", "sender"];

#[derive(Deserialize)]
struct Body {
    from: String,
    to: String,
    counters: Vec<Count>,
}

#[derive(Deserialize)]
struct Count {
    channel: String,
    provider: String,
    event: String,
    reason: String,
    count: u64,
}

#[derive(Default)]
struct Sums {
    started: u64,
    accepted: u64,
    delivered: u64,
    deferred: u64,
    withdrawn: u64,
    doubted: u64,
    failed: u64,
    unsendable: u64,
}

/// The channel models that an answer of `GET /v1/counters` gives, and what could not be measured.
///
/// # Errors
/// It is no such answer.
pub fn measure(text: &str) -> Result<(Outside, Vec<String>), String> {
    let body: Body = serde_json::from_str(text)
        .map_err(|error| format!("{error}: expected the answer of GET /v1/counters"))?;
    let mut sums: BTreeMap<(String, String), Sums> = BTreeMap::new();
    let mut pressed = 0;
    for one in &body.counters {
        if one.event == "link_used" && one.reason == "pressed" {
            pressed += one.count;
        }
        if one.provider.is_empty() {
            continue;
        }
        let key = (one.channel.clone(), one.provider.clone());
        add(sums.entry(key).or_default(), one);
    }
    let taken: u64 = sums.values().map(|sums| sums.accepted).sum();
    let mut outside = Outside::assumed();
    outside.source = format!(
        "measured from {} to {}; times are assumed",
        body.from, body.to
    )
    .into();
    let assumed = std::mem::take(&mut outside.basis).into_iter();
    let assumed = assumed.map(|one| format!("where nothing was measured: {one}").into());
    outside.basis = assumed.collect();
    let mut notes =
        vec!["counters do not say how long something took: times are as assumed".to_owned()];
    for ((channel, provider), sums) in &sums {
        let Ok(channel) = channel.parse::<Channel>() else {
            continue;
        };
        if sums.started < FEWEST {
            notes.push(format!(
                "{channel} through {provider}: {} messages are too few, so it stays as assumed",
                sums.started
            ));
            continue;
        }
        let like = outside.of(channel, provider).cloned();
        let Some(like) = like else {
            notes.push(format!("{channel}: there is no model of it to begin with"));
            continue;
        };
        let share = percent(pressed, taken);
        outside
            .channels
            .push(behaviour(sums, share, provider, like));
    }
    Ok((outside, notes))
}

fn add(sums: &mut Sums, one: &Count) {
    let count = one.count;
    match one.event.as_str() {
        "attempt_started" => sums.started += count,
        "attempt_accepted" => sums.accepted += count,
        "attempt_delivered" => sums.delivered += count,
        "attempt_deferred" => sums.deferred += count,
        "attempt_withdrawn" => sums.withdrawn += count,
        "attempt_in_doubt" => sums.doubted += count,
        "attempt_failed" if OURS.iter().any(|ours| one.reason.starts_with(ours)) => {
            sums.unsendable += count;
        }
        "attempt_failed" => sums.failed += count,
        _ => {}
    }
}

fn behaviour(sums: &Sums, pressed: f64, provider: &str, like: Behaviour) -> Behaviour {
    let asked = sums
        .started
        .saturating_sub(sums.unsendable + sums.withdrawn);
    // What was neither taken nor put off was refused at once; what failed besides came back later.
    let answered = sums.accepted + sums.deferred + sums.doubted;
    let refused = asked.saturating_sub(answered).min(sums.failed);
    let later = sums.failed - refused;
    Behaviour {
        provider: Some(provider.into()),
        measured: asked,
        refused: percent(refused, asked),
        deferred: percent(sums.deferred, asked),
        bounced: percent(later, sums.accepted),
        failed: 0.0,
        delivered: percent(sums.delivered, sums.accepted.saturating_sub(later)),
        pressed: if pressed > 0.0 { pressed } else { like.pressed },
        ..like
    }
}

pub(super) fn percent(part: u64, of: u64) -> f64 {
    if of == 0 {
        return 0.0;
    }
    let share = (part as f64 * 100.0 / of as f64).min(100.0);
    (share * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_measured_and_what_is_too_little_stays_assumed() {
        let line = |channel: &str, provider: &str, event: &str, reason: &str, count: u64| {
            serde_json::json!({ "day": "2026-02-02", "flow": "notice", "version": 1, "step": "first",
                "channel": channel, "provider": provider, "event": event, "end": "", "reason": reason, "count": count })
        };
        let body = serde_json::json!({ "from": "2026-02-01", "to": "2026-02-28", "complete": true, "counters": [
            line("email", "relay", "attempt_started", "", 1_010),
            line("email", "relay", "attempt_failed", "render_missing", 10),
            line("email", "relay", "attempt_accepted", "", 980),
            line("email", "relay", "attempt_deferred", "4.7.1", 10),
            line("email", "relay", "attempt_failed", "5.1.1", 59),
            line("", "", "link_used", "pressed", 196),
            line("sms", "bird", "attempt_started", "", 12),
        ] });
        let (outside, notes) = measure(&body.to_string()).unwrap();
        let mail = outside.of(Channel::Email, "relay").unwrap();
        assert_eq!(
            (mail.measured, mail.refused, mail.deferred),
            (1_000, 1.0, 1.0)
        );
        assert_eq!(
            (mail.bounced, mail.delivered, mail.pressed),
            (5.0, 0.0, 20.0)
        );
        let text = outside.of(Channel::Sms, "bird").unwrap();
        assert_eq!(text.measured, 0);
        assert!(
            notes
                .iter()
                .any(|note| note.contains("12 messages are too few")),
            "{notes:?}"
        );
        let again = Outside::parse(&outside.written()).unwrap();
        assert_eq!(again.of(Channel::Email, "relay"), Some(mail));
        assert!(measure("{}").is_err());
    }
}
