use super::*;
use crate::model::{ModelKind, TempCnnOptions};
use crate::samples::Rows;
use chrono::NaiveDate;
use std::cell::RefCell;

#[test]
fn the_mean_f1_is_that_of_the_classes_that_have_one() {
    let mean = |held_out_f1| EpochScore { held_out_f1, ..EpochScore::default() }.macro_f1();
    assert_eq!(mean(vec![Some(1.0), None, Some(0.5)]), Some(0.75));
    assert_eq!((mean(vec![]), mean(vec![None])), (None, None));
}

fn legend() -> Legend {
    let class = |(code, name): (u8, &str)| Class::new(code, name, [0, 0, code]);
    Legend { classes: [(30, "city"), (10, "forest"), (20, "crop")].into_iter().map(class).collect() }
}

/// Series of 5 dates and 2 bands; ten samples an annotation. Forest is flat, crop peaks, city is low; with noise.
fn samples(annotations: u64) -> SampleSet {
    let mut set = SampleSet {
        bands: vec!["red".into(), "nir".into()],
        features: vec![],
        dates: (1..=5).map(|m| NaiveDate::from_ymd_opt(2022, 2 * m, 1).unwrap()).collect(),
        values: Rows::new(10),
        classes: Vec::new(),
        annotations: Vec::new(),
        places: Vec::new(),
        locations: Vec::new(),
    };
    for annotation in 0..annotations {
        for i in 0..10u64 {
            let mut series = Vec::new();
            let class = [10, 20, 30][annotation as usize % 3];
            for t in 0..5u64 {
                let noise = ((annotation * 97 + i * 31 + t * 17) * 7919 % 601) as f32;
                let level = match (class, t) {
                    (10, _) => 2400.0,
                    (20, 2) => 3000.0,
                    (20, _) => 1200.0,
                    _ => 900.0,
                };
                series.extend([600.0 + noise, level + noise]);
            }
            set.values.push(&series).unwrap();
            set.classes.push(class);
            set.annotations.push(annotation);
            set.places.push((i as u32, annotation as u32));
        }
    }
    set
}

fn spec(epochs: usize) -> ModelSpec {
    let mut spec = ModelSpec::default();
    let options = TempCnnOptions { filters: 8, kernel: 3, layers: 2, dense: 16, ..Default::default() };
    spec.kind = ModelKind::TempCnn(options);
    spec.training.epochs = epochs;
    spec.training.learning_rate = 3e-3;
    spec
}

/// Every fourth annotation is held out.
fn split(set: &SampleSet) -> Split {
    let (held_out, train) = (0..set.len()).partition(|i| set.annotations[*i] % 4 == 3);
    Split { train, held_out, kept: Vec::new() }
}

fn all(set: &SampleSet) -> Split {
    Split { train: (0..set.len()).collect(), held_out: Vec::new(), kept: Vec::new() }
}

fn run(set: &SampleSet, split: &Split, spec: &ModelSpec) -> Result<Model, ModelError> {
    train(set, split, &legend(), spec, &|_| (), &Cancel::new())
}

#[test]
fn what_is_easy_is_learned_and_the_card_tells_all() {
    let set = samples(24);
    let split = split(&set);
    let model = run(&set, &split, &spec(30)).unwrap();
    let names: Vec<&str> = model.card.classes.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["city", "forest", "crop"], "classes are in the order of the legend");
    assert_eq!(model.card.samples, 180);
    assert_eq!(model.card.held_out, [3, 7, 11, 15, 19, 23]);
    assert_eq!(model.card.trained_on.len(), 18);
    assert_eq!((model.card.bands.len(), model.card.dates.len()), (2, 5));
    let best = &model.card.history[model.card.best_epoch - 1];
    let least = model.card.history.iter().map(|e| e.held_out_loss.unwrap()).fold(f32::MAX, f32::min);
    assert_eq!((best.epoch, best.held_out_loss), (model.card.best_epoch, Some(least)));
    assert!(best.held_out_accuracy.unwrap() > 0.95, "{best:?}");

    let probabilities = model.probabilities(set.values.in_memory().unwrap()).unwrap();
    let mut right = 0;
    for (row, code) in probabilities.chunks(3).zip(&set.classes) {
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        let best = (0..3).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap();
        right += usize::from(model.card.classes[best].code == *code);
    }
    assert!(right > 228, "{right} of 240");
}

fn weights_with_threads(threads: usize, seed: u64) -> Vec<f32> {
    let set = samples(9);
    let mut spec = spec(3);
    spec.training.seed = seed;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        run(&set, &split(&set), &spec).unwrap().probabilities(set.values.in_memory().unwrap()).unwrap()
    })
}

