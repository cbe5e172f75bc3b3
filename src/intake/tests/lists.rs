//! Owns the check of tenant lists: the dirt of real ones, and bytes that are none. Refuses a panic.

use proptest::prelude::*;
use sluis_model::{Channel, Supplied};

use super::told;
use crate::intake::tenant_list::{Format, List, MAX_LINE, MAX_ROWS, Rejected, Row};

fn csv(text: &str) -> Vec<Result<Row, Rejected>> {
    open(text.as_bytes()).rows().collect()
}

fn open(bytes: &[u8]) -> List<'_> {
    List::open(bytes, Some(Format::Csv), None)
}

fn one(text: &str) -> Row {
    csv(text).remove(0).expect("a row that is taken")
}

fn reasons(rejected: &Result<Row, Rejected>) -> Vec<String> {
    rejected.as_ref().map_or_else(
        |rejected| told(&rejected.reasons),
        |row| panic!("taken: {row:?}"),
    )
}

const HEAD: &str = "huurdernummer;aanhef;voorletters;tussenvoegsel;achternaam;email;mobiel;postcode;taal;voorkeurskanaal\n";

fn address(profile: &Supplied, channel: Channel) -> Option<&str> {
    let mut points = profile.points.iter();
    let given = points.find(|given| Some(given.kind) == channel.contact_kind())?;
    Some(&*given.value)
}

fn preferred(profile: &Supplied) -> Option<Channel> {
    let all = profile.preferences.iter().find(|p| &*p.category == "*");
    all.map(|preference| preference.channel)
}

#[test]
fn a_clean_row_becomes_a_profile() {
    let row = one(&format!(
        "\u{feff}{HEAD}H1;Mw.;J.;de;Vries;J@Example.nl;06-12345678;2511 AB;NL;E-mail\r\n"
    ));
    assert_eq!(
        (row.line, row.tenant_id.as_str(), &*row.profile.name),
        (2, "H1", "mevrouw De Vries")
    );
    assert_eq!(address(&row.profile, Channel::Email), Some("J@example.nl"));
    assert_eq!(address(&row.profile, Channel::Sms), Some("+31612345678"));
    assert_eq!(
        (&*row.profile.language, preferred(&row.profile)),
        ("nl", Some(Channel::Email))
    );
    assert_eq!((row.warnings, row.same_as), (Vec::new(), None));
}

#[test]
fn names_are_put_together_as_they_are_written() {
    let cases = [
        ("Mevrouw;J.;van den;Berg", "mevrouw Van den Berg"),
        ("Dhr.;J.;’t;Hooft", "heer ’t Hooft"),
        ("De heer;;VAN; JANSEN ", "heer Van JANSEN"),
        ("Fam.;;;Kok", "familie Kok"),
        (";J.M.;DE;Wit", "J.M. de Wit"),
        (";;;Kok", "Kok"),
        ("Mevrouw;J.;;", ""),
        ("Drs.;;;Doğan", "Drs. Doğan"),
    ];
    for (fields, name) in cases {
        assert_eq!(
            &*one(&format!("{HEAD}H1;{fields};;;;;\n")).profile.name,
            name,
            "{fields}"
        );
    }
}

#[test]
fn a_bad_address_is_left_out_and_the_row_is_kept() {
    let row = one(&format!(
        "{HEAD}H1;;;;Kok;geen;070-1234567;0123 AB;klingon;fax\n"
    ));
    assert!(row.profile.points.is_empty() && row.profile.preferences.is_empty());
    let expected = [
        "language unknown_word",
        "email bad_address",
        "mobile bad_address",
        "preferred_channel unknown_word",
        "postcode bad_characters",
    ];
    assert_eq!(told(&row.warnings), expected);
    assert_eq!(row.warnings[2].hint.as_deref(), Some("not mobile"));
    assert!(!format!("{:?}", row.warnings).contains("1234567"));
}

#[test]
fn a_row_without_a_tenant_or_with_other_fields_than_the_header_is_rejected() {
    let rows = csv(&format!(
        "{HEAD};;;;Kok;;;;;\nH1;Mevrouw;F.;;Maas\nH2;;;;a;b;c;d;e;f;g\n\n;;;;;;;;;\nH3;;;;Kok;;;;;;;\n"
    ));
    assert_eq!(reasons(&rows[0]), ["tenant_id empty"]);
    assert_eq!(reasons(&rows[1]), ["row not_a_list"]);
    let Err(short) = &rows[1] else {
        panic!("taken")
    };
    assert_eq!((short.line, short.tenant_id.as_deref()), (3, Some("H1")));
    assert_eq!(reasons(&rows[2]), ["row not_a_list"]);
    assert_eq!(
        rows[3].as_ref().map(|row| row.line),
        Ok(7),
        "blank rows are none, separators at the end say nothing"
    );
    assert_eq!(rows.len(), 4);
}

