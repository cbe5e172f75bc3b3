//! Owns what the process asks of the machine's kernel: the size of its pages, the processors of its
//! arbiters, which threads give way, how many files it may open. What the kernel refuses is left as
//! it is. Refuses to know what runs on those threads.

use std::time::Duration;

use actix::Arbiter;
use rustix::process::{Resource, getrlimit, setrlimit};
use rustix::thread::{
    CpuSet, disable_transparent_huge_pages, sched_getaffinity, sched_setaffinity,
};
use rustix::time::{ClockId, clock_gettime};
use thread_priority::{
    NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy,
    set_thread_priority_and_policy, thread_native_id,
};

/// Memory comes in ordinary pages from here on. A huge one is filled with zeros, and made room for,
/// while the thread that first touches it waits: 10 to 20 ms now and then on a virtual machine, and
/// an arbiter must not stop that long (`docs/performance.md`). See `PR_SET_THP_DISABLE` in
/// prctl(2).
pub fn use_ordinary_pages() {
    // An old kernel does not know the call: then pages stay as they were.
    let _ = disable_transparent_huge_pages(true);
}

/// Lets the process open as many files as it may at all: each connection is one, and the usual
/// 1,024 are for programs of another time. Gives how many that are; `None` where there is no bound,
/// or none is known.
pub fn open_many_files() -> Option<u64> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Where it is refused, it stays as it was.
    let _ = setrlimit(Resource::Nofile, limit);
    getrlimit(Resource::Nofile).current
}

/// Gives each arbiter a processor of its own: none then waits for another while a processor is
/// idle. Only where there are exactly as many as the process may use: with fewer, or under a quota,
/// several processes would pin theirs to the same few.
///
/// Threads that a task on an arbiter starts (a host name looked up, say) stay on its processor.
pub fn pin(arbiters: &[Arbiter]) {
    let Ok(allowed) = sched_getaffinity(None) else {
        return;
    };
    let Some(processors) = one_each(arbiters.len(), &allowed) else {
        return;
    };
    for (arbiter, processor) in arbiters.iter().zip(processors) {
        let mut own = CpuSet::new();
        own.set(processor);
        arbiter.spawn_fn(move || {
            let _ = sched_setaffinity(None, &own);
        });
    }
}

/// Lets the calling thread give way to the others: what reads much must not take the processor from
/// what is decided. Linux counts niceness per thread (setpriority(2), *C library/kernel
/// differences*).
pub fn give_way() {
    const NICENESS: i32 = 15;
    let _ = rustix::process::setpriority_process(None, NICENESS);
}

/// Lets the calling thread run only where a processor would be idle: any other thread takes its place
/// at once. A low niceness is not enough for that: the thread keeps its processor for a few
/// milliseconds, and an arbiter waits as long. On a machine without any idle time it still gets about
/// a thousandth. The thread cannot go back by itself (SCHED_IDLE in sched(7)).
pub fn use_spare_time() {
    let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
    let asked = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, idle);
    if asked.is_err() {
        give_way();
    }
}

/// How many processors the process may use.
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Processor time that all threads of the process have used, also those that ended
/// (CLOCK_PROCESS_CPUTIME_ID in clock_gettime(2)).
pub fn process_time() -> Duration {
    time_of(ClockId::ProcessCPUTime)
}

/// Processor time that the calling thread has used.
pub fn thread_time() -> Duration {
    time_of(ClockId::ThreadCPUTime)
}

fn time_of(clock: ClockId) -> Duration {
    Duration::try_from(clock_gettime(clock)).unwrap_or_default()
}

/// The processors for so many threads; `None` when there are not exactly as many.
fn one_each(threads: usize, allowed: &CpuSet) -> Option<Vec<usize>> {
    let processors: Vec<usize> = (0..CpuSet::MAX_CPU)
        .filter(|processor| allowed.is_set(*processor))
        .collect();
    (processors.len() == threads).then_some(processors)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use actix::System;
    use thread_priority::thread_schedule_policy;

    use super::*;

    fn set(processors: &[usize]) -> CpuSet {
        let mut set = CpuSet::new();
        processors.iter().for_each(|processor| set.set(*processor));
        set
    }

    #[test]
    fn each_thread_gets_a_processor_of_those_allowed() {
        assert_eq!(one_each(3, &set(&[1, 4, 6])), Some(vec![1, 4, 6]));
    }

    #[test]
    fn no_thread_is_pinned_when_there_are_more_processors_or_fewer() {
        assert_eq!(one_each(2, &set(&[0, 1, 2])), None);
        assert_eq!(one_each(4, &set(&[0, 1, 2])), None);
    }

    #[test]
    fn arbiters_stay_on_the_processors_that_they_were_given() {
        let all = sched_getaffinity(None).unwrap();
        let count = all.count() as usize;
        let system = System::new();
        let mut seen = system.block_on(async {
            let arbiters: Vec<Arbiter> = (0..count).map(|_| Arbiter::new()).collect();
            pin(&arbiters);
            let (sender, receiver) = mpsc::channel();
            for arbiter in &arbiters {
                let sender = sender.clone();
                arbiter.spawn_fn(move || sender.send(sched_getaffinity(None).unwrap()).unwrap());
            }
            drop(sender);
            let seen: Vec<Vec<usize>> = receiver
                .iter()
                .map(|own| one_each(1, &own).expect("one processor"))
                .collect();
            arbiters.iter().for_each(|arbiter| {
                arbiter.stop();
            });
            seen.concat()
        });
        seen.sort_unstable();
        assert_eq!(Some(seen), one_each(count, &all));
    }

    #[test]
    fn a_thread_that_uses_spare_time_is_scheduled_so_and_others_are_not() {
        let used = std::thread::spawn(|| {
            use_spare_time();
            thread_schedule_policy().unwrap()
        });
        let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
        assert_eq!(used.join().unwrap(), idle);
        assert_ne!(thread_schedule_policy().unwrap(), idle);
    }

    #[test]
    fn as_many_files_are_open_as_may_be() {
        assert_eq!(open_many_files(), getrlimit(Resource::Nofile).maximum);
    }

    #[test]
    fn pages_are_ordinary_after_it_was_asked() {
        use_ordinary_pages();
        assert!(rustix::thread::transparent_huge_pages_are_disabled().unwrap());
    }
}
