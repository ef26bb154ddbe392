//! Whether the labels have changed since a model was trained on them.

use super::Newest;
use crate::labels::{Annotation, Annotations, read_labels};
use crate::model::LABELS_FILE;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What became of the labels since a model was trained.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LabelsSince {
    /// Annotations that are new.
    pub drawn: usize,
    /// Those with another shape, class, confidence, buffer, period or other dropped pixels.
    pub changed: usize,
    /// Those that are gone.
    pub deleted: usize,
}

/// Which model, and the labels of today.
#[derive(Debug, Clone)]
pub struct LabelsSinceRequest {
    /// The model's folder.
    pub model: PathBuf,
    /// When it was made: another training may lie in the same folder later.
    pub created: String,
    /// The labels of today.
    pub annotations: Annotations,
}

impl LabelsSinceRequest {
    /// Whether both ask for the same, without looking at what the labels hold.
    pub fn is_same(&self, other: &Self) -> bool {
        self.model == other.model
            && self.created == other.created
            && self.annotations.is_same(&other.annotations)
    }
}

/// Compares the labels of today with those that a model keeps; `None` where it keeps none that can be read.
pub fn labels_since(model: &Path, today: &Annotations) -> Option<LabelsSince> {
    let then = read_labels(&model.join(LABELS_FILE)).ok()?;
    let mut since = LabelsSince::default();
    for now in today.iter() {
        match then.get(now.id) {
            None => since.drawn += 1,
            Some(before) => since.changed += usize::from(!trains_alike(before, now)),
        }
    }
    since.deleted = then.iter().filter(|before| today.get(before.id).is_none()).count();
    Some(since)
}

/// Whether both train the same, whatever is noted of them.
fn trains_alike(a: &Annotation, b: &Annotation) -> bool {
    a.geometry == b.geometry
        && (a.class, a.confidence, a.buffer_m, a.holds) == (b.class, b.confidence, b.buffer_m, b.holds)
        && a.dropped == b.dropped
}

impl LabelsSince {
    /// For people: "12 annotations drawn since, 3 changed, 1 deleted".
    pub fn words(&self) -> String {
        let Self { drawn, changed, deleted } = *self;
        let noun = |count| if count == 1 { "annotation" } else { "annotations" };
        let parts = [(drawn, "drawn since"), (changed, "changed"), (deleted, "deleted")];
        let mut named = false;
        let parts = parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| {
            let noun =
                if std::mem::replace(&mut named, true) { String::new() } else { format!(" {}", noun(count)) };
            format!("{count}{noun} {what}")
        });
        let parts: Vec<_> = parts.collect();
        if parts.is_empty() { "the labels are as they were".into() } else { parts.join(", ") }
    }
}

/// Starts the thread that compares, for the window.
pub fn labels_since_thread(
    wake: Arc<dyn Fn() + Send + Sync>,
) -> Newest<LabelsSinceRequest, (LabelsSinceRequest, Option<LabelsSince>)> {
    Newest::start("ritmo-labels-since", wake, |request: LabelsSinceRequest, _| {
        let since = labels_since(&request.model, &request.annotations);
        Some((request, since))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::{Legend, write_labels};

    fn annotation(id: u64) -> Annotation {
        Annotation::new(id, geo::Geometry::Point(geo::Point::new(id as f64, 1.0)), 1)
    }

    #[test]
    fn what_was_drawn_changed_and_deleted_since_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let then: Annotations = [1, 2, 3].map(annotation).into_iter().collect();
        assert_eq!(labels_since(folder.path(), &then), None, "older models keep no labels");
        let text = write_labels(&then, &Legend::default());
        std::fs::write(folder.path().join(LABELS_FILE), text).unwrap();
        assert_eq!(labels_since(folder.path(), &then).unwrap().words(), "the labels are as they were");
        let mut now = then.clone();
        now.remove(1);
        now.insert(Annotation { class: 2, ..annotation(2) });
        now.insert(Annotation { note: Some("seen again".into()), ..annotation(3) });
        for id in 4..16 {
            now.insert(annotation(id));
        }
        let since = labels_since(folder.path(), &now).unwrap();
        assert_eq!(since, LabelsSince { drawn: 12, changed: 1, deleted: 1 });
        assert_eq!(since.words(), "12 annotations drawn since, 1 changed, 1 deleted");
        assert_eq!(LabelsSince { deleted: 1, ..LabelsSince::default() }.words(), "1 annotation deleted");
    }
}
