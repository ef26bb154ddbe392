//! How a training went, as a drawing: losses and the accuracy of the held-out annotations, an epoch a step.

use super::Training;
use crate::xml::escaped;
use std::fmt::Write;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 44.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 34.0;

/// Losses on the left scale, accuracy on the right; nothing where there are no epochs.
pub fn drawn(training: &Training) -> String {
    let history = &training.history;
    let finite = |value: Option<f32>| value.map(f64::from).filter(|value| value.is_finite());
    let losses = |loss: &dyn Fn(usize) -> Option<f32>| -> Vec<Option<f64>> {
        (0..history.len()).map(|i| finite(loss(i))).collect()
    };
    let trained = losses(&|i| Some(history[i].train_loss));
    let held_out = losses(&|i| history[i].held_out_loss);
    let accuracy = losses(&|i| history[i].held_out_accuracy);
    let most = trained.iter().chain(&held_out).flatten().fold(0.0_f64, |most, loss| most.max(*loss));
    if history.is_empty() || most <= 0.0 {
        return String::new();
    }
    let (inner, tall) = (WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
    let x = |i: usize| LEFT + inner * i as f64 / (history.len().max(2) - 1) as f64;
    let y = |share: f64| TOP + tall * (1.0 - share.clamp(0.0, 1.0));
    let mut out = format!(
        "<svg class=\"curves\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" role=\"img\"><title>Training, epoch by epoch</title>\n"
    );
    // Writing to a string cannot fail.
    for step in 0..=4 {
        let share = f64::from(step) / 4.0;
        let at = y(share);
        let _ = writeln!(
            out,
            "<line class=\"axis\" x1=\"{LEFT}\" y1=\"{at:.1}\" x2=\"{:.1}\" y2=\"{at:.1}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{:.2}</text>",
            LEFT + inner,
            LEFT - 6.0,
            at + 4.0,
            share * most
        );
        if accuracy.iter().any(Option::is_some) {
            let _ = writeln!(
                out,
                "<text x=\"{:.1}\" y=\"{:.1}\">{:.0} %</text>",
                LEFT + inner + 6.0,
                at + 4.0,
                share * 100.0
            );
        }
    }
    let mut line = |class: &str, values: &[Option<f64>], scale: f64| {
        let points: Vec<String> = values
            .iter()
            .enumerate()
            .filter_map(|(i, value)| Some(format!("{:.1},{:.1}", x(i), y((*value)? / scale))))
            .collect();
        if !points.is_empty() {
            let _ = writeln!(out, "<polyline class=\"{class}\" points=\"{}\"/>", points.join(" "));
        }
    };
    line("trained", &trained, most);
    line("held", &held_out, most);
    line("accuracy", &accuracy, 1.0);
    let best = training.best_epoch.saturating_sub(1).min(history.len() - 1);
    let _ = writeln!(
        out,
        "<line class=\"mark\" x1=\"{0:.1}\" y1=\"{TOP}\" x2=\"{0:.1}\" y2=\"{1:.1}\"/>\
         <text x=\"{LEFT}\" y=\"{2:.1}\">epoch 1</text><text x=\"{3:.1}\" y=\"{2:.1}\" text-anchor=\"end\">epoch {4}</text>",
        x(best),
        TOP + tall,
        HEIGHT - 14.0,
        LEFT + inner,
        history.len()
    );
    let kept = format!("The weights of epoch {} were kept (upright line).", training.best_epoch);
    let mut keys = vec![("trained", "loss in training")];
    if held_out.iter().any(Option::is_some) {
        keys.push(("held", "loss on held-out annotations"));
    }
    if accuracy.iter().any(Option::is_some) {
        keys.push(("accuracy", "overall accuracy on held-out annotations (right scale)"));
    }
    let keys: Vec<String> = keys
        .into_iter()
        .map(|(class, words)| {
            format!(
                "<span class=\"key\"><svg width=\"22\" height=\"8\"><line class=\"{class}\" x1=\"0\" y1=\"4\" x2=\"22\" y2=\"4\"/></svg> {}</span>",
                escaped(words)
            )
        })
        .collect();
    format!("{out}</svg>\n<p class=\"keys\">{}</p>\n<p>{}</p>\n", keys.join(" "), escaped(&kept))
}
