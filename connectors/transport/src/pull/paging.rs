//! Where the next page stands: declared, not understood. A page is searched for its link as it streams by; nothing else
//! of it is kept.

use std::{fmt, fs::File, io::BufReader, path::Path};

use serde::{
    Deserialize,
    de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor},
};
use url::Url;

use crate::Fault;

/// How pages hang together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Paging {
    /// There is one.
    None,
    /// The header `Link` has the next one's address, as `rel="next"`.
    LinkHeader,
    /// A field of the page has its address: the names of the fields on the way there.
    Address(Vec<String>),
    /// A field of the page has a mark that this parameter takes.
    Cursor {
        /// The names of the fields on the way to the mark.
        at: Vec<String>,
        /// The parameter.
        parameter: String,
    },
    /// The page is a FHIR Bundle, whose link of relation `next` has its address.
    Bundle,
}

/// The address of the next page in the header `Link`.
pub(super) fn next_link(header: &str) -> Option<String> {
    for link in header.split(',') {
        let mut parts = link.split(';');
        let target = parts.next()?.trim();
        let is_next = parts.any(|part| {
            part.trim().split_once('=').is_some_and(|(name, value)| {
                name.eq_ignore_ascii_case("rel") && value.trim_matches('"') == "next"
            })
        });
        if is_next {
            return Some(target.strip_prefix('<')?.strip_suffix('>')?.to_owned());
        }
    }
    None
}

/// The address of the next page, from the page that was fetched from `here`.
pub(super) fn next_in(paging: &Paging, page: &Path, here: &Url) -> Result<Option<String>, Fault> {
    let reader = BufReader::new(File::open(page).map_err(Fault::Io)?);
    let mut page = serde_json::Deserializer::from_reader(reader);
    let wrong = |_| Fault::Damaged("a page is not JSON that its paging is declared for");
    let found = match paging {
        Paging::None | Paging::LinkHeader => None,
        Paging::Address(path) => Field(path).deserialize(&mut page).map_err(wrong)?,
        Paging::Bundle => {
            let bundle = Bundle::deserialize(&mut page).map_err(wrong)?;
            bundle
                .link
                .into_iter()
                .find(|link| link.relation == "next")
                .map(|link| link.url)
        }
        Paging::Cursor { at, parameter } => Field(at).deserialize(&mut page).map_err(wrong)?.map(|mark| {
            let mut next = here.clone();
            let others: Vec<(String, String)> = here
                .query_pairs()
                .filter(|(name, _)| name != parameter)
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect();
            next.query_pairs_mut()
                .clear()
                .extend_pairs(others)
                .append_pair(parameter, &mark);
            next.into()
        }),
    };
    Ok(found.filter(|text| !text.is_empty()))
}

#[derive(Deserialize)]
struct Bundle {
    #[serde(default)]
    link: Vec<BundleLink>,
}

#[derive(Deserialize)]
struct BundleLink {
    relation: String,
    url: String,
}

/// The text or number at the end of a way through objects; none where the way ends before.
struct Field<'a>(&'a [String]);

impl<'de> DeserializeSeed<'de> for Field<'_> {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Field<'_> {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with the declared fields, or a text at their end")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(name) = map.next_key::<String>()? {
            match self.0.split_first() {
                Some((first, rest)) if *first == name => found = map.next_value_seed(Field(rest))?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(found)
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(self.0.is_empty().then(|| text.to_owned()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(self.0.is_empty().then(|| number.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(self.0.is_empty().then(|| number.to_string()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn next(paging: &Paging, page: &str) -> Result<Option<String>, Fault> {
        let place = tempfile::NamedTempFile::new().unwrap();
        fs::write(place.path(), page).unwrap();
        let here = "https://example.org/notices?size=2&cursor=a".parse().unwrap();
        next_in(paging, place.path(), &here)
    }

    #[test]
    fn the_next_page_is_found_where_it_is_declared() {
        let at = |path: &str| path.split('.').map(str::to_owned).collect::<Vec<_>>();
        let page = r#"{"rows":[{"next":"no"}],"meta":{"links":{"next":"/p2"},"cursor":7}}"#;
        let address = Paging::Address(at("meta.links.next"));
        assert_eq!(next(&address, page).unwrap().as_deref(), Some("/p2"));
        assert_eq!(
            next(&address, r#"{"meta":{"links":{"next":null}}}"#).unwrap(),
            None
        );
        assert_eq!(next(&address, r#"{"meta":{}}"#).unwrap(), None);
        let cursor = Paging::Cursor {
            at: at("meta.cursor"),
            parameter: "cursor".to_owned(),
        };
        assert_eq!(
            next(&cursor, page).unwrap().as_deref(),
            Some("https://example.org/notices?size=2&cursor=7")
        );
        let bundle = r#"{"resourceType":"Bundle","link":[{"relation":"self","url":"/1"},{"relation":"next","url":"/2"}],"entry":[{"link":[{"relation":"next","url":"/no"}]}]}"#;
        assert_eq!(next(&Paging::Bundle, bundle).unwrap().as_deref(), Some("/2"));
        assert_eq!(
            next(&Paging::Bundle, r#"{"resourceType":"Bundle"}"#).unwrap(),
            None
        );
    }

    #[test]
    fn a_page_that_is_cut_short_is_no_last_page() {
        let address = Paging::Address(vec!["next".to_owned()]);
        assert!(next(&address, r#"{"rows":[1,2"#).is_err());
        assert!(next(&address, "[]").is_err());
    }

    #[test]
    fn links_in_a_header_are_told_apart() {
        let header = r#"<https://a/1>; rel="prev", <https://a/3?x=1>; title="t"; rel="next""#;
        assert_eq!(next_link(header).as_deref(), Some("https://a/3?x=1"));
        assert_eq!(next_link(r#"<https://a/1>; rel="prev""#), None);
    }
}
