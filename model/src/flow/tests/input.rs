//! Owns the tests of declared fields.

use super::{SOUND, definition, problems};
use crate::flow::{FieldKind, Flow, InputField};

#[test]
fn a_field_says_how_long_it_may_be_and_whether_it_is_one_line() {
    let flow = SOUND.replace(
        "code = \"text\"",
        "code = { kind = \"text\", most = 10_000 }\ntitle = \"line?\"\nnote = { kind = \"line\", most = 80, optional = true }",
    );
    let flow = Flow::compile(&definition(&flow)).unwrap();
    let field = |name: &str| {
        flow.input
            .iter()
            .find(|field| &*field.name == name)
            .map(|f| (f.kind, f.most, f.optional))
            .unwrap()
    };
    assert_eq!(field("code"), (FieldKind::Text, 10_000, false));
    assert_eq!(
        field("title"),
        (FieldKind::Line, InputField::USUAL_LENGTH, true)
    );
    assert_eq!(field("note"), (FieldKind::Line, 80, true));
}

#[test]
fn a_length_has_a_bound_and_only_texts_have_one() {
    for (field, path, part) in [
        (
            "{ kind = \"text\", most = 0 }",
            "input.code.most",
            "expected 1 to 50000 bytes",
        ),
        (
            "{ kind = \"text\", most = 50_001 }",
            "input.code.most",
            "expected 1 to 50000 bytes",
        ),
        (
            "{ kind = \"date\", most = 10 }",
            "input.code.most",
            "a date has no length",
        ),
        (
            "{ kind = \"lines\" }",
            "input.code",
            "expected one of line, text, money",
        ),
        (
            "{ kind = \"text\", longest = 10 }",
            "input.code",
            "{ kind = \"text\", most = 10_000, optional = true }",
        ),
        ("7", "input.code", "a kind such as"),
    ] {
        let found = problems(&SOUND.replace("code = \"text\"", &format!("code = {field}")));
        assert!(
            found
                .iter()
                .any(|problem| problem.starts_with(path) && problem.contains(part)),
            "{field}: {found:?}"
        );
    }
}
