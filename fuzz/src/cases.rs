//! Owns the inputs of the stable runs: a small corpus for each target and seeded mutations of it,
//! so that a case can be had again from its seed and number. Refuses randomness from outside.

use sluis_loadtest::sink::dsn::Bounce;
use sluis_model::wire::{
    AckRow, ClientFrame, Frame, Hello, Problem, RefuseCode, Refused, ServerFrame,
};
use sluis_model::{
    AttemptRef, CancelTarget, Control, ControlRecord, CorporationId, Environment, Event, Fact,
    FactKind, Input, NotificationId, NotificationRequest, PauseScope, PausedBy, Record,
    StoredTenant, Subject, Tenant, TenantKey, TenantRecord, Timestamp,
};

use super::targets::KEY;

/// Longest case, in bytes.
const LONGEST: usize = 8 * 1024;

/// SplitMix64: small, and the same everywhere.
pub struct Dice(u64);

impl Dice {
    /// From a seed and the number of a case.
    pub const fn new(seed: u64, case: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ case.wrapping_mul(0xd134_2543_de82_ef95))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

/// The bytes of a case: one in eight is noise, the others are mutations of the corpus.
pub fn case(corpus: &[Vec<u8>], seed: u64, number: u64) -> Vec<u8> {
    let mut dice = Dice::new(seed, number);
    if dice.below(8) == 0 || corpus.is_empty() {
        let length = dice.below(256);
        return (0..length).map(|_| dice.next() as u8).collect();
    }
    let mut bytes = corpus[dice.below(corpus.len())].clone();
    for _ in 0..=dice.below(6) {
        mutate(&mut bytes, corpus, &mut dice);
    }
    bytes.truncate(LONGEST);
    bytes
}

fn mutate(bytes: &mut Vec<u8>, corpus: &[Vec<u8>], dice: &mut Dice) {
    const WORDS: [&[u8]; 16] = [
        b"\r\n",
        b"\n\n",
        b"\"",
        b";",
        b",",
        b"\0",
        b"\xff",
        b"\xc3\xa9",
        b"--",
        b":",
        b"@",
        b"{",
        b"}",
        b"\\u0000",
        b"\xff\xff\xff\xff",
        b"\x7f\xff\xff\xff\xff\xff\xff\xff",
    ];
    let at = dice.below(bytes.len() + 1);
    let to = at + dice.below((bytes.len() - at).min(64) + 1);
    match dice.below(9) {
        0 if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
        1 if at < bytes.len() => bytes[at] = dice.next() as u8,
        2 => drop(bytes.drain(at..to)),
        3 => {
            let piece = bytes[at..to].to_vec();
            let place = dice.below(bytes.len() + 1);
            bytes.splice(place..place, piece);
        }
        4 => bytes.truncate(at),
        5 => {
            let word = WORDS[dice.below(WORDS.len())];
            bytes.splice(at..at, word.iter().copied());
        }
        6 => {
            let word = WORDS[dice.below(WORDS.len())];
            let end = (at + word.len()).min(bytes.len());
            bytes.splice(at..end, word.iter().copied());
        }
        7 => {
            let other = &corpus[dice.below(corpus.len())];
            let from = dice.below(other.len() + 1);
            bytes.truncate(at);
            bytes.extend_from_slice(&other[from..]);
        }
        _ => {
            let count = dice.below(200);
            bytes.splice(
                at..at,
                std::iter::repeat_n(bytes.get(at).copied().unwrap_or(b'a'), count),
            );
        }
    }
}

/// Sound inputs of a target.
pub fn corpus(target: &str) -> Vec<Vec<u8>> {
    match target {
        "frames" => frames(),
        "record" => records(),
        "bounce" => reports(),
        _ => lists(),
    }
}

fn id() -> NotificationId {
    NotificationId(0x0003_019f_aaaa_bbbb_0123_4567_89ab_cdef)
}

fn subject() -> Subject {
    Subject {
        kind: "invoice".into(),
        id: "F-1".into(),
    }
}

fn frames() -> Vec<Vec<u8>> {
    let row = NotificationRequest {
        tenant_id: "H-1001".into(),
        flow: "storno".into(),
        category: "collection".into(),
        subject: Some(subject()),
        data: r#"{"amount_cents":61250}"#.into(),
        send_after: Some(Timestamp(1_795_000_000_123)),
        environment: Environment::Production,
        idempotency_key: "run-7/1".into(),
        ..NotificationRequest::default()
    };
    let hello = Hello {
        version_min: 1,
        version_max: 1,
        api_key: "slk_key".into(),
        client_name: "primus".into(),
    };
    let client = [
        ClientFrame::Hello(hello),
        ClientFrame::Submit {
            correlation: 1,
            row: row.clone(),
        },
        ClientFrame::SubmitBatch {
            first: 2,
            rows: vec![row.clone(), row],
        },
        ClientFrame::Ping { nonce: 9 },
        ClientFrame::Goodbye,
    ];
    let ack = AckRow {
        correlation: 1,
        id: id(),
        position: 42,
        duplicate: false,
    };
    let problems = vec![Problem {
        path: "data.amount_cents".into(),
        message: "expected an integer".into(),
    }];
    let server = [
        ServerFrame::AckBatch(vec![
            ack,
            AckRow {
                duplicate: true,
                ..ack
            },
        ]),
        ServerFrame::Refuse(Refused {
            correlation: 3,
            code: RefuseCode::Invalid,
            retry_after_ms: 0,
            problems,
        }),
        ServerFrame::Credit { grant: 512 },
    ];
    let mut all: Vec<Vec<u8>> = client
        .iter()
        .map(encoded)
        .chain(server.iter().map(encoded))
        .collect();
    all.push(client.iter().flat_map(encoded).collect());
    all
}

fn encoded<F: Frame>(frame: &F) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame.encode(&mut bytes).expect("a sound frame");
    bytes
}

