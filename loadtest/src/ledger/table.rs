//! The balance as a table for people. Refuses to judge: it shows what `reconcile` found.

use std::fmt::Write as _;

use super::Balance;

const SHOWN: usize = 10;

/// The table, ending in one line that says whether the books balance.
#[must_use]
pub fn render(balance: &Balance) -> String {
    let mut text = String::new();
    let mut line = |name: &str, n: u64| {
        let _ = writeln!(text, "  {name:<44}{n:>12}");
    };
    line("acknowledged", balance.acked);
    line("accepted, ack lost", balance.ack_lost);
    for (end, n) in &balance.ends {
        line(&format!("ended: {end}"), *n);
    }
    for (state, n) in &balance.settled {
        line(&format!("waiting: {state}"), *n);
    }
    for (channel, n) in &balance.taken {
        line(&format!("{} sink took", channel.label()), *n);
    }
    line(
        "of which closed before the answer",
        balance.in_doubt_at_sink,
    );
    line("refused at a sink", balance.refused_at_sink);
    line("extra copies (duplicates)", balance.extra_copies);
    for duplicate in balance.duplicates.iter().take(SHOWN) {
        let _ = writeln!(text, "    {} {} copies", duplicate.id, duplicate.copies);
    }
    for (name, list) in differences(balance) {
        let _ = writeln!(text, "  {:<44}{:>12}", name, list.len());
        for id in list.iter().take(SHOWN) {
            let _ = writeln!(text, "    {id}");
        }
    }
    let verdict = if balance.is_balanced() {
        "the books balance"
    } else {
        "THE BOOKS DO NOT BALANCE"
    };
    let _ = writeln!(text, "{verdict}");
    text
}

fn differences(balance: &Balance) -> [(&'static str, &[String]); 6] {
    [
        ("acknowledged and unknown to the engine", &balance.lost),
        ("neither ended nor waiting for somebody", &balance.open),
        ("more than one end", &balance.two_ends),
        ("known to the engine, never offered", &balance.invented),
        ("at a sink, never accepted", &balance.strangers),
        ("said to have left, at no sink", &balance.never_arrived),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_ends_with_the_verdict() {
        let balance = Balance {
            acked: 2,
            lost: vec!["a".into()],
            ..Balance::default()
        };
        let text = render(&balance);
        assert!(
            text.contains("acknowledged and unknown to the engine")
                && text.ends_with("DO NOT BALANCE\n"),
            "{text}"
        );
        assert!(
            render(&Balance {
                lost: Vec::new(),
                ..balance
            })
            .ends_with("\nthe books balance\n")
        );
    }
}
