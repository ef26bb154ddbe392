//! What a comparison found, as JSON and as a table.

use super::{ComparedMaps, ComparedOn};
use crate::assess::{Estimated, Paired, Places, Winner};
use anyhow::Context;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

impl ComparedMaps {
    /// What it says in JSON: for each map the figures that `assess` gives too, then how they differ, on what tells most; and the
    /// same for all else that they were held against.
    pub fn json(&self) -> Value {
        let best = self.bases.first();
        let map = |side: usize| {
            let mut value = best.map_or_else(|| json!({}), |on| figures(on, side));
            value["name"] = json!(self.maps[side].name);
            value["made_by"] = json!(self.maps[side].made_by);
            value
        };
        json!({
            "answer": self.answer,
            "site": self.site,
            "basis": best.map(|on| on.basis),
            "maps": [map(0), map(1)],
            "difference": best.map(difference),
            "mcnemar": best.and_then(|on| on.comparison.places.first()).map(|all| &all.mcnemar),
            "places": best.map(|on| &on.comparison.places),
            "bases": self.bases,
            "agreement": {
                "compared_pixels": self.agreement.compared,
                "differing_pixels": self.agreement.differ,
                "share_agreeing": self.agreement.share().map(|differ| 1.0 - differ),
                "transitions": self.transitions,
            },
            "notes": self.notes,
        })
    }

    fn csv(&self) -> anyhow::Result<String> {
        let mut table = csv::Writer::from_writer(Vec::new());
        let [a, b] = [0, 1].map(|side| self.maps[side].name.as_str());
        table.write_record([
            "basis",
            "places",
            "units",
            "class",
            "figure",
            a,
            "from",
            "to",
            b,
            "from",
            "to",
            "difference",
            "from",
            "to",
            "better",
        ])?;
        for on in &self.bases {
            for places in &on.comparison.places {
                let mut row = |class: &str, units: u64, figure: &str, paired: &Paired| {
                    let mut cells: Vec<String> =
                        [on.basis.title(), name(places.places), &units.to_string(), class, figure]
                            .map(str::to_owned)
                            .into();
                    for figure in paired.maps.iter().chain([&paired.difference]) {
                        cells.extend(numbers(figure));
                    }
                    cells.push(match paired.winner() {
                        Winner::First => a.to_owned(),
                        Winner::Second => b.to_owned(),
                        Winner::Undecided => String::new(),
                    });
                    table.write_record(cells)
                };
                row("", places.units, "overall accuracy", &places.overall_accuracy)?;
                row("", places.units, "macro F1", &places.macro_f1)?;
                row("", places.units, "weighted F1", &places.weighted_f1)?;
                for class in &places.classes {
                    row(&class.name, class.units, "user's accuracy", &class.users_accuracy)?;
                    row(&class.name, class.units, "producer's accuracy", &class.producers_accuracy)?;
                    row(&class.name, class.units, "F1", &class.f1)?;
                }
            }
        }
        Ok(String::from_utf8(table.into_inner()?)?)
    }
}

/// For people.
fn name(places: Places) -> &'static str {
    match places {
        Places::All => "all",
        Places::Edges => "edges",
        Places::Interiors => "interiors",
    }
}

fn numbers(figure: &Estimated) -> [String; 3] {
    let number = |value: Option<f64>| value.map_or(String::new(), |v| format!("{v:.6}"));
    [number(figure.value), number(figure.interval.map(|i| i[0])), number(figure.interval.map(|i| i[1]))]
}

/// What others read of a map.
fn figures(on: &ComparedOn, side: usize) -> Value {
    let Some(all) = on.comparison.places.first() else { return json!({}) };
    let class = |class: &crate::assess::ClassComparison| {
        json!({
            "name": class.name,
            "users_accuracy": class.users_accuracy.maps[side].value,
            "producers_accuracy": class.producers_accuracy.maps[side].value,
            "f1": class.f1.maps[side].value,
            "support": class.units,
        })
    };
    json!({
        "overall_accuracy": all.overall_accuracy.maps[side].value,
        "macro_f1": all.macro_f1.maps[side].value,
        "weighted_f1": all.weighted_f1.maps[side].value,
        "obtained": format!("{} {}", on.obtained, capital(&on.comparison.obtained)),
        "classes": all.classes.iter().map(class).collect::<Vec<_>>(),
        "matrix": all.matrices[side],
    })
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters
        .next()
        .map_or(String::new(), |first| first.to_uppercase().chain(letters).collect::<String>() + ".")
}

/// The first map less the second.
fn difference(on: &ComparedOn) -> Value {
    let Some(all) = on.comparison.places.first() else { return Value::Null };
    json!({
        "overall_accuracy": all.overall_accuracy.difference,
        "macro_f1": all.macro_f1.difference,
        "weighted_f1": all.weighted_f1.difference,
    })
}

/// Writes `<output>.json`, `<output>.csv` and the page `<output>.html`.
pub(super) fn write(compared: &ComparedMaps, page: &str, output: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let at = |ending: &str| {
        let mut name = output.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    if let Some(folder) = output.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let json = serde_json::to_string_pretty(&compared.json())?;
    let texts = [(at(".json"), json), (at(".csv"), compared.csv()?), (at(".html"), page.to_owned())];
    for (file, text) in &texts {
        crate::files::write_atomically(file, text.as_bytes()).with_context(|| {
            format!("cannot write {}: check the folder and the free space", file.display())
        })?;
    }
    Ok(texts.map(|(file, _)| file).into())
}
