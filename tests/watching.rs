//! What a night tells monitors and people, and the alarm that goes when no night was good.

use std::{collections::BTreeMap, fs, net::TcpListener, sync::Arc, thread, time::Duration};

use sendlink_tests::{
    Area, Database,
    area::AS_AT,
    hand::{Child, Notice, notices_csv, notices_feed},
    peer::{
        http::{Reply, Request, Server},
        smtp::{Login, Mail, MailServer, Protection},
        tls::Authority,
    },
};

/// The figures of a page, by name and labels as they are written.
fn figures(area: &Area, file: &str) -> BTreeMap<String, f64> {
    let text = fs::read_to_string(area.file(file)).expect("a page of figures");
    assert!(text.ends_with("# EOF\n"), "{text}");
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').expect("a value");
            let name = name
                .replace("{area=\"Mere and Holt\"}", "")
                .replace("area=\"Mere and Holt\",", "");
            (name, value.parse().expect("a number"))
        })
        .collect()
}

#[test]
fn lines_history_and_figures_agree() {
    for database in Database::BOTH {
        let area = Area::small(61, database);
        fs::write(
            area.file("incoming/section23/R9M/cut-off.csv"),
            "Form reference,\"half a re",
        )
        .unwrap();
        area.edit_configuration(|text| format!("{text}\n[watch]\nmetrics_file = \"metrics/area.prom\"\n"));
        let night = area.run(&["run", "--as-at", AS_AT, "--log", "json"]).expect(3);
        let figures = figures(&area, "metrics/area.prom");

        // Each line of the log is one in the figures.
        for (line, verdict) in [
            ("A delivery has landed.", "landed"),
            ("A delivery is loaded.", "loaded"),
            ("A delivery is refused.", "refused"),
            ("A delivery is held for a person's decision.", "held"),
        ] {
            let mut lines = BTreeMap::<String, f64>::new();
            for text in night.stderr.lines() {
                let entry: serde_json::Value = serde_json::from_str(text).expect("JSON");
                if entry["fields"]["message"] == line {
                    let feed = entry["fields"]["feed"].as_str().expect("a feed");
                    *lines.entry(feed.to_owned()).or_default() += 1.0;
                    // Every line says where in which night it was written.
                    assert_eq!(entry["spans"][0]["name"], "night", "{text}");
                    assert_eq!(entry["spans"][0]["as_at"], AS_AT, "{text}");
                    assert!(
                        ["fetch", "load"].contains(&entry["spans"][1]["stage"].as_str().expect("a stage"))
                    );
                }
            }
            for (name, value) in &figures {
                if let Some(feed) = name
                    .strip_prefix("sendlink_night_deliveries{feed=\"")
                    .and_then(|rest| rest.strip_suffix(&format!("\",verdict=\"{verdict}\"}}")))
                {
                    assert_eq!(
                        lines.remove(feed).unwrap_or_default(),
                        *value,
                        "{verdict}: {feed}"
                    );
                }
            }
            assert!(lines.is_empty(), "{verdict}: {lines:?}");
        }
        assert_eq!(
            figures["sendlink_night_deliveries{feed=\"s23-r9m\",verdict=\"refused\"}"],
            1.0
        );
        assert_eq!(figures["sendlink_night_exit_code"], 3.0);

        let history = area.run(&["history", "--format", "json"]).expect(0).rows();
        let sum = |prefix: &str, part: &str| -> f64 {
            let of = figures
                .iter()
                .filter(|(name, _)| name.starts_with(prefix) && name.contains(part));
            of.map(|(_, value)| value).sum()
        };
        let said = |field: &str| {
            history[0][field]
                .as_f64()
                .unwrap_or_else(|| panic!("{field}: {history:?}"))
        };
        let deliveries = "sendlink_night_deliveries";
        assert_eq!(
            said("deliveries"),
            sum(deliveries, "\"loaded\"") + sum(deliveries, "\"refused\"") + sum(deliveries, "\"held\"")
        );
        assert_eq!(said("rows"), sum("sendlink_night_rows", ""));
        assert_eq!(said("quarantined"), sum("sendlink_night_rows", "\"quarantined\""));
        assert_eq!(said("children"), figures["sendlink_night_children"]);
        assert_eq!(said("records"), sum("sendlink_night_links", ""));
        assert_eq!(history[0]["outcome"], "published");
        assert!(history[0]["software"].as_str().unwrap().starts_with("sendlink "));
        for stage in [
            "lock", "fetch", "load", "link", "gate", "publish", "report", "settle",
        ] {
            let name = format!("sendlink_night_stage_duration_seconds{{stage=\"{stage}\"}}");
            assert!(figures[&name] >= 0.0, "{name}");
        }
    }
}

