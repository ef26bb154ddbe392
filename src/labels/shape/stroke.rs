//! Freehand strokes with fewer points.

/// Which points of a line tell its shape to within a tolerance, in the units of the line: Douglas and Peucker, 1973,
/// doi:10.3138/FM57-6770-U75U-7727. The first and the last stay.
pub fn simplified(line: &[[f64; 2]], tolerance: f64) -> Vec<usize> {
    let Some(last) = line.len().checked_sub(1) else { return Vec::new() };
    let mut keeps = vec![false; line.len()];
    (keeps[0], keeps[last]) = (true, true);
    // A list of what is still to do, since strokes are long and stacks are not.
    let mut to_do = vec![(0, last)];
    while let Some((from, to)) = to_do.pop() {
        let far = (from + 1..to).map(|i| (i, distance(line[i], line[from], line[to])));
        if let Some((i, d)) = far.max_by(|a, b| a.1.total_cmp(&b.1))
            && d > tolerance
        {
            keeps[i] = true;
            to_do.extend([(from, i), (i, to)]);
        }
    }
    (0..line.len()).filter(|&i| keeps[i]).collect()
}

/// From a place to the piece of line between two others.
fn distance(p: [f64; 2], a: [f64; 2], b: [f64; 2]) -> f64 {
    let on = super::snap::nearest_on(p, a, b);
    (p[0] - on[0]).hypot(p[1] - on[1])
}
