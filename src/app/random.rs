//! Randomness: the one place that asks the system for it.

use crate::model::Error;

/// Bytes that nobody can guess.
///
/// # Errors
/// If the system has none to give.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system for randomness")]
    getrandom::fill(&mut bytes).map_err(Error::internal)?;
    Ok(bytes)
}

/// A password that nobody can guess and everybody can type: 20 letters and digits without look-alikes, about
/// 100 bits.
///
/// # Errors
/// If the system has no randomness to give.
pub fn random_password() -> Result<String, Error> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let bytes = random_bytes::<20>()?;
    Ok(bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect())
}
