//! Answers and what they amount to.

use sluis_model::{Refusal, Verdict};

use super::super::classify::refused;
use crate::email::bounce::Status;
use crate::email::reply::{Phase, Reply};

/// `a` address, `p` policy, `o` ours, `r` retry, `w` withdrawn.
fn letter(phase: Phase, code: u16, text: &str) -> char {
    match refused(
        &Reply {
            phase,
            code,
            text: text.into(),
        },
        "jan@example.nl",
    ) {
        Verdict::Refused {
            class: Refusal::Address,
            ..
        } => 'a',
        Verdict::Refused {
            class: Refusal::Policy,
            ..
        } => 'p',
        Verdict::Refused {
            class: Refusal::Ours,
            ..
        } => 'o',
        Verdict::Retry { .. } => 'r',
        Verdict::Withdrawn { .. } => 'w',
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_answer_has_its_meaning() {
    use Phase::*;
    let cases = [
        // Enhanced codes, RFC 3463.
        (Rcpt, 550, "5.1.1 unknown", 'a'),
        (Rcpt, 550, "5.1.2 no such host", 'a'),
        (Rcpt, 553, "5.1.3 syntax", 'a'),
        (Rcpt, 551, "5.1.6 moved", 'a'),
        (Rcpt, 556, "5.1.10 null MX", 'a'),
        (Rcpt, 550, "5.2.1 disabled", 'a'),
        (Body, 550, "5.1.1 unknown, said late", 'a'),
        (Rcpt, 552, "5.2.2 full", 'r'),
        (Body, 552, "5.2.3 too big for the mailbox", 'p'),
        (Body, 552, "5.3.4 too big", 'p'),
        (Body, 550, "5.7.26 unauthenticated", 'p'),
        (Rcpt, 550, "5.7.1 blocked", 'p'),
        (Rcpt, 550, "5.4.1 access denied", 'p'),
        (Mail, 553, "5.1.8 bad sender", 'o'),
        (Mail, 501, "5.5.4 parameters", 'o'),
        (Auth, 535, "5.7.8 wrong", 'o'),
        (Mail, 530, "5.7.0 authentication needed", 'o'),
        // Vague ones: the basic code and the command decide.
        (Rcpt, 550, "5.0.0 rejected", 'a'),
        (Rcpt, 550, "5.1.0 rejected", 'a'),
        (Body, 554, "5.0.0 rejected", 'p'),
        // None.
        (Rcpt, 550, "no such user", 'a'),
        (Rcpt, 551, "not here", 'a'),
        (Rcpt, 553, "not allowed", 'a'),
        (Rcpt, 521, "no mail here", 'a'),
        (Mail, 550, "who are you", 'o'),
        (Body, 550, "content", 'p'),
        (Data, 554, "no", 'p'),
        (Rcpt, 554, "no", 'p'),
        (Rcpt, 552, "full", 'r'),
        (Body, 552, "too much", 'p'),
        (Mail, 503, "sequence", 'o'),
        (Mail, 530, "log in", 'o'),
        // Temporary, whatever the text says.
        (Mail, 421, "4.3.2 going down", 'r'),
        (Rcpt, 450, "5.1.1 odd", 'r'),
        (Body, 451, "later", 'r'),
        (Auth, 454, "4.7.0 later", 'r'),
        // The relay refuses us, not the message.
        (Greeting, 554, "no", 'w'),
        (Hello, 502, "no", 'w'),
        (Greeting, 421, "busy", 'r'),
    ];
    for (phase, code, text, expected) in cases {
        assert_eq!(
            letter(phase, code, text),
            expected,
            "{phase:?} {code} {text}"
        );
    }
}

#[test]
fn a_status_is_read_only_where_it_stands_plainly() {
    assert_eq!(Status::at_start("5.1.10 x"), Some(Status(5, 1, 10)));
    assert_eq!(Status::at_start(" 4.2.1: x"), Some(Status(4, 2, 1)));
    for text in [
        "",
        "no",
        "5.1",
        "5.1.1.1 x",
        "3.1.1 x",
        "5.1.1234 x",
        "5.x.1",
        "192.168.1.1",
    ] {
        assert_eq!(Status::at_start(text), None, "{text}");
    }
}
