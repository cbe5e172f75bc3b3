//! Owns the rows that are about households, written as the rows of a mailing are. Refuses to look a household up.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// What the number of a household is called.
pub(super) const NUMBER: &str = "household_id";

/// Rows about households as rows of a mailing: their number stands where a tenant's does.
pub(super) fn as_rows(bytes: &[u8]) -> Cow<'_, [u8]> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let first = bytes.trim_ascii_start().first();
    if first == Some(&b'{') {
        return Cow::Owned(ndjson(bytes));
    }
    let end = bytes.iter().position(|byte| *byte == b'\n');
    let (head, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
    let head = String::from_utf8_lossy(head);
    let is_named = |cell: &str| cell.trim().trim_matches('"').eq_ignore_ascii_case(NUMBER);
    let Some(cell) = head
        .split([';', ',', '\t', '|'])
        .find(|cell| is_named(cell))
    else {
        return Cow::Borrowed(bytes);
    };
    let mut renamed = head.replacen(cell, "tenant_id", 1).into_bytes();
    if cell.ends_with('\r') {
        renamed.push(b'\r');
    }
    renamed.extend_from_slice(rest);
    Cow::Owned(renamed)
}

fn ndjson(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for line in bytes.split(|byte| *byte == b'\n') {
        match serde_json::from_slice::<Map<String, Value>>(line) {
            Ok(mut row) if row.contains_key(NUMBER) && !row.contains_key("tenant_id") => {
                if let Some(number) = row.remove(NUMBER) {
                    row.insert("tenant_id".to_owned(), number);
                }
                out.extend_from_slice(Value::Object(row).to_string().as_bytes());
            }
            // What cannot be read is refused by the reader of rows, with its line.
            Ok(_) | Err(_) => out.extend_from_slice(line),
        }
        out.push(b'\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_household_stands_where_a_tenants_does() {
        let csv = b"household_id;kenmerk\r\nC-1;F-1\r\n";
        assert_eq!(&*as_rows(csv), b"tenant_id;kenmerk\r\nC-1;F-1\r\n");
        let last = b"kenmerk;\"household_id\"\r\nF-1;C-1";
        assert_eq!(&*as_rows(last), b"kenmerk;tenant_id\r\nF-1;C-1");
        let json = b"{\"household_id\":\"C-1\",\"subject_id\":\"F-1\"}\nbroken";
        let text = String::from_utf8(as_rows(json).into_owned()).unwrap();
        assert!(
            text.contains("\"tenant_id\":\"C-1\"") && text.contains("broken"),
            "{text}"
        );
        assert_eq!(&*as_rows(b"huurdernummer\nH-1\n"), b"huurdernummer\nH-1\n");
    }
}
