//! From an identity to an encoding and a profile.

mod dates;
mod names;
mod role;

use std::{fmt, sync::Arc};

use identity::{
    BirthDate, BusinessKey, Held, Identity, NhsNumber, NhsNumberDigest, NhsNumberStatus, People, Postcode,
    SenderReference, Upn,
};
use jiff::civil::Date;
use linkage::{
    ChildId, DateEncoding, DigestEncoding, DigestEncodings, Encoding, MotherDescription, MotherEncoding,
    MotherId, NameEncoding, NhsNumberEncoding, PartToken, PersonEncoding, PostcodeEncoding,
    PregnancyEncoding, RecordId, SexEncoding, Subject, Token,
};
use records::{
    Area, IdentifierState, Identifiers, Kind, Location, Month, Payload, PregnancyOutcome, Profile, Record,
    Sex, State, dates::compulsory_school_age,
};

use self::{
    dates::{DateKeys, date_bytes},
    names::{Letters, NameKeys},
    role::Role,
};
use crate::{
    AreaLookup, KeyError, Keys, OpenPseudonymiser, Reference, Seal, SealError, keyed::KeyedHash,
    keys::Secret, seal::Written,
};

/// UPNs that are kept of one person, and postcodes: more than any return holds, and a bound on what a row can cost.
const MOST: usize = 16;

/// Bytes that what a record says usually needs, written down for its hash: room that spares the buffer from growing.
const USUAL: usize = 512;

/// What a connector hands on for one record: who it is about, what its sender calls it, and what it says.
#[derive(Debug)]
pub struct Identified {
    /// Who the record is about.
    pub people: People,
    /// What names it within its kind and provider.
    pub key: BusinessKey,
    /// The sender's own reference.
    pub reference: Option<SenderReference>,
    /// Where it stood, for a record without a reference that may be shown.
    pub location: Option<Location>,
    /// What it says.
    pub record: Record,
}

/// What remains of a record below the one door.
#[derive(Debug)]
pub struct Encoded {
    /// The record's name for ever.
    pub record_id: RecordId,
    /// What linkage compares, for a run that links without the vault.
    pub encoding: Encoding,
    /// The encoding as the vault keeps it.
    pub sealed_encoding: Vec<u8>,
    /// The reference to show for it, as the vault keeps it; opens with [`Seal::open_reference`].
    pub sealed_reference: Option<Vec<u8>>,
    /// What the dataset may know of the child; of a notified pregnancy, of the mother: her area and which
    /// identifiers there were.
    pub profile: Profile,
    /// The mother, where the record says anything of her that identifies her, and of every notified pregnancy.
    pub mother_id: Option<MotherId>,
    /// A keyed hash of all that the record says and of who it is about. The time of its version and the day on which it
    /// was received do not count: a record that is sent again unchanged has the same hash.
    pub content_hash: [u8; 32],
    /// What it says.
    pub record: Record,
}

/// What people of one role are encoded under.
struct RoleKeys {
    names: NameKeys,
    dates: DateKeys,
    nhs_number: KeyedHash,
    nhs_number_digest: KeyedHash,
    postcode: KeyedHash,
    sector: KeyedHash,
    outward: KeyedHash,
    exact: KeyedHash,
}

impl RoleKeys {
    fn new(keys: &Keys, role: Role) -> Result<Self, KeyError> {
        let hash = |field| role.hash(keys, field);
        Ok(RoleKeys {
            names: NameKeys::new(keys, role)?,
            dates: DateKeys::new(keys, role)?,
            nhs_number: hash("nhs-number")?,
            nhs_number_digest: hash("nhs-number-digest")?,
            postcode: hash("postcode")?,
            sector: hash("postcode-sector")?,
            outward: hash("postcode-outward")?,
            exact: hash("names-birth-date-postcode")?,
        })
    }

    fn number(&self, number: &NhsNumber) -> Token {
        Token(self.nhs_number.half(&[number.expose().as_bytes()]))
    }

