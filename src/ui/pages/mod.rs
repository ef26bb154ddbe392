//! The panel on the right, a file a page.

mod assess;
mod display;
mod inputs;
mod label;
mod look;
mod map;

pub use assess::{AssessView, assess_ui};
pub use display::{bar as colour_bar, preset_name, show_preset};
pub use label::{LegendView, Typing, label_ui};
pub use look::look_ui;
pub use map::{AreasView, ModelsView, map_ui};

use super::tokens;
use crate::app::Page;
use egui::{ScrollArea, Ui};

/// What all pages share: they scroll in their pane, each by itself.
fn page(ui: &mut Ui, page: Page, content: impl FnOnce(&mut Ui)) {
    ScrollArea::vertical().id_salt(page).auto_shrink(false).show(ui, |ui| {
        content(ui);
        ui.add_space(4.0 * tokens::GRID);
    });
}
