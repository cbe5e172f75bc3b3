//! Owns the guess at what was meant by a word that nobody knows. Refuses to guess far.

/// Of the known words, the one nearest to what was written, when it is near enough to be meant.
#[must_use]
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let begun = |word: &str| {
        let long = written.len().min(word.len()) >= 3;
        long && (word.starts_with(written) || written.starts_with(word))
    };
    let letters = |word: &str| distance(&begin(written), &begin(word));
    let distance = |word: &&str| if begun(word) { 1 } else { letters(word) };
    let best = known
        .into_iter()
        .min_by_key(|word| (distance(word), letters(word)))?;
    let longer = best.len().max(written.len());
    let far = distance(&best);
    // Of two short words that share few letters neither stands for the other.
    (far <= 1 + longer / 3 && far * 2 <= longer).then_some(best)
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

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_nearest_word_is_meant_and_a_far_one_is_not() {
        let of = |written, known: &[&'static str]| nearest(written, known.iter().copied());
        assert_eq!(of("dunnin", &["d", "notice", "dunning"]), Some("dunning"));
        assert_eq!(of("smss", &["mail", "sms"]), Some("sms"));
        assert_eq!(
            of("amount", &["amounts_paid", "amount_cents"]),
            Some("amounts_paid")
        );
        assert_eq!(of("zo", &["mon", "sat", "sun"]), None);
        assert_eq!(of("a", &["b", "c"]), None);
        assert_eq!(of("x", &[]), None);
    }
}
