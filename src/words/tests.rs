use super::templates::{Piece, Templates, fill, pieces};
use super::{Language, SPANISH, translated_markup};
use proptest::prelude::*;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn rooms() -> Vec<(&'static str, BTreeMap<String, String>)> {
    SPANISH
        .iter()
        .map(|(room, text)| (*room, serde_json::from_str(text).unwrap_or_else(|why| panic!("{room}: {why}"))))
        .collect()
}

fn places(pieces: &[Piece]) -> Vec<usize> {
    let number = |piece: &Piece| match piece {
        Piece::Place(n) | Piece::Number(n) | Piece::Word(n) => Some(*n),
        Piece::Text(_) => None,
    };
    pieces.iter().filter_map(number).collect()
}

#[test]
fn every_template_and_its_spanish_have_the_same_places() {
    for (room, pairs) in rooms() {
        for (english, spanish) in pairs {
            let (of, told) = (places(&pieces(&english)), places(&pieces(&spanish)));
            let (mut of, mut told) = (of, told);
            of.sort_unstable();
            told.sort_unstable();
            assert_eq!(of, told, "{room}: {english} | {spanish}");
            assert!(!spanish.trim().is_empty(), "{room}: {english}");
            // What begins or ends with a space is put together with other texts.
            assert_eq!(english.ends_with(' '), spanish.ends_with(' '), "{room}: {english} | {spanish}");
            assert_eq!(english.starts_with(' '), spanish.starts_with(' '), "{room}: {english} | {spanish}");
        }
    }
}

#[test]
fn a_filled_template_is_told_as_its_spanish_filled_with_the_same() {
    let all: BTreeMap<String, String> = rooms().into_iter().flat_map(|(_, pairs)| pairs).collect();
    let mut seed = 7_u64;
    let mut wrong = Vec::new();
    for (english, spanish) in &all {
        // Pieces that are put into others are told there.
        if english.trim() != english {
            continue;
        }
        let (of, told) = (pieces(english), pieces(spanish));
        let values: Vec<String> = (0..places(&of).len())
            .map(|_| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                format!("{}", seed >> 40)
            })
            .collect();
        let (from, to) = (fill(&of, &values), fill(&told, &values));
        let found = Language::Spanish.tell(&from);
        if found != to {
            wrong.push(format!("{from}\n   {found}\n   {to}"));
        }
    }
    assert!(wrong.is_empty(), "{} are told otherwise:\n{}", wrong.len(), wrong.join("\n"));
}

proptest! {
    #[test]
    fn places_are_found_whatever_stands_in_them(
        values in proptest::collection::vec("[a-zA-Z0-9_/\u{e1}\u{6f22}-]{1,12}", 3),
        fixed in proptest::collection::vec("[a-z]{2,6} [a-z]{2,6}", 4),
    ) {
        let english = format!("{} {{}}: {}, {{}} {} ({{}}) {}", fixed[0], fixed[1], fixed[2], fixed[3]);
        let spanish = "uno {2} dos {0} tres {1}";
        let table = Templates::new([(english.clone(), spanish.to_owned())]);
        let text = fill(&pieces(&english), &values);
        let told = fill(&pieces(spanish), &values);
        prop_assert_eq!(table.translate(&text), told);
    }

    #[test]
    fn nothing_that_is_written_makes_it_fail(text in ".{0,200}") {
        let _ = Language::Spanish.tell(&text);
        prop_assert_eq!(Language::English.tell(&text), text.as_str());
    }
}

fn table(pairs: &[(&str, &str)]) -> Templates {
    Templates::new(pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())))
}

