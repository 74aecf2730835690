//! The school census as a table set of COLLECT.

use super::{Child, Table};

/// A pupil in a census.
#[derive(Clone, Debug)]
pub struct Pupil {
    /// Who it is.
    pub child: Child,
    /// SEN provision: N, K or E.
    pub provision: &'static str,
    /// SEN types, the primary one first.
    pub needs: Vec<&'static str>,
}

impl Pupil {
    /// A pupil with SEN support for speech and language.
    pub fn of(child: &Child) -> Self {
        Pupil {
            child: child.clone(),
            provision: "K",
            needs: vec!["SLCN"],
        }
    }
}

/// The spring census of a year as a table set of one maintained school, made at this moment
/// (`2026-Jan-22 09:00:00`).
pub fn spring_census(year: i16, made: &str, pupils: &[Pupil]) -> Vec<Table> {
    let mut returns = Table::new(
        "schoolcensus",
        &[
            "schoolcensustableid",
            "collection",
            "term",
            "year",
            "referencedate",
            "serialno",
            "estab",
            "datetime",
            "lea",
        ],
    );
    returns.push(&[
        ("schoolcensustableid", "return-1"),
        ("collection", "SC"),
        ("term", "SPR"),
        ("year", &year.to_string()),
        ("referencedate", &format!("{year}-Jan-15 00:00:00")),
        ("serialno", "1"),
        ("estab", "2999"),
        ("datetime", made),
        ("lea", "881"),
    ]);
    let mut on_roll = Table::new(
        "pupilonroll",
        &[
            "pupilonrolltableid",
            "schoolcensustableid",
            "upn",
            "formerupn",
            "uniquelearnernumber",
            "surname",
            "forename",
            "middlenames",
            "preferredsurname",
            "formersurname",
            "dob",
            "sex",
            "ethnicity",
            "language",
            "enrolstatus",
            "ncyearactual",
            "senprovision",
            "senunitindicator",
            "resourcedprovisionindicator",
            "entrydate",
            "parttime",
            "boarder",
            "hoursatsetting",
            "fundedhours",
        ],
    );
    let mut needs = Table::new(
        "senneeds",
        &["senneedstableid", "pupilonrolltableid", "sentyperank", "sentype"],
    );
    let mut addresses = Table::new(
        "addresses",
        &[
            "addressestableid",
            "pupilonrolltableid",
            "addressesorderseqcolumn",
            "postcode",
            "addressline1",
            "uniquepropertyreferencenumber",
        ],
    );
    let mut meals = Table::new(
        "fsmperiod",
        &[
            "fsmperiodtableid",
            "pupilonrolltableid",
            "fsmstartdate",
            "fsmenddate",
        ],
    );
    for (index, pupil) in pupils.iter().enumerate() {
        let id = format!("pupil-{index}");
        let child = &pupil.child;
        on_roll.push(&[
            ("pupilonrolltableid", &id),
            ("schoolcensustableid", "return-1"),
            ("upn", &child.upn),
            ("surname", &child.surname),
            ("forename", &child.forename),
            ("dob", &child.birth_date),
            ("sex", "F"),
            ("ethnicity", "WBRI"),
            ("language", "ENG"),
            ("enrolstatus", "C"),
            ("ncyearactual", "R"),
            ("senprovision", pupil.provision),
            ("senunitindicator", "False"),
            ("resourcedprovisionindicator", "False"),
            ("entrydate", &format!("{}-Sep-03 00:00:00", year - 1)),
            ("parttime", "False"),
            ("boarder", "N"),
        ]);
        for (rank, need) in pupil.needs.iter().enumerate() {
            needs.push(&[
                ("senneedstableid", &format!("need-{index}-{rank}")),
                ("pupilonrolltableid", &id),
                ("sentyperank", &(rank + 1).to_string()),
                ("sentype", need),
            ]);
        }
        addresses.push(&[
            ("addressestableid", &format!("address-{index}")),
            ("pupilonrolltableid", &id),
            ("addressesorderseqcolumn", "1"),
            ("postcode", &child.postcode),
        ]);
        if index % 2 == 0 {
            meals.push(&[
                ("fsmperiodtableid", &format!("meal-{index}")),
                ("pupilonrolltableid", &id),
                ("fsmstartdate", &format!("{}-Sep-03 00:00:00", year - 1)),
            ]);
        }
    }
    vec![returns, on_roll, needs, addresses, meals]
}
