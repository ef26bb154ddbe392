use super::*;
use crate::labels::{Class, read_labels};
use crate::project::Contents;
use std::fs;
use std::time::Instant;

struct Bench {
    folder: tempfile::TempDir,
    saver: Saver,
    document: Document,
    annotations: Annotations,
    // Holds the lock.
    _project: ProjectFolder,
}

fn point(id: u64, class: u8) -> Annotation {
    Annotation::new(id, geo::Point::new(id as f64 / 8.0, 1.5).into(), class)
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let legend = Legend { classes: vec![Class::new(1, "selva", [0; 3]), Class::new(2, "agua", [9; 3])] };
        let (project, contents) = ProjectFolder::create(folder.path(), Document::new("p", legend)).unwrap();
        let saver = Saver::start(&project, Arc::new(|| {}));
        saver.opened(contents.document.clone(), contents.annotations.clone());
        let Contents { document, annotations } = contents;
        let mut bench = Self { folder, saver, document, annotations, _project: project };
        bench.annotations.insert(point(1, 1));
        assert_eq!(bench.save(), SaveOutcome::Saved);
        bench
    }

    fn save(&self) -> SaveOutcome {
        self.saver.save(self.document.clone(), self.annotations.clone());
        self.saver.flush();
        self.saver.outcome().unwrap()
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn labels(&self, name: &str) -> Vec<u64> {
        read_labels(&self.path(name)).unwrap().iter().map(|a| a.id).collect()
    }

    /// Another program adds an annotation.
    fn other_adds(&self, id: u64) {
        let mut theirs = read_labels(&self.path("labels.geojson")).unwrap();
        theirs.insert(point(id, 2));
        fs::write(self.path("labels.geojson"), crate::labels::write_labels(&theirs, &self.document.legend))
            .unwrap();
    }

    /// The next outcome that nobody asked for.
    fn told(&self) -> SaveOutcome {
        let since = Instant::now();
        loop {
            match self.saver.outcome() {
                Some(outcome) => return outcome,
                None if since.elapsed() > Duration::from_secs(20) => panic!("nothing is told"),
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        }
    }
}

fn change(outcome: SaveOutcome) -> Arc<OutsideChange> {
    match outcome {
        SaveOutcome::ChangedOutside(change) => change,
        other => panic!("{other:?}"),
    }
}

#[test]
fn another_file_is_written_deleted_and_told_where_that_cannot_be() {
    let bench = Bench::new();
    let put = |name: &str, text: Option<&str>| {
        bench.saver.put(bench.path(name), text.map(Into::into));
        bench.saver.flush();
        bench.saver.outcome().unwrap()
    };
    assert_eq!(put("maps.geojson", Some("one")), SaveOutcome::Saved);
    assert_eq!(fs::read_to_string(bench.path("maps.geojson")).unwrap(), "one");
    assert_eq!(put("maps.geojson", None), SaveOutcome::Saved);
    assert!(!bench.path("maps.geojson").exists());
    match put("no/such/folder.geojson", Some("lost")) {
        SaveOutcome::Failed(why) => assert!(why.contains("folder.geojson"), "{why}"),
        other => panic!("{other:?}"),
    }
    // It is tried again with what is handed over next.
    fs::create_dir_all(bench.path("no/such")).unwrap();
    assert_eq!(bench.save(), SaveOutcome::Saved);
    assert_eq!(fs::read_to_string(bench.path("no/such/folder.geojson")).unwrap(), "lost");
}

#[test]
fn what_another_program_writes_is_not_written_over_and_ours_waits_beside() {
    let mut bench = Bench::new();
    bench.other_adds(7);
    bench.annotations.insert(point(2, 1));
    let change = change(bench.save());
    assert_eq!(change.files, ["labels.geojson"]);
    assert!(change.ours_waits);
    let theirs = change.theirs.as_ref().unwrap();
    assert!(theirs.document.is_none());
    assert_eq!(theirs.differences, [1, 1, 0], "7 is new there, 2 is not there");
    assert_eq!(bench.labels("labels.geojson"), [1, 7]);
    assert_eq!(bench.labels("labels.geojson.mine"), [1, 2]);
}

#[test]
fn keeping_mine_keeps_theirs_beside() {
    let mut bench = Bench::new();
    bench.other_adds(7);
    bench.annotations.insert(point(2, 1));
    change(bench.save());
    bench.saver.keep_mine();
    bench.saver.flush();
    assert_eq!(bench.saver.outcome(), Some(SaveOutcome::Saved));
    assert_eq!(bench.labels("labels.geojson"), [1, 2]);
    assert_eq!(bench.labels("labels.geojson.theirs"), [1, 7]);
    assert!(!bench.path("labels.geojson.mine").exists());
    bench.annotations.insert(point(3, 1));
    assert_eq!(bench.save(), SaveOutcome::Saved);
}

#[test]
fn what_was_taken_in_may_be_written_over_but_not_what_came_after_it() {
    let mut bench = Bench::new();
    bench.other_adds(7);
    let first = change(bench.told());
    assert!(!first.ours_waits);
    bench.other_adds(8);
    bench.saver.take_theirs(first.number);
    bench.annotations = first.theirs.as_ref().unwrap().annotations.clone().unwrap();
    let second = change(bench.save());
    assert_ne!(second.number, first.number);
    assert_eq!(bench.labels("labels.geojson"), [1, 7, 8]);
    bench.saver.take_theirs(second.number);
    bench.annotations = second.theirs.as_ref().unwrap().annotations.clone().unwrap();
    bench.annotations.insert(point(9, 1));
    assert_eq!(bench.save(), SaveOutcome::Saved);
    assert_eq!(bench.labels("labels.geojson"), [1, 7, 8, 9]);
}

#[test]
fn a_file_that_is_put_back_is_no_change_any_more_and_what_waited_is_saved() {
    let mut bench = Bench::new();
    let whole = fs::read(bench.path("labels.geojson")).unwrap();
    bench.other_adds(7);
    bench.annotations.insert(point(2, 1));
    change(bench.save());
    fs::write(bench.path("labels.geojson"), whole).unwrap();
    assert_eq!(bench.told(), SaveOutcome::Saved);
    assert_eq!(bench.labels("labels.geojson"), [1, 2]);
}

#[test]
fn a_file_that_is_touched_or_only_laid_out_anew_is_no_change() {
    let mut bench = Bench::new();
    let path = bench.path("labels.geojson");
    let value: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    fs::write(&path, serde_json::to_string_pretty(&value).unwrap()).unwrap();
    fs::write(bench.path("ritmo.json"), fs::read(bench.path("ritmo.json")).unwrap()).unwrap();
    bench.annotations.insert(point(2, 1));
    assert_eq!(bench.save(), SaveOutcome::Saved);
    assert_eq!(bench.labels("labels.geojson"), [1, 2]);
}

#[test]
fn a_damaged_file_and_one_that_is_gone_are_told_with_why() {
    let bench = Bench::new();
    fs::write(bench.path("labels.geojson"), "{\"type\":\"Feat").unwrap();
    let damaged = change(bench.told());
    let why = damaged.theirs.as_ref().unwrap_err();
    assert!(why.contains("labels.geojson") && why.contains("cut off"), "{why}");
    fs::remove_file(bench.path("labels.geojson")).unwrap();
    let gone = change(bench.told());
    assert!(gone.theirs.as_ref().unwrap_err().contains("labels.geojson"));
    bench.saver.keep_mine();
    bench.saver.flush();
    assert_eq!(bench.labels("labels.geojson"), [1]);
}

#[test]
fn a_legend_changed_outside_is_told() {
    let bench = Bench::new();
    let mut theirs = bench.document.clone();
    theirs.legend.classes.push(Class::new(9, "milpa", [1, 2, 3]));
    fs::write(bench.path("ritmo.json"), document_text(&theirs)).unwrap();
    let change = change(bench.told());
    assert_eq!(change.files, ["ritmo.json"]);
    let document = change.theirs.as_ref().unwrap().document.clone().unwrap();
    assert_eq!(document.legend, theirs.legend);
}

#[test]
fn a_file_changed_between_opening_and_saving_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    drop(ProjectFolder::create(folder.path(), Document::new("p", Legend::default())).unwrap());
    let (project, contents) = ProjectFolder::open(folder.path()).unwrap();
    let mut theirs = contents.document.clone();
    theirs.name = "theirs, and longer".into();
    fs::write(folder.path().join("ritmo.json"), document_text(&theirs)).unwrap();
    let saver = Saver::start(&project, Arc::new(|| {}));
    saver.opened(contents.document.clone(), contents.annotations.clone());
    saver.save(contents.document, contents.annotations);
    saver.flush();
    change(saver.outcome().unwrap());
}
