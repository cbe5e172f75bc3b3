//! Owns how the large mailbox providers write a report, and forms of other countries.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Reason;
use super::parts::{WHO, group, head, report, smtp};
use super::servers::postfix;

pub(super) fn google(to: &str, ours: &str, reason: &Reason) -> String {
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

pub(super) fn google_words(to: &str, ours: &str, reason: &Reason) -> String {
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

pub(super) fn yahoo(to: &str, ours: &str, reason: &Reason) -> String {
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

pub(super) fn exchange_online(to: &str, ours: &str, reason: &Reason) -> String {
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

pub(super) fn amazon(to: &str, ours: &str, reason: &Reason) -> String {
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

pub(super) fn zoho(to: &str, ours: &str, reason: &Reason) -> String {
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

pub(super) fn gmx(to: &str, ours: &str, reason: &Reason) -> String {
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

pub(super) fn t_online(to: &str, ours: &str, reason: &Reason) -> String {
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

pub(super) fn dutch(to: &str, ours: &str, reason: &Reason) -> String {
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

pub(super) fn mail_ru(to: &str, ours: &str, reason: &Reason) -> String {
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

pub(super) fn japanese(to: &str, ours: &str, reason: &Reason) -> String {
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

pub(super) fn french(to: &str, ours: &str, reason: &Reason) -> String {
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

pub(super) fn plain_fields(to: &str, ours: &str, reason: &Reason) -> String {
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

pub(super) fn forwarded(to: &str, ours: &str, reason: &Reason) -> String {
    let inner = postfix("bounces@relay.example", ours, reason);
    format!(
        "{}Content-Type: multipart/mixed; boundary=om\r\n\r\n--om\r\nContent-Type: text/plain\r\n\r\nSee below.\r\n--om\r\n\
         Content-Type: message/rfc822\r\n\r\n{inner}\r\n--om--\r\n",
        head(to, "beheer@woon.example", "Fwd: mail", "X-Fwd: yes")
    )
}
