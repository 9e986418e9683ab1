//! The load: wrk, driven by a script that sends prepared requests in turn.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::Failure;

/// Sends the requests of a file in turn, and prints what became of them as one line.
const SCRIPT: &str = r#"
local requests, at, before = {}, 0, ""
function init(args)
  for line in io.lines(args[1]) do
    local method, path, token, body = line:match("^(%S+)\t(%S+)\t(%S*)\t(.*)$")
    if body == "=" then body = before end
    before = body
    local headers = { ["Host"] = "localhost" }
    if token ~= "" then headers["Authorization"] = "Bearer " .. token end
    if body ~= "" then headers["Content-Type"] = "application/json" else body = nil end
    requests[#requests + 1] = wrk.format(method, path, headers, body)
  end
end
function request()
  at = at % #requests + 1
  return requests[at]
end
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
"#;

/// A request to send.
pub(crate) struct Ask {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) token: String,
    pub(crate) body: String,
}

impl Ask {
    pub(crate) fn get(path: impl Into<String>, token: &str) -> Self {
        Self { method: "GET", path: path.into(), token: token.to_owned(), body: String::new() }
    }

    pub(crate) fn post(path: String, token: &str, body: &str) -> Self {
        Self { method: "POST", path, token: token.to_owned(), body: body.to_owned() }
    }
}

/// What became of a load.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    /// Answers in a second.
    pub(crate) rate: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    /// Answers other than 2xx, and connections that broke.
    pub(crate) errors: u64,
    pub(crate) answers: u64,
}

/// A load in work.
pub(crate) struct Running {
    child: Child,
    /// What is asked first.
    first: String,
    seconds: Duration,
}

/// # Errors
/// If there is no wrk.
pub(crate) fn require() -> Result<(), Failure> {
    let found = Command::new("wrk").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    match found {
        Ok(_) => Ok(()),
        Err(error) => Err(format!(
            "the load is made by wrk, which cannot be started ({error}): install it (Debian and Ubuntu: `apt-get install \
             wrk`, macOS: `brew install wrk`), or put it into a folder of PATH, which needs no root"
        )
        .into()),
    }
}

/// Asks `url` for so long over so many connections, each sending its next request when it has its answer.
pub(crate) fn start(
    folder: &Path,
    url: &str,
    connections: usize,
    seconds: Duration,
    asks: &[Ask],
) -> Result<Running, Failure> {
    let mut lines = String::new();
    let mut before = "";
    for ask in asks {
        // A long body that is sent again and again is written once.
        let body = if ask.body == before && !before.is_empty() { "=" } else { &ask.body };
        before = &ask.body;
        writeln!(lines, "{}\t{}\t{}\t{body}", ask.method, ask.path, ask.token)?;
    }
    // Another load may be starting with files of its own.
    let file = |suffix, content| -> Result<PathBuf, Failure> {
        let (_, path) = tempfile::Builder::new().suffix(suffix).tempfile_in(folder)?.keep()?;
        std::fs::write(&path, content)?;
        Ok(path)
    };
    let (requests, script) = (file(".requests", lines.as_str())?, file(".lua", SCRIPT)?);
    let child = Command::new("wrk")
        .args(["-t1", "-c", &connections.to_string(), "-d", &format!("{}s", seconds.as_secs()), "--timeout", "30s"])
        .arg("-s")
        .arg(script)
        .arg(url)
        .arg("--")
        .arg(requests)
        .stdout(Stdio::piped())
        .spawn()?;
    let first = asks.first().map_or_else(String::new, |ask| format!("{} {}", ask.method, ask.path));
    Ok(Running { child, first, seconds })
}

impl Running {
    /// # Errors
    /// If not a single answer came: there is nothing to reckon with.
    pub(crate) fn seen(self) -> Result<Seen, Failure> {
        let (first, seconds) = (self.first.clone(), self.seconds);
        let none = || format!("no answer to {first} came within {seconds:?}: measure longer (--seconds)");
        self.seen_if_any()?.ok_or_else(|| none().into())
    }

    /// What came of it; `None` if not a single answer came.
    pub(crate) fn seen_if_any(self) -> Result<Option<Seen>, Failure> {
        let output = self.child.wait_with_output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().find_map(|line| line.strip_prefix("RESULT "));
        let numbers: Vec<u64> =
            line.unwrap_or_default().split(' ').map(str::parse).collect::<Result<_, _>>().unwrap_or_default();
        let &[answers, microseconds, errors, p50, p99] = numbers.as_slice() else {
            return Err(format!("wrk did not say what it measured: {text}").into());
        };
        Ok((answers > 0).then(|| Seen {
            rate: answers as f64 / (microseconds as f64 / 1e6),
            p50: Duration::from_micros(p50),
            p99: Duration::from_micros(p99),
            errors,
            answers,
        }))
    }
}
