//! Owns what the kernel says of this process: memory, processor time, files, threads, its start.
//! Refuses to fail: what the kernel does not tell is left as it was.

use std::fs;

use super::names;

/// Ticks a second of the times in `/proc/<pid>/stat`: the same on every Linux that the toolchain
/// builds for.
const TICKS: f64 = 100.0;

/// Sets the gauges of the process. Reads `/proc`: not for a runtime's own threads.
pub(crate) fn sample() {
    sample_times();
    sample_status();
    sample_files();
}

fn sample_times() {
    let Ok(stat) = fs::read_to_string("/proc/self/stat") else {
        return;
    };
    let Some((cpu_ticks, start_ticks)) = times(&stat) else {
        return;
    };
    let cpu_seconds = (cpu_ticks / TICKS) as u64;
    names::PROCESS_CPU.of(()).absolute(cpu_seconds);
    let system = fs::read_to_string("/proc/stat").ok();
    let booted = system.and_then(|text| number_after(&text, "btime "));
    if let Some(booted) = booted {
        let started = booted + start_ticks / TICKS;
        names::PROCESS_START.of(()).set(started);
    }
}

fn sample_status() {
    let Ok(status) = fs::read_to_string("/proc/self/status") else {
        return;
    };
    if let Some(kilobytes) = number_after(&status, "VmRSS:") {
        names::PROCESS_MEMORY.of(()).set(kilobytes * 1_024.0);
    }
    if let Some(threads) = number_after(&status, "Threads:") {
        names::PROCESS_THREADS.of(()).set(threads);
    }
}

fn sample_files() {
    if let Ok(files) = fs::read_dir("/proc/self/fd") {
        // One of them is the directory itself.
        let open = files.count().saturating_sub(1);
        names::PROCESS_FILES.of(()).set(open as f64);
    }
    if let Ok(limits) = fs::read_to_string("/proc/self/limits")
        && let Some(most) = number_after(&limits, "Max open files")
    {
        names::PROCESS_FILES_BOUND.of(()).set(most);
    }
}

/// Ticks of processor time used and the tick of the start, from `/proc/self/stat` (proc(5)):
/// counted behind the name, which stands in brackets and may hold anything.
fn times(stat: &str) -> Option<(f64, f64)> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<f64>().ok();
    // The third field of the file is the first here.
    Some((number(14 - 3)? + number(15 - 3)?, number(22 - 3)?))
}

/// The first number behind `key`.
fn number_after(text: &str, key: &str) -> Option<f64> {
    text.split_once(key)?
        .1
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_whatever_the_process_is_called() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 9 0 4242 1000 200";
        assert_eq!(times(stat), Some((300.0, 4242.0)));
        assert_eq!(times("7 (a) S 1"), None);
    }

    #[test]
    fn the_kernel_tells_what_is_asked() {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        assert!(number_after(&status, "VmRSS:").is_some_and(|kilobytes| kilobytes > 100.0));
        let limits = fs::read_to_string("/proc/self/limits").unwrap();
        assert!(number_after(&limits, "Max open files").is_some());
        assert!(fs::read_to_string("/proc/self/stat").is_ok_and(|stat| times(&stat).is_some()));
    }
}
