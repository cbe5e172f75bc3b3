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

/// What a request needs beside the message.
pub(super) struct Account {
    /// Path of `{base}/messages`.
    pub(super) messages: http::Uri,
    /// Host, and port unless it is the scheme's own (RFC 9110 7.2).
    pub(super) host: HeaderValue,
    /// `AccessKey …`, marked sensitive.
    pub(super) authorization: HeaderValue,
    /// The name in the callback's address.
    pub(super) provider: String,
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

/// The request, or what in the message is wrong (ours).
pub(super) fn compose(account: &Account, outgoing: &Outgoing) -> Result<Request<Full<Bytes>>, Why> {
    let Content::Text(text) = &outgoing.content else {
        return Err(Why::new("render", "the content is not a text message"));
    };
    let text = if account.transliterate {
        Cow::Owned(gsm::transliterate(text))
    } else {
        Cow::Borrowed(text.as_str())
    };
    let segments = gsm::count(&text);
    if text.trim().is_empty() {
        return Err(Why::new("render", "the text is empty"));
    }
    if segments.count > account.max_segments {
        let text = format!(
            "{} segments, at most {}",
            segments.count, account.max_segments
        );
        return Err(Why::new("segments", &text));
    }
    let message = Message {
        originator: &outgoing.sender.sms_originator,
        // Bird wants E.164 without the plus.
        recipients: [outgoing.to.trim_start_matches('+')],
        body: &text,
        reference: &outgoing.reference,
        r#type: "sms",
        data_coding: match segments.encoding {
            Encoding::Gsm7 => "plain",
            Encoding::Ucs2 => "unicode",
        },
        report_url: format!(
            "{}/v1/receipts/{}",
            outgoing.sender.public_url.trim_end_matches('/'),
            account.provider
        ),
    };
    let body = serde_json::to_vec(&message).map_err(|e| Why::new("render", &e.to_string()))?;
    let fixed = HeaderValue::from_static;
    Request::post(account.messages.clone())
        .header(HOST, account.host.clone())
        .header(AUTHORIZATION, account.authorization.clone())
        .header(CONTENT_TYPE, fixed("application/json"))
        .header(ACCEPT, fixed("application/json"))
        .header(
            USER_AGENT,
            fixed(concat!("sluis/", env!("CARGO_PKG_VERSION"))),
        )
        .body(Full::new(Bytes::from(body)))
        .map_err(|e| Why::new("render", &e.to_string()))
}
