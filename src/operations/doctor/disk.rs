//! The disk: room, and whether it can be believed when it says that something is on it.

use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use super::{Finding, Seen, bytes, quoted};

/// The room that the journal and a start need.
const ROOM: u64 = 256 << 20;
/// A backup in the data folder needs a copy and the archive, one before an upgrade as much again.
const COPIES: u64 = 4;
const INODES: u64 = 1000;
/// How often to write and sync, and for how long at most.
const TRIES: usize = 32;
const PATIENCE: Duration = Duration::from_secs(3);
/// No disk is known that has 4 KiB, and the file's new length, safe in less.
const TOO_QUICK: Duration = Duration::from_micros(20);
/// A disk that turns waits for its plate: half a turn at 15,000 a minute, on average.
const TURN: Duration = Duration::from_millis(2);

pub(super) fn look(seen: &Seen<'_>) -> Vec<Finding> {
    let mut findings = vec![room(seen)];
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let real = seen.folder.canonicalize().unwrap_or_else(|_| seen.folder.to_owned());
    let mount = Mount::of(&mounts, &real);
    findings.push(match measure(seen.folder) {
        Ok(median) => judge(&mount, rotational(seen.folder), median),
        Err(error) => Finding::wrong(
            "disk sync",
            format!("nothing can be written to {}: {error}", seen.folder.display()),
            format!("mount -o remount,rw {}", quoted(Path::new(&mount.point))),
        ),
    });
    findings
}

fn room(seen: &Seen<'_>) -> Finding {
    const CHECK: &str = "disk space";
    let database = std::fs::metadata(super::data::database(seen.folder)).map_or(0, |found| found.len());
    match rustix::fs::statvfs(seen.folder) {
        Ok(found) => {
            let inodes = (found.f_files > 0).then_some(found.f_favail);
            room_of(seen.folder, found.f_bavail * found.f_frsize, inodes, ROOM + COPIES * database)
        }
        Err(error) => Finding::wrong(CHECK, error.to_string(), format!("df {}", quoted(seen.folder))),
    }
}

fn room_of(folder: &Path, free: u64, inodes: Option<u64>, needed: u64) -> Finding {
    const CHECK: &str = "disk space";
    let largest = format!("du -xh --max-depth=2 {} | sort -h | tail   # and delete what is not needed", quoted(folder));
    if free < needed {
        let found = format!("{} free: backups, upgrades and the journal may need {}", bytes(free), bytes(needed));
        return Finding::wrong(CHECK, found, largest);
    }
    match inodes {
        Some(inodes) if inodes < INODES => Finding::wrong(
            CHECK,
            format!("room for {inodes} more files only, although {} are free", bytes(free)),
            "du -x --inodes --max-depth=3 / | sort -n | tail   # and delete what is not needed",
        ),
        _ => Finding::fine(CHECK, format!("{} free", bytes(free))),
    }
}

/// What the folder is mounted as.
#[derive(Debug, Default, PartialEq, Eq)]
struct Mount {
    point: String,
    kind: String,
    options: Vec<String>,
}

impl Mount {
    /// Reads the form of proc_pid_mountinfo(5). The longest mount point counts, and of equal ones the last.
    fn of(mounts: &str, folder: &Path) -> Self {
        let parse = |line: &str| {
            let (before, after) = line.split_once(" - ")?;
            let (before, after): (Vec<_>, Vec<_>) = (before.split(' ').collect(), after.split(' ').collect());
            let point = before.get(4)?.replace(r"\040", " ");
            let options = [before.get(5)?, after.get(2)?];
            let options = options.iter().flat_map(|list| list.split(',')).map(ToOwned::to_owned).collect();
            Some(Self { point, kind: (*after.first()?).to_owned(), options })
        };
        let holding = mounts.lines().filter_map(parse).filter(|mount| folder.starts_with(&mount.point));
        holding.max_by_key(|mount| mount.point.len()).unwrap_or_default()
    }
}

/// Writes 4 KiB to the end of a nameless file and syncs, again and again: how long that takes, the median of all.
fn measure(folder: &Path) -> std::io::Result<Duration> {
    let mut file = tempfile::tempfile_in(folder)?;
    let begin = Instant::now();
    let mut times = Vec::new();
    while times.len() < TRIES && begin.elapsed() < PATIENCE {
        let started = Instant::now();
        file.write_all(&[0x5a; 4096])?;
        file.sync_data()?;
        times.push(started.elapsed());
    }
    times.sort_unstable();
    times.get(times.len() / 2).copied().ok_or_else(|| std::io::ErrorKind::TimedOut.into())
}

/// Whether the kernel takes the disk for one that turns. `None` if that cannot be told, as of disks of a machine that
/// is itself made up.
fn rotational(folder: &Path) -> Option<bool> {
    let device = std::fs::metadata(folder).ok()?.dev();
    let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
    // A partition's disk is the folder above it.
    let device = Path::new("/sys/dev/block").join(format!("{major}:{minor}")).canonicalize().ok()?;
    if device.components().any(|part| part.as_os_str().to_string_lossy().starts_with("virtio")) {
        return None;
    }
    let text =
        device.ancestors().take(2).find_map(|path| std::fs::read_to_string(path.join("queue/rotational")).ok())?;
    Some(text.trim() == "1")
}

