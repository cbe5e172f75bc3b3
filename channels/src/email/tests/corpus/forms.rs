//! Owns the forms: how each mail system writes a report, around a reason. Our own wording in real
//! shapes, example domains only. Refuses to know what a reason means.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::super::reply::Phase;

/// Why a message did not arrive, as the remote system said it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reason {
    /// Status of the report, empty where there is none.
    pub(super) status: &'static str,
    /// What the remote system said, its code first.
    pub(super) said: &'static str,
    /// What it answered.
    pub(super) phase: Phase,
}

/// How one mail system reports.
pub(super) struct Form {
    pub(super) system: &'static str,
    /// The mail: our return path, our headers, the reason.
    pub(super) write: fn(&str, &str, &Reason) -> String,
    /// It tells at which point of the dialogue it was refused.
    pub(super) tells_phase: bool,
    /// It tells the status, not only the words.
    pub(super) tells_status: bool,
}

const WHO: &str = "weg@huurder.example";

/// Every form.
pub(super) const FORMS: &[Form] = &[
    Form {
        system: "postfix",
        write: postfix,
        tells_phase: true,
        tells_status: true,
    },
    Form {
        system: "postfix behind a gateway's disclaimer",
        write: behind_gateway,
        tells_phase: true,
        tells_status: true,
    },
    Form {
        system: "sendmail",
        write: sendmail,
        tells_phase: true,
        tells_status: true,
    },
    Form {
        system: "exim",
        write: exim,
        tells_phase: true,
        tells_status: false,
    },
    Form {
        system: "qmail",
        write: qmail,
        tells_phase: false,
        tells_status: false,
    },
    Form {
        system: "courier",
        write: courier,
        tells_phase: true,
        tells_status: true,
    },
    Form {
        system: "google",
        write: google,
        tells_phase: false,
        tells_status: true,
    },
    Form {
        system: "google, in words",
        write: google_words,
        tells_phase: false,
        tells_status: false,
    },
    Form {
        system: "yahoo",
        write: yahoo,
        tells_phase: false,
        tells_status: false,
    },
    Form {
        system: "exchange",
        write: exchange,
        tells_phase: false,
        tells_status: true,
    },
    Form {
        system: "exchange online, html",
        write: exchange_online,
        tells_phase: false,
        tells_status: true,
    },
    Form {
        system: "domino",
        write: domino,
        tells_phase: false,
        tells_status: true,
    },
    Form {
        system: "amazon",
        write: amazon,
        tells_phase: false,
        tells_status: true,
    },
    Form {
        system: "mdaemon",
        write: mdaemon,
        tells_phase: true,
        tells_status: false,
    },
    Form {
        system: "imail",
        write: imail,
        tells_phase: false,
        tells_status: false,
    },
    Form {
        system: "groupwise",
        write: groupwise,
        tells_phase: false,
        tells_status: true,
    },
    Form {
        system: "zoho",
        write: zoho,
        tells_phase: false,
        tells_status: true,
    },
    Form {
        system: "gmx and web.de",
        write: gmx,
        tells_phase: false,
        tells_status: false,
    },
    Form {
        system: "t-online",
        write: t_online,
        tells_phase: false,
        tells_status: false,
    },
    Form {
        system: "a Dutch provider",
        write: dutch,
        tells_phase: false,
        tells_status: false,
    },
    Form {
        system: "mail.ru, base64",
        write: mail_ru,
        tells_phase: false,
        tells_status: false,
    },
    Form {
        system: "a Japanese provider, base64 fields",
        write: japanese,
        tells_phase: false,
        tells_status: true,
    },
    Form {
        system: "a French provider",
        write: french,
        tells_phase: false,
        tells_status: true,
    },
    Form {
        system: "fields in plain text",
        write: plain_fields,
        tells_phase: false,
        tells_status: true,
    },
    Form {
        system: "forwarded whole",
        write: forwarded,
        tells_phase: true,
        tells_status: true,
    },
];

