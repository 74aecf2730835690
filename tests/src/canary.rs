//! An area in which every identifier is a marker: children whose names nobody bears and who were born on days on which
//! nothing else happens, in notices and a census that are wrong in many ways.

mod formats;

pub use formats::{json_notices, school_return, workbook};

use crate::{
    hand::{
        Child, Notice, Pupil, Table, digest, nhs_number, notice_by_digest, notices_csv, spring_census, upn,
    },
    scanner::{Class, Marker},
};

/// A reference that names nobody. It may stand in its own provider's list and pack, and nowhere else.
pub const HARMLESS_REFERENCE: &str = "XKREF-70017001";
/// The same of another provider.
pub const OTHERS_REFERENCE: &str = "XKREF-70029002";

/// Names that nobody bears; birth days on which nothing else in the area happens.
pub fn children() -> Vec<Child> {
    [
        ("Zqxandrovik", "Wyvernhollow", "2021-03-17", "QX7 3ZK"),
        ("Pflorimunda", "Vexlorimund", "2021-04-19", "QX8 4ZK"),
        ("Jaxwithorpe", "Quoznebrith", "2021-05-23", "QX9 5ZK"),
        ("Kryzmontague", "Grimbolzwick", "2021-06-29", "QX6 6ZK"),
        ("Oxbryndellia", "Thwaitzengul", "2021-07-13", "QX5 7ZK"),
        ("Ulfrenquist", "Brackzomewell", "2021-08-27", "QX4 8ZK"),
        ("Ibbrazelda", "Snarkwizzle", "2021-09-11", "QX3 9ZK"),
    ]
    .iter()
    .zip(4_000..)
    .map(|((forename, surname, birth_date, postcode), number)| {
        Child::new(number, forename, surname, birth_date, postcode)
    })
    .collect()
}

// Identifiers beside those of the children themselves.
const MOTHERS_NUMBER: u32 = 4_100;
const FORMER_UPN: u32 = 4_101;
const MOTHERS_NAME: &str = "Mirrabolquin";
const FORMER_SURNAME: &str = "Yttervaldez";
const MIDDLE_NAME: &str = "Ezrabundle";
const PREFERRED_NAME: &str = "Zanzibrook";
const STREET: &str = "Hexagambol Mews";
const PHONE: &str = "07700900461";
const EMAIL: &str = "wobblethrax@example.org";
const FREE_TEXT: &str = "jabbernowlish";
const STAFF: &str = "Krontafelberg";
const REGISTRATION: &str = "GMC7654321X";
const SETTING: &str = "Wuzzlebatch Nursery";
const PROPERTY: &str = "100098765432";
const UNIQUE_LEARNER_NUMBER: &str = "9900012346";

/// The salt of the provider that sends digests.
pub const SALT: &str = "Quibblefrost-7731";

/// Notices under the digests of the children's numbers, of which one is also its own reference; and one that is cut.
pub fn notices_by_digest() -> Vec<Notice> {
    let all = children();
    let of = |child: &Child| digest(&child.nhs_number, SALT);
    vec![
        notice_by_digest(&all[0], &of(&all[0]), &of(&all[0])),
        notice_by_digest(&all[1], "XK-D1", &of(&all[1]).to_lowercase()),
        notice_by_digest(&all[2], "XK-D2", &of(&all[2])[..62]),
    ]
}

/// The number of the fourth child with its last digit wrong.
pub fn wrong_number() -> String {
    let number = &children()[3].nhs_number;
    let last = number.bytes().last().expect("ten digits") - b'0';
    format!("{}{}", &number[..9], (last + 1) % 10)
}

