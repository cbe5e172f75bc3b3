//! Answers and what they amount to.

use sluis_model::{Barred, Refusal, Verdict, Why};

use super::super::classify::{is_about_load, refused};
use crate::email::bounce::Status;
use crate::email::reply::{Reply, Stage};

/// `a` address, `p` policy, `o` ours, `r` retry, `w` withdrawn, `C` account barred, `S` sender
/// barred.
fn letter(stage: Stage, code: u16, text: &str) -> char {
    match refused(
        &Reply {
            stage,
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
            class: Refusal::Soft,
            ..
        } => 's',
        Verdict::Refused {
            class: Refusal::Ours,
            ..
        } => 'o',
        Verdict::Barred {
            what: Barred::Account,
            ..
        } => 'C',
        Verdict::Barred {
            what: Barred::Sender,
            ..
        } => 'S',
        Verdict::Retry { .. } => 'r',
        Verdict::Withdrawn { .. } => 'w',
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_answer_has_its_meaning() {
    use Stage::*;
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
        (Mail, 553, "5.1.8 bad sender", 'S'),
        (Mail, 501, "5.5.4 parameters", 'o'),
        // Vague ones: the basic code and the command decide.
        (Rcpt, 550, "5.0.0 rejected", 'a'),
        (Rcpt, 550, "5.1.0 rejected", 'a'),
        (Body, 554, "5.0.0 rejected", 'p'),
        // None.
        (Rcpt, 550, "no such user", 'a'),
        (Rcpt, 551, "not here", 'a'),
        (Rcpt, 553, "not allowed", 'a'),
        (Rcpt, 521, "no mail here", 'a'),
        (Mail, 550, "who are you", 'S'),
        (Body, 550, "content", 'p'),
        (Data, 554, "no", 'p'),
        (Rcpt, 554, "no", 'p'),
        (Rcpt, 552, "full", 'r'),
        (Body, 552, "too much", 'p'),
        (Mail, 503, "sequence", 'o'),
        // Our account, by the codes of RFC 4954 wherever they stand.
        (Auth, 535, "5.7.8 wrong", 'C'),
        (Auth, 535, "5.7.3 Authentication unsuccessful", 'C'),
        (Auth, 534, "5.7.9 mechanism too weak", 'C'),
        (Auth, 538, "encryption needed", 'C'),
        (Auth, 504, "no mechanism", 'C'),
        (Auth, 550, "account suspended", 'C'),
        (Mail, 530, "5.7.0 authentication needed", 'C'),
        (Mail, 530, "5.7.57 Client was not authenticated", 'C'),
        (Mail, 550, "5.7.14 trust relationship", 'C'),
        (Rcpt, 530, "log in", 'C'),
        // Disabled whose account? Not surely ours.
        (Rcpt, 550, "5.7.13 user account disabled", 'o'),
        // Our sender: whatever is said of MAIL, unless it is malformed or too much.
        (Mail, 501, "5.1.7 bad sender address syntax", 'S'),
        (Mail, 550, "5.1.1 sender unknown", 'S'),
        (Mail, 550, "5.7.1 not allowed to send as this address", 'S'),
        (Mail, 554, "5.7.1 reputation", 'S'),
        (Mail, 555, "RET not supported", 'o'),
        (Mail, 550, "5.7.1 rate limit reached", 'r'),
        // Relays check the sender and the right to relay at RCPT, too.
        (Rcpt, 554, "5.7.1 <(address)>: Relay access denied", 'S'),
        (Rcpt, 550, "5.7.1 Relaying denied", 'S'),
        (
            Rcpt,
            550,
            "5.7.54 Unable to relay recipient in non-accepted domain",
            'S',
        ),
        (
            Rcpt,
            553,
            "5.7.1 <(address)>: Sender address rejected: not owned by user sluis",
            'S',
        ),
        (
            Rcpt,
            554,
            "5.7.1 <unknown>: Client host rejected: Access denied",
            'S',
        ),
        // What another host said of this recipient is no word about us.
        (
            Rcpt,
            550,
            "5.1.1 Recipient address rejected: undeliverable address: host mx said: 554 5.7.1 Relay access denied",
            'p',
        ),
        (Body, 554, "5.7.1 Relay access denied", 'p'),
        // Temporary, whatever the text says.
        (Mail, 421, "4.3.2 going down", 'r'),
        (Rcpt, 450, "5.1.1 odd", 'r'),
        (Body, 451, "later", 'r'),
        // The relay refuses us, not the message.
        (Greeting, 554, "no", 'w'),
        (Hello, 502, "no", 'w'),
        (Auth, 454, "4.7.0 later", 'w'),
        (Auth, 421, "4.7.0 too many", 'r'),
        (Auth, 432, "4.7.12 A password transition is needed", 'C'),
        (Greeting, 421, "busy", 'r'),
    ];
    for (stage, code, text, expected) in cases {
        assert_eq!(
            letter(stage, code, text),
            expected,
            "{stage:?} {code} {text}"
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

#[test]
fn load_is_told_from_one_full_mailbox() {
    let about_load = |code: &str| is_about_load(None, &Why::new(code, ""));
    for code in ["4.3.2", "4.4.5", "4.7.0", "4.7.28", "smtp 421"] {
        assert!(about_load(code), "{code}");
    }
    for code in ["4.2.2", "5.2.2", "smtp 450"] {
        assert!(!about_load(code), "{code}");
    }
}
