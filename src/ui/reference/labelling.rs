//! Labelling: one unit on the map and in the plot, and the classes it may have. Nothing here tells what the map says.

use super::send;
use crate::app::{LabelOrder, Labelling, OpenProject, OpenSample, ReferenceOrder};
use crate::labels::{ClassCode, Confidence};
use crate::project::reference::PlacedUnit;
use crate::ui::view::View;
use crate::ui::words::{tr, tr_below};
use crate::ui::{tokens, widgets};
use egui::{
    Atom, Button, Context, DragValue, Key, Label, Modifiers, ProgressBar, RichText, ScrollArea, TextEdit, Ui,
    Vec2, WidgetInfo,
};

/// Keys of the first ten classes, as on the Label page.
const DIGITS: [(Key, &str); 10] = [
    (Key::Num1, "1"),
    (Key::Num2, "2"),
    (Key::Num3, "3"),
    (Key::Num4, "4"),
    (Key::Num5, "5"),
    (Key::Num6, "6"),
    (Key::Num7, "7"),
    (Key::Num8, "8"),
    (Key::Num9, "9"),
    (Key::Num0, "0"),
];

/// The panel that stands in the place of the page while a sample is labelled.
pub fn labelling_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let Some((open, labelling)) = project.labelling() else { return };
    let Some(unit) = open.unit() else { return };
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        head_ui(ui, open, labelling, unit, view);
        if labelling.settles() {
            said_ui(ui, project, unit);
        }
        classes_ui(ui, project, labelling, unit, view);
        sure_ui(ui, labelling, view);
        steps_ui(ui, labelling, view);
        if let Some(why) = &project.references().unsaved {
            ui.add(Label::new(RichText::new(tr_below(why)).color(ui.visuals().error_fg_color)).wrap());
        }
        ui.add_space(2.0 * tokens::GRID);
        if ui.button(tr!("Stop labelling")).on_hover_text(tr!("What was answered is saved")).clicked() {
            label(view, LabelOrder::Stop);
        }
        ui.add_space(4.0 * tokens::GRID);
    });
}

fn label(view: &mut View, order: LabelOrder) {
    send(view, ReferenceOrder::Label(order));
}

fn head_ui(ui: &mut Ui, open: &OpenSample, labelling: &Labelling, unit: &PlacedUnit, view: &mut View) {
    let title = match labelling.settles() {
        true => tr!("Settle {sample}", sample = open.sample.name),
        false => tr!("Label {sample}", sample = open.sample.name),
    };
    widgets::section(ui, &title);
    let (done, of) = open.progress();
    let words = tr!("{done} of {of} answered", done = done, of = of);
    let bar = ui.add(ProgressBar::new(done as f32 / of.max(1) as f32).desired_height(6.0));
    bar.widget_info(|| WidgetInfo::labeled(egui::Role::ProgressIndicator, true, &words));
    ui.horizontal(|ui| {
        if labelling.settles() {
            ui.label(RichText::new(tr!("Unit {number}", number = unit.number)).strong());
        } else {
            ui.label(RichText::new(tr!("Unit")).strong());
            let mut number = unit.number;
            let last = open.sample.units.iter().map(|unit| unit.number).max().unwrap_or(1);
            let field = ui.add(DragValue::new(&mut number).range(1..=last).update_while_editing(false));
            field.widget_info(|| WidgetInfo::labeled(egui::Role::SpinButton, true, tr!("Go to unit")));
            if field.changed() && number != unit.number {
                label(view, LabelOrder::GoTo(number));
            }
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.label(RichText::new(&words).small().weak());
        });
    });
    let words = match labelling.settles() {
        true => tr!("The map is hidden.").to_string(),
        false => tr!("{name} labels; the map is hidden.", name = labelling.interpreter),
    };
    ui.label(RichText::new(words).small().weak());
}

/// What the interpreters said who differ.
fn said_ui(ui: &mut Ui, project: &OpenProject, unit: &PlacedUnit) {
    for answer in unit.answers.iter().filter(|answer| answer.interpreter != crate::project::reference::AGREED)
    {
        let class = answer.class.and_then(|code| project.document.legend.class(code));
        let words = tr!(
            "{name}: {class}",
            name = answer.interpreter,
            class = class.map_or(tr!("skipped"), |class| class.name.as_str())
        );
        ui.horizontal(|ui| {
            widgets::swatch(ui, class.map_or([128; 3], |class| class.colour));
            let response = ui.label(words);
            if let Some(note) = &answer.note {
                response.on_hover_text(note);
            }
        });
    }
}

