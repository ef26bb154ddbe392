//! Which network to train: a card each, with a sentence.

use super::options::options_ui;
use crate::app::{Command, OpenProject};
use crate::model::{ModelKind, ModelSpec, UNetOptions};
use crate::ui::pages::inputs::inputs_ui;
use crate::ui::view::View;
use crate::ui::words::{tr, tr_word};
use crate::ui::{format, tokens, widgets};
use egui::{
    Align2, Color32, ComboBox, FontId, Label, Pos2, Rect, RichText, Role, Sense, Ui, UiBuilder, Vec2,
    WidgetInfo,
};

/// From the left edge of a card to its words.
const INDENT: f32 = 30.0;
/// Around the words of a card.
const MARGIN: f32 = 6.0;

pub fn network_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    widgets::section(ui, tr!("Network"));
    let spec = &project.document.settings.model;
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = tokens::GRID;
        for kind in ModelKind::all() {
            let chosen = kind.name() == spec.kind.name();
            if card_ui(ui, &kind, chosen) && !chosen {
                // What was set of a network is there again when one comes back to it.
                view.models.networks.insert(spec.kind.name(), spec.kind.clone());
                let kind = view.models.networks.get(kind.name()).cloned().unwrap_or(kind);
                view.send(Command::SetModel(ModelSpec { kind, ..spec.clone() }));
            }
        }
    });
    ui.add_space(tokens::GRID);
    mosaic_ui(ui, project, view);
    options_ui(ui, project, view);
    inputs_ui(ui, project, view);
}

/// Which mosaic a network learns from that looks at one.
fn mosaic_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let spec = &project.document.settings.model;
    let (ModelKind::UNet(options), Some((opened, _))) = (&spec.kind, project.cube()) else { return };
    let (clearest, best) = (tr!("the clearest"), tr!("the best by itself"));
    let by_itself = if options.best_date { best } else { clearest };
    let shown = options.date.map_or(by_itself.to_string(), format::date);
    let mut chosen = (options.date, options.best_date && options.date.is_none());
    ui.horizontal(|ui| {
        let label = ui.label(tr!("Mosaic"));
        ComboBox::from_id_salt("mosaic of the network")
            .selected_text(shown)
            .show_ui(ui, |ui| {
                ui.selectable_value(&mut chosen, (None, false), clearest);
                ui.selectable_value(&mut chosen, (None, true), best)
                    .on_hover_text(tr!("Whose pixels alone tell held-out annotations apart best"));
                for date in &opened.cube.info().dates {
                    ui.selectable_value(&mut chosen, (Some(*date), false), format::date(*date));
                }
            })
            .response
            .labelled_by(label.id)
            .on_hover_text(tr!("The network sees the mosaic of this date alone"));
    });
    if chosen != (options.date, options.best_date && options.date.is_none()) {
        let (date, best_date) = chosen;
        let kind = ModelKind::UNet(UNetOptions { date, best_date, ..options.clone() });
        view.send(Command::SetModel(ModelSpec { kind, ..spec.clone() }));
    }
    ui.add_space(tokens::GRID);
}

/// A card that is chosen as a whole; tells whether it was clicked.
fn card_ui(ui: &mut Ui, kind: &ModelKind, chosen: bool) -> bool {
    let width = ui.available_width();
    let weak = ui.visuals().weak_text_color();
    let words = width - INDENT - MARGIN;
    let small = FontId::proportional(tokens::SMALL);
    let height =
        ui.painter().layout(tr_word(kind.sentence()).into(), small, Color32::PLACEHOLDER, words).size().y;
    let title_height = 18.0;
    let size = Vec2::new(width, title_height + height + 2.0 * MARGIN);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, chosen, kind.title()));

    let style = ui.style().interact_selectable(&response, chosen);
    let accent = tokens::accent(ui.visuals().dark_mode);
    let fill = match chosen {
        true => accent.gamma_multiply(0.12),
        false if response.hovered() || response.has_focus() => style.weak_bg_fill.gamma_multiply(0.6),
        false => Color32::TRANSPARENT,
    };
    let mut line =
        if chosen { egui::Stroke::new(1.0, accent) } else { ui.visuals().widgets.noninteractive.bg_stroke };
    if response.has_focus() {
        line = egui::Stroke::new(2.0, accent);
    }
    ui.painter().rect(rect, f32::from(tokens::RADIUS), fill, line, egui::StrokeKind::Inside);
    let middle = Pos2::new(rect.left() + INDENT / 2.0, rect.top() + MARGIN + title_height / 2.0);
    let ring = if chosen { accent } else { style.fg_stroke.color };
    ui.painter().circle_stroke(middle, 6.0, egui::Stroke::new(1.5, ring));
    if chosen {
        ui.painter().circle_filled(middle, 3.0, accent);
    }
    let at = Pos2::new(rect.left() + INDENT, middle.y);
    let strong = ui.visuals().strong_text_color();
    ui.painter().text(at, Align2::LEFT_CENTER, kind.title(), FontId::proportional(tokens::TEXT), strong);
    let place = Rect::from_min_size(
        Pos2::new(rect.left() + INDENT, rect.top() + MARGIN + title_height),
        Vec2::new(words, height),
    );
    let sentence = RichText::new(tr_word(kind.sentence())).small().color(weak);
    ui.new_child(UiBuilder::new().max_rect(place)).add(Label::new(sentence).selectable(false).wrap());
    response.clicked()
}
