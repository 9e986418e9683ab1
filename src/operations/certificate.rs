//! The TLS certificate: the operator's, or a self-signed one that renews itself with the same key.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use jiff::Timestamp;
use rcgen::{CertificateParams, DnType, KeyPair, SerialNumber};
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::sign::CertifiedKey;

use super::StartError;
use super::folder::{DataFolder, read_given_secret, read_secret};
use super::keys::Missing;
use crate::config::{TlsFiles, without_mark};

const CERTIFICATE: &str = "certificate";
const KEY: &str = "key of the certificate";
const DAY: i64 = 86_400;
/// In days. Browsers refuse longer ones.
const LIFETIME: i64 = 824;
/// In days before its end.
const RENEWAL: i64 = 30;

/// A certificate with its key, ready for TLS.
#[derive(Clone)]
pub struct Certificate {
    /// For rustls.
    pub certified: std::sync::Arc<CertifiedKey>,
    /// SHA-256 of the certificate, as browsers show it.
    pub fingerprint: String,
    /// Whether browsers will warn about it.
    pub self_made: bool,
    /// When it ends.
    pub not_after: Timestamp,
}

/// Finds the operator's certificate in his files, or the self-made one, or makes that.
pub(crate) fn certificate(
    files: Option<&TlsFiles>,
    folder: &DataFolder,
    now: Timestamp,
    missing: &mut Vec<Missing>,
) -> Result<Certificate, StartError> {
    match files {
        Some(files) => given(files),
        None => self_made(folder, now, missing),
    }
}

/// As [`certificate`], but makes none. `None` if the self-made one is not there yet.
pub(crate) fn present_certificate(files: Option<&TlsFiles>, folder: &Path) -> Result<Option<Certificate>, StartError> {
    let Some(files) = files else {
        let (chain_path, key_path) = (folder.join("tls.crt"), folder.join("tls.key"));
        let (Ok(chain), Some(key)) = (std::fs::read_to_string(&chain_path), read_secret(KEY, &key_path)?) else {
            return Ok(None);
        };
        return assemble(&chain_path, &chain, &key_path, &key, true).map(Some);
    };
    given(files).map(Some)
}

fn given(files: &TlsFiles) -> Result<Certificate, StartError> {
    let key = read_given_secret(KEY, &files.key)?;
    let chain =
        std::fs::read_to_string(&files.cert).map_err(|cause| StartError::file(CERTIFICATE, &files.cert, cause))?;
    assemble(&files.cert, &chain, &files.key, &key, false)
}

fn self_made(folder: &DataFolder, now: Timestamp, missing: &mut Vec<Missing>) -> Result<Certificate, StartError> {
    let (chain_path, key_path) = (folder.path().join("tls.crt"), folder.path().join("tls.key"));
    let key = match read_secret(KEY, &key_path)? {
        Some(key) => key,
        None => {
            let key = KeyPair::generate().map_err(internal)?.serialize_pem();
            missing.push(Missing::new(KEY, "tls.key", 0o600, key.clone()));
            key
        }
    };
    if let Ok(chain) = std::fs::read_to_string(&chain_path) {
        let found = assemble(&chain_path, &chain, &key_path, &key, true)?;
        if found.not_after.duration_since(now).as_secs() > RENEWAL * DAY {
            return Ok(found);
        }
    }
    let pair = KeyPair::from_pem(&key).map_err(|_| StartError::not(KEY, &key_path, "a key in PEM form"))?;
    let chain = sign(&pair, now)?;
    missing.push(Missing::new(CERTIFICATE, "tls.crt", 0o644, chain.clone()));
    assemble(&chain_path, &chain, &key_path, &key, true)
}

/// A certificate for every name that this machine is called by.
fn sign(key: &KeyPair, now: Timestamp) -> Result<String, StartError> {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let mut params = CertificateParams::new(names(&host)).map_err(internal)?;
    params.distinguished_name.push(DnType::CommonName, host);
    let mut serial = [0; 16];
    rand::fill(&mut serial).map_err(internal)?;
    serial[0] &= 0x7f;
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    let day = |seconds: i64| {
        let date = Timestamp::from_second(seconds).map(|time| jiff::tz::TimeZone::UTC.to_datetime(time).date());
        date.map(|date| {
            rcgen::date_time_ymd(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
        })
    };
    params.not_before = day(now.as_second() - DAY).map_err(internal)?;
    params.not_after = day(now.as_second() + (LIFETIME - 1) * DAY).map_err(internal)?;
    Ok(params.self_signed(key).map_err(internal)?.pem())
}

fn names(host: &str) -> Vec<String> {
    let mut names = vec!["localhost".to_owned()];
    let plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
    if plain && !host.is_empty() {
        names.push(host.to_owned());
    }
    let mut addresses = vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    addresses.extend(if_addrs::get_if_addrs().unwrap_or_default().iter().map(if_addrs::Interface::ip));
    addresses.retain(|address| !matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local()));
    names.extend(addresses.iter().map(ToString::to_string));
    names.sort();
    names.dedup();
    names
}

