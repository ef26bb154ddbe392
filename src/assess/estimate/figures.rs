//! The figures of one map on a sample, before their intervals.

use super::stratified::{Linear, Stratified};

/// No class: of a unit that the map or the reference gives none.
pub(in crate::assess) const NO_CLASS: u8 = 255;

/// One class of a map.
pub(in crate::assess) struct ClassFigures {
    /// Share of the land that is the class.
    pub share: Linear,
    /// Share of the land that is mapped so.
    pub mapped: Linear,
    pub users: Option<Linear>,
    pub producers: Option<Linear>,
    pub f1: Option<Linear>,
}

/// All figures of a map.
pub(in crate::assess) struct Figures {
    pub overall: Option<Linear>,
    pub macro_f1: Option<Linear>,
    pub weighted_f1: Option<Linear>,
    pub classes: Vec<ClassFigures>,
}

impl Figures {
    /// Of `classes` classes, on the units that `given` tells (mapped, reference) of, as places in the list of classes;
    /// `None` where the unit is not of what is assessed.
    pub fn of<T: Copy + Ord>(
        sample: &Stratified<T>,
        classes: usize,
        given: impl Fn(T) -> Option<(u8, u8)>,
    ) -> Self {
        let is = |kind: T, test: &dyn Fn(u8, u8) -> bool| {
            f64::from(u8::from(given(kind).is_some_and(|(mapped, reference)| test(mapped, reference))))
        };
        let of_class = |class: u8| {
            let mapped = |kind| is(kind, &|mapped, _| mapped == class);
            let reference = |kind| is(kind, &|_, reference| reference == class);
            let both = |kind| is(kind, &|mapped, reference| mapped == class && reference == class);
            ClassFigures {
                share: sample.mean(reference),
                mapped: sample.mean(mapped),
                users: sample.ratio(both, mapped),
                producers: sample.ratio(both, reference),
                f1: sample.ratio(|kind| 2.0 * both(kind), |kind| mapped(kind) + reference(kind)),
            }
        };
        let classes: Vec<ClassFigures> = (0..classes).map(|class| of_class(class as u8)).collect();
        let inside = |kind| is(kind, &|_, _| true);
        // As in the error matrix: the mean F1 is over the classes that have reference samples.
        let scored =
            || classes.iter().filter(|c| c.share.value > 0.0).filter_map(|c| Some((c, c.f1.as_ref()?)));
        let alike = 1.0 / scored().count().max(1) as f64;
        let macro_f1 = Linear::sum(&scored().map(|(_, f1)| (alike, f1)).collect::<Vec<_>>());
        let weighted: Vec<Linear> = (0..)
            .zip(&classes)
            .filter_map(|(class, figures)| {
                let part = sample.ratio(|kind| is(kind, &|_, reference| reference == class), inside)?;
                Some(part.times(figures.f1.as_ref()?))
            })
            .collect();
        let weighted_f1 = Linear::sum(&weighted.iter().map(|term| (1.0, term)).collect::<Vec<_>>());
        let overall = sample.ratio(|kind| is(kind, &|mapped, reference| mapped == reference), inside);
        Self { overall, macro_f1, weighted_f1, classes }
    }
}
