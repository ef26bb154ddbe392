//! Browsing a store: one types its address, goes into folders and up, and takes files or a folder, which land where a path
//! was wanted.

mod list;

use super::dialogs::{Chosen, Dialogs};
use super::view::View;
use super::words::{tr, tr_below};
use super::{tokens, widgets};
use crate::geo::folders::{StoreFolder, folder_above};
use crate::geo::remote::{is_remote, keep_query};
use crate::jobs::{self, Newest, StoreAnswer};
use egui::{Context, Event, Id, Key, Modal, RichText, TextEdit, Ui};
use lucide_icons::Icon;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Width of the question.
const WIDTH: f32 = 600.0;

/// Where what is taken goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreFor {
    /// Folders and files of images.
    Imagery,
    /// Files of labels.
    Labels,
    /// A map to take in.
    Map,
    /// A folder of chips.
    Chips,
    /// A file of polygons.
    Area,
}

impl StoreFor {
    fn takes_folders(self) -> bool {
        matches!(self, Self::Imagery | Self::Chips)
    }

    fn takes_files(self) -> bool {
        self != Self::Chips
    }

    fn takes_many(self) -> bool {
        matches!(self, Self::Imagery | Self::Labels)
    }

    /// What is taken, as if it was chosen in a dialog of the system.
    fn chosen(self, paths: Vec<PathBuf>) -> Option<Chosen> {
        let first = paths.first().cloned();
        match self {
            Self::Imagery => Some(Chosen::Imagery(paths)),
            Self::Labels => Some(Chosen::Labels(paths)),
            Self::Map => first.map(Chosen::MapIn),
            Self::Chips => first.map(Chosen::Chips),
            Self::Area => first.map(Chosen::Area),
        }
    }
}

/// What is known of the folder on screen.
#[derive(Default)]
enum Known {
    #[default]
    Nothing,
    Looking,
    Here(StoreFolder),
    Failed(String),
}

/// What the question remembers; the folder stays for the next time.
#[derive(Default)]
pub struct Stores {
    target: Option<StoreFor>,
    address: String,
    /// Whether the address gets the keyboard with the next frame.
    wants_focus: bool,
    folder: Option<PathBuf>,
    known: Known,
    marked: BTreeSet<PathBuf>,
    thread: Option<Newest<PathBuf, StoreAnswer>>,
    /// Enter, kept from what lies below.
    held: Vec<Event>,
}

impl Stores {
    /// Whether the question is on screen.
    pub fn is_open(&self) -> bool {
        self.target.is_some()
    }

    /// Shows the question.
    pub fn show(&mut self, target: StoreFor) {
        self.target = Some(target);
        self.wants_focus = true;
        self.marked.clear();
    }

    /// Takes the question away; a look that is under way is given up.
    fn close(&mut self) {
        self.target = None;
        self.held.clear();
        self.stop();
    }

    /// Keeps Enter for the question while it is on screen: questions below it would take it for theirs. To be called before
    /// they are painted.
    pub fn keep_enter(&mut self, ctx: &Context) {
        if !self.is_open() {
            return;
        }
        let is_enter = |event: &Event| matches!(event, Event::Key { key: Key::Enter, .. });
        self.held = ctx.input_mut(|input| input.events.extract_if(.., |event| is_enter(event)).collect());
    }

    /// Looks into a folder.
    fn go(&mut self, ctx: &Context, folder: &Path) {
        self.stop();
        self.marked.clear();
        // A signature that was typed goes to GDAL and off the screen.
        let folder = keep_query(folder);
        self.address = folder.display().to_string();
        if !is_remote(&folder) {
            self.folder = None;
            self.known = Known::Failed(tr!(
                "{folder} is no folder of a store: type one such as s3://bucket/folder, az://container/folder, gs://bucket/folder or https://host/folder",
                folder = self.address
            ));
            return;
        }
        let ctx = ctx.clone();
        let start = || jobs::look_into_stores(Arc::new(move || ctx.request_repaint()));
        self.thread.get_or_insert_with(start).ask(folder.clone());
        self.folder = Some(folder);
        self.known = Known::Looking;
    }

