//! The credit books of both sides agree, and the bound holds whatever the order of events.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::wire::{Allowance, MAX_CREDIT, OutOfCredit, Overgranted, Window};

#[test]
fn credit_comes_back_only_by_a_grant() {
    let mut window = Window::new(2);
    assert_eq!(window.grant(u32::MAX), 2);
    window.spend(2).unwrap();
    assert_eq!(
        window.spend(1),
        Err(OutOfCredit {
            rows: 1,
            available: 0
        })
    );
    window.answered(2);
    assert_eq!(
        window.spend(1),
        Err(OutOfCredit {
            rows: 1,
            available: 0
        }),
        "an answer is no credit"
    );
    assert_eq!((window.grant(1), window.owed()), (1, 1));
    window.spend(1).unwrap();
}

#[test]
fn a_smaller_window_takes_nothing_back() {
    let mut window = Window::new(10);
    window.grant(10);
    window.resize(4);
    window.spend(10).unwrap();
    window.answered(7);
    assert_eq!(window.grant(u32::MAX), 1);
}

#[test]
fn a_client_refuses_more_credit_than_any_connection_may_have() {
    let mut allowance = Allowance::default();
    allowance.add(MAX_CREDIT).unwrap();
    assert_eq!(
        allowance.add(1),
        Err(Overgranted {
            grant: 1,
            available: MAX_CREDIT
        })
    );
    assert!(!allowance.take(MAX_CREDIT + 1));
    assert!(allowance.take(MAX_CREDIT));
    assert_eq!(allowance.available(), 0);
}

proptest! {
    #[test]
    fn unanswered_and_available_stay_within_the_window(size in 1_u32..100, steps in vec((0_u8..3, 1_u32..20), 0..200)) {
        let mut window = Window::new(size);
        let mut allowance = Allowance::default();
        for (step, rows) in steps {
            match step {
                0 => { let grant = window.grant(rows); allowance.add(grant).unwrap(); }
                1 => prop_assert_eq!(allowance.take(rows), window.spend(rows).is_ok()),
                _ => window.answered(rows.min(window.unanswered())),
            }
            prop_assert_eq!(allowance.available(), window.available());
            prop_assert!(window.available() + window.unanswered() <= size);
        }
    }
}
