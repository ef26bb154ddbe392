//! The map: mosaic, class map and annotations on walkers' canvas, and the tools that float on it.

mod annotations;
pub mod area;
mod basemap;
mod calendar;
mod canvas;
mod certainty_layer;
mod claims;
mod class_layer;
mod colour_bar;
mod compare;
mod crowd;
mod damage;
mod follow;
mod footprints;
mod furniture;
mod go_to;
mod look_at;
mod mask_layer;
mod mask_legend;
mod modes;
mod mosaic;
mod outside_layer;
mod overview;
mod pane;
mod plane;
mod plate;
pub mod quad;
mod stack;
mod tools;

pub use annotations::{paint_ring, rings_on_screen};
pub use certainty_layer::{certainty_here, measure_name};
pub use class_layer::ClassLayer;
pub use compare::{HANDLE_STEP, choose_map_ui, next as compare_next, push_handle, step_other};
pub use modes::back as one_map;
pub use plate::told;
pub use quad::{corners, within as place_in};
pub use stack::top_picture;
pub use tools::{Tool, finish_drawing};

use super::cleaning::{self, CleaningView};
use super::correcting::{self, Correcting};
use super::view::View;
use super::widgets;
use super::words::tr;
use crate::app::{AppState, Command, CubeState, OpenProject};
use crate::geo::Grid;
use crate::jobs::{Loaded, Loader, OpenedCube};
use crate::project::CompareMode;
use egui::{CentralPanel, Context, Frame, Rect, Response, Role, Ui, Vec2, WidgetInfo};
use std::time::{Duration, Instant};
use walkers::{MapMemory, MercatorProjection, Projector, lon_lat};

/// Where the mouse is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// Longitude and latitude.
    pub lonlat: [f64; 2],
    /// In the grid's coordinate system.
    pub xy: [f64; 2],
    /// The pixel (column, row), within the grid.
    pub pixel: Option<(u32, u32)>,
}

/// What the map remembers between frames.
#[derive(Default)]
pub struct MapView {
    /// Where the mouse is.
    pub hovered: Option<Place>,
    /// Whether the class map is away while one looks under it.
    pub peeking: bool,
    /// The basemap.
    pub basemap: basemap::BasemapLayer,
    /// The box that takes a place to go to.
    pub go_to_box: go_to::GoTo,
    /// The tool in hand on the Label page.
    pub tool: Tool,
    /// The series wand.
    pub wand: tools::Wand,
    /// Where it looks.
    pub memory: MapMemory,
    site: Option<String>,
    mosaic: mosaic::Mosaic,
    mask: mask_layer::MaskLayer,
    /// What the model of the map never learned.
    pub outside: outside_layer::OutsideLayer,
    following: follow::Following,
    classes: class_layer::ClassLayer,
    /// The cleaning of the map, as a preview.
    pub cleaning: CleaningView,
    /// Corrections of the map by hand.
    pub correcting: Correcting,
    certainty: certainty_layer::CertaintyLayer,
    cores: annotations::CoreLayer,
    /// What the tools remember.
    pub tools: tools::Tools,
    /// All dates as small maps.
    pub calendar: calendar::Calendar,
    /// Two sides that are compared.
    pub compare: compare::Compare,
    /// Where maps lay in the last frame, and where each looked.
    panes: Vec<(Rect, MapMemory)>,
    hover_since: Option<((u32, u32), Instant)>,
    fit: bool,
    /// A box to bring into view (left, bottom, right, top), and whether to fill the view with it.
    target: Option<([f64; 4], bool)>,
    /// The project and the site, on its way, that the map of all sites was last brought to.
    overview: Option<(std::path::PathBuf, Option<String>)>,
    /// The project whose last view was taken up again.
    taken_up: Option<std::path::PathBuf>,
    saved_view: Option<([f64; 2], f64)>,
    moved: Option<Instant>,
    title: String,
    damage: damage::Damage,
    /// Why nothing more comes of the cube, where all of it is gone.
    gone: Option<String>,
    /// The last place that a command brought the map to ([`crate::app::Places::jumps`]).
    jumps: u64,
    marked: Option<look_at::Marked>,
    /// The uncertain place, or the unit of a reference sample, that one is at.
    uncertain: Option<Place>,
}

