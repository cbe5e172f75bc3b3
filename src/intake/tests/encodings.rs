//! Owns the encodings in which lists come: UTF-16 and Windows-1252 are read as what they are, what a
//! sender says is heeded, and letters are never taken for others. Refuses a list of unknown letters.

use encoding_rs::{Encoding, MACINTOSH, UTF_8, WINDOWS_1252, WINDOWS_1254};
use proptest::prelude::*;

use crate::intake::tenant_list::{Charset, Format, List};

/// A list as Excel writes it.
const CSV: &str =
    "huurdernummer;achternaam\r\nH1;René\r\nH2;D’Ancona\r\nH3;Müller – Kok\r\nH4;€\r\n";
const NAMES: [&str; 4] = ["René", "D’Ancona", "Müller – Kok", "€"];
const NDJSON: &str =
    "{\"tenant_id\":\"H1\",\"name\":\"Çelik\"}\n{\"tenant_id\":\"H2\",\"name\":\"René\"}\n";

/// What became of a list.
#[derive(Debug, PartialEq)]
enum Read {
    /// The names of its rows, and what is noted of the file.
    Names(Vec<String>, Vec<String>),
    /// It was refused as a whole: at this line, with this value and hint.
    Refused(u64, String, String),
}

fn read(bytes: &[u8], charset: Option<&str>) -> Read {
    let charset = charset.map(|name| Charset::named(name).expect("a name that is known"));
    let list = List::open(bytes, None, charset);
    let mut rows = list.rows();
    let mut names = Vec::new();
    for row in rows.by_ref() {
        match row {
            Ok(row) => names.push(row.profile.name.to_string()),
            Err(rejected) => {
                let reason = &rejected.reasons[0];
                let of = |text: &Option<String>| text.clone().unwrap_or_default();
                return Read::Refused(rejected.line, of(&reason.value), of(&reason.hint));
            }
        }
    }
    let notes = rows.notes();
    let hints = notes.iter().filter(|note| note.path == "file");
    let hints = hints.flat_map(|note| note.hint.clone());
    Read::Names(names, hints.collect())
}

