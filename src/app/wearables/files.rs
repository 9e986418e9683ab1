//! What was handed over: files, folders and zips, as one list of entries that are read where they lie, one at a time, and
//! never further than there is room for.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use zip::ZipArchive;

use crate::app::operator::refusal::Refusal;
use crate::store::foreign::Foreign;

/// The most entries in all.
const MOST_ENTRIES: usize = 100_000;
/// How many bytes may be read to learn what is in a zip: its list of contents takes a hundred bytes for each.
const LIST_BYTES: u64 = 8 << 20;
/// How many bytes may be unpacked in all: the largest export that is known has a third of it.
const MOST_UNPACKED: u64 = 8 << 30;
/// How deep folders are looked through.
const DEEPEST: usize = 8;
/// How much of an entry is looked at to see what it is.
const HEAD: u64 = 4096;

/// How far a reading is, for whoever waits for it, and whether anybody still does.
#[derive(Default)]
pub struct Watch {
    read: AtomicU64,
    given_up: AtomicBool,
}

impl Watch {
    /// How many bytes of open files were read so far.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Nobody waits for it any more: it ends with an error.
    pub fn give_up(&self) {
        self.given_up.store(true, Ordering::Relaxed);
    }

    /// Whether nobody does.
    #[must_use]
    pub fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::Relaxed)
    }
}

/// A file that is open, read from the beginning, by several at a time.
struct Held {
    file: Arc<File>,
    at: u64,
    watch: Arc<Watch>,
}

impl Read for Held {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.at)?;
        self.at += read as u64;
        self.watch.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl Seek for Held {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let sought = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.file.metadata()?.len().checked_add_signed(by),
        };
        self.at = sought.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

/// Reads no more than there is left.
struct Bounded<R> {
    inner: R,
    left: Rc<Cell<u64>>,
    watch: Arc<Watch>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.watch.is_given_up() {
            return Err(io::Error::other("nobody waits for it any more"));
        }
        let read = self.inner.read(buffer)?;
        match self.left.get().checked_sub(read as u64) {
            Some(left) => self.left.set(left),
            None => return Err(io::Error::other("it holds more than is read of such a file")),
        }
        Ok(read)
    }
}

impl<R: Seek> Seek for Bounded<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

type Archive = ZipArchive<BufReader<Bounded<Held>>>;

enum Part {
    /// A file by itself, which is opened to be read.
    Path(PathBuf),
    /// One that is open.
    Held(Arc<File>),
    Zip(Box<Archive>),
}

/// Something that can be read: a file, or what is in a zip under one name.
#[derive(Debug, Clone)]
pub(in crate::app::wearables) struct Entry {
    /// Its path as it stands there, with `/` between folders.
    pub(in crate::app::wearables) path: String,
    part: usize,
    index: usize,
}

impl Entry {
    /// The last part of its path.
    pub(in crate::app::wearables) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

/// What was handed over.
pub struct Files {
    parts: Vec<Part>,
    entries: Vec<Entry>,
    unpacked: Rc<Cell<u64>>,
    watch: Arc<Watch>,
    scratch: PathBuf,
    /// Databases that were opened, by the paths of their entries: each is copied once.
    pub(in crate::app::wearables) databases: Vec<(String, Rc<Foreign>)>,
}

fn unreadable(what: &str, error: &dyn std::fmt::Display) -> Refusal {
    Refusal(format!("{what} cannot be read ({error}), and nothing was changed: have the file made or sent once more"))
}

impl Files {
    /// Files, zips and folders of them. What has to be copied while it is read is, into the folder `scratch`, where it
    /// has no name.
    ///
    /// # Errors
    /// What cannot be read, or is too much.
    pub fn of_paths(paths: &[PathBuf], scratch: &Path) -> Result<Self, Refusal> {
        let mut files = Self::empty(scratch, Arc::default());
        for path in paths {
            let found = std::fs::metadata(path).map_err(|error| unreadable(&path.display().to_string(), &error))?;
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            match found.is_dir() {
                true => files.add_folder(path, &format!("{name}/"), DEEPEST)?,
                false if found.is_file() => files.add_path(&name, path)?,
                false => return Err(unreadable(&name, &"it is neither a file nor a folder")),
            }
        }
        Ok(files)
    }

    /// Files and zips that are open, with their names.
    ///
    /// # Errors
    /// What cannot be read, or is too much.
    pub fn of_open(
        given: impl IntoIterator<Item = (String, Arc<File>)>,
        scratch: &Path,
        watch: Arc<Watch>,
    ) -> Result<Self, Refusal> {
        let mut files = Self::empty(scratch, watch);
        for (name, file) in given {
            files.add(&name, Part::Held(Arc::clone(&file)), file)?;
        }
        Ok(files)
    }

    fn empty(scratch: &Path, watch: Arc<Watch>) -> Self {
        let unpacked = Rc::new(Cell::new(MOST_UNPACKED));
        let scratch = scratch.to_owned();
        Self { parts: Vec::new(), entries: Vec::new(), unpacked, watch, scratch, databases: Vec::new() }
    }

