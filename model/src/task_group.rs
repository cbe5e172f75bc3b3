//! Owns which tasks are one task for people: those of messages that could not be made, at one step
//! of one definition, for one reason. A text that is too long for SMS is looked at once, and not
//! once for each tenant. Refuses to join what a flow asks people by itself: that is asked about each
//! tenant.

use std::fmt;

use crate::event::Cause;
use crate::evolve::FlowBook;
use crate::ids::CorporationId;
use crate::state::{Open, Phase};

/// What a group's name begins with; no notification's does.
const PREFIX: &str = "g-";
/// Hexadecimal digits of a group's name.
const DIGITS: usize = 16;

/// Names tasks that are one for people. The same over restarts; another for each corporation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskGroup(u64);

impl TaskGroup {
    /// The group of this name. None: it names no group.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(PREFIX)?;
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let is_name = digits.len() == DIGITS && digits.bytes().all(is_digit);
        is_name
            .then(|| u64::from_str_radix(digits, 16).ok())?
            .map(Self)
    }
}

impl fmt::Display for TaskGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{:0width$x}", self.0, width = DIGITS)
    }
}

impl Open {
    /// The group in which its task is one with others. None: it waits for no person, or alone.
    #[must_use]
    pub fn task_group(&self, of: CorporationId, flows: &dyn FlowBook) -> Option<TaskGroup> {
        let Phase::Task { list, asked, .. } = &self.phase else {
            return None;
        };
        let Cause::CannotSend { why } = &asked.cause else {
            return None;
        };
        // A step that sends asks nobody by itself: the engine does, for want of a message.
        flows.flow(self.flow)?.message(self.step)?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(&of.0.to_be_bytes());
        hasher.update(&self.flow.0);
        hasher.update(&[self.step]);
        for text in [list, &why.code] {
            hasher.update(&(text.len() as u64).to_be_bytes());
            hasher.update(text.as_bytes());
        }
        let mut first = [0; 8];
        first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        Some(TaskGroup(u64::from_be_bytes(first)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written_and_nothing_else_is_one() {
        for number in [0, 1, 0xab, u64::MAX] {
            let group = TaskGroup(number);
            assert_eq!(TaskGroup::parse(&group.to_string()), Some(group));
        }
        for wrong in [
            "",
            "g-",
            "g-1",
            "g-00000000000000AB",
            "g-+0000000000000a",
            "g-00000000000000ab0",
            "00000000000000ab",
            "0003019c1d4a6000a1b2c3d4e5f60718.1",
        ] {
            assert_eq!(TaskGroup::parse(wrong), None, "{wrong:?}");
        }
    }
}
