//! The English of comments: few doc comments begin with a question word, and a few words stay out altogether.
//!
//! Both are marks of comments that circle a thing instead of naming it. The figures are compared with the limits for
//! each crate; the words are compared over the whole workspace.

mod comments;
mod documented;
mod figures;

use std::fmt::Write as _;

use crate::report::{Outcome, Report};
use crate::workspace::{Crate, crates, rust_files};
use figures::{Figures, Finding, Share};

/// The share of doc comments of one crate that may begin with a question word, in hundredths of a percent.
const MAX_QUESTIONS: Share = Share(200);

/// The number of marked words in 10 000 words of comments, over the workspace.
const MAX_MARKED: Share = Share(2);

/// Checks the comments of all crates, and that no documentation was lost.
pub(crate) fn run_all(report: &mut Report) {
    report.run("English", || outcome(check(Printed::OverLimit)));
    report.run("documented items", || outcome(documented::check()));
}

/// Prints every finding of all crates, also within the limits, then checks as [`run_all`] does.
pub(crate) fn run_verbose(report: &mut Report) {
    report.run("English", || outcome(check(Printed::All)));
    report.run("documented items", || outcome(documented::check()));
}

fn outcome(failures: Result<Vec<String>, String>) -> Outcome {
    match failures {
        Ok(failures) if failures.is_empty() => Outcome::Passed,
        Ok(failures) => {
            for failure in &failures {
                eprintln!("error: {failure}");
            }
            Outcome::Failed(match failures.len() {
                1 => failures.concat(),
                several => format!("{several} limits, listed above"),
            })
        }
        Err(error) => Outcome::Failed(error),
    }
}

/// The findings to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Printed {
    All,
    OverLimit,
}

/// Prints the figures of all crates; returns a line for each limit that is exceeded.
fn check(printed: Printed) -> Result<Vec<String>, String> {
    let mut crates_with_figures = Vec::new();
    for found in crates()? {
        let mut figures = Figures::default();
        for source in rust_files(&found.path())? {
            figures.add(&source);
        }
        crates_with_figures.push((found, figures));
    }
    eprint!("{}", table(&crates_with_figures));
    let verdict = judge(&crates_with_figures);
    for finding in match printed {
        Printed::All => crates_with_figures
            .iter()
            .flat_map(|(_, figures)| &figures.findings)
            .collect(),
        Printed::OverLimit => verdict.findings,
    } {
        eprintln!("{finding}");
    }
    Ok(verdict.failures)
}

/// One line for each crate, and one for the workspace.
fn table(crates: &[(Crate, Figures)]) -> String {
    let mut table = format!(
        "{:36} {:>12} {:>18} {:>13} {:>12} {:>9}\n",
        "crate",
        "doc comments",
        "question word first",
        "comment words",
        "marked words",
        "in 10 000"
    );
    let mut total = Figures::default();
    let rows = crates
        .iter()
        .map(|(found, figures)| {
            total.doc_comments += figures.doc_comments;
            total.questions += figures.questions;
            total.words += figures.words;
            total.marked += figures.marked;
            (found.folder.as_str(), figures)
        })
        .collect::<Vec<_>>();
    for (name, figures) in rows.into_iter().chain([("workspace", &total)]) {
        let Figures {
            doc_comments,
            questions,
            words,
            marked,
            ..
        } = figures;
        let _ = writeln!(
            table,
            "{name:36} {doc_comments:12} {questions:9} ({:>6}%) {words:13} {marked:12} {:>9}",
            figures.question_share().percent(),
            figures.marked_share().0,
        );
    }
    table
}

/// The limits that are exceeded, and the findings that led to it.
#[derive(Debug)]
struct Verdict<'a> {
    failures: Vec<String>,
    findings: Vec<&'a Finding>,
}

fn judge(crates: &[(Crate, Figures)]) -> Verdict<'_> {
    let mut verdict = Verdict {
        failures: Vec::new(),
        findings: Vec::new(),
    };
    let mut total = Figures::default();
    for (found, figures) in crates {
        let share = figures.question_share();
        if share > MAX_QUESTIONS {
            verdict.failures.push(format!(
                "{}: {}% of the doc comments begin with a question word, at most {}% may",
                found.folder,
                share.percent(),
                MAX_QUESTIONS.percent()
            ));
            verdict.findings.extend(figures.questions());
        }
        total.words += figures.words;
        total.marked += figures.marked;
    }
    if total.marked_share() > MAX_MARKED {
        verdict.failures.push(format!(
            "{} of 10 000 words in comments are marked words ({}), at most {} may be",
            total.marked_share().0,
            figures::MARKED_WORDS.join(", "),
            MAX_MARKED.0
        ));
        let marked = crates.iter().flat_map(|(_, figures)| figures.marked());
        verdict.findings.extend(marked);
    }
    verdict
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{Crate, Figures, judge};
    use crate::workspace::Source;

    fn of(folder: &str, text: &str) -> (Crate, Figures) {
        let mut figures = Figures::default();
        figures.add(&Source {
            path: PathBuf::from(format!("{folder}/src/lib.rs")),
            text: text.to_owned(),
        });
        let folder = folder.to_owned();
        (Crate { folder }, figures)
    }

    #[test]
    fn a_planted_question_word_fails_the_crate_and_is_named_with_its_line() {
        let crates = [
            of("crates/good", "/// Returns it.\nfn a() {}\n"),
            of("crates/bad", "fn a() {}\n\n/// Whether it is.\nfn b() {}\n"),
        ];
        let verdict = judge(&crates);
        assert_eq!(verdict.failures.len(), 1, "{verdict:?}");
        assert!(verdict.failures[0].starts_with("crates/bad: 100.00%"));
        assert_eq!(
            verdict.findings[0].to_string(),
            "crates/bad/src/lib.rs:3: begins with \"Whether\": Whether it is."
        );
    }

    #[test]
    fn two_percent_of_question_words_are_allowed() {
        let good = "/// Returns it.\nfn a() {}\n".repeat(98);
        let bad = "/// What it is.\nfn a() {}\n";
        let crates = [of("crates/one", &format!("{good}{bad}{bad}"))];
        assert!(judge(&crates).failures.is_empty());
        let crates = [of("crates/one", &format!("{good}{bad}{bad}{bad}"))];
        assert_eq!(judge(&crates).failures.len(), 1);
    }

    #[test]
    fn a_planted_marked_word_fails_the_workspace_and_is_named_with_its_line() {
        let crates = [
            of("crates/good", "// One two three.\n"),
            of("tests", "// The gateway\n// told nobody.\n"),
        ];
        let verdict = judge(&crates);
        assert_eq!(verdict.failures.len(), 1, "{verdict:?}");
        assert_eq!(
            verdict.findings[0].to_string(),
            "tests/src/lib.rs:2: the words told, nobody: told nobody."
        );
    }
}
