//! `ritmo predict --model MODEL --input F --output F`

use super::{Failure, Shell};
use crate::model::Model;
use crate::model::exchange::predict_safetensors;
use serde_json::json;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The model's folder.
    #[arg(long, value_name = "MODEL")]
    pub model: PathBuf,
    /// Series: a safetensors file with `x`, series x band x time, in the units of the model's training, NaN for gaps.
    #[arg(long, value_name = "FILE")]
    pub input: PathBuf,
    /// Where `logits` and `probabilities`, series x class, go.
    #[arg(long, value_name = "FILE")]
    pub output: PathBuf,
}

pub fn run(args: Args, shell: &mut Shell) -> Result<(), Failure> {
    let failed = |e: crate::model::ModelError| Failure(e.to_string());
    let model = Model::load(&args.model).map_err(failed)?;
    let predicted = predict_safetensors(&model, &args.input, &args.output).map_err(failed)?;
    let value = json!({
        "series": predicted.series,
        "unusable": predicted.unusable,
        "classes": model.card.classes.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(),
        "path": args.output,
    });
    let mut words = format!("{} series classified into {}", predicted.series, args.output.display());
    if predicted.unusable > 0 {
        words += &format!("; {} have a band that was never observed and got no class", predicted.unusable);
    }
    shell.print(&value, &words);
    Ok(())
}
