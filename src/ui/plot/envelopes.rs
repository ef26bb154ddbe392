//! Behind the pixels, the usual year of classes: the median of their pure pixels as a line, the 10th to 90th percentile as a
//! band, in the colour of the class. Of one curve at a time, the first index shown or else the first band: bands of several
//! would cover one another.

use super::curves::Curve;
use crate::app::{Command, MOST_ENVELOPES, OpenProject};
use crate::chart::{Along, Axes, UsualYear};
use crate::cube::{Cube, Feature};
use crate::jobs::{self, Envelopes, EnvelopesRequest, Newest, OpenedCube};
use crate::labels::{Annotations, ClassCode, Confidence};
use crate::samples::Envelope;
use crate::ui::view::View;
use crate::ui::words::tr;
use crate::ui::{format, widgets};
use egui::containers::menu::{MenuButton, MenuConfig};
use egui::{Button, Color32, Context, PopupCloseBehavior, RichText, Ui};
use egui_plot::{FilledArea, Line, PlotPoints, PlotUi};
use std::sync::Arc;

/// The usual years that were asked for last, and the last that came: they stay until the next are there.
#[derive(Default)]
pub struct EnvelopesView {
    thread: Option<(Cube, Newest<EnvelopesRequest, Envelopes>)>,
    asked: Option<Asked>,
    shown: Option<Envelopes>,
}

/// What was asked for.
struct Asked {
    id: u64,
    classes: Vec<ClassCode>,
    feature: Feature,
    annotations: Annotations,
    /// That of the cores.
    revision: u64,
}

impl EnvelopesView {
    /// Those that are known of a band or an index.
    pub fn of(&self, feature: &Feature) -> impl Iterator<Item = &Envelope> + use<'_> {
        let shown = self.shown.as_ref().filter(|shown| shown.feature == *feature);
        shown.and_then(|shown| shown.found.as_ref().ok()).into_iter().flatten()
    }

    /// Whether some are on their way.
    fn pending(&self) -> bool {
        let shown = self.shown.as_ref().map(|shown| shown.id);
        self.asked.as_ref().is_some_and(|asked| Some(asked.id) != shown)
    }

    /// "Maize: median and 10th to 90th percentile of NDVI, 430 pixels of 12 annotations" for each that is shown, "…" while some
    /// are on their way, or why they cannot be told.
    pub fn told(&self, project: &OpenProject) -> Vec<String> {
        let waiting = self.pending().then(|| "…".to_string());
        let Some(shown) = &self.shown else { return waiting.into_iter().collect() };
        let words = match &shown.found {
            Err(why) => vec![tr!("Envelopes cannot be told: {why}", why = why)],
            Ok(found) => found.iter().map(|one| in_words(project, shown, one)).collect(),
        };
        words.into_iter().chain(waiting).collect()
    }
}

fn in_words(project: &OpenProject, shown: &Envelopes, one: &Envelope) -> String {
    let class = project.document.legend.class(one.class).map_or("", |class| class.name.as_str());
    if one.pixels == 0 {
        return tr!("{class}: no pure pixel on this site", class = class);
    }
    tr!(
        "{class}: median and 10th to 90th percentile of {curve}, {pixels} of {annotations}",
        class = class,
        curve = shown.feature.name,
        pixels = format::count(one.pixels, "pure pixel"),
        annotations = format::count(one.annotations, "annotation")
    )
}

/// The curve whose usual year is shown.
fn which(curves: &[Curve]) -> Option<&Curve> {
    curves.iter().find(|curve| curve.feature.is_index()).or(curves.first())
}

