//! The health bodies that give notice, each with habits of its own. All are made up; their codes have the shape of
//! ODS codes.

use crate::dice::Dice;

/// A health body.
#[derive(Debug)]
pub(crate) struct Body {
    /// ODS code.
    pub(crate) ods: &'static str,
    pub(crate) name: &'static str,
    /// The layout of its files, in `mappings/`.
    pub(crate) layout: &'static str,
    /// Months between deliveries.
    pub(crate) every_months: i32,
    /// Whether its patient system fills the form, so that numbers are seldom missing.
    pub(crate) from_system: bool,
    /// What its references begin with.
    pub(crate) reference: &'static str,
    /// Whether it now and then takes the child's NHS number for its reference.
    pub(crate) refers_by_number: bool,
    /// How its files are called: this, the month, this.
    pub(crate) file: (&'static str, &'static str),
}

/// The bodies: two acute trusts, a community trust, and a company that runs health visiting under contract.
pub(crate) const BODIES: &[Body] = &[
    Body {
        ods: "R9M",
        name: "Mere University Hospitals NHS Foundation Trust",
        layout: "section23/portal-export",
        every_months: 1,
        from_system: false,
        reference: "EHN-",
        refers_by_number: false,
        file: ("section23-notifications-", ".csv"),
    },
    Body {
        ods: "R9H",
        name: "Holt Hospitals NHS Trust",
        layout: "section23/portal-export-xlsx",
        every_months: 3,
        from_system: false,
        reference: "HH/",
        refers_by_number: true,
        file: ("section23-notifications-", ".xlsx"),
    },
    Body {
        ods: "R9K",
        name: "Mere and Holt Community Health NHS Trust",
        layout: "section23/api-json",
        every_months: 1,
        from_system: true,
        reference: "s23-",
        refers_by_number: false,
        file: ("section23-", ".json"),
    },
    Body {
        ods: "N9V",
        name: "Brightwater Children's Services",
        layout: "section23/superset",
        every_months: 3,
        from_system: false,
        reference: "BCS-",
        refers_by_number: false,
        file: ("section23-", ".csv"),
    },
];

/// Who forms an opinion about which need, by the body that employs them: role and share. A body is its place in
/// [`BODIES`]; 0 stands for whichever hospital is nearer.
pub(crate) fn role(need: &str, age_days: i32, dice: &mut Dice) -> (&'static str, usize) {
    const HOSPITAL: usize = 0;
    const COMMUNITY: usize = 2;
    const HEALTH_VISITING: usize = 3;
    let roles: &[((&str, usize), f64)] = match need {
        _ if age_days < 90 => &[(("NEONATAL", HOSPITAL), 0.6), (("PAEDIATRICIAN", HOSPITAL), 0.4)],
        "HI" => &[
            (("AUDIOLOGIST", HOSPITAL), 0.8),
            (("PAEDIATRICIAN", HOSPITAL), 0.2),
        ],
        "VI" | "MSI" => &[
            (("OPHTHALMOLOGY", HOSPITAL), 0.7),
            (("PAEDIATRICIAN", HOSPITAL), 0.3),
        ],
        "PD" | "PMLD" => &[
            (("PT", COMMUNITY), 0.4),
            (("PAEDIATRICIAN", HOSPITAL), 0.4),
            (("OT", COMMUNITY), 0.2),
        ],
        "SLCN" => &[
            (("SLT", COMMUNITY), 0.55),
            (("HEALTH_VISITOR", HEALTH_VISITING), 0.45),
        ],
        _ => &[
            (("PAEDIATRICIAN", HOSPITAL), 0.45),
            (("HEALTH_VISITOR", HEALTH_VISITING), 0.35),
            (("SLT", COMMUNITY), 0.15),
            (("CCN", COMMUNITY), 0.05),
        ],
    };
    dice.weighted(roles)
}

/// The place in [`BODIES`] of the hospital that is nearer, from a position in thousandths along the authority.
pub(crate) fn hospital(position: usize) -> usize {
    usize::from(position >= 500)
}

/// The place in [`BODIES`] of who runs health visiting: under contract at one end of the authority, else the community
/// trust.
pub(crate) fn health_visiting(position: usize) -> usize {
    if position >= 650 { 3 } else { 2 }
}
