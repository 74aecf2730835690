//! Match rates as a table, CSV and JSON.

use std::{collections::BTreeSet, io::Write};

use measures::{Measure, Rate, Tier, wilson};

use crate::{
    Cell, Column, Format, Table, WriteError,
    figures::{percent, percent_range},
};

/// What must stand beside every match rate.
pub const OPERATIONAL: &str = "Operational figures, without disclosure control: not for publication.";

/// Writes match rates: for people by provider at a glance, notices, those matched by digest, and the early feeds, then each in percentages with how settled it is; for
/// programs in full.
///
/// CSV has the columns `measure,feed,provider,area,month,tier,reason,numerator,denominator,rate,lower,upper`,
/// JSON the same keys. A blank feed, provider, area or month means all of them; rates are proportions from 0 to
/// 1, but for N01r they are per 1,000 births.
///
/// # Errors
/// [`WriteError`] when the output takes no more.
pub fn write_rates(rates: &[Rate], format: Format, mut out: impl Write) -> Result<(), WriteError> {
    match format {
        Format::Table => {
            let overview = provider_table(rates);
            if !overview.is_empty() {
                overview.write(format, &mut out)?;
                writeln!(out)?;
            }
            let digests = digest_table(rates);
            if !digests.is_empty() {
                digests.write(format, &mut out)?;
                writeln!(out)?;
            }
            let early = early_table(rates);
            if !early.is_empty() {
                early.write(format, &mut out)?;
                writeln!(out)?;
            }
            rates_for_people(rates).write(format, &mut out)?;
            writeln!(out, "\n{OPERATIONAL}")?;
            Ok(())
        }
        Format::Csv | Format::Json => rates_for_programs(rates).write(format, out),
    }
}

/// Match rates by provider, the whole area last: notices, valid, matched, by tier.
pub fn provider_table(rates: &[Rate]) -> Table<10> {
    let mut table = Table::new([
        Column::new("provider").titled("Provider"),
        Column::new("notices").titled("Notices").right(),
        Column::new("valid").titled("Valid").right(),
        Column::new("matched").titled("Matched").right(),
        Column::new("rate").titled("Rate").right(),
        Column::new("interval").titled("95% interval").right(),
        Column::new("t1").titled("T1").right(),
        Column::new("t2").titled("T2").right(),
        Column::new("t3").titled("T3").right(),
        Column::new("t4").titled("T4").right(),
    ]);
    let is_shown = |rate: &&Rate| {
        let part = &rate.part;
        rate.measure == Measure::N05
            && rate.tier.is_none()
            && rate.reason.is_none()
            && part.feed.is_none()
            && part.area.is_none()
            && part.month.is_none()
    };
    let mut shown: Vec<&Rate> = rates.iter().filter(is_shown).collect();
    shown.sort_by_key(|rate| (rate.part.provider.is_none(), &rate.part.provider));
    for whole in shown {
        let of = |measure, tier| {
            rates
                .iter()
                .find(|rate| {
                    rate.part == whole.part
                        && rate.measure == measure
                        && rate.tier == tier
                        && rate.reason.is_none()
                })
                .map_or(0, |rate| rate.numerator)
        };
        table.push([
            whole.part.provider.as_deref().unwrap_or("all").into(),
            of(Measure::N01, None).into(),
            of(Measure::N02, None).into(),
            whole.numerator.into(),
            whole.interval.map(|interval| percent(interval.value)).into(),
            whole.interval.map(percent_range).into(),
            of(Measure::N05, Some(Tier::T1)).into(),
            of(Measure::N05, Some(Tier::T2)).into(),
            of(Measure::N05, Some(Tier::T3)).into(),
            of(Measure::N05, Some(Tier::T4)).into(),
        ]);
    }
    table
}

