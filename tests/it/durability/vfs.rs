//! A file system for SQLite between it and the real one: it writes down what is done to the files of a folder, and
//! fails when it is told to. Folders that no test asks about are passed through.

#![expect(unsafe_code, reason = "SQLite's file systems are an interface of C")]

use std::ffi::{CStr, CString, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError, Weak};

use rusqlite::ffi;
use rusqlite::ffi::{sqlite3_file, sqlite3_int64, sqlite3_io_methods, sqlite3_vfs};

/// What was done to a file, by its name within the folder.
#[derive(Debug, Clone)]
pub enum Operation {
    Write { file: String, offset: usize, data: Vec<u8> },
    Truncate { file: String, size: usize },
    Sync { file: String },
    Delete { file: String },
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// There is no more room: writes fail, all else works.
    Full,
    /// The disk does not answer: reads of files work (from the system's cache), writes and syncs fail.
    Broken,
    /// The disk does not answer: whatever writes or syncs waits until it is mended.
    Silent,
}

/// A folder that is watched for as long as this lives.
pub struct Watched {
    path: PathBuf,
    state: Mutex<State>,
    mended: Condvar,
}

#[derive(Default)]
struct State {
    operations: Vec<Operation>,
    seen: usize,
    fault: Option<(Fault, std::ops::Range<usize>)>,
    struck: usize,
}

static FOLDERS: Mutex<Vec<Weak<Watched>>> = Mutex::new(Vec::new());

impl Watched {
    /// Watches the files that are opened in the folder from now on.
    pub fn new(path: &Path) -> Arc<Self> {
        register();
        let watched =
            Arc::new(Self { path: path.canonicalize().unwrap(), state: Mutex::default(), mended: Condvar::new() });
        FOLDERS.lock().unwrap().push(Arc::downgrade(&watched));
        watched
    }

    fn of(path: &Path) -> Option<(Arc<Self>, String)> {
        let folders = FOLDERS.lock().unwrap_or_else(PoisonError::into_inner);
        let watched = folders.iter().filter_map(Weak::upgrade).find(|it| path.parent() == Some(&it.path))?;
        Some((watched, path.file_name()?.to_str()?.to_owned()))
    }

    /// Lets those of the coming operations fail that the range counts; the next one is number 0.
    pub fn fail(&self, fault: Fault, which: std::ops::Range<usize>) {
        let mut state = self.state.lock().unwrap();
        (state.seen, state.struck) = (0, 0);
        state.fault = Some((fault, which));
    }

    /// Ends the fault; returns how many operations failed of how many.
    pub fn mend(&self) -> (usize, usize) {
        let mut state = self.state.lock().unwrap();
        state.fault = None;
        self.mended.notify_all();
        (state.struck, state.seen)
    }

    /// Everything that was done so far.
    pub fn operations(&self) -> Vec<Operation> {
        self.state.lock().unwrap().operations.clone()
    }

    /// How much was done so far.
    pub fn count(&self) -> usize {
        self.state.lock().unwrap().operations.len()
    }

    /// Does an operation if it is not to fail, and writes it down if it did not.
    fn carry_out(&self, operation: Operation, act: impl FnOnce() -> c_int) -> c_int {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let number = state.seen;
        state.seen += 1;
        let struck = state.fault.as_ref().filter(|(_, which)| which.contains(&number)).map(|(fault, _)| *fault);
        if struck == Some(Fault::Silent) {
            state.struck += 1;
            let silent = |state: &mut State| matches!(state.fault, Some((Fault::Silent, _)));
            state = self.mended.wait_while(state, silent).unwrap_or_else(PoisonError::into_inner);
        }
        if let Some(code) = struck.and_then(|fault| code(fault, &operation)) {
            state.struck += 1;
            return code;
        }
        let code = act();
        if code == ffi::SQLITE_OK {
            state.operations.push(operation);
        }
        code
    }
}