    fn digest(&self, digest: &NhsNumberDigest) -> Token {
        Token(self.nhs_number_digest.half(&[digest.expose()]))
    }

    fn forenames(&self, person: &Identity) -> Vec<NameEncoding> {
        self.names
            .encode(person.forename.valid(), &person.other_forenames)
    }

    fn surnames(&self, person: &Identity) -> Vec<NameEncoding> {
        self.names.encode(person.surname.valid(), &person.other_surnames)
    }

    fn birth(&self, person: &Identity) -> Option<DateEncoding> {
        let birth = person.birth_date.valid()?;
        Some(self.dates.encode(birth.date()))
    }

    /// The latest postcode first, each once.
    fn postcodes(&self, person: &Identity) -> Vec<PostcodeEncoding> {
        let mut encoded: Vec<PostcodeEncoding> = Vec::new();
        for postcode in person
            .postcode
            .valid()
            .into_iter()
            .chain(&person.other_postcodes)
            .take(MOST)
        {
            let token = |hash: &KeyedHash, text: &str| PartToken(hash.number(&[text.as_bytes()]));
            let postcode = PostcodeEncoding {
                whole: token(&self.postcode, postcode.expose()),
                sector: token(&self.sector, postcode.sector()),
                outward: token(&self.outward, postcode.outward()),
            };
            if encoded.iter().all(|known| known.whole != postcode.whole) {
                encoded.push(postcode);
            }
        }
        encoded
    }
}

/// Encodes records under one set of keys. Shared between threads; holds no record.
pub struct Encoder {
    areas: Arc<AreaLookup>,
    seal: Seal,
    children: RoleKeys,
    mothers: RoleKeys,
    open_pseudonymiser: Option<OpenPseudonymiser>,
    upn: KeyedHash,
    uln: KeyedHash,
    record: KeyedHash,
    child: KeyedHash,
    mother: KeyedHash,
    content: KeyedHash,
}

impl Encoder {
    /// The encoder under these keys, which looks postcodes up in `areas`.
    ///
    /// # Errors
    /// [`KeyError::Derivation`], a fault of this program.
    pub fn new(keys: &Keys, areas: Arc<AreaLookup>) -> Result<Self, KeyError> {
        let spine = |field| keys.hash(Secret::Spine, field);
        Ok(Encoder {
            areas,
            seal: Seal::new(keys)?,
            children: RoleKeys::new(keys, Role::Child)?,
            mothers: RoleKeys::new(keys, Role::Mother)?,
            open_pseudonymiser: None,
            upn: keys.hash(Secret::Linkage, "upn")?,
            uln: keys.hash(Secret::Linkage, "uln")?,
            record: spine("record")?,
            child: spine("child")?,
            mother: spine("mother")?,
            content: spine("content")?,
        })
    }

    /// The encoder that also makes the digest of each NHS number as the senders of digests do, so that theirs and it
    /// meet. Without it, theirs meet one another alone.
    #[must_use]
    pub fn with_open_pseudonymiser(self, digests: Option<OpenPseudonymiser>) -> Self {
        Encoder {
            open_pseudonymiser: digests,
            ..self
        }
    }

    /// Encodes a record and forgets who it is about.
    ///
    /// # Errors
    /// [`EncodeError`], a fault of this program.
    pub fn encode(&self, kind: Kind, provider: &str, identified: Identified) -> Result<Encoded, EncodeError> {
        let Identified {
            people,
            key,
            reference,
            location,
            record,
        } = identified;
        let record_id = self.record_id(kind, provider, &key);
        let encoding = self.encoding(kind, provider, &people, &record);
        let profile = self.profile(&people, &record);
        let mother_id = self.mother_id(record_id, &people);
        let written = Written::of(&encoding)?;
        let content_hash = self.content_hash(&record, &profile, mother_id, written.content())?;
        let sealed_encoding = self.seal.written(record_id, written)?;
        let sealed_reference = match Reference::of(&people, reference, location.as_ref()) {
            Some(reference) => Some(self.seal.reference(record_id, &reference)?),
            None => None,
        };
        Ok(Encoded {
            record_id,
            encoding,
            sealed_encoding,
            sealed_reference,
            profile,
            mother_id,
            content_hash,
            record,
        })
    }

