//! The links of a Markdown text.

use std::collections::HashMap;

/// A link.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Link {
    /// The number of its line, from 1.
    pub(super) line: usize,
    /// The text between the brackets.
    pub(super) label: String,
    /// The target; none for a shortcut without a definition.
    pub(super) target: Option<String>,
    pub(super) kind: LinkKind,
}

/// The form of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LinkKind {
    /// `[label](target)`
    Inline,
    /// `[label]`, with the target in a definition elsewhere.
    Shortcut,
}

/// All links outside of code, in the order of the text. Shortcuts count if their label is code or has a definition.
pub(super) fn links(text: &str) -> Vec<Link> {
    let outside: Vec<(usize, &str)> = outside_of_code(text);
    let definitions: HashMap<&str, &str> = outside
        .iter()
        .filter_map(|(_, line)| definition(line))
        .collect();
    let mut links = Vec::new();
    for (number, line) in outside {
        if definition(line).is_none() {
            links_of_line(number, line, &definitions, &mut links);
        }
    }
    links
}

/// The label and the target of a line such as `[label]: target`.
pub(super) fn definition(line: &str) -> Option<(&str, &str)> {
    let (label, target) = line.strip_prefix('[')?.split_once("]: ")?;
    let is_target = !target.contains(' ') && !label.contains(']');
    is_target.then_some((label, target))
}

/// True if a target names an item of Rust and no file or address.
pub(super) fn is_item_path(target: &str) -> bool {
    let path = target.trim_end_matches("()").trim_end_matches('!');
    let path = path.rsplit('@').next().unwrap_or_default();
    !path.is_empty()
        && path.split("::").all(|segment| {
            !segment.is_empty()
                && segment
                    .chars()
                    .all(|character| character.is_ascii_alphanumeric() || character == '_')
        })
}

/// The lines that are not part of a fenced block, with their numbers.
fn outside_of_code(text: &str) -> Vec<(usize, &str)> {
    let mut in_block = false;
    let numbered = text.lines().enumerate();
    numbered
        .filter_map(|(index, line)| {
            let is_fence = line.trim_start().starts_with("```");
            in_block ^= is_fence;
            (!in_block && !is_fence).then_some((index + 1, line))
        })
        .collect()
}

fn links_of_line(
    number: usize,
    line: &str,
    definitions: &HashMap<&str, &str>,
    links: &mut Vec<Link>,
) {
    let mut rest = line;
    while let Some(start) = rest.find(['[', '`']) {
        let behind = &rest[start + 1..];
        if rest[start..].starts_with('`') {
            // Code that is not the label of a link.
            rest = behind.split_once('`').map_or("", |(_, behind)| behind);
            continue;
        }
        let Some((label, after)) = behind.split_once(']') else {
            return;
        };
        if label.contains('[') {
            rest = behind;
            continue;
        }
        rest = after;
        let is_code = label.starts_with('`') && label.ends_with('`');
        let (target, kind) = if let Some(target) = after.strip_prefix('(') {
            let target = target.split_once(')').map_or(target, |(target, _)| target);
            // A function's parentheses belong to the target.
            let with_call = format!("{target})");
            let target = if target.ends_with('(') {
                &with_call
            } else {
                target
            };
            (Some(target.to_owned()), LinkKind::Inline)
        } else if let Some(reference) = after.strip_prefix('[') {
            let reference = reference.split_once(']').map_or("", |(label, _)| label);
            let target = definitions.get(reference).map(|&target| target.to_owned());
            let target = target.or_else(|| Some(reference.trim_matches('`').to_owned()));
            (target, LinkKind::Inline)
        } else {
            let target = definitions.get(label).map(|&target| target.to_owned());
            if target.is_none() && !is_code {
                continue;
            }
            (target, LinkKind::Shortcut)
        };
        links.push(Link {
            line: number,
            label: label.to_owned(),
            target,
            kind,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::{LinkKind, definition, is_item_path, links};

    #[test]
    fn links_are_found_outside_of_code() {
        let text =
            "[`A`] and `[B]`, [c](d.md)\n```\n[`E`]\n```\n[F], [G]\n\n[F]: https://f.example\n";
        let links: Vec<_> = links(text)
            .into_iter()
            .map(|link| (link.line, link.label, link.target, link.kind))
            .collect();
        let expected = [
            (1, "`A`".to_owned(), None, LinkKind::Shortcut),
            (1, "c".to_owned(), Some("d.md".to_owned()), LinkKind::Inline),
            (
                5,
                "F".to_owned(),
                Some("https://f.example".to_owned()),
                LinkKind::Shortcut,
            ),
        ];
        assert_eq!(links, expected);
    }

    #[test]
    fn a_picture_that_is_a_link_is_no_item() {
        assert!(
            links("[![a](b.png)](c.md)")
                .iter()
                .all(|link| link.target.is_some())
        );
    }

    #[test]
    fn items_are_distinguished_from_files() {
        for path in ["crate::Money", "Money", "run()", "routes!", "struct@Money"] {
            assert!(is_item_path(path), "{path}");
        }
        for file in [
            "a.md",
            "../LICENSE-MIT",
            "#part",
            "https://a.example",
            "docs/a",
        ] {
            assert!(!is_item_path(file), "{file}");
        }
    }

    #[test]
    fn a_definition_is_a_line_of_its_own() {
        assert_eq!(definition("[`A`]: b.md"), Some(("`A`", "b.md")));
        assert_eq!(definition("[x]: y z"), None);
        assert_eq!(definition("see [x]: y"), None);
    }
}
