//! Password hashes: argon2id (RFC 9106), on threads of their own.
//!
//! A hash takes milliseconds of a whole core and megabytes of memory by design. As many threads as there are cores
//! do them, each reusing its memory, behind a queue that is full rather than long, and fair.
//!
//! After the costs were changed, or users came from the old platform, there are hashes of several costs until all have
//! logged in. So that the time of a refused log-in does not tell who exists, each computes one hash of every cost that
//! there is: see [`Costs`].

use std::hash::{BuildHasher, RandomState};
use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, PoisonError, RwLock};

use argon2::password_hash::phc::{self, Output, ParamsString, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use subtle::ConstantTimeEq;
use tokio::sync::oneshot;

use crate::app::access::costs::{Cost, CostKey, bcrypt_cost};
use crate::app::access::hash_queue::{HashQueue, Turn};
use crate::app::access::limit_report::Whose;
use crate::app::random::random_bytes;
use crate::model::{Error, Password, PasswordHash, Unavailable, Username};

/// What a hash costs, and who computes it.
#[derive(Debug, Clone, Copy)]
pub struct HashOptions {
    /// In KiB.
    pub memory: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
    /// How many hashes are computed at the same time.
    pub threads: usize,
    /// How many may wait.
    pub queue: usize,
    /// Runs first on each thread: for lowering its priority.
    pub on_thread_start: fn(),
}

/// How a password fits a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::app) enum Fit {
    /// It is another one.
    Not,
    /// It is the one.
    Prepared,
    /// It is the one, and the hash is from before passwords were prepared.
    AsTyped,
}

type Job = Box<dyn FnOnce(&mut Vec<Block>) + Send>;

/// Computes hashes.
pub(in crate::app) struct Hasher {
    queue: Arc<HashQueue<Job>>,
    names: RandomState,
    params: Params,
    costs: RwLock<Costs>,
}

/// What hashes cost: those of the users, and new ones. Each once.
type Costs = Arc<[Cost]>;

impl Hasher {
    /// # Errors
    /// If argon2 does not accept the costs.
    pub(in crate::app) fn start(options: &HashOptions) -> Result<Self, Error> {
        let params =
            Params::new(options.memory, options.iterations, options.parallelism, None).map_err(Error::internal)?;
        let queue = Arc::new(HashQueue::new(options.queue));
        for number in 0..options.threads {
            let queue = Arc::clone(&queue);
            let prepare = options.on_thread_start;
            std::thread::Builder::new()
                .name(format!("hash-{number}"))
                .spawn(move || {
                    prepare();
                    work(&queue);
                })
                .map_err(Error::internal)?;
        }
        let costs = RwLock::new([Cost::Argon2id(params.clone())].into());
        Ok(Self { queue, names: RandomState::new(), params, costs })
    }

    /// Learns what the stored hashes cost, from what stands in front of them.
    pub(in crate::app) fn note_costs(&self, stored: &[String]) {
        let stored = stored.iter().filter_map(|front| Cost::of_front(front));
        let mut costs: Vec<Cost> = stored.chain([Cost::Argon2id(self.params.clone())]).collect();
        costs.sort_by_key(Cost::key);
        costs.dedup_by_key(|cost| cost.key());
        *self.costs.write().unwrap_or_else(PoisonError::into_inner) = costs.into();
    }

    /// How many hashes wait.
    pub(in crate::app) fn waiting(&self) -> u64 {
        self.queue.waiting() as u64
    }

    /// Whose turn it is that tries this name: no name stays in memory.
    pub(in crate::app) fn name(&self, username: &Username) -> Whose {
        Whose::Name(self.names.hash_one(username.folded()))
    }

    /// To be done about once a minute: who had much of the time is forgotten by and by.
    pub(in crate::app) fn forget_old(&self) {
        self.queue.forget_half();
    }

    /// Hashes a password with a fresh salt.
    ///
    /// # Errors
    /// `Unavailable` if too many wait already.
    pub(in crate::app) async fn hash(&self, turn: Turn, password: Password) -> Result<PasswordHash, Error> {
        let params = self.params.clone();
        self.run(turn, move |memory| hash(&params, &password, memory)).await
    }

