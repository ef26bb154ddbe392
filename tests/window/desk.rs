//! The program in front of a test, sitting on a small project.

use crate::small::{Made, SIDE, ZOOM, grid, make, state};
use egui::accesskit::{NodeId, Role};
use egui::{Event, Key, PointerButton, Pos2, Rect};
use egui_kittest::kittest::{NodeT, Queryable};
use egui_kittest::{Harness, HarnessBuilder};
use ritmo::app::{Command, OpenProject};
use ritmo::ui::RitmoApp;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

type App = Option<RitmoApp>;

/// The program in front of a test.
pub struct Desk {
    // First, so that the project is closed before its folder goes.
    harness: Harness<'static, App>,
    home: Arc<TempDir>,
}

impl Desk {
    /// The start screen.
    pub fn start() -> Self {
        let home = Arc::new(tempfile::tempdir().unwrap());
        Self { harness: harness(&home, HarnessBuilder::default(), [1280.0, 800.0]), home }
    }

    /// A project that is open and whose cube, if it has one, is on screen.
    pub fn open(made: Made) -> Self {
        let home = Arc::new(tempfile::tempdir().unwrap());
        make(home.path(), made);
        Self::over(home)
    }

    /// The same, painted by this renderer for pictures.
    pub fn for_pictures(
        made: Option<Made>,
        renderer: egui_kittest::wgpu::WgpuTestRenderer,
        size: [f32; 2],
    ) -> Self {
        let home = Arc::new(tempfile::tempdir().unwrap());
        if let Some(made) = made {
            make(home.path(), made);
        }
        let builder = HarnessBuilder::default().renderer(renderer).with_render_cursor(false);
        let mut desk = Self { harness: harness(&home, builder, size), home };
        if made.is_some() {
            desk.open_project();
        }
        desk
    }

    fn over(home: Arc<TempDir>) -> Self {
        let harness = harness(&home, HarnessBuilder::default(), [1280.0, 800.0]);
        let mut desk = Self { harness, home };
        desk.open_project();
        desk
    }

    fn open_project(&mut self) {
        let folder = self.folder();
        self.app_mut().send(Command::OpenProject(folder));
        self.until("the project is open", |d| d.app().state.project.is_some());
        let has_cube = !self.project().document.sites.is_empty();
        if has_cube {
            self.until("the cube is shown or refused", |d| {
                let site = d.project().site.as_ref();
                site.is_some_and(|s| !matches!(s.cube, ritmo::app::CubeState::Opening(_)))
            });
        }
        self.settle();
    }

    /// The project's folder.
    pub fn folder(&self) -> PathBuf {
        self.home.path().join("small")
    }

    /// The folder that holds everything of this test.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Closes the program and starts it anew on the same project.
    pub fn reopened(self) -> Self {
        let home = Arc::clone(&self.home);
        drop(self);
        Self::over(home)
    }

    /// Starts the program a second time, on the same project.
    pub fn second(&self) -> Self {
        Self::over(Arc::clone(&self.home))
    }

    /// Closes the program.
    pub fn closed(self) {
        drop(self.harness);
    }

    /// Closes the program and starts it anew, on its start screen.
    pub fn restarted(self) -> Self {
        let home = Arc::clone(&self.home);
        drop(self);
        Self { harness: harness(&home, HarnessBuilder::default(), [1280.0, 800.0]), home }
    }

    pub fn app(&self) -> &RitmoApp {
        self.harness.state().as_ref().unwrap()
    }

    pub fn app_mut(&mut self) -> &mut RitmoApp {
        self.harness.state_mut().as_mut().unwrap()
    }

    pub fn project(&self) -> &OpenProject {
        self.app().state.project.as_ref().unwrap()
    }

    pub fn project_mut(&mut self) -> &mut OpenProject {
        self.app_mut().state.project.as_mut().unwrap()
    }

