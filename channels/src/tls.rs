//! Owns the TLS client configuration that all channels share: rustls, TLS 1.2 and 1.3, ring, the
//! Mozilla roots or an own CA file. Refuses to skip verification: there is no switch for it.

use std::path::Path;
use std::sync::Arc;

use hyper_rustls::ConfigBuilderExt;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::problem::Problem;

/// A client configuration trusting the Mozilla roots, or only the certificates in `ca_file`.
pub(crate) fn client_config(
    path: &str,
    ca_file: Option<&Path>,
) -> Result<Arc<ClientConfig>, Problem> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| Problem::new(path, "tls", "", "TLS 1.2 and 1.3", e.to_string()))?;
    let config = match ca_file {
        None => builder.with_webpki_roots().with_no_client_auth(),
        Some(file) => builder
            .with_root_certificates(roots(path, file)?)
            .with_no_client_auth(),
    };
    Ok(Arc::new(config))
}

fn roots(path: &str, file: &Path) -> Result<RootCertStore, Problem> {
    let problem = |hint: String| {
        Problem::new(
            path,
            "ca_file",
            file.display(),
            "a PEM file with certificates",
            hint,
        )
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|e| problem(e.to_string()))? {
        let certificate = certificate.map_err(|e| problem(e.to_string()))?;
        roots.add(certificate).map_err(|e| problem(e.to_string()))?;
    }
    if roots.is_empty() {
        Err(problem("the file holds no certificate".into()))
    } else {
        Ok(roots)
    }
}
