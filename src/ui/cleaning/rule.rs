//! What can be set of a rule: it reads as a sentence from left to right.

use super::fields::{choice_ui, number_ui, text_ui};
use crate::app::OpenProject;
use crate::classify::clean::{At, Condition, CubeTest, Place, RasterTest, Rule, Test, Verdict};
use crate::labels::Class;
use crate::ui::format;
use crate::ui::words::tr;
use egui::Ui;
use geo::Geometry;

/// Kinds of conditions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Annotations,
    Polygon,
    File,
    Cube,
    Raster,
}

/// What a rule is like before it is set.
pub fn first(classes: &[Class]) -> Option<Rule> {
    let place = classes.get(1).or(classes.first())?.name.clone();
    let condition = Condition::Inside(Place::Annotations(place));
    Some(Rule { class: classes.first()?.name.clone(), verdict: Verdict::Never, condition })
}

pub fn rule_ui(ui: &mut Ui, project: &OpenProject, n: usize, rule: &Rule, classes: &[Class]) -> Option<Rule> {
    let names: Vec<(String, String)> = classes.iter().map(|c| (c.name.clone(), c.name.clone())).collect();
    let mut set = None;
    ui.horizontal_wrapped(|ui| {
        if let Some(class) = choice_ui(ui, &tr!("Class of step {n}", n = n), &rule.class, &names) {
            set = Some(Rule { class, ..rule.clone() });
        }
        let to = match &rule.verdict {
            Verdict::Becomes(to) => to.clone(),
            _ => names.iter().map(|(name, _)| name).find(|name| **name != rule.class)?.clone(),
        };
        let verdicts = [
            (Verdict::Never, tr!("is never").to_string()),
            (Verdict::Only, tr!("is only").into()),
            (Verdict::Becomes(to.clone()), tr!("becomes").into()),
        ];
        let name = tr!("What step {n} does", n = n);
        if let Some(verdict) = choice_ui(ui, &name, &rule.verdict, &verdicts) {
            set = Some(Rule { verdict, ..rule.clone() });
        }
        if matches!(rule.verdict, Verdict::Becomes(_))
            && let Some(to) = choice_ui(ui, &tr!("New class of step {n}", n = n), &to, &names)
        {
            set = Some(Rule { verdict: Verdict::Becomes(to), ..rule.clone() });
        }
        Some(())
    });
    ui.horizontal_wrapped(|ui| {
        if let Some(condition) = condition_ui(ui, project, n, &rule.condition, &names) {
            set = Some(Rule { condition, ..rule.clone() });
        }
    });
    set
}

fn condition_ui(
    ui: &mut Ui,
    project: &OpenProject,
    n: usize,
    condition: &Condition,
    names: &[(String, String)],
) -> Option<Condition> {
    let (kind, inside) = kind_of(condition);
    let kinds = [
        ((Kind::Annotations, true), tr!("inside annotations")),
        ((Kind::Annotations, false), tr!("outside annotations")),
        ((Kind::Polygon, true), tr!("inside a polygon")),
        ((Kind::Polygon, false), tr!("outside a polygon")),
        ((Kind::File, true), tr!("inside polygons of a file")),
        ((Kind::File, false), tr!("outside polygons of a file")),
        ((Kind::Cube, true), tr!("where a band or index")),
        ((Kind::Raster, true), tr!("where a raster, such as slope,")),
    ]
    .map(|(kind, words)| (kind, words.to_string()));
    if let Some((kind, inside)) = choice_ui(ui, &tr!("Where step {n} holds", n = n), &(kind, inside), &kinds)
    {
        return new_condition(kind, inside, condition, names);
    }
    match condition {
        Condition::Inside(place) => place_ui(ui, project, n, place, names).map(Condition::Inside),
        Condition::Outside(place) => place_ui(ui, project, n, place, names).map(Condition::Outside),
        Condition::Cube(test) => cube_ui(ui, project, n, test).map(Condition::Cube),
        Condition::Raster(test) => raster_ui(ui, n, test).map(Condition::Raster),
    }
}

fn kind_of(condition: &Condition) -> (Kind, bool) {
    let of_place = |place: &Place| match place {
        Place::Polygon(_) => Kind::Polygon,
        Place::Annotations(_) => Kind::Annotations,
        Place::File(_) => Kind::File,
    };
    match condition {
        Condition::Inside(place) => (of_place(place), true),
        Condition::Outside(place) => (of_place(place), false),
        Condition::Cube(_) => (Kind::Cube, true),
        Condition::Raster(_) => (Kind::Raster, true),
    }
}