/// The notices that were matched by nothing stronger than a digest of the NHS number, by provider, the whole area last;
/// no row where there are none, as in areas whose senders send the number.
pub fn digest_table(rates: &[Rate]) -> Table<5> {
    let mut table = Table::new([
        Column::new("provider").titled("Provider"),
        Column::new("matched").titled("Matched").right(),
        Column::new("t1d").titled("By digest (T1d)").right(),
        Column::new("of_matched").titled("Of the matched").right(),
        Column::new("of_valid").titled("Of the valid").right(),
    ]);
    let mut shown: Vec<&Rate> = rates
        .iter()
        .filter(is_whole_or_provider)
        .filter(|rate| rate.measure == Measure::N05 && rate.tier == Some(Tier::T1d) && rate.numerator > 0)
        .collect();
    shown.sort_by_key(|rate| (rate.part.provider.is_none(), &rate.part.provider));
    for by_digest in shown {
        let matched = rates.iter().find(|rate| {
            rate.part == by_digest.part
                && rate.measure == Measure::N05
                && rate.tier.is_none()
                && rate.reason.is_none()
        });
        let matched = matched.map_or(0, |rate| rate.numerator);
        let share = wilson(by_digest.numerator, matched).map(|share| percent(share.value));
        table.push([
            by_digest.part.provider.as_deref().unwrap_or("all").into(),
            matched.into(),
            by_digest.numerator.into(),
            share.into(),
            by_digest.interval.map(|share| percent(share.value)).into(),
        ]);
    }
    table
}

/// Reviews and pregnancies by provider, the whole area last: N10, N10b and N11.
pub fn early_table(rates: &[Rate]) -> Table<10> {
    let mut table = Table::new([
        Column::new("provider").titled("Provider"),
        Column::new("reviews").titled("Reviews").right(),
        Column::new("matched").titled("Matched").right(),
        Column::new("reviews_rate").titled("Rate").right(),
        Column::new("concern").titled("With concern").right(),
        Column::new("no_notice").titled("No notice").right(),
        Column::new("expected").titled("Expected").right(),
        Column::new("born").titled("Found born").right(),
        Column::new("born_rate").titled("Rate").right(),
        Column::new("born_interval").titled("95% interval").right(),
    ]);
    let providers: BTreeSet<(bool, Option<&String>)> = rates
        .iter()
        .filter(is_whole_or_provider)
        .filter(|rate| matches!(rate.measure, Measure::N10 | Measure::N11))
        .map(|rate| (rate.part.provider.is_none(), rate.part.provider.as_ref()))
        .collect();
    for (_, provider) in providers {
        let of = |measure| {
            rates
                .iter()
                .filter(is_whole_or_provider)
                .find(|rate| rate.measure == measure && rate.part.provider.as_ref() == provider)
        };
        let out_of = |measure| of(measure).and_then(|rate| rate.denominator);
        let count = |measure| of(measure).map(|rate| rate.numerator);
        let share = |measure| of(measure).and_then(|rate| rate.interval);
        table.push([
            provider.map_or("all", String::as_str).into(),
            out_of(Measure::N10).into(),
            count(Measure::N10).into(),
            share(Measure::N10).map(|interval| percent(interval.value)).into(),
            out_of(Measure::N10b).into(),
            count(Measure::N10b).into(),
            out_of(Measure::N11).into(),
            count(Measure::N11).into(),
            share(Measure::N11).map(|interval| percent(interval.value)).into(),
            share(Measure::N11).map(percent_range).into(),
        ]);
    }
    table
}

fn is_whole_or_provider(rate: &&Rate) -> bool {
    let part = &rate.part;
    part.feed.is_none() && part.area.is_none() && part.month.is_none()
}

