//! The TLS certificate: the operator's, or a self-signed one that renews itself with the same key: before it ends, if it
//! was made while the clock was ahead, and when the machine is called by another name or has another address.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use jiff::{SignedDuration, Timestamp};
use rcgen::{CertificateParams, DnType, KeyPair, SerialNumber};
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::sign::CertifiedKey;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;

use super::StartError;
use super::folder::{DataFolder, read_given_secret, read_secret};
use super::keys::Missing;
use super::remedy::Remedy;
use crate::app::clock_is_behind;
use crate::config::{TlsFiles, without_mark};

const CERTIFICATE: &str = "certificate";
const KEY: &str = "key of the certificate";
/// The files in a data folder.
const CHAIN_FILE: &str = "tls.crt";
const KEY_FILE: &str = "tls.key";
/// What another self-made one costs.
const ASKED_AGAIN: &str = "browsers and apps then ask once more whether to trust it";
const DAY: i64 = 86_400;
/// In days. Browsers refuse longer ones.
const LIFETIME: i64 = 824;
/// In days before its end.
const RENEWAL: i64 = 30;
/// How many names one has at most that it has only because the one before had them.
const EARLIER_NAMES: usize = 16;

/// A certificate with its key, ready for TLS.
#[derive(Clone)]
pub struct Certificate {
    /// For rustls.
    pub certified: std::sync::Arc<CertifiedKey>,
    /// SHA-256 of the certificate, as browsers show it.
    pub fingerprint: String,
    /// Whether browsers will warn about it.
    pub self_made: bool,
    /// When it begins to be valid.
    pub not_before: Timestamp,
    /// When it ends.
    pub not_after: Timestamp,
    /// The host names and addresses that it is for.
    pub names: Vec<String>,
}

impl Certificate {
    /// Whether a client whose clock tells this time accepts it, as far as times go.
    #[must_use]
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        self.not_before <= now && now < self.not_after
    }

    /// When a self-made one is made anew, if it does not have to be before.
    #[must_use]
    pub fn renewal(&self) -> Timestamp {
        // Only a certificate of nobody's making ends so near to the beginning of all time.
        self.not_after.checked_sub(SignedDuration::from_secs(RENEWAL * DAY)).unwrap_or(self.not_after)
    }

    /// The names of this machine that it lacks, and for which it is made anew.
    #[must_use]
    pub fn lacks(&self) -> Vec<String> {
        self.lacks_of(&names_of_machine())
    }

    fn lacks_of(&self, present: &[String]) -> Vec<String> {
        present.iter().filter(|name| is_kept_up_with(name) && !self.names.contains(name)).cloned().collect()
    }

    /// The names of the one to make in its place; nothing if it can stay.
    fn successor(&self, present: &[String], now: Timestamp) -> Option<Vec<String>> {
        let ends = self.renewal() <= now;
        // A clock that cannot be right says nothing about a certificate.
        let begins_later = self.not_before > now && !clock_is_behind(now, Timestamp::UNIX_EPOCH);
        if ends || begins_later {
            return Some(present.to_vec());
        }
        if self.lacks_of(present).is_empty() {
            return None;
        }
        // A machine that goes to and fro between two networks keeps one certificate.
        let earlier = self.names.iter().filter(|name| !present.contains(name)).take(EARLIER_NAMES);
        Some(present.iter().chain(earlier).cloned().collect())
    }
}

/// Whether a certificate is made anew because this name came. Many machines get another address of IPv6 every day, and
/// give themselves one of IPv4 when nobody gives them any: those are in a certificate that is made anyway.
fn is_kept_up_with(name: &str) -> bool {
    match name.parse() {
        Ok(IpAddr::V4(address)) => !address.is_link_local(),
        Ok(IpAddr::V6(address)) => address.is_loopback(),
        Err(_) => true,
    }
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
        None => self_made(folder, &names_of_machine(), now, missing),
    }
}

/// As [`certificate`], for a service that shows one already: it makes no other key while it runs.
pub(crate) fn successor(
    files: Option<&TlsFiles>,
    folder: &DataFolder,
    now: Timestamp,
    missing: &mut Vec<Missing>,
) -> Result<Certificate, StartError> {
    let key = folder.path().join(KEY_FILE);
    match files {
        None if !key.exists() => Err(StartError::Absent { what: KEY, path: key }),
        files => certificate(files, folder, now, missing),
    }
}

/// As [`certificate`], but makes none. `None` if the self-made one is not there yet.
pub(crate) fn present_certificate(files: Option<&TlsFiles>, folder: &Path) -> Result<Option<Certificate>, StartError> {
    let Some(files) = files else {
        return Ok(OwnFiles::of(folder).read()?.1);
    };
    given(files).map(Some)
}

fn given(files: &TlsFiles) -> Result<Certificate, StartError> {
    let key = read_given_secret(KEY, &files.key)?;
    let chain = read_plain(&files.cert).map_err(|cause| StartError::file(CERTIFICATE, &files.cert, cause))?;
    assemble(&files.cert, &chain, &files.key, &key, false)
}

