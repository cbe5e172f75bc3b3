//! Owns what each event says: a stable kind, a Dutch label, a sentence, details. Refuses bodies and
//! whole addresses, and to leave an event out: a new one does not compile until it is told.

use serde_json::{Value, json};
use sluis_model::flow::Observed;
use sluis_model::{
    Address, AddressState, Channel, Choice, Event, Evidence, Fact, Flow, Input, Profile, Timestamp,
};

use super::attempts::ReasonRow;
use super::causes;
use super::words::{guard, json as observed_json, mask, rfc3339, step, wanting};

/// What one row says.
pub(super) struct Told {
    pub kind: &'static str,
    pub label_nl: &'static str,
    pub text: String,
    pub details: Value,
}

impl Told {
    pub(super) fn new(
        kind: &'static str,
        label_nl: &'static str,
        text: impl Into<String>,
        details: Value,
    ) -> Self {
        Self {
            kind,
            label_nl,
            text: text.into(),
            details,
        }
    }
}

/// One event, decided from `input`, in the flow of its notification.
pub(super) fn tell(event: &Event, input: &Input, flow: Option<&Flow>) -> Told {
    let because = |cause| causes::words(cause, flow);
    match event {
        Event::Accepted { .. } => tell_accepted(input, flow),
        Event::Waiting { until, .. } => {
            let until = rfc3339(*until);
            Told::new(
                "scheduled",
                "Ingepland",
                format!("waits until {until}"),
                json!({ "until": until }),
            )
        }
        Event::StepEntered {
            step: index, cause, ..
        } => {
            let step = step(flow, *index);
            let text = format!("{step} began, because {}", because(cause));
            Told::new(
                "step",
                "Stap",
                text,
                json!({ "step": step_id(flow, *index), "reason": causes::cause_code(cause) }),
            )
        }
        Event::Ready {
            channel,
            choice,
            pinned,
            not_before,
            ..
        } => {
            let again = pinned
                .as_ref()
                .map(|p| format!(", again through {p}"))
                .unwrap_or_default();
            let not_before = rfc3339(*not_before);
            let text = format!("wants to go over {channel}{again}, not before {not_before}");
            let details = json!({ "channel": channel, "choice": choice_code(*choice), "provider": pinned, "not_before": not_before });
            Told::new("ready", "Staat klaar", text, details)
        }
        Event::Held {
            guard,
            observed,
            until,
            ..
        } => tell_held(*guard, observed, *until, flow),
        Event::TaskOpened {
            task, list, cause, ..
        } => {
            let text = format!(
                "people are asked, list '{list}', because {}",
                because(cause)
            );
            Told::new(
                "task_opened",
                "Taak",
                text,
                json!({ "task": task, "list": list, "reason": causes::cause_code(cause) }),
            )
        }
        Event::LinkClosed { end, .. } => Told::new(
            "link_closed",
            "Link gesloten",
            format!("the link was closed: {end}"),
            json!({ "end": end }),
        ),
        Event::LinkUsed { pressed, .. } => {
            let text = if *pressed {
                "the tenant answered: pressed the button, or replied"
            } else {
                "the link's page was fetched: weak evidence"
            };
            Told::new(
                "link_used",
                "Link gebruikt",
                text,
                json!({ "pressed": pressed }),
            )
        }
        Event::Ended { end, cause, .. } => {
            let text = format!("ended '{end}', because {}", because(cause));
            Told::new(
                "ended",
                "Afgerond",
                text,
                json!({ "end": end, "reason": causes::cause_code(cause) }),
            )
        }
        Event::ProfileStored { new } => tell_profile(*new, input),
        Event::AddressMarked {
            channel,
            value,
            state,
        } => tell_marked(*channel, value, *state),
        Event::AddressKept {
            channel,
            value,
            since,
            by,
        } => tell_kept(*channel, value, *since, *by),
        Event::FactTaken => tell_fact(input),
        Event::SubjectOpen {
            subject,
            open_cents,
        } => {
            let amount =
                open_cents.map_or_else(|| unknown_amount(input), |cents| format!("{cents} cents"));
            let text = format!("open on {subject}: {amount}");
            Told::new(
                "subject_open",
                "Openstaand bedrag",
                text,
                json!({ "subject": subject, "open_cents": open_cents }),
            )
        }
        attempt => tell_attempt(attempt, input, flow),
    }
}

/// Who said it, when a person did.
fn said_by(input: &Input) -> String {
    match input {
        Input::Answer { by, .. } => format!(", as {} read", causes::person(by)),
        _ => String::new(),
    }
}

