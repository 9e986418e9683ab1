//! What was measured, for people and for programs.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use super::Failure;
use super::wrk::Seen;

/// What a ratio is to be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Goal {
    AtLeast(f64),
    AtMost(f64),
    None,
}

/// One line of the table.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) goal: Goal,
    /// Of each round.
    pub(crate) ratios: Vec<f64>,
    /// The service's side in absolute figures, and its processor time for each answer.
    pub(crate) seen: Vec<(Seen, Duration)>,
}

/// All of it.
#[derive(Default)]
pub(crate) struct Table {
    pub(crate) rows: Vec<Row>,
    pub(crate) facts: Vec<(String, String)>,
}

/// What a person who waits wants to know; nothing in a pipe.
pub(crate) fn progress(text: &str) {
    let mut terminal = std::io::stderr();
    if terminal.is_terminal() {
        let _ = write!(terminal, "\r\x1b[2K{text}");
        let _ = terminal.flush();
    }
}

/// What a person must know.
pub(crate) fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

pub(crate) fn median<T: Copy>(values: &[T], order: impl Fn(&T, &T) -> std::cmp::Ordering) -> Option<T> {
    let mut sorted = values.to_vec();
    sorted.sort_by(order);
    sorted.get(sorted.len() / 2).copied()
}

impl Row {
    fn median(&self) -> f64 {
        median(&self.ratios, f64::total_cmp).unwrap_or(f64::NAN)
    }

    /// Answers that were no success.
    fn errors(&self) -> u64 {
        self.seen.iter().map(|(seen, _)| seen.errors).sum()
    }

    fn verdict(&self) -> (&'static str, String) {
        // Whoever refuses is fast.
        let sound = self.errors() == 0;
        let said = |good| if good && sound { "ok" } else { "MISSED" };
        match self.goal {
            Goal::AtLeast(goal) => (said(self.median() >= goal), format!(">= {goal}")),
            Goal::AtMost(goal) => (said(self.median() <= goal), format!("<= {goal}")),
            Goal::None => ("", String::new()),
        }
    }

    fn bounds(&self) -> (f64, f64) {
        let least = self.ratios.iter().copied().fold(f64::INFINITY, f64::min);
        (least, self.ratios.iter().copied().fold(f64::NEG_INFINITY, f64::max))
    }

    /// Of the median round: percentiles, processor time for each answer, and all errors.
    fn figures(&self) -> Option<(f64, Duration, Duration, Duration, u64)> {
        let (seen, processor) = median(&self.seen, |one, other| one.0.rate.total_cmp(&other.0.rate))?;
        Some((seen.rate, seen.p50, seen.p99, processor, self.errors()))
    }
}

impl Table {
    pub(crate) fn fact(&mut self, name: &str, value: impl Into<String>) {
        self.facts.push((name.to_owned(), value.into()));
    }

    /// Answers that were no success, in all rows.
    pub(crate) fn errors(&self) -> u64 {
        self.rows.iter().map(Row::errors).sum()
    }

    pub(crate) fn print(&self) -> Result<(), Failure> {
        progress("");
        let mut out = std::io::stdout().lock();
        writeln!(
            out,
            "| ratio of the service to the bare part | goal | median | min | max | | p50 | p99 | CPU each |"
        )?;
        writeln!(out, "|---|---|---|---|---|---|---|---|---|")?;
        for row in &self.rows {
            let (verdict, goal) = row.verdict();
            let (least, most) = row.bounds();
            let figures = row.figures().map_or_else(
                || " | | ".to_owned(),
                |(_, p50, p99, each, errors)| {
                    let errors = if errors == 0 { String::new() } else { format!(" ({errors} errors)") };
                    format!("{p50:.1?} | {p99:.1?} | {each:.1?}{errors}")
                },
            );
            let name = &row.name;
            writeln!(
                out,
                "| {name} | {goal} | {:.3} | {least:.3} | {most:.3} | {verdict} | {figures} |",
                row.median()
            )?;
        }
        writeln!(out)?;
        for (name, value) in &self.facts {
            writeln!(out, "{name}: {value}")?;
        }
        Ok(())
    }

    pub(crate) fn print_json(&self) -> Result<(), Failure> {
        progress("");
        let rows: Vec<_> = self
            .rows
            .iter()
            .map(|row| {
                let (verdict, goal) = row.verdict();
                let figures = row.figures().map(|(rate, p50, p99, each, errors)| {
                    serde_json::json!({
                        "answers_per_second": rate, "p50_us": p50.as_micros(), "p99_us": p99.as_micros(),
                        "processor_us": each.as_secs_f64() * 1e6, "errors": errors,
                    })
                });
                serde_json::json!({
                    "name": row.name, "goal": goal, "verdict": verdict, "median": row.median(),
                    "ratios": row.ratios, "service": figures,
                })
            })
            .collect();
        let facts: serde_json::Map<_, _> =
            self.facts.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
        writeln!(std::io::stdout(), "{}", serde_json::json!({"rows": rows, "facts": facts}))?;
        Ok(())
    }
}
