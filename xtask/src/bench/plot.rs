//! Plots as SVG: lines over two axes, either of which may be logarithmic.

use std::fmt::Write as _;

use super::stats::number;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = 170.0;
const TOP: f64 = 42.0;
const BOTTOM: f64 = 52.0;
/// Told apart by everybody (Okabe and Ito), and legible on white.
const COLOURS: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"];

/// A plot.
#[derive(Debug)]
pub(crate) struct Plot {
    /// Name of the file, without its ending.
    pub(crate) file: &'static str,
    pub(crate) title: String,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    pub(crate) lines: Vec<Line>,
}

/// An axis.
#[derive(Debug)]
pub(crate) struct Axis {
    pub(crate) label: String,
    pub(crate) logarithmic: bool,
}

/// A line with its name.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) name: String,
    /// Colours go by this: the same thing has the same colour in all plots.
    pub(crate) colour: usize,
    pub(crate) dashed: bool,
    pub(crate) points: Vec<(f64, f64)>,
}

impl Axis {
    /// An axis in equal steps.
    pub(crate) fn linear(label: &str) -> Self {
        Self { label: label.to_owned(), logarithmic: false }
    }

    /// An axis in powers of ten.
    pub(crate) fn logarithmic(label: &str) -> Self {
        Self { label: label.to_owned(), logarithmic: true }
    }
}

/// The part of a sample that is at most so much, as a line.
#[expect(clippy::cast_precision_loss, reason = "samples are small")]
pub(crate) fn cumulative(sample: &[f64]) -> Vec<(f64, f64)> {
    let mut sample = sample.to_vec();
    sample.sort_by(f64::total_cmp);
    let all = sample.len() as f64;
    let mut points = Vec::new();
    for (index, value) in sample.into_iter().enumerate() {
        points.push((value, index as f64 / all));
        points.push((value, (index + 1) as f64 / all));
    }
    points
}

/// How an axis is laid out.
struct Scale {
    low: f64,
    high: f64,
    logarithmic: bool,
    from: f64,
    to: f64,
}

impl Scale {
    fn of(values: impl Iterator<Item = f64>, logarithmic: bool, from: f64, to: f64) -> Self {
        let values: Vec<f64> = values.filter(|it| !logarithmic || *it > 0.0).collect();
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (low, high) = if !least.is_finite() {
            (0.0, 1.0)
        } else if logarithmic {
            (10_f64.powf(least.log10().floor()), 10_f64.powf(most.log10().ceil()))
        } else {
            (least.min(0.0), most)
        };
        let high = if high > low { high } else { low + 1.0 };
        Self { low, high, logarithmic, from, to }
    }

