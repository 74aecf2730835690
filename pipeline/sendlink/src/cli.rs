//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use jiff::civil::Date;
use reports::Format;

use crate::{config::Span, schedule::TimeOfNight};

/// Joins what health, education and social care know of the same child, every night and without naming one.
///
/// New here? `sendlink demo` makes a local area of invented children in the folder `demo`, runs a night on it
/// and shows what comes out.
#[derive(Debug, Parser)]
#[command(name = "sendlink", version, max_term_width = 110, propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How log lines are written to standard error.
    #[arg(long, visible_alias = "log", global = true, value_enum, default_value_t = LogFormat::Plain, env = "SENDLINK_LOG_FORMAT")]
    pub log_format: LogFormat,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// A sentence a line.
    Plain,
    /// One JSON object a line.
    Json,
}

/// The configuration that a command works on.
#[derive(Clone, Debug, Args)]
pub struct Config {
    /// The configuration file.
    // Named, as other arguments are called after their files.
    #[arg(
        id = "config",
        short = 'c',
        long = "config",
        value_name = "FILE",
        default_value = "sendlink.toml",
        env = "SENDLINK_CONFIG",
        global = true
    )]
    pub file: PathBuf,
}

/// A configuration and a way to print data.
#[derive(Clone, Debug, Args)]
pub struct Data {
    #[command(flatten)]
    pub config: Config,
    /// How to print: `table` for people, `csv` and `json` for programs.
    #[arg(long, default_value = "table", value_name = "table|csv|json", global = true)]
    pub format: Format,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check the configuration, keys, folders, mappings and database; change nothing.
    Check(Config),
    /// Run the night: read what has come, link all records, publish the joint dataset, write the reports.
    Run(Run),
    /// Show the last run, what is published and how fresh each feed is; raise the alarm where no night was good lately.
    Status(Status),
    /// List the runs.
    History(History),
    /// List what is held, deliveries and the dataset, and release or reject it.
    Held(Held),
    /// Show what became of child ids: all changes, or those of one id through time.
    Children(Children),
    /// Show what share of each provider's notices matched, and why the rest did not.
    MatchRates(MatchRates),
    /// Show how good linkage is, by group of children, and how that has changed.
    Quality(Quality),
    /// List what was wrong in deliveries, to tell providers.
    Findings(Findings),
    /// Link files of your own: find the rows of one CSV file, or of two, that are the same person.
    Link(Link),
    /// List, add and remove decisions about linkage: records that must not, or must, be one child.
    Decisions(Decisions),
    /// Decide about pairs of records of which linkage is not sure, or whose union a rule refused, without seeing a name.
    Review(Review),
    /// The National Data Opt-out: show the lists that were sent, write one to be checked, take what came back.
    OptOuts(OptOuts),
    /// Say why a record is linked to a child, or why it is not.
    Explain(Explain),
    /// Make an invented local area, run a night on it and show what comes out.
    Demo(Demo),
    /// Write an invented local area as real files, with the truth apart.
    Synth(Synth),
    /// Make a key file or show its fingerprint.
    Keys(Keys),
    /// Look into mappings: how a supplier's files are laid out.
    Mapping(Mapping),
    /// Print the record of processing: every flow, field, lawful basis, retention and recipient of the configuration.
    Register(Register),
    /// Write the data dictionary as Markdown.
    Dictionary(Dictionary),
    /// Erase a child or a provider's deliveries for good, and prove it.
    Forget(Forget),
    /// Check the audit chain: whether any entry was changed, removed or moved.
    Verify(Config),
}

#[derive(Debug, Args)]
pub struct Run {
    #[command(flatten)]
    pub config: Config,
    /// The day that the dataset is about; today in London where it is not given. It is fixed when a run
    /// starts and kept when a stopped run continues.
    #[arg(long, value_name = "DATE")]
    pub as_at: Option<Date>,
    /// Read and report, but write nothing: no record is loaded, nothing is published or acknowledged.
    #[arg(long)]
    pub dry_run: bool,
    /// Read only this feed (may be given more than once). Linking and publishing take all records as always.
    #[arg(long = "feed", value_name = "NAME")]
    pub feeds: Vec<String>,
    /// Go on running, and begin a night each day at this time in London, for those without a scheduler. A night that
    /// fails ends nothing but itself.
    #[arg(long, value_name = "HH:MM", conflicts_with_all = ["as_at", "dry_run"])]
    pub every_night_at: Option<TimeOfNight>,
}