/// How an operation fails, if it does.
fn code(fault: Fault, operation: &Operation) -> Option<c_int> {
    match (fault, operation) {
        (Fault::Full, Operation::Write { .. }) => Some(ffi::SQLITE_FULL),
        (Fault::Full, _) | (Fault::Silent, _) => None,
        (Fault::Broken, Operation::Write { .. }) => Some(ffi::SQLITE_IOERR_WRITE),
        (Fault::Broken, Operation::Truncate { .. }) => Some(ffi::SQLITE_IOERR_TRUNCATE),
        (Fault::Broken, Operation::Sync { .. }) => Some(ffi::SQLITE_IOERR_FSYNC),
        (Fault::Broken, Operation::Delete { .. }) => Some(ffi::SQLITE_IOERR_DELETE),
    }
}

/// An open file as SQLite sees it. The real file system's own structure follows it in memory.
#[repr(C)]
struct File {
    base: sqlite3_file,
    /// The folder and the file's name; null if nobody watches it.
    watch: *mut (Arc<Watched>, String),
}

struct Real(*mut sqlite3_vfs);

// SAFETY: SQLite's file systems are registered once, live as long as the process, and may be used from any thread.
unsafe impl Send for Real {}
// SAFETY: as above.
unsafe impl Sync for Real {}

static REAL: OnceLock<Real> = OnceLock::new();

fn real_vfs() -> *mut sqlite3_vfs {
    REAL.get().map_or(std::ptr::null_mut(), |real| real.0)
}

/// Puts this file system before the real one, for the whole process, once.
fn register() {
    REAL.get_or_init(|| {
        // SAFETY: the real file system is valid for the life of the process; ours is a copy of it that is leaked,
        // with `szOsFile` enlarged by the part that ours puts first.
        unsafe {
            let real = ffi::sqlite3_vfs_find(std::ptr::null());
            let mut ours = *real;
            ours.szOsFile += c_int::try_from(size_of::<File>()).unwrap();
            ours.pNext = std::ptr::null_mut();
            ours.zName = CString::new("watched").unwrap().into_raw();
            ours.xOpen = Some(open);
            ours.xDelete = Some(delete);
            ours.xSetSystemCall = None;
            ours.xGetSystemCall = None;
            ours.xNextSystemCall = None;
            ours.iVersion = 2;
            assert_eq!(ffi::sqlite3_vfs_register(Box::into_raw(Box::new(ours)), 1), ffi::SQLITE_OK);
            Real(real)
        }
    });
}

static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// The real file system's structure behind ours.
unsafe fn real(file: *mut sqlite3_file) -> *mut sqlite3_file {
    // SAFETY: SQLite allocates `szOsFile` bytes for each file, ours and then the real one's.
    unsafe { file.cast::<File>().add(1).cast() }
}

/// Passes a call to the real file system.
macro_rules! pass {
    ($method:ident, $file:expr $(, $argument:expr)*) => {{
        // SAFETY: SQLite calls with a file that `open` opened, whose real part has its own methods.
        unsafe {
            let file = real($file);
            match (*(*file).pMethods).$method {
                Some(method) => method(file $(, $argument)*),
                None => ffi::SQLITE_IOERR,
            }
        }
    }};
}

fn path_of(name: *const c_char) -> Option<PathBuf> {
    // SAFETY: SQLite passes null or a text that ends with a zero byte.
    let name = unsafe { (!name.is_null()).then(|| CStr::from_ptr(name)) }?;
    Some(PathBuf::from(OsStr::from_bytes(name.to_bytes())))
}

/// Runs an operation on an open file through its folder's watch, if there is one.
fn watched(file: *mut sqlite3_file, operation: impl FnOnce(String) -> Operation, act: impl FnOnce() -> c_int) -> c_int {
    // SAFETY: `open` set the pointer, to null or to what only `close` frees.
    match unsafe { (*file.cast::<File>()).watch.as_ref() } {
        Some((folder, name)) => folder.carry_out(operation(name.clone()), act),
        None => act(),
    }
}

unsafe extern "C" fn open(
    _: *mut sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    let vfs = real_vfs();
    // SAFETY: `file` has room for ours and the real one's structure; the real `xOpen` gets what SQLite passed.
    unsafe {
        (*file).pMethods = std::ptr::null();
        let Some(method) = (*vfs).xOpen else { return ffi::SQLITE_CANTOPEN };
        let code = method(vfs, name, real(file), flags, out);
        if !(*real(file)).pMethods.is_null() {
            let watch = path_of(name).and_then(|path| Watched::of(&path));
            (*file.cast::<File>()).watch = watch.map_or(std::ptr::null_mut(), |it| Box::into_raw(Box::new(it)));
            (*file).pMethods = &raw const METHODS;
        }
        code
    }
}

