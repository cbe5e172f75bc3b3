//! The provider's delivery reports: which come for a verdict, and the call each makes. Owns the
//! parameters and their order (the URL is signed); refuses to make the call (see `world`).
//!
//! The provider calls the report URL with GET and the report in the query: `id, reference,
//! recipient, status, statusReason, statusErrorCode (failures only), statusDatetime`, then `mccmnc`
//! and `ported`. The POST variant carries the same parameters as a form, so that the signature's
//! `payload_hash` gets used too.

use std::fmt::Write as _;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::super::{CallbackMethod, LaterEvent, SmsCallback, Verdict};
use super::message::rfc3339;

/// One report about one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Report {
    status: &'static str,
    reason: &'static str,
    error_code: Option<u32>,
    /// After the verdict's own delay.
    pub(super) after_ms: i64,
}

const DELIVERED: Report = Report {
    status: "delivered",
    reason: "successfully delivered",
    error_code: None,
    after_ms: 0,
};
const SENT_LATE: Report = Report {
    status: "sent",
    reason: "pending DLR",
    error_code: None,
    after_ms: 1_000,
};
const FAILED: Report = Report {
    status: "delivery_failed",
    reason: "unknown subscriber",
    error_code: Some(1),
    after_ms: 0,
};
const EXPIRED: Report = Report {
    status: "expired",
    reason: "expired",
    error_code: None,
    after_ms: 0,
};

/// The reports that follow a taken message.
pub(super) fn reports(verdict: Verdict) -> &'static [Report] {
    match verdict {
        Verdict::Accept | Verdict::InDoubt => &[DELIVERED],
        Verdict::LateFail => &[FAILED],
        Verdict::Expire => &[EXPIRED],
        Verdict::Scrambled => &[DELIVERED, DELIVERED, SENT_LATE],
        Verdict::Silent
        | Verdict::Refuse
        | Verdict::TempFail
        | Verdict::Throttled
        | Verdict::InDoubtLost => &[],
    }
}

/// What a report is about.
pub(super) struct Call<'a> {
    pub(super) url: &'a str,
    pub(super) id: &'a str,
    pub(super) reference: &'a str,
    pub(super) recipient: &'a str,
    pub(super) at_ms: i64,
}

impl Call<'_> {
    pub(super) fn event(
        &self,
        report: &Report,
        method: CallbackMethod,
        key: Option<Arc<[u8]>>,
    ) -> LaterEvent {
        let parameters = self.parameters(report);
        let (url, body) = match method {
            CallbackMethod::Get => {
                let joint = if self.url.contains('?') { '&' } else { '?' };
                (format!("{}{joint}{parameters}", self.url), Vec::new())
            }
            CallbackMethod::Post => (self.url.to_owned(), parameters.into_bytes()),
        };
        let jti = unique_id(&[url.as_bytes(), &body, &self.at_ms.to_le_bytes()]);
        LaterEvent::SmsCallback(SmsCallback {
            method,
            url,
            body,
            jti,
            signing_key: key,
        })
    }

    fn parameters(&self, report: &Report) -> String {
        let mut text = String::with_capacity(256);
        let at = rfc3339(self.at_ms);
        let code = report.error_code.map(|code| code.to_string());
        let pairs = [
            ("id", Some(self.id)),
            ("reference", Some(self.reference)),
            ("recipient", Some(self.recipient)),
            ("status", Some(report.status)),
            ("statusReason", Some(report.reason)),
            ("statusErrorCode", code.as_deref()),
            ("statusDatetime", Some(at.as_str())),
            ("mccmnc", Some("20408")),
            ("ported", Some("0")),
        ];
        for (name, value) in pairs
            .iter()
            .filter_map(|(name, value)| value.map(|value| (name, value)))
        {
            let joint = if text.is_empty() { "" } else { "&" };
            let _ = write!(text, "{joint}{name}=");
            percent_encode(value, &mut text);
        }
        text
    }
}

fn percent_encode(value: &str, out: &mut String) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

/// 32 hex digits from the parts, the shape of the provider's ids.
pub(super) fn unique_id(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    HEXLOWER.encode(&hash.finalize()[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(url: &str, report: &Report, method: CallbackMethod) -> SmsCallback {
        let call = Call {
            url,
            id: "e8",
            reference: "a+b/c",
            recipient: "31612345678",
            at_ms: 1_462_265_890_000,
        };
        let LaterEvent::SmsCallback(callback) =
            call.event(report, method, Some(Arc::from(b"key".as_slice())))
        else {
            panic!("not a callback")
        };
        callback
    }

    #[test]
    fn get_puts_the_report_in_the_query() {
        let got = event("http://x/r?c=1", &DELIVERED, CallbackMethod::Get);
        assert_eq!(
            got.url,
            "http://x/r?c=1&id=e8&reference=a%2Bb%2Fc&recipient=31612345678&status=delivered&statusReason=successfully%20delivered&statusDatetime=2016-05-03T08%3A58%3A10%2B00%3A00&mccmnc=20408&ported=0"
        );
        assert!(got.body.is_empty());
        let headers = got.headers(0);
        assert_eq!(headers.len(), 1);
        assert_eq!(headers[0].0, "MessageBird-Signature-JWT");
    }

    #[test]
    fn post_puts_it_in_the_body_and_failures_have_a_code() {
        let got = event("http://x/r", &FAILED, CallbackMethod::Post);
        assert_eq!(got.url, "http://x/r");
        let body = String::from_utf8(got.body.clone()).unwrap();
        assert!(
            body.contains(
                "&status=delivery_failed&statusReason=unknown%20subscriber&statusErrorCode=1&"
            ),
            "{body}"
        );
        assert_eq!(got.headers(0).len(), 2);
    }

    #[test]
    fn silence_and_refusals_report_nothing() {
        assert!(reports(Verdict::Silent).is_empty() && reports(Verdict::Refuse).is_empty());
        assert_eq!(reports(Verdict::Scrambled).len(), 3);
    }
}
