//! Owns the words of Dutch tenant lists: how a tenant is addressed (`mevrouw De Vries`), and what a
//! preferred channel is called. Refuses to correct a name: `JANSEN` may be how it is written, and
//! `McDonald` or `KPN` certainly are.
//!
//! The rules, as the Taalunie gives them for Dutch names:
//!
//! 1. Behind a salutation stands the surname: `mevrouw De Vries`. Initials and first name are left
//!    out.
//! 2. Without a salutation the first name goes before it, else the initials: `Jan de Vries`, `J. de
//!    Vries`.
//! 3. An infix (*tussenvoegsel*) is in lower case. It has a capital only when neither a first name
//!    nor initials go before it: `De Vries`, `mevrouw Van den Berg`, `heer Op 't Land`. An infix
//!    that begins with an apostrophe never has one: `'t Hooft`.
//! 4. An infix that ends with an apostrophe stands against the surname: `d'Ancona`, `D'Ancona`.
//! 5. An organisation is called by its name alone.
//! 6. A name that stands whole in the column of surnames, with nothing beside it, is taken apart
//!    first: `Dhr. J. de Vries`, `Vries, J. de`.
//! 7. Without a surname a first name will do. Initials alone are no name, nor is a salutation
//!    alone: then there is none, and a message says `huurder`.

use sluis_model::Channel;

use super::infix::{APOSTROPHES, infix_of, split, tidy};
use super::whole::apart;

/// The parts of a name, as the columns have them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Parts<'a> {
    pub salutation: &'a str,
    pub initials: &'a str,
    pub first: &'a str,
    pub infix: &'a str,
    pub surname: &'a str,
}

/// Words by which an organisation is known.
const LEGAL_FORMS: [&str; 16] = [
    "b.v.",
    "bv",
    "b.v",
    "n.v.",
    "nv",
    "vof",
    "v.o.f.",
    "cv",
    "c.v.",
    "gmbh",
    "ltd",
    "stichting",
    "vereniging",
    "vve",
    "coöperatie",
    "gemeente",
];
/// What a list calls an organisation instead of a salutation.
const ORGANISATION: [&str; 7] = [
    "organisatie",
    "bedrijf",
    "firma",
    "fa",
    "instelling",
    "stichting",
    "vve",
];

/// The name as it follows "Beste".
pub(super) fn full(parts: Parts<'_>) -> String {
    let surname = tidy(parts.surname);
    if surname.is_empty() {
        return tidy(parts.first);
    }
    let lower = surname.to_lowercase();
    if salutation_of(&tidy(parts.salutation)) == Salutation::Organisation
        || lower.split(' ').any(|word| LEGAL_FORMS.contains(&word))
    {
        return joined(&tidy(parts.infix), &surname);
    }
    let others = [parts.salutation, parts.initials, parts.first, parts.infix];
    if others.iter().any(|other| !other.trim().is_empty()) {
        return of_person(Parts {
            surname: &surname,
            ..parts
        });
    }
    let whole = apart(&surname);
    of_person(Parts {
        salutation: &whole.salutation,
        initials: &whole.initials,
        first: "",
        infix: &whole.infix,
        surname: &whole.surname,
    })
}

/// The name of an organisation, as it stands in a column of its own.
pub(super) fn of_organisation(name: &str) -> String {
    tidy(name)
}

/// The name of somebody with a surname.
fn of_person(parts: Parts<'_>) -> String {
    let (salutation, surname) = (salutation_of(&tidy(parts.salutation)), parts.surname);
    let (infix, surname) = split(&infix_of(parts.infix), surname);
    let person = match (tidy(parts.first), tidy(parts.initials)) {
        (first, _) if !first.is_empty() => first,
        (_, initials) => initials,
    };
    let named = salutation == Salutation::None && !person.is_empty();
    let before = if let Salutation::Word(word) = salutation {
        word
    } else {
        person
    };
    let infix = if named { infix } else { capital(&infix) };
    let rest = joined(&infix, &surname);
    if before.is_empty() {
        rest
    } else {
        format!("{before} {rest}")
    }
}