fn head(to: &str, from: &str, subject: &str, further: &str) -> String {
    format!(
        "Return-Path: <>\r\nReceived: from relay.example by mx.woon.example for <{to}>; Tue, 3 Nov 2026 10:00:01 +0100\r\n\
         From: {from}\r\nTo: <{to}>\r\nSubject: {subject}\r\nDate: Tue, 3 Nov 2026 10:00:00 +0100\r\nMIME-Version: 1.0\r\n{further}\r\n"
    )
}

fn status_of(reason: &Reason) -> &str {
    if !reason.status.is_empty() {
        return reason.status;
    }
    if reason.said.starts_with('4') {
        "4.0.0"
    } else {
        "5.0.0"
    }
}

fn command(phase: Phase) -> &'static str {
    match phase {
        Phase::Greeting | Phase::Hello | Phase::Auth => "EHLO",
        Phase::Mail => "MAIL FROM",
        Phase::Rcpt => "RCPT TO",
        Phase::Data => "DATA",
        Phase::Body => "end of DATA",
    }
}

/// A `multipart/report` of three parts.
fn report(head: &str, words: &str, about: &str, group: &str, returned: &str) -> String {
    format!(
        "{head}Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"grens/1\"\r\n\r\n\
         This is a MIME-encapsulated message.\r\n\r\n--grens/1\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{words}\r\n\
         --grens/1\r\nContent-Type: message/delivery-status\r\n\r\n{about}\r\n{group}\r\n\
         --grens/1\r\nContent-Type: text/rfc822-headers\r\n\r\n{returned}\r\n--grens/1--\r\n"
    )
}

fn group(reason: &Reason, diagnostic: &str) -> String {
    let status = status_of(reason);
    format!("Final-Recipient: rfc822; {WHO}\r\nAction: failed\r\nStatus: {status}\r\n{diagnostic}")
}

fn smtp(said: &str) -> String {
    format!("Diagnostic-Code: smtp; {said}\r\n")
}

fn postfix(to: &str, ours: &str, reason: &Reason) -> String {
    let said = format!(
        "host mx.huurder.example[192.0.2.3] said: {} (in reply to {} command)",
        reason.said,
        command(reason.phase)
    );
    let words = format!(
        "The mail system at relay.example is sorry to tell you that it had no luck.\r\n\r\n<{WHO}>: {said}\r\n"
    );
    let diagnostic =
        format!("Remote-MTA: dns; mx.huurder.example\r\nDiagnostic-Code: smtp; {said}\r\n");
    let head = head(
        to,
        "MAILER-DAEMON@relay.example (Mail Delivery System)",
        "Undelivered Mail Returned to Sender",
        "Auto-Submitted: auto-replied",
    );
    report(
        &head,
        &words,
        "Reporting-MTA: dns; relay.example\r\nX-Postfix-Queue-ID: 4F1A2B\r\n",
        &group(reason, &diagnostic),
        ours,
    )
}

fn behind_gateway(to: &str, ours: &str, reason: &Reason) -> String {
    let inner = postfix("bounces@relay.example", ours, reason);
    let (_, body) = inner.split_once("\r\n\r\n").expect("a head");
    let kind = "Content-Type: multipart/report; report-type=delivery-status; boundary=\"grens/1\"";
    format!(
        "{}Content-Type: multipart/mixed; boundary=buiten\r\n\r\n--buiten\r\nContent-Type: text/plain\r\n\r\n\
         This mail may be confidential. It was scanned for viruses and spam by the gateway.\r\n\
         --buiten\r\n{kind}\r\n\r\n{body}\r\n--buiten--\r\n",
        head(
            to,
            "postmaster@gateway.example",
            "Undelivered Mail Returned to Sender",
            "X-Gateway: yes"
        )
    )
}

