//! A data folder full of people, and the service that runs on it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use ocariot_users::app::scopes;
use ocariot_users::model::{
    self, Account, Age, Gender, Id, Institution, InstitutionFacts, NewGroup, PasswordHash, Role, Text, Username,
};
use ocariot_users::store::{KEY_LENGTH, NewAccountRow, ScanOptions, Store, StoreOptions};
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::Failure;

/// Everybody's password, hashed once: otherwise seeding would take hours.
pub(crate) const PASSWORD: &str = "measured";
/// Of those educators that come first in a list.
pub(crate) const GROUPS: usize = 10;
pub(crate) const GROUP_CHILDREN: usize = 30;
const OWNERS: usize = 100;
/// Those children that were registered first are at the one institution.
const AT_SCHOOL: usize = 200;
/// At most; a tenth of the children otherwise.
const CALLERS: usize = 10_000;
const TOKEN_LIFETIME: Duration = Duration::from_hours(24);

/// A data folder with so many children, and some educators.
pub(crate) struct Site {
    pub(crate) folder: TempDir,
    pub(crate) admin: String,
    /// The token of an application.
    pub(crate) application: String,
    pub(crate) institution: String,
    pub(crate) children: Vec<String>,
    /// Tokens of different educators.
    pub(crate) callers: Vec<String>,
}

/// A running service.
pub(crate) struct Service {
    child: Child,
    /// Of the program itself; `child` may be what watches over it.
    process: u32,
    pub(crate) url: String,
}

/// How the service runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disk {
    AsItIs,
    /// 5 ms more for every sync.
    Slow,
}

fn free_port() -> Result<u16, Failure> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

impl Site {
    /// Makes the folder as a first start does, and fills it as the service would.
    pub(crate) fn new(children: usize) -> Result<Self, Failure> {
        let folder = tempfile::Builder::new().prefix("ocariot-bench-").tempdir()?;
        Service::start(folder.path(), Disk::AsItIs)?.stop()?;
        let store = open(folder.path())?;
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let hash = hash()?;
        let People { institution, admin, application, children, educators } =
            runtime.block_on(fill(&store, children, hash))?;
        // The service refuses tokens with numbers that were never given out.
        let number = runtime.block_on(store.write(|tx| Ok(tx.new_token(TOKEN_LIFETIME))));
        let number = number.map_err(|error| format!("no token can be numbered: {error:?}"))?;
        drop(store);
        let key = EncodingKey::from_rsa_pem(&std::fs::read(folder.path().join("jwt.key"))?)?;
        let token = |id: &Id<Account>, role| token(&key, *id, role, number);
        let callers = educators.iter().map(|id| token(id, Role::Educator)).collect::<Result<_, _>>()?;
        let admin = token(&admin, Role::Admin)?;
        let application = token(&application, Role::Application)?;
        let children = children.iter().map(ToString::to_string).collect();
        Ok(Self { folder, admin, application, institution: institution.to_string(), children, callers })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.path().join("ocariot.db")
    }

    pub(crate) fn key(&self) -> Result<Zeroizing<[u8; KEY_LENGTH]>, Failure> {
        username_key(self.path())
    }
}

fn username_key(folder: &Path) -> Result<Zeroizing<[u8; KEY_LENGTH]>, Failure> {
    let digits = std::fs::read_to_string(folder.join("username.key"))?;
    let mut key = Zeroizing::new([0; KEY_LENGTH]);
    for (at, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * at..2 * at + 2).ok_or("the username key is too short")?, 16)?;
    }
    Ok(key)
}

pub(crate) fn open(folder: &Path) -> Result<Store, Failure> {
    let scans = ScanOptions { running: 1, answer_bytes: 1 << 20, on_thread_start: || {} };
    let options = StoreOptions { path: folder.join("ocariot.db"), scans, readers: 1, clock: model::Clock::system() };
    let key = username_key(folder)?;
    Ok(Store::open(options, |_| Ok(key))?)
}

fn hash() -> Result<PasswordHash, Failure> {
    use argon2::password_hash::PasswordHasher as _;
    let hash = argon2::Argon2::default().hash_password(PASSWORD.as_bytes()).map_err(|error| error.to_string())?;
    Ok(PasswordHash::from_phc(hash.to_string()))
}

struct People {
    institution: Id<Institution>,
    admin: Id<Account>,
    application: Id<Account>,
    children: Vec<Id<Account>>,
    educators: Vec<Id<Account>>,
}

async fn fill(store: &Store, children: usize, hash: PasswordHash) -> Result<People, Failure> {
    let day = jiff::civil::date(2026, 1, 1);
    let people = store.write(move |tx| {
        let insert_at = |role, name: String, institution| {
            let username = Username::verbatim(name);
            tx.insert_account(&NewAccountRow { role, username: &username, hash: &hash, institution })
        };
        let insert = |role, name| insert_at(role, name, None);
        let [name, kind] = ["District", "School"].map(|text| Text::verbatim(text.to_owned()));
        let institution =
            tx.insert_institution(&InstitutionFacts { name, kind, address: None, latitude: None, longitude: None })?;
        let admin = insert(Role::Admin, "bench".to_owned())?;
        let application = insert(Role::Application, "bench".to_owned())?;
        tx.insert_application(application, &Text::verbatim("bench".to_owned()))?;
        let mut all = Vec::with_capacity(children);
        for number in 0..children {
            let id = insert_at(Role::Child, format!("BR{number:05}"), (number < AT_SCHOOL).then_some(institution))?;
            let age = Age::new(&(6 + number % 7).to_string(), day).unwrap_or_else(|_| Age::verbatim("6".to_owned()));
            tx.insert_child(id, Gender::Female, &age, None)?;
            all.push(id);
        }
        let mut educators = Vec::new();
        let wanted = (children / 10).clamp(OWNERS.min(children), CALLERS);
        for number in 0..wanted {
            let educator = insert(Role::Educator, format!("educator {number:05}"))?;
            educators.push(educator);
            // A list shows the newest first.
            for group in 0..if number + OWNERS < wanted { 0 } else { GROUPS } {
                let members = all.iter().cycle().skip((number * GROUPS + group) * GROUP_CHILDREN % all.len());
                let mut children: Vec<_> = members.take(GROUP_CHILDREN.min(all.len())).map(|id| id.cast()).collect();
                children.dedup();
                let name = Text::verbatim(format!("class {group}"));
                tx.insert_group(educator, &NewGroup { name, school_class: None, children })?;
            }
        }
        Ok(People { institution, admin, application, children: all, educators })
    });
    people.await.map_err(|error| format!("the people cannot be stored: {error:?}").into())
}

