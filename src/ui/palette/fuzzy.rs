//! Finds what people mean by a few letters.

/// How well a text answers what was typed: `None` where it does not, else the more the better. Every word that was typed
/// must stand in the text with its letters in order; capitals and accents do not matter.
pub fn score(text: &str, typed: &str) -> Option<i32> {
    let text: Vec<char> = folded(text).collect();
    let mut total = 0;
    for word in typed.split_whitespace() {
        let word: Vec<char> = folded(word).collect();
        total += word_score(&text, &word)?;
    }
    // Of two that answer as well the shorter one says it more plainly.
    Some(total * 16 - text.len().min(15) as i32)
}

/// The best of the ways to find the letters of a word in a text: from each place where it may begin.
fn word_score(text: &[char], word: &[char]) -> Option<i32> {
    let first = word.first()?;
    let starts = text.iter().enumerate().filter(|(_, c)| *c == first).map(|(i, _)| i);
    starts.filter_map(|start| from(text, word, start)).max()
}

/// The letters of a word from a place on: letters in a row and at the beginning of words count more.
fn from(text: &[char], word: &[char], start: usize) -> Option<i32> {
    let begins = |i: usize| i == 0 || !text[i - 1].is_alphanumeric();
    let (mut at, mut last, mut score) = (start, None, 0);
    for letter in word {
        at += text.get(at..)?.iter().position(|c| c == letter)?;
        score += match last {
            Some(last) if at == last + 1 => 4,
            _ if begins(at) => 3,
            _ => -2,
        };
        last = Some(at);
        at += 1;
    }
    Some(score)
}

/// Small letters without accents.
fn folded(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().flat_map(char::to_lowercase).map(|c| match c {
        'á' | 'à' | 'ä' | 'â' | 'ã' => 'a',
        'é' | 'è' | 'ë' | 'ê' => 'e',
        'í' | 'ì' | 'ï' | 'î' => 'i',
        'ó' | 'ò' | 'ö' | 'ô' | 'õ' => 'o',
        'ú' | 'ù' | 'ü' | 'û' => 'u',
        'ñ' => 'n',
        'ç' => 'c',
        c => c,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_word_must_be_there_with_its_letters_in_order() {
        for typed in ["train", "TRAIN map", "map train", "tr ma", "tm", "", "  "] {
            assert!(score("Train and map", typed).is_some(), "{typed}");
        }
        for typed in ["niart", "train site", "mapp", "x"] {
            assert!(score("Train and map", typed).is_none(), "{typed}");
        }
    }

    #[test]
    fn accents_do_not_matter() {
        assert!(score("Qué te gustaría hacer", "que gustaria").is_some());
        assert!(score("Ensenada", "ensé").is_some());
    }

    #[test]
    fn beginnings_of_words_and_letters_in_a_row_come_first() {
        assert!(score("Undo", "und") > score("Show or hide annotations", "und").or(Some(-99)));
        assert!(score("Site before", "site") > score("Delete the selected", "site").or(Some(-99)));
        assert!(score("Map alone", "ma") > score("Show the class map", "ma"));
    }

    #[test]
    fn of_two_that_answer_alike_the_shorter_comes_first() {
        assert!(score("Train", "train") > score("Train and map", "train"));
    }

    proptest! {
        #[test]
        fn a_text_answers_itself_and_what_is_left_when_letters_are_taken_out(text in "[a-zñé ]{1,30}", keep in prop::collection::vec(any::<bool>(), 30)) {
            prop_assert!(score(&text, &text).is_some());
            let some: String = text.chars().zip(keep).filter(|(c, keep)| *keep && *c != ' ').map(|(c, _)| c).collect();
            prop_assert!(score(&text, &some).is_some());
        }

        #[test]
        fn nothing_that_is_typed_panics(text in any::<String>(), typed in any::<String>()) {
            let _ = score(&text, &typed);
        }
    }
}
