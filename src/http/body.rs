//! Owns the reading of bodies: how much is taken, under which media types, and the reading of small
//! JSON that needs no words of its own. A byte order mark at the beginning is passed over: Windows
//! writes it, and it means nothing. Refuses a type that the address does not take, and unknown keys
//! by the types it reads into.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{FromRequest, FromRequestParts, Request};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body;
use serde::de::DeserializeOwned;

use super::problem::{Problem, Wanted};
use super::receipt_path::most_of_a_mail;
use crate::app::App;
use crate::intake::tenant_list::{Charset, Format, JSON_LINES, List};
use crate::intake::{FieldProblem, Node, ProblemCode};

/// U+FEFF in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// Whatever it is.
const BYTES: &str = "application/octet-stream";
/// What `curl -d` says of anything.
const FORM: &str = "application/x-www-form-urlencoded";
/// What says that it is a mail, or nothing.
const MAIL: [&str; 5] = [
    "message/rfc822",
    "message/global",
    "text/plain",
    BYTES,
    FORM,
];

/// Most bytes of a body of this route.
#[derive(Clone, Copy, Debug)]
pub(super) struct MostBytes(pub(super) usize);

/// What a body is said to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// One of the types that the address takes, or nothing where nothing will do.
    Right,
    /// A form: see [`FORM`].
    Form,
}

impl Said {
    /// JSON: `application/json`, or nothing, or what `curl -d` says.
    ///
    /// # Errors
    /// 415.
    pub(super) fn json(headers: &HeaderMap) -> Result<Self, Problem> {
        Self::of(headers, Wanted::Json, |media| {
            matches!(media, "" | "application/json") || media.ends_with("+json")
        })
    }

    /// NDJSON, also as bytes or as nothing.
    fn lines(headers: &HeaderMap) -> Result<Self, Problem> {
        Self::of(headers, Wanted::Lines, |media| {
            matches!(media, "" | BYTES) || JSON_LINES.contains(&media)
        })
    }

    fn of(
        headers: &HeaderMap,
        wanted: Wanted,
        right: impl Fn(&str) -> bool,
    ) -> Result<Self, Problem> {
        // As nearly everybody writes it.
        if headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|said| said.as_bytes() == wanted.name().as_bytes())
        {
            return Ok(Self::Right);
        }
        let said = media_type(headers);
        match said.as_str() {
            media if right(media) => Ok(Self::Right),
            // A browser makes other sites' pages send forms, and says so: no page may speak for
            // whoever runs it.
            FORM if !headers.contains_key(header::ORIGIN) => Ok(Self::Form),
            _ => Err(wrong_type(&said, wanted)),
        }
    }

    /// The body without its byte order mark.
    ///
    /// # Errors
    /// 415: it is said to be a form, and is none of JSON.
    pub(super) fn take(self, body: Bytes, wanted: Wanted) -> Result<Bytes, Problem> {
        let body = without_mark(body);
        match self {
            Self::Form if !matches!(body.trim_ascii_start().first(), None | Some(b'{' | b'[')) => {
                Err(wrong_type(FORM, wanted))
            }
            Self::Right | Self::Form => Ok(body),
        }
    }
}

fn without_mark(mut body: Bytes) -> Bytes {
    if body.starts_with(BYTE_ORDER_MARK) {
        drop(body.split_to(BYTE_ORDER_MARK.len()));
    }
    body
}

/// A line without its byte order mark: one file behind another has it in the middle.
pub(super) fn line_without_mark(line: &[u8]) -> &[u8] {
    line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line)
}

/// The media type in lower case, without parameters; empty when none is said.
fn media_type(headers: &HeaderMap) -> String {
    let Some(said) = headers.get(header::CONTENT_TYPE) else {
        return String::new();
    };
    let said = said
        .to_str()
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    // Said, but nothing: that is not what is meant by leaving it out.
    if said.is_empty() {
        "?".to_owned()
    } else {
        said.to_ascii_lowercase()
    }
}