fn sendmail(to: &str, ours: &str, reason: &Reason) -> String {
    let said = reason.said;
    let words = format!(
        "The original message was received at Tue, 3 Nov 2026 09:59:00 +0100\r\nfrom localhost [127.0.0.1]\r\n\r\n\
         \u{20}  ----- The following addresses had permanent fatal errors -----\r\n<{WHO}>\r\n    (reason: {said})\r\n\r\n\
         \u{20}  ----- Transcript of session follows -----\r\n... while talking to mx.huurder.example.:\r\n\
         >>> {} \r\n<<< {said}\r\n",
        match reason.phase {
            Phase::Rcpt => "RCPT To:<weg@huurder.example>",
            Phase::Mail => "MAIL From:<b@woon.example>",
            Phase::Greeting | Phase::Hello | Phase::Auth => "EHLO relay.example",
            Phase::Data | Phase::Body => "DATA (end of data)",
        }
    );
    let diagnostic = smtp(said);
    let head = head(
        to,
        "Mail Delivery Subsystem <MAILER-DAEMON@relay.example>",
        "Returned mail: see transcript for details",
        "Auto-Submitted: auto-generated (failure)",
    );
    report(
        &head,
        &words,
        "Reporting-MTA: dns; relay.example\r\nReceived-From-MTA: DNS; localhost\r\n",
        &group(reason, &diagnostic),
        ours,
    )
}

fn exim(to: &str, ours: &str, reason: &Reason) -> String {
    let phase = match reason.phase {
        Phase::Rcpt => format!("RCPT TO:<{WHO}>"),
        other => command(other).to_owned(),
    };
    format!(
        "{}\r\nThis message was made by the mail software of relay.example.\r\n\r\nA message that you sent could not be delivered to \
         one or more of its recipients. The following address(es) failed:\r\n\r\n  {WHO}\r\n    host mx.huurder.example [192.0.2.3]\r\n\
         \u{20}   SMTP error from remote mail server after {phase}:\r\n    {}\r\n\r\n\
         ------ This is a copy of the message, including all the headers. ------\r\n\r\n{ours}\r\nUw mailbox is full of goede tijding.\r\n",
        head(
            to,
            "Mail Delivery System <Mailer-Daemon@relay.example>",
            "Mail delivery failed: returning message to sender",
            &format!("X-Failed-Recipients: {WHO}\r\nAuto-Submitted: auto-replied")
        ),
        reason.said
    )
}

fn qmail(to: &str, ours: &str, reason: &Reason) -> String {
    format!(
        "{}\r\nHi. This is the program that sends mail at relay.example.\r\nI'm afraid I wasn't able to deliver your message to the address below.\r\n\
         This is a permanent error; I've given up. Sorry it didn't work out.\r\n\r\n<{WHO}>:\r\n192.0.2.3 failed.\r\nRemote host said: {}\r\n\r\n\
         --- Below this line is a copy of the message.\r\n\r\n{ours}\r\n",
        head(
            to,
            "MAILER-DAEMON@relay.example",
            "failure notice",
            "X-Queue: 1"
        ),
        reason.said
    )
}

fn courier(to: &str, ours: &str, reason: &Reason) -> String {
    let command = match reason.phase {
        Phase::Rcpt => "RCPT TO",
        other => command(other),
    };
    let words = format!(
        "This is a delivery status notification from relay.example.\r\n\r\n<{WHO}>:\r\n    mx.huurder.example [192.0.2.3]:\r\n>>> {command}\r\n<<< {}\r\n",
        reason.said
    );
    let diagnostic = smtp(&format!("{} (in reply to {command})", reason.said));
    let head = head(
        to,
        "courier mail server at relay.example <@relay.example>",
        "NOTICE: mail delivery status.",
        "X-Courier: yes",
    );
    report(
        &head,
        &words,
        "Reporting-MTA: dns; relay.example\r\n",
        &group(reason, &diagnostic),
        ours,
    )
}

fn google(to: &str, ours: &str, reason: &Reason) -> String {
    let words = format!(
        "** Address problem **\r\n\r\nYour message to {WHO} was not delivered. The answer of the other server was:\r\n\r\n{}\r\n",
        reason.said
    );
    let head = head(
        to,
        "Mail Delivery Subsystem <mailer-daemon@relay.example>",
        "Delivery Status Notification (Failure)",
        "Auto-Submitted: auto-replied",
    );
    report(
        &head,
        &words,
        "Reporting-MTA: dns; relay.example\r\n",
        &group(reason, &smtp(reason.said)),
        &format!("X-Headers: yes\r\n{ours}"),
    )
}

