//! Owns what a kind of provider says of itself, and what the table of kinds (`lib.rs`) is made into:
//! the configuration of a provider, its checks, its making. Refuses to name a kind.

use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use sluis_model::{Channel, ReferenceKey};

use crate::originator::OriginatorKey;
use crate::problem::{Problem, Problems};
use crate::provider::Provider;
use crate::receipt::{ProviderReceipt, ReceiptError};
use crate::render::Form;
use crate::secrets::SecretSource;

/// The longest name of a provider, in bytes.
const MAX_NAME: usize = 32;

/// A kind of provider, implemented by its settings: what stands in `[[provider]]` beside `name` and
/// `kind`.
pub trait Kind: DeserializeOwned {
    /// The channel it serves.
    const CHANNEL: Channel;
    /// What is made of a template for it. The same for every kind of a channel.
    const FORM: Form;
    /// The keys of `[corporation.sender]` that its messages need. The same for every kind of a
    /// channel.
    const ORIGINATOR: &'static [OriginatorKey] = &[];
    /// Codes of the reasons that it gives for what became of a message, for the API's description.
    const REASONS: &'static [Reason] = &[];
    /// Codes of the receipts that it refuses, for the API's description.
    const RECEIPT_CODES: &'static [&'static str] = &[];
    /// Where receipts of every provider of the channel may be posted, whatever each is called.
    const INTAKE: Option<Intake> = None;

    /// Most attempts at once that it can carry; none where nothing bounds them.
    fn connections(&self) -> Option<u32>;

    /// Everything wrong with the settings that can be seen without touching secrets, files or the
    /// network. `path` is where they stand.
    fn check(&self, path: &str) -> Vec<Problem>;

    /// Makes the provider. Reads secrets and CA files, opens no connection.
    ///
    /// # Errors
    /// Every problem found.
    fn build(
        &self,
        name: &str,
        path: &str,
        secrets: &dyn SecretSource,
    ) -> Result<Arc<dyn Provider>, Vec<Problem>>;
}

/// What a row of the table says of its kind, apart from the settings.
#[derive(Clone, Copy, Debug)]
pub struct KindRow {
    /// As `kind = "…"` writes it.
    pub name: &'static str,
    /// The channel it serves.
    pub channel: Channel,
    /// What is made of a template for it.
    pub form: Form,
    /// The keys of `[corporation.sender]` that its messages need.
    pub originator: &'static [OriginatorKey],
    /// Codes of the reasons that it gives.
    pub reasons: &'static [Reason],
    /// Codes of the receipts that it refuses.
    pub receipt_codes: &'static [&'static str],
    /// Where receipts of every provider of the channel may be posted.
    pub intake: Option<Intake>,
}

/// Codes of `Why` that a kind of provider gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The code, or how codes of this group are made: `http <status>`.
    pub code: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

impl Reason {
    /// A code and what it means.
    pub(crate) const fn new(code: &'static str, meaning: &'static str) -> Self {
        Self { code, meaning }
    }
}

/// A place where receipts are posted that name no provider: `/v1/receipts/{name}`. Whoever posts
/// there proves who he is with his key.
#[derive(Clone, Copy)]
pub struct Intake {
    /// The name in the address.
    pub name: &'static str,
    /// How much of a body is read, in bytes: a report says what it is at its beginning.
    pub most: usize,
    /// Reads a body into what it says of one attempt; the text is written into the receipt as its
    /// provider.
    pub read: fn(&[u8], &ReferenceKey, &str) -> Result<ProviderReceipt, ReceiptError>,
}

impl fmt::Debug for Intake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Intake")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Whoever reads the settings of a kind that was chosen by its name.
pub trait ReadSettings {
    /// Reads them; none when they cannot be read, which it has reported.
    fn read<T: Kind>(self) -> Option<T>;
}

/// What a configuration chose is no kind of provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoSuchKind;

/// Why a provider could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// The configuration is wrong.
    #[error("{0}")]
    Invalid(Problems),
}