/// The encoding that the type names (RFC 9110, 8.3.2).
///
/// # Errors
/// 415: there is no such encoding.
fn charset(headers: &HeaderMap) -> Result<Option<Charset>, Problem> {
    let said = headers.get(header::CONTENT_TYPE);
    let said = said.and_then(|said| said.to_str().ok()).unwrap_or_default();
    let parameters = said.split(';').skip(1);
    let named = parameters.filter_map(|parameter| parameter.split_once('='));
    let name = named
        .filter(|(key, _)| key.trim().eq_ignore_ascii_case("charset"))
        .map(|(_, name)| name.trim().trim_matches('"'))
        .next();
    let Some(name) = name else {
        return Ok(None);
    };
    let known = Charset::named(name).map(Some);
    known.ok_or_else(|| {
        let name: String = name.chars().take(80).collect();
        let expected = Charset::EXAMPLES;
        let detail = format!("charset {name:?}: expected {expected}");
        Problem::unsupported(Wanted::List, "wrong_type", detail)
    })
}

fn wrong_type(said: &str, wanted: Wanted) -> Problem {
    let said: String = said.chars().take(80).collect();
    let hint = if said == FORM {
        "; with curl: -H 'Content-Type: …' or --json"
    } else {
        ""
    };
    let detail = format!("Content-Type {said:?}: expected {}{hint}", wanted.name());
    Problem::unsupported(wanted, "wrong_type", detail)
}

/// The whole of a body, at most so many bytes. One that says beforehand that it is longer is not
/// begun.
///
/// # Errors
/// 413, or 400 when it breaks off.
pub(super) async fn whole<B>(body: B, most: usize) -> Result<Bytes, Problem>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    if body.size_hint().lower() > most as u64 {
        return Err(Problem::too_large());
    }
    let read = Limited::new(body, most).collect().await;
    read.map(http_body_util::Collected::to_bytes)
        .map_err(|error| {
            if error.is::<LengthLimitError>() {
                Problem::too_large()
            } else {
                Problem::bad_request()
            }
        })
}

/// The beginning of a body, at most so many bytes. What comes behind is not asked for.
///
/// # Errors
/// 400 when it breaks off.
pub(super) async fn beginning<B>(body: B, most: usize) -> Result<Bytes, Problem>
where
    B: Body<Data = Bytes>,
{
    let mut body = std::pin::pin!(body);
    let mut taken = BytesMut::new();
    while taken.len() < most
        && let Some(frame) = body.frame().await
    {
        let frame = frame.map_err(|_| Problem::bad_request())?;
        if let Some(data) = frame.data_ref() {
            taken.extend_from_slice(&data[..data.len().min(most - taken.len())]);
        }
    }
    Ok(taken.freeze())
}

async fn read(request: Request, app: &Arc<App>) -> Result<Bytes, Problem> {
    let (mut parts, body) = request.into_parts();
    let most = Extension::<MostBytes>::from_request_parts(&mut parts, app).await;
    let most = most.map_or(app.limits.body, |Extension(MostBytes(most))| most);
    whole(body, most).await
}

/// A body of JSON.
pub(super) struct JsonBody(pub(super) Bytes);

/// A body of JSON, a value a line.
pub(super) struct LinesBody(pub(super) Bytes);

/// A tenant list, with what is said of it.
pub(super) struct ListBody {
    /// None: bytes, and nothing more.
    format: Option<Format>,
    charset: Option<Charset>,
    bytes: Bytes,
}

impl ListBody {
    /// Its text, as far as it can be read.
    pub(super) fn open(&self) -> List<'_> {
        List::open(&self.bytes, self.format, self.charset)
    }
}

/// A body of any type, as it is, with what it is said to be.
pub(super) struct AnyBody {
    media: String,
    pub(super) bytes: Bytes,
}

impl FromRequest<Arc<App>> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        let said = Said::json(request.headers())?;
        said.take(read(request, app).await?, Wanted::Json).map(Self)
    }
}

impl FromRequest<Arc<App>> for LinesBody {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        let said = Said::lines(request.headers())?;
        said.take(read(request, app).await?, Wanted::Lines)
            .map(Self)
    }
}

impl FromRequest<Arc<App>> for ListBody {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        let said = media_type(request.headers());
        let format = Format::of_media_type(&said);
        if format.is_none() && said != BYTES {
            return Err(wrong_type(&said, Wanted::List));
        }
        let charset = charset(request.headers())?;
        let bytes = read(request, app).await?;
        Ok(Self {
            format,
            charset,
            bytes,
        })
    }
}

