//! What Linux says of a process: memory and time on the processor. Owns reading /proc; refuses to
//! fail: a process that is gone has no figures.

/// Ticks of /proc/PID/stat in a second: what Linux shows to programs on every platform that this
/// runs on.
const TICKS: f64 = 100.0;

/// A process at a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Process {
    /// Resident memory in MiB.
    pub rss_mib: f64,
    /// Seconds on the processor since its start, user and system.
    pub cpu_seconds: f64,
}

impl Process {
    /// The process now, if it is there.
    #[must_use]
    pub fn read(pid: u32) -> Option<Self> {
        let text = |file: &str| std::fs::read_to_string(format!("/proc/{pid}/{file}")).ok();
        Some(Self {
            rss_mib: rss_mib(&text("status")?)?,
            cpu_seconds: cpu_seconds(&text("stat")?)?,
        })
    }
}

fn rss_mib(status: &str) -> Option<f64> {
    let rest = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(rest.split_whitespace().next()?.parse::<f64>().ok()? / 1024.0)
}

/// Fields 14 and 15; counted from behind the name, which may hold blanks and brackets.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_found_behind_a_strange_name() {
        let stat = "42 (a ) (b) S 1 42 42 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 9 0 100 1000 200";
        assert_eq!(cpu_seconds(stat), Some(3.0));
        assert_eq!(rss_mib("Name:\tx\nVmRSS:\t  2048 kB\n"), Some(2.0));
        assert_eq!(rss_mib("Name:\tzombie\n"), None);
    }

    #[test]
    fn this_process_has_figures_and_none_has_none() {
        assert!(Process::read(std::process::id()).is_some_and(|process| process.rss_mib > 1.0));
        assert_eq!(Process::read(u32::MAX), None);
    }
}
