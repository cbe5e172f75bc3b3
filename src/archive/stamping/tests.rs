//! Authorities of every kind, each a listener on this machine: none holds up the archive, and only a
//! stamp that answers our request is kept. One of them is OpenSSL's; `.ci/run` runs that.

#[path = "../../../archive/tests/it/authority.rs"]
mod authority;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;

use sluis_archive::{Archive, Batch, Entry, Head, Kind, Limits, Store, stamp_imprint, verify};

use super::*;

/// An archive with one sealed volume.
fn sealed(store: &Store) -> Arc<Archive> {
    let limits = Limits {
        bytes: usize::MAX,
        age_ms: i64::MAX,
    };
    let archive = Archive::open(store.clone(), 1, limits).unwrap();
    let head = Head {
        kind: Kind::Record,
        shard: 0,
        sequence: 1,
        at: 1,
        corporation: 1,
        tenant: "H-1".into(),
        ids: Vec::new(),
        subject: None,
        input: None,
        events: Vec::new(),
        output: None,
        key: 0,
        length: 6,
    };
    let entry = Entry {
        head,
        body: Bytes::from_static(b"record"),
        flows: Vec::new(),
    };
    let batch = Batch {
        shard: 0,
        upto: 1,
        entries: vec![("none".into(), entry)],
    };
    archive.append(&batch, 0).unwrap();
    archive.seal(0).unwrap().expect("a volume");
    Arc::new(archive)
}

/// What an authority answers to a request; none: nothing, ever.
type Answers = fn(&[u8]) -> Option<Vec<u8>>;

/// The body of a request.
fn read_request(stream: &TcpStream) -> Vec<u8> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).unwrap(), 0, "a whole head");
    }
    let head = head.to_ascii_lowercase();
    assert!(head.contains(QUERY), "{head}");
    let length = head.split("content-length: ").nth(1).unwrap();
    let length = length.split("\r\n").next().unwrap().parse().unwrap();
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    body
}

/// An authority that answers one request.
fn authority(answers: impl Fn(&[u8]) -> Option<Vec<u8>> + Send + 'static) -> Uri {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/tsr", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let request = read_request(&stream);
        let Some(answer) = answers(&request) else {
            // Until the other side is tired of it.
            let _ = stream.read(&mut [0]);
            return;
        };
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/timestamp-reply\r\ncontent-length: {}\r\n\r\n",
            answer.len()
        );
        // Who has read enough hangs up.
        let _ = stream.write_all(&[head.as_bytes(), &answer].concat());
    });
    address.parse().unwrap()
}

fn stamper(archive: &Arc<Archive>, authority: Uri) -> Stamper {
    let standing = Arc::new(Standing::default());
    standing.is_open(archive.clone());
    Stamper::new(standing, authority)
}

#[tokio::test]
async fn the_newest_volume_is_stamped_once() {
    let store = Store::memory();
    let archive = sealed(&store);
    let stamper = stamper(
        &archive,
        authority(|request| Some(self::authority::answer(request))),
    );
    assert!(stamper.turn().await.unwrap());
    // The authority answers no more: it is not asked.
    assert!(!stamper.turn().await.unwrap());
    let report = verify(&store, None, &mut |_, _| ()).unwrap();
    assert_eq!(report.stamps, [(1, self::authority::AT)]);
    assert_eq!(report.faults, []);
}

#[tokio::test]
async fn an_archive_that_is_away_or_empty_asks_nobody() {
    let nobody = || "http://127.0.0.1:1/".parse().unwrap();
    let away = Stamper::new(Arc::default(), nobody());
    assert!(!away.turn().await.unwrap());
    let limits = Limits {
        bytes: usize::MAX,
        age_ms: i64::MAX,
    };
    let empty = Arc::new(Archive::open(Store::memory(), 1, limits).unwrap());
    assert!(!stamper(&empty, nobody()).turn().await.unwrap());
}