/// What a guard waits for.
fn tell_held(index: u8, observed: &Observed, until: Timestamp, flow: Option<&Flow>) -> Told {
    let until = rfc3339(until);
    let known = flow.and_then(|flow| Some((flow, flow.guards.get(usize::from(index))?)));
    let why = match known {
        Some((flow, rule)) => format!("guard '{}': {}", rule.name, wanting(flow, rule, observed)),
        None => guard(flow, index, "cannot be judged", observed),
    };
    let details = json!({ "guard": known.map(|(_, rule)| &rule.name), "until": until, "as_of": observed.as_of.map(rfc3339) });
    let text = format!("held until {until} at the latest: {why}");
    Told::new("held", "Aangehouden", text, details)
}

fn tell_marked(channel: Channel, value: &str, state: AddressState) -> Told {
    let after = match state {
        AddressState::Invalid => {
            ": it is not used until its source confirms it with a later date, or it is seen in use"
        }
        AddressState::Created | AddressState::Validated => "",
    };
    let (address, state) = (mask(value), json!(state));
    let name = state.as_str().unwrap_or_default();
    let text = format!("the {channel} address {address} is now {name}{after}");
    let details = json!({ "channel": channel, "address": address, "state": state });
    Told::new("address_marked", "Adres gemarkeerd", text, details)
}

fn tell_kept(channel: Channel, value: &str, since: Timestamp, by: Evidence) -> Told {
    let (address, since) = (mask(value), rfc3339(since));
    let text = format!(
        "the {channel} address {address} is still not used, though the list has it: {} since {since}, and nothing \
         newer confirms it",
        super::contacts::because(by)
    );
    let details = json!({ "channel": channel, "address": address, "state": "invalid", "since": since, "by": by });
    Told::new("address_kept", "Adres blijft ongeldig", text, details)
}

/// What is known where no open amount is: nobody told it, and no open notification has one.
fn unknown_amount(input: &Input) -> String {
    match input {
        Input::Fact(Fact {
            amount_cents: Some(cents),
            ..
        }) => {
            format!(
                "not known, for no fact told it and no notification about it is open; this fact is of {cents} cents"
            )
        }
        _ => "not known, for no fact told it".to_owned(),
    }
}

fn tell_attempt(event: &Event, input: &Input, flow: Option<&Flow>) -> Told {
    match event {
        Event::AttemptStarted { .. } => tell_started(event, flow),
        Event::AttemptWithdrawn { attempt, why, .. } => attempt_row(
            "attempt_withdrawn",
            "Poging ingetrokken",
            *attempt,
            "was withdrawn: nothing left us",
            why,
        ),
        Event::AttemptAccepted {
            attempt,
            provider_id,
            ..
        } => {
            let details = json!({ "attempt": attempt, "provider_id": provider_id });
            Told::new(
                "attempt_accepted",
                "Aangenomen",
                format!("the provider took attempt {attempt}"),
                details,
            )
        }
        Event::AttemptDelivered { attempt, .. } => Told::new(
            "attempt_delivered",
            "Bezorgd",
            format!("attempt {attempt} was delivered{}", said_by(input)),
            json!({ "attempt": attempt }),
        ),
        Event::AttemptDeferred { attempt, why, .. } => attempt_row(
            "attempt_deferred",
            "Uitgesteld",
            *attempt,
            "was put off by the provider and is tried again",
            why,
        ),
        Event::AttemptFailed {
            attempt,
            class,
            why,
            exhausted,
            ..
        } => {
            let after = if *exhausted { " after all retries" } else { "" };
            let what = format!("failed{after}: {}", causes::refusal(*class));
            let mut told = attempt_row("attempt_failed", "Mislukt", *attempt, &what, why);
            told.details["class"] = json!(class);
            told.details["exhausted"] = json!(exhausted);
            told
        }
        Event::AttemptInDoubt {
            attempt,
            provider,
            why,
            until,
            ..
        } => {
            let what = format!("left through {provider}, and it is not known whether it was taken");
            let mut told = attempt_row("attempt_in_doubt", "Onzeker", *attempt, &what, why);
            told.details["until"] = json!(rfc3339(*until));
            told
        }
        Event::Unexplained { attempt, why, .. } => {
            let what =
                "is what a message is about that cannot be read automatically: people must look";
            attempt_row("unexplained", "Onleesbaar bericht", *attempt, what, why)
        }
        Event::ReceiptNoted { attempt, kind, .. } => {
            let text = format!(
                "noted '{}' for attempt {attempt}: it moves no flow",
                kind.name()
            );
            Told::new(
                "receipt_noted",
                "Genoteerd",
                text,
                json!({ "attempt": attempt, "receipt": kind.name() }),
            )
        }
        Event::OutcomeNoted { attempt, why, .. } => attempt_row(
            "outcome_noted",
            "Genoteerd",
            *attempt,
            "had an outcome that matters no more",
            why,
        ),
        // Told by `tell`.
        _ => other(),
    }
}

