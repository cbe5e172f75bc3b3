//! Owns what a mail shows of whoever sends it, and where its bounces go.

use sluis_model::Why;

use crate::address::mailbox;
use crate::checks::is_domain;
use crate::originator::{Originator, OriginatorKey};

const FROM: &str = "email_from";
const NAME: &str = "email_name";
const REPLY_TO: &str = "reply_to";
const BOUNCE_DOMAIN: &str = "bounce_domain";

/// The keys of `[corporation.sender]` that mails need.
pub(super) const KEYS: &[OriginatorKey] = &[
    OriginatorKey {
        name: FROM,
        is_required: true,
        check: check_mailbox,
    },
    OriginatorKey {
        name: NAME,
        is_required: false,
        check: check_name,
    },
    OriginatorKey {
        name: REPLY_TO,
        is_required: false,
        check: check_mailbox,
    },
    OriginatorKey {
        name: BOUNCE_DOMAIN,
        is_required: true,
        check: check_bounce_domain,
    },
];

/// Who a mail comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct MailFrom<'a> {
    /// `From`.
    pub(super) from: &'a str,
    /// Display name beside it.
    pub(super) name: Option<&'a str>,
    /// Where a tenant's reply goes; without it, to `from`.
    pub(super) reply_to: Option<&'a str>,
    /// Domain of the return path `b+<reference>@<bounce domain>` and of the `Message-ID`.
    pub(super) bounce_domain: &'a str,
}

impl<'a> MailFrom<'a> {
    /// As the corporation's section says.
    pub(super) fn of(originator: &'a Originator) -> Result<Self, Why> {
        let given = |key| originator.shown(key);
        let missing = |key: &str| Why::new("render", &format!("the corporation has no {key}"));
        Ok(Self {
            from: given(FROM).ok_or_else(|| missing(FROM))?,
            name: given(NAME),
            reply_to: given(REPLY_TO),
            bounce_domain: given(BOUNCE_DOMAIN).ok_or_else(|| missing(BOUNCE_DOMAIN))?,
        })
    }
}

/// What is wrong with a mailbox.
pub(super) fn check_mailbox(value: &str) -> Option<(&'static str, String)> {
    let wrong = mailbox(value).err()?;
    Some(("an e-mail address", wrong.to_string()))
}

fn check_name(value: &str) -> Option<(&'static str, String)> {
    let is_line = !value.chars().any(char::is_control);
    (!is_line).then(|| ("one line of text", "remove them".to_owned()))
}

fn check_bounce_domain(value: &str) -> Option<(&'static str, String)> {
    let hint = "its MX must lead to the mailbox that posts to /v1/receipts/email";
    (!is_domain(value)).then(|| ("a domain name", hint.to_owned()))
}
