//! Owns who may call what: the kinds of caller, what a key proves, and the one rule that lets a
//! caller in. The route table and the binary port name a kind; the routes, the short way and the
//! binary port all ask [`Access::admit`]. Refuses to say whether a key that does not fit was ever
//! one.

use sluis_channels::ReceiptProof;
use sluis_model::CorporationId;

use crate::app::App;

/// The name under which the operator of a machine without keys stands in audit lines.
const LOCAL_OPERATOR: &str = "operator local";

/// Who may call: one kind for each route and method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// A corporation, by its API key. It reaches what is its own and nothing else.
    Corporation,
    /// An operator, by a key for the engine as a whole.
    Operator,
    /// A provider that brings receipts. Its kind says how they are proven: by a signature, or by
    /// the key of the corporation they belong to.
    Provider,
    /// Anybody, without a key.
    Anybody,
}

impl Access {
    /// Every kind.
    pub const ALL: [Self; 4] = [
        Self::Corporation,
        Self::Operator,
        Self::Provider,
        Self::Anybody,
    ];

    /// The word for it in the API's description and in documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Corporation => "corporation",
            Self::Operator => "operator",
            Self::Provider => "provider",
            Self::Anybody => "anybody",
        }
    }

    /// Lets the holder of `key` in as this kind of caller.
    ///
    /// # Errors
    /// The key is not one of this kind's, or there is none.
    pub fn admit(self, app: &App, key: Option<&str>) -> Result<Party, Stranger> {
        match self {
            Self::Corporation => corporation_of(app, key)
                .map(Party::Corporation)
                .ok_or(Stranger),
            Self::Operator => operator_of(app, key).map(Party::Operator).ok_or(Stranger),
            Self::Provider => Ok(Party::Provider(Bringer(corporation_of(app, key)))),
            Self::Anybody => Ok(Party::Anybody(Known {
                corporation: corporation_of(app, key),
                is_operator: operator_of(app, key).is_some(),
            })),
        }
    }
}

/// Nobody who may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no key of a caller that is let in here")]
pub struct Stranger;

/// A caller that was let in, and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Party {
    /// This corporation.
    Corporation(CorporationId),
    /// An operator, as audit lines name it: by the beginning of the key's hash.
    Operator(String),
    /// Whoever brings receipts.
    Provider(Bringer),
    /// Anybody.
    Anybody(Known),
}

impl Party {
    /// The corporation whose key came.
    #[must_use]
    pub const fn corporation(&self) -> Option<CorporationId> {
        match self {
            Self::Corporation(corporation) => Some(*corporation),
            Self::Provider(Bringer(corporation)) => *corporation,
            Self::Anybody(known) => known.corporation,
            Self::Operator(_) => None,
        }
    }
}

/// What a key proves of somebody who needs none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// The corporation whose key came.
    pub corporation: Option<CorporationId>,
    /// Whether it is an operator's.
    pub is_operator: bool,
}

/// Whoever brings receipts. The corporation whose key came along is told only by [`Self::whose`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bringer(Option<CorporationId>);

/// Whose receipts somebody may bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Anybody's: each proves itself.
    Anybodys,
    /// This corporation's.
    Only(CorporationId),
}

impl Whose {
    /// Whether one of this corporation's is among them.
    #[must_use]
    pub fn covers(self, corporation: CorporationId) -> bool {
        match self {
            Self::Anybodys => true,
            Self::Only(only) => only == corporation,
        }
    }
}

impl Bringer {
    /// Whose receipts it may bring, where the provider's kind has them proven so.
    ///
    /// # Errors
    /// Nothing in the receipts proves them, and no corporation's key came along.
    pub fn whose(self, proof: ReceiptProof) -> Result<Whose, Stranger> {
        match proof {
            ReceiptProof::CallerMust => self.0.map(Whose::Only).ok_or(Stranger),
            ReceiptProof::Nothing | ReceiptProof::Signature => Ok(Whose::Anybodys),
        }
    }
}

/// Whose key it is. Where no key is configured, only this machine is served, as the one corporation
/// there is.
fn corporation_of(app: &App, key: Option<&str>) -> Option<CorporationId> {
    if app.keys.is_empty() {
        return app.corporations.get().keys().next().copied();
    }
    app.keys.corporation(key?)
}

/// Which operator's key it is, as audit lines name it. Where no key is configured, whoever is on
/// this machine is one.
fn operator_of(app: &App, key: Option<&str>) -> Option<String> {
    if app.operators.is_empty() {
        return app.keys.is_empty().then(|| LOCAL_OPERATOR.to_owned());
    }
    app.operators
        .fingerprint(key?)
        .map(|key| format!("operator {key}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOORD: CorporationId = CorporationId(1);

    #[test]
    fn receipts_that_prove_nothing_need_the_key_of_their_corporation() {
        let proof = ReceiptProof::CallerMust;
        assert_eq!(Bringer(None).whose(proof), Err(Stranger));
        let own = Bringer(Some(NOORD)).whose(proof).unwrap();
        assert!(own.covers(NOORD) && !own.covers(CorporationId(2)));
    }

    #[test]
    fn receipts_that_prove_themselves_may_be_anybodys_whatever_key_comes_along() {
        for bringer in [Bringer(None), Bringer(Some(NOORD))] {
            let whose = bringer.whose(ReceiptProof::Signature).unwrap();
            assert!(whose.covers(NOORD) && whose.covers(CorporationId(2)));
        }
    }
}