impl MapView {
    /// Takes in tiles and chunks that have come; gives what people should know of them. Never waits.
    pub fn take_in(&mut self, state: &AppState, ctx: &Context) -> Vec<String> {
        let document = state.project.as_ref().map(|project| &project.document);
        self.basemap.take_in(ctx, document, state.cache.as_deref());
        let cube = state.project.as_ref().and_then(OpenProject::cube);
        let Some((opened, loader)) = cube else {
            self.mosaic.clear();
            self.mask.clear();
            self.outside.clear();
            self.following = follow::Following::default();
            self.wand.forget();
            self.site = None;
            return Vec::new();
        };
        let mut told: Vec<String> = self.tools.drain_told().collect();
        for loaded in loader.drain() {
            told.extend(match loaded {
                Loaded::Tile(key, picture) => {
                    self.mosaic.insert(ctx, key, &picture);
                    None
                }
                Loaded::Mask(key, mask) => {
                    self.mask.insert(ctx, key, &mask);
                    None
                }
                Loaded::MaskShares(key, shares) => {
                    self.mask.take_shares(key, shares);
                    None
                }
                Loaded::BadMask(key, why) => {
                    self.mask.give_up(key);
                    self.damage.mask(&why)
                }
                Loaded::Chunk(_, mask) => mask.and_then(|why| self.damage.mask(&why)),
                Loaded::BadTile(key, why) => {
                    self.mosaic.give_up(key);
                    self.damage.anything(&why)
                }
                Loaded::BadChunk(chunk, why) => self.damage.chunk(chunk, why),
                Loaded::Gone(why) => {
                    self.gone = Some(why);
                    None
                }
            });
        }
        // Another cube on screen: nothing of the last one is drawn.
        let identity = format!("{}|{:p}", opened.cube.path().display(), std::ptr::from_ref(opened));
        if self.site.as_deref() != Some(identity.as_str()) {
            self.mosaic.clear();
            self.mask.clear();
            self.outside.clear();
            self.following = follow::Following::default();
            self.cores.clear();
            self.compare.clear();
            self.cleaning = CleaningView::default();
            self.tools.forget_drawing();
            self.wand.forget();
            self.damage = damage::Damage::default();
            self.gone = None;
            self.site = Some(identity);
            self.overview = None;
            // Where one looked last matters when a project is opened; a site shown later is shown whole.
            let project = state.project.as_ref();
            let path = project.map(|p| p.folder.path().to_owned());
            let first = self.taken_up != path;
            self.taken_up = path;
            self.marked = None;
            if first {
                self.jumps = project.map_or(0, |p| p.places.jumps());
            }
            let view = project.filter(|_| first).map(|p| &p.document.view);
            match view.and_then(|v| v.centre.map(|c| (c, v.zoom))) {
                Some((centre, zoom)) if look_at::near(opened, centre) => {
                    self.memory.center_at(lon_lat(centre[0], centre[1]));
                    // A zoom from a file may be anything; then the map keeps its own.
                    let _ = self.memory.set_zoom(zoom);
                    self.saved_view = Some((centre, zoom));
                }
                _ => self.fit = true,
            }
        }
        if let Some(project) = &state.project {
            self.follow(project);
        }
        told
    }

    /// Why the values of a pixel cannot be read, where its chunk is damaged.
    pub fn damage_at(&self, opened: &OpenedCube, (col, row): (u32, u32)) -> Option<&str> {
        self.damage.of(opened.cube.chunk_of(col, row))
    }

    /// Shows the whole site in the next frame.
    pub fn fit(&mut self) {
        self.fit = true;
    }

    /// Brings a box of longitude and latitude (left, bottom, right, top) into view in the next frame: fills a third of the view
    /// with it where `closely`, and moves only where it is out of view otherwise.
    pub fn go_to(&mut self, bounds: [f64; 4], closely: bool) {
        self.target = Some((bounds, closely));
    }

    /// Gives the window a title, once it has changed.
    pub fn title(&mut self, ctx: &Context, title: String) {
        if self.title != title {
            ctx.send_viewport_cmd(egui::ViewportCommand::Title(title.clone()));
            self.title = title;
        }
    }

    /// Pure pixels of what is being drawn, or of what a click of the wand would draw.
    pub fn drawn_pixels(&self) -> Option<&[(u32, u32)]> {
        match self.tool {
            Tool::Wand => self.wand.pure_pixels(),
            _ => self.tools.pure_pixels(),
        }
    }

    /// Finds the pixel under the mouse before the panels are painted, so that they show it in the same frame. The map
    /// itself, painted last, looks again where it then lies.
    pub fn look_ahead(&mut self, ctx: &Context, state: &AppState) {
        let cube = state.project.as_ref().and_then(OpenProject::cube);
        let over = |pos: &egui::Pos2| {
            let order = ctx.layer_id_at(*pos).map_or(egui::Order::Background, |layer| layer.order);
            order == egui::Order::Background
        };
        self.hovered = ctx.pointer_hover_pos().filter(over).and_then(|pos| {
            let (opened, _) = cube?;
            let (rect, memory) = self.panes.iter().find(|(rect, _)| rect.contains(pos))?;
            let projector = Projector::new(*rect, &MercatorProjection, memory, lon_lat(0.0, 0.0));
            place_at(&projector, &opened.cube.info().grid, pos)
        });
        if cube.is_some() {
            self.hovered = self.hovered.or(self.marked().copied());
        }
    }

