//! The designer: which map, how many units, how they are shared out, and what that comes to before any is drawn.

use crate::app::{AppState, Command, Counted, DesignRequest, OpenProject, ReferenceOrder};
use crate::assess::{Allocation, DesignSpec};
use crate::jobs::JobKind;
use crate::labels::Legend;
use crate::project::reference::{Plan, Size, Wanted, plan};
use crate::ui::dialogs::answer_ui;
use crate::ui::view::View;
use crate::ui::words::{tr, tr_below};
use crate::ui::{format, tokens, widgets};
use egui::{
    ComboBox, Context, DragValue, Grid, Id, Label, Modal, Response, RichText, Role, ScrollArea, TextEdit, Ui,
    WidgetInfo,
};

/// Width of a column of figures.
const FIGURE: f32 = 66.0;

/// What is asked for so far.
#[derive(Debug, Clone, Default)]
pub struct Form {
    map: Option<String>,
    name: Option<String>,
    wanted: Wanted,
    /// What was chosen last of each way to say how large.
    units: Option<u64>,
    points: Option<f64>,
    minimum: Option<u64>,
    replace: bool,
    /// The site and map that were asked to be counted.
    asked: Option<(String, String)>,
}

impl Form {
    fn request(&self) -> DesignRequest {
        DesignRequest {
            map: self.map.clone(),
            site: None,
            name: self.name.clone(),
            wanted: self.wanted.clone(),
            replace: self.replace,
        }
    }
}

/// Paints the designer, where it is open.
pub fn designer_ui(ctx: &Context, state: &AppState, view: &mut View) {
    let Some(mut form) = view.reference.designer.take() else { return };
    let Some((project, site)) = state.project.as_ref().and_then(|p| Some((p, &p.site.as_ref()?.name))) else {
        return;
    };
    let (mut command, mut cancelled) = (None, false);
    let room = ctx.content_rect();
    let modal = Modal::new(Id::unique("reference designer")).show(ctx, |ui| {
        ui.set_width(700.0_f32.min(room.width() - 80.0));
        ui.heading(tr!("Design a reference sample"));
        ui.add_space(tokens::GRID);
        map_ui(ui, project, &mut form);
        let map = form.map.clone().unwrap_or_default();
        let counted = project.references().counted.as_ref();
        let counted = counted.filter(|counted| counted.site == *site && counted.map == map);
        let wanted = (site.clone(), map.clone());
        if form.asked.as_ref() != Some(&wanted) && state.job(JobKind::CountStrata).is_none() {
            form.asked = Some(wanted);
            let order = ReferenceOrder::Count { map: Some(map.clone()), site: None };
            view.commands.push(Command::Reference(order));
        }
        let exists = name_ui(ui, project, &mut form);
        let legend = project.legend_of(&map);
        let planned = counted.map(|counted| plan(&counted.counts, &legend, &form.wanted));
        size_ui(ui, &mut form, planned.as_ref().and_then(|planned| planned.as_ref().ok()));
        allocation_ui(ui, &mut form);
        let rest = (room.height() - 400.0).clamp(100.0, 260.0);
        match (&planned, counted) {
            (Some(Ok(plan)), Some(_)) => strata_ui(ui, plan, &legend, &mut form, rest),
            (Some(Err(why)), _) => {
                ui.add(Label::new(RichText::new(tr_below(why)).color(ui.visuals().warn_fg_color)).wrap());
            }
            _ if state.job(JobKind::CountStrata).is_some() => {
                ui.horizontal(|ui| {
                    ui.spinner();
                    ui.label(tr!("Counting the classes of the map …"));
                });
            }
            _ => {
                ui.label(RichText::new(tr!("The map cannot be counted: choose another one")).weak());
            }
        }
        let fresh = counted.is_some_and(|counted: &Counted| counted.map == map);
        let ready = fresh && matches!(planned, Some(Ok(_))) && (!exists || form.replace);
        (command, cancelled) = answer_ui(ui, tr!("Draw the sample"), ready, || {
            Command::Reference(ReferenceOrder::Design(form.request()))
        });
    });
    if let Some(command) = command {
        view.send(command);
    } else if !cancelled && !modal.should_close() {
        view.reference.designer = Some(form);
    }
}

