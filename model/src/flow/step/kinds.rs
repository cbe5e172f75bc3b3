//! Owns the table of the kinds of steps. Refuses to say more of a kind than where it is.

use super::syntax::Syntax;
use super::{ask, branch, end, send, set, task, wait};

/// The kinds of steps, as they are written in a flow file.
pub(super) const KINDS: [Syntax; 7] = [
    send::SYNTAX,
    wait::SYNTAX,
    branch::SYNTAX,
    task::SYNTAX,
    end::SYNTAX,
    ask::SYNTAX,
    set::SYNTAX,
];
