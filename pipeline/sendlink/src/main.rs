//! The `sendlink` program: configuration, the night, the commands. Glue; the work is in the libraries.

mod area_files;
mod assessment;
mod cli;
mod commands;
mod config;
mod context;
mod exit;
mod feeds;
mod hex;
mod link;
mod log;
mod night;
mod opt_outs;
mod output;
mod pack;
mod person;
mod progress;
mod register;
mod schedule;
mod sources;
mod to_link;
mod truth;
mod watch;
mod watcher;

use std::process::ExitCode;

use clap::Parser;

use crate::{
    cli::{Cli, Command},
    exit::{Exit, Failure},
};

/// The C library's keeps what a stage has freed, and the next stage takes its memory beside it; and millions of small
/// values are made and dropped by two threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let help = !error.use_stderr();
            // Nothing to do about a closed output.
            let _ = error.print();
            return if help { Exit::Done } else { Exit::Usage }.into();
        }
    };
    log::start(cli.log_format);
    #[cfg(feature = "failpoints")]
    fail_points::set_up();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "The runtime cannot start.");
            return Exit::TryAgain.into();
        }
    };
    // A panic inside a command has been logged by the hook, without its message.
    let ended = runtime.block_on(async { tokio::spawn(dispatch(cli.command)).await });
    match ended {
        Ok(Ok(exit)) => exit.into(),
        Ok(Err(failure)) => {
            eprintln!("sendlink: {failure}");
            failure.exit.into()
        }
        Err(_) => Exit::Bug.into(),
    }
}

async fn dispatch(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Check(arguments) => commands::check::run(&arguments).await,
        Command::Run(arguments) => commands::run::run(&arguments).await,
        Command::Status(arguments) => commands::status::run(&arguments).await,
        Command::History(arguments) => commands::history::run(&arguments).await,
        Command::Children(arguments) => commands::children::run(&arguments).await,
        Command::Held(arguments) => commands::held::run(&arguments).await,
        Command::MatchRates(arguments) => commands::match_rates::run(&arguments).await,
        Command::Quality(arguments) => commands::quality::run(&arguments).await,
        Command::Findings(arguments) => commands::findings::run(&arguments).await,
        Command::Link(arguments) => commands::link::run(&arguments).await,
        Command::Decisions(arguments) => commands::decisions::run(&arguments).await,
        Command::Review(arguments) => commands::review::run(&arguments).await,
        Command::OptOuts(arguments) => commands::opt_outs::run(&arguments).await,
        Command::Explain(arguments) => commands::explain::run(&arguments).await,
        Command::Demo(arguments) => commands::demo::run(&arguments).await,
        Command::Synth(arguments) => commands::synth::run(&arguments),
        Command::Keys(arguments) => commands::keys::run(&arguments),
        Command::Mapping(arguments) => commands::mapping::run(&arguments),
        Command::Register(arguments) => commands::register::run(&arguments),
        Command::Dictionary(arguments) => commands::dictionary::run(&arguments),
        Command::Forget(arguments) => commands::forget::run(&arguments).await,
        Command::Verify(arguments) => commands::verify::run(&arguments).await,
    }
}

/// The fail points of the crash tests; not in a release.
#[cfg(feature = "failpoints")]
mod fail_points {
    use std::{env, process};

    /// Arms the points named in `SENDLINK_KILL_AT` (separated by commas, each with an optional `@n` for its nth
    /// passing): the process kills itself there, as SIGKILL from outside would.
    pub fn set_up() {
        let Ok(points) = env::var("SENDLINK_KILL_AT") else {
            return;
        };
        for point in points.split(',') {
            let (name, nth) = match point.split_once('@') {
                Some((name, nth)) => (name, nth.parse().unwrap_or(1usize)),
                None => (point, 1),
            };
            let passed = std::sync::atomic::AtomicUsize::new(0);
            let armed = fail::cfg_callback(name, move || {
                if passed.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1 == nth {
                    // No destructor, no flush: what SIGKILL leaves.
                    let _ = process::Command::new("kill")
                        .args(["-KILL", &process::id().to_string()])
                        .status();
                    loop {
                        std::thread::park();
                    }
                }
            });
            if armed.is_err() {
                eprintln!("sendlink: the fail point cannot be armed");
                process::exit(70);
            }
        }
    }
}
