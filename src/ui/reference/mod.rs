//! Reference samples on the Assess page: designing one, labelling it, and how far interpreters agree.

mod agreement;
mod designer;
mod files;
mod labelling;

pub use designer::designer_ui;
pub use files::files_ui;
pub use labelling::{keys, labelling_ui};

use super::view::View;
use super::widgets;
use super::words::{tr, tr_below};
use crate::app::{AppState, Command, LabelOrder, OpenProject, OpenSample, ReferenceOrder};
use crate::jobs::JobKind;
use crate::project::reference::Standing;
use crate::ui::format;
use designer::Form;
use egui::{Button, ComboBox, Label, RichText, Role, TextEdit, Ui, WidgetInfo};
use files::FileForm;

/// What the window remembers of reference samples.
#[derive(Default)]
pub struct ReferenceView {
    /// The sample that is being designed.
    designer: Option<Form>,
    /// The file that is asked for.
    file: Option<FileForm>,
    /// Who is to label; who sits here where it is not written yet.
    interpreter: Option<String>,
}

impl ReferenceView {
    /// Whether a question is on screen.
    pub fn is_open(&self) -> bool {
        self.designer.is_some() || self.file.is_some()
    }

    /// Asks what sample to draw.
    pub fn ask_design(&mut self) {
        self.designer = Some(Form::default());
    }

    /// A file was chosen in a dialog of the system, which has asked whether one that is there is to be replaced.
    pub fn take_file(&mut self, file: &std::path::Path) {
        if let Some(form) = &mut self.file {
            form.take(file);
        }
    }
}

fn send(view: &mut View, order: ReferenceOrder) {
    view.send(Command::Reference(order));
}

/// The section of the Assess page.
pub fn section_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) {
    ui.separator();
    widgets::section(ui, tr!("Reference sample"));
    let words = tr!(
        "Only pixels drawn at random tell how right a map is. People say what is there without seeing the map."
    );
    ui.add(Label::new(RichText::new(words).small().weak()).wrap());
    let references = project.references();
    let writable = project.folder.read_only().is_none();
    let busy =
        [JobKind::DesignReference, JobKind::ReadReference].iter().any(|kind| state.job(*kind).is_some());
    if !references.names.is_empty() {
        choose_ui(ui, project, view);
    }
    ui.horizontal_wrapped(|ui| {
        let can = writable && !busy && !project.map_names().is_empty();
        let hint = tr!("Draws pixels at random from the classes of a map");
        let button = ui.add_enabled(can, Button::new(tr!("Design a sample…"))).on_hover_text(hint);
        if button.on_disabled_hover_text(tr!("Map the site first")).clicked() {
            view.reference.ask_design();
        }
        let hint = tr!("Takes points with classes made elsewhere as a sample");
        if ui.add_enabled(writable && !busy, Button::new(tr!("Import points…"))).on_hover_text(hint).clicked()
        {
            view.reference.file = Some(FileForm::import());
        }
        if busy {
            ui.spinner();
        }
    });
    let Some(open) = &references.open else { return };
    sample_ui(ui, state, project, open, view);
}

/// Which sample is open.
fn choose_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let references = project.references();
    let open = references.open.as_ref().map(|open| open.sample.name.as_str());
    ui.horizontal(|ui| {
        widgets::left_name(ui, 64.0, tr!("Sample"));
        let combo = ComboBox::from_id_salt("reference sample").width(ui.available_width() - 8.0);
        let combo = combo.selected_text(open.unwrap_or(tr!("choose a sample")));
        let response = combo.show_ui(ui, |ui| {
            for name in &references.names {
                if ui.selectable_label(open == Some(name), name).clicked() {
                    send(view, ReferenceOrder::Open(name.clone()));
                }
            }
        });
        response
            .response
            .widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, tr!("Reference sample to open")));
    });
}

/// The sample that is open: how far it is, and who goes on.
fn sample_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, open: &OpenSample, view: &mut View) {
    let sample = &open.sample;
    let count = |is: fn(Standing) -> bool| sample.units.iter().filter(|unit| is(unit.standing())).count();
    let disputed = count(|standing| standing == Standing::Disputed);
    if let Some(design) = &sample.design {
        ui.label(RichText::new(tr!("Drawn of {map}", map = design.map)).small().weak());
    }
    widgets::figure(ui, tr!("Units"), &format::grouped(sample.units.len() as i64));
    for (name, is) in [
        (tr!("With a class"), (|s| matches!(s, Standing::Class(_))) as fn(Standing) -> bool),
        (tr!("Skipped"), |s| s == Standing::Skipped),
        (tr!("To settle"), |s| s == Standing::Disputed),
        (tr!("Without an answer"), |s| s == Standing::Unanswered),
    ] {
        widgets::figure(ui, name, &format::grouped(count(is) as i64));
    }
    for words in &open.told {
        ui.add(Label::new(RichText::new(tr_below(words)).small().color(ui.visuals().warn_fg_color)).wrap());
    }
    let writable = project.folder.read_only().is_none();
    ui.horizontal(|ui| {
        let label = widgets::left_name(ui, 64.0, tr!("Interpreter"));
        let author = || state.author.clone().unwrap_or_default();
        let name = view.reference.interpreter.get_or_insert_with(author);
        ui.add(TextEdit::singleline(name).desired_width(f32::INFINITY)).labelled_by(label.id);
    });
    let name = view.reference.interpreter.clone().unwrap_or_default();
    ui.horizontal_wrapped(|ui| {
        let hint = tr!("Goes through the units one by one, with the map hidden. A second interpreter does not see what the first one said");
        let ready = writable && !name.trim().is_empty() && project.site.is_some();
        if widgets::primary(ui, ready, tr!("Label the units")).on_hover_text(hint).clicked() {
            send(view, ReferenceOrder::Label(LabelOrder::Start { interpreter: name.clone() }));
        }
        if disputed > 0 {
            let words = tr!("Settle {n}", n = format::count(disputed, "difference"));
            let hint = tr!("Goes through the units that were given different classes");
            if ui.add_enabled(writable, Button::new(words)).on_hover_text(hint).clicked() {
                send(view, ReferenceOrder::Label(LabelOrder::Settle));
            }
        }
    });
    agreement::agreement_ui(ui, project, sample);
    ui.horizontal_wrapped(|ui| {
        let hint = tr!("GeoJSON, GeoPackage, or a table for Collect Earth Online");
        if ui.button(tr!("Export the sample…")).on_hover_text(hint).clicked() {
            view.reference.file = Some(FileForm::export(&sample.name));
        }
        let hint = tr!("Takes in answers by the numbers of the units, from a table or a vector file");
        if ui.add_enabled(writable, Button::new(tr!("Take answers in…"))).on_hover_text(hint).clicked() {
            view.reference.file = Some(FileForm::answers(&sample.name));
        }
    });
}
