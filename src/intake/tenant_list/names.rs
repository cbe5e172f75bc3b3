//! Owns the words of Dutch tenant lists: how a tenant is addressed (`mevrouw De Vries`), and what a preferred channel is
//! called. Refuses to correct a name: `JANSEN` may be how it is written.

use sluis_model::Channel;

/// The name as it follows "Beste": salutation and surname, else initials and surname.
pub(super) fn full(salutation: &str, initials: &str, infix: &str, surname: &str) -> String {
    let (initials, surname) = (tidy(initials), tidy(surname));
    let infix = tidy(infix).to_lowercase();
    let salutation = salutation_of(&tidy(salutation));
    if surname.is_empty() {
        return String::new();
    }
    // After a salutation the infix begins with a capital: `mevrouw De Vries`, but `J. de Vries`.
    let (first, infix) = if salutation.is_empty() { (initials, infix) } else { (salutation, capital(&infix)) };
    [first, infix, surname].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Without spaces at the ends, and single ones inside.
fn tidy(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn salutation_of(text: &str) -> String {
    match text.to_lowercase().trim_end_matches('.') {
        "mevrouw" | "mevr" | "mw" | "mrs" | "ms" => "mevrouw".to_owned(),
        "de heer" | "heer" | "dhr" | "meneer" | "mr" => "de heer".to_owned(),
        "familie" | "fam" => "familie".to_owned(),
        _ => text.to_owned(),
    }
}

/// The channel a list means.
pub(super) fn channel(text: &str) -> Option<Channel> {
    let word: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '_')).flat_map(char::to_lowercase).collect();
    match word.as_str() {
        "email" | "mail" => Some(Channel::Email),
        "sms" => Some(Channel::Sms),
        "letter" | "brief" | "post" | "papier" => Some(Channel::Letter),
        "whatsapp" => Some(Channel::Whatsapp),
        "voice" | "telefoon" | "bellen" | "spraak" => Some(Channel::Voice),
        "portal" | "portaal" | "huurdersportaal" => Some(Channel::Portal),
        _ => None,
    }
}