    /// Gives up the look that is under way, with the thread that may hang in it.
    fn stop(&mut self) {
        if matches!(self.known, Known::Looking) {
            self.thread = None;
            self.known = Known::Nothing;
        }
    }

    fn take_in(&mut self) {
        let Some((folder, listed)) = self.thread.as_ref().and_then(Newest::take) else { return };
        if self.folder.as_ref() != Some(&folder) {
            return;
        }
        self.known = match listed {
            Ok(listed) if listed.entries.is_empty() => Known::Failed(tr!(
                "There is nothing in {folder}, or it is not there, or its server does not list folders",
                folder = folder.display()
            )),
            Ok(listed) => Known::Here(listed),
            Err(why) => {
                Known::Failed(tr!("{folder} cannot be listed: {why}", folder = folder.display(), why = why))
            }
        };
    }
}

/// The small button that opens the question, to stand beside a field for a path.
pub fn button_ui(ui: &mut Ui, name: &str) -> bool {
    let hint = tr!("Looks into a store or a server: s3://…, az://…, gs://…, https://…");
    widgets::icon_button(ui, Icon::Cloud, name, hint).clicked()
}

/// A field for a path that may lie in a store, as [`super::dialogs::path_ui`] has it, with the button that looks into one.
pub fn any_path_ui(
    ui: &mut Ui,
    name: &str,
    path: &mut String,
    dialogs: &Dialogs,
    target: StoreFor,
    browse: impl FnOnce(&mut Ui),
) {
    ui.horizontal(|ui| {
        let label = widgets::left_name(ui, tokens::NAMES, name);
        let beside = tokens::ICON_BUTTON + ui.spacing().item_spacing.x;
        let width = ui.available_width() - 92.0 - beside;
        ui.add(TextEdit::singleline(path).desired_width(width).hint_text(tr!("type a path, or browse")))
            .labelled_by(label.id);
        if ui.button(tr!("Browse…")).clicked() {
            browse(ui);
        }
        if button_ui(ui, tr!("Browse a store…")) {
            dialogs.browse_store(ui.ctx(), target);
        }
    });
}

/// The question, over everything else.
pub fn stores_ui(ctx: &Context, view: &mut View) {
    let Some(target) = view.stores.target else { return };
    let page = &mut view.stores;
    ctx.input_mut(|input| input.events.append(&mut page.held));
    page.take_in();
    let mut taken = None;
    let modal = Modal::new(Id::unique("store")).show(ctx, |ui| {
        ui.set_width(WIDTH);
        ui.heading(tr!("Browse a store"));
        ui.add_space(tokens::GRID);
        address_ui(ui, page);
        list::list_ui(ui, page, target);
        state_ui(ui, page);
        ui.add_space(2.0 * tokens::GRID);
        answer_ui(ui, page, target, &mut taken)
    });
    if let Some(chosen) = taken.and_then(|paths| target.chosen(paths)) {
        view.dialogs.choose(chosen);
        view.stores.close();
        ctx.request_repaint();
    } else if modal.inner || modal.should_close() {
        view.stores.close();
    }
}

fn address_ui(ui: &mut Ui, page: &mut Stores) {
    ui.horizontal(|ui| {
        let above = page.folder.as_deref().and_then(folder_above);
        ui.add_enabled_ui(above.is_some(), |ui| {
            let hint = tr!("Goes to the folder that this one lies in");
            if widgets::icon_button(ui, Icon::ArrowUp, tr!("Up"), hint).clicked()
                && let Some(above) = &above
            {
                page.go(ui.ctx(), above);
            }
        });
        let width = ui.available_width() - 60.0;
        let field = TextEdit::singleline(&mut page.address).desired_width(width);
        let field = ui.add(field.hint_text("s3://bucket/folder"));
        widgets::named_field(&field, tr!("Address of a folder"), "s3://bucket/folder", &page.address);
        if std::mem::take(&mut page.wants_focus) {
            field.request_focus();
        }
        let entered = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
        let typed = page.address.trim().trim_matches(['"', '\'']).to_owned();
        let go = ui.add_enabled(!typed.is_empty(), egui::Button::new(tr!("Go")));
        if (go.clicked() || entered) && !typed.is_empty() {
            page.go(ui.ctx(), Path::new(&typed));
        }
    });
    let words =
        tr!("s3://…, az://…, gs://… or https://…; keys come from the environment and from AWS profiles");
    ui.label(RichText::new(words).small().weak());
    ui.add_space(tokens::GRID);
}