/// The twelve columns of the CSV file.
pub fn rates_for_programs(rates: &[Rate]) -> Table<12> {
    let mut table = Table::new([
        Column::new("measure"),
        Column::new("feed"),
        Column::new("provider"),
        Column::new("area"),
        Column::new("month"),
        Column::new("tier"),
        Column::new("reason"),
        Column::new("numerator").right(),
        Column::new("denominator").right(),
        Column::new("rate").right(),
        Column::new("lower").right(),
        Column::new("upper").right(),
    ]);
    for rate in rates {
        let figure = |of: fn(measures::Interval) -> f64| -> Cell {
            // Seven decimals tell apart every share of up to a million notices.
            rate.interval
                .map_or(Cell::Blank, |interval| Cell::number(of(interval), 7))
        };
        table.push([
            rate.measure.as_str().into(),
            rate.part.feed.as_ref().into(),
            rate.part.provider.as_ref().into(),
            rate.part.area.as_ref().into(),
            rate.part.month.into(),
            rate.tier.map(|tier| tier.as_str()).into(),
            rate.reason.into(),
            rate.numerator.into(),
            rate.denominator.into(),
            figure(|interval| interval.value),
            figure(|interval| interval.lower),
            figure(|interval| interval.upper),
        ]);
    }
    table
}

/// The same for reading.
pub fn rates_for_people(rates: &[Rate]) -> Table<10> {
    let mut table = Table::new([
        Column::new("measure").titled("Measure"),
        Column::new("meaning").titled("Meaning"),
        Column::new("of").titled("Of"),
        Column::new("tier").titled("Tier"),
        Column::new("reason").titled("Reason"),
        Column::new("numerator").titled("Count").right(),
        Column::new("denominator").titled("Out of").right(),
        Column::new("rate").titled("Rate").right(),
        Column::new("interval").titled("95% interval").right(),
        Column::new("maturity").titled("Settled"),
    ]);
    for rate in rates {
        let (share, interval) = match rate.interval {
            Some(i) if rate.measure == Measure::N01r => (
                format!("{:.1}", i.value),
                format!("{:.1} to {:.1}", i.lower, i.upper),
            ),
            Some(i) => (percent(i.value), percent_range(i)),
            None => (String::new(), String::new()),
        };
        table.push([
            rate.measure.as_str().into(),
            rate.measure.words().into(),
            part_in_words(rate).into(),
            rate.tier.map(|tier| tier.as_str()).into(),
            rate.reason.into(),
            rate.numerator.into(),
            rate.denominator.into(),
            share.into(),
            interval.into(),
            rate.maturity.to_string().into(),
        ]);
    }
    table
}

