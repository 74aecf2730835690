//! An address that is pulled from: pages of what changed since the mark.

use std::sync::{Arc, Mutex};

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use sendlink_tests::peer::http::{Fault, Reply, Request, Server};
use transport::{
    Limits, Pull, Source, TransportError,
    pull::{Access, Paging, Settings, Since},
};

use crate::{FAULTS, Weather};

/// What the server has, each with the hour in which it came.
type Held = Arc<Mutex<Vec<(Timestamp, String)>>>;

/// An address and what it has.
pub struct Place {
    seed: u64,
    weather: Weather,
    server: Server,
    held: Held,
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
        let shared = Arc::clone(&held);
        Place {
            seed,
            weather,
            server: Server::start(Arc::new(move |request: &Request| answer(&shared, request)), None),
            held,
        }
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
        let settings = self.settings(Access::Open);
        Source::Pull(Pull::open(settings, bookmark).expect("nothing is needed"))
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
        self.server.storm(self.seed, FAULTS, self.weather.silence);
    }

    fn log(&self) -> Vec<String> {
        self.server.log()
    }
}
