//! Owns the step from the texts of a row to a profile: names, addresses, language, preference.
//! Refuses a row without a usable tenant number; everything else that is wrong is left out with a
//! warning.

use std::borrow::Cow;

use sluis_channels::address::{self, unwrapped, visible};
use sluis_model::{Channel, Given, PointSource, Preference, Profile, Supplied, Timestamp};

use super::contacts::{Contact, ContactCell};
use super::names::{self, Parts};
use super::words::{
    encoded_once, is_garbled, is_no_number, is_nobody, is_scientific, looks_rewritten,
    stands_for_nothing,
};
use crate::explain::discreet;
use crate::intake::confirmed::{EXPECTED, checked_on};
use crate::intake::points::{CleanedField, NormalPoint, bad_address, normalize, too_many};
use crate::intake::problem::{FieldProblem, ProblemCode};
use crate::intake::profile::language;
use crate::intake::rules::{NAME, TENANT_ID};

/// The texts of one row, however it was written.
#[derive(Debug, Default)]
pub(super) struct Draft<'a> {
    pub tenant_id: Cow<'a, str>,
    pub salutation: Cow<'a, str>,
    pub initials: Cow<'a, str>,
    pub first: Cow<'a, str>,
    pub infix: Cow<'a, str>,
    pub name: Cow<'a, str>,
    /// Who rents where no person does.
    pub organisation: Cow<'a, str>,
    /// In the order of [`Contact::ALL`].
    pub contacts: [ContactCell<'a>; Contact::ALL.len()],
    pub postcode: Cow<'a, str>,
    pub language: Cow<'a, str>,
    pub preferred: Cow<'a, str>,
    /// Contact points and preferences beyond the columns (NDJSON).
    pub points: Vec<Given>,
    pub preferences: Vec<Preference>,
    /// What is left out.
    pub warnings: Vec<FieldProblem>,
    /// What was put right already.
    pub cleaned: Vec<CleanedField>,
    /// What the row is rejected for.
    pub reasons: Vec<FieldProblem>,
}

/// What a row amounts to.
#[derive(Debug)]
pub(super) struct Finished {
    pub tenant_id: String,
    pub supplied: Supplied,
    pub warnings: Vec<FieldProblem>,
    pub cleaned: Vec<CleanedField>,
}

/// What is said of a row while it is looked at.
#[derive(Debug)]
struct Remarks {
    warnings: Vec<FieldProblem>,
    cleaned: Vec<CleanedField>,
}

const BREAKS: &str = "a line break inside the cell became a blank";
/// What is said of letters that were encoded twice.
pub(in crate::intake) const TWICE: &str = "letters that were encoded twice were put right";
const INVISIBLE: &str = address::Cleaned::Invisible.words();
const WRAPPING: &str = address::Cleaned::Wrapping.words();

impl Remarks {
    /// The text of a cell, without what nobody sees and `="…"`; nothing, with a warning, when it
    /// stands for nothing.
    fn cell<'t>(&mut self, path: &'static str, text: &'t str) -> Cow<'t, str> {
        let seen = visible(text);
        if let Cow::Owned(_) = seen {
            self.cleaned.push((path, INVISIBLE));
        }
        let trimmed = seen.trim();
        let bare = unwrapped(trimmed);
        if bare.len() < trimmed.len() {
            self.cleaned.push((path, WRAPPING));
        }
        if stands_for_nothing(bare) || path == "name" && is_nobody(bare) {
            let problem =
                FieldProblem::new(path, ProblemCode::Placeholder, "a value, or an empty cell");
            // An address is never repeated.
            let problem = if bare.contains('@') {
                problem
            } else {
                problem.value(bare)
            };
            self.warnings.push(problem.hint("taken as empty"));
            return Cow::Borrowed("");
        }
        if let Some(once) = encoded_once(bare) {
            self.cleaned.push((path, TWICE));
            return Cow::Owned(once);
        }
        match seen {
            Cow::Borrowed(text) => Cow::Borrowed(unwrapped(text.trim())),
            Cow::Owned(ref owned) => Cow::Owned(unwrapped(owned.trim()).to_owned()),
        }
    }

    /// The contact point in a cell, in normal form; none, with a warning, when it cannot be used.
    fn point(&mut self, contact: Contact, text: &str) -> Option<NormalPoint> {
        let path = contact.path();
        if stands_for_nothing(text.trim()) {
            let _ = self.cell(path, text);
            return None;
        }
        if unwrapped(visible(text).trim()).is_empty() {
            return None;
        }
        match normalize(contact.kind(), contact.reads_for(), text) {
            Ok(point) => {
                let noted = point.cleaned.iter().map(|what| (path, *what));
                self.cleaned.extend(noted);
                Some(point)
            }
            Err(expected) => {
                self.warnings.push(bad_address(path, text, &expected));
                None
            }
        }
    }