/// Every identifier in the area.
pub fn markers() -> Vec<Marker> {
    let mut markers = Vec::new();
    for (index, child) in children().into_iter().enumerate() {
        let of = |what: &str| format!("the {what} of child {index}");
        markers.extend([
            Marker::new(of("forename"), Class::Text, child.forename),
            Marker::new(of("surname"), Class::Text, child.surname),
            Marker::new(of("birth day"), Class::Day, child.birth_date),
            Marker::new(of("NHS number"), Class::NhsNumber, child.nhs_number),
            Marker::new(of("UPN"), Class::Code, child.upn),
            Marker::new(of("postcode"), Class::Postcode, child.postcode),
        ]);
    }
    for (index, child) in children().iter().enumerate().take(2) {
        let digest = digest(&child.nhs_number, SALT);
        let half = digest.split_at(digest.len() / 2).0;
        markers.extend([
            Marker::new(
                format!("the digest of child {index}"),
                Class::Code,
                digest.as_str(),
            ),
            Marker::new(format!("half the digest of child {index}"), Class::Code, half),
        ]);
    }
    for (name, class, text) in [
        (
            "a mother's number",
            Class::NhsNumber,
            nhs_number(MOTHERS_NUMBER).as_str(),
        ),
        ("a number with a wrong digit", Class::NhsNumber, &wrong_number()),
        ("a former UPN", Class::Code, &upn(FORMER_UPN)),
        ("a mother's name", Class::Text, MOTHERS_NAME),
        ("a former surname", Class::Text, FORMER_SURNAME),
        ("a middle name", Class::Text, MIDDLE_NAME),
        ("a preferred name", Class::Text, PREFERRED_NAME),
        ("a street", Class::Text, STREET),
        ("a telephone number", Class::Code, PHONE),
        ("an email address", Class::Text, EMAIL),
        ("free text", Class::Text, FREE_TEXT),
        ("a member of staff", Class::Text, STAFF),
        ("a registration", Class::Text, REGISTRATION),
        ("a setting", Class::Text, SETTING),
        ("the salt of digests", Class::Text, SALT),
        ("a property number", Class::Code, PROPERTY),
        ("a unique learner number", Class::Code, UNIQUE_LEARNER_NUMBER),
    ] {
        markers.push(Marker::new(name, class, text));
    }
    markers
}

/// A notice in which everything that can be stated is.
fn full(child: &Child, reference: &str) -> Notice {
    Notice::of(child, reference, "2024-11-05")
        .with("other_given_names", MIDDLE_NAME)
        .with("previous_family_name", FORMER_SURNAME)
        .with("preferred_name", PREFERRED_NAME)
        .with("mother_nhs_number", &nhs_number(MOTHERS_NUMBER))
        .with("address_line_1", STREET)
        .with("uprn", PROPERTY)
        .with("parent_contact_name", MOTHERS_NAME)
        .with("parent_phone", PHONE)
        .with("parent_email", EMAIL)
        .with("setting_name", SETTING)
        .with("diagnosis_text", FREE_TEXT)
        .with(
            "reason_text",
            &format!("{FREE_TEXT} {} lives in {STREET}", child.forename),
        )
        .with("voluntary_org_names", &format!("{SETTING};{FREE_TEXT}"))
        .with("attachment_refs", &format!("letter about {}.pdf", child.surname))
        .with("notifier_practitioner_name", STAFF)
        .with("notifier_registration_id", REGISTRATION)
        .with("notifier_contact_email", EMAIL)
}

/// Notices of every child, each with a fault of its own.
pub fn notices() -> Vec<Notice> {
    let all = children();
    let day = |iso: &str| {
        let parts: Vec<&str> = iso.split('-').collect();
        format!("{}/{}/{}", parts[2], parts[1], parts[0])
    };
    vec![
        // The reference is the NHS number, in groups.
        full(&all[0], &all[0].nhs_number).with("upn", &all[0].upn),
        // The reference holds the surname, and replaces one that holds the forename.
        full(&all[1], &format!("S23/{}/1", all[1].surname))
            .again("CORRECT", "2024-11-07T10:00:00Z")
            .with("replaces_notification_id", &format!("S23/{}/0", all[1].forename)),
        // Identifiers where codes belong.
        full(&all[2], "XK-3")
            .with("sex", &all[2].forename)
            .with("ethnic_category", &all[2].surname)
            .with("language", &all[2].surname)
            .with("gp_practice_ods", &all[2].upn)
            .with("delivering_org_ods", &all[2].postcode)
            .with("diagnosis_snomed", &all[2].nhs_number)
            .with("primary_need", &all[2].surname)
            .with("other_needs", &format!("SLCN;{}", all[2].forename))
            .with(
                "services_waiting_for",
                &format!("SLT:{};{}", day(&all[2].birth_date), all[2].surname),
            )
            .with("notifier_role", STAFF)
            .with("parent_informed_date", &all[2].surname),
        // A number that fails its check; a birth day in another order; both cost the row something.
        full(&all[3], "XK-4")
            .with("nhs_number", &wrong_number())
            .with("mother_nhs_number", &all[3].nhs_number)
            .with("birth_date", &day(&all[3].birth_date)),
        // Days out of order, and an authority that is a name.
        full(&all[4], "XK-5")
            .with("opinion_date", "2031-01-01")
            .with("la_gss", &all[4].surname),
        // Sent twice.
        full(&all[5], "XK-6"),
        full(&all[5], "XK-6"),
        // Nobody at school is like this one: unmatched under a reference that may be shown.
        full(&all[6], HARMLESS_REFERENCE).with("upn", &all[6].upn),
    ]
}

