//! What is kept of a cut that broke a promise: the same seed is not the same run again, for threads
//! have an order of their own. Owns the report and the images under the target directory; refuses
//! to judge.

use std::any::Any;
use std::fmt;
use std::path::{Path, PathBuf};

use super::disk::Image;
use super::trace::Op;

/// How many calls before a cut are told.
const TOLD: usize = 200;

/// One cut, with what broke.
pub(crate) struct Evidence {
    seed: u64,
    number: u64,
    cuts: Vec<(String, Vec<String>, Image)>,
    pub(crate) why: String,
}

impl Evidence {
    pub(crate) fn new(seed: u64, number: u64) -> Self {
        Self {
            seed,
            number,
            cuts: Vec::new(),
            why: String::new(),
        }
    }

    /// A cut behind `ops`, and what it left.
    pub(crate) fn add(&mut self, story: String, ops: &[Op], image: &Image) {
        let last = ops[ops.len().saturating_sub(TOLD)..]
            .iter()
            .map(told)
            .collect();
        self.cuts.push((story, last, image.clone()));
    }

    /// Writes everything to a directory of its own and gives its path.
    pub(crate) fn keep(&self) -> PathBuf {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("power-cut-{}-{}", self.seed, self.number));
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).expect("a directory");
        let mut report = format!("{self}\n");
        for (number, (story, ops, image)) in self.cuts.iter().enumerate() {
            report.push_str(&format!("\n{story}\n{}\n", ops.join("\n")));
            let place = dir.join(format!("image-{number}"));
            std::fs::create_dir(&place).expect("a directory");
            image.write_to(&place);
        }
        std::fs::write(dir.join("report"), report).expect("written");
        dir
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stories: Vec<&str> = self.cuts.iter().map(|(story, ..)| &**story).collect();
        write!(
            f,
            "seed {} cut {} ({}): {}",
            self.seed,
            self.number,
            stories.join("; "),
            self.why
        )
    }
}

fn told(op: &Op) -> String {
    match op {
        Op::Write {
            node,
            offset,
            bytes,
        } => format!(
            "Write {{ node: {node}, offset: {offset}, bytes: {} }}",
            bytes.len()
        ),
        other => format!("{other:?}"),
    }
}

/// What a panic said.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without a message")
}

#[cfg(test)]
mod tests {
    use super::super::disk::{Cruelty, cut};
    use super::super::rng::Rng;
    use super::super::trace::Trace;
    use super::*;

    #[test]
    fn what_broke_is_kept_with_its_image() {
        let mut trace = Trace::new();
        trace.create(Path::new("f"), false);
        let node = trace.node(Path::new("f")).expect("there");
        trace.push(Op::Write {
            node,
            offset: 0,
            bytes: vec![7; 9],
        });
        let mut evidence = Evidence::new(u64::MAX, 3);
        evidence.add(
            "a story".into(),
            &trace.ops,
            &cut(&trace.ops, Cruelty::NONE, &mut Rng::new(1)),
        );
        evidence.why = "the reason".into();
        let dir = evidence.keep();
        let report = std::fs::read_to_string(dir.join("report")).expect("read");
        for part in [
            &u64::MAX.to_string(),
            "cut 3",
            "a story",
            "the reason",
            "offset: 0, bytes: 9",
        ] {
            assert!(report.contains(part), "{part:?} is not in {report:?}");
        }
        assert_eq!(std::fs::read(dir.join("image-0/f")).expect("read"), [7; 9]);
        std::fs::remove_dir_all(dir).expect("removed");
    }
}