/// How far the look is, or what came of it.
fn state_ui(ui: &mut Ui, page: &mut Stores) {
    let mut again = false;
    ui.horizontal(|ui| match &page.known {
        Known::Nothing => {
            ui.label(RichText::new(" ").small());
        }
        Known::Looking => {
            ui.spinner();
            ui.label(RichText::new(tr!("Looking into the folder …")).small().weak());
            if ui.small_button(tr!("Stop")).clicked() {
                page.stop();
            }
        }
        Known::Here(listed) => {
            ui.label(RichText::new(list::summary(listed)).small().weak());
        }
        Known::Failed(why) => {
            let has_folder = page.folder.is_some();
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                again = has_folder && ui.small_button(tr!("Retry")).clicked();
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    let words = RichText::new(tr_below(why)).small().color(ui.visuals().error_fg_color);
                    ui.add(egui::Label::new(words).wrap());
                });
            });
        }
    });
    if let Some(folder) = page.folder.clone().filter(|_| again) {
        page.go(ui.ctx(), &folder);
    }
}

/// The buttons; whether the question is to go.
fn answer_ui(ui: &mut Ui, page: &Stores, target: StoreFor, taken: &mut Option<Vec<PathBuf>>) -> bool {
    let marked = page.marked.len();
    let words = match marked {
        1 => tr!("Take 1 file").to_owned(),
        n if n > 1 => tr!("Take {n} files", n = n),
        _ if target.takes_folders() => tr!("Take this folder").to_owned(),
        _ => tr!("Take the file").to_owned(),
    };
    let is_here = matches!(page.known, Known::Here(_));
    let ready = marked > 0 || (target.takes_folders() && is_here);
    ui.horizontal(|ui| {
        if widgets::primary(ui, ready, &words).clicked() {
            *taken = match marked {
                0 => page.folder.clone().map(|folder| vec![folder]),
                _ => Some(page.marked.iter().cloned().collect()),
            };
        }
        ui.button(tr!("Not now")).on_hover_text(tr!("Esc")).clicked()
    })
    .inner
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_store_is_a_sentence_and_a_signature_goes_off_the_screen() {
        let ctx = Context::default();
        let mut page = Stores::default();
        page.show(StoreFor::Chips);
        page.go(&ctx, Path::new("/data/chips"));
        assert!(matches!(&page.known, Known::Failed(why) if why.contains("s3://bucket")));
        assert!(page.folder.is_none() && page.thread.is_none());
        page.go(&ctx, Path::new("http://127.0.0.1:9/chips?sig=s3cr3t"));
        assert_eq!(page.address, "http://127.0.0.1:9/chips");
        assert!(matches!(page.known, Known::Looking));
        page.close();
        assert!(page.thread.is_none() && !page.is_open(), "nobody waits for it any more");
    }

    #[test]
    fn what_is_taken_goes_where_a_path_was_wanted() {
        let paths = vec![PathBuf::from("s3://b/a"), PathBuf::from("s3://b/c")];
        assert!(matches!(StoreFor::Imagery.chosen(paths.clone()), Some(Chosen::Imagery(p)) if p == paths));
        assert!(matches!(StoreFor::Labels.chosen(paths.clone()), Some(Chosen::Labels(p)) if p == paths));
        assert!(matches!(StoreFor::Map.chosen(paths.clone()), Some(Chosen::MapIn(p)) if p == paths[0]));
        assert!(matches!(StoreFor::Chips.chosen(paths.clone()), Some(Chosen::Chips(p)) if p == paths[0]));
        assert!(matches!(StoreFor::Area.chosen(paths.clone()), Some(Chosen::Area(p)) if p == paths[0]));
        assert!(StoreFor::Area.chosen(Vec::new()).is_none());
    }
}
