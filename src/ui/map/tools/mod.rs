//! The tools of the Label page, one file each: what the mouse does with the tool in hand, and what is painted of it.
//!
//! [`press`] decides before the map is shown whether a drag that begins is the tool's or pans; [`tools_ui`] then follows the
//! mouse. Nothing of the document changes before a gesture ends in one command.

mod bar;
mod corners;
mod extend;
mod freehand;
mod hole;
mod preview;
mod rectangle;
mod reshape;
mod scene;
mod select;
mod split;
mod wand;

pub use bar::{bar_ui, choice_ui, drawn_button};
pub use wand::{Wand, options_ui as wand_options_ui, take_wheel};

use super::MapView;
use crate::app::{Command, OpenProject, Page};
use crate::classify::correct::Correction;
use crate::jobs::OpenedCube;
use crate::labels::AnnotationId;
use crate::ui::view::View;
use crate::ui::words::tr;
use egui::{DragPanButtons, Key, Painter, PointerButton, Pos2, Rect, Response, Ui};
use scene::Scene;
use walkers::{MercatorProjection, Projector, lon_lat};

/// The tool in hand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tool {
    /// Selects annotations, moves them and their corners.
    Select,
    /// Draws polygons by their corners.
    #[default]
    Polygon,
    /// Draws rectangles along the grid.
    Rectangle,
    /// Draws by a stroke.
    Freehand,
    /// Draws around all that has the year of a pixel.
    Wand,
    /// Cuts a hole.
    Hole,
    /// Splits along a line.
    Split,
    /// Adds to an annotation.
    Extend,
}

impl Tool {
    /// All of them, as they stand in the bar.
    pub const ALL: [Self; 8] = [
        Self::Select,
        Self::Polygon,
        Self::Rectangle,
        Self::Freehand,
        Self::Wand,
        Self::Hole,
        Self::Split,
        Self::Extend,
    ];

    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Select => tr!("Select"),
            Self::Polygon => tr!("Polygon"),
            Self::Rectangle => tr!("Rectangle"),
            Self::Freehand => tr!("Freehand"),
            Self::Wand => tr!("Wand"),
            Self::Hole => tr!("Hole"),
            Self::Split => tr!("Split"),
            Self::Extend => tr!("Extend"),
        }
    }

    /// The key that takes it in hand.
    pub fn key(self) -> Key {
        match self {
            Self::Select => Key::V,
            Self::Polygon => Key::P,
            Self::Rectangle => Key::R,
            Self::Freehand => Key::L,
            Self::Wand => Key::W,
            Self::Hole => Key::H,
            Self::Split => Key::X,
            Self::Extend => Key::E,
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Self::Select => {
                tr!(
                    "Selects annotations; drag a corner, the middle of an edge, or the whole; Shift and drag for a box"
                )
            }
            Self::Polygon => tr!("Draws a polygon: click its corners, double click or Enter to finish"),
            Self::Rectangle => tr!("Draws a rectangle along the pixels: drag, or click two corners"),
            Self::Freehand => tr!("Draws by a stroke: drag around, release to close"),
            Self::Wand => tr!("Draws around all that has the year of the pixel you click"),
            Self::Hole => tr!("Cuts a hole into the selected annotation, or the one under its first corner"),
            Self::Split => tr!("Splits along a line: click across, double click or Enter to split"),
            Self::Extend => {
                tr!("Adds a polygon to the selected annotation, or the one under its first corner")
            }
        }
    }
}

/// What the button of the mouse that is held down does.
#[derive(Default)]
enum Gesture {
    /// It is not held down, or the map pans.
    #[default]
    Pan,
    /// Space was held as it went down: the map pans, and a click is none.
    SpacePan,
    /// It draws a rectangle, from a place on.
    Rectangle([f64; 2]),
    /// It draws a stroke.
    Stroke(freehand::Stroke),
    /// It draws a box that selects, from a point of the screen on.
    Box(Pos2),
    /// It reshapes the selected annotation.
    Reshape(reshape::Reshaping),
    /// It was given up: nothing more comes of it.
    Spent,
}

