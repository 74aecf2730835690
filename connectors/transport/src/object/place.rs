//! Stores, made ready from the settings. Nothing is taken from the environment or from the machine's own identity:
//! what is to be used is in the settings or not at all.

use std::{path::Path, sync::Arc};

use object_store::{
    ObjectStore, RetryConfig, StaticCredentialProvider,
    aws::AmazonS3Builder,
    azure::MicrosoftAzureBuilder,
    gcp::{GcpCredential, GoogleCloudStorageBuilder},
    local::LocalFileSystem,
};

use super::{AzureAccess, Store, wire::Connector};
use crate::{TransportError, http::secret::Secret};

/// Makes a store ready; nothing is sent yet.
pub(super) fn open(store: &Store, wire: &Connector) -> Result<Arc<dyn ObjectStore>, TransportError> {
    match store {
        Store::S3 {
            bucket,
            region,
            endpoint,
            key,
        } => {
            let mut builder = AmazonS3Builder::new()
                .with_bucket_name(bucket)
                .with_retry(never())
                // One object at a time, and each told by its status.
                .with_disable_bulk_delete(true)
                .with_http_connector(wire.clone());
            if let Some(region) = region {
                builder = builder.with_region(region);
            }
            if let Some(endpoint) = endpoint {
                builder = builder.with_endpoint(without_slash(endpoint.as_str()));
            }
            builder = match key {
                Some((id, file)) => builder
                    .with_access_key_id(id)
                    .with_secret_access_key(Secret::read("secret_file", file)?.expose()),
                None => builder.with_skip_signature(true),
            };
            built(builder.build(), key.as_ref().map(|(_, file)| file.as_path()))
        }
        Store::Azure {
            account,
            container,
            endpoint,
            access,
        } => {
            let mut builder = MicrosoftAzureBuilder::new()
                .with_account(account)
                .with_container_name(container)
                .with_retry(never())
                .with_http_connector(wire.clone());
            if let Some(endpoint) = endpoint {
                builder = builder.with_endpoint(without_slash(endpoint.as_str()).to_owned());
            }
            let (builder, file) = azure_access(builder, access)?;
            built(builder.build(), Some(file))
        }
        Store::Google {
            bucket,
            endpoint,
            key_file,
        } => {
            let mut builder = GoogleCloudStorageBuilder::new()
                .with_bucket_name(bucket)
                .with_retry(never())
                .with_http_connector(wire.clone());
            if let Some(endpoint) = endpoint {
                builder = builder.with_base_url(without_slash(endpoint.as_str()));
            }
            builder = match key_file {
                Some(file) => {
                    builder.with_service_account_key(Secret::read_whole("key_file", file)?.expose())
                }
                None => {
                    let nobody = GcpCredential {
                        bearer: String::new(),
                    };
                    builder
                        .with_credentials(Arc::new(StaticCredentialProvider::new(nobody)))
                        .with_skip_signature(true)
                }
            };
            built(builder.build(), key_file.as_deref())
        }
        Store::Local { folder } => built(
            LocalFileSystem::new_with_prefix(folder).map(|store| store.with_fsync(true)),
            Some(folder),
        ),
    }
}

fn azure_access(
    builder: MicrosoftAzureBuilder,
    access: &AzureAccess,
) -> Result<(MicrosoftAzureBuilder, &Path), TransportError> {
    Ok(match access {
        AzureAccess::Key(file) => {
            let key = Secret::read("key_file", file)?;
            (builder.with_access_key(key.expose()), file)
        }
        AzureAccess::Signature(file) => {
            let signature = Secret::read("signature_file", file)?;
            let pairs: Vec<_> =
                url::form_urlencoded::parse(signature.expose().trim_start_matches('?').as_bytes())
                    .into_owned()
                    .collect();
            (builder.with_sas_authorization(pairs), file)
        }
        AzureAccess::Client {
            tenant,
            client_id,
            secret_file,
            authority,
        } => {
            let secret = Secret::read("secret_file", secret_file)?;
            let mut builder = builder.with_client_secret_authorization(client_id, secret.expose(), tenant);
            if let Some(authority) = authority {
                builder = builder.with_authority_host(without_slash(authority.as_str()));
            }
            (builder, secret_file)
        }
    })
}

/// No retries: [`kit::retry`] does them.
fn never() -> RetryConfig {
    RetryConfig {
        max_retries: 0,
        ..RetryConfig::default()
    }
}

/// The library puts its own slash behind an address.
fn without_slash(url: &str) -> &str {
    url.trim_end_matches('/')
}

fn built<S: ObjectStore>(
    store: object_store::Result<S>,
    file: Option<&Path>,
) -> Result<Arc<dyn ObjectStore>, TransportError> {
    match store {
        Ok(store) => Ok(Arc::new(store)),
        // The library's words may hold what the file holds.
        Err(_) => Err(TransportError::Setup {
            what: "object_store",
            path: file.unwrap_or(Path::new("")).to_owned(),
            reason: "the store cannot be made ready with it".to_owned(),
        }),
    }
}
