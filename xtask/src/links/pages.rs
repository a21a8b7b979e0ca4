//! The pages of the built documentation.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use crate::target::target;

/// The address of the documentation of published crates.
const ROOT: &str = "https://docs.rs";

/// Prefixes of the anchors of what has no page of its own.
const ANCHORS: [&str; 6] = [
    "method",
    "tymethod",
    "variant",
    "structfield",
    "associatedconstant",
    "associatedtype",
];

/// A page about an item or a module.
#[derive(Debug)]
struct Page {
    package: String,
    /// The file, relative to the crate's documentation.
    file: String,
    /// The names from the crate on.
    path: Vec<String>,
    text: String,
}

/// All pages of the workspace's crates.
#[derive(Debug, Default)]
pub(super) struct Pages {
    all: Vec<Page>,
    /// The package of each crate as code names it.
    packages: HashMap<String, String>,
}

impl Pages {
    /// Reads the pages of these packages; a package without documentation has none.
    ///
    /// # Errors
    ///
    /// There is no documentation at all, or a page cannot be read.
    pub(super) fn read<'a>(packages: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let root = target().join("doc");
        let mut pages = Self::default();
        for package in packages {
            let folder = root.join(package.replace('-', "_"));
            // This page lists the present items; pages of removed ones may still be there.
            let Ok(list) = fs::read_to_string(folder.join("all.html")) else {
                continue;
            };
            let items = hrefs(&list, "<a href=\"").filter(|file| is_page_of_item(file));
            let mut files: Vec<String> = items.map(str::to_owned).collect();
            files.sort();
            files.dedup();
            files.extend(module_pages(&folder)?);
            for file in files {
                let text = read_page(&folder.join(&file))?;
                pages.add(package, file, text);
            }
        }
        if pages.all.is_empty() {
            return Err(format!(
                "{} has no documentation of these crates: run `cargo doc --workspace --no-deps --all-features`",
                root.display()
            ));
        }
        Ok(pages)
    }

    fn add(&mut self, package: &str, file: String, text: String) {
        let krate = package.replace('-', "_");
        let mut path = vec![krate.clone()];
        path.extend(names(&file));
        self.packages.insert(krate, package.to_owned());
        self.all.push(Page {
            package: package.to_owned(),
            file,
            path,
            text,
        });
    }

    /// The address of an item that code of a crate names so.
    ///
    /// # Errors
    ///
    /// There is no such item, or several have the name.
    pub(super) fn address(&self, krate: &str, name: &str) -> Result<String, String> {
        let name = name.trim_matches('`').trim_end_matches("()");
        let name = name.trim_end_matches('!').trim_start_matches("crate::");
        let segments: Vec<&str> = name
            .rsplit('@')
            .next()
            .unwrap_or(name)
            .split("::")
            .collect();
        let own = |page: &&Page| page.path[0] == krate;
        let found = self
            .nearest(&segments, own)
            .or_else(|| self.nearest(&segments, |_| true));
        match found {
            Some(Ok(address)) => Ok(address),
            Some(Err(several)) => Err(format!("is any of {several}: write more of the path")),
            None => Err("no published crate has this item: write it without a link".to_owned()),
        }
    }

    /// The address of what these names lead to, on the page with the shortest path.
    fn nearest(
        &self,
        segments: &[&str],
        admitted: impl Fn(&&Page) -> bool,
    ) -> Option<Result<String, String>> {
        let mut found: Vec<(usize, String)> = self
            .all
            .iter()
            .filter(admitted)
            .filter_map(|page| Some((page.path.len(), page.address(segments)?)))
            .collect();
        found.sort();
        found.dedup();
        let (shortest, address) = found.first()?;
        let several: Vec<&str> = found
            .iter()
            .filter(|(length, _)| length == shortest)
            .map(|(_, address)| address.as_str())
            .collect();
        Some(if several.len() == 1 {
            Ok(address.clone())
        } else {
            Err(several.join(" and "))
        })
    }

    /// True if the address is one of documentation of this workspace.
    pub(super) fn is_ours(&self, address: &str) -> bool {
        self.parts(address).is_some()
    }

    /// True if the address should be a page of this workspace's documentation, and is none.
    pub(super) fn is_dead(&self, address: &str) -> bool {
        let Some((package, file)) = self.parts(address) else {
            return false;
        };
        let (file, anchor) = file.split_once('#').unwrap_or((file, ""));
        let file = if file.is_empty() || file.ends_with('/') {
            format!("{file}index.html")
        } else {
            file.to_owned()
        };
        let mut pages = self.all.iter();
        let page = pages.find(|page| page.package == package && page.file == file);
        page.is_none_or(|page| !anchor.is_empty() && !page.has_anchor(anchor))
    }

    /// The package of an address, and the file below its crate.
    fn parts<'a>(&self, address: &'a str) -> Option<(&'a str, &'a str)> {
        let rest = address.strip_prefix(ROOT)?.strip_prefix('/')?;
        let (package, rest) = rest.split_once("/latest/")?;
        let krate = package.replace('-', "_");
        self.packages.get(&krate)?;
        let file = rest.strip_prefix(&krate)?;
        Some((package, file.strip_prefix('/').unwrap_or(file)))
    }

    /// Pages of these packages, files and texts.
    #[cfg(test)]
    pub(super) fn made_of(pages: &[(&str, &str, &str)]) -> Self {
        let mut made = Self::default();
        for (package, file, text) in pages {
            made.add(package, (*file).to_owned(), (*text).to_owned());
        }
        made
    }
}

