//! `ritmo reference info PROJECT [NAME]`

use crate::app::{Command, OpenSample, ReferenceOrder};
use crate::cli::{Failure, Shell};
use crate::labels::Legend;
use crate::project::reference::{ReferenceSample, Standing};
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The project's folder.
    pub project: PathBuf,
    /// The sample; all of them unless given.
    pub name: Option<String>,
}

pub fn run(args: Args, shell: &mut Shell) -> Result<(), Failure> {
    shell.open(&args.project)?;
    let all = shell.project()?.references().names.clone();
    let one = args.name.is_some();
    let names = args.name.map_or(all, |name| vec![name]);
    let (mut values, mut texts) = (Vec::new(), Vec::new());
    for name in names {
        shell.run(Command::Reference(ReferenceOrder::Open(name)))?;
        let project = shell.project()?;
        let open = project.references().open.as_ref();
        let open = open.ok_or_else(|| Failure("the sample is not open".into()))?;
        let (value, text) = told(open, &project.document.legend);
        values.push(value);
        texts.push(text);
    }
    let value = match (one, values.pop()) {
        (true, Some(value)) => value,
        (_, last) => {
            values.extend(last);
            json!({ "samples": values })
        }
    };
    let none = "There is no reference sample yet: design one with `ritmo reference design`".to_string();
    shell.print(&value, &if texts.is_empty() { none } else { texts.join("\n\n") });
    Ok(())
}

fn told(open: &OpenSample, legend: &Legend) -> (Value, String) {
    let sample = &open.sample;
    let count =
        |is: &dyn Fn(Standing) -> bool| sample.units.iter().filter(|unit| is(unit.standing())).count();
    let with_class = count(&|standing| matches!(standing, Standing::Class(_)));
    let skipped = count(&|standing| standing == Standing::Skipped);
    let disputed = count(&|standing| standing == Standing::Disputed);
    let unanswered = count(&|standing| standing == Standing::Unanswered);
    let interpreters: Vec<Value> = sample
        .interpreters()
        .into_iter()
        .map(|name| json!({ "name": name, "answers": sample.answered_by(name) }))
        .collect();
    let pairs = pairs(sample, legend);
    let agreement: Vec<Value> = pairs.iter().map(|pair| pair.0.clone()).collect();
    let value = json!({
        "name": sample.name,
        "path": open.file,
        "site": sample.site,
        "map": sample.design.as_ref().map(|design| &design.map),
        "units": sample.units.len(),
        "with_class": with_class,
        "skipped": skipped,
        "disputed": disputed,
        "unanswered": unanswered,
        "interpreters": interpreters,
        "agreement": agreement,
        "notes": open.told,
    });
    let mut text = format!(
        "{}: {} units, {with_class} with a class, {skipped} skipped, {disputed} to settle, {unanswered} without an answer",
        sample.name,
        sample.units.len()
    );
    if let Some(design) = &sample.design {
        text += &format!("\n  drawn of {}", design.map);
    }
    for name in sample.interpreters() {
        text += &format!("\n  {name}: {} answers", sample.answered_by(name));
    }
    text.extend(pairs.into_iter().map(|pair| pair.1));
    text.extend(open.told.iter().map(|words| format!("\n  {words}")));
    (value, text)
}

/// The agreement of each two interpreters that answered the same units.
fn pairs(sample: &ReferenceSample, legend: &Legend) -> Vec<(Value, String)> {
    let names = sample.interpreters();
    let all = names
        .iter()
        .enumerate()
        .flat_map(|(i, first)| names[i + 1..].iter().map(move |second| [*first, *second]));
    all.filter_map(|[first, second]| {
        let found = sample.agreement(&legend.classes, [first, second]);
        let share = found.share?;
        let classes = found.of_classes();
        let of_class = |(class, share, units): &(crate::labels::Class, f64, u64)| {
            json!({ "name": class.name, "agreement": share, "units": units })
        };
        let differ: Vec<u32> =
            found.differ.iter().filter_map(|place| sample.units.get(*place)).map(|unit| unit.number).collect();
        let value = json!({
            "first": first,
            "second": second,
            "both": found.both,
            "agreed": found.agreed,
            "share": share,
            "classes": classes.iter().map(of_class).collect::<Vec<_>>(),
            "differ": differ,
        });
        let mut text =
            format!("\n  {first} and {second} agree on {} of {} units ({:.1} %)", found.agreed, found.both, share * 100.0);
        for (class, share, units) in &classes {
            text += &format!("\n    {:28} {:5.1} % of {units} units", class.name, share * 100.0);
        }
        Some((value, text))
    })
    .collect()
}