impl Gesture {
    fn pans(&self) -> bool {
        matches!(self, Self::Pan | Self::SpacePan)
    }
}

/// What the tools remember between frames.
#[derive(Default)]
pub struct Tools {
    /// Corners of what is being drawn, longitude and latitude.
    corners: Vec<[f64; 2]>,
    gesture: Gesture,
    /// Where the button went down, on the screen.
    pressed_at: Option<Pos2>,
    preview: preview::Preview,
    /// The tool that the corners are of.
    of: Tool,
    /// Whether corners do not jump to what lies around.
    pub loose: bool,
    /// An annotation that the tool paints as it will be.
    pub hidden: Option<AnnotationId>,
    /// What drawing makes of the map, without its place, where it makes no annotation.
    correction: Option<Correction>,
    /// Sentences for people.
    told: Vec<String>,
    /// Whether space is held, and whether it panned.
    space: Option<bool>,
}

impl Tools {
    /// What a polygon that was drawn becomes: an annotation, or a correction of the map.
    fn drawn(&self, polygon: geo::Polygon<f64>) -> Command {
        match self.correction.clone() {
            None => Command::Draw(polygon),
            Some(Correction { to, from, note, .. }) => Command::Correct { polygon, to, from, note },
        }
    }

    /// Whether something is being drawn or dragged.
    fn is_busy(&self) -> bool {
        !self.corners.is_empty() || !matches!(self.gesture, Gesture::Pan | Gesture::SpacePan | Gesture::Spent)
    }

    /// Takes the last corner back; `false` where nothing is being drawn.
    fn take_corner_back(&mut self) -> bool {
        self.corners.pop().is_some()
    }

    /// Gives up what is being drawn or dragged; `false` where nothing is.
    fn give_up(&mut self) -> bool {
        let busy = self.is_busy();
        self.corners.clear();
        if !self.gesture.pans() {
            self.gesture = Gesture::Spent;
        }
        busy
    }

    /// Pure pixels of what is being drawn or reshaped, as far as they are known.
    pub fn pure_pixels(&self) -> Option<&[(u32, u32)]> {
        self.preview.pure_pixels()
    }

    /// Forgets what is being drawn: another site is shown.
    pub fn forget_drawing(&mut self) {
        self.give_up();
        self.hidden = None;
        self.preview.forget();
    }

    /// What people should read since the last call.
    pub fn drain_told(&mut self) -> impl Iterator<Item = String> {
        self.told.drain(..)
    }

    /// Space went down or came up; tells whether it was a tap, with nothing panned in between.
    pub fn space(&mut self, pressed: bool, released: bool) -> bool {
        if pressed && self.space.is_none() {
            self.space = Some(false);
        }
        released && self.space.take() == Some(false)
    }
}

impl MapView {
    /// The tool in hand, on the pages where one draws.
    pub fn hand(&self, project: &OpenProject) -> Option<Tool> {
        match project.page {
            Page::Label => Some(self.tool),
            _ => self.correcting.works_on(project).then_some(self.correcting.tool),
        }
    }

    /// Whether something is being drawn, dragged or reshaped.
    pub fn is_busy(&self) -> bool {
        self.tools.is_busy()
    }

    /// Takes the last corner of what is being drawn back; `false` where nothing is being drawn.
    pub fn take_corner_back(&mut self) -> bool {
        self.tools.take_corner_back()
    }

    /// Whether corners are set of something that is being drawn.
    pub fn is_drawing(&self) -> bool {
        !self.tools.corners.is_empty()
    }

    /// Gives up what is being drawn or dragged; `false` where nothing is.
    pub fn give_drawing_up(&mut self) -> bool {
        self.wand.let_go();
        self.tools.give_up()
    }
}

