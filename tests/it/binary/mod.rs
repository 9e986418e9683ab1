//! The real program, started in a folder of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

pub mod archives;
mod audit;
mod backup;
mod backup_places;
mod child;
mod doctor;
mod drill;
mod erasures;
mod keys;
mod log;
mod metrics;
mod operator;
mod outside;
mod refusals;
mod rosters;
mod serving;
mod settings;
mod shell;
mod start;
mod stop;
mod syncs;
mod systemd;
mod taking_back;
mod wearables;

/// Longer than any start takes; only a hanging one reaches it.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A running service, killed when dropped.
pub struct Server {
    process: Child,
    folder: TempDir,
    /// Of the API, with `/v1`.
    pub url: String,
    /// What it printed until it was ready.
    pub notice: String,
    output: Arc<Mutex<String>>,
}

/// The program in this folder, with nothing of this process's settings, run by another program that takes it as its
/// last arguments.
fn under(wrapper: &[&str], folder: &Path, arguments: &[&str]) -> Command {
    let words: Vec<&str> = [wrapper, &[env!("CARGO_BIN_EXE_ocariot-users")], arguments].concat();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).current_dir(folder).env_clear();
    command
}

/// The program in this folder, ended if it hangs.
pub fn ocariot(folder: &Path, arguments: &[&str]) -> Command {
    under(&["timeout", "120"], folder, arguments)
}

/// The service in this folder, with free ports and cheap hashes, unless arguments say otherwise.
pub fn program(folder: &Path, arguments: &[&str]) -> Command {
    program_under(&[], folder, arguments)
}

/// The same, run by another program that takes it as its last arguments.
pub fn program_under(wrapper: &[&str], folder: &Path, arguments: &[&str]) -> Command {
    let mut command = under(wrapper, folder, &[&["serve"], arguments].concat());
    command.env("OCARIOT_PORT_HTTPS", "0").env("OCARIOT_PORT_HTTP", "0");
    command.env("OCARIOT_HASH_MEMORY", "8 KiB").env("OCARIOT_HASH_ITERATIONS", "1");
    command
}

/// A start that is expected to be refused.
pub fn refused_by(mut program: Command) -> Output {
    let output = program.output().unwrap();
    assert!(!output.status.success(), "refused: {output:?}");
    output
}

impl Server {
    /// Starts on an empty folder.
    pub fn start(arguments: &[&str]) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), arguments)
    }

    /// Starts on the data of `folder`.
    pub fn start_in(folder: TempDir, arguments: &[&str]) -> Self {
        let program = program(folder.path(), arguments);
        Self::run(program, folder)
    }

    /// Starts the program in this way.
    pub fn run(mut program: Command, folder: TempDir) -> Self {
        let mut process = program.stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        let all = Arc::new(Mutex::new(String::new()));
        let printed = Arc::clone(&all);
        std::thread::spawn(move || {
            // Reads on when nobody listens any more, so that the service never waits for its log.
            for line in output.lines().map_while(Result::ok) {
                let mut all = printed.lock().unwrap();
                all.push_str(&line);
                all.push('\n');
                drop(sender.send(line));
            }
        });
        let mut server = Self { process, folder, url: String::new(), notice: String::new(), output: all };
        while server.url.is_empty() || !server.notice.ends_with("\n\n") {
            let line = lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("it starts: {}", server.notice));
            if let Some(url) = line.strip_prefix("  API ") {
                url.trim().clone_into(&mut server.url);
            }
            server.notice.push_str(&line);
            server.notice.push('\n');
        }
        server
    }

    /// Where it was started. Its data are in `data`.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where it says that its figures are.
    pub fn metrics(&self) -> &str {
        self.notice.lines().find_map(|line| line.trim().strip_prefix("Metrics")).unwrap().trim()
    }

    /// All that it printed so far: its log.
    pub fn output(&self) -> String {
        self.output.lock().unwrap().clone()
    }

    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Ends it in the midst of its work. Gives the folder back.
    pub fn kill(mut self) -> TempDir {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap())
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).unwrap();
    }

    /// Asks it to end.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Waits until a signal has ended it, and says how.
    pub fn crashed(mut self) -> std::process::ExitStatus {
        self.process.wait().unwrap()
    }

    /// Asks it to end, and waits until it did. Gives the folder back.
    pub fn stop(self) -> TempDir {
        self.terminate();
        self.ended()
    }

    /// Waits until it has ended. Gives the folder back.
    pub fn ended(mut self) -> TempDir {
        let status = self.process.wait().unwrap();
        assert!(status.success(), "a stop on request is no failure: {status}");
        std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
