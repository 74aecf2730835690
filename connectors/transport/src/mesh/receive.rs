//! Listing and downloading messages.

use std::{collections::BTreeSet, io::Write};

use flate2::write::MultiGzDecoder;
use reqwest::{Method, Response, StatusCode, header};
use tokio::sync::Mutex;
use url::Url;

use super::{Mailbox, Message, Report, wire};
use crate::{
    Arrival, Fault, TransportError,
    arrival::{ArrivingFile, Mark},
    error::Broken,
    http,
};

/// What lies in a mailbox tonight.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    /// Data, from anybody who may send it.
    pub(super) messages: Vec<Message>,
    /// Reports on what we sent.
    pub(super) reports: Vec<Message>,
    /// What a person should know.
    pub(super) alerts: Vec<String>,
}

/// Pages that a listing may have: more is a server that goes round in circles.
const PAGES: usize = 10_000;

/// A page of ids of the largest size that may be asked for.
const PAGE_BYTES: u64 = 4 * 1024 * 1024;

/// More parts than the largest message of the service has.
const PARTS: u32 = 100_000;

impl Mailbox {
    /// Tonight's inbox; asked for once.
    pub(super) async fn inbox(&self) -> Result<&Inbox, TransportError> {
        let inbox = self
            .inbox
            .get_or_init(|| async { self.look().await.map_err(|fault| fault.to_string()) })
            .await;
        inbox.as_ref().map_err(|fault| TransportError::Source {
            place: self.place(),
            fault: Fault::Told(fault.clone()),
        })
    }

    async fn look(&self) -> Result<Inbox, Fault> {
        self.patience
            .retry("Shaking hands with a mailbox", Fault::judge, || self.handshake())
            .await?;
        let agreed = self.settings.agreed.iter().map(|agreed| &agreed.workflow);
        let workflows: BTreeSet<&String> = agreed.chain(&self.settings.answers).collect();
        let mut ids = BTreeSet::new();
        for workflow in workflows {
            self.list(workflow, &mut ids).await?;
        }
        let mut inbox = Inbox::default();
        let mut strangers = 0u64;
        for id in ids {
            let Some(id) = wire::plain(&id, 100) else {
                inbox.alerts.push(format!(
                    "{} lists a message under an id that cannot be used; it stays there",
                    self.place()
                ));
                continue;
            };
            let message = match self.head(&id).await {
                Ok(message) => message,
                Err(fault) if fault.of_one_delivery() => {
                    inbox
                        .alerts
                        .push(format!("a message in {} cannot be read: {fault}", self.place()));
                    continue;
                }
                Err(fault) => return Err(fault),
            };
            match &message.report {
                Some(report) => {
                    inbox.alerts.push(told(&self.place(), report));
                    inbox.reports.push(message);
                }
                None if self.is_agreed(&message) => inbox.messages.push(message),
                None => strangers += 1,
            }
        }
        if strangers > 0 {
            inbox.alerts.push(format!(
                "{strangers} messages in {} come from a mailbox that no feed of their workflow names; they were not \
                 fetched, and their sender is told after five days",
                self.place()
            ));
        }
        inbox
            .messages
            .sort_by(|one, other| (one.when, &one.id).cmp(&(other.when, &other.id)));
        Ok(inbox)
    }

    fn is_agreed(&self, message: &Message) -> bool {
        self.settings.agreed.iter().any(|agreed| {
            agreed.workflow == message.workflow && message.sender.as_ref() == Some(&agreed.sender)
        })
    }

    /// The ids of a workflow's messages, page by page.
    async fn list(&self, workflow: &str, ids: &mut BTreeSet<String>) -> Result<(), Fault> {
        let mut next = None;
        let mut seen = BTreeSet::new();
        for _ in 0..PAGES {
            let page = self
                .patience
                .retry("Listing a mailbox", Fault::judge, || {
                    self.page(workflow, next.as_ref())
                })
                .await?;
            ids.extend(page.messages);
            let Some(link) = page.links.next else {
                return Ok(());
            };
            if !seen.insert(link.clone()) {
                return Err(Fault::Damaged("the listing goes round in circles"));
            }
            next = Some(self.same_place(&link)?);
        }
        Err(Fault::Damaged("the listing has no end"))
    }

