//! `ritmo reference design PROJECT [--map M] [--site S] [--size N | --standard-error E] [--allocation …] [--seed S] [--name N]`

use crate::app::{Command, DesignRequest, LastReference, ReferenceOrder};
use crate::assess::{Allocated, Allocation};
use crate::cli::{Failure, Shell};
use crate::labels::{ClassCode, Legend};
use crate::project::reference::{Plan, Size, Wanted};
use clap::ValueEnum;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The project's folder.
    pub project: PathBuf,
    /// The map; that of the newest model unless given.
    #[arg(long)]
    pub map: Option<String>,
    /// The site; the only one unless given.
    #[arg(long)]
    pub site: Option<String>,
    /// Units in all; 500 unless given.
    #[arg(long, value_name = "N", conflicts_with = "standard_error")]
    pub size: Option<u64>,
    /// As many units as this standard error of overall accuracy takes, say 0.01 (Olofsson et al. 2014, equation 13).
    #[arg(long, value_name = "E")]
    pub standard_error: Option<f64>,
    /// How units are shared out among the map's classes.
    #[arg(long, value_enum, default_value_t = AllocationKind::Rare)]
    pub allocation: AllocationKind,
    /// The least number of units of a class, with `--allocation rare`.
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub minimum: u64,
    /// The user's accuracy expected of a class; 0.8 of others. Can be given several times.
    #[arg(long, value_name = "CLASS=SHARE")]
    pub expected: Vec<String>,
    /// The same seed and map give the same units.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// The sample's name; `reference-1`, `reference-2` … unless given.
    #[arg(long, value_name = "N")]
    pub name: Option<String>,
    /// Replace a sample of this name, with its answers.
    #[arg(long)]
    pub replace: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AllocationKind {
    /// The same number in each class.
    Equal,
    /// By area.
    Proportional,
    /// A least number in each class, the rest by area.
    Rare,
    /// By area times expected spread.
    Neyman,
}

pub fn run(args: Args, shell: &mut Shell) -> Result<(), Failure> {
    shell.open(&args.project)?;
    let expected = expected(&args.expected, &shell.project()?.document.legend)?;
    let size = match (args.size, args.standard_error) {
        (_, Some(error)) => Size::StandardError(error),
        (size, None) => size.map_or(Wanted::default().size, Size::Units),
    };
    let allocation = match args.allocation {
        AllocationKind::Equal => Allocation::Equal,
        AllocationKind::Proportional => Allocation::Proportional,
        AllocationKind::Rare => Allocation::Rare { minimum: args.minimum },
        AllocationKind::Neyman => Allocation::Neyman,
    };
    let request = DesignRequest {
        map: args.map,
        site: args.site,
        name: args.name,
        wanted: Wanted { size, allocation, expected, seed: args.seed },
        replace: args.replace,
    };
    shell.run(Command::Reference(ReferenceOrder::Design(request)))?;
    let Some(LastReference::Designed(plan)) = shell.project_mut()?.take_last_reference() else {
        return Err(Failure("nothing was drawn".into()));
    };
    let open = shell.project()?.references().open.as_ref();
    let open = open.ok_or_else(|| Failure("the sample that was drawn is not open".into()))?;
    let strata: Vec<Value> = plan.strata.iter().map(|stratum| stratum_json(stratum, &plan)).collect();
    let value = json!({
        "name": open.sample.name,
        "path": open.file,
        "site": open.sample.site,
        "map": open.sample.design.as_ref().map(|design| &design.map),
        "units": open.sample.units.len(),
        "seed": args.seed,
        "expected_standard_error": plan.standard_error,
        "strata": strata,
        "notes": plan.told,
    });
    let mut text = format!(
        "{} units of {} in {}\n  standard error of overall accuracy expected: {:.2} points\n  {:28} {:>12} {:>12} {:>8} {:>7} {:>12}\n",
        open.sample.units.len(),
        open.sample.design.as_ref().map_or("", |design| &design.map),
        open.file.display(),
        plan.standard_error * 100.0,
        "class",
        "pixels",
        "ha",
        "share",
        "units",
        "weight"
    );
    for stratum in &plan.strata {
        text += &format!(
            "  {:28} {:>12} {:>12.1} {:>6.1} % {:>7} {:>12.1}\n",
            stratum.stratum.name,
            stratum.stratum.pixels,
            stratum.stratum.pixels as f64 * plan.pixel_ha,
            stratum.share * 100.0,
            stratum.units,
            stratum.weight
        );
    }
    shell.print(&value, &text);
    Ok(())
}

fn stratum_json(stratum: &Allocated, plan: &Plan) -> Value {
    json!({
        "code": stratum.stratum.code,
        "name": stratum.stratum.name,
        "pixels": stratum.stratum.pixels,
        "hectares": stratum.stratum.pixels as f64 * plan.pixel_ha,
        "share": stratum.share,
        "expected_users_accuracy": stratum.expected_users_accuracy,
        "units": stratum.units,
        "weight": stratum.weight,
    })
}

/// "forest=0.9", or "1=0.9".
fn expected(given: &[String], legend: &Legend) -> Result<BTreeMap<ClassCode, f64>, Failure> {
    let one = |text: &String| {
        let wrong = || Failure(format!("“{text}” is no expected accuracy: write it like forest=0.9"));
        let (class, share) = text.rsplit_once('=').ok_or_else(wrong)?;
        let share: f64 = share.trim().parse().map_err(|_| wrong())?;
        let by_code = || class.trim().parse().ok().filter(|code: &ClassCode| legend.class(*code).is_some());
        let code = legend.by_name(class).map(|class| class.code).or_else(by_code);
        let code = code.ok_or_else(|| Failure(format!("there is no class “{class}” in the legend")))?;
        Ok((code, share))
    };
    given.iter().map(one).collect()
}
