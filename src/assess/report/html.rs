//! The page as a whole.

use super::page::{Set, Table, base64, list, swatched};
use super::words::begun;
use super::{Picture, Report, comparing, curves, sections};
use crate::xml::escaped;
use std::fmt::Write;

const STYLE: &str = include_str!("style.css");

pub(super) fn html(report: &Report, pictures: &[Picture]) -> String {
    let title = match report.comparisons.first() {
        Some(comparison) => begun(format!("{} against {}", comparison.maps[0], comparison.maps[1])),
        None => report.subject(),
    };
    let mut out = String::from("<!DOCTYPE html>\n");
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <meta name=\"color-scheme\" content=\"light dark\"/>\n<title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>",
        escaped(&format!("{title} · {}", report.project))
    );
    let mut over = vec![report.project.as_str(), report.created.get(..10).unwrap_or_default()];
    over.retain(|words| !words.is_empty());
    let _ = writeln!(
        out,
        "<header>\n<p class=\"over\">{}</p>\n<h1>{}</h1>\n<p class=\"lead\">{}</p>",
        escaped(&over.join(" · ")),
        escaped(&title),
        escaped(&report.headline())
    );
    if let Some(gap) = report.gap() {
        let _ = writeln!(out, "<p class=\"gap\">{}</p>", escaped(&gap));
    }
    out += "</header>\n";
    out += &figures(pictures);
    for (i, comparison) in report.comparisons.iter().enumerate() {
        out += &comparing::comparison(comparison, i + 1);
    }
    if let Some(reference) = &report.reference {
        out += &sections::reference(reference);
    }
    if let Some(scores) = &report.annotations {
        out += &sections::scores("On annotations not seen by the model", scores, "annotations");
    }
    if let Some(scores) = &report.true_map {
        out += &sections::scores("Against the simulated true map", scores, "true-map");
    }
    if let Some(trials) = &report.trials {
        out += &sections::trials(trials);
    }
    if let Some(training) = &report.training {
        let drawn = curves::drawn(training);
        if !drawn.is_empty() {
            let _ =
                writeln!(out, "<section id=\"training\">\n<h2>How the training went</h2>\n{drawn}</section>");
        }
    }
    if !report.method.is_empty() {
        let mut table = Table::new("", &[("", Set::Words), ("", Set::Words)]);
        report.method.iter().for_each(|fact| table.row(&[escaped(&fact.name), escaped(&fact.value)]));
        let _ = writeln!(
            out,
            "<section id=\"method\" class=\"method\">\n<h2>Method, model and data</h2>\n{}</section>",
            table.done()
        );
    }
    if !report.notes.is_empty() {
        let _ = writeln!(
            out,
            "<section id=\"notes\">\n<h2>What else to know</h2>\n{}</section>",
            list(&report.notes)
        );
    }
    out + "</main>\n</body>\n</html>\n"
}

fn figures(pictures: &[Picture]) -> String {
    if pictures.is_empty() {
        return String::new();
    }
    let mut out = String::from("<section id=\"maps\" class=\"maps\">\n<div class=\"beside\">\n");
    for picture in pictures {
        let _ = writeln!(
            out,
            "<figure><img alt=\"{0}\" src=\"data:image/png;base64,{1}\"/><figcaption>{0}</figcaption></figure>",
            escaped(&picture.title),
            base64(&picture.png)
        );
    }
    out += "</div>\n";
    let mut legend: Vec<_> = Vec::new();
    for class in pictures.iter().flat_map(|picture| &picture.legend) {
        if !legend.contains(&class) {
            legend.push(class);
        }
    }
    if !legend.is_empty() {
        let keys: Vec<String> = legend
            .into_iter()
            .map(|class| format!("<span class=\"key\">{}</span>", swatched(class.colour, &class.name)))
            .collect();
        let _ = writeln!(out, "<p class=\"keys\">{}</p>", keys.join(" "));
    }
    out + "</section>\n"
}