/// Infix and surname: `d'` stands against it.
fn joined(infix: &str, surname: &str) -> String {
    match infix {
        "" => surname.to_owned(),
        close if close.ends_with(APOSTROPHES) => format!("{close}{surname}"),
        apart => format!("{apart} {surname}"),
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

/// What stands in the column of salutations.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Salutation {
    None,
    Organisation,
    Word(String),
}

fn salutation_of(text: &str) -> Salutation {
    let lower = text.to_lowercase();
    let plain = lower.replace('.', "").replace('&', "en");
    let plain = ["geachte ", "beste "]
        .iter()
        .fold(plain.trim(), |rest, word| {
            rest.strip_prefix(word).unwrap_or(rest)
        });
    let word = match plain {
        "mevrouw" | "mevr" | "mw" | "mej" | "mejuffrouw" | "mevrouw mevrouw" | "mrs" | "ms"
        | "v" | "vrouw" => "mevrouw",
        // "Beste heer Kok": the article belongs to the address on an envelope.
        "de heer" | "heer" | "hr" | "dhr" | "meneer" | "mr" | "m" | "man" => "heer",
        "familie" | "fam" | "de familie" => "familie",
        "heer en mevrouw" | "de heer en mevrouw" | "dhr en mevr" | "dhr en mw" | "hr en mevr"
        | "hr en mw" | "de heer en mw" => "heer en mevrouw",
        organisation if ORGANISATION.contains(&organisation) => return Salutation::Organisation,
        // Nobody knows which: the name says it all.
        "" | "-" | "o" | "x" | "onbekend" | "geen" | "onzijdig" | "neutraal" | "heer/mevrouw"
        | "de heer/mevrouw" | "dhr/mevr" | "dhr/mw" | "heer of mevrouw" | "de heer of mevrouw"
        | "de heer / mevrouw" | "heer, mevrouw" => {
            return Salutation::None;
        }
        _ => without_article(text),
    };
    Salutation::Word(word.to_owned())
}

/// A salutation of the list's own, such as "De erven van", without the article of the envelope.
fn without_article(text: &str) -> &str {
    match text.split_once(' ') {
        Some((article, rest)) if article.eq_ignore_ascii_case("de") => rest.trim_start(),
        _ => text,
    }
}

/// The channel a list means.
pub(super) fn channel(text: &str) -> Option<Channel> {
    let word: String = text
        .chars()
        .filter(|c| !matches!(c, ' ' | '-' | '_'))
        .flat_map(char::to_lowercase)
        .collect();
    let means = |channel: &Channel| channel.words().contains(&word.as_str());
    Channel::ALL.into_iter().find(means)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(salutation: &str, initials: &str, first: &str, infix: &str, surname: &str) -> String {
        full(Parts {
            salutation,
            initials,
            first,
            infix,
            surname,
        })
    }

    #[test]
    fn an_infix_has_a_capital_only_when_no_name_goes_before_it() {
        for (salutation, initials, first, infix, surname, expected) in [
            ("Mevrouw", "J.", "", "de", "Vries", "mevrouw De Vries"),
            ("Dhr.", "J.", "Jan", "VAN DEN", "Berg", "heer Van den Berg"),
            ("", "J.", "", "De", "Vries", "J. de Vries"),
            ("", "J.", "Jan", "de", "Vries", "Jan de Vries"),
            ("", "", "", "de", "Vries", "De Vries"),
            ("", "", "", "", "de Vries", "De Vries"),
            ("Mw", "", "", "", "van der Berg", "mevrouw Van der Berg"),
            ("", "J.", "", "", "van der Berg", "J. van der Berg"),
            (
                "Mw",
                "",
                "",
                "",
                "de Vries-van den Berg",
                "mevrouw De Vries-van den Berg",
            ),
            (
                "Mw",
                "",
                "",
                "de",
                "Vries - Jansen",
                "mevrouw De Vries - Jansen",
            ),
        ] {
            assert_eq!(name(salutation, initials, first, infix, surname), expected);
        }
    }

    #[test]
    fn an_infix_with_an_apostrophe_is_written_as_its_bearers_write_it() {
        for (salutation, initials, infix, surname, expected) in [
            ("Mw", "", "d'", "Ancona", "mevrouw D'Ancona"),
            ("", "A.", "D'", "Ancona", "A. d'Ancona"),
            ("", "", "d’", "Ancona", "D’Ancona"),
            ("", "A.", "d", "Ancona", "A. d'Ancona"),
            ("Dhr", "", "'t", "Hooft", "heer 't Hooft"),
            ("Dhr", "", "’T", "Hooft", "heer ’t Hooft"),
            ("Dhr", "", "in 't", "Veld", "heer In 't Veld"),
            ("", "P.", "in 't", "Veld", "P. in 't Veld"),
            ("Mw", "", "van 't", "Hof", "mevrouw Van 't Hof"),
            ("Mw", "", "van t", "Hof", "mevrouw Van 't Hof"),
            ("Mw", "", "van't", "Hof", "mevrouw Van 't Hof"),
            ("Dhr", "", "OP 'T", "Land", "heer Op 't Land"),
            ("Dhr", "", "", "op 't Land", "heer Op 't Land"),
            ("Dhr", "", "", "'s-Gravesande", "heer 's-Gravesande"),
        ] {
            assert_eq!(name(salutation, initials, "", infix, surname), expected);
        }
    }

    #[test]
    fn an_infix_that_stands_elsewhere_or_twice_is_found_once() {
        assert_eq!(name("Mw", "", "", "", "Vries, de"), "mevrouw De Vries");
        assert_eq!(name("", "J.", "", "", "Berg, van den"), "J. van den Berg");
        assert_eq!(name("", "J.", "", "de", "de Vries"), "J. de Vries");
        assert_eq!(name("", "J.", "", "de", "De Vries"), "J. de Vries");
        assert_eq!(
            name("", "J.", "", "", "Kok, bakker"),
            "J. Kok, bakker",
            "no infix: left as it is"
        );
        assert_eq!(
            name("", "J.", "", "", "De"),
            "J. De",
            "a surname is left of it"
        );
        assert_eq!(name("", "J.", "", "", "van"), "J. van");
    }

    #[test]
    fn an_organisation_is_called_by_its_name_alone() {
        for (salutation, surname) in [
            ("Dhr.", "Bakkerij Kok B.V."),
            ("", "Stichting De Haven"),
            ("Organisatie", "De Haven"),
            ("Firma", "van Dam en Zonen"),
            ("Mevrouw", "VvE Lange Voorhout 10"),
        ] {
            assert_eq!(name(salutation, "J.", "", "", surname), surname);
        }
    }

    #[test]
    fn without_a_surname_a_first_name_will_do_and_initials_will_not() {
        assert_eq!(name("Mevrouw", "J.", "", "", ""), "");
        assert_eq!(name("Mevrouw", "", "", "de", " "), "");
        assert_eq!(name("Mevrouw", "F.", "Fatima", "", ""), "Fatima");
        assert_eq!(name("", "", "", "", ""), "");
        assert_eq!(name("", "", "", "", "Kok"), "Kok");
    }

    #[test]
    fn salutations_are_read_as_lists_spell_them() {
        for (words, expected) in [
            (
                &[
                    "Mevrouw",
                    "mevr.",
                    "MW",
                    "Mw.",
                    "Mej.",
                    "V",
                    "Geachte mevrouw",
                    "Ms",
                ][..],
                "mevrouw Kok",
            ),
            (
                &[
                    "De heer",
                    "dhr.",
                    "Hr.",
                    "Heer",
                    "M",
                    "meneer",
                    "Geachte heer",
                    "Mr.",
                ],
                "heer Kok",
            ),
            (&["Fam.", "familie", "De familie"], "familie Kok"),
            (
                &["Dhr. en mevr.", "De heer en mevrouw"],
                "heer en mevrouw Kok",
            ),
            (
                &["", "-", "De heer/mevrouw", "Dhr./Mevr.", "onbekend", "X"],
                "A. Kok",
            ),
            (&["Drs."], "Drs. Kok"),
            (&["De erven van", "erven van"], "erven van Kok"),
        ] {
            for word in words {
                assert_eq!(name(word, "A.", "", "", "Kok"), *expected, "{word}");
            }
        }
    }

    #[test]
    fn a_name_that_stands_whole_in_one_cell_is_addressed_as_one_in_parts() {
        for (whole, expected) in [
            ("Dhr. J. de Vries", "heer De Vries"),
            ("Vries, J. de", "J. de Vries"),
            ("J. de Vries", "J. de Vries"),
            ("Fam. El Idrissi", "familie El Idrissi"),
            ("De heer en mevrouw Kok", "heer en mevrouw Kok"),
            ("de Heer", "De Heer"),
            ("Bakkerij de Vries, J. B.V.", "Bakkerij de Vries, J. B.V."),
        ] {
            assert_eq!(name("", "", "", "", whole), expected, "{whole}");
        }
        // Beside a first name the cell is a surname, whatever it looks like.
        assert_eq!(name("", "", "Jan", "", "Fam. Kok"), "Jan Fam. Kok");
        assert_eq!(name("Hr. & Mw.", "", "", "", "Kok"), "heer en mevrouw Kok");
    }

    #[test]
    fn capitals_of_a_surname_are_left_as_they_are() {
        assert_eq!(name("Dhr", "", "", "VAN", "JANSEN"), "heer Van JANSEN");
        assert_eq!(name("Dhr", "", "", "", "DE VRIES"), "heer DE VRIES");
        assert_eq!(name("Mw", "", "", "", "McDonald"), "mevrouw McDonald");
        assert_eq!(name("Mw", "", "", "", "IJsselstein"), "mevrouw IJsselstein");
    }
}
