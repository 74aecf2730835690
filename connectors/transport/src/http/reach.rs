//! Whether a server can be reached, found out without asking it for anything.

use std::error::Error;

use reqwest::Client;
use tower::{BoxError, util::AndThenLayer};
use url::Url;

use super::{Connection, fault};
use crate::{Fault, TransportError};

/// There is a connection, and nobody wants more of it.
#[derive(Debug, thiserror::Error)]
#[error("the server is reached")]
struct Reached;

impl Connection {
    /// A client that connects, by the proxy and with TLS as the usual one does, and hangs up before it sends anything.
    ///
    /// # Errors
    /// [`TransportError::Setup`] where a certificate cannot be used.
    pub fn caller(&self) -> Result<Client, TransportError> {
        self.build(self.builder()?.connector_layer(AndThenLayer::new(hang_up)))
    }

    /// Whether the server of an address can be reached by such a client.
    ///
    /// # Errors
    /// Why it cannot.
    pub async fn reach(&self, caller: &Client, url: &Url) -> Result<(), Fault> {
        match caller.get(url.clone()).send().await {
            Err(error) if !is_reached(&error) => Err(fault(&error, self.silence)),
            _ => Ok(()),
        }
    }
}

async fn hang_up<C>(_connection: C) -> Result<C, BoxError> {
    Err(Reached.into())
}

fn is_reached(error: &(dyn Error + 'static)) -> bool {
    error.is::<Reached>() || error.source().is_some_and(is_reached)
}
