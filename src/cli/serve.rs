//! `serve`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;

use tracing_subscriber::EnvFilter;

use super::{Failure, notice, output, panics};
use crate::config::{Config, LogFormat, resolve_process};
use crate::model::Clock;
use crate::server::{FirstPassword, Service};

/// Starts the service, says how to reach it, and serves until the process is asked to end.
pub(super) fn serve(flags: BTreeMap<String, String>) -> Result<(), Failure> {
    let config = Config::of(&resolve_process(flags)?)?;
    run(&config, async || {
        let password = if output::is_terminal() { FirstPassword::Shown } else { FirstPassword::Stored };
        let (service, started) = Service::start(&config, Clock::system(), password).await?;
        output::print(&notice::text(&started, config.admin_given));
        Ok(service)
    })
}

/// Serves what `start` makes, until the process is asked to end.
pub(super) fn run(config: &Config, start: impl AsyncFnOnce() -> Result<Service, Failure>) -> Result<(), Failure> {
    start_log(config)?;
    panics::log_them();
    config.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Other(format!("the threads of the service cannot be started: {error}")))?;
    runtime.block_on(async { Ok(start().await?.run().await?) })
}

fn start_log(config: &Config) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&config.log)
        .map_err(|error| Failure::Other(format!("--log is \"{}\", which is no filter: {error}", config.log)))?;
    // A line is written by one call of the system: threads need no lock to keep their lines apart.
    let output = io::stdout().as_fd().try_clone_to_owned();
    let output = output.map_err(|error| {
        Failure::Other(format!(
            "the log cannot be written to standard output: {error}. If too many files are open, raise their limit"
        ))
    })?;
    let log =
        tracing_subscriber::fmt().with_env_filter(filter).with_target(false).with_writer(Arc::new(File::from(output)));
    match config.log_format {
        LogFormat::Text => log.with_ansi(output::is_terminal()).init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
    Ok(())
}
