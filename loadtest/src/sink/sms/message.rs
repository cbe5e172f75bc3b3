//! The request and answer bodies of `POST /messages`. Pure: bytes in, a checked request or an API
//! error out. Refuses what the provider refuses; unknown fields are ignored, as there.

use hyper::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const MAX_RECIPIENTS: usize = 50;
const MAX_REFERENCE: usize = 128;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    #[serde(default)]
    originator: Option<Value>,
    #[serde(default)]
    recipients: Option<Value>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    reference: Option<String>,
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    validity: Option<u32>,
    #[serde(default)]
    datacoding: Option<String>,
    #[serde(default)]
    report_url: Option<String>,
}

/// A request that passed every check.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parsed {
    pub(super) originator: String,
    /// Digits only, with country code.
    pub(super) recipients: Vec<String>,
    pub(super) body: String,
    pub(super) reference: String,
    pub(super) report_url: Option<String>,
    kind: String,
    validity: Option<u32>,
    datacoding: String,
}

/// `{"errors":[{code,description,parameter}]}` with its HTTP status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct ApiError {
    #[serde(skip)]
    pub(super) status: StatusCode,
    #[serde(skip)]
    pub(super) retry_after_s: Option<u64>,
    code: u32,
    description: String,
    parameter: Option<&'static str>,
}

impl ApiError {
    fn new(
        status: StatusCode,
        code: u32,
        description: &str,
        parameter: Option<&'static str>,
    ) -> Self {
        Self {
            status,
            retry_after_s: None,
            code,
            description: description.into(),
            parameter,
        }
    }

    pub(super) fn wrong_key() -> Self {
        let text = "Request not allowed (incorrect access_key)";
        Self::new(StatusCode::UNAUTHORIZED, 2, text, Some("access_key"))
    }

    pub(super) fn no_recipients() -> Self {
        let text = "no (correct) recipients found";
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            9,
            text,
            Some("recipients"),
        )
    }

    fn originator() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            10,
            "originator is invalid",
            Some("originator"),
        )
    }

    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, 20, "not found", None)
    }

    pub(super) fn bad_request(parameter: &'static str, text: &str) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, 21, text, Some(parameter))
    }

    pub(super) fn too_many() -> Self {
        let error = Self::new(StatusCode::TOO_MANY_REQUESTS, 98, "too many requests", None);
        Self {
            retry_after_s: Some(1),
            ..error
        }
    }

    pub(super) fn unavailable() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            99,
            "temporarily unavailable",
            None,
        )
    }

    pub(super) fn body(&self) -> Vec<u8> {
        json!({ "errors": [self] }).to_string().into_bytes()
    }
}

/// Reads and checks a request body.
pub(super) fn parse(body: &[u8]) -> Result<Parsed, ApiError> {
    let request: Request = serde_json::from_slice(body)
        .map_err(|e| ApiError::bad_request("body", &format!("not a message: {e}")))?;
    let text = request.body.filter(|text| !text.is_empty());
    let text = text.ok_or_else(|| ApiError::bad_request("body", "body is required"))?;
    let kind = one_of("type", request.kind, &["sms", "binary", "flash"])?;
    let datacoding = one_of(
        "datacoding",
        request.datacoding,
        &["plain", "unicode", "auto"],
    )?;
    let reference = request.reference.unwrap_or_default();
    if reference.chars().count() > MAX_REFERENCE {
        return Err(ApiError::bad_request(
            "reference",
            "reference is longer than 128 characters",
        ));
    }
    let report_url = request.report_url.filter(|url| !url.is_empty());
    if report_url
        .as_deref()
        .is_some_and(|url| !url.starts_with("http://") && !url.starts_with("https://"))
    {
        return Err(ApiError::bad_request(
            "reportUrl",
            "reportUrl is not an http(s) URL",
        ));
    }
    Ok(Parsed {
        originator: originator(request.originator.as_ref())?,
        recipients: recipients(request.recipients.as_ref())?,
        body: text,
        reference,
        report_url,
        kind,
        validity: request.validity,
        datacoding,
    })
}