/// `all`, or what the records are parted by: `RAJ 2026-03`.
fn part_in_words(rate: &Rate) -> String {
    let part = &rate.part;
    let words: Vec<String> = [
        part.feed.clone(),
        part.provider.clone(),
        part.area.as_ref().map(|area| format!("area {area}")),
        part.month.map(|month| month.to_string()),
    ]
    .into_iter()
    .flatten()
    .collect();
    if words.is_empty() {
        "all".to_owned()
    } else {
        words.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use measures::{Maturity, Part, per_thousand};

    use super::*;

    fn rates() -> Vec<Rate> {
        let part = Part {
            provider: Some("RAJ".into()),
            month: Some("2026-03".parse().expect("a month")),
            ..Part::default()
        };
        let rate = Rate {
            measure: Measure::N05,
            part,
            tier: None,
            reason: None,
            numerator: 65,
            denominator: Some(100),
            interval: wilson(65, 100),
            maturity: Maturity::Days(28),
        };
        vec![
            Rate {
                tier: Some(Tier::T4r),
                numerator: 8,
                denominator: Some(20),
                interval: wilson(8, 20),
                ..rate.clone()
            },
            rate.clone(),
            Rate {
                measure: Measure::N01r,
                part: Part {
                    area: Some("881".into()),
                    ..Part::default()
                },
                numerator: 400,
                denominator: Some(16_000),
                interval: per_thousand(400, 16_000),
                maturity: Maturity::Rolling,
                ..rate.clone()
            },
            Rate {
                measure: Measure::N02,
                part: Part::default(),
                reason: Some("V03"),
                numerator: 0,
                denominator: Some(0),
                interval: None,
                ..rate
            },
        ]
    }

    fn written(format: Format) -> String {
        let mut out = Vec::new();
        write_rates(&rates(), format, &mut out).expect("memory takes all");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn the_csv_has_the_twelve_columns_in_full() {
        let expected = "\
measure,feed,provider,area,month,tier,reason,numerator,denominator,rate,lower,upper
N05,,RAJ,,2026-03,T4r,,8,20,0.4000000,0.2188065,0.6134185
N05,,RAJ,,2026-03,,,65,100,0.6500000,0.5525444,0.7363575
N01r,,,881,,,,400,16000,25.0000000,22.6097151,27.5742073
N02,,,,,,V03,0,0,,,
";
        assert_eq!(written(Format::Csv), expected);
    }

    #[test]
    fn people_read_percentages() {
        let text = written(Format::Table);
        let lines: Vec<&str> = text.lines().collect();
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(
            words(lines[3]),
            "N05 matched RAJ 2026-03 65 100 65.0% 55.3% to 73.6% +28 days"
        );
        assert_eq!(
            words(lines[4]),
            "N01r notices per 1,000 births area 881 400 16000 25.0 22.6 to 27.6 rolling"
        );
        assert_eq!(lines.last(), Some(&OPERATIONAL));
    }

    #[test]
    fn early_feeds_stand_by_provider() {
        let rate = |measure, provider: Option<&str>, numerator, denominator| Rate {
            measure,
            part: Part {
                provider: provider.map(str::to_owned),
                ..Part::default()
            },
            numerator,
            denominator: Some(denominator),
            interval: wilson(numerator, denominator),
            ..rates().remove(1)
        };
        assert!(early_table(&rates()).is_empty(), "no early feed, no table");
        let early = [
            rate(Measure::N10, None, 65, 100),
            rate(Measure::N10b, None, 3, 8),
            rate(Measure::N11, None, 8, 20),
            rate(Measure::N10, Some("RYW"), 65, 100),
            rate(Measure::N10b, Some("RYW"), 3, 8),
            rate(Measure::N11, Some("RAJ"), 8, 20),
        ];
        let mut out = Vec::new();
        early_table(&early)
            .write(Format::Csv, &mut out)
            .expect("memory takes all");
        let expected = "\
provider,reviews,matched,reviews_rate,concern,no_notice,expected,born,born_rate,born_interval
RAJ,,,,,,20,8,40.0%,21.9% to 61.3%
RYW,100,65,65.0%,8,3,,,,
all,100,65,65.0%,8,3,20,8,40.0%,21.9% to 61.3%
";
        assert_eq!(String::from_utf8_lossy(&out), expected);
    }

    #[test]
    fn what_rests_on_digests_stands_by_provider() {
        let rate = |provider: Option<&str>, tier, numerator| Rate {
            part: Part {
                provider: provider.map(str::to_owned),
                ..Part::default()
            },
            tier,
            numerator,
            denominator: Some(100),
            interval: wilson(numerator, 100),
            ..rates().remove(1)
        };
        assert!(digest_table(&rates()).is_empty(), "no digest, no table");
        let matched = [
            rate(None, None, 80),
            rate(None, Some(Tier::T1), 60),
            rate(None, Some(Tier::T1d), 20),
            rate(Some("RXP"), None, 25),
            rate(Some("RXP"), Some(Tier::T1d), 20),
            rate(Some("RAJ"), None, 55),
        ];
        let mut out = Vec::new();
        digest_table(&matched)
            .write(Format::Csv, &mut out)
            .expect("memory takes all");
        let expected = "\
provider,matched,t1d,of_matched,of_valid
RXP,25,20,80.0%,20.0%
all,80,20,25.0%,20.0%
";
        assert_eq!(String::from_utf8_lossy(&out), expected);
    }

    #[test]
    fn json_says_null_where_there_is_no_rate() {
        assert!(
            written(Format::Json).contains(r#""reason":"V03","numerator":0,"denominator":0,"rate":null"#)
        );
    }
}