unsafe extern "C" fn delete(_: *mut sqlite3_vfs, name: *const c_char, sync_folder: c_int) -> c_int {
    let vfs = real_vfs();
    let act = || {
        // SAFETY: the arguments are SQLite's own.
        unsafe { (*vfs).xDelete.map_or(ffi::SQLITE_IOERR, |method| method(vfs, name, sync_folder)) }
    };
    match path_of(name).and_then(|path| Watched::of(&path)) {
        Some((folder, file)) => folder.carry_out(Operation::Delete { file }, act),
        None => act(),
    }
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    let code = pass!(xClose, file);
    // SAFETY: `open` made the box, and SQLite closes a file once.
    unsafe {
        let watch = (*file.cast::<File>()).watch;
        if !watch.is_null() {
            drop(Box::from_raw(watch));
        }
    }
    code
}

unsafe extern "C" fn write(file: *mut sqlite3_file, data: *const c_void, size: c_int, at: sqlite3_int64) -> c_int {
    // SAFETY: SQLite passes `size` readable bytes.
    let bytes = unsafe { std::slice::from_raw_parts(data.cast::<u8>(), usize::try_from(size).unwrap_or(0)) };
    let offset = usize::try_from(at).unwrap_or(0);
    let operation = |file| Operation::Write { file, offset, data: bytes.to_vec() };
    watched(file, operation, || pass!(xWrite, file, data, size, at))
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: sqlite3_int64) -> c_int {
    let operation = |file| Operation::Truncate { file, size: usize::try_from(size).unwrap_or(0) };
    watched(file, operation, || pass!(xTruncate, file, size))
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, flags: c_int) -> c_int {
    watched(file, |file| Operation::Sync { file }, || pass!(xSync, file, flags))
}

unsafe extern "C" fn read(file: *mut sqlite3_file, data: *mut c_void, size: c_int, at: sqlite3_int64) -> c_int {
    pass!(xRead, file, data, size, at)
}

unsafe extern "C" fn file_size(file: *mut sqlite3_file, size: *mut sqlite3_int64) -> c_int {
    pass!(xFileSize, file, size)
}

unsafe extern "C" fn lock(file: *mut sqlite3_file, level: c_int) -> c_int {
    pass!(xLock, file, level)
}

unsafe extern "C" fn unlock(file: *mut sqlite3_file, level: c_int) -> c_int {
    pass!(xUnlock, file, level)
}

unsafe extern "C" fn check_reserved_lock(file: *mut sqlite3_file, out: *mut c_int) -> c_int {
    pass!(xCheckReservedLock, file, out)
}

unsafe extern "C" fn file_control(file: *mut sqlite3_file, verb: c_int, argument: *mut c_void) -> c_int {
    pass!(xFileControl, file, verb, argument)
}

unsafe extern "C" fn sector_size(file: *mut sqlite3_file) -> c_int {
    pass!(xSectorSize, file)
}

unsafe extern "C" fn device_characteristics(file: *mut sqlite3_file) -> c_int {
    pass!(xDeviceCharacteristics, file)
}

unsafe extern "C" fn shm_map(
    file: *mut sqlite3_file,
    page: c_int,
    size: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    pass!(xShmMap, file, page, size, extend, out)
}

unsafe extern "C" fn shm_lock(file: *mut sqlite3_file, offset: c_int, count: c_int, flags: c_int) -> c_int {
    pass!(xShmLock, file, offset, count, flags)
}

unsafe extern "C" fn shm_barrier(file: *mut sqlite3_file) {
    // SAFETY: as in `pass!`; this method alone returns nothing.
    unsafe {
        if let Some(method) = (*(*real(file)).pMethods).xShmBarrier {
            method(real(file));
        }
    }
}

unsafe extern "C" fn shm_unmap(file: *mut sqlite3_file, delete: c_int) -> c_int {
    pass!(xShmUnmap, file, delete)
}
