//! `mtu` and the like: what the kernel is to reckon with on a route.

use std::time::Duration;

use super::line::{Line, Refusal};
use crate::config::{
    Code, Diagnostic,
    build::{Builder, numbers::seconds},
    lexer::Word,
    model::{Metric, Metrics},
};

/// How a metric is written.
#[derive(Clone, Copy)]
enum Form {
    /// A number, up to this.
    Number(u64),
    /// A number in the kernel's unit, of which a millisecond has so many, or a time with `s` or
    /// `ms` behind it.
    Time(u32),
}

/// The keyword, its metric, its form, and whether `lock` may stand before the value.
const METRICS: [(&str, Metric, Form, bool); 14] = [
    ("mtu", Metric::Mtu, ANY, true),
    ("advmss", Metric::AdvMss, ANY, true),
    ("hoplimit", Metric::HopLimit, Form::Number(255), false),
    ("rtt", Metric::Rtt, Form::Time(8), true),
    ("rttvar", Metric::RttVar, Form::Time(4), true),
    ("rto_min", Metric::RtoMin, Form::Time(1), true),
    ("reordering", Metric::Reordering, ANY, true),
    ("window", Metric::Window, ANY, false),
    ("cwnd", Metric::Cwnd, ANY, true),
    ("ssthresh", Metric::SsThresh, ANY, true),
    ("initcwnd", Metric::InitCwnd, ANY, false),
    ("initrwnd", Metric::InitRwnd, ANY, false),
    ("quickack", Metric::QuickAck, Form::Number(1), false),
    ("fastopen_no_cookie", Metric::FastOpenNoCookie, Form::Number(1), false),
];

const ANY: Form = Form::Number(u32::MAX as u64);
/// `RTAX_FEATURE_ECN`
const ECN: u32 = 1;
/// The kernel's name has 16 bytes with its terminating zero (`TCP_CA_NAME_MAX`).
const LONGEST_CONGESTION_CONTROL: usize = 15;
/// What keepalived takes for a round trip, in milliseconds.
const SHORTEST: u32 = 200;
const LONGEST: u32 = 120_000;

impl Builder<'_> {
    /// Reads the metric called `keyword`; false if it is none.
    pub(super) fn metric(
        &mut self,
        keyword: &Word<'_>,
        line: &mut Line<'_, '_>,
        metrics: &mut Metrics,
    ) -> Result<bool, Refusal> {
        match &*keyword.text {
            "features" => {
                let value = line.value(keyword)?;
                if value.text != "ecn" {
                    return Err(Refusal::value(value, keyword, "`ecn`"));
                }
                metrics.values.insert(Metric::Features, ECN);
                return Ok(true);
            }
            "congctl" => {
                let is_locked = line.skip("lock");
                let value = line.value(keyword)?;
                if !(1..=LONGEST_CONGESTION_CONTROL).contains(&value.text.len()) {
                    return Err(Refusal::value(value, keyword, "a name of 1 to 15 bytes"));
                }
                metrics.congestion_control = Some((value.text.clone().into_owned(), is_locked));
                return Ok(true);
            }
            _ => {}
        }
        let Some(&(_, metric, form, may_lock)) =
            METRICS.iter().find(|(name, ..)| *name == keyword.text)
        else {
            return Ok(false);
        };
        if may_lock && line.skip("lock") {
            metrics.locked.insert(metric);
        }
        let value = match form {
            Form::Number(most) => line.number(keyword, most)?.try_into().unwrap_or(u32::MAX),
            Form::Time(units) => self.round_trip(keyword, line, units)?,
        };
        metrics.values.insert(metric, value);
        Ok(true)
    }

    /// A time in the kernel's unit, of which a millisecond has `units`.
    fn round_trip(
        &mut self,
        keyword: &Word<'_>,
        line: &mut Line<'_, '_>,
        units: u32,
    ) -> Result<u32, Refusal> {
        let word = line.value(keyword)?;
        let value = read_time(&word.text, units)
            .ok_or_else(|| Refusal::value(word, keyword, "a time such as `300ms`"))?;
        let within = value.clamp(SHORTEST * units, LONGEST * units);
        if within != value {
            self.sink.push(
                Diagnostic::warning(
                    Code::Routing,
                    word.span,
                    format!("`{}` is outside of 200 ms to 120 s", keyword.text),
                )
                .label(format!("{} ms is used", within / units))
                .help(format!(
                    "write a time with its unit, such as `300ms`; a bare number counts 1/{units} ms"
                ))
                .note("keepalived does the same"),
            );
        }
        Ok(within)
    }
}

fn read_time(text: &str, units: u32) -> Option<u32> {
    let lower = text.to_ascii_lowercase();
    let suffixes = ["msecs", "msec", "ms", "secs", "sec", "s"];
    let Some(suffix) = suffixes.into_iter().find(|suffix| lower.ends_with(suffix)) else {
        return text.parse().ok();
    };
    let amount = lower.strip_suffix(suffix)?;
    // The same digits, read as seconds.
    let amount = seconds(amount, &(Duration::ZERO..=Duration::from_secs(1_000_000))).ok()?;
    let millis = if suffix.starts_with('m') { amount / 1000 } else { amount };
    let value = millis.checked_mul(units)?.as_micros() / 1000;
    u32::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::read_time;

    #[test]
    fn times_have_units_or_are_the_kernels() {
        for (text, units, expected) in [
            ("1600", 8, Some(1600)),
            ("300ms", 8, Some(2400)),
            ("0.5s", 4, Some(2000)),
            ("1sec", 1, Some(1000)),
            ("1.5msec", 8, Some(12)),
            ("1S", 1, Some(1000)),
            ("s", 8, None),
            ("x", 8, None),
            ("-1ms", 8, None),
        ] {
            assert_eq!(read_time(text, units), expected, "{text}");
        }
    }
}
