//! Owns what can go wrong before or after a run.

/// What can go wrong before or after a run; during it everything is counted instead.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The target is not an address this generator can reach.
    #[error(
        "target {value}: expected http://host:port; hint: TLS is not measured here, put the engine on loopback"
    )]
    Target {
        /// What was given.
        value: String,
    },
    /// An option's value is wrong.
    #[error("{option} {value}: expected {expected}")]
    Option {
        /// The option.
        option: &'static str,
        /// What was given.
        value: String,
        /// What was expected.
        expected: &'static str,
    },
    /// A file could not be written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The engine refused a preparation step, such as loading tenants.
    #[error("{what}: the engine answered {answer}")]
    Refused {
        /// The step.
        what: &'static str,
        /// Status and start of the body, or the connection's error.
        answer: String,
    },
}