fn google_words(to: &str, ours: &str, reason: &Reason) -> String {
    format!(
        "{}\r\nDelivery to the following recipient failed permanently:\r\n\r\n     {WHO}\r\n\r\nTechnical details of permanent failure:\r\n\
         We tried to hand it over. The error that the other server returned was:\r\n{}\r\n\r\n----- Original message -----\r\n\r\n{ours}\r\n",
        head(
            to,
            "Mail Delivery Subsystem <mailer-daemon@relay.example>",
            "Delivery Status Notification (Failure)",
            &format!("X-Failed-Recipients: {WHO}")
        ),
        reason.said
    )
}

fn yahoo(to: &str, ours: &str, reason: &Reason) -> String {
    format!(
        "{}\r\nSorry, we were unable to deliver your message to the following address.\r\n\r\n<{WHO}>:\r\nRemote host said:\r\n{}\r\n\r\n\
         --- Below this line is a copy of the message.\r\n\r\n{ours}\r\n",
        head(
            to,
            "MAILER-DAEMON@relay.example",
            "Failure Notice",
            "X-Yahoo: yes"
        ),
        reason.said
    )
}

fn exchange(to: &str, ours: &str, reason: &Reason) -> String {
    let words = format!(
        "Your message\r\n\r\n  Subject: Uw huur\r\n\r\ndid not reach the following recipient(s):\r\n\r\n  {WHO}\r\n    <relay.example #{} smtp;{}>\r\n",
        status_of(reason),
        reason.said
    );
    let diagnostic = format!(
        "X-Supplementary-Info: <mx.huurder.example #{} smtp;{}>\r\nX-Display-Name: weg\r\n",
        status_of(reason),
        reason.said
    );
    let head = head(
        to,
        "System Administrator <postmaster@relay.example>",
        "Undeliverable: Uw huur",
        "X-MS-Embedded-Report: ",
    );
    report(
        &head,
        &words,
        "Reporting-MTA: dns;relay.example\r\n",
        &group(reason, &diagnostic),
        ours,
    )
}

fn exchange_online(to: &str, ours: &str, reason: &Reason) -> String {
    let group = group(
        reason,
        &format!(
            "Diagnostic-Code: smtp;{}\r\nRemote-MTA: dns;mx.huurder.example\r\n",
            reason.said
        ),
    );
    format!(
        "{}Content-Type: multipart/report; report-type=delivery-status; boundary=\"b_1\"\r\n\r\n--b_1\r\n\
         Content-Type: multipart/alternative; boundary=\"b_2\"\r\n\r\n--b_2\r\nContent-Type: text/html; charset=utf-8\r\n\
         Content-Transfer-Encoding: quoted-printable\r\n\r\n<html><head><style>p {{ color: red }}</style></head><body><p>Your message to <b>w=\r\neg</b> \
         couldn=27t be delivered.</p><p>{}</p></body></html>\r\n--b_2--\r\n--b_1\r\nContent-Type: message/delivery-status\r\n\r\n\
         Reporting-MTA: dns;relay.example\r\nArrival-Date: Tue, 3 Nov 2026 08:59:00 +0000\r\n\r\n{group}\r\n\
         --b_1\r\nContent-Type: message/rfc822\r\n\r\n{ours}\r\nUw huur\r\n--b_1--\r\n",
        head(
            to,
            "Microsoft Outlook <MicrosoftExchange329@relay.example>",
            "Undeliverable: Uw huur",
            "Auto-Submitted: auto-replied"
        ),
        reason.said.replace('=', "=3D")
    )
}

fn domino(to: &str, ours: &str, reason: &Reason) -> String {
    let words = format!(
        "Your message\r\n\r\n  Subject: Uw huur\r\n\r\nwas not delivered to:\r\n\r\n  {WHO}\r\n\r\nbecause:\r\n\r\n  {}\r\n",
        reason.said
    );
    let diagnostic = format!("Diagnostic-Code: X-Notes; {}\r\n", reason.said);
    let head = head(
        to,
        "Postmaster@relay.example",
        "DELIVERY FAILURE: see below",
        "X-Mailer: Domino",
    );
    report(
        &head,
        &words,
        "Reporting-MTA: dns;relay.example\r\n",
        &group(reason, &diagnostic),
        ours,
    )
}

