//! Writes the values as Dutch systems do. Refuses to read anything.

use jiff::civil::Date;

/// `1.234,56`, with a leading minus when negative.
pub(super) fn money(cents: i64) -> String {
    let whole = (cents.abs() / 100).to_string();
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push('.');
        }
        grouped.push(digit);
    }
    format!(
        "{}{grouped},{:02}",
        if cents < 0 { "-" } else { "" },
        cents.abs() % 100
    )
}

/// `02-02-2026`.
pub(super) fn date(date: Date) -> String {
    format!("{:02}-{:02}-{}", date.day(), date.month(), date.year())
}

/// A CSV line with CRLF; fields with a separator or a quote are quoted.
pub(super) fn row(fields: &[&str]) -> String {
    let quoted = fields.iter().map(|field| {
        if field.contains([';', '"']) {
            format!("\"{}\"", field.replace('"', "\"\""))
        } else {
            (*field).to_owned()
        }
    });
    quoted.collect::<Vec<_>>().join(";") + "\r\n"
}

/// Lower-case ASCII letters of a name, for an e-mail address.
pub(super) fn ascii(name: &str) -> String {
    let plain = |c: char| match c {
        'á' | 'à' | 'ä' | 'â' | 'ã' => 'a',
        'é' | 'è' | 'ë' | 'ê' => 'e',
        'í' | 'ï' | 'î' | 'ı' => 'i',
        'ó' | 'ö' | 'ô' | 'ø' => 'o',
        'ú' | 'ü' | 'û' => 'u',
        'ç' | 'ć' => 'c',
        'ş' | 'š' => 's',
        'ğ' => 'g',
        'ñ' => 'n',
        'ł' => 'l',
        other => other,
    };
    name.to_lowercase()
        .chars()
        .map(plain)
        .filter(char::is_ascii_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dutch_notation() {
        assert_eq!(
            [65_510, 123_456, -5, 100_000_000].map(money),
            ["655,10", "1.234,56", "-0,05", "1.000.000,00"]
        );
        assert_eq!(date(jiff::civil::date(2026, 2, 3)), "03-02-2026");
        assert_eq!(row(&["a", "b;c", "d\"e"]), "a;\"b;c\";\"d\"\"e\"\r\n");
        assert_eq!(ascii("Van ’t Hooge-Reinïë"), "vanthoogereinie");
    }
}