    /// Whether no tile of the mosaic was missing in the last frame.
    pub fn is_whole(&self) -> bool {
        self.mosaic.is_whole()
    }

    /// Every how many pixels of a cube a point of the screen shows.
    fn seen_every(&self, opened: &OpenedCube) -> u32 {
        let Some((rect, memory)) = self.panes.first() else { return 1 };
        let projector = Projector::new(*rect, &MercatorProjection, memory, lon_lat(0.0, 0.0));
        quad::step(&opened.cube.info().grid, &projector)
    }

    /// The part of a cube that is in view.
    pub fn seen(&self, opened: &OpenedCube) -> Option<crate::geo::Window> {
        let (rect, memory) = self.panes.first()?;
        let projector = Projector::new(*rect, &MercatorProjection, memory, lon_lat(0.0, 0.0));
        quad::in_view(&opened.cube.info().grid, &projector, *rect)
    }
}

/// Least and greatest longitude, least and greatest latitude.
type Bounds = ((f64, f64), (f64, f64));

/// Least and greatest longitude and latitude of a cube.
fn bounds(opened: &OpenedCube) -> Bounds {
    bounds_of(&opened.corners)
}

fn bounds_of(corners: &[[f64; 2]; 4]) -> Bounds {
    let range = |i: usize| {
        let of = corners.iter().map(|c| c[i]);
        (of.clone().fold(f64::INFINITY, f64::min), of.fold(f64::NEG_INFINITY, f64::max))
    };
    (range(0), range(1))
}

/// Paints the map; tells whether a picture of the cube is on screen.
pub fn map_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) -> bool {
    let frame = Frame::new().fill(super::tokens::MAP_BACKGROUND);
    let mut picture = false;
    CentralPanel::default().frame(frame).show(ui, |ui| match &project.site {
        None if MapView::has_overview(project) => {
            let words = match state.job(crate::jobs::JobKind::BuildCube) {
                Some(_) => tr!("Building the cube …"),
                None => tr!("Click a site to show it"),
            };
            overview::overview_ui(ui, project, view, Some(words));
        }
        None => no_site_ui(ui, state, project, view),
        Some(site) => match &site.cube {
            CubeState::Opening(_) if MapView::has_overview(project) => {
                let words = tr!("Opening {name} …", name = site.name);
                overview::overview_ui(ui, project, view, Some(&words));
            }
            CubeState::Opening(_) => message_ui(ui, |ui| {
                ui.spinner();
                ui.label(tr!("Opening {name} …", name = site.name));
            }),
            CubeState::Failed(why) => {
                failed_ui(ui, tr!("The cube cannot be shown"), why, &site.name, view);
            }
            CubeState::Open { opened, .. } => {
                picture = canvas_ui(ui, project, opened, view);
                if let Some(why) = view.map.gone.clone() {
                    // What was seen last stays below.
                    failed_ui(ui, tr!("The cube is out of reach"), &why, &site.name, view);
                }
                if let (Some(looking), Some(seen)) = (project.looking(), view.map.seen(opened)) {
                    looking.see(seen);
                    looking.see_every(view.map.seen_every(opened));
                }
            }
        },
    });
    picture
}

fn message_ui(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    let size = Vec2::new(420.0_f32.min(ui.available_width()), 140.0);
    let rect = Rect::from_center_size(ui.max_rect().center(), size);
    let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(rect));
    Frame::window(ui.style()).show(&mut ui, |ui| {
        ui.set_width(size.x - 32.0);
        ui.vertical(content);
    });
}

/// Why a cube is not shown, and the way to try again.
fn failed_ui(ui: &mut Ui, title: &str, why: &str, site: &str, view: &mut View) {
    message_ui(ui, |ui| {
        ui.label(egui::RichText::new(title).strong());
        ui.label(super::format::sentence(why));
        if ui.button(tr!("Retry")).clicked() {
            view.send(Command::ShowSite(site.to_string()));
        }
    });
}

