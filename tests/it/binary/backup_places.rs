//! Folders of backups and archives that others had in their hands, folders of other users, databases that other programs
//! changed.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tar::EntryType;

use super::archives::{self, header, manifest, readable, tar_of, unsealed, with_zeros};
use super::backup::Past;
use super::operator::{PLAIN, done, refused, status, token, verb};
use super::{Server, ocariot, program_under};

const KEYS: [&str; 2] = ["--passphrase-file", "passphrase"];
/// So is a backup called.
const NEWEST: &str = "ocariot-users-20300101T000000.000Z.tar.zst.age";

fn said(output: &std::process::Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_pipe_or_a_link_with_the_name_of_a_backup_keeps_nobody_waiting_and_is_not_followed() {
    let past = Past::new();
    let place = past.backup.parent().unwrap().to_owned();
    let folder = place.to_str().unwrap();
    let planted = place.join(NEWEST);
    let whole = past.path().join("whole.tar.zst.age");
    fs::rename(&past.backup, &whole).unwrap();
    let plant: [&dyn Fn(); 3] = [
        &|| assert!(Command::new("mkfifo").arg(&planted).status().unwrap().success()),
        &|| symlink(&whole, &planted).unwrap(),
        &|| fs::create_dir(&planted).unwrap(),
    ];
    for plant in plant {
        plant();
        let listed = ocariot(past.path(), &["backup", "list", "--in", folder]).output().unwrap();
        assert!(listed.status.success() && said(&listed).contains("a link, a folder, a pipe"), "{listed:?}");
        let doctor = ocariot(past.path(), &["doctor"]).output().unwrap();
        assert!(said(&doctor).contains("a link, a folder, a pipe"), "{doctor:?}");
        for verb in [&["restore", folder][..], &["backup", "verify", folder]] {
            let refused = ocariot(past.path(), &[verb, &KEYS[..]].concat()).output().unwrap();
            assert_eq!(refused.status.code(), Some(1));
            assert!(said(&refused).contains("name the file itself"), "{refused:?}");
        }
        fs::remove_file(&planted).or_else(|_| fs::remove_dir(&planted)).unwrap();
    }
}

#[test]
fn a_link_in_the_place_of_the_own_folder_is_not_followed() {
    let past = Past::new();
    let place = past.data().join("backups");
    fs::remove_dir_all(&place).unwrap();
    fs::create_dir(past.path().join("elsewhere")).unwrap();
    symlink("../elsewhere", &place).unwrap();
    refused(past.path(), &["backup", "now", "--without-keys"], 1, &["data/backups cannot be used"]);
    assert_eq!(fs::read_dir(past.path().join("elsewhere")).unwrap().count(), 0);
}

#[test]
fn a_link_in_the_place_of_the_copy_or_its_journal_is_not_followed() {
    let past = Past::new();
    let victim = past.path().join("victim");
    fs::write(&victim, "theirs").unwrap();
    let [copy, journal] = [".backup-copy.db", ".backup-copy.db-wal"].map(|name| past.data().join(name));
    symlink("../victim", &copy).unwrap();
    refused(past.path(), &["backup", "now", "--without-keys"], 1, &["data cannot be used"]);
    fs::remove_file(&copy).unwrap();
    symlink("../victim", &journal).unwrap();
    done(past.path(), &["backup", "now", "--without-keys"], "");
    assert_eq!(fs::read_to_string(&victim).unwrap(), "theirs");
    assert!(!journal.is_symlink());
}

/// Runs a verb with too little memory to believe what a header says.
fn with_little_memory(folder: &Path, arguments: &str) -> std::process::Output {
    let command = format!("ulimit -v 1000000; exec timeout 60 {} {arguments}", env!("CARGO_BIN_EXE_ocariot-users"));
    Command::new("bash")
        .args(["-c", &command])
        .current_dir(folder)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .output()
        .unwrap()
}

#[test]
fn what_a_header_claims_is_not_believed() {
    const LONG: u64 = 2 << 30;
    let past = Past::new();
    let tar = unsealed(&past.backup);
    let mut manifest = manifest(&tar);
    manifest["keys"] = false.into();
    let begin = tar_of(&[("manifest.json", manifest.to_string().as_bytes())]);
    let begin = &begin[..begin.len() - 1024];
    let after = |name: &[u8], kind, size| [begin, &header(name, kind, size)].concat();
    for (content, why) in [
        // A name of 2 GiB, a comment of 2 GiB, a manifest of 2 GiB, a database of more than any disk has.
        (with_zeros(&header(b"././@LongLink", EntryType::GNULongName, LONG), LONG), "manifest.json is not where"),
        (with_zeros(&after(b"././@LongLink", EntryType::GNULongName, LONG), LONG), "ocariot.db is not where"),
        (with_zeros(&after(b"comment", EntryType::XHeader, LONG), LONG), "ocariot.db is not where"),
        (with_zeros(&header(b"manifest.json", EntryType::Regular, LONG), LONG), "manifest.json is too long"),
        (with_zeros(&after(b"username.key", EntryType::Regular, LONG), LONG), "username.key is too long"),
        (with_zeros(&after(b"ocariot.db", EntryType::Regular, 1 << 60), 1024), "are free"),
        (with_zeros(&after(b"ocariot.db", EntryType::Regular, 1 << 20), 1024), "cut off"),
        (with_zeros(&after(b"ocariot.db", EntryType::GNUSparse, 1 << 20), 1024), "ocariot.db is not where"),
        (with_zeros(begin, LONG), "it ends too early"),
    ] {
        fs::write(past.path().join("hostile.tar.zst"), content).unwrap();
        let output = with_little_memory(past.path(), "backup verify hostile.tar.zst");
        assert!(output.status.code() == Some(1) && said(&output).contains(why), "{why}: {output:?}");
    }
    // The same in the form before.
    for kind in [EntryType::GNULongName, EntryType::XHeader] {
        let file = fs::File::create(past.path().join("hostile.tar")).unwrap();
        std::io::Write::write_all(&mut &file, &header(b"././@LongLink", kind, LONG)).unwrap();
        file.set_len(LONG).unwrap();
        let place = past.data().join("backups/ocariot-users-20300101T000000.000Z.tar");
        let _ = fs::remove_file(&place);
        fs::rename(past.path().join("hostile.tar"), place).unwrap();
        let listed = with_little_memory(past.path(), "backup list");
        assert!(listed.status.success() && said(&listed).contains("manifest.json is not where"), "{listed:?}");
    }
}

#[test]
fn a_head_that_asks_for_too_much_is_refused_at_once() {
    let past = Past::new();
    let whole = fs::read(&past.backup).unwrap();
    let changed = |from: &str, to: &str| {
        let text = String::from_utf8_lossy(&whole[..300]).into_owned();
        let at = text.find(from).unwrap();
        let bytes = [&whole[..at], to.as_bytes(), &whole[at + from.len()..]].concat();
        fs::write(past.path().join("hostile.age"), bytes).unwrap();
        let output = with_little_memory(past.path(), "backup verify hostile.age --passphrase-file passphrase");
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        said(&output)
    };
    let work = changed(" 16\n", " 40\n");
    assert!(work.contains("too much work"), "{work}");
    let long = changed("-> scrypt", &format!("-> {}\n\n-> scrypt", "x".repeat(1 << 20)));
    assert!(long.contains("its head is too long"), "{long}");
    let cut = changed("\n--- ", "\n");
    assert!(cut.contains("its head is too long, or cut off"), "{cut}");
    // What somebody asks for with `age -p` on a quick machine is done.
    fs::write(past.path().join("theirs.age"), archives::sealed(&archives::compressed(&unsealed(&past.backup)), 17))
        .unwrap();
    assert!(verb(past.path(), &[&["backup", "verify", "theirs.age"], &KEYS[..]].concat(), "").status.success());
}

#[test]
fn words_of_archives_and_names_of_files_do_not_command_the_terminal() {
    let past = Past::new();
    let tar = unsealed(&past.backup);
    let mut words = manifest(&tar);
    words["keys"] = false.into();
    for (field, value) in [
        ("program", Value::from("9\u{1b}[2J")),
        ("made_at", "\u{1b}]0;title\u{7}".into()),
        ("rows", serde_json::json!({ "\u{1b}[31m": 1 })),
        ("format\u{1b}[2J", 1.into()),
    ] {
        let mut hostile = words.clone();
        hostile[field] = value;
        let file = readable(&past.backup, &tar_of(&[("manifest.json", hostile.to_string().as_bytes())]));
        let output = verb(past.path(), &["backup", "verify", file.to_str().unwrap()], "");
        assert!(output.status.code() == Some(1) && said(&output).contains("its manifest"), "{output:?}");
        assert!(!said(&output).contains('\u{1b}'), "{output:?}");
    }
    let name = "ocariot-users-\u{1b}[2J\n\u{9b}\u{202e}.tar";
    fs::write(past.data().join("backups").join(name), "x").unwrap();
    for arguments in [&["backup", "list"][..], &["backup", "list", "--json"], &["restore", name]] {
        let folder = if arguments[0] == "restore" { past.data().join("backups") } else { past.path().to_owned() };
        let text = said(&verb(&folder, arguments, ""));
        assert!(text.contains(r"\u001b[2J") && !text.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{text}");
    }
}

/// A folder of the user nobody, in which the service runs as that user, or `None` where tests do not run as root.
fn nobodys() -> Option<Server> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::chown(folder.path(), Some(65534), Some(65534)).unwrap();
    let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    Some(Server::run(program_under(&nobody, folder.path(), PLAIN), folder))
}

#[test]
fn what_root_makes_in_the_folder_of_the_service_belongs_to_the_service() {
    let Some(server) = nobodys() else { return };
    let folder = server.folder();
    let made = done(folder, &["backup", "now", "--without-keys"], "");
    let place = folder.join("data/backups");
    for path in [&place, &folder.join(made["file"].as_str().unwrap())] {
        let found = fs::metadata(path).unwrap();
        assert_eq!((found.uid(), found.gid()), (65534, 65534), "{}", path.display());
    }
    let mut again = super::under(
        &["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"],
        folder,
        &["backup", "now", "--without-keys"],
    );
    let again = again.output().unwrap();
    assert!(again.status.success(), "{again:?}");
}

fn before(data: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(data.join("backups")).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = entries.filter(|path| path.to_str().unwrap().contains("before-schema")).collect();
    found.sort();
    found
}

#[test]
fn a_retried_upgrade_keeps_the_backup_from_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("username.key"), "07".repeat(64)).unwrap();
    fs::set_permissions(data.join("username.key"), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let old = rusqlite::Connection::open(data.join("ocariot.db")).unwrap();
    old.execute_batch(include_str!("../fixtures/schema-1.sql")).unwrap();
    // A later migration fails, after others were done.
    old.execute_batch("CREATE TABLE token_key (x)").unwrap();
    drop(old);
    let start = || drop(super::refused_by(super::program(folder.path(), PLAIN)));
    start();
    let first = before(&data);
    let [only] = first.as_slice() else { panic!("{first:?}") };
    let content = fs::read(only).unwrap();
    (0..7).for_each(|_| start());
    let all = before(&data);
    assert!(all.contains(only) && all.len() <= 2, "{all:?}");
    assert!(fs::read(only).unwrap() == content, "it is as it was");
}

