//! Owns the faults of real exports: what spreadsheets, ERP systems and old programs make of a list.
//! Each is taken right, with a note or a warning, or refused by name with its row. Refuses a list
//! that is silently wrong.

use sluis_model::{ContactKind, Given, PointState};

use super::told;
use crate::intake::problem::FieldProblem;
use crate::intake::tenant_list::{Format, List, Rejected, Row};

type Taken = Vec<Result<Row, Rejected>>;

fn list(bytes: &[u8]) -> (Taken, Vec<FieldProblem>) {
    let list = List::open(bytes, Some(Format::Csv), None);
    let mut rows = list.rows();
    let taken = rows.by_ref().collect();
    (taken, rows.notes())
}

/// Number and name of the rows that are taken.
fn names(taken: &Taken) -> Vec<(&str, &str)> {
    taken
        .iter()
        .flatten()
        .map(|row| (&*row.tenant_id, &*row.profile.name))
        .collect()
}

/// The first reason against the list.
fn refusal(bytes: &[u8]) -> (String, String) {
    let (taken, _) = list(bytes);
    let rejected = taken[0].as_ref().expect_err("refused");
    assert_eq!(taken.len(), 1, "as a whole");
    (
        told(&rejected.reasons).remove(0),
        rejected.reasons[0].value.clone().unwrap_or_default(),
    )
}

fn hints(notes: &[FieldProblem]) -> Vec<String> {
    notes
        .iter()
        .map(|note| {
            format!(
                "{}: {}",
                note.path,
                note.hint.as_deref().unwrap_or_default()
            )
        })
        .collect()
}

#[test]
fn every_line_end_in_use_gives_the_same_rows() {
    for end in ["\n", "\r\n", "\r", "\r\r\n"] {
        let text = ["huurdernummer;naam", "H1;Kok", "H2;Wit", "H3;Boer"].join(end);
        for text in [text.clone(), text + end] {
            let (taken, notes) = list(text.as_bytes());
            assert_eq!(
                names(&taken),
                [("H1", "Kok"), ("H2", "Wit"), ("H3", "Boer")],
                "{end:?}"
            );
            assert!(notes.is_empty());
        }
    }
    let (taken, _) = list(b"huurdernummer;naam\rH1;Kok\nH2;Wit\r\nH3;Boer");
    assert_eq!(names(&taken).len(), 3, "mixed in one file");
    let lines: Vec<u64> = taken.iter().flatten().map(|row| row.line).collect();
    assert_eq!(lines, [2, 3, 4]);
}

#[test]
fn a_blank_before_a_quote_is_no_part_of_the_field() {
    let (taken, _) = list(b"tenant_id, name\n1, \"Kok, x\"\n2,\t \"Wit\" \n");
    assert_eq!(names(&taken), [("1", "Kok, x"), ("2", "Wit")]);
}

#[test]
fn what_stands_above_the_header_is_passed_over_and_noted() {
    for (text, expected) in [
        (
            "sep=;\r\nhuurdernummer;naam\r\nH1;Kok\r\n",
            vec!["line 1: taken as the separator that the file names"],
        ),
        (
            "\u{feff}sep=|\nhuurdernummer|naam\nH1|Kok\n",
            vec!["line 1: taken as the separator that the file names"],
        ),
        (
            "Huurderslijst, peildatum 27-11-2026;;\n;;\n\"Woningstichting De Haven\";;\nHuurdernummer;Naam\nH1;Kok\n",
            vec![
                "line 1: passed over: it stands above the header",
                "line 3: passed over: it stands above the header",
            ],
        ),
    ] {
        let (taken, notes) = list(text.as_bytes());
        assert_eq!(names(&taken), [("H1", "Kok")], "{text}");
        assert_eq!(hints(&notes), expected, "{text}");
    }
    let many = "titel\n".repeat(25) + "huurdernummer\nH1\n";
    assert_eq!(
        refusal(many.as_bytes()).0,
        "header not_a_list",
        "not looked for without end"
    );
}

#[test]
fn separators_are_found_by_the_header_that_they_make() {
    for text in [
        "huurdernummer;naam\nH1;Kok\n",
        "huurdernummer,naam\nH1,Kok\n",
        "huurdernummer\tnaam\nH1\tKok\n",
        "huurdernummer|naam\nH1|Kok",
    ] {
        assert_eq!(names(&list(text.as_bytes()).0), [("H1", "Kok")], "{text}");
    }
    let commas = "huurdernummer;naam;opmerking, of niet, of toch, wie weet, misschien\nH1;Kok;\n";
    assert_eq!(
        names(&list(commas.as_bytes()).0),
        [("H1", "Kok")],
        "commas in a name of a column do not count"
    );
}