fn records() -> Vec<Vec<u8>> {
    let record = |input, events| {
        let tenant = TenantKey::new(CorporationId(1), "H-1001");
        Record::Tenant(TenantRecord {
            at: Timestamp(1_770_019_200_000),
            tenant,
            previous: 12,
            input,
            events,
        })
    };
    let fact = Fact {
        fact_id: "f-1".into(),
        body: 77,
        kind: FactKind::Payment,
        subject: Some(subject()),
        amount_cents: Some(61_250),
        occurred_at: Timestamp(1_770_019_200_000),
        environment: Environment::Test,
    };
    let cancel = Input::Cancel {
        target: CancelTarget::Subject(subject()),
        note: "credited".into(),
    };
    let pause = PauseScope {
        corporation: Some(CorporationId(1)),
        flow: Some("storno".into()),
        channel: None,
        by: PausedBy::Corporation,
    };
    let all = [
        record(
            Input::Fact(fact),
            vec![
                Event::FactTaken,
                Event::SubjectOpen {
                    subject: subject(),
                    open_cents: Some(0),
                },
            ],
        ),
        record(
            cancel,
            vec![Event::LinkClosed {
                id: id(),
                end: "cancelled".into(),
            }],
        ),
        record(
            Input::Link {
                id: id(),
                pressed: true,
            },
            vec![Event::LinkUsed {
                id: id(),
                pressed: true,
            }],
        ),
        Record::Control(ControlRecord {
            at: Timestamp(1),
            control: Control::Pause(pause),
        }),
        stored(),
    ];
    let framed = all.iter().map(|record| {
        let mut bytes = Vec::new();
        record.encode(&mut bytes).expect("a sound record");
        bytes
    });
    let plain = all.iter().map(sluis_model::codec::encode_plain);
    framed.chain(plain).collect()
}

fn stored() -> Record {
    let tenant = TenantKey::new(CorporationId(1), "H-1001");
    let state = Tenant {
        last: 12,
        profile: Some(Box::default()),
        told: Some(Box::default()),
        ..Tenant::default()
    };
    let mut pieces = StoredTenant::pieces(&tenant, &state, Vec::new(), Timestamp(1), 13);
    Record::Stored(Box::new(pieces.remove(0)))
}

fn reports() -> Vec<Vec<u8>> {
    let reference = KEY.attempt(
        CorporationId(1),
        AttemptRef {
            id: id(),
            step: 0,
            attempt: 1,
        },
    );
    let verp = format!("b+{reference}@bounce.example.nl");
    let bounce = |envelope_from, envelope_id, action, status| {
        Bounce {
            reporting_mta: "relay.example.nl",
            envelope_from,
            envelope_id,
            original_recipient: Some("rfc822;weg@huurder.example"),
            final_recipient: "weg@huurder.example",
            action,
            status,
            diagnostic: "550 5.1.1 user unknown",
            original_headers: b"Subject: uw huur\r\nMessage-ID: <x@example.nl>\r\n",
            arrival_ms: 1_770_019_200_000,
            now_ms: 1_770_019_260_000,
        }
        .build()
    };
    let abuse = format!(
        "From: <abuse@isp.example>\r\nTo: <{verp}>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=feedback-report; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nspam\r\n\
         --b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: x/1\r\nVersion: 1\r\n\r\n\
         --b\r\nContent-Type: message/rfc822\r\n\r\nSubject: uw huur\r\n\r\ntekst\r\n--b--\r\n"
    );
    let away =
        b"Auto-Submitted: auto-replied\r\nSubject: afwezig\r\n\r\nIk ben er niet.\r\n".to_vec();
    vec![
        bounce(&verp, None, "failed", "5.1.1"),
        bounce(
            "postmaster@example.nl",
            Some(&reference),
            "delayed",
            "4.4.1",
        ),
        bounce(&verp, Some(&reference), "delivered", "2.0.0"),
        abuse.into_bytes(),
        away,
    ]
    .into_iter()
    .chain(in_words(&reference, &verp))
    .collect()
}

