//! Households, clean, and the list about them, dirty. Owns which dirt there is and how much;
//! refuses to repair it: that is what the engine's loader shows.

use std::collections::BTreeMap;

use super::dice::Dice;
use super::names::{DOMAINS, INITIALS, PLACES, SALUTATIONS, SURNAMES};
use super::notation;
use super::text::{ascii, row};

const DUPLICATES: usize = 44;
const SHORT_ROWS: usize = 9;

/// Rows of `tenants.csv`, duplicates and broken rows included.
pub const TENANT_ROWS: usize = 2_400;
/// A household as it is.
pub(super) struct Household {
    pub(super) number: String,
    prefix: &'static str,
    surname: &'static str,
    initials: &'static str,
    /// Without dirt; `None` when the household has none.
    pub(super) mail: Option<String>,
    /// `06` and eight digits.
    pub(super) mobile: Option<String>,
    postcode: String,
    place: &'static str,
    house: i64,
}

/// The list and what is in it.
pub(super) struct List {
    pub(super) text: String,
    /// Kind of dirt or fate to number of rows.
    pub(super) counts: BTreeMap<&'static str, usize>,
}

/// Local-part words that the sink understands, and how many in a thousand have them.
const MAIL_FATES: [(&str, u64); 6] = [
    ("", 866),
    ("bounce", 45),
    ("late-bounce", 40),
    ("tempfail-once", 35),
    ("indoubt", 9),
    ("tempfail", 5),
];

/// Last four digits that the sink understands; 0 = none.
const MOBILE_FATES: [(u32, u64); 8] = [
    (0, 810),
    (9004, 85),
    (9005, 35),
    (9002, 30),
    (9001, 12),
    (9009, 12),
    (9006, 8),
    (9008, 8),
];

/// Additions to a house number, and how many in a thousand have them.
const ADDITIONS: [(&str, u64); 7] = [
    ("", 800),
    ("A", 60),
    ("B", 40),
    ("bis", 20),
    ("1-hoog", 30),
    ("II; achter", 4),
    ("\"rood\"", 2),
];

/// Languages as lists write them.
const LANGUAGES: [(&str, u64); 7] = [
    ("nl", 780),
    ("NL", 60),
    ("", 70),
    ("en", 60),
    ("EN", 10),
    ("tr", 12),
    ("pl", 8),
];

/// Preferred channels as lists write them.
const PREFERRED: [(&str, u64); 7] = [
    ("email", 560),
    ("E-mail", 60),
    ("", 180),
    ("sms", 120),
    ("SMS", 20),
    ("post", 40),
    ("Brief", 20),
];

/// The last two letters of a postcode.
const LETTERS: [&str; 12] = [
    "AB", "AC", "BK", "CE", "DG", "EH", "HJ", "KL", "NP", "RT", "VX", "ZW",
];

/// The columns of the list.
pub(super) const COLUMNS: [&str; 13] = [
    "huurdernummer",
    "aanhef",
    "voorletters",
    "tussenvoegsel",
    "achternaam",
    "email",
    "mobiel",
    "postcode",
    "huisnummer",
    "toevoeging",
    "plaats",
    "taal",
    "voorkeurskanaal",
];

pub(super) fn households(dice: &mut Dice) -> Vec<Household> {
    (0..TENANT_ROWS - DUPLICATES - SHORT_ROWS)
        .map(|at| household(at, dice))
        .collect()
}

pub(super) fn household(at: usize, dice: &mut Dice) -> Household {
    let (prefix, surname) = SURNAMES[dice.below(SURNAMES.len())];
    let initials = dice.pick(&INITIALS);
    let (digits, place) = PLACES[dice.below(PLACES.len())];
    let letters = dice.pick(&LETTERS);
    let mail = (!dice.per_mille(110)).then(|| mail(at, initials, [prefix, surname], dice));
    let mobile = (!dice.per_mille(95)).then(|| mobile(at, dice));
    Household {
        number: format!("H{:06}", 100_001 + at),
        prefix,
        surname,
        initials,
        mail,
        mobile,
        postcode: format!("{digits}{letters}"),
        place,
        house: dice.between(1, 480),
    }
}

