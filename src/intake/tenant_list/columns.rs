//! Owns the names of columns, Dutch and English, and the order in which a file has them.
//! Refuses a file that does not say which column is the tenant's number, or says it twice.

use super::note;
use crate::intake::problem::{FieldProblem, ProblemCode};

/// A column that means something here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    TenantId,
    Salutation,
    Initials,
    Infix,
    Name,
    Email,
    Mobile,
    Postcode,
    Language,
    Preferred,
}

/// Names are compared in lower case, without spaces, hyphens and underscores.
const NAMES: [(&str, Column); 33] = [
    ("huurdernummer", Column::TenantId),
    ("huurdernr", Column::TenantId),
    ("tenantid", Column::TenantId),
    ("tenantnumber", Column::TenantId),
    ("aanhef", Column::Salutation),
    ("salutation", Column::Salutation),
    ("voorletters", Column::Initials),
    ("initials", Column::Initials),
    ("tussenvoegsel", Column::Infix),
    ("tussenvoegsels", Column::Infix),
    ("infix", Column::Infix),
    ("achternaam", Column::Name),
    ("naam", Column::Name),
    ("name", Column::Name),
    ("lastname", Column::Name),
    ("surname", Column::Name),
    ("email", Column::Email),
    ("emailadres", Column::Email),
    ("emailaddress", Column::Email),
    ("mobiel", Column::Mobile),
    ("mobile", Column::Mobile),
    ("mobielnummer", Column::Mobile),
    ("mobilenumber", Column::Mobile),
    ("telefoonmobiel", Column::Mobile),
    ("06nummer", Column::Mobile),
    ("postcode", Column::Postcode),
    ("postalcode", Column::Postcode),
    ("zipcode", Column::Postcode),
    ("taal", Column::Language),
    ("language", Column::Language),
    ("voorkeurskanaal", Column::Preferred),
    ("preferredchannel", Column::Preferred),
    ("kanaalvoorkeur", Column::Preferred),
];

/// What each field of a row is.
#[derive(Debug)]
pub(super) struct Columns {
    order: Vec<Option<Column>>,
}

impl Columns {
    /// Reads a header. Columns nobody knows are noted once.
    pub(super) fn read(header: &[String], notes: &mut Vec<FieldProblem>) -> Result<Self, Vec<FieldProblem>> {
        let mut problems = Vec::new();
        let mut order: Vec<Option<Column>> = Vec::with_capacity(header.len());
        for name in header {
            let column = column(name);
            match column {
                Some(known) if order.contains(&Some(known)) => {
                    problems.push(FieldProblem::new("header", ProblemCode::Twice, "one column for each thing").value(name));
                }
                None if !name.trim().is_empty() => note(notes, name.trim()),
                _ => {}
            }
            order.push(column);
        }
        if !order.contains(&Some(Column::TenantId)) {
            let expected = "a header with a column huurdernummer or tenant_id, separated by ; or ,";
            let problem = FieldProblem::new("header", ProblemCode::NotAList, expected);
            problems.push(problem.value(&header.join(" | ")));
        }
        if problems.is_empty() { Ok(Self { order }) } else { Err(problems) }
    }

    /// How many fields a row has.
    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    /// What the field at `index` is.
    pub(super) fn at(&self, index: usize) -> Option<Column> {
        self.order.get(index).copied().flatten()
    }
}

fn column(name: &str) -> Option<Column> {
    let plain: String = name.chars().filter(|c| !matches!(c, ' ' | '-' | '_' | '\u{a0}')).flat_map(char::to_lowercase).collect();
    NAMES.iter().find(|(known, _)| *known == plain).map(|(_, column)| *column)
}
