//! Local authorities with education duties.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A local authority with education duties in England, under one of its ONS codes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct LocalAuthority {
    /// ONS code, nine characters; changes when a boundary does.
    pub ons_code: String,
    /// DfE code, three digits.
    pub dfe_code: String,
    /// Name.
    pub name: String,
    /// ONS code of its region.
    pub region_code: String,
    /// Name of its region.
    pub region: String,
}

/// Every English authority since unique pupil numbers began, by ONS code.
///
/// # Errors
/// [`AreaError::Authorities`](super::AreaError::Authorities), a fault of this program.
pub fn local_authorities() -> Result<BTreeMap<String, LocalAuthority>, super::AreaError> {
    let table = include_str!("../../../../mappings/areas/la-codes.csv");
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .from_reader(table.as_bytes());
    let mut authorities = BTreeMap::new();
    for row in reader.deserialize() {
        let authority: LocalAuthority = row.map_err(super::AreaError::Authorities)?;
        authorities.insert(authority.ons_code.clone(), authority);
    }
    Ok(authorities)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_authority_has_codes_of_the_right_form() {
        let authorities = local_authorities().unwrap();
        assert_eq!(authorities.len(), 165);
        for authority in authorities.values() {
            assert!(
                super::super::is_area_code(authority.ons_code.as_bytes()),
                "{authority:?}"
            );
            assert!(
                super::super::is_area_code(authority.region_code.as_bytes()),
                "{authority:?}"
            );
            assert!(
                authority.dfe_code.len() == 3 && authority.dfe_code.bytes().all(|byte| byte.is_ascii_digit())
            );
        }
        assert_eq!(authorities["E10000012"].dfe_code, "881");
        // North Yorkshire became a unitary and kept its DfE code.
        assert_eq!(
            authorities["E10000023"].dfe_code,
            authorities["E06000065"].dfe_code
        );
    }
}
