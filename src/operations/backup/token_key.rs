//! Which key signs tokens after a restore. One that was replaced may have been replaced because somebody else had it: it
//! must not sign again.

use zeroize::Zeroizing;

use super::keys::KeyFiles;
use crate::app::{NewKey, key_name};
use crate::config::Config;
use crate::operations::StartError;
use crate::operations::certificate::present_certificate;
use crate::operations::folder::read_secret;
use crate::operations::keys::new_key;
use crate::store::{Counters, EarlierTokens};

const PRIVATE: &str = "jwt.key";
/// What belongs to the key for tokens, and to the certificate.
const TOKENS: [&str; 2] = [PRIVATE, "jwt.pub"];
const CERTIFICATE: [&str; 2] = ["tls.key", "tls.crt"];

/// Which key signs tokens after a restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKey {
    /// The one that signed before it.
    Same,
    /// The one of the data folder, although there is another one in what is restored.
    Newer,
    /// The one in what is restored, as its tokens are to be kept. Nobody here knows whether it was replaced since.
    CameBack,
    /// One that is made for this: the one in what is restored was replaced since, or may have been.
    New,
    /// The next start makes one, as there is none.
    None,
}

/// Takes those keys out of what is restored that the data folder has newer ones of, or that may have been replaced.
/// `related` says whether the database there is a later state of the one that comes in its place; nothing if that cannot
/// be read, or there is none.
///
/// # Errors
/// If no key can be made.
pub(super) fn settle_token_key(
    config: &Config,
    keys: &mut KeyFiles,
    (related, counters): (Option<bool>, &Counters),
    tokens: EarlierTokens,
) -> Result<TokenKey, StartError> {
    // What a package has started has a certificate that nobody knows yet, and so it is with its database.
    if related != Some(false) && matches!(present_certificate(None, &config.data_dir), Ok(Some(_))) {
        CERTIFICATE.iter().for_each(|name| drop(keys.0.remove(*name)));
    }
    if config.jwt_private_key.is_some() {
        return Ok(TokenKey::Same);
    }
    let name = |pem: &str| key_name(pem).ok();
    let own = read_secret("key", &config.data_dir.join(PRIVATE)).ok().flatten().and_then(|pem| name(&pem));
    let Some(archived) = keys.0.get(PRIVATE).and_then(|pem| name(pem)) else {
        return Ok(if own.is_some() { TokenKey::Same } else { TokenKey::None });
    };
    if own.as_deref().or(counters.signing_key()) == Some(&*archived) {
        return Ok(TokenKey::Same);
    }
    // Whose tokens are kept, must verify them; unless a later state of the database knows better.
    let unknown = related == Some(false) || (related.is_none() && own.is_none());
    if tokens == EarlierTokens::Kept && unknown {
        return Ok(TokenKey::CameBack);
    }
    TOKENS.iter().for_each(|name| drop(keys.0.remove(*name)));
    if own.is_some() {
        return Ok(TokenKey::Newer);
    }
    let NewKey { private, public } = new_key().map_err(StartError::Internal)?;
    let made = [private, Zeroizing::new(public)];
    keys.0.extend(TOKENS.map(str::to_owned).into_iter().zip(made));
    Ok(TokenKey::New)
}