fn self_made(
    folder: &DataFolder,
    present: &[String],
    now: Timestamp,
    missing: &mut Vec<Missing>,
) -> Result<Certificate, StartError> {
    let files = OwnFiles::of(folder.path());
    let (key, found) = files.read()?;
    let key = match key {
        Some(key) => key,
        None => {
            let key = KeyPair::generate().map_err(internal)?.serialize_pem();
            missing.push(Missing::new(KEY, KEY_FILE, 0o600, key.clone()));
            key
        }
    };
    let names = match found {
        None => present.to_vec(),
        Some(found) => match found.successor(present, now) {
            Some(successor) => successor,
            None => return Ok(found),
        },
    };
    let pair = KeyPair::from_pem(&key).map_err(|_| files.no_key())?;
    let chain = sign(&pair, names, now)?;
    missing.push(Missing::new(CERTIFICATE, CHAIN_FILE, 0o644, chain.clone()));
    assemble(&files.chain, &chain, &files.key, &key, true)
}

/// The files of the certificate that the service makes for itself.
struct OwnFiles {
    chain: PathBuf,
    key: PathBuf,
}

impl OwnFiles {
    fn of(folder: &Path) -> Self {
        Self { chain: folder.join(CHAIN_FILE), key: folder.join(KEY_FILE) }
    }

    /// The key and the certificate, as far as they are there. A certificate whose key is gone is none.
    fn read(&self) -> Result<(Option<String>, Option<Certificate>), StartError> {
        let key = read_secret(KEY, &self.key).map_err(|error| error.helped_by(self.both()))?;
        let Some(key) = key else { return Ok((None, None)) };
        if PrivateKeyDer::from_pem_slice(key.as_bytes()).is_err() {
            return Err(self.no_key());
        }
        let chain = match read_plain(&self.chain) {
            Ok(chain) => chain,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok((Some(key), None)),
            Err(cause) => return Err(StartError::file(CERTIFICATE, &self.chain, cause)),
        };
        let found = assemble(&self.chain, &chain, &self.key, &key, true)
            .map_err(|error| error.helped_by(Remedy::Remake(vec![self.chain.clone()], ASKED_AGAIN)))?;
        Ok((Some(key), Some(found)))
    }

    fn no_key(&self) -> StartError {
        StartError::not(KEY, &self.key, "a key in PEM form").helped_by(self.both())
    }

    /// Without its key, the certificate is of no use either.
    fn both(&self) -> Remedy {
        let there = [&self.key, &self.chain].into_iter().filter(|path| path.exists()).cloned().collect();
        Remedy::Remake(there, ASKED_AGAIN)
    }
}

/// What is no text is no certificate: that is found out by its form.
fn read_plain(path: &Path) -> io::Result<String> {
    std::fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn sign(key: &KeyPair, names: Vec<String>, now: Timestamp) -> Result<String, StartError> {
    let mut params = CertificateParams::new(names).map_err(internal)?;
    params.distinguished_name.push(DnType::CommonName, host());
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

fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Every name that this machine is called by.
fn names_of_machine() -> Vec<String> {
    names(&host())
}

/// Every address of this machine that is one outside of its own network segment, too.
fn addresses_of_machine() -> impl Iterator<Item = IpAddr> {
    let found = if_addrs::get_if_addrs().unwrap_or_default().into_iter().map(|interface| interface.ip());
    found.filter(|address| !matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local()))
}

/// The addresses at which others reach what listens on this one.
pub(crate) fn reachable_at(bound: IpAddr) -> Vec<IpAddr> {
    if !bound.is_unspecified() {
        return if bound.is_loopback() { Vec::new() } else { vec![bound] };
    }
    let mut addresses: Vec<_> = addresses_of_machine()
        .filter(|address| !address.is_loopback() && (address.is_ipv4() || bound.is_ipv6()))
        .filter(|address| !matches!(address, IpAddr::V4(v4) if v4.is_link_local()))
        .collect();
    addresses.sort();
    addresses
}

fn names(host: &str) -> Vec<String> {
    let mut names = vec!["localhost".to_owned()];
    let plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
    if plain && !host.is_empty() {
        names.push(host.to_owned());
    }
    let mut addresses = vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    addresses.extend(addresses_of_machine());
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
    let instant = |time: x509_parser::time::ASN1Time| Timestamp::from_second(time.timestamp()).map_err(internal);
    let (not_before, not_after) = (instant(parsed.validity().not_before)?, instant(parsed.validity().not_after)?);
    let names = names_in(&parsed);
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
        remedy: Remedy::Pair(chain_path.to_owned(), key_path.to_owned()).into(),
    })?;
    let hex: Vec<_> = digest(&SHA256, &first).as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
    let fingerprint = hex.join(":");
    Ok(Certificate { certified: certified.into(), fingerprint, self_made, not_before, not_after, names })
}

fn names_in(certificate: &X509Certificate<'_>) -> Vec<String> {
    let found = certificate.subject_alternative_name().ok().flatten();
    let names = found.iter().flat_map(|found| &found.value.general_names);
    let text = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => {
            let four = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
            four.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from)).ok().map(|address| address.to_string())
        }
        _ => None,
    };
    names.filter_map(text).collect()
}