#[tokio::test]
async fn an_answer_that_is_no_stamp_of_ours_is_not_kept_and_said() {
    let cases: [(Answers, &str); 5] = [
        (
            |request| {
                let other = stamp_imprint(b"something else");
                Some(self::authority::stamp(&other, &request[58..66]))
            },
            "of something else",
        ),
        (
            |request| Some(self::authority::stamp(&request[24..56], &[0x41; 8])),
            "another request",
        ),
        (|_| Some(b"<html>busy</html>".to_vec()), "no time stamp"),
        (
            |_| Some(vec![0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02]),
            "refuses, status 2",
        ),
        (|_| Some(vec![0; MOST_ANSWER_BYTES + 1]), "limit"),
    ];
    for (answers, why) in cases {
        let store = Store::memory();
        let archive = sealed(&store);
        let error = stamper(&archive, authority(answers)).turn().await;
        let said = format!("{:#}", error.unwrap_err());
        assert!(said.contains(why), "{said}, expected {why}");
        assert!(archive.unstamped(archive.tip()).unwrap().is_some());
    }
}

/// The clock of the runtime jumps to the next time limit when nothing else is to be done.
#[tokio::test(start_paused = true)]
async fn an_authority_that_never_answers_costs_only_the_stamp() {
    let archive = sealed(&Store::memory());
    let stamper = stamper(&archive, authority(|_| None));
    let said = format!("{:#}", stamper.turn().await.unwrap_err());
    assert!(said.contains("no answer in 30 s"), "{said}");
}

#[tokio::test]
async fn an_authority_that_is_away_is_said() {
    // A port that nobody has any more.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let archive = sealed(&Store::memory());
    let stamper = stamper(&archive, address.parse().unwrap());
    assert!(stamper.turn().await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_the_asking() {
    let stop = CancellationToken::new();
    stop.cancel();
    let archive = sealed(&Store::memory());
    let asking = stamper(&archive, authority(|_| None)).run(PATIENCE, stop);
    asking.await;
}

fn openssl(dir: &Path, arguments: &str) -> String {
    let mut command = Command::new("openssl");
    command.current_dir(dir).args(arguments.split(' '));
    let done = command.output().expect("openssl runs");
    let said = String::from_utf8_lossy(&[&done.stdout[..], &done.stderr[..]].concat()).into_owned();
    assert!(done.status.success(), "{arguments}: {said}");
    said
}

/// What OpenSSL needs to stamp.
const TSA: &str = "[tsa]\ndefault_tsa = one\n[one]\ndir = .\nserial = ./serial\nsigner_digest = sha256\n\
    default_policy = 1.2.3.4.1\ndigests = sha256\naccuracy = secs:1\nordering = yes\ntsa_name = yes\n\
    ess_cert_id_alg = sha256\n";

#[tokio::test]
#[ignore = "needs openssl: .ci/run installs it"]
async fn a_stamp_of_openssl_is_taken_and_openssl_checks_what_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let tsa = dir.path().to_owned();
    std::fs::write(tsa.join("tsa.cnf"), TSA).unwrap();
    openssl(
        &tsa,
        "req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=stamps -addext \
         extendedKeyUsage=critical,timeStamping",
    );
    let at = tsa.clone();
    let stamps = move |request: &[u8]| {
        std::fs::write(at.join("request.tsq"), request).unwrap();
        openssl(
            &at,
            "ts -reply -config tsa.cnf -queryfile request.tsq -signer cert.pem -inkey key.pem -out answer.tsr",
        );
        Some(std::fs::read(at.join("answer.tsr")).unwrap())
    };
    let root = tsa.join("archive");
    let store = Store::directory(&root).unwrap();
    let archive = sealed(&store);
    assert!(stamper(&archive, authority(stamps)).turn().await.unwrap());
    let report = verify(&store, None, &mut |_, _| ()).unwrap();
    assert_eq!((report.stamps.len(), report.faults), (1, Vec::new()));
    let volume = "archive/volumes/0000000001";
    let check =
        format!("ts -verify -data {volume}/manifest.json -in {volume}/stamp.tsr -CAfile cert.pem");
    assert!(openssl(&tsa, &check).contains("Verification: OK"));
}
