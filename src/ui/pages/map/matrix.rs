//! The confusion matrix of the held-out annotations, painted as a compact table.

use crate::labels::Class;
use crate::ui::words::tr;
use crate::ui::{format, tokens, widgets};
use egui::{
    Align2, Color32, FontId, Pos2, Rect, RichText, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, Vec2,
    WidgetInfo,
};

/// The least side of a cell; with more classes than fit one scrolls.
const CELL: std::ops::RangeInclusive<f32> = 18.0..=30.0;
/// Side of the swatches at the edges, with what keeps them apart.
const EDGE: f32 = 18.0;
/// Room for the names of the classes, where there is room.
const NAMES: f32 = 92.0;

/// Counts of samples, a row a true class, a column a class given, in the order of `classes`.
pub struct Matrix<'a> {
    pub classes: &'a [Class],
    pub counts: &'a [Vec<u32>],
}

impl Matrix<'_> {
    fn count(&self, row: usize, column: usize) -> u32 {
        self.counts.get(row).and_then(|row| row.get(column)).copied().unwrap_or(0)
    }

    fn true_ones(&self, row: usize) -> u32 {
        (0..self.classes.len()).map(|column| self.count(row, column)).sum()
    }

    fn given(&self, column: usize) -> u32 {
        (0..self.classes.len()).map(|row| self.count(row, column)).sum()
    }

    /// All samples in it.
    pub fn samples(&self) -> u32 {
        (0..self.classes.len()).map(|row| self.true_ones(row)).sum()
    }

    /// The share of a count; `None` of nothing.
    fn share(count: u32, of: u32) -> Option<f64> {
        (of > 0).then(|| f64::from(count) / f64::from(of))
    }

    /// What a row says: of the samples of a class, how many were found.
    fn row_words(&self, row: usize) -> String {
        let (name, of) = (&self.classes[row].name, self.true_ones(row));
        if of == 0 {
            return tr!("{name}: no sample of it is held out", name = name);
        }
        let accuracy = format::percent(Self::share(self.count(row, row), of));
        tr!(
            "{name}: producer's accuracy {accuracy}, of its {samples} so many were given their class",
            name = name,
            accuracy = accuracy,
            samples = samples(of)
        )
    }

    /// What a column says: of the samples that were given a class, how many are of it.
    fn column_words(&self, column: usize) -> String {
        let (name, of) = (&self.classes[column].name, self.given(column));
        if of == 0 {
            return tr!("{name}: no sample was given it", name = name);
        }
        let accuracy = format::percent(Self::share(self.count(column, column), of));
        tr!(
            "{name}: user's accuracy {accuracy}, of the {samples} that were given it so many are of it",
            name = name,
            accuracy = accuracy,
            samples = samples(of)
        )
    }

    fn cell_words(&self, row: usize, column: usize) -> String {
        let (count, of) = (self.count(row, column), self.true_ones(row));
        let (is, given) = (&self.classes[row].name, &self.classes[column].name);
        let share =
            Self::share(count, of).map_or(String::new(), |s| format!(" ({})", format::percent(Some(s))));
        match row == column {
            true => tr!(
                "{is}, given {given}: {count} of {of}{share}, right",
                is = is,
                given = given,
                count = count,
                of = of,
                share = share
            ),
            false => tr!(
                "{is}, given {given}: {count} of {of}{share}",
                is = is,
                given = given,
                count = count,
                of = of,
                share = share
            ),
        }
    }

    /// The whole of it for those who do not see it.
    fn words(&self) -> String {
        let rows: Vec<_> = (0..self.classes.len()).map(|row| self.row_words(row)).collect();
        tr!("Confusion matrix of the held-out annotations. {rows}", rows = rows.join(". "))
    }
}

fn samples(n: u32) -> String {
    format::count(n as usize, "sample")
}

/// The matrix; `annotations` tells of how many it is, where that is known. `salt` tells it from others on screen.
pub fn matrix_ui(ui: &mut Ui, salt: &str, matrix: &Matrix<'_>, annotations: Option<usize>) {
    let n = matrix.classes.len();
    if n == 0 || matrix.samples() == 0 {
        return;
    }
    ui.add_space(tokens::GRID);
    ui.label(RichText::new(tr!("Held-out annotations")).strong()).on_hover_text(tr!(
        "Rows: what the samples are. Columns: what the model gives them. Shares of each row in percent"
    ));
    let of = annotations.map_or(tr!("the held-out annotations").into(), |n| format::count(n, "annotation"));
    let words = tr!(
        "{samples} of {of} that chose the epoch: not a final score.",
        samples = samples(matrix.samples()),
        of = of
    );
    ui.label(RichText::new(words).small().weak());
    let room = ui.available_width();
    let names = if (room - NAMES - EDGE) / n as f32 >= *CELL.start() { NAMES } else { 0.0 };
    let cell = ((room - names - EDGE - 2.0) / n as f32).clamp(*CELL.start(), *CELL.end());
    let edge = Vec2::new(names + EDGE, EDGE);
    let size = edge + Vec2::splat(cell * n as f32);
    if size.x <= room {
        paint_ui(ui, matrix, cell, edge, size);
    } else {
        let height = size.y.min(420.0);
        let scroll =
            ScrollArea::both().id_salt((salt, "matrix")).max_height(height).min_scrolled_height(height);
        scroll.show(ui, |ui| paint_ui(ui, matrix, cell, edge, size));
    }
}

