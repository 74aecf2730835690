//! What a feed does about columns, codes and values that its layout does not expect.

use records::finding::Effect;
use serde::{Deserialize, Serialize};

/// What happens to something unexpected. It is counted as a finding in every mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The whole delivery is refused.
    RefuseDelivery,
    /// The row is kept out, its neighbours go on.
    QuarantineRow,
    /// The value is left out, the rest of the row is loaded.
    BlankValue,
    /// The value is used as it is, where it can be: an unknown code that is shaped like a code, a text that is
    /// too long. What cannot be used (a date that is none) is left out.
    Accept,
}

impl Mode {
    /// What a finding under this mode costs.
    pub const fn effect(self) -> Effect {
        match self {
            Mode::RefuseDelivery => Effect::RefusedDelivery,
            Mode::QuarantineRow => Effect::QuarantinedRow,
            Mode::BlankValue => Effect::BlankedValue,
            Mode::Accept => Effect::Accepted,
        }
    }

    /// The word for it in layouts and in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Mode::RefuseDelivery => "refuse-delivery",
            Mode::QuarantineRow => "quarantine-row",
            Mode::BlankValue => "blank-value",
            Mode::Accept => "accept",
        }
    }
}

/// The modes of a layout, with the feed's own applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Contract {
    /// A column (key, element) that the layout does not name.
    pub unknown_column: Mode,
    /// A code that neither the layout nor the code list holds.
    pub unknown_code: Mode,
    /// A value that is not of its field's type.
    pub bad_value: Mode,
}

impl Default for Contract {
    /// New columns cost nothing, a new code costs itself, a value that cannot be read costs its row.
    fn default() -> Self {
        Contract {
            unknown_column: Mode::Accept,
            unknown_code: Mode::BlankValue,
            bad_value: Mode::QuarantineRow,
        }
    }
}

impl Contract {
    /// This contract with the modes that a feed sets for itself.
    pub fn overridden(self, by: &ContractOverride) -> Self {
        Contract {
            unknown_column: by.unknown_column.unwrap_or(self.unknown_column),
            unknown_code: by.unknown_code.unwrap_or(self.unknown_code),
            bad_value: by.bad_value.unwrap_or(self.bad_value),
        }
    }
}

/// The modes that a feed sets in place of its layout's, in `sendlink.toml`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractOverride {
    /// See [`Contract::unknown_column`].
    pub unknown_column: Option<Mode>,
    /// See [`Contract::unknown_code`].
    pub unknown_code: Option<Mode>,
    /// See [`Contract::bad_value`].
    pub bad_value: Option<Mode>,
}
