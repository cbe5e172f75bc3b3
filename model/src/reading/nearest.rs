//! Owns the guess at what was meant by a word that nobody knows. Refuses to guess far.

/// Of the known words, the one nearest to what was written, when it is near enough to be meant.
#[must_use]
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let begun =
        |word: &str| written.len() >= 3 && (word.starts_with(written) || written.starts_with(word));
    let distance = |word: &&str| {
        if begun(word) {
            1
        } else {
            distance(&begin(written), &begin(word))
        }
    };
    let best = known.into_iter().min_by_key(distance)?;
    (distance(&best) <= 1 + best.len().max(written.len()) / 3).then_some(best)
}

/// As much of a word as is compared.
fn begin(word: &str) -> Vec<char> {
    word.chars().take(64).collect()
}

/// Levenshtein's distance: how many letters must be changed, put in or taken out.
#[must_use]
pub fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replace = before + usize::from(from != to);
            before = row[j + 1];
            row[j + 1] = replace.min(before + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
