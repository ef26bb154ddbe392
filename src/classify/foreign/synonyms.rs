//! Names of classes that mean the same land, in English and Spanish.

/// Each line is one kind of land.
const GROUPS: [&[&str]; 15] = [
    &[
        "forest",
        "forests",
        "tree",
        "trees",
        "tree cover",
        "woodland",
        "bosque",
        "arbolado",
        "cobertura arborea",
    ],
    &["dry jungle", "dry forest", "tropical dry forest", "selva seca", "selva baja caducifolia"],
    &[
        "humid jungle",
        "humid forest",
        "rainforest",
        "tropical rainforest",
        "selva humeda",
        "selva alta perennifolia",
    ],
    &["pasture", "grass", "grassland", "pastizal", "pasto", "potrero"],
    &[
        "agriculture",
        "crop",
        "cropland",
        "cultivated land",
        "farmland",
        "agricultura",
        "cultivo",
        "tierra de cultivo",
    ],
    &[
        "urban",
        "built",
        "built up",
        "built area",
        "settlement",
        "urbano",
        "zona urbana",
        "asentamiento humano",
    ],
    &["water", "water body", "permanent water body", "open water", "agua", "cuerpo de agua"],
    &["scrub", "shrub", "shrubland", "shrub and scrub", "matorral"],
    &["bare soil", "bare", "bare ground", "barren", "bare sparse vegetation", "suelo desnudo"],
    &["without apparent vegetation", "no apparent vegetation", "sin vegetacion aparente"],
    &["wetland", "herbaceous wetland", "flooded vegetation", "humedal"],
    &["mangrove", "manglar"],
    &["snow and ice", "snow", "ice", "nieve y hielo"],
    &["moss and lichen", "musgo y liquen"],
    &["unlabelled", "unlabeled", "no data", "nodata", "unclassified", "sin datos", "sin clasificar"],
];

/// A name without what is written one way here and another there: case, accents, signs, and the plural of its words.
pub(super) fn plain(name: &str) -> String {
    let letters = name.to_lowercase().chars().map(unaccented).collect::<String>();
    let words = letters.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(singular).collect::<Vec<_>>().join(" ")
}

fn unaccented(letter: char) -> char {
    match letter {
        'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ñ' => 'n',
        'ç' => 'c',
        other => other,
    }
}

fn singular(word: &str) -> &str {
    match word {
        "bodies" => "body",
        "grass" | "moss" => word,
        _ => word.strip_suffix('s').filter(|stem| stem.len() > 2).unwrap_or(word),
    }
}

/// The kind of land that a name means, where it is one that is known.
pub(super) fn group(name: &str) -> Option<usize> {
    let name = plain(name);
    GROUPS.iter().position(|names| names.iter().any(|own| plain(own) == name))
}

/// Whether a name says that a pixel has no class.
pub(super) fn is_none(name: &str) -> bool {
    group(name) == Some(GROUPS.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_alike_whatever_their_case_accents_signs_and_number() {
        assert_eq!(plain("  Selva_HÚMEDA "), "selva humeda");
        assert_eq!(plain("Bare / sparse vegetation"), "bare sparse vegetation");
        assert_eq!(plain("Crops"), plain("crop"));
        assert_eq!(plain("Grass"), "grass");
        for (a, b) in [
            ("dry_jungle", "Selva seca"),
            ("Permanent water bodies", "agua"),
            ("built", "urban"),
            ("Cuerpos de agua", "water"),
            ("shrub_and_scrub", "Matorral"),
            ("crops", "Agricultura"),
        ] {
            assert!(group(a).is_some() && group(a) == group(b), "{a} {b}");
        }
        assert_ne!(group("forest"), group("dry_jungle"));
        assert_eq!(group("volcano"), None);
        assert!(is_none("No data") && !is_none("water"));
    }

    #[test]
    fn no_name_means_two_kinds_of_land() {
        let all: Vec<String> = GROUPS.iter().flat_map(|names| names.iter().map(|name| plain(name))).collect();
        for name in &all {
            let groups: Vec<_> =
                GROUPS.iter().filter(|names| names.iter().any(|own| plain(own) == *name)).collect();
            assert_eq!(groups.len(), 1, "{name}");
        }
    }
}