#[test]
fn the_same_seed_gives_the_same_weights_on_any_number_of_threads() {
    let one = weights_with_threads(1, 5);
    assert_eq!(one, weights_with_threads(1, 5));
    assert_eq!(one, weights_with_threads(2, 5));
    assert_eq!(one, weights_with_threads(7, 5));
    assert_ne!(one, weights_with_threads(1, 6));
}

#[test]
fn training_goes_on_from_a_model_and_a_new_class_changes_nothing_of_the_old_ones() {
    let set = samples(24);
    let split = split(&set);
    // City is not labelled yet.
    let mut two = split.clone();
    two.train.retain(|i| set.classes[*i] != 30);
    two.held_out.retain(|i| set.classes[*i] != 30);
    let before = run(&set, &two, &spec(10)).unwrap();

    // A rate so small that nothing moves: what the old classes are given is what they were given.
    let mut still = spec(1);
    still.training.learning_rate = 1e-7;
    still.training.weight_decay = 0.0;
    let on = |set: &SampleSet, spec: &ModelSpec| {
        let start = Start { from: Some((&before, Path::new("before"))), ..Start::default() };
        train_from(start, set, &split, &legend(), spec, &|_| (), &Cancel::new())
    };
    let after = on(&set, &still).unwrap();
    assert_eq!(after.card.normalisation, before.card.normalisation);
    let of = |model: &Model, name: &str| model.weights.values(name).to_vec();
    let codes: Vec<u8> = after.card.classes.iter().map(|c| c.code).collect();
    assert_eq!(codes, [30, 10, 20]);
    let (old, new) = (of(&before, "output.weight"), of(&after, "output.weight"));
    for (old, new) in old.chunks(2).zip(new.chunks(3)) {
        assert!((old[0] - new[1]).abs() < 1e-5 && (old[1] - new[2]).abs() < 1e-5, "{old:?} {new:?}");
    }
    assert!(after.card.notes.iter().any(|n| n.contains("new classes: city")), "{:?}", after.card.notes);
    let learned = on(&set, &spec(20)).unwrap();
    assert!(learned.card.best().unwrap().held_out_accuracy.unwrap() > 0.9);

    let mut other = set.clone();
    other.bands[1] = "swir".into();
    assert!(on(&other, &still).err().unwrap().to_string().contains("red, nir"));
    let mut wide = still.clone();
    wide.set_option("filters", &"9".into()).unwrap();
    assert!(on(&set, &wide).err().unwrap().to_string().contains("other options"));
    wide.kind = ModelKind::named("pixel").unwrap();
    assert!(on(&set, &wide).is_err());
}

#[test]
fn without_anything_held_out_all_epochs_run_and_the_last_is_kept() {
    let set = samples(6);
    let mut spec = spec(20);
    spec.training.patience = 1;
    let model = run(&set, &all(&set), &spec).unwrap();
    assert_eq!((model.card.history.len(), model.card.best_epoch), (20, 20));
    assert!(model.card.history.iter().all(|e| e.held_out_loss.is_none()));
    assert!(model.card.held_out.is_empty());
}

#[test]
fn training_stops_once_patience_is_over() {
    let set = samples(12);
    let mut split = split(&set);
    // Held out under wrong names: the better the training, the worse their loss.
    let mut wrong = set.clone();
    split.held_out.iter().for_each(|i| wrong.classes[*i] = 60 - wrong.classes[*i].clamp(30, 40));
    split.held_out.retain(|i| wrong.classes[*i] == 30 && set.classes[*i] != 30);
    let mut spec = spec(60);
    spec.training.patience = 4;
    let model = run(&wrong, &split, &spec).unwrap();
    let ran = model.card.history.len();
    assert!(ran < 60 && ran - model.card.best_epoch == 4, "{ran}, best {}", model.card.best_epoch);
}

#[test]
fn classes_without_a_training_sample_and_foreign_codes_are_left_out_on_both_sides() {
    let mut set = samples(12);
    set.classes[0] = 99;
    let (held_out, train): (Vec<usize>, _) = (0..set.len()).partition(|i| set.classes[*i] == 30);
    let model = run(&set, &Split { train, held_out, kept: Vec::new() }, &spec(2)).unwrap();
    assert_eq!(model.card.classes.len(), 2);
    assert_eq!(model.card.samples, 79);
    assert!(model.card.held_out.is_empty() && model.card.history[1].held_out_loss.is_none());
}