fn one_of(
    parameter: &'static str,
    value: Option<String>,
    known: &[&str],
) -> Result<String, ApiError> {
    let value = value.unwrap_or_else(|| known[0].into());
    if known.contains(&value.as_str()) {
        return Ok(value);
    }
    Err(ApiError::bad_request(
        parameter,
        &format!("{parameter} is not one of {}", known.join(", ")),
    ))
}

/// A number of at most 17 digits, or at most 11 letters, digits and spaces.
fn originator(value: Option<&Value>) -> Result<String, ApiError> {
    let text = plain(value.unwrap_or(&Value::Null)).ok_or_else(ApiError::originator)?;
    let digits = text.strip_prefix('+').unwrap_or(&text);
    let number =
        !digits.is_empty() && digits.len() <= 17 && digits.bytes().all(|b| b.is_ascii_digit());
    let name = !text.is_empty()
        && text.len() <= 11
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b' ');
    if number || name {
        Ok(text)
    } else {
        Err(ApiError::originator())
    }
}

/// A list of numbers or strings, or one string with commas.
fn recipients(value: Option<&Value>) -> Result<Vec<String>, ApiError> {
    let given: Vec<String> = match value {
        Some(Value::Array(items)) => items.iter().filter_map(plain).collect(),
        Some(Value::String(list)) => list.split(',').map(|n| n.trim().to_owned()).collect(),
        _ => Vec::new(),
    };
    let numbers: Vec<String> = given.iter().filter_map(|n| msisdn(n)).collect();
    if numbers.is_empty() || numbers.len() != given.len() || numbers.len() > MAX_RECIPIENTS {
        return Err(ApiError::no_recipients());
    }
    Ok(numbers)
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn msisdn(number: &str) -> Option<String> {
    let digits = number.strip_prefix('+').unwrap_or(number);
    let valid = (8..=15).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_digit())
        && !digits.starts_with('0');
    valid.then(|| digits.to_owned())
}

impl Parsed {
    /// The message object of the 201 answer.
    pub(super) fn object(&self, id: &str, public_url: &str, now_ms: i64) -> Vec<u8> {
        let now = rfc3339(now_ms);
        let parts = parts(&self.body, &self.datacoding);
        let item = |to: &String| Item {
            recipient: to.parse().unwrap_or_default(),
            status: "sent",
            status_datetime: &now,
            message_part_count: parts,
        };
        let items: Vec<Item<'_>> = self.recipients.iter().map(item).collect();
        let sent = items.len();
        let object = Object {
            id,
            href: format!("{public_url}/messages/{id}"),
            direction: "mt",
            kind: &self.kind,
            originator: &self.originator,
            body: &self.body,
            reference: (!self.reference.is_empty()).then_some(&self.reference),
            validity: self.validity,
            gateway: 0,
            type_details: Empty {},
            datacoding: &self.datacoding,
            mclass: 1,
            scheduled_datetime: None,
            created_datetime: &now,
            recipients: Recipients {
                total_count: sent,
                total_sent_count: sent,
                total_delivered_count: 0,
                total_delivery_failed_count: 0,
                items,
            },
        };
        // Plain strings and numbers.
        serde_json::to_vec(&object).unwrap_or_default()
    }
}

/// The message object, field for field as the provider's documentation has it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Object<'a> {
    id: &'a str,
    href: String,
    direction: &'static str,
    #[serde(rename = "type")]
    kind: &'a str,
    originator: &'a str,
    body: &'a str,
    reference: Option<&'a String>,
    validity: Option<u32>,
    gateway: u32,
    type_details: Empty,
    datacoding: &'a str,
    mclass: u32,
    scheduled_datetime: Option<&'a str>,
    created_datetime: &'a str,
    recipients: Recipients<'a>,
}

