//! The comments of a Rust source; strings that look like comments are passed over.

/// One line of a comment.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CommentLine<'a> {
    /// The line's number in the file, from 1.
    pub(crate) number: usize,
    /// True for `///`, `//!`, `/**` and `/*!`.
    pub(crate) is_doc: bool,
    /// The text behind the comment's marker.
    pub(crate) text: &'a str,
}

/// All lines of comments, in the order of the file.
pub(crate) fn comment_lines(source: &str) -> Vec<CommentLine<'_>> {
    Scanner {
        rest: source,
        number: 1,
        after_word: false,
        lines: Vec::new(),
    }
    .scan()
}

struct Scanner<'a> {
    rest: &'a str,
    /// The number of the line on which `rest` begins.
    number: usize,
    /// True if the character before `rest` belongs to an identifier or a number.
    after_word: bool,
    lines: Vec<CommentLine<'a>>,
}

impl<'a> Scanner<'a> {
    fn scan(mut self) -> Vec<CommentLine<'a>> {
        while let Some(first) = self.rest.chars().next() {
            let length = if self.rest.starts_with("//") {
                self.line_comment()
            } else if self.rest.starts_with("/*") {
                self.block_comment()
            } else if let Some(length) = raw_string(self.rest).filter(|_| !self.after_word) {
                length
            } else {
                match first {
                    '"' => string(self.rest),
                    '\'' => character(self.rest),
                    _ => first.len_utf8(),
                }
            };
            self.after_word = first.is_alphanumeric() || first == '_';
            let (passed, rest) = self.rest.split_at(length);
            self.number += passed.matches('\n').count();
            self.rest = rest;
        }
        self.lines
    }

    /// Records the comment that runs to the end of the line; returns its length.
    fn line_comment(&mut self) -> usize {
        let line = self.rest.lines().next().unwrap_or_default();
        let is_doc =
            (line.starts_with("///") && !line.starts_with("////")) || line.starts_with("//!");
        self.lines.push(CommentLine {
            number: self.number,
            is_doc,
            text: line.trim_start_matches('/').trim_start_matches('!').trim(),
        });
        line.len()
    }

    /// Records the lines of a comment that may hold others of its kind; returns its length.
    fn block_comment(&mut self) -> usize {
        let length = block_length(self.rest);
        let comment = &self.rest[..length];
        let is_doc = (comment.starts_with("/**") && !comment.starts_with("/***"))
            || comment.starts_with("/*!");
        let decoration: &[_] = &['/', '*', '!', ' ', '\t'];
        for (offset, line) in comment.lines().enumerate() {
            self.lines.push(CommentLine {
                number: self.number + offset,
                is_doc,
                text: line.trim_matches(decoration),
            });
        }
        length
    }
}

/// The length of the block comment at the beginning of the source.
fn block_length(source: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < source.len() {
        if source[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if source[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += source[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    source.len()
}

/// The length of the raw string at the beginning of the source, if there is one.
fn raw_string(source: &str) -> Option<usize> {
    let prefix = ["br", "cr", "r"]
        .into_iter()
        .find(|prefix| source.starts_with(prefix))?;
    let after_prefix = &source[prefix.len()..];
    let hashes = after_prefix.len() - after_prefix.trim_start_matches('#').len();
    let body = after_prefix[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let opening = prefix.len() + hashes + 1;
    Some(
        body.find(&end)
            .map_or(source.len(), |at| opening + at + end.len()),
    )
}

/// The length of the string at the beginning of the source.
fn string(source: &str) -> usize {
    let mut characters = source.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => drop(characters.next()),
            '"' => return at + 1,
            _ => {}
        }
    }
    source.len()
}

/// The length of the character at the beginning of the source; 1 where the quote begins a lifetime.
fn character(source: &str) -> usize {
    let mut characters = source.char_indices().skip(1);
    match characters.next() {
        Some((_, '\\')) => {
            characters.next();
            characters
                .find(|&(_, character)| character == '\'')
                .map_or(source.len(), |(at, _)| at + 1)
        }
        Some(_) => match characters.next() {
            Some((at, '\'')) => at + 1,
            _ => 1,
        },
        None => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::comment_lines;

    fn texts(source: &str) -> Vec<(usize, bool, &str)> {
        comment_lines(source)
            .into_iter()
            .map(|line| (line.number, line.is_doc, line.text))
            .collect()
    }

    #[test]
    fn doc_comments_are_distinguished_from_plain_ones() {
        let source = "//! Crate.\n/// Item.\nfn f() {} // plain\n//// ruler\n";
        let expected = [
            (1, true, "Crate."),
            (2, true, "Item."),
            (3, false, "plain"),
            (4, false, "ruler"),
        ];
        assert_eq!(texts(source), expected);
    }

    #[test]
    fn strings_and_characters_hide_no_comment_and_are_none() {
        let source = concat!(
            "let a = \"https://a.example \\\" // no\";\n",
            "let b = r#\"// \" no\"#; // one\n",
            "let c = '\"'; // two\n",
            "let d: &'static str = r\"\\\"; // three\n",
            "let e = '\\''; // four\n",
            "let var\"// no\";\n",
        );
        let expected = [
            (2, false, "one"),
            (3, false, "two"),
            (4, false, "three"),
            (5, false, "four"),
        ];
        assert_eq!(texts(source), expected);
    }

    #[test]
    fn block_comments_nest_and_count_their_lines() {
        let source = "/* a /* b */\n c */ let x = 1;\n/** Item. */\n// last";
        let expected = [
            (1, false, "a /* b"),
            (2, false, "c"),
            (3, true, "Item."),
            (4, false, "last"),
        ];
        assert_eq!(texts(source), expected);
    }
}