    /// Where a link of the service leads: within this mailbox, or nowhere.
    fn same_place(&self, link: &str) -> Result<Url, Fault> {
        let url = self
            .settings
            .url
            .join(link)
            .map_err(|_| Fault::Damaged("a link that is no address"))?;
        let inbox = format!("/messageexchange/{}/inbox", self.settings.id);
        if url.origin() != self.settings.url.origin() || !url.path().ends_with(&inbox) {
            return Err(Fault::Redirect);
        }
        Ok(url)
    }

    async fn page(&self, workflow: &str, next: Option<&Url>) -> Result<wire::Page, Fault> {
        let request = match next {
            Some(url) => self.request_url(Method::GET, url.clone())?,
            None => {
                let request = self.request(Method::GET, &["inbox"])?;
                let (client, request) = request.build_split();
                let mut request = request.map_err(|_| Fault::Damaged("a request that cannot be made"))?;
                request
                    .url_mut()
                    .query_pairs_mut()
                    .append_pair("max_results", &self.settings.page.to_string())
                    .append_pair("workflow_filter", workflow);
                reqwest::RequestBuilder::from_parts(client, request)
            }
        };
        let mut response = self.send(request).await?;
        let body = http::small_body(&mut response, self.silence(), PAGE_BYTES).await?;
        let body = unzipped(&response, body)?;
        serde_json::from_slice(&body)
            .map_err(|_| Fault::Damaged("the listing is not what the service should send"))
    }

    /// About how many messages wait, from the smallest page.
    pub(super) async fn first_page(&self) -> Result<u64, Fault> {
        let mut response = self.send(self.request(Method::GET, &["inbox"])?).await?;
        let body = http::small_body(&mut response, self.silence(), PAGE_BYTES).await?;
        let body = unzipped(&response, body)?;
        let page: wire::Page = serde_json::from_slice(&body)
            .map_err(|_| Fault::Damaged("the listing is not what the service should send"))?;
        Ok(page.approx_inbox_count.unwrap_or(page.messages.len() as u64))
    }

    /// What the head of a message says.
    async fn head(&self, id: &str) -> Result<Message, Fault> {
        let response = self
            .patience
            .retry("Asking for the head of a message", Fault::judge, || async {
                self.send(self.request(Method::HEAD, &["inbox", id])?).await
            })
            .await?;
        let headers = response.headers();
        let text = |name| wire::text(headers, name);
        let report = (text("mex-messagetype") == Some("REPORT")).then(|| Report {
            code: text("mex-statuscode").and_then(|code| wire::plain(code, 24)),
            local_id: text("mex-localid").and_then(|id| wire::plain(id, 100)),
        });
        Ok(Message {
            id: id.to_owned(),
            sender: text("mex-from").and_then(|sender| wire::plain(sender, 100)),
            workflow: text("mex-workflowid").unwrap_or_default().to_owned(),
            file: wire::file_name(headers),
            when: http::http_time(headers, "last-modified")
                .or_else(|| http::http_time(headers, "date"))
                .unwrap_or_else(std::time::SystemTime::now),
            report,
        })
    }

    /// Downloads a message into an arrival.
    pub(super) async fn download(&self, message: &Message, into: &mut Arrival) -> Result<(), TransportError> {
        into.received(message.when);
        let parts = {
            let file = into.file(&message.file)?;
            let file = Mutex::new(Some(file));
            let result = self.parts(message, &file).await;
            let file = file.into_inner();
            result.map_err(|broken| broken.at(self.place()))?;
            file
        };
        if let Some(file) = parts {
            file.finish();
        }
        into.open_archives_among([message.file.as_str()], self.settings.limits, &self.place())
    }

    async fn parts(&self, message: &Message, file: &Mutex<Option<ArrivingFile<'_>>>) -> Result<(), Broken> {
        let mut part = 1;
        loop {
            let mark = match &*file.lock().await {
                Some(file) => file.mark(),
                None => return Ok(()),
            };
            let of = self
                .patience
                .retry("Downloading a message", Broken::judge, || {
                    self.part(message, part, &mark, file)
                })
                .await?;
            if part >= of {
                return Ok(());
            }
            part += 1;
        }
    }