    fn place(&self, value: f64) -> f64 {
        let part = if self.logarithmic {
            let value = value.max(self.low);
            (value / self.low).log10() / (self.high / self.low).log10()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        self.from + part * (self.to - self.from)
    }

    fn ticks(&self) -> Vec<f64> {
        let mut ticks = Vec::new();
        if self.logarithmic {
            let mut tick = self.low;
            while tick <= self.high * 1.000_1 && ticks.len() < 20 {
                ticks.push(tick);
                tick *= 10.0;
            }
            return ticks;
        }
        let step = step((self.high - self.low) / 5.0);
        let mut tick = (self.low / step).ceil() * step;
        while tick <= self.high + step * 1e-6 && ticks.len() < 20 {
            ticks.push(tick);
            tick += step;
        }
        ticks
    }

    fn label(&self, tick: f64) -> String {
        let size = if self.logarithmic { tick } else { step((self.high - self.low) / 5.0) };
        let digits = if size >= 1.0 {
            0
        } else if size >= 0.1 {
            1
        } else if size >= 0.01 {
            2
        } else {
            3
        };
        number(tick, digits)
    }
}

/// 1, 2 or 5 times a power of ten, near this.
fn step(rough: f64) -> f64 {
    let power = 10_f64.powf(rough.log10().floor());
    let factor = match rough / power {
        it if it < 1.5 => 1.0,
        it if it < 3.5 => 2.0,
        it if it < 7.5 => 5.0,
        _ => 10.0,
    };
    factor * power
}

impl Plot {
    /// The file.
    pub(crate) fn svg(&self) -> String {
        let points = || self.lines.iter().flat_map(|line| &line.points);
        let x = Scale::of(points().map(|it| it.0), self.x.logarithmic, LEFT, WIDTH - RIGHT);
        let y = Scale::of(points().map(|it| it.1), self.y.logarithmic, HEIGHT - BOTTOM, TOP);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
             width=\"{WIDTH}\" height=\"{HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
        );
        text(&mut svg, (LEFT, 24.0), "start", "font-size=\"15\"", &self.title);
        let (bottom, right) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
        for tick in x.ticks() {
            let at = x.place(tick);
            stroke(&mut svg, (at, TOP), (at, bottom), "#ddd");
            text(&mut svg, (at, bottom + 18.0), "middle", "", &x.label(tick));
        }
        for tick in y.ticks() {
            let at = y.place(tick);
            stroke(&mut svg, (LEFT, at), (right, at), "#ddd");
            text(&mut svg, (LEFT - 8.0, at + 4.0), "end", "", &y.label(tick));
        }
        stroke(&mut svg, (LEFT, bottom), (right, bottom), "#333");
        stroke(&mut svg, (LEFT, TOP), (LEFT, bottom), "#333");
        text(&mut svg, (f64::midpoint(LEFT, right), HEIGHT - 12.0), "middle", "", &self.x.label);
        let middle = f64::midpoint(TOP, bottom);
        let turned = format!("transform=\"rotate(-90 16 {middle})\"");
        text(&mut svg, (16.0, middle), "middle", &turned, &self.y.label);
        for (index, line) in (0_u8..).zip(&self.lines) {
            let dash = if line.dashed { " stroke-dasharray=\"6 4\"" } else { "" };
            let colour = COLOURS.get(line.colour % COLOURS.len()).unwrap_or(&"black");
            let mut path = String::new();
            for (a, b) in &line.points {
                let _ = write!(path, "{:.1},{:.1} ", x.place(*a), y.place(*b));
            }
            let style = format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{dash}");
            let _ = writeln!(svg, "<polyline points=\"{}\" {style}/>", path.trim_end());
            let (at, beside) = (TOP + 10.0 + 20.0 * f64::from(index), right + 12.0);
            let _ = writeln!(
                svg,
                "<polyline points=\"{beside},{at} {},{at}\" {style}/>",
                beside + 24.0
            );
            text(&mut svg, (beside + 30.0, at + 4.0), "start", "", &line.name);
        }
        svg.push_str("</svg>\n");
        svg
    }
}

fn stroke(svg: &mut String, from: (f64, f64), to: (f64, f64), colour: &str) {
    let _ = writeln!(
        svg,
        "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{colour}\"/>",
        from.0, from.1, to.0, to.1
    );
}

fn text(svg: &mut String, at: (f64, f64), anchor: &str, more: &str, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\" fill=\"#333\" {more}>{words}</text>",
        at.0, at.1
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        for (rough, wanted) in [(0.13, 0.1), (2.4, 2.0), (46.0, 50.0), (0.9, 1.0)] {
            assert!((step(rough) - wanted).abs() < 1e-9, "{rough}");
        }
    }

    #[test]
    fn a_cumulative_line_rises_to_one() {
        let line = cumulative(&[3.0, 1.0]);
        assert_eq!(line, [(1.0, 0.0), (1.0, 0.5), (3.0, 0.5), (3.0, 1.0)]);
    }

    #[test]
    fn a_plot_shows_every_line_and_no_markup_of_names() {
        let line = |name: &str| Line {
            name: name.to_owned(),
            colour: 0,
            dashed: true,
            points: vec![(1.0, 10.0), (100.0, 0.0)],
        };
        let plot = Plot {
            file: "test",
            title: "a < b".to_owned(),
            x: Axis::logarithmic("x"),
            y: Axis::linear("y"),
            lines: vec![line("one"), line("two")],
        };
        let svg = plot.svg();
        assert!(svg.contains("a &lt; b") && svg.contains(">one<") && svg.contains(">two<"));
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }
}
