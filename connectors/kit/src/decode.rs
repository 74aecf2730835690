//! Bytes to UTF-8, strictly and as a stream.
//!
//! A byte order mark decides before the layout does. UTF-8 passes through unchanged, so that the reader above
//! can say which row holds a bad byte. What is malformed in UTF-16 comes out as [`MALFORMED`], a byte that no
//! UTF-8 text holds, and so costs its row in the same way; it is never replaced by a question mark.

use std::io::{self, Cursor, Read};

use encoding_rs::{Decoder, DecoderResult, UTF_16BE, UTF_16LE, WINDOWS_1252};
use zeroize::Zeroizing;

use crate::layout::Encoding;

/// Stands for a malformed sequence in decoded text.
pub const MALFORMED: u8 = 0xff;

/// Room for what a decoder held back from the bytes before.
const SPARE: usize = 16;

/// Bytes read from the source at once.
const CHUNK: usize = 64 * 1024;

/// Why a text cannot be decoded at all.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// UTF-16 was declared, and nothing says in which byte order.
    #[error("declared as UTF-16 but without a byte order mark")]
    NoByteOrderMark,
    /// The source failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// UTF-8 text from a source in another encoding.
pub struct Decoded<R> {
    source: io::Chain<Cursor<Vec<u8>>, R>,
    decoder: Option<Decoder>,
    /// Undecoded bytes: `raw[taken..filled]`.
    raw: Zeroizing<Vec<u8>>,
    taken: usize,
    filled: usize,
    /// Decoded text: `ready[given..]` is still to be handed out.
    ready: Zeroizing<Vec<u8>>,
    given: usize,
    source_ended: bool,
    ended: bool,
}

/// Opens a source that is declared to be in `declared`.
///
/// ```
/// use std::io::Read;
/// use kit::{decode::decode, layout::Encoding};
///
/// let mut text = String::new();
/// decode(&b"Zo\xeb"[..], Encoding::Windows1252)?.read_to_string(&mut text)?;
/// assert_eq!(text, "Zoë");
///
/// text.clear();
/// decode(&b"\xff\xfeZ\0o\0\xeb\0"[..], Encoding::Utf8)?.read_to_string(&mut text)?;
/// assert_eq!(text, "Zoë");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`DecodeError`].
pub fn decode<R: Read>(mut source: R, declared: Encoding) -> Result<Decoded<R>, DecodeError> {
    let mut start = Vec::with_capacity(3);
    source.by_ref().take(3).read_to_end(&mut start)?;
    let (marked, mark_length) = match start.as_slice() {
        [0xef, 0xbb, 0xbf] => (None, 3),
        [0xff, 0xfe, ..] => (Some(UTF_16LE), 2),
        [0xfe, 0xff, ..] => (Some(UTF_16BE), 2),
        _ => match declared {
            Encoding::Utf8 => (None, 0),
            Encoding::Utf16 => return Err(DecodeError::NoByteOrderMark),
            Encoding::Windows1252 => (Some(WINDOWS_1252), 0),
        },
    };
    start.drain(..mark_length);
    let decoder = marked.map(|encoding| encoding.new_decoder_without_bom_handling());
    let raw = Zeroizing::new(vec![0; if decoder.is_some() { CHUNK } else { 0 }]);
    // As large as it will ever be, so that no copy is left behind by growing.
    let ready_size = 3 * raw.len() + SPARE;
    Ok(Decoded {
        source: Cursor::new(start).chain(source),
        decoder,
        raw,
        taken: 0,
        filled: 0,
        ready: Zeroizing::new(Vec::with_capacity(ready_size)),
        given: 0,
        source_ended: false,
        ended: false,
    })
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.decoder.is_none() {
            return self.source.read(out);
        }
        while self.given == self.ready.len() {
            if !self.decode_more()? {
                return Ok(0);
            }
        }
        let mut rest = self.ready.get(self.given..).unwrap_or_default();
        let copied = rest.read(out)?;
        self.given += copied;
        Ok(copied)
    }
}

impl<R: Read> Decoded<R> {
    /// Decodes some more text into `ready`; false at the end.
    fn decode_more(&mut self) -> io::Result<bool> {
        let Some(decoder) = &mut self.decoder else {
            return Ok(false);
        };
        if self.ended {
            return Ok(false);
        }
        if self.taken == self.filled && !self.source_ended {
            self.taken = 0;
            self.filled = self.source.read(&mut self.raw)?;
            self.source_ended = self.filled == 0;
        }
        let raw = self.raw.get(self.taken..self.filled).unwrap_or_default();
        self.given = 0;
        // Three bytes of UTF-8 for each byte of input and some for what the decoder held back: it never lacks room.
        self.ready.resize(3 * raw.len() + SPARE, 0);
        let (result, read, written) =
            decoder.decode_to_utf8_without_replacement(raw, &mut self.ready, self.source_ended);
        self.ready.truncate(written);
        self.taken += read;
        match result {
            DecoderResult::InputEmpty => self.ended = self.source_ended,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => self.ready.push(MALFORMED),
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8], declared: Encoding) -> Vec<u8> {
        let mut text = Vec::new();
        decode(bytes, declared).unwrap().read_to_end(&mut text).unwrap();
        text
    }

    #[test]
    fn byte_order_marks_win_over_the_declaration() {
        assert_eq!(all(b"\xef\xbb\xbfa", Encoding::Windows1252), b"a");
        assert_eq!(all(b"\xfe\xff\0a", Encoding::Utf8), b"a");
        assert_eq!(all(b"\xff\xfea\0", Encoding::Utf8), b"a");
        assert_eq!(all(b"", Encoding::Utf8), b"");
        assert_eq!(all(b"\xff", Encoding::Utf8), b"\xff");
    }

    #[test]
    fn utf_16_without_a_mark_is_refused() {
        assert!(matches!(
            decode(&b"a\0"[..], Encoding::Utf16),
            Err(DecodeError::NoByteOrderMark)
        ));
    }

    #[test]
    fn a_lone_surrogate_and_a_half_unit_are_marked_not_replaced() {
        assert_eq!(all(b"\xff\xfea\0\0\xd8b\0", Encoding::Utf16), b"a\xffb");
        assert_eq!(all(b"\xff\xfea\0b", Encoding::Utf16), b"a\xff");
    }

    #[test]
    fn long_texts_cross_the_chunks() {
        let text = "é€𝄞x".repeat(50_000);
        let mut bytes = vec![0xff, 0xfe];
        bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(all(&bytes, Encoding::Utf16), text.as_bytes());
    }
}