/// What is wrong with the name of a provider.
pub(crate) fn check_name(name: &str, path: &str) -> Option<Problem> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    if !name.is_empty() && name.len() <= MAX_NAME && name.bytes().all(plain) {
        return None;
    }
    let expected = "1 to 32 of a-z, 0-9, - and _";
    let hint = "the name stands in URLs and metrics";
    Some(Problem::new(path, "", name, expected, hint))
}

/// Puts together what is wrong with the settings and what came of making the provider.
pub(crate) fn made(
    built: Result<Arc<dyn Provider>, Vec<Problem>>,
    mut problems: Vec<Problem>,
) -> Result<Arc<dyn Provider>, ChannelError> {
    match built {
        Ok(provider) if problems.is_empty() => Ok(provider),
        Ok(_) => Err(ChannelError::Invalid(Problems(problems))),
        Err(more) => {
            let new: Vec<Problem> = more
                .into_iter()
                .filter(|problem| !problems.contains(problem))
                .collect();
            problems.extend(new);
            Err(ChannelError::Invalid(Problems(problems)))
        }
    }
}

/// Makes the table of kinds: `Variant = "name", settings;` for each.
macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $settings:ty;)+) => {
        /// A provider as the configuration writes it: `kind` chooses, unknown keys are refused.
        #[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
        #[serde(tag = "kind")]
        pub enum ProviderConfig {
            $($(#[$doc])* #[serde(rename = $name)] $variant($settings),)+
        }

        /// Every kind of provider there is.
        pub const KINDS: &[$crate::kind::KindRow] = &[
            $($crate::kind::KindRow {
                name: $name,
                channel: <$settings as $crate::kind::Kind>::CHANNEL,
                form: <$settings as $crate::kind::Kind>::FORM,
                originator: <$settings as $crate::kind::Kind>::ORIGINATOR,
                reasons: <$settings as $crate::kind::Kind>::REASONS,
                receipt_codes: <$settings as $crate::kind::Kind>::RECEIPT_CODES,
                intake: <$settings as $crate::kind::Kind>::INTAKE,
            },)+
        ];

        impl ProviderConfig {
            /// Has the settings of the kind with this name read.
            ///
            /// # Errors
            /// There is no such kind.
            pub fn read(
                kind: &str,
                reader: impl $crate::kind::ReadSettings,
            ) -> Result<Option<Self>, $crate::kind::NoSuchKind> {
                match kind {
                    $($name => Ok(reader.read().map(Self::$variant)),)+
                    _ => Err($crate::kind::NoSuchKind),
                }
            }

            /// The channel it serves.
            #[must_use]
            pub const fn channel(&self) -> sluis_model::Channel {
                match self {
                    $(Self::$variant(_) => <$settings as $crate::kind::Kind>::CHANNEL,)+
                }
            }

            /// Most attempts at once that it can carry; none where nothing bounds them.
            #[must_use]
            pub fn connections(&self) -> Option<u32> {
                match self {
                    $(Self::$variant(settings) => $crate::kind::Kind::connections(settings),)+
                }
            }

            /// Everything wrong with it that can be seen without touching secrets, files or the
            /// network.
            #[must_use]
            pub fn check(&self, path: &str) -> Vec<$crate::Problem> {
                match self {
                    $(Self::$variant(settings) => $crate::kind::Kind::check(settings, path),)+
                }
            }

            /// Makes the provider `name`; `path` is where its configuration stands. Reads secrets
            /// and CA files, opens no connection.
            ///
            /// # Errors
            /// Every problem found.
            pub fn build(
                &self,
                name: &str,
                path: &str,
                secrets: &dyn $crate::SecretSource,
            ) -> Result<std::sync::Arc<dyn $crate::Provider>, $crate::kind::ChannelError> {
                let mut problems = self.check(path);
                problems.extend($crate::kind::check_name(name, path));
                let built = match self {
                    $(Self::$variant(settings) => {
                        $crate::kind::Kind::build(settings, name, path, secrets)
                    })+
                };
                $crate::kind::made(built, problems)
            }
        }
    };
}

pub(crate) use kinds;