fn amazon(to: &str, ours: &str, reason: &Reason) -> String {
    let words = format!(
        "An error occurred while trying to deliver the mail to the following recipients:\r\n{WHO}\r\n{}\r\n",
        reason.said
    );
    let head = head(
        to,
        "MAILER-DAEMON@eu-west-1.relay.example",
        "Delivery Status Notification (Failure)",
        "X-Amazon: yes",
    );
    // No empty line between the fields about the message and those about the recipient.
    report(
        &head,
        &words,
        "Reporting-MTA: dsn; relay.example",
        &group(reason, &smtp(reason.said)),
        ours,
    )
}

fn mdaemon(to: &str, ours: &str, reason: &Reason) -> String {
    let said = reason.said;
    format!(
        "{}\r\nThe attached message had permanent fatal delivery errors.\r\n\r\nFailed address: {WHO}\r\n\r\n--- Session Transcript ---\r\n\
         Tue 2026-11-03 10:00:00: Connection made to mx.huurder.example\r\nTue 2026-11-03 10:00:00: --> {}\r\n\
         Tue 2026-11-03 10:00:00: <-- {said} (in reply to {} command)\r\nTue 2026-11-03 10:00:00: --> QUIT\r\n--- End Transcript ---\r\n\r\n{ours}\r\n",
        head(
            to,
            "MDaemon at relay.example <MDaemon@relay.example>",
            "Permanent Delivery Failure",
            "X-MDaemon: yes"
        ),
        command(reason.phase),
        command(reason.phase)
    )
}

fn imail(to: &str, ours: &str, reason: &Reason) -> String {
    format!(
        "{}\r\n{}: {WHO}\r\n\r\nOriginal message follows.\r\n\r\n{ours}\r\nUw mailbox is full of goede tijding.\r\n",
        head(
            to,
            "Postmaster <postmaster@relay.example>",
            "Undeliverable Mail",
            "X-Mailer: <SMTP32 v8>"
        ),
        reason.said
    )
}

fn groupwise(to: &str, ours: &str, reason: &Reason) -> String {
    let head = head(
        to,
        "Mailer-Daemon@relay.example",
        "Message status - undeliverable",
        "X-Mailer: GroupWise",
    );
    let words = format!(
        "The message that you sent was undeliverable to the following:\r\n\tweg ({})\r\n",
        reason.said
    );
    report(
        &head,
        &words,
        "Reporting-MTA: dns; relay.example\r\n",
        &group(reason, ""),
        ours,
    )
}

fn zoho(to: &str, ours: &str, reason: &Reason) -> String {
    let head = head(
        to,
        "mailer-daemon@mail.relay.example",
        "Undelivered Mail Returned to Sender",
        "X-Zoho: yes",
    );
    let words = format!(
        "This message was created automatically by mail delivery software. It could not be delivered:\r\n\r\n{WHO}, ERROR CODE :{}\r\n",
        reason.said
    );
    report(
        &head,
        &words,
        "Reporting-MTA: dns; mx.relay.example\r\n",
        &group(reason, &smtp(reason.said)),
        ours,
    )
}

fn gmx(to: &str, ours: &str, reason: &Reason) -> String {
    format!(
        "{}Content-Type: text/plain; charset=utf-8\r\n\r\nDiese E-Mail schrieb der Mailserver selbst.\r\n\r\nIhre Nachricht konnte nicht zugestellt werden an:\r\n\r\n<{WHO}>\r\n\
         mx.huurder.example antwortet: {}\r\n\r\n--- Der Header der Nachricht ---\r\n\r\n{ours}\r\n",
        head(
            to,
            "Mailer Daemon <mailer-daemon@post.example>",
            "Mail delivery failed: returning message to sender",
            "X-GMX: ja"
        ),
        reason.said
    )
}

