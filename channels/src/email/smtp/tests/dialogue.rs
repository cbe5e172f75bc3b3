//! The dialogue at every point where it can break, with and without pipelining; the pool; refusals.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures::future::join_all;
use sluis_model::{Refusal, Verdict};

use super::peer::{Peer, Point, Script, mail};
use crate::outgoing::Content;

const PIPELINING: [&[&str]; 2] = [&[], &["PIPELINING", "8BITMIME"]];

fn code(verdict: &Verdict) -> &str {
    match verdict {
        Verdict::Accepted { .. } | Verdict::Delivered { .. } => "",
        Verdict::Retry { why, .. }
        | Verdict::Refused { why, .. }
        | Verdict::InDoubt { why }
        | Verdict::Withdrawn { why }
        | Verdict::Barred { why, .. } => &why.code,
    }
}

#[tokio::test]
async fn a_message_is_taken_as_it_was_written() {
    for offers in PIPELINING {
        let peer = Peer::start(Script {
            offers: [offers, &["DSN"]].concat(),
            ..Script::default()
        })
        .await;
        let verdict = peer.provider("").send(mail()).await;
        assert_eq!(
            verdict,
            Verdict::Accepted {
                provider_id: "2.0.0 queued as 4F1A2B".into()
            }
        );
        let reference = mail().reference;
        let log = peer.log.lock().clone();
        assert!(
            log.contains(&format!(
                "MAIL FROM:<b+{reference}@bounce.woon.example> RET=HDRS ENVID={reference}"
            )),
            "{log:?}"
        );
        assert!(
            log.contains(&"RCPT TO:<jan@example.nl> NOTIFY=FAILURE,DELAY".to_owned()),
            "{log:?}"
        );
        let taken = peer.taken.lock().clone();
        assert!(taken[0].contains(&format!("Message-ID: <{reference}@bounce.woon.example>")));
        assert!(
            taken[0].contains("\r\n..\r\n"),
            "a lone dot is doubled on the wire (RFC 5321 4.5.2)"
        );
    }
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_final_dot_withdraws() {
    let points = [
        Point::Connect,
        Point::Greeting,
        Point::Ehlo,
        Point::Mail,
        Point::Rcpt,
        Point::Data,
    ];
    for (point, offers) in points
        .into_iter()
        .flat_map(|point| PIPELINING.map(|offers| (point, offers)))
    {
        let peer = Peer::start(Script {
            close: Some((point, 0)),
            offers: offers.to_vec(),
            ..Script::default()
        })
        .await;
        let verdict = peer.provider("").send(mail()).await;
        assert!(
            matches!(verdict, Verdict::Withdrawn { .. }),
            "{point:?} {offers:?}: {verdict:?}"
        );
    }
    assert_eq!(
        code(&Peer::nowhere().provider("").send(mail()).await),
        "connect"
    );
}

#[tokio::test]
async fn a_message_that_broke_off_half_way_withdraws() {
    let peer = Peer::start(Script {
        close: Some((Point::Body, 0)),
        ..Script::default()
    })
    .await;
    let mut out = mail();
    // Far more than two socket buffers hold, so that the dot never leaves.
    let text = "Een regel van zestig tekens, herhaald tot het niet meer past.\r\n".repeat(400_000);
    out.content = Content::Email {
        subject: "Groot".into(),
        text,
        html: None,
        headers: Vec::new(),
    };
    let verdict = peer.provider("").send(out).await;
    assert!(matches!(verdict, Verdict::Withdrawn { .. }), "{verdict:?}");
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_final_dot_is_in_doubt_and_not_tried_again() {
    for offers in PIPELINING {
        // The second message, on the parked connection: there it would be easy to try again, and
        // wrong.
        let peer = Peer::start(Script {
            close: Some((Point::Dot, 1)),
            offers: offers.to_vec(),
            ..Script::default()
        })
        .await;
        let provider = peer.provider("");
        assert_eq!(code(&Arc::clone(&provider).send(mail()).await), "");
        let verdict = Arc::clone(&provider).send(mail()).await;
        assert!(matches!(verdict, Verdict::InDoubt { .. }), "{verdict:?}");
        assert_eq!(peer.connections.load(Ordering::SeqCst), 1);
        assert_eq!(peer.taken.lock().len(), 1);
    }
}

#[tokio::test]
async fn silence_after_the_dot_is_in_doubt_and_before_it_withdraws() {
    let quick = r#", "connect_timeout": "50ms", "command_timeout": "50ms", "data_timeout": "50ms""#;
    for (point, doubt) in [
        (Point::Greeting, false),
        (Point::Mail, false),
        (Point::Data, false),
        (Point::Dot, true),
    ] {
        let peer = Peer::start(Script {
            silent: Some(point),
            ..Script::default()
        })
        .await;
        let verdict = peer.provider(quick).send(mail()).await;
        assert_eq!(
            matches!(verdict, Verdict::InDoubt { .. }),
            doubt,
            "{point:?}: {verdict:?}"
        );
        assert_eq!(
            matches!(verdict, Verdict::Withdrawn { .. }),
            !doubt,
            "{point:?}: {verdict:?}"
        );
    }
}

#[tokio::test]
async fn a_parked_connection_the_relay_closed_does_not_cost_the_message() {
    for offers in PIPELINING {
        let peer = Peer::start(Script {
            close: Some((Point::Answered, 0)),
            offers: offers.to_vec(),
            ..Script::default()
        })
        .await;
        let provider = peer.provider("");
        for _ in 0..3 {
            assert_eq!(code(&Arc::clone(&provider).send(mail()).await), "");
        }
        assert_eq!(
            peer.connections.load(Ordering::SeqCst),
            2,
            "the third message goes over the second connection"
        );
        assert_eq!(peer.taken.lock().len(), 3);
    }
}

#[tokio::test]
async fn connections_are_bounded_and_used_again() {
    let peer = Peer::start(Script::default()).await;
    let provider = peer.provider(r#", "connections": 3"#);
    let verdicts = join_all((0..60).map(|_| Arc::clone(&provider).send(mail()))).await;
    assert!(verdicts.iter().all(|verdict| code(verdict).is_empty()));
    assert!(peer.connections.load(Ordering::SeqCst) <= 3);
    assert_eq!(
        (peer.taken.lock().len(), provider.connections().busy),
        (60, 0)
    );
    Arc::clone(&provider).close().await;
    assert_eq!(provider.connections().idle, 0);
    assert!(peer.count("QUIT") > 0);
}

#[tokio::test]
async fn a_connection_carries_no_more_than_its_share() {
    let peer = Peer::start(Script::default()).await;
    let provider = peer.provider(r#", "messages_per_connection": 2"#);
    for _ in 0..5 {
        assert_eq!(code(&Arc::clone(&provider).send(mail()).await), "");
    }
    assert_eq!(peer.connections.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn an_idle_connection_is_closed_politely() {
    let peer = Peer::start(Script::default()).await;
    let provider = peer.provider(r#", "idle": "2ms""#);
    assert_eq!(code(&Arc::clone(&provider).send(mail()).await), "");
    assert_eq!(provider.connections().idle, 1);
    while peer.count("QUIT") == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(provider.connections().idle, 0);
}

#[tokio::test]
async fn without_a_free_slot_the_send_is_withdrawn() {
    let peer = Peer::start(Script {
        silent: Some(Point::Greeting),
        ..Script::default()
    })
    .await;
    let provider = peer.provider(r#", "connections": 1, "wait": "5ms""#);
    let first = tokio::spawn(Arc::clone(&provider).send(mail()));
    while provider.connections().busy == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(code(&Arc::clone(&provider).send(mail()).await), "busy");
    first.abort();
}

#[tokio::test]
async fn refusals_carry_their_class_and_leave_the_connection_usable() {
    let cases = [
        ("MAIL", "550 5.7.1 sender not welcome", None),
        (
            "RCPT",
            "550 5.1.1 <jan@example.nl> unknown",
            Some(Refusal::Address),
        ),
        ("RCPT", "550 no such user", Some(Refusal::Address)),
        ("DATA", "554 5.7.1 no", Some(Refusal::Policy)),
        ("DOT", "554 5.7.1 looks like spam", Some(Refusal::Policy)),
    ];
    for ((verb, answer, class), offers) in cases
        .into_iter()
        .flat_map(|case| PIPELINING.map(|offers| (case, offers)))
    {
        let script = Script {
            answers: [(verb, answer)].into(),
            offers: offers.to_vec(),
            ..Script::default()
        };
        let peer = Peer::start(script).await;
        let provider = peer.provider("");
        for _ in 0..2 {
            let (found, why) = match Arc::clone(&provider).send(mail()).await {
                Verdict::Refused { class, why } => (Some(class), why),
                Verdict::Barred { why, .. } => (None, why),
                other => panic!("{verb} {answer} {offers:?}: {other:?}"),
            };
            assert_eq!(found, class, "{verb} {answer}");
            assert!(
                !why.text.contains('@'),
                "the address stays out of the reason: {}",
                why.text
            );
        }
        assert_eq!(
            peer.connections.load(Ordering::SeqCst),
            1,
            "{verb} {answer} {offers:?}"
        );
        assert!(peer.taken.lock().is_empty());
    }
}

#[tokio::test]
async fn a_busy_relay_means_later_and_a_relay_that_leaves_is_replaced() {
    let peer = Peer::start(Script {
        answers: [("RCPT", "450 4.2.1 greylisted")].into(),
        ..Script::default()
    })
    .await;
    let verdict = peer.provider("").send(mail()).await;
    assert!(
        matches!(verdict, Verdict::Retry { .. }) && code(&verdict) == "4.2.1",
        "{verdict:?}"
    );
    let peer = Peer::start(Script {
        answers: [("MAIL", "421 4.3.2 going down")].into(),
        ..Script::default()
    })
    .await;
    let provider = peer.provider("");
    for _ in 0..2 {
        assert_eq!(code(&Arc::clone(&provider).send(mail()).await), "4.3.2");
    }
    assert_eq!(
        peer.connections.load(Ordering::SeqCst),
        2,
        "after 421 the connection is not parked"
    );
    let peer = Peer::start(Script {
        answers: [("GREETING", "554 no")].into(),
        ..Script::default()
    })
    .await;
    let verdict = peer.provider("").send(mail()).await;
    assert!(matches!(verdict, Verdict::Withdrawn { .. }), "{verdict:?}");
}

#[tokio::test]
async fn an_answer_out_of_step_is_never_taken_for_acceptance() {
    // Two answers to DATA: the second stands ready before the message was sent.
    let script = Script {
        answers: [("DATA", "354 go\r\n250 2.0.0 ok")].into(),
        ..Script::default()
    };
    let peer = Peer::start(script).await;
    let verdict = peer.provider("").send(mail()).await;
    assert!(matches!(verdict, Verdict::Withdrawn { .. }), "{verdict:?}");
    assert!(peer.taken.lock().is_empty());
}

#[tokio::test]
async fn what_cannot_be_a_mail_asks_nothing_of_the_relay() {
    let peer = Peer::nowhere();
    for content in [
        Content::Text("sms".into()),
        Content::Email {
            subject: "a\r\nBcc: b@c.nl".into(),
            text: String::new(),
            html: None,
            headers: Vec::new(),
        },
        Content::Email {
            subject: "a".into(),
            text: String::new(),
            html: None,
            headers: vec![("X-A".into(), "b\nc: d".into())],
        },
    ] {
        let mut out = mail();
        out.content = content;
        let verdict = peer.provider("").send(out).await;
        assert!(
            matches!(
                verdict,
                Verdict::Refused {
                    class: Refusal::Unsendable,
                    ..
                }
            ),
            "{verdict:?}"
        );
    }
}