    /// When the source checked it; none, with a warning, when what stands there is no date.
    fn confirmed(&mut self, path: &'static str, text: &str) -> Option<Timestamp> {
        let date = self.cell(path, text);
        let at = checked_on(&date);
        if at.is_none() && !date.is_empty() {
            let problem = FieldProblem::new(path, ProblemCode::BadTime, EXPECTED);
            let hint = "not used: the address counts as not confirmed";
            self.warnings
                .push(problem.value(&discreet(&date)).hint(hint));
        }
        at
    }
}

impl Draft<'_> {
    /// The tenant's number, profile and warnings; or every reason to reject the row.
    pub(super) fn finish(&self) -> Result<Finished, Vec<FieldProblem>> {
        let mut reasons = self.reasons.clone();
        let mut remarks = Remarks {
            warnings: self.warnings.clone(),
            cleaned: self.cleaned.clone(),
        };
        let tenant_id = number(&self.tenant_id, &mut remarks, &mut reasons);
        let (name, language) = (self.full_name(&mut remarks), self.language(&mut remarks));
        let supplied = Supplied {
            name,
            language,
            points: self.all_points(&mut remarks),
            preferences: self.preferences(&mut remarks.warnings),
        };
        self.check_postcode(&mut remarks.warnings);
        check_counts(&supplied, &mut reasons);
        let Remarks { warnings, cleaned } = remarks;
        if reasons.is_empty() {
            Ok(Finished {
                tenant_id,
                supplied,
                warnings,
                cleaned,
            })
        } else {
            Err(reasons)
        }
    }

    fn full_name(&self, remarks: &mut Remarks) -> Box<str> {
        let salutation = remarks.cell("salutation", &self.salutation);
        let initials = remarks.cell("initials", &self.initials);
        let first = remarks.cell("first_name", &self.first);
        let infix = remarks.cell("infix", &self.infix);
        let surname = remarks.cell("name", &self.name);
        let organisation = remarks.cell("organisation", &self.organisation);
        if self.name_is_broken() {
            remarks.cleaned.push(("name", BREAKS));
        }
        let person = names::full(Parts {
            salutation: &salutation,
            initials: &initials,
            first: &first,
            infix: &infix,
            surname: &surname,
        });
        let name = if person.is_empty() {
            names::of_organisation(&organisation)
        } else {
            person
        };
        if is_garbled(&name) {
            remarks.warnings.push(garbled(&name));
        }
        match NAME.check("name", &name) {
            None => name.into(),
            Some(problem) => {
                remarks.warnings.push(problem);
                Box::default()
            }
        }
    }

    /// Whether a line ends within a cell of the name.
    fn name_is_broken(&self) -> bool {
        let parts = [
            &self.salutation,
            &self.initials,
            &self.first,
            &self.infix,
            &self.name,
            &self.organisation,
        ];
        parts.iter().any(|part| part.contains(['\n', '\r']))
    }

    fn language(&self, remarks: &mut Remarks) -> Box<str> {
        let text = remarks.cell("language", &self.language);
        language(&text).unwrap_or_else(|| {
            let problem = FieldProblem::new(
                "language",
                ProblemCode::UnknownWord,
                "a code of ISO 639-1 such as nl or en",
            );
            remarks
                .warnings
                .push(problem.value(&text).hint("not used: messages are in Dutch"));
            Box::default()
        })
    }

    /// Those of the columns, and those that are written out. What is written out carries its state:
    /// it goes before the column of the same value. A number in two columns is one.
    fn all_points(&self, remarks: &mut Remarks) -> Vec<Given> {
        let mut written = self.points.clone();
        let mut points: Vec<Given> = Vec::new();
        for (contact, cell) in Contact::ALL.into_iter().zip(&self.contacts) {
            let Some(normal) = remarks.point(contact, &cell.value) else {
                continue;
            };
            let given = Given {
                source: PointSource::List,
                confirmed: remarks.confirmed(contact.date_path(), &cell.confirmed),
                is_mobile: normal.is_mobile,
                given_for: contact.given_for(),
                ..Given::new(contact.kind(), normal.value)
            };
            if let Some(known) = written.iter_mut().find(|known| known.is_same(&given)) {
                known.confirmed = known.confirmed.or(given.confirmed);
            } else if let Some(known) = points.iter_mut().find(|known| known.is_same(&given)) {
                known.merge(&given);
            } else {
                points.push(given);
            }
        }
        points.extend(written);
        points
    }

    fn preferences(&self, warnings: &mut Vec<FieldProblem>) -> Vec<Preference> {
        let mut preferences = self.preferences.clone();
        let wanted = self.preferred.trim();
        if wanted.is_empty() || stands_for_nothing(wanted) {
            return preferences;
        }
        let warning = |code, expected: &str, hint| {
            let problem = FieldProblem::new("preferred_channel", code, expected);
            problem.value(&self.preferred).hint(hint)
        };
        let Some(channel) = names::channel(&self.preferred) else {
            let hint = "not used: the order of the flow decides";
            let expected = Channel::listed_preferable();
            warnings.push(warning(ProblemCode::UnknownWord, expected, hint));
            return preferences;
        };
        match preferences.iter().find(|p| &*p.category == "*") {
            None => {
                let preference = Preference::new("*", channel);
                preferences.push(preference.said(PointSource::List, None));
            }
            Some(known) if known.channel == channel => {}
            Some(known) => {
                let expected = format!("{}, as in preferences", known.channel);
                warnings.push(warning(ProblemCode::Contradiction, &expected, "not used"));
            }
        }
        preferences
    }

    /// No channel uses the postcode yet, but who keeps the list wants to know.
    fn check_postcode(&self, warnings: &mut Vec<FieldProblem>) {
        let plain: String = self
            .postcode
            .chars()
            .filter(|c| !c.is_whitespace())
            .collect();
        let sound = match plain.as_bytes() {
            [b'1'..=b'9', digits @ .., a, b] => {
                digits.len() == 3
                    && digits.iter().all(u8::is_ascii_digit)
                    && a.is_ascii_alphabetic()
                    && b.is_ascii_alphabetic()
            }
            other => other.is_empty(),
        };
        if !sound {
            let problem = FieldProblem::new(
                "postcode",
                ProblemCode::BadCharacters,
                "four digits and two letters such as 2511 AB",
            );
            warnings.push(problem.value(&self.postcode).hint("not used"));
        }
    }
}