fn classes_ui(ui: &mut Ui, project: &OpenProject, labelling: &Labelling, unit: &PlacedUnit, view: &mut View) {
    let own = unit.answer_of(&labelling.interpreter);
    ui.add_space(tokens::GRID);
    for (i, class) in project.document.legend.classes.iter().enumerate() {
        ui.horizontal(|ui| {
            let key = DIGITS.get(i).map_or("", |(_, key)| key);
            ui.add_sized([12.0, tokens::TARGET], Label::new(RichText::new(key).small().weak()));
            widgets::swatch(ui, class.colour);
            let chosen = own.is_some_and(|answer| answer.class == Some(class.code));
            let size = Vec2::new(ui.available_width() - 4.0, tokens::TARGET);
            let words = (class.name.as_str(), Atom::grow());
            let button = Button::selectable(chosen, words).truncate().min_size(size);
            if ui.add(button).clicked() {
                label(view, LabelOrder::Answer(Some(class.code)));
            }
        });
    }
}

fn sure_ui(ui: &mut Ui, labelling: &Labelling, view: &mut View) {
    ui.add_space(tokens::GRID);
    ui.horizontal(|ui| {
        widgets::left_name(ui, 72.0, tr!("How sure"));
        for (confidence, words, hint) in [
            (Confidence::Sure, tr!("Sure"), tr!("Beyond doubt (S)")),
            (Confidence::Likely, tr!("Likely"), tr!("More likely than anything else (L)")),
        ] {
            let chosen = labelling.confidence == confidence;
            if ui.selectable_label(chosen, words).on_hover_text(hint).clicked() {
                label(view, LabelOrder::Confidence(confidence));
            }
        }
    });
    ui.horizontal(|ui| {
        let name = widgets::left_name(ui, 72.0, tr!("Note"));
        let mut note = labelling.note.clone();
        let field = TextEdit::singleline(&mut note).desired_width(f32::INFINITY);
        let field = field.hint_text(tr!("why it is skipped, or in doubt"));
        if ui.add(field).labelled_by(name.id).changed() {
            label(view, LabelOrder::Note(note));
        }
    });
}

fn steps_ui(ui: &mut Ui, labelling: &Labelling, view: &mut View) {
    ui.add_space(tokens::GRID);
    ui.horizontal_wrapped(|ui| {
        let steps = [
            (tr!("Skip"), tr!("Cannot be told: the note says why (X)"), LabelOrder::Answer(None)),
            (tr!("Unit before"), tr!("Goes back to the unit before (Backspace)"), LabelOrder::Back),
            (tr!("Next unit"), tr!("Goes on without an answer (Enter)"), LabelOrder::Next),
            (
                tr!("Next without an answer"),
                tr!("Goes to the next unit without an answer (N)"),
                LabelOrder::NextOpen,
            ),
        ];
        for (words, hint, order) in steps {
            if ui.button(words).on_hover_text(hint).clicked() {
                label(view, order);
            }
        }
        let can = labelling.can_undo();
        let hint = tr!("Takes the last answer back (Ctrl+Z)");
        if ui.add_enabled(can, Button::new(tr!("Take the answer back"))).on_hover_text(hint).clicked() {
            label(view, LabelOrder::Undo);
        }
    });
}

/// Keys while a sample is labelled, before any other is heard.
pub fn keys(ctx: &Context, project: &OpenProject, focused: bool, view: &mut View) {
    let plain = |key| ctx.input_mut(|i| i.consume_key(Modifiers::NONE, key));
    let codes: Vec<ClassCode> = project.document.legend.classes.iter().map(|class| class.code).collect();
    for ((key, _), code) in DIGITS.into_iter().zip(codes) {
        if plain(key) {
            label(view, LabelOrder::Answer(Some(code)));
        }
    }
    let keys = [
        (Key::S, LabelOrder::Confidence(Confidence::Sure)),
        (Key::L, LabelOrder::Confidence(Confidence::Likely)),
        (Key::X, LabelOrder::Answer(None)),
        (Key::N, LabelOrder::NextOpen),
        (Key::Backspace, LabelOrder::Back),
    ];
    for (key, order) in keys {
        if plain(key) {
            label(view, order);
        }
    }
    // A button that has the keyboard takes it.
    if !focused && plain(Key::Enter) {
        label(view, LabelOrder::Next);
    }
}
