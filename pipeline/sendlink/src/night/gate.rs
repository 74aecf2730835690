//! The gate of the National Data Opt-out, between linking and publishing: takes what came back, decides what is withheld,
//! and asks anew when it is time.

use std::{fs, path::Path, sync::Arc};

use dataset::{ListState, OptOutList, gate::told};
use jiff::ToSpan;
use transport::{Fetched, Landing, MeshFeed, Offered, TransportError, mesh::Outgoing};
use zeroize::Zeroizing;

use super::{
    Night,
    events::{OptOutsAlert, OptOutsUpheld},
    load::interrupted,
    summary::GateSummary,
};
use crate::{
    exit::{Exit, Failure},
    opt_outs::{self, OptOuts},
};

/// Answers lie here while they are read, below the landing folder: a name that no feed can have.
const FOLDER: &str = ".opt-outs";

/// The service takes up to a day; after two, a list is sent anew, while the one before still waits.
const PATIENCE_DAYS: i64 = 2;

/// Takes the answers that lie in the mailbox, and decides about every record of the feeds whose basis needs opt-outs.
///
/// # Errors
/// Where the database or the landing folder fails. An answer that cannot be had or taken is an alert: the gate then
/// goes by the list before.
pub async fn pass(night: &mut Night<'_>) -> Result<(), Failure> {
    night.check_stop()?;
    let mut alerts = Vec::new();
    collect(night, &mut alerts).await?;
    destroy_overdue(night).await?;
    fail::fail_point!("night::before-gate");
    let rule = opt_outs::rule(night.config);
    let report = night
        .store
        .gate(&night.lease, &night.run, &rule)
        .await
        .map_err(interrupted)?;
    fail::fail_point!("night::after-gate");
    if report.feeds.is_empty() {
        return Ok(());
    }
    let withheld: u64 = report.feeds.values().map(|feed| feed.withheld).sum();
    if report.list.is_none() && withheld > 0 {
        alerts.push(
            "opt-outs: there is no list of legal age, so that nothing is published of the feeds whose basis needs one; \
             see `sendlink opt-outs`"
                .to_owned(),
        );
    }
    for (feed, records) in report.feeds.iter().filter(|(_, records)| records.came_before > 0) {
        alerts.push(format!(
            "opt-outs: {} records of {feed} came before its basis needed opt-outs and are withheld until they come again",
            in_words(records.came_before)
        ));
    }
    night.tell(OptOutsUpheld {
        records: in_words(withheld),
        list: report.list.as_ref().map(|list| list.id),
        gate: GateSummary {
            list_date: report.list.map(|list| list.asked_on.to_string()),
            withheld: report
                .feeds
                .into_iter()
                .map(|(feed, records)| (feed, told(records.withheld)))
                .collect(),
            alerts: Vec::new(),
        },
    });
    for alert in alerts {
        night.tell(OptOutsAlert { alert });
    }
    Ok(())
}

/// A count of withheld records as it may be told.
pub fn in_words(withheld: u64) -> String {
    told(withheld).map_or_else(|| "fewer than 10".to_owned(), |count| count.to_string())
}

/// Takes what came back over MESH.
async fn collect(night: &mut Night<'_>, alerts: &mut Vec<String>) -> Result<(), Failure> {
    let folder = night.config.path(&night.config.landing.folder).join(FOLDER);
    // Left by a night that was stopped while it read an answer.
    destroy_folder(&folder)?;
    let feed = match night.sources.opt_outs() {
        None => return Ok(()),
        Some(Ok(feed)) => feed,
        Some(Err(error)) => {
            alerts.push(format!("opt-outs: {error}"));
            return Ok(());
        }
    };
    let listing = match night.stop.or(feed.list()).await? {
        Ok(listing) => listing,
        Err(error) => {
            alerts.push(format!("opt-outs: answers cannot be fetched: {error}"));
            return Ok(());
        }
    };
    alerts.extend(listing.alerts);
    night.noted.extend(listing.noted);
    for offered in listing.ready {
        night.check_stop()?;
        let taken = take(night, &offered, &folder).await;
        destroy_folder(&folder)?;
        match taken? {
            Taken::Answer => {}
            Taken::Refused(why) => alerts.push(format!("opt-outs: an answer is refused: {why}")),
            Taken::NotFetched(error) => {
                alerts.push(format!("opt-outs: an answer stays where it is: {error}"));
                continue;
            }
        }
        if let Err(error) = night.stop.or(offered.acknowledge()).await? {
            tracing::warn!(%error, "An answer on opt-outs stays where it is.");
        }
    }
    Ok(())
}

