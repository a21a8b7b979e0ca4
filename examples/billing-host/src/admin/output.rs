//! What is written to a terminal.

use std::io::{self, Write};

use payment_provider_core::reexport::time::OffsetDateTime;

use crate::timestamp;

/// Writes to standard output. Whoever stopped listening has read enough.
pub(super) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// A text that others wrote, without what a terminal would obey.
pub(super) fn plain(text: &str) -> String {
    let shown = |character: char| match character {
        '\n' | '\t' => character,
        control if control.is_control() => '\u{fffd}',
        other => other,
    };
    text.chars().map(shown).collect()
}

pub(super) fn moment(at: OffsetDateTime) -> String {
    timestamp::written(at).unwrap_or_else(|| "?".to_owned())
}

/// Lines with their cells under each other; the last one as long as it is.
pub(super) fn table(head: &[&str], lines: &[Vec<String>]) -> String {
    let mut all = vec![head.iter().map(ToString::to_string).collect::<Vec<_>>()];
    let one_line = |cell: &String| plain(cell).replace(['\n', '\t'], " ");
    all.extend(lines.iter().map(|line| line.iter().map(one_line).collect()));
    let width = |column: usize| {
        let cells = all.iter().filter_map(|line| line.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..head.len()).map(width).collect();
    let mut text = String::new();
    for line in &all {
        let cells = line.iter().zip(&widths);
        let padded: Vec<_> = cells
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        text.push_str(padded.join("  ").trim_end());
        text.push('\n');
    }
    text
}

pub(super) fn json(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stand_under_each_other_and_obey_no_code() {
        let cells = |line: &[&str]| line.iter().map(ToString::to_string).collect();
        let lines = [
            cells(&["a", "long one", "x\ny"]),
            cells(&["₹₹", "b", "\u{1b}[2J"]),
        ];
        assert_eq!(
            table(&["k", "v", "w"], &lines),
            "k   v         w\na   long one  x y\n₹₹  b         \u{fffd}[2J\n"
        );
    }
}