#[test]
fn the_same_tenant_again_is_the_same_or_a_contradiction() {
    let rows = csv(&format!(
        "{HEAD}H1;;;;Kok;a@b.nl;0612345678;;;\nH1;;;;Kok;a@B.nl;+31 6 12345678;;;\nH1;;;;Kok;;0612345678;;;\nH2;;;;Kok;;;;;\n"
    ));
    assert_eq!(rows[0].as_ref().map(|row| row.same_as), Ok(None));
    assert_eq!(
        rows[1].as_ref().map(|row| row.same_as),
        Ok(Some(2)),
        "another notation is the same data"
    );
    let Err(rejected) = &rows[2] else {
        panic!("taken")
    };
    assert_eq!(
        rejected.reasons[0].hint.as_deref(),
        Some("appears on line 2 with other data")
    );
    assert!(rows[3].is_ok());
}

#[test]
fn quotes_separators_and_english_names_are_understood() {
    let text = "Tenant ID,Name,E-mail,Mobile,Note\n\"H,1\",\"Kok, \"\"the\"\" cook\",a@b.nl,0612345678,\"two\nlines\"\nH2,Wit,,,\n";
    let list = open(text.as_bytes());
    let mut rows = list.rows();
    let first = rows.next().expect("a row").expect("taken");
    assert_eq!(
        (first.tenant_id.as_str(), &*first.profile.name),
        ("H,1", "Kok, \"the\" cook")
    );
    assert_eq!(rows.next().expect("a row").expect("taken").line, 4);
    assert!(rows.next().is_none());
    assert_eq!(told(&rows.notes()), ["Note ignored"]);
}

#[test]
fn an_unclosed_quote_and_a_long_row_cost_one_line() {
    let long = "x".repeat(MAX_LINE + 1);
    let rows = csv(&format!(
        "tenant_id;name\nH1;\"Kok\nH2;Wit\nH3;{long}\nH4;Boer\n"
    ));
    assert_eq!(reasons(&rows[0]), ["row not_a_list"]);
    assert_eq!(rows[1].as_ref().map(|row| row.line), Ok(3));
    assert_eq!(reasons(&rows[2]), ["row too_long"]);
    assert_eq!(rows[3].as_ref().map(|row| row.line), Ok(5));
    assert_eq!(rows.len(), 4);
}

#[test]
fn a_file_that_is_no_list_gives_one_reason() {
    let cases: [(&[u8], &str, u64); 8] = [
        (b"", "file empty", 1),
        (b"\n\n", "file empty", 1),
        (b"naam;email\nKok;a@b.nl\n", "header not_a_list", 1),
        (b"tenant_id;tenant_id\n1;2\n", "header twice", 1),
        (b"tenant_id;name\nH1;Kok\nH2;Ren\x8e\n", "file not_utf8", 3),
        (b"\xff\xfet\0e\0n", "file not_utf8", 1),
        (b"PK\x03\x04\x14\0\x06\0", "file not_a_list", 1),
        (b"\"tenant_id;name\nH1;Kok\n", "row not_a_list", 1),
    ];
    for (bytes, expected, line) in cases {
        let rows: Vec<_> = open(bytes).rows().collect();
        assert_eq!(
            reasons(&rows[0]),
            [expected],
            "{}",
            String::from_utf8_lossy(bytes)
        );
        assert_eq!(
            rows[0].as_ref().map_err(|rejected| rejected.line),
            Err(line)
        );
        assert_eq!(rows.len(), 1);
    }
    let mac = open(b"tenant_id\nRen\x8e\n")
        .rows()
        .next()
        .expect("a row")
        .expect_err("refused");
    assert_eq!(
        mac.reasons[0].value.as_deref(),
        Some("byte 0x8e at line 2, column 4")
    );
}

#[test]
fn rows_beyond_the_limit_are_not_read() {
    let text = "tenant_id\n".to_owned()
        + &(0..MAX_ROWS + 5)
            .map(|n| format!("H{n}\n"))
            .collect::<String>();
    let rows = csv(&text);
    assert_eq!(rows.len(), MAX_ROWS + 1);
    assert_eq!(reasons(&rows[MAX_ROWS]), ["file out_of_range"]);
}

#[test]
fn ndjson_rows_mean_the_same() {
    let text = concat!(
        r#"{"tenant_id":"H1","name":"mevrouw De Vries","email":"a@B.nl","mobile":"0612345678","language":"en","preferred_channel":"sms"}"#,
        "\r\n\n",
        r#"{"tenant_id":"H2","mobile":"070-1","addresses":[{"channel":"email","value":"x"},{"channel":"sms","value":"0687654321","state":"invalid"}],"huis":1}"#,
        "\n",
        r#"{"tenant_id":7,"email":9}"#,
        "\n{\n",
        r#"{"name":"x"}"#,
    );
    let file = List::open(text.as_bytes(), Some(Format::Ndjson), None);
    let mut list = file.rows();
    let rows: Vec<_> = list.by_ref().collect();
    let first = rows[0].as_ref().expect("taken");
    assert_eq!(
        (
            address(&first.profile, Channel::Email),
            preferred(&first.profile)
        ),
        (Some("a@b.nl"), Some(Channel::Sms))
    );
    let second = rows[1].as_ref().expect("taken");
    assert_eq!(
        (second.line, told(&second.warnings)),
        (
            3,
            vec![
                "addresses[0].value bad_address".into(),
                "mobile bad_address".into()
            ]
        )
    );
    assert_eq!(
        reasons(&rows[2]),
        [
            "tenant_id wrong_type",
            "email wrong_type",
            "tenant_id empty"
        ]
    );
    assert_eq!(reasons(&rows[3]), ["row not_json"]);
    assert_eq!(reasons(&rows[4]), ["tenant_id empty"]);
    assert_eq!(told(&list.notes()), ["huis ignored"]);
}

