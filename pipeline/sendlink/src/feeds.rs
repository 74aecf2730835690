//! The feeds of the configuration, ready to be read: connector, layout, contract.

use dataset::DeliveryKey;
use kit::{Connector, FieldType, Layout};
use records::Kind;
use sha2::{Digest, Sha256};
use transport::{DeliveryHash, Grouping};

use crate::{
    config::{Config, Feed},
    exit::{Exit, Failure},
    hex,
};

/// The connector that reads this kind.
pub fn connector(kind: Kind) -> &'static dyn Connector {
    match kind {
        Kind::Pregnancy => &pregnancy::Pregnancy,
        Kind::Section23 => &section23::Section23,
        Kind::TwoYearReview => &two_year_review::TwoYearReview,
        Kind::SchoolCensus => &school_census::SchoolCensus,
    }
}

/// A feed, ready to be read.
#[derive(Clone, Debug)]
pub struct Ready<'a> {
    /// The feed.
    pub feed: &'a Feed,
    /// Its layout, with the feed's contract applied.
    pub layout: Layout,
    layout_hash: [u8; 32],
    contract: String,
    contract_hash: [u8; 32],
}

impl<'a> Ready<'a> {
    /// Loads and checks the feed's mapping.
    ///
    /// # Errors
    /// Exit code 78 where the mapping is missing, wrong, or of another kind.
    pub fn new(config: &Config, feed: &'a Feed) -> Result<Self, Failure> {
        let wrong =
            |message: String| Failure::new(Exit::Config, format!("[[feed]] {}: {message}", feed.name));
        let mut layout =
            kit::mappings::load(&feed.mapping, &config.folder).map_err(|error| wrong(error.to_string()))?;
        if layout.kind != feed.kind {
            return Err(wrong(format!(
                "its mapping is for {}, the feed is of kind {}",
                layout.kind, feed.kind
            )));
        }
        layout
            .check(connector(feed.kind).tables())
            .map_err(|error| wrong(format!("{}: {error}", layout.name)))?;
        layout.contract = layout.contract.overridden(&feed.contract);
        let layout_hash =
            hex::decode(&layout.hash).unwrap_or_else(|| Sha256::digest(layout.hash.as_bytes()).into());
        let mut contract = format!("{:?} {:?}", layout.contract, feed.delivery);
        // NHS numbers are kept as a delivery is read: a basis that needs them reads again what has landed.
        if feed.basis.needs_opt_outs() {
            contract.push_str(" opt-outs");
        }
        Ok(Ready {
            feed,
            layout,
            layout_hash,
            contract_hash: Sha256::digest(contract.as_bytes()).into(),
            contract,
        })
    }

    /// The feed in an area whose senders make digests of NHS numbers in the way that this fingerprint names. Digests
    /// are made as a delivery is read: another salt reads again what has landed, where it could hold a number.
    #[must_use]
    pub fn with_digests(mut self, fingerprint: Option<&str>) -> Self {
        let number = |field_type| matches!(field_type, FieldType::NhsNumber | FieldType::NhsNumberDigest);
        let tables = connector(self.feed.kind).tables();
        let bears_numbers = tables
            .iter()
            .any(|table| table.fields.iter().any(|field| number(field.field_type)));
        if let Some(fingerprint) = fingerprint.filter(|_| bears_numbers) {
            self.contract.push_str(" digests ");
            self.contract.push_str(fingerprint);
            self.contract_hash = Sha256::digest(self.contract.as_bytes()).into();
        }
        self
    }

    /// What names the reading of a delivery through this feed.
    pub fn key(&self, delivery: DeliveryHash) -> DeliveryKey {
        DeliveryKey {
            feed: self.feed.name.clone(),
            delivery_hash: delivery.0,
            layout_hash: self.layout_hash,
            contract_hash: self.contract_hash,
        }
    }

    /// Whether its files may hold digests in the place of NHS numbers.
    pub fn maps_digests(&self) -> bool {
        let tables = connector(self.feed.kind).tables();
        let mut fields = tables.iter().flat_map(|table| table.fields);
        fields.any(|field| {
            field.field_type == FieldType::NhsNumberDigest && self.layout.columns.contains_key(field.name)
        })
    }

    /// Whether loose files of a folder belong together.
    pub fn grouping(&self) -> Grouping {
        if self.layout.file.format.is_set() {
            Grouping::Together
        } else {
            Grouping::EachFile
        }
    }

    /// How people and findings name a delivery of these files.
    pub fn label(&self, names: &[&str]) -> String {
        match names {
            [name] => self
                .layout
                .file
                .label(name, 1, &[&self.feed.name, &self.feed.provider]),
            names => format!("{} files", names.len()),
        }
    }
}

/// The feeds, all ready.
///
/// # Errors
/// Exit code 78 with the first mapping that is wrong.
pub fn ready<'a>(config: &Config, feeds: &[&'a Feed]) -> Result<Vec<Ready<'a>>, Failure> {
    feeds.iter().map(|feed| Ready::new(config, feed)).collect()
}