#[test]
fn a_database_with_rows_that_refer_to_nothing_is_backed_up_told_and_mended() {
    let past = Past::new();
    let change = rusqlite::Connection::open(past.data().join("ocariot.db")).unwrap();
    change
        .execute_batch(
            "PRAGMA foreign_keys = OFF;
             UPDATE account SET institution_id = x'0102030405060708090a0b0c' WHERE id = (SELECT max(id) FROM account);
             INSERT INTO application (account_id, application_name) VALUES (x'0102030405060708090a0b0c', 'gone');",
        )
        .unwrap();
    drop(change);
    let output = verb(past.path(), &[&["backup", "now", "--json"], &KEYS[..]].concat(), "");
    let told = said(&output);
    assert!(output.status.success(), "{told}");
    for words in ["1 user refers to an institution that is not there", "--without-dangling-rows", "stop the service"] {
        assert!(told.contains(words), "{words} in {told}");
    }
    let made: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(made["dangling"].as_array().unwrap().len(), 2);
    let file = made["file"].as_str().unwrap();
    let verified = said(&verb(past.path(), &[&["backup", "verify", file], &KEYS[..]].concat(), ""));
    assert!(verified.contains("is whole") && verified.contains("application"), "{verified}");
    let doctor = said(&verb(past.path(), &["doctor"], ""));
    assert!(doctor.contains("that is not there"), "{doctor}");

    refused(past.path(), &[&["restore", file], &KEYS[..]].concat(), 1, &["another program", "--without-dangling-rows"]);
    let mended = done(past.path(), &[&["restore", file, "--without-dangling-rows"], &KEYS[..]].concat(), "");
    assert_eq!(mended["dangling_removed"].as_array().unwrap().len(), 2);
    let made = done(past.path(), &[&["backup", "now"], &KEYS[..]].concat(), "");
    assert_eq!((&made["dangling"], &made["manifest"]["rows"]["account"]), (&Value::Array(Vec::new()), &3.into()));
    assert_eq!(made["manifest"]["rows"]["application"], 0);
    let server = Server::start_in(past.into_folder(), PLAIN);
    assert_eq!(status(&server, &token(&server, "late", "late")), 200);
}