fn row_ui(ui: &mut Ui, name: &str, content: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        widgets::left_name(ui, 96.0, name);
        content(ui);
    });
}

fn named(response: &Response, role: Role, name: &str) {
    response.widget_info(|| WidgetInfo::labeled(role, true, name));
}

fn map_ui(ui: &mut Ui, project: &OpenProject, form: &mut Form) {
    let shown = project.map().filter(|map| map.complete && map.live.is_none()).map(|map| map.name.clone());
    let names = project.map_names();
    let first = || shown.or_else(|| names.first().cloned()).unwrap_or_default();
    let map = form.map.get_or_insert_with(first);
    row_ui(ui, tr!("Map"), |ui| {
        let combo = ComboBox::from_id_salt("map to sample").selected_text(map.as_str()).width(280.0);
        let response = combo.show_ui(ui, |ui| {
            for name in names {
                ui.selectable_value(map, name.clone(), name.as_str());
            }
        });
        named(&response.response, Role::ComboBox, tr!("Map to draw from"));
    });
}

/// The sample's name; tells whether there is one of it.
fn name_ui(ui: &mut Ui, project: &OpenProject, form: &mut Form) -> bool {
    let before = form.name.clone();
    let name = form.name.get_or_insert_with(|| project.free_reference_name());
    ui.horizontal(|ui| {
        let label = widgets::left_name(ui, 96.0, tr!("Name"));
        ui.add(TextEdit::singleline(name).desired_width(280.0)).labelled_by(label.id);
    });
    let exists = project.references().names.iter().any(|there| there == name.trim());
    if before != form.name {
        form.replace = false;
    }
    if exists {
        ui.checkbox(&mut form.replace, tr!("Replace the sample of this name, with its answers"));
    }
    exists
}

fn size_ui(ui: &mut Ui, form: &mut Form, plan: Option<&Plan>) {
    let (usual, points) = (form.units.unwrap_or(500), form.points.unwrap_or(1.0));
    row_ui(ui, tr!("Size"), |ui| {
        let by_error = matches!(form.wanted.size, Size::StandardError(_));
        if ui.radio(!by_error, tr!("Units")).clicked() {
            form.wanted.size = Size::Units(usual);
        }
        let mut units = usual;
        let drag = ui.add_enabled(!by_error, DragValue::new(&mut units).range(2..=1_000_000).speed(1.0));
        named(&drag, Role::SpinButton, tr!("Number of units"));
        if drag.changed() {
            (form.units, form.wanted.size) = (Some(units), Size::Units(units));
        }
        ui.add_space(3.0 * tokens::GRID);
        if ui.radio(by_error, tr!("Standard error of overall accuracy")).clicked() {
            form.wanted.size = Size::StandardError(points / 100.0);
        }
        let mut error = points;
        let drag = DragValue::new(&mut error).range(0.05..=20.0).speed(0.01).max_decimals(2).suffix(" %");
        let drag = ui.add_enabled(by_error, drag);
        named(&drag, Role::SpinButton, tr!("Wanted standard error"));
        if drag.changed() {
            (form.points, form.wanted.size) = (Some(error), Size::StandardError(error / 100.0));
        }
    });
    if let Some(plan) = plan {
        let words = tr!(
            "{units}, from which a standard error of {error} points is expected",
            units = format::count(plan.units() as usize, "unit"),
            error = format!("{:.2}", plan.standard_error * 100.0)
        );
        row_ui(ui, "", |ui| drop(ui.label(RichText::new(words).small())));
    }
}

