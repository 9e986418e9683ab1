//! The layers of README's map: who may import what. Prints file and line of each offence.

use std::path::Path;

/// A layer's name, the layers it may import, and the crates that it may name beside those of everybody.
const LAYERS: &[(&str, &[&str], &[&str])] = &[
    ("model", &[], &["icu_properties", "ryu_js", "unicode_normalization"]),
    ("store", &["model"], &["rusqlite", "r2d2", "r2d2_sqlite", "aes_siv", "aws_lc_rs", "rustix", "tokio"]),
    (
        "app",
        &["model", "store"],
        &[
            "jsonwebtoken",
            "base64",
            "serde_json",
            "aws_lc_rs",
            "quick_cache",
            "argon2",
            "governor",
            "subtle",
            "getrandom",
            "serde",
            "tokio",
            "ipnet",
            "csv",
            "encoding_rs",
            "zip",
            "bcrypt",
            "bson",
            "flate2",
            "quick_xml",
            "parquet",
        ],
    ),
    (
        "api",
        &["model", "app"],
        &[
            "poem",
            "poem_openapi",
            "serde",
            "serde_json",
            "percent_encoding",
            "matchit",
            "brotli",
            "bytes",
            "flate2",
            "futures_util",
            "http_body_util",
            "hyper",
            "tokio",
            "zip",
            "zstd",
        ],
    ),
    (
        "providers",
        &["model", "app"],
        &[
            "hyper",
            "hyper_util",
            "hyper_rustls",
            "http_body_util",
            "tokio",
            "tokio_rustls",
            "rustls_native_certs",
            "hickory_resolver",
            "tower_service",
            "flate2",
            "percent_encoding",
            "base64",
            "aws_lc_rs",
            "serde",
            "serde_json",
        ],
    ),
    ("config", &[], &["toml", "strsim", "ipnet"]),
    (
        "operations",
        &["model", "store", "app", "config"],
        &[
            "serde",
            "serde_json",
            "tokio",
            "hyper",
            "hyper_util",
            "http_body_util",
            "bytes",
            "tokio_rustls",
            "rcgen",
            "x509_parser",
            "aws_lc_rs",
            "rustix",
            "if_addrs",
            "prometheus_client",
            "tar",
            "zstd",
            "age_encryption",
            "tempfile",
        ],
    ),
    (
        "server",
        &["model", "store", "app", "api", "providers", "config", "operations"],
        &[
            "poem",
            "tokio",
            "hyper",
            "hyper_util",
            "http_body_util",
            "bytes",
            "futures_util",
            "ipnet",
            "tokio_rustls",
            "tokio_io_timeout",
            "aws_lc_rs",
            "rustix",
            "prometheus_client",
            "futures_util",
            "sd_notify",
            "tempfile",
        ],
    ),
    (
        "cli",
        &["model", "store", "app", "api", "operations", "server", "config"],
        &[
            "clap",
            "clap_complete",
            "clap_mangen",
            "indicatif",
            "serde_json",
            "tokio",
            "tracing_subscriber",
            "rpassword",
            "rustix",
            "tempfile",
            "zip",
            "qrcode",
        ],
    ),
];

const EVERYBODY: &[&str] = &["std", "core", "crate", "self", "super", "thiserror", "tracing", "zeroize", "jiff"];

/// The crates of Cargo.toml, as Rust names them.
fn crates() -> Vec<String> {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let dependencies = manifest.split("[dependencies]").nth(1).unwrap().split("[dev-dependencies]").next().unwrap();
    let names = dependencies.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name.replace('-', "_"));
    names.filter(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What a line of a layer names and must not.
fn offence<'l>(line: &'l str, layers: &[&str], names: &[&str], crates: &'l [String]) -> Option<&'l str> {
    let code = line.split("//").next().unwrap_or_default();
    let mut paths = code.match_indices("::").filter_map(|(at, _)| {
        let word = |text: &'l str| text.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next();
        let first = word(&code[..at])?;
        let second = code[at + 2..].split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
        match first {
            "crate" => (!layers.contains(&second)).then_some(second),
            other => {
                (crates.iter().any(|known| known == other) && !names.contains(&other) && !EVERYBODY.contains(&other))
                    .then_some(other)
            }
        }
    });
    paths.find(|name| !name.is_empty())
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

#[test]
fn every_layer_imports_only_what_stands_before_it() {
    let crates = crates();
    assert!(crates.len() > 25, "the crates are found: {crates:?}");
    let mut offences = Vec::new();
    let mut seen = 0;
    for (layer, before, names) in LAYERS {
        let layers: Vec<_> = before.iter().chain([layer]).copied().collect();
        for file in files(&root().join("src").join(layer)) {
            let text = std::fs::read_to_string(&file).unwrap();
            seen += 1;
            for (number, line) in text.lines().take_while(|line| *line != "mod tests {").enumerate() {
                if let Some(name) = offence(line, &layers, names, &crates) {
                    offences.push(format!("{}:{}: {layer} names {name}", file.display(), number + 1));
                }
            }
        }
    }
    assert!(seen > 50, "the files are found");
    assert!(offences.is_empty(), "{}", offences.join("\n"));
}

#[test]
fn an_offence_is_seen() {
    let crates = crates();
    let store = |line| offence(line, &["model", "store"], &["rusqlite"], &crates);
    assert_eq!(store("use crate::api::edge;"), Some("api"));
    assert_eq!(store("let x = poem::Request::new();"), Some("poem"));
    assert_eq!(store("use crate::model::Id; // not crate::api::X"), None);
    assert_eq!(store("use rusqlite::Connection;"), None);
}
