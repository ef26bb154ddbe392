//! The language of the window.

use serde::{Deserialize, Serialize};

/// A language of the window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Spanish.
    Spanish,
}

impl Language {
    /// All of them, as lists show them.
    pub const ALL: [Self; 2] = [Self::English, Self::Spanish];

    /// How those who speak it call it.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Spanish => "Español",
        }
    }

    /// The language that the system speaks, as far as it is known here: the first of `LC_ALL`, `LC_MESSAGES` and `LANG` that
    /// says something.
    pub fn of_system() -> Self {
        let said = |key| std::env::var(key).ok().filter(|locale: &String| !locale.is_empty());
        ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find_map(said)
            .map_or(Self::English, |l| Self::of_locale(&l))
    }

    /// The language of a locale such as `es_MX.UTF-8`; English where it is another one.
    pub fn of_locale(locale: &str) -> Self {
        let language = locale.split(['_', '-', '.', '@']).next().unwrap_or_default();
        if language.eq_ignore_ascii_case("es") { Self::Spanish } else { Self::English }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_tells_the_language() {
        for spanish in ["es", "es_MX.UTF-8", "es-ES", "ES_ar@euro"] {
            assert_eq!(Language::of_locale(spanish), Language::Spanish, "{spanish}");
        }
        for english in ["", "C", "C.UTF-8", "en_GB.UTF-8", "est_EE.UTF-8", "de_DE"] {
            assert_eq!(Language::of_locale(english), Language::English, "{english}");
        }
    }
}
