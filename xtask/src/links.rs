//! Links of Markdown files to items of the crates.
//!
//! Inside of rustdoc, a link can name an item: ``[`Money`]``. Elsewhere such a link is dead text, so READMEs define the
//! address of each. The check finds links without an address and addresses without a page; the fix writes them.

mod markdown;
mod pages;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::report::{Outcome, Report};
use crate::workspace::{Crate, crates, published, root};
use markdown::{Link, LinkKind, links};
use pages::Pages;

/// The command that writes addresses.
const FIX: &str = "cargo xtask links --fix";

/// Checks all Markdown files of the crates. The documentation has been built by then.
pub(crate) fn check(report: &mut Report) {
    report.run("README links", || {
        finish(each_file(|file, text, pages| {
            Ok(findings(file, text, pages))
        }))
    });
}

/// Writes the addresses of all links to items.
pub(crate) fn fix(report: &mut Report) {
    report.run("README links", || {
        finish(each_file(|file, text, pages| {
            let (fixed, failures) = fixed(text, file, pages);
            if fixed != text {
                fs::write(root().join(&file.path), fixed)
                    .map_err(|error| format!("{}: {error}", file.path.display()))?;
                eprintln!("wrote {}", file.path.display());
            }
            Ok(failures)
        }))
    });
}

fn finish(findings: Result<Vec<String>, String>) -> Outcome {
    match findings {
        Ok(findings) if findings.is_empty() => Outcome::Passed,
        Ok(findings) => {
            for finding in &findings {
                eprintln!("error: {finding}");
            }
            Outcome::Failed(format!(
                "{} links, listed above; `{FIX}` writes the addresses",
                findings.len()
            ))
        }
        Err(error) => Outcome::Failed(error),
    }
}

/// A Markdown file of a crate.
struct MarkdownFile {
    /// Its path, relative to the workspace.
    path: PathBuf,
    /// The crate as code names it.
    krate: String,
}

fn each_file(
    mut step: impl FnMut(&MarkdownFile, &str, &Pages) -> Result<Vec<String>, String>,
) -> Result<Vec<String>, String> {
    let pages = Pages::read(published()?.iter().map(Crate::name))?;
    let mut found = Vec::new();
    for krate in &crates()? {
        for path in markdown_files(&krate.path())? {
            let file = MarkdownFile {
                path: path.strip_prefix(root()).unwrap_or(&path).to_owned(),
                krate: krate.name().replace('-', "_"),
            };
            let text = fs::read_to_string(&path)
                .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
            found.extend(step(&file, &text, &pages)?);
        }
    }
    Ok(found)
}

/// The README of a crate and the files of its folder `docs`.
fn markdown_files(krate: &Path) -> Result<Vec<PathBuf>, String> {
    let mut files = vec![krate.join("README.md")];
    files.retain(|file| file.exists());
    let docs = krate.join("docs");
    if docs.exists() {
        let entries = fs::read_dir(&docs)
            .map_err(|error| format!("{} cannot be read: {error}", docs.display()))?;
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        files.extend(paths.filter(|path| path.extension().is_some_and(|ext| ext == "md")));
    }
    files.sort();
    Ok(files)
}

/// The links of a file that lead nowhere outside of rustdoc, and the addresses without a page.
fn findings(file: &MarkdownFile, text: &str, pages: &Pages) -> Vec<String> {
    let place = |link: &Link| format!("{}:{}", file.path.display(), link.line);
    let mut findings = Vec::new();
    for link in links(text) {
        match (&link.target, &link.kind) {
            (None, LinkKind::Shortcut) => findings.push(format!(
                "{}: {} has no address outside of rustdoc",
                place(&link),
                link.label
            )),
            (Some(target), _) if markdown::is_item_path(target) => findings.push(format!(
                "{}: {} leads to the item {target}, which is no address outside of rustdoc",
                place(&link),
                link.label
            )),
            (Some(target), _) if pages.is_dead(target) => findings.push(format!(
                "{}: {} leads to {target}, which is no page of the documentation",
                place(&link),
                link.label
            )),
            _ => {}
        }
    }
    findings
}

