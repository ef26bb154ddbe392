//! `ritmo labels check PROJECT`

use crate::app::Command;
use crate::cli::{Failure, Shell};
use crate::labels::{CheckReport, Finding};
use serde_json::json;
use std::path::PathBuf;

/// Of each kind so many are printed for people; `--json` has all.
const PRINTED: usize = 20;

#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// The project's folder.
    pub project: PathBuf,
}

pub fn run(args: &CheckArgs, shell: &mut Shell) -> Result<(), Failure> {
    shell.open(&args.project)?;
    shell.run(Command::CheckLabels)?;
    let checked =
        shell.project_mut()?.last.checked.take().ok_or_else(|| Failure("nothing was checked".into()))?;
    let report = &checked.report;
    let value = json!({
        "findings": report.findings,
        "counts": report.counts(),
        "annotations": report.annotations,
        "sites": report.sites,
        "classes": report.classes,
        "left_aside": checked.closed,
    });
    shell.print(&value, &words(report));
    Ok(())
}

fn words(report: &CheckReport) -> String {
    let mut text = format!("{} annotations on {} sites\n", report.annotations, report.sites);
    if report.sites == 0 {
        text += "There is no cube yet: nothing is said of pixels\n";
    }
    for class in report.classes.iter().filter(|class| class.annotations > 0) {
        let name = if class.name.is_empty() { "not in the legend" } else { &class.name };
        text += &format!(
            "  {:>3} {name}: {} annotations, {} of them sure; {} pure pixels\n",
            class.code, class.annotations, class.sure, class.pure_pixels
        );
    }
    if report.findings.is_empty() {
        return text + "Nothing is wrong";
    }
    for (kind, count) in report.counts() {
        text += &format!("{} ({count})\n", kind.title());
        let of_kind: Vec<&Finding> = report.findings.iter().filter(|f| f.kind == kind).collect();
        for finding in of_kind.iter().take(PRINTED) {
            text += &match finding.annotations.as_slice() {
                [one] => format!("  annotation {one}: {}\n", finding.why),
                _ => format!("  {}\n", finding.why),
            };
        }
        if count > PRINTED {
            text += &format!("  and {} more (--json lists all)\n", count - PRINTED);
        }
    }
    text
}
