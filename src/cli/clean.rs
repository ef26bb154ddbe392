//! `ritmo clean PROJECT [--map N] [--smooth W] [--majority W] [--sieve HA]`

use super::{Failure, Shell};
use crate::app::{CleanRequest, Command};
use crate::classify::clean::{Majority, Recipe, Sieve, Smooth, Step};
use serde_json::json;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The project's folder.
    pub project: PathBuf,
    /// The map's name; that of the newest model unless given.
    #[arg(long)]
    pub map: Option<String>,
    /// The site; the only one unless given.
    #[arg(long)]
    pub site: Option<String>,
    /// Steps and rules in JSON, as they stand in a map's `.recipe.json` under "recipe"; the project's own unless given.
    #[arg(long, value_name = "FILE")]
    pub recipe: Option<PathBuf>,
    /// First smooth the probabilities over so many pixels a side, with this smoothness (20).
    #[arg(long, value_name = "W[,V]")]
    pub smooth: Option<String>,
    /// Then make each pixel what most of so many pixels a side are.
    #[arg(long, value_name = "W")]
    pub majority: Option<u32>,
    /// At last take patches under so many hectares to their largest neighbour.
    #[arg(long, value_name = "HA")]
    pub sieve: Option<f64>,
    /// The new map's name; `<map>-clean`, or the next that is free, unless given.
    #[arg(long)]
    pub output: Option<String>,
}

pub fn run(args: Args, shell: &mut Shell) -> Result<(), Failure> {
    let recipe = recipe(&args)?;
    shell.open(&args.project)?;
    let request = CleanRequest { map: args.map, site: args.site, recipe, output: args.output };
    shell.run(Command::Clean(request))?;
    let cleaned = shell.project()?.last.cleaned.as_ref();
    let cleaned = cleaned.ok_or_else(|| Failure("nothing was cleaned".into()))?;
    let areas = cleaned.areas_ha.iter();
    let value = json!({
        "map": cleaned.name,
        "source": cleaned.source,
        "site": cleaned.site,
        "classes_path": cleaned.files.map.classes,
        "probabilities_path": cleaned.files.map.probabilities,
        "entropy_path": cleaned.files.map.entropy,
        "recipe_path": cleaned.files.recipe,
        "areas_path": cleaned.files.areas,
        "steps": cleaned.sentences,
        "changed_pixels": cleaned.changed,
        "corrections_over_it": cleaned.carried.len(),
        "share_changed": cleaned.share_changed,
        "seconds": cleaned.seconds,
        "areas_ha": areas.clone()
            .map(|(class, before, after)| json!({ "name": class.name, "before": before, "after": after }))
            .collect::<Vec<_>>(),
    });
    let mut text = format!(
        "{} is cleaned in {:.1} s: {}\n",
        cleaned.source,
        cleaned.seconds,
        cleaned.files.map.classes.display()
    );
    cleaned.sentences.iter().for_each(|sentence| text += &format!("  {sentence}\n"));
    text += &format!("{:.1} % of the pixels have another class\n", cleaned.share_changed * 100.0);
    if !cleaned.carried.is_empty() {
        text += &format!(
            "What was corrected by hand lies over it, as it did before: `ritmo correct PROJECT --map {}` makes a map with it\n",
            cleaned.name
        );
    }
    text += &format!("  {:28} {:>12}    {:>12}\n", "", "before", "after");
    for (class, before, after) in areas {
        text += &format!("  {:28} {before:>12.2} ha {after:>12.2} ha\n", class.name);
    }
    shell.print(&value, &text);
    Ok(())
}

/// The recipe of the options, after that of the file; `None` where there is neither.
fn recipe(args: &Args) -> Result<Option<Recipe>, Failure> {
    let mut recipe = match &args.recipe {
        None => None,
        Some(file) => {
            let text = std::fs::read_to_string(file)
                .map_err(|e| Failure(format!("cannot read the recipe {}: {e}", file.display())))?;
            let failed = |e: &dyn std::fmt::Display| Failure(format!("{}: {e}", file.display()));
            // What lies beside a cleaned map tells more than the recipe.
            let told: serde_json::Value = serde_json::from_str(&text).map_err(|e| failed(&e))?;
            let text = told.get("recipe").map_or(text, ToString::to_string);
            Some(Recipe::from_json(&text).map_err(|e| failed(&e))?)
        }
    };
    let smooth = args.smooth.as_deref().map(smooth).transpose()?.map(Step::Smooth);
    let majority = args.majority.map(|window| Step::Majority(Majority { window }));
    let sieve = args.sieve.map(|hectares| Step::Sieve(Sieve { hectares, ..Sieve::default() }));
    let steps = Recipe::of([smooth, majority, sieve].into_iter().flatten()).steps;
    if !steps.is_empty() {
        recipe.get_or_insert_default().steps.extend(steps);
    }
    Ok(recipe)
}

fn smooth(text: &str) -> Result<Smooth, Failure> {
    let wrong = || Failure(format!("--smooth takes a window and a smoothness, as in 9,20, not {text}"));
    let (window, smoothness) = match text.split_once(',') {
        Some((window, smoothness)) => (window, smoothness.trim().parse().map_err(|_| wrong())?),
        None => (text, Smooth::default().smoothness),
    };
    let window = window.trim().parse().map_err(|_| wrong())?;
    Ok(Smooth { window, smoothness, ..Smooth::default() })
}
