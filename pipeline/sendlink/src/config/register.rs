//! What the record of processing says that the rest of the configuration does not.

use serde::Deserialize;

/// `[register]`: for the record of processing activities (UK GDPR, article 30).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Register {
    /// Who is responsible, with a way to reach them.
    pub controller: Option<String>,
    /// What the joint dataset is for.
    pub purpose: Option<String>,
    /// Who reads the joint dataset, and under which agreement.
    pub recipients: Vec<String>,
}
