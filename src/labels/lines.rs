//! The text of a labels file, a line a feature, kept from one save to the next: of fifty thousand annotations only those
//! that have changed are put into words again.

use super::geojson::feature_line;
use super::{Annotation, AnnotationId, Annotations, ClassCode, Legend};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

/// The lines of a labels file.
#[derive(Default)]
pub struct LabelLines {
    lines: BTreeMap<AnnotationId, Box<str>>,
    of: Annotations,
    names: BTreeMap<ClassCode, String>,
}

impl LabelLines {
    /// Takes in what has changed since the last call: annotations, and names of classes.
    pub fn follow(&mut self, annotations: &Annotations, legend: &Legend) {
        let names: BTreeMap<_, _> = legend.classes.iter().map(|c| (c.code, c.name.clone())).collect();
        let renamed = |class: &ClassCode| self.names.get(class) != names.get(class);
        let mut stale: BTreeMap<AnnotationId, Arc<Annotation>> = BTreeMap::new();
        if names != self.names {
            let of_renamed = annotations.iter().filter(|a| renamed(&a.class));
            stale.extend(of_renamed.map(|a| (a.id, Arc::clone(a))));
        }
        for change in annotations.changes_since(&self.of) {
            match (change.was, change.is) {
                (_, Some(is)) => drop(stale.insert(is.id, is)),
                (Some(was), None) => drop(self.lines.remove(&was.id)),
                (None, None) => {}
            }
        }
        let stale: Vec<_> = stale.into_values().collect();
        let line = |a: &Arc<Annotation>| {
            (a.id, feature_line(a, names.get(&a.class).map(String::as_str)).into_boxed_str())
        };
        // A few are quicker where they are than handed to other threads.
        if stale.len() < 64 {
            self.lines.extend(stale.iter().map(line));
        } else {
            self.lines.extend(stale.par_iter().map(line).collect::<Vec<_>>());
        }
        (self.of, self.names) = (annotations.clone(), names);
    }

    /// Writes the whole file, as [`super::write_labels`] words it.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_to(&self, out: &mut dyn Write) -> std::io::Result<()> {
        if self.lines.is_empty() {
            return out.write_all(b"{\"type\":\"FeatureCollection\",\"features\":[]}\n");
        }
        out.write_all(b"{\"type\":\"FeatureCollection\",\"features\":[\n")?;
        for (i, line) in self.lines.values().enumerate() {
            if i > 0 {
                out.write_all(b",\n")?;
            }
            out.write_all(line.as_bytes())?;
        }
        out.write_all(b"\n]}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::{Class, write_labels};
    use proptest::prelude::*;

    fn text(lines: &LabelLines) -> String {
        let mut text = Vec::new();
        lines.write_to(&mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    proptest! {
        #[test]
        fn lines_kept_from_change_to_change_are_those_written_anew(
            steps in prop::collection::vec((0..20u64, 1..4u8, 0..6u8), 1..60),
        ) {
            let (mut kept, mut all) = (LabelLines::default(), Annotations::default());
            let mut legend = Legend { classes: vec![Class::new(1, "selva", [0; 3]), Class::new(2, "agua", [9; 3])] };
            for (id, class, what) in steps {
                match what {
                    0 => drop(all.remove(id)),
                    1 => legend.classes[0].name = format!("selva {id}"),
                    _ => all.insert(Annotation::new(id, geo::Point::new(id as f64, 0.5).into(), class)),
                }
                kept.follow(&all, &legend);
                prop_assert_eq!(text(&kept), write_labels(&all, &legend));
            }
        }
    }
}
