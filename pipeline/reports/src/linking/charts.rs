//! The drawings of the page: SVG within it, each with its meaning in words.

use maud::{Markup, html};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 240.0;
/// Room for the writing below and at the left.
const BELOW: f64 = 36.0;
const LEFT: f64 = 56.0;

/// Pairs by weight, those that are links in another colour. Heights are logarithms: there are thousands of times as
/// many pairs of strangers as links.
pub(super) fn histogram(bins: &[(i32, u64)], threshold: f64) -> Markup {
    let (Some((first, _)), Some((last, _))) = (bins.first(), bins.last()) else {
        return html! { p { "No pair was scored." } };
    };
    let (first, last) = (f64::from(*first), f64::from(*last) + 1.0);
    let most = bins.iter().map(|(_, pairs)| *pairs).max().unwrap_or(1).max(1);
    let across = |bits: f64| LEFT + (bits - first) / (last - first) * (WIDTH - LEFT);
    let high = |pairs: u64| (1.0 + pairs as f64).log10() / (1.0 + most as f64).log10() * (HEIGHT - BELOW);
    let floor = HEIGHT - BELOW;
    let labels = (-20..=20)
        .map(|tens| f64::from(tens * 10))
        .filter(|bits| (first..=last).contains(bits));
    html! {
        figure {
            svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" style="max-width:45rem;width:100%"
                aria-label=(format!("Pairs by weight, from {first} to {last} bits; links are those from {threshold:.1} bits on.")) {
                @for (bits, pairs) in bins.iter().filter(|(_, pairs)| *pairs > 0) {
                    @let is_link = f64::from(*bits) + 0.5 >= threshold;
                    @let left = across(f64::from(*bits));
                    @let width = (across(f64::from(*bits) + 1.0) - left - 1.0).max(0.5);
                    rect x=(figure(left)) y=(figure(floor - high(*pairs))) width=(figure(width))
                        height=(figure(high(*pairs))) fill=(if is_link { "#0b4f8a" } else { "#767676" }) {}
                }
                line x1=(figure(LEFT)) x2=(figure(WIDTH)) y1=(figure(floor)) y2=(figure(floor)) stroke="#1d1d1d" {}
                @for bits in labels {
                    text x=(figure(across(bits))) y=(figure(floor + 16.0)) font-size="12" text-anchor="middle" { (bits) }
                }
                text x=(figure(WIDTH)) y=(figure(HEIGHT - 4.0)) font-size="12" text-anchor="end" { "weight in bits" }
                text x=(figure(LEFT - 6.0)) y="12" font-size="12" text-anchor="end" { (most) }
                text x=(figure(LEFT - 6.0)) y=(figure(floor)) font-size="12" text-anchor="end" { "0" }
            }
            figcaption {
                "Pairs scored, by weight; links are blue, and heights are logarithms. Where the two heaps are well apart, "
                "the choice of a threshold matters little."
            }
        }
    }
}

/// Points of a line, each from 0 to 1 both ways, and the least of both that are drawn.
pub(super) struct Chart<'a> {
    points: &'a [(f64, f64)],
    least: (f64, f64),
}

impl<'a> Chart<'a> {
    /// A chart that shows all points as large as it can, in tenths.
    pub(super) fn of(points: &'a [(f64, f64)]) -> Self {
        let least = |of: fn(&(f64, f64)) -> f64| {
            let least = points.iter().map(of).fold(1.0, f64::min);
            ((least * 10.0).floor() / 10.0).clamp(0.0, 0.9)
        };
        Chart {
            points,
            least: (least(|point| point.0), least(|point| point.1)),
        }
    }
}

/// Precision by recall.
pub(super) fn curve(chart: &Chart<'_>) -> Markup {
    if chart.points.is_empty() {
        return html! {};
    }
    let floor = HEIGHT - BELOW;
    let top = 8.0;
    let across =
        |recall: f64| LEFT + (recall - chart.least.0) / (1.0 - chart.least.0) * (WIDTH - LEFT - 16.0);
    let down = |precision: f64| floor - (precision - chart.least.1) / (1.0 - chart.least.1) * (floor - top);
    let line: Vec<String> = chart
        .points
        .iter()
        .map(|(recall, precision)| format!("{},{}", figure(across(*recall)), figure(down(*precision))))
        .collect();
    html! {
        figure {
            svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" style="max-width:45rem;width:100%"
                aria-label="Precision by recall, as the threshold falls." {
                polyline points=(line.join(" ")) fill="none" stroke="#0b4f8a" stroke-width="2" {}
                line x1=(figure(LEFT)) x2=(figure(WIDTH)) y1=(figure(floor)) y2=(figure(floor)) stroke="#1d1d1d" {}
                line x1=(figure(LEFT)) x2=(figure(LEFT)) y1=(figure(top)) y2=(figure(floor)) stroke="#1d1d1d" {}
                @for recall in [chart.least.0, (1.0 + chart.least.0) / 2.0, 1.0] {
                    text x=(figure(across(recall))) y=(figure(floor + 16.0)) font-size="12" text-anchor="middle" {
                        (format!("{recall:.2}"))
                    }
                }
                @for precision in [chart.least.1, (1.0 + chart.least.1) / 2.0, 1.0] {
                    text x=(figure(LEFT - 6.0)) y=(figure(down(precision) + 4.0)) font-size="12" text-anchor="end" {
                        (format!("{precision:.2}"))
                    }
                }
                text x=(figure(WIDTH)) y=(figure(HEIGHT - 4.0)) font-size="12" text-anchor="end" { "recall" }
            }
            figcaption { "Precision by recall, as the threshold falls. The axes do not begin at 0." }
        }
    }
}

/// A place in a drawing: a tenth of a unit is finer than eyes are.
fn figure(value: f64) -> String {
    format!("{value:.1}")
}