#[test]
fn fewer_than_two_classes_are_a_sentence() {
    let set = samples(12);
    let train: Vec<usize> = (0..set.len()).filter(|i| set.classes[*i] == 10).collect();
    let why = run(&set, &Split { train, held_out: vec![], kept: Vec::new() }, &spec(2)).err().unwrap();
    assert!(matches!(&why, ModelError::TooFew { why } if why.contains("forest")), "{why}");
    let why =
        run(&set, &Split { train: vec![], held_out: vec![], kept: Vec::new() }, &spec(2)).err().unwrap();
    assert!(matches!(why, ModelError::TooFew { .. }));
}

#[test]
fn two_samples_are_enough_and_a_last_batch_of_one_is_left_out() {
    let set = samples(12);
    let two = Split { train: vec![0, 10], held_out: vec![], kept: Vec::new() };
    assert_eq!(run(&set, &two, &spec(2)).unwrap().card.samples, 2);

    let split = Split { train: (0..33).collect(), held_out: vec![], kept: Vec::new() };
    let mut spec = spec(1);
    spec.training.batch = 16;
    let steps = RefCell::new(Vec::new());
    let on_event = |event| {
        if let TrainEvent::Step { epoch, done, of } = event {
            steps.borrow_mut().push((epoch, done, of));
        }
    };
    train(&set, &split, &legend(), &spec, &on_event, &Cancel::new()).unwrap();
    assert_eq!(*steps.borrow(), [(1, 1, 2), (1, 2, 2)]);
}

#[test]
fn a_band_never_observed_leaves_the_sample_out_and_gaps_do_not() {
    let mut set = samples(12);
    set.values.values_mut().iter_mut().take(10).step_by(2).for_each(|v| *v = f32::NAN);
    set.values.values_mut()[13] = f32::NAN;
    let model = run(&set, &all(&set), &spec(2)).unwrap();
    assert_eq!(model.card.samples, 119);
    let probabilities = model.probabilities(set.values.in_memory().unwrap()).unwrap();
    assert!(probabilities[..3].iter().all(|p| p.is_nan()));
    assert!(probabilities[3..].iter().all(|p| p.is_finite()));
    assert!(model.probabilities(&set.values.in_memory().unwrap()[..9]).is_err());
}

#[test]
fn cancelling_gives_the_best_so_far_but_nothing_before_the_first_epoch() {
    let set = samples(12);
    let cancel = Cancel::new();
    let on_event = |event| {
        if matches!(event, TrainEvent::Step { epoch: 4, .. }) {
            cancel.cancel();
        }
    };
    let model = train(&set, &all(&set), &legend(), &spec(50), &on_event, &cancel).unwrap();
    assert_eq!((model.card.history.len(), model.card.best_epoch), (3, 3));
    let result = train(&set, &all(&set), &legend(), &spec(50), &|_| (), &cancel);
    assert!(matches!(result, Err(ModelError::Cancelled(_))));
}

#[test]
fn options_that_cannot_be_and_splits_of_other_samples_are_refused() {
    let set = samples(6);
    let refused = |change: &dyn Fn(&mut ModelSpec)| {
        let mut spec = spec(1);
        change(&mut spec);
        matches!(run(&set, &all(&set), &spec), Err(ModelError::Options { .. }))
    };
    assert!(refused(&|s| s.training.epochs = 0));
    assert!(refused(&|s| s.training.batch = 1));
    assert!(refused(&|s| s.training.learning_rate = f64::NAN));
    assert!(refused(&|s| s.training.label_smoothing = 1.0));
    let options = |change: &dyn Fn(&mut TempCnnOptions)| {
        refused(&|s| {
            let ModelKind::TempCnn(options) = &mut s.kind else { return };
            change(options);
        })
    };
    assert!(options(&|o| o.kernel = 4));
    assert!(options(&|o| o.layers = 0));
    assert!(options(&|o| o.conv_dropout = 1.0));
    assert!(!options(&|_| ()));
    let split = Split { train: vec![0, 1, 10, 60], held_out: vec![], kept: Vec::new() };
    assert!(matches!(run(&set, &split, &spec(1)), Err(ModelError::Mismatch { .. })));
}

#[test]
fn samples_in_a_file_give_the_same_weights_as_samples_in_memory() {
    let set = samples(12);
    let split = split(&set);
    let mut filed = set.clone();
    filed.values = set.values.on_disk();
    assert!(filed.values.is_on_disk());
    for kind in [ModelKind::named("ltae").unwrap(), spec(3).kind] {
        let spec = ModelSpec { kind, ..spec(3) };
        let [file, memory] = [&filed, &set].map(|set| run(set, &split, &spec).unwrap().weights);
        assert!(file == memory, "{}", spec.kind.name());
    }
}

