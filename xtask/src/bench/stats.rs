//! Summaries of measurements.

use serde::Serialize;

/// A sample, summed up.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Summary {
    /// How many measurements.
    pub(crate) count: usize,
    /// The least.
    pub(crate) min: f64,
    /// Half are below.
    pub(crate) median: f64,
    /// 99 of 100 are below.
    pub(crate) p99: f64,
    /// The greatest.
    pub(crate) max: f64,
}

impl Summary {
    /// `None` for an empty sample.
    pub(crate) fn of(mut sample: Vec<f64>) -> Option<Self> {
        sample.sort_by(f64::total_cmp);
        let last = sample.len().checked_sub(1)?;
        let at = |hundredths: usize| sample.get((last * hundredths).div_ceil(100)).copied();
        Some(Self {
            count: sample.len(),
            min: at(0)?,
            median: at(50)?,
            p99: at(99)?,
            max: at(100)?,
        })
    }
}
