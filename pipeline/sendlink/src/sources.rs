//! Where the feeds' deliveries come from: the transports, made ready from the configuration.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use kit::retry::RetryPolicy;
use transport::{
    Bucket, Fault, Folder, Limits, Mailbox, MeshFeed, Pull, Sftp, Source, TransportError,
    http::Connection,
    mesh::{Agreement, Settings},
    object,
    pull::{self, Access, Paging, Since},
    sftp,
};

use crate::{
    config::{self, AzureAccess, Config, From, FromHttps, FromObjectStore, FromSftp, ObjectStore, Then},
    feeds::Ready,
};

/// The sources of one night. Feeds that share a mailbox share its one connection.
pub struct Sources<'a> {
    config: &'a Config,
    mailboxes: BTreeMap<&'a str, Result<Arc<Mailbox>, String>>,
}

impl<'a> Sources<'a> {
    /// Makes every mailbox ready; nothing is sent yet. What cannot be made ready is told by [`Sources::of`], so that it
    /// holds nothing else back.
    pub fn new(config: &'a Config) -> Self {
        let mailboxes = config.mailboxes.iter().map(|mailbox| {
            let opened = Mailbox::open(settings(config, mailbox)).map_err(|error| error.to_string());
            (mailbox.id.as_str(), opened)
        });
        Sources {
            config,
            mailboxes: mailboxes.collect(),
        }
    }

    /// Where a feed's deliveries come from. `bookmark` is where the last loaded one left off.
    ///
    /// # Errors
    /// [`TransportError::Source`] where a secret or a certificate of it cannot be used.
    pub fn of(&self, ready: &Ready<'_>, bookmark: Option<&str>) -> Result<Source, TransportError> {
        match &ready.feed.from {
            From::Folder(from) => Ok(Source::Folder(Folder {
                feed: ready.feed.name.clone(),
                path: self.config.path(&from.folder),
                then: then(from.then),
                quiet: from.quiet.0,
                grouping: ready.grouping(),
                limits: Limits::USUAL,
            })),
            From::Mesh(mesh) => Ok(Source::Mesh(Arc::new(MeshFeed {
                mailbox: self.mailbox(&mesh.mailbox)?,
                workflows: mesh.workflows.clone(),
                senders: mesh.senders.clone(),
            }))),
            From::ObjectStore(from) => Ok(Source::Object(Bucket::open(bucket(self.config, ready, from))?)),
            From::Sftp(from) => Ok(Source::Sftp(Sftp::open(sftp(self.config, ready, from))?)),
            From::Https(https) => Ok(Source::Pull(Pull::open(
                pull(self.config, ready, https),
                bookmark,
            )?)),
        }
    }

    /// Where answers on opt-outs come from; none where a person carries them.
    pub fn opt_outs(&self) -> Option<Result<Arc<MeshFeed>, TransportError>> {
        let mesh = self.config.opt_outs.mesh.as_ref()?;
        let feed = self.mailbox(&mesh.mailbox).map(|mailbox| {
            Arc::new(MeshFeed {
                mailbox,
                workflows: vec![mesh.answers().to_owned()],
                senders: vec![mesh.to.clone()],
            })
        });
        Some(feed)
    }

    /// The mailbox with this id.
    ///
    /// # Errors
    /// [`TransportError::Source`] where it cannot be made ready.
    pub fn mailbox(&self, id: &str) -> Result<Arc<Mailbox>, TransportError> {
        let place = || format!("mailbox {id}");
        match self.mailboxes.get(id) {
            Some(Ok(mailbox)) => Ok(Arc::clone(mailbox)),
            Some(Err(why)) => Err(TransportError::Source {
                place: place(),
                fault: Fault::Told(why.clone()),
            }),
            None => Err(TransportError::Source {
                place: place(),
                fault: Fault::Damaged("it is not in the configuration"),
            }),
        }
    }
}

fn then(then: Then) -> transport::Then {
    match then {
        Then::Keep => transport::Then::Keep,
        Then::Archive => transport::Then::Archive,
        Then::Delete => transport::Then::Delete,
    }
}

fn bucket(config: &Config, ready: &Ready<'_>, from: &FromObjectStore) -> object::Settings {
    let path = |file: &PathBuf| config.path(file);
    let store = match &from.store {
        ObjectStore::S3 {
            bucket,
            region,
            endpoint,
            key_id,
            secret_file,
        } => object::Store::S3 {
            bucket: bucket.clone(),
            region: region.clone(),
            endpoint: endpoint.clone(),
            key: key_id.clone().zip(secret_file.as_ref().map(path)),
        },
        ObjectStore::Azure {
            account,
            container,
            endpoint,
            access,
        } => object::Store::Azure {
            account: account.clone(),
            container: container.clone(),
            endpoint: endpoint.clone(),
            access: match access {
                AzureAccess::Key { file } => object::AzureAccess::Key(path(file)),
                AzureAccess::Signature { file } => object::AzureAccess::Signature(path(file)),
                AzureAccess::Client {
                    tenant,
                    client_id,
                    secret_file,
                    authority,
                } => object::AzureAccess::Client {
                    tenant: tenant.clone(),
                    client_id: client_id.clone(),
                    secret_file: path(secret_file),
                    authority: authority.clone(),
                },
            },
        },
        ObjectStore::Google {
            bucket,
            endpoint,
            key_file,
        } => object::Store::Google {
            bucket: bucket.clone(),
            endpoint: endpoint.clone(),
            key_file: key_file.as_ref().map(path),
        },
        ObjectStore::Local { folder } => object::Store::Local { folder: path(folder) },
    };
    object::Settings {
        feed: ready.feed.name.clone(),
        store,
        prefix: from.prefix.clone(),
        pattern: from.pattern.as_ref().map(|pattern| pattern.0.clone()),
        then: then(from.then),
        quiet: from.quiet.0,
        grouping: ready.grouping(),
        connection: Connection {
            certificate: None,
            authority: from.authority_file.as_ref().map(path),
            proxy: from.proxy.clone(),
            silence: from.silence.0,
        },
        retry: RetryPolicy {
            budget: from.patience.0,
            ..Settings::RETRY
        },
        largest: Limits::USUAL.total,
        limits: Limits::USUAL,
    }
}

