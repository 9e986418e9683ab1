//! Random data and random queries: every list answers as section 7 of the contract says, evaluated here once more,
//! item by item, on what the service shows of each.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};

use asked::{Part, part};
use contract::evaluate;
use data::Data;

pub mod asked;
pub mod contract;
mod data;

/// Worlds of random data, and the queries asked of each of their lists.
const WORLDS: u32 = 6;
const QUERIES: u32 = 40;

/// Text that is easily confused with other text.
const WORDS: [&str; 30] = [
    "a", "A1", "a01", "a10", "A9", "b", "BR0001", "br2", "João", "joao", "JOÃO", "Joa", "É", "e", "ß", "9", "10",
    "010", "1e1", "-3", "0.5", "a*b", "100%", "x_y", "a,b", "a b", "'", "née 2b", "Née 10a", "ﬁ",
];

/// The fields of a child; of one in a family's list, the first nine.
const CHILD: [&str; 11] = [
    "id",
    "username",
    "institution_id",
    "last_login",
    "gender",
    "age",
    "age_calc_date",
    "last_sync",
    "fitbit_status",
    "nfc_tag",
    "tag_ass_time",
];

#[test]
fn every_list_answers_random_queries_as_the_contract_words_them() {
    let config = Config { rng_seed: seed(), failure_persistence: None, ..Config::default() };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut runner = TestRunner::new(config.clone());
    let (mut some, mut none) = (0_u32, 0_u32);
    for _ in 0..WORLDS {
        let data = runtime.block_on(Data::new(&mut runner));
        for listing in &data.listings {
            let mut cases = TestRunner::new(Config { cases: QUERIES, ..config.clone() });
            let counts = std::cell::Cell::new((0, 0));
            let query = prop::collection::vec(part(), 0..4);
            let outcome = cases.run(&query, |mut query| {
                // On users the institution is asked by id alone, which `Part::Institution` does.
                query.retain(|part| !listing.of_users || !matches!(part, Part::Filter("institution_id", _)));
                let url = listing.url(&query, &data.institutions);
                let (ids, total) = evaluate(listing, &query, &data.institutions, data.today);
                let reply = runtime.block_on(listing.client.get(&url));
                prop_assert_eq!(reply.status, 200, "{}: {}", url, reply.text);
                let found: Vec<_> =
                    reply.body.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
                prop_assert_eq!(&found, &ids, "{}\nof {:#?}", url, listing.items);
                let counted = reply.header("x-total-count").map(|count| count.parse().unwrap());
                prop_assert_eq!(counted, Some(total), "{}", url);
                let (some, none) = counts.get();
                counts.set(if total > 0 { (some + 1, none) } else { (some, none + 1) });
                Ok::<(), TestCaseError>(())
            });
            outcome.unwrap_or_else(|failure| panic!("{:?}: {failure}", config.rng_seed));
            some += counts.get().0;
            none += counts.get().1;
        }
    }
    assert!(some > 400 && none > 400, "queries find something ({some}) and nothing ({none})");
}

/// Random, or what `QUERIES_SEED` says.
fn seed() -> RngSeed {
    #[expect(clippy::disallowed_methods, reason = "a test is steered from outside")]
    let chosen = std::env::var("QUERIES_SEED").ok().map(|seed| seed.parse().unwrap());
    RngSeed::Fixed(chosen.unwrap_or_else(|| std::time::UNIX_EPOCH.elapsed().unwrap().subsec_nanos().into()))
}
