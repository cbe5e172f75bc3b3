//! Drives the SMTP sink over real sockets: by hand, byte by byte, and with lettre. Refuses to look
//! inside the sink: only its answers, its book and its later events count.

use std::sync::Arc;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use sluis_loadtest::sink::{
    Channel, CoreOptions, HeapWorld, Kind, LaterEvent, Profile, SinkCore, SmtpOptions, SmtpSink,
    TlsMode,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const NOW_MS: i64 = 1_767_225_600_000;

struct Fixture {
    world: Arc<HeapWorld>,
    core: Arc<SinkCore>,
    sink: SmtpSink,
}

async fn fixture(profile: &str, options: SmtpOptions) -> Fixture {
    let world = Arc::new(HeapWorld::new(|| NOW_MS));
    let profile = Profile::parse("test", profile).unwrap();
    let kept = CoreOptions {
        headers: vec!["X-Sluis-Id".into()],
        keep_bodies: true,
        drawn: None,
    };
    let core = SinkCore::with_options(profile, world.clone(), kept);
    let sink = SmtpSink::start(core.clone(), "127.0.0.1:0", options)
        .await
        .unwrap();
    Fixture { world, core, sink }
}

struct Hand {
    stream: TcpStream,
}

impl Hand {
    async fn connect(sink: &SmtpSink) -> Self {
        let mut hand = Self {
            stream: TcpStream::connect(sink.addr()).await.unwrap(),
        };
        assert!(hand.answer().await.starts_with("220 "));
        assert!(
            hand.say("EHLO test\r\n")
                .await
                .contains("250-PIPELINING\r\n")
        );
        hand
    }

    /// Whatever comes in one read; empty at the end of the connection.
    async fn answer(&mut self) -> String {
        let mut buffer = [0; 4096];
        let n = self.stream.read(&mut buffer).await.unwrap_or(0);
        String::from_utf8_lossy(&buffer[..n]).into_owned()
    }

    /// Reads until `lines` lines have come.
    async fn lines(&mut self, lines: usize) -> Vec<String> {
        let mut text = String::new();
        while text.matches("\r\n").count() < lines {
            let more = self.answer().await;
            assert!(!more.is_empty(), "closed after {text:?}");
            text.push_str(&more);
        }
        text.split_terminator("\r\n").map(str::to_owned).collect()
    }

    async fn say(&mut self, text: &str) -> String {
        self.stream.write_all(text.as_bytes()).await.unwrap();
        self.answer().await
    }

    async fn send(&mut self, to: &str, message: &str) -> String {
        let envelope =
            format!("MAIL FROM:<b+1@bounce.example.nl> ENVID=e1\r\nRCPT TO:<{to}>\r\nDATA\r\n");
        self.stream.write_all(envelope.as_bytes()).await.unwrap();
        let replies = self.lines(3).await;
        assert!(replies[2].starts_with("354"), "{replies:?}");
        self.say(&format!("{message}\r\n.\r\n")).await
    }
}

#[tokio::test]
async fn a_pipelined_message_is_written_down_once_with_its_headers() {
    let f = fixture("", SmtpOptions::default()).await;
    let mut hand = Hand::connect(&f.sink).await;
    let message = "Message-ID: <m1@sluis.example.nl>\r\nX-Sluis-ID: n-1\r\n\r\nHallo\r\n..\r\nDag";
    assert!(
        hand.send("jan@example.nl", message)
            .await
            .starts_with("250 2.0.0")
    );
    assert!(
        hand.send("jan@example.nl", message)
            .await
            .starts_with("250 2.0.0")
    );
    assert!(hand.say("QUIT\r\n").await.starts_with("221"));
    let rows = f.core.book().rows();
    assert_eq!(rows.len(), 1);
    let row = &rows[0];
    assert_eq!(
        (row.id.as_str(), row.to.as_str(), row.seen),
        ("m1@sluis.example.nl", "jan@example.nl", 2)
    );
    assert_eq!(
        (row.from.as_str(), row.provider_id.as_str()),
        ("b+1@bounce.example.nl", "e1")
    );
    assert_eq!(row.headers["x-sluis-id"], "n-1");
    assert!(f.core.book().kept()[0].raw.ends_with(b"\r\n.\r\nDag\r\n"));
}

#[tokio::test]
async fn recipients_force_refusals_and_later_tries_pass() {
    let f = fixture("", SmtpOptions::default()).await;
    let mut hand = Hand::connect(&f.sink).await;
    assert!(hand.say("MAIL FROM:<a@x.nl>\r\n").await.starts_with("250"));
    assert!(
        hand.say("RCPT TO:<bounce@example.nl>\r\n")
            .await
            .starts_with("550 5.1.1")
    );
    assert!(
        hand.say("RCPT TO:<tempfail@example.nl>\r\n")
            .await
            .starts_with("451 4.3.0")
    );
    assert!(
        hand.say("RCPT TO:<tempfail-once@example.nl>\r\n")
            .await
            .starts_with("451 4.7.1")
    );
    assert!(hand.say("DATA\r\n").await.starts_with("554"));
    assert!(
        hand.say("RCPT TO:<tempfail-once@example.nl>\r\n")
            .await
            .starts_with("250")
    );
    assert!(hand.say("RSET\r\n").await.starts_with("250"));
    assert!(hand.say("DATA\r\n").await.starts_with("503"));
    let rows = f.core.book().rows();
    assert_eq!(
        rows.iter()
            .map(|r| (r.kind, r.to.as_str()))
            .collect::<Vec<_>>(),
        [(Kind::Refused, "bounce@example.nl")]
    );
}

#[tokio::test]
async fn in_doubt_is_taken_and_the_connection_closed_without_an_answer() {
    let f = fixture("", SmtpOptions::default()).await;
    for (to, taken) in [("indoubt@example.nl", 1), ("indoubt-lost@example.nl", 1)] {
        let mut hand = Hand::connect(&f.sink).await;
        assert_eq!(hand.send(to, "Message-ID: <m1@x.nl>\r\n").await, "");
        assert_eq!(f.core.book().taken(Channel::Email), taken);
    }
    let mut hand = Hand::connect(&f.sink).await;
    assert!(
        hand.send("indoubt@example.nl", "Message-ID: <m1@x.nl>\r\n")
            .await
            .starts_with("250")
    );
    let kinds: Vec<_> = f.core.book().rows().iter().map(|r| r.kind).collect();
    assert_eq!(kinds, [Kind::InDoubt, Kind::Accepted]);
}

#[tokio::test]
async fn a_late_bounce_is_planned_for_the_envelope_sender() {
    let f = fixture(
        "[smtp]\nlate_fail_after = { min = 1000, max = 1000 }",
        SmtpOptions::default(),
    )
    .await;
    let mut hand = Hand::connect(&f.sink).await;
    let accepted = hand
        .send(
            "late-bounce@example.nl",
            "Message-ID: <m9@x.nl>\r\nSubject: Huur\r\n\r\nbody",
        )
        .await;
    assert!(accepted.starts_with("250"));
    assert_eq!(f.world.pop_due(NOW_MS + 999), None);
    let Some((at, LaterEvent::Dsn { raw, envelope_from })) = f.world.pop_due(NOW_MS + 1000) else {
        panic!()
    };
    assert_eq!(
        (at, envelope_from.as_str()),
        (NOW_MS + 1000, "b+1@bounce.example.nl")
    );
    let text = String::from_utf8(raw).unwrap();
    assert!(
        text.contains("Original-Envelope-Id: e1\r\n")
            && text.contains("Message-ID: <m9@x.nl>\r\nSubject: Huur\r\n")
    );
    assert!(!text.contains("body"), "headers only");
}

#[tokio::test]
async fn bad_input_is_refused_and_the_connection_survives() {
    let f = fixture(
        "",
        SmtpOptions {
            max_message_bytes: 200,
            ..SmtpOptions::default()
        },
    )
    .await;
    let mut hand = Hand::connect(&f.sink).await;
    assert!(hand.say("FOO\r\n").await.starts_with("500"));
    assert!(hand.say("MAIL FROM:<a@x.nl>\n").await.starts_with("500"));
    assert!(
        hand.say(&format!("NOOP {}\r\n", "x".repeat(3000)))
            .await
            .starts_with("500")
    );
    assert!(
        hand.say("MAIL FROM:<a@x.nl> SIZE=201\r\n")
            .await
            .starts_with("552")
    );
    assert!(
        hand.send("a@x.nl", &"x".repeat(250))
            .await
            .starts_with("552")
    );
    assert!(
        hand.send("a@x.nl", "bare\nline")
            .await
            .starts_with("550 5.6.11")
    );
    assert!(
        hand.send("a@x.nl", &"x".repeat(200_000))
            .await
            .starts_with("5")
    );
    assert!(hand.send("a@x.nl", "small").await.starts_with("250"));
    assert_eq!(f.core.book().taken(Channel::Email), 1);
}

#[tokio::test]
async fn throttled_dead_and_down_profiles() {
    let f = fixture("[smtp]\nthrottle_per_second = 1", SmtpOptions::default()).await;
    let mut hand = Hand::connect(&f.sink).await;
    assert!(hand.send("a@x.nl", "x").await.starts_with("250"));
    assert!(hand.say("MAIL FROM:<a@x.nl>\r\n").await.starts_with("250"));
    assert!(
        hand.say("RCPT TO:<b@x.nl>\r\n")
            .await
            .starts_with("451 4.7.1")
    );
    f.core
        .set_profile(Profile::parse("test", "[smtp]\ndead = \"close\"").unwrap());
    assert!(
        hand.say("RSET\r\nMAIL FROM:<a@x.nl>\r\n")
            .await
            .contains("421 4.3.2")
    );
    let mut stream = TcpStream::connect(f.sink.addr()).await.unwrap();
    assert_eq!(stream.read(&mut [0; 10]).await.unwrap_or(0), 0);
    let dead = fixture("[smtp]\ndead = \"refuse\"", SmtpOptions::default()).await;
    while TcpStream::connect(dead.sink.addr()).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn stopping_cuts_connections() {
    let f = fixture("", SmtpOptions::default()).await;
    let mut hand = Hand::connect(&f.sink).await;
    let addr = f.sink.addr();
    f.sink.stop().await;
    assert_eq!(hand.answer().await, "");
    assert!(TcpStream::connect(addr).await.is_err());
}

#[tokio::test]
async fn lettre_delivers_with_authentication() {
    let options = SmtpOptions {
        auth: Some(("sluis".into(), "geheim".into())),
        ..SmtpOptions::default()
    };
    let f = fixture("", options).await;
    let transport = |password: &str| {
        AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("127.0.0.1")
            .port(f.sink.addr().port())
            .credentials(Credentials::new("sluis".into(), password.into()))
            .build()
    };
    let message = |to: &str| {
        Message::builder()
            .from("huur@example.nl".parse().unwrap())
            .to(to.parse().unwrap())
            .message_id(Some("<m5@x.nl>".into()))
            .subject("Uw huur van januari: geïncasseerd")
            .body(format!("Beste huurder,\n.\n{}\n", "é".repeat(500)))
            .unwrap()
    };
    assert!(
        transport("fout")
            .send(message("jan@example.nl"))
            .await
            .is_err()
    );
    transport("geheim")
        .send(message("jan@example.nl"))
        .await
        .unwrap();
    let bounced = transport("geheim")
        .send(message("bounce@example.nl"))
        .await
        .unwrap_err();
    assert!(bounced.is_permanent(), "{bounced}");
    let accepted: Vec<_> = f
        .core
        .book()
        .rows()
        .into_iter()
        .filter(|r| r.kind == Kind::Accepted)
        .collect();
    assert_eq!((accepted.len(), accepted[0].id.as_str()), (1, "m5@x.nl"));
    let kept = f.core.book().kept();
    let parsed = mail_parser::MessageParser::default()
        .parse(&kept[0].raw)
        .unwrap();
    assert!(
        parsed
            .body_text(0)
            .unwrap()
            .replace("\r\n", "\n")
            .contains("\n.\n")
    );
}

#[tokio::test]
async fn a_flood_is_counted_to_the_last_message() {
    let f = fixture("[smtp]\nforced_addresses = false", SmtpOptions::default()).await;
    let flooded = sluis_loadtest::run::flood_smtp(&f.sink.addr().to_string(), 500, 7, 1024)
        .await
        .unwrap();
    assert_eq!(
        (flooded.accepted, f.core.book().taken(Channel::Email)),
        (500, 500)
    );
    assert_eq!(f.core.book().rows().len(), 500);
}

#[tokio::test]
async fn tls_from_the_first_byte_and_by_starttls() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let trusted = Certificate::from_pem(made.cert.pem().as_bytes()).unwrap();
    let parameters = TlsParameters::builder("localhost".into())
        .add_root_certificate(trusted)
        .build_rustls()
        .unwrap();
    for (mode, tls) in [
        (TlsMode::Implicit, Tls::Wrapper(parameters.clone())),
        (TlsMode::StartTls, Tls::Required(parameters)),
    ] {
        let f = fixture(
            "",
            SmtpOptions {
                tls: Some(config.clone()),
                tls_mode: mode,
                ..SmtpOptions::default()
            },
        )
        .await;
        let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("localhost")
            .port(f.sink.addr().port())
            .tls(tls)
            .build();
        let message = Message::builder()
            .from("huur@example.nl".parse().unwrap())
            .to("jan@example.nl".parse().unwrap())
            .body(String::from("Hallo"))
            .unwrap();
        transport.send(message).await.unwrap();
        assert_eq!(f.core.book().taken(Channel::Email), 1, "{mode:?}");
    }
}
