//! `ritmo train --samples F.parquet --output MODEL`: a model of a table, without a project.

use super::shell::epoch_line;
use super::train::learned;
use super::{Failure, Shell};
use crate::model::{Learned, ModelError, ModelSpec, Start, Stopped, TrainEvent, checkpoint_of, train_from};
use crate::progress::Progress;
use crate::samples::{TableRequest, read_rows, split_by_annotation};
use serde_json::json;
use std::path::Path;
use std::time::Instant;

/// Learns from a table and saves the model.
///
/// # Errors
/// A table that cannot be read, training that fails, a folder that cannot be written or holds something else.
pub fn train_table(
    samples: &Path,
    output: &Path,
    mut spec: ModelSpec,
    resume: bool,
    shell: &mut Shell,
) -> Result<(), Failure> {
    let started = Instant::now();
    // Found before the work, not after it.
    let other = output.exists() && !output.join("model.json").is_file();
    if other && (output.is_file() || std::fs::read_dir(output).is_ok_and(|mut files| files.next().is_some()))
    {
        let what = output.display();
        return Err(Failure(format!(
            "cannot save the model {what}: something else is there already. Give another name"
        )));
    }
    let cancel = shell.cancel().clone();
    let checkpoint = checkpoint_of(output);
    if resume {
        spec = Stopped::read(&checkpoint).map_err(|e| Failure(e.to_string()))?.spec;
    }
    let bands = spec.inputs.clone();
    let request = TableRequest { bands: bands.as_deref(), ..Default::default() };
    let mut table = shell
        .with_bar(|report| read_rows(samples, &request, report, &cancel))
        .map_err(|e| Failure(e.to_string()))?;
    let mut notes = std::mem::take(&mut table.notes);
    let legend = std::mem::take(&mut table.legend);
    let set = table.into_set();
    let split = split_by_annotation(&set, spec.training.held_out_share, spec.training.seed);
    let epochs = spec.training.epochs;
    let model = shell.with_bar(|report| {
        let on_event = |event: TrainEvent| match event {
            TrainEvent::Step { epoch, done, of } => {
                let (done, all) = ((epoch - 1) * of + done, epochs * of);
                report(Progress::new(done as u64, all as u64, format!("epoch {epoch}, at most {epochs}")));
            }
            TrainEvent::Epoch { score, left, .. } => eprintln!("{}", epoch_line(&score, left)),
            TrainEvent::NotKept(why) => eprintln!("{why}"),
            TrainEvent::Started { .. } | TrainEvent::Better(_) => {}
        };
        let start = Start { from: None, checkpoint: Some(&checkpoint), resume };
        train_from(start, &set, &split, &legend, &spec, &on_event, &cancel)
    });
    let mut model = model.map_err(|e| match e {
        ModelError::Cancelled(_) => Failure(e.to_string()),
        _ => Failure(format!("cannot learn from {}: {e}", samples.display())),
    })?;
    notes.append(&mut model.card.notes);
    notes.iter().for_each(|note| eprintln!("{note}"));
    model.card.notes = notes;
    model.learned = Some(Learned::of(&set, &split.train).map_err(|e| Failure(e.to_string()))?);
    model.save(output).map_err(|e| Failure(e.to_string()))?;
    let card = &model.card;
    let accuracy = card.best().and_then(|best| best.held_out_accuracy);
    let value = json!({
        "path": output,
        "samples": card.samples,
        "bands": card.bands,
        "dates": card.dates.len(),
        "classes": card.classes.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(),
        "epochs": card.history.len(),
        "best_epoch": card.best_epoch,
        "held_out_loss": card.best().and_then(|best| best.held_out_loss),
        "held_out_accuracy": accuracy,
        "notes": card.notes,
        "seconds": started.elapsed().as_secs_f64(),
    });
    let mut text = learned(&output.display(), card);
    if let Some(accuracy) = accuracy {
        text += &format!("\noverall accuracy {:.1} % on the samples that chose this epoch", accuracy * 100.0);
    }
    shell.print(&value, &text);
    Ok(())
}