/// The number keeps addresses apart; real lists have such addresses too.
fn mail(at: usize, initials: &str, name: [&str; 2], dice: &mut Dice) -> String {
    let fate = dice.weighted(&MAIL_FATES);
    let dot = if fate.is_empty() { "" } else { "." };
    let first = initials.chars().next().unwrap_or('x').to_ascii_lowercase();
    let domain = dice.weighted(&DOMAINS);
    let [prefix, surname] = name.map(ascii);
    format!("{fate}{dot}{first}.{prefix}{surname}{at}@{domain}")
}

/// Unique per household. The fourth digit from the end is 1 unless a fate is forced.
fn mobile(at: usize, dice: &mut Dice) -> String {
    let fate = dice.weighted(&MOBILE_FATES);
    let area = [1, 2, 3, 4, 5, 8][at % 6];
    let middle = at / 6 % 1000;
    let last = if fate == 0 {
        1000 + dice.between(0, 999)
    } else {
        i64::from(fate)
    };
    format!("06{area}{middle:03}{last}")
}

pub(super) fn list(households: &[Household], dice: &mut Dice) -> List {
    let mut list = List {
        text: String::from("\u{feff}"),
        counts: BTreeMap::new(),
    };
    list.text += &row(&COLUMNS);
    let every = households.len() / DUPLICATES;
    let short_every = households.len() / SHORT_ROWS;
    for (at, household) in households.iter().enumerate() {
        let fields = fields(household, &mut list.counts, dice);
        list.text += &row(&fields.each_ref().map(String::as_str));
        if at % every == every / 2 && at / every < DUPLICATES {
            list.duplicate(household, fields, dice);
        }
        if at % short_every == short_every / 3 && at / short_every < SHORT_ROWS {
            list.short(at, household);
        }
    }
    list
}

impl List {
    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// A row that ends too early.
    fn short(&mut self, at: usize, household: &Household) {
        let number = format!("H{:06}", 190_001 + at);
        let (initials, prefix) = (household.initials, household.prefix);
        self.text += &row(&[&number, "Mevrouw", initials, prefix, household.surname]);
        self.count("row with too few columns");
    }

    /// The same tenant again: one in three word for word, one in three with a newer mobile, else
    /// with the mail gone.
    fn duplicate(&mut self, household: &Household, mut fields: [String; 13], dice: &mut Dice) {
        match dice.below(3) {
            0 => self.count("duplicate tenant, same row"),
            1 => {
                fields[6] = household.mobile.clone().unwrap_or_default();
                self.count("duplicate tenant, mobile in another notation or the same");
            }
            _ => {
                fields[5].clear();
                self.count("duplicate tenant, without e-mail");
            }
        }
        self.text += &row(&fields.each_ref().map(String::as_str));
    }
}

pub(super) fn fields(
    h: &Household,
    counts: &mut BTreeMap<&'static str, usize>,
    dice: &mut Dice,
) -> [String; 13] {
    let mut count = |what| *counts.entry(what).or_default() += 1;
    let mail = notation::mail(h.mail.as_deref(), dice, &mut count);
    let mobile = notation::mobile(h.mobile.as_deref(), dice, &mut count);
    let postcode = notation::postcode(&h.postcode, dice, &mut count);
    let addition = dice.weighted(&ADDITIONS);
    let language = dice.weighted(&LANGUAGES);
    let preferred = dice.weighted(&PREFERRED);
    let salutation = dice.weighted(&SALUTATIONS);
    let prefix = loud(h.prefix, 60, dice);
    let surname = loud(h.surname, 25, dice);
    [
        h.number.clone(),
        salutation.into(),
        h.initials.into(),
        prefix,
        spaced(surname, dice),
        mail,
        mobile,
        postcode,
        h.house.to_string(),
        addition.into(),
        h.place.into(),
        language.into(),
        preferred.into(),
    ]
}

/// In capitals, so many times in a thousand.
fn loud(text: &str, per_mille: u64, dice: &mut Dice) -> String {
    if dice.per_mille(per_mille) {
        text.to_uppercase()
    } else {
        text.into()
    }
}

/// Now and then with blanks around.
fn spaced(text: String, dice: &mut Dice) -> String {
    if dice.per_mille(12) {
        format!(" {text}  ")
    } else {
        text
    }
}
