//! Owns whom a command trusts when it calls an engine over TLS: on its own machine the very certificate that
//! the configuration names, elsewhere those that authorities vouch for. Refuses to skip verification: there is
//! no switch for it.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use hyper_rustls::ConfigBuilderExt as _;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

/// Whom a command trusts.
#[derive(Debug)]
pub(super) enum Trust<'a> {
    /// Whoever the Mozilla roots vouch for.
    Roots,
    /// Whoever the authorities in this file vouch for.
    Authorities(&'a Path),
    /// Whoever has the key of the first certificate in this file. Its name need not be the address that is
    /// called: an engine is called as its own machine reaches it.
    Only(&'a Path),
}

impl Trust<'_> {
    /// What a connection needs.
    ///
    /// # Errors
    /// The file has no certificate.
    pub(super) fn config(&self) -> anyhow::Result<ClientConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()?;
        Ok(match self {
            Self::Roots => builder.with_webpki_roots().with_no_client_auth(),
            Self::Authorities(file) => {
                let mut roots = RootCertStore::empty();
                for one in certificates(file)? {
                    roots.add(one).with_context(|| file.display().to_string())?;
                }
                builder.with_root_certificates(roots).with_no_client_auth()
            }
            Self::Only(file) => {
                let only = certificates(file)?.swap_remove(0);
                builder
                    .dangerous()
                    .with_custom_certificate_verifier(Arc::new(Pinned { only, provider }))
                    .with_no_client_auth()
            }
        })
    }
}

/// At least one.
fn certificates(file: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let expected = || format!("{}: expected a PEM certificate chain", file.display());
    let all: Vec<_> = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect)
        .with_context(expected)?;
    anyhow::ensure!(!all.is_empty(), expected());
    Ok(all)
}

/// Accepts one certificate, and its key must sign the handshake.
#[derive(Debug)]
struct Pinned {
    only: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if *end_entity == self.only {
            return Ok(ServerCertVerified::assertion());
        }
        let why = "the engine shows another certificate than the configuration names: name the right one with \
                   --config, or its address with --url and its authority with --ca";
        Err(rustls::Error::General(why.to_owned()))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::{TcpListener, TcpStream};
    use tokio_rustls::{TlsAcceptor, TlsConnector};

    use super::*;
    use crate::config::TlsFiles;
    use crate::tls::{HTTP_PROTOCOLS, Tls};

    fn files(dir: &Path, name: &str) -> TlsFiles {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        let files = TlsFiles {
            cert: dir.join(format!("{name}.crt")),
            key: dir.join(format!("{name}.key")),
        };
        std::fs::write(&files.cert, made.cert.pem()).unwrap();
        std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
        files
    }

    /// Whether a command that trusts so gets through to an engine with this certificate, at its address.
    async fn gets_through(engine: &TlsFiles, trust: &Trust<'_>) -> bool {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let tls = Tls::load(engine, HTTP_PROTOCOLS).unwrap();
        let accepting = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            drop(TlsAcceptor::from(tls.config().clone()).accept(stream).await);
        });
        let stream = TcpStream::connect(address).await.unwrap();
        let connector = TlsConnector::from(Arc::new(trust.config().unwrap()));
        let name = ServerName::from(address.ip());
        let connected = connector.connect(name, stream).await.is_ok();
        accepting.await.unwrap();
        connected
    }

    #[tokio::test]
    async fn on_its_own_machine_only_the_certificate_of_the_configuration_is_trusted() {
        let dir = tempfile::tempdir().unwrap();
        let own = files(dir.path(), "sluis.example");
        let other = files(dir.path(), "other.example");
        assert!(gets_through(&own, &Trust::Only(&own.cert)).await);
        assert!(!gets_through(&other, &Trust::Only(&own.cert)).await);
        // Elsewhere the name counts, and who vouches for it.
        assert!(!gets_through(&own, &Trust::Roots).await);
        assert!(!gets_through(&own, &Trust::Authorities(&own.cert)).await);
        let here = files(dir.path(), "127.0.0.1");
        assert!(gets_through(&here, &Trust::Authorities(&here.cert)).await);
    }

    #[test]
    fn a_file_without_a_certificate_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let empty = dir.path().join("empty.pem");
        std::fs::write(&empty, "").unwrap();
        let error = Trust::Only(&empty).config().unwrap_err().to_string();
        assert!(
            error.contains("expected a PEM certificate chain"),
            "{error}"
        );
    }
}