/// `{}`.
#[derive(Serialize)]
struct Empty {}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Recipients<'a> {
    total_count: usize,
    total_sent_count: usize,
    total_delivered_count: usize,
    total_delivery_failed_count: usize,
    items: Vec<Item<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    recipient: u64,
    status: &'static str,
    status_datetime: &'a str,
    message_part_count: usize,
}

/// A rough count, enough for an answer: the engine's own counting is not to lean on its provider's.
fn parts(body: &str, datacoding: &str) -> usize {
    let unicode = datacoding == "unicode" || (datacoding == "auto" && !body.is_ascii());
    let (units, single, multi) = if unicode {
        (body.encode_utf16().count(), 70, 67)
    } else {
        (body.chars().count(), 160, 153)
    };
    if units <= single {
        1
    } else {
        units.div_ceil(multi)
    }
}

/// `2016-05-03T08:58:10+00:00`, as the provider writes it.
pub(super) fn rfc3339(at_ms: i64) -> String {
    let at = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    at.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(patch: &Value) -> Result<Parsed, ApiError> {
        let mut request =
            json!({ "originator": "Sluis", "recipients": ["31612345678"], "body": "Hallo" });
        for (key, value) in patch.as_object().unwrap() {
            request[key] = value.clone();
        }
        parse(request.to_string().as_bytes())
    }

    #[test]
    fn numbers_may_be_strings_numbers_or_a_list() {
        let expected = ["31612345678", "31687654321"];
        for value in [
            json!(["+31612345678", 31_687_654_321_u64]),
            json!("31612345678,31687654321"),
        ] {
            assert_eq!(
                with(&json!({ "recipients": value })).unwrap().recipients,
                expected
            );
        }
    }

    #[test]
    fn refusals_carry_the_providers_codes() {
        let cases = [
            (json!({ "recipients": [] }), 9),
            (json!({ "recipients": ["0612345678"] }), 9),
            (json!({ "recipients": ["31612345678", "x"] }), 9),
            (json!({ "originator": "TwelveLetters" }), 10),
            (json!({ "originator": null }), 10),
            (json!({ "body": "" }), 21),
            (json!({ "datacoding": "gsm" }), 21),
            (json!({ "reference": "r".repeat(129) }), 21),
            (json!({ "reportUrl": "ftp://x" }), 21),
            (json!({ "validity": "long" }), 21),
        ];
        for (patch, code) in cases {
            assert_eq!(with(&patch).unwrap_err().code, code, "{patch}");
        }
        assert_eq!(parse(b"{").unwrap_err().code, 21);
        let body: Value = serde_json::from_slice(&ApiError::wrong_key().body()).unwrap();
        let expected = json!({"errors":[{"code":2,"description":"Request not allowed (incorrect access_key)","parameter":"access_key"}]});
        assert_eq!(body, expected);
    }

    #[test]
    fn the_answer_has_the_providers_shape() {
        let parsed =
            with(&json!({ "reference": "t1", "datacoding": "unicode", "body": "ë".repeat(71) }))
                .unwrap();
        let object: Value = serde_json::from_slice(&parsed.object("abc", "https://p", 0)).unwrap();
        assert_eq!(object["href"], "https://p/messages/abc");
        assert_eq!(
            (&object["type"], &object["typeDetails"]),
            (&json!("sms"), &json!({}))
        );
        assert_eq!(
            (
                &object["reference"],
                &object["validity"],
                &object["scheduledDatetime"]
            ),
            (&json!("t1"), &json!(null), &json!(null))
        );
        assert_eq!(object["recipients"]["totalSentCount"], 1);
        assert_eq!(
            object["recipients"]["items"][0],
            json!({ "recipient": 31_612_345_678_u64, "status": "sent", "statusDatetime": "1970-01-01T00:00:00+00:00", "messagePartCount": 2 })
        );
    }
}
