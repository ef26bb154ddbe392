//! What stands out, in sentences, the worst first.

use super::Clicked;
use crate::cube::statistics::{Comparison, Finding, Hint, Kind};
use crate::jobs::Measured;
use crate::ui::words::{tr, tr_below};
use crate::ui::{format, tokens, widgets};
use egui::text::{LayoutJob, TextWrapping};
use egui::{FontId, Label, RichText, Role, ScrollArea, Sense, Ui, Vec2, WidgetInfo, vec2};

/// Height of a sentence: a line in which it is, three of words.
const ROW: f32 = 68.0;
/// Notes and sites that failed that are listed.
const MOST_NOTES: usize = 4;

pub fn findings_ui(ui: &mut Ui, measured: &Measured) -> Option<Clicked> {
    let comparison = &measured.comparison;
    let findings = &comparison.findings;
    widgets::section(ui, tr!("What stands out"));
    let words = tr!(
        "Hints, not verdicts: what changes on the ground stands out too. A spread is the usual difference between a date and its neighbours."
    );
    ui.label(RichText::new(words).small().weak());
    notes_ui(ui, measured);
    ui.add_space(tokens::GRID);
    if findings.is_empty() {
        widgets::empty(
            ui,
            tr!("Nothing stands out"),
            tr!("No date is far from its neighbours, and no site from the others."),
        );
        return None;
    }
    let mut clicked = None;
    ScrollArea::vertical().id_salt("drift-findings").auto_shrink(false).show_rows(
        ui,
        ROW,
        findings.len(),
        |ui, rows| {
            for finding in &findings[rows] {
                if finding_ui(ui, comparison, finding) {
                    let over = ui.input(|i| i.modifiers.command);
                    clicked = Some(Clicked { site: finding.site, time: finding.time, over });
                }
            }
        },
    );
    clicked
}

/// What was left out.
fn notes_ui(ui: &mut Ui, measured: &Measured) {
    let colour = tokens::warning(ui.visuals().dark_mode);
    let failed =
        measured.failed.iter().map(|(site, why)| tr!("{site} was left out: {why}", site = site, why = why));
    let all: Vec<String> =
        failed.chain(measured.notes.iter().map(|note| tr_below(note).into_owned())).collect();
    for note in all.iter().take(MOST_NOTES) {
        ui.add(Label::new(RichText::new(note).small().color(colour)).truncate()).on_hover_text(note);
    }
    if all.len() > MOST_NOTES {
        let more = tr!("and {n} more", n = format::grouped((all.len() - MOST_NOTES) as i64));
        ui.label(RichText::new(more).small().color(colour))
            .on_hover_text(all[MOST_NOTES..].iter().take(40).cloned().collect::<Vec<_>>().join("\n"));
    }
}

/// A sentence; tells whether it was clicked.
fn finding_ui(ui: &mut Ui, comparison: &Comparison, finding: &Finding) -> bool {
    let size = Vec2::new(ui.available_width(), ROW);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let (title, words) = sentence(comparison, finding);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{title}: {words}")));
    let (visuals, painter) = (ui.visuals(), ui.painter_at(rect));
    if response.hovered() || response.has_focus() {
        painter.rect_filled(rect.shrink2(vec2(0.0, 1.0)), 4.0, visuals.widgets.hovered.weak_bg_fill);
    }
    let inner = rect.shrink2(vec2(tokens::GRID, 3.0));
    let lay = |text: &str, size: f32, colour, rows: usize| {
        let mut job = LayoutJob::simple(text.to_owned(), FontId::proportional(size), colour, inner.width());
        job.wrap = TextWrapping { max_rows: rows, max_width: inner.width(), ..TextWrapping::default() };
        painter.layout_job(job)
    };
    let (strong, text) = (visuals.strong_text_color(), visuals.text_color());
    let head = lay(&title, tokens::TEXT, strong, 1);
    let below = inner.min + vec2(0.0, head.size().y + 1.0);
    painter.galley(inner.min, head, strong);
    painter.galley(below, lay(&words, tokens::SMALL, text, 3), text);
    let clicked = response.clicked();
    response.on_hover_ui(|ui| {
        ui.label(&words);
        ui.label(
            RichText::new(tr!(
                "Click shows it on the map; Ctrl and click lays its histogram over the others"
            ))
            .weak(),
        );
    });
    clicked
}

/// Where it is, and the sentence.
fn sentence(comparison: &Comparison, finding: &Finding) -> (String, String) {
    let here = &comparison.sites[finding.site];
    let date = here.statistics.dates.get(finding.time).map_or(String::new(), ToString::to_string);
    let name = |band: usize| comparison.bands[band].name.as_str();
    let title = if comparison.sites.len() > 1 { format!("{date}, {}", here.name) } else { date };
    match &finding.kind {
        Kind::Unseen { dates: 1 } => (title, tr!("No pixel was seen").into()),
        Kind::Unseen { dates } => {
            let all = here.statistics.dates.len();
            (
                title,
                tr!("No pixel was seen on {n} of {m} dates, of which this is the first", n = dates, m = all),
            )
        }
        Kind::Site { distance, usual, bands } => {
            let bands: Vec<_> = bands.iter().map(|band| name(*band)).collect();
            let words = tr!(
                "{distance} quartile ranges from the other sites, which are {usual} from one another; most in {bands}",
                distance = format!("{distance:.1}"),
                usual = format!("{usual:.1}"),
                bands = bands.join(", ")
            );
            (here.name.clone(), words)
        }
        Kind::Date { bands, contrast, clear, hint } => {
            let of = |bright: bool| -> String {
                let some = bands.iter().filter(|(_, z)| (*z > 0.0) == bright);
                some.map(|(band, z)| tr!("{band} by {n}", band = name(*band), n = format!("{:.1}", z.abs())))
                    .collect::<Vec<_>>()
                    .join(", ")
            };
            let (up, down) = (of(true), of(false));
            let mut words = match (up.is_empty(), down.is_empty()) {
                (false, true) => tr!("Brighter than its neighbours in {bands} spreads", bands = up),
                (true, _) => tr!("Darker than its neighbours in {bands} spreads", bands = down),
                (false, false) => tr!(
                    "Brighter than its neighbours in {up} spreads, darker in {down}",
                    up = up,
                    down = down
                ),
            };
            if *contrast < 0.8 {
                words += &tr!(", with {n} % of their contrast", n = format!("{:.0}", contrast * 100.0));
            }
            if *clear < 0.5 {
                words += &match *clear < 0.01 {
                    true => tr!("; less than 1 % of its pixels were seen").into(),
                    false => tr!("; only {n} % of its pixels were seen", n = format!("{:.0}", clear * 100.0)),
                };
            }
            (title, format!("{words}: {}", hint_words(*hint)))
        }
    }
}

fn hint_words(hint: Hint) -> &'static str {
    match hint {
        Hint::Haze => tr!("haze?"),
        Hint::Cloud => tr!("unmasked cloud, snow or another calibration?"),
        Hint::Shadow => tr!("cloud shadow, low sun or another calibration?"),
        Hint::Other => tr!("a drifting mosaic, or a change on the ground?"),
    }
}