/// The text with an address for each link to an item, and the links for which there is none.
fn fixed(text: &str, file: &MarkdownFile, pages: &Pages) -> (String, Vec<String>) {
    let mut failures = Vec::new();
    let mut definitions = BTreeMap::new();
    let mut text = text.to_owned();
    for link in links(&text.clone()) {
        let wanted = match &link.target {
            None => Some(link.label.as_str()),
            Some(target) if markdown::is_item_path(target) => Some(target.as_str()),
            // An item may have moved or got another name; the label says which it is.
            Some(target) if pages.is_ours(target) && link.kind == LinkKind::Shortcut => {
                Some(link.label.as_str())
            }
            Some(_) => None,
        };
        let Some(wanted) = wanted else { continue };
        match (pages.address(&file.krate, wanted), &link.kind) {
            (Ok(address), LinkKind::Shortcut) => {
                definitions.insert(link.label.clone(), address);
            }
            (Ok(address), LinkKind::Inline) => {
                text = text.replace(&format!("]({wanted})"), &format!("]({address})"));
            }
            (Err(problem), _) => failures.push(format!(
                "{}:{}: {}: {problem}",
                file.path.display(),
                link.line,
                link.label
            )),
        }
    }
    let is_own = |line: &&str| {
        markdown::definition(line)
            .is_some_and(|(label, target)| definitions.contains_key(label) || pages.is_ours(target))
    };
    let mut lines: Vec<String> = text
        .lines()
        .filter(|line| !is_own(line))
        .map(str::to_owned)
        .collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    if !definitions.is_empty() {
        lines.push(String::new());
        let definitions = definitions.iter();
        lines.extend(definitions.map(|(label, address)| format!("[{label}]: {address}")));
    }
    (lines.join("\n") + "\n", failures)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{MarkdownFile, findings, fixed};
    use crate::links::pages::Pages;

    fn file() -> MarkdownFile {
        MarkdownFile {
            path: PathBuf::from("crates/a-b/README.md"),
            krate: "a_b".to_owned(),
        }
    }

    fn pages() -> Pages {
        Pages::made_of(&[
            ("a-b", "struct.Money.html", "<section id=\"method.add\">"),
            ("a-b", "wire/index.html", ""),
            ("c", "trait.Provider.html", "<section id=\"tymethod.call\">"),
        ])
    }

    #[test]
    fn a_link_to_an_item_without_an_address_is_found() {
        let text =
            "See [`Money`], and\n[this](crate::Money) or `[Money]`.\n\n```\n[`Money`]\n```\n";
        let findings = findings(&file(), text, &pages());
        assert_eq!(findings.len(), 2, "{findings:?}");
        assert!(findings[0].starts_with("crates/a-b/README.md:1: `Money` has no address"));
        assert!(findings[1].starts_with("crates/a-b/README.md:2: this leads to the item"));
    }

    #[test]
    fn the_fix_writes_addresses_that_the_check_accepts_and_changes_nothing_twice() {
        let text =
            "See [`Money::add()`], [`wire`], [`c::Provider::call`] and [this](crate::Money).\n";
        let (fixed_text, failures) = fixed(text, &file(), &pages());
        assert!(failures.is_empty(), "{failures:?}");
        let expected = "\
See [`Money::add()`], [`wire`], [`c::Provider::call`] and [this](https://docs.rs/a-b/latest/a_b/struct.Money.html).

[`Money::add()`]: https://docs.rs/a-b/latest/a_b/struct.Money.html#method.add
[`c::Provider::call`]: https://docs.rs/c/latest/c/trait.Provider.html#tymethod.call
[`wire`]: https://docs.rs/a-b/latest/a_b/wire/index.html
";
        assert_eq!(fixed_text, expected);
        assert!(findings(&file(), &fixed_text, &pages()).is_empty());
        assert_eq!(fixed(&fixed_text, &file(), &pages()).0, fixed_text);
    }

    #[test]
    fn an_address_without_a_page_is_found_and_mended() {
        let text = "[`Money`]\n\n[`Money`]: https://docs.rs/a-b/latest/a_b/enum.Money.html\n";
        assert_eq!(findings(&file(), text, &pages()).len(), 1);
        let (fixed_text, _) = fixed(text, &file(), &pages());
        assert!(
            fixed_text.ends_with("/a_b/struct.Money.html\n"),
            "{fixed_text}"
        );
    }

    #[test]
    fn an_item_that_does_not_exist_is_named() {
        let (text, failures) = fixed("[`Gone`]\n", &file(), &pages());
        assert_eq!(text, "[`Gone`]\n");
        assert_eq!(failures.len(), 1);
    }
}