    /// The same, as a task of its own.
    pub(in crate::app) fn hashing(
        &self,
        turn: Turn,
        password: Password,
    ) -> impl Future<Output = Result<PasswordHash, Error>> + Send + 'static {
        let params = self.params.clone();
        self.running(turn, move |memory| hash(&params, &password, memory))
    }

    /// How the password fits the hash. The time depends on the costs in the hash and on the password alone.
    ///
    /// # Errors
    /// `Unavailable` if too many wait already; `Internal` if the hash is none.
    pub(in crate::app) async fn verify(
        &self,
        turn: Turn,
        password: Password,
        hash: PasswordHash,
    ) -> Result<Fit, Error> {
        if hash.is_unset() {
            return Ok(Fit::Not);
        }
        self.run(turn, move |memory| verify(&password, &hash, memory)).await
    }

    /// How the password fits the hash; without one, it does not. All that do not fit take as long.
    ///
    /// # Errors
    /// As [`Hasher::verify`].
    pub(in crate::app) async fn verify_in_like_time(
        &self,
        turn: Turn,
        password: Password,
        hash: Option<PasswordHash>,
    ) -> Result<Fit, Error> {
        let costs = Arc::clone(&self.costs.read().unwrap_or_else(PoisonError::into_inner));
        // Whoever has no password yet takes as long to refuse as somebody who is not there.
        let hash = hash.filter(|hash| !hash.is_unset());
        self.run(turn, move |memory| {
            let mut own = None;
            if let Some(hash) = hash {
                match verify(&password, &hash, memory)? {
                    Fit::Not => {}
                    fit => return Ok(fit),
                }
                own = Some(cost_of(&hash)?.key());
            }
            for cost in others(&costs, own) {
                for tried in [Some(password.as_bytes()), password.as_typed()].into_iter().flatten() {
                    pay(cost, tried, memory)?;
                }
            }
            Ok(Fit::Not)
        })
        .await
    }

    /// Whether a hash costs something else than one made with the present settings.
    pub(in crate::app) fn is_outdated(&self, hash: &PasswordHash) -> bool {
        let present = Cost::Argon2id(self.params.clone()).key();
        !hash.is_unset() && cost_of(hash).is_ok_and(|cost| cost.key() != present)
    }

    async fn run<T: Send + 'static>(
        &self,
        turn: Turn,
        work: impl FnOnce(&mut Vec<Block>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.running(turn, work).await
    }

    /// Queues work at once; what it comes to can be waited for anywhere.
    fn running<T: Send + 'static>(
        &self,
        turn: Turn,
        work: impl FnOnce(&mut Vec<Block>) -> Result<T, Error> + Send + 'static,
    ) -> impl Future<Output = Result<T, Error>> + Send + 'static {
        let (sender, receiver) = oneshot::channel();
        let request = tracing::Span::current();
        let job: Job = Box::new(move |memory| {
            // Whoever went away meanwhile needs no hash.
            if !sender.is_closed() {
                let result = request.in_scope(|| catch_unwind(AssertUnwindSafe(|| work(memory))));
                let _ = sender.send(result);
            }
        });
        let full = || Error::Unavailable(Unavailable::HashQueueFull);
        let queued = self.queue.push(turn, job);
        async move {
            queued.map_err(|_| full())?;
            // One that is dropped made room for another. A panic ends the request that it belongs to, and nothing else.
            receiver.await.map_err(|_| full())?.unwrap_or_else(|panic| resume_unwind(panic))
        }
    }
}

impl Drop for Hasher {
    fn drop(&mut self) {
        self.queue.close();
    }
}

/// What a stored hash costs.
fn cost_of(hash: &PasswordHash) -> Result<Cost, Error> {
    match hash.is_bcrypt() {
        true => bcrypt_cost(hash.as_str()).map(Cost::Bcrypt).ok_or_else(|| Error::internal("a stored hash is damaged")),
        false => Ok(Cost::Argon2id(parse(hash)?.0)),
    }
}

/// The costs that remain to be paid by who has paid one.
fn others(costs: &[Cost], paid: Option<CostKey>) -> impl Iterator<Item = &Cost> {
    costs.iter().filter(move |cost| Some(cost.key()) != paid)
}

