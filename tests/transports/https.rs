//! An address that is pulled from under a token: pages of what changed since the mark.

use std::{
    fs,
    sync::{Arc, Mutex},
};

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use sendlink_tests::peer::http::{Fault, Reply, Request, Server};
use tempfile::TempDir;
use transport::{
    Limits, Pull, Source, TransportError,
    pull::{Access, Paging, Settings, Since},
};

use crate::{FAULTS, Weather};

/// What the server has, each with the hour in which it came.
type Held = Arc<Mutex<Vec<(Timestamp, String)>>>;

/// The tokens of the server, of which the last is good.
struct Tokens {
    given: usize,
    /// Answers that the last one is still good for.
    left: usize,
    /// Answers that a new one is good for.
    good_for: usize,
    /// How often one ran out under somebody who had it.
    ran_out: usize,
}

/// An address and what it has.
pub struct Place {
    seed: u64,
    weather: Weather,
    server: Server,
    held: Held,
    tokens: Arc<Mutex<Tokens>>,
    secret: TempDir,
}

impl Tokens {
    fn give(&mut self) -> Reply {
        self.given += 1;
        self.left = self.good_for;
        let token = format!("{{\"access_token\":\"t{}\",\"expires_in\":3600}}", self.given);
        Reply::new(200, token)
    }

    fn take(&mut self, request: &Request) -> bool {
        if request.header("authorization") != format!("Bearer t{}", self.given) {
            return false;
        }
        if self.left == 0 {
            self.ran_out += 1;
            return false;
        }
        self.left -= 1;
        true
    }
}

/// The hour before anything came.
fn start() -> Timestamp {
    "2026-03-01T08:00:00Z".parse().expect("a time")
}

/// One delivery a page; the clock stands at the hour of the latest.
fn answer(held: &Held, request: &Request) -> Reply {
    let held = held.lock().expect("no panic");
    let since = request
        .query
        .get("since")
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(start);
    let page: usize = request
        .query
        .get("page")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let new: Vec<_> = held.iter().filter(|(came, _)| *came >= since).collect();
    let now = held.last().map_or_else(start, |(came, _)| *came);
    let mut reply = Reply::new(200, new.get(page).map_or("", |(_, content)| content.as_str())).with(
        "date",
        TimeZone::UTC
            .to_datetime(now)
            .strftime("%a, %d %b %Y %H:%M:%S GMT"),
    );
    if page + 1 < new.len() {
        let next = format!("</notices?since={since}&page={}>; rel=\"next\"", page + 1);
        reply = reply.with("link", next);
    }
    reply
}

impl Place {
    /// One that has nothing.
    pub fn new(seed: u64, weather: Weather) -> Self {
        let held = Held::default();
        let tokens = Arc::new(Mutex::new(Tokens {
            given: 0,
            left: 0,
            good_for: usize::MAX,
            ran_out: 0,
        }));
        let shared = (Arc::clone(&held), Arc::clone(&tokens));
        let answer = move |request: &Request| {
            let mut tokens = shared.1.lock().expect("no panic");
            match request.path.as_str() {
                "/token" => tokens.give(),
                _ if tokens.take(request) => answer(&shared.0, request),
                _ => Reply::new(401, ""),
            }
        };
        let secret = TempDir::new().expect("a folder");
        fs::write(secret.path().join("secret"), "a secret").expect("a file");
        Place {
            seed,
            weather,
            server: Server::start(Arc::new(answer), None),
            held,
            tokens,
            secret,
        }
    }

    /// How often a token ran out.
    pub fn ran_out(&self) -> usize {
        self.tokens.lock().expect("no panic").ran_out
    }

    fn settings(&self, access: Access) -> Settings {
        Settings {
            feed: "s23".to_owned(),
            url: format!("{}/notices", self.server.url)
                .parse()
                .expect("an address"),
            file: "notices.csv".to_owned(),
            connection: self.weather.connection(),
            access,
            paging: Paging::LinkHeader,
            since: Some(Since {
                parameter: "since".to_owned(),
                prefix: String::new(),
            }),
            retry: self.weather.retry,
            largest: 64 * 1024 * 1024,
            limits: Limits::USUAL,
        }
    }
}

impl crate::Place for Place {
    fn open(&self, bookmark: Option<&str>) -> Source {
        let settings = self.settings(Access::OAuth {
            token_url: format!("{}/token", self.server.url).parse().expect("an address"),
            client_id: "us".to_owned(),
            secret_file: self.secret.path().join("secret"),
            scope: None,
        });
        Source::Pull(Pull::open(settings, bookmark).expect("its secret is there"))
    }

    fn wrong(&self) -> Result<Source, TransportError> {
        let access = Access::Key {
            header: "x-api-key".to_owned(),
            file: "missing".into(),
        };
        Pull::open(self.settings(access), None).map(Source::Pull)
    }

    fn put(&self, content: &str) {
        let mut held = self.held.lock().expect("no panic");
        let hours = i64::try_from(held.len()).expect("few");
        held.push((start() + (hours + 1).hours(), content.to_owned()));
    }

    fn is_cleared(&self) -> bool {
        true
    }

    fn cut(&self) {
        self.server.fail("GET", "/notices", 3, Fault::CloseAt(3_000_000));
    }

    fn storm(&self) {
        // One page or two, and there are three.
        self.tokens.lock().expect("no panic").good_for = 1 + (self.seed % 2) as usize;
        self.server.storm(self.seed, FAULTS, self.weather.silence);
    }

    fn log(&self) -> Vec<String> {
        self.server.log()
    }
}
