//! The files of the fuzz targets' corpus, replayed: what once went wrong, and what leads a fuzzer deep.

#[path = "fuzz/src/lib.rs"]
mod entries;

use std::{fs, path::Path};

#[test]
fn every_file_of_the_corpus_passes_its_target() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    for (name, target) in entries::TARGETS {
        let mut files: Vec<_> = fs::read_dir(corpus.join(name))
            .unwrap_or_else(|error| panic!("{name}: {error}"))
            .map(|entry| entry.expect("an entry").path())
            .collect();
        files.sort();
        assert!(!files.is_empty(), "{name} has no corpus");
        for file in files {
            let bytes = fs::read(&file).expect("a file");
            // Prefixes reach what a whole file does not.
            for length in [
                bytes.len(),
                bytes.len() / 2,
                bytes.len().saturating_sub(1),
                bytes.len() / 3,
            ] {
                target(&bytes[..length]);
            }
        }
    }
}

#[test]
fn every_target_is_built() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/Cargo.toml"))
        .expect("a manifest");
    for (name, _) in entries::TARGETS {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
    }
}
