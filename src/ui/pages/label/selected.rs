//! What is said of the annotations that are selected, of one or of several at once, and what is left of one after its buffer.

use super::typing::{Field, Typed, Typing, field_ui};
use crate::app::{AnnotationChange, Command, OpenProject};
use crate::jobs::Mark;
use crate::labels::{Annotation, AnnotationId, Annotations, Buffers, ClassCode, Confidence, Holds};
use crate::ui::listing::{emptied_words, flags_told, zoom_to_selected};
use crate::ui::view::View;
use crate::ui::words::{tr, tr_below};
use crate::ui::{format, rhythm, tokens, widgets};
use chrono::NaiveDate;
use egui::{Align, Button, Checkbox, ComboBox, Layout, RichText, TextEdit, Ui};
use std::collections::BTreeSet;

/// What several annotations share, or that they differ.
#[derive(Debug, Clone, PartialEq)]
enum Said<T> {
    Same(T),
    Several,
}

impl<T: PartialEq> Said<T> {
    fn and(&mut self, other: T) {
        if *self != Self::Same(other) {
            *self = Self::Several;
        }
    }

    fn same(&self) -> Option<&T> {
        match self {
            Self::Same(same) => Some(same),
            Self::Several => None,
        }
    }
}

/// What is said of all that are selected.
#[derive(Debug, Clone, PartialEq)]
struct Common {
    class: Said<ClassCode>,
    confidence: Said<Confidence>,
    buffer_m: Said<Option<f64>>,
    /// The buffer that counts, be it its own or not.
    counts_m: Said<f64>,
    holds: Said<Holds>,
    author: Said<Option<String>>,
    note: Said<Option<String>>,
}

/// What was worked out of a selection, until it or the annotations change.
pub struct KnownCommon {
    selection: BTreeSet<AnnotationId>,
    annotations: Annotations,
    buffers: Buffers,
    ids: Vec<AnnotationId>,
    common: Common,
}

impl Common {
    fn new<'a>(mut annotations: impl Iterator<Item = &'a Annotation>, buffers: &Buffers) -> Option<Self> {
        let first = annotations.next()?;
        let mut common = Self {
            class: Said::Same(first.class),
            confidence: Said::Same(first.confidence),
            buffer_m: Said::Same(first.buffer_m),
            counts_m: Said::Same(buffers.of(first)),
            holds: Said::Same(first.holds),
            author: Said::Same(first.author.clone()),
            note: Said::Same(first.note.clone()),
        };
        for annotation in annotations {
            common.class.and(annotation.class);
            common.confidence.and(annotation.confidence);
            common.buffer_m.and(annotation.buffer_m);
            common.counts_m.and(buffers.of(annotation));
            common.holds.and(annotation.holds);
            common.author.and(annotation.author.clone());
            common.note.and(annotation.note.clone());
        }
        Some(common)
    }
}

pub fn selected_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    save_what_was_left(project, view);
    let buffers = project.buffers();
    let known = view.typing.common.take().filter(|known| {
        known.selection == project.selection
            && known.annotations.is_same(&project.annotations)
            && known.buffers == buffers
    });
    let known = known.or_else(|| {
        let selected = || project.selected_annotations();
        Some(KnownCommon {
            common: Common::new(selected().map(|annotation| &**annotation), &buffers)?,
            selection: project.selection.clone(),
            annotations: project.annotations.clone(),
            ids: selected().map(|annotation| annotation.id).collect(),
            buffers,
        })
    });
    let Some(known) = known else { return };
    let (ids, common) = (known.ids.as_slice(), &known.common);
    title_ui(ui, project, view, ids);
    ui.add_enabled_ui(project.folder.read_only().is_none(), |ui| {
        class_ui(ui, project, view, ids, common);
        buffer_ui(ui, project, view, ids, common);
        period_ui(ui, project, view, ids, common);
        words_ui(ui, view, ids, common);
    });
    match ids {
        [id] => one_ui(ui, project, view, *id),
        ids => several_ui(ui, project, ids),
    }
    view.typing.common = Some(known);
}