    /// Downloads one part, over whatever an earlier try has left. Returns how many parts there are.
    async fn part(
        &self,
        message: &Message,
        part: u32,
        mark: &Mark,
        file: &Mutex<Option<ArrivingFile<'_>>>,
    ) -> Result<u32, Broken> {
        let mut guard = file.lock().await;
        let Some(file) = guard.as_mut() else { return Ok(0) };
        file.rewind(mark).map_err(Broken::Landing)?;
        let number = part.to_string();
        let path = match part {
            1 => vec!["inbox", message.id.as_str()],
            _ => vec!["inbox", message.id.as_str(), number.as_str()],
        };
        let mut response = self.send(self.request(Method::GET, &path)?).await?;
        let (this, of) = wire::part(response.headers()).ok_or(Fault::Damaged("a part without its number"))?;
        let more = response.status() == StatusCode::PARTIAL_CONTENT;
        if this != part || of > PARTS || more != (part < of) {
            return Err(Fault::Damaged("the parts of the message do not follow each other").into());
        }
        let limit = self.settings.largest_message;
        let silence = self.silence();
        if is_gzip(&response)? {
            let mut decoder = MultiGzDecoder::new(Limited { file, limit });
            http::stream(&mut response, silence, |piece| {
                decoder.write_all(piece).map_err(Step::Write)
            })
            .await
            .map_err(|step| step.explain(decoder.get_mut().file, limit))?;
            let ended = decoder.try_finish();
            ended.map_err(|error| Step::Write(error).explain(decoder.get_mut().file, limit))?;
        } else {
            let mut plain = Limited { file, limit };
            http::stream(&mut response, silence, |piece| {
                plain.write_all(piece).map_err(Step::Write)
            })
            .await
            .map_err(|step| step.explain(plain.file, limit))?;
        }
        Ok(of)
    }
}

/// What is said of a report.
fn told(place: &str, report: &Report) -> String {
    let why = match report.code.as_deref() {
        Some("14") => "nobody collected it within five days".to_owned(),
        Some(code) => format!("the service's code is {code}"),
        None => "the service gives no code".to_owned(),
    };
    match &report.local_id {
        Some(id) => format!("a message that {place} sent ({id}) was not delivered: {why}"),
        None => format!("a message that {place} sent was not delivered: {why}"),
    }
}

/// Whether the body of an answer is compressed.
fn is_gzip(response: &Response) -> Result<bool, Fault> {
    match wire::text(response.headers(), header::CONTENT_ENCODING.as_str()) {
        None | Some("identity") => Ok(false),
        Some(encoding) if encoding.eq_ignore_ascii_case("gzip") => Ok(true),
        Some(_) => Err(Fault::Damaged("it is compressed in a way that is not agreed")),
    }
}

/// A small body, decompressed where it is compressed.
fn unzipped(response: &Response, body: Vec<u8>) -> Result<Vec<u8>, Fault> {
    use std::io::Read;
    if !is_gzip(response)? {
        return Ok(body);
    }
    let mut text = Vec::new();
    flate2::read::MultiGzDecoder::new(body.as_slice())
        .take(PAGE_BYTES)
        .read_to_end(&mut text)
        .map_err(|_| Fault::Damaged("a compressed answer that cannot be opened"))?;
    Ok(text)
}

/// Why a body could not be taken on.
enum Step {
    /// It did not come whole.
    Fault(Fault),
    /// The decoder or the file did not take it; which of the two, the file knows.
    Write(std::io::Error),
}

impl From<Fault> for Step {
    fn from(fault: Fault) -> Self {
        Step::Fault(fault)
    }
}

impl Step {
    fn explain(self, file: &mut ArrivingFile<'_>, limit: u64) -> Broken {
        match self {
            Step::Fault(fault) => Broken::Fault(fault),
            Step::Write(error) => match file.failure() {
                Some(failure) => Broken::Landing(failure),
                None if error.kind() == std::io::ErrorKind::FileTooLarge => {
                    Broken::Fault(Fault::TooLarge { limit })
                }
                None => Broken::Fault(Fault::Damaged(
                    "its compressed content cannot be opened, or is cut short",
                )),
            },
        }
    }
}

/// A file that takes so many bytes and no more.
struct Limited<'a, 'b> {
    file: &'a mut ArrivingFile<'b>,
    limit: u64,
}

impl Write for Limited<'_, '_> {
    fn write(&mut self, piece: &[u8]) -> std::io::Result<usize> {
        if self.file.bytes() + piece.len() as u64 > self.limit {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        self.file.write(piece)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
