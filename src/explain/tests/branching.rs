//! What an explanation says of a step that chooses: which case was true, what those before it saw,
//! and what it waits for when none can be judged.

use sluis_model::FactKind;

use super::world::World;

/// The shipped storno flow with a step before its first, which looks at what is owed in all.
fn by_balance() -> World {
    let storno = include_str!("../../../config/flows/storno.toml");
    let first = r#"
[[step]]
id = "how much"
branch.cases = [
    { when = "facts.balance_cents >= 100000", go = "human: callers" },
    { when = "data.amount_cents > 0", go = "mail" },
]
branch.otherwise = "end: nothing"

[[step]]"#;
    World::with_storno(&storno.replacen("[[step]]", first, 1))
}

#[test]
fn the_case_that_is_true_is_told_with_those_before_it() {
    let mut world = by_balance();
    world.fact(FactKind::Balance, 61_250);
    let id = world.storno();
    let history = world.explain(id).history;
    let entered: Vec<&str> = history
        .iter()
        .filter(|row| row.kind == "step")
        .map(|row| row.text.as_str())
        .collect();
    assert_eq!(
        entered,
        [
            "step 'how much' began, because it was accepted",
            "step 'mail' began, because in step 'how much' data.amount_cents > 0 with 61250 is true, \
             and before it not true: facts.balance_cents >= 100000 with 61250, told 2026-02-02T08:00:00Z",
        ]
    );
}

#[test]
fn a_task_says_which_case_led_to_it() {
    let mut world = by_balance();
    world.fact(FactKind::Balance, 100_000);
    let id = world.storno();
    let told = world.explain(id).why;
    let expected = "an answer (retry, close) from people, list 'callers', asked because in step 'how much' \
                    facts.balance_cents >= 100000 with 100000, told 2026-02-02T08:00:00Z is true";
    assert!(told.contains(expected), "{told}");
}

#[test]
fn what_cannot_be_judged_says_what_it_waits_for() {
    let mut world = by_balance();
    let id = world.storno();
    let told = world.explain(id);
    let expected = "facts: step 'how much': facts.balance_cents is not known; without them it goes to people, list 'delivery'";
    assert!(told.why.contains(expected), "{}", told.why);
    let held = told.history.last().expect("it is held");
    assert_eq!(
        (held.kind, &held.details["step"]),
        ("held", &"how much".into())
    );
    assert!(held.details["guard"].is_null());
}
