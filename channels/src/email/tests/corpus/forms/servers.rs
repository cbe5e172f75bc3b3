//! Owns how mail servers that corporations and providers run themselves write a report.

use super::super::super::super::reply::Stage;
use super::Reason;
use super::parts::{WHO, command, group, head, report, smtp, status_of};

pub(super) fn postfix(to: &str, ours: &str, reason: &Reason) -> String {
    let said = format!(
        "host mx.huurder.example[192.0.2.3] said: {} (in reply to {} command)",
        reason.said,
        command(reason.stage)
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

pub(super) fn behind_gateway(to: &str, ours: &str, reason: &Reason) -> String {
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

pub(super) fn sendmail(to: &str, ours: &str, reason: &Reason) -> String {
    let said = reason.said;
    let words = format!(
        "The original message was received at Tue, 3 Nov 2026 09:59:00 +0100\r\nfrom localhost [127.0.0.1]\r\n\r\n\
         \u{20}  ----- The following addresses had permanent fatal errors -----\r\n<{WHO}>\r\n    (reason: {said})\r\n\r\n\
         \u{20}  ----- Transcript of session follows -----\r\n... while talking to mx.huurder.example.:\r\n\
         >>> {} \r\n<<< {said}\r\n",
        match reason.stage {
            Stage::Rcpt => "RCPT To:<weg@huurder.example>",
            Stage::Mail => "MAIL From:<b@woon.example>",
            Stage::Greeting | Stage::Hello | Stage::Auth => "EHLO relay.example",
            Stage::Data | Stage::Body => "DATA (end of data)",
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

pub(super) fn exim(to: &str, ours: &str, reason: &Reason) -> String {
    let stage = match reason.stage {
        Stage::Rcpt => format!("RCPT TO:<{WHO}>"),
        other => command(other).to_owned(),
    };
    format!(
        "{}\r\nThis message was made by the mail software of relay.example.\r\n\r\nA message that you sent could not be delivered to \
         one or more of its recipients. The following address(es) failed:\r\n\r\n  {WHO}\r\n    host mx.huurder.example [192.0.2.3]\r\n\
         \u{20}   SMTP error from remote mail server after {stage}:\r\n    {}\r\n\r\n\
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

pub(super) fn qmail(to: &str, ours: &str, reason: &Reason) -> String {
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

pub(super) fn courier(to: &str, ours: &str, reason: &Reason) -> String {
    let command = match reason.stage {
        Stage::Rcpt => "RCPT TO",
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

pub(super) fn exchange(to: &str, ours: &str, reason: &Reason) -> String {
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

pub(super) fn domino(to: &str, ours: &str, reason: &Reason) -> String {
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

pub(super) fn mdaemon(to: &str, ours: &str, reason: &Reason) -> String {
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
        command(reason.stage),
        command(reason.stage)
    )
}

pub(super) fn imail(to: &str, ours: &str, reason: &Reason) -> String {
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

pub(super) fn groupwise(to: &str, ours: &str, reason: &Reason) -> String {
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
