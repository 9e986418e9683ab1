//! `serve`.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::runtime::Builder;

use super::log::Log;
use super::notice::FirstPassword;
use super::{Failure, log, notice, output, panics};
use crate::config::{Config, resolve_process};
use crate::model::Clock;
use crate::operations::forget_first_password;
use crate::server::Service;

/// How long threads that wait for a disk are waited for at the end.
const LAST_THREADS: Duration = Duration::from_secs(2);

/// Starts the service, says how to reach it, and serves until the process is asked to end.
pub(super) fn serve(flags: BTreeMap<String, String>) -> Result<(), Failure> {
    let config = Config::of(&resolve_process(flags)?)?;
    run(&config, async |log| {
        let (service, started) = Service::start(&config, Clock::system(), log.lost()).await?;
        log.catch_up();
        let password = if output::is_terminal() { FirstPassword::Shown } else { FirstPassword::Stored };
        let said = output::write(&notice::text(&started, config.admin_given, password));
        if let (FirstPassword::Shown, Some(path), Ok(())) = (password, &started.made_password_file(), said) {
            forget_first_password(path)?;
        }
        Ok(service)
    })
}

/// Serves what `start` makes, until the process is asked to end.
pub(super) fn run(config: &Config, start: impl AsyncFnOnce(&Log) -> Result<Service, Failure>) -> Result<(), Failure> {
    let log = log::start(config)?;
    panics::log_them();
    config.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    let no_threads = |error| Failure::Other(format!("the threads of the service cannot be started: {error}"));
    let workers = Builder::new_multi_thread().enable_all().build().map_err(no_threads)?;
    // This thread is left to those who ask the service to end, and how it is.
    let watch = Builder::new_current_thread().enable_all().build().map_err(no_threads)?;
    let ended = watch.block_on(async { Ok(start(&log).await?.run(workers.handle()).await?) });
    watch.shutdown_background();
    workers.shutdown_timeout(LAST_THREADS);
    ended
}