#[test]
fn a_night_that_fails_is_measured_and_the_last_good_one_stays_known() {
    let area = Area::small(62, Database::Sqlite);
    area.edit_configuration(|text| format!("{text}\n[watch]\nmetrics_file = \"metrics/area.prom\"\n"));
    area.night().expect(0);
    let good = figures(&area, "metrics/area-good.prom");
    assert!(good["sendlink_good_night_end_timestamp_seconds"] > 1.7e9);
    assert_eq!(
        figures(&area, "metrics/area.prom")["sendlink_night_exit_code"],
        0.0
    );
    fs::rename(area.file("keys"), area.file("lost")).unwrap();
    thread::sleep(Duration::from_millis(1_100));
    area.night().expect(77);
    let failed = figures(&area, "metrics/area.prom");
    assert_eq!(failed["sendlink_night_exit_code"], 77.0);
    assert!(!failed.contains_key("sendlink_night_children"));
    assert_eq!(figures(&area, "metrics/area-good.prom"), good);
}

#[test]
fn a_check_of_opt_outs_that_needs_a_person_is_measured() {
    let child = Child::new(1, "Wanda", "Ashcombe", "2020-05-14", "QZ1 1AA");
    let area = Area::by_hand(Database::Sqlite, std::slice::from_ref(&child));
    area.put_notices(
        "section23-1.csv",
        &[Notice::of(&child, "N-1", "2024-03-01")],
        "2026-02-01",
    );
    area.edit_configuration(|text| format!("{text}\n[watch]\nmetrics_file = \"area.prom\"\n"));
    let told_of = || {
        let page = fs::read_to_string(area.file("area.prom")).expect("a page of figures");
        let name = "sendlink_night_opt_out_alerts{area=\"Essex\"} ";
        let line = page.lines().find_map(|line| line.strip_prefix(name));
        line.map(|count| count.parse::<f64>().expect("a number"))
    };
    area.night().expect(0);
    assert_eq!(told_of(), None, "no feed needs it");
    area.edit_configuration(|text| text.replacen("\"duty\"", "\"s251-with-opt-out\"", 1));
    let night = area.run(&["run", "--as-at", AS_AT, "--log", "json"]).expect(3);
    let lines = night
        .stderr
        .matches("The check of opt-outs needs a person's eye.")
        .count();
    assert!(lines > 0, "{}", night.stderr);
    assert_eq!(told_of(), Some(lines as f64));
}

#[test]
fn the_alarm_goes_when_no_night_was_good_lately() {
    for database in Database::BOTH {
        let area = Area::small(63, database);
        let alarm = |max_age: &str| area.run(&["status", "--max-age", max_age]);
        // No night at all.
        alarm("26h").expect(65);
        area.night().expect(0);
        alarm("26h").expect(0);
        alarm("26 hours").expect(0);
        thread::sleep(Duration::from_millis(1_100));
        let late = alarm("1s").expect(4);
        assert!(
            late.stderr.contains("No night has published within 1 second."),
            "{}",
            late.stderr
        );
        let status = area.run(&["status", "--format", "json"]).expect(0).json();
        assert_eq!(status["last_good_run"]["run"], 1);
        alarm("tomorrow").expect(64);
    }
}

/// A server that takes whatever comes, and what came.
fn taking() -> (Server, Arc<std::sync::Mutex<Vec<Request>>>) {
    let taken = Arc::new(std::sync::Mutex::new(Vec::new()));
    let log = Arc::clone(&taken);
    let server = Server::start(
        Arc::new(move |request: &Request| {
            log.lock().expect("no panic").push(request.clone());
            Reply::new(200, "")
        }),
        None,
    );
    (server, taken)
}

/// An area with one notice, and one file beside it that is refused and called after a child.
fn area_with_a_refusal(more: &str) -> Area {
    let area = Area::bare(Database::Sqlite);
    let children = Child::several(2);
    area.configure(
        &[notices_feed("RAJ", "section23/superset"), more.to_owned()],
        &children,
    );
    let good = notices_csv(&[Notice::of(&children[0], "N-1", "2026-01-10")]);
    area.put("incoming/s23-raj/section23-1.csv", good, "2026-02-01");
    let cut = "Form reference,\"half a re";
    area.put(
        &format!("incoming/s23-raj/section23-{}.csv", children[1].surname),
        cut,
        "2026-02-01",
    );
    area
}