/// Rows that no reader can take apart rightly: too many fields, a quotation mark that does not close, bytes that are no
/// text, a control character, a field that is far too long.
pub fn broken_files() -> Vec<(&'static str, Vec<u8>)> {
    let all = children();
    let good = notices_csv(&[full(&all[0], "XK-9")]);
    let (header, row) = good.split_once('\n').expect("two lines");
    let mut files = vec![
        (
            "too-many-fields.csv",
            format!("{header}\n{},{row}", all[1].surname).into_bytes(),
        ),
        (
            "open-quote.csv",
            format!("{header}\n\"{} {},{row}{row}", all[1].surname, all[1].nhs_number).into_bytes(),
        ),
        (
            "control.csv",
            format!(
                "{header}\n{}",
                row.replace(MIDDLE_NAME, &format!("{MIDDLE_NAME}\u{7}"))
            )
            .into_bytes(),
        ),
        (
            "too-long.csv",
            format!("{header}\n{}", row.replace(FREE_TEXT, &FREE_TEXT.repeat(9_000))).into_bytes(),
        ),
        ("truncated.csv", good.as_bytes()[..good.len() - 30].to_vec()),
        (
            "no-header.csv",
            format!("{},{}\n{row}", all[0].surname, all[0].nhs_number).into_bytes(),
        ),
        // A header that names a child twice over.
        (
            "strange-header.csv",
            format!("{},{header},{}\nx,{row}", all[1].surname, all[1].surname).into_bytes(),
        ),
    ];
    let mut no_text = good.into_bytes();
    let place = no_text
        .windows(MIDDLE_NAME.len())
        .position(|window| window == MIDDLE_NAME.as_bytes())
        .expect("the name");
    no_text[place + 4] = 0xff;
    files.push(("no-text.csv", no_text));
    files
}

/// The census of the same children, with faults and with names of files that name a child.
pub fn census() -> Vec<Table> {
    let all = children();
    let pupils: Vec<Pupil> = all[..6].iter().map(Pupil::of).collect();
    let mut tables = spring_census(2026, "2026-Jan-22 09:00:00", &pupils);
    let [_, on_roll, needs, addresses, _] = tables.as_mut_slice() else {
        panic!("five tables")
    };
    on_roll.set(0, "formerupn", &upn(FORMER_UPN));
    on_roll.set(0, "middlenames", MIDDLE_NAME);
    on_roll.set(0, "preferredsurname", PREFERRED_NAME);
    on_roll.set(0, "formersurname", FORMER_SURNAME);
    on_roll.set(0, "uniquelearnernumber", UNIQUE_LEARNER_NUMBER);
    addresses.set(0, "addressline1", STREET);
    addresses.set(0, "uniquepropertyreferencenumber", PROPERTY);
    // A UPN with a wrong check letter, a name among the codes, a pupil of a return that is a name.
    let upn = format!(
        "{}{}",
        if all[2].upn.starts_with('A') { 'B' } else { 'A' },
        &all[2].upn[1..]
    );
    on_roll.set(2, "upn", &upn);
    on_roll.set(3, "ethnicity", &all[3].surname);
    on_roll.set(3, "ncyearactual", &all[3].forename);
    on_roll.set(4, "schoolcensustableid", &all[4].surname);
    on_roll.set(5, "dob", &all[5].surname);
    needs.set(1, "sentype", &all[1].surname);
    needs.set(2, "pupilonrolltableid", &all[2].upn);
    tables
}
