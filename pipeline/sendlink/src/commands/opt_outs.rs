//! `sendlink opt-outs`.

use std::{fs, io::Read, path::Path};

use dataset::{Access, Lease, ListState, OptOutList, Store};
use reports::{Cell, Column, Table};
use zeroize::Zeroizing;

use super::{actor, print};
use crate::{
    cli::{OptOuts as Arguments, OptOutsAction},
    config::Config,
    context,
    exit::{Exit, Failure, of_write},
    opt_outs::{self, OptOuts},
};

/// The longest list that is read: ten million numbers, more than there are children in England.
const LONGEST: u64 = 120_000_000;

/// Lists the lists of opt-outs, writes one for a person to carry, or takes what came back.
///
/// # Errors
/// Exit code 64 where no list, or no single one, waits for its answer; 65 where there is nobody to ask for or the answer
/// cannot be used; 80 while a run goes on.
pub async fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let config = Config::load(&arguments.data.config.file)?;
    let Some(action) = &arguments.action else {
        let store = context::store(&config, Access::ReadOnly).await?;
        print(&table(&store.opt_out_lists().await?), arguments.data.format)?;
        store.close().await;
        return Ok(Exit::Done);
    };
    let keys = context::keys(&config)?;
    let store = context::store(&config, Access::ReadWrite).await?;
    let lease = store.acquire(context::SOFTWARE).await?;
    store.check_key(&lease, &keys.fingerprint()).await?;
    let opt_outs = OptOuts::new(&config, &keys)?;
    match action {
        OptOutsAction::Export { out } => export(&config, &store, &lease, &opt_outs, out).await?,
        OptOutsAction::Import {
            file,
            list,
            accept_empty,
        } => import(&store, &lease, &opt_outs, file, *list, *accept_empty).await?,
    }
    store.close().await;
    Ok(Exit::Done)
}

async fn export(
    config: &Config,
    store: &Store,
    lease: &Lease,
    opt_outs: &OptOuts<'_>,
    out: &Path,
) -> Result<(), Failure> {
    let asking = opt_outs.asking(store).await?;
    if asking.patients.is_empty() {
        return Err(Failure::new(
            Exit::NoInput,
            "there is nobody to ask for: no record with an NHS number has come by a feed whose basis needs opt-outs",
        ));
    }
    let folder = fs::canonicalize(out).map_err(|error| {
        Failure::new(
            of_write(&error),
            format!("--out: {} is no folder to write to: {error}", out.display()),
        )
    })?;
    let today = context::today();
    let place = |id| Some(folder.join(opt_outs::file_name(config, today, id)));
    let list = opt_outs.enter(store, lease, &asking, today, place).await?;
    let Some(file) = &list.file else {
        return Err(Failure::new(Exit::Bug, "a list without its file"));
    };
    if let Err(failure) = opt_outs::write_list(Path::new(file), &asking.patients) {
        store.drop_opt_outs(lease, list.id, &actor()).await?;
        return Err(failure);
    }
    println!(
        "List {}: {} NHS numbers are written to {file}",
        list.id, list.sent
    );
    println!(
        "Send it to the service, then `sendlink opt-outs import FILE` with what comes back. That destroys this file; \
         destroy every other copy yourself."
    );
    if asking.lost > 0 {
        println!(
            "Of some records the NHS number was not kept: they stay withheld until their deliveries are read again."
        );
    }
    Ok(())
}

async fn import(
    store: &Store,
    lease: &Lease,
    opt_outs: &OptOuts<'_>,
    file: &Path,
    list: Option<i64>,
    accept_empty: bool,
) -> Result<(), Failure> {
    let lists = store.opt_out_lists().await?;
    let list = chosen(&lists, list)?;
    let came_back = read(file)?;
    if came_back.is_empty() && !accept_empty {
        return Err(Failure::new(
            Exit::NoInput,
            "the answer is empty, as if everybody had opted out; where that is so, say --accept-empty",
        ));
    }
    let answer = opt_outs
        .take(
            store,
            lease,
            list,
            &came_back,
            context::today().max(list.asked_on),
            &actor(),
        )
        .await
        .map_err(|failure| Failure::new(failure.exit, format!("the answer is refused: {failure}")))?;
    println!(
        "List {}: of {} NHS numbers {} came back. The next run publishes by it.",
        answer.list, answer.sent, answer.came_back
    );
    // Where the list itself has come back, it is gone already.
    if let Err(error) = opt_outs::destroy(file)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        println!("The file that came back could not be destroyed ({error}): destroy it by hand.");
    }
    Ok(())
}

/// The list that an answer is for.
fn chosen(lists: &[OptOutList], list: Option<i64>) -> Result<&OptOutList, Failure> {
    let usage = |message: &str| Failure::new(Exit::Usage, message);
    let waiting = opt_outs::waiting(lists);
    match (list, waiting.as_slice()) {
        (Some(id), waiting) => waiting
            .iter()
            .find(|list| list.id == id)
            .copied()
            .ok_or_else(|| usage("no list of this number waits for its answer; see `sendlink opt-outs`")),
        (None, [list]) => Ok(list),
        (None, []) => Err(usage("no list waits for its answer; see `sendlink opt-outs`")),
        (None, _) => Err(usage(
            "several lists wait for their answers: say with --list which one this is for; see `sendlink opt-outs`",
        )),
    }
}

fn read(file: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    // What was typed for a file may be an identifier: it is not repeated.
    let failed =
        |error: std::io::Error| Failure::new(Exit::NoInput, format!("the answer cannot be read: {error}"));
    let opened = fs::File::open(file).map_err(failed)?;
    let length = opened.metadata().map_err(failed)?.len().min(LONGEST);
    // Room for everything from the start: a buffer that grows leaves copies of itself behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(
        usize::try_from(length).unwrap_or_default() + 64,
    ));
    opened.take(LONGEST + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LONGEST {
        return Err(Failure::new(
            Exit::NoInput,
            "the answer is longer than any list can be",
        ));
    }
    Ok(bytes)
}

fn table(lists: &[OptOutList]) -> Table<7> {
    let mut table = Table::new([
        Column::new("list").right(),
        Column::new("asked_on").titled("asked on"),
        Column::new("sent").right(),
        Column::new("state"),
        Column::new("answered_on").titled("answered on"),
        Column::new("came_back").titled("came back").right(),
        Column::new("file"),
    ]);
    for list in lists {
        table.push([
            Cell::Integer(list.id),
            Cell::Text(list.asked_on.to_string()),
            list.sent.into(),
            Cell::from(list.state.as_str()),
            list.answered_on
                .map_or(Cell::Blank, |day| Cell::Text(day.to_string())),
            list.came_back.map_or(Cell::Blank, Cell::from),
            match (&list.file, list.state) {
                (Some(file), ListState::Asked) => Cell::Text(file.clone()),
                _ => Cell::Blank,
            },
        ]);
    }
    table
}
