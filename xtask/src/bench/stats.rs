//! Measurements with their units, and summaries of them.

use std::{fmt, marker::PhantomData, time::Duration};

use serde::{Serialize, Serializer, ser::SerializeStruct as _};

/// A unit, as a type.
pub(crate) trait Unit {
    /// How it is written.
    const NAME: &'static str;
    /// Digits behind the point worth showing.
    const DIGITS: usize;
}

macro_rules! unit {
    ($($(#[$meta:meta])* $unit:ident = $name:literal, $digits:literal;)+) => {
        $($(#[$meta])* #[derive(Clone, Copy, Debug)] pub(crate) enum $unit {}
        impl Unit for $unit {
            const NAME: &'static str = $name;
            const DIGITS: usize = $digits;
        })+
    };
}

unit! {
    /// Milliseconds.
    Millis = "ms", 3;
    /// Microseconds.
    Micros = "µs", 2;
    /// Nanoseconds.
    Nanos = "ns", 0;
    /// Per second.
    PerSecond = "/s", 0;
    /// Hundredths of one processor.
    CorePercent = "% of a core", 2;
    /// Gigabits per second.
    Gigabits = "Gbit/s", 2;
    /// Megabytes (10^6 bytes).
    Megabytes = "MB", 1;
    /// A number of things.
    Count = "", 0;
}

/// A measurement.
#[derive(Debug)]
pub(crate) struct Figure<U> {
    value: f64,
    unit: PhantomData<U>,
}

impl<U> Clone for Figure<U> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<U> Copy for Figure<U> {}

impl<U: Unit> Figure<U> {
    /// Takes a number in the unit.
    pub(crate) const fn new(value: f64) -> Self {
        Self { value, unit: PhantomData }
    }

    /// The number in the unit.
    pub(crate) const fn get(self) -> f64 {
        self.value
    }
}

impl Figure<Millis> {
    /// Takes a span.
    pub(crate) fn span(span: Duration) -> Self {
        Self::new(span.as_secs_f64() * 1e3)
    }

    /// Takes nanoseconds.
    #[expect(clippy::cast_precision_loss, reason = "spans of seconds")]
    pub(crate) fn nanos(nanos: i64) -> Self {
        Self::new(nanos as f64 / 1e6)
    }
}

impl<U: Unit> Serialize for Figure<U> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Figure", 2)?;
        out.serialize_field("unit", U::NAME)?;
        out.serialize_field("value", &rounded(self.value))?;
        out.end()
    }
}

impl<U: Unit> fmt::Display for Figure<U> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", with_unit::<U>(&number(self.value, U::DIGITS)))
    }
}

/// A sample, summed up.
#[derive(Debug)]
pub(crate) struct Summary<U> {
    /// How many measurements.
    pub(crate) count: usize,
    /// The arithmetic mean.
    pub(crate) mean: Figure<U>,
    /// The least.
    pub(crate) least: Figure<U>,
    /// Half are below.
    pub(crate) median: Figure<U>,
    /// 99 of 100 are below.
    pub(crate) p99: Figure<U>,
    /// The greatest.
    pub(crate) worst: Figure<U>,
}

impl<U: Unit> Summary<U> {
    /// `None` for an empty sample.
    #[expect(clippy::cast_precision_loss, reason = "samples are small")]
    pub(crate) fn of(sample: &[f64]) -> Option<Self> {
        let mut sample = sample.to_vec();
        sample.sort_by(f64::total_cmp);
        let last = sample.len().checked_sub(1)?;
        let at = |hundredths: usize| {
            sample.get((last * hundredths).div_ceil(100)).copied().map(Figure::new)
        };
        Some(Self {
            count: sample.len(),
            mean: Figure::new(sample.iter().sum::<f64>() / sample.len() as f64),
            least: at(0)?,
            median: at(50)?,
            p99: at(99)?,
            worst: at(100)?,
        })
    }
}

impl<U: Unit> Serialize for Summary<U> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Summary", 7)?;
        out.serialize_field("unit", U::NAME)?;
        out.serialize_field("count", &self.count)?;
        for (name, figure) in [
            ("mean", self.mean),
            ("least", self.least),
            ("median", self.median),
            ("p99", self.p99),
            ("worst", self.worst),
        ] {
            out.serialize_field(name, &rounded(figure.get()))?;
        }
        out.end()
    }
}

/// `median / p99 / worst unit (count)`.
impl<U: Unit> fmt::Display for Summary<U> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [median, p99, worst] =
            [self.median, self.p99, self.worst].map(|it| number(it.get(), U::DIGITS));
        write!(
            formatter,
            "{} ({})",
            with_unit::<U>(&format!("{median} / {p99} / {worst}")),
            self.count
        )
    }
}

fn with_unit<U: Unit>(number: &str) -> String {
    match U::NAME {
        "" => number.to_owned(),
        "/s" => format!("{number}/s"),
        name => format!("{number} {name}"),
    }
}

/// With thousands set apart.
pub(crate) fn number(value: f64, digits: usize) -> String {
    let plain = format!("{value:.digits$}");
    let (sign, plain) = plain.strip_prefix('-').map_or(("", plain.as_str()), |rest| ("-", rest));
    let (whole, rest) = plain.split_at(plain.find('.').unwrap_or(plain.len()));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let zero = format!("{grouped}{rest}").chars().all(|it| matches!(it, '0' | '.' | ','));
    format!("{}{grouped}{rest}", if zero { "" } else { sign })
}

/// Digits beyond these say nothing.
fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_of_the_sorted_sample() {
        let sample: Vec<f64> = (0..=100).rev().map(f64::from).collect();
        let summary = Summary::<Millis>::of(&sample).unwrap();
        assert_eq!(summary.count, 101);
        let figures = [summary.least, summary.mean, summary.median, summary.p99, summary.worst];
        assert!(
            figures
                .iter()
                .zip([0.0, 50.0, 50.0, 99.0, 100.0])
                .all(|(it, to)| (it.get() - to).abs() < 1e-9)
        );
        assert!(Summary::<Millis>::of(&[]).is_none());
    }

    #[test]
    fn numbers_are_read_at_a_glance() {
        assert_eq!(number(1_234_567.8, 0), "1,234,568");
        assert_eq!(number(-0.0004, 3), "0.000");
        assert_eq!(number(-1_234.5, 1), "-1,234.5");
        assert_eq!(Figure::<Millis>::new(0.1234).to_string(), "0.123 ms");
        assert_eq!(Figure::<PerSecond>::new(10_000.0).to_string(), "10,000/s");
    }
}
