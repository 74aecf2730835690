//! Bytes as lower-case hexadecimal.

/// The two digits of each byte.
const PAIRS: [[u8; 2]; 256] = {
    let digits = b"0123456789abcdef";
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        pairs[byte] = [digits[byte >> 4], digits[byte & 15]];
        byte += 1;
    }
    pairs
};

/// Writes the bytes in lower-case hexadecimal.
pub(crate) fn write(line: &mut Vec<u8>, bytes: &[u8]) {
    line.reserve(bytes.len() * 2);
    for byte in bytes {
        line.extend_from_slice(&PAIRS[usize::from(*byte)]);
    }
}

/// The bytes in lower-case hexadecimal.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.extend(PAIRS[usize::from(*byte)].map(char::from));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_nibble_has_its_digit() {
        let bytes = [0x00, 0x0f, 0x10, 0xff, 0x9a];
        assert_eq!(encode(&bytes), "000f10ff9a");
        let mut line = b"x".to_vec();
        write(&mut line, &bytes);
        assert_eq!(line, b"x000f10ff9a");
    }
}
