//! The return-to-sender pack: everything that one provider needs to mend its notices, as a folder.
//!
//! | file | holds |
//! |---|---|
//! | `index.html` | the provider's match rates, what the reasons mean and what to do |
//! | `unmatched.csv` | every notice, review, birth and pregnancy that is not matched, by the provider's own reference |
//! | `findings.html`, `findings.csv` | what was wrong in its files, where, and how to mend it |
//! | `match-rates.csv` | its rates in full |

use std::{collections::BTreeMap, fs, io, io::Write, path::Path};

use dataset::FindingRow;
use jiff::civil::Date;
use maud::{Markup, html};
use measures::{Fault, Item, Measure, Rate, Reasons, Tier};

use crate::{
    Column, FindingsPage, Table, UnmatchedLine, WriteError,
    figures::{count, percent, percent_range},
    findings_table, html,
    rates::{OPERATIONAL, rates_for_programs},
    unmatched_table,
};

/// What goes into a pack. Rates, list and findings of other providers are left out by [`Pack::files`].
#[derive(Clone, Copy, Debug)]
pub struct Pack<'a> {
    /// Code of the provider, as in force at the as-at date.
    pub provider: &'a str,
    /// The area that received the notices.
    pub area: &'a str,
    /// As at which day.
    pub as_at: Date,
    /// Match rates, at least by provider and by provider and month.
    pub rates: &'a [Rate],
    /// The unmatched list.
    pub unmatched: &'a [UnmatchedLine],
    /// Findings of the provider's feeds. They stay with the feed's provider: the caller chooses which are meant.
    pub findings: &'a [FindingRow],
    /// What the reasons mean.
    pub reasons: &'a Reasons,
}

