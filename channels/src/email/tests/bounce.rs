//! Reports, real in shape, and what is not one.

use base64::Engine as _;
use proptest::prelude::*;
use sluis_model::{CorporationId, ReceiptKind, Timestamp};

use super::super::bounce::{BounceError, MAX_REPORT, NotAReport, read_bounce};
use crate::receipt::ProviderReceipt;
use crate::testing::{attempt, key};

fn reference() -> String {
    key().attempt(CorporationId(7), attempt())
}

/// A report as Postfix writes it: it says `Auto-Submitted: auto-replied`, and is no out-of-office
/// reply.
fn report(to: &str, about: &str, groups: &str, returned: &str) -> String {
    format!(
        "From: MAILER-DAEMON@relay.example\r\nTo: {to}\r\nSubject: Undelivered Mail Returned to Sender\r\n\
         Auto-Submitted: auto-replied\r\nDate: Tue, 3 Nov 2026 10:00:00 +0100\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"b1\"\r\n\r\n\
         --b1\r\nContent-Type: text/plain\r\n\r\nI'm sorry to have to inform you, jan@example.nl\r\n\
         --b1\r\nContent-Type: message/delivery-status\r\n\r\n{about}\r\n{groups}\
         --b1\r\nContent-Type: text/rfc822-headers\r\n\r\n{returned}\r\n--b1--\r\n"
    )
}

fn group(action: &str, status: &str, diagnostic: &str) -> String {
    format!(
        "Final-Recipient: rfc822; someone@elsewhere.example\r\nAction: {action}\r\nStatus: {status}\r\n\
         Diagnostic-Code: smtp; {diagnostic}\r\n\r\n"
    )
}

fn verp() -> String {
    format!("b+{}@bounce.woon.example", reference())
}

fn one(raw: &str) -> ProviderReceipt {
    read_bounce(raw.as_bytes(), &key(), "relay").unwrap_or_else(|error| panic!("{error}: {raw}"))
}

#[test]
fn actions_and_statuses_have_their_meaning() {
    use ReceiptKind::*;
    let cases = [
        ("failed", "5.1.1", "550 5.1.1 unknown", BouncedHard, "5.1.1"),
        ("failed", "5.1.10", "556 null MX", BouncedHard, "5.1.10"),
        ("failed", "5.2.1", "550 disabled", BouncedHard, "5.2.1"),
        ("failed", "5.0.0", "550-5.1.1 unknown", BouncedHard, "5.1.1"),
        ("failed", "5.0.0", "550 rejected", Failed, "5.0.0"),
        ("failed", "5.2.2", "552 full", Failed, "5.2.2"),
        ("failed", "5.7.26", "550 unauthenticated", Blocked, "5.7.26"),
        ("failed", "5.1.1", "552 5.2.2 over quota", Failed, "5.2.2"),
        ("failed", "5.4.4", "Host not found", BouncedHard, "5.4.4"),
        ("failed", "5.5.0", "550 user unknown", BouncedHard, "5.5.0"),
        ("failed", "4.4.1", "timed out", Failed, "4.4.1"),
        ("Failed (permanently)", "5.1.2", "", BouncedHard, "5.1.2"),
        ("delayed", "4.4.1", "timed out", Delayed, "4.4.1"),
        ("delivered", "2.0.0", "", Delivered, ""),
        ("relayed", "2.0.0", "", Accepted, ""),
        ("expanded", "2.0.0", "", Accepted, ""),
    ];
    for (action, status, diagnostic, kind, code) in cases {
        let receipt = one(&report(
            &verp(),
            "Reporting-MTA: dns; relay.example\r\n",
            &group(action, status, diagnostic),
            "",
        ));
        assert_eq!(receipt.kind, kind, "{action} {status}");
        assert_eq!(
            receipt.why.as_ref().map_or("", |why| &why.code),
            code,
            "{action} {status}"
        );
        assert_eq!(
            (receipt.corporation, receipt.attempt),
            (CorporationId(7), attempt())
        );
        assert_eq!(
            (receipt.provider.as_str(), receipt.occurred_at),
            ("relay", Some(Timestamp(1_793_696_400_000)))
        );
    }
}

#[test]
fn the_attempt_is_found_in_each_of_its_places() {
    let failed = group("failed", "5.1.1", "550 no");
    let about = "Reporting-MTA: dns; relay.example\r\n";
    let upper = format!("<{}>", verp().to_uppercase());
    one(&report(&upper, about, &failed, ""));
    one(&report(
        &format!("mailbox@woon.example\r\nDelivered-To: {}", verp()),
        about,
        &failed,
        "",
    ));
    one(&report(
        &format!("mailbox@woon.example\r\nX-Original-To: {}", verp()),
        about,
        &failed,
        "",
    ));
    one(&report(
        "mailbox@woon.example",
        about,
        &failed,
        &format!("Return-Path: <{}>\r\n", verp()),
    ));
    let id = format!("{about}Original-Envelope-Id: {}\r\n", reference());
    one(&report("mailbox@woon.example", &id, &failed, ""));
    one(&report(
        "mailbox@woon.example",
        about,
        &failed,
        &format!("Message-ID:\r\n <{}@bounce.woon.example>\r\n", reference()),
    ));
}