#[test]
fn the_demo_list_is_read_to_its_last_row() {
    let bytes = include_bytes!("../../../config/demo/tenants.csv");
    let file = open(bytes);
    let mut list = file.rows();
    let (mut taken, mut same, mut rejected) = (0, 0, Vec::new());
    for row in list.by_ref() {
        match row {
            Ok(Row { same_as: None, .. }) => taken += 1,
            Ok(_) => same += 1,
            Err(row) => rejected.extend(told(&row.reasons)),
        }
    }
    assert!(taken > 2_000 && same > 0, "{taken} taken, {same} the same");
    let known = ["row not_a_list", "tenant_id contradiction"];
    assert!(
        rejected
            .iter()
            .all(|reason| known.contains(&reason.as_str())),
        "{rejected:?}"
    );
    assert_eq!(
        told(&list.notes()),
        ["huisnummer ignored", "toevoeging ignored", "plaats ignored"]
    );
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for format in [Format::Csv, Format::Ndjson] {
            let _ = List::open(&bytes, Some(format), None).rows().count();
        }
    }

    #[test]
    fn dirt_behind_a_header_never_panics_and_every_line_is_accounted_for(rows in "[a-z0-9;,\"\r\n@+ é{}:]{0,200}") {
        let text = format!("tenant_id;email;mobile\n{rows}");
        let mut last = 0;
        for row in open(text.as_bytes()).rows() {
            let line = row.map_or_else(|rejected| rejected.line, |row| row.line);
            prop_assert!(line > last);
            last = line;
        }
        prop_assert!(last <= text.split(['\n', '\r']).count() as u64);
    }
}

/// Kind, value and channel of a row's contact points.
fn points(row: &Row) -> Vec<(&'static str, &str, Option<Channel>)> {
    let all = row.profile.points.iter();
    all.map(|given| (given.kind.name(), &*given.value, given.given_for))
        .collect()
}

#[test]
fn every_kind_of_contact_point_has_a_column() {
    let row = one(
        "Huurdernummer;E-mail;Mobiel;Telefoon;WhatsApp;Postadres;Portaalaccount;Messenger;Pushtoken\n\
         1;a@b.nl;0612345678;070-1234567;06 87654321;\"Dijk 1\n2511 AB Den Haag\";h-1;4242;t:1\n",
    );
    let expected = [
        ("email", "a@b.nl", None),
        ("phone", "+31612345678", None),
        ("phone", "+31701234567", None),
        ("phone", "+31687654321", Some(Channel::Whatsapp)),
        ("postal", "Dijk 1, 2511 AB Den Haag", None),
        ("portal", "h-1", None),
        ("messenger", "4242", None),
        ("push", "t:1", None),
    ];
    assert_eq!(points(&row), expected);
    let mobile = row.profile.points.iter().map(|given| given.is_mobile);
    let expected = [false, true, false, true, false, false, false, false];
    assert_eq!(mobile.collect::<Vec<_>>(), expected);
    assert_eq!(row.warnings, []);
}

#[test]
fn a_number_in_two_columns_is_one_and_each_column_has_its_date() {
    let row = one(
        "huurdernummer;mobiel;telefoon;telefoon bevestigd op;whatsapp\n\
         1;0612345678;+31 6 12345678;27-11-2026;0687654321\n",
    );
    let expected = [
        ("phone", "+31612345678", None),
        ("phone", "+31687654321", Some(Channel::Whatsapp)),
    ];
    assert_eq!(points(&row), expected);
    let dated = row.profile.points.iter().map(|given| given.confirmed);
    let dated: Vec<bool> = dated.map(|date| date.is_some()).collect();
    assert_eq!(dated, [true, false]);
}

#[test]
fn a_contact_point_that_cannot_be_used_is_left_out_by_the_name_of_its_column() {
    let row = one("huurdernummer;telefoon;whatsapp;postadres;portaal\n\
         1;070-1234567 tst 12;070-1234567;n.v.t.;\n");
    assert_eq!(points(&row), []);
    let warned = [
        "phone bad_address",
        "whatsapp bad_address",
        "postal placeholder",
    ];
    assert_eq!(told(&row.warnings), warned);
}
