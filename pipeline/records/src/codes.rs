//! Code types that every kind of record shares.
//!
//! Which source codes mean which of these is data, in `mappings/codes/`; here are only the values that the
//! dataset holds.

use serde::{Deserialize, Serialize};

/// Sex as the dataset holds it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Sex {
    /// Male.
    M,
    /// Female.
    F,
    /// Not known, not stated or indeterminate. Never disagrees with anything.
    #[default]
    U,
}

impl Sex {
    /// The code in the dataset.
    pub const fn as_str(self) -> &'static str {
        match self {
            Sex::M => "M",
            Sex::F => "F",
            Sex::U => "U",
        }
    }

    /// The value with this dataset code.
    pub fn from_code(code: &str) -> Option<Self> {
        [Sex::M, Sex::F, Sex::U]
            .into_iter()
            .find(|sex| sex.as_str() == code)
    }
}

macro_rules! ethnic_groups {
    ($($code:ident $name:literal,)*) => {
        /// The nineteen ethnic groups of the 2021 Census of England and Wales (18 of 2011 and Roma), under
        /// the DfE code of the same group. A record that is refused or not obtained has none.
        #[allow(clippy::upper_case_acronyms, reason = "the codes are the DfE's")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum EthnicGroup {
            $(#[doc = $name] $code,)*
        }

        impl EthnicGroup {
            /// Every group, in the order of the Census tables.
            pub const ALL: &[EthnicGroup] = &[$(EthnicGroup::$code,)*];

            /// The code in the dataset.
            pub const fn as_str(self) -> &'static str {
                match self { $(EthnicGroup::$code => stringify!($code),)* }
            }

            /// The group's name in the Census.
            pub const fn name(self) -> &'static str {
                match self { $(EthnicGroup::$code => $name,)* }
            }

            /// The group with this dataset code.
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $(stringify!($code) => Some(EthnicGroup::$code),)* _ => None }
            }
        }
    };
}

ethnic_groups! {
    ABAN "Asian, Asian British or Asian Welsh: Bangladeshi",
    CHNE "Asian, Asian British or Asian Welsh: Chinese",
    AIND "Asian, Asian British or Asian Welsh: Indian",
    APKN "Asian, Asian British or Asian Welsh: Pakistani",
    AOTH "Asian, Asian British or Asian Welsh: Other Asian",
    BAFR "Black, Black British, Black Welsh, Caribbean or African: African",
    BCRB "Black, Black British, Black Welsh, Caribbean or African: Caribbean",
    BOTH "Black, Black British, Black Welsh, Caribbean or African: Other Black",
    MWAS "Mixed or Multiple ethnic groups: White and Asian",
    MWBA "Mixed or Multiple ethnic groups: White and Black African",
    MWBC "Mixed or Multiple ethnic groups: White and Black Caribbean",
    MOTH "Mixed or Multiple ethnic groups: Other Mixed or Multiple ethnic groups",
    WBRI "White: English, Welsh, Scottish, Northern Irish or British",
    WIRI "White: Irish",
    WIRT "White: Gypsy or Irish Traveller",
    WROM "White: Roma",
    WOTH "White: Other White",
    OARA "Other ethnic group: Arab",
    OOTH "Other ethnic group: Any other ethnic group",
}