#[test]
fn a_recipient_field_is_never_a_match_and_a_forged_reference_is_none() {
    let group = format!(
        "Final-Recipient: rfc822; {}\r\nOriginal-Recipient: rfc822; {}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n",
        verp(),
        verp()
    );
    let about = "Reporting-MTA: dns; relay.example\r\n";
    let raw = report("mailbox@woon.example", about, &group, "");
    assert_eq!(
        read_bounce(raw.as_bytes(), &key(), "relay"),
        Err(BounceError::NoReference)
    );
    let forged = verp().replace("b+a", "b+b");
    let other = sluis_model::ReferenceKey::new([8; 32]);
    let raw = report(&forged, about, &self::group("failed", "5.1.1", ""), "");
    assert_eq!(
        read_bounce(raw.as_bytes(), &other, "relay"),
        Err(BounceError::NoReference)
    );
}

#[test]
fn several_recipients_give_one_receipt_in_any_order_and_their_addresses_stay_out() {
    let groups = [
        group("delayed", "4.2.0", "450 someone@elsewhere.example later"),
        group("failed", "5.1.1", "550 <x@y.example> no")
            .replace("someone@elsewhere", "another@elsewhere"),
    ];
    for groups in [
        groups.concat(),
        groups.iter().rev().map(String::as_str).collect(),
    ] {
        let receipt = one(&report(
            &verp(),
            "Reporting-MTA: dns; relay.example\r\n",
            &groups,
            "",
        ));
        assert_eq!(
            receipt.kind,
            ReceiptKind::Delayed,
            "one of them may still get it"
        );
        assert!(!receipt.why.unwrap().text.contains('@'));
    }
}

#[test]
fn an_encoded_or_truncated_report_is_read() {
    let status = "Reporting-MTA: dns; x\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n";
    let encoded = base64::engine::general_purpose::STANDARD.encode(status);
    let raw = format!(
        "Delivered-To: {}\nContent-Type: Multipart/Report; boundary=\"a b\"\n\npreamble\n--a b\n\ntext\n--a b  \n\
         Content-Type: Message/Delivery-Status\nContent-Transfer-Encoding: BASE64\n\n{encoded}\n",
        verp()
    );
    assert_eq!(one(&raw).kind, ReceiptKind::BouncedHard);
}

#[test]
fn a_complaint_is_one_and_other_feedback_is_not() {
    let arf = |kind: &str| {
        format!(
            "To: {}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n\
             --b\r\nContent-Type: text/plain\r\n\r\nabuse\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\n\
             Feedback-Type: {kind}\r\nVersion: 1\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n\
             Message-ID: <{}@bounce.woon.example>\r\nSubject: x\r\n\r\nbody\r\n--b--\r\n",
            "fbl@woon.example",
            reference()
        )
    };
    assert_eq!(one(&arf("abuse")).kind, ReceiptKind::Complained);
    let other = read_bounce(arf("not-spam").as_bytes(), &key(), "relay");
    assert_eq!(other, Err(BounceError::NotAReport(NotAReport::OtherReport)));
}

#[test]
fn what_is_no_report_says_what_it_is() {
    let read = |raw: &str| read_bounce(raw.as_bytes(), &key(), "relay").unwrap_err();
    let vacation = format!(
        "To: {}\r\nSubject: Afwezig\r\nAuto-Submitted: auto-replied\r\n\r\nIk ben er niet.\r\n",
        verp()
    );
    assert_eq!(
        read(&vacation),
        BounceError::NotAReport(NotAReport::AutomaticReply)
    );
    assert_eq!(read(&vacation).code(), "automatic_reply");
    assert_eq!(
        read(&vacation.replace(&verp(), "a@b.nl")).code(),
        "automatic_reply",
        "without a reference, too"
    );
    let mdn = "To: a@b.nl\r\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n\r\n--b\r\n\
               Content-Type: message/disposition-notification\r\n\r\nDisposition: automatic-action\r\n\r\n--b--\r\n";
    assert_eq!(read(mdn), BounceError::NotAReport(NotAReport::OtherReport));
    assert_eq!(
        read(&mdn.replace("a@b.nl", &verp())),
        BounceError::NotAReport(NotAReport::OtherReport)
    );
    assert_eq!(read(""), BounceError::NotMail);
    assert_eq!(read("no header at all"), BounceError::NotMail);
    let person = "To: a@b.nl\r\nSubject: Re: incasso\r\n\r\nIk heb al betaald.\r\n";
    assert_eq!(read(person), BounceError::NotAReport(NotAReport::OtherMail));
    let nobodys = report(
        "a@b.nl",
        "Reporting-MTA: dns; relay.example\r\n",
        &group("failed", "5.1.1", "550 no"),
        "",
    );
    assert_eq!(read(&nobodys), BounceError::NoReference);
}

