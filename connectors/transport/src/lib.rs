//! How bytes arrive. Knows no format: a delivery is bytes with a name, a time and a hash.
//!
//! Every transport keeps one contract, [`Source`]: it lists what is offered, fetches it into the [`landing`] folder,
//! where it lies complete and synced to disk before anything reads it, and acknowledges it once the night has a durable
//! verdict. What each of them promises is the table in [`promise`].

pub mod archive;
pub mod arrival;
pub mod batch;
pub mod dropped;
pub mod error;
pub mod folder;
pub mod hash;
pub mod http;
pub mod landing;
pub mod mesh;
pub mod object;
pub mod post;
pub mod promise;
pub mod pull;
pub mod sftp;
pub mod source;

pub use archive::Limits;
pub use arrival::Arrival;
pub use batch::Batch;
pub use dropped::{Grouping, Then};
pub use error::{Fault, TransportError};
pub use folder::Folder;
pub use hash::DeliveryHash;
pub use landing::{Landed, Landing};
pub use mesh::{Mailbox, MeshFeed};
pub use object::Bucket;
pub use post::Post;
pub use promise::Promise;
pub use pull::Pull;
pub use sftp::Sftp;
pub use source::{Checked, Fetched, Listing, Offered, Source};
