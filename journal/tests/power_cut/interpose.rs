//! Takes the place of libc's file calls inside this test binary, and writes down those under a
//! recorded directory. The symbols below win over libc's at link time, for std and for sled alike.
//! Each makes the real system call. Refuses to sync for real: what would survive is decided by
//! `disk`, and the tests get fast.

#![allow(
    unsafe_code,
    reason = "the functions of libc that are replaced here have C signatures"
)]

use std::collections::BTreeMap;
use std::ffi::{CStr, OsStr, c_char, c_int, c_long, c_uint, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::trace::{Mark, Op, Reads, Trace};

/// Whether any test asked for reads that are not good: looking up a path for each read costs time.
static FAULTY_READS: AtomicBool = AtomicBool::new(false);
static READS: AtomicUsize = AtomicUsize::new(0);
static RECORDINGS: Mutex<BTreeMap<PathBuf, Trace>> = Mutex::new(BTreeMap::new());

type Recordings = MutexGuard<'static, BTreeMap<PathBuf, Trace>>;

fn recordings() -> Recordings {
    RECORDINGS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts to record under an existing directory, continuing `trace`, whose tree must be what is
/// there.
pub(crate) fn start(root: &Path, trace: Trace) {
    recordings().insert(root.to_owned(), trace);
}

/// Ends a recording.
pub(crate) fn stop(root: &Path) -> Trace {
    recordings().remove(root).expect("a recording")
}

/// Puts a mark into the recording; nothing when there is none.
pub(crate) fn mark(root: &Path, mark: Mark) {
    if let Some(trace) = recordings().get_mut(root) {
        trace.push(Op::Mark(mark));
    }
}

/// From now on every `fdatasync` under the directory fails with EIO.
pub(crate) fn fail_data_sync(root: &Path) {
    recordings()
        .get_mut(root)
        .expect("a recording")
        .fail_data_sync = true;
}

/// From now on reads under the directory go like this.
pub(crate) fn set_reads(root: &Path, reads: Reads) {
    recordings().get_mut(root).expect("a recording").reads = reads;
    FAULTY_READS.store(true, Ordering::Release);
}

/// How many bytes a read may ask for; an error instead where it has to fail.
fn readable(fd: c_int, count: usize) -> Result<usize, c_int> {
    if !FAULTY_READS.load(Ordering::Acquire) {
        return Ok(count);
    }
    let path = path_of(fd);
    let mut recordings = recordings();
    let found = recordings
        .iter_mut()
        .find_map(|(root, trace)| Some((path.strip_prefix(root).ok()?, trace)));
    let Some((relative, trace)) = found else {
        return Ok(count);
    };
    match trace.reads {
        Reads::Good => Ok(count),
        Reads::Fail(part) if relative.to_string_lossy().contains(part) => Err(libc::EIO),
        Reads::Fail(_) => Ok(count),
        Reads::Short(_) if READS.fetch_add(1, Ordering::Relaxed).is_multiple_of(3) => {
            Err(libc::EINTR)
        }
        Reads::Short(most) => Ok(count.min(most)),
    }
}

/// # Safety
/// `call` is a read of at most as many bytes as it is given.
unsafe fn do_read(fd: c_int, count: usize, call: impl FnOnce(usize) -> c_long) -> isize {
    match readable(fd, count) {
        Ok(count) => call(count) as isize,
        Err(number) => {
            // SAFETY: errno of this thread.
            unsafe { *libc::__errno_location() = number };
            -1
        }
    }
}

/// Runs a call on a path, then notes it when it worked and the path is recorded. The lock is held
/// over both, so that the order of the trace is the order of the calls.
fn on_path(
    path: &Path,
    call: impl FnOnce() -> c_long,
    note: impl FnOnce(&mut Trace, &Path),
) -> c_long {
    let mut recordings = recordings();
    let found = recordings
        .iter_mut()
        .find_map(|(root, trace)| Some((path.strip_prefix(root).ok()?, trace)));
    let Some((relative, trace)) = found else {
        drop(recordings);
        return call();
    };
    let result = call();
    if result >= 0 {
        note(trace, relative);
    }
    result
}

/// The path behind a descriptor, as the kernel knows it now, renames included.
fn path_of(fd: c_int) -> PathBuf {
    let mut buffer = [0_u8; 512];
    let link = format!("/proc/self/fd/{fd}\0");
    // SAFETY: both pointers are valid for the given lengths, and the name ends in a zero byte.
    let length = unsafe {
        libc::syscall(
            libc::SYS_readlinkat,
            libc::AT_FDCWD,
            link.as_ptr(),
            buffer.as_mut_ptr(),
            buffer.len(),
        )
    };
    PathBuf::from(OsStr::from_bytes(
        &buffer[..usize::try_from(length).unwrap_or(0)],
    ))
}

/// # Safety
/// `path` is a C string, as the caller of a libc function has to give it.
unsafe fn path_at(dir: c_int, path: *const c_char) -> PathBuf {
    // SAFETY: passed on from the caller.
    let path = Path::new(OsStr::from_bytes(
        unsafe { CStr::from_ptr(path) }.to_bytes(),
    ));
    if path.is_absolute() || dir == libc::AT_FDCWD {
        path.to_owned()
    } else {
        path_of(dir).join(path)
    }
}

fn opened(trace: &mut Trace, path: &Path, flags: c_int) {
    match trace.node(path) {
        None => trace.create(path, false),
        Some(node) if flags & libc::O_TRUNC != 0 => trace.push(Op::Truncate { node, length: 0 }),
        Some(_) => {}
    }
}

/// # Safety
/// As `openat(2)`.
unsafe fn do_open(dir: c_int, path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
    // SAFETY: the arguments are those of the caller.
    let call = || unsafe { libc::syscall(libc::SYS_openat, dir, path, flags, mode) };
    if flags & (libc::O_CREAT | libc::O_TRUNC) == 0 {
        return call() as c_int;
    }
    // SAFETY: as above.
    let full = unsafe { path_at(dir, path) };
    on_path(&full, call, |trace, path| opened(trace, path, flags)) as c_int
}

/// Runs a write, and notes where it went and what it wrote.
fn written(
    fd: c_int,
    call: impl FnOnce() -> c_long,
    offset: impl FnOnce(usize) -> usize,
    bytes: impl FnOnce(usize) -> Vec<u8>,
) -> c_long {
    let count = std::cell::Cell::new(0);
    let counted = || {
        let result = call();
        count.set(usize::try_from(result).unwrap_or(0));
        result
    };
    on_path(&path_of(fd), counted, |trace, path| {
        // A file without a name any more cannot be found after a cut.
        if let Some(node) = trace.node(path) {
            trace.push(Op::Write {
                node,
                offset: offset(count.get()),
                bytes: bytes(count.get()),
            });
        }
    })
}

/// A sync is noted, not done. Outside the recorded directories it is done.
fn synced(fd: c_int, number: c_long, data_only: bool) -> c_int {
    let path = path_of(fd);
    let mut recordings = recordings();
    let found = recordings
        .iter_mut()
        .find_map(|(root, trace)| Some((path.strip_prefix(root).ok()?, trace)));
    let Some((relative, trace)) = found else {
        drop(recordings);
        // SAFETY: a plain system call on a descriptor.
        return unsafe { libc::syscall(number, fd) } as c_int;
    };
    if trace.fail_data_sync && data_only {
        // SAFETY: errno of this thread.
        unsafe { *libc::__errno_location() = libc::EIO };
        return -1;
    }
    if let Some(node) = trace.node(relative) {
        let op = if trace.is_dir(node) {
            Op::SyncDir { node }
        } else {
            Op::SyncFile { node }
        };
        trace.push(op);
    }
    0
}

/// # Safety
/// `buffer` holds at least `count` bytes.
unsafe fn copy(buffer: *const c_void, count: usize) -> Vec<u8> {
    // SAFETY: passed on from the caller.
    unsafe { std::slice::from_raw_parts(buffer.cast::<u8>(), count) }.to_vec()
}

/// The functions that take libc's place. Their safety contracts are those of the manual pages.
mod symbols {
    use super::*;

    // The two real prototypes are variadic; on Linux's calling conventions the third argument is in
    // the same place.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn open64(path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
        unsafe { do_open(libc::AT_FDCWD, path, flags, mode) }
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn open(path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
        unsafe { do_open(libc::AT_FDCWD, path, flags, mode) }
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn openat64(
        dir: c_int,
        path: *const c_char,
        flags: c_int,
        mode: c_uint,
    ) -> c_int {
        unsafe { do_open(dir, path, flags, mode) }
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn openat(
        dir: c_int,
        path: *const c_char,
        flags: c_int,
        mode: c_uint,
    ) -> c_int {
        unsafe { do_open(dir, path, flags, mode) }
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn read(fd: c_int, buffer: *mut c_void, count: usize) -> isize {
        unsafe {
            do_read(fd, count, |count| {
                libc::syscall(libc::SYS_read, fd, buffer, count)
            })
        }
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn pread64(
        fd: c_int,
        buffer: *mut c_void,
        count: usize,
        offset: i64,
    ) -> isize {
        unsafe {
            do_read(fd, count, |count| {
                libc::syscall(libc::SYS_pread64, fd, buffer, count, offset)
            })
        }
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn pread(fd: c_int, buffer: *mut c_void, count: usize, offset: i64) -> isize {
        unsafe { pread64(fd, buffer, count, offset) }
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn pwrite64(
        fd: c_int,
        buffer: *const c_void,
        count: usize,
        offset: i64,
    ) -> isize {
        let call = || unsafe { libc::syscall(libc::SYS_pwrite64, fd, buffer, count, offset) };
        written(
            fd,
            call,
            |_| offset as usize,
            |count| unsafe { copy(buffer, count) },
        ) as isize
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn pwrite(
        fd: c_int,
        buffer: *const c_void,
        count: usize,
        offset: i64,
    ) -> isize {
        unsafe { pwrite64(fd, buffer, count, offset) }
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn write(fd: c_int, buffer: *const c_void, count: usize) -> isize {
        let call = || unsafe { libc::syscall(libc::SYS_write, fd, buffer, count) };
        let end = || unsafe { libc::syscall(libc::SYS_lseek, fd, 0, libc::SEEK_CUR) };
        written(
            fd,
            call,
            |count| end() as usize - count,
            |count| unsafe { copy(buffer, count) },
        ) as isize
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn writev(fd: c_int, parts: *const libc::iovec, count: c_int) -> isize {
        // One part at a time: a short write is allowed.
        let parts =
            unsafe { std::slice::from_raw_parts(parts, usize::try_from(count).unwrap_or(0)) };
        match parts.iter().find(|part| part.iov_len > 0) {
            Some(part) => unsafe { write(fd, part.iov_base, part.iov_len) },
            None => 0,
        }
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn ftruncate64(fd: c_int, length: i64) -> c_int {
        let call = || unsafe { libc::syscall(libc::SYS_ftruncate, fd, length) };
        on_path(&path_of(fd), call, |trace, path| {
            if let Some(node) = trace.node(path) {
                trace.push(Op::Truncate {
                    node,
                    length: length as usize,
                });
            }
        }) as c_int
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn ftruncate(fd: c_int, length: i64) -> c_int {
        unsafe { ftruncate64(fd, length) }
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn fsync(fd: c_int) -> c_int {
        synced(fd, libc::SYS_fsync, false)
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn fdatasync(fd: c_int) -> c_int {
        synced(fd, libc::SYS_fdatasync, true)
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn sync_file_range(
        fd: c_int,
        _offset: i64,
        _count: i64,
        _flags: c_uint,
    ) -> c_int {
        on_path(&path_of(fd), || 0, |trace, _| trace.push(Op::SyncRange)) as c_int
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn mkdir(path: *const c_char, mode: c_uint) -> c_int {
        let call = || unsafe { libc::syscall(libc::SYS_mkdirat, libc::AT_FDCWD, path, mode) };
        let full = unsafe { path_at(libc::AT_FDCWD, path) };
        on_path(&full, call, |trace, path| trace.create(path, true)) as c_int
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
        let call = || unsafe {
            libc::syscall(
                libc::SYS_renameat2,
                libc::AT_FDCWD,
                from,
                libc::AT_FDCWD,
                to,
                0,
            )
        };
        let (full, to) = unsafe { (path_at(libc::AT_FDCWD, from), path_at(libc::AT_FDCWD, to)) };
        let root = full
            .ancestors()
            .nth(1)
            .map(Path::to_owned)
            .unwrap_or_default();
        on_path(&full, call, |trace, path| {
            let to = path.with_file_name(to.strip_prefix(&root).expect("the same directory"));
            trace.rename(path, &to);
        }) as c_int
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn unlink(path: *const c_char) -> c_int {
        unsafe { unlinkat(libc::AT_FDCWD, path, 0) }
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn rmdir(path: *const c_char) -> c_int {
        unsafe { unlinkat(libc::AT_FDCWD, path, libc::AT_REMOVEDIR) }
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn unlinkat(dir: c_int, path: *const c_char, flags: c_int) -> c_int {
        let call = || unsafe { libc::syscall(libc::SYS_unlinkat, dir, path, flags) };
        let full = unsafe { path_at(dir, path) };
        on_path(&full, call, Trace::remove) as c_int
    }
}
