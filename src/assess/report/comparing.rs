//! The part of the page on two maps compared.

use super::Comparison;
use super::figures::{difference_bar, interval, interval_in_points, most_of};
use super::matrix::drawn;
use super::page::{Set, Table, list, paragraph, swatched};
use super::rows::name_of;
use super::sections::{cells, class_measures, head};
use super::words::{count, percent, points};
use crate::assess::{ComparedPlaces, Measure, Paired, Places, Winner};
use crate::xml::escaped;

/// The part of two maps compared.
pub fn comparison(comparison: &Comparison, number: usize) -> String {
    let [first, second] = comparison.short();
    let title = format!("{first} against {second}: {}", comparison.title);
    let mut out = head(&title, &format!("comparison-{number}"));
    out += &format!("<p class=\"lead\">{}</p>\n", escaped(&comparison.headline()));
    out += &paragraph(&comparison.compared.obtained);
    for places in &comparison.compared.places {
        out += &compared(places, comparison.short());
    }
    out +=
        &format!("<p class=\"says\"><b>McNemar's test</b>: {}</p>\n", escaped(Measure::McNemar.measures()));
    out += &class_measures();
    out += &list(&comparison.compared.notes);
    out + "</section>\n"
}

fn compared(places: &ComparedPlaces, maps: &[String; 2]) -> String {
    let name = name_of(places.places);
    let mut out = format!(
        "<h3>{} ({} units)</h3>\n",
        escaped(&name.replacen(|c: char| c.is_ascii_lowercase(), &name[..1].to_uppercase(), 1)),
        count(places.units)
    );
    if places.units == 0 {
        return out + &paragraph("No unit lies there.");
    }
    let [first, second] = maps;
    let difference = format!("{first} less {second}");
    let heads = [
        ("", Set::Words),
        (first.as_str(), Set::Figures),
        ("95 % interval", Set::Figures),
        (second.as_str(), Set::Figures),
        ("95 % interval", Set::Figures),
        (difference.as_str(), Set::Figures),
        ("95 % interval", Set::Figures),
        ("", Set::Drawn),
        ("better", Set::Words),
    ];
    let whole = [
        (Measure::OverallAccuracy, &places.overall_accuracy),
        (Measure::MacroF1, &places.macro_f1),
        (Measure::WeightedF1, &places.weighted_f1),
    ];
    let all = whole.iter().map(|(_, paired)| *paired).chain(places.classes.iter().map(|class| &class.f1));
    let most = most_of(all.map(|paired| &paired.difference));
    let row = |head: String, paired: &Paired| {
        [
            head,
            percent(paired.maps[0].value),
            interval(&paired.maps[0]),
            percent(paired.maps[1].value),
            interval(&paired.maps[1]),
            points(paired.difference.value),
            interval_in_points(&paired.difference),
            difference_bar(&paired.difference, most),
            escaped(better(paired.winner(), maps)),
        ]
    };
    let ends = format!(
        "Bars reach from {} to {}; right of the middle {first} is better, left of it {second}",
        points(Some(-most)),
        points(Some(most))
    );
    let mut table = Table::new(&format!("The whole. {ends}"), &heads);
    for (measure, paired) in whole {
        table.row(&row(escaped(measure.name()), paired));
    }
    out += &table.done();
    let mut table = Table::new(&format!("F1 of each class: who wins it. {ends}"), &heads);
    for (class, of) in places.classes.iter().zip(&places.matrices[0].classes) {
        let name =
            format!("{} <small>({} units)</small>", swatched(of.colour, &class.name), count(class.units));
        table.row(&row(name, &class.f1));
    }
    out += &table.done();
    out += &more_of_classes(places, maps);
    let [only_first, only_second] = places.mcnemar.only_one_right.map(count);
    let p = match places.mcnemar.p {
        Some(p) if p < 0.0001 => "p < 0.0001".into(),
        Some(p) => format!("p = {p:.4}"),
        None => "no p".to_string(),
    };
    let chi = places.mcnemar.chi_squared.map_or(String::new(), |chi| format!(", chi-squared {chi:.2}"));
    out += &paragraph(&format!(
        "McNemar's test: only {first} is right on {only_first} units, only {second} on {only_second}; {p}{chi} ({}).",
        places.mcnemar.how
    ));
    if places.places == Places::All {
        out += "<div class=\"beside\">\n";
        for (map, matrix) in maps.iter().zip(&places.matrices) {
            out += &format!(
                "<figure>{}<figcaption>{}: reference down, map across; per cent of each row</figcaption></figure>\n",
                drawn(matrix, &format!("Error matrix of {map}")),
                escaped(map)
            );
        }
        out += "</div>\n";
    }
    for (map, matrix) in maps.iter().zip(&places.matrices) {
        let caption = format!("Counts of {map}, {name} (units; reference down, map across)");
        out += &cells(&caption, matrix, |r, m| count(matrix.count(r, m)));
    }
    out
}

/// User's and producer's accuracies of both maps.
fn more_of_classes(places: &ComparedPlaces, maps: &[String; 2]) -> String {
    let heads: Vec<String> = ["user's", "producer's"]
        .into_iter()
        .flat_map(|which| {
            let of_maps = maps.iter().map(move |map| format!("{which}, {map}"));
            of_maps.chain([format!("{which}, difference")])
        })
        .collect();
    let mut all = vec![("class", Set::Words)];
    all.extend(heads.iter().map(|head| (head.as_str(), Set::Figures)));
    let mut table = Table::new("User's and producer's accuracy, with 95 % intervals", &all);
    for (class, of) in places.classes.iter().zip(&places.matrices[0].classes) {
        let mut cells = vec![swatched(of.colour, &class.name)];
        for paired in [&class.users_accuracy, &class.producers_accuracy] {
            cells.extend(paired.maps.iter().map(|figure| both(&percent(figure.value), &interval(figure))));
            cells.push(both(&points(paired.difference.value), &interval_in_points(&paired.difference)));
        }
        table.row(&cells);
    }
    format!("<div class=\"wide\">{}</div>\n", table.done())
}

fn both(value: &str, interval: &str) -> String {
    format!("{value}<br/><small>{interval}</small>")
}

fn better(winner: Winner, [first, second]: &[String; 2]) -> &str {
    match winner {
        Winner::First => first,
        Winner::Second => second,
        Winner::Undecided => "not shown",
    }
}
