//! Which of the known words a typing mistake may have meant.

/// The known word that is nearest to `found`, if any is near: at most one change in three letters,
/// as cargo and rustc suggest.
pub fn nearest<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Longer than any name or key, and the distance costs its square.
    const FOUND_BYTES_MAX: usize = 128;
    if found.len() > FOUND_BYTES_MAX {
        return None;
    }
    let found = found.to_lowercase().replace('_', "-");
    known
        .into_iter()
        .filter_map(|word| {
            let plain = word.to_lowercase().replace('_', "-");
            let distance = strsim::damerau_levenshtein(&found, &plain);
            let bound = found.chars().count().max(plain.chars().count()).max(3) / 3;
            (distance <= bound).then_some((distance, word))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_nearest_word_wins_and_far_ones_are_none() {
        let keys = ["reset", "refresh", "port", "spares"];
        assert_eq!(nearest("rest", keys), Some("reset"));
        assert_eq!(nearest("refesh", keys), Some("refresh"));
        assert_eq!(nearest("PORT", keys), Some("port"));
        assert_eq!(nearest("sapres", keys), Some("spares"));
        assert_eq!(nearest("generations", keys), None);
        assert_eq!(nearest("", keys), None);
        assert_eq!(nearest(&"r".repeat(10_000), keys), None);
    }

    #[test]
    fn dashes_and_underscores_are_one() {
        assert_eq!(nearest("awake-max", ["awake_max"]), Some("awake_max"));
        assert_eq!(nearest("read_write", ["read-write"]), Some("read-write"));
    }
}
