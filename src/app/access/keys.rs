//! The keys for tokens: one signs, those before it verify until no token that they signed can be valid any more.
//!
//! Which key signs is what its file says. Which others are accepted is what the database says: it knows a key before
//! the key signs, so that whatever is cut short, every valid token stays valid.

use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use jiff::Timestamp;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::app::App;
use crate::app::audit::actions::ROTATION;
use crate::app::operator::refusal::{Refusal, refusal};
use crate::model::Error;
use crate::model::text::time_text;
use crate::store::TokenKey;

/// The public half of a key, for those who verify tokens elsewhere (RFC 7517).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// RFC 7638 thumbprint.
    pub kid: String,
    /// `n`, base64url.
    pub modulus: String,
    /// `e`, base64url.
    pub exponent: String,
}

/// The keys for tokens, as operators see them.
#[derive(Clone, Serialize, Deserialize)]
pub struct KeysRecord {
    /// The one that signs.
    pub signing: KeyRecord,
    /// Those that signed before it and whose tokens may still be valid, the newest first.
    pub earlier: Vec<KeyRecord>,
    /// The file with the public half of the one that signs, in PEM form, if there is one.
    pub public_key_file: Option<String>,
}

/// A key for tokens, as operators see one.
#[derive(Clone, Serialize, Deserialize)]
pub struct KeyRecord {
    /// Its name in the header of tokens: its RFC 7638 thumbprint.
    pub kid: String,
    /// When it began to sign: RFC 3339, UTC.
    pub since: Option<String>,
    /// When the last of its tokens ends; nothing while it signs.
    pub accepted_until: Option<String>,
}

/// A new key for tokens, in PEM form.
pub struct NewKey {
    /// What signs.
    pub private: Zeroizing<String>,
    /// What verifies.
    pub public: String,
}

/// The name of a key for tokens, which is in PEM form.
///
/// # Errors
/// If it is not an RSA key.
pub fn key_name(private: &str) -> Result<String, Error> {
    KeyRing::new(private.as_bytes(), Vec::new(), Timestamp::UNIX_EPOCH).map(|ring| ring.own.public.kid)
}

/// Makes keys for tokens, and keeps one where the next start finds it.
pub trait KeyKeeper: Send + Sync {
    /// Makes a key, and keeps it nowhere yet.
    ///
    /// # Errors
    /// Why there is none.
    fn make(&self) -> Result<NewKey, Error>;

    /// Puts what signs in the place of the key before, on disk when this returns.
    ///
    /// # Errors
    /// Why it is uncertain which of them the next start finds: [`KeyKeeper::kept`] tells.
    fn keep(&self, private: &str) -> Result<(), Error>;

    /// What signs, as the next start finds it; nothing if it finds none.
    ///
    /// # Errors
    /// Why that cannot be told now.
    fn kept(&self) -> Result<Option<Zeroizing<String>>, Error>;

    /// Writes what verifies, for services that read it from its file. A start does the same.
    ///
    /// # Errors
    /// Why the file does not hold it.
    fn publish(&self, public: &str) -> Result<(), Error>;
}

/// Who may replace the key that signs.
#[derive(Clone)]
pub enum KeyCare {
    /// The service itself.
    Own(Arc<dyn KeyKeeper>),
    /// Whoever gave it with the settings.
    Given,
    /// Nobody yet: the next start makes one.
    Missing,
}

/// What became of tokens from before a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EarlierKeys {
    /// Those that are valid are accepted.
    Accepted,
    /// They are refused: the key that signs is unknown to the database.
    Refused,
}

/// What becomes of tokens of the key before, at a rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Overlap {
    /// They are accepted until their end.
    UntilTheirEnd,
    /// They are refused at once: somebody else may have the key.
    None,
}

/// The public half of the key that signs, while its file does not hold it. Held while the keys change.
pub(in crate::app) type Unpublished = Option<Arc<str>>;

/// How many keys whose tokens are over are remembered all the same: the clock by which they are may be wrong.
const REMEMBERED: usize = 8;

impl Overlap {
    /// What is so when the new key signs, and the database could not be told what becomes of the others.
    fn unfinished(self, error: Error) -> Refusal {
        let rest = match self {
            Self::UntilTheirEnd => "tokens from before are valid; the service completes it by itself within minutes",
            Self::None => "tokens from before are still accepted: repeat this",
        };
        Refusal(format!("the new key signs, but the database could not be told ({}): {rest}", refusal(error)))
    }
}