#[test]
fn a_webhook_hears_of_trouble_in_feeds_and_figures_alone() {
    let (server, taken) = taking();
    let area = area_with_a_refusal(&format!(
        "\n[[alert]]\nwebhook = {{ url = \"{}/hook?key=1\" }}\n",
        server.url
    ));
    let night = area.run(&["run", "--as-at", "2026-02-02"]).expect(3);
    let requests = std::mem::take(&mut *taken.lock().unwrap());
    assert_eq!(requests.len(), 1, "{}", night.stderr);
    assert_eq!(requests[0].header("content-type"), "application/json");
    let told: serde_json::Value = serde_json::from_slice(&requests[0].body).expect("JSON");
    assert_eq!(
        told["feeds"],
        serde_json::json!([{
            "feed": "s23-raj", "missing": false, "alerts": 0, "loaded": 1, "refused": 1, "held": 0,
            "rows": told["feeds"][0]["rows"], "quarantined": 0
        }])
    );
    assert_eq!(
        (&told["exit_code"], &told["published"]),
        (&3.into(), &true.into())
    );
    let text = told["text"].as_str().expect("lines");
    assert!(text.contains("s23-raj: deliveries refused: 1."), "{text}");
    let child = &Child::several(2)[1];
    assert!(!String::from_utf8_lossy(&requests[0].body).contains(&child.surname));
    // The address may let in whoever knows it.
    assert!(
        !night.stderr.contains("key=1") && !night.stderr.contains("/hook"),
        "{}",
        night.stderr
    );
    // The night after is good, and nobody is told.
    area.run(&["run", "--as-at", "2026-02-03"]).expect(0);
    assert!(taken.lock().unwrap().is_empty());
    // A night that cannot begin is trouble.
    fs::rename(area.file("keys"), area.file("lost")).unwrap();
    area.run(&["run", "--as-at", "2026-02-03"]).expect(77);
    let requests = std::mem::take(&mut *taken.lock().unwrap());
    let told: serde_json::Value = serde_json::from_slice(&requests[0].body).expect("JSON");
    assert_eq!(
        (&told["exit_code"], &told["published"]),
        (&77.into(), &false.into())
    );
}

#[test]
fn a_webhook_or_a_gateway_that_refuses_changes_nothing_of_the_night() {
    let refusing = Server::start(Arc::new(|_| Reply::new(403, "")), None);
    let area = area_with_a_refusal(&format!(
        "\n[watch]\npush = {{ url_file = \"push\" }}\n\n[[alert]]\nwebhook = {{ url = \"{}\" }}\n",
        refusing.url
    ));
    fs::write(
        area.file("push"),
        format!("{}/metrics/job/secret\n", refusing.url),
    )
    .unwrap();
    let night = area.run(&["run", "--as-at", "2026-02-02"]).expect(3);
    assert_eq!(refusing.log().len(), 2, "{:?}", refusing.log());
    for place in ["the Pushgateway", "the webhook"] {
        let told = format!("{place} does not take it: the server lets us in no further (403)");
        assert!(night.stderr.contains(&told), "{}", night.stderr);
    }
    assert!(!night.stderr.contains("secret"), "{}", night.stderr);
}

#[test]
fn a_gateway_gets_the_figures_of_the_night_and_the_time_of_a_good_one() {
    let (server, taken) = taking();
    let area = area_with_a_refusal(&format!(
        "\n[watch]\npush = {{ url = \"{}/metrics/job/sendlink\" }}\n",
        server.url
    ));
    area.run(&["run", "--as-at", "2026-02-02"]).expect(3);
    let requests = taken.lock().unwrap().clone();
    assert_eq!(
        (requests[0].method.as_str(), requests[0].path.as_str()),
        ("POST", "/metrics/job/sendlink")
    );
    let text = String::from_utf8(requests[0].body.clone()).unwrap();
    assert!(
        text.contains("sendlink_night_deliveries{area=\"Essex\",feed=\"s23-raj\",verdict=\"refused\"} 1.0\n"),
        "{text}"
    );
    assert!(
        text.contains("sendlink_good_night_end_timestamp_seconds{area=\"Essex\"} "),
        "{text}"
    );
    assert!(!text.contains("EOF"), "{text}");
}

