//! The message as it stands on the wire.

use std::time::{Duration, SystemTime};

use lettre::message::header::{self, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use mail_parser::MessageParser;
use proptest::prelude::*;
use sluis_model::{Timestamp, Why};

use super::super::request;
use super::peer::mail;
use crate::originator::Originator;
use crate::outgoing::{Content, Outgoing};

/// As it leaves over an account that says nothing of its own.
fn compose(outgoing: &Outgoing) -> Result<request::MailObject, Why> {
    request::compose(outgoing, None)
}

#[test]
fn a_mail_as_it_leaves() {
    let mail = compose(&mail()).unwrap();
    let text = String::from_utf8(mail.bytes.to_vec()).unwrap();
    assert!(text.is_ascii(), "no 8BITMIME needed");
    insta::assert_snapshot!(text.replace("\r\n", "\n"));
}

#[test]
fn a_resend_is_the_same_message() {
    assert_eq!(
        compose(&mail()).unwrap().bytes,
        compose(&mail()).unwrap().bytes
    );
}

#[test]
fn an_account_that_takes_one_sender_only_is_given_it() {
    let bytes = request::compose(&mail(), Some("account@relay.example"))
        .unwrap()
        .bytes;
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    assert!(text.contains("<account@relay.example>"), "{text}");
    assert!(!text.contains("huur@woon.example"), "{text}");
    assert!(
        text.contains("@bounce.woon.example>"),
        "bounces go where they went: {text}"
    );
}

#[test]
fn what_is_no_mail_or_has_no_address_in_ascii_does_not_fit() {
    assert_eq!(request::fits(&mail()), Ok(()));
    let text = Outgoing {
        content: Content::Text("x".into()),
        ..mail()
    };
    assert!(request::fits(&text).is_err());
    let other = Outgoing {
        to: "j\u{f6}rg@example.nl".into(),
        ..mail()
    };
    assert!(request::fits(&other).is_err());
}

#[test]
fn a_field_of_the_engine_cannot_be_given_again() {
    for name in ["Subject", "message-ID", "Content-Type"] {
        let mut out = mail();
        if let Content::Email { headers, .. } = &mut out.content {
            headers.push((name.into(), "x".into()));
        }
        assert_eq!(compose(&out).err().unwrap().code, "render".into(), "{name}");
    }
}

#[test]
fn each_text_is_written_in_the_plainest_way_it_allows() {
    let long = "a ".repeat(60);
    for (text, encoding) in [
        ("Beste Jan,\nTot morgen.\n", "7bit"),
        ("Beste Jan, één regel", "quoted-printable"),
        (&*long, "quoted-printable"),
        ("Уважаемый арендатор", "base64"),
    ] {
        let mut out = mail();
        out.content = Content::Email {
            subject: "x".into(),
            text: text.into(),
            html: None,
            headers: Vec::new(),
        };
        let bytes = String::from_utf8(compose(&out).unwrap().bytes.to_vec()).unwrap();
        assert!(
            bytes.contains(&format!("Content-Transfer-Encoding: {encoding}\r\n")),
            "{text}\n{bytes}"
        );
    }
}

fn outgoing(content: Content, originator: Originator, at: i64) -> Outgoing {
    Outgoing {
        content,
        originator: originator.into(),
        at: Timestamp(at),
        ..mail()
    }
}

/// The header fields as lettre's builder makes them.
fn by_library(out: &Outgoing) -> String {
    let Content::Email {
        subject, headers, ..
    } = &out.content
    else {
        panic!("a mail")
    };
    let shown = |key| out.originator.shown(key);
    let mailbox = |name: Option<String>, email: &str| Mailbox::new(name, email.parse().unwrap());
    let mut builder = Message::builder()
        .message_id(Some(format!(
            "<{}@{}>",
            out.reference,
            shown("bounce_domain").unwrap()
        )))
        .date(SystemTime::UNIX_EPOCH + Duration::from_millis(out.at.0.unsigned_abs()))
        .from(mailbox(
            shown("email_name").map(str::to_owned),
            shown("email_from").unwrap(),
        ))
        .to(mailbox(None, &out.to))
        .subject(subject.clone())
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".into(),
        ));
    if let Some(reply_to) = shown("reply_to") {
        builder = builder.reply_to(mailbox(None, reply_to));
    }
    for (name, value) in headers {
        let name = HeaderName::new_from_ascii(name.clone()).unwrap();
        builder = builder.raw_header(HeaderValue::new(name, value.clone()));
    }
    let message = builder
        .header(header::MIME_VERSION_1_0)
        .body(String::new())
        .unwrap();
    let bytes = String::from_utf8(message.formatted()).unwrap();
    bytes
        .split("Content-Transfer-Encoding")
        .next()
        .unwrap()
        .to_owned()
}

proptest! {
    #[test]
    fn the_header_is_the_one_a_library_would_write(
        subject in "[ -~é€]{1,200}", value in "[ -~]{1,150}", name in proptest::option::of("[ -~ë]{1,40}"),
        local in "[a-z]{1,64}", at in 0i64..4_000_000_000_000, reply in any::<bool>(),
    ) {
        let from = format!("{local}@woon.example");
        let shown = [
            ("email_from", Some(&*from)),
            ("email_name", name.as_deref()),
            ("reply_to", reply.then_some("klant@woon.example")),
            ("bounce_domain", Some("bounce.woon.example")),
        ];
        let shown = shown.into_iter().filter_map(|(key, value)| Some((key, value?)));
        let originator = Originator::new("https://post.woon.example", shown);
        let headers = vec![("List-Unsubscribe".to_owned(), value)];
        let content = Content::Email { subject, text: "x".into(), html: None, headers };
        let out = outgoing(content, originator, at);
        let ours = String::from_utf8(compose(&out).unwrap().bytes.to_vec()).unwrap();
        prop_assert_eq!(ours.split("Content-Type").next().unwrap(), by_library(&out));
    }

    #[test]
    fn whatever_is_said_arrives_and_keeps_to_ascii_and_short_lines(
        text in "([ -~]|é|€|\t|\n|\r\n|=|\\.|ж){0,400}", html in proptest::option::of("([ -~]|é|\n|=|ж){0,400}"),
    ) {
        let content = Content::Email { subject: "x".into(), text: text.clone(), html: html.clone(), headers: Vec::new() };
        let bytes = compose(&outgoing(content, (*mail().originator).clone(), 0)).unwrap().bytes;
        prop_assert!(bytes.is_ascii() && bytes.ends_with(b"\r\n"));
        for line in bytes.split(|byte| *byte == b'\n') {
            prop_assert!(line.len() <= 100, "{}", String::from_utf8_lossy(line));
            prop_assert!(line.is_empty() || line.ends_with(b"\r"));
        }
        let message = MessageParser::new().parse(&bytes).unwrap();
        let crlf = |text: &str| text.replace("\r\n", "\n").replace('\n', "\r\n");
        let read = |part: Option<std::borrow::Cow<'_, str>>| part.unwrap_or_default().trim_end_matches("\r\n").to_owned();
        prop_assert_eq!(read(message.body_text(0)), crlf(&text).trim_end_matches("\r\n").to_owned());
        if let Some(html) = html {
            prop_assert_eq!(read(message.body_html(0)), crlf(&html).trim_end_matches("\r\n").to_owned());
        }
    }
}