/// What became of a message.
enum Taken {
    /// It is in force.
    Answer,
    /// It is no answer that could be used.
    Refused(String),
    /// It could not be fetched.
    NotFetched(TransportError),
}

async fn take(night: &Night<'_>, offered: &Offered, folder: &Path) -> Result<Taken, Failure> {
    let Offered::Mesh(_, message) = offered else {
        return Err(Failure::new(
            Exit::Bug,
            "an answer on opt-outs that is no message",
        ));
    };
    let batch = Landing::open(folder)?.batch("answer")?;
    let mut arrival = batch.arrival()?;
    match night.stop.or(offered.fetch(&mut arrival)).await? {
        Ok(Fetched::Whole) => {}
        Ok(Fetched::Nothing) => return Ok(Taken::Refused("it is empty".to_owned())),
        Err(error @ (TransportError::Source { .. } | TransportError::Delivery { .. })) => {
            return Ok(Taken::NotFetched(error));
        }
        Err(error) => return Err(error.into()),
    }
    let Some(landed) = batch.land(arrival)? else {
        return Err(Failure::new(
            Exit::Bug,
            "an answer on opt-outs that was not written",
        ));
    };
    if let Some(rule) = landed.unfit() {
        return Ok(Taken::Refused(rule.wrong.to_owned()));
    }
    let lists = night.store.opt_out_lists().await.map_err(interrupted)?;
    let waiting = opt_outs::waiting(&lists);
    let named = waiting
        .iter()
        .find(|list| opt_outs::file_name(night.config, list.asked_on, list.id) == message.file);
    let list = match (named, waiting.as_slice()) {
        (Some(list), _) | (None, [list]) => *list,
        (None, []) => return Ok(Taken::Refused("no list waits for one".to_owned())),
        (None, _) => {
            return Ok(Taken::Refused(
                "several lists wait, and its file's name is that of none".to_owned(),
            ));
        }
    };
    let [file] = landed.files.as_slice() else {
        return Ok(Taken::Refused("it is not one file".to_owned()));
    };
    let came_back = read(&file.path)?;
    if came_back.is_empty() {
        return Ok(Taken::Refused("it is empty".to_owned()));
    }
    let opt_outs = OptOuts::new(night.config, &night.keys)?;
    let taken = opt_outs
        .take(
            &night.store,
            &night.lease,
            list,
            &came_back,
            night.run.as_at.max(list.asked_on),
            "sendlink",
        )
        .await;
    match taken {
        Ok(answer) => {
            tracing::info!(
                list = answer.list,
                sent = answer.sent,
                "A list of opt-outs has come back."
            );
            Ok(Taken::Answer)
        }
        Err(failure) if failure.exit == Exit::NoInput => Ok(Taken::Refused(failure.message)),
        Err(failure) => Err(failure),
    }
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    fs::read(path)
        .map(Zeroizing::new)
        .map_err(|error| Failure::new(Exit::Io, format!("an answer on opt-outs cannot be read: {error}")))
}

/// Destroys every file of a folder, and the folder.
fn destroy_folder(folder: &Path) -> Result<(), Failure> {
    let failed = |error| {
        Failure::new(
            Exit::Io,
            format!("{} cannot be emptied: {error}", folder.display()),
        )
    };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            destroy_folder(&path)?;
        } else {
            opt_outs::destroy(&path).map_err(failed)?;
        }
    }
    fs::remove_dir(folder).map_err(failed)
}