    fn add_folder(&mut self, folder: &Path, inside: &str, deep: usize) -> Result<(), Refusal> {
        let failed = |error: io::Error| unreadable(&folder.display().to_string(), &error);
        let mut found: Vec<_> = std::fs::read_dir(folder).map_err(failed)?.collect::<Result<_, _>>().map_err(failed)?;
        found.sort_by_key(std::fs::DirEntry::file_name);
        for entry in found {
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type().map_err(failed)?;
            if name.starts_with('.') || !(kind.is_dir() || kind.is_file()) {
                continue;
            }
            let path = format!("{inside}{name}");
            match kind.is_dir() {
                true if deep > 0 => self.add_folder(&entry.path(), &format!("{path}/"), deep - 1)?,
                true => {}
                false => self.add_path(&path, &entry.path())?,
            }
        }
        Ok(())
    }

    fn add_path(&mut self, name: &str, path: &Path) -> Result<(), Refusal> {
        let file = File::open(path).map_err(|error| unreadable(name, &error))?;
        self.add(name, Part::Path(path.to_owned()), Arc::new(file))
    }

    /// A file, as this part, or what is in it, if it is a zip.
    fn add(&mut self, name: &str, alone: Part, file: Arc<File>) -> Result<(), Refusal> {
        let mut magic = [0; 4];
        let is_zip = file.read_exact_at(&mut magic, 0).is_ok() && (&magic == b"PK\x03\x04" || &magic == b"PK\x05\x06");
        let part = self.parts.len();
        if !is_zip {
            self.parts.push(alone);
            return self.push(Entry { path: name.to_owned(), part, index: 0 });
        }
        let left = Rc::new(Cell::new(LIST_BYTES));
        let inner = Held { file, at: 0, watch: Arc::clone(&self.watch) };
        let bounded = Bounded { inner, left: Rc::clone(&left), watch: Arc::clone(&self.watch) };
        let archive = ZipArchive::new(BufReader::new(bounded)).map_err(|error| unreadable(name, &error))?;
        left.set(u64::MAX);
        for (index, path) in archive.file_names().enumerate() {
            let path = path.map(|path| path.replace('\\', "/"));
            // A name that is no text is none that is looked for.
            match path {
                Ok(path) if !path.ends_with('/') => self.push(Entry { path, part, index })?,
                _ => {}
            }
        }
        self.parts.push(Part::Zip(Box::new(archive)));
        Ok(())
    }

    fn push(&mut self, entry: Entry) -> Result<(), Refusal> {
        if self.entries.len() >= MOST_ENTRIES {
            return Err(Refusal(format!(
                "there are more than {MOST_ENTRIES} files, and nothing was changed: hand over those of one export alone"
            )));
        }
        self.entries.push(entry);
        Ok(())
    }

    /// What there is, in the order of their paths; of two of one path the first.
    pub(in crate::app::wearables) fn entries(&self) -> Vec<Entry> {
        let mut entries = self.entries.clone();
        entries.sort_by(|one, other| one.path.cmp(&other.path));
        entries.dedup_by(|later, first| later.path == first.path);
        entries
    }

    /// Where copies may lie.
    pub(in crate::app::wearables) fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// Reads an entry, as far as `job` wants to.
    ///
    /// # Errors
    /// What `job` returns, and if the entry cannot be read.
    pub(in crate::app::wearables) fn read<T>(
        &mut self,
        entry: &Entry,
        job: impl FnOnce(&mut dyn Read) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let failed = |error: &dyn std::fmt::Display| unreadable(entry.name(), error);
        let (left, watch) = (Rc::clone(&self.unpacked), Arc::clone(&self.watch));
        match &mut self.parts[entry.part] {
            Part::Path(path) => {
                let file = File::open(path).map_err(|error| failed(&error))?;
                job(&mut Bounded { inner: file, left, watch })
            }
            Part::Held(file) => {
                let inner = Held { file: Arc::clone(file), at: 0, watch: Arc::clone(&watch) };
                job(&mut Bounded { inner, left, watch })
            }
            Part::Zip(archive) => {
                let inner = archive.by_index(entry.index).map_err(|error| failed(&error))?;
                job(&mut Bounded { inner, left, watch })
            }
        }
    }

    /// The beginning of an entry.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(in crate::app::wearables) fn head(&mut self, entry: &Entry) -> Result<Vec<u8>, Refusal> {
        self.read(entry, |reader| {
            let mut head = Vec::new();
            reader.take(HEAD).read_to_end(&mut head).map_err(|error| unreadable(entry.name(), &error))?;
            Ok(head)
        })
    }

    /// All of an entry, which has no more than `most` bytes, into what is there already.
    ///
    /// # Errors
    /// If it cannot be read, or has more.
    pub(in crate::app::wearables) fn bytes(
        &mut self,
        entry: &Entry,
        most: u64,
        into: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        into.clear();
        self.read(entry, |reader| {
            let read = reader.take(most + 1).read_to_end(into).map_err(|error| unreadable(entry.name(), &error))?;
            if read as u64 > most {
                return Err(unreadable(entry.name(), &format!("it is larger than {} MiB", most >> 20)));
            }
            Ok(())
        })
    }
}
