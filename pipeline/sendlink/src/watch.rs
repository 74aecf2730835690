//! What is told of a night once it has ended: figures for monitors, alerts for people. All of it is read from the
//! night's summary; what is told names feeds and figures, and nothing else.
//!
//! Nobody being told changes nothing of how the night ended: the log says so, and the silence alarm
//! (`sendlink status --max-age`) hears of what no night could tell.

mod alert;
mod mail;
mod metrics;
mod reach;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::Timestamp;
use kit::retry::RetryPolicy;
use transport::{
    Post,
    http::Connection,
    post::{self, Settings},
};

use self::alert::Alert;
pub use self::reach::reach;
use crate::{
    config::{Address, After, Config},
    exit::{Exit, Failure, of_write},
    night::{Ended, stop::Stop, summary::Summary},
    output,
};

/// How a night ended, in figures.
pub struct Ending<'a> {
    /// The exit code.
    pub exit: Exit,
    /// The night in figures; none where something ended it before its end.
    pub summary: Option<&'a Summary>,
    /// When it ended.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
}

impl<'a> Ending<'a> {
    /// How this night ended, just now.
    pub fn of(ended: &'a Result<Ended, Failure>, took: Duration) -> Self {
        let (exit, summary) = match ended {
            Ok(ended) => (ended.exit, Some(&ended.summary)),
            Err(failure) => (failure.exit, None),
        };
        Ending {
            exit,
            summary,
            at: Timestamp::now(),
            took,
        }
    }
}

/// A monitor that does not answer for half a minute will not.
const SILENCE: Duration = Duration::from_secs(30);

/// The last line of a page of figures, which may stand only once.
const END: &str = "# EOF\n";

/// The media type of such a page, as a Pushgateway takes it.
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What people call the places that texts are sent to.
const GATEWAY: &str = "the Pushgateway";
const WEBHOOK: &str = "the webhook";

/// The media type of an alert.
const JSON: &str = "application/json";

/// Two seconds, doubling to twenty, for two minutes: a restart of a small server.
const RETRY: RetryPolicy = RetryPolicy {
    initial: Duration::from_secs(2),
    max_interval: Duration::from_secs(20),
    budget: Duration::from_secs(120),
};

/// Hands the figures of a night to the monitors of the configuration.
pub async fn measure(config: &Config, ending: &Ending<'_>, stop: &Stop) {
    let watch = &config.watch;
    if watch.metrics_file.is_none() && watch.push.is_none() {
        return;
    }
    match pages(config, ending) {
        Ok((night, good)) => {
            if let Some(file) = &watch.metrics_file {
                let file = config.path(file);
                let written =
                    write(&file, Some(&night)).and_then(|()| write(&beside(&file, "-good"), good.as_deref()));
                if let Err(failure) = written {
                    tracing::error!(%failure, "The figures of the night are not written.");
                }
            }
            if let Some(address) = &watch.push {
                // A Pushgateway keeps what a push does not name: after a failed night, when the last good one was.
                let text = [night.as_str(), good.as_deref().unwrap_or_default()]
                    .concat()
                    .replace(END, "");
                post(config, GATEWAY, address, METRICS, &text, stop).await;
            }
        }
        Err(failure) => tracing::error!(%failure, "The figures of the night are not written."),
    }
}

/// Tells the people of the configuration how a night ended, those who want to hear of such a night. `worried` are they
/// who were told of trouble with it before.
pub async fn alert(config: &Config, ending: &Ending<'_>, worried: bool, stop: &Stop) {
    let alert = Alert::of(&config.area.name, ending);
    for to in &config.alerts {
        if to.after == After::Trouble && ending.exit == Exit::Done && !worried {
            continue;
        }
        if let Some(address) = &to.webhook {
            match serde_json::to_string(&alert) {
                Ok(text) => post(config, WEBHOOK, address, JSON, &text, stop).await,
                Err(error) => tracing::error!(%error, "An alert is not sent."),
            }
        }
        if let Some(email) = &to.email {
            match stop.or(mail::send(config, email, &alert)).await {
                Ok(Ok(())) => tracing::info!(people = email.to.len(), "An alert is sent by mail."),
                Ok(Err(why)) => tracing::error!(why, "An alert is not sent."),
                Err(failure) => tracing::error!(%failure, "An alert is not sent."),
            }
        }
    }
}

/// The figures of the night, and, of a good one, when it was.
fn pages(config: &Config, ending: &Ending<'_>) -> Result<(String, Option<String>), Failure> {
    let area = &config.area.name;
    let night = metrics::of_night(area, ending)?;
    if !Exit::GOOD.contains(&ending.exit) {
        return Ok((night, None));
    }
    Ok((night, Some(metrics::of_good_night(area, ending)?)))
}

/// Writes a page, if there is one, for a collector that runs under another account: it names nobody.
fn write(file: &Path, text: Option<&str>) -> Result<(), Failure> {
    let Some(text) = text else { return Ok(()) };
    output::write(file, text.as_bytes())?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(file, fs::Permissions::from_mode(0o644)).map_err(|error| {
            Failure::new(
                of_write(&error),
                format!("{} cannot be opened to its readers: {error}", file.display()),
            )
        })?;
    }
    Ok(())
}

/// The same name with this before its ending.
fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.file_stem().unwrap_or_default().to_owned();
    name.push(suffix);
    if let Some(ending) = file.extension() {
        name.push(".");
        name.push(ending);
    }
    file.with_file_name(name)
}

async fn post(
    config: &Config,
    place: &str,
    address: &Address,
    content_type: &'static str,
    text: &str,
    stop: &Stop,
) {
    let sent = match Post::open(settings(config, place, address)) {
        Ok(post) => stop.or(post.send(content_type, text)).await,
        Err(error) => Ok(Err(error)),
    };
    match sent {
        Ok(Ok(())) => tracing::info!(place, "The night is told."),
        Ok(Err(error)) => tracing::error!(place, %error, "The night is not told."),
        Err(failure) => tracing::error!(place, %failure, "The night is not told."),
    }
}

fn settings(config: &Config, place: &str, address: &Address) -> Settings {
    let of_file = || post::Address::Secret(config.path(address.url_file.as_deref().unwrap_or(Path::new(""))));
    Settings {
        place: place.to_owned(),
        address: address.url.clone().map_or_else(of_file, post::Address::Open),
        connection: Connection {
            certificate: None,
            authority: address.authority_file.as_ref().map(|file| config.path(file)),
            proxy: address.proxy.clone(),
            silence: SILENCE,
        },
        retry: RETRY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_good_nights_lies_beside_the_other() {
        assert_eq!(
            beside(Path::new("a/essex.prom"), "-good"),
            Path::new("a/essex-good.prom")
        );
        assert_eq!(beside(Path::new("essex"), "-good"), Path::new("essex-good"));
    }
}
