//! Owns the ids and phone numbers of the tenants that a load run makes up, by number.

/// The id of the `n`th tenant.
#[must_use]
pub fn tenant_id(n: u64) -> String {
    format!("load-{n:07}")
}

/// The mobile number of the `n`th tenant, E.164. Its last four digits never force a verdict.
#[must_use]
pub fn mobile_of(n: u64) -> String {
    format!(
        "+316{}{:03}1{:03}",
        1 + (n / 1_000_000) % 5,
        (n / 1_000) % 1_000,
        n % 1_000
    )
}