impl FromRequest<Arc<App>> for AnyBody {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        let media = media_type(request.headers());
        let bytes = match most_of_a_mail(app, request.uri().path()) {
            Some(most) => beginning(request.into_body(), most).await?,
            None => read(request, app).await?,
        };
        Ok(Self { media, bytes })
    }
}

impl AnyBody {
    /// Refuses what is said to be something else than a mail.
    ///
    /// # Errors
    /// 415: the services that take mail in post forms with parts; what counts here is the mail
    /// itself.
    pub(super) fn is_mail(&self) -> Result<(), Problem> {
        let right = self.media.is_empty() || MAIL.contains(&self.media.as_str());
        if right {
            Ok(())
        } else {
            Err(wrong_type(&self.media, Wanted::Mail))
        }
    }
}

/// Reads a body into a struct of plain values: one struct within another would be read from a list
/// as well.
///
/// # Errors
/// What the parser says, with its place.
pub(super) fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let wrong =
        |code| FieldProblem::new("body", code, "a JSON object as /openapi.json describes it");
    // serde would read a struct from a list, too, place by place, and name ours in what it says.
    if bytes.trim_ascii_start().first() != Some(&b'{')
        && let Ok(value) = Node::parse(bytes, "body")
    {
        return Err(Problem::invalid(vec![
            wrong(ProblemCode::WrongType).value(value.kind()),
        ]));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let code = if error.is_data() {
            ProblemCode::WrongType
        } else {
            ProblemCode::NotJson
        };
        Problem::invalid(vec![wrong(code).hint(error.to_string())])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> HeaderMap {
        let value = (!text.is_empty()).then(|| (header::CONTENT_TYPE, text.parse().unwrap()));
        value.into_iter().collect()
    }

    #[test]
    fn a_body_that_is_no_object_is_called_by_its_kind_and_names_nothing_of_ours() {
        #[derive(Debug, serde::Deserialize)]
        struct Scope {
            #[expect(dead_code, reason = "only its name may not be seen")]
            flow: Option<String>,
        }
        let refused = |text: &str| {
            let problem = json::<Scope>(text.as_bytes()).unwrap_err();
            serde_json::to_string(&problem).expect("a problem")
        };
        for (text, kind) in [
            ("null", "null"),
            ("[]", "a list"),
            (" 7", "a whole number"),
            ("\"storno\"", "a text"),
        ] {
            let told = refused(text);
            assert!(told.contains(&format!("\"value\":\"{kind}\"")), "{told}");
            assert!(!told.contains("struct"), "{told}");
        }
        assert!(refused("nope").contains("not_json"));
    }

    #[test]
    fn json_is_what_is_said_to_be_json_or_nothing() {
        for text in [
            "",
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/problem+json",
        ] {
            assert_eq!(Said::json(&said(text)).unwrap(), Said::Right, "{text}");
        }
        for text in [
            "text/plain",
            "application/xml",
            "multipart/form-data; boundary=x",
            "application/x-ndjson",
            "\u{2603}",
            ";",
        ] {
            let wrong = Said::json(&said(text)).map(|_| ()).unwrap_err();
            assert_eq!(wrong.code, "wrong_type", "{text}");
        }
    }

    #[test]
    fn what_curl_says_is_json_when_it_looks_like_it_and_no_browser_says_it() {
        let form = said(FORM);
        let take =
            |body: &'static [u8]| Said::json(&form)?.take(Bytes::from_static(body), Wanted::Json);
        assert_eq!(&*take(b"\xef\xbb\xbf {}").unwrap(), b" {}");
        assert_eq!(
            take(b"tenant_id=H-1&flow=notice").unwrap_err().code,
            "wrong_type"
        );
        let mut browser = form.clone();
        browser.insert(header::ORIGIN, "https://elsewhere.example".parse().unwrap());
        assert!(Said::json(&browser).is_err());
    }

    #[tokio::test]
    async fn a_body_that_says_it_is_too_long_is_not_begun() {
        let body = || http_body_util::Full::new(Bytes::from_static(b"12345"));
        assert_eq!(whole(body(), 4).await.unwrap_err().code, "too_large");
        assert_eq!(&*whole(body(), 5).await.unwrap(), b"12345");
        assert_eq!(&*beginning(body(), 4).await.unwrap(), b"1234");
        assert_eq!(&*beginning(body(), 9).await.unwrap(), b"12345");
    }
}
