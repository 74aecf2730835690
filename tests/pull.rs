//! Pulling over HTTPS, against a server of our own.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use kit::retry::RetryPolicy;
use sendlink_tests::{
    Area, Database,
    hand::{Child, coming_from, notices_feed},
    peer::http::{Fault, Handler, Reply, Request, Server},
    rows::block_on,
};
use tempfile::TempDir;
use transport::{
    Fetched, Landed, Landing, Limits, Pull, TransportError,
    http::Connection,
    pull::{Access, Paging, Settings, Since},
};

/// Something to pull from a server, and a landing folder for it.
struct Puller {
    place: TempDir,
    settings: Settings,
}

impl Puller {
    fn of(server: &Server, path: &str) -> Self {
        let settings = Settings {
            feed: "s23".to_owned(),
            url: format!("{}{path}", server.url).parse().expect("an address"),
            file: "notices.json".to_owned(),
            connection: Connection {
                certificate: None,
                authority: None,
                proxy: None,
                silence: Duration::from_millis(400),
            },
            access: Access::Open,
            paging: Paging::None,
            since: None,
            retry: RetryPolicy {
                initial: Duration::from_millis(1),
                max_interval: Duration::from_millis(5),
                budget: Duration::from_secs(3),
            },
            largest: 1024 * 1024,
            limits: Limits::USUAL,
        };
        Puller {
            place: TempDir::new().expect("a folder"),
            settings,
        }
    }

    fn secret(&self, text: &str) -> std::path::PathBuf {
        let path = self.place.path().join("secret");
        fs::write(&path, text).expect("a file");
        path
    }

    /// Pulls, from where the bookmark says: what landed, or nothing.
    fn pull(&self, bookmark: Option<&str>) -> Result<Option<Landed>, TransportError> {
        let landing = Landing::open(&self.place.path().join("landing"))?;
        let batch = landing.batch("s23")?;
        let mut arrival = batch.arrival()?;
        let pull = Pull::open(self.settings.clone(), bookmark)?;
        match block_on(pull.fetch(&mut arrival))? {
            Fetched::Whole => batch.land(arrival),
            Fetched::Nothing => arrival.discard().map(|()| None),
        }
    }
}

