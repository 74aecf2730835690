//! The National Data Opt-out in the configuration.

use std::path::PathBuf;

use serde::Deserialize;

use super::Span;

/// `[opt_outs]`: how the NHS numbers of feeds whose basis is `s251-with-opt-out` are checked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OptOuts {
    /// The folder in which those NHS numbers lie sealed.
    pub folder: PathBuf,
    /// The age up to which a list that came back may be used, counted from the day it was asked for.
    pub max_age: Span,
    /// What becomes of a record without an NHS number, whom nobody can ask for.
    pub without_number: WithoutNumber,
    /// The way over MESH; without it a person carries the lists.
    pub mesh: Option<OptOutMesh>,
}

/// What becomes of a record without an NHS number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WithoutNumber {
    /// It is withheld.
    #[default]
    Withhold,
    /// It is published, while there is a list of legal age for the others.
    Publish,
}

/// The way of lists over MESH.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptOutMesh {
    /// The id of a `[[mailbox]]` of ours.
    pub mailbox: String,
    /// The mailbox of the service.
    pub to: String,
    /// The workflow under which lists go.
    #[serde(default = "workflow")]
    pub workflow: String,
    /// The workflow under which they come back; the same where it is not given.
    #[serde(default)]
    pub answers: Option<String>,
    /// How often a list is sent.
    #[serde(default = "week")]
    pub ask_every: Span,
}

/// The longest that a list may be used: opt-outs must be upheld within 21 days (NHS England, National Data Opt-out
/// operational policy guidance).
const LONGEST: Span = days(21);

/// Days as a span.
const fn days(days: u64) -> Span {
    Span(std::time::Duration::from_secs(days * 24 * 60 * 60))
}

/// The workflow of NHS England's service "Check for National Data Opt-outs".
fn workflow() -> String {
    "SPINE_NTT_UPHOLDING".to_owned()
}

/// Often enough that a new record waits no longer, and a lost answer is seen long before the list is too old.
fn week() -> Span {
    days(7)
}

impl Default for OptOuts {
    fn default() -> Self {
        OptOuts {
            folder: PathBuf::from("opt-outs"),
            max_age: LONGEST,
            without_number: WithoutNumber::default(),
            mesh: None,
        }
    }
}

impl OptOuts {
    /// What is wrong with it in itself.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.max_age.days() < 1 || self.max_age.0 > LONGEST.0 {
            faults.push("max_age: between 1 day and 21 days, the longest that a list may be used".to_owned());
        }
        let Some(mesh) = &self.mesh else {
            return faults;
        };
        if !super::mailbox::is_id(&mesh.to) {
            faults.push("mesh: to: the id of the service's mailbox; capital letters and digits".to_owned());
        }
        if ![mesh.workflow.as_str(), mesh.answers()]
            .into_iter()
            .all(super::mailbox::is_workflow)
        {
            faults.push(
                "mesh: workflow and answers: letters, digits, _ and - as they are registered".to_owned(),
            );
        }
        if mesh.ask_every.days() < 1 || mesh.ask_every.0 >= self.max_age.0 {
            faults.push("mesh: ask_every: at least 1 day, and less than max_age".to_owned());
        }
        faults
    }
}

impl OptOutMesh {
    /// The workflow under which lists come back.
    pub fn answers(&self) -> &str {
        self.answers.as_deref().unwrap_or(&self.workflow)
    }
}