/// Takes in what came, and asks for what is shown where it, the annotations or their cores have changed.
pub fn follow(ctx: &Context, project: &OpenProject, opened: &OpenedCube, view: &mut View, curves: &[Curve]) {
    let own = &mut view.envelopes;
    if own.thread.as_ref().is_some_and(|(of, _)| !of.is_same(&opened.cube)) {
        *own = EnvelopesView::default();
    }
    if let Some(came) = own.thread.as_ref().and_then(|(_, newest)| newest.take()) {
        own.shown = Some(came);
    }
    let there = |code: &&ClassCode| project.document.legend.class(**code).is_some();
    let classes: Vec<ClassCode> =
        project.document.view.envelopes.iter().filter(there).take(MOST_ENVELOPES).copied().collect();
    let Some(feature) = which(curves).map(|curve| &curve.feature).filter(|_| !classes.is_empty()) else {
        (own.asked, own.shown) = (None, None);
        return;
    };
    let revision = project.derived.cores.revision;
    let same = |asked: &Asked| {
        asked.classes == classes
            && asked.feature == *feature
            && asked.revision == revision
            && asked.annotations.is_same(&project.annotations)
    };
    if own.asked.as_ref().is_some_and(same) {
        return;
    }
    // Of other classes, or of another curve, nothing is shown until it is known.
    let stays = |shown: &Envelopes| {
        let found = shown.found.as_ref().map_or(&[][..], Vec::as_slice);
        shown.feature == *feature && found.iter().map(|one| one.class).eq(classes.iter().copied())
    };
    own.shown.take_if(|shown| !stays(shown));
    let id = own.asked.as_ref().map_or(1, |asked| asked.id + 1);
    let request = EnvelopesRequest {
        id,
        classes: classes.clone(),
        feature: feature.clone(),
        members: members(project, opened),
    };
    let start = || {
        let ctx = ctx.clone();
        (opened.cube.clone(), jobs::envelopes(&opened.cube, Arc::new(move || ctx.request_repaint())))
    };
    own.thread.get_or_insert_with(start).1.ask(request);
    let (feature, annotations) = (feature.clone(), project.annotations.clone());
    own.asked = Some(Asked { id, classes, feature, annotations, revision });
}

/// The annotations that give samples: those one is sure of, which hold at all dates, as far as their cores are known.
fn members(project: &OpenProject, opened: &OpenedCube) -> Vec<(ClassCode, Arc<jobs::DrawnCore>)> {
    let dates = &opened.cube.info().dates;
    let sure =
        project.annotations.iter().filter(|a| a.confidence == Confidence::Sure && a.holds.at_all(dates));
    let member = |annotation: &Arc<crate::labels::Annotation>| {
        let core = project.derived.cores.get(annotation.id)?.as_ref().ok()?;
        Some((annotation.class, Arc::clone(core)))
    };
    sure.filter_map(member).collect()
}

/// No cube is on screen any more.
pub fn forget(view: &mut View) {
    if view.envelopes.thread.is_some() {
        view.envelopes = EnvelopesView::default();
    }
}

/// The list of classes to choose from.
pub fn menu_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let chosen = &project.document.view.envelopes;
    let words = match chosen.len() {
        0 => tr!("Envelopes").to_string(),
        n => tr!("Envelopes {n}", n = n),
    };
    let config = MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    let button = Button::new(RichText::new(words).small());
    let (response, _) =
        MenuButton::from_button(button).config(config).ui(ui, |ui| classes_ui(ui, project, view));
    let told = view.envelopes.told(project).join("\n");
    let hint = tr!("The usual year of up to three classes, from the pure pixels of their annotations");
    response.on_hover_text(if told.is_empty() { hint.to_string() } else { format!("{hint}\n{told}") });
}

fn classes_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let chosen = &project.document.view.envelopes;
    let with_pixels = |code| project.tally(code).sure_pixels > 0;
    let classes = project.document.legend.classes.iter();
    let classes: Vec<_> = classes.filter(|c| with_pixels(c.code) || chosen.contains(&c.code)).collect();
    if classes.is_empty() {
        ui.set_max_width(260.0);
        ui.label(tr!("No class has pure pixels on this site yet: draw polygons on the Label page."));
        return;
    }
    egui::ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
        for class in classes {
            let was = chosen.contains(&class.code);
            let full = chosen.len() >= MOST_ENVELOPES && !was;
            ui.horizontal(|ui| {
                widgets::swatch(ui, class.colour);
                let mut on = was;
                let response = ui.add_enabled(!full, egui::Checkbox::new(&mut on, &class.name));
                response
                    .on_disabled_hover_text(tr!("Three are shown already: take one off first"))
                    .on_hover_text(tr!(
                        "{n} in sure annotations",
                        n = format::count(project.tally(class.code).sure_pixels, "pure pixel")
                    ));
                if on != was {
                    let mut classes: Vec<ClassCode> =
                        chosen.iter().copied().filter(|code| *code != class.code).collect();
                    classes.extend(on.then_some(class.code));
                    view.send(Command::ShowEnvelopes(classes));
                }
            });
        }
    });
    if ui.add_enabled(!chosen.is_empty(), Button::new(tr!("None"))).clicked() {
        view.send(Command::ShowEnvelopes(Vec::new()));
        ui.close();
    }
}