/// A mail about a message of ours is never lost: what nobody can read goes to people.
#[test]
fn what_is_about_ours_and_not_understood_goes_to_people() {
    let of = |head: &str, body: &str| {
        let raw = format!("{head}\r\nTo: <{}>\r\n\r\n{body}\r\n", verp());
        let read = read_bounce(raw.as_bytes(), &key(), "relay").unwrap();
        assert_eq!(
            (read.corporation, read.attempt, read.kind),
            (CorporationId(7), attempt(), ReceiptKind::Unexplained)
        );
        let why = read.why.unwrap();
        assert!(!why.text.contains("betaald"), "nobody's words");
        why.code.into_string()
    };
    assert_eq!(
        of(
            "From: jan@huurder.example\r\nSubject: Re: incasso",
            "Ik heb al betaald."
        ),
        "reply"
    );
    assert_eq!(
        of(
            "From: MAILER-DAEMON@x.example\r\nSubject: Bericht",
            "Lorem ipsum dolor."
        ),
        "daemon"
    );
    assert_eq!(
        of(
            "From: MAILER-DAEMON@x.example\r\nAuto-Submitted: auto-replied\r\nSubject: y",
            "Lorem."
        ),
        "daemon"
    );
    let challenge = "Please confirm that you are a person: https://x.example/1";
    assert_eq!(
        of(
            "From: jan@huurder.example\r\nSubject: your message",
            challenge
        ),
        "challenge"
    );
    // A report whose fields nobody knows and whose words say nothing but that it failed: it did not
    // arrive.
    let empty = report(
        &verp(),
        "Reporting-MTA: dns; relay.example\r\n",
        "Action: sung\r\n\r\n",
        "",
    );
    assert_eq!(one(&empty).kind, ReceiptKind::Failed);
}

/// A report is read as far as needed.
#[test]
fn a_report_larger_than_what_is_read_is_read_at_its_beginning() {
    let raw = report(
        &verp(),
        "Reporting-MTA: dns; relay.example\r\n",
        &group("failed", "5.1.1", "550 no"),
        "Subject: x\r\n",
    );
    assert_eq!(
        one(&(raw + &"x".repeat(4 * MAX_REPORT))).kind,
        ReceiptKind::BouncedHard
    );
}

#[test]
fn nesting_without_end_does_not_exhaust_the_stack() {
    for unit in [
        "Content-Type: message/rfc822\n\n",
        "Content-Type: multipart/mixed; boundary=a\n\n--a\n",
        "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n",
    ] {
        let raw = unit.repeat(MAX_REPORT / unit.len());
        assert!(read_bounce(raw.as_bytes(), &key(), "relay").is_err());
    }
}

#[test]
fn odd_dates_are_no_dates() {
    for date in [
        "Tue, 99 Foo 99999 99:99:99 +9999",
        "99999999999999999999",
        "Thu, 1 Jan 65535 00:00:00 -9959",
        "",
        "1 Jan 1 1:1:1 é",
    ] {
        let group = format!("Action: failed\r\nStatus: 5.1.1\r\nLast-Attempt-Date: {date}\r\n\r\n");
        one(&report(
            &verp(),
            "Reporting-MTA: dns; relay.example\r\n",
            &group,
            "",
        ));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(raw in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let _ = read_bounce(&raw, &key(), "relay");
    }

    #[test]
    fn no_date_makes_it_panic(date in "[A-Z]?[a-z]{0,3},? ?[0-9]{0,6} ?[A-Za-z]{0,4} ?[0-9]{0,12} [0-9:]{0,14} ?[+-]?[0-9A-Z]{0,9}") {
        let group = format!("Action: failed\r\nStatus: 5.1.1\r\nLast-Attempt-Date: {date}\r\n\r\n");
        one(&report(&verp(), "Reporting-MTA: dns; relay.example\r\n", &group, ""));
    }

    #[test]
    fn no_damage_to_a_report_makes_it_panic(cuts in proptest::collection::vec((any::<u16>(), any::<u8>(), 0u8..4), 1..12)) {
        let groups = group("failed", "5.1.1", "550 5.1.1 no") + &group("delayed", "4.0.0", "é");
        let mut raw = report(&verp(), "Original-Envelope-Id: x\r\n", &groups, "Message-ID: <x@y>\r\n").into_bytes();
        for (at, byte, how) in cuts {
            let at = usize::from(at) % raw.len().max(1);
            match how {
                0 => raw.truncate(at.max(1)),
                1 => raw.insert(at, byte),
                2 => drop(raw.remove(at)),
                _ => raw[at] = byte,
            }
            if raw.is_empty() {
                break;
            }
        }
        let _ = read_bounce(&raw, &key(), "relay");
    }
}
