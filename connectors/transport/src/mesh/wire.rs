//! What goes over the wire: bodies and headers of the MESH service. Whatever a sender or the service writes is parsed
//! into something that is safe in a path, a log and a page, or left out.

use reqwest::header::HeaderMap;
use serde::Deserialize;

/// The media type of bodies of version 2.
pub(super) const VERSION_2: &str = "application/vnd.mesh.v2+json";

/// The answer to a listing.
#[derive(Deserialize)]
pub(super) struct Page {
    #[serde(default)]
    pub(super) messages: Vec<String>,
    #[serde(default)]
    pub(super) links: Links,
    #[serde(default)]
    pub(super) approx_inbox_count: Option<u64>,
}

/// Where a listing goes on.
#[derive(Default, Deserialize)]
pub(super) struct Links {
    #[serde(default)]
    pub(super) next: Option<String>,
}

/// The answer to a message that was sent.
#[derive(Deserialize)]
pub(super) struct Sent {
    #[serde(alias = "messageID")]
    pub(super) message_id: String,
}

/// The service's code of an error, from any of the three shapes that its bodies have.
pub(super) fn error_code(body: &[u8]) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    let code = body
        .pointer("/detail/0/code")
        .or_else(|| body.get("errorCode"))
        .and_then(serde_json::Value::as_str)?;
    plain(code, 24)
}

/// A text of letters and digits (and `_`, `-`) up to this length; none where it is anything else.
pub(super) fn plain(text: &str, longest: usize) -> Option<String> {
    let fits = (1..=longest).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    fits.then(|| text.to_owned())
}

/// A header's text.
pub(super) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().filter(|text| !text.is_empty())
}

/// `k:n` of the header `mex-chunk-range`: which part this is, and of how many. A message without one has one part.
pub(super) fn part(headers: &HeaderMap) -> Option<(u32, u32)> {
    let Some(range) = text(headers, "mex-chunk-range") else {
        return Some((1, 1));
    };
    let (part, of) = range.split_once(':')?;
    Some((part.trim().parse().ok()?, of.trim().parse().ok()?))
}

/// The name of a message's file, without any path; one of ours where there is none.
pub(super) fn file_name(headers: &HeaderMap) -> String {
    let name = text(headers, "mex-filename").unwrap_or_default();
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    match last.is_empty() || last.starts_with('.') || last.chars().any(char::is_control) {
        true => "message.dat".to_owned(),
        false => last.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_three_shapes() {
        let v2 = br#"{"detail":[{"event":"RECEIVE","code":"20","msg":"Message does not exist"}]}"#;
        let v1 = br#"{"errorEvent":"SEND","errorCode":"12","errorDescription":"Unregistered to address"}"#;
        let missing =
            br#"{"detail":[{"type":"missing","loc":["header","mex-clientversion"],"msg":"Field required"}]}"#;
        assert_eq!(error_code(v2).as_deref(), Some("20"));
        assert_eq!(error_code(v1).as_deref(), Some("12"));
        assert_eq!(error_code(missing), None);
        assert_eq!(error_code(b"<html>"), None);
    }

    #[test]
    fn what_a_sender_writes_is_not_trusted() {
        let headers = |name: &'static str| {
            HeaderMap::from_iter([("mex-filename".parse().unwrap(), name.parse().unwrap())])
        };
        assert_eq!(file_name(&headers("s23.csv")), "s23.csv");
        assert_eq!(file_name(&headers("../../etc/s23.csv")), "s23.csv");
        assert_eq!(file_name(&headers("..")), "message.dat");
        assert_eq!(file_name(&HeaderMap::new()), "message.dat");
        assert_eq!(
            plain("20200601122152994285_D59900", 100).as_deref(),
            Some("20200601122152994285_D59900")
        );
        assert_eq!(plain("../acknowledged", 100), None);
        assert_eq!(plain("", 100), None);
    }
}
