//! The markers in the other formats: JSON, a workbook, a school's own return. Each has a place that the layout does not
//! know and that is called after a child, and values where they do not belong.

use rust_xlsxwriter::Workbook;
use serde_json::json;

use super::{MIDDLE_NAME, STAFF, STREET, children};

/// Notices as an interface gives them.
pub fn json_notices() -> Vec<u8> {
    let notices: Vec<_> = children()
        .iter()
        .zip(1..)
        .map(|(child, number)| {
            json!({
                "notification": {
                    "notification_id": format!("J-{number}"), "action": "NEW", "kind": "NOTIFICATION",
                    "opinion_date": "2024-11-06", "sent_at": "2024-11-07T10:00:00Z", "la_gss": "E10000012",
                    (child.surname.as_str()): child.forename,
                },
                "child": {
                    "nhs_number": child.nhs_number, "family_name": child.surname, "given_name": child.forename,
                    "other_given_names": MIDDLE_NAME, "birth_date": child.birth_date, "sex": child.forename,
                    "address_line_1": STREET, "postcode": child.postcode, "upn": [child.upn],
                    "ethnic_category": { (child.surname.as_str()): child.nhs_number },
                },
                "need": { "limb": "HAS", "category": "SEN", "primary_need": child.surname },
                "notifier": { "org_ods": "RXJ", "role": "PAEDIATRICIAN" },
                (child.forename.as_str()): [child.postcode, child.birth_date],
            })
        })
        .collect();
    serde_json::to_vec_pretty(&notices).expect("it is JSON")
}

/// Notices as a workbook, one column of which is called after a child.
pub fn workbook() -> Vec<u8> {
    let all = children();
    let mut workbook = Workbook::new();
    let sheet = workbook
        .add_worksheet()
        .set_name("Notifications")
        .expect("a name");
    let header = [
        "Submission ID",
        "Date opinion formed",
        "Local authority code",
        "Child's surname",
        "Child's first name",
        "Child's date of birth",
        "NHS number",
        "Postcode",
        "In your opinion the child",
        "Special educational needs or disability",
        "Main area of need",
        "Organisation code",
        "Date parent informed",
        "Date discussion offered",
        "Date submitted",
        "Address line 1",
        "Your profession",
        all[0].surname.as_str(),
    ];
    for (column, name) in (0..).zip(header) {
        sheet.write(1, column, name).expect("it fits");
    }
    for (row, child) in (2..).zip(&all) {
        let parts: Vec<&str> = child.birth_date.split('-').collect();
        let birth_date = format!("{}/{}/{}", parts[2], parts[1], parts[0]);
        let cells = [
            &child.surname,
            "06/11/2024",
            "E10000012",
            &child.surname,
            &child.forename,
            // One day is a name.
            if row == 4 { &child.forename } else { &birth_date },
            &child.nhs_number,
            &child.postcode,
            "Has SEN or a disability",
            "Both",
            &child.surname,
            "RXS",
            "06/11/2024",
            &child.surname,
            "07/11/2024",
            STREET,
            STAFF,
            &child.nhs_number,
        ];
        for (column, cell) in (0..).zip(cells) {
            sheet.write(row, column, cell).expect("it fits");
        }
    }
    workbook.save_to_buffer().expect("memory takes all")
}

/// The return of a school, with elements and attributes that are called after children. The last child is at no school.
pub fn school_return() -> String {
    let mut pupils = String::new();
    for child in &children()[..6] {
        let name = &child.surname;
        pupils.push_str(&format!(
            r#"<PupilOnRoll id="{number}"><PupilIdentifiers><UPN>{upn}</UPN><Surname>{name}</Surname>
<Forename>{forename}</Forename><MiddleNames>{MIDDLE_NAME}</MiddleNames><DOB>{born}</DOB><Sex>{name}</Sex></PupilIdentifiers>
<{name}>{number}</{name}><PupilCharacteristics><Ethnicity>{forename}</Ethnicity></PupilCharacteristics>
<PupilStatus><EnrolStatus>C</EnrolStatus><EntryDate>{name}</EntryDate><NCyearActual>R</NCyearActual></PupilStatus>
<SpecialEducationalNeeds><SENprovision>{name}</SENprovision></SpecialEducationalNeeds>
<HomeInformation><Address><PostCode>{postcode}</PostCode><Street>{STREET}</Street></Address></HomeInformation></PupilOnRoll>
"#,
            number = child.nhs_number,
            upn = child.upn,
            forename = child.forename,
            born = child.birth_date,
            postcode = child.postcode,
        ));
    }
    format!(
        "<Message><Header><CollectionDetails><Collection>SC</Collection><Term>SPR</Term><Year>2026</Year>\
         <ReferenceDate>2026-01-15</ReferenceDate></CollectionDetails><Source><LEA>881</LEA><Estab>2998</Estab>\
         <SerialNo>1</SerialNo><DateTime>2026-01-22T09:00:00</DateTime></Source></Header>\
         <Pupils><PupilsOnRoll>{pupils}</PupilsOnRoll></Pupils></Message>"
    )
}