#[test]
fn sentences_inside_of_sentences_are_told_and_names_stay() {
    let table = table(&[
        ("cannot read {}: {}", "no se puede leer {}: {}"),
        ("it has no band {}, only {}", "no tiene la banda {}, solo {}"),
        ("{} of {} files cannot be read", "de {1} archivos no se pueden leer {0}"),
        ("stopped", "detenido"),
        ("{#} dates", "{} fechas"),
    ]);
    let told = |text| table.translate(text).into_owned();
    assert_eq!(
        told("cannot read /a b/c.tif: it has no band B4, only stopped"),
        "no se puede leer /a b/c.tif: no tiene la banda B4, solo stopped"
    );
    assert_eq!(told("2 of 7 files cannot be read"), "de 7 archivos no se pueden leer 2");
    assert_eq!(
        told("Cannot read x: no idea. 2 of 7 files cannot be read. Who knows."),
        "No se puede leer x: no idea. De 7 archivos no se pueden leer 2. Who knows."
    );
    assert_eq!(
        told("Who knows. 2 of 7 files cannot be read."),
        "Who knows. De 7 archivos no se pueden leer 2."
    );
    assert_eq!(told("my corridor: 12 dates"), "my corridor: 12 fechas");
    assert_eq!(told("good dates"), "good dates");
    assert_eq!(told("stopped"), "detenido");
    assert!(matches!(table.translate("what nobody knows"), Cow::Borrowed(_)));
}

#[test]
fn what_is_put_together_contracts_in_spanish() {
    let text = "The map const of corridor is right at 4.4 % (95 % interval 0.0 to 17.4 %) of 1\u{202f}340 pixels inside \
                annotations that its model had not seen; no random sample has measured it as a whole, edges and doubtful \
                places included.";
    let told = Language::Spanish.tell(text);
    let start = "El mapa const de corridor acierta en el 4.4 % (intervalo de 95 %: 0.0 a 17.4 %) de 1\u{202f}340 píxeles";
    assert!(told.starts_with(start), "{told}");
    let told = Language::Spanish.tell(
        "Nothing is known of the training of the imported map const: where it learned from these annotations, they flatter it",
    );
    assert!(told.starts_with("No se sabe nada del entrenamiento del mapa importado const: "), "{told}");
    let told = Language::Spanish.tell(
        "On 260\u{202f}804 pixels of the simulated true map, the imported map const is right on 8.3 % and the series model m on \
         77.9 %: the series model m is better by 69.6 points (95 % interval 65.0 to 73.8).",
    );
    let whole = "En 260\u{202f}804 píxeles del mapa verdadero simulado, el mapa importado const acierta en el 8.3 % y el modelo de \
                 series m en el 77.9 %: el modelo de series m es mejor por 69.6 puntos (intervalo de 95 % de 65.0 a 73.8).";
    assert_eq!(told, whole);
}

#[test]
fn braces_and_numbers_of_templates_are_read() {
    assert_eq!(fill(&pieces("a {{z}} {1} {0}"), &["x", "y"]), "a {z} y x");
    assert_eq!(pieces("{n}{#}"), [Piece::Place(0), Piece::Number(1)]);
    assert_eq!(fill::<&str>(&pieces("a } b"), &[]), "a } b");
}

#[test]
fn a_message_takes_less_than_a_tenth_of_a_millisecond() {
    let text = "Cannot read /home/ana/corredor/2022-03-15.tif: something that no template knows at all. Nor this one: \
                whatever it is, it is long";
    let _ = Language::Spanish.tell(text);
    let begun = std::time::Instant::now();
    for _ in 0..100 {
        let _ = Language::Spanish.tell(text);
    }
    let each = begun.elapsed().as_secs_f64() / 100.0;
    // The window keeps what it is told; unoptimised and beside other work this is far from the bound of a frame.
    assert!(each < 0.005, "{each} s");
}