fn paint_ui(ui: &mut Ui, matrix: &Matrix<'_>, cell: f32, edge: Vec2, size: Vec2) {
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, matrix.words()));
    let (painter, dark) = (ui.painter_at(rect), ui.visuals().dark_mode);
    let (accent, text) = (tokens::accent(dark), ui.visuals().text_color());
    let origin = rect.min + edge;
    let n = matrix.classes.len();
    let square = |row: usize, column: usize| {
        let at = origin + Vec2::new(cell * column as f32, cell * row as f32);
        Rect::from_min_size(at, Vec2::splat(cell - 1.0))
    };
    let hovered = response.hover_pos().map(|pos| (pos - origin) / cell);
    let place = |at: f32| (at >= 0.0 && at < n as f32).then_some(at as usize);
    let (over_row, over_column) = hovered.map_or((None, None), |at| (place(at.y), place(at.x)));
    for (i, class) in matrix.classes.iter().enumerate() {
        let along = cell * i as f32;
        let colour = widgets::colour(class.colour);
        let across =
            Rect::from_min_size(origin + Vec2::new(along, 3.0 - EDGE), Vec2::new(cell - 1.0, EDGE - 6.0));
        let down =
            Rect::from_min_size(origin + Vec2::new(3.0 - EDGE, along), Vec2::new(EDGE - 6.0, cell - 1.0));
        painter.rect_filled(across, 2.0, colour);
        painter.rect_filled(down, 2.0, colour);
        if edge.x > EDGE {
            let ink = if over_row == Some(i) { ui.visuals().strong_text_color() } else { text };
            let font = FontId::proportional(tokens::SMALL);
            let mut job = egui::text::LayoutJob::simple_singleline(class.name.clone(), font, ink);
            job.wrap = egui::text::TextWrapping::truncate_at_width(edge.x - EDGE - 4.0);
            let galley = painter.layout_job(job);
            let at = Pos2::new(rect.left(), down.center().y - galley.size().y / 2.0);
            painter.galley(at, galley, ink);
        }
        let total = matrix.true_ones(i);
        for column in 0..n {
            let share = Matrix::share(matrix.count(i, column), total).unwrap_or(0.0) as f32;
            let square = square(i, column);
            // What is wrong stands out in another colour than what is right.
            let shade = if i == column { accent } else { tokens::error(dark) };
            painter.rect_filled(square, 2.0, ui.visuals().extreme_bg_color);
            painter.rect_filled(square, 2.0, shade.gamma_multiply(0.85 * share.sqrt()));
            if i == column {
                let line = Stroke::new(1.0, accent);
                painter.rect_stroke(square, 2.0, line, StrokeKind::Inside);
            }
            if share >= 0.005 {
                let ink = if share > 0.4 { tokens::on_accent(dark) } else { text };
                let words = format!("{:.0}", share * 100.0);
                let font = FontId::proportional(if cell >= 24.0 { 10.5 } else { 9.0 });
                painter.text(square.center(), Align2::CENTER_CENTER, words, font, ink);
            }
        }
    }
    let words = match (over_row, over_column) {
        (Some(row), Some(column)) => {
            let ink = if dark { Color32::WHITE } else { Color32::BLACK };
            painter.rect_stroke(square(row, column), 2.0, Stroke::new(1.5, ink), StrokeKind::Inside);
            matrix.cell_words(row, column)
        }
        (Some(row), None) if hovered.is_some_and(|at| at.x < 0.0) => matrix.row_words(row),
        (None, Some(column)) if hovered.is_some_and(|at| at.y < 0.0) => matrix.column_words(column),
        _ => return,
    };
    response.on_hover_text_at_pointer(words);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_tell_producers_and_columns_users_accuracy() {
        let classes = ["Forest", "Maize", "Water"].map(|name| Class::new(1, name, [0, 0, 0]));
        let counts = [vec![9, 1, 0], vec![3, 5, 0], vec![0, 0, 0]];
        let matrix = Matrix { classes: &classes, counts: &counts };
        assert_eq!(matrix.samples(), 18);
        assert!(matrix.row_words(0).contains("producer's accuracy 90.0 %, of its 10 samples"));
        assert!(matrix.column_words(0).contains("user's accuracy 75.0 %, of the 12 samples"));
        assert_eq!(matrix.cell_words(1, 0), "Maize, given Forest: 3 of 8 (37.5 %)");
        assert_eq!(matrix.row_words(2), "Water: no sample of it is held out");
        assert_eq!(matrix.column_words(2), "Water: no sample was given it");
    }

    #[test]
    fn a_matrix_that_lacks_rows_counts_none_there() {
        let classes = ["Forest", "Maize"].map(|name| Class::new(1, name, [0, 0, 0]));
        let matrix = Matrix { classes: &classes, counts: &[vec![4]] };
        assert_eq!((matrix.samples(), matrix.count(1, 1)), (4, 0));
    }
}
