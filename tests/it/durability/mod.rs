//! What was acknowledged is there, whatever happens: kills, power cuts, faults of the disk, backups and restores.
//!
//! These run short here. Long: `DURABILITY_KILLS=500 cargo test --test it killed`,
//! `DURABILITY_POINTS=10000 cargo test --test it power_cut`, `DURABILITY_RESTORES=200 cargo test --test it
//! durability::restore`, `DURABILITY_WEARABLES=100 cargo test --test it durability::wearables`, and
//! `DURABILITY_BACKUPS=50 cargo test --release --test it durability::backup`; with `-- --nocapture` they print what
//! they counted.

#![expect(clippy::print_stdout, reason = "the long forms are run for their figures")]

mod backup;
mod clock;
mod faults;
mod first_admin;
mod folder;
mod kill;
mod power_cut;
mod restore;
mod silent;
mod unchanged;
mod uploads;
mod vfs;
mod wearables;

/// How much of something to do: what the variable says, or else little.
fn extent(variable: &str, short: usize) -> usize {
    #[expect(clippy::disallowed_methods, reason = "a setting of the test program, not of the service")]
    let given = std::env::var(variable).ok();
    given.map_or(short, |text| text.parse().unwrap_or_else(|_| panic!("{variable} is a number, not {text}")))
}
