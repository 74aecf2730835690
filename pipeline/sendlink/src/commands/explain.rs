//! `sendlink explain`.

use dataset::{Access, DoubtRow, LinkRow, LinkedRecord, RecordState, Sibling, Store};
use linkage::{Evidence, Joined, MotherEvidence, NumberEvidence, RecordId, Settings, Tier, Weight};
use reports::{Cell, Column, Table};

use super::{print, review};
use crate::{
    cli::Explain,
    config::Config,
    context,
    exit::{Exit, Failure},
    hex,
    night::stop::Stop,
    progress::Progress,
    to_link,
    watcher::Watcher,
};

/// Says why a record is linked to a child, or why it is not, without anything that the record holds.
///
/// # Errors
/// Exit code 64 where there is no such record, 65 where no night has run yet; where weights are asked for, 77 where the
/// keys do not open the vault.
pub async fn run(arguments: &Explain) -> Result<Exit, Failure> {
    let config = Config::load(&arguments.data.config.file)?;
    let store = context::store(&config, Access::ReadOnly).await?;
    let record = find(&store, &arguments.record).await?;
    let doubts = store.doubts().await?;
    let mut story = Story::new();
    story.record(&record);
    for link in &record.links {
        let siblings = store.records_of(link.child_id).await?;
        story.link(link, &siblings)?;
        let of_child = |doubt: &&DoubtRow| {
            let of = |id: RecordId| siblings.iter().any(|sibling| sibling.record_id == id);
            doubt.standing && (of(doubt.doubt.left) || of(doubt.doubt.right))
        };
        story.doubts(doubts.iter().filter(of_child));
    }
    if arguments.weights {
        for union in joined(&config, &store, record.record_id).await? {
            story.union(&union);
        }
    }
    store.close().await;
    print(&story.0, arguments.data.format)?;
    Ok(Exit::Done)
}

/// The unions by weight of a record's child, found by linking all records again.
async fn joined(config: &Config, store: &Store, record: RecordId) -> Result<Vec<Joined>, Failure> {
    let keys = context::keys(config)?;
    let encoder = context::encoder(&keys)?;
    let entries = to_link::entries(store, &encoder).await?;
    let decisions = to_link::decisions(store).await?;
    let watch = Watcher {
        stop: Stop::default(),
        progress: Progress::start("comparing records", None),
    };
    tokio::task::block_in_place(|| {
        linkage::joined(&entries, &decisions, &Settings::default(), record, &watch)
    })
    .map_err(|error| Failure::new(Exit::Bug, error))
}

/// Digits of an id from which a record is looked for: fewer name a good part of all records.
const FEWEST_DIGITS: usize = 4;

/// The record whose id begins so. What was typed is neither shown nor sent: it may be an identifier.
async fn find(store: &Store, beginning: &str) -> Result<LinkedRecord, Failure> {
    let none = || {
        Failure::new(
            Exit::Usage,
            format!(
                "no record has that id; it is the record_id of the joint dataset, {FEWEST_DIGITS} to 32 hexadecimal \
                 digits of it"
            ),
        )
    };
    let beginning = beginning.to_lowercase();
    let byte = beginning.get(..2).and_then(hex::decode::<1>);
    let Some([byte]) = byte.filter(|_| beginning.len() >= FEWEST_DIGITS) else {
        return Err(none());
    };
    let mut found = store.records_beginning(byte).await?;
    found.retain(|record| hex::encode(&record.0).starts_with(&beginning));
    match found.as_slice() {
        [] => Err(none()),
        [record] => store.linked_record(*record).await?.ok_or_else(none),
        _ => Err(Failure::new(
            Exit::Usage,
            "more than one record begins with that id; give more of it",
        )),
    }
}

/// What there is to say, line by line.
struct Story(Table<2>);

impl Story {
    fn new() -> Self {
        Story(Table::new([Column::new("what"), Column::new("says")]))
    }

    fn say(&mut self, what: &str, says: impl Into<String>) {
        self.0.push([Cell::from(what), Cell::Text(says.into())]);
    }

    fn record(&mut self, record: &LinkedRecord) {
        self.say("record", hex::encode(&record.record_id.0));
        self.say("from", review::from(&record.source));
        self.say(
            "stands",
            match record.state {
                RecordState::Current => "yes",
                RecordState::Withdrawn => "no: its sender took it back, so it is not linked",
                RecordState::Absent => "no: a newer delivery does not hold it, so it is not linked",
            },
        );
        self.say("first seen", record.first_seen.to_string());
        if record.links.is_empty() && record.state == RecordState::Current {
            self.say(
                "linked",
                "no: no living child is born or expected of it, or no night has linked since it came",
            );
        }
    }