fn token(key: &EncodingKey, id: Id<Account>, role: Role, number: i64) -> Result<String, Failure> {
    let now = model::Clock::system().now();
    let claims = serde_json::json!({
        "sub": id.to_string(), "sub_type": role.word(), "iss": "ocariot", "iat": now.as_second() - 1,
        "exp": now.as_second() - 1 + TOKEN_LIFETIME.as_secs() as i64, "jti": number.to_string(), "scope": scopes(role).join(" "),
    });
    Ok(encode(&Header::new(Algorithm::RS256), &claims, key)?)
}

impl Service {
    /// Starts the service on a data folder as README says, but for limits, which a load generator is meant to hit.
    pub(crate) fn start(folder: &Path, disk: Disk) -> Result<Self, Failure> {
        let (https, http) = (free_port()?, free_port()?);
        let program = env!("CARGO_BIN_EXE_ocariot-users");
        let mut command = match disk {
            Disk::AsItIs => Command::new(program),
            Disk::Slow => {
                let mut command = Command::new("strace");
                command.args(["-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=fsync,fdatasync"]);
                command.args(["-e", "inject=fsync,fdatasync:delay_exit=5000", program]);
                command
            }
        };
        command
            .arg("--data-dir")
            .arg(folder)
            .args(["--port-https", &https.to_string(), "--port-http", &http.to_string()])
            .args(["--rate-limit", "off", "--max-connections-per-address", "512"])
            .env("OCARIOT_ADMIN_PASSWORD", PASSWORD)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let child =
            command.spawn().map_err(|error| format!("{:?} cannot be started: {error}", command.get_program()))?;
        let mut service = Self { process: child.id(), child, url: format!("https://localhost:{https}") };
        wait_for_answer(SocketAddr::from(([127, 0, 0, 1], http)), &mut service.child)?;
        if disk == Disk::Slow {
            let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", service.process))?;
            service.process = children.trim().parse()?;
        }
        Ok(service)
    }

    /// Makes a backup as an operator does, and forgets it.
    pub(crate) fn back_up(&self, site: &Site) -> Result<(), Failure> {
        let folder = tempfile::tempdir_in(site.path())?;
        let passphrase = folder.path().join("passphrase");
        std::fs::write(&passphrase, "a long passphrase")?;
        std::fs::set_permissions(&passphrase, PermissionsExt::from_mode(0o600))?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_ocariot-users"));
        command.args(["backup", "now", "--passphrase-file"]).arg(&passphrase);
        command.arg("--to").arg(folder.path()).arg("--data-dir").arg(site.path());
        let output = command.output()?;
        match output.status.success() {
            true => Ok(()),
            false => Err(format!("no backup was made: {}", String::from_utf8_lossy(&output.stderr)).into()),
        }
    }

    pub(crate) fn process(&self) -> u32 {
        self.process
    }

    /// Ends it as an operator does.
    pub(crate) fn stop(mut self) -> Result<(), Failure> {
        if let Some(process) = rustix::process::Pid::from_raw(i32::try_from(self.process)?) {
            rustix::process::kill_process(process, rustix::process::Signal::TERM)?;
        }
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_some()) {
            return;
        }
        // What watches over the program lets go of it when it is killed, and would leave it behind.
        if let Some(process) = i32::try_from(self.process).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process(process, rustix::process::Signal::KILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until something answers there.
pub(crate) fn wait_for_answer(address: SocketAddr, child: &mut Child) -> Result<(), Failure> {
    let patience = Instant::now() + Duration::from_secs(60);
    while Instant::now() < patience {
        if let Some(status) = child.try_wait()? {
            return Err(format!("the service ended at its start: {status}").into());
        }
        if let Ok(mut stream) = TcpStream::connect(address) {
            stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
            if stream.read(&mut [0; 12]).is_ok_and(|length| length > 0) {
                return Ok(());
            }
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Err("the service did not answer within a minute".into())
}

/// The processor time that a process has used so far.
pub(crate) fn processor_time(process: u32) -> Result<Duration, Failure> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let after_name = stat.rsplit_once(')').ok_or("no process name")?.1;
    let ticks: u64 = after_name.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse().unwrap_or(0)).sum();
    // USER_HZ is 100 on every Linux.
    Ok(Duration::from_millis(ticks * 10))
}

/// The memory that a process holds now, in MiB.
pub(crate) fn memory(process: u32) -> Result<f64, Failure> {
    of_status(process, "VmRSS:")
}

/// The same at its most.
pub(crate) fn peak_memory(process: u32) -> Result<f64, Failure> {
    of_status(process, "VmHWM:")
}

fn of_status(process: u32, name: &str) -> Result<f64, Failure> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such line")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
}
