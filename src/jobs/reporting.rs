//! Reports as files, with what they tell of the map, its model and the data.

use crate::assess::{Fact, Picture, Report, Training};
use crate::files::write_atomically;
use crate::geo::Grid;
use crate::labels::{Class, ClassCode};
use crate::model::ModelCard;
use crate::words::Language;
use anyhow::Context;
use chrono::NaiveDate;
use serde::Serialize;
use std::io::Read;
use std::path::Path;

/// Pixels of the longer side of a picture in a report, at most.
const PICTURE: u32 = 520;

/// Writes a report as JSON, and beside it the same as a page (`.html`) and as a table (`.csv`); the JSON last, so that where
/// it lies the others do too. The page is in a language; document and table are for programs, and stay in English.
///
/// # Errors
/// When the folder cannot be made or a file cannot be written.
pub fn save_report(
    report: &Report,
    pictures: &[Picture],
    language: Language,
    json: &Path,
) -> anyhow::Result<()> {
    let failed =
        |path: &Path| format!("cannot write {}: check the folder and the free space", path.display());
    if let Some(folder) = json.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).with_context(|| failed(json))?;
    }
    let write = |ending: &str, text: &str| {
        let path = beside(json, ending);
        write_atomically(&path, text.as_bytes()).with_context(|| failed(&path))
    };
    write("html", &report.html(pictures, language))?;
    write("csv", &report.csv().with_context(|| failed(json))?)?;
    write("json", &report.json())
}

/// Copies a file of a report.
///
/// # Errors
/// When it cannot be read, or the copy cannot be written.
pub fn copy_report(from: &Path, to: std::path::PathBuf) -> anyhow::Result<super::Outcome> {
    let bytes = std::fs::read(from)
        .with_context(|| format!("cannot read {}: assess again, which writes it", from.display()))?;
    write_atomically(&to, &bytes)
        .with_context(|| format!("cannot write {}: check the folder and the free space", to.display()))?;
    Ok(super::Outcome::ReportSaved(to))
}

/// The reports in a folder that can be read, the newest first.
pub(super) fn reports_in(folder: &Path) -> Vec<super::Assessed> {
    let mut found: Vec<_> = folders_of_reports(folder)
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder).into_iter().flatten().flatten())
        .filter(|entry| entry.path().extension().is_some_and(|ending| ending == "json"))
        .filter_map(|entry| {
            let (when, file) = (entry.metadata().ok()?.modified().ok()?, entry.path());
            let report: Report = serde_json::from_slice(&std::fs::read(&file).ok()?).ok()?;
            // Other documents have none of its fields.
            (report.version > 0 || !report.map.is_empty()).then_some((when, super::Assessed { report, file }))
        })
        .collect();
    found.sort_by(|(a, one), (b, other)| b.cmp(a).then_with(|| one.file.cmp(&other.file)));
    found.into_iter().map(|(_, report)| report).collect()
}

/// Where reports of a project lie: those of maps in a folder a site, those of trials (and of maps, once) above.
pub(super) fn folders_of_reports(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let sites = entries.map(|entry| entry.path()).filter(|path| path.is_dir());
    std::iter::once(folder.to_owned()).chain(sites).collect()
}

