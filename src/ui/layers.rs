//! The layers of the map in the panel on the left: shown or hidden, faded, one over the other.

use super::basemaps;
use super::view::View;
use super::words::tr;
use super::{tokens, widgets};
use crate::app::{Command, OpenProject};
use crate::project::{Layer, LayerKind, Measure};
use egui::{
    Align, Button, Color32, CursorIcon, EventFilter, Id, Key, Layout, Rect, Response, Role, Sense, Shape,
    Slider, Stroke, TextWrapMode, Ui, Vec2, WidgetInfo, pos2,
};

/// Width of what one drags a row by.
const GRIP: f32 = 12.0;
/// Width of the small buttons of a row.
const SMALL: f32 = 20.0;
/// Width of an arrow.
const ARROW: f32 = 14.0;
/// What stands behind the name of a layer: two arrows, the menu, and the space before each.
const BUTTONS: f32 = 2.0 * ARROW + SMALL + 3.0 * tokens::GRID;

pub fn layers_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    widgets::section(ui, tr!("Layers"));
    let layers = project.document.view.layers.all();
    let mut rows = Vec::new();
    let mut dragged = None;
    for (at, layer) in layers.iter().enumerate() {
        let row = ui.scope_builder(egui::UiBuilder::new().id_salt(("layer", layer.kind)), |ui| {
            row_ui(ui, project, *layer, (at, layers.len()), view)
        });
        rows.push(row.response.rect);
        if let Some(grip) = row.inner {
            dragged = Some((layer.kind, grip));
        }
    }
    if let Some((kind, grip)) = dragged {
        drag_ui(ui, kind, &grip, layers, &rows, view);
    }
}

/// A row is dragged: a line tells where it would come to lie.
fn drag_ui(ui: &Ui, kind: LayerKind, grip: &Response, layers: &[Layer], rows: &[Rect], view: &mut View) {
    let Some(pointer) = grip.interact_pointer_pos() else { return };
    ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
    // Rows above the pointer, the dragged one not counted.
    let above = |(layer, row): &(&Layer, &Rect)| layer.kind != kind && row.center().y < pointer.y;
    let to = layers.iter().zip(rows).filter(above).count();
    let others: Vec<&Rect> =
        layers.iter().zip(rows).filter(|(layer, _)| layer.kind != kind).map(|(_, row)| row).collect();
    let edge = match (to.checked_sub(1).and_then(|at| others.get(at)), others.first()) {
        (Some(row), _) => row.bottom() + 1.0,
        (None, Some(first)) => first.top() - 1.0,
        (None, None) => return,
    };
    let line = Stroke::new(2.0, tokens::accent(ui.visuals().dark_mode));
    ui.painter().hline(rows[0].x_range(), edge, line);
    let from = layers.iter().position(|layer| layer.kind == kind);
    if grip.drag_stopped() && from != Some(to) {
        view.send(Command::MoveLayer { layer: kind, to });
    }
}

/// A layer; gives its grip while it is dragged.
fn row_ui(
    ui: &mut Ui,
    project: &OpenProject,
    layer: Layer,
    (at, count): (usize, usize),
    view: &mut View,
) -> Option<Response> {
    let lacks = lacks(project, layer.kind);
    let can = lacks.is_none();
    ui.spacing_mut().item_spacing = Vec2::new(tokens::GRID, 0.0);
    let mut dragged = None;
    ui.horizontal(|ui| {
        dragged = grip_ui(ui, layer.kind, (at, count), view);
        let hint = lacks.unwrap_or_else(|| hint(layer.kind));
        let mut visible = layer.visible;
        let name = name(layer.kind);
        let check = ui.scope(|ui| {
            ui.set_max_width((ui.available_width() - BUTTONS).max(tokens::TARGET));
            ui.style_mut().wrap_mode = Some(TextWrapMode::Truncate);
            ui.add_enabled(can, egui::Checkbox::new(&mut visible, name))
        });
        let check = check.inner;
        let check = check.on_hover_text(hint).on_disabled_hover_text(hint);
        if check.changed() {
            view.send(Command::SetLayer(Layer { visible, ..layer }));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            menu_ui(ui, project, layer, can, view);
            for (up, can) in [(false, at + 1 < count), (true, at > 0)] {
                let name = match up {
                    true => tr!("Move {layer} up", layer = name),
                    false => tr!("Move {layer} down", layer = name),
                };
                if arrow_ui(ui, up, can, &name).clicked() {
                    view.send(Command::MoveLayer { layer: layer.kind, to: if up { at - 1 } else { at + 1 } });
                }
            }
        });
    });
    ui.horizontal(|ui| {
        ui.add_space(GRIP + tokens::GRID);
        ui.spacing_mut().slider_width = (ui.available_width() - 64.0).max(40.0);
        // A slider takes what is not round for a change of its own, in each frame anew.
        let mut percent = (layer.opacity * 100.0).round();
        let slider = Slider::new(&mut percent, 0.0..=100.0).fixed_decimals(0).suffix(" %").text("");
        let name = opacity_name(layer.kind);
        let response = ui.add_enabled(can && layer.visible, slider).on_hover_text(name);
        response.widget_info(|| WidgetInfo::slider(can && layer.visible, f64::from(percent), name));
        if response.changed() {
            view.send(Command::SetLayer(Layer { opacity: percent / 100.0, ..layer }));
        }
    });
    if layer.kind == LayerKind::ClassMap {
        super::map::choose_map_ui(ui, project, view);
    }
    if layer.kind == LayerKind::Uncertainty && can && layer.visible {
        measure_ui(ui, project, view);
    }
    if layer.kind == LayerKind::Basemap {
        basemaps::basemap_ui(ui, project, layer.visible, view);
    }
    dragged
}