    pub fn harness(&mut self) -> &mut Harness<'static, App> {
        &mut self.harness
    }

    /// Sends a command and lets it be carried out.
    pub fn send(&mut self, command: Command) {
        self.app_mut().send(command);
        self.settle();
    }

    /// Paints so many frames.
    pub fn steps(&mut self, frames: usize) {
        for _ in 0..frames {
            self.harness.step();
        }
    }

    /// Paints what a click or a key brings: one frame sees it, the next carries the command out, and what pops up takes
    /// one more to find its size.
    pub fn settle(&mut self) {
        self.steps(4);
    }

    /// Paints frames until something holds, for at most half a minute or so.
    #[track_caller]
    pub fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        for _ in 0..6000 {
            self.harness.step();
            if holds(self) {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("it never came that {what}; on screen: {:#?}", self.words());
    }

    /// Waits until no job is under way.
    #[track_caller]
    pub fn until_idle(&mut self) {
        self.until("no job is under way", |d| d.app().state.jobs.is_empty());
        self.settle();
    }

    /// Everything that can be read on screen, in order.
    pub fn words(&self) -> Vec<String> {
        let nodes = self.harness.root().children_recursive();
        nodes
            .filter_map(|n| {
                let node = n.accesskit_node();
                node.label().or_else(|| node.value()).filter(|words| !words.trim().is_empty())
            })
            .collect()
    }

    /// Whether these words are on screen.
    pub fn sees(&self, words: &str) -> bool {
        self.words().iter().any(|w| w.contains(words))
    }

    /// These words are on screen, or come: what a thread finds out is there some frames later.
    #[track_caller]
    pub fn assert_sees(&mut self, words: &str) {
        if !self.sees(words) {
            self.until(&format!("{words:?} is on screen"), |desk| desk.sees(words));
        }
    }

    fn control<'a>(&'a self, name: &'a str, others: &[NodeId]) -> Option<egui_kittest::Node<'a>> {
        self.harness.query_all_by_label(name).find(|n| {
            let (role, id) = (n.accesskit_node().role(), n.accesskit_node().locate().0);
            !matches!(role, Role::Label | Role::Canvas | Role::Unknown | Role::GenericContainer)
                && !others.contains(&id)
        })
    }

    /// Whether there is a control of this name that can be used.
    pub fn can(&self, name: &str) -> bool {
        self.control(name, &[]).is_some_and(|n| !n.accesskit_node().is_disabled())
    }

    /// Clicks the first control of this name, once there is one.
    #[track_caller]
    pub fn click(&mut self, name: &str) {
        while !self.press(name, &[]) {
            self.until(&format!("there is a control {name:?}"), |desk| desk.control(name, &[]).is_some());
        }
    }

    /// Clicks in the middle of the first control of this name that is none of `others`, and says whether there was one. What
    /// comes in from threads may move it at any time, out of view too: so it is scrolled to and the mouse goes to it until it
    /// has stayed in its place, and only then the button goes down.
    #[track_caller]
    fn press(&mut self, name: &str, others: &[NodeId]) -> bool {
        /// What the bars at the top and the bottom take.
        const BARS: f32 = 44.0;
        let screen = self.harness.ctx.content_rect().shrink2(egui::vec2(0.0, BARS));
        for tried in 0..100 {
            let Some(node) = self.control(name, others) else { return false };
            let rect = node.rect();
            // What is not in a list that can be scrolled stays where it is.
            if tried < 10 && !screen.contains(rect.center()) {
                node.scroll_to_me();
                self.settle();
                continue;
            }
            self.harness.hover_at(rect.center());
            self.steps(1);
            if self.control(name, others).is_some_and(|node| node.rect() == rect) {
                self.button_at(rect.center());
                return true;
            }
        }
        panic!("what is to be clicked never stays in its place: {:#?}", self.words());
    }

    /// Opens a list or a menu and clicks what has this name in it.
    #[track_caller]
    pub fn pick(&mut self, list: &str, name: &str) {
        let ids = |desk: &Self| -> Vec<_> {
            desk.harness.query_all_by_label(name).map(|n| n.accesskit_node().locate().0).collect()
        };
        let before = ids(self);
        self.click(list);
        while !self.press(name, &before) {
            let come = |desk: &Self| desk.control(name, &before).is_some();
            self.until(&format!("there is a {name:?} in {list:?}"), come);
        }
    }

    /// Where all that has this name is.
    pub fn rects(&self, name: &str) -> Vec<Rect> {
        self.harness.query_all_by_label(name).map(|node| node.rect()).collect()
    }

    /// Types into the field of this name.
    #[track_caller]
    pub fn type_into(&mut self, name: &str, text: &str) {
        let field = self.harness.query_all_by_label(name).find(|n| n.accesskit_node().is_text_input());
        let Some(field) = field else { panic!("no field {name:?} among: {:#?}", self.words()) };
        field.focus();
        self.settle();
        self.harness.event(Event::Text(text.into()));
        self.settle();
    }

    /// Types into the field of this name, in the place of what stands there.
    #[track_caller]
    pub fn replace(&mut self, name: &str, text: &str) {
        self.focus(name);
        self.ctrl(Key::A);
        self.letter(text);
    }

    /// Gives the control of this name the focus.
    #[track_caller]
    pub fn focus(&mut self, name: &str) {
        let control = self.control(name, &[]);
        let Some(node) = control else { panic!("no control {name:?} among: {:#?}", self.words()) };
        node.focus();
        self.settle();
    }

    /// Presses a key.
    pub fn key(&mut self, key: Key) {
        self.harness.key_press(key);
        self.settle();
    }

    /// Presses a key while holding Ctrl.
    pub fn ctrl(&mut self, key: Key) {
        self.harness.key_press_modifiers(egui::Modifiers::COMMAND, key);
        self.settle();
    }

    /// Presses a key while holding Ctrl and Shift.
    pub fn ctrl_shift(&mut self, key: Key) {
        let keys = egui::Modifiers { shift: true, ..egui::Modifiers::COMMAND };
        self.harness.key_press_modifiers(keys, key);
        self.settle();
    }

    /// Types a letter as people do: it comes as text.
    pub fn letter(&mut self, text: &str) {
        self.harness.event(Event::Text(text.into()));
        self.settle();
    }

    /// Where a control is.
    #[track_caller]
    pub fn rect(&self, role: Role, name: &str) -> Rect {
        self.harness.get_by_role_and_label(role, name).rect()
    }

    /// Where a place on the grid (columns, rows) is on the screen, while the map has not been moved.
    pub fn at(&self, col: f64, row: f64) -> Pos2 {
        let mercator = |[lon, lat]: [f64; 2]| {
            let y = (lat.to_radians().tan().asinh() / std::f64::consts::PI).mul_add(-0.5, 0.5);
            [lon / 360.0 + 0.5, y]
        };
        let middle = f64::from(SIDE) / 2.0;
        let here = mercator(grid().lonlat_from_pixel(col, row).unwrap());
        let centre = mercator(grid().lonlat_from_pixel(middle, middle).unwrap());
        let world = 256.0 * ZOOM.exp2();
        let offset =
            egui::vec2(((here[0] - centre[0]) * world) as f32, ((here[1] - centre[1]) * world) as f32);
        self.rect(Role::Canvas, "Map").center() + offset
    }

    /// Moves the mouse to a place on the grid: the map sees it in the first frame, what is painted before the map tells of
    /// it in the second.
    pub fn point(&mut self, col: f64, row: f64) {
        let at = self.at(col, row);
        self.harness.hover_at(at);
        self.steps(2);
    }

    /// Clicks a place on the grid.
    pub fn click_map(&mut self, col: f64, row: f64) {
        let at = self.at(col, row);
        self.click_at(at);
    }

    /// Clicks a place on the screen.
    pub fn click_at(&mut self, pos: Pos2) {
        self.harness.hover_at(pos);
        self.steps(1);
        self.button_at(pos);
    }

    fn button_at(&mut self, pos: Pos2) {
        for pressed in [true, false] {
            let button = PointerButton::Primary;
            self.harness.event(Event::PointerButton {
                pos,
                button,
                pressed,
                modifiers: egui::Modifiers::NONE,
            });
            self.steps(1);
        }
        self.settle();
    }

    /// Double clicks a place on the screen.
    pub fn double_click_at(&mut self, pos: Pos2) {
        // Each event takes a frame of a quarter of a second here.
        self.harness.ctx.options_mut(|options| options.input_options.max_double_click_delay = 2.0);
        self.harness.hover_at(pos);
        self.steps(1);
        for pressed in [true, false, true, false] {
            let (button, modifiers) = (PointerButton::Primary, egui::Modifiers::NONE);
            self.harness.event(Event::PointerButton { pos, button, pressed, modifiers });
        }
        self.settle();
    }

    /// The field for a new class, which has a hint for a name.
    pub fn new_class_field(&self) -> egui_kittest::Node<'_> {
        self.harness.get_by(|n| n.is_text_input() && n.data().placeholder() == Some("new class"))
    }

    /// Sets the inward buffer as assistive technology does.
    pub fn set_buffer(&mut self, metres: f64) {
        self.harness.get_by_role_and_label(Role::SpinButton, "Inward buffer").set_value_accesskit(metres);
        self.settle();
    }

    /// Sets a slider as assistive technology does.
    #[track_caller]
    pub fn set_slider(&mut self, name: &str, value: f64) {
        self.harness.get_by_role_and_label(Role::Slider, name).set_value_accesskit(value);
        self.settle();
    }

    /// What a slider stands at.
    #[track_caller]
    pub fn slider(&self, name: &str) -> f64 {
        let slider = self.harness.get_by_role_and_label(Role::Slider, name);
        slider.accesskit_node().numeric_value().unwrap()
    }

    /// Turns the wheel, while keys are held.
    pub fn wheel(&mut self, delta: egui::Vec2, modifiers: egui::Modifiers) {
        let (unit, phase) = (egui::MouseWheelUnit::Point, egui::TouchPhase::Move);
        let source = egui::MouseWheelSource::Unknown;
        self.harness.event(Event::ModifiersChanged(modifiers));
        self.harness.event(Event::MouseWheel { unit, delta, phase, source, modifiers });
        // A turn is spread over some frames.
        self.steps(20);
        self.harness.event(Event::ModifiersChanged(egui::Modifiers::NONE));
        self.settle();
    }

    /// Drops folders or files on the window.
    pub fn drop_paths(&mut self, paths: &[&Path]) {
        let dropped = paths.iter().map(|path| Arc::new(Dropped(path.to_path_buf())) as _).collect();
        self.harness.input_mut().dropped_files = dropped;
        self.settle();
    }

    /// Notices on screen.
    pub fn notices(&self) -> Vec<&str> {
        self.app().state.notices.iter().map(|n| n.text.as_str()).collect()
    }
}

/// A folder or file that is dropped on the window.
#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|e| e.to_string())
    }
}

fn harness(home: &TempDir, builder: HarnessBuilder<App>, size: [f32; 2]) -> Harness<'static, App> {
    let mut waiting = Some(state(Some(home.path().join("recent.json"))));
    let frame = move |ui: &mut egui::Ui, app: &mut App| {
        let ctx = ui.ctx().clone();
        let app = app.get_or_insert_with(|| RitmoApp::new(waiting.take().unwrap(), &ctx));
        app.logic(&ctx);
        // The whole window, without the margin that kittest leaves.
        let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(ctx.content_rect()));
        app.paint(&mut ui);
    };
    builder.with_size(size).with_max_steps(16).build_ui_state(frame, None)
}
