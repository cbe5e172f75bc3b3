//! Owns the reasons: what remote systems say, with the codes of RFC 3463 and of vendors, and what
//! each amounts to. Refuses forms.

use super::super::super::reply::Stage::{self, Body, Mail, Rcpt};
use super::forms::Reason;

/// What a reader must be told to see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Needs {
    /// What the remote system said.
    Words,
    /// The status beside it.
    Status,
    /// The command it answers.
    Command,
}

/// Status, words, command, what is needed, what it amounts to.
pub(super) type Row = (&'static str, &'static str, Stage, Needs, &'static str);

pub(super) fn reason(row: &Row) -> Reason {
    Reason {
        status: row.0,
        said: row.1,
        stage: row.2,
    }
}

use Needs::{Command, Status, Words};

pub(super) const REASONS: &[Row] = &[
    // No such mailbox.
    (
        "5.1.1",
        "550 5.1.1 <weg@huurder.example>: Recipient address rejected: User unknown",
        Rcpt,
        Words,
        "bounced",
    ),
    (
        "5.1.1",
        "550 5.1.1 The mailbox you tried to reach does not exist",
        Rcpt,
        Words,
        "bounced",
    ),
    (
        "5.1.1",
        "550-5.1.1 Nobody has that name here.\r\n 550 5.1.1 Look at the address again",
        Rcpt,
        Words,
        "bounced",
    ),
    ("5.0.0", "550 No such user here", Rcpt, Words, "bounced"),
    ("5.0.0", "550 user unknown", Body, Words, "bounced"),
    (
        "5.5.0",
        "550 5.5.0 Mailbox not found",
        Rcpt,
        Words,
        "bounced",
    ),
    (
        "5.3.0",
        "553 5.3.0 <weg@huurder.example>... No such user",
        Rcpt,
        Words,
        "bounced",
    ),
    (
        "5.7.1",
        "553 Invalid recipient weg@huurder.example",
        Rcpt,
        Words,
        "bounced",
    ),
    (
        "5.1.10",
        "550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found by address lookup",
        Rcpt,
        Words,
        "bounced",
    ),
    (
        "5.4.1",
        "550 5.4.1 Recipient address rejected: Access denied. AS(201806281)",
        Rcpt,
        Words,
        "bounced",
    ),
    (
        "5.1.351",
        "550 5.1.351 The other server calls it an unknown address",
        Rcpt,
        Words,
        "bounced",
    ),
    ("5.1.1", "Unknown user", Rcpt, Words, "bounced"),
    (
        "5.1.1",
        "User weg (weg@huurder.example) not listed in Domino Directory",
        Rcpt,
        Words,
        "bounced",
    ),
    ("5.0.0", "Unrouteable address", Rcpt, Words, "bounced"),
    (
        "5.0.0",
        "De gebruiker is onbekend: dit e-mailadres bestaat niet",
        Rcpt,
        Words,
        "bounced",
    ),
    (
        "5.0.0",
        "Das Postfach existiert nicht",
        Rcpt,
        Words,
        "bounced",
    ),
    (
        "5.1.1",
        "Adresse d'un destinataire: cette adresse n'existe pas",
        Rcpt,
        Words,
        "bounced",
    ),
    (
        "5.1.3",
        "553 5.1.3 It is no address at all",
        Rcpt,
        Words,
        "bounced",
    ),
    ("5.1.6", "551 5.1.6 They moved", Rcpt, Words, "bounced"),
    (
        "5.2.1",
        "550 5.2.1 The account you wrote to is disabled",
        Rcpt,
        Words,
        "bounced",
    ),
    (
        "5.0.0",
        "554 30 Sorry, this mailbox is disabled or discontinued",
        Rcpt,
        Words,
        "bounced",
    ),
    (
        "5.7.17",
        "550 5.7.17 It belongs to somebody else since",
        Rcpt,
        Words,
        "bounced",
    ),
    ("5.0.0", "550 no", Rcpt, Command, "bounced"),
    ("5.1.1", "550 rejected", Body, Status, "bounced"),
    // No such domain.
    ("5.1.2", "550 5.1.2 Host unknown", Rcpt, Words, "bounced"),
    (
        "5.4.4",
        "Host or domain name not found. Name service error for name=huurder.example",
        Rcpt,
        Words,
        "bounced",
    ),
    (
        "5.1.10",
        "556 5.1.10 The domain has a null MX",
        Rcpt,
        Words,
        "bounced",
    ),
    (
        "5.4.310",
        "550 5.4.310 DNS domain huurder.example does not exist",
        Rcpt,
        Words,
        "bounced",
    ),
    // Full.
    (
        "5.2.2",
        "552 5.2.2 The mailbox is full",
        Rcpt,
        Words,
        "failed",
    ),
    ("5.1.1", "552 5.2.2 Over quota", Rcpt, Words, "failed"),
    (
        "5.0.0",
        "552 Action aborted: exceeded storage allocation",
        Rcpt,
        Words,
        "failed",
    ),
    (
        "4.2.2",
        "452 4.2.2 They are out of storage space",
        Rcpt,
        Words,
        "failed",
    ),
    (
        "5.1.1",
        "550 5.1.1 mailbox full, user over their quota",
        Rcpt,
        Words,
        "failed",
    ),
    ("5.2.2", "550 Das Postfach ist voll", Rcpt, Words, "failed"),
    (
        "5.2.2",
        "550 De mailbox van deze klant is vol",
        Rcpt,
        Words,
        "failed",
    ),
    (
        "5.2.2",
        "554 5.2.2 STOREDRV.Deliver; mailbox full",
        Body,
        Words,
        "failed",
    ),
    // Out of reach, expired, broken.
    (
        "4.4.1",
        "connect to mx.huurder.example[192.0.2.3]:25: Connection timed out",
        Mail,
        Words,
        "failed",
    ),
    (
        "4.4.7",
        "Message expired: it stood in the queue too long",
        Mail,
        Words,
        "failed",
    ),
    (
        "5.4.7",
        "554 5.4.7 message timed out",
        Body,
        Words,
        "failed",
    ),
    ("5.4.6", "554 5.4.6 Too many hops", Body, Words, "failed"),
    (
        "4.3.2",
        "451 4.3.2 The system is not taking mail now",
        Rcpt,
        Words,
        "failed",
    ),
    (
        "4.4.2",
        "lost connection with mx.huurder.example while sending RCPT TO",
        Rcpt,
        Words,
        "failed",
    ),
    (
        "5.3.5",
        "554 5.3.5 Local configuration error",
        Body,
        Words,
        "failed",
    ),
    (
        "4.1.1",
        "450 4.1.1 <weg@huurder.example>: Recipient address rejected: unverified address",
        Rcpt,
        Words,
        "failed",
    ),
    (
        "5.1.1",
        "450 4.2.1 Come again tomorrow",
        Rcpt,
        Words,
        "failed",
    ),
    ("4.4.3", "Host not found, try again", Mail, Status, "failed"),
    // Policy, reputation, content, size.
    (
        "5.7.1",
        "554 5.7.1 Service unavailable; Client host blocked using zen.lists.example",
        Rcpt,
        Words,
        "blocked",
    ),
    (
        "5.7.1",
        "550 5.7.1 Our filters say that this looks like spam",
        Body,
        Words,
        "blocked",
    ),
    (
        "5.7.26",
        "550-5.7.26 Unauthenticated email from woon.example is not accepted due to its DMARC policy",
        Body,
        Words,
        "blocked",
    ),
    (
        "5.7.23",
        "550 5.7.23 The SPF record does not allow your host",
        Rcpt,
        Words,
        "blocked",
    ),
    (
        "5.1.1",
        "554 5.7.1 Message refused by local policy",
        Body,
        Words,
        "blocked",
    ),
    (
        "5.7.133",
        "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required",
        Rcpt,
        Words,
        "blocked",
    ),
    (
        "5.0.0",
        "550 Administrative prohibition",
        Body,
        Words,
        "blocked",
    ),
    (
        "5.7.25",
        "550 5.7.25 The sending address has no PTR record",
        Rcpt,
        Words,
        "blocked",
    ),
    (
        "5.1.8",
        "553 5.1.8 Domain of sender address does not exist",
        Mail,
        Words,
        "blocked",
    ),
    ("5.1.0", "550 5.1.0 Sender rejected", Mail, Words, "blocked"),
    ("5.7.1", "550 5.7.1 Unable to relay", Rcpt, Words, "blocked"),
    (
        "5.3.4",
        "552 5.3.4 Message too large",
        Mail,
        Words,
        "blocked",
    ),
    (
        "5.6.0",
        "554 5.6.0 The content was found wanting",
        Body,
        Words,
        "blocked",
    ),
    (
        "5.7.1",
        "550 Mail from 192.0.2.9 has been blocked, see the list of Spamhaus",
        Rcpt,
        Words,
        "blocked",
    ),
    (
        "5.0.0",
        "554 The message contains a virus",
        Body,
        Words,
        "blocked",
    ),
    ("5.0.0", "550 no", Body, Command, "blocked"),
    ("5.7.1", "550 rejected", Body, Status, "blocked"),
    // Too much, too fast.
    (
        "4.7.0",
        "421 4.7.0 Too many connections from your network",
        Mail,
        Words,
        "blocked",
    ),
    (
        "5.7.1",
        "550 5.7.1 Your account is sending too many messages",
        Mail,
        Words,
        "blocked",
    ),
    (
        "4.7.1",
        "450 4.7.1 Greylisted, come again in five minutes",
        Rcpt,
        Words,
        "blocked",
    ),
    (
        "5.2.1",
        "550 5.2.1 This person is receiving mail at a rate that is too high",
        Rcpt,
        Words,
        "blocked",
    ),
    (
        "4.7.28",
        "421 4.7.28 We rate limited mail from your block",
        Body,
        Words,
        "blocked",
    ),
    (
        "5.4.5",
        "550 5.4.5 Daily sending quota exceeded",
        Mail,
        Words,
        "blocked",
    ),
];