impl Pack<'_> {
    /// The files by name.
    ///
    /// # Errors
    /// [`WriteError`] where a table cannot be put into its format.
    pub fn files(&self) -> Result<BTreeMap<&'static str, Vec<u8>>, WriteError> {
        let rates: Vec<Rate> = self
            .rates
            .iter()
            .filter(|rate| rate.part.provider.as_deref() == Some(self.provider))
            .cloned()
            .collect();
        let unmatched: Vec<UnmatchedLine> = self
            .unmatched
            .iter()
            .filter(|line| line.unmatched.provider == self.provider)
            .cloned()
            .collect();

        let mut files = BTreeMap::new();
        files.insert("index.html", self.cover(&rates, &unmatched).into_bytes());
        files.insert("findings.html", self.findings_page().into_bytes());
        files.insert("findings.csv", for_spreadsheet(&findings_table(self.findings))?);
        files.insert(
            "unmatched.csv",
            for_spreadsheet(&unmatched_table(&unmatched, self.reasons))?,
        );
        files.insert("match-rates.csv", for_spreadsheet(&rates_for_programs(&rates))?);
        Ok(files)
    }

    /// Writes the files into a folder, which is made if it is not there. On Unix only its owner may read it, as
    /// the list holds the provider's own references.
    ///
    /// # Errors
    /// [`WriteError`] where the folder or a file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), WriteError> {
        let files = self.files()?;
        make_private_folder(folder)?;
        for (name, bytes) in files {
            // Whole or not at all: a reader never sees half a file.
            let aside = folder.join(format!("{name}.part"));
            let mut file = fs::File::create(&aside)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            fs::rename(&aside, folder.join(name))?;
        }
        Ok(())
    }

    fn findings_page(&self) -> String {
        FindingsPage {
            of: self.provider,
            area: self.area,
            as_at: self.as_at,
            findings: self.findings,
        }
        .html()
    }

    fn cover(&self, rates: &[Rate], unmatched: &[UnmatchedLine]) -> String {
        let title = format!("Section 23 notices from {}", self.provider);
        let source = format!("sendlink, {}, as at {}. {OPERATIONAL}", self.area, self.as_at);
        html::page(&title, &source, self.cover_body(rates, unmatched))
    }

    fn cover_body(&self, rates: &[Rate], unmatched: &[UnmatchedLine]) -> Markup {
        let (notices, others): (Vec<&UnmatchedLine>, Vec<&UnmatchedLine>) = unmatched
            .iter()
            .partition(|line| line.unmatched.item == Item::Notice);
        let whole: Vec<&Rate> = rates.iter().filter(|rate| is_whole(rate)).collect();
        let months = months_table(rates);
        html! {
            p {
                "Under section 23 of the Children and Families Act 2014 you tell the local authority of a young \
                 child who has, or probably has, special educational needs or a disability. This pack says how \
                 many of your notices could be matched to what the area knows of the same child, and what would \
                 mend the rest."
            }
            p class="note" { (OPERATIONAL) " It names no child. Keep it within your organisation." }
            h2 { "Your match rate" }
            (html::table("rates", "All that was received from you", &figures_table(&whole)))
            @if !months.is_empty() {
                (html::table("months", "By month of receipt", &months))
                p {
                    "A month settles as its notices age: matching is tried again every night. Do not compare a \
                     provisional month with a settled one."
                }
            }
            (html::table("tiers", "How your valid notices were matched", &tiers_table(&whole)))
            h2 { "What to do" }
            @if notices.is_empty() {
                p { "Every notice is matched: nothing to do." }
            } @else {
                p {
                    (count(notices.len() as u64, "message is", "messages are")) " not matched. "
                    a href="unmatched.csv" { "The list" } " names each by your own reference, or else by its place \
                    in your file. To mend one, send an update under the same reference."
                }
                (html::table("reasons", "Why, and what to do", &self.reasons_table(&notices)))
            }
            @if !others.is_empty() {
                p {
                    (count(others.len() as u64, "review, birth or pregnancy is", "reviews, births or pregnancies are"))
                    " not matched either; they stand in " a href="unmatched.csv" { "the same list" } "."
                }
                (html::table("others", "Reviews, births and pregnancies", &self.others_table(&others)))
            }
            (self.faults_section(&whole))
            h2 { "What was wrong in your files" }
            @if self.findings.is_empty() {
                p { "Nothing." }
            } @else {
                p {
                    a href="findings.html" { "Findings by rule and place" } ", also "
                    a href="findings.csv" { "as a spreadsheet" } "."
                }
            }
            h2 { "Figures in full" }
            p { a href="match-rates.csv" { "Match rates as a spreadsheet" } "." }
        }
    }

    fn faults_section(&self, whole: &[&Rate]) -> Markup {
        let mut table = Table::new([
            Column::new("fault").titled("Code"),
            Column::new("words").titled("What keeps the notice from being valid"),
            Column::new("notices").titled("Notices").right(),
        ]);
        for fault in Fault::ALL {
            let of_fault =
                |rate: &&&Rate| rate.measure == Measure::N02 && rate.reason == Some(fault.as_str());
            if let Some(rate) = whole.iter().find(of_fault) {
                table.push([fault.as_str().into(), fault.words().into(), rate.numerator.into()]);
            }
        }
        html! {
            @if !table.is_empty() {
                p { "Notices that are not valid are left out of the match rate, though they are matched where they can be." }
                (html::table("faults", "Notices that are not valid, each under its first fault", &table))
            }
        }
    }

    /// Reasons that occur, in the order in which they are tried.
    fn reasons_table(&self, unmatched: &[&UnmatchedLine]) -> Table<6> {
        let mut table = Table::new([
            Column::new("reason").titled("Reason"),
            Column::new("title").titled("Why"),
            Column::new("messages").titled("Messages").right(),
            Column::new("means").titled("What it means"),
            Column::new("todo").titled("What to do"),
            Column::new("who").titled("Who"),
        ]);
        for row in self.reasons.rows() {
            let messages = unmatched
                .iter()
                .filter(|line| line.unmatched.reason == row.id)
                .count();
            if messages > 0 {
                table.push([
                    row.id.as_str().into(),
                    (&row.title).into(),
                    messages.into(),
                    (&row.means).into(),
                    (&row.todo).into(),
                    (&row.who).into(),
                ]);
            }
        }
        table
    }

    /// What is not matched besides notices, by sort and reason.
    fn others_table(&self, unmatched: &[&UnmatchedLine]) -> Table<6> {
        let mut table = Table::new([
            Column::new("item").titled("What"),
            Column::new("reason").titled("Reason"),
            Column::new("title").titled("Why"),
            Column::new("records").titled("Records").right(),
            Column::new("todo").titled("What to do"),
            Column::new("who").titled("Who"),
        ]);
        let mut records: BTreeMap<_, u64> = BTreeMap::new();
        for UnmatchedLine { unmatched, .. } in unmatched {
            let place = self
                .reasons
                .rows()
                .iter()
                .position(|row| row.id == unmatched.reason);
            let key = (
                unmatched.item,
                place,
                unmatched.todo.as_str(),
                unmatched.who.as_str(),
            );
            *records.entry(key).or_default() += 1;
        }
        for ((item, place, todo, who), records) in records {
            let row = place.and_then(|place| self.reasons.rows().get(place));
            table.push([
                item.as_str().into(),
                row.map(|row| row.id.as_str()).into(),
                row.map(|row| row.title_of(item)).into(),
                records.into(),
                todo.into(),
                who.into(),
            ]);
        }
        table
    }
}

