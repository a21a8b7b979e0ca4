//! The texts by which a customer is found: the id, the name, the parts of the name and the e-mail address, in
//! lower case.

use std::collections::BTreeSet;

use payment_provider_host::Transaction;

use crate::tables::{TableError, in_tx};

/// Longest text, in characters. A longer one is found by its beginning.
const MAX_CHARS: usize = 64;
/// Most parts of a name.
const MAX_PARTS: usize = 8;

/// The texts of a customer.
pub(super) struct Words {
    customer_id: String,
    words: BTreeSet<String>,
}

/// Returns the texts of a customer. A name is found at each of its parts: `asha rao` and `rao`.
fn texts(external_id: &str, name: Option<&str>, email: Option<&str>) -> BTreeSet<String> {
    let name = normalized(name.unwrap_or_default());
    let starts = name.match_indices(' ').map(|(space, _)| space + 1);
    let starts = [0].into_iter().chain(starts).take(MAX_PARTS);
    let parts = starts.filter_map(|start| name.get(start..));
    let mut words: BTreeSet<_> = parts.map(cut).collect();
    words.insert(cut(&normalized(external_id)));
    words.extend(email.map(normalized).map(|it| cut(&it)));
    words.remove("");
    words
}

fn normalized(text: &str) -> String {
    let lower = text.to_lowercase();
    let words: Vec<_> = lower.split_whitespace().collect();
    words.join(" ")
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_CHARS).collect()
}

/// Returns the first word that begins with a text and the first one after all of those. Returns `None` for a
/// text that begins no word.
pub(super) fn range(text: &str) -> Option<(String, String)> {
    let first = cut(&normalized(text));
    if first.is_empty() || first.chars().any(char::is_control) {
        return None;
    }
    let end = format!("{first}{}", char::MAX);
    Some((first, end))
}

impl Words {
    pub(super) fn new(
        customer_id: &str,
        external_id: &str,
        name: Option<&str>,
        email: Option<&str>,
    ) -> Self {
        Self {
            customer_id: customer_id.to_owned(),
            words: texts(external_id, name, email),
        }
    }

    /// Replaces the words of the customer.
    pub(super) async fn replace_in(self, tx: &mut Transaction) -> Result<(), TableError> {
        const DELETE: &str = "DELETE FROM billing_customer_words WHERE customer_id = $1";
        in_tx!(tx, connection => {
            sqlx::query(DELETE).bind(&self.customer_id).execute(connection).await?;
        });
        self.add_in(tx).await
    }

    /// Adds the words of the customer.
    pub(super) async fn add_in(self, tx: &mut Transaction) -> Result<(), TableError> {
        const INSERT: &str =
            "INSERT INTO billing_customer_words (customer_id, word) VALUES ($1, $2)
             ON CONFLICT (customer_id, word) DO NOTHING";
        for word in self.words {
            in_tx!(tx, connection => {
                let insert = sqlx::query(INSERT).bind(&self.customer_id).bind(word);
                insert.execute(connection).await?;
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_is_found_by_id_address_and_each_part_of_the_name() {
        let words = texts("C-7", Some("  Asha  RAO Devi "), Some("Asha@example.com"));
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        let expected = [
            "asha rao devi",
            "asha@example.com",
            "c-7",
            "devi",
            "rao devi",
        ];
        assert_eq!(words, expected);
        let long = texts("c", Some(&"\u{fc}".repeat(100)), None);
        assert!(long.contains(&"\u{fc}".repeat(MAX_CHARS)));
    }

    #[test]
    fn a_search_covers_all_words_with_the_beginning() {
        let (first, end) = range(" As ").unwrap();
        for (word, is_covered) in [
            ("as", true),
            ("asha", true),
            ("as\u{10ffff}", false),
            ("at", false),
        ] {
            assert_eq!(
                (first.as_str()..end.as_str()).contains(&word),
                is_covered,
                "{word}"
            );
        }
        assert!(range(" ").is_none() && range("a\0").is_none());
    }
}
