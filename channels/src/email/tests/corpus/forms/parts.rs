//! Owns what forms have in common: the head, the parts of a report, the words for a stage.

use super::super::super::super::reply::Stage;
use super::Reason;

pub(super) const WHO: &str = "weg@huurder.example";

pub(super) fn head(to: &str, from: &str, subject: &str, further: &str) -> String {
    format!(
        "Return-Path: <>\r\nReceived: from relay.example by mx.woon.example for <{to}>; Tue, 3 Nov 2026 10:00:01 +0100\r\n\
         From: {from}\r\nTo: <{to}>\r\nSubject: {subject}\r\nDate: Tue, 3 Nov 2026 10:00:00 +0100\r\nMIME-Version: 1.0\r\n{further}\r\n"
    )
}

pub(super) fn status_of(reason: &Reason) -> &str {
    if !reason.status.is_empty() {
        return reason.status;
    }
    if reason.said.starts_with('4') {
        "4.0.0"
    } else {
        "5.0.0"
    }
}

pub(super) fn command(stage: Stage) -> &'static str {
    match stage {
        Stage::Greeting | Stage::Hello | Stage::Auth => "EHLO",
        Stage::Mail => "MAIL FROM",
        Stage::Rcpt => "RCPT TO",
        Stage::Data => "DATA",
        Stage::Body => "end of DATA",
    }
}

/// A `multipart/report` of three parts.
pub(super) fn report(head: &str, words: &str, about: &str, group: &str, returned: &str) -> String {
    format!(
        "{head}Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"grens/1\"\r\n\r\n\
         This is a MIME-encapsulated message.\r\n\r\n--grens/1\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{words}\r\n\
         --grens/1\r\nContent-Type: message/delivery-status\r\n\r\n{about}\r\n{group}\r\n\
         --grens/1\r\nContent-Type: text/rfc822-headers\r\n\r\n{returned}\r\n--grens/1--\r\n"
    )
}

pub(super) fn group(reason: &Reason, diagnostic: &str) -> String {
    let status = status_of(reason);
    format!("Final-Recipient: rfc822; {WHO}\r\nAction: failed\r\nStatus: {status}\r\n{diagnostic}")
}

pub(super) fn smtp(said: &str) -> String {
    format!("Diagnostic-Code: smtp; {said}\r\n")
}
