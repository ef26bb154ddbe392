//! Which basemap, what its server answers, and one of one's own.

use super::dialogs::answer_ui;
use super::view::View;
use super::words::tr;
use super::{tokens, widgets};
use crate::app::{Command, OpenProject};
use crate::source::{Basemap, GREATEST_ZOOM, TileTrouble};
use egui::{ComboBox, Context, DragValue, Id, Modal, RichText, Role, TextEdit, Ui, WidgetInfo};

/// A basemap of one's own, while it is being written.
#[derive(Default)]
pub struct BasemapForm {
    writing: Option<Basemap>,
}

impl BasemapForm {
    /// Whether it is on screen.
    pub fn is_open(&self) -> bool {
        self.writing.is_some()
    }

    fn open(&mut self, of: &Basemap) {
        self.writing = Some(of.clone());
    }
}

/// What stands below the row of the basemap while it is shown: which one, and a word on its server where it is in trouble.
pub fn basemap_ui(ui: &mut Ui, project: &OpenProject, visible: bool, view: &mut View) {
    if !visible {
        return;
    }
    let basemap = &project.document.settings.basemap;
    let can = project.folder.read_only().is_none();
    ui.horizontal(|ui| {
        ui.add_space(16.0);
        ui.add_enabled_ui(can, |ui| {
            let combo = ComboBox::from_id_salt("basemap").selected_text(&basemap.name);
            let combo = combo.width(ui.available_width()).truncate();
            let shown = combo.show_ui(ui, |ui| choices_ui(ui, project, view));
            let name = || WidgetInfo::labeled(Role::ComboBox, can, tr!("Which basemap"));
            shown.response.widget_info(name);
            shown.response.on_hover_text(basemap.server());
        });
    });
    let trouble = view.map.basemap.trouble();
    ui.horizontal_wrapped(|ui| {
        ui.add_space(16.0);
        // A row of its own keeps what is below in its place.
        ui.set_min_height(tokens::BAR);
        if let Some(trouble) = trouble {
            ui.label(RichText::new(trouble_words(trouble)).small().weak());
            let again = ui.small_button(tr!("Try again"));
            if again.on_hover_text(tr!("Asks the server again at once")).clicked() {
                view.map.basemap.retry();
            }
        }
    });
}

fn choices_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let basemap = &project.document.settings.basemap;
    for preset in Basemap::presets() {
        let response = ui.selectable_label(preset == *basemap, &preset.name);
        if response.on_hover_text(&preset.attribution).clicked() && preset != *basemap {
            view.send(Command::SetBasemap(preset));
        }
    }
    if !Basemap::presets().contains(basemap) {
        let _ = ui.selectable_label(true, &basemap.name);
    }
    if ui.button(tr!("Own basemap…")).clicked() {
        view.basemap.open(basemap);
    }
}

/// The same in the menu of its row.
pub fn menu_ui(ui: &mut Ui, project: &OpenProject, view: &mut View) {
    let can = project.folder.read_only().is_none();
    ui.add_enabled_ui(can, |ui| choices_ui(ui, project, view));
    if ui.button(tr!("Try again")).on_hover_text(tr!("Asks the server again at once")).clicked() {
        view.map.basemap.retry();
    }
}

/// What is wrong with the server, in a line.
fn trouble_words(trouble: TileTrouble) -> String {
    let code = match trouble {
        TileTrouble::NoNetwork => return tr!("no network").into(),
        TileTrouble::Silent => return tr!("The basemap's server does not answer").into(),
        TileTrouble::Unsafe => return tr!("The basemap's server cannot prove who it is").into(),
        TileTrouble::NoPicture => {
            return tr!("The basemap's server gives no pictures of 256 x 256 pixels").into();
        }
        TileTrouble::Answer(code) => code,
    };
    let what = match code {
        400 => tr!("bad request"),
        401 => tr!("a key is needed"),
        403 => tr!("forbidden"),
        404 => tr!("not found"),
        410 => tr!("gone"),
        429 => tr!("too many requests"),
        500..=599 => tr!("its own error"),
        _ => return tr!("The basemap's server answers {code}", code = code),
    };
    tr!("The basemap's server answers {code} ({what})", code = code, what = what)
}

/// The question what one's own basemap is, where it is open.
pub fn own_basemap_ui(ctx: &Context, view: &mut View) {
    let Some(mut basemap) = view.basemap.writing.take() else { return };
    let mut answer = (None, false);
    let modal = Modal::new(Id::unique("own basemap")).show(ctx, |ui| {
        ui.set_width(520.0);
        ui.heading(tr!("Own basemap"));
        ui.add_space(tokens::GRID);
        field(ui, tr!("Name"), &mut basemap.name, "");
        field(ui, tr!("Address"), &mut basemap.url, "https://server/{z}/{x}/{y}.png");
        field(ui, tr!("Attribution"), &mut basemap.attribution, tr!("as its licence wants it said"));
        ui.horizontal(|ui| {
            let label = name_ui(ui, tr!("Greatest zoom"));
            let zoom = DragValue::new(&mut basemap.max_zoom).range(0..=GREATEST_ZOOM);
            ui.add(zoom).labelled_by(label).on_hover_text(tr!("Nearer than this its server has no tiles"));
        });
        let words = tr!(
            "The address has {z}, {x} and {y} in the place of zoom, column and row; {-y} counts rows from the \
             south, {q} is a quadkey, {s} one of the servers a, b and c. It is kept in the project, with a key if it \
             has one. Use servers only as their terms allow."
        );
        ui.label(RichText::new(words).small().weak());
        let wrong = basemap.check().err();
        let named = !basemap.name.trim().is_empty();
        let words = wrong.as_ref().map_or_else(String::new, ToString::to_string);
        ui.label(RichText::new(words).small().color(ui.visuals().warn_fg_color));
        answer = answer_ui(ui, tr!("Use it"), wrong.is_none() && named, || Command::SetBasemap(basemap.clone()));
    });
    match answer {
        (Some(command), _) => view.send(command),
        (None, false) if !modal.should_close() => view.basemap.writing = Some(basemap),
        _ => {}
    }
}

fn name_ui(ui: &mut Ui, name: &str) -> Id {
    widgets::left_name(ui, 96.0, name).id
}

fn field(ui: &mut Ui, name: &str, text: &mut String, hint: &str) {
    ui.horizontal(|ui| {
        let label = name_ui(ui, name);
        ui.add(TextEdit::singleline(text).hint_text(hint).desired_width(f32::INFINITY)).labelled_by(label);
    });
}