#[derive(Debug, Args)]
pub struct Status {
    #[command(flatten)]
    pub data: Data,
    /// End with exit code 4 unless a night has published within this time, such as 26h: for a monitor, which hears of
    /// nights that never began.
    #[arg(long, value_name = "TIME")]
    pub max_age: Option<Span>,
}

#[derive(Debug, Args)]
pub struct History {
    #[command(flatten)]
    pub data: Data,
    /// How many runs, the latest first.
    #[arg(long, default_value_t = 20)]
    pub runs: u32,
}

#[derive(Debug, Args)]
pub struct Held {
    #[command(flatten)]
    pub data: Data,
    /// What to do; lists the held deliveries where nothing is said.
    #[command(subcommand)]
    pub action: Option<HeldAction>,
}

#[derive(Debug, Args)]
pub struct Quality {
    #[command(flatten)]
    pub data: Data,
    /// Write instead what whoever uses linked data should be told (GUILD), as Markdown.
    #[arg(long)]
    pub guild: bool,
}

#[derive(Debug, Args)]
pub struct Children {
    #[command(flatten)]
    pub data: Data,
    /// What to show.
    #[command(subcommand)]
    pub action: ChildrenAction,
}

#[derive(Debug, Subcommand)]
pub enum ChildrenAction {
    /// One child id through time, with the ids that it went into, came from or took in.
    History {
        /// The child id, 32 hexadecimal digits.
        child: String,
    },
    /// Every id that merged, split, ended or returned.
    Changes {
        /// Only those of nights for this day and later.
        #[arg(long, value_name = "DATE")]
        since: Option<Date>,
        /// Only those of this run, as `sendlink history` numbers it.
        #[arg(long, value_name = "NUMBER")]
        run: Option<i64>,
        /// Also the ids that were new, which are most.
        #[arg(long)]
        with_new: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum HeldAction {
    /// Let a held delivery be loaded, or the dataset that the brake holds be published, by the next run.
    Release {
        /// The delivery's id, or its beginning, as the list shows it; or `dataset`.
        delivery: String,
        /// Why; kept in the audit chain.
        #[arg(long)]
        reason: String,
    },
    /// Refuse a held delivery for good.
    Reject {
        /// The delivery's id, or its beginning, as the list shows it.
        delivery: String,
        /// Why; kept in the audit chain.
        #[arg(long)]
        reason: String,
    },
}

#[derive(Debug, Args)]
pub struct MatchRates {
    #[command(flatten)]
    pub data: Data,
    /// The day from which ages and maturity are reckoned; the published dataset's day where it is not given.
    #[arg(long, value_name = "DATE")]
    pub as_at: Option<Date>,
    /// Only this provider.
    #[arg(long, value_name = "CODE")]
    pub provider: Option<String>,
    /// List the notices, reviews, pregnancies and births that did not match, with the reason and what to do. Shows
    /// the sender's references: for the provider and its commissioner only.
    #[arg(long, conflicts_with = "pack")]
    pub unmatched: bool,
    /// Compare the links of a made-up area with its truth, which lies in this folder: what share of the matches of
    /// each tier is right, and what share of those to be found was found.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["pack", "unmatched", "provider"])]
    pub truth: Option<PathBuf>,
    /// Write the return-to-sender pack of one provider.
    #[arg(long, value_name = "PROVIDER")]
    pub pack: Option<String>,
    /// The folder to write the pack into.
    #[arg(long, value_name = "FOLDER", requires = "pack", default_value = "packs")]
    pub out: PathBuf,
}

#[derive(Debug, Args)]
pub struct Findings {
    #[command(flatten)]
    pub data: Data,
    /// Only this feed.
    #[arg(long, value_name = "NAME")]
    pub feed: Option<String>,
}

#[derive(Debug, Args)]
pub struct Decisions {
    #[command(flatten)]
    pub data: Data,
    /// What to do; lists the decisions where nothing is said.
    #[command(subcommand)]
    pub action: Option<DecisionsAction>,
}

#[derive(Debug, Subcommand)]
pub enum DecisionsAction {
    /// List the decisions.
    List,
    /// Add decisions from a CSV file, or from standard input with `-`, so that no identifier stands on a
    /// command line. Columns: `decision` (do-not-link, link, superseded or isolate), `left_type`, `left`, `right_type`,
    /// `right` (types: nhs-number, upn, record), `reason`. Only keyed tokens are kept.
    Add {
        /// The CSV file, or `-`.
        file: PathBuf,
        /// Who decided; kept with the decisions.
        #[arg(long)]
        author: String,
    },
    /// Remove a decision.
    Remove {
        /// Its id, as the list shows it.
        id: String,
        /// Why; kept in the audit chain.
        #[arg(long)]
        reason: String,
    },
}

#[derive(Debug, Args)]
pub struct Review {
    #[command(flatten)]
    pub data: Data,
    /// What to do; lists the pairs that wait where nothing is said.
    #[command(subcommand)]
    pub action: Option<ReviewAction>,
}

#[derive(Debug, Subcommand)]
pub enum ReviewAction {
    /// List the pairs that wait for a decision, the likeliest first.
    List {
        /// List the pairs that one person has read, for a second who does not see the answer; in an order of no
        /// meaning, so that the first of them are a fair sample.
        #[arg(long)]
        second: bool,
        /// Leave out the pairs that this person has read.
        #[arg(long, value_name = "NAME")]
        author: Option<String>,
        /// How many pairs.
        #[arg(long, default_value_t = 50)]
        pairs: usize,
    },
    /// Show how far a pair agrees, and what that is worth.
    Show {
        /// The pair's id, or its beginning, as the list shows it.
        pair: String,
    },
    /// Say whether a pair is one child. The next run obeys what most readers say who are sure.
    Decide {
        /// The pair's id, or its beginning, as the list shows it.
        pair: String,
        /// One of same, different, unsure.
        answer: String,
        /// Who decides.
        #[arg(long, value_name = "NAME")]
        author: String,
        /// Why. No identifier: it is kept, and shown to others.
        #[arg(long)]
        reason: String,
    },
    /// Take back what somebody said of a pair.
    Undo {
        /// The pair's id, or its beginning, as the list shows it.
        pair: String,
        /// Whose answer.
        #[arg(long, value_name = "NAME")]
        author: String,
        /// Why; kept in the audit chain.
        #[arg(long)]
        reason: String,
    },
    /// Show how far each two people agree on the pairs that both have read.
    Agreement,
}

#[derive(Debug, Args)]
pub struct OptOuts {
    #[command(flatten)]
    pub data: Data,
    /// What to do; lists the lists where nothing is said.
    #[command(subcommand)]
    pub action: Option<OptOutsAction>,
}

#[derive(Debug, Subcommand)]
pub enum OptOutsAction {
    /// Write the NHS numbers to be checked into a file for the service, which its owner alone may read.
    Export {
        /// The folder to write it into.
        #[arg(long, value_name = "FOLDER")]
        out: PathBuf,
    },
    /// Take the list that the service has sent back, and destroy the files of both.
    Import {
        /// The file that came back.
        file: PathBuf,
        /// The list that it answers, where several wait.
        #[arg(long, value_name = "NUMBER")]
        list: Option<i64>,
        /// Take an empty file for an answer: everybody on the list has opted out.
        #[arg(long)]
        accept_empty: bool,
    },
}

#[derive(Debug, Args)]
pub struct Explain {
    #[command(flatten)]
    pub data: Data,
    /// The record's `record_id` in the joint dataset, or its beginning: four digits or more.
    pub record: String,
    /// Also show what each part of its child's matches by weight adds, for which all records are linked again.
    #[arg(long)]
    pub weights: bool,
}

#[derive(Debug, Args)]
pub struct Demo {
    /// The folder to make.
    #[arg(long, default_value = "demo", value_name = "FOLDER")]
    pub out: PathBuf,
    /// How many children live in the area.
    #[arg(long, default_value_t = 20_000)]
    pub children: u32,
    /// The database: the folder's own SQLite files where it is not given.
    #[arg(long, value_name = "URL")]
    pub store: Option<String>,
    /// The file that holds the database's password.
    #[arg(long, value_name = "FILE", requires = "store")]
    pub password_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Synth {
    /// How many children live in the area.
    #[arg(long)]
    pub children: u32,
    /// How many years of deliveries there are.
    #[arg(long, default_value_t = 3)]
    pub years: u8,
    /// The seed; the same seed makes the same files.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// The last day of the deliveries.
    #[arg(long, value_name = "DATE")]
    pub as_at: Date,
    /// The folder to make.
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,
    /// Make records of deprived families and minority ethnic names worse, as real ones are.
    #[arg(long)]
    pub bias: bool,
    /// Let reviews at two say nothing about needs later, so that what finds signals in them can be seen to find none.
    #[arg(long)]
    pub no_early_signals: bool,
    /// Let one feed be of a basis that needs the National Data Opt-out, and make up who has opted out.
    #[arg(long)]
    pub opt_outs: bool,
}

#[derive(Debug, Args)]
pub struct Link {
    /// Which files are linked, by which columns, and what is written.
    // Named, as other arguments are called after their files.
    #[arg(
        id = "config",
        short = 'c',
        long = "config",
        value_name = "FILE",
        default_value = "link.toml"
    )]
    pub file: PathBuf,
    /// The truth as CSV, to say how right the links are: left_id and right_id, or input, id and entity.
    #[arg(long, value_name = "FILE")]
    pub evaluate: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Keys {
    #[command(subcommand)]
    pub action: KeysAction,
}

#[derive(Debug, Subcommand)]
pub enum KeysAction {
    /// Make a new key file. Keep a copy apart from the database: without it the vault is lost.
    New {
        /// The file to make; it must not exist.
        file: PathBuf,
    },
    /// Show a key file's fingerprint, which tells keys apart and tells nothing of them.
    Show {
        /// The key file; the configuration's where it is not given.
        #[arg(value_name = "FILE")]
        key_file: Option<PathBuf>,
        #[command(flatten)]
        config: Config,
    },
}

#[derive(Debug, Args)]
pub struct Mapping {
    #[command(subcommand)]
    pub action: MappingAction,
}

#[derive(Debug, Subcommand)]
pub enum MappingAction {
    /// List the mappings in the program.
    List,
    /// Print a mapping of the program, to start one's own from.
    Show {
        /// Its name, such as `section23/portal-export`.
        name: String,
    },
    /// Check a mapping, and say what would be read from sample files. Shows counts, never a value.
    Check {
        /// The mapping: a name or a file.
        file: String,
        /// Sample files, or a folder of them.
        #[arg(long, value_name = "DATA", num_args = 1..)]
        sample: Vec<PathBuf>,
        /// The day after which dates are wrong; today where it is not given.
        #[arg(long, value_name = "DATE")]
        as_at: Option<Date>,
    },
}

#[derive(Debug, Args)]
pub struct Register {
    #[command(flatten)]
    pub config: Config,
    /// How to print: a page, or a row for each field of each flow.
    #[arg(long, value_enum, default_value_t = RegisterFormat::Markdown)]
    pub format: RegisterFormat,
}

/// How the record of processing is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum RegisterFormat {
    /// A page.
    Markdown,
    /// Comma-separated values.
    Csv,
}

#[derive(Debug, Args)]
pub struct Dictionary {
    /// The folder to write into; standard output where it is not given.
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Forget {
    #[command(flatten)]
    pub config: Config,
    /// What to erase.
    #[command(subcommand)]
    pub what: ForgetWhat,
    /// Why: an objection, an erasure request, the end of retention. Kept in the audit chain.
    #[arg(long, global = true, default_value = "")]
    pub reason: String,
}

#[derive(Debug, Subcommand)]
pub enum ForgetWhat {
    /// Every record of one child.
    Child {
        /// The child's id in the joint dataset, or `-` to read an NHS number or UPN from standard input.
        child: String,
    },
    /// Every record of one feed, with its landed deliveries.
    Feed {
        /// The feed's name.
        name: String,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
