//! Households, clean, and the list about them, dirty. Owns which dirt there is and how much;
//! refuses to repair it: that is what the engine's loader shows.

use std::collections::BTreeMap;

use super::dice::Dice;
use super::names::{DOMAINS, INITIALS, PLACES, SALUTATIONS, SURNAMES};
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
    mail: Option<String>,
    /// `06` and eight digits.
    mobile: Option<String>,
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

pub(super) fn households(dice: &mut Dice) -> Vec<Household> {
    (0..TENANT_ROWS - DUPLICATES - SHORT_ROWS)
        .map(|at| household(at, dice))
        .collect()
}

fn household(at: usize, dice: &mut Dice) -> Household {
    let (prefix, surname) = SURNAMES[dice.below(SURNAMES.len())];
    let initials = dice.pick(&INITIALS);
    let (digits, place) = PLACES[dice.below(PLACES.len())];
    let letters = dice.pick(&[
        "AB", "AC", "BK", "CE", "DG", "EH", "HJ", "KL", "NP", "RT", "VX", "ZW",
    ]);
    let mail = (!dice.per_mille(110)).then(|| {
        let fate = dice.weighted(&MAIL_FATES);
        let dot = if fate.is_empty() { "" } else { "." };
        // The number keeps addresses apart; real lists have such addresses too.
        let first = initials.chars().next().unwrap_or('x').to_ascii_lowercase();
        let domain = dice.weighted(&DOMAINS);
        format!(
            "{fate}{dot}{first}.{}{}{at}@{domain}",
            ascii(prefix),
            ascii(surname)
        )
    });
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
    list.text += &row(&[
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
    ]);
    let every = households.len() / DUPLICATES;
    let short_every = households.len() / SHORT_ROWS;
    for (at, household) in households.iter().enumerate() {
        let fields = fields(household, &mut list.counts, dice);
        list.text += &row(&fields.each_ref().map(String::as_str));
        if at % every == every / 2 && at / every < DUPLICATES {
            list.duplicate(household, fields, dice);
        }
        if at % short_every == short_every / 3 && at / short_every < SHORT_ROWS {
            let number = format!("H{:06}", 190_001 + at);
            list.text += &row(&[
                &number,
                "Mevrouw",
                household.initials,
                household.prefix,
                household.surname,
            ]);
            list.count("row with too few columns");
        }
    }
    list
}