/// A rate of all the provider's notices, and not of a feed, area or month.
fn is_whole(rate: &Rate) -> bool {
    rate.part.feed.is_none() && rate.part.area.is_none() && rate.part.month.is_none()
}

fn figures_table(whole: &[&Rate]) -> Table<5> {
    let mut table = Table::new([
        Column::new("figure").titled("Figure"),
        Column::new("numerator").titled("Count").right(),
        Column::new("denominator").titled("Out of").right(),
        Column::new("rate").titled("Rate").right(),
        Column::new("interval").titled("95% interval").right(),
    ]);
    for rate in whole
        .iter()
        .filter(|rate| rate.tier.is_none() && rate.reason.is_none())
    {
        let is_share = rate.measure != Measure::N01r;
        let shown = rate.interval.map(|i| {
            if is_share {
                percent(i.value)
            } else {
                format!("{:.1}", i.value)
            }
        });
        let range = rate.interval.map(|i| {
            if is_share {
                percent_range(i)
            } else {
                format!("{:.1} to {:.1}", i.lower, i.upper)
            }
        });
        table.push([
            format!("{} ({})", rate.measure.words(), rate.measure).into(),
            rate.numerator.into(),
            rate.denominator.into(),
            shown.into(),
            range.into(),
        ]);
    }
    table
}

fn months_table(rates: &[Rate]) -> Table<6> {
    let mut table = Table::new([
        Column::new("month").titled("Month"),
        Column::new("matched").titled("Matched").right(),
        Column::new("denominator").titled("Valid notices").right(),
        Column::new("rate").titled("Rate").right(),
        Column::new("interval").titled("95% interval").right(),
        Column::new("maturity").titled("Settled"),
    ]);
    let of_month = |rate: &&Rate| {
        let part = &rate.part;
        rate.measure == Measure::N05
            && rate.tier.is_none()
            && rate.reason.is_none()
            && part.month.is_some()
            && part.feed.is_none()
            && part.area.is_none()
    };
    for rate in rates.iter().filter(of_month) {
        table.push([
            rate.part.month.into(),
            rate.numerator.into(),
            rate.denominator.into(),
            rate.interval.map(|interval| percent(interval.value)).into(),
            rate.interval.map(percent_range).into(),
            rate.maturity.to_string().into(),
        ]);
    }
    table
}

fn tiers_table(whole: &[&Rate]) -> Table<4> {
    let mut table = Table::new([
        Column::new("tier").titled("Tier"),
        Column::new("words").titled("By"),
        Column::new("notices").titled("Notices").right(),
        Column::new("share").titled("Share").right(),
    ]);
    for tier in Tier::ALL {
        if let Some(rate) = whole.iter().find(|rate| rate.tier == Some(tier)) {
            table.push([
                tier.as_str().into(),
                tier.words().into(),
                rate.numerator.into(),
                rate.interval.map(|interval| percent(interval.value)).into(),
            ]);
        }
    }
    table
}

fn for_spreadsheet<const N: usize>(table: &Table<N>) -> Result<Vec<u8>, WriteError> {
    let mut bytes = Vec::new();
    table.write_for_spreadsheet(&mut bytes)?;
    Ok(bytes)
}