fn assemble(
    chain_path: &Path,
    chain: &str,
    key_path: &Path,
    key: &str,
    self_made: bool,
) -> Result<Certificate, StartError> {
    let no_certificate = || StartError::not(CERTIFICATE, chain_path, "a certificate chain in PEM form");
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(without_mark(chain).as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|_| no_certificate())?;
    let first = chain.first().ok_or_else(no_certificate)?.clone();
    let (_, parsed) = x509_parser::parse_x509_certificate(&first).map_err(|_| no_certificate())?;
    let not_after = Timestamp::from_second(parsed.validity().not_after.timestamp()).map_err(internal)?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes())
        .map_err(|_| StartError::not(KEY, key_path, "a key in PEM form"))?;
    let key = default_provider()
        .key_provider
        .load_private_key(key)
        .map_err(|_| StartError::not(KEY, key_path, "a key that TLS can use"))?;
    let certified = CertifiedKey::new(chain, key);
    certified.keys_match().map_err(|_| StartError::Misfit {
        one: CERTIFICATE,
        one_path: chain_path.to_owned(),
        other: KEY,
        other_path: key_path.to_owned(),
    })?;
    let hex: Vec<_> = digest(&SHA256, &first).as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
    Ok(Certificate { certified: certified.into(), fingerprint: hex.join(":"), self_made, not_after })
}

fn internal(error: impl std::fmt::Display) -> StartError {
    StartError::Internal(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(folder: &DataFolder, now: &str) -> (Certificate, usize) {
        let mut missing = Vec::new();
        let certificate = self_made(folder, now.parse().unwrap(), &mut missing).unwrap();
        missing.iter().for_each(|file| file.write(folder).unwrap());
        (certificate, missing.len())
    }

    #[test]
    fn a_self_made_certificate_is_kept_until_it_is_due_and_renewed_with_the_same_key() {
        let parent = tempfile::tempdir().unwrap();
        let folder = DataFolder::create(parent.path()).unwrap();
        let (first, made) = found(&folder, "2026-01-01T00:00:00Z");
        assert_eq!(made, 2);
        let key = std::fs::read(parent.path().join("tls.key")).unwrap();
        let (same, made) = found(&folder, "2028-01-01T00:00:00Z");
        assert_eq!((made, &same.fingerprint), (0, &first.fingerprint));
        let (renewed, made) = found(&folder, "2028-03-20T00:00:00Z");
        assert_eq!(made, 1);
        assert_ne!(renewed.fingerprint, first.fingerprint);
        assert_eq!(std::fs::read(parent.path().join("tls.key")).unwrap(), key);
    }

    #[test]
    fn a_self_made_certificate_names_this_machine_and_lasts_at_most_825_days() {
        let parent = tempfile::tempdir().unwrap();
        let folder = DataFolder::create(parent.path()).unwrap();
        let (certificate, _) = found(&folder, "2026-01-01T12:00:00Z");
        let (_, parsed) = x509_parser::parse_x509_certificate(&certificate.certified.cert[0]).unwrap();
        let validity = parsed.validity();
        assert!(validity.not_after.timestamp() - validity.not_before.timestamp() <= 825 * DAY);
        let names = names("box");
        for name in ["localhost", "box", "127.0.0.1", "::1"] {
            assert!(names.iter().any(|known| known == name), "{name} in {names:?}");
        }
        assert_eq!(certificate.fingerprint.len(), 95);
    }

    #[test]
    fn a_certificate_that_does_not_fit_its_key_is_refused_and_nothing_is_changed() {
        let parent = tempfile::tempdir().unwrap();
        let folder = DataFolder::create(parent.path()).unwrap();
        found(&folder, "2026-01-01T00:00:00Z");
        let other = KeyPair::generate().unwrap().serialize_pem();
        Missing::new(KEY, "tls.key", 0o600, other).write(&folder).unwrap();
        let error = self_made(&folder, Timestamp::UNIX_EPOCH, &mut Vec::new()).err().unwrap().to_string();
        assert!(error.contains("tls.crt does not fit the key of the certificate"), "{error}");
    }
}