/// A key that tokens are verified with.
struct Accepted {
    public: PublicKey,
    key: DecodingKey,
    /// When it began to sign, if the database knows.
    since: Option<Timestamp>,
    /// No token that it signed is valid after this; nothing for the one that signs.
    until: Option<Timestamp>,
}

impl Accepted {
    fn new(public: PublicKey, since: Option<Timestamp>, until: Option<Timestamp>) -> Result<Self, Error> {
        let key = DecodingKey::from_rsa_components(&public.modulus, &public.exponent).map_err(Error::internal)?;
        Ok(Self { public, key, since, until })
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= now)
    }
}

/// The keys in force: replaced as a whole when they change.
pub(in crate::app) struct KeyRing {
    signing: EncodingKey,
    /// The same, taken apart and checked once.
    pair: RsaKeyPair,
    header: Header,
    /// The public half of the one that signs.
    own: Accepted,
    /// Those that signed before it, the newest first.
    earlier: Vec<Accepted>,
}

impl KeyRing {
    /// The key that signs, which is in PEM form, with those that the database knows beside it.
    ///
    /// # Errors
    /// If it is not an RSA key.
    pub(in crate::app) fn new(private: &[u8], known: Vec<TokenKey>, last_expiry: Timestamp) -> Result<Self, Error> {
        let signing = EncodingKey::from_rsa_pem(private).map_err(Error::internal)?;
        Self::of(signing, known, last_expiry)
    }

    fn of(signing: EncodingKey, known: Vec<TokenKey>, last_expiry: Timestamp) -> Result<Self, Error> {
        let jwk = Jwk::from_encoding_key(&signing, Algorithm::RS256).map_err(Error::internal)?;
        let kid = jwk.thumbprint(ThumbprintHash::SHA256).map_err(Error::internal)?;
        let AlgorithmParameters::RSA(parameters) = &jwk.algorithm else {
            return Err(Error::internal("the key for tokens is not an RSA key"));
        };
        let public = PublicKey { kid: kid.clone(), modulus: parameters.n.clone(), exponent: parameters.e.clone() };
        let since = known.iter().find(|key| key.kid == kid).map(|key| key.since);
        let mut earlier = Vec::new();
        // Keys before one that the database does not know are not accepted.
        for other in known.into_iter().filter(|key| since.is_some() && key.kid != kid) {
            let public = PublicKey { kid: other.kid, modulus: other.modulus, exponent: other.exponent };
            let until = other.accepted_until.unwrap_or(last_expiry);
            earlier.push(Accepted::new(public, Some(other.since), Some(until))?);
        }
        let header = Header { kid: Some(kid), ..Header::new(Algorithm::RS256) };
        let pair = RsaKeyPair::from_der(signing.as_bytes()).map_err(Error::internal)?;
        Ok(Self { signing, pair, header, own: Accepted::new(public, since, None)?, earlier })
    }

    /// Signs claims (RFC 7515, section 7.1). By hand, because the library takes the key apart for every token, which
    /// costs more than the signature.
    pub(in crate::app) fn sign(&self, claims: &impl Serialize) -> Result<String, Error> {
        let part = |json: serde_json::Result<Vec<u8>>| json.map(|json| BASE64.encode(json)).map_err(Error::internal);
        let message = format!("{}.{}", part(serde_json::to_vec(&self.header))?, part(serde_json::to_vec(claims))?);
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature)
            .map_err(Error::internal)?;
        Ok(format!("{message}.{}", BASE64.encode(signature)))
    }

    /// The name of the key that signs.
    fn kid(&self) -> &str {
        &self.own.public.kid
    }

    /// The one key that verifies a token whose header has this `kid`, and until when it does; without, it must be the
    /// one that signs.
    pub(in crate::app) fn verifying(&self, kid: Option<&str>) -> Option<(&DecodingKey, Option<Timestamp>)> {
        let kid = kid.unwrap_or(self.kid());
        let found = self.all().find(|accepted| accepted.public.kid == kid)?;
        Some((&found.key, found.until))
    }

    fn all(&self) -> impl Iterator<Item = &Accepted> {
        std::iter::once(&self.own).chain(&self.earlier)
    }

    /// The row of the key that signs, from `now` on unless it is known already.
    fn row(&self, now: Timestamp) -> TokenKey {
        let PublicKey { kid, modulus, exponent } = self.own.public.clone();
        TokenKey { kid, modulus, exponent, since: self.own.since.unwrap_or(now), accepted_until: None }
    }
}

