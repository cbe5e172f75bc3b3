//! Explanations in Dutch, and the short ones in both languages.

use sluis_model::flow::Value;
use sluis_model::{FactKind, HOUR, Input, Receipt, ReceiptKind, TenantAnswered, Verdict, Why};

use super::world::{MAIL, PHONE, World};
use crate::explain::Language;

fn accepted() -> Verdict {
    Verdict::Accepted {
        provider_id: "q-1".into(),
    }
}

#[test]
fn what_was_said_in_english_is_said_in_dutch() {
    let mut world = World::new();
    world.fact(FactKind::Balance, 61_250);
    world.now = world.now.plus(HOUR);
    let id = world.storno();
    let short = |world: &World| Language::ALL.map(|language| world.explain_in(id, language).short);
    let [english, dutch] = short(&world);
    assert!(
        english.starts_with(
            "Nothing has been sent yet. It is ready to go over email and waits its turn."
        ),
        "{english}"
    );
    assert!(
        dutch.starts_with("Er is nog niets verstuurd. Het staat klaar om per e-mail te gaan en wacht op zijn beurt."),
        "{dutch}"
    );
    let mail = world.start(id);
    world.outcome(mail, accepted());
    world.give(Input::Receipt(Receipt {
        attempt: mail,
        kind: ReceiptKind::BouncedHard,
        why: Some(Why::new("5.1.1", "no such user")),
        provider: "relay".into(),
        occurred_at: None,
    }));
    let sms = world.start(id);
    world.outcome(sms, accepted());
    let [english, dutch] = short(&world);
    assert!(
        english.starts_with("A message went over sms to +316****5678 at 2026-02-02T09:00:00Z; the provider has it. Before that, the message over email to a***@example.nl did not arrive: the address does not exist or cannot receive (5.1.1 no such user). Until 2026-02-07T09:00:00Z it waits for a click, reply or payment; without one it goes to people, list 'collections'."),
        "{english}"
    );
    assert!(
        dutch.starts_with("Op 02-02-2026 10:00 ging er een bericht per sms naar +316****5678; de aanbieder heeft het. Daarvoor kwam het bericht per e-mail naar a***@example.nl niet aan: het adres bestaat niet of kan niets ontvangen (5.1.1 no such user). Tot 07-02-2026 10:00 wacht het op een klik, antwoord of betaling; zonder gaat het naar mensen, lijst 'collections'."),
        "{dutch}"
    );
    let told = world.explain_in(id, Language::Dutch);
    assert_eq!(told.language, "nl");
    for part in [
        "Huurder H-1001 hoort over invoice F-1 door proces 'storno' versie 2",
        "poging 2 ging per sms naar +316****5678 via sms-relay op 02-02-2026 10:00 voor stap 'sms'",
        "want het bericht kwam terug of werd geweigerd (5.1.1 no such user)",
        "stap 'sms' verstuurt per sms",
        "voorwaarde 'balance above zero': facts.balance_cents > 0 klopte met 61250, gemeld 02-02-2026 09:00",
        "nu is het verstuurd bij stap 'sms' en wacht het op een klik, antwoord of betaling; zonder gaat het naar mensen, lijst 'collections'",
    ] {
        assert!(
            told.why.contains(part),
            "{part:?} is missing in {:?}",
            told.why
        );
    }
    let rows: Vec<&str> = told.history.iter().map(|row| row.text.as_str()).collect();
    for part in [
        "stap 'sms' begon, want het bericht kwam terug of werd geweigerd (5.1.1 no such user)",
        "de aanbieder nam poging 2 aan",
    ] {
        assert!(
            rows.iter().any(|row| row.contains(part)),
            "{part:?} is missing in {rows:?}"
        );
    }
    for text in rows.into_iter().chain([told.why.as_str(), dutch.as_str()]) {
        assert!(!text.contains(MAIL) && !text.contains(PHONE), "{text}");
        for english in ["because", "the ", " was not ", "attempt "] {
            assert!(!text.contains(english), "{english:?} stands in {text}");
        }
    }
    // What both languages share does not depend on one.
    let [english, dutch] = Language::ALL.map(|language| world.explain_in(id, language));
    let kinds = |told: &crate::explain::Explanation| {
        told.history.iter().map(|row| row.kind).collect::<Vec<_>>()
    };
    assert_eq!(kinds(&english), kinds(&dutch));
    assert_eq!(
        english.next.map(|next| next.at),
        dutch.next.map(|next| next.at)
    );
}