/// What is selected, and when it was drawn.
fn title_ui(ui: &mut Ui, project: &OpenProject, view: &mut View, ids: &[AnnotationId]) {
    ui.add_space(2.0 * tokens::GRID);
    ui.horizontal(|ui| {
        let title = match ids {
            [id] => tr!("Annotation {id}", id = id),
            ids => tr!("{annotations} selected", annotations = format::count(ids.len(), "annotation")),
        };
        ui.label(RichText::new(title).strong());
        let one = project.selected().and_then(|id| project.annotation(id));
        if let Some(created) = one.and_then(|annotation| annotation.created.as_deref()) {
            // RFC 3339: the day comes first.
            let day = created.split('T').next().unwrap_or(created);
            let words = day.parse().map_or_else(|_| day.to_string(), format::date);
            ui.label(RichText::new(words).small().weak())
                .on_hover_text(tr!("Drawn or imported {created}", created = created));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui
                .small_button(tr!("Zoom to it"))
                .on_hover_text(tr!("Fills the map with what is selected (Z)"))
                .clicked()
            {
                zoom_to_selected(project, &mut view.map);
            }
        });
    });
}

/// Fields that were left by selecting something else are saved too.
fn save_what_was_left(project: &OpenProject, view: &mut View) {
    let selected: Vec<_> = project.selection.iter().copied().collect();
    let gone = |typed: &mut Typed| typed.ids != selected;
    let author = view.typing.author.take_if(gone).filter(|typed| typed.changed);
    let note = view.typing.note.take_if(gone).filter(|typed| typed.changed);
    view.typing.period.take_if(|[from, _]| from.ids != selected);
    for (typed, change) in [
        (author, AnnotationChange::Author as fn(Option<String>) -> AnnotationChange),
        (note, AnnotationChange::Note),
    ] {
        if let Some(Typed { mut ids, text, .. }) = typed {
            ids.retain(|id| project.annotation(*id).is_some());
            view.send(Command::ChangeAnnotations { ids, change: change(Some(text)) });
        }
    }
}

fn send(view: &mut View, ids: &[AnnotationId], change: AnnotationChange) {
    view.send(Command::ChangeAnnotations { ids: ids.to_vec(), change });
}

fn class_ui(ui: &mut Ui, project: &OpenProject, view: &mut View, ids: &[AnnotationId], common: &Common) {
    ui.horizontal(|ui| {
        let legend = &project.document.legend;
        let class = common.class.same().map(|code| legend.class(*code));
        let words = class
            .map_or(tr!("several"), |class| class.map_or(tr!("unknown class"), |class| class.name.as_str()));
        let combo =
            ComboBox::from_id_salt("class of the selected").selected_text(words).width(132.0).truncate();
        let response = combo.show_ui(ui, |ui| {
            for class in &legend.classes {
                let chosen = common.class.same() == Some(&class.code);
                ui.horizontal(|ui| {
                    widgets::swatch(ui, class.colour);
                    if ui.selectable_label(chosen, &class.name).clicked() && !chosen {
                        send(view, ids, AnnotationChange::Class(class.code));
                    }
                });
            }
        });
        response.response.widget_info(|| egui::WidgetInfo {
            current_text_value: Some(words.into()),
            ..egui::WidgetInfo::labeled(egui::Role::ComboBox, true, tr!("Class"))
        });
        let mut sure = common.confidence.same() == Some(&Confidence::Sure);
        let tick = Checkbox::new(&mut sure, tr!("Sure")).indeterminate(common.confidence == Said::Several);
        if ui.add(tick).on_hover_text(tr!("Training takes the sure ones; the others are likely")).changed() {
            let confidence = if sure { Confidence::Sure } else { Confidence::Likely };
            send(view, ids, AnnotationChange::Confidence(confidence));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.button(tr!("Delete")).on_hover_text(tr!("Deletes what is selected (Delete)")).clicked() {
                view.send(Command::DeleteAnnotations(ids.to_vec()));
            }
        });
    });
}

/// A row with a name on the left.
fn row(ui: &mut Ui, name: &str, content: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        let size = egui::vec2(48.0, tokens::TARGET);
        ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_width(size.x);
            ui.label(RichText::new(name).weak());
        });
        content(ui);
    });
}

fn buffer_ui(ui: &mut Ui, project: &OpenProject, view: &mut View, ids: &[AnnotationId], common: &Common) {
    row(ui, tr!("Buffer"), |ui| {
        let own = common.buffer_m.same();
        let counts = common.counts_m.same().copied();
        let words = counts.is_none().then_some(tr!("several"));
        let hint = tr!("The inward buffer of this alone, in metres; drag it or click to type");
        let value = counts.unwrap_or(project.document.settings.buffer_m);
        if let Some(m) = widgets::metres(ui, tr!("Own buffer"), value, words, hint) {
            send(view, ids, AnnotationChange::Buffer(Some(m)));
        }
        // Whose buffer it is where it has none of its own.
        let class = common.class.same().and_then(|code| project.document.legend.class(*code));
        let of_class = common.class.same().map(|code| project.buffers().of_class(*code));
        let of = match (of_class, class.and_then(|class| class.buffer_m)) {
            (Some(m), Some(_)) => tr!("class {m} m", m = format::trimmed(m)),
            (Some(m), None) => tr!("project {m} m", m = format::trimmed(m)),
            (None, _) => tr!("class or project").into(),
        };
        if own == Some(&None) {
            ui.label(RichText::new(of).weak());
        } else {
            let hint =
                tr!("Takes its own buffer away, so that the one of its class or of the project counts");
            if ui.button(tr!("Back to {of}", of = of)).on_hover_text(hint).clicked() {
                send(view, ids, AnnotationChange::Buffer(None));
            }
        }
    });
}

