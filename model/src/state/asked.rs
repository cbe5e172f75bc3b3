//! Owns what people are asked with a task: why, and by when. Refuses to know the flow: what it says of
//! a task is reckoned when the task opens, and stands here.

use bincode::Encode;

use super::plan::Plan;
use crate::event::Cause;
use crate::time::Timestamp;

/// What people are asked. How it is read from older records is in `before`.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct Asked {
    /// Why.
    pub cause: Cause,
    /// Whose it is and by when, where its flow says so. Since record version 6.
    pub plan: Option<Box<Plan>>,
}

impl Asked {
    /// A task with nothing but its cause.
    #[must_use]
    pub const fn because(cause: Cause) -> Self {
        Self { cause, plan: None }
    }

    /// When something must be decided about it.
    #[must_use]
    pub fn next(&self) -> Option<Timestamp> {
        let plan = self.plan.as_deref()?;
        let remind_at = plan.remind_at.filter(|_| plan.reminded_at.is_none());
        remind_at.into_iter().chain(plan.due).min()
    }
}
