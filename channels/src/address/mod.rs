//! Owns how addresses as people and spreadsheets write them become addresses that are stored: pure
//! functions, no look-ups. What is taken off on the way is named ([`Cleaned`]), so that a list's
//! report can say it. Refuses to guess: what is not plainly an address is a problem with a stable
//! code, and the message never repeats the address.

mod clean;
mod email;
mod normal;
mod phone;

pub use clean::{unwrapped, visible};
pub use email::{email, mailbox};
pub use normal::{AddressProblem, Cleaned, Normal};
pub use phone::{Phone, mobile, phone};

/// [`email`], without what was put right.
///
/// # Errors
/// [`AddressProblem`].
pub fn normalize_email(text: &str) -> Result<String, AddressProblem> {
    email(text).map(|normal| normal.value)
}

/// [`mobile`], without what was put right.
///
/// # Errors
/// [`AddressProblem`].
pub fn normalize_mobile(text: &str) -> Result<String, AddressProblem> {
    mobile(text).map(|normal| normal.value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_normalised_stays_as_it_is(text in "\\PC{0,40}", digits in "[+0-9 ()-]{0,20}", mail in "[a-z.<>@ü:' \u{200b}]{0,30}") {
            for text in [text, digits, mail] {
                if let Ok(address) = email(&text) {
                    prop_assert_eq!(email(&address.value), Ok(Normal { value: address.value.clone(), cleaned: vec![] }));
                }
                if let Ok(number) = mobile(&text) {
                    prop_assert_eq!(mobile(&number.value), Ok(Normal { value: number.value.clone(), cleaned: vec![] }));
                }
            }
        }
    }
}
