//! Owns the date on which a certificate in use expires, as a metric. Refuses to judge the
//! certificate: rustls does.

use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::edge::Edge;
use super::names;

/// To be called whenever an edge begins to use the chain in `path`: at the start and when it is
/// read again.
pub fn loaded(edge: Edge, path: &Path) {
    if let Some(at) = expires(path) {
        names::CERTIFICATE.of(edge.name()).set(at as f64);
    }
}

/// Unix time at which the first certificate of the chain expires.
fn expires(path: &Path) -> Option<i64> {
    let leaf = CertificateDer::from_pem_file(path).ok()?;
    let (_, certificate) = X509Certificate::from_der(&leaf).ok()?;
    Some(certificate.validity().not_after.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by `openssl req -x509 -newkey ed25519 -nodes -subj /CN=sluis.example -days 30`.
    const LEAF: &str = include_str!("../../tests/data/leaf.pem");

    #[test]
    fn the_date_is_that_of_the_leaf() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("chain.pem");
        std::fs::write(&path, LEAF).unwrap();
        assert_eq!(expires(&path), Some(1_798_357_981));
        std::fs::write(&path, "no certificate").unwrap();
        assert_eq!(expires(&path), None);
    }
}
