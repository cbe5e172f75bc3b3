//! The machine a figure was measured on, from what Linux says in /proc. Owns reading it; refuses to
//! fail: what cannot be read stands as unknown.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// A machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Cores this process may use.
    pub cores: usize,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// Release of the kernel.
    pub kernel: String,
    /// Kind of the file system of the data directory, when one was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filesystem: Option<String>,
}

impl Machine {
    /// This one.
    #[must_use]
    pub fn here(data_dir: Option<&Path>) -> Self {
        let text = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let filesystem = data_dir.map(|dir| {
            let dir = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
            filesystem_of(&dir, &text("/proc/self/mountinfo")).unwrap_or_else(|| "unknown".into())
        });
        let kernel = text("/proc/sys/kernel/osrelease").trim().to_owned();
        Self {
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory_mib: memory_mib(&text("/proc/meminfo")),
            kernel: if kernel.is_empty() {
                "unknown".into()
            } else {
                kernel
            },
            filesystem,
        }
    }
}

fn memory_mib(meminfo: &str) -> u64 {
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"));
    let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or_default() / 1024
}

/// The kind of the mount that holds `dir`: the one with the longest mount point above it; of
/// equals, the last mounted.
fn filesystem_of(dir: &Path, mountinfo: &str) -> Option<String> {
    let mounts = mountinfo.lines().filter_map(|line| {
        let (mount, kind) = line.split_once(" - ")?;
        Some((Path::new(mount.split(' ').nth(4)?), kind.split(' ').next()?))
    });
    let above = mounts.filter(|(point, _)| dir.starts_with(point));
    above
        .max_by_key(|(point, _)| point.components().count())
        .map(|(_, kind)| kind.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n\
        30 22 0:25 / /tmp rw,nosuid shared:5 - tmpfs tmpfs rw\n\
        31 22 8:2 / /data rw - xfs /dev/sdb rw\n";

    #[test]
    fn the_longest_mount_point_wins() {
        let of = |dir: &str| filesystem_of(Path::new(dir), MOUNTS);
        assert_eq!(of("/tmp/case/data").as_deref(), Some("tmpfs"));
        assert_eq!(of("/data").as_deref(), Some("xfs"));
        assert_eq!(
            of("/database").as_deref(),
            Some("ext4"),
            "a name that only begins the same is another directory"
        );
        assert_eq!(filesystem_of(Path::new("/x"), ""), None);
    }

    #[test]
    fn memory_is_read() {
        assert_eq!(
            memory_mib("MemFree: 1 kB\nMemTotal:       24576000 kB\n"),
            24_000
        );
        assert_eq!(memory_mib(""), 0);
        assert!(Machine::here(None).cores > 0);
    }
}