/// Stops a training in this epoch, then resumes it, and gives what came of both.
fn stopped_in(epoch: usize, spec: &ModelSpec, checkpoint: &Path) -> (Option<Model>, Model) {
    let set = samples(12);
    let split = split(&set);
    let cancel = Cancel::new();
    let on_event = |event| {
        if let TrainEvent::Step { epoch: now, done: 2, .. } = event
            && now == epoch
        {
            cancel.cancel();
        }
    };
    let start = Start { checkpoint: Some(checkpoint), ..Start::default() };
    let first = train_from(start, &set, &split, &legend(), spec, &on_event, &cancel);
    assert_eq!(checkpoint.is_file(), epoch > 1, "there is something to resume once an epoch has ended");
    let start = Start { resume: epoch > 1, ..start };
    let last = train_from(start, &set, &split, &legend(), spec, &|_| (), &Cancel::new()).unwrap();
    assert!(!checkpoint.exists(), "a training that came to its end leaves nothing behind");
    (first.ok(), last)
}

#[test]
fn a_training_that_was_stopped_comes_to_the_same_weights_as_one_that_was_not() {
    let home = tempfile::tempdir().unwrap();
    let checkpoint = checkpoint_of(&home.path().join("modelo año"));
    let set = samples(12);
    let mut spec = spec(6);
    spec.training.batch = 16;
    spec.training.averaging = 0.9;
    spec.training.mixup = 0.2;
    let whole = run(&set, &split(&set), &spec).unwrap();
    for epoch in [1, 2, 5, 6] {
        let (first, last) = stopped_in(epoch, &spec, &checkpoint);
        assert_eq!(first.map(|model| model.card.history.len()), (epoch > 1).then(|| epoch - 1));
        assert!(last.weights == whole.weights, "stopped in epoch {epoch}");
        assert_eq!(last.card.history, whole.card.history);
        assert_eq!(last.card.best_epoch, whole.card.best_epoch);
    }
}

#[test]
fn what_stands_of_another_training_or_is_damaged_is_not_gone_on_with() {
    let home = tempfile::tempdir().unwrap();
    let checkpoint = checkpoint_of(&home.path().join("model"));
    let set = samples(12);
    let cancel = Cancel::new();
    let on_event = |event| {
        if let TrainEvent::Epoch { score: EpochScore { epoch: 3, .. }, .. } = event {
            cancel.cancel();
        }
    };
    let start = Start { checkpoint: Some(&checkpoint), ..Start::default() };
    train_from(start, &set, &split(&set), &legend(), &spec(9), &on_event, &cancel).unwrap();
    let stopped = Stopped::read(&checkpoint).unwrap();
    assert_eq!((stopped.epochs, &stopped.spec, stopped.from), (3, &spec(9), None));

    let resume = |set: &SampleSet, spec: &ModelSpec| {
        let start = Start { resume: true, ..start };
        let why = train_from(start, set, &split(set), &legend(), spec, &|_| (), &Cancel::new()).err();
        why.map(|why| why.to_string()).unwrap_or_default()
    };
    assert!(resume(&samples(15), &spec(9)).contains("other samples or options"));
    assert!(resume(&set, &spec(10)).contains("other samples or options"));
    let whole = std::fs::read(&checkpoint).unwrap();
    for bytes in [&whole[..whole.len() / 2], &whole[..40], b"", b"no tensors at all here", &[0xff; 64]] {
        std::fs::write(&checkpoint, bytes).unwrap();
        let why = resume(&set, &spec(9));
        assert!(why.contains("damaged") && why.contains("Train anew"), "{why}");
    }
    assert!(Stopped::read(&checkpoint).is_err());
    std::fs::remove_file(&checkpoint).unwrap();
    assert!(resume(&set, &spec(9)).contains("train it anew"));
}

#[test]
fn a_training_that_cannot_be_kept_goes_on_and_says_so_once() {
    let home = tempfile::tempdir().unwrap();
    // No file can be put in the place of a folder that holds something.
    let checkpoint = checkpoint_of(&home.path().join("model"));
    std::fs::create_dir_all(checkpoint.join("in the way")).unwrap();
    let set = samples(12);
    let (cancel, told) = (Cancel::new(), RefCell::new(Vec::new()));
    let on_event = |event| match event {
        TrainEvent::NotKept(why) => told.borrow_mut().push(why),
        // Longer than between two writings, so that both the loop and the end of it write.
        TrainEvent::Epoch { score: EpochScore { epoch: 2, .. }, .. } => {
            std::thread::sleep(WRITE_EVERY + Duration::from_millis(50));
        }
        TrainEvent::Step { epoch: 4, .. } => cancel.cancel(),
        _ => {}
    };
    let start = Start { checkpoint: Some(&checkpoint), ..Start::default() };
    let model = train_from(start, &set, &split(&set), &legend(), &spec(9), &on_event, &cancel).unwrap();
    assert_eq!(model.card.history.len(), 3);
    let told = told.into_inner();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("checkpoint") && told[0].contains("Training goes on"), "{}", told[0]);
}

