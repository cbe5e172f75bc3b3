//! Owns the mails that are no plain failures: delays, complaints, automatic answers, challenges,
//! lists, read receipts, people. Refuses forms and reasons.

/// What it is, what is expected, further head lines (its `From` and `Subject` among them), the
/// body.
pub(super) type Row = (&'static str, &'static str, &'static str, &'static str);

const DELAY_PARTS: &str = "--b\r\nContent-Type: text/plain\r\n\r\nNot yet.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n\
    Final-Recipient: rfc822; weg@huurder.example\r\nAction: delayed\r\nStatus: 4.4.1\r\nWill-Retry-Until: Fri, 6 Nov 2026 10:00:00 +0100\r\n\
    Diagnostic-Code: smtp; 451 4.4.1 later\r\n\r\n--b--";
const DEFERRED_PARTS: &str = "--b\r\nContent-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; weg@huurder.example\r\nAction: deferred\r\nStatus: 4.2.2\r\n\r\n--b--";
const ARF: &str = "--b\r\nContent-Type: text/plain\r\n\r\nAn abuse report.\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: x/1\r\n\
    Version: 1\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: Uw huur\r\n\r\nUw mailbox is full.\r\n--b--";
const NOT_SPAM: &str = "--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: not-spam\r\nVersion: 1\r\n\r\n--b--";
const DMARC: &str = "--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: auth-failure\r\nVersion: 1\r\n\r\n--b--";
const READ: &str = "--b\r\nContent-Type: text/plain\r\n\r\nIt was read.\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\n\
    Final-Recipient: rfc822; weg@huurder.example\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n\r\n--b--";
const REPORT: &str = "From: MAILER-DAEMON@relay.example\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\nSubject: Status";
const DELIVERED: &str = "--b\r\nContent-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; weg@huurder.example\r\nAction: delivered\r\nStatus: 2.0.0\r\n\r\n--b--";
const RELAYED: &str = "--b\r\nContent-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; weg@huurder.example\r\nAction: relayed\r\nStatus: 2.0.0\r\n\r\n--b--";

const AUTO: &str = "From: jan@huurder.example\r\nAuto-Submitted: auto-replied\r\nSubject: ";