fn no_site_ui(ui: &mut Ui, state: &AppState, project: &OpenProject, view: &mut View) {
    let building = state.job(crate::jobs::JobKind::BuildCube).is_some();
    message_ui(ui, |ui| {
        if building {
            ui.spinner();
            ui.label(tr!("Building the cube …"));
            return;
        }
        ui.label(egui::RichText::new(tr!("No imagery yet")).strong());
        ui.label(tr!("Drop a folder of images onto the window, or browse for one."));
        ui.label(tr!("Or fetch the imagery of an area from a catalogue."));
        let can = project.folder.read_only().is_none();
        ui.horizontal(|ui| {
            if widgets::primary(ui, can, tr!("Add imagery…")).clicked() {
                view.imagery.show();
            }
            if ui.add_enabled(can, egui::Button::new(tr!("Imagery by area…"))).clicked() {
                super::fetch::show(view);
            }
        });
    });
}

fn canvas_ui(ui: &mut Ui, project: &OpenProject, opened: &OpenedCube, view: &mut View) -> bool {
    let rect = ui.max_rect();
    let mode = project.document.view.comparison.mode;
    let small = view.map.calendar.open;
    // Where the map lies, or the main one of two.
    let main = match mode {
        CompareMode::SideBySide if !small => compare::halves(rect).0,
        _ => rect,
    };
    if std::mem::take(&mut view.map.fit) {
        fit_to(&mut view.map.memory, bounds(opened), main);
    }
    if !small {
        tools::take_wheel(ui.ctx(), rect, project, view);
    }
    if let Some((target, closely)) = view.map.target.take() {
        go_to(&mut view.map.memory, target, closely, main);
    }
    view.map.compare.rest(mode);
    view.map.panes.clear();
    view.map.mosaic.begin();
    let picture = match mode {
        _ if small => calendar::calendar_ui(ui, rect, project, opened, view),
        CompareMode::SideBySide => compare::side_by_side_ui(ui, rect, project, opened, view),
        _ => one_map_ui(ui, rect, project, opened, view),
    };
    if let Some((_, loader)) = project.cube() {
        view.map.mosaic.ask(opened, project.time(), loader);
        want_series(project, opened, loader, view);
    }
    if !small {
        furniture::furniture_ui(ui, rect, project, opened, view);
        go_to::go_to_ui(ui, rect, project, opened, view);
        tools::wand_options_ui(ui, rect, project, view);
        compare::over_ui(ui, rect, project, opened, view);
        cleaning::over_ui(ui, rect, opened, view);
    }
    remember_view(ui.ctx(), project, view);
    follow::follow(ui.ctx(), project, opened, view);
    cleaning::follow(ui.ctx(), project, opened, view);
    picture
}

/// The one map, whatever it shows; tells whether there is a picture.
fn one_map_ui(ui: &mut Ui, rect: Rect, project: &OpenProject, opened: &OpenedCube, view: &mut View) -> bool {
    let pans = tools::press(ui, rect, project, view);
    let hands = pane::Hands { pans, wheel: true };
    let memory = view.map.memory.clone();
    let shown = pane::show(ui, ("map", rect), (&memory, 0.0), &hands, |ui, response, projector| {
        view.map.hovered = view.map.marked().copied();
        pane::point(response, projector, opened, view);
        let painter = ui.painter_at(projector.clip_rect());
        let picture = compare::one_map(&painter, projector, project, opened, view);
        over_ui(ui, &painter, response, projector, (project, opened), view, true);
        picture
    });
    shown.response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, "Map"));
    let memory = shown.moved.unwrap_or(memory);
    view.map.panes.push((rect, memory.clone()));
    view.map.memory = memory;
    shown.inner
}

/// What lies over the layers of a map, and what the mouse does there; `tools` tells whether tools work on it.
fn over_ui(
    ui: &Ui,
    painter: &egui::Painter,
    response: &Response,
    projector: &Projector,
    (project, opened): (&OpenProject, &OpenedCube),
    view: &mut View,
    tools: bool,
) {
    let other = response.hover_pos().filter(|_| view.map.hovered.is_none_or(|p| p.pixel.is_none()));
    let other = other.and_then(|pos| footprints::at(projector, project, pos));
    pane::marks(painter, projector, project, opened, view, other);
    correcting::paint(painter, projector, project, view);
    if view.map.hand(project).is_some() {
        if tools {
            tools::tools_ui(ui, painter, response, projector, project, opened, view);
        }
        return;
    }
    if let Some(name) = other {
        response.clone().on_hover_cursor(egui::CursorIcon::PointingHand);
        if response.clicked() {
            view.send(Command::ShowSite(name.to_string()));
        }
        return;
    }
    if response.clicked()
        && let Some((col, row)) = view.map.hovered.and_then(|p| p.pixel)
    {
        view.send(Command::TogglePin(col, row));
    }
    response.clone().on_hover_cursor(egui::CursorIcon::Crosshair);
}

