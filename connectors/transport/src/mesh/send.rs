//! Sending a message.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use reqwest::{Method, header};

use super::{Mailbox, wire};
use crate::{Fault, TransportError, http};

/// A message to send. Nothing but its content may name a person: the rest is read on the way.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// The mailbox that it goes to.
    pub to: &'a str,
    /// Its workflow.
    pub workflow: &'a str,
    /// Our own name for it: the same for the same content, so that its receiver knows one that comes twice.
    pub local_id: &'a str,
    /// The name of its file.
    pub file: &'a str,
    /// Its subject.
    pub subject: &'a str,
    /// Its content.
    pub content: &'a [u8],
}

impl Mailbox {
    /// Sends a message, compressed, in as many parts as it needs. Returns the service's id for it.
    ///
    /// The first part is sent once: where no answer comes, the service may have it, and a second would be delivered
    /// too. The parts after it replace themselves and are repeated.
    ///
    /// # Errors
    /// [`TransportError::Send`] where it cannot be sent, or may or may not have been.
    pub async fn send_message(&self, message: Outgoing<'_>) -> Result<String, TransportError> {
        self.send_parts(message)
            .await
            .map_err(|fault| TransportError::Send {
                place: self.place(),
                fault,
            })
    }

    async fn send_parts(&self, message: Outgoing<'_>) -> Result<String, Fault> {
        let mut parts: Vec<&[u8]> = message.content.chunks(self.settings.part.max(1)).collect();
        if parts.is_empty() {
            return Err(Fault::Damaged("the service takes no empty message"));
        }
        let first = parts.remove(0);
        let of = parts.len() + 1;
        let request = self
            .request(Method::POST, &["outbox"])?
            .header("mex-To", message.to)
            .header("mex-WorkflowID", message.workflow)
            .header("mex-LocalID", message.local_id)
            .header("mex-FileName", message.file)
            .header("mex-Subject", message.subject)
            .header("mex-Chunk-Range", format!("1:{of}"))
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .header(header::CONTENT_ENCODING, "gzip")
            .body(gzip(first)?);
        let mut response = match self.send(request).await {
            Ok(response) => response,
            Err(fault) => {
                let class = fault.judge().class;
                tracing::warn!(
                    attempt = 1,
                    class,
                    "Sending a message failed, and is not tried again."
                );
                return Err(fault);
            }
        };
        let body = http::small_body(&mut response, self.silence(), super::ERROR_BODY).await?;
        let sent: wire::Sent = serde_json::from_slice(&body)
            .map_err(|_| Fault::Damaged("the answer to a message is not what the service should send"))?;
        let id = wire::plain(&sent.message_id, 100)
            .ok_or(Fault::Damaged("the service gives an id that cannot be used"))?;
        for (index, part) in parts.into_iter().enumerate() {
            let number = (index + 2).to_string();
            let range = format!("{number}:{of}");
            let body = gzip(part)?;
            self.patience
                .retry("Sending a part of a message", Fault::judge, || async {
                    let request = self
                        .request(Method::POST, &["outbox", &id, &number])?
                        .header("mex-Chunk-Range", &range)
                        .header(header::CONTENT_TYPE, "application/octet-stream")
                        .header(header::CONTENT_ENCODING, "gzip")
                        .body(body.clone());
                    self.send(request).await
                })
                .await?;
        }
        Ok(id)
    }
}

/// Each part is compressed on its own.
fn gzip(bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).map_err(Fault::Io)?;
    encoder.finish().map_err(Fault::Io)
}