/// Sends the alert of one night through a mail server.
#[track_caller]
fn mailed(protection: Protection, security: &str, authority: Option<&Authority>) -> (Vec<Mail>, String) {
    let server = MailServer::start(protection);
    let secret = match security {
        "none" => "",
        _ => ", user = \"sendlink\", password_file = \"password\", authority_file = \"authority.pem\"",
    };
    let area = area_with_a_refusal(&format!(
        "\n[[alert]]\nemail = {{ server = \"127.0.0.1\", port = {}, security = \"{security}\", from = \
         \"sendlink@example.org\", to = [\"data-team@example.org\", \"dco@example.org\"]{secret} }}\n",
        server.port
    ));
    fs::write(area.file("password"), "a password\n").unwrap();
    if let Some(authority) = authority {
        fs::write(area.file("authority.pem"), authority.pem()).unwrap();
    }
    let night = area.run(&["run", "--as-at", "2026-02-02"]).expect(3);
    (server.mails(), night.stderr)
}

#[test]
fn people_are_told_by_mail() {
    let authority = Authority::new();
    let signed = authority.sign("127.0.0.1", 2040);
    let tls = || authority.open_server(&signed);
    for (protection, security) in [
        (Protection::None, "none"),
        (Protection::Tls(tls()), "tls"),
        (Protection::Starttls(tls()), "starttls"),
    ] {
        let (mails, log) = mailed(protection, security, Some(&authority));
        assert_eq!(mails.len(), 1, "{security}: {log}");
        let mail = &mails[0];
        assert_eq!(mail.from, "sendlink@example.org");
        assert_eq!(mail.to, ["data-team@example.org", "dco@example.org"]);
        assert_eq!(
            (mail.protected, mail.known),
            (security != "none", security != "none")
        );
        assert!(
            mail.data.contains("Subject: sendlink: Essex: exit code 3\r\n"),
            "{}",
            mail.data
        );
        assert!(
            mail.data.contains("s23-raj: deliveries refused: 1."),
            "{}",
            mail.data
        );
    }
}

#[test]
fn a_mail_server_that_is_not_whom_it_says_gets_nothing() {
    let (authority, other) = (Authority::new(), Authority::new());
    let signed = other.sign("127.0.0.1", 2040);
    for (protection, security) in [
        (Protection::Tls(other.open_server(&signed)), "tls"),
        (Protection::Starttls(other.open_server(&signed)), "starttls"),
        // It never offers TLS: no password and no text in the clear.
        (Protection::None, "starttls"),
    ] {
        let (mails, log) = mailed(protection, security, Some(&authority));
        assert!(mails.is_empty(), "{security}: {mails:?}");
        assert!(log.contains("An alert is not sent."), "{log}");
        assert!(!log.contains("a password"), "{log}");
    }
}