const GIVEN: &str = "the key for tokens is the file that --jwt-private-key names, which this program does not replace: \
                     put another key there and start the service again; tokens of the one before are refused then";
const MISSING: &str = "there is no key for tokens: the next start of the service makes one";

impl App {
    /// The keys that tokens are verified with, the one that signs first.
    #[must_use]
    pub fn public_keys(&self) -> Vec<PublicKey> {
        let now = self.clock.now();
        self.access.tokens.keys().all().filter(|key| !key.is_over(now)).map(|key| key.public.clone()).collect()
    }

    /// The keys for tokens, for operators.
    ///
    /// # Errors
    /// If there is none.
    pub(in crate::app) fn keys_record(&self) -> Result<KeysRecord, Refusal> {
        if matches!(self.access.key_care, KeyCare::Missing) {
            return Err(Refusal(MISSING.to_owned()));
        }
        let (now, ring) = (self.clock.now(), self.access.tokens.keys());
        let record = |key: &Accepted| KeyRecord {
            kid: key.public.kid.clone(),
            since: key.since.map(time_text),
            accepted_until: key.until.map(time_text),
        };
        let earlier = ring.earlier.iter().filter(|key| !key.is_over(now)).map(record).collect();
        Ok(KeysRecord { signing: record(&ring.own), earlier, public_key_file: self.access.public_key_file.clone() })
    }

    /// Has another key sign, for an operator.
    ///
    /// # Errors
    /// If the key is not the service's own, or it cannot be done.
    pub(in crate::app) async fn keys_rotate(&self, without_overlap: bool) -> Result<KeysRecord, Refusal> {
        let keeper = match &self.access.key_care {
            KeyCare::Own(keeper) => Arc::clone(keeper),
            KeyCare::Given => return Err(Refusal(GIVEN.to_owned())),
            KeyCare::Missing => return Err(Refusal(MISSING.to_owned())),
        };
        let overlap = if without_overlap { Overlap::None } else { Overlap::UntilTheirEnd };
        self.rotate_keys(keeper, overlap).await?;
        self.keys_record()
    }

    /// Tells the database which key signs. Completes a rotation that was cut short, and forgets the keys before one
    /// that the database does not know: that one was not made by a rotation.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` of the store, or because it cannot be told which key the next start finds; the keys in
    /// force stay as they were.
    pub async fn settle_keys(&self) -> Result<EarlierKeys, Error> {
        let _alone = self.access.rotation.lock().await;
        self.settle().await
    }

    async fn settle(&self) -> Result<EarlierKeys, Error> {
        let ring = self.access.tokens.keys();
        let known = self.store.read(|view| view.token_keys())?;
        let own = known.iter().find(|key| key.kid == ring.kid());
        if own.is_some() && known.iter().all(|key| (key.kid == ring.kid()) == key.accepted_until.is_none()) {
            return Ok(EarlierKeys::Accepted);
        }
        self.sign_with_kept().await?;
        let ring = self.access.tokens.keys();
        let own = known.iter().find(|key| key.kid == ring.kid());
        let earlier = match (own, known.is_empty()) {
            (None, false) => EarlierKeys::Refused,
            _ => EarlierKeys::Accepted,
        };
        // One that is newer than the one that signs never signed: its rotation was cut short before.
        let replaced =
            own.is_some_and(|own| known.iter().any(|other| other.accepted_until.is_none() && other.since < own.since));
        self.store
            .write(move |tx| {
                let row = ring.row(tx.now());
                tx.put_token_key(&row)?;
                match earlier {
                    EarlierKeys::Accepted => tx.retire_token_keys_but(&row.kid)?,
                    EarlierKeys::Refused => tx.delete_token_keys_but(&row.kid)?,
                };
                if replaced { tx.record_operated(ROTATION, None) } else { Ok(()) }
            })
            .await?;
        self.reload_keys()?;
        Ok(earlier)
    }

    /// Signs with the key that the next start finds, if the database knows it: whatever a rotation that was cut short
    /// said of it. Else a key that is to be found would be counted out, and its finding would refuse every token.
    async fn sign_with_kept(&self) -> Result<(), Error> {
        let KeyCare::Own(keeper) = &self.access.key_care else { return Ok(()) };
        let keeper = Arc::clone(keeper);
        let Some(private) = blocking(move || keeper.kept()).await? else { return Ok(()) };
        let kept = KeyRing::new(private.as_bytes(), Vec::new(), Timestamp::UNIX_EPOCH)?;
        let known = self.store.read(|view| view.token_keys())?;
        if kept.kid() != self.access.tokens.keys().kid() && known.iter().any(|key| key.kid == kept.kid()) {
            self.load_keys(kept.signing)?;
        }
        Ok(())
    }

