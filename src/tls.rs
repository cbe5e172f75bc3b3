//! Owns the certificate of a listener: read from PEM files, checked against its key, read again on
//! request while connections go on, and the instant at which it ends. Refuses a certificate and a
//! key that do not fit each other: those that were there stay.

use std::sync::Arc;

use anyhow::Context as _;
use parking_lot::RwLock;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use sluis_model::Timestamp;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::config::TlsFiles;

/// Protocols that the HTTP listener offers, best first (RFC 7301).
pub const HTTP_PROTOCOLS: &[&[u8]] = &[b"h2", b"http/1.1"];

/// TLS of a listener. A clone is the same one.
#[derive(Clone, Debug)]
pub struct Tls {
    config: Arc<rustls::ServerConfig>,
    certificate: Arc<Certificate>,
}

#[derive(Debug)]
struct Certificate(RwLock<Loaded>);

#[derive(Clone, Debug)]
struct Loaded {
    key: Arc<CertifiedKey>,
    ends: Timestamp,
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.read().key.clone())
    }
}

impl Tls {
    /// TLS with the certificate in `files`; offers `protocols`, best first, or none.
    ///
    /// # Errors
    /// A file cannot be read, holds no usable certificate or key, or the two do not fit each other.
    pub fn load(files: &TlsFiles, protocols: &[&[u8]]) -> anyhow::Result<Self> {
        let certificate = Arc::new(Certificate(RwLock::new(read(files)?)));
        let mut config = rustls::ServerConfig::builder_with_provider(Arc::new(
            rustls::crypto::ring::default_provider(),
        ))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(certificate.clone());
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        Ok(Self {
            config: Arc::new(config),
            certificate,
        })
    }

    /// Reads the files again: handshakes from here on show what stands there now.
    ///
    /// # Errors
    /// As [`Tls::load`]; what was shown before stays.
    pub fn reload(&self, files: &TlsFiles) -> anyhow::Result<()> {
        let read = read(files)?;
        *self.certificate.0.write() = read;
        Ok(())
    }

    /// When the certificate ends.
    #[must_use]
    pub fn ends(&self) -> Timestamp {
        self.certificate.0.read().ends
    }

    /// What a handshake needs.
    #[must_use]
    pub const fn config(&self) -> &Arc<rustls::ServerConfig> {
        &self.config
    }
}

fn read(files: &TlsFiles) -> anyhow::Result<Loaded> {
    let TlsFiles { cert, key } = files;
    let chain = CertificateDer::pem_file_iter(cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| format!("{}: expected a PEM certificate chain", cert.display()))?;
    let first = chain.first().with_context(|| {
        format!(
            "{}: no certificate in it: expected a PEM chain",
            cert.display()
        )
    })?;
    let ends = ends(first)
        .with_context(|| format!("{}: its first certificate cannot be read", cert.display()))?;
    let key = PrivateKeyDer::from_pem_file(key)
        .with_context(|| format!("{}: expected a PEM private key", key.display()))?;
    let key = CertifiedKey::from_der(chain, key, &rustls::crypto::ring::default_provider())
        .with_context(|| {
            format!(
                "{}: certificate and key do not fit each other",
                cert.display()
            )
        })?;
    Ok(Loaded {
        key: Arc::new(key),
        ends,
    })
}

fn ends(certificate: &CertificateDer<'_>) -> anyhow::Result<Timestamp> {
    let (_, certificate) = X509Certificate::from_der(certificate)?;
    Ok(Timestamp(
        certificate
            .validity()
            .not_after
            .timestamp()
            .saturating_mul(1_000),
    ))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn written(at: &Path, name: &str) -> TlsFiles {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        let files = TlsFiles {
            cert: at.join(format!("{name}.pem")),
            key: at.join(format!("{name}.key")),
        };
        std::fs::write(&files.cert, made.cert.pem()).unwrap();
        std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
        files
    }

    fn shown(tls: &Tls) -> Vec<u8> {
        tls.certificate.0.read().key.cert[0].to_vec()
    }

    #[test]
    fn a_certificate_is_changed_while_it_is_in_use_and_only_for_a_good_one() {
        let at = tempfile::tempdir().unwrap();
        let (old, new) = (
            written(at.path(), "old.example"),
            written(at.path(), "new.example"),
        );
        let tls = Tls::load(&old, HTTP_PROTOCOLS).unwrap();
        let first = shown(&tls);
        let mixed = TlsFiles {
            cert: new.cert.clone(),
            key: old.key.clone(),
        };
        let missing = TlsFiles {
            cert: at.path().join("none.pem"),
            key: old.key.clone(),
        };
        let empty = TlsFiles {
            cert: old.key.clone(),
            key: old.key.clone(),
        };
        for (files, says) in [
            (&mixed, "do not fit"),
            (&missing, "expected a PEM certificate chain"),
            (&empty, "no certificate in it"),
        ] {
            let error = format!("{:#}", tls.reload(files).unwrap_err());
            assert!(
                error.contains(says) && error.contains(&*files.cert.to_string_lossy()),
                "{error}"
            );
            assert_eq!(shown(&tls), first);
        }
        tls.reload(&new).unwrap();
        assert_ne!(shown(&tls), first);
        assert_eq!(tls.config().alpn_protocols, HTTP_PROTOCOLS);
    }

    #[test]
    fn the_end_of_a_certificate_is_known() {
        let at = concat!(env!("CARGO_MANIFEST_DIR"), "/client/tests/it/tls/");
        let files = TlsFiles {
            cert: format!("{at}certificate.pem").into(),
            key: format!("{at}key.pem").into(),
        };
        // 29 October 2126, 03:02:26 UTC.
        assert_eq!(
            Tls::load(&files, &[]).unwrap().ends(),
            Timestamp(4_948_916_546_000)
        );
    }
}
