//! The frame of every page: self-contained, no script, no request to anywhere, readable by a screen reader, on
//! paper and at 400% zoom (WCAG 2.2 AA).

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::{Cell, Table};

/// Every colour stands on white at 4.5 to 1 or more, so that any of them may carry text.
const STYLE: &str = "\
:root{color-scheme:light}\
body{font:1rem/1.5 system-ui,sans-serif;color:#1d1d1d;background:#fff;margin:0 auto;max-width:70rem;padding:1rem}\
h1{font-size:1.75rem;line-height:1.2}h2{font-size:1.3rem;margin-top:2rem}\
a{color:#0b4f8a}a:focus-visible,[tabindex]:focus-visible{outline:3px solid #0b4f8a;outline-offset:2px}\
.skip{position:absolute;left:-100rem}.skip:focus{position:static}\
.scroll{overflow-x:auto;margin:1rem 0}\
table{border-collapse:collapse}caption{text-align:left;font-weight:bold;padding:.25rem 0}\
th,td{text-align:left;vertical-align:top;padding:.3rem .75rem .3rem 0;border-bottom:1px solid #767676}\
thead th{border-bottom:2px solid #1d1d1d}tbody th{font-weight:normal}\
.number{text-align:right;font-variant-numeric:tabular-nums}\
.note{border-left:4px solid #767676;padding-left:1rem}\
footer{margin-top:3rem;border-top:1px solid #767676;font-size:.9rem}\
@media print{body{max-width:none;padding:0}.scroll{overflow:visible}.skip{display:none}\
thead{display:table-header-group}tr{break-inside:avoid}h2{break-after:avoid}}";

/// A whole page. `title` is also its first heading; `source` says at the foot what it was made from.
pub(crate) fn page(title: &str, source: &str, body: Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en-GB" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a class="skip" href="#main" { "Skip to the content" }
                main id="main" {
                    h1 { (title) }
                    (body)
                }
                footer { p { (source) } }
            }
        }
    }
    .into_string()
}

/// A table with a caption, headings of columns and, in its first column, of rows. `id` is unique on the page.
/// A wide table scrolls by itself, by keyboard too.
pub(crate) fn table<const N: usize>(id: &str, caption: &str, table: &Table<N>) -> Markup {
    html! {
        div class="scroll" role="region" aria-labelledby=(id) tabindex="0" {
            table {
                caption id=(id) { (caption) }
                thead {
                    tr {
                        @for column in table.columns() {
                            th scope="col" class=[column.is_right().then_some("number")] { (column.heading()) }
                        }
                    }
                }
                tbody {
                    @for row in table.rows() {
                        tr {
                            @for (position, (cell, column)) in row.iter().zip(table.columns()).enumerate() {
                                @let number = column.is_right().then_some("number");
                                @if position == 0 {
                                    th scope="row" class=[number] { (shown(cell)) }
                                } @else {
                                    td class=[number] { (shown(cell)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn shown(cell: &Cell) -> Markup {
    html! { (cell.shown()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Column;

    /// Relative luminance of `#rrggbb` (WCAG 2.2).
    fn luminance(colour: &str) -> f64 {
        let part = |at: usize| {
            let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).expect("hexadecimal")) / 255.0;
            if value <= 0.03928 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    }

    #[test]
    fn every_colour_can_be_read_on_white() {
        let colours: Vec<&str> = STYLE
            .match_indices('#')
            .filter_map(|(at, _)| STYLE.get(at..at + 7))
            .filter(|colour| colour[1..].chars().all(|c| c.is_ascii_hexdigit()))
            .collect();
        assert!(colours.len() >= 5, "{colours:?}");
        for colour in colours {
            let contrast = 1.05 / (luminance(colour) + 0.05);
            assert!(contrast >= 4.5, "{colour} has {contrast:.2}");
        }
    }

    #[test]
    fn a_page_asks_nothing_of_the_network_and_runs_nothing() {
        let mut cells = Table::new([Column::new("a").titled("A"), Column::new("b").titled("B").right()]);
        cells.push(["<script>alert(1)</script>".into(), 3_u64.into()]);
        let page = page("T & T", "made from <nothing>", table("t", "Caption", &cells));
        assert!(page.starts_with("<!DOCTYPE html><html lang=\"en-GB\">"));
        assert!(!page.contains("<script"), "text is escaped");
        assert!(page.contains("&lt;script&gt;"));
        for outside in ["http:", "https:", "src=", "url(", "@import", "javascript:", " on"] {
            let found = page
                .find(outside)
                .map(|at| page[at..].chars().take(30).collect::<String>());
            // Words may contain " on"; an attribute would be followed by a name and an equals sign.
            let attribute = found
                .as_deref()
                .is_some_and(|t| !outside.starts_with(' ') || t.contains('='));
            assert!(!attribute, "{found:?}");
        }
        assert!(page.contains("<caption id=\"t\">Caption</caption>"));
        assert!(page.contains("<th scope=\"col\" class=\"number\">B</th>"));
        assert!(page.contains("<th scope=\"row\">"));
        assert!(page.contains("<td class=\"number\">3</td>"));
        assert_eq!(page.matches("<h1>").count(), 1);
    }
}
