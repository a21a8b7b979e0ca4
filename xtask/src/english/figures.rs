//! Counts of what the English check looks for.

use std::fmt;
use std::path::PathBuf;

use super::comments::comment_lines;
use crate::workspace::Source;

/// First words that make a doc comment a question or a fragment.
const QUESTION_WORDS: [&str; 12] = [
    "what", "whether", "who", "whose", "whoever", "how", "which", "why", "when", "where", "as",
    "of",
];

/// Words that stay out of all comments.
pub(super) const MARKED_WORDS: [&str; 5] = ["told", "whoever", "nobody", "somebody", "news"];

/// A number of things in 10 000, rounded up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Share(pub(super) u64);

impl Share {
    fn of(part: u64, whole: u64) -> Self {
        Self((part * 10_000).div_ceil(whole.max(1)))
    }

    /// The share as a percentage with two decimals.
    pub(super) fn percent(self) -> String {
        format!("{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

/// A line of a comment to be rewritten.
#[derive(Debug)]
pub(super) struct Finding {
    path: PathBuf,
    line: usize,
    kind: Kind,
    text: String,
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    /// The doc comment begins with this word.
    Question(String),
    /// The line holds these words.
    Marked(Vec<String>),
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.path.display(), self.line)?;
        match &self.kind {
            Kind::Question(word) => write!(f, "begins with \"{word}\"")?,
            Kind::Marked(words) => write!(f, "the words {}", words.join(", "))?,
        }
        write!(f, ": {}", self.text)
    }
}

/// The figures of one crate.
#[derive(Debug, Default)]
pub(super) struct Figures {
    /// Blocks of `///` or `//!` lines.
    pub(super) doc_comments: u64,
    /// Blocks whose first word is a question word.
    pub(super) questions: u64,
    /// Words of all comments.
    pub(super) words: u64,
    /// Marked words of all comments.
    pub(super) marked: u64,
    /// Every place that counts, in the order of the files.
    pub(super) findings: Vec<Finding>,
}

impl Figures {
    /// Adds the comments of one file.
    pub(super) fn add(&mut self, source: &Source) {
        let mut block: Option<usize> = None;
        let mut awaits_first_word = false;
        for line in comment_lines(&source.text) {
            if line.is_doc {
                let continues = block.is_some_and(|last| last + 1 >= line.number);
                awaits_first_word |= !continues;
                block = Some(line.number);
                if awaits_first_word && !line.text.is_empty() {
                    awaits_first_word = false;
                    self.doc_comments += 1;
                    if let Some(word) = first_word(line.text).filter(|word| is_question(word)) {
                        self.questions += 1;
                        self.find(source, line.number, line.text, Kind::Question(word.into()));
                    }
                }
            }
            let (words, marked) = words(line.text);
            self.words += words;
            if !marked.is_empty() {
                self.marked += marked.len() as u64;
                self.find(source, line.number, line.text, Kind::Marked(marked));
            }
        }
    }

    /// The share of doc comments that begin with a question word.
    pub(super) fn question_share(&self) -> Share {
        Share::of(self.questions, self.doc_comments)
    }

    /// The share of marked words.
    pub(super) fn marked_share(&self) -> Share {
        Share::of(self.marked, self.words)
    }

    /// The doc comments that begin with a question word.
    pub(super) fn questions(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(|finding| matches!(finding.kind, Kind::Question(_)))
    }

    /// The lines with marked words.
    pub(super) fn marked(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(|finding| matches!(finding.kind, Kind::Marked(_)))
    }

    fn find(&mut self, source: &Source, line: usize, text: &str, kind: Kind) {
        self.findings.push(Finding {
            path: source.path.clone(),
            line,
            kind,
            text: text.to_owned(),
        });
    }
}

/// The first word, behind punctuation such as a bracket or a backquote.
fn first_word(text: &str) -> Option<&str> {
    let start = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    let word = &start[..start
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(start.len())];
    (!word.is_empty()).then_some(word)
}

fn is_question(word: &str) -> bool {
    QUESTION_WORDS.contains(&word.to_ascii_lowercase().as_str())
}

/// The number of words, and those that are marked.
fn words(text: &str) -> (u64, Vec<String>) {
    let mut count = 0;
    let mut marked = Vec::new();
    for word in text.split(|c: char| !c.is_ascii_alphabetic() && c != '\'') {
        if word.is_empty() {
            continue;
        }
        count += 1;
        let word = word.to_ascii_lowercase();
        if MARKED_WORDS.contains(&word.as_str()) {
            marked.push(word);
        }
    }
    (count, marked)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{Figures, Share, first_word};
    use crate::workspace::Source;

    fn figures(text: &str) -> Figures {
        let mut figures = Figures::default();
        figures.add(&Source {
            path: PathBuf::from("lib.rs"),
            text: text.to_owned(),
        });
        figures
    }

    #[test]
    fn a_block_of_lines_is_one_doc_comment() {
        let figures = figures(concat!(
            "//! Crate.\n//!\n//! What follows is no beginning.\n",
            "\n/// When it ends.\n/// Where.\nfn a() {}\n",
            "/// Sent.\n#[must_use]\n/// As well.\nfn b() {}\n",
            "// Who is no doc comment.\n",
        ));
        assert_eq!((figures.doc_comments, figures.questions), (4, 2));
    }

    #[test]
    fn an_empty_first_line_is_passed_over() {
        let figures = figures("///\n/// What.\nfn a() {}\n");
        assert_eq!((figures.doc_comments, figures.questions), (1, 1));
    }

    #[test]
    fn words_are_counted_in_all_comments_but_not_in_code() {
        let figures = figures("/// Three words here.\nlet news = \"told\"; // It's told\n");
        assert_eq!((figures.words, figures.marked), (5, 1));
    }

    #[test]
    fn the_first_word_is_found_behind_punctuation() {
        assert_eq!(first_word("[`What`] it is"), Some("What"));
        assert_eq!(first_word("3 days"), None);
        assert_eq!(first_word("What's there"), Some("What"));
    }

    #[test]
    fn a_share_is_never_rounded_down_to_a_limit() {
        assert_eq!(Share::of(2, 100), Share(200));
        assert_eq!(Share::of(201, 10_049), Share(201));
        assert_eq!(Share::of(0, 0), Share(0));
        assert_eq!(Share(205).percent(), "2.05");
    }
}
