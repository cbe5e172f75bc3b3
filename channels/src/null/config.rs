//! Owns the settings of the null channel: there are none. Refuses any key.

use serde::{Deserialize, Serialize};

/// `kind = "null"` and nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NullConfig {}
