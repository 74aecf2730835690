//! Which encodings are the same child.

pub mod encoding;

pub use encoding::{
    ChildId, DateEncoding, Encoding, NameBits, NameEncoding, NhsNumberEncoding, PartToken, PersonEncoding,
    PostcodeEncoding, RecordId, SexEncoding, Token,
};
