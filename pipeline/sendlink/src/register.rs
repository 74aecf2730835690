//! The record of processing activities (UK GDPR, article 30), from the configuration: every flow, every field of it, on
//! which basis, for how long, for whom.
//!
//! Fields are those that the feeds' mappings name, with what the connectors declare of them, so that the record cannot
//! say anything else than what is read. What becomes of a field follows from its declared class and type.

mod markdown;

use kit::{
    field::{Class, Field, FieldType, Table},
    layout::{Column, Layout},
};

pub use self::markdown::markdown;
use crate::{
    config::{Config, Feed, From},
    exit::Failure,
    feeds::{self, Ready},
};

/// One field of one flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The feed.
    pub feed: String,
    /// What its records are.
    pub kind: &'static str,
    /// Who sends it.
    pub provider: String,
    /// How it comes.
    pub way: &'static str,
    /// The lawful basis.
    pub basis: &'static str,
    /// The mapping, with its version.
    pub mapping: String,
    /// The table of the delivery.
    pub table: String,
    /// The declared field; blank for a column that is known and not read.
    pub field: String,
    /// The columns that it comes in.
    pub columns: String,
    /// How sensitive it is.
    pub class: &'static str,
    /// What it means.
    pub meaning: String,
    /// What is kept of it, and where.
    pub kept: String,
    /// For how long.
    pub retention: String,
    /// Who may read what is kept.
    pub recipients: String,
}

/// Every field of every flow: feeds in the order of the configuration, tables and fields in the order of their
/// declarations, then the columns that are passed over.
///
/// # Errors
/// Exit code 78 where a mapping is wrong.
pub fn entries(config: &Config) -> Result<Vec<Entry>, Failure> {
    let mut entries = Vec::new();
    for feed in &config.feeds {
        let ready = Ready::new(config, feed)?;
        let flow = Flow {
            config,
            feed,
            layout: &ready.layout,
        };
        let tables = feeds::connector(feed.kind).tables();
        if let (Some(table), false) = (tables.first(), ready.layout.columns.is_empty()) {
            let columns = |name: &str| ready.layout.columns.get(name);
            flow.table(table, columns, &ready.layout.ignored, &mut entries);
        }
        for table in tables {
            if let Some(layout) = ready.layout.tables.get(table.name) {
                flow.table(
                    table,
                    |name| layout.columns.get(name),
                    &layout.ignored,
                    &mut entries,
                );
            }
        }
    }
    Ok(entries)
}

/// How deliveries of a feed come.
pub fn way(feed: &Feed) -> &'static str {
    match &feed.from {
        From::Folder(_) => transport::promise::FOLDER.what,
        From::Mesh(_) => transport::promise::MESH.what,
        From::Https(_) => transport::promise::PULL.what,
        From::ObjectStore(_) => transport::promise::OBJECT_STORE.what,
        From::Sftp(_) => transport::promise::SFTP.what,
    }
}

/// Who reads the joint dataset.
pub fn readers(config: &Config) -> String {
    match config.register.recipients.as_slice() {
        [] => NOT_STATED.to_owned(),
        recipients => recipients.join("; "),
    }
}

/// What the configuration does not say.
pub const NOT_STATED: &str = "not stated in the configuration";

/// One feed, as it is written down.
struct Flow<'a> {
    config: &'a Config,
    feed: &'a Feed,
    layout: &'a Layout,
}

