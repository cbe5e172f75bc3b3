//! `sluis rehearse` as a person runs it, with providers that would be reached: nobody calls them, no data
//! directory is made, and the report is there. Refuses figures: those of the report are the crate's.

use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};

/// A place where a provider would be reached, that says whether somebody came.
struct Sink(TcpListener);

impl Sink {
    fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }

    /// Whether nobody came since it was asked last.
    fn is_empty(&self) -> bool {
        match self.0.accept() {
            Ok(_) => false,
            Err(error) => error.kind() == ErrorKind::WouldBlock,
        }
    }
}

fn config(dir: &Path, mail: &Sink, texts: &Sink) -> String {
    let data_dir = dir.join("data");
    format!(
        r#"
[engine]
environment = "test"
data_dir = "{}"
allow_list = ["*"]

[[provider]]
name = "relay"
kind = "smtp"
host = "127.0.0.1"
port = {}
tls = "none"
hello = "post.demo.example"

[[provider]]
name = "bird"
kind = "bird-sms"
base_url = "http://127.0.0.1:{}"
access_key_env = "NOBODY_SETS_THIS"
signing_key_env = "NOR_THIS"
"#,
        data_dir.display(),
        mail.port(),
        texts.port()
    )
}

fn rehearse(dir: &Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sluis"))
        .current_dir(dir)
        .args([
            "rehearse",
            "--config",
            "sluis.toml",
            "--corporation",
            "demo",
        ])
        .args(more)
        .output()
        .unwrap()
}

#[test]
fn nothing_leaves_in_a_rehearsal() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let (mail, texts) = (Sink::open(), Sink::open());
    std::fs::write(dir.join("sluis.toml"), config(dir, &mail, &texts)).unwrap();
    let tenants = "huurdernummer;achternaam;email;mobiel\n\
        H1;Jansen;jansen@example.nl;06-12345678\nH2;de Vries;;0612345679\nH3;Bakker;;\n";
    std::fs::write(dir.join("tenants.csv"), tenants).unwrap();
    let asked = [
        "--flow",
        "notice",
        "--tenants",
        "tenants.csv",
        "--everyone",
        "--data",
        r#"{"title": "Lift", "text": "Wij komen de lift nakijken."}"#,
        "--starts",
        "2026-12-01T09:00:00+01:00",
        "--against",
        "notice",
        "--to",
        "report",
    ];
    let output = rehearse(dir, &asked);
    let said = String::from_utf8_lossy(&output.stdout);
    let failed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{failed}");
    assert!(said.contains("3 notifications to 3 tenants"), "{said}");
    assert!(said.contains("no_address"), "{said}");
    assert!(
        said.contains("None ends otherwise or begins over another channel."),
        "the comparison is told where nothing differs, too: {said}"
    );
    for file in ["report.html", "counts.csv", "exceptions.csv", "summary.txt"] {
        assert!(dir.join("report").join(file).exists(), "{file}");
    }
    assert!(mail.is_empty() && texts.is_empty(), "somebody was called");
    assert!(!dir.join("data").exists(), "a data directory was made");
    // The control: a sink notices whoever comes.
    drop(TcpStream::connect(("127.0.0.1", mail.port())).unwrap());
    assert!(
        (0..1_000_000).any(|_| !mail.is_empty()),
        "the sink sees nobody"
    );
}

#[test]
fn nothing_is_written_into_a_data_directory_and_every_mistake_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let (mail, texts) = (Sink::open(), Sink::open());
    std::fs::write(dir.join("sluis.toml"), config(dir, &mail, &texts)).unwrap();
    std::fs::write(dir.join("tenants.csv"), "huurdernummer\nH1\n").unwrap();
    let whole = ["--flow", "notice", "--tenants", "tenants.csv", "--everyone"];
    let output = rehearse(dir, &[&whole[..], &["--to", "data/report"]].concat());
    let failed = String::from_utf8_lossy(&output.stderr);
    assert!(failed.contains("outside engine.data_dir"), "{failed}");
    assert!(!dir.join("data").exists());
    let wrong = [
        "--flow", "notice", "--for", "soon", "--window", "at night", "--data", "{",
    ];
    let output = rehearse(dir, &wrong);
    let failed = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    for part in ["--for soon", "at night", "--data", "--everyone"] {
        assert!(failed.contains(part), "{part} is not in {failed}");
    }
}

#[test]
fn what_nobody_reads_and_what_is_wrong_with_the_rows_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let (mail, texts) = (Sink::open(), Sink::open());
    std::fs::write(dir.join("sluis.toml"), config(dir, &mail, &texts)).unwrap();
    let tenants =
        "huurdernummer;straat;email;plaats\nH1;Sluisweg;jansen@example.nl;Den Haag\n;Kade;;\n";
    std::fs::write(dir.join("tenants.csv"), tenants).unwrap();
    let run = |flow: &str, data: &str| {
        let lists = ["--tenants", "tenants.csv", "--everyone"];
        let output = rehearse(
            dir,
            &[&["--flow", flow, "--data", data], &lists[..]].concat(),
        );
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        (said, String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (said, _) = run("notice", r#"{"title": "Lift", "text": "Kapot."}"#);
    assert!(
        said.contains("tenants.csv: nothing is done with the columns straat, plaats\n"),
        "{said}"
    );
    // The tenant without a number is not why there is no row.
    let (_, failed) = run("notice", "{}");
    assert!(
        failed.contains("there is no row to rehearse: line 1: --everyone: data.text"),
        "{failed}"
    );
    let offer = r#"{"title": "Contract", "document_url": "https://example.nl/c", "document_sha256": "00", "offered_on": "2026-12-01"}"#;
    std::fs::write(dir.join("rows.csv"), "huurdernummer;subject_id\nH1;D-1\n").unwrap();
    let output = rehearse(
        dir,
        &[
            "--flow",
            "acceptance",
            "--data",
            offer,
            "--tenants",
            "tenants.csv",
            "--rows",
            "rows.csv",
        ],
    );
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        said.contains("what tenants would answer is not rehearsed: nobody answers at offer, reminder, last reminder\n"),
        "{said}"
    );
}
