//! "Did you mean …?": the known word nearest to an unknown one.

/// Longer words are no slip of the finger, and the distance costs the product of both lengths.
const LONGEST: usize = 40;

/// The candidate that a typist most likely meant: the same word in other letter case, or the one
/// with the fewest slips, at most a third of its length.
pub(crate) fn nearest<'c>(
    word: &str,
    candidates: impl Iterator<Item = &'c str>,
) -> Option<&'c str> {
    if word.is_empty() || word.len() > LONGEST {
        return None;
    }
    candidates
        .filter_map(|candidate| {
            if candidate.eq_ignore_ascii_case(word) {
                return Some((0, candidate));
            }
            let slips = distance(word, candidate);
            (slips <= (candidate.len() / 3).max(1)).then_some((slips, candidate))
        })
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, candidate)| candidate)
}

/// The number of characters to insert, remove, replace or swap with their neighbour (optimal
/// string alignment).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    let mut previous = None;
    for (row, here) in from.chars().enumerate() {
        let mut current = vec![row + 1];
        for (column, &there) in to.iter().enumerate() {
            let at = |line: &[usize], index: usize| line.get(index).copied().unwrap_or(usize::MAX);
            let mut best = (at(&last, column) + usize::from(here != there))
                .min(at(&last, column + 1) + 1)
                .min(at(&current, column) + 1);
            let swapped = column
                .checked_sub(1)
                .is_some_and(|left| to.get(left) == Some(&here) && previous == Some(there));
            if swapped {
                best = best.min(at(&before_last, column.saturating_sub(1)).saturating_add(1));
            }
            current.push(best);
        }
        before_last = std::mem::replace(&mut last, current);
        previous = Some(here);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_counted() {
        for (from, to, slips) in [
            ("priority", "priority", 0),
            ("prioriy", "priority", 1),
            ("priorityy", "priority", 1),
            ("pirority", "priority", 1),
            ("kitten", "sitting", 3),
            ("", "abc", 3),
        ] {
            assert_eq!(distance(from, to), slips, "{from} to {to}");
        }
    }

    #[test]
    fn far_words_are_not_suggested() {
        let known = ["priority", "state", "Interface"];
        let suggest = |word: &str| nearest(word, known.into_iter());
        assert_eq!(suggest("prio"), None);
        assert_eq!(suggest("STATE"), Some("state"));
        assert_eq!(suggest("interfce"), Some("Interface"));
        assert_eq!(suggest(&"priority".repeat(100)), None);
        assert_eq!(suggest(""), None);
    }
}
