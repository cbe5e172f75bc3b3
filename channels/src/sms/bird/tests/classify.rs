//! Answers of Bird and what they amount to.

use sluis_model::{Barred, Refusal, Timestamp, Verdict};

use super::super::classify::{Response, classify, retry_after};

const NOW: Timestamp = Timestamp(1_795_000_000_000);

/// `A` accepted, `a` address, `o` ours, `C` account barred, `S` sender barred, `r` retry, `d` in
/// doubt; then the code.
fn short(status: u16, retry_after: Option<&str>, body: &str) -> String {
    let verdict = classify(
        &Response {
            status,
            retry_after,
            body: body.as_bytes(),
        },
        "+31612345678",
        NOW,
    );
    let (letter, why) = match verdict {
        Verdict::Accepted { provider_id } => return format!("A {provider_id}"),
        Verdict::Refused {
            class: Refusal::Address,
            why,
        } => ('a', why),
        Verdict::Refused {
            class: Refusal::Ours,
            why,
        } => ('o', why),
        Verdict::Barred {
            what: Barred::Account,
            why,
        } => ('C', why),
        Verdict::Barred {
            what: Barred::Sender,
            why,
        } => ('S', why),
        Verdict::Retry { why, .. } => ('r', why),
        Verdict::InDoubt { why } => ('d', why),
        other => panic!("{other:?}"),
    };
    assert!(!why.text.contains("31612345678"), "{}", why.text);
    format!("{letter} {}", why.code)
}

fn error(code: i64, parameter: &str) -> String {
    format!(
        r#"{{"errors":[{{"code":{code},"description":"about 31612345678","parameter":{parameter}}}]}}"#
    )
}

#[test]
fn every_answer_has_its_meaning() {
    let recipients = error(10, r#""recipients""#);
    let cases: [(u16, Option<&str>, &str, &str); 38] = [
        (201, None, r#"{"id":"abc","recipients":{}}"#, "A abc"),
        (200, None, r#"{"id":"abc"}"#, "A abc"),
        (200, None, "<html>welcome to the hotel</html>", "d answer"),
        (201, None, r#"{"id":""}"#, "d answer"),
        (422, None, &recipients, "a bird 10"),
        (400, None, &error(9, r#""recipient""#), "a bird 9"),
        (422, None, &error(10, r#""originator""#), "S bird 10"),
        (422, None, &error(25, "null"), "C bird 25"),
        (401, None, &error(2, r#""access_key""#), "C bird 2"),
        (401, None, &recipients, "C bird 10"),
        // The API's own error under a status that says otherwise: it took nothing.
        (200, None, &error(25, "null"), "C bird 25"),
        (
            200,
            None,
            r#"{"errors":[{"code":25,"description":"Not enough balance","parameter":null}]}"#,
            "C bird 25",
        ),
        (
            200,
            None,
            r#"{"code":25,"message":"Not enough balance"}"#,
            "C bird 25",
        ),
        (201, None, r#"{"errors":[{"code":"25"}]}"#, "C bird 25"),
        (200, None, &recipients, "a bird 10"),
        (200, None, &error(2, r#""access_key""#), "C bird 2"),
        (502, None, &error(25, "null"), "C bird 25"),
        // Its internal error, and codes nobody has mapped, may come after it took the message.
        (200, None, &error(99, "null"), "d bird 99"),
        (200, None, &error(4711, "null"), "d bird 4711"),
        (200, None, r#"{"errors":[]}"#, "d answer"),
        (403, None, "", "C http 403"),
        (404, None, &error(20, "null"), "C bird 20"),
        (301, None, "", "C http 301"),
        (402, None, "", "C http 402"),
        (422, None, &error(9, r#""body""#), "o bird 9"),
        (400, None, "", "o http 400"),
        (413, None, "", "o http 413"),
        (408, None, "", "r http 408"),
        (429, None, "", "r http 429"),
        (429, Some("5"), "", "r http 429"),
        (500, None, &error(99, "null"), "d bird 99"),
        (501, None, "", "C http 501"),
        (502, None, "<html>", "d http 502"),
        (503, None, "", "d http 503"),
        (503, Some("soon"), "", "d http 503"),
        (503, Some("30"), "", "r http 503"),
        (504, None, "", "d http 504"),
        (599, None, "", "d http 599"),
    ];
    for (status, after, body, expected) in cases {
        assert_eq!(
            short(status, after, body),
            expected,
            "{status} {after:?} {body}"
        );
    }
}

#[test]
fn retry_after_is_seconds_or_a_date() {
    // 2026-11-18T11:06:40Z
    assert_eq!(retry_after("120", NOW), Some(120_000));
    assert_eq!(
        retry_after("Wed, 18 Nov 2026 11:07:40 GMT", NOW),
        Some(60_000)
    );
    assert_eq!(retry_after("Wed, 18 Nov 2026 11:00:00 GMT", NOW), Some(0));
    for long in ["99999999999", "99999999999999999999999"] {
        assert_eq!(retry_after(long, NOW), Some(86_400_000));
    }
    for text in ["", "-1", "soon"] {
        assert_eq!(retry_after(text, NOW), None, "{text}");
    }
}
