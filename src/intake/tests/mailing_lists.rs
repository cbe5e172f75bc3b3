//! Owns the faults of lists of mailings: what spreadsheets make of a cell is put right and told, or refused
//! with its row. Refuses a message that shows what a spreadsheet put around its words.

use serde_json::{Map, Value, json};
use sluis_model::flow::Definition;
use sluis_model::{Environment, Flow, Lane};

use super::told;
use crate::intake::FieldProblem;
use crate::intake::mailing_rows::{Frame, MailingRows, ReadRow};
use crate::intake::tenant_list::{Format, List};

const FLOW: &str = "name = \"works\"\nversion = 1\npurpose = \"information\"\n\n[input]\ntitle = \"line\"\ntext = \"text?\"\n\
    day = \"date?\"\nowed = \"money?\"\nrooms = \"integer?\"\n\n[[step]]\nid = \"first\"\nend = \"done\"\n";

fn read(list: &[u8]) -> (Vec<ReadRow>, Vec<FieldProblem>) {
    let flow = Flow::compile(&Definition {
        flow: FLOW.into(),
        ..Definition::default()
    });
    let flow = flow.expect("a sound flow");
    let frame = Frame {
        flow: "works".to_owned(),
        category: "repairs".to_owned(),
        environment: Environment::Test,
        priority: Lane::Bulk,
        data: Map::new(),
    };
    let list = List::open(list, Some(Format::Csv), None);
    let mut rows = MailingRows::open(&list, &frame, &flow, Environment::Test);
    let all = rows.by_ref().collect();
    (all, rows.notes())
}

/// The data of the rows that are taken.
fn taken(rows: &[ReadRow]) -> Vec<Value> {
    let data = rows.iter().filter_map(|row| match row {
        ReadRow::Taken(row) => Some(serde_json::from_str(&row.data).expect("an object")),
        ReadRow::Rejected(_) | ReadRow::Repeated { .. } => None,
    });
    data.collect()
}

/// The reasons against the rows that are not.
fn reasons(rows: &[ReadRow]) -> Vec<FieldProblem> {
    let reasons = rows.iter().filter_map(|row| match row {
        ReadRow::Rejected(why) => Some(why.reasons.clone()),
        ReadRow::Taken(_) | ReadRow::Repeated { .. } => None,
    });
    reasons.flatten().collect()
}

#[test]
fn what_a_spreadsheet_puts_around_a_value_is_taken_off_and_told() {
    let (rows, notes) = read(
        "huurdernummer;title;day;owed\nH-1;=\"De Eik\";=\"2026-12-01\";'1250\nH-2;RenÃ©;2026-12-01;=\"5\"\n\
         H-3;\u{200b}Lift\u{200b};\u{feff}2026-12-01;7\n"
            .as_bytes(),
    );
    let day = "2026-12-01";
    assert_eq!(
        taken(&rows),
        [
            json!({ "title": "De Eik", "day": day, "owed": 1250 }),
            json!({ "title": "René", "day": day, "owed": 5 }),
            json!({ "title": "Lift", "day": day, "owed": 7 }),
        ]
    );
    let mut told = told(&notes);
    told.dedup();
    assert_eq!(
        told,
        [
            "data.day cleaned",
            "data.owed cleaned",
            "data.title cleaned"
        ]
    );
}

#[test]
fn what_belongs_to_a_text_stays() {
    let texts = [
        "'s Avonds",
        "  twee ",
        "-",
        "=1+1",
        "👨\u{200d}👩\u{200d}👧 lift",
    ];
    for text in texts {
        let (rows, notes) =
            read(format!("huurdernummer;title;text\nH-1;x;\"{text}\"\n").as_bytes());
        let expected = match text {
            // A word that stands for nothing.
            "-" => json!({ "title": "x" }),
            text => json!({ "title": "x", "text": text }),
        };
        assert_eq!(taken(&rows), [expected], "{rows:?}");
        assert!(notes.is_empty(), "{notes:?}");
    }
}

#[test]
fn a_day_is_read_as_tenant_lists_read_it() {
    for day in [
        "2026-12-01",
        "1-12-2026",
        "01/12/2026",
        "1.12.2026",
        "2026-12-01 00:00:00",
        "1-12-2026 0:00",
    ] {
        let (rows, _) = read(format!("huurdernummer;title;day\nH-1;x;{day}\n").as_bytes());
        if day.ends_with(" 0:00") {
            assert_eq!(told(&reasons(&rows)), ["data.day bad_time"]);
            continue;
        }
        assert_eq!(
            taken(&rows),
            [json!({ "title": "x", "day": "2026-12-01" })],
            "{day}"
        );
    }
    for day in [
        "30-2-2026",
        "00-00-0000",
        "12-2026",
        "2026-12-01T14:00",
        "1-12-26",
        "45992",
    ] {
        let (rows, _) = read(format!("huurdernummer;title;day\nH-1;x;{day}\n").as_bytes());
        let reasons = reasons(&rows);
        assert_eq!(told(&reasons), ["data.day bad_time"], "{day}");
        assert_eq!(reasons[0].value.as_deref(), Some(day));
        assert_eq!(reasons[0].hint.is_some(), day == "45992");
    }
}

#[test]
fn the_encoding_that_was_guessed_and_lines_that_were_passed_over_are_told() {
    let mut list = b"sep=;\r\nExport 28-11-2026\r\nhuurdernummer;title\r\nH-1;Caf\xe9\r\n".to_vec();
    list.extend(b"huurdernummer;title\r\nH-2;x\r\n");
    let (rows, notes) = read(&list);
    assert_eq!(
        taken(&rows),
        [json!({ "title": "Café" }), json!({ "title": "x" })]
    );
    assert_eq!(
        told(&notes),
        [
            "file cleaned",
            "line 1 ignored",
            "line 2 ignored",
            "line 5 ignored"
        ]
    );
}

#[test]
fn a_list_without_a_column_that_every_row_needs_is_refused_once() {
    let (rows, notes) = read(b"huurdernummer;Titel;day\nH-1;x;2026-12-01\nH-2;y;2026-12-01\n");
    let [ReadRow::Rejected(why)] = &rows[..] else {
        panic!("{rows:?}")
    };
    assert_eq!(
        (why.line, told(&why.reasons)),
        (1, vec!["data.title missing".to_owned()])
    );
    assert_eq!(
        why.reasons[0].hint.as_deref(),
        Some("nobody knows the columns Titel")
    );
    assert_eq!(told(&notes), ["Titel ignored"]);
}