/// Those that are shown, for a file in which bands and indices are called so.
pub fn usual(project: &OpenProject, view: &View, name: impl Fn(&Feature) -> String) -> Vec<UsualYear> {
    let Some(shown) = &view.envelopes.shown else { return Vec::new() };
    let of = |one: &Envelope| {
        let class = project.document.legend.class(one.class)?;
        Some(UsualYear {
            class: class.name.clone(),
            colour: class.colour,
            feature: name(&shown.feature),
            median: one.median.clone(),
            low: one.low.clone(),
            high: one.high.clone(),
            pixels: one.pixels,
            annotations: one.annotations,
        })
    };
    shown.found.iter().flatten().filter_map(of).collect()
}

/// What is painted of usual years.
pub struct Painted {
    bands: Vec<FilledArea>,
    lines: Vec<Line<'static>>,
}

/// The usual years that are known of the curve they are shown of, set off by the colour of the `ground`.
pub fn painted(
    along: &Along,
    project: &OpenProject,
    view: &View,
    curves: &[Curve],
    axes: &Axes,
    ground: Color32,
) -> Painted {
    let mut painted = Painted { bands: Vec::new(), lines: Vec::new() };
    let Some(curve) = which(curves) else { return painted };
    for envelope in view.envelopes.of(&curve.feature) {
        let Some(class) = project.document.legend.class(envelope.class) else { continue };
        one(&mut painted, along, envelope, (curve, axes), (widgets::colour(class.colour), ground));
    }
    painted
}

fn one(
    painted: &mut Painted,
    along: &Along,
    envelope: &Envelope,
    (curve, axes): (&Curve, &Axes),
    (colour, ground): (Color32, Color32),
) {
    let place = |value: &f32| match curve.feature.is_index() {
        true => axes.place_of(f64::from(*value)),
        false => f64::from(*value),
    };
    for run in along.runs(&envelope.median) {
        let strength = along.strength(along.year(run.start));
        let of = |values: &[f32]| -> Vec<f64> { values[run.clone()].iter().map(place).collect() };
        let places = &along.places[run.clone()];
        let area = FilledArea::new("envelope", places, &of(&envelope.low), &of(&envelope.high));
        painted.bands.push(area.fill_color(colour.gamma_multiply(0.24 * strength)).allow_hover(false));
        let points: Vec<[f64; 2]> = places.iter().zip(of(&envelope.median)).map(|(x, y)| [*x, y]).collect();
        for (width, colour) in [(4.0, ground), (1.8, colour)] {
            let line = Line::new("envelope median", PlotPoints::from(points.clone()));
            painted.lines.push(line.color(colour.gamma_multiply(strength)).width(width).allow_hover(false));
        }
    }
}

/// Paints them: they lie behind everything.
pub fn paint(plot: &mut PlotUi<'_>, painted: Painted) {
    painted.bands.into_iter().for_each(|band| plot.add(band));
    painted.lines.into_iter().for_each(|line| plot.line(line));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cube::Band;
    use chrono::NaiveDate;

    fn curve(text: &str) -> Curve {
        let bands = ["B04", "B08"].map(Band::named);
        Curve { feature: Feature::resolve(text, &bands, &[]).unwrap(), colour: Color32::WHITE }
    }

    #[test]
    fn envelopes_are_of_the_first_index_or_else_of_the_first_band() {
        let name = |curves: &[Curve]| which(curves).map(|curve| curve.feature.name.clone());
        assert_eq!(name(&[curve("B08"), curve("NDVI"), curve("B04 / B08")]).as_deref(), Some("NDVI"));
        assert_eq!(name(&[curve("B08"), curve("B04")]).as_deref(), Some("B08"));
        assert_eq!(name(&[]), None);
    }

    #[test]
    fn a_date_with_too_few_values_parts_band_and_line() {
        const GAP: f32 = f32::NAN;
        let first = NaiveDate::from_ymd_opt(2022, 1, 5).unwrap();
        let dates: Vec<_> = (0..5).map(|i| first + chrono::Days::new(30 * i)).collect();
        let median = vec![1.0, 2.0, GAP, 3.0, 4.0];
        let (low, high) = (vec![0.0, 1.0, GAP, 2.0, 3.0], vec![2.0, 3.0, GAP, 4.0, 5.0]);
        let envelope = Envelope { class: 1, median, low, high, pixels: 9, annotations: 2 };
        let mut painted = Painted { bands: Vec::new(), lines: Vec::new() };
        let axes = Axes::fit((0.0, 10.0), None);
        let along = Along::new(&dates, false);
        one(&mut painted, &along, &envelope, (&curve("B04"), &axes), (Color32::RED, Color32::BLACK));
        assert_eq!((painted.bands.len(), painted.lines.len()), (2, 4));
    }
}