fn sftp(config: &Config, ready: &Ready<'_>, from: &FromSftp) -> sftp::Settings {
    sftp::Settings {
        feed: ready.feed.name.clone(),
        host: from.host.clone(),
        port: from.port,
        user: from.user.clone(),
        key_file: config.path(&from.key_file),
        passphrase_file: from.passphrase_file.as_ref().map(|file| config.path(file)),
        host_keys: from.host_keys.iter().map(|key| key.0.clone()).collect(),
        folder: from.folder.clone(),
        pattern: from.pattern.as_ref().map(|pattern| pattern.0.clone()),
        then: then(from.then),
        quiet: from.quiet.0,
        grouping: ready.grouping(),
        silence: from.silence.0,
        retry: RetryPolicy {
            budget: from.patience.0,
            ..Settings::RETRY
        },
        largest: Limits::USUAL.total,
        limits: Limits::USUAL,
    }
}

fn pull(config: &Config, ready: &Ready<'_>, https: &FromHttps) -> pull::Settings {
    let path = |file: &PathBuf| config.path(file);
    pull::Settings {
        feed: ready.feed.name.clone(),
        url: https.url.clone(),
        file: https.file.clone(),
        connection: Connection {
            certificate: https
                .certificate_file
                .as_ref()
                .map(path)
                .zip(https.key_file.as_ref().map(path)),
            authority: https.authority_file.as_ref().map(path),
            proxy: https.proxy.clone(),
            silence: https.silence.0,
        },
        access: match &https.access {
            None => Access::Open,
            Some(config::Access::ApiKey { header, file }) => Access::Key {
                header: header.clone(),
                file: path(file),
            },
            Some(config::Access::Oauth {
                token_url,
                client_id,
                secret_file,
                scope,
            }) => Access::OAuth {
                token_url: token_url.clone(),
                client_id: client_id.clone(),
                secret_file: path(secret_file),
                scope: scope.clone(),
            },
        },
        paging: match &https.paging {
            None => Paging::None,
            Some(config::Paging::LinkHeader) => Paging::LinkHeader,
            Some(config::Paging::Bundle) => Paging::Bundle,
            Some(config::Paging::Address { at }) => Paging::Address(at.clone()),
            Some(config::Paging::Cursor { at, parameter }) => Paging::Cursor {
                at: at.clone(),
                parameter: parameter.clone(),
            },
        },
        since: https.since.as_ref().map(|since| Since {
            parameter: since.parameter.clone(),
            prefix: since.prefix.clone(),
        }),
        retry: RetryPolicy {
            budget: https.patience.0,
            ..Settings::RETRY
        },
        largest: Limits::USUAL.total,
        limits: Limits::USUAL,
    }
}

fn settings(config: &Config, mailbox: &config::Mailbox) -> Settings {
    let path = |file: &PathBuf| config.path(file);
    let mut agreed = Vec::new();
    let mut answers = std::collections::BTreeSet::new();
    for feed in &config.feeds {
        let From::Mesh(mesh) = &feed.from else { continue };
        if mesh.mailbox != mailbox.id {
            continue;
        }
        answers.extend(mesh.findings_to_sender.clone());
        for workflow in &mesh.workflows {
            for sender in &mesh.senders {
                agreed.push(Agreement {
                    workflow: workflow.clone(),
                    sender: sender.clone(),
                });
            }
        }
    }
    if let Some(mesh) = config
        .opt_outs
        .mesh
        .as_ref()
        .filter(|mesh| mesh.mailbox == mailbox.id)
    {
        answers.insert(mesh.workflow.clone());
        agreed.push(Agreement {
            workflow: mesh.answers().to_owned(),
            sender: mesh.to.clone(),
        });
    }
    Settings {
        id: mailbox.id.clone(),
        url: mailbox.url.clone(),
        password_file: path(&mailbox.password_file),
        shared_key_file: path(&mailbox.shared_key_file),
        connection: Connection {
            certificate: mailbox
                .certificate_file
                .as_ref()
                .map(path)
                .zip(mailbox.key_file.as_ref().map(path)),
            authority: mailbox.authority_file.as_ref().map(path),
            proxy: mailbox.proxy.clone(),
            silence: mailbox.silence.0,
        },
        retry: RetryPolicy {
            budget: mailbox.patience.0,
            ..Settings::RETRY
        },
        largest_message: Settings::LARGEST_MESSAGE,
        limits: Limits::USUAL,
        agreed,
        answers,
        page: Settings::PAGE,
        part: Settings::PART,
    }
}
