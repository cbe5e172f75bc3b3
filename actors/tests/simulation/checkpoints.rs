//! Owns the turns of whoever takes checkpoints, and the comparison of a start from them with a start from the logs.

use crate::safety::Check;
use crate::world::World;

impl World {
    /// A checkpoint is asked for, or stored.
    pub(crate) fn take_checkpoints(&mut self) {
        let Some(checkpointer) = &mut self.house.checkpointer else {
            return;
        };
        if self.chance.checkpoints.chance(70) {
            checkpointer
                .step(&mut || ())
                .expect("a log in memory takes everything");
            self.note(|| "a step of the checkpoints".into());
        }
    }

    /// A start from the checkpoints must know what the logs know.
    pub(crate) fn compare_starts(&mut self) {
        if self.plan.checkpoints {
            let (from_checkpoints, misled) = self.house.starts(&self.plan);
            self.from_checkpoints += from_checkpoints;
            self.findings
                .expect(misled.is_none(), Check::StartsWhole, || {
                    misled.unwrap_or_default()
                });
        }
    }
}