#[cfg(unix)]
fn make_private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make_private_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use measures::{Maturity, Part, Reason, Unmatched, wilson};
    use records::finding::Effect;

    use super::*;
    use crate::{Whereabouts, findings::tests::finding};

    fn rate(provider: &str, month: Option<&str>, measure: Measure, reason: Option<&'static str>) -> Rate {
        Rate {
            measure,
            part: Part {
                provider: Some(provider.into()),
                month: month.map(|m| m.parse().expect("a month")),
                ..Part::default()
            },
            tier: None,
            reason,
            numerator: 8,
            denominator: Some(20),
            interval: wilson(8, 20),
            maturity: Maturity::Days(28),
        }
    }

    fn line(provider: &str, reference: &str) -> UnmatchedLine {
        UnmatchedLine {
            unmatched: Unmatched {
                item: Item::Notice,
                record_id: "00".into(),
                feed: "portal".into(),
                provider: provider.into(),
                received: date(2026, 3, 4),
                reason: Reason::R02,
                tier: Tier::T0,
                days_open: 118,
                tries: 90,
                counts: true,
                todo: "Correct the NHS number.".into(),
                who: "sender".into(),
            },
            whereabouts: Whereabouts::Reference(reference.into()),
        }
    }

    fn with_pack<T>(test: impl FnOnce(Pack<'_>) -> T) -> T {
        let rates = [
            rate("RAJ", None, Measure::N05, None),
            Rate {
                tier: Some(Tier::T3),
                ..rate("RAJ", None, Measure::N05, None)
            },
            rate("RAJ", None, Measure::N02, Some("V05")),
            rate("RAJ", Some("2026-03"), Measure::N05, None),
            rate("QH8", Some("2025-11"), Measure::N05, None),
        ];
        let unmatched = [line("RAJ", "OURS-1"), line("QH8", "THEIRS-1")];
        let findings = [finding("F012", Effect::QuarantinedRow, 7, 1)];
        let reasons = Reasons::built_in().expect("well formed");
        test(Pack {
            provider: "RAJ",
            area: "Essex",
            as_at: date(2026, 6, 30),
            rates: &rates,
            unmatched: &unmatched,
            findings: &findings,
            reasons: &reasons,
        })
    }

    #[test]
    fn what_is_no_notice_stands_apart() {
        with_pack(|pack| {
            let of = |item, todo: &str| {
                let mut line = line("RAJ", "OURS-2");
                line.unmatched.item = item;
                line.unmatched.todo = todo.into();
                line
            };
            let lines = [
                line("RAJ", "OURS-1"),
                of(Item::Review, "Wait for it."),
                of(Item::Review, "Wait for it."),
                of(Item::Pregnancy, "Send the outcome."),
            ];
            let pack = Pack {
                unmatched: &lines,
                ..pack
            };
            let files = pack.files().expect("memory takes all");
            let page = String::from_utf8_lossy(&files["index.html"]).into_owned();
            assert!(page.contains("1 message is not matched"), "{page}");
            assert!(
                page.contains("3 reviews, births or pregnancies are not matched either"),
                "{page}"
            );
            let table = &page[page.find("id=\"others\"").unwrap_or_default()..];
            assert!(
                table.contains("Wait for it.") && table.contains("mother's NHS number fails"),
                "{table}"
            );
            let list = String::from_utf8_lossy(&files["unmatched.csv"]).into_owned();
            assert_eq!(list.matches(",review,").count(), 2);
            assert_eq!(list.matches(",pregnancy,").count(), 1);
        });
    }

    #[test]
    fn a_pack_holds_one_provider_alone() {
        with_pack(|pack| {
            let files = pack.files().expect("memory takes all");
            let names: Vec<&str> = files.keys().copied().collect();
            assert_eq!(
                names,
                [
                    "findings.csv",
                    "findings.html",
                    "index.html",
                    "match-rates.csv",
                    "unmatched.csv"
                ]
            );
            for (name, bytes) in &files {
                let text = String::from_utf8_lossy(bytes);
                assert!(!text.contains("THEIRS-1") && !text.contains("2025-11"), "{name}");
                assert_eq!(text.contains("OURS-1"), *name == "unmatched.csv", "{name}");
            }
        });
    }

    #[test]
    fn the_cover_says_the_rate_the_reasons_and_what_to_do() {
        with_pack(|pack| {
            let files = pack.files().expect("memory takes all");
            let cover = String::from_utf8_lossy(&files["index.html"]).into_owned();
            for expected in [
                "Section 23 notices from RAJ",
                "<th scope=\"row\">matched (N05)</th><td class=\"number\">8</td><td class=\"number\">20</td>\
                 <td class=\"number\">40.0%</td><td class=\"number\">21.9% to 61.3%</td>",
                "<th scope=\"row\">2026-03</th>",
                "<td>+28 days</td>",
                "<th scope=\"row\">T3</th><td>exact names, birth date and postcode</td>",
                "<th scope=\"row\">R02</th><td>NHS number fails its check</td>",
                "<th scope=\"row\">V05</th><td>no need stated</td>",
                "1 message is not matched.",
                "href=\"unmatched.csv\"",
            ] {
                assert!(cover.contains(expected), "{expected}\n{cover}");
            }
        });
    }

    #[test]
    fn a_pack_is_written_whole_and_for_its_owner_alone() {
        let parent = tempfile::tempdir().expect("a folder");
        let folder = parent.path().join("pack").join("RAJ");
        with_pack(|pack| {
            pack.write(&folder).expect("writes");
            pack.write(&folder).expect("writes over itself");
        });
        let mut names: Vec<String> = fs::read_dir(&folder)
            .expect("reads")
            .map(|entry| entry.expect("reads").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        assert_eq!(
            names,
            [
                "findings.csv",
                "findings.html",
                "index.html",
                "match-rates.csv",
                "unmatched.csv"
            ]
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&folder).expect("reads").permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
        }
    }
}