    /// Has another key sign from now on. Whatever is cut short, and whenever, the next start finds a key that signs,
    /// and accepts every token that is valid.
    ///
    /// # Errors
    /// If no key can be made or kept, or the store cannot write.
    async fn rotate_keys(&self, keeper: Arc<dyn KeyKeeper>, overlap: Overlap) -> Result<(), Refusal> {
        let mut unpublished = self.access.rotation.lock().await;
        self.settle().await.map_err(refusal)?;
        let new = blocking({
            let keeper = Arc::clone(&keeper);
            move || keeper.make()
        });
        let NewKey { private, public } = new.await.map_err(refusal)?;
        let ring = KeyRing::new(private.as_bytes(), Vec::new(), Timestamp::UNIX_EPOCH).map_err(refusal)?;
        let signing = ring.signing.clone();
        let kid = ring.kid().to_owned();
        // First it is known, then it is the one that a start finds, then it signs, then the others are counted out.
        let known = self.store.write(move |tx| tx.put_token_key(&ring.row(tx.now())));
        known.await.map_err(refusal)?;
        let kept = blocking(move || keeper.keep(&private)).await;
        match &kept {
            Ok(()) => self.load_keys(signing).map_err(refusal)?,
            // What failed may have happened all the same.
            Err(_) => self.sign_with_kept().await.map_err(refusal)?,
        }
        match kept {
            Err(error) if self.access.tokens.keys().kid() != kid => return Err(refusal(error)),
            Err(error) => tracing::warn!(%error, "The new key for tokens may be lost in a power cut: rotate once more"),
            Ok(()) => {}
        }
        *unpublished = Some(public.into());
        let published = self.publish(&mut unpublished).await;
        let counted_out = self.store.write(move |tx| {
            match overlap {
                Overlap::UntilTheirEnd => tx.retire_token_keys_but(&kid)?,
                Overlap::None => tx.delete_token_keys_but(&kid)?,
            };
            tx.record_operated(ROTATION, None)
        });
        counted_out.await.map_err(|error| overlap.unfinished(error))?;
        self.reload_keys().map_err(refusal)?;
        published.map_err(|error| self.unpublished(error))
    }

    /// Has the file of public halves hold that of the key that signs, if it does not.
    async fn publish(&self, unpublished: &mut Unpublished) -> Result<(), Error> {
        if let (KeyCare::Own(keeper), Some(public)) = (&self.access.key_care, unpublished.clone()) {
            let keeper = Arc::clone(keeper);
            blocking(move || keeper.publish(&public)).await?;
        }
        *unpublished = None;
        Ok(())
    }

    fn unpublished(&self, error: Error) -> Refusal {
        Refusal(format!(
            "the new key signs, and tokens from before are as was asked for, but its public half cannot be written to {} \
             ({}): mend that. A service that runs tries again every minute, and each start does. Until then whoever \
             verifies tokens by that file refuses new ones; /v1/.well-known/jwks.json is right",
            self.access.public_key_file.as_deref().unwrap_or("its file"),
            refusal(error)
        ))
    }

    /// Completes what was cut short, and forgets keys whose tokens are all over, except the newest.
    ///
    /// # Errors
    /// If the store cannot write, or a file of the keys cannot be read or written.
    pub async fn tidy_keys(&self) -> Result<(), Error> {
        let mut unpublished = self.access.rotation.lock().await;
        self.settle().await?;
        let published = self.publish(&mut unpublished).await;
        let (now, ring) = (self.clock.now(), self.access.tokens.keys());
        if !ring.earlier.iter().skip(REMEMBERED).any(|key| key.is_over(now)) {
            return published;
        }
        self.store.write(|tx| tx.delete_token_keys_that_are_over(REMEMBERED)).await?;
        self.reload_keys()?;
        published
    }

    fn reload_keys(&self) -> Result<(), Error> {
        self.load_keys(self.access.tokens.keys().signing.clone())
    }

    fn load_keys(&self, signing: EncodingKey) -> Result<(), Error> {
        let (known, last_expiry) = self.store.read(|view| Ok((view.token_keys()?, view.last_token_expiry()?)))?;
        self.access.tokens.use_keys(KeyRing::of(signing, known, last_expiry)?);
        Ok(())
    }
}

/// Does what takes its time on a thread for that.
async fn blocking<T: Send + 'static>(job: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(job).await.map_err(Error::internal)?
}