/// Of an attempt that started: where to, through whom, and what the guards saw.
fn tell_started(event: &Event, flow: Option<&Flow>) -> Told {
    let Event::AttemptStarted {
        attempt,
        channel,
        provider,
        address,
        choice,
        passed,
        resend,
        ..
    } = event
    else {
        return other();
    };
    let again = if *resend {
        "sent again, its outcome being unknown"
    } else {
        "started"
    };
    let address = mask(address);
    let text = format!("attempt {attempt} over {channel} to {address} through {provider} {again}");
    let held: Vec<String> = (0..)
        .zip(passed)
        .map(|(index, observed)| guard(flow, index, "held", observed))
        .collect();
    let values: Vec<Value> = passed
        .iter()
        .map(|observed| observed_json(&observed.left))
        .collect();
    let details = json!({
        "attempt": attempt, "channel": channel, "provider": provider, "address": address,
        "choice": choice_code(*choice), "resend": resend, "guards": held, "observed": values,
    });
    Told::new("attempt_started", "Poging gestart", text, details)
}

/// What another function tells.
fn other() -> Told {
    Told::new("other", "Overig", "", Value::Null)
}

fn attempt_row(
    kind: &'static str,
    label_nl: &'static str,
    attempt: u16,
    what: &str,
    why: &sluis_model::Why,
) -> Told {
    let text = format!("attempt {attempt} {what} ({})", causes::reason(why));
    Told::new(
        kind,
        label_nl,
        text,
        json!({ "attempt": attempt, "why": ReasonRow::of(why) }),
    )
}

fn tell_accepted(input: &Input, flow: Option<&Flow>) -> Told {
    let Input::Notify(body) = input else {
        return Told::new("accepted", "Aangenomen", "accepted", Value::Null);
    };
    let name = flow.map_or_else(
        || body.flow.to_string(),
        |flow| format!("'{}' version {}", flow.name, flow.version),
    );
    let subject = body
        .subject
        .as_ref()
        .map(|s| format!(" about {s}"))
        .unwrap_or_default();
    let text = format!(
        "accepted for flow {name}, category '{}'{subject}",
        body.category
    );
    let details = json!({
        "flow": flow.map(|flow| &flow.name), "version": flow.map(|flow| flow.version), "category": body.category,
        "subject": body.subject, "priority": body.lane, "environment": body.environment,
        "send_after": body.send_after.map(rfc3339), "expires_at": body.expires_at.map(rfc3339),
    });
    Told::new("accepted", "Geaccepteerd", text, details)
}

fn tell_profile(new: bool, input: &Input) -> Told {
    let none = Profile::default();
    let (profile, confirmed) = match input {
        Input::PutProfile(profile) => (&**profile, &[][..]),
        Input::Supplied(supplied) => (&supplied.profile, &supplied.confirmed[..]),
        _ => (&none, &[][..]),
    };
    let address = |a: &Address| {
        let mut row = json!({ "channel": a.channel, "address": mask(&a.value), "state": a.state });
        if let Some(confirmed) = confirmed
            .iter()
            .find(|c| c.channel == a.channel && c.value == a.value)
        {
            row["confirmed_at"] = rfc3339(confirmed.at).into();
        }
        row
    };
    let addresses: Vec<Value> = profile.addresses.iter().map(address).collect();
    let text = if new {
        "the profile was stored for the first time"
    } else {
        "the profile was changed by its source"
    };
    let details = json!({ "new": new, "language": profile.language, "addresses": addresses, "preferences": profile.preferences });
    Told::new("profile_stored", "Profiel", text, details)
}

fn tell_fact(input: &Input) -> Told {
    let Input::Fact(Fact {
        fact_id,
        kind,
        subject,
        amount_cents,
        occurred_at,
        ..
    }) = input
    else {
        return Told::new("fact", "Feit", "a fact was taken", Value::Null);
    };
    let about = subject
        .as_ref()
        .map(|s| format!(" about {s}"))
        .unwrap_or_default();
    let amount = amount_cents
        .map(|cents| format!(" of {cents} cents"))
        .unwrap_or_default();
    let at = rfc3339(*occurred_at);
    let text = format!("fact {}{amount}{about}, told {at}", kind.name());
    let details = json!({ "fact_id": fact_id, "type": kind, "subject": subject, "amount_cents": amount_cents, "occurred_at": at });
    Told::new("fact", "Feit", text, details)
}

fn step_id(flow: Option<&Flow>, index: u8) -> Value {
    flow.and_then(|flow| flow.step(index))
        .map_or_else(|| index.into(), |step| json!(step.id))
}

/// Stable code of a choice.
pub(super) const fn choice_code(choice: Choice) -> &'static str {
    match choice {
        Choice::Preferred => "preferred",
        Choice::FlowOrder => "flow_order",
    }
}
