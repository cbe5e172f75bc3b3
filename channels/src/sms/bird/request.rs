//! Owns the request to Bird: `POST {base}/messages` (developers.messagebird.com, SMS messaging,
//! "Send outbound SMS"; field names as in messagebird/go-rest-api `sms/message.go`). Refuses a
//! message over the configured length.

use std::borrow::Cow;

use bytes::Bytes;
use http::Request;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use http_body_util::Full;
use serde::Serialize;
use sluis_model::Why;

use crate::outgoing::{Content, Outgoing};
use crate::sms::gsm::{self, Encoding};
use crate::sms::originator::ORIGINATOR;

/// Code of the reason when a text has too many segments.
pub(super) const SEGMENTS: &str = "segments";

/// What a request needs beside the message.
pub(super) struct Account {
    /// Path of `{base}/messages`.
    pub(super) messages: http::Uri,
    /// Host, and port unless it is the scheme's own (RFC 9110 7.2).
    pub(super) host: HeaderValue,
    /// The name in the callback's address.
    pub(super) provider: String,
    /// What the account sends under, instead of the corporation's own.
    pub(super) originator: Option<String>,
    pub(super) max_segments: usize,
    pub(super) transliterate: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    originator: &'a str,
    recipients: [&'a str; 1],
    body: &'a str,
    /// Comes back in every callback.
    reference: &'a str,
    r#type: &'static str,
    /// Bird's word is in lower case throughout.
    #[serde(rename = "datacoding")]
    data_coding: &'static str,
    report_url: String,
}

impl Account {
    /// Whether a message is one text, of no more segments than are taken.
    pub(super) fn fits(&self, outgoing: &Outgoing) -> Result<(), Why> {
        let text = self.text(outgoing)?;
        if text.trim().is_empty() {
            return Err(Why::new("render", "the text is empty"));
        }
        let count = gsm::count(&text).count;
        if count > self.max_segments {
            let text = format!("{count} segments, at most {}", self.max_segments);
            return Err(Why::new(SEGMENTS, &text));
        }
        Ok(())
    }

    /// The text as it is sent.
    fn text<'a>(&self, outgoing: &'a Outgoing) -> Result<Cow<'a, str>, Why> {
        match &outgoing.content {
            Content::Text(text) if self.transliterate => Ok(Cow::Owned(gsm::transliterate(text))),
            Content::Text(text) => Ok(Cow::Borrowed(text)),
            Content::Email { .. } | Content::Null => {
                Err(Why::new("render", "the content is not a text message"))
            }
        }
    }

    /// What the recipient sees as the sender.
    fn originator<'a>(&'a self, outgoing: &'a Outgoing) -> Result<&'a str, Why> {
        let own = self.originator.as_deref();
        own.or_else(|| outgoing.originator.shown(ORIGINATOR))
            .ok_or_else(|| Why::new("render", "the corporation has no sms_originator"))
    }
}

/// The body of the request for a message that fits, or what in it is wrong (ours).
pub(super) fn body(account: &Account, outgoing: &Outgoing) -> Result<Bytes, Why> {
    let text = account.text(outgoing)?;
    let message = Message {
        originator: account.originator(outgoing)?,
        // Bird wants E.164 without the plus.
        recipients: [outgoing.to.trim_start_matches('+')],
        body: &text,
        reference: &outgoing.reference,
        r#type: "sms",
        data_coding: match gsm::encoding_of(&text) {
            Encoding::Gsm7 => "plain",
            Encoding::Ucs2 => "unicode",
        },
        report_url: format!(
            "{}/v1/receipts/{}",
            outgoing.originator.public_url.trim_end_matches('/'),
            account.provider
        ),
    };
    let body = serde_json::to_vec(&message).map_err(|e| Why::new("render", &e.to_string()))?;
    Ok(body.into())
}

/// The request with this body.
pub(super) fn compose(
    account: &Account,
    authorization: &HeaderValue,
    body: Bytes,
) -> Result<Request<Full<Bytes>>, Why> {
    let fixed = HeaderValue::from_static;
    Request::post(account.messages.clone())
        .header(HOST, account.host.clone())
        .header(AUTHORIZATION, authorization.clone())
        .header(CONTENT_TYPE, fixed("application/json"))
        .header(ACCEPT, fixed("application/json"))
        .header(
            USER_AGENT,
            fixed(concat!("sluis/", env!("CARGO_PKG_VERSION"))),
        )
        .body(Full::new(body))
        .map_err(|e| Why::new("render", &e.to_string()))
}