/// Reports without fields, and fields where they do not belong.
fn in_words(reference: &str, verp: &str) -> Vec<Vec<u8>> {
    let mail = |head: &str, body: &str| {
        format!("From: MAILER-DAEMON@relay.example\nTo: <{verp}>\nSubject: Undelivered mail\n{head}\n\n{body}\n").into_bytes()
    };
    let base64 = "VXNlciB1bmtub3duCjU1MCA1LjEuMSA8d2VnQGh1dXJkZXIuZXhhbXBsZT4K";
    vec![
        mail("X-Failed-Recipients: weg@huurder.example", "SMTP error from a host after RCPT TO:<weg@huurder.example>:\n550 5.1.1 User unknown\n\n------ This is a copy of the message ------\n\nReturn-Path: <x@y>"),
        mail("", "Hi. This is a program at relay.example.\n\n<weg@huurder.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n"),
        mail("Content-Type: text/plain; charset=iso-2022-jp", "\u{1b}$B%a!<%k\u{1b}(B 552 5.2.2 mailbox is full"),
        mail("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64", base64),
        mail("Content-Type: text/html; charset=windows-1252\nContent-Transfer-Encoding: quoted-printable", "<p>Uw bericht kon niet worden bezorgd:<br>de mailbox is vol =E9=\n</p>"),
        mail("Content-Type: text/plain", "Original-Recipient: rfc822; a\nFinal-Recipient: rfc822; a\nAction: failed\nStatus: 5.1.1\nFinal-Recipient: rfc822; b\nAction: delayed\nStatus: 4.4.1\nDiagnostic-Code: smtp; 450 4.4.1 later"),
        mail("Content-Type: multipart/mixed; boundary=o", "--o\n\nA gateway's disclaimer.\n--o\nContent-Type: multipart/report; report-type=delivery-status; boundary=i\n\n--i\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822; a\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 554 5.7.1 blocked using a list\n\n--i--\n--o--"),
        format!("From: postmaster@relay.example\nTo: x@y.example\nSubject: Warning: message delayed\nReferences: <{reference}@bounce.example.nl>\n\nIt has not yet been delivered. No action is required on your side.\n").into_bytes(),
        format!("From: jan@huurder.example\nTo: <SRS0=ab=cd=bounce.example.nl=b+{reference}@weg.example>\nSubject: Re: huur\n\nIk heb al betaald.\n").into_bytes(),
        format!("Return-Path: <>\nFrom: jan@huurder.example\nTo: <{verp}>\nSubject: =?utf-8?Q?Automatisch_antwoord=3A_huur?=\nAuto-Submitted: auto-replied\n\nIk ben met vakantie.\n").into_bytes(),
    ]
}

fn lists() -> Vec<Vec<u8>> {
    [
        "huurdernummer;aanhef;voorletters;tussenvoegsel;achternaam;email;mobiel;postcode;taal;voorkeurskanaal\r\n\
         H-1;mevr.;A.;de;Vries;a.devries@huurder.example;06-12345678;2511 AB;nl;e-mail\r\n\
         H-2;dhr.;;;\"Jansen; van \"\"Dijk\"\"\";;+31 6 1234 5678;2511AB;;sms\r\n;;;;zonder nummer;;;;;\r\n",
        "\u{feff}tenant_id,name,email,surprise\nH-1,Bakker,x@huurder.example,1\nH-1,Bakker,x@huurder.example,1\nH-1,Anders,,\n",
        "{\"tenant_id\":\"H-1\",\"name\":\"Bakker\",\"email\":\"x@huurder.example\",\"mobile\":\"0612345678\",\"language\":\"nl\"}\n\
         {\"tenant_id\":\"H-2\",\"addresses\":[{\"channel\":\"email\",\"value\":\"y@huurder.example\",\"state\":\"validated\"}],\
         \"preferences\":[{\"category\":\"*\",\"channel\":\"sms\"}]}\n\n{\"tenant_id\":7}\n",
        "huurdernummer\n\"H-1\n",
    ]
    .map(|list| list.as_bytes().to_vec())
    .into()
}