impl Page {
    /// The address, if the names lead to this page or to something on it.
    fn address(&self, segments: &[&str]) -> Option<String> {
        if self.path.ends_with_names(segments) {
            return Some(self.address_of(""));
        }
        let (last, before) = segments.split_last()?;
        if before.is_empty() || !self.path.ends_with_names(before) {
            return None;
        }
        ANCHORS
            .iter()
            .map(|kind| format!("{kind}.{last}"))
            .find(|anchor| self.has_anchor(anchor))
            .map(|anchor| self.address_of(&format!("#{anchor}")))
    }

    fn address_of(&self, anchor: &str) -> String {
        let Self { package, file, .. } = self;
        let krate = &self.path[0];
        format!("{ROOT}/{package}/latest/{krate}/{file}{anchor}")
    }

    fn has_anchor(&self, anchor: &str) -> bool {
        self.text.contains(&format!("id=\"{anchor}\""))
    }
}

trait EndsWithNames {
    fn ends_with_names(&self, names: &[&str]) -> bool;
}

impl EndsWithNames for Vec<String> {
    fn ends_with_names(&self, names: &[&str]) -> bool {
        self.len() >= names.len()
            && self[self.len() - names.len()..]
                .iter()
                .eq(names.iter().copied())
    }
}

/// The pages of the crate and of its public modules.
fn module_pages(folder: &Path) -> Result<Vec<String>, String> {
    let mut found = vec!["index.html".to_owned()];
    let mut next = 0;
    while let Some(page) = found.get(next).cloned() {
        let parent = page.trim_end_matches("index.html");
        let text = read_page(&folder.join(&page))?;
        // A re-exported module of another crate is linked there.
        let modules = hrefs(&text, "<a class=\"mod\" href=\"")
            .filter(|file| !file.contains("://") && !file.starts_with(".."));
        found.extend(modules.map(|file| format!("{parent}{file}")));
        next += 1;
    }
    Ok(found)
}

/// Returns the text behind each occurrence of a prefix, up to a quotation mark.
fn hrefs<'a>(html: &'a str, prefix: &str) -> impl Iterator<Item = &'a str> {
    html.split(prefix)
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('"')?.0))
}

fn read_page(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
}

/// True for the page of an item, such as `wire/struct.Gateway.html`.
fn is_page_of_item(file: &str) -> bool {
    let name = Path::new(file).file_name().unwrap_or_default();
    let mut parts = name.to_str().unwrap_or_default().split('.');
    parts.next().is_some_and(|kind| !kind.is_empty())
        && parts.next().is_some_and(|name| name != "html")
        && parts.next() == Some("html")
        && !file.contains(':')
}

/// The names that lead to a page from its crate on.
fn names(file: &str) -> Vec<String> {
    let (folder, page) = file.rsplit_once('/').unwrap_or(("", file));
    let mut names: Vec<String> = folder
        .split('/')
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    if page != "index.html" {
        names.extend(page.split('.').nth(1).map(str::to_owned));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::{Pages, is_page_of_item};

    #[test]
    fn the_crate_itself_and_the_shortest_path_come_first() {
        let pages = Pages::made_of(&[
            ("a", "struct.Money.html", ""),
            ("a", "deep/struct.Money.html", ""),
            ("b", "struct.Money.html", ""),
            ("b", "struct.Rate.html", ""),
        ]);
        let address = |name| pages.address("a", name);
        assert_eq!(
            address("Money").unwrap(),
            "https://docs.rs/a/latest/a/struct.Money.html"
        );
        assert_eq!(
            address("deep::Money").unwrap(),
            "https://docs.rs/a/latest/a/deep/struct.Money.html"
        );
        assert_eq!(
            address("Rate").unwrap(),
            "https://docs.rs/b/latest/b/struct.Rate.html"
        );
    }

    #[test]
    fn a_name_of_several_items_is_refused() {
        let pages = Pages::made_of(&[
            ("a", "one/struct.Money.html", ""),
            ("a", "two/struct.Money.html", ""),
        ]);
        assert!(pages.address("a", "Money").is_err());
    }

    #[test]
    fn an_anchor_has_to_be_on_the_page() {
        let pages = Pages::made_of(&[("a", "enum.Kind.html", "<a id=\"variant.One\">")]);
        let page = "https://docs.rs/a/latest/a/enum.Kind.html";
        assert!(!pages.is_dead(page));
        assert!(!pages.is_dead(&format!("{page}#variant.One")));
        assert!(pages.is_dead(&format!("{page}#variant.Two")));
        assert!(!pages.is_dead("https://docs.rs/tokio/latest/tokio/none.html"));
    }

    #[test]
    fn pages_of_items_are_distinguished_from_others() {
        assert!(is_page_of_item("wire/struct.Gateway.html"));
        for other in [
            "index.html",
            "all.html",
            "https://a.example/struct.A.html",
            "#a",
        ] {
            assert!(!is_page_of_item(other), "{other}");
        }
    }
}