/// Finishes what is being drawn by corners.
pub fn finish_drawing(project: &OpenProject, view: &mut View) {
    let Some(tool) = view.map.hand(project) else { return };
    let command = corners::finish(tool, project, &mut view.map.tools);
    view.commands.extend(command);
}

/// Decides whose a drag is that begins in this frame, before the map takes it; gives the buttons that pan.
pub fn press(ui: &Ui, rect: Rect, project: &OpenProject, view: &mut View) -> DragPanButtons {
    let (pressed, down, released, middle, space) = ui.input(|i| {
        let pointer = &i.pointer;
        (
            pointer.button_pressed(PointerButton::Primary),
            pointer.button_down(PointerButton::Primary),
            pointer.button_released(PointerButton::Primary),
            pointer.button_down(PointerButton::Middle),
            i.key_down(Key::Space),
        )
    });
    let projector = Projector::new(rect, &MercatorProjection, &view.map.memory, lon_lat(0.0, 0.0));
    let hand = view.map.hand(project);
    let correction = view.map.correcting.draft(project).filter(|_| project.page == Page::Map);
    let tools = &mut view.map.tools;
    tools.correction = correction.filter(|_| hand.is_some());
    if (pressed || middle) && space {
        tools.space = Some(true);
    }
    let origin = ui.input(|i| i.pointer.press_origin());
    if pressed {
        tools.pressed_at = origin;
        tools.gesture = match (hand, origin) {
            (Some(_), _) if space => Gesture::SpacePan,
            (Some(tool), Some(pos)) => gesture_of(ui, tool, tools, &projector, project, pos),
            _ => Gesture::Pan,
        };
    } else if !down && !released {
        tools.gesture = Gesture::Pan;
    }
    let pans = view.map.tools.gesture.pans();
    if pans { DragPanButtons::PRIMARY | DragPanButtons::MIDDLE } else { DragPanButtons::MIDDLE }
}

/// What a drag does that begins here.
fn gesture_of(
    ui: &Ui,
    tool: Tool,
    tools: &Tools,
    projector: &Projector,
    project: &OpenProject,
    pos: Pos2,
) -> Gesture {
    let modifiers = ui.input(|i| i.modifiers);
    let place = || {
        let loose = tools.loose || modifiers.command || tools.correction.is_some();
        let snapped = scene::snapped(project, projector, pos, None).filter(|_| !loose);
        snapped.map_or_else(|| scene::lonlat(projector, pos), |snapped| snapped.place)
    };
    match tool {
        Tool::Select => select::gesture_of(projector, project, pos, modifiers),
        Tool::Rectangle if tools.corners.is_empty() => Gesture::Rectangle(place()),
        Tool::Freehand => Gesture::Stroke(freehand::Stroke::begin(scene::lonlat(projector, pos), pos)),
        _ => Gesture::Pan,
    }
}

/// Follows the mouse where one draws, and paints what is being drawn.
pub fn tools_ui(
    ui: &Ui,
    painter: &Painter,
    response: &Response,
    projector: &Projector,
    project: &OpenProject,
    opened: &OpenedCube,
    view: &mut View,
) {
    let Some(tool) = view.map.hand(project) else { return };
    let tools = &mut view.map.tools;
    if tools.of != tool {
        tools.corners.clear();
        tools.preview.forget();
        tools.of = tool;
    }
    tools.hidden = None;
    let grid = &opened.cube.info().grid;
    let scene = Scene::new(ui, painter, response, projector, project, grid, tools);
    match tool {
        Tool::Select => select::select_ui(&scene, view),
        Tool::Rectangle => rectangle::rectangle_ui(&scene, view),
        Tool::Freehand => freehand::freehand_ui(&scene, view),
        Tool::Wand => wand::wand_ui(&scene, opened, view),
        Tool::Polygon | Tool::Hole | Tool::Split | Tool::Extend => corners::corners_ui(&scene, view, tool),
    }
    let idle = view.map.tools.corners.is_empty() && view.map.tools.gesture.pans();
    if idle {
        view.map.tools.preview.forget();
    }
}