pub(super) fn others() -> Vec<(String, &'static str, String, String)> {
    let mut all: Vec<(String, &'static str, String, String)> = ROWS
        .iter()
        .map(|row| (row.0.to_owned(), row.1, row.2.to_owned(), row.3.to_owned()))
        .collect();
    for (language, subject, text) in AWAY {
        let marks: [(&str, String); 5] = [
            ("says so in its head", format!("{AUTO}{subject}")),
            ("says so in its subject", format!("From: jan@huurder.example\r\nSubject: {subject}")),
            ("answers ours", format!("{AUTO}Re: Uw huur")),
            ("has a null sender", "Return-Path: <>\r\nFrom: jan@huurder.example\r\nSubject: Re: Uw huur".to_owned()),
            (
                "by a program of old",
                "From: jan@huurder.example\r\nPrecedence: auto_reply\r\nX-Autoreply: yes\r\nSubject: huur".to_owned(),
            ),
        ];
        for (mark, head) in marks {
            all.push((
                format!("vacation reply, {language}, {mark}"),
                "automatic_reply",
                head,
                (*text).to_owned(),
            ));
        }
    }
    all
}

/// Language, subject, text.
const AWAY: &[(&str, &str, &str)] = &[
    (
        "Dutch",
        "Automatisch antwoord: Uw huur",
        "Ik ben met vakantie en tot maandag niet bereikbaar. Is er haast, bel dan het kantoor.",
    ),
    (
        "Dutch",
        "Afwezig",
        "Ik ben afwezig. Uw bericht wordt niet doorgestuurd.",
    ),
    (
        "Dutch",
        "Ontvangstbevestiging",
        "Wij hebben uw bericht ontvangen en antwoorden binnen vijf dagen.",
    ),
    (
        "German",
        "Abwesenheitsnotiz",
        "Ich bin derzeit abwesend und am Montag wieder erreichbar.",
    ),
    (
        "German",
        "Automatische Antwort: Uw huur",
        "Ich bin im Urlaub. Ihre Nachricht wird nicht weitergeleitet.",
    ),
    (
        "English",
        "Out of office",
        "I am out of the office with limited access to mail. If this is urgent, call 550 1234.",
    ),
    (
        "English",
        "Automatic reply: Uw huur",
        "I am on annual leave until Monday. This mailbox is not monitored.",
    ),
    (
        "French",
        "R\u{e9}ponse automatique : Uw huur",
        "Je suis absente du bureau jusqu'\u{e0} lundi.",
    ),
    (
        "Spanish",
        "Respuesta autom\u{e1}tica",
        "Estoy fuera de la oficina hasta el lunes.",
    ),
    (
        "Italian",
        "Risposta automatica",
        "Sono fuori ufficio fino a luned\u{ec}.",
    ),
    (
        "Japanese",
        "\u{4e0d}\u{5728}\u{306e}\u{304a}\u{77e5}\u{3089}\u{305b}",
        "\u{4e0d}\u{5728}\u{306b}\u{3057}\u{3066}\u{304a}\u{308a}\u{307e}\u{3059}\u{3002}",
    ),
];

const ROWS: &[Row] = &[
    ("delay, fields", "delayed", REPORT, DELAY_PARTS),
    (
        "delay, another word for it",
        "delayed",
        REPORT,
        DEFERRED_PARTS,
    ),
    (
        "delay, postfix in words",
        "delayed",
        "From: MAILER-DAEMON@relay.example\r\nSubject: Delayed Mail (still being retried)",
        "This is the mail system. Your message could not be delivered for four hours.\r\nIt will be retried until it is five days old.\r\n\r\n<weg@huurder.example>: connect to mx.huurder.example: Connection timed out",
    ),
    (
        "delay, exim",
        "delayed",
        "From: Mail Delivery System <Mailer-Daemon@relay.example>\r\nSubject: Warning: message 1abc delayed 24 hours",
        "A message that you sent has not yet been delivered to one or more of its recipients after more than 24 hours.\r\n\r\nNo action is required on your part. Delivery attempts will continue for some time.\r\n\r\n  weg@huurder.example",
    ),
    (
        "delay, sendmail",
        "delayed",
        "From: Mail Delivery Subsystem <MAILER-DAEMON@relay.example>\r\nSubject: Warning: could not send message for past 4 hours",
        "    ** THIS IS A WARNING MESSAGE ONLY **\r\n    ** YOU DO NOT NEED TO RESEND YOUR MESSAGE **\r\n\r\n   ----- The following addresses had transient non-fatal errors -----\r\n<weg@huurder.example>\r\n",
    ),
    (
        "delay, google",
        "delayed",
        "From: Mail Delivery Subsystem <mailer-daemon@relay.example>\r\nSubject: Delivery Status Notification (Delay)",
        "** Delivery incomplete **\r\n\r\nThere was a temporary problem with weg@huurder.example. We will retry for 47 more hours.",
    ),
    (
        "delay, exchange",
        "delayed",
        "From: Microsoft Outlook <postmaster@relay.example>\r\nSubject: Delivery delayed: Uw huur",
        "Delivery to these recipients has been delayed: weg@huurder.example. This message hasn't been delivered to them yet.",
    ),
    (
        "delay, Dutch",
        "delayed",
        "From: postmaster@post.example\r\nSubject: Vertraging",
        "Uw bericht kon nog niet worden afgeleverd. Wij blijven het nog twee dagen proberen.",
    ),
    (
        "delay, German",
        "delayed",
        "From: mailer-daemon@post.example\r\nSubject: Verz\u{f6}gerte Zustellung",
        "Die Nachricht wurde noch nicht zugestellt. Es wird weiterhin versucht.",
    ),
    ("delivered, fields", "delivered", REPORT, DELIVERED),
    ("relayed, fields", "accepted", REPORT, RELAYED),
    (
        "complaint",
        "complained",
        "From: fbl@isp.example\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\r\nSubject: FW: Uw huur",
        ARF,
    ),
    (
        "complaint without its report type",
        "complained",
        "From: fbl@isp.example\r\nContent-Type: multipart/mixed; boundary=b\r\nSubject: FW: Uw huur",
        ARF,
    ),
    (
        "complaint in plain text",
        "complained",
        "From: abuse@isp.example\r\nSubject: FBL",
        "Feedback-Type: abuse\r\nUser-Agent: x/1\r\nVersion: 1",
    ),
    (
        "complaint in words",
        "complained",
        "From: staff@post.example\r\nSubject: complaint about message from 192.0.2.9",
        "See below.",
    ),
    (
        "no complaint",
        "other_report",
        "From: fbl@isp.example\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\r\nSubject: x",
        NOT_SPAM,
    ),
    (
        "authentication failure",
        "other_report",
        "From: dmarc@isp.example\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\r\nSubject: x",
        DMARC,
    ),
    (
        "read receipt",
        "other_report",
        "From: weg@huurder.example\r\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\r\nSubject: Gelezen: Uw huur",
        READ,
    ),
    (
        "list, digest",
        "other_mail",
        "From: lijst@lijsten.example\r\nList-Id: <lijst.lijsten.example>\r\nPrecedence: list\r\nSubject: [lijst] Digest",
        "Berichten van deze week.",
    ),
    (
        "list, subscription",
        "other_mail",
        "From: lijst-request@lijsten.example\r\nSubject: Subscription confirmation",
        "You have been subscribed.",
    ),
    (
        "list, posting refused",
        "other_mail",
        "From: lijst-owner@lijsten.example\r\nSubject: your message",
        "You are not allowed to post to this list.",
    ),
    (
        "list, moderated",
        "unexplained",
        "From: lijst-bounces@lijsten.example\r\nSubject: Your message to lijst",
        "It waits for moderator approval.",
    ),
    (
        "challenge",
        "unexplained",
        "From: jan@huurder.example\r\nSubject: Please confirm your message",
        "Prove that you are human: https://x.example/1",
    ),
    (
        "challenge, Dutch",
        "unexplained",
        "From: jan@huurder.example\r\nSubject: Uw bericht",
        "Bevestig dat u de afzender bent en klik hier.",
    ),
    (
        "a tenant answers",
        "unexplained",
        "From: jan@huurder.example\r\nSubject: Re: Uw huur",
        "Ik heb al betaald. Kijkt u het na?",
    ),
    (
        "a tenant answers and quotes",
        "unexplained",
        "From: jan@huurder.example\r\nSubject: Re: Uw huur",
        "Dat adres bestaat niet meer.\r\n> Undelivered mail returned to sender\r\n> 550 5.1.1 User unknown",
    ),
    (
        "a tenant asks about a mailbox",
        "unexplained",
        "From: jan@huurder.example\r\nSubject: vraag",
        "Mijn mailbox is vol, kunt u het per post sturen?",
    ),
    (
        "a tenant moves",
        "unexplained",
        "From: jan@huurder.example\r\nSubject: verhuizing",
        "Wij verhuizen; dit adres is straks niet meer in gebruik.",
    ),
    (
        "a tenant is angry",
        "unexplained",
        "From: jan@huurder.example\r\nSubject: AW: spam",
        "Ihre Mail sieht aus wie Spam!",
    ),
    (
        "a system says nothing",
        "unexplained",
        "From: MAILER-DAEMON@relay.example\r\nAuto-Submitted: auto-replied\r\nSubject: Bericht",
        "Lorem ipsum dolor sit amet.",
    ),
    (
        "a newsletter",
        "unexplained",
        "From: winkel@winkel.example\r\nSubject: Korting",
        "Deze week alles goedkoper.",
    ),
    (
        "failure without a reason",
        "failed",
        "From: MAILER-DAEMON@relay.example\r\nSubject: Undelivered Mail Returned to Sender",
        "Your message could not be delivered.",
    ),
    (
        "failure without a body",
        "failed",
        "From: MAILER-DAEMON@relay.example\r\nSubject: Undeliverable: Uw huur",
        "",
    ),
    (
        "failure by an unknown sender",
        "bounced",
        "From: beheer@huurder.example\r\nSubject: Undeliverable mail",
        "550 5.1.1 User unknown: weg@huurder.example",
    ),
    (
        "failure, Dutch, a word for it alone",
        "bounced",
        "From: Postmeester <postmeester@post.example>\r\nSubject: Onbestelbaar: Uw huur",
        "Onbekende gebruiker.",
    ),
    (
        "failure, Russian",
        "bounced",
        "From: mailer-daemon@post.example\r\nSubject: Недоставленное сообщение",
        "Такой ящик не существует.",
    ),
    (
        "failure, Chinese",
        "bounced",
        "From: postmaster@post.example\r\nSubject: 系统退信",
        "收件人邮箱不存在。",
    ),
    (
        "failure, Japanese",
        "bounced",
        "From: Postmaster@post.example\r\nSubject: Mail System Error - Returned Mail",
        "メッセージを送信できませんでした。\r\n宛先のアドレスが見つかりません。",
    ),
    (
        "failure, Spanish",
        "failed",
        "From: mailer-daemon@post.example\r\nSubject: Mensaje no entregado",
        "El buz\u{f3}n est\u{e1} lleno.",
    ),
    (
        "failure, Italian",
        "bounced",
        "From: mailer-daemon@post.example\r\nSubject: Avviso di mancata consegna",
        "Utente sconosciuto.",
    ),
];
