//! What lies around an archive: it is compressed (zstd), and sealed under a passphrase in the form of age
//! (age-encryption.org/v1), which encrypts and authenticates it. `age -d FILE | zstd -d | tar -x` opens it, too.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, Write};
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::Builder;

use age_encryption::secrecy::SecretString;
use age_encryption::{DecryptError, Decryptor, Encryptor, Identity, Recipient, scrypt};
use rustix::fs::{Mode, OFlags};

use super::BackupError;

/// How much work a passphrase takes (RFC 7914): N is two to the power of this, which takes 64 MiB.
const WORK: u8 = 16;
/// The most that is done for a file of others: 256 MiB, and what `age -p` asks for on a quick machine.
const MOST_WORK: u8 = 18;
/// The most bytes of the head that says how a file is sealed. Ours take 160.
const HEAD: u64 = 1024;
const AGE: &[u8] = b"age-encryption.org/";
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
/// More than this at a time is not remembered for decompressing, whatever a file asks for: two to this power, 8 MiB.
const WINDOW: u32 = 23;
/// The quickest that is hardly larger than the slow ones: most of a database that can be compressed at all is empty.
const LEVEL: i32 = -1;
/// The bytes that are passed on to be sealed at a time, and how often while nobody takes them: 8 MiB.
const CHUNK: usize = 128 << 10;
const CHUNKS_AHEAD: usize = 64;
/// After so many bytes the disk is asked to have them: so the service's own syncs never wait for much of a backup.
const PACE: u64 = 2 << 20;

/// Makes a seal under a passphrase, which takes its time and memory, so that guessing does.
pub(super) fn under(passphrase: &str) -> io::Result<Encryptor> {
    let mut recipient = scrypt::Recipient::new(SecretString::from(passphrase));
    recipient.set_work_factor(WORK);
    let recipients = [&recipient as &dyn Recipient];
    Encryptor::with_recipients(recipients.into_iter()).map_err(io::Error::other)
}

/// Has an archive written, sealed if there is a seal, and has it on disk when this returns. It is packed and compressed
/// while the seal is not there yet, or at work.
pub(super) fn write(
    to: &File,
    seal: impl FnOnce() -> io::Result<Option<Encryptor>> + Send,
    pack: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let (chunks, compressed) = sync_channel(CHUNKS_AHEAD);
    std::thread::scope(|scope| {
        let sealing = Builder::new().name("backup-seal".to_owned()).spawn_scoped(scope, || {
            let paced = Paced { file: to, unsynced: 0 };
            match seal()? {
                Some(seal) => write_all(compressed, seal.wrap_output(paced)?)?.finish().map(drop)?,
                None => write_all(compressed, paced).map(drop)?,
            }
            to.sync_all()
        })?;
        let packed = compress(Chunks { to: chunks, chunk: Vec::new() }, pack);
        // If this failed, nobody took what was packed.
        sealing.join().unwrap_or_else(|panic| resume_unwind(panic))?;
        packed
    })
}

fn compress(to: Chunks, pack: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut encoder = zstd::Encoder::new(to, LEVEL)?;
    encoder.include_checksum(true)?;
    pack(&mut encoder)?;
    encoder.finish()?.pass_on()
}

fn write_all<W: Write>(chunks: Receiver<Vec<u8>>, mut to: W) -> io::Result<W> {
    chunks.into_iter().try_for_each(|chunk| to.write_all(&chunk))?;
    Ok(to)
}

/// Passes bytes on to another thread.
struct Chunks {
    to: SyncSender<Vec<u8>>,
    chunk: Vec<u8>,
}