/// What the measurements mean. A disk that certainly does not sync is found; that one does, only pulling the plug shows.
fn judge(mount: &Mount, rotational: Option<bool>, median: Duration) -> Finding {
    const CHECK: &str = "disk sync";
    const LIES: &str = "what was acknowledged may be lost in a power cut";
    let Mount { point, kind, options } = mount;
    let measured = format!("writing and syncing 4 KiB takes {:.3} ms on {kind}", median.as_secs_f64() * 1000.0);
    let elsewhere = "ocariot-users serve --data-dir FOLDER   # move the folder to a disk of this machine first";
    match kind.as_str() {
        "tmpfs" | "ramfs" => {
            return Finding::wrong(CHECK, format!("{kind} is memory: all is lost when the machine ends"), elsewhere);
        }
        "nfs" | "nfs4" | "cifs" | "smb3" | "9p" | "afs" | "ceph" | "glusterfs" | "fuse.sshfs" => {
            return Finding::wrong(CHECK, format!("{kind} is a network's: a database is not safe on it"), elsewhere);
        }
        _ => {}
    }
    if let Some(option) = options.iter().find(|option| matches!(option.as_str(), "nobarrier" | "barrier=0")) {
        let found = format!("{point} is mounted with {option}, so that syncs do not reach the disk: {LIES}");
        return Finding::wrong(CHECK, found, format!("mount -o remount,barrier=1 {}", quoted(Path::new(point))));
    }
    let cache = "hdparm -W 0 DEVICE   # turns its cache off; of a virtual machine, the host's cache mode decides";
    if median < TOO_QUICK {
        let found = format!("{measured}: no disk is that quick. Something answers for it, and {LIES}");
        return Finding::advice(CHECK, found, cache);
    }
    if rotational == Some(true) && median < TURN {
        let found = format!("{measured}: a disk that turns takes longer. Its cache answers for it, and {LIES}");
        return Finding::advice(CHECK, found, cache);
    }
    if kind == "overlay" {
        let found = format!("{measured}, which is gone with its container unless that is kept");
        return Finding::advice(CHECK, found, "docker run -v ocariot-users:/data ...   # a volume for the data folder");
    }
    Finding::fine(CHECK, format!("{measured}: as of a disk that syncs"))
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    const MOUNTS: &str = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n\
        30 22 0:25 / /srv/a\\040b rw - xfs /dev/sdb rw,nobarrier\n\
        31 22 0:26 / /srv ro - tmpfs tmpfs rw,size=1k\n";

    #[test]
    fn the_mount_of_a_folder_is_the_innermost() {
        let kind = |folder: &str| Mount::of(MOUNTS, Path::new(folder)).kind;
        assert_eq!((kind("/srv/a b/data").as_str(), kind("/srv/data").as_str()), ("xfs", "tmpfs"));
        assert_eq!((kind("/srvdata").as_str(), kind("/").as_str()), ("ext4", "ext4"));
        assert_eq!(Mount::of("", Path::new("/")), Mount::default());
        assert!(Mount::of(MOUNTS, Path::new("/srv/a b")).options.contains(&"nobarrier".to_owned()));
    }

    #[test]
    fn a_disk_that_lies_about_sync_is_told_by_what_it_is_how_it_is_mounted_and_how_quick_it_is() {
        let state = |kind: &str, options: &[&str], turns, micros| {
            let options = options.iter().map(|option| (*option).to_owned()).collect();
            let mount = Mount { point: "/".to_owned(), kind: kind.to_owned(), options };
            judge(&mount, turns, Duration::from_micros(micros)).state
        };
        assert_eq!(state("ext4", &["rw"], Some(false), 170), State::Fine);
        assert_eq!(state("ext4", &["rw"], Some(true), 8300), State::Fine);
        assert_eq!(state("ext4", &["rw"], None, 170), State::Fine);
        assert_eq!(state("ext4", &["rw"], Some(true), 170), State::Advice);
        assert_eq!(state("ext4", &["rw"], Some(false), 3), State::Advice);
        assert_eq!(state("ext4", &["rw", "barrier=0"], Some(false), 170), State::Wrong);
        assert_eq!(state("xfs", &["nobarrier"], Some(false), 170), State::Wrong);
        assert_eq!(state("tmpfs", &[], None, 1), State::Wrong);
        assert_eq!(state("nfs4", &[], None, 900), State::Wrong);
        assert_eq!(state("overlay", &[], None, 900), State::Advice);
    }

    #[test]
    fn too_little_room_is_wrong_in_bytes_and_in_files() {
        let state = |free, inodes| room_of(Path::new("/data"), free, inodes, ROOM).state;
        assert_eq!(state(ROOM, None), State::Fine);
        assert_eq!(state(ROOM - 1, None), State::Wrong);
        assert_eq!(state(ROOM, Some(INODES)), State::Fine);
        assert_eq!(state(ROOM, Some(3)), State::Wrong);
    }

    #[test]
    fn what_is_measured_takes_time_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert!(measure(folder.path()).unwrap() > Duration::ZERO);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(measure(&folder.path().join("absent")).is_err());
    }
}