    /// The name for ever of the record that a provider calls so.
    pub fn record_id(&self, kind: Kind, provider: &str, key: &BusinessKey) -> RecordId {
        RecordId(
            self.record
                .half(&[kind.as_str().as_bytes(), provider.as_bytes(), key.as_bytes()]),
        )
    }

    /// The name for ever of the child whose first anchor is this one.
    pub fn child_id(&self, anchor: Subject) -> ChildId {
        match anchor.number {
            0 => ChildId(self.child.half(&[&anchor.record.0])),
            number => ChildId(self.child.half(&[&anchor.record.0, &[number]])),
        }
    }

    /// The day number that encodings hold for a day: tonight's, so that an expected child whose time has passed
    /// can be told.
    pub fn day_number(&self, day: Date) -> i32 {
        self.children.dates.day_number(day)
    }

    /// The token that encodings hold for a child's NHS number: what an officer types becomes what is stored.
    pub fn nhs_number_token(&self, number: &NhsNumber) -> Token {
        self.children.number(number)
    }

    /// The token that encodings hold for a UPN, in force or former.
    pub fn upn_token(&self, upn: &Upn) -> Token {
        Token(self.upn.half(&[upn.expose().as_bytes()]))
    }

    /// The seal under the same keys.
    pub fn seal(&self) -> &Seal {
        &self.seal
    }

    /// What linkage compares of a record: [`encode`](Self::encode) without sealing, hashing and profile.
    pub fn encoding(&self, kind: Kind, provider: &str, people: &People, record: &Record) -> Encoding {
        let child = people.child.as_ref().map(|child| self.person(child, record.sex));
        let event_day = match &record.state {
            // The event date of a birth is the first of its month; the day itself is the child's birth date. Of one that
            // was not live the month is all there is.
            State::Current(payload) if child.is_some() && matches!(**payload, Payload::Birth(_)) => child
                .as_ref()
                .and_then(|child| child.birth.as_ref())
                .map(|birth| birth.day_number),
            _ => Some(self.children.dates.day_number(record.event_date)),
        };
        Encoding {
            child,
            mother: people.mother.as_ref().map(|mother| self.mother(mother)),
            pregnancy: self.pregnancy(people, record),
            born_of: people
                .born_of
                .as_ref()
                .map(|pregnancy| self.record_id(kind, provider, pregnancy)),
            event_day,
            digests: self.digests(people).map(Box::new),
        }
    }

    /// The digests of the NHS numbers of a record's people; none where there are none, as in most areas.
    fn digests(&self, people: &People) -> Option<DigestEncodings> {
        let child = people.child.as_ref().and_then(|child| {
            let digest = self.digest(child)?;
            Some(DigestEncoding {
                token: self.children.digest(&digest),
                as_mother: self.mothers.digest(&digest),
                conclusive: is_conclusive(child.nhs_number_status),
            })
        });
        let mother = people.mother.as_ref().and_then(|mother| self.digest(mother));
        let mother = mother.map(|digest| self.mothers.digest(&digest));
        (child.is_some() || mother.is_some()).then(|| DigestEncodings {
            made_of: self.open_pseudonymiser.as_ref().map(OpenPseudonymiser::made_of),
            child,
            mother,
        })
    }

    /// The digest of a person's NHS number, made here where the number was sent, else as it was sent.
    fn digest(&self, person: &Identity) -> Option<NhsNumberDigest> {
        let birth = person.birth_date.valid();
        let Some(digests) = &self.open_pseudonymiser else {
            return person.nhs_number_digest.valid().cloned();
        };
        let own = person.nhs_number.valid();
        own.and_then(|number| digests.digest(number, birth)).or_else(|| {
            let sent = person.nhs_number_digest.valid()?;
            (!digests.is_nobodys(sent, birth)).then(|| sent.clone())
        })
    }

