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

    /// Its name in English.
    fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Spanish => "Spanish",
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

impl std::fmt::Display for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.tag())
    }
}

impl std::str::FromStr for Language {
    type Err = String;

    /// By its tag or its name.
    fn from_str(text: &str) -> Result<Self, String> {
        let is = |language: &Self| {
            let names = [language.tag(), language.own_name(), language.name()];
            names.iter().any(|name| name.eq_ignore_ascii_case(text))
        };
        Self::ALL.into_iter().find(is).ok_or_else(|| format!("{text} is no language of Ritmo: give en or es"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_given_by_its_tag_or_its_name() {
        for (text, language) in
            [("en", Language::English), ("es", Language::Spanish), ("Spanish", Language::Spanish)]
        {
            assert_eq!(text.parse(), Ok(language));
            assert_eq!(language.to_string().parse(), Ok(language));
        }
        assert!("fr".parse::<Language>().unwrap_err().contains("give en or es"));
    }

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