/// Computes a hash of some cost, for the time that it takes.
fn pay(cost: &Cost, password: &[u8], memory: &mut Vec<Block>) -> Result<(), Error> {
    match cost {
        Cost::Argon2id(params) => {
            let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
            compute(params, password, &[0; 16], &mut output, memory)?;
            black_box(output);
        }
        Cost::Bcrypt(cost) => drop(black_box(bcrypt::hash_with_salt(password, *cost, [0; 16]))),
    }
    Ok(())
}

fn work(queue: &HashQueue<Job>) {
    let mut memory = Vec::new();
    while let Some(job) = queue.pop() {
        job(&mut memory);
    }
}

fn hash(params: &Params, password: &Password, memory: &mut Vec<Block>) -> Result<PasswordHash, Error> {
    let salt = random_bytes::<16>()?;
    let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
    compute(params, password.as_bytes(), &salt, &mut output, memory)?;
    let phc = phc::PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params).map_err(Error::internal)?,
        salt: Some(Salt::new(&salt).map_err(Error::internal)?),
        hash: Some(Output::new(&output).map_err(Error::internal)?),
    };
    Ok(PasswordHash::from_phc(phc.to_string()))
}

fn verify(password: &Password, hash: &PasswordHash, memory: &mut Vec<Block>) -> Result<Fit, Error> {
    if hash.is_bcrypt() {
        // The old platform cut what was typed at 72 bytes; whatever is typed first counts whole from then on.
        return fit(password, |bytes| bcrypt::verify(bytes, hash.as_str()).map_err(Error::internal));
    }
    let (params, salt, expected) = parse(hash)?;
    let mut output = vec![0; expected.len()];
    fit(password, |bytes| {
        compute(&params, bytes, salt.as_ref(), &mut output, memory)?;
        Ok(output.ct_eq(expected.as_bytes()).into())
    })
}

/// How a password fits, as it is prepared, else as it was typed.
fn fit(password: &Password, mut fits: impl FnMut(&[u8]) -> Result<bool, Error>) -> Result<Fit, Error> {
    if fits(password.as_bytes())? {
        return Ok(Fit::Prepared);
    }
    match password.as_typed() {
        Some(typed) if fits(typed)? => Ok(Fit::AsTyped),
        _ => Ok(Fit::Not),
    }
}

/// Takes a stored hash apart: its costs win over the present settings.
fn parse(hash: &PasswordHash) -> Result<(Params, Salt, Output), Error> {
    let phc = phc::PasswordHash::new(hash.as_str()).map_err(Error::internal)?;
    let params = Params::try_from(&phc).map_err(Error::internal)?;
    match (phc.algorithm == Algorithm::Argon2id.ident(), phc.salt, phc.hash) {
        (true, Some(salt), Some(output)) => Ok((params, salt, output)),
        _ => Err(Error::internal("a stored password hash is not of argon2id")),
    }
}

fn compute(
    params: &Params,
    password: &[u8],
    salt: &[u8],
    output: &mut [u8],
    memory: &mut Vec<Block>,
) -> Result<(), Error> {
    if memory.len() < params.block_count() {
        memory.resize(params.block_count(), Block::default());
    }
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
        .hash_password_into_with_memory(password, salt, output, memory)
        .map_err(Error::internal)
}