#[test]
fn names_of_columns_are_read_in_any_dress() {
    for header in [
        "HUURDERNUMMER;NAAM;E-MAIL",
        " Huurder nummer ; Naam;E-mail adres",
        "\u{200b}Huurdernummer\u{a0};\"Naam\";Email:",
        "Huurder-nr.;Achternaam*;E_mail_adres",
        "huurdérnummer;náám;e-mail",
        "Huurdernummer;Naam;E-mail;;;",
    ] {
        let (taken, notes) = list(format!("{header}\nH1;Kok;a@b.nl\n").as_bytes());
        assert_eq!(names(&taken), [("H1", "Kok")], "{header}");
        assert!(
            taken[0]
                .as_ref()
                .is_ok_and(|row| row.profile.points.len() == 1),
            "{header}"
        );
        assert!(notes.is_empty(), "{header}: {notes:?}");
    }
    assert_eq!(
        refusal(b"huurdernummer;email;e-mailadres\nH1;a@b.nl;\n").0,
        "header twice"
    );
}

#[test]
fn an_organisation_in_a_column_of_its_own_is_called_by_its_name_where_no_person_is_named() {
    let text = "huurdernummer;aanhef;achternaam;Bedrijfsnaam\n\
                H1;;;Bakkerij  't Hoekje B.V.\nH2;Mevrouw;Kok;Kok Advies\nH3;;;n.v.t.\n";
    let (taken, notes) = list(text.as_bytes());
    assert!(notes.is_empty(), "{notes:?}");
    let expected = [
        ("H1", "Bakkerij 't Hoekje B.V."),
        ("H2", "mevrouw Kok"),
        ("H3", ""),
    ];
    assert_eq!(names(&taken), expected);
}

#[test]
fn what_stands_for_nothing_is_empty_with_a_warning_and_no_tenant() {
    let (taken, _) =
        list(b"huurdernummer;voorletters;tussenvoegsel;naam;email;mobiel\nH1;NULL;NULL;NULL;NULL;#N/B\nH2;;;Null;;\n");
    let row = taken[0].as_ref().expect("taken");
    assert_eq!((&*row.profile.name, row.profile.points.len()), ("", 0));
    let expected = [
        "initials placeholder",
        "infix placeholder",
        "name placeholder",
        "email placeholder",
        "mobile placeholder",
    ];
    assert_eq!(told(&row.warnings), expected);
    assert_eq!(names(&taken)[1], ("H2", "Null"), "a family name");
    // A clerk's word for a name nobody knows: greeted by nothing rather than as "Onbekend".
    let (taken, _) =
        list(b"huurdernummer;aanhef;naam\nH3;Onbekend;Onbekend\nH4;;j.kok@example.nl\n");
    for row in taken {
        let row = row.expect("taken");
        assert_eq!(&*row.profile.name, "");
        assert_eq!(told(&row.warnings), ["name placeholder"]);
        assert!(!format!("{:?}", row.warnings).contains("j.kok"));
    }

    let numbers = [
        "#N/B",
        "#REF!",
        "#VERW!",
        "NULL",
        "1,00123E+11",
        "1.00123e+11",
        "onbekend",
        "Totaal:",
        "n.v.t.",
        "########",
    ];
    let text = format!(
        "huurdernummer;naam\n{}",
        numbers.map(|number| format!("{number};Kok\n")).concat()
    );
    let (taken, _) = list(text.as_bytes());
    assert_eq!(taken.len(), numbers.len());
    for (row, number) in taken.iter().zip(numbers) {
        let rejected = row.as_ref().expect_err(number);
        assert_eq!(
            told(&rejected.reasons),
            ["tenant_id placeholder"],
            "{number}"
        );
    }
}

#[test]
fn a_number_that_a_spreadsheet_may_have_rewritten_is_taken_with_a_warning() {
    for number in ["1001.0", "1.001.234", "3-dec"] {
        let (taken, _) = list(format!("huurdernummer;naam\n{number};Kok\n").as_bytes());
        let row = taken[0].as_ref().expect("taken");
        assert_eq!(
            (&*row.tenant_id, told(&row.warnings)),
            (number, vec!["tenant_id placeholder".to_owned()])
        );
    }
    let (taken, notes) = list(b"huurdernummer;naam\n=\"00123\";Kok\n'00124;Wit\n00125;Boer\n");
    let numbers: Vec<&str> = taken.iter().flatten().map(|row| &*row.tenant_id).collect();
    assert_eq!(numbers, ["00123", "00124", "00125"]);
    assert_eq!(
        hints(&notes),
        [
            "tenant_id: the apostrophe or =\"…\" of a spreadsheet was taken off: in 2 row(s), first on line 2"
        ]
    );
}