impl Flow<'_> {
    fn table<'c>(
        &self,
        table: &Table,
        column: impl Fn(&str) -> Option<&'c Column>,
        ignored: &[String],
        entries: &mut Vec<Entry>,
    ) {
        for field in table.fields {
            let Some(column) = column(field.name) else {
                continue;
            };
            let fate = self.fate(field);
            entries.push(Entry {
                field: field.name.to_owned(),
                columns: column.names.join(", "),
                class: field.class.as_str(),
                meaning: field.description.to_owned(),
                kept: fate.kept(),
                retention: self.retention(fate),
                recipients: self.recipients(fate),
                ..self.entry(table)
            });
        }
        for name in ignored {
            entries.push(Entry {
                columns: name.clone(),
                kept: Fate::Passed.kept(),
                retention: self.retention(Fate::Passed),
                recipients: self.recipients(Fate::Passed),
                ..self.entry(table)
            });
        }
    }

    fn entry(&self, table: &Table) -> Entry {
        Entry {
            feed: self.feed.name.clone(),
            kind: self.feed.kind.as_str(),
            provider: self.feed.provider.clone(),
            way: way(self.feed),
            basis: self.feed.basis.as_str(),
            mapping: format!("{} {}", self.layout.name, self.layout.version),
            table: table.name.to_owned(),
            field: String::new(),
            columns: String::new(),
            class: "",
            meaning: String::new(),
            kept: String::new(),
            retention: String::new(),
            recipients: String::new(),
        }
    }

    /// What becomes of a field.
    fn fate(&self, field: &Field) -> Fate {
        // What is declared for a sender's sake and taken up by nothing says so.
        if !field.class.is_read() || field.description.ends_with("not read") {
            return Fate::Passed;
        }
        let is_text = matches!(
            field.field_type,
            FieldType::Text { .. } | FieldType::TextList { .. }
        );
        match field.field_type {
            _ if is_text => Fate::Hashed,
            _ if field.class != Class::DirectId => Fate::Said,
            FieldType::NhsNumber if self.feed.basis.needs_opt_outs() => Fate::NumberKept,
            FieldType::NhsNumber | FieldType::NhsNumberDigest | FieldType::Upn | FieldType::Uln => {
                Fate::Number
            }
            FieldType::Name => Fate::Name,
            FieldType::Date | FieldType::DateTime => Fate::Day,
            FieldType::Postcode => Fate::Postcode,
            _ => Fate::Hashed,
        }
    }

    fn retention(&self, fate: Fate) -> String {
        let landed = format!("{} days in the landing folder", self.config.landing.keep_days);
        match fate {
            Fate::Passed => landed,
            Fate::NumberKept => format!(
                "{landed}; in the vault, and apart from it for the check of opt-outs, as long as the record stands; on a \
                 list that came back {} days",
                self.config.opt_outs.max_age.days()
            ),
            Fate::Number | Fate::Name | Fate::Hashed => {
                format!("{landed}; in the vault as long as the record stands")
            }
            Fate::Day | Fate::Postcode | Fate::Said => {
                format!(
                    "{landed}; in the vault until it is forgotten, in the dataset as long as the record stands"
                )
            }
        }
    }

    fn recipients(&self, fate: Fate) -> String {
        match fate {
            Fate::Passed => "nobody".to_owned(),
            Fate::Number | Fate::Name => "the program alone".to_owned(),
            Fate::Hashed => "the program; a reference its own sender".to_owned(),
            Fate::NumberKept => {
                "the program; NHS England's service Check for National Data Opt-outs (the number)".to_owned()
            }
            Fate::Day | Fate::Postcode | Fate::Said => {
                format!("readers of the joint dataset: {}", readers(self.config))
            }
        }
    }
}

/// What becomes of a field.
#[derive(Clone, Copy)]
enum Fate {
    /// It is not taken up.
    Passed,
    /// A number that identifies somebody.
    Number,
    /// One that is kept besides, to ask for opt-outs.
    NumberKept,
    Name,
    Day,
    Postcode,
    /// Other text: a reference, or what else identifies somebody.
    Hashed,
    /// What the record says.
    Said,
}

impl Fate {
    fn kept(self) -> String {
        match self {
            Fate::Passed => "not read; lies in the delivery as it came",
            Fate::Number => "a keyed token, sealed",
            Fate::NumberKept => {
                "a keyed token, sealed; a keyed token for opt-outs; the number itself, sealed in a file of its own"
            }
            Fate::Name => "keyed tokens and bit vectors, sealed",
            Fate::Day => "keyed tokens, sealed; of a birth or due date the month",
            Fate::Postcode => {
                "keyed tokens, sealed; authority, district, ward, small area and its decile of deprivation"
            }
            Fate::Hashed => "no more than a keyed hash; a sender's reference sealed",
            Fate::Said => "a code, number or day, where the dataset has a column for it",
        }
        .to_owned()
    }
}
