//! What a transport brought.

use std::fs;

use transport::Landed;

/// `name=content` of each file of a delivery.
///
/// # Panics
/// Where a file has not landed, or is no text.
pub fn texts(landed: &Landed) -> String {
    let files = landed.files.iter().map(|file| {
        let text = fs::read_to_string(&file.path).expect("it has landed");
        format!("{}={text}", file.name)
    });
    files.collect::<Vec<_>>().join("+")
}
