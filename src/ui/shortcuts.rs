//! Keys, and the sheet that lists them.

use super::actions::{Action, Group, Scope, ways, words_of};
use super::map::{self, Tool, finish_drawing};
use super::reference;
use super::view::View;
use super::words::tr;
use super::{correcting, fetch, listing};
use crate::app::{AnnotationChange, AppState, Command, OpenProject, Page};
use crate::project::Pane;
use egui::{Context, Grid, Id, Key, Modal, Modifiers, PointerButton, RichText, ScrollArea, Ui};

/// In narrower windows the sheet has one column, in points.
const NARROW: f32 = 1100.0;

/// A row of the sheet.
enum Row {
    /// Actions with their keys.
    Of(&'static [Action]),
    /// What the mouse does, or a key that is no action by itself.
    Gesture(&'static str, &'static str),
}

/// The sheet: groups of rows, in the order of its columns.
fn sheet() -> Vec<(Group, Vec<Row>)> {
    use Row::{Gesture, Of};
    const PAGES: [Action; 4] = [
        Action::Page(Page::Look),
        Action::Page(Page::Label),
        Action::Page(Page::Map),
        Action::Page(Page::Assess),
    ];
    const DRAW: [Action; 3] =
        [Action::Tool(Tool::Polygon), Action::Tool(Tool::Rectangle), Action::Tool(Tool::Freehand)];
    const EDIT: [Action; 3] =
        [Action::Tool(Tool::Hole), Action::Tool(Tool::Split), Action::Tool(Tool::Extend)];
    const PANES: [Action; 3] =
        [Action::Pane(Pane::Layers), Action::Pane(Pane::Page), Action::Pane(Pane::Series)];
    vec![
        (
            Group::Navigate,
            vec![
                Of(&PAGES),
                Of(&[Action::DateBefore, Action::DateAfter]),
                Of(&[Action::Play]),
                Of(&[Action::SiteBefore, Action::SiteAfter]),
            ],
        ),
        (
            Group::Map,
            vec![
                Gesture(tr!("Wheel, drag"), tr!("Zoom, pan")),
                Gesture(tr!("Space or middle button, and drag"), tr!("Pan with any tool")),
                Of(&[Action::Fit, Action::AllAnnotations]),
                Of(&[Action::LargePixels, Action::OnePoint]),
                Of(&[Action::ViewBack, Action::ViewForward]),
                Of(&[Action::GoTo, Action::Bookmark]),
                Of(&[Action::ClassMap]),
                Gesture(tr!("B held"), tr!("Look under the class map")),
                Of(&[Action::Mask]),
                Of(&[Action::Fade, Action::Unfade]),
                Gesture("Ctrl+1 … 6", tr!("Natural colour, infrared and other composites")),
                Of(&[Action::StretchToView]),
                Of(&[Action::Calendar]),
                Of(&[Action::Compare]),
                Of(&[Action::HandleLeft, Action::HandleRight]),
                Of(&[Action::OtherBefore, Action::OtherAfter]),
                Of(&[Action::NextPixels, Action::PixelsBefore]),
                Gesture(tr!("Click (Look page)"), tr!("Pin a pixel, or take its pin off")),
            ],
        ),
        (
            Group::Project,
            vec![
                Of(&[Action::Undo, Action::Redo]),
                Of(&[Action::Train, Action::TrainAndMap]),
                Of(&[Action::AddImagery, Action::ImportLabels]),
                Of(&[Action::CompareSites]),
                Of(&[Action::Queue]),
                Of(&[Action::Open, Action::New]),
            ],
        ),
        (
            Group::Window,
            vec![
                Of(&[Action::Palette]),
                Gesture("?", tr!("This sheet")),
                Of(&PANES),
                Of(&[Action::MapAlone]),
            ],
        ),
        (
            Group::Draw,
            vec![
                Of(&DRAW),
                Of(&[Action::Tool(Tool::Wand)]),
                Gesture(tr!("[ and ], Alt or Shift and wheel"), tr!("Tolerance of the wand")),
                Gesture(tr!("Click; double click or Enter"), tr!("Add a corner; finish")),
                Gesture(tr!("Backspace, Esc"), tr!("Take the last corner back, give up")),
                Of(&[Action::Snapping]),
                Gesture(tr!("Ctrl held"), tr!("No snapping for now")),
                Gesture("1 … 9, 0", tr!("Pick a class, give it to the selected")),
            ],
        ),
        (
            Group::Reference,
            vec![
                Gesture("1 … 9, 0", tr!("Give the unit a class")),
                Gesture("S, L", tr!("Sure, likely")),
                Gesture("X", tr!("Skip the unit")),
                Gesture("N", tr!("Next unit without an answer")),
                Gesture(tr!("Enter, Backspace"), tr!("Next unit, unit before")),
            ],
        ),
        (Group::Edit, vec![Of(&EDIT), Of(&[Action::Merge]), Of(&[Action::Delete]), Of(&[Action::DropApart])]),
        (
            Group::Select,
            vec![
                Of(&[Action::Tool(Tool::Select)]),
                Gesture(tr!("Ctrl or Shift and click"), tr!("Add to the selection, or take away")),
                Gesture(tr!("Up, Down"), tr!("The one before, the next one")),
                Of(&[Action::SelectAll]),
                Of(&[Action::Table, Action::ZoomToSelected]),
                Gesture(tr!("Shift and drag"), tr!("Select all that a box touches")),
                Gesture(tr!("Drag a corner, an edge, the whole"), tr!("Move it, add a corner, move all")),
                Gesture(tr!("Alt and click, or right click"), tr!("Take a corner out")),
            ],
        ),
    ]
}

/// Does what the keys pressed say, unless somebody types.
pub fn handle(ctx: &Context, state: &AppState, view: &mut View) {
    let typing = ctx.text_edit_focused();
    // Esc takes the focus off a field before anybody sees it: it was meant for the field.
    let left =
        std::mem::replace(&mut view.typing.focused, typing) && ctx.input(|i| i.key_pressed(Key::Escape));
    if view.dialogs.is_open()
        || view.map_in.is_open()
        || view.stores.is_open()
        || view.palette.is_open()
        || view.basemap.is_open()
        || view.queue.closing.is_open()
        || view.reference.is_open()
    {
        return;
    }
    // It is no letter, so it may be pressed while typing.
    if press(ctx, Scope::Everywhere, state, view, |action| action == Action::Palette) || typing || left {
        return;
    }
    let plain = |key| ctx.input_mut(|i| i.consume_key(Modifiers::NONE, key));
    if ctx.input(|i| i.events.iter().any(|e| matches!(e, egui::Event::Text(t) if t == "?"))) {
        view.shortcuts = !view.shortcuts;
    }
    if view.shortcuts && plain(Key::Escape) {
        view.shortcuts = false;
        return;
    }
    press(ctx, Scope::Everywhere, state, view, |_| true);
    let Some(project) = &state.project else { return };
    press(ctx, Scope::Project, state, view, |action| match action {
        Action::AddImagery | Action::ImportLabels => project.folder.read_only().is_none(),
        _ => true,
    });
    if view.drift.is_open() {
        // A list that is open takes it first.
        if !egui::Popup::is_any_open(ctx) && plain(Key::Escape) {
            view.drift.close();
        }
        return;
    }
    if view.labels_in.is_open() {
        // A list that is open takes it first.
        if !egui::Popup::is_any_open(ctx) && plain(Key::Escape) {
            view.labels_in.close();
        }
        return;
    }
    if view.area.is_open() {
        if !egui::Popup::is_any_open(ctx) && plain(Key::Escape) {
            // A drag that is on its way is given up first.
            match view.area.map.drawing {
                true => view.area.map.drawing = false,
                false => fetch::close(view),
            }
        }
        if plain(Key::F) {
            view.map.fit();
        }
        return;
    }
    if view.imagery.is_open() {
        // The page lies over the map and what one does there.
        if plain(Key::Escape) {
            view.imagery.close();
        }
        return;
    }
    // A control that was reached by Tab has these for itself.
    let focused = ctx.memory(|memory| memory.focused().is_some());
    if project.is_blind() {
        reference::keys(ctx, project, focused, view);
    }
    compare_keys(ctx, project, view);
    press(ctx, Scope::Map, state, view, |action| !focused || !is_for_controls(action));
    view_keys(ctx, view);
    // With space held one pans; a tap plays.
    let pressed = !focused && plain(Key::Space);
    let released = |e: &egui::Event| matches!(e, egui::Event::Key { key: Key::Space, pressed: false, .. });
    if view.map.tools.space(pressed, ctx.input(|i| i.events.iter().any(released))) {
        Action::Play.run(state, view);
    }
    correcting::keys(ctx, project, focused, view);
    if project.page == Page::Label {
        label_keys(ctx, state, project, focused, view);
    }
    if view.queue.open && !egui::Popup::is_any_open(ctx) && plain(Key::Escape) {
        view.queue.open = false;
    }
    // With the map alone Esc brings the panels back.
    if view.panes.alone && !egui::Popup::is_any_open(ctx) && plain(Key::Escape) {
        view.panes.alone = false;
    }
}

/// Runs the actions of a scope whose keys are pressed; tells whether there was one.
fn press(
    ctx: &Context,
    scope: Scope,
    state: &AppState,
    view: &mut View,
    of: impl Fn(Action) -> bool,
) -> bool {
    let ways = ways().iter().filter(|(heard, _, action)| *heard == scope && of(*action));
    let mut any = false;
    for (_, keys, action) in ways {
        if ctx.input_mut(|i| i.consume_shortcut(keys)) {
            action.run(state, view);
            any = true;
        }
    }
    any
}

/// Whether its keys move within a control, or from one to the next.
fn is_for_controls(action: Action) -> bool {
    matches!(action, Action::DateBefore | Action::DateAfter | Action::SiteBefore | Action::SiteAfter)
}

/// Keys of the handle of the swipe while it has the focus, of the calendar, and what gives comparing up.
fn compare_keys(ctx: &Context, project: &OpenProject, view: &mut View) {
    if project.cube().is_none() {
        return;
    }
    let pressed = |modifiers, key| ctx.input_mut(|i| i.consume_key(modifiers, key));
    for (key, by) in [(Key::ArrowLeft, -map::HANDLE_STEP), (Key::ArrowRight, map::HANDLE_STEP)] {
        if view.map.compare.handle_has_focus && pressed(Modifiers::NONE, key) {
            map::push_handle(project, view, by);
        }
    }
    if view.map.calendar.open && pressed(Modifiers::NONE, Key::Enter) {
        view.map.calendar.show(false);
    }
    // On the Label page it gives up what is drawn, and the selection.
    let free = view.map.calendar.open || project.page != Page::Label;
    if free
        && !egui::Popup::is_any_open(ctx)
        && ctx.input(|i| i.key_pressed(Key::Escape))
        && map::one_map(project, view)
    {
        pressed(Modifiers::NONE, Key::Escape);
    }
}

/// Buttons of the mouse that lead through the views, and the key that is held to look under the class map.
fn view_keys(ctx: &Context, view: &mut View) {
    let buttons = [(PointerButton::Extra1, Command::ViewBack), (PointerButton::Extra2, Command::ViewForward)];
    for (button, command) in buttons {
        if ctx.input(|i| i.pointer.button_pressed(button)) {
            view.send(command);
        }
    }
    view.map.peeking = ctx.input(|i| i.key_down(Key::B) && !i.modifiers.command);
}

fn label_keys(ctx: &Context, state: &AppState, project: &OpenProject, focused: bool, view: &mut View) {
    let plain = |key| ctx.input_mut(|i| i.consume_key(Modifiers::NONE, key));
    let digits = [
        Key::Num1,
        Key::Num2,
        Key::Num3,
        Key::Num4,
        Key::Num5,
        Key::Num6,
        Key::Num7,
        Key::Num8,
        Key::Num9,
        Key::Num0,
    ];
    for (key, class) in digits.into_iter().zip(&project.document.legend.classes) {
        if plain(key) {
            if view.map.tool == Tool::Select && !project.selection.is_empty() {
                let ids = project.selection.iter().copied().collect();
                view.send(Command::ChangeAnnotations { ids, change: AnnotationChange::Class(class.code) });
            }
            view.send(Command::PickClass(class.code));
        }
    }
    listing::keys(ctx, project, view);
    press(ctx, Scope::Label, state, view, |_| true);
    for (key, steps) in [(Key::OpenBracket, -1.0), (Key::CloseBracket, 1.0)] {
        if view.map.tool == Tool::Wand && plain(key) {
            view.map.wand.widen(steps);
        }
    }
    if !focused && plain(Key::Enter) {
        finish_drawing(project, view);
    }
    // A menu that is open takes it first.
    let menu = egui::Popup::is_any_open(ctx);
    if !menu && plain(Key::Escape) && !view.map.give_drawing_up() && !std::mem::take(&mut view.panes.alone) {
        view.send(Command::Select(Vec::new()));
    }
    if plain(Key::Backspace) && !view.map.take_corner_back() {
        Action::Delete.run(state, view);
    }
}

/// The sheet of shortcuts.
pub fn sheet_ui(ctx: &Context, view: &mut View) {
    if !view.shortcuts {
        return;
    }
    let modal = Modal::new(Id::unique("shortcuts")).show(ctx, |ui| {
        ui.heading(tr!("Shortcuts"));
        ui.add_space(8.0);
        let room = ctx.content_rect().height() - 140.0;
        // Two columns, or one where the window is too narrow for them.
        let side_by_side = if ctx.content_rect().width() < NARROW { usize::MAX } else { 4 };
        // As high at once as it will be: what stands below does not move under the mouse.
        ScrollArea::vertical().max_height(room).min_scrolled_height(room).show(ui, |ui| {
            ui.horizontal_top(|ui| {
                for (column, groups) in sheet().chunks(side_by_side).enumerate() {
                    if column > 0 {
                        ui.add_space(24.0);
                    }
                    ui.vertical(|ui| groups.iter().for_each(|(group, rows)| group_ui(ui, *group, rows)));
                }
            });
        });
        ui.add_space(8.0);
        ui.button(tr!("Close")).clicked()
    });
    if modal.inner || modal.should_close() {
        view.shortcuts = false;
    }
}

/// A title and its keys.
fn group_ui(ui: &mut Ui, group: Group, rows: &[Row]) {
    ui.add_space(4.0);
    ui.label(RichText::new(group.title()).weak());
    let grid = Grid::new(group.title()).num_columns(2).spacing([20.0, 4.0]);
    grid.min_col_width(204.0).min_row_height(18.0).show(ui, |ui| {
        for row in rows {
            let (keys, what) = match row {
                Row::Of(actions) => words_of(actions),
                Row::Gesture(keys, what) => (keys.to_string(), what.to_string()),
            };
            ui.label(RichText::new(keys).strong());
            ui.label(what);
            ui.end_row();
        }
    });
}
