//! Owns the step from the texts of a row to a profile: names, addresses, language, preference.
//! Refuses a row without a usable tenant number; everything else that is wrong is left out with a warning.

use std::borrow::Cow;

use sluis_channels::address::{AddressProblem, normalize_email, normalize_mobile};
use sluis_model::{Address, AddressState, Channel, Preference, Profile};

use super::names;
use crate::intake::problem::{FieldProblem, ProblemCode};
use crate::intake::profile::{bad_address, language};
use crate::intake::rules::{NAME, TENANT_ID};

/// The texts of one row, however it was written.
#[derive(Debug, Default)]
pub(super) struct Draft<'a> {
    pub tenant_id: Cow<'a, str>,
    pub salutation: Cow<'a, str>,
    pub initials: Cow<'a, str>,
    pub infix: Cow<'a, str>,
    pub name: Cow<'a, str>,
    pub email: Cow<'a, str>,
    pub mobile: Cow<'a, str>,
    pub postcode: Cow<'a, str>,
    pub language: Cow<'a, str>,
    pub preferred: Cow<'a, str>,
    /// Addresses and preferences beyond the columns (NDJSON).
    pub addresses: Vec<Address>,
    pub preferences: Vec<Preference>,
    /// What is left out.
    pub warnings: Vec<FieldProblem>,
    /// What the row is rejected for.
    pub reasons: Vec<FieldProblem>,
}

impl Draft<'_> {
    /// The tenant's number, profile and warnings; or every reason to reject the row.
    pub(super) fn finish(&self) -> Result<(String, Profile, Vec<FieldProblem>), Vec<FieldProblem>> {
        let mut reasons = self.reasons.clone();
        let mut warnings = self.warnings.clone();
        let tenant_id = self.tenant_id.trim();
        reasons.extend(TENANT_ID.check("tenant_id", tenant_id));
        let profile = Profile {
            name: self.full_name(&mut warnings),
            language: self.language(&mut warnings),
            addresses: self.addresses(&mut warnings),
            preferences: self.preferences(&mut warnings),
        };
        self.check_postcode(&mut warnings);
        check_counts(&profile, &mut reasons);
        if reasons.is_empty() { Ok((tenant_id.to_owned(), profile, warnings)) } else { Err(reasons) }
    }

    fn full_name(&self, warnings: &mut Vec<FieldProblem>) -> Box<str> {
        let name = names::full(&self.salutation, &self.initials, &self.infix, &self.name);
        match NAME.check("name", &name) {
            None => name.into(),
            Some(problem) => {
                warnings.push(problem);
                Box::default()
            }
        }
    }

    fn language(&self, warnings: &mut Vec<FieldProblem>) -> Box<str> {
        language(&self.language).unwrap_or_else(|| {
            let problem = FieldProblem::new("language", ProblemCode::UnknownWord, "a code of ISO 639-1 such as nl or en");
            warnings.push(problem.value(&self.language).hint("not used: messages are in Dutch"));
            Box::default()
        })
    }

    fn addresses(&self, warnings: &mut Vec<FieldProblem>) -> Vec<Address> {
        let mut addresses: Vec<Address> = Vec::new();
        let mut add = |channel, value: String| {
            if !addresses.iter().any(|a| a.channel == channel && *a.value == *value) {
                addresses.push(Address { channel, value: value.into(), state: AddressState::Created });
            }
        };
        match normalize_email(&self.email) {
            Ok(address) => add(Channel::Email, address),
            Err(AddressProblem::Empty) => {}
            Err(problem) => warnings.push(bad_address("email", &self.email, &problem.to_string())),
        }
        match normalize_mobile(&self.mobile) {
            Ok(number) => add(Channel::Sms, number),
            Err(AddressProblem::Empty) => {}
            Err(problem) => warnings.push(bad_address("mobile", &self.mobile, &problem.to_string())),
        }
        // What was written out carries its state: it goes before the column of the same address.
        addresses.retain(|a| !self.addresses.iter().any(|b| a.channel == b.channel && a.value == b.value));
        addresses.extend(self.addresses.iter().cloned());
        addresses
    }

    fn preferences(&self, warnings: &mut Vec<FieldProblem>) -> Vec<Preference> {
        let mut preferences = self.preferences.clone();
        if self.preferred.trim().is_empty() {
            return preferences;
        }
        let wanted = names::channel(&self.preferred);
        let Some(channel) = wanted else {
            let problem =
                FieldProblem::new("preferred_channel", ProblemCode::UnknownWord, "email, sms, letter, whatsapp, voice or portal");
            warnings.push(problem.value(&self.preferred).hint("not used: the order of the flow decides"));
            return preferences;
        };
        match preferences.iter().find(|p| &*p.category == "*") {
            None => preferences.push(Preference { category: "*".into(), channel }),
            Some(known) if known.channel == channel => {}
            Some(known) => {
                let expected = format!("{}, as in preferences", known.channel);
                let problem = FieldProblem::new("preferred_channel", ProblemCode::Contradiction, expected);
                warnings.push(problem.value(&self.preferred).hint("not used"));
            }
        }
        preferences
    }

    /// No channel uses the postcode yet, but who keeps the list wants to know.
    fn check_postcode(&self, warnings: &mut Vec<FieldProblem>) {
        let plain: String = self.postcode.chars().filter(|c| !c.is_whitespace()).collect();
        let sound = match plain.as_bytes() {
            [b'1'..=b'9', digits @ .., a, b] => {
                digits.len() == 3 && digits.iter().all(u8::is_ascii_digit) && a.is_ascii_alphabetic() && b.is_ascii_alphabetic()
            }
            other => other.is_empty(),
        };
        if !sound {
            let problem =
                FieldProblem::new("postcode", ProblemCode::BadCharacters, "four digits and two letters such as 2511 AB");
            warnings.push(problem.value(&self.postcode).hint("not used"));
        }
    }
}

fn check_counts(profile: &Profile, reasons: &mut Vec<FieldProblem>) {
    for (path, count, most) in [
        ("addresses", profile.addresses.len(), Profile::MAX_ADDRESSES),
        ("preferences", profile.preferences.len(), Profile::MAX_PREFERENCES),
    ] {
        if count > most {
            let problem = FieldProblem::new(path, ProblemCode::OutOfRange, format!("at most {most} entries"));
            reasons.push(problem.value(&format!("{count} entries")));
        }
    }
}