#[test]
fn texts_of_a_page_are_told_and_names_marked_as_such_stay() {
    let page = "<html lang=\"en\"><style>stopped, as asked</style><p title=\"stopped, as asked\">Stopped, as asked.</p>\
                <b translate=\"no\">stopped, as asked</b><img alt=\"stopped, as asked\"/> 3 &amp; 4</html>";
    let told = translated_markup(page, Language::Spanish);
    assert_eq!(
        told,
        "<html lang=\"es\"><style>stopped, as asked</style><p title=\"detenido, como se pidió\">Detenido, como se pidió.</p>\
         <b translate=\"no\">stopped, as asked</b><img alt=\"detenido, como se pidió\"/> 3 &amp; 4</html>"
    );
    assert_eq!(translated_markup(page, Language::English), page);
}

/// Rooms whose errors and notes reach the window.
const BELOW: [&str; 14] = [
    "app",
    "assess",
    "chart",
    "classify",
    "cube",
    "files.rs",
    "geo",
    "jobs",
    "labels",
    "model",
    "progress.rs",
    "project",
    "samples",
    "source",
];

/// What stands before a text that people read.
const BEFORE: [&str; 19] = [
    "#[error(",
    "refuse(",
    "refuse(format!(",
    "bail!(",
    "anyhow!(",
    ".context(",
    ".with_context(|| format!(",
    ".with_context(|| ",
    "why: format!(",
    "why: ",
    "Progress::new(",
    "notes.push(format!(",
    "notes.push(",
    "Err(format!(",
    "ok_or_else(|| format!(",
    "map_err(|_| format!(",
    "unreadable(",
    "unreadable(format!(",
    "Fact::new(",
];

fn files(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_file() {
        found.push(path.to_owned());
        return;
    }
    for entry in std::fs::read_dir(path).unwrap().flatten() {
        let path = entry.path();
        match path.is_dir() {
            true if path.ends_with("tests") => {}
            true => files(&path, found),
            false if path.to_string_lossy().ends_with("tests.rs") => {}
            false => found.push(path),
        }
    }
}

/// The text that a piece of source begins with, as the compiler reads it.
fn literal(source: &str) -> Option<String> {
    let (mut text, mut chars) = (String::new(), source.trim_start().strip_prefix('"')?.chars());
    loop {
        match chars.next()? {
            '"' => return Some(text),
            '\\' => match chars.next()? {
                'n' => text.push('\n'),
                '\n' => chars = chars.as_str().trim_start().chars(),
                other => text.push(other),
            },
            c => text.push(c),
        }
    }
}

/// A template with all of its places alike.
fn alike(text: &str) -> String {
    let each = pieces(text).into_iter().map(|piece| match piece {
        Piece::Text(text) => text.replace('{', "{{").replace('}', "}}"),
        _ => "{}".into(),
    });
    each.collect()
}

#[test]
fn every_error_and_reason_of_the_rooms_below_is_told_in_spanish() {
    let known: BTreeSet<String> =
        rooms().into_iter().flat_map(|(_, pairs)| pairs.into_keys()).map(|english| alike(&english)).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    BELOW.iter().for_each(|room| files(&root.join(room), &mut all));
    let (mut lacking, mut found) = (BTreeSet::new(), 0);
    for file in all {
        let source = std::fs::read_to_string(&file).unwrap();
        let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        for before in BEFORE {
            for part in source.split(before).skip(1) {
                // Of a report of progress the third argument.
                let part = match before {
                    "Progress::new(" => {
                        part.find('"').filter(|at| !part[..*at].contains(';')).map(|at| &part[at..])
                    }
                    _ => Some(part),
                };
                let Some(text) = part.and_then(literal) else { continue };
                found += 1;
                let fixed = pieces(&text).iter().any(|piece| match piece {
                    Piece::Text(text) => text.chars().filter(|c| c.is_alphabetic()).count() > 1,
                    _ => false,
                });
                if fixed && !known.contains(&alike(&text)) {
                    lacking.insert(format!("{}: {text}", file.strip_prefix(&root).unwrap().display()));
                }
            }
        }
    }
    assert!(found > 400, "{found} texts are found");
    assert!(lacking.is_empty(), "no Spanish for {lacking:#?}");
}
