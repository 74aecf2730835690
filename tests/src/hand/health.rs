//! Submissions to the Maternity Services Data Set and the Community Services Data Set, by hand.

use jiff::{ToSpan, civil::Date};

use super::{Child, Table};

/// Who made a submission, for which month and when.
#[derive(Clone, Copy, Debug)]
pub struct Submission<'a> {
    /// ODS code of the provider.
    pub provider: &'a str,
    /// First day of the month.
    pub month: &'a str,
    /// Day on which it was made.
    pub made: &'a str,
}

impl Submission<'_> {
    fn last_day(&self) -> String {
        let first: Date = self.month.parse().expect("a day");
        first.last_of_month().to_string()
    }

    /// The day after it was made, on which it reaches the area.
    pub fn came(&self) -> String {
        let made: Date = self.made.parse().expect("a day");
        (made + 1.day()).to_string()
    }
}

/// A pregnancy as a maternity service knows it.
#[derive(Clone, Debug)]
pub struct Pregnancy<'a> {
    /// The provider's own number of it.
    pub id: &'a str,
    /// The mother; her UPN is not stated.
    pub mother: &'a Child,
    /// Day of the booking appointment.
    pub booked: &'a str,
    /// Agreed due date.
    pub due: &'a str,
    /// Fetuses that the dating scan counted.
    pub fetuses: usize,
    /// Why the mother was discharged from the service: an outcome of the pregnancy; blank while it goes on.
    pub discharged: &'a str,
    /// Children who were born.
    pub babies: Vec<&'a Child>,
}

/// The submission of a maternity service.
pub fn maternity(of: Submission<'_>, pregnancies: &[Pregnancy<'_>]) -> Vec<Table> {
    let mut header = Table::new(
        "MSD000Header",
        &[
            "Version",
            "OrgIDProvider",
            "OrgIDSubmit",
            "PrimSystemInUse",
            "RPStartDate",
            "RPEndDate",
            "FileCreationDate",
            "FileCreationTime",
        ],
    );
    header.push(&[
        ("Version", "2.0"),
        ("OrgIDProvider", of.provider),
        ("OrgIDSubmit", of.provider),
        ("RPStartDate", of.month),
        ("RPEndDate", &of.last_day()),
        ("FileCreationDate", of.made),
        ("FileCreationTime", "09:00:00"),
    ]);
    let mut mothers = Table::new(
        "MSD001MotherDemog",
        &[
            "LPIDMother",
            "PersonBirthDateMother",
            "NHSNumberMother",
            "NHSNumberStatusMother",
            "Postcode",
        ],
    );
    let mut bookings = Table::new(
        "MSD101PregnancyBooking",
        &[
            "PregnancyID",
            "LPIDMother",
            "AntenatalAppDate",
            "EDDAgreed",
            "EDDMethodAgreed",
            "ComplexSocialFactorsInd",
            "DischargeDateMatService",
            "DischReason",
        ],
    );
    let mut scans = Table::new(
        "MSD103DatingScan",
        &[
            "PregnancyID",
            "ProcedureDateDatingUltrasound",
            "NoFetusesDatingUltrasound",
        ],
    );
    let mut deliveries = Table::new("MSD301LabourDelivery", &["LabourDeliveryID", "PregnancyID"]);
    let mut babies = Table::new(
        "MSD401BabyDemographics",
        &[
            "LPIDBaby",
            "LabourDeliveryID",
            "PersonBirthDateBaby",
            "PregOutcome",
            "PersonPhenSex",
            "NHSNumberBaby",
            "NHSNumberStatusBaby",
            "BirthOrderMaternitySUS",
            "GestationLengthBirth",
        ],
    );
    for pregnancy in pregnancies {
        let mother = format!("M-{}", pregnancy.id);
        mothers.push(&[
            ("LPIDMother", &mother),
            ("PersonBirthDateMother", &pregnancy.mother.birth_date),
            ("NHSNumberMother", &pregnancy.mother.nhs_number),
            ("NHSNumberStatusMother", "01"),
            ("Postcode", &pregnancy.mother.postcode),
        ]);
        let discharged_on = if pregnancy.discharged.is_empty() {
            ""
        } else {
            of.month
        };
        bookings.push(&[
            ("PregnancyID", pregnancy.id),
            ("LPIDMother", &mother),
            ("AntenatalAppDate", pregnancy.booked),
            ("EDDAgreed", pregnancy.due),
            ("EDDMethodAgreed", "02"),
            ("ComplexSocialFactorsInd", "N"),
            ("DischargeDateMatService", discharged_on),
            ("DischReason", pregnancy.discharged),
        ]);
        scans.push(&[
            ("PregnancyID", pregnancy.id),
            ("ProcedureDateDatingUltrasound", pregnancy.booked),
            ("NoFetusesDatingUltrasound", &pregnancy.fetuses.to_string()),
        ]);
        if pregnancy.babies.is_empty() {
            continue;
        }
        let delivery = format!("D-{}", pregnancy.id);
        deliveries.push(&[("LabourDeliveryID", &delivery), ("PregnancyID", pregnancy.id)]);
        for (order, baby) in (1..).zip(&pregnancy.babies) {
            babies.push(&[
                ("LPIDBaby", &format!("B-{}-{order}", pregnancy.id)),
                ("LabourDeliveryID", &delivery),
                ("PersonBirthDateBaby", &baby.birth_date),
                ("PregOutcome", "01"),
                ("PersonPhenSex", "2"),
                ("NHSNumberBaby", &baby.nhs_number),
                ("NHSNumberStatusBaby", "01"),
                ("BirthOrderMaternitySUS", &order.to_string()),
                ("GestationLengthBirth", "276"),
            ]);
        }
    }
    vec![header, mothers, bookings, scans, deliveries, babies]
}