fn t_online(to: &str, ours: &str, reason: &Reason) -> String {
    format!(
        "{}Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nDie Zustellung an folgende Empf=E4nger ist fehlgeschlagen:\r\n\r\n\
         {WHO}\r\n    {}\r\n\r\n|------------------------- Ursprungliche Nachricht:\r\n{ours}\r\n",
        head(
            to,
            "Postmaster <postmaster@post.example>",
            "Unzustellbar: Uw huur",
            "X-T: ja"
        ),
        reason.said.replace('=', "=3D")
    )
}

fn dutch(to: &str, ours: &str, reason: &Reason) -> String {
    format!(
        "{}Content-Type: text/plain; charset=utf-8\r\n\r\nBeste klant,\r\n\r\nUw e-mail aan {WHO} kon niet worden bezorgd.\r\n\r\n\
         De andere server zei:\r\n{}\r\n\r\nMet groet,\r\nuw provider\r\n\r\n----- Oorspronkelijk bericht -----\r\n{ours}\r\n",
        head(
            to,
            "Mail Delivery Service <postmaster@post.example>",
            "Uw bericht kon niet worden bezorgd",
            "X-NL: ja"
        ),
        reason.said
    )
}

fn mail_ru(to: &str, ours: &str, reason: &Reason) -> String {
    let words = format!(
        "Письмо не может быть доставлено.\n\n{WHO}\n{}\n",
        reason.said
    );
    format!(
        "{}Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
        head(
            to,
            "mailer-daemon@corp.post.example",
            "Mail failure.",
            &format!(
                "X-Failed-Recipients: {WHO}\r\n{}",
                ours.replace("Message-ID", "X-Returned-ID").trim_end()
            )
        ),
        STANDARD.encode(words)
    )
}

fn japanese(to: &str, ours: &str, reason: &Reason) -> String {
    let fields = format!(
        "Reporting-MTA: dns; relay.example\r\n\r\n{}",
        group(reason, &smtp(reason.said))
    );
    format!(
        "{}Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
         メールを配送できませんでした。\r\n--b\r\nContent-Type: message/delivery-status\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n\
         --b\r\nContent-Type: message/rfc822\r\n\r\n{ours}\r\n--b--\r\n",
        head(
            to,
            "Mail Delivery Subsystem <MAILER-DAEMON@post.example>",
            "=?utf-8?B?6YWN5L+h5LiN6IO9?=",
            "Auto-Submitted: auto-replied"
        ),
        STANDARD.encode(fields)
    )
}

fn french(to: &str, ours: &str, reason: &Reason) -> String {
    let head = head(
        to,
        "Mail Delivery System <mailer-daemon@poste.example>",
        "=?utf-8?Q?=C3=89chec_de_la_remise?=",
        "X-FR: oui",
    );
    let words = format!(
        "Votre message n'a pas pu être remis à {WHO} :\r\n\r\n{}\r\n",
        reason.said
    );
    report(
        &head,
        &words,
        "Reporting-MTA: dns; poste.example\r\n",
        &group(reason, &smtp(reason.said)),
        ours,
    )
}

fn plain_fields(to: &str, ours: &str, reason: &Reason) -> String {
    format!(
        "{}\r\nDelivery report\r\n\r\nReporting-MTA: dns; relay.example\r\n{}\r\n\r\n{ours}\r\n",
        head(
            to,
            "postmaster@relay.example",
            "Delivery report",
            "X-Plain: yes"
        ),
        group(reason, &smtp(reason.said))
    )
}

fn forwarded(to: &str, ours: &str, reason: &Reason) -> String {
    let inner = postfix("bounces@relay.example", ours, reason);
    format!(
        "{}Content-Type: multipart/mixed; boundary=om\r\n\r\n--om\r\nContent-Type: text/plain\r\n\r\nSee below.\r\n--om\r\n\
         Content-Type: message/rfc822\r\n\r\n{inner}\r\n--om--\r\n",
        head(to, "beheer@woon.example", "Fwd: mail", "X-Fwd: yes")
    )
}