/// What the layer of uncertainty shows.
fn measure_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let now = &project.document.view.measure;
    let classes = project.legend_of_map().classes.into_iter().map(|class| Measure::Probability(class.name));
    let measures = [Measure::Entropy, Measure::Margin].into_iter().chain(classes);
    let name = super::map::measure_name;
    ui.horizontal(|ui| {
        ui.add_space(GRIP + tokens::GRID);
        let width = (ui.available_width() - tokens::GRID).max(80.0);
        let combo = egui::ComboBox::from_id_salt("measure").selected_text(name(now)).width(width).truncate();
        let response = combo.show_ui(ui, |ui| {
            for measure in measures {
                if ui.selectable_label(measure == *now, name(&measure)).clicked() {
                    view.send(Command::ShowMeasure(measure));
                }
            }
        });
        response
            .response
            .widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, tr!("Measure of uncertainty")));
    });
}

/// What a row is dragged by; with the focus, arrow keys move it.
fn grip_ui(ui: &mut Ui, kind: LayerKind, (at, count): (usize, usize), view: &mut View) -> Option<Response> {
    let size = Vec2::new(GRIP, tokens::TARGET);
    let (_, rect) = ui.allocate_space(size);
    let id = Id::unique(("layer grip", kind));
    let response = ui.interact(rect, id, Sense::click_and_drag()).on_hover_cursor(CursorIcon::Grab);
    let name = tr!("Order of {layer}", layer = name(kind));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    let colour = match response.hovered() || response.has_focus() || response.dragged() {
        true => ui.visuals().strong_text_color(),
        false => ui.visuals().weak_text_color(),
    };
    for row in -1..=1 {
        for col in [-2.0, 2.0] {
            ui.painter().circle_filled(rect.center() + Vec2::new(col, row as f32 * 4.0), 1.0, colour);
        }
    }
    if response.has_focus() {
        let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
        let pressed = |key| ui.input_mut(|i| i.consume_key(egui::Modifiers::NONE, key));
        if pressed(Key::ArrowUp) && at > 0 {
            view.send(Command::MoveLayer { layer: kind, to: at - 1 });
        }
        if pressed(Key::ArrowDown) && at + 1 < count {
            view.send(Command::MoveLayer { layer: kind, to: at + 1 });
        }
    }
    let response = response.on_hover_text(tr!("Drag to lay the layer over or under others (Up and Down)"));
    (response.dragged() || response.drag_stopped()).then_some(response)
}

/// A small button with an arrow.
fn arrow_ui(ui: &mut Ui, up: bool, can: bool, name: &str) -> Response {
    let button = Button::new("").frame(false).min_size(Vec2::new(ARROW, tokens::TARGET));
    let response = ui.add_enabled(can, button).on_hover_text(name);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, can, name));
    let colour: Color32 = match (can, response.hovered() || response.has_focus()) {
        (false, _) => ui.visuals().weak_text_color().gamma_multiply(0.5),
        (true, false) => ui.visuals().text_color(),
        (true, true) => ui.visuals().strong_text_color(),
    };
    let (middle, tip) = (response.rect.center(), if up { -3.0 } else { 3.0 });
    let corners = vec![
        pos2(middle.x - 4.0, middle.y - tip),
        pos2(middle.x + 4.0, middle.y - tip),
        pos2(middle.x, middle.y + tip),
    ];
    ui.painter().add(Shape::convex_polygon(corners, colour, Stroke::NONE));
    response
}