/// The tenant's number as it stands: whatever a list writes there is a text, `00123` and `=1` too.
/// What a spreadsheet leaves instead of one is refused, because several tenants would become one.
fn number(text: &str, remarks: &mut Remarks, reasons: &mut Vec<FieldProblem>) -> String {
    let seen = visible(text);
    if let Cow::Owned(_) = seen {
        remarks.cleaned.push(("tenant_id", INVISIBLE));
    }
    let trimmed = seen.trim();
    let bare = without_mark(unwrapped(trimmed));
    if bare.len() < trimmed.len() {
        remarks.cleaned.push(("tenant_id", WRAPPING));
    }
    let problem = |expected: &str, hint: &str| {
        let problem = FieldProblem::new("tenant_id", ProblemCode::Placeholder, expected);
        problem.value(bare).hint(hint)
    };
    if stands_for_nothing(bare) || is_no_number(bare) {
        let hint = "a word that stands for nothing, or ends a list";
        reasons.push(problem("the tenant's number", hint));
    } else if is_scientific(bare) {
        let hint = "a spreadsheet has rounded it: make the column a text before the export";
        reasons.push(problem("the tenant's number with all its digits", hint));
    } else if looks_rewritten(bare) {
        let expected = "the tenant's number as the corporation writes it";
        let hint = "a spreadsheet may have rewritten it: taken as it stands";
        remarks.warnings.push(problem(expected, hint));
    }
    reasons.extend(TENANT_ID.check("tenant_id", bare));
    bare.to_owned()
}

/// Without the apostrophe by which a spreadsheet keeps a number a text.
pub(in crate::intake) fn without_mark(text: &str) -> &str {
    let rest = text.strip_prefix('\'');
    let number = rest.filter(|rest| rest.starts_with(|c: char| c.is_alphanumeric()));
    number.unwrap_or(text)
}

fn garbled(name: &str) -> FieldProblem {
    let expected = "letters as they were meant";
    let problem = FieldProblem::new("name", ProblemCode::BadCharacters, expected);
    let hint = "some were lost on the way, or encoded twice: used as it stands";
    problem.value(name).hint(hint)
}

fn check_counts(supplied: &Supplied, reasons: &mut Vec<FieldProblem>) {
    let (points, preferences) = (supplied.points.len(), supplied.preferences.len());
    for (path, count, most) in [
        ("contact_points", points, Profile::MAX_POINTS),
        ("preferences", preferences, Profile::MAX_PREFERENCES),
    ] {
        if count > most {
            let expected = format!("at most {most} entries");
            let problem = FieldProblem::new(path, ProblemCode::OutOfRange, expected);
            reasons.push(problem.value(&format!("{count} entries")));
        }
    }
    if let Some(kind) = too_many(&supplied.points) {
        let expected = format!("at most {} of a kind", Profile::MAX_POINTS_OF_A_KIND);
        let problem = FieldProblem::new("contact_points", ProblemCode::OutOfRange, expected);
        reasons.push(problem.value(kind.name()));
    }
}