    fn link(&mut self, link: &LinkRow, siblings: &[Sibling]) -> Result<(), Failure> {
        let damaged = |_| {
            Failure::new(
                Exit::Bug,
                "a link is stored that this program does not understand",
            )
        };
        let evidence: Evidence =
            serde_json::from_str(&link.evidence).map_err(|error| damaged(error.to_string()))?;
        let tier: Tier = link
            .tier
            .parse()
            .map_err(|error: linkage::NotATier| damaged(error.to_string()))?;
        if link.subject.number > 0 {
            self.say("child of the pregnancy", link.subject.number.to_string());
        }
        self.say("child", hex::encode(&link.child_id.0));
        self.say(
            "matched",
            match (tier.is_match(), evidence.confirmed) {
                (true, true) => "yes, as a person decided".to_owned(),
                (true, false) => format!("yes, by {tier}: {}", tier.words()),
                (false, _) => format!("no, {tier}: {}", tier.words()),
            },
        );
        self.say("since", link.linked_on.to_string());
        if let Some(weight) = link.weight.map(Weight) {
            let of = if tier.is_match() {
                ""
            } else {
                ", of the best candidate"
            };
            self.say(
                "weight",
                format!(
                    "{:.1} bits{of}: {:.1} % likely one child",
                    weight.bits(),
                    100.0 * weight.probability()
                ),
            );
        }
        if let Some(pregnancy) = evidence.pregnancy {
            self.say("pregnancy", pregnancy.state.words());
            self.say("mother", mother(pregnancy.mother));
            self.say("due date", if pregnancy.due_day { "given" } else { "not given" });
        } else {
            self.say("NHS number", number(evidence.nhs_number));
            if evidence.by_digest {
                self.say("NHS number sent as", "a digest, without the number itself");
            }
        }
        if !tier.is_match() {
            self.say("candidates", evidence.candidates.to_string());
        }
        if let Some(bar) = evidence.bar {
            self.say("kept from its best barred candidate by", bar.as_str());
        }
        let others = siblings
            .iter()
            .filter(|sibling| sibling.record_id != link.subject.record);
        for sibling in others {
            self.say(
                "other record of the child",
                format!(
                    "{}, {}, {}",
                    hex::encode(&sibling.record_id.0),
                    review::from(&sibling.source),
                    sibling.tier
                ),
            );
        }
        Ok(())
    }

    /// A match by weight, and what each part of it adds.
    fn union(&mut self, union: &Joined) {
        let weight = union.comparison.weight();
        self.say(
            "joined by weight",
            format!(
                "{} and {}: {:.1} bits, {:.1} % likely one child",
                hex::encode(&union.left.0),
                hex::encode(&union.right.0),
                weight.bits(),
                100.0 * weight.probability()
            ),
        );
        for part in review::parts(&union.comparison) {
            let value = if part.value.is_empty() {
                String::new()
            } else {
                format!(", {}", part.value)
            };
            self.say(
                &format!("by {}", part.name),
                format!("{:+.1} bits: {}{value}", part.weight.bits(), part.says),
            );
        }
    }

    fn doubts<'d>(&mut self, doubts: impl Iterator<Item = &'d DoubtRow>) {
        for row in doubts {
            let comparison = &row.doubt.comparison;
            let levels: Vec<String> = comparison
                .fields
                .iter()
                .map(|field| format!("{}: {}", field.field, field.agreement))
                .collect();
            self.say(
                "pair for review",
                format!(
                    "{}: {}; {:.1} bits; {}",
                    review::shown(row),
                    review::asked(row.doubt.asked),
                    comparison.weight().bits(),
                    levels.join("; ")
                ),
            );
        }
    }
}

fn number(evidence: NumberEvidence) -> &'static str {
    match evidence {
        NumberEvidence::Absent => "none that is valid",
        NumberEvidence::Unknown => "valid; on no record of another kind",
        NumberEvidence::Known => "valid; on a record of another kind too, and may join them",
        NumberEvidence::Inconclusive => "valid, but its status says that it was not confirmed",
        NumberEvidence::Conflict => {
            "valid, but on another record whose birth date or forename speaks against it"
        }
        NumberEvidence::ManyBirthDates => "on records of too many birth dates to be one person's",
        NumberEvidence::Mothers => "a mother's",
    }
}

fn mother(evidence: MotherEvidence) -> &'static str {
    match evidence {
        MotherEvidence::NhsNumber => "told by her NHS number",
        MotherEvidence::Names => "told by names and birth date, and her postcode where there is one",
        MotherEvidence::Absent => "not told well enough to find her children",
        MotherEvidence::TooManyRecords => "told by what stands on too many records to be one mother's",
    }
}
