//! `sendlink keys`.

use pseudonym::{KeyError, KeyFile};

use crate::{
    cli::{Keys, KeysAction},
    config::Config,
    exit::{Exit, Failure},
};

/// Makes a key file, or shows a fingerprint. Never shows a key.
///
/// # Errors
/// Exit code 73 where the file exists or cannot be made, 77 where it cannot be used.
pub fn run(arguments: &Keys) -> Result<Exit, Failure> {
    match &arguments.action {
        KeysAction::New { file } => {
            if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                std::fs::create_dir_all(folder).map_err(|error| Failure::new(Exit::CannotWrite, error))?;
            }
            let keys = KeyFile::generate(file).map_err(|error| Failure::new(Exit::CannotWrite, error))?;
            println!("Made {} with fingerprint {}.", file.display(), keys.fingerprint());
            println!(
                "Keep a copy where the database's backups are not: without the key the vault cannot be used,"
            );
            println!("and whoever holds both can find out who is in it.");
        }
        KeysAction::Show { key_file, config } => {
            let path = match key_file {
                Some(file) => file.clone(),
                None => {
                    let config = Config::load(&config.file)?;
                    config.path(&config.keys.file)
                }
            };
            let keys = KeyFile::load(&path).map_err(refused)?;
            println!("{}", keys.fingerprint());
        }
    }
    Ok(Exit::Done)
}

fn refused(error: KeyError) -> Failure {
    Failure::new(Exit::KeyRefused, error)
}