    fn mother(&self, mother: &Identity) -> MotherEncoding {
        MotherEncoding {
            nhs_number: mother
                .nhs_number
                .valid()
                .map(|number| self.mothers.number(number)),
            exact: exact(&self.mothers.exact, mother),
            described: self.described(mother).map(Box::new),
        }
    }

    /// What tells a mother from others where there is no number: forename, surname and birth date at the least.
    fn described(&self, mother: &Identity) -> Option<MotherDescription> {
        let (Some(_), Some(_)) = (mother.forename.valid(), mother.surname.valid()) else {
            return None;
        };
        Some(MotherDescription {
            forenames: self.mothers.forenames(mother),
            surnames: self.mothers.surnames(mother),
            birth: self.mothers.birth(mother)?,
            postcodes: self.mothers.postcodes(mother),
        })
    }

    fn pregnancy(&self, people: &People, record: &Record) -> Option<PregnancyEncoding> {
        let State::Current(payload) = &record.state else {
            return None;
        };
        let Payload::Pregnancy(notification) = &**payload else {
            return None;
        };
        let expected = people.expected.as_ref();
        let day = |day: Option<&BirthDate>| day.map(|day| self.children.dates.day_number(day.date()));
        Some(PregnancyEncoding {
            due_day: day(expected.and_then(|expected| expected.due.as_ref())),
            birth_day: day(expected.and_then(|expected| expected.born.as_ref())),
            fetuses: notification.fetus_count.unwrap_or(1).max(1),
            ended: notification
                .outcome
                .is_some_and(PregnancyOutcome::ends_expectation),
        })
    }

    /// The id of a record's mother: made from her NHS number, else from its digest, else from her names and birth date, else, where
    /// a pregnancy was notified, from the record, which then has a mother to itself.
    fn mother_id(&self, record: RecordId, people: &People) -> Option<MotherId> {
        let mother = people.mother.as_ref()?;
        let id = |parts: &[&[u8]]| Some(MotherId(self.mother.half(parts)));
        if let Some(number) = mother.nhs_number.valid() {
            return id(&[b"nhs-number", number.expose().as_bytes()]);
        }
        if let Some(digest) = mother.nhs_number_digest.valid() {
            return id(&[b"nhs-number-digest", digest.expose()]);
        }
        if let (Some(forename), Some(surname), Some(birth)) = (
            mother.forename.valid(),
            mother.surname.valid(),
            mother.birth_date.valid(),
        ) {
            return id(&[
                b"names-and-birth-date",
                Letters::of(forename.letters()).text().as_bytes(),
                Letters::of(surname.letters()).text().as_bytes(),
                &date_bytes(birth.date()),
            ]);
        }
        people.expected.as_ref()?;
        id(&[b"record", &record.0])
    }

    fn person(&self, person: &Identity, sex: Sex) -> PersonEncoding {
        let number = person.nhs_number.valid();
        let (upns, upn_in_force) = self.upns(person);
        PersonEncoding {
            nhs_number: number.map(|number| NhsNumberEncoding {
                token: self.nhs_number_token(number),
                conclusive: is_conclusive(person.nhs_number_status),
            }),
            nhs_number_as_mother: number.map(|number| self.mothers.number(number)),
            upns,
            upn_in_force,
            uln: person
                .uln
                .valid()
                .map(|uln| Box::new(Token(self.uln.half(&[uln.expose().as_bytes()])))),
            forenames: self.children.forenames(person),
            surnames: self.children.surnames(person),
            birth: self.children.birth(person),
            postcodes: self.children.postcodes(person),
            sex: match sex {
                Sex::M => Some(SexEncoding::M),
                Sex::F => Some(SexEncoding::F),
                Sex::U => None,
            },
            exact: exact(&self.children.exact, person),
        }
    }