#[test]
fn what_begins_like_a_formula_is_a_text() {
    let (taken, _) = list(b"huurdernummer;naam\n=1+1;=HYPERLINK(1)\n-7;-Kok\n+8;+Wit\n@9;@Boer\n");
    let expected = [
        ("=1+1", "=HYPERLINK(1)"),
        ("-7", "-Kok"),
        ("+8", "+Wit"),
        ("@9", "@Boer"),
    ];
    assert_eq!(names(&taken), expected);
}

#[test]
fn files_that_are_no_text_are_called_by_their_name() {
    for (bytes, code, what) in [
        (
            &b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0[Content_Types].xml \xa2"[..],
            "file not_a_list",
            "an Excel workbook (XLSX)",
        ),
        (
            b"PK\x03\x04\x14\0\0\x08mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
            "file not_a_list",
            "an OpenDocument sheet (ODS)",
        ),
        (
            b"PK\x03\x04\x14\0\0\x08lijst.csv",
            "file not_a_list",
            "a ZIP archive",
        ),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            "file not_a_list",
            "an Excel workbook (XLS)",
        ),
        (b"\x1f\x8b\x08\0\0\0", "file not_a_list", "a gzip file"),
        (b"\xff\xfe\0\0h\0\0\0", "file not_utf8", "UTF-32"),
        (b"%PDF-1.7", "file not_a_list", "a PDF"),
        (
            b"<html><table><tr><td>huurdernummer",
            "file not_a_list",
            "a web page (HTML)",
        ),
        (
            b"<?xml version=\"1.0\"?><Workbook>",
            "file not_a_list",
            "an XML document",
        ),
        (b"[{\"tenant_id\":\"H1\"}]", "file not_a_list", "JSON"),
        (b"{\"tenant_id\":\"H1\"}\n", "file not_a_list", "JSON"),
        (
            b"huurdernummer;naam\nH1;Ren\x82\n",
            "file not_utf8",
            "byte 0x82 at line 2, column 7",
        ),
    ] {
        assert_eq!(refusal(bytes), (code.to_owned(), what.to_owned()));
    }
    let array = List::open(b"[{\"tenant_id\":\"H1\"}]", Some(Format::Ndjson), None)
        .rows()
        .next()
        .expect("a row")
        .expect_err("refused");
    assert_eq!(array.reasons[0].value.as_deref(), Some("a JSON array"));
}

#[test]
fn letters_that_were_lost_are_warned_about_and_those_encoded_twice_put_right() {
    let text = "huurdernummer;voorletters;naam\nH1;Ã‰.;RenÃ©\nH2;;M?ller\nH3;;René\n";
    let (taken, notes) = list(text.as_bytes());
    let expected = [("H1", "É. René"), ("H2", "M?ller"), ("H3", "René")];
    assert_eq!(names(&taken), expected);
    let warned: Vec<bool> = taken
        .iter()
        .flatten()
        .map(|row| told(&row.warnings) == ["name bad_characters"])
        .collect();
    assert_eq!(warned, [false, true, false]);
    let twice = "letters that were encoded twice were put right: in 1 row(s), first on line 2";
    assert_eq!(
        hints(&notes),
        [format!("initials: {twice}"), format!("name: {twice}")]
    );
}

#[test]
fn a_quote_too_few_never_swallows_rows_silently() {
    let head = "huurdernummer;naam;opmerking\n";
    // The quote of line 3 is closed by that of line 5: three fields, and two tenants inside one.
    let (taken, _) =
        list(format!("{head}H1;Kok;a\nH2;Wit;\"b\nH3;Boer;c\nH4;Vos;d\"\nH5;Mol;e\n").as_bytes());
    assert_eq!(names(&taken), [("H1", "Kok"), ("H5", "Mol")]);
    let rejected = taken[1].as_ref().expect_err("refused");
    assert_eq!(
        (rejected.line, told(&rejected.reasons)),
        (3, vec!["row not_a_list".to_owned()])
    );
    assert!(
        rejected.reasons[0]
            .hint
            .as_deref()
            .is_some_and(|hint| hint.contains("lines 3 to 5")),
        "{rejected:?}"
    );
    // A quote in the middle of a quoted field.
    let (taken, _) = list(format!("{head}H1;\"Bakkerij \"Kok\" BV\";a\nH2;Wit;b\n").as_bytes());
    assert!(taken[0].is_err());
    assert_eq!(names(&taken), [("H2", "Wit")]);
    // A remark of several lines is one field, and a line break inside a name a blank.
    let (taken, notes) =
        list(format!("{head}H1;\"Kok\nJansen\";\"een\ntwee\"\nH2;Wit;\n").as_bytes());
    assert_eq!(names(&taken), [("H1", "Kok Jansen"), ("H2", "Wit")]);
    assert!(
        hints(&notes)
            .iter()
            .any(|hint| hint.starts_with("name: a line break inside the cell")),
        "{notes:?}"
    );
}