fn server(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Server {
    let handler: Handler = Arc::new(handler);
    Server::start(handler, None)
}

fn contents(landed: &Landed) -> Vec<String> {
    landed
        .files
        .iter()
        .map(|file| fs::read_to_string(&file.path).expect("it has landed"))
        .collect()
}

/// Three pages, each of which says where the next stands in every way there is.
fn paged(request: &Request) -> Reply {
    let page = request.query.get("page").map_or("1", String::as_str);
    let next = match page {
        "1" => Some("2"),
        "2" => Some("3"),
        _ => None,
    };
    let address = next.map(|next| format!("/notices?page={next}"));
    let links: Vec<_> = address
        .iter()
        .map(|address| serde_json::json!({"relation": "next", "url": address}))
        .collect();
    let body = serde_json::json!({"page": page, "meta": {"next": address, "cursor": next}, "link": links});
    let mut reply = Reply::new(200, body.to_string());
    if let Some(address) = address {
        reply = reply.with("link", format!("<{address}>; rel=\"next\""));
    }
    reply
}

#[test]
fn pages_are_followed_as_they_are_declared() {
    let at = |field: &str| vec!["meta".to_owned(), field.to_owned()];
    let ways = [
        (Paging::None, 1),
        (Paging::LinkHeader, 3),
        (Paging::Bundle, 3),
        (Paging::Address(at("next")), 3),
        (
            Paging::Cursor {
                at: at("cursor"),
                parameter: "page".to_owned(),
            },
            3,
        ),
    ];
    for (paging, pages) in ways {
        let server = server(paged);
        let mut puller = Puller::of(&server, "/notices");
        puller.settings.paging = paging.clone();
        let landed = puller.pull(None).unwrap().expect("pages");
        assert_eq!(landed.files.len(), pages, "{paging:?}");
        let last = contents(&landed).pop().expect("a page");
        assert!(
            last.contains(&format!("\"page\":\"{pages}\"")),
            "{paging:?}: {last}"
        );
    }
}

#[test]
fn a_page_on_another_host_is_not_asked_for() {
    let elsewhere = server(|_| Reply::new(200, "{}"));
    let link = format!("<{}/stolen>; rel=\"next\"", elsewhere.url);
    let server = server(move |_| Reply::new(200, "{}").with("link", &link));
    let mut puller = Puller::of(&server, "/notices");
    puller.settings.paging = Paging::LinkHeader;
    let key = puller.secret("a key");
    puller.settings.access = Access::Key {
        header: "x-api-key".to_owned(),
        file: key,
    };
    puller.pull(None).unwrap_err();
    assert_eq!(elsewhere.log(), Vec::<String>::new());
}

#[test]
fn a_redirect_is_refused() {
    let elsewhere = server(|_| Reply::new(200, "{}"));
    let location = format!("{}/stolen", elsewhere.url);
    let server = server(move |_| Reply::new(307, "").with("location", &location));
    let error = Puller::of(&server, "/notices")
        .pull(None)
        .unwrap_err()
        .to_string();
    assert!(error.contains("redirects"), "{error}");
    assert!(
        error.contains("127.0.0.1") && !error.contains("/notices"),
        "{error}"
    );
    assert_eq!((server.log().len(), elsewhere.log().len()), (1, 0));
}

#[test]
fn pages_that_go_round_in_circles_end() {
    let server = server(|_| Reply::new(200, "{}").with("link", "</notices>; rel=\"next\""));
    let mut puller = Puller::of(&server, "/notices");
    puller.settings.paging = Paging::LinkHeader;
    let error = puller.pull(None).unwrap_err().to_string();
    assert!(error.contains("circles"), "{error}");
}

#[test]
fn what_has_not_changed_is_not_sent_again() {
    let server = server(|request| match request.header("if-none-match") {
        "\"v1\"" => Reply::new(304, ""),
        _ => Reply::new(200, "[]").with("etag", "\"v1\""),
    });
    let puller = Puller::of(&server, "/notices");
    let landed = puller.pull(None).unwrap().expect("the first time");
    assert!(puller.pull(landed.bookmark.as_deref()).unwrap().is_none());
    assert!(
        puller.pull(None).unwrap().is_some(),
        "who has no bookmark gets all"
    );
}

#[test]
fn only_what_changed_since_is_asked_for() {
    let server = server(|request| {
        let since = request.query.get("_lastUpdated").cloned().unwrap_or_default();
        Reply::new(200, format!("{{\"since\":\"{since}\"}}")).with("date", "Sun, 01 Mar 2026 08:00:00 GMT")
    });
    let mut puller = Puller::of(&server, "/notices?kind=s23");
    puller.settings.since = Some(Since {
        parameter: "_lastUpdated".to_owned(),
        prefix: "ge".to_owned(),
    });
    let landed = puller.pull(None).unwrap().expect("all");
    assert_eq!(contents(&landed), ["{\"since\":\"\"}"]);
    let landed = puller.pull(landed.bookmark.as_deref()).unwrap().expect("some");
    // The time is the server's own, so that no difference of clocks leaves a gap.
    assert_eq!(contents(&landed), ["{\"since\":\"ge2026-03-01T08:00:00Z\"}"]);
}

/// A server that gives tokens `t1`, `t2`, … and takes only the last; after `good_for` answers it takes no more of one.
fn with_tokens(good_for: usize) -> Server {
    let (given, answered) = (AtomicUsize::new(0), AtomicUsize::new(0));
    server(move |request| {
        if request.path == "/token" {
            let form = String::from_utf8_lossy(&request.body).into_owned();
            if form != "grant_type=client_credentials&client_id=us&client_secret=s%26cret&scope=notices" {
                return Reply::new(401, "");
            }
            answered.store(0, Ordering::SeqCst);
            let number = given.fetch_add(1, Ordering::SeqCst) + 1;
            return Reply::new(
                200,
                format!("{{\"access_token\":\"t{number}\",\"expires_in\":3600}}"),
            );
        }
        let expected = format!("Bearer t{}", given.load(Ordering::SeqCst));
        if request.header("authorization") != expected || answered.fetch_add(1, Ordering::SeqCst) >= good_for
        {
            return Reply::new(401, "");
        }
        paged(request)
    })
}

#[test]
fn a_token_is_asked_for_and_renewed_midway() {
    let server = with_tokens(2);
    let mut puller = Puller::of(&server, "/notices");
    puller.settings.paging = Paging::LinkHeader;
    let secret_file = puller.secret("s&cret\n");
    puller.settings.access = Access::OAuth {
        token_url: format!("{}/token", server.url).parse().expect("an address"),
        client_id: "us".to_owned(),
        secret_file,
        scope: Some("notices".to_owned()),
    };
    let landed = puller.pull(None).unwrap().expect("pages");
    assert_eq!(landed.files.len(), 3);
    assert_eq!(server.count("POST", "/token"), 2);
}

#[test]
fn a_secret_that_is_wrong_is_not_tried_again() {
    let server = with_tokens(9);
    let mut puller = Puller::of(&server, "/notices");
    let secret_file = puller.secret("wrong");
    puller.settings.access = Access::OAuth {
        token_url: format!("{}/token", server.url).parse().expect("an address"),
        client_id: "us".to_owned(),
        secret_file,
        scope: None,
    };
    let error = puller.pull(None).unwrap_err().to_string();
    assert!(error.contains("lets us in no further (401)"), "{error}");
    assert!(!error.contains("wrong"), "{error}");
    assert_eq!(server.log(), ["POST /token"]);
}

#[test]
fn a_new_token_that_is_refused_midway_is_the_end_of_it() {
    let (given, asked) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let server = server(move |request| {
        if request.path == "/token" {
            let number = given.fetch_add(1, Ordering::SeqCst);
            return Reply::new(200, format!("{{\"access_token\":\"t{number}\"}}"));
        }
        match asked.fetch_add(1, Ordering::SeqCst) {
            0 | 1 => paged(request),
            _ => Reply::new(401, ""),
        }
    });
    let mut puller = Puller::of(&server, "/notices");
    puller.settings.paging = Paging::LinkHeader;
    let secret_file = puller.secret("s&cret");
    puller.settings.access = Access::OAuth {
        token_url: format!("{}/token", server.url).parse().expect("an address"),
        client_id: "us".to_owned(),
        secret_file,
        scope: None,
    };
    let error = puller.pull(None).unwrap_err().to_string();
    assert!(error.contains("lets us in no further (401)"), "{error}");
    let (token, page) = ("POST /token", "GET /notices");
    assert_eq!(server.log(), [token, page, page, page, token, page]);
}

#[test]
fn a_fault_at_any_byte_is_tried_again_and_leaves_no_half_page() {
    let whole: Vec<String> = {
        let server = server(paged);
        let mut puller = Puller::of(&server, "/notices");
        puller.settings.paging = Paging::Bundle;
        contents(&puller.pull(None).unwrap().expect("pages"))
    };
    for at in (0..320).step_by(64) {
        for fault in [
            Fault::ResetAt(at),
            Fault::CloseAt(at),
            Fault::Instead(Reply::new(503, "busy")),
        ] {
            let server = server(paged);
            server.fail("GET", "/notices", 2, fault.clone());
            let mut puller = Puller::of(&server, "/notices");
            puller.settings.paging = Paging::Bundle;
            let landed = puller.pull(None).unwrap().expect("pages");
            assert_eq!(contents(&landed), whole, "{fault:?}");
        }
    }
}

#[test]
fn more_than_the_limit_is_not_taken() {
    let server = server(|_| Reply::new(200, vec![b'x'; 2 * 1024 * 1024]));
    let error = Puller::of(&server, "/notices")
        .pull(None)
        .unwrap_err()
        .to_string();
    assert!(error.contains("larger than 1048576 bytes"), "{error}");
}

/// A notice as the interface gives it.
fn notice(child: &Child, id: &str) -> serde_json::Value {
    serde_json::json!({
        "notification": {
            "notification_id": id, "action": "NEW", "kind": "NOTIFICATION", "opinion_date": "2025-03-01",
            "sent_at": "2025-03-02T09:00:00Z", "la_gss": "E10000012",
        },
        "child": {
            "nhs_number": child.nhs_number, "family_name": child.surname, "given_name": child.forename,
            "birth_date": child.birth_date, "postcode": child.postcode, "address_line_1": "1 Quay Street",
        },
        "need": { "limb": "HAS", "category": "SEN" },
        "notifier": { "org_ods": "RAJ", "role": "PAEDIATRICIAN" },
    })
}

#[test]
fn a_night_pulls_what_is_new_and_moves_its_mark_only_with_the_load() {
    let children = Child::several(2);
    let all: Vec<_> = children
        .iter()
        .enumerate()
        .map(|(index, child)| notice(child, &format!("N-{index}")))
        .collect();
    let asked = Arc::new(std::sync::Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    let server = server(move |request| {
        if request.header("x-api-key") != "a key" {
            return Reply::new(403, "");
        }
        let since = request.query.get("since").cloned();
        let shown = if since.is_none() { &all[..1] } else { &all[1..] };
        log.lock().expect("no panic").push(since);
        Reply::new(200, serde_json::to_string(shown).expect("JSON"))
            .with("date", "Sun, 01 Mar 2026 08:00:00 GMT")
    });
    for database in Database::BOTH {
        asked.lock().unwrap().clear();
        let area = Area::bare(database);
        let feed = coming_from(
            &notices_feed("RAJ", "section23/api-json"),
            &format!(
                "{{ https = {{ url = \"{}/notices\", file = \"section23-1.json\", since = {{ parameter = \
                 \"since\" }}, access = {{ api-key = {{ header = \"x-api-key\", file = \"api-key\" }} }} }} }}",
                server.url
            ),
        );
        area.configure(&[feed], &children);
        fs::write(area.file("api-key"), "a key").unwrap();
        let check = area.run(&["check"]).expect(0);
        assert!(
            check.stdout.contains("answers and lets us in"),
            "{}",
            check.stdout
        );
        asked.lock().unwrap().clear();
        // Killed after it has landed and before it is loaded: the mark has not moved.
        let killed = area
            .command(&["run", "--as-at", "2026-03-02"])
            .env("SENDLINK_KILL_AT", "night::after-landing")
            .output()
            .unwrap();
        assert_eq!(killed.status.code(), None);
        area.run(&["run", "--as-at", "2026-03-02"]).expect(0);
        area.run(&["run", "--as-at", "2026-03-03"]).expect(0);
        assert_eq!(area.count("select count(*) from section23_notice"), 2);
        let mark = Some("2026-03-01T08:00:00Z".to_owned());
        assert_eq!(*asked.lock().unwrap(), [None, None, mark]);
    }
}

#[test]
fn a_proxy_that_is_named_is_used() {
    let proxy = server(|_| Reply::new(200, "[]"));
    let mut puller = Puller::of(&proxy, "/");
    puller.settings.url = "http://portal.example.org/notices".parse().unwrap();
    puller.settings.connection.proxy = Some(proxy.url.parse().unwrap());
    puller.pull(None).unwrap().expect("an answer");
    assert_eq!(proxy.log(), ["GET http://portal.example.org/notices"]);
}
