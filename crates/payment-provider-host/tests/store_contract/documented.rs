use super::catalog::{Tables, tables};
use super::*;

const DOCUMENT: &str = include_str!("../../docs/tables.md");

/// Returns the tables of the document, with their columns.
fn documented() -> Tables {
    let sections = DOCUMENT.split("\n# `").skip(1);
    let tables = sections.map(|section| {
        let (table, text) = section.split_once('`').unwrap();
        let columns = text.lines().filter_map(|line| line.strip_prefix("| `"));
        let names = columns.map(|line| line.split('`').next().unwrap().to_owned());
        (table.to_owned(), names.collect())
    });
    tables.collect()
}

pub(super) async fn every_table_and_column_is_documented(world: World) {
    let found = tables(&world.one).await;
    assert!(found.len() >= 10, "the tables were not found");
    let documented = documented();
    let names = |tables: &Tables| tables.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&found), names(&documented));
    for (table, columns) in &found {
        let mut columns = columns.clone();
        let mut described = documented[table].clone();
        columns.sort();
        described.sort();
        assert_eq!(columns, described, "{table}");
    }
}