#[test]
fn the_header_again_in_the_middle_is_no_tenant() {
    let (taken, notes) = list(b"huurdernummer;naam\nH1;Kok\nHuurdernummer;Naam\nH2;Wit\n");
    assert_eq!(names(&taken), [("H1", "Kok"), ("H2", "Wit")]);
    assert_eq!(
        hints(&notes),
        ["line 3: passed over: it is the header again"]
    );
}

#[test]
fn empty_lines_long_lines_and_zeros_cost_their_own_row() {
    let long = "x".repeat(20_000);
    let text =
        format!("huurdernummer;naam\n;\n\n;;;\nH1;Kok\nH2;{long}\nH3;K\0ok\nH\x004;Wit\nH5;Boer");
    let (taken, _) = list(text.as_bytes());
    assert_eq!(names(&taken), [("H1", "Kok"), ("H3", ""), ("H5", "Boer")]);
    let lines: Vec<u64> = taken
        .iter()
        .flat_map(|row| row.as_ref().err())
        .map(|rejected| rejected.line)
        .collect();
    assert_eq!(lines, [6, 8], "the long one, and a zero in a number");
    assert!(
        taken
            .iter()
            .flatten()
            .any(|row| row.tenant_id == "H3" && told(&row.warnings) == ["name bad_characters"])
    );
}

#[test]
fn numbers_and_addresses_are_cleaned_with_a_note_and_counted() {
    let text = "huurdernummer;email;mobiel\nH1;Jan <a@b.nl>;\u{200b}06-12345678\nH2;mailto:c@d.nl;=\"0612345679\"\nH3;e@bücher.nl;+32 0470 12 34 56\nH4;geen@b.nl;0612345678\n";
    let (taken, notes) = list(text.as_bytes());
    let addresses: Vec<&str> = taken
        .iter()
        .flatten()
        .flat_map(|row| &row.profile.points)
        .map(|a| &*a.value)
        .collect();
    assert_eq!(
        addresses,
        [
            "a@b.nl",
            "+31612345678",
            "c@d.nl",
            "+31612345679",
            "e@xn--bcher-kva.nl",
            "+32470123456",
            "+31612345678"
        ]
    );
    assert_eq!(
        told(&notes),
        [
            "email cleaned",
            "email cleaned",
            "email cleaned",
            "mobile cleaned",
            "mobile cleaned",
            "mobile cleaned"
        ]
    );
    let last = taken[3].as_ref().expect("taken");
    assert_eq!(told(&last.warnings), ["email bad_address"]);
    assert_eq!(last.warnings[0].hint.as_deref(), Some("a placeholder"));
}

#[test]
fn two_tenants_with_one_number_or_address_are_two_tenants() {
    let (taken, _) = list(
        b"huurdernummer;naam;email;mobiel\nH1;Kok;a@b.nl;0612345678\nH2;Kok;a@b.nl;0612345678\n01;Wit;;\n1;Wit;;\nh1;Kok;;\n",
    );
    let numbers: Vec<&str> = taken.iter().flatten().map(|row| &*row.tenant_id).collect();
    assert_eq!(numbers, ["H1", "H2", "01", "1", "h1"]);
    assert!(taken.iter().flatten().all(|row| row.same_as.is_none()));
}

#[test]
fn a_source_says_when_it_checked_an_address() {
    let text = "huurdernummer;email;email bevestigd op;mobiel;mobiel_bevestigd_op\nH1;a@b.nl;27-11-2026;0612345678;2026-11-27T10:00:00Z\nH2;a@b.nl;27-11-26;;\nH3;;27-11-2026;;\n";
    let (taken, _) = list(text.as_bytes());
    let row = taken[0].as_ref().expect("taken");
    let checked = |row: &Row| -> Vec<(ContactKind, i64)> {
        let points = row.profile.points.iter();
        points
            .filter_map(|given| Some((given.kind, given.confirmed?.0)))
            .collect()
    };
    assert_eq!(
        checked(row),
        [
            (ContactKind::Email, 1_795_734_000_000),
            (ContactKind::Phone, 1_795_773_600_000)
        ]
    );
    let says_nothing = |given: &Given| given.state == PointState::Created;
    assert!(row.profile.points.iter().all(says_nothing));
    let row = taken[1].as_ref().expect("taken");
    assert_eq!(
        (checked(row).len(), told(&row.warnings)),
        (0, vec!["email_confirmed_at bad_time".to_owned()])
    );
    assert!(
        taken[2]
            .as_ref()
            .is_ok_and(|row| checked(row).is_empty() && row.warnings.is_empty()),
        "no address, nothing checked"
    );
}