fn taken(names: &[&str], hints: &[&str]) -> Read {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Read::Names(owned(names), owned(hints))
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

fn in_encoding(encoding: &'static Encoding, text: &str) -> Vec<u8> {
    let (bytes, used, is_lossy) = encoding.encode(text);
    assert!(used == encoding && !is_lossy, "{text}");
    bytes.into_owned()
}

#[test]
fn utf_16_is_read_by_its_mark_and_by_its_look_in_both_formats() {
    for (order, mark, name) in [
        (
            u16::to_le_bytes as fn(u16) -> [u8; 2],
            "\u{feff}",
            "UTF-16LE",
        ),
        (u16::to_be_bytes, "\u{feff}", "UTF-16BE"),
    ] {
        for (text, names) in [(CSV, &NAMES[..]), (NDJSON, &["Çelik", "René"])] {
            let marked = utf16(&format!("{mark}{text}"), order);
            assert_eq!(read(&marked, None), taken(names, &[]), "{name}");
            assert_eq!(read(&marked, Some("utf-16")), taken(names, &[]), "{name}");
            let bare = utf16(text, order);
            let hint = format!("read as {name}, by what it looks like: it has no byte order mark");
            assert_eq!(read(&bare, None), taken(names, &[&hint]));
            assert_eq!(read(&bare, Some("UTF-16")), taken(names, &[]), "{name}");
            assert_eq!(read(&bare, Some(name)), taken(names, &[]));
        }
    }
    let cut = utf16(&format!("\u{feff}{CSV}"), u16::to_le_bytes);
    assert!(matches!(
        read(&cut[..cut.len() - 1], None),
        Read::Refused(6, ..)
    ));
}

#[test]
fn windows_1252_is_read_where_each_letter_fits_and_the_file_is_noted() {
    let hint =
        "read as windows-1252, by what fits: it is no UTF-8, and Content-Type says no charset";
    assert_eq!(
        read(&in_encoding(WINDOWS_1252, CSV), None),
        taken(&NAMES, &[hint])
    );
    let lines = in_encoding(WINDOWS_1252, NDJSON);
    assert_eq!(read(&lines, None), taken(&["Çelik", "René"], &[hint]));
    for name in ["windows-1252", "ISO-8859-1", " latin1 ", "cp1252"] {
        assert_eq!(
            read(&in_encoding(WINDOWS_1252, CSV), Some(name)),
            taken(&NAMES, &[])
        );
    }
}

#[test]
fn what_a_sender_says_is_heeded() {
    let mac = "huurdernummer;naam\nH1;René\nH2;Köhler\n";
    let bytes = in_encoding(MACINTOSH, mac);
    assert_eq!(
        read(&bytes, Some("macintosh")),
        taken(&["René", "Köhler"], &[])
    );
    let turkish = "huurdernummer;naam\nH1;Doğan\nH2;Şahin\n";
    let bytes = in_encoding(WINDOWS_1254, turkish);
    assert_eq!(
        read(&bytes, Some("windows-1254")),
        taken(&["Doğan", "Şahin"], &[])
    );
    assert_eq!(read(CSV.as_bytes(), Some("utf-8")), taken(&NAMES, &[]));
    for name in [
        "",
        "cp850",
        "ibm437",
        "klingon",
        "utf-32",
        "replacement",
        "x-user-defined",
    ] {
        assert_eq!(Charset::named(name), None, "{name}");
    }
}

#[test]
fn a_mark_in_the_file_goes_before_what_its_sender_says() {
    let marked = format!("\u{feff}{CSV}");
    let hint =
        |name| format!("read as {name}, as its byte order mark says, not as Content-Type says");
    let utf8 = read(marked.as_bytes(), Some("iso-8859-1"));
    assert_eq!(utf8, taken(&NAMES, &[&hint("UTF-8")]));
    let utf16 = read(&utf16(&marked, u16::to_le_bytes), Some("utf-8"));
    assert_eq!(utf16, taken(&NAMES, &[&hint("UTF-16LE")]));
}

#[test]
fn what_is_certainly_not_what_its_sender_says_is_refused() {
    for (bytes, charset, why) in [
        (
            in_encoding(WINDOWS_1252, CSV),
            "utf-8",
            "Content-Type says UTF-8",
        ),
        (
            CSV.as_bytes().to_vec(),
            "windows-1252",
            "these bytes are UTF-8",
        ),
        (CSV.as_bytes().to_vec(), "gbk", "these bytes are UTF-8"),
        (
            b"huurdernummer;naam\nH1;Kok\n".to_vec(),
            "utf-16",
            "these bytes are UTF-8",
        ),
        (
            b"huurdernummer;naam\nH1;Ren\x81\n".to_vec(),
            "windows-1252",
            "Content-Type says",
        ),
    ] {
        match read(&bytes, Some(charset)) {
            Read::Refused(_, _, hint) => assert!(hint.contains(why), "{charset}: {hint}"),
            other => panic!("{charset}: {other:?}"),
        }
    }
}

#[test]
fn letters_of_an_encoding_that_nobody_names_are_never_taken_for_others() {
    for bytes in [
        &b"huurdernummer;naam\nH1;Kok\nH2;Ren\x82\n"[..],
        b"huurdernummer;naam\nH1;Kok\nH2;Ren\x8e\n",
        b"huurdernummer;naam\nH1;Kok\nH2;Do\xf0an\n",
        b"huurdernummer;naam\nH1;Ren\xc3\xa9\nH2;Ren\xe9\n",
        b"huurdernummer;naam\rH1;Kok\rH2;K\x94hler\r",
    ] {
        let Read::Refused(_, value, hint) = read(bytes, None) else {
            panic!("taken: {}", String::from_utf8_lossy(bytes));
        };
        assert!(value.starts_with("byte 0x"), "{value}");
        assert!(hint.contains("charset=macintosh") && hint.contains("nothing of it was loaded"));
    }
    let Read::Refused(line, value, _) = read(b"huurdernummer;naam\nH1;Kok\nH2;Ren\x82\n", None)
    else {
        panic!("taken");
    };
    assert_eq!((line, &*value), (3, "byte 0x82 at line 3, column 7"));
}

/// Names with letters that Dutch registers have.
const REAL: [&str; 24] = [
    "René",
    "Zoë",
    "Müller",
    "Köhler",
    "Çelik",
    "André",
    "Françoise",
    "Joël",
    "Muñoz",
    "García",
    "João",
    "Thérèse",
    "Noëlle",
    "Björn",
    "D’Ancona",
    "Élise",
    "Schröder",
    "Hélène",
    "Citroën",
    "Señor",
    "Gülay",
    "Özdemir",
    "IJsbrand",
    "Anaïs",
];

fn listed(names: &[&str]) -> String {
    let rows = names
        .iter()
        .enumerate()
        .map(|(n, name)| format!("H{n};{name}\n"));
    format!("huurdernummer;naam\n{}", rows.collect::<String>())
}

proptest! {
    #[test]
    fn a_list_says_the_same_in_every_encoding_or_is_refused(
        names in proptest::collection::vec(proptest::sample::select(&REAL[..]), 1..8),
    ) {
        let text = listed(&names);
        for encoding in [UTF_8, WINDOWS_1252] {
            let bytes = in_encoding(encoding, &text);
            match read(&bytes, None) {
                Read::Names(read, _) => prop_assert_eq!(&read, &names),
                Read::Refused(..) => prop_assert!(false, "{:?} in {}", names, encoding.name()),
            }
        }
        for order in [u16::to_le_bytes as fn(u16) -> [u8; 2], u16::to_be_bytes] {
            let Read::Names(read, _) = read(&utf16(&text, order), None) else {
                return Err(TestCaseError::fail("UTF-16 refused"));
            };
            prop_assert_eq!(&read, &names);
        }
        // Of a Macintosh, and nothing says so.
        let bytes = in_encoding(MACINTOSH, &text);
        if let Read::Names(read, _) = read(&bytes, None) {
            prop_assert_eq!(&read, &names);
        }
    }

    #[test]
    fn no_bytes_in_any_encoding_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), said in 0..6_usize) {
        let names = ["utf-8", "utf-16", "windows-1252", "gbk", "shift_jis", "macintosh"];
        for format in [Format::Csv, Format::Ndjson] {
            let charset = Charset::named(names[said]);
            let _ = List::open(&bytes, Some(format), charset).rows().count();
        }
    }
}