#[test]
fn how_it_ended_comes_first_too() {
    let mut world = World::new();
    world.fact(FactKind::Balance, 61_250);
    let id = world.storno();
    world.fact(FactKind::Payment, 61_250);
    world.fact(FactKind::OpenAmount, 0);
    let [english, dutch] = Language::ALL.map(|language| world.explain_in(id, language).short);
    assert!(
        english.starts_with(
            "Nothing was sent. It ended 'paid' at 2026-02-02T08:00:00Z, because the stop rule 'paid another way' of the flow came true."
        ),
        "{english}"
    );
    assert!(
        dutch.starts_with(
            "Er is niets verstuurd. Het is afgerond als 'paid' op 02-02-2026 09:00, want de stopregel 'paid another way' van het proces werd waar."
        ),
        "{dutch}"
    );
}

#[test]
fn what_is_not_known_is_said_first_and_in_plain_words() {
    let mut world = World::new();
    let id = world.storno();
    let [english, dutch] = Language::ALL.map(|language| world.explain_in(id, language).short);
    assert_eq!(
        english,
        "Nothing has been sent yet. It is held back: the tenant's balance (facts.balance_cents) is not known. \
         If that is still so at 2026-02-05T08:00:00Z, people are asked, list 'delivery'."
    );
    assert_eq!(
        dutch,
        "Er is nog niets verstuurd. Het wordt tegengehouden: het saldo van de huurder (facts.balance_cents) is niet bekend. \
         Is dat op 05-02-2026 09:00 nog zo, dan wordt het aan mensen gevraagd, lijst 'delivery'."
    );
}

#[test]
fn what_the_tenant_is_asked_and_answers_is_told_in_both_languages() {
    let asks = r#"
name = "storno"
version = 9
purpose = "information"
[input]
amount_cents = "integer"
[[step]]
id = "survey"
on.unanswered = { after = "14d", go = "human: callers" }
[step.ask]
template = { email = "survey" }
via = ["email"]
title = "Hoe ging het?"
answers = { good = "end: good", bad = { fields = { why = "line?" }, go = "human: callers" } }
"#;
    let mut world = World::with_storno(asks);
    let id = world.storno();
    let mail = world.start(id);
    world.outcome(mail, accepted());
    let [english, dutch] = Language::ALL.map(|language| world.explain_in(id, language).short);
    let waits = "Until 2026-02-16T08:00:00Z it waits for the tenant's answer to 'Hoe ging het?'; without one it goes to people, list 'callers'.";
    assert!(english.ends_with(waits), "{english}");
    let waits = "Tot 16-02-2026 09:00 wacht het op het antwoord van de huurder op 'Hoe ging het?'; zonder antwoord gaat het naar mensen, lijst 'callers'.";
    assert!(dutch.ends_with(waits), "{dutch}");
    world.give(Input::TenantAnswered(Box::new(TenantAnswered {
        id,
        step: 0,
        answer: "bad".into(),
        says: [("why".into(), Value::Text("Het lekt nog".into()))].into(),
        by: "".into(),
        shown: None,
    })));
    let [english, dutch] = Language::ALL.map(|language| world.explain_in(id, language));
    let asked = "People are asked what to do (list 'callers'), because the tenant answered 'bad' on the page behind the link.";
    assert!(english.short.ends_with(asked), "{}", english.short);
    let asked = "Mensen moeten kiezen hoe het verder gaat (lijst 'callers'), want de huurder antwoordde 'bad' op de pagina achter de link.";
    assert!(dutch.short.ends_with(asked), "{}", dutch.short);
    let rows: Vec<&str> = dutch.history.iter().map(|row| row.text.as_str()).collect();
    let row = "de huurder antwoordde 'bad' op de pagina achter de link: why = 'Het lekt nog'";
    assert!(rows.contains(&row), "{rows:?}");
}

#[test]
fn what_expires_before_it_may_go_says_so() {
    let mut world = World::new();
    world.expires_at = Some(world.now.plus(HOUR));
    let id = world.storno();
    let [english, dutch] = Language::ALL.map(|language| world.explain_in(id, language));
    let first = "But it expires before that, at 2026-02-02T09:00:00Z.";
    assert!(english.short.ends_with(first), "{}", english.short);
    let first = "Maar het verloopt eerder, op 02-02-2026 10:00.";
    assert!(dutch.short.ends_with(first), "{}", dutch.short);
    let last = "; but it expires before that, at 2026-02-02T09:00:00Z";
    assert!(english.why.contains(last), "{}", english.why);
}
