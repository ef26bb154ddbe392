//! The window. Painters end in `_ui`, read `&AppState` and their own view state, and send [`Command`]s; nothing here waits
//! for disk, network or model.

mod actions;
mod app;
mod bars;
mod basemaps;
mod chips;
mod cleaning;
mod comparing;
mod correcting;
mod dialogs;
mod drift;
mod export;
mod export_model;
mod fetch;
mod format;
mod ground;
mod heap;
mod here;
mod hints;
mod imagery;
mod labels_in;
mod layers;
mod left;
mod listing;
mod live;
mod map;
mod map_in;
mod merge;
mod milestones;
mod notices;
mod opinion;
mod outside;
mod pages;
mod palette;
mod panes;
mod pause;
mod places;
mod plot;
mod queue;
mod reference;
mod rhythm;
mod shortcuts;
mod sites;
mod start;
mod status;
mod stores;
mod timeline;
mod tokens;
mod top;
mod uncertain;
mod view;
mod widgets;
mod words;

pub use app::RitmoApp;

use crate::app::{AppState, Command, Window};
use crate::jobs::DemoSpec;
use crate::project::{Language, Recent};
use std::sync::Arc;

/// From now on what counts on all cores leaves one core's share to the window, so that it never stutters while a model
/// trains. Does nothing where such work has begun already.
pub fn leave_a_core_to_the_window() {
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let _ = rayon::ThreadPoolBuilder::new()
        .num_threads(cores.saturating_sub(1).max(1))
        .start_handler(|_| crate::jobs::let_the_window_go_first())
        .build_global();
}

/// Opens the window and stays until it is closed.
///
/// # Errors
/// When the system has no display, or no OpenGL.
pub fn open(window: Window) -> anyhow::Result<()> {
    leave_a_core_to_the_window();
    heap::keep_for_the_next_frame();
    let options = eframe::NativeOptions {
        renderer: eframe::Renderer::Glow,
        // Imagery is judged by its colours: they go to the screen as they are. Without a graphics card this saves time too.
        dithering: false,
        viewport: egui::ViewportBuilder::default()
            .with_title("Ritmo")
            .with_app_id("ritmo")
            .with_inner_size([1400.0, 900.0])
            .with_min_inner_size([960.0, 600.0]),
        ..Default::default()
    };
    let create = move |creation: &eframe::CreationContext<'_>| {
        let ctx = creation.egui_ctx.clone();
        ctx.add_plugin(ground::Grounds);
        let mut state =
            AppState::new(Recent::load(Recent::user_file()), Arc::new(move || ctx.request_repaint()));
        state.runner.window_first();
        state.cache =
            directories::ProjectDirs::from("", "", "ritmo").map(|dirs| dirs.cache_dir().to_path_buf());
        state.language = state.recent.language.unwrap_or_else(Language::of_system);
        let mut app = RitmoApp::new(state, &creation.egui_ctx);
        app.greet();
        match window {
            Window::Start => {}
            Window::Project(folder) => app.send(Command::OpenProject(folder)),
            Window::Demo(DemoSpec { folder, .. }) if folder.join("ritmo.json").exists() => {
                app.send(Command::OpenProject(folder));
            }
            Window::Demo(spec) => app.send(Command::MakeDemo(spec)),
        }
        Ok(Box::new(app) as Box<dyn eframe::App>)
    };
    eframe::run_native("ritmo", options, Box::new(create)).map_err(|e| {
        anyhow::anyhow!(
            "cannot open a window: {e}. Over a network or in a container, try `ritmo demo --headless`; \
             on a desktop, install the OpenGL libraries (`./run` does it)"
        )
    })
}
