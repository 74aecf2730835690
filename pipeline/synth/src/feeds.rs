//! The feeds of the area, for a configuration that reads them.

use std::path::PathBuf;

use records::Kind;

use crate::{
    bodies::BODIES,
    contact_files, contacts,
    geography::{AUTHORITIES, OURS},
    maternity, maternity_files,
};

/// The feed of the authority's exports from COLLECT.
pub(crate) const CENSUS: &str = "school-census";
/// The feed of returns that schools send themselves.
pub(crate) const RETURNS: &str = "school-returns";

/// What absence from a delivery means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryMode {
    /// Nothing: each delivery holds what is new.
    Delta,
    /// Gone: each delivery holds all there is, within the scope that it states.
    Snapshot,
    /// Gone: each delivery holds all there is of its provider and month.
    Period,
}

impl DeliveryMode {
    /// The word for it in a configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            DeliveryMode::Delta => "delta",
            DeliveryMode::Snapshot => "snapshot",
            DeliveryMode::Period => "period",
        }
    }
}

/// A feed of the area: what `[[feed]]` of a configuration says.
#[derive(Clone, Debug)]
pub struct Feed {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// Who sends it: ODS code of a health body, DfE code of an authority.
    pub provider: String,
    /// What that body is called.
    pub provider_name: &'static str,
    /// Its layout in `mappings/`.
    pub mapping: &'static str,
    /// Its folder, from the folder of the area.
    pub folder: PathBuf,
    /// What absence from a delivery means.
    pub delivery: DeliveryMode,
    /// Days after which silence is a missing source.
    pub expect_every_days: u32,
    /// Whether only records of people who have not opted out may be published of it.
    pub needs_opt_outs: bool,
}

/// The name of a health body's feed.
pub(crate) fn of_body(ods: &str) -> String {
    format!("s23-{}", ods.to_lowercase())
}

/// The name of a maternity service's feed.
pub(crate) fn of_maternity(ods: &str) -> String {
    format!("pregnancy-{}", ods.to_lowercase())
}

/// The name of a health visiting service's feed.
pub(crate) fn of_health_visiting(ods: &str) -> String {
    format!("review-{}", ods.to_lowercase())
}

/// Days between monthly deliveries, with a few to spare.
const EVERY_MONTH: u32 = 45;

/// Every feed of the area; the lists of reviews need opt-outs where any feed does.
pub(crate) fn feeds(opt_outs: bool) -> Vec<Feed> {
    let mut feeds: Vec<Feed> = BODIES
        .iter()
        .map(|body| Feed {
            name: of_body(body.ods),
            kind: Kind::Section23,
            provider: body.ods.to_owned(),
            provider_name: body.name,
            mapping: body.layout,
            folder: format!("incoming/section23/{}", body.ods).into(),
            delivery: DeliveryMode::Delta,
            expect_every_days: 31 * body.every_months as u32 + 14,
            needs_opt_outs: false,
        })
        .collect();
    for (body, mapping, delivery) in [
        (
            maternity::SUBMITS,
            maternity_files::SUBMISSION_LAYOUT,
            DeliveryMode::Period,
        ),
        (
            maternity::LISTS,
            maternity_files::LIST_LAYOUT,
            DeliveryMode::Delta,
        ),
    ] {
        let body = &BODIES[body];
        feeds.push(Feed {
            name: of_maternity(body.ods),
            kind: Kind::Pregnancy,
            provider: body.ods.to_owned(),
            provider_name: body.name,
            mapping,
            folder: format!("incoming/pregnancy/{}", body.ods).into(),
            delivery,
            expect_every_days: EVERY_MONTH,
            needs_opt_outs: false,
        });
    }
    for (place, mapping, delivery) in [
        (
            contacts::SUBMITS,
            contact_files::SUBMISSION_LAYOUT,
            DeliveryMode::Period,
        ),
        (contacts::LISTS, contact_files::LIST_LAYOUT, DeliveryMode::Delta),
    ] {
        let body = &BODIES[place];
        feeds.push(Feed {
            name: of_health_visiting(body.ods),
            kind: Kind::TwoYearReview,
            provider: body.ods.to_owned(),
            provider_name: body.name,
            mapping,
            folder: format!("incoming/two-year-review/{}", body.ods).into(),
            delivery,
            expect_every_days: EVERY_MONTH,
            needs_opt_outs: opt_outs && place == contacts::LISTS,
        });
    }
    for (name, mapping) in [(CENSUS, "school-census/blade"), (RETURNS, "school-census/xml")] {
        feeds.push(Feed {
            name: name.to_owned(),
            kind: Kind::SchoolCensus,
            provider: AUTHORITIES[OURS].dfe.to_owned(),
            provider_name: AUTHORITIES[OURS].name,
            mapping,
            folder: format!("incoming/{name}").into(),
            delivery: DeliveryMode::Snapshot,
            // The longest time between two censuses: May to October, and the weeks until the export.
            expect_every_days: 200,
            needs_opt_outs: false,
        });
    }
    feeds
}