fn period_ui(ui: &mut Ui, project: &OpenProject, view: &mut View, ids: &[AnnotationId], common: &Common) {
    let holds = common.holds.same().copied();
    let text = |date: Option<NaiveDate>| date.map_or(String::new(), |date| date.to_string());
    row(ui, tr!("Holds"), |ui| {
        let mut always = holds == Some(Holds::ALWAYS) && view.typing.period.is_none();
        let tick = Checkbox::new(&mut always, tr!("Always"))
            .indeterminate(holds.is_none() && view.typing.period.is_none());
        let hint = tr!(
            "For all dates; otherwise only from one date to another, and training takes it only where that covers the cube"
        );
        if !ui.add(tick).on_hover_text(hint).changed() {
            return;
        }
        if always {
            view.typing.period = None;
            if holds != Some(Holds::ALWAYS) {
                send(view, ids, AnnotationChange::Holds(Holds::ALWAYS));
            }
        } else {
            // The dates of the cube are where one begins.
            let dates = project.cube().map_or(&[] as &[_], |(opened, _)| opened.cube.info().dates.as_slice());
            let typed = |date: Option<&NaiveDate>| Typed {
                ids: ids.to_vec(),
                text: text(date.copied()),
                changed: false,
            };
            view.typing.period = Some([typed(dates.first()), typed(dates.last())]);
        }
    });
    if holds == Some(Holds::ALWAYS) && view.typing.period.is_none() {
        return;
    }
    let saved = holds.unwrap_or_default();
    let typed = |date| Typed { ids: ids.to_vec(), text: text(date), changed: false };
    let mut period = view.typing.period.clone().unwrap_or_else(|| [typed(saved.from), typed(saved.to)]);
    let (mut left, mut enter) = (false, false);
    row(ui, "", |ui| {
        for (typed, name, told, hint) in [
            (0, tr!("from"), tr!("Holds from"), tr!("The first date that it holds for")),
            (1, tr!("to"), tr!("Holds to"), tr!("The last date")),
        ] {
            ui.label(RichText::new(name).weak());
            let typed = &mut period[typed];
            let read = date(&typed.text);
            let mut edit = TextEdit::singleline(&mut typed.text).desired_width(84.0);
            edit = edit.hint_text(if holds.is_none() { tr!("several") } else { tr!("open") });
            if read.is_err() {
                edit = edit.text_color(ui.visuals().error_fg_color);
            }
            let response =
                ui.add(edit).on_hover_text(tr!("{hint}, as 2022-03-15; left empty it is open", hint = hint));
            response.widget_info(|| egui::WidgetInfo {
                label: Some(told.into()),
                ..egui::WidgetInfo::text_edit(true, "", &typed.text, "")
            });
            typed.changed |= response.changed();
            left |= response.lost_focus();
            enter |= response.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
        }
    });
    if left && ui.input(|i| i.key_pressed(egui::Key::Escape)) {
        view.typing.period = None;
        return;
    }
    let changed = period.iter().any(|typed| typed.changed);
    let read = match (date(&period[0].text), date(&period[1].text)) {
        (Ok(Some(from)), Ok(Some(to))) if from > to => {
            Err(tr!("the first date comes after the last one").to_string())
        }
        (Ok(from), Ok(to)) => Ok(Holds { from, to }),
        (Err(why), _) | (_, Err(why)) => Err(why),
    };
    match read {
        Err(why) => {
            ui.label(RichText::new(tr_below(&why)).small().color(ui.visuals().error_fg_color));
            view.typing.period = Some(period);
        }
        // Of several that differ an open end would take away what they have: both are given, or Enter says so.
        Ok(read) if left && (holds.is_some() || enter || (read.from.is_some() && read.to.is_some())) => {
            let fresh = view.typing.period.is_some();
            view.typing.period = None;
            if holds != Some(read) && (changed || fresh) {
                send(view, ids, AnnotationChange::Holds(read));
            }
        }
        Ok(_) => {
            if changed || view.typing.period.is_some() {
                view.typing.period = Some(period);
            }
        }
    }
}

