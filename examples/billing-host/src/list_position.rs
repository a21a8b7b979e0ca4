//! Positions in lists that begin with the newest row. A page is found by the id of a row beside it, so its cost
//! does not grow with its distance from the beginning.

/// The position of a page in a list, by the id of a row beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Position {
    Newest,
    OlderThan(String),
    NewerThan(String),
}

/// One page of a list, newest first, with the positions of the pages beside it.
#[derive(Debug)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    pub(crate) older: Option<String>,
    pub(crate) newer: Option<String>,
}

impl<T> Page<T> {
    /// Builds a page of at most `length` rows. `rows` has one more if the list goes on, and begins at the
    /// position: towards older rows, or from [`Position::NewerThan`] towards newer ones.
    pub(crate) fn new(
        mut rows: Vec<T>,
        position: &Position,
        length: usize,
        id: impl Fn(&T) -> &str,
    ) -> Self {
        let goes_on = rows.len() > length;
        rows.truncate(length);
        let backwards = matches!(position, Position::NewerThan(_));
        if backwards {
            rows.reverse();
        }
        let id = |row: Option<&T>| row.map(|row| id(row).to_owned());
        let has_older = goes_on || backwards;
        let has_newer = match position {
            Position::Newest => false,
            Position::OlderThan(_) => true,
            Position::NewerThan(_) => goes_on,
        };
        Self {
            older: id(rows.last().filter(|_| has_older)),
            newer: id(rows.first().filter(|_| has_newer)),
            items: rows,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the rows of a page and the ids that lead to older and newer rows; empty if there are none.
    fn page(rows: &[&str], position: &Position) -> [String; 3] {
        let rows = rows.iter().map(ToString::to_string).collect();
        let Page {
            items,
            older,
            newer,
        } = Page::new(rows, position, 2, |row: &String| row);
        [
            items.concat(),
            older.unwrap_or_default(),
            newer.unwrap_or_default(),
        ]
    }

    #[test]
    fn a_page_knows_the_pages_beside_it() {
        let newest = Position::Newest;
        assert_eq!(page(&["e", "d", "c"], &newest), ["ed", "d", ""]);
        assert_eq!(page(&["e", "d"], &newest), ["ed", "", ""]);
        assert_eq!(page(&[], &newest), ["", "", ""]);
        let older = Position::OlderThan("d".to_owned());
        assert_eq!(page(&["c", "b", "a"], &older), ["cb", "b", "c"]);
        assert_eq!(page(&["c", "b"], &older), ["cb", "", "c"]);
        let newer = Position::NewerThan("b".to_owned());
        assert_eq!(page(&["c", "d", "e"], &newer), ["dc", "c", "d"]);
        assert_eq!(page(&["c", "d"], &newer), ["dc", "c", ""]);
    }
}