fn internal(error: impl std::fmt::Display) -> StartError {
    StartError::Internal(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(folder: &DataFolder, now: &str) -> (Certificate, usize) {
        found_at(folder, &["localhost", "box", "192.168.0.7"], now)
    }

    fn found_at(folder: &DataFolder, names: &[&str], now: &str) -> (Certificate, usize) {
        let mut missing = Vec::new();
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let certificate = self_made(folder, &names, now.parse().unwrap(), &mut missing).unwrap();
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
    fn a_self_made_certificate_from_a_clock_that_was_ahead_is_made_anew_with_the_same_key() {
        let parent = tempfile::tempdir().unwrap();
        let folder = DataFolder::create(parent.path()).unwrap();
        let (first, _) = found(&folder, "2048-01-01T00:00:00Z");
        let key = std::fs::read(parent.path().join("tls.key")).unwrap();
        let now = "2026-03-01T00:00:00Z";
        assert!(!first.is_valid_at(now.parse().unwrap()));
        let (second, made) = found(&folder, now);
        assert_eq!(made, 1);
        assert!(second.is_valid_at(now.parse().unwrap()));
        assert_eq!(std::fs::read(parent.path().join("tls.key")).unwrap(), key);
        // A clock that cannot be right makes none anew: clients know the time.
        let (same, made) = found(&folder, "1970-01-01T00:01:00Z");
        assert_eq!((made, &same.fingerprint), (0, &second.fingerprint));
    }

    #[test]
    fn a_self_made_certificate_takes_up_a_name_or_address_that_came_and_keeps_those_that_went() {
        let parent = tempfile::tempdir().unwrap();
        let folder = DataFolder::create(parent.path()).unwrap();
        let now = "2026-03-01T00:00:00Z";
        let (school, home) = (["localhost", "box", "10.1.2.3"], ["localhost", "box", "192.168.0.7"]);
        let (first, made) = found_at(&folder, &school, now);
        assert_eq!((made, first.names.len()), (2, 3));
        let key = std::fs::read(parent.path().join("tls.key")).unwrap();
        let (second, made) = found_at(&folder, &home, now);
        assert_eq!(made, 1, "an address that came later");
        assert!(["10.1.2.3", "192.168.0.7"].iter().all(|name| second.names.iter().any(|known| known == name)));
        assert_eq!(std::fs::read(parent.path().join("tls.key")).unwrap(), key);
        for names in [&school[..], &home, &["localhost", "box"]] {
            assert_eq!(found_at(&folder, names, now).1, 0, "to and fro, and without a network");
        }
        // What changes by itself changes no certificate.
        let changing = ["localhost", "box", "192.168.0.7", "2001:db8::17", "169.254.3.4"];
        assert_eq!(found_at(&folder, &changing, now).1, 0);
        let (moved, made) = found_at(&folder, &["localhost", "other-box", "10.1.2.3"], now);
        assert_eq!(made, 1, "a restore on another machine");
        assert!(moved.names.iter().any(|name| name == "other-box"));
        // In the end those that went are left out.
        let (renewed, _) = found_at(&folder, &home, "2028-05-20T00:00:00Z");
        assert_eq!(renewed.names, home);
        for number in 0..40 {
            let (last, _) = found_at(&folder, &["localhost", &format!("10.0.0.{number}")], "2028-05-20T00:00:00Z");
            assert!(last.names.len() <= 2 + EARLIER_NAMES, "{:?}", last.names);
        }
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
        // NSS and Chromium refuse one that says it is no authority, rustls and Firefox one that says it is.
        assert!(parsed.basic_constraints().unwrap().is_none());
    }

    #[test]
    fn others_reach_a_service_at_the_addresses_of_the_machine_that_it_listens_on() {
        let at = |bound: &str| reachable_at(bound.parse().unwrap());
        assert_eq!(at("127.0.0.1"), [] as [IpAddr; 0]);
        assert_eq!(at("192.0.2.7"), ["192.0.2.7".parse::<IpAddr>().unwrap()]);
        assert!(at("0.0.0.0").iter().all(|address| address.is_ipv4() && !address.is_loopback()));
        assert!(at("0.0.0.0").iter().all(|address| at("::").contains(address)), "that is open to both families");
    }

    #[test]
    fn a_certificate_that_does_not_fit_its_key_is_refused_and_nothing_is_changed() {
        let parent = tempfile::tempdir().unwrap();
        let folder = DataFolder::create(parent.path()).unwrap();
        found(&folder, "2026-01-01T00:00:00Z");
        let other = KeyPair::generate().unwrap().serialize_pem();
        Missing::new(KEY, KEY_FILE, 0o600, other).write(&folder).unwrap();
        let error = self_made(&folder, &[], Timestamp::UNIX_EPOCH, &mut Vec::new()).err().unwrap().to_string();
        assert!(error.contains("tls.crt does not fit the key of the certificate"), "{error}");
    }
}