    /// The UPN in force first, then the former ones, each once, and the place of the one in force.
    fn upns(&self, person: &Identity) -> (Vec<Token>, Option<u8>) {
        let mut tokens = Vec::new();
        for upn in person
            .upn
            .valid()
            .into_iter()
            .chain(&person.former_upns)
            .take(MOST)
        {
            let token = self.upn_token(upn);
            if !tokens.contains(&token) {
                tokens.push(token);
            }
        }
        (tokens, person.upn.valid().map(|_| 0))
    }

    fn profile(&self, people: &People, record: &Record) -> Profile {
        let said = Profile {
            sex: record.sex,
            ethnic_group: record.ethnic_group,
            ..Profile::default()
        };
        // An expected child lives where its mother does.
        let Some(person) = people.child.as_ref().or(people.mother.as_ref()) else {
            return said;
        };
        let birth = people
            .child
            .as_ref()
            .and_then(|child| child.birth_date.valid())
            .map(|birth| birth.date());
        let school_age = birth.map(compulsory_school_age);
        Profile {
            birth_month: birth.map(Month::of),
            area: person
                .postcode
                .valid()
                .map_or_else(Area::default, |postcode| self.area(postcode)),
            no_fixed_abode: person.no_fixed_abode,
            identifiers: Identifiers {
                // A digest in the number's place is a number as far as anybody asks.
                nhs_number: match &person.nhs_number {
                    Held::Absent => state(&person.nhs_number_digest),
                    number => state(number),
                },
                upn: state(&person.upn),
                uln: state(&person.uln),
                forename: state(&person.forename),
                surname: state(&person.surname),
                birth_date: state(&person.birth_date),
                postcode: state(&person.postcode),
            },
            school_age_at_event: school_age.map(|from: Date| record.event_date >= from),
            school_age_from: school_age.map(Month::of),
            ..said
        }
    }

    fn area(&self, postcode: &Postcode) -> Area {
        self.areas.area(postcode).cloned().unwrap_or_default()
    }

    fn content_hash(
        &self,
        record: &Record,
        profile: &Profile,
        mother: Option<MotherId>,
        encoding: &[u8],
    ) -> Result<[u8; 32], EncodeError> {
        // Bound without `..`: a field that is added must be thought about here.
        let Record {
            version: _,
            received_date: _,
            state,
            event_date,
            sex,
            ethnic_group,
            scope,
        } = record;
        let said = (state, event_date, sex, ethnic_group, scope, profile, mother);
        let said = postcard::to_extend(&said, Vec::with_capacity(USUAL)).map_err(|_| EncodeError::Content)?;
        Ok(self.content.of(&[&said, encoding]))
    }
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Encoder(…)")
    }
}

/// A record could not be encoded: a fault of this program, never of the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// It could not be sealed.
    #[error("the encoding {0}")]
    Seal(#[from] SealError),
    /// What it says could not be written down for its hash.
    #[error("the content could not be hashed")]
    Content,
}

/// Exact names, birth date and postcode together; none unless all four are there.
fn exact(hash: &KeyedHash, person: &Identity) -> Option<Token> {
    let forename = Letters::of(person.forename.valid()?.letters());
    let surname = Letters::of(person.surname.valid()?.letters());
    let birth = date_bytes(person.birth_date.valid()?.date());
    let postcode = person.postcode.valid()?.expose();
    Some(Token(hash.half(&[
        forename.text().as_bytes(),
        surname.text().as_bytes(),
        &birth,
        postcode.as_bytes(),
    ])))
}

/// Statuses 04 (no or several matches) and 05 (trace to be resolved) say that the number may be another's.
fn is_conclusive(status: Option<NhsNumberStatus>) -> bool {
    !matches!(
        status,
        Some(NhsNumberStatus::TraceFailed | NhsNumberStatus::TraceUnresolved)
    )
}

fn state<T>(held: &Held<T>) -> IdentifierState {
    match held {
        Held::Absent => IdentifierState::Absent,
        Held::Valid(_) => IdentifierState::Valid,
        Held::Invalid => IdentifierState::Invalid,
        Held::Placeholder => IdentifierState::Placeholder,
    }
}

#[cfg(test)]
#[path = "encode/tests.rs"]
mod tests;