#[test]
fn cancelling_while_samples_are_made_ready_or_scored_ends_at_once() {
    let set = samples(60);
    let cancel = Cancel::new();
    cancel.cancel();
    let result = train(&set, &split(&set), &legend(), &spec(2), &|_| (), &cancel);
    assert!(matches!(result, Err(ModelError::Cancelled(_))));
    // In the last step of the first epoch: what is held out is not scored any more, and there is no model.
    let cancel = Cancel::new();
    let on_event = |event| {
        if let TrainEvent::Step { done, of, .. } = event
            && done == of
        {
            cancel.cancel();
        }
    };
    let result = train(&set, &split(&set), &legend(), &spec(2), &on_event, &cancel);
    assert!(matches!(result, Err(ModelError::Cancelled(_))));
}

#[test]
fn adam_and_averaged_weights_learn_too_and_are_not_the_same() {
    let set = samples(24);
    let split = split(&set);
    let learn = |name: &str, value: &str| {
        let mut spec = spec(20);
        spec.training.weight_decay = 0.05;
        spec.set_option(name, &value.into()).unwrap();
        let model = run(&set, &split, &spec).unwrap();
        assert!(model.card.best().unwrap().held_out_accuracy.unwrap() > 0.9, "{name} {value}");
        model.weights
    };
    let usual = learn("optimiser", "adamw");
    for (name, value) in [("optimiser", "adam"), ("averaging", "0"), ("mixup", "0.2")] {
        assert!(learn(name, value) != usual, "{name}");
    }
}

/// The weights that a training hands out, in order, and its model.
fn handed_out(set: &SampleSet, split: &Split, spec: &ModelSpec) -> (Vec<Snapshot>, Model) {
    let snapshots = RefCell::new(Vec::new());
    let on_event = |event| {
        if let TrainEvent::Better(snapshot) = event {
            snapshots.borrow_mut().push(snapshot);
        }
    };
    let model = train(set, split, &legend(), spec, &on_event, &Cancel::new()).unwrap();
    (snapshots.into_inner(), model)
}

#[test]
fn weights_are_handed_out_whenever_they_are_better_and_the_last_are_those_that_are_kept() {
    let set = samples(24);
    let (snapshots, model) = handed_out(&set, &split(&set), &spec(12));
    let history = &model.card.history;
    let mut best = f32::INFINITY;
    let better: Vec<usize> = history
        .iter()
        .filter(|score| {
            let loss = score.held_out_loss.unwrap();
            let is_better = loss < best;
            best = best.min(loss);
            is_better
        })
        .map(|score| score.epoch)
        .collect();
    assert_eq!(snapshots.iter().map(Snapshot::epoch).collect::<Vec<_>>(), better);
    let last = snapshots.last().unwrap();
    assert_eq!(last.epoch(), model.card.best_epoch);
    assert!(last.model().weights == model.weights);
    assert_eq!(last.card().classes, model.card.classes);
    let values = set.values.in_memory().unwrap();
    assert_eq!(last.model().probabilities(values).unwrap(), model.probabilities(values).unwrap());
}

#[test]
fn in_a_long_first_epoch_weights_come_before_its_end_and_change_nothing() {
    let set = samples(90);
    let mut spec = spec(1);
    (spec.training.batch, spec.training.learning_rate) = (8, 1e-2);
    let (snapshots, model) = handed_out(&set, &split(&set), &spec);
    assert!(snapshots.len() > 1 && snapshots.iter().all(|snapshot| snapshot.epoch() == 1));
    let early = snapshots[0].model().probabilities(set.values.in_memory().unwrap()).unwrap();
    assert!(early.iter().all(|p| p.is_finite()));
    assert!(run(&set, &split(&set), &spec).unwrap().weights == model.weights);
    // Where nothing is held out they come once enough steps are taken.
    let (snapshots, _) = handed_out(&set, &all(&set), &spec);
    assert_eq!(snapshots.len(), 3, "after 32 and 64 of 113 steps, and at the end");
}