/// A condition of another kind; the place stays where only its side changes.
fn new_condition(
    kind: Kind,
    inside: bool,
    before: &Condition,
    names: &[(String, String)],
) -> Option<Condition> {
    let place = match (kind, before) {
        (_, Condition::Inside(place) | Condition::Outside(place)) if kind_of(before).0 == kind => {
            place.clone()
        }
        (Kind::Annotations, _) => Place::Annotations(names.first()?.0.clone()),
        (Kind::Polygon, _) => Place::Polygon(Vec::new()),
        (Kind::File, _) => Place::File("polygons.gpkg".into()),
        (Kind::Cube, _) => {
            let expression = "NDVI".into();
            return Some(Condition::Cube(CubeTest { expression, at: At::Mean, is: Test::Below, value: 0.3 }));
        }
        (Kind::Raster, _) => {
            let file = "slope.tif".into();
            return Some(Condition::Raster(RasterTest { file, band: 1, is: Test::Above, value: 15.0 }));
        }
    };
    Some(if inside { Condition::Inside(place) } else { Condition::Outside(place) })
}

fn place_ui(
    ui: &mut Ui,
    project: &OpenProject,
    n: usize,
    place: &Place,
    names: &[(String, String)],
) -> Option<Place> {
    match place {
        Place::Annotations(class) => {
            let name = tr!("Annotations of step {n}", n = n);
            choice_ui(ui, &name, class, names).map(Place::Annotations)
        }
        Place::File(file) => {
            let (name, hint) = (
                tr!("File of step {n}", n = n),
                tr!("A vector file; in the project unless its path is whole"),
            );
            text_ui(ui, &name, hint, &file.to_string_lossy()).map(|text| Place::File(text.into()))
        }
        Place::Polygon(rings) => {
            let selected = project.selected().and_then(|id| project.annotation(id));
            let taken = selected.and_then(|annotation| rings_of(&annotation.geometry));
            let words = if rings.is_empty() { tr!("Take the selected one") } else { tr!("Take another one") };
            let hint = tr!("Select an annotation on the Label page: its polygon is copied into the rule");
            let button = ui.add_enabled(taken.is_some(), egui::Button::new(words));
            button.on_hover_text(hint).on_disabled_hover_text(hint).clicked().then_some(())?;
            taken.map(Place::Polygon)
        }
    }
}

/// The rings of a polygon, the outer one first.
fn rings_of(geometry: &Geometry<f64>) -> Option<Vec<Vec<[f64; 2]>>> {
    let polygon = match geometry {
        Geometry::Polygon(polygon) => polygon,
        Geometry::MultiPolygon(polygons) => polygons.0.first()?,
        _ => return None,
    };
    let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
    Some(rings.map(|ring| ring.0.iter().map(|c| [c.x, c.y]).collect()).collect())
}

fn cube_ui(ui: &mut Ui, project: &OpenProject, n: usize, test: &CubeTest) -> Option<CubeTest> {
    let hint = tr!("A band, an index, or an expression over bands");
    let mut set = text_ui(ui, &tr!("Index of step {n}", n = n), hint, &test.expression)
        .filter(|text| !text.is_empty())
        .map(|expression| CubeTest { expression, ..test.clone() });
    let mut times = vec![
        (At::Mean, tr!("in the mean of all dates").to_string()),
        (At::Min, tr!("at its lowest").into()),
        (At::Max, tr!("at its highest").into()),
    ];
    let dates = project.cube().map_or(&[][..], |(opened, _)| &opened.cube.info().dates);
    times.extend(dates.iter().map(|date| (At::Date(*date), tr!("on {date}", date = format::date(*date)))));
    if let Some(at) = choice_ui(ui, &tr!("Date of step {n}", n = n), &test.at, &times) {
        set = Some(CubeTest { at, ..test.clone() });
    }
    if let Some((is, value)) = test_ui(ui, n, test.is, test.value) {
        set = Some(CubeTest { is, value, ..test.clone() });
    }
    set
}

fn raster_ui(ui: &mut Ui, n: usize, test: &RasterTest) -> Option<RasterTest> {
    let hint = tr!("A raster file in any coordinate system; in the project unless its path is whole");
    let mut set = text_ui(ui, &tr!("File of step {n}", n = n), hint, &test.file.to_string_lossy())
        .filter(|text| !text.is_empty())
        .map(|text| RasterTest { file: text.into(), ..test.clone() });
    if let Some((is, value)) = test_ui(ui, n, test.is, test.value) {
        set = Some(RasterTest { is, value, ..test.clone() });
    }
    set
}

fn test_ui(ui: &mut Ui, n: usize, is: Test, value: f64) -> Option<(Test, f64)> {
    let sides = [(Test::Below, tr!("is below").to_string()), (Test::Above, tr!("is above").to_string())];
    let side = choice_ui(ui, &tr!("Side of step {n}", n = n), &is, &sides);
    let name = tr!("Number of step {n}", n = n);
    let hint = tr!("The number that values are held against");
    let speed = (value.abs() * 0.01).max(0.005);
    let number = number_ui(ui, "", &name, hint, value, (-1e9, 1e9), speed, "");
    (side.is_some() || number.is_some()).then(|| (side.unwrap_or(is), number.unwrap_or(value)))
}
