//! Where the database is.

use std::{
    fmt,
    path::{Path, PathBuf},
};

/// Where the database is: a folder of SQLite files, or a PostgreSQL database.
#[derive(Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// A folder that holds `vault.db`, `joint.db` and `open.db`.
    Sqlite {
        /// The folder; made if it is not there.
        folder: PathBuf,
    },
    /// A PostgreSQL database.
    Postgres {
        /// `postgres://user@host:port/database`, with no password in it.
        url: String,
        /// The password, where there is one.
        password: Option<String>,
    },
}

/// Why a text is not the address of a database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreUrlError {
    /// It begins with neither `sqlite:` nor `postgres://`.
    #[error("the address of a database begins with sqlite: or postgres://")]
    Scheme,
    /// No folder or host follows.
    #[error("the address names no folder or server")]
    Empty,
    /// A password stands in it, where logs and process lists would show it.
    #[error(
        "a password does not belong in the address; name a file or an environment variable that holds it"
    )]
    Password,
}

impl StoreUrl {
    /// Reads an address; a relative folder starts at `base`.
    ///
    /// # Errors
    /// Says what is wrong with the address, without repeating it.
    pub fn parse(text: &str, base: &Path) -> Result<Self, StoreUrlError> {
        if let Some(folder) = text.strip_prefix("sqlite:") {
            if folder.is_empty() {
                return Err(StoreUrlError::Empty);
            }
            return Ok(StoreUrl::Sqlite {
                folder: base.join(folder),
            });
        }
        let rest = text
            .strip_prefix("postgres://")
            .or_else(|| text.strip_prefix("postgresql://"))
            .ok_or(StoreUrlError::Scheme)?;
        if rest.is_empty() {
            return Err(StoreUrlError::Empty);
        }
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
        if user.contains(':') || rest.contains("password=") {
            return Err(StoreUrlError::Password);
        }
        Ok(StoreUrl::Postgres {
            url: text.to_owned(),
            password: None,
        })
    }

    /// The same address with a password; a folder has none and stays as it is.
    #[must_use]
    pub fn with_password(self, password: String) -> Self {
        match self {
            StoreUrl::Postgres { url, .. } => StoreUrl::Postgres {
                url,
                password: Some(password),
            },
            StoreUrl::Sqlite { .. } => self,
        }
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreUrl::Sqlite { folder } => f.debug_struct("Sqlite").field("folder", folder).finish(),
            StoreUrl::Postgres { url, .. } => f
                .debug_struct("Postgres")
                .field("url", url)
                .finish_non_exhaustive(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_apart_and_passwords_refused() {
        let base = Path::new("/area");
        assert_eq!(
            StoreUrl::parse("sqlite:data", base),
            Ok(StoreUrl::Sqlite {
                folder: PathBuf::from("/area/data")
            })
        );
        assert!(matches!(
            StoreUrl::parse("postgres://u@h:5/d", base),
            Ok(StoreUrl::Postgres { .. })
        ));
        assert_eq!(
            StoreUrl::parse("postgres://u:secret@h/d", base),
            Err(StoreUrlError::Password)
        );
        assert_eq!(
            StoreUrl::parse("postgres://h/d?user=u&password=s", base),
            Err(StoreUrlError::Password)
        );
        assert_eq!(StoreUrl::parse("mysql://h/d", base), Err(StoreUrlError::Scheme));
        assert_eq!(StoreUrl::parse("sqlite:", base), Err(StoreUrlError::Empty));
    }

    #[test]
    fn a_password_is_never_shown() {
        let url = StoreUrl::parse("postgres://u@h/d", Path::new("."))
            .unwrap()
            .with_password("tell".into());
        assert!(!format!("{url:?}").contains("tell"));
    }
}
