//! Owns the certificates of this process's listeners, and how they are read again while connections go on.
//! Refuses to begin or to end TLS: a start does.

use crate::config::{Config, Problem, TlsFiles};
use crate::telemetry::{self, certificate_loaded};
use crate::tls::{HTTP_PROTOCOLS, Tls};

/// TLS of the listeners that have it.
#[derive(Debug, Default)]
pub struct Certificates {
    http: Option<Tls>,
    binary: Option<Tls>,
}

impl Certificates {
    /// Those that the configuration names.
    ///
    /// # Errors
    /// One cannot be used.
    pub(crate) fn load(config: &Config) -> anyhow::Result<Self> {
        use telemetry::Edge::{Binary, Http};
        Ok(Self {
            http: tls(Http, config.http.tls.as_ref(), HTTP_PROTOCOLS)?,
            binary: tls(Binary, config.binary.tls.as_ref(), &[])?,
        })
    }

    /// That of HTTP.
    pub(crate) const fn http(&self) -> Option<&Tls> {
        self.http.as_ref()
    }

    /// That of the binary port.
    pub(crate) const fn binary(&self) -> Option<&Tls> {
        self.binary.as_ref()
    }

    /// What is wrong with the files that would be read again.
    pub(crate) fn check(&self, config: &Config) -> Vec<Problem> {
        let of = |(edge, _, files): (telemetry::Edge, &Tls, &TlsFiles)| {
            let error = Tls::load(files, &[]).err()?;
            let (path, file) = (format!("{}.tls", edge.name()), files.cert.display());
            let expected = "a certificate with its key";
            Some(Problem::new(path, file, expected, format!("{error:#}")))
        };
        self.pairs(config).filter_map(of).collect()
    }

    /// Reads them again. One that has a mistake stays as it was.
    pub(crate) fn renew(&self, config: &Config) {
        for (edge, tls, files) in self.pairs(config) {
            match tls.reload(files) {
                Ok(()) => {
                    certificate_loaded(edge, &files.cert);
                    let ends = crate::explain::rfc3339(tls.ends());
                    tracing::info!(edge = edge.name(), ends, "the certificate was read again");
                }
                Err(error) => {
                    tracing::error!(
                        edge = edge.name(),
                        error = format!("{error:#}"),
                        "the certificate stays as it was"
                    );
                }
            }
        }
    }

    /// Each listener's TLS with the files of the configuration.
    fn pairs<'a>(
        &'a self,
        config: &'a Config,
    ) -> impl Iterator<Item = (telemetry::Edge, &'a Tls, &'a TlsFiles)> {
        use telemetry::Edge::{Binary, Http};
        let all = [
            (Http, &self.http, &config.http.tls),
            (Binary, &self.binary, &config.binary.tls),
        ];
        all.into_iter()
            .filter_map(|(edge, tls, files)| Some((edge, tls.as_ref()?, files.as_ref()?)))
    }
}

fn tls(
    edge: telemetry::Edge,
    files: Option<&TlsFiles>,
    protocols: &[&[u8]],
) -> anyhow::Result<Option<Tls>> {
    let Some(files) = files else { return Ok(None) };
    let tls = Tls::load(files, protocols)?;
    certificate_loaded(edge, &files.cert);
    Ok(Some(tls))
}
