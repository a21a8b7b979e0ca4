//! The bytes of one request, counted to know if the next request has begun before the answer is finished.

/// The bytes that arrived since the end of the earlier answer.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    /// True if any byte arrived.
    any: bool,
    header: HeaderEnd,
    /// The number of bytes after the end of the header.
    beyond: u64,
    /// The latest bytes.
    tail: [u8; 5],
    /// The length of the body, once the header is complete; `None` if the body comes in chunks.
    length: Option<u64>,
    /// True once a request began before the earlier answer was finished. From then on it is not known how
    /// many of the bytes belong to the present request.
    overlaps: bool,
}

impl Arrivals {
    /// Counts bytes.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.any |= !bytes.is_empty();
        let beyond = self.header.skip(bytes).len();
        self.beyond = self.beyond.saturating_add(beyond as u64);
        let latest = &bytes[bytes.len().saturating_sub(self.tail.len())..];
        self.tail.rotate_left(latest.len());
        let kept = self.tail.len() - latest.len();
        self.tail[kept..].copy_from_slice(latest);
    }

    /// Records that the header of a request is complete, and the length of its body: `None` for chunks.
    pub(super) const fn begin(&mut self, length: Option<u64>) {
        self.length = length;
        // The header is complete without a byte, or unlike those that are understood here.
        self.overlaps |= !self.any || !self.header.is_found;
    }

    /// Begins to count the next request, after the answer is finished. Returns true if some of it may have
    /// arrived already. For a connection on which that happened once it is always true.
    pub(super) fn end(&mut self) -> bool {
        let has_more = match self.length {
            Some(length) => self.beyond > length,
            // Of whole chunks the last is an empty line, after a line that is not empty.
            None => !self.tail.ends_with(b"\r\n\r\n") || self.tail[0] == b'\n',
        };
        let overlaps = self.overlaps || has_more;
        *self = Self {
            overlaps,
            ..Self::default()
        };
        overlaps
    }
}

/// A search for the empty line at the end of a header. Empty lines before a request are no part of it.
#[derive(Debug, Default)]
struct HeaderEnd {
    has_begun: bool,
    in_line: bool,
    is_found: bool,
}

impl HeaderEnd {
    /// Returns the bytes after the end of the header.
    fn skip<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        if self.is_found {
            return bytes;
        }
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                b'\r' => {}
                b'\n' if self.in_line || !self.has_begun => self.in_line = false,
                b'\n' => {
                    self.is_found = true;
                    return &bytes[at + 1..];
                }
                _ => (self.has_begun, self.in_line) = (true, true),
            }
        }
        &[]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";

    /// Returns true if some of another request may have arrived with these bytes, in reads of any size.
    fn has_more(bytes: &str, length: Option<u64>) -> bool {
        let found = (1..=bytes.len()).map(|size| {
            let mut arrivals = Arrivals::default();
            for read in bytes.as_bytes().chunks(size) {
                arrivals.add(read);
            }
            arrivals.begin(length);
            arrivals.end()
        });
        let found: Vec<bool> = found.collect();
        assert!(found.iter().all(|one| *one == found[0]), "{bytes:?}");
        found[0]
    }

    #[test]
    fn bytes_after_a_whole_request_belong_to_the_next() {
        for (bytes, length, expected) in [
            ("", Some(0), false),
            ("G", Some(0), true),
            ("abc", Some(3), false),
            ("abcG", Some(3), true),
            ("abc", Some(4), false),
            ("3\r\nabc\r\n0\r\n\r\n", None, false),
            ("3\r\nabc\r\n0\r\nx: y\r\n\r\n", None, false),
            ("3\r\nabc\r\n0\r\n\r\nG", None, true),
            ("3\r\nabc\r\n0\r\n\r\n\r\n\r\n", None, true),
        ] {
            for before in ["", "\r\n"] {
                let all = format!("{before}{HEADER}{bytes}");
                assert_eq!(has_more(&all, length), expected, "{all:?} {length:?}");
            }
        }
    }

    #[test]
    fn a_request_that_begins_without_a_byte_of_its_own_overlaps() {
        let mut arrivals = Arrivals::default();
        arrivals.add(HEADER.as_bytes());
        arrivals.begin(Some(0));
        assert!(!arrivals.end());
        arrivals.begin(Some(0));
        assert!(arrivals.end());
        arrivals.add(HEADER.as_bytes());
        arrivals.begin(Some(0));
        assert!(arrivals.end(), "from then on it is not known");
    }
}
