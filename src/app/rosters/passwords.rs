//! Passwords that are made up for many: a child can read one off a slip and type it.

use crate::app::random_bytes;
use crate::model::Error;

/// Letters that are told apart in every hand, in all of the platform's languages, and spell no word that children had
/// better not find on their slips.
const CONSONANTS: &[u8] = b"bdgjlmnprstvz";
const VOWELS: &[u8] = b"aeio";

/// Two words that can be spoken and a number, such as `balo-nido-47`: about 31 bits, which limits of log-ins make
/// many, and which its user is to replace.
///
/// # Errors
/// If the system has no randomness to give.
pub(in crate::app::rosters) fn readable_password() -> Result<String, Error> {
    let bytes = random_bytes::<10>()?;
    let pick = |letters: &[u8], byte: u8| char::from(letters[usize::from(byte) % letters.len()]);
    let mut text = String::with_capacity(12);
    for (at, byte) in bytes[..8].iter().enumerate() {
        if at == 4 {
            text.push('-');
        }
        text.push(pick(if at % 2 == 0 { CONSONANTS } else { VOWELS }, *byte));
    }
    let number = u16::from_be_bytes([bytes[8], bytes[9]]) % 90 + 10;
    Ok(format!("{text}-{number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_up_password_can_be_read_aloud_and_is_another_each_time() {
        let made: std::collections::BTreeSet<_> = (0..64).map(|_| readable_password().unwrap()).collect();
        assert_eq!(made.len(), 64);
        for password in made {
            let parts: Vec<_> = password.split('-').collect();
            assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [4, 4, 2], "{password}");
            assert!(parts[2].parse::<u8>().unwrap() >= 10);
        }
    }
}