/// What `check` says of the alerts of an area, under this exit code.
#[track_caller]
fn checked(alert: &str, authority: &Authority, exit: i32) -> String {
    let area = area_with_a_refusal(&format!("\n{alert}\n"));
    fs::write(area.file("password"), "a password\n").unwrap();
    fs::write(area.file("authority.pem"), authority.pem()).unwrap();
    let check = area.run(&["check"]).expect(exit);
    assert!(!check.stdout.contains("key=1"), "{}", check.stdout);
    let about = |line: &&str| line.contains("alert 1: ") || line.contains("[watch] push: ");
    check.stdout.lines().filter(about).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_webhook_is_tried_and_told_nothing() {
    let authority = Authority::new();
    let (open, taken) = taking();
    let said = checked(
        &format!("[[alert]]\nwebhook = {{ url = \"{}/hook?key=1\" }}", open.url),
        &authority,
        0,
    );
    assert_eq!(
        said,
        "ok    alert 1: the webhook can be reached; nothing was sent to it"
    );
    let said = checked(
        &format!(
            "[watch]\npush = {{ url = \"{}/metrics/job/sendlink\" }}",
            open.url
        ),
        &authority,
        0,
    );
    assert_eq!(
        said,
        "ok    [watch] push: the Pushgateway can be reached; nothing was sent to it"
    );
    assert!(taken.lock().unwrap().is_empty(), "not one request");
    assert_eq!(open.log(), Vec::<String>::new());

    let secure = |signed_by: &Authority, name: &str| {
        let server = Server::start(
            Arc::new(|_| Reply::new(200, "")),
            Some(signed_by.open_server(&signed_by.sign(name, 2040))),
        );
        let alert = format!(
            "[[alert]]\nwebhook = {{ url = \"{}/hook?key=1\", authority_file = \"authority.pem\" }}",
            server.url
        );
        (server, alert)
    };
    let (server, alert) = secure(&authority, "127.0.0.1");
    assert!(checked(&alert, &authority, 0).starts_with("ok    alert 1: the webhook can be reached"));
    assert_eq!(server.log(), Vec::<String>::new());
    // Another authority than ours, and another name than the server's.
    for (_server, alert) in [
        secure(&Authority::new(), "127.0.0.1"),
        secure(&authority, "hooks.example.org"),
    ] {
        let said = checked(&alert, &authority, 69);
        assert!(
            said.starts_with("BAD   alert 1: the webhook: the TLS handshake failed: "),
            "{said}"
        );
    }
    // A port that nobody listens on.
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let alert = format!("[[alert]]\nwebhook = {{ url = \"https://{nobody}/hook?key=1\" }}");
    let said = checked(&alert, &authority, 69);
    assert!(
        said.starts_with("BAD   alert 1: the webhook: no connection: "),
        "{said}"
    );
}

#[test]
fn a_mail_server_is_logged_in_to_and_gets_no_mail() {
    let (authority, other) = (Authority::new(), Authority::new());
    let tls = |of: &Authority| of.open_server(&of.sign("127.0.0.1", 2040));
    let look = |protection: Protection, login: Login, security: &str, exit: i32| {
        let server = MailServer::start_with(protection, login);
        let alert = format!(
            "[[alert]]\nemail = {{ server = \"127.0.0.1\", port = {}, security = \"{security}\", from = \
             \"sendlink@example.org\", to = [\"dco@example.org\"], user = \"sendlink\", password_file = \
             \"password\", authority_file = \"authority.pem\" }}",
            server.port
        );
        let said = checked(&alert, &authority, exit);
        assert!(server.mails().is_empty());
        for word in ["MAIL", "RCPT", "DATA"] {
            assert!(!server.said().iter().any(|said| said == word), "{word}");
        }
        (said, server.said())
    };
    for (protection, security) in [
        (Protection::Tls(tls(&authority)), "tls"),
        (Protection::Starttls(tls(&authority)), "starttls"),
    ] {
        let (said, heard) = look(protection, Login::Taken, security, 0);
        assert_eq!(
            said,
            "ok    alert 1: mail server 127.0.0.1: lets us in; nothing was sent"
        );
        assert!(heard.contains(&"AUTH".to_owned()), "{heard:?}");
        assert_eq!(
            heard.last().map(String::as_str),
            Some("QUIT"),
            "it takes its leave"
        );
    }
    let (said, _) = look(Protection::Tls(tls(&authority)), Login::Refused, "tls", 69);
    assert_eq!(
        said,
        "BAD   alert 1: mail server 127.0.0.1: it does not let us in (535): look at user and password_file"
    );
    for (protection, security) in [
        (Protection::Tls(tls(&other)), "tls"),
        (Protection::Starttls(tls(&other)), "starttls"),
    ] {
        let (said, heard) = look(protection, Login::Taken, security, 69);
        assert!(said.contains("certificate"), "{said}");
        assert!(!heard.contains(&"AUTH".to_owned()), "{heard:?}");
    }
    // It never offers TLS.
    let (said, heard) = look(Protection::None, Login::Taken, "starttls", 69);
    assert!(
        said.starts_with("BAD   alert 1: mail server 127.0.0.1: "),
        "{said}"
    );
    assert!(!heard.contains(&"AUTH".to_owned()), "{heard:?}");
}

#[test]
fn secrets_do_not_go_out_in_the_clear() {
    let area = Area::small(64, Database::Sqlite);
    let right = fs::read_to_string(area.file("sendlink.toml")).unwrap();
    for (wrong, why) in [
        (
            "[watch]\npush = { url = \"http://monitor.example.org/\" }",
            "begins with https://",
        ),
        ("[watch]\npush = { }", "give url or url_file"),
        ("[[alert]]\n", "one way to tell"),
        (
            "[[alert]]\nwebhook = { url = \"http://hooks.example.org/\" }",
            "begins with https://",
        ),
        (
            "[[alert]]\nemail = { server = \"mail.example.org\", security = \"none\", from = \"a@example.org\", to = [\"b@example.org\"] }",
            "on this very machine",
        ),
        (
            "[[alert]]\nemail = { server = \"mail.example.org\", from = \"nobody\", to = [] }",
            "from: an address",
        ),
    ] {
        fs::write(area.file("sendlink.toml"), format!("{right}\n{wrong}\n")).unwrap();
        let said = area.run(&["run"]).expect(78).stderr;
        assert!(said.contains(why), "{wrong}: {said}");
    }
}