/// What else can be done with a layer.
fn menu_ui(ui: &mut Ui, project: &OpenProject, layer: Layer, can: bool, view: &mut View) {
    let name = tr!("More of {layer}", layer = name(layer.kind));
    let button = Button::new("…").min_size(Vec2::new(SMALL, tokens::GRID)).small();
    let (response, _) = egui::containers::menu::MenuButton::from_button(button).ui(ui, |ui| {
        if layer.kind != LayerKind::Basemap {
            let zoom = Button::new(tr!("Zoom to layer"));
            let hint = match layer.kind {
                LayerKind::Annotations => tr!("Shows all annotations (Shift+F)"),
                _ => tr!("Shows all of it (F)"),
            };
            let some = can && (layer.kind != LayerKind::Annotations || !project.annotations.is_empty());
            if ui.add_enabled(some, zoom).on_hover_text(hint).clicked() {
                view.map.zoom_to_layer(project, layer.kind);
            }
        }
        if layer.kind == LayerKind::Annotations {
            let selected = Button::new(tr!("Zoom to selected"));
            let hint = tr!("Shows the selected annotations (Z on the Label page)");
            if ui.add_enabled(!project.selection.is_empty(), selected).on_hover_text(hint).clicked() {
                super::listing::zoom_to_selected(project, &mut view.map);
            }
        }
        if layer.kind == LayerKind::Mosaic {
            if ui
                .button(tr!("1 pixel = 1 point"))
                .on_hover_text(tr!("Shows each pixel as one point of the screen (Shift+G)"))
                .clicked()
            {
                view.map.zoom_to_pixel(project, 1.0);
            }
            if ui
                .button(tr!("1 pixel = 16 points"))
                .on_hover_text(tr!("Shows pixels large enough to point at each (G)"))
                .clicked()
            {
                view.map.zoom_to_pixel(project, 16.0);
            }
        }
        if layer.kind == LayerKind::Basemap {
            basemaps::menu_ui(ui, project, view);
        }
        ui.separator();
        for percent in [100.0, 70.0, 40.0] {
            let words = tr!("Opacity {percent} %", percent = percent);
            if ui.button(words).clicked() {
                view.send(Command::SetLayer(Layer { opacity: percent / 100.0, ..layer }));
            }
        }
    });
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    response.on_hover_text(name);
}

/// For people.
pub fn name(kind: LayerKind) -> &'static str {
    match kind {
        LayerKind::Annotations => tr!("Annotations"),
        LayerKind::ClassMap => tr!("Class map"),
        LayerKind::Uncertainty => tr!("Uncertainty"),
        LayerKind::Mask => tr!("Mask"),
        LayerKind::Mosaic => tr!("Mosaic"),
        LayerKind::Basemap => tr!("Basemap"),
    }
}

fn hint(kind: LayerKind) -> &'static str {
    match kind {
        LayerKind::Annotations => tr!("What was drawn, its core and its pure pixels"),
        LayerKind::ClassMap => tr!("Shows or hides the class map (M; away while B is held)"),
        LayerKind::Uncertainty => {
            tr!("How uncertain the map is: its entropy, its margin, or the probability of a class (Shift+M)")
        }
        LayerKind::Mask => {
            tr!("Why pixels of the date have no clear observation, and the share of each reason (K)")
        }
        LayerKind::Mosaic => tr!("The image of the date"),
        LayerKind::Basemap => tr!("Pictures of a server, fetched while it is switched on; needs a network"),
    }
}

fn opacity_name(kind: LayerKind) -> &'static str {
    match kind {
        LayerKind::Annotations => tr!("Opacity of the annotations"),
        LayerKind::ClassMap => tr!("Opacity of the class map"),
        LayerKind::Uncertainty => tr!("Opacity of the uncertainty"),
        LayerKind::Mask => tr!("Opacity of the mask"),
        LayerKind::Mosaic => tr!("Opacity of the mosaic"),
        LayerKind::Basemap => tr!("Opacity of the online basemap"),
    }
}

/// Why there is nothing to show of a layer, where there is nothing.
fn lacks(project: &OpenProject, kind: LayerKind) -> Option<&'static str> {
    let masked = || project.cube().is_none_or(|(opened, _)| opened.cube.has_masks());
    match kind {
        LayerKind::Annotations | LayerKind::ClassMap | LayerKind::Uncertainty if project.is_blind() => {
            Some(tr!("Hidden while a reference sample is labelled"))
        }
        LayerKind::ClassMap if project.map().is_none() => Some(tr!("There is no map of this site yet")),
        LayerKind::Uncertainty => match project.map() {
            Some(map) if map.complete => None,
            Some(map) if map.entropy.is_some() => (project.document.view.measure != Measure::Entropy)
                .then(|| tr!("Before the map is finished only its entropy can be shown")),
            _ => Some(tr!("There is no map of this site yet")),
        },
        LayerKind::Mask if !masked() => Some(tr!("This cube was built without a mask")),
        _ => None,
    }
}

/// Shows or hides a layer.
pub fn toggle(project: &OpenProject, kind: LayerKind, view: &mut View) {
    let layer = project.document.view.layers.of(kind);
    view.send(Command::SetLayer(Layer { visible: !layer.visible, ..layer }));
}

/// Makes the topmost picture more opaque by a share, or less.
pub fn fade_top(project: &OpenProject, by: f32, view: &mut View) {
    if let Some(layer) = super::map::top_picture(project) {
        // Steps of a tenth stay tenths.
        let opacity = ((layer.opacity + by) * 20.0).round() / 20.0;
        view.send(Command::SetLayer(Layer { opacity, ..layer }));
    }
}