/// A date as it is typed; none where nothing is.
fn date(text: &str) -> Result<Option<NaiveDate>, String> {
    match text.trim() {
        "" => Ok(None),
        text => text
            .parse()
            .map(Some)
            .map_err(|_| tr!("“{text}” is no date: write it as 2022-03-15", text = text)),
    }
}

fn words_ui(ui: &mut Ui, view: &mut View, ids: &[AnnotationId], common: &Common) {
    let shown = |said: &Said<Option<String>>| said.same().cloned().flatten().unwrap_or_default();
    let Typing { author, note, .. } = &mut view.typing;
    let mut changes = Vec::new();
    row(ui, tr!("Author"), |ui| {
        let (shown, mixed) = (shown(&common.author), common.author == Said::Several);
        let field = Field { name: tr!("Author"), shown: &shown, mixed, lines: 1, hint: tr!("Who drew it") };
        changes.extend(field_ui(ui, author, ids, &field).map(|text| AnnotationChange::Author(Some(text))));
    });
    row(ui, tr!("Note"), |ui| {
        let (shown, mixed) = (shown(&common.note), common.note == Said::Several);
        let hint = tr!("Where it came from, what you thought; saved when you leave the field");
        let field = Field { name: tr!("Note"), shown: &shown, mixed, lines: 2, hint };
        changes.extend(field_ui(ui, note, ids, &field).map(|text| AnnotationChange::Note(Some(text))));
    });
    changes.into_iter().for_each(|change| send(view, ids, change));
}

/// What is left of one annotation, and what is wrong with it.
fn one_ui(ui: &mut Ui, project: &OpenProject, view: &mut View, id: AnnotationId) {
    let Some(annotation) = project.annotation(id) else { return };
    let warning = ui.visuals().warn_fg_color;
    match project.derived.cores.get(id) {
        Some(Ok(core)) => {
            widgets::figure(ui, tr!("Drawn"), &format::hectares(core.core.drawn_area_ha));
            widgets::figure(ui, tr!("Core"), &format::hectares(core.core.area_ha));
            widgets::figure(ui, tr!("Pure pixels"), &format::grouped(core.core.pure_pixels.len() as i64));
            if let Some(why) = core.core.emptied {
                ui.label(
                    RichText::new(tr!("No pure pixel: {why}.", why = emptied_words(why))).color(warning),
                );
                if let Some(m) = project.derived.flags.largest_buffer_m(id) {
                    let use_it = Button::new(tr!("Use {m} m", m = format::trimmed(m)));
                    let hint = tr!("Gives it this buffer of its own: the largest that leaves a pure pixel");
                    let can = project.folder.read_only().is_none();
                    if ui.add_enabled(can, use_it).on_hover_text(hint).clicked() {
                        send(view, &[id], AnnotationChange::Buffer(Some(m)));
                    }
                }
            }
        }
        Some(Err(why)) => {
            ui.label(RichText::new(tr_below(why)).color(ui.visuals().error_fg_color));
        }
        None => {}
    }
    rhythm::selected_ui(ui, project, annotation, view);
    // What leaves it without a pure pixel is told above, with the way out.
    for (_, words) in flags_told(project, annotation).iter().filter(|(mark, _)| *mark != Mark::NoPurePixel) {
        ui.label(RichText::new(words).color(warning));
    }
}

fn several_ui(ui: &mut Ui, project: &OpenProject, ids: &[AnnotationId]) {
    // Adding up more takes too long for a frame, and nobody selects so many to know.
    const ADDED_UP: usize = 5000;
    if ids.len() > ADDED_UP {
        return;
    }
    let facts = ids.iter().filter_map(|id| project.derived.flags.of(*id));
    let (mut ha, mut pixels, mut flagged) = (0.0, 0, 0);
    for facts in facts {
        ha += facts.drawn_ha;
        pixels += facts.pure_pixels().unwrap_or(0);
        flagged += usize::from(!facts.marks.is_empty());
    }
    widgets::figure(ui, tr!("Drawn"), &format::hectares(ha));
    widgets::figure(ui, tr!("Pure pixels"), &format::grouped(pixels as i64));
    if flagged > 0 {
        widgets::figure(ui, tr!("With a flag"), &format::grouped(flagged as i64));
    }
}
