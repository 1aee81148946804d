//! What a scenario has to say, for people and for programs.

use std::fmt::{self, Display};

use serde::Serialize;
use serde_json::Value;

use super::plot::Plot;

/// The outcome of a scenario.
#[derive(Debug, Serialize)]
pub(crate) struct Chapter {
    /// Heading.
    #[serde(skip)]
    pub(crate) title: &'static str,
    /// How it was measured.
    #[serde(skip)]
    pub(crate) method: &'static str,
    /// For people.
    #[serde(skip)]
    pub(crate) tables: Vec<Table>,
    /// For people.
    #[serde(skip)]
    pub(crate) plots: Vec<Plot>,
    /// What was to be reached.
    #[serde(skip)]
    pub(crate) targets: Vec<Target>,
    /// For programs: the scenario's own types.
    pub(crate) results: Value,
}

impl Chapter {
    /// Begins one with the results in the scenario's own types.
    pub(crate) fn new(
        title: &'static str,
        method: &'static str,
        results: &impl Serialize,
    ) -> serde_json::Result<Self> {
        Ok(Self {
            title,
            method,
            tables: Vec::new(),
            plots: Vec::new(),
            targets: Vec::new(),
            results: serde_json::to_value(results)?,
        })
    }
}

/// A table.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) head: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub(crate) fn new(head: &[&str]) -> Self {
        Self { head: head.iter().map(|it| (*it).to_owned()).collect(), rows: Vec::new() }
    }

    /// With one more row.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }
}

/// A figure that was to be reached.
#[derive(Debug, Serialize)]
pub(crate) struct Target {
    /// What is measured.
    pub(crate) what: String,
    /// What is wanted.
    pub(crate) goal: String,
    /// What we have.
    pub(crate) ours: String,
    /// What keepalived, or whatever the goal names, has in this run.
    pub(crate) against: String,
    /// Whether it was reached.
    pub(crate) reached: bool,
    /// Why not.
    pub(crate) remark: String,
}

impl Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, goal, ours, against, reached, .. } = self;
        let verdict = if *reached { "reached" } else { "missed" };
        write!(formatter, "{verdict}: {what}: {ours} (wanted: {goal}; against: {against})")
    }
}

impl Target {
    /// A target with a remark that is only made if it was missed.
    pub(crate) fn new(
        what: &str,
        goal: &str,
        ours: impl Display,
        against: impl Display,
        reached: bool,
        remark: &str,
    ) -> Self {
        Self {
            what: what.to_owned(),
            goal: goal.to_owned(),
            ours: ours.to_string(),
            against: against.to_string(),
            reached,
            remark: if reached { String::new() } else { remark.to_owned() },
        }
    }
}