impl List {
    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
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

fn fields(
    h: &Household,
    counts: &mut BTreeMap<&'static str, usize>,
    dice: &mut Dice,
) -> [String; 13] {
    let mut count = |what| *counts.entry(what).or_default() += 1;
    let mail = mail_field(h, dice, &mut count);
    let mobile = mobile_field(h, dice, &mut count);
    let postcode = postcode_field(h, dice, &mut count);
    let addition = dice.weighted(&[
        ("", 800),
        ("A", 60),
        ("B", 40),
        ("bis", 20),
        ("1-hoog", 30),
        ("II; achter", 4),
        ("\"rood\"", 2),
    ]);
    let language = dice.weighted(&[
        ("nl", 780),
        ("NL", 60),
        ("", 70),
        ("en", 60),
        ("EN", 10),
        ("tr", 12),
        ("pl", 8),
    ]);
    let preferred = dice.weighted(&[
        ("email", 560),
        ("E-mail", 60),
        ("", 180),
        ("sms", 120),
        ("SMS", 20),
        ("post", 40),
        ("Brief", 20),
    ]);
    let space = |text: &str, dice: &mut Dice| {
        if dice.per_mille(12) {
            format!(" {text}  ")
        } else {
            text.to_owned()
        }
    };
    [
        h.number.clone(),
        dice.weighted(&SALUTATIONS).into(),
        h.initials.into(),
        if dice.per_mille(60) {
            h.prefix.to_uppercase()
        } else {
            h.prefix.into()
        },
        space(
            &if dice.per_mille(25) {
                h.surname.to_uppercase()
            } else {
                h.surname.into()
            },
            dice,
        ),
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

fn mail_field(h: &Household, dice: &mut Dice, count: &mut impl FnMut(&'static str)) -> String {
    let Some(mail) = &h.mail else {
        count("e-mail: missing");
        return String::new();
    };
    for (word, what) in [
        ("bounce.", "e-mail: bounce. (refused at once)"),
        ("late-bounce.", "e-mail: late-bounce. (comes back later)"),
        ("tempfail-once.", "e-mail: tempfail-once. (throttled once)"),
        (
            "indoubt.",
            "e-mail: indoubt. (connection breaks before the answer)",
        ),
        ("tempfail.", "e-mail: tempfail. (always refused for now)"),
    ] {
        if mail.starts_with(word) {
            count(what);
        }
    }
    let (local, domain) = mail.split_once('@').unwrap_or((mail, ""));
    match dice.weighted(&[
        (0, 880),
        (1, 60),
        (2, 35),
        (3, 12),
        (4, 3),
        (5, 3),
        (6, 3),
        (7, 4),
    ]) {
        1 => {
            count("e-mail: mixed case");
            let mut local: Vec<char> = local.chars().collect();
            local
                .iter_mut()
                .step_by(2)
                .for_each(|c| c.make_ascii_uppercase());
            format!("{}@{domain}", String::from_iter(local))
        }
        2 => {
            count("e-mail: spaces around");
            format!(" {mail} ")
        }
        3 => {
            count("e-mail: domain in upper case");
            format!("{local}@{}", domain.to_uppercase())
        }
        kind @ (4..=6) => {
            count("e-mail: illegal");
            [
                format!("{local}{domain}"),
                format!("{local}@@{domain}"),
                format!("{local}@"),
            ][kind - 4]
                .clone()
        }
        7 => {
            count("e-mail: space inside");
            format!("{}@{domain}", local.replacen('.', ". ", 1))
        }
        _ => mail.clone(),
    }
}

fn mobile_field(h: &Household, dice: &mut Dice, count: &mut impl FnMut(&'static str)) -> String {
    let Some(mobile) = &h.mobile else {
        count("mobile: missing");
        return String::new();
    };
    let suffix = &mobile[mobile.len() - 4..];
    if suffix.starts_with("900") {
        count(match suffix {
            "9001" => "mobile: …9001 (refused)",
            "9002" => "mobile: …9002 (throttled once)",
            "9004" => "mobile: …9004 (never reported)",
            "9005" => "mobile: …9005 (reported as failed)",
            "9006" => "mobile: …9006 (connection breaks before the answer)",
            "9008" => "mobile: …9008 (reported as expired)",
            _ => "mobile: …9009 (reports doubled and out of order)",
        });
    }
    let tail = &mobile[2..];
    match dice.weighted(&[
        (0, 520),
        (1, 150),
        (2, 90),
        (3, 70),
        (4, 50),
        (5, 45),
        (6, 25),
        (7, 30),
        (8, 8),
        (9, 5),
        (10, 4),
    ]) {
        1 => format!("06-{tail}"),
        2 => format!(
            "06 {} {} {} {}",
            &tail[..2],
            &tail[2..4],
            &tail[4..6],
            &tail[6..]
        ),
        3 => format!("+316{tail}"),
        4 => {
            count("mobile: with 0031");
            format!("00316{tail}")
        }
        5 => {
            count("mobile: with (0)");
            format!("+31 (0)6 {tail}")
        }
        6 => format!("(06) {tail}"),
        7 => {
            count("mobile: a fixed line");
            format!(
                "{}-{}",
                if tail.starts_with(['1', '3']) {
                    "010"
                } else {
                    "020"
                },
                &tail[..7]
            )
        }
        8 => {
            count("mobile: a word instead of a number");
            ["onbekend", "geen"][usize::from(tail.starts_with('1'))].into()
        }
        9 => {
            count("mobile: a digit short");
            format!("06{}", &tail[1..])
        }
        10 => {
            count("mobile: not a mobile range, all the same digit");
            "0666666666".into()
        }
        _ => mobile.clone(),
    }
}

fn postcode_field(h: &Household, dice: &mut Dice, count: &mut impl FnMut(&'static str)) -> String {
    let (digits, letters) = h.postcode.split_at(4);
    match dice.weighted(&[(0, 560), (1, 330), (2, 90), (3, 6), (4, 4), (5, 4), (6, 6)]) {
        1 => format!("{digits} {letters}"),
        2 => format!("{digits}{}", letters.to_lowercase()),
        kind @ (3..=5) => {
            count("postcode: invalid");
            [
                format!("0{}{letters}", &digits[1..]),
                format!("{digits}SS"),
                digits.to_owned(),
            ][kind - 3]
                .clone()
        }
        6 => {
            count("postcode: missing");
            String::new()
        }
        _ => h.postcode.clone(),
    }
}