fn allocation_ui(ui: &mut Ui, form: &mut Form) {
    let minimum = form.minimum.unwrap_or(50);
    let all = [
        (Allocation::Rare { minimum }, tr!("A least number each, the rest by area")),
        (Allocation::Equal, tr!("The same number each")),
        (Allocation::Proportional, tr!("By area")),
        (Allocation::Neyman, tr!("By area and expected spread (Neyman)")),
    ];
    row_ui(ui, tr!("Shared out"), |ui| {
        let now = all.iter().find(|(kind, _)| *kind == form.wanted.allocation).map_or("", |(_, words)| words);
        let combo = ComboBox::from_id_salt("allocation").selected_text(now).width(280.0);
        let response = combo.show_ui(ui, |ui| {
            for (kind, words) in all {
                ui.selectable_value(&mut form.wanted.allocation, kind, words);
            }
        });
        named(&response.response, Role::ComboBox, tr!("How units are shared out"));
        if matches!(form.wanted.allocation, Allocation::Rare { .. }) {
            let mut least = minimum;
            let drag = ui.add(DragValue::new(&mut least).range(2..=100_000).prefix(tr!("least ")));
            named(&drag, Role::SpinButton, tr!("Least number of units of a class"));
            if drag.changed() {
                form.minimum = Some(least);
                form.wanted.allocation = Allocation::Rare { minimum: least };
            }
        }
    });
    row_ui(ui, tr!("Seed"), |ui| {
        let drag = ui.add(DragValue::new(&mut form.wanted.seed).range(0..=u64::from(u32::MAX)));
        named(&drag, Role::SpinButton, tr!("Seed"));
        ui.label(RichText::new(tr!("The same seed and map give the same units")).small().weak());
    });
}

/// What each class gets, and what is expected of it.
fn strata_ui(ui: &mut Ui, plan: &Plan, legend: &Legend, form: &mut Form, height: f32) {
    ui.separator();
    ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
        Grid::new("strata").num_columns(7).spacing([16.0, 4.0]).striped(true).show(ui, |ui| {
            let weak = |text: &str| RichText::new(text).small().weak();
            ui.label(weak(tr!("class")));
            for head in [tr!("pixels"), tr!("hectares"), tr!("share")] {
                widgets::right(ui, FIGURE, weak(head));
            }
            ui.label(weak(tr!("expected user's")));
            for head in [tr!("units"), tr!("weight")] {
                widgets::right(ui, FIGURE, weak(head));
            }
            ui.end_row();
            for stratum in &plan.strata {
                let (code, name) = (stratum.stratum.code, &stratum.stratum.name);
                ui.horizontal(|ui| {
                    widgets::swatch(ui, legend.class(code).map_or([128; 3], |class| class.colour));
                    ui.allocate_ui(egui::Vec2::new(150.0, tokens::BAR), |ui| {
                        ui.set_min_width(150.0);
                        ui.add(Label::new(RichText::new(name).small()).truncate());
                    });
                });
                let figure = |ui: &mut Ui, text: String| {
                    widgets::right(ui, FIGURE, RichText::new(text).monospace().small())
                };
                figure(ui, format::grouped(stratum.stratum.pixels as i64));
                figure(ui, format::hectares(stratum.stratum.pixels as f64 * plan.pixel_ha));
                figure(ui, format::percent(Some(stratum.share)));
                let mut expected = stratum.expected_users_accuracy * 100.0;
                let drag =
                    DragValue::new(&mut expected).range(1.0..=100.0).speed(0.5).max_decimals(1).suffix(" %");
                let drag = ui.add(drag);
                named(&drag, Role::SpinButton, &tr!("Expected user's accuracy of {class}", class = name));
                if drag.changed() {
                    match (expected / 100.0 - DesignSpec::EXPECTED).abs() < 1e-9 {
                        true => drop(form.wanted.expected.remove(&code)),
                        false => drop(form.wanted.expected.insert(code, expected / 100.0)),
                    }
                }
                figure(ui, format::grouped(stratum.units as i64));
                figure(ui, format!("{:.1}", stratum.weight));
                ui.end_row();
            }
        });
        for words in &plan.told {
            ui.add(
                Label::new(RichText::new(tr_below(words)).small().color(ui.visuals().warn_fg_color)).wrap(),
            );
        }
    });
}