/// The file of a report with another ending; names may have points in them.
pub fn beside(json: &Path, ending: &str) -> std::path::PathBuf {
    let name = json.file_name().unwrap_or_default().to_string_lossy();
    let stem = [".json", ".html", ".csv"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
    json.with_file_name(format!("{stem}.{ending}"))
}

/// Class codes, y x x, as a small picture with its legend; clear where there is no class.
pub(super) fn map_picture(title: String, grid: &Grid, codes: &[u8], classes: &[Class]) -> Option<Picture> {
    let step = grid.width.max(grid.height).div_ceil(PICTURE).max(1);
    let mut colours = [[0; 4]; 256];
    for class in classes {
        let [r, g, b] = class.colour;
        colours[usize::from(class.code)] = [r, g, b, 255];
    }
    let (width, height) = (grid.width.div_ceil(step), grid.height.div_ceil(step));
    let mut seen = [false; 256];
    let mut rgba = Vec::with_capacity(width as usize * height as usize * 4);
    for row in 0..height {
        for col in 0..width {
            let at = (row * step) as usize * grid.width as usize + (col * step) as usize;
            let code = usize::from(codes.get(at).copied().unwrap_or(0));
            seen[code] = true;
            rgba.extend(colours[code]);
        }
    }
    let legend = classes.iter().filter(|class| seen[usize::from(class.code)]).cloned().collect();
    let png = crate::chart::encoded(width as usize, height as usize, rgba)?;
    Some(Picture { title, png, legend })
}

/// What a report says of the map's file.
pub(super) fn facts_of_map(path: &Path, grid: &Grid, made_by: Option<&str>) -> Vec<Fact> {
    let [across, down] = grid.metres_per_unit();
    let pixel = format!("{:.4} x {:.4} m", grid.pixel_width * across, grid.pixel_height.abs() * down);
    let checksum = checksum(path).unwrap_or_else(|| "cannot be read".into());
    vec![
        Fact::new("map file", path.display().to_string()),
        Fact::new("checksum of the map file (CRC-32C)", checksum),
        Fact::new("training that made the map", made_by.unwrap_or("the file does not say")),
        Fact::new("grid", format!("{} columns, {} rows, pixels of {pixel}", grid.width, grid.height)),
        Fact::new("coordinate system", grid.crs.label()),
    ]
}

fn checksum(path: &Path) -> Option<String> {
    let mut file = std::fs::File::open(path).ok()?;
    let (mut sum, mut buffer) = (0, vec![0; 1 << 18]);
    loop {
        match file.read(&mut buffer).ok()? {
            0 => return Some(format!("{sum:08x}")),
            read => sum = crc32c::crc32c_append(sum, &buffer[..read]),
        }
    }
}

/// What a report says of a model.
pub(super) fn facts_of_model(name: &str, card: &ModelCard) -> Vec<Fact> {
    let mut facts = vec![
        Fact::new("model", format!("{name}, {}", card.spec.kind.title())),
        Fact::new("training", card.training_id()),
        Fact::new("trained", card.created.clone()),
        Fact::new("network", settings(&card.spec.kind)),
        Fact::new("settings of training", settings(&card.spec.training)),
        Fact::new("seed of training", card.spec.training.seed.to_string()),
        Fact::new("bands and indices", card.bands.join(", ")),
        Fact::new("dates", dates(&card.dates)),
        Fact::new("gaps", words(&serde_json::to_value(card.spec.filling).unwrap_or_default())),
        Fact::new(
            "learned from",
            format!(
                "{} samples of {} annotations; {} annotations chose when to stop",
                card.samples,
                card.trained_on.len(),
                card.held_out.len()
            ),
        ),
    ];
    if let Some(labels) = &card.labels {
        let state = format!("{} annotations, text {} (FNV-1a)", labels.annotations, labels.hash);
        facts.push(Fact::new("labels that trained it", state));
    }
    if let Some(file) = &card.imported_from {
        facts.push(Fact::new("imported from", file.clone()));
    }
    facts
}

/// How the training of a model went; `None` where it was not trained here.
pub(super) fn training_of(card: &ModelCard) -> Option<Training> {
    let (history, best_epoch) = (card.history.clone(), card.best_epoch);
    (!history.is_empty()).then_some(Training { history, best_epoch })
}

/// What made the report.
pub(super) fn facts_of_program() -> Vec<Fact> {
    vec![Fact::new("made by", format!("Ritmo {}", env!("CARGO_PKG_VERSION")))]
}

/// Now, as reports have it.
pub(super) fn now() -> String {
    chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// Classes that maps give to all that was assessed, where it is one.
pub(super) fn only_class_note(mapped: impl Iterator<Item = ClassCode>, classes: &[Class]) -> Option<String> {
    let found: std::collections::BTreeSet<ClassCode> = mapped.collect();
    let [only] = found.iter().copied().collect::<Vec<_>>()[..] else { return None };
    let name = classes.iter().find(|class| class.code == only).map_or("one class", |class| &class.name);
    Some(format!(
        "All that was assessed is given one class, {name}: its producer's accuracy is 100 %, and the others' is nothing."
    ))
}

fn dates(dates: &[NaiveDate]) -> String {
    match dates {
        [] => "none".into(),
        [only] => only.to_string(),
        [first, .., last] => format!("{}: {first} to {last}", dates.len()),
    }
}

/// "filters 64, kernel 5": options as they are saved.
pub(super) fn settings(of: &impl Serialize) -> String {
    words(&serde_json::to_value(of).unwrap_or_default())
}

fn words(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Object(fields) => {
            let each =
                fields.iter().map(|(name, value)| format!("{} {}", name.replace('_', " "), words(value)));
            each.collect::<Vec<_>>().join(", ")
        }
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_and_the_table_lie_beside_the_document_whatever_its_name_is() {
        let folder = tempfile::tempdir().unwrap();
        let json = folder.path().join("new/tempcnn.v1.2.json");
        save_report(&Report { map: "tempcnn".into(), ..Report::default() }, &[], Language::English, &json)
            .unwrap();
        for ending in ["json", "html", "csv"] {
            let file = folder.path().join(format!("new/tempcnn.v1.2.{ending}"));
            assert!(std::fs::metadata(&file).unwrap().len() > 20, "{}", file.display());
            assert_eq!(beside(&file, "json"), json);
        }
        assert_eq!(beside(Path::new("a/b.c"), "csv"), Path::new("a/b.c.csv"));
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let why = format!(
            "{:#}",
            save_report(&Report::default(), &[], Language::English, &file.join("r.json")).unwrap_err()
        );
        assert!(why.contains("cannot write") && why.contains("r.json"), "{why}");
    }

    #[test]
    fn options_are_told_in_words() {
        let text =
            settings(&serde_json::json!({ "network": "tempcnn", "batch_size": 64, "x": { "y": null } }));
        assert_eq!(text, "network tempcnn, batch size 64, x y null");
    }

    #[test]
    fn one_class_for_all_is_told() {
        let classes = [Class::new(1, "Water", [0; 3]), Class::new(2, "Maize", [0; 3])];
        assert!(only_class_note([2, 2].into_iter(), &classes).unwrap().contains("Maize"));
        assert_eq!(only_class_note([1, 2].into_iter(), &classes), None);
        assert_eq!(only_class_note(std::iter::empty(), &classes), None);
    }
}
