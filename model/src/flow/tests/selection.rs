//! Owns the tests of selections: three answers, and nothing that only a notification has.

use std::collections::BTreeMap;

use crate::evolve::FlowBook;
use crate::flow::{Chosen, Finding, Flow, FlowRef, Selection};
use crate::{Channel, Environment, FactType, Preference, Profile, Tenant, Timestamp};

struct NoFlows;

impl FlowBook for NoFlows {
    fn flow(&self, _: FlowRef) -> Option<&Flow> {
        None
    }
}

fn types() -> BTreeMap<Box<str>, FactType> {
    let segment = include_str!("../../../../config/flows/facts/segment.toml");
    let appointment = include_str!("../../../../config/flows/facts/appointment.toml");
    [("segment", segment), ("appointment", appointment)]
        .into_iter()
        .map(|(name, text)| (name.into(), FactType::parse(name, text).unwrap()))
        .collect()
}

fn asked(when: &str, tenant: &Tenant) -> (&'static str, Vec<String>) {
    let selection = Selection::parse(when, &types(), None).unwrap();
    assert_eq!(selection.text(), when);
    let chosen = Chosen {
        category: "newsletter",
        environment: Environment::Production,
        engine: Environment::Production,
        flows: &NoFlows,
        now: Timestamp(1_795_000_000_000),
    };
    let finding = selection.ask("H-1", tenant, chosen);
    let lacks = selection.lacks(&finding);
    match finding {
        Finding::Holds(_) => ("chosen", lacks),
        Finding::Fails(_) => ("not", lacks),
        Finding::Unknown(_) => ("unknown", lacks),
    }
}

fn loaded() -> Tenant {
    let profile = Profile {
        preferences: [Preference::new("newsletter", Channel::Letter)].into(),
        ..Profile::default()
    };
    Tenant {
        profile: Some(Box::new(profile)),
        ..Tenant::default()
    }
}

#[test]
fn a_tenant_is_chosen_not_chosen_or_unknown() {
    let tenant = loaded();
    for (when, expected) in [
        ("tenant.language == 'nl'", "chosen"),
        ("tenant.language in ['en', 'pl']", "not"),
        ("tenant.id == 'H-1'", "chosen"),
        ("tenant.prefers == 'letter'", "chosen"),
        ("tenant.reached_by_email", "not"),
        ("!tenant.reached_by_sms", "chosen"),
        ("has(facts.segment)", "not"),
        ("contacted(7 days) == 0", "chosen"),
        ("notification.category == 'newsletter'", "chosen"),
        ("today > '2026-01-01'", "chosen"),
    ] {
        assert_eq!(asked(when, &tenant), (expected, vec![]), "{when}");
    }
    let (unknown, lacks) = asked(
        "facts.segment.name == 'noord' && facts.balance_cents > 0 && tenant.language == 'nl'",
        &tenant,
    );
    assert_eq!(unknown, "unknown");
    assert_eq!(lacks, ["facts.segment.name", "facts.balance_cents"]);
    let decided = asked(
        "facts.segment.name == 'noord' && tenant.language == 'en'",
        &tenant,
    );
    assert_eq!(decided.0, "not", "what is unknown does not decide");
    let prefers = asked("tenant.prefers == 'letter'", &Tenant::default());
    assert_eq!(prefers, ("unknown", vec!["tenant.prefers".to_owned()]));
}

#[test]
fn what_only_a_notification_has_cannot_be_asked() {
    let wrong = |when: &str| Selection::parse(when, &types(), None).unwrap_err();
    for (when, expected) in [
        (
            "data.title == 'x'",
            "\"data.title\" is not a value: expected 'text', a whole number, true, false, tenant.<field>",
        ),
        (
            "subject.open_amount_cents > 0",
            "subject.open_amount_cents belongs to a notification",
        ),
        (
            "now > notification.accepted_at + 1 hour",
            "notification.accepted_at belongs to a notification",
        ),
        (
            "task.call.pay_on < today",
            "task.call.pay_on: people and tenants answer questions of flows",
        ),
        (
            "facts.appointment.day > today",
            "facts.appointment is told about a subject",
        ),
        (
            "contacted_about_subject(7 days) == 0",
            "contacted_about_subject needs a subject",
        ),
        (
            "tenant.langage == 'nl'",
            "tenant.langage is not known: did you mean tenant.language?",
        ),
        ("facts.segmnt.name == 'x'", "\"segmnt\" is no type of fact"),
        ("tenant.language", "column 16: it ends here"),
        ("", "column 1: it ends here"),
    ] {
        let told = wrong(when);
        assert!(told.starts_with(expected), "{when}: {told}");
    }
}
