//! Owns names that stand whole in one cell: `Dhr. J. de Vries`, `Vries, J. de`. Refuses to guess:
//! what is not plainly a salutation, initials or an infix stays in the surname.

use super::infix::is_infix_word;

/// Salutations that begin no family name, in lower case and without full stops.
const SALUTATIONS: [&str; 17] = [
    "de heer en mevrouw",
    "heer en mevrouw",
    "dhr en mevrouw",
    "dhr en mevr",
    "dhr en mw",
    "hr en mevr",
    "hr en mw",
    "de heer",
    "de familie",
    "familie",
    "mevrouw",
    "meneer",
    "mevr",
    "dhr",
    "fam",
    "mw",
    "hr",
];
/// Initials of more than one letter.
const LONG_INITIALS: [&str; 6] = ["Ch", "Chr", "Fr", "IJ", "Ph", "Th"];

/// A name in its parts; empty where there is none.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Whole {
    pub salutation: String,
    pub initials: String,
    pub infix: String,
    pub surname: String,
}

/// Takes a name apart whose words are one blank apart.
pub(super) fn apart(name: &str) -> Whole {
    let words: Vec<&str> = name.split(' ').collect();
    let spoken = (1..words.len())
        .rev()
        .find(|count| is_salutation(&words[..*count]))
        .unwrap_or_default();
    let salutation = words[..spoken].join(" ");
    let rest = words[spoken..].join(" ");
    let named = turned(&rest).unwrap_or_else(|| in_order(&rest));
    Whole {
        salutation,
        ..named
    }
}

/// `Vries, J. de`, as registers have it.
fn turned(text: &str) -> Option<Whole> {
    let (surname, behind) = text.split_once(',')?;
    let (initials, infix): (Vec<&str>, Vec<&str>) = behind
        .split_whitespace()
        .partition(|word| is_initials(word));
    let is_infix = infix.iter().all(|word| is_infix_word(&word.to_lowercase()));
    let sound = !surname.trim().is_empty() && !initials.is_empty() && is_infix;
    sound.then(|| Whole {
        initials: initials.concat(),
        infix: infix.join(" "),
        surname: surname.trim().to_owned(),
        ..Whole::default()
    })
}

/// `J. de Vries`; the infix stays before the surname, where it is looked for anyway.
fn in_order(text: &str) -> Whole {
    let words: Vec<&str> = text.split(' ').collect();
    let last = words.len() - 1;
    let count = words[..last]
        .iter()
        .take_while(|word| is_initials(word))
        .count();
    Whole {
        initials: words[..count].concat(),
        surname: words[count..].join(" "),
        ..Whole::default()
    }
}

fn is_salutation(words: &[&str]) -> bool {
    let text = words.join(" ").to_lowercase();
    let plain = text.replace('.', "").replace('&', "en");
    SALUTATIONS.contains(&&*plain)
}

/// `J.`, `J.P.`, `Th.`.
fn is_initials(word: &str) -> bool {
    let Some(letters) = word.strip_suffix('.') else {
        return false;
    };
    letters.split('.').all(|one| {
        let mut chars = one.chars();
        let single = chars.next().is_some_and(char::is_uppercase) && chars.next().is_none();
        single || LONG_INITIALS.contains(&one)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_name_is_taken_apart_where_its_parts_are_plain() {
        for (name, expected) in [
            ("Dhr. J. de Vries", ["Dhr.", "J.", "", "de Vries"]),
            ("Vries, J. de", ["", "J.", "de", "Vries"]),
            ("Mw. Berg, A.B. van den", ["Mw.", "A.B.", "van den", "Berg"]),
            ("J. P. Th. Smit", ["", "J.P.Th.", "", "Smit"]),
            (
                "De heer en mevrouw Kok",
                ["De heer en mevrouw", "", "", "Kok"],
            ),
            ("Dhr. & Mw. Visser", ["Dhr. & Mw.", "", "", "Visser"]),
            ("Fam. El Idrissi", ["Fam.", "", "", "El Idrissi"]),
        ] {
            let Whole {
                salutation,
                initials,
                infix,
                surname,
            } = apart(name);
            assert_eq!([&*salutation, &initials, &infix, &surname], expected);
        }
    }

    #[test]
    fn what_is_not_plain_stays_in_the_surname() {
        for name in [
            "de Heer",
            "Mevrouw",
            "Man in 't Veld",
            "Vries, de",
            "Jansen, erven",
            ", J.",
            "St. Clair",
            "J.",
            "",
        ] {
            let whole = apart(name);
            let expected = Whole {
                surname: name.to_owned(),
                ..Whole::default()
            };
            assert_eq!(whole, expected, "{name}");
        }
    }
}