/// A review at 2 to 2½ years with the ASQ-3 form of 27 months.
#[derive(Clone, Debug)]
pub struct Review<'a> {
    /// The provider's own number of the contact.
    pub id: &'a str,
    /// Who was seen; the names are not stated.
    pub child: &'a Child,
    /// When.
    pub day: &'a str,
    /// Scores of communication, gross motor, fine motor, problem solving, personal-social.
    pub scores: [u8; 5],
}

/// SNOMED CT concepts of the scores of the 27-month form, in the order of [`Review::scores`] (Community Services
/// Data Set, coded scored assessments).
const FORM_OF_27_MONTHS: [&str; 5] = [
    "953261000000103",
    "953281000000107",
    "953271000000105",
    "953291000000109",
    "953301000000108",
];

/// The submission of a health visiting service.
pub fn community(of: Submission<'_>, reviews: &[Review<'_>]) -> Vec<Table> {
    let mut header = Table::new(
        "CYP000Header",
        &[
            "Version",
            "OrgID_Provider",
            "OrgID_Submitter",
            "RP_StartDate",
            "RP_EndDate",
            "FileCreation_DateTime",
            "PrimarySystem",
        ],
    );
    header.push(&[
        ("Version", "1.6"),
        ("OrgID_Provider", of.provider),
        ("OrgID_Submitter", of.provider),
        ("RP_StartDate", of.month),
        ("RP_EndDate", &of.last_day()),
        ("FileCreation_DateTime", &format!("{} 09:00:00", of.made)),
    ]);
    let mut patients = Table::new(
        "CYP001MPI",
        &[
            "LocalPatientID",
            "NHSNumber",
            "NHSNumber_Status",
            "DateOfBirth",
            "Postcode",
            "Gender",
            "EthnicCategory",
        ],
    );
    let mut referrals = Table::new("CYP101Referral", &["ServiceRequestID", "LocalPatientID"]);
    let mut teams = Table::new(
        "CYP102ServiceTypeReferredTo",
        &["ServiceRequestID", "TeamID_Local", "TeamType"],
    );
    let mut contacts = Table::new(
        "CYP201CareContact",
        &[
            "CareContactID",
            "ServiceRequestID",
            "TeamID_Local",
            "Contact_Date",
            "AttendanceStatus",
            "ConsMechanism",
        ],
    );
    let mut activities = Table::new(
        "CYP202CareActivity",
        &["CareActivityID", "CareContactID", "Activity_Type"],
    );
    let mut scores = Table::new(
        "CYP612CodedAssessmentContact",
        &["CareActivityID", "SNOMED_ID", "Score"],
    );
    for review in reviews {
        let named = |letter: char| format!("{letter}-{}", review.id);
        let (patient, referral, team, activity) = (named('P'), named('S'), named('T'), named('A'));
        patients.push(&[
            ("LocalPatientID", &patient),
            ("NHSNumber", &review.child.nhs_number),
            ("NHSNumber_Status", "01"),
            ("DateOfBirth", &review.child.birth_date),
            ("Postcode", &review.child.postcode),
            ("Gender", "2"),
            ("EthnicCategory", "A"),
        ]);
        referrals.push(&[("ServiceRequestID", &referral), ("LocalPatientID", &patient)]);
        teams.push(&[
            ("ServiceRequestID", &referral),
            ("TeamID_Local", &team),
            ("TeamType", "16"),
        ]);
        contacts.push(&[
            ("CareContactID", review.id),
            ("ServiceRequestID", &referral),
            ("TeamID_Local", &team),
            ("Contact_Date", review.day),
            ("AttendanceStatus", "5"),
            ("ConsMechanism", "01"),
        ]);
        activities.push(&[
            ("CareActivityID", &activity),
            ("CareContactID", review.id),
            ("Activity_Type", "11"),
        ]);
        for (concept, score) in FORM_OF_27_MONTHS.iter().zip(review.scores) {
            scores.push(&[
                ("CareActivityID", &activity),
                ("SNOMED_ID", concept),
                ("Score", &score.to_string()),
            ]);
        }
    }
    vec![header, patients, referrals, teams, contacts, activities, scores]
}