/// Derives a key from a passphrase: argon2id with costs that never change, or the key would.
///
/// # Errors
/// If argon2 fails.
pub fn derive_key<const N: usize>(passphrase: &[u8], salt: &[u8]) -> Result<zeroize::Zeroizing<[u8; N]>, Error> {
    let params = Params::new(65_536, 3, 1, Some(N)).map_err(Error::internal)?;
    let mut key = zeroize::Zeroizing::new([0; N]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase, salt, &mut *key)
        .map_err(Error::internal)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(memory: u32) -> Params {
        Params::new(memory, 1, 1, None).unwrap()
    }

    #[test]
    fn only_the_same_password_fits_and_dirty_memory_does_not_matter() {
        let memory = &mut Vec::new();
        let password = Password::verbatim("secret");
        let stored = hash(&params(64), &password, memory).unwrap();
        hash(&params(256), &Password::verbatim("another"), memory).unwrap();
        assert_eq!(verify(&password, &stored, memory).unwrap(), Fit::Prepared);
        assert_eq!(verify(&Password::verbatim("Secret"), &stored, memory).unwrap(), Fit::Not);
        assert!(stored.as_str().starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{}", stored.as_str());
    }

    #[tokio::test]
    async fn whoever_is_refused_pays_every_cost_that_there_is_once() {
        let options =
            HashOptions { memory: 64, iterations: 1, parallelism: 1, threads: 1, queue: 4, on_thread_start: || {} };
        let hasher = Hasher::start(&options).unwrap();
        let front = |memory: u32, passes: u32| format!("$argon2id$v=19$m={memory},t={passes},p=1");
        // Dearer and cheaper than the present one, itself, one that nobody can have, and no hash at all.
        let mut stored = [256, 8, 64, u32::MAX].map(|memory| front(memory, 1)).to_vec();
        stored.extend([
            front(64, 3),
            "what?".to_owned(),
            "$2a$05".to_owned(),
            "$2b$05".to_owned(),
            "$2a$31".to_owned(),
        ]);
        hasher.note_costs(&stored);
        let costs = Arc::clone(&hasher.costs.read().unwrap());
        let all: Vec<_> = costs.iter().map(Cost::key).collect();
        let argon2id = |memory, passes| Cost::Argon2id(Params::new(memory, passes, 1, None).unwrap()).key();
        let expected = [argon2id(8, 1), argon2id(64, 1), argon2id(64, 3), argon2id(256, 1), Cost::Bcrypt(5).key()];
        assert_eq!(all, expected);
        for own in all.iter().copied().map(Some).chain([None]) {
            let mut paid: Vec<_> = others(&costs, own).map(Cost::key).chain(own).collect();
            paid.sort_unstable();
            assert_eq!(paid, all, "with {own:?} of one's own");
        }
        let turn = Turn::of_the_machine();
        let (secret, wrong) = (Password::verbatim("secret"), Password::verbatim("wrong"));
        let cheap = hash(&params(8), &secret, &mut Vec::new()).unwrap();
        assert_eq!(hasher.verify_in_like_time(turn, secret.clone(), Some(cheap.clone())).await.unwrap(), Fit::Prepared);
        let old = PasswordHash::from_phc(bcrypt::hash("secret", 5).unwrap());
        assert_eq!(hasher.verify_in_like_time(turn, secret.clone(), Some(old.clone())).await.unwrap(), Fit::Prepared);
        for hash in [Some(cheap.clone()), Some(old.clone()), None] {
            assert_eq!(hasher.verify_in_like_time(turn, wrong.clone(), hash).await.unwrap(), Fit::Not);
        }
        assert!(hasher.is_outdated(&old));
        assert!(hasher.is_outdated(&cheap) && !hasher.is_outdated(&hasher.hash(turn, secret).await.unwrap()));
    }

    #[tokio::test]
    async fn a_panic_in_a_hash_ends_its_request_and_no_thread() {
        let options =
            HashOptions { memory: 8, iterations: 1, parallelism: 1, threads: 1, queue: 4, on_thread_start: || {} };
        let hasher = Arc::new(Hasher::start(&options).unwrap());
        for _ in 0..3 {
            let request = Arc::clone(&hasher);
            let request =
                tokio::spawn(async move { request.run::<()>(Turn::of_the_machine(), |_| panic!("on purpose")).await });
            assert!(request.await.unwrap_err().is_panic());
        }
        let password = Password::verbatim("secret");
        let turn = Turn::of_the_machine();
        let hash = hasher.hash(turn, password.clone()).await.unwrap();
        assert_eq!(hasher.verify(turn, password, hash).await.unwrap(), Fit::Prepared);
    }

    #[test]
    fn our_hashes_are_those_of_the_reference_form() {
        use argon2::password_hash::PasswordVerifier;
        let stored = hash(&params(64), &Password::verbatim("secret"), &mut Vec::new()).unwrap();
        let phc = phc::PasswordHash::new(stored.as_str()).unwrap();
        assert!(Argon2::default().verify_password(b"secret", &phc).is_ok());
        assert!(Argon2::default().verify_password(b"other", &phc).is_err());
    }
}