/// Destroys the files of lists that are past their age: nobody will need them any more.
async fn destroy_overdue(night: &Night<'_>) -> Result<(), Failure> {
    for list in night.store.opt_out_lists().await.map_err(interrupted)? {
        if let Some(file) = &list.file
            && age(night, &list) > night.config.opt_outs.max_age.days()
        {
            opt_outs::destroy_quietly(Path::new(file));
        }
    }
    Ok(())
}

/// Days since a list was asked for.
fn age(night: &Night<'_>, list: &OptOutList) -> i64 {
    (night.run.as_at - list.asked_on).get_days().into()
}

/// Sends a list over MESH where it is time for one. What goes wrong with it is an alert, and holds nothing back.
///
/// # Errors
/// Where the database or the file of NHS numbers fails.
pub async fn ask(night: &mut Night<'_>) -> Result<(), Failure> {
    let config = night.config;
    let Some(mesh) = &config.opt_outs.mesh else {
        return Ok(());
    };
    if night.summary.gate.is_none() || !is_due(night, mesh.ask_every.days()).await? {
        return Ok(());
    }
    let opt_outs = OptOuts::new(config, &night.keys)?;
    let asking = opt_outs.asking(&night.store).await?;
    if asking.lost > 0 {
        night.tell(OptOutsAlert {
            alert: "opt-outs: of some records the NHS number was not kept, so that nobody can be asked; read their \
                    deliveries again"
                .to_owned(),
        });
    }
    if asking.patients.is_empty() {
        return Ok(());
    }
    let feed = match night.sources.opt_outs() {
        Some(Ok(feed)) => feed,
        Some(Err(error)) => {
            night.tell(OptOutsAlert {
                alert: format!("opt-outs: no list is sent: {error}"),
            });
            return Ok(());
        }
        None => return Ok(()),
    };
    let list = opt_outs
        .enter(&night.store, &night.lease, &asking, night.run.as_at, |_| None)
        .await?;
    let content = asking.patients.list();
    let sent = night.stop.or(send(night, &feed, &list, &content)).await?;
    match sent {
        Ok(()) => tracing::info!(
            list = list.id,
            sent = list.sent,
            "A list of opt-outs is asked for."
        ),
        Err(error) => {
            // Whether it was sent is not always known. One that comes back after all is refused, and asked for anew.
            night
                .store
                .drop_opt_outs(&night.lease, list.id, "sendlink")
                .await
                .map_err(interrupted)?;
            night.tell(OptOutsAlert {
                alert: format!("opt-outs: no list is sent: {error}"),
            });
        }
    }
    Ok(())
}

/// Whether a list is to be sent: none waits that was sent just now, and the one in force has its days.
async fn is_due(night: &Night<'_>, every: i64) -> Result<bool, Failure> {
    let since = |days: i64| night.run.as_at.checked_sub(days.days());
    let lists = night.store.opt_out_lists().await.map_err(interrupted)?;
    Ok(!lists.iter().any(|list| match list.state {
        ListState::Asked => since(PATIENCE_DAYS).is_ok_and(|day| list.asked_on > day),
        ListState::Answered => since(every).is_ok_and(|day| list.asked_on > day),
        ListState::Dropped => false,
    }))
}

async fn send(
    night: &Night<'_>,
    feed: &Arc<MeshFeed>,
    list: &OptOutList,
    content: &[u8],
) -> Result<(), TransportError> {
    let Some(mesh) = &night.config.opt_outs.mesh else {
        return Ok(());
    };
    let file = opt_outs::file_name(night.config, list.asked_on, list.id);
    let name = file.trim_end_matches(".dat");
    let outgoing = Outgoing {
        to: &mesh.to,
        workflow: &mesh.workflow,
        local_id: name,
        file: &file,
        subject: name,
        content,
    };
    feed.mailbox.send_message(outgoing).await.map(drop)
}
