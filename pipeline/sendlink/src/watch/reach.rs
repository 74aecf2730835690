//! Whether those who are told of nights could be: a connection, and a login where there is one. Nothing is sent.

use transport::Post;

use super::{GATEWAY, WEBHOOK, mail, settings};
use crate::{
    config::{Address, Config},
    exit::{Exit, Failure},
};

/// Tries every monitor and everybody who is told, in the order of the configuration.
pub async fn reach(config: &Config) -> Vec<Result<String, Failure>> {
    let mut seen = Vec::new();
    if let Some(address) = &config.watch.push {
        seen.push(call(config, "[watch] push", GATEWAY, address).await);
    }
    for (index, alert) in config.alerts.iter().enumerate() {
        let named = format!("alert {}", index + 1);
        if let Some(address) = &alert.webhook {
            seen.push(call(config, &named, WEBHOOK, address).await);
        }
        if let Some(email) = &alert.email {
            let tried = mail::reach(config, email).await;
            seen.push(
                tried
                    .map(|said| format!("{named}: {said}; nothing was sent"))
                    .map_err(|failure| Failure::new(failure.exit, format!("{named}: {failure}"))),
            );
        }
    }
    seen
}

async fn call(config: &Config, named: &str, place: &str, address: &Address) -> Result<String, Failure> {
    let post = Post::open(settings(config, place, address)).map_err(|error| {
        let failure = Failure::from(error);
        Failure::new(failure.exit, format!("{named}: {failure}"))
    })?;
    match post.reach().await {
        Ok(()) => Ok(format!("{named}: {place} can be reached; nothing was sent to it")),
        Err(fault) => Err(Failure::new(
            Exit::Unavailable,
            format!("{named}: {place}: {fault}"),
        )),
    }
}