impl Chunks {
    fn pass_on(&mut self) -> io::Result<()> {
        let chunk = std::mem::take(&mut self.chunk);
        self.to.send(chunk).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.chunk.extend_from_slice(bytes);
        if self.chunk.len() >= CHUNK {
            self.pass_on()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Paced<'a> {
    file: &'a File,
    unsynced: u64,
}

impl Write for Paced<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.unsynced += written as u64;
        if self.unsynced >= PACE {
            self.file.sync_data()?;
            self.unsynced = 0;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// An archive, by what lies around it.
pub(super) enum Opened {
    /// It was sealed under the passphrase: what is read is what was written under it.
    Sealed(Content),
    /// Anybody could have read and changed it.
    Readable(Content),
    /// It is of the form before.
    Earlier(File),
}

/// What an archive holds, decompressed.
pub(super) type Content = zstd::Decoder<'static, BufReader<Box<dyn Read>>>;

/// Opens an archive. What is read from it is authentic if it was sealed; that it is whole shows at its end alone.
///
/// # Errors
/// `NotAFile` if it is a link, a pipe or the like; `Sealed` if there is no passphrase for it; `WrongPassphrase`;
/// `Damaged` if it is sealed for somebody else, or takes more work than any of ours.
pub(super) fn open(path: &Path, passphrase: Option<&str>) -> Result<Opened, BackupError> {
    let unreadable = |cause| BackupError::reading(path, cause);
    let mut file = plain_file(path)?;
    let mut head = Vec::new();
    Read::by_ref(&mut file).take(HEAD).read_to_end(&mut head).map_err(unreadable)?;
    file.rewind().map_err(unreadable)?;
    if head.starts_with(ZSTD) {
        return content(Box::new(file)).map(Opened::Readable).map_err(unreadable);
    }
    if !head.starts_with(AGE) {
        return Ok(Opened::Earlier(file));
    }
    // Whoever reads it further reads lines, however long.
    let end = head.windows(5).position(|bytes| bytes == b"\n--- ").map(|at| &head[at + 1..]);
    if !end.is_some_and(|last| last.contains(&b'\n')) {
        return Err(BackupError::damaged(path, "its head is too long, or cut off"));
    }
    let passphrase = passphrase.ok_or_else(|| BackupError::Sealed(path.to_owned()))?;
    let decryptor = Decryptor::new_buffered(BufReader::new(file)).map_err(|error| refused(path, error))?;
    if !decryptor.is_scrypt() {
        return Err(BackupError::damaged(path, "it is sealed for somebody's key, not under a passphrase"));
    }
    let mut identity = scrypt::Identity::new(SecretString::from(passphrase));
    identity.set_max_work_factor(MOST_WORK);
    let identities = [&identity as &dyn Identity];
    let decrypted = decryptor.decrypt(identities.into_iter()).map_err(|error| refused(path, error))?;
    content(Box::new(decrypted)).map(Opened::Sealed).map_err(unreadable)
}

fn content(compressed: Box<dyn Read>) -> io::Result<Content> {
    let mut decoder = zstd::Decoder::with_buffer(BufReader::new(compressed))?.single_frame();
    decoder.window_log_max(WINDOW)?;
    Ok(decoder)
}

fn refused(path: &Path, error: DecryptError) -> BackupError {
    match error {
        DecryptError::Io(cause) => BackupError::reading(path, cause),
        DecryptError::ExcessiveWork { .. } => BackupError::damaged(path, "its passphrase would take too much work"),
        DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed | DecryptError::NoMatchingKeys => {
            BackupError::WrongPassphrase(path.to_owned())
        }
        _ => BackupError::damaged(path, "its head was changed"),
    }
}

/// Reads to the end of what lies around an archive. Only there it shows that nothing was cut off.
pub(super) fn expect_end(path: &Path, content: Content) -> Result<(), BackupError> {
    match content.finish().fill_buf() {
        Ok([]) => Ok(()),
        Ok(_) => Err(BackupError::damaged(path, "something follows its end")),
        Err(cause) => Err(BackupError::reading(path, cause)),
    }
}

/// Opens a plain file, and nothing else: neither a link, which may lead anywhere, nor a pipe, which may keep whoever
/// opens it waiting.
pub(super) fn plain_file(path: &Path) -> Result<File, BackupError> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file: File = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => file.into(),
        Err(rustix::io::Errno::LOOP | rustix::io::Errno::NXIO) => return Err(BackupError::NotAFile(path.to_owned())),
        Err(error) => return Err(BackupError::reading(path, error.into())),
    };
    match file.metadata() {
        Ok(found) if found.is_file() => Ok(file),
        Ok(_) => Err(BackupError::NotAFile(path.to_owned())),
        Err(cause) => Err(BackupError::reading(path, cause)),
    }
}
