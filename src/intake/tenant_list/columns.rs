//! Owns the names of columns, Dutch and English, and the order in which a file has them.
//! Refuses a file that does not say which column is the tenant's number, or says it twice.

use super::contacts::Contact;
use super::notes::Notes;
use crate::intake::problem::{FieldProblem, ProblemCode};

/// A column that means something here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    TenantId,
    Salutation,
    Initials,
    FirstName,
    Infix,
    Name,
    Organisation,
    /// A contact point.
    Of(Contact),
    /// When a contact point was checked.
    Checked(Contact),
    Postcode,
    Language,
    Preferred,
}

/// Names are compared by their letters and digits, in lower case and without accents.
const NAMES: [(&str, Column); 108] = [
    ("huurdernummer", Column::TenantId),
    ("huurdernr", Column::TenantId),
    ("huurdersnummer", Column::TenantId),
    ("huurdersnr", Column::TenantId),
    ("nummerhuurder", Column::TenantId),
    ("tenantid", Column::TenantId),
    ("tenantnumber", Column::TenantId),
    ("tenantno", Column::TenantId),
    ("aanhef", Column::Salutation),
    ("salutation", Column::Salutation),
    ("aanspreektitel", Column::Salutation),
    ("voorletters", Column::Initials),
    ("voorletter", Column::Initials),
    ("initialen", Column::Initials),
    ("initials", Column::Initials),
    ("voornaam", Column::FirstName),
    ("roepnaam", Column::FirstName),
    ("firstname", Column::FirstName),
    ("givenname", Column::FirstName),
    ("tussenvoegsel", Column::Infix),
    ("voorvoegsel", Column::Infix),
    ("voorvoegsels", Column::Infix),
    ("tussenvoegsels", Column::Infix),
    ("infix", Column::Infix),
    ("achternaam", Column::Name),
    ("naam", Column::Name),
    ("name", Column::Name),
    ("lastname", Column::Name),
    ("surname", Column::Name),
    ("organisatie", Column::Organisation),
    ("organisatienaam", Column::Organisation),
    ("bedrijfsnaam", Column::Organisation),
    ("organisation", Column::Organisation),
    ("organization", Column::Organisation),
    ("companyname", Column::Organisation),
    ("email", Column::Of(Contact::Email)),
    ("emailadres", Column::Of(Contact::Email)),
    ("emailaddress", Column::Of(Contact::Email)),
    ("emailhuurder", Column::Of(Contact::Email)),
    ("emailbevestigdop", Column::Checked(Contact::Email)),
    ("emailgecontroleerdop", Column::Checked(Contact::Email)),
    ("emailconfirmedat", Column::Checked(Contact::Email)),
    ("emailconfirmedon", Column::Checked(Contact::Email)),
    ("ema", Column::Of(Contact::Email)),
    ("mob", Column::Of(Contact::Mobile)),
    ("mobiel", Column::Of(Contact::Mobile)),
    ("mobile", Column::Of(Contact::Mobile)),
    ("mobielnummer", Column::Of(Contact::Mobile)),
    ("mobilenumber", Column::Of(Contact::Mobile)),
    ("mobielnr", Column::Of(Contact::Mobile)),
    ("mobieltelefoonnummer", Column::Of(Contact::Mobile)),
    ("mobieletelefoon", Column::Of(Contact::Mobile)),
    ("telefoonmobiel", Column::Of(Contact::Mobile)),
    ("telefoonnummermobiel", Column::Of(Contact::Mobile)),
    ("telmobiel", Column::Of(Contact::Mobile)),
    ("mobielbevestigdop", Column::Checked(Contact::Mobile)),
    ("mobielgecontroleerdop", Column::Checked(Contact::Mobile)),
    ("mobileconfirmedat", Column::Checked(Contact::Mobile)),
    ("mobileconfirmedon", Column::Checked(Contact::Mobile)),
    ("06nummer", Column::Of(Contact::Mobile)),
    ("telefoon", Column::Of(Contact::Phone)),
    ("telefoonnummer", Column::Of(Contact::Phone)),
    ("telefoonnr", Column::Of(Contact::Phone)),
    ("tel", Column::Of(Contact::Phone)),
    ("phone", Column::Of(Contact::Phone)),
    ("phonenumber", Column::Of(Contact::Phone)),
    ("telephone", Column::Of(Contact::Phone)),
    ("telefoonvast", Column::Of(Contact::Phone)),
    ("telefoonnummervast", Column::Of(Contact::Phone)),
    ("telvast", Column::Of(Contact::Phone)),
    ("vastetelefoon", Column::Of(Contact::Phone)),
    ("vastnummer", Column::Of(Contact::Phone)),
    ("landline", Column::Of(Contact::Phone)),
    ("telefoonbevestigdop", Column::Checked(Contact::Phone)),
    ("telefoongecontroleerdop", Column::Checked(Contact::Phone)),
    ("phoneconfirmedat", Column::Checked(Contact::Phone)),
    ("phoneconfirmedon", Column::Checked(Contact::Phone)),
    ("whatsapp", Column::Of(Contact::Whatsapp)),
    ("whatsappnummer", Column::Of(Contact::Whatsapp)),
    ("whatsappnumber", Column::Of(Contact::Whatsapp)),
    ("whatsappbevestigdop", Column::Checked(Contact::Whatsapp)),
    (
        "whatsappgecontroleerdop",
        Column::Checked(Contact::Whatsapp),
    ),
    ("whatsappconfirmedat", Column::Checked(Contact::Whatsapp)),
    ("whatsappconfirmedon", Column::Checked(Contact::Whatsapp)),
    ("postadres", Column::Of(Contact::Postal)),
    ("correspondentieadres", Column::Of(Contact::Postal)),
    ("pos", Column::Of(Contact::Postal)),
    ("postaladdress", Column::Of(Contact::Postal)),
    ("postadresbevestigdop", Column::Checked(Contact::Postal)),
    ("postadresgecontroleerdop", Column::Checked(Contact::Postal)),
    ("postalconfirmedat", Column::Checked(Contact::Postal)),
    ("postalconfirmedon", Column::Checked(Contact::Postal)),
    ("portaal", Column::Of(Contact::Portal)),
    ("portaalaccount", Column::Of(Contact::Portal)),
    ("portal", Column::Of(Contact::Portal)),
    ("portalaccount", Column::Of(Contact::Portal)),
    ("messenger", Column::Of(Contact::Messenger)),
    ("messengerid", Column::Of(Contact::Messenger)),
    ("push", Column::Of(Contact::Push)),
    ("pushtoken", Column::Of(Contact::Push)),
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
    /// Reads a header. Columns nobody knows are noted once; names that are missing at its end are
    /// no columns.
    pub(super) fn read(header: &[String], notes: &mut Notes) -> Result<Self, Vec<FieldProblem>> {
        let mut problems = Vec::new();
        let named = header
            .iter()
            .rposition(|name| !plain(name).is_empty())
            .map_or(0, |last| last + 1);
        let mut order: Vec<Option<Column>> = Vec::with_capacity(named);
        for name in &header[..named] {
            let column = column(name);
            match column {
                Some(known) if order.contains(&Some(known)) => {
                    problems.push(
                        FieldProblem::new(
                            "header",
                            ProblemCode::Twice,
                            "one column for each thing",
                        )
                        .value(name),
                    );
                }
                None if !name.trim().is_empty() => notes.ignored(name.trim()),
                _ => {}
            }
            order.push(column);
        }
        if !order.contains(&Some(Column::TenantId)) {
            let expected =
                "a header with a column huurdernummer or tenant_id, separated by ; or , or a tab";
            let problem = FieldProblem::new("header", ProblemCode::NotAList, expected);
            problems.push(problem.value(&header.join(" | ")));
        }
        if problems.is_empty() {
            Ok(Self { order })
        } else {
            Err(problems)
        }
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

/// How many of the names mean something here; `None` when the tenant's number is not among them.
pub(super) fn known(header: &[String]) -> Option<usize> {
    let known = header.iter().filter_map(|name| column(name));
    let columns: Vec<Column> = known.collect();
    columns.contains(&Column::TenantId).then_some(columns.len())
}

/// Whether a cell holds the name of the column it stands in: the header again, as when lists are
/// put one behind the other.
pub(super) fn names_itself(cell: &str) -> bool {
    column(cell) == Some(Column::TenantId)
}

fn column(name: &str) -> Option<Column> {
    let plain = plain(name);
    NAMES
        .iter()
        .find(|(known, _)| *known == plain)
        .map(|(_, column)| *column)
}

/// Letters and digits in lower case, without accents: whatever else stands in a name does not
/// matter.
pub(super) fn plain(name: &str) -> String {
    let letters = name
        .chars()
        .flat_map(char::to_lowercase)
        .filter(|c| c.is_alphanumeric());
    let without_accent = |c| match c {
        'à'..='å' => 'a',
        'è'..='ë' => 'e',
        'ì'..='ï' => 'i',
        'ò'..='ö' => 'o',
        'ù'..='ü' => 'u',
        other => other,
    };
    letters.map(without_accent).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page for whoever makes a list has every name, and no other.
    #[test]
    fn the_page_names_the_columns_as_they_are_read() {
        let page = include_str!("../../../docs/lists.md");
        let (_, table) = page.split_once("| column | names |").expect("the table");
        let rows = table
            .lines()
            .skip(2)
            .take_while(|line| line.starts_with('|'));
        let mut written = Vec::new();
        for row in rows {
            let names = row.split('|').nth(2).expect("names").split('`');
            let names: Vec<&str> = names.skip(1).step_by(2).collect();
            let meant: Vec<_> = names.iter().map(|name| column(name)).collect();
            assert!(
                meant[0].is_some() && meant.iter().all(|column| *column == meant[0]),
                "{row}"
            );
            written.extend(names);
        }
        let mut known: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
        written.sort_unstable();
        known.sort_unstable();
        assert_eq!(written, known);
    }

    #[test]
    fn the_page_names_the_types_and_limits_as_they_are() {
        use crate::intake::tenant_list::{Format, MAX_LINE, MAX_ROWS};
        let page = include_str!("../../../docs/lists.md");
        for (begins, format) in [("| CSV | `", Format::Csv), ("| NDJSON | `", Format::Ndjson)] {
            let row = page
                .lines()
                .find(|line| line.starts_with(begins))
                .expect("a row");
            let (_, types) = row.rsplit_once(" | `").expect("types");
            let types = format!("`{types}");
            let types: Vec<&str> = types.split('`').skip(1).step_by(2).collect();
            assert_eq!(types, format.media_types());
            assert!(
                types
                    .iter()
                    .all(|media| Format::of_media_type(media) == Some(format))
            );
        }
        assert_eq!((MAX_ROWS, MAX_LINE), (200_000, 16 * 1024));
        assert!(page.contains("| rows | 200,000;") && page.contains("| a row | 16 KiB |"));
    }
}