/// Waits until a service has logged this; only one that never does makes it give up.
fn logs(server: &Server, words: &str) {
    for _ in 0..600 {
        if server.output().contains(words) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("{words} in {}", server.output());
}

#[test]
fn a_schedule_that_cannot_work_is_said_at_the_start() {
    let folder = Past::new().into_folder();
    fs::create_dir(folder.path().join("usb")).unwrap();
    let schedule = |flags: &[&'static str]| [PLAIN, &["--backup-schedule", "365d"], flags].concat();
    let unmounted = schedule(&["--backup-dir", "not-there", "--backup-passphrase-file", "passphrase"]);
    let server = Server::start_in(folder, &unmounted);
    logs(&server, "Backups will fail until this is mended");
    logs(&server, "not-there");
    let missing = schedule(&["--backup-dir", "usb", "--backup-passphrase-file", "not-there"]);
    let server = Server::start_in(server.stop(), &missing);
    logs(&server, "Backups will fail until this is mended");
    let same_disk = schedule(&["--backup-dir", "usb", "--backup-passphrase-file", "passphrase"]);
    let server = Server::start_in(server.stop(), &same_disk);
    logs(&server, "Backups go to the disk of the data");
    let doctor = said(&verb(server.folder(), &["doctor"], ""));
    assert!(doctor.contains("is the other disk mounted?"), "{doctor}");
}

#[test]
fn a_backup_on_the_disk_of_the_data_is_warned_about_each_time() {
    let past = Past::new();
    fs::create_dir(past.path().join("usb")).unwrap();
    for _ in 0..2 {
        let output = verb(past.path(), &[&["backup", "now", "--to", "usb"], &KEYS[..]].concat(), "");
        assert!(output.status.success() && said(&output).contains("same disk as the data"), "{output:?}");
    }
    // Memory is another disk.
    let other = tempfile::tempdir_in("/dev/shm").unwrap();
    let to = other.path().to_str().unwrap();
    let output = verb(past.path(), &[&["backup", "now", "--to", to], &KEYS[..]].concat(), "");
    assert!(output.status.success() && !said(&output).contains("same disk"), "{output:?}");
}

#[test]
fn what_keeps_a_backup_from_being_made_or_read_is_told_apart() {
    let past = Past::new();
    let backup = past.backup.to_str().unwrap();
    let cut = past.path().join("cut.age");
    let whole = fs::read(backup).unwrap();
    fs::write(&cut, &whole[..whole.len() / 2]).unwrap();
    let verify = |file: &str, passphrase: &str| {
        said(&verb(past.path(), &["backup", "verify", file, "--passphrase-file", passphrase], ""))
    };
    let kinds = ["is not there", "this user may not", "is damaged", "cannot be opened with this passphrase", "is full"];
    let is = |told: &str, kind: &str| {
        let named: Vec<_> = kinds.iter().filter(|words| told.contains(**words)).collect();
        assert_eq!(named, [&kind], "{told}");
    };
    is(&verify("absent.age", "passphrase"), "is not there");
    is(&verify("cut.age", "passphrase"), "is damaged");
    is(&verify(backup, "another"), "cannot be opened with this passphrase");
    is(&said(&verb(past.path(), &["backup", "list", "--in", "absent"], "")), "is not there");
    is(&said(&verb(past.path(), &[&["backup", "now", "--to", "absent"], &KEYS[..]].concat(), "")), "is not there");
    let full = small_disk(past.path(), &[&["backup", "now", "--to", "usb"], &KEYS[..]].concat());
    full.iter().for_each(|told| is(told, "is full"));
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    let all = |path: &Path| {
        fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    };
    all(past.path());
    let open = past.path().join("theirs.age");
    fs::rename(backup, &open).unwrap();
    let readable = past.path().join("theirs");
    fs::write(&readable, archives::PASSPHRASE).unwrap();
    std::os::unix::fs::chown(&readable, Some(65534), Some(65534)).unwrap();
    fs::set_permissions(&readable, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    for words in [
        &["backup", "verify", "theirs.age", "--passphrase-file", "theirs"][..],
        &["backup", "list", "--in", "data/backups"],
    ] {
        is(&said(&super::under(&nobody, past.path(), words).output().unwrap()), "this user may not");
    }
}

/// What a verb says where `usb` is a disk with too little room, where this system lets its users mount one.
fn small_disk(folder: &Path, words: &[&str]) -> Option<String> {
    let namespace = if rustix::process::geteuid().is_root() { "-m" } else { "-rm" };
    if !Command::new("unshare").args([namespace, "true"]).status().is_ok_and(|status| status.success()) {
        return None;
    }
    fs::create_dir_all(folder.join("usb")).unwrap();
    let mount = "mount -t tmpfs -o size=4k tmpfs usb && exec \"$@\"";
    let mut small = super::under(&["unshare", namespace, "sh", "-c", mount, "sh"], folder, words);
    Some(said(&small.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").output().unwrap()))
}
