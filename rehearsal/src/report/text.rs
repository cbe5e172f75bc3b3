//! Owns the report as plain text, for a terminal. Refuses plots.

use std::fmt::Write as _;

use super::tables::{Table, all, summary};
use super::told::Told;

/// The report as plain text.
#[must_use]
pub fn text(told: &Told<'_>) -> String {
    let mut out = String::new();
    for line in summary(told) {
        let _ = writeln!(out, "{line}");
    }
    for table in all(told) {
        lay_out(&mut out, &table);
    }
    out
}

fn lay_out(out: &mut String, table: &Table) {
    let _ = writeln!(out, "\n{}", table.title);
    let head: Vec<String> = table.head.iter().map(|word| (*word).to_owned()).collect();
    let lines = || std::iter::once(&head).chain(&table.rows);
    let width = |column: usize| {
        let cells = lines().filter_map(|line| line.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    for line in lines().filter(|_| !table.rows.is_empty()) {
        let mut text = String::from("  ");
        for (column, cell) in line.iter().enumerate() {
            let width = widths.get(column).copied().unwrap_or(0);
            let _ = if column < table.words {
                write!(text, "{cell:<width$}  ")
            } else {
                write!(text, "{cell:>width$}  ")
            };
        }
        let _ = writeln!(out, "{}", text.trim_end());
    }
    if !table.note.is_empty() {
        let _ = writeln!(out, "  {}", table.note);
    }
}
