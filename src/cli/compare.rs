//! `ritmo compare PROJECT MAP_A MAP_B [--site S] [--reference F]`

use super::{Failure, Shell};
use crate::app::{Command, CompareRequest};
use crate::assess::{ComparedPlaces, Estimated, Paired, Places, Winner, points};
use crate::jobs::{ComparedMaps, ComparedOn};
use crate::words::Language;
use serde_json::json;
use std::path::PathBuf;

/// So many kinds of disagreement are printed for people; the JSON has all.
const PRINTED: usize = 10;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The project's folder.
    pub project: PathBuf,
    /// The first map, by name.
    pub map_a: String,
    /// The second map, by name.
    pub map_b: String,
    /// The site; the only one unless given.
    #[arg(long)]
    pub site: Option<String>,
    /// A reference sample, by its name in the project or its file; annotations that neither model has seen are looked at too.
    #[arg(long, value_name = "F")]
    pub reference: Option<String>,
    /// The language of the report's page: en or es. JSON and tables stay in English, for programs.
    #[arg(long, value_name = "LANGUAGE", default_value_t)]
    pub language: Language,
}

pub fn run(args: Args, shell: &mut Shell) -> Result<(), Failure> {
    shell.open(&args.project)?;
    shell.run(Command::SetLanguage(args.language))?;
    let maps = [args.map_a, args.map_b];
    let request = CompareRequest { maps, site: args.site, reference: args.reference };
    shell.run(Command::CompareMaps(request))?;
    let compared = shell.project_mut()?.last.compared.take();
    let compared = compared.ok_or_else(|| Failure("nothing was compared".into()))?;
    let mut value = compared.json();
    value["files"] = json!(compared.files);
    shell.print(&value, &words(&compared));
    Ok(())
}

fn words(compared: &ComparedMaps) -> String {
    let mut text = format!("{}\n", compared.answer);
    for on in &compared.bases {
        text += &format!("\n{}: {}\n", on.basis.title(), on.obtained);
        text += &basis(on, compared);
    }
    let ha = compared.differ_ha();
    let share = compared.agreement.share().map_or(0.0, |differ| (1.0 - differ) * 100.0);
    text +=
        &format!("\nThe maps agree on {share:.1} % of the land that both map and differ on {ha:.1} ha:\n");
    for one in compared.transitions.iter().take(PRINTED) {
        text += &format!("  {:28} {:28} {:>11.2} ha\n", one.from, one.to, one.hectares);
    }
    for note in &compared.notes {
        text += &format!("{note}\n");
    }
    for file in &compared.files {
        text += &format!("{}\n", file.display());
    }
    text
}

fn basis(on: &ComparedOn, compared: &ComparedMaps) -> String {
    let [a, b] = [0, 1].map(|side| compared.maps[side].name.as_str());
    let mut text = format!("  {:30} {a:>12} {b:>12}   {:26} better\n", "", "difference, points");
    for places in on.comparison.places.iter().filter(|places| places.units > 0) {
        let title = match places.places {
            Places::All => "overall accuracy",
            Places::Edges => "at edges",
            Places::Interiors => "in interiors",
        };
        text += &row(title, &places.overall_accuracy, [a, b]);
        if places.places == Places::All {
            text += &row("macro F1", &places.macro_f1, [a, b]);
            text += &row("weighted F1", &places.weighted_f1, [a, b]);
        }
    }
    if let Some(all) = on.comparison.places.first() {
        text += &classes(all, [a, b]);
        if let Some(p) = all.mcnemar.p {
            text += &format!("  McNemar: p = {p:.2e}, {}\n", all.mcnemar.how);
        } else {
            text += &format!("  McNemar: {}\n", all.mcnemar.how);
        }
    }
    text
}

fn classes(all: &ComparedPlaces, names: [&str; 2]) -> String {
    let with_units = all.classes.iter().filter(|class| class.units > 0);
    with_units.map(|class| row(&format!("F1 {}", class.name), &class.f1, names)).collect()
}

fn row(title: &str, paired: &Paired, [a, b]: [&str; 2]) -> String {
    let share = |figure: &Estimated| figure.value.map_or("–".into(), |v| format!("{:.1} %", v * 100.0));
    let value = paired.difference.value.map_or("–".into(), points);
    let interval = paired.difference.interval;
    let interval =
        interval.map_or(String::new(), |[low, high]| format!(" ({} to {})", points(low), points(high)));
    let better = match paired.winner() {
        Winner::First => a,
        Winner::Second => b,
        Winner::Undecided => "–",
    };
    format!(
        "  {title:30} {:>12} {:>12}   {:26} {better}\n",
        share(&paired.maps[0]),
        share(&paired.maps[1]),
        format!("{value}{interval}")
    )
}