/// The place under a point of the screen.
fn place_at(projector: &Projector, grid: &Grid, pos: egui::Pos2) -> Option<Place> {
    let position = projector.unproject(pos.to_vec2());
    let mut points = [[position.x(), position.y()]];
    grid.crs.xy_from_lonlat(&mut points).ok()?;
    let xy = points[0];
    let [col, row] = grid.pixel_from_xy(xy[0], xy[1]);
    let inside = col >= 0.0 && row >= 0.0 && col < f64::from(grid.width) && row < f64::from(grid.height);
    let pixel = inside.then_some((col as u32, row as u32));
    Some(Place { lonlat: [position.x(), position.y()], xy, pixel })
}

/// Asks for the chunks of the pixel under the mouse and of the pins, where they are not in memory.
fn want_series(project: &OpenProject, opened: &OpenedCube, loader: &Loader, view: &mut View) {
    let hovered = view.map.hovered.and_then(|p| p.pixel);
    let side = crate::cube::CHUNK;
    let pins = &project.document.view.pins;
    let wanted: Vec<_> = hovered
        .into_iter()
        .chain(pins.iter().copied())
        .map(|(col, row)| (col / side, row / side))
        .filter(|&chunk| opened.cube.cached_chunk(chunk).is_none() && view.map.damage.of(chunk).is_none())
        .collect();
    if let Some(pixel) = hovered {
        let cached = opened.cube.cached_chunk((pixel.0 / side, pixel.1 / side)).is_some();
        match view.map.hover_since {
            Some((waiting, since)) if waiting == pixel => {
                if cached {
                    view.timings.series(false, since.elapsed().as_secs_f32() * 1000.0);
                    view.map.hover_since = None;
                }
            }
            _ if !cached => view.map.hover_since = Some((pixel, Instant::now())),
            _ => view.map.hover_since = None,
        }
    }
    loader.want_chunks(wanted);
}

/// Moves the map so that it shows all of these longitudes and latitudes.
fn fit_to(memory: &mut MapMemory, (lons, lats): Bounds, rect: Rect) {
    memory.center_at(lon_lat((lons.0 + lons.1) / 2.0, (lats.0 + lats.1) / 2.0));
    // Web mercator: 256 points for the world at zoom 0.
    let mercator = |lat: f64| lat.to_radians().tan().asinh() / std::f64::consts::TAU;
    let wide = (lons.1 - lons.0) / 360.0;
    let high = mercator(lats.1) - mercator(lats.0);
    let scale = (f64::from(rect.width()) / wide).min(f64::from(rect.height()) / high) * 0.94 / 256.0;
    // A cube of no width cannot be fitted to; the zoom then stays.
    let _ = memory.set_zoom(scale.log2().clamp(0.0, 22.0));
}

/// Moves the map to a box of longitude and latitude.
fn go_to(memory: &mut MapMemory, [left, bottom, right, top]: [f64; 4], closely: bool, rect: Rect) {
    let centre = lon_lat((left + right) / 2.0, (bottom + top) / 2.0);
    if closely {
        // A point is shown with what lies around it.
        let (w, h) = ((right - left).max(5e-4), (top - bottom).max(5e-4));
        fit_to(memory, ((left - w, right + w), (bottom - h, top + h)), rect);
        return;
    }
    let projector = Projector::new(rect, &MercatorProjection, memory, centre);
    let on_screen = |lon, lat| projector.project(lon_lat(lon, lat)).to_pos2();
    if !rect.intersects(Rect::from_two_pos(on_screen(left, top), on_screen(right, bottom))) {
        memory.center_at(centre);
    }
}

/// Remembers where the map looks, a moment after it came to rest.
fn remember_view(ctx: &Context, project: &OpenProject, view: &mut View) {
    const REST: Duration = Duration::from_millis(600);
    let Some(centre) = view.map.memory.detached() else { return };
    let now = ([centre.x(), centre.y()], view.map.memory.zoom());
    let saved = (project.document.view.centre, project.document.view.zoom);
    if saved == (Some(now.0), now.1) {
        view.map.moved = None;
        return;
    }
    if view.map.saved_view != Some(now) {
        view.map.saved_view = Some(now);
        view.map.moved = Some(Instant::now());
        ctx.request_repaint_after(REST);
    } else if view.map.moved.is_some_and(|m| m.elapsed() >= REST) {
        view.map.moved = None;
        view.send(Command::SetView { centre: now.0, zoom: now.1 });
    }
}
