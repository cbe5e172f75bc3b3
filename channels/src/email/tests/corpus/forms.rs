//! Owns the forms: how each mail system writes a report, around a reason. Our own wording in real
//! shapes, example domains only. Refuses to know what a reason means.

mod parts;
mod providers;
mod servers;

use super::super::super::reply::Stage;
use providers::{
    amazon, dutch, exchange_online, forwarded, french, gmx, google, google_words, japanese,
    mail_ru, plain_fields, t_online, yahoo, zoho,
};
use servers::{
    behind_gateway, courier, domino, exchange, exim, groupwise, imail, mdaemon, postfix, qmail,
    sendmail,
};

/// Why a message did not arrive, as the remote system said it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reason {
    /// Status of the report, empty where there is none.
    pub(super) status: &'static str,
    /// What the remote system said, its code first.
    pub(super) said: &'static str,
    /// What it answered.
    pub(super) stage: Stage,
}

/// How one mail system reports.
pub(super) struct Form {
    pub(super) system: &'static str,
    /// The mail: our return path, our headers, the reason.
    pub(super) write: fn(&str, &str, &Reason) -> String,
    /// It tells at which point of the dialogue it was refused.
    pub(super) tells_stage: bool,
    /// It tells the status, not only the words.
    pub(super) tells_status: bool,
}

/// Every form.
pub(super) const FORMS: &[Form] = &[
    Form {
        system: "postfix",
        write: postfix,
        tells_stage: true,
        tells_status: true,
    },
    Form {
        system: "postfix behind a gateway's disclaimer",
        write: behind_gateway,
        tells_stage: true,
        tells_status: true,
    },
    Form {
        system: "sendmail",
        write: sendmail,
        tells_stage: true,
        tells_status: true,
    },
    Form {
        system: "exim",
        write: exim,
        tells_stage: true,
        tells_status: false,
    },
    Form {
        system: "qmail",
        write: qmail,
        tells_stage: false,
        tells_status: false,
    },
    Form {
        system: "courier",
        write: courier,
        tells_stage: true,
        tells_status: true,
    },
    Form {
        system: "google",
        write: google,
        tells_stage: false,
        tells_status: true,
    },
    Form {
        system: "google, in words",
        write: google_words,
        tells_stage: false,
        tells_status: false,
    },
    Form {
        system: "yahoo",
        write: yahoo,
        tells_stage: false,
        tells_status: false,
    },
    Form {
        system: "exchange",
        write: exchange,
        tells_stage: false,
        tells_status: true,
    },
    Form {
        system: "exchange online, html",
        write: exchange_online,
        tells_stage: false,
        tells_status: true,
    },
    Form {
        system: "domino",
        write: domino,
        tells_stage: false,
        tells_status: true,
    },
    Form {
        system: "amazon",
        write: amazon,
        tells_stage: false,
        tells_status: true,
    },
    Form {
        system: "mdaemon",
        write: mdaemon,
        tells_stage: true,
        tells_status: false,
    },
    Form {
        system: "imail",
        write: imail,
        tells_stage: false,
        tells_status: false,
    },
    Form {
        system: "groupwise",
        write: groupwise,
        tells_stage: false,
        tells_status: true,
    },
    Form {
        system: "zoho",
        write: zoho,
        tells_stage: false,
        tells_status: true,
    },
    Form {
        system: "gmx and web.de",
        write: gmx,
        tells_stage: false,
        tells_status: false,
    },
    Form {
        system: "t-online",
        write: t_online,
        tells_stage: false,
        tells_status: false,
    },
    Form {
        system: "a Dutch provider",
        write: dutch,
        tells_stage: false,
        tells_status: false,
    },
    Form {
        system: "mail.ru, base64",
        write: mail_ru,
        tells_stage: false,
        tells_status: false,
    },
    Form {
        system: "a Japanese provider, base64 fields",
        write: japanese,
        tells_stage: false,
        tells_status: true,
    },
    Form {
        system: "a French provider",
        write: french,
        tells_stage: false,
        tells_status: true,
    },
    Form {
        system: "fields in plain text",
        write: plain_fields,
        tells_stage: false,
        tells_status: true,
    },
    Form {
        system: "forwarded whole",
        write: forwarded,
        tells_stage: true,
        tells_status: true,
    },
];
