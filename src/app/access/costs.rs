//! What password hashes cost: those of argon2id, and those of bcrypt that came from the old platform.

use argon2::Params;
use argon2::password_hash::phc;
use bcrypt::HashParts;

/// The most memory of a hash, in KiB, that the settings allow: one that wants more is none of ours.
const MOST_MEMORY: u32 = 1 << 20;
/// The highest cost of bcrypt that is taken: about a second. The old platform used 10.
pub(in crate::app) const MOST_ROUNDS: u32 = 14;

/// What a hash costs.
#[derive(Debug, Clone)]
pub(in crate::app::access) enum Cost {
    /// Of our own.
    Argon2id(Params),
    /// Of the old platform: twice as much with each step.
    Bcrypt(u32),
}

/// Equal for equal costs.
pub(in crate::app::access) type CostKey = (bool, u32, u32, u32);

impl Cost {
    /// The cost in what stands in front of a hash's salt; nothing if it is none that is computed here.
    pub(in crate::app::access) fn of_front(front: &str) -> Option<Self> {
        if let Some(cost) = front.strip_prefix("$2") {
            let cost = cost.get(2..).and_then(|cost| cost.parse().ok());
            return cost.filter(|cost| (4..=MOST_ROUNDS).contains(cost)).map(Self::Bcrypt);
        }
        let phc = phc::PasswordHash::new(front).ok()?;
        Params::try_from(&phc).ok().filter(|params| params.m_cost() <= MOST_MEMORY).map(Self::Argon2id)
    }

    /// Memory, passes and lanes; or the steps of bcrypt.
    pub(in crate::app::access) fn key(&self) -> CostKey {
        match self {
            Self::Argon2id(params) => (false, params.m_cost(), params.t_cost(), params.p_cost()),
            Self::Bcrypt(cost) => (true, *cost, 0, 0),
        }
    }
}

/// The cost of a hash of bcrypt; nothing if it is none, or one too dear to compute for everybody.
pub(in crate::app) fn bcrypt_cost(hash: &str) -> Option<u32> {
    let known = ["$2a$", "$2b$", "$2y$"].iter().any(|prefix| hash.starts_with(prefix));
    let cost = hash.parse::<HashParts>().ok()?.get_cost();
    (known && (4..=MOST_ROUNDS).contains(&cost)).then_some(cost)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_hashes_of_bearable_costs_are_taken() {
        let hash = |front: &str| format!("{front}{}", "a".repeat(21) + "." + &"b".repeat(30) + ".");
        for (front, cost) in [("$2a$10$", Some(10)), ("$2b$04$", Some(4)), ("$2y$14$", Some(14))] {
            assert_eq!(bcrypt_cost(&hash(front)), cost, "{front}");
            assert_eq!(Cost::of_front(&front[..6]).map(|cost| cost.key()), cost.map(|cost| (true, cost, 0, 0)));
        }
        for front in ["$2x$10$", "$2a$03$", "$2a$15$", "$2a$31$", "$2a$1$0", "$1$"] {
            assert_eq!(bcrypt_cost(&hash(front)), None, "{front}");
        }
        let whole = hash("$2a$10$");
        for bad in [&whole[..59], "", "*", "secret", &whole.replace('b', "!"), &format!("{whole}a")] {
            assert_eq!(bcrypt_cost(bad), None, "{bad}");
        }
        for front in ["", "$2", "$2a$", "$2a$\u{e9}", "$2\u{e9}"] {
            assert!(Cost::of_front(front).is_none(), "{front}");
        }
    }
}
