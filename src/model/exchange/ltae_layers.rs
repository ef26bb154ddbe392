//! From the tensors of an L-TAE by its authors' names (Garnot, Landrieu 2020) to those of Ritmo's.
//!
//! Of the temporal encoder the names count: `inlayernorm`, `inconv.0` and `inconv.1`, `position_enc`, `attention_heads.Q` and
//! `attention_heads.fc1_k`, `mlp`, `outlayernorm`. What begins with `decoder` is the decoder. All else is the encoder: of single
//! pixels, three dense layers (or convolutions of one date), each with a batch norm; the authors' own is one of sets of pixels
//! and cannot be taken.
//!
//! The authors add a table of positions where Ritmo adds a sinusoid of the day of the year. Both come behind a layer norm whose
//! shift is one of each date and channel, so the difference goes into that shift, and whatever the dates are the network
//! says what it said there. It was not trained with masked dates: gaps are filled for it.

use super::layers::{Builder, Layer, Recognised, layers, told};
use super::state_dict::Named;
use crate::model::ltae::{DECODER, ENCODER, MODEL};
use crate::model::{LtaeOptions, ModelKind};

/// The tensors of the temporal encoder that are not layers of an MLP.
const QUERY: &str = "attention_heads.Q";

/// Recognises an L-TAE.
///
/// # Errors
/// What it lacks, or has otherwise, in words.
pub(super) fn ltae(tensors: &[Named]) -> Result<Recognised, String> {
    let refuse = |why: String| format!("it is no L-TAE that is known here: {why}");
    let lacks = |name: &str| {
        refuse(format!(
            "it has no tensor {name}, which the authors' network has (temporal_encoder.{QUERY} and so on; Ritmo's own has query)"
        ))
    };
    let Some(prefix) = tensors.iter().find_map(|t| t.name.strip_suffix(QUERY)) else {
        return Err(lacks(QUERY));
    };
    let root = prefix.strip_suffix("temporal_encoder.").unwrap_or(prefix);
    let find = |name: &str| {
        let whole = format!("{prefix}{name}");
        tensors.iter().find(|t| t.name == whole).ok_or_else(|| lacks(&whole))
    };
    let sized = |name: &str, dims: &[usize]| {
        let tensor = find(name)?;
        match tensor.dims == dims {
            true => Ok(tensor.values.clone()),
            false => Err(refuse(format!("{} has the sizes {:?}, not {dims:?}", tensor.name, tensor.dims))),
        }
    };
    let &[heads, key] = find(QUERY)?.dims.as_slice() else {
        return Err(refuse(format!("{QUERY} is not head x key")));
    };
    let &[_, times] = find("inconv.1.weight")?.dims.as_slice() else {
        return Err(refuse("inconv.1 is not a layer norm of channels and dates".into()));
    };
    let pixels = ENCODER[ENCODER.len() - 1];
    let mut builder = Builder::default();
    let mut keep = |name: &str, values: Vec<f32>| drop(builder.tensors.insert(name.into(), values));
    keep("query", sized(QUERY, &[heads, key])?);
    keep("in_norm.gamma", sized("inlayernorm.weight", &[pixels])?);
    keep("in_norm.beta", sized("inlayernorm.bias", &[pixels])?);
    keep("embed.weight", turned(&sized("inconv.0.weight", &[MODEL, pixels, 1])?, pixels));
    keep("embed.bias", sized("inconv.0.bias", &[MODEL])?);
    keep("embed_norm.gamma", turned(&sized("inconv.1.weight", &[MODEL, times])?, times));
    keep("embed_norm.beta", turned(&sized("inconv.1.bias", &[MODEL, times])?, times));
    keep("key.weight", turned(&sized("attention_heads.fc1_k.weight", &[heads * key, MODEL])?, MODEL));
    keep("key.bias", sized("attention_heads.fc1_k.bias", &[heads * key])?);
    keep("out_norm.gamma", sized("outlayernorm.weight", &[pixels])?);
    keep("out_norm.beta", sized("outlayernorm.bias", &[pixels])?);
    // Without positions of its own the authors' network counts dates from 1, and its table begins with 0.
    let table = find("position_enc.weight")?;
    let positions = match *table.dims.as_slice() {
        [rows, MODEL] if rows == times || rows == times + 1 => {
            table.values[(rows - times) * MODEL..].to_vec()
        }
        _ => {
            return Err(refuse(format!(
                "{} has the sizes {:?}, not {times} x {MODEL}",
                table.name, table.dims
            )));
        }
    };

    let part = |from: &dyn Fn(&str) -> bool| {
        let chosen: Vec<Named> = tensors.iter().filter(|t| from(&t.name)).cloned().collect();
        layers(&chosen).map_err(&refuse)
    };
    let (mlp, decoder) = (format!("{prefix}mlp."), format!("{root}decoder."));
    let widths: Vec<usize> = [MODEL, pixels].to_vec();
    blocks(&mut builder, &part(&|name| name.starts_with(&mlp))?, &widths, |_| "mlp".into())
        .map_err(|why| refuse(format!("its mlp {why}")))?;
    let mut found = part(&|name| name.starts_with(&decoder))?;
    let Some((_, output)) = found.pop() else { return Err(lacks(&format!("{decoder}0.weight"))) };
    let widths: Vec<usize> = std::iter::once(pixels).chain(DECODER).collect();
    blocks(&mut builder, &found, &widths, |i| format!("decoder{i}"))
        .map_err(|why| refuse(format!("its decoder {why}")))?;
    let classes = builder.output(&output)?;

    let own = ["inlayernorm.", "inconv.", "position_enc.", "attention_heads.", "mlp.", "outlayernorm."];
    let of_encoder = |name: &str| {
        let temporal = name.strip_prefix(prefix).is_some_and(|rest| own.iter().any(|o| rest.starts_with(o)));
        !temporal && !name.starts_with(&decoder)
    };
    let encoder = part(&of_encoder)?;
    let bands = match encoder.first() {
        Some((_, Layer::Linear { inputs, .. })) => *inputs,
        Some((_, Layer::Conv { channels, .. })) => *channels,
        _ => return Err(refuse("it has no encoder of pixels that begins with a dense layer".into())),
    };
    let widths: Vec<usize> = std::iter::once(bands).chain(ENCODER).collect();
    blocks(&mut builder, &encoder, &widths, |i| format!("encoder{i}")).map_err(|why| {
        refuse(format!(
            "its encoder of pixels {why}. An encoder of sets of pixels, as the authors' own, cannot be taken"
        ))
    })?;
    let options = LtaeOptions { heads, key, mask_gaps: false, ..LtaeOptions::default() };
    Ok(Recognised {
        kind: ModelKind::Ltae(options),
        bands,
        classes,
        times: vec![times],
        tensors: builder.tensors,
        positions: Some(positions),
    })
}

/// Dense layers of these widths, each with a batch norm, by the names that `name` gives them, counted from 1.
fn blocks(
    builder: &mut Builder,
    found: &[(String, Layer)],
    widths: &[usize],
    name: impl Fn(usize) -> String,
) -> Result<(), String> {
    let words: Vec<String> = widths.iter().map(usize::to_string).collect();
    let wrong = || {
        format!("is not {} wide, each layer with a batch norm: it has {}", words.join(" to "), told(found))
    };
    if found.len() != 2 * (widths.len() - 1) {
        return Err(wrong());
    }
    for (i, (pair, widths)) in found.chunks_exact(2).zip(widths.windows(2)).enumerate() {
        let [(_, product), (_, norm)] = pair else { return Err(wrong()) };
        let linear = match product {
            Layer::Conv { filters, channels, kernel: 1, weight, bias } => {
                let (weight, bias) = (weight.clone(), bias.clone());
                Layer::Linear { outputs: *filters, inputs: *channels, weight, bias }
            }
            other => other.clone(),
        };
        if !matches!(&linear, Layer::Linear { outputs, inputs, .. } if [*inputs, *outputs] == widths) {
            return Err(wrong());
        }
        let name = name(i + 1);
        let bias = builder.dense(&name, &linear, 1, 1)?;
        builder.norm(&name, norm, bias.as_deref())?;
    }
    Ok(())
}

/// Rows as columns; `cols` values a row.
fn turned(values: &[f32], cols: usize) -> Vec<f32> {
    (0..cols).flat_map(|c| values.iter().skip(c).step_by(cols.max(1))).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::super::import::{ImportAsked, import};
    use crate::labels::Class;
    use crate::model::testing::made;
    use chrono::{Days, NaiveDate};
    use safetensors::tensor::{Dtype, SafeTensors, TensorView};
    use std::collections::BTreeMap;
    use std::path::Path;

    /// Sizes and values by name.
    type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

    const SAMPLES: usize = 5;
    const TIMES: usize = 6;
    const BANDS: usize = 4;

    /// Tensors by the names and in the sizes of `tests/references/ltae_authors_pytorch.py`, filled by its formula.
    fn tensors() -> Tensors {
        let mut sizes: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut add = |name: &str, dims: &[usize]| drop(sizes.insert(name.into(), dims.to_vec()));
        let mut mlp = |prefix: &str, widths: &[usize], ends_plain: bool| {
            for (i, pair) in widths.windows(2).enumerate() {
                add(&format!("{prefix}.{}.weight", 3 * i), &[pair[1], pair[0]]);
                add(&format!("{prefix}.{}.bias", 3 * i), &[pair[1]]);
                if !ends_plain || i + 2 < widths.len() {
                    for what in ["weight", "bias", "running_mean", "running_var"] {
                        add(&format!("{prefix}.{}.{what}", 3 * i + 1), &[pair[1]]);
                    }
                }
            }
        };
        mlp("spatial_encoder", &[BANDS, 32, 64, 128], false);
        mlp("temporal_encoder.mlp", &[256, 128], false);
        mlp("decoder", &[128, 64, 32, 5], true);
        let temporal: [(&str, &[usize]); 11] = [
            ("attention_heads.Q", &[16, 8]),
            ("attention_heads.fc1_k.weight", &[128, 256]),
            ("attention_heads.fc1_k.bias", &[128]),
            ("inconv.0.weight", &[256, 128, 1]),
            ("inconv.0.bias", &[256]),
            ("inconv.1.weight", &[256, TIMES]),
            ("inconv.1.bias", &[256, TIMES]),
            ("inlayernorm.weight", &[128]),
            ("inlayernorm.bias", &[128]),
            ("outlayernorm.weight", &[128]),
            ("outlayernorm.bias", &[128]),
        ];
        for (name, dims) in temporal {
            sizes.insert(format!("temporal_encoder.{name}"), dims.to_vec());
        }
        let fill = |(stream, (name, dims)): (usize, (String, Vec<usize>))| {
            let product = name.ends_with(".weight") && dims.len() > 1 && !name.ends_with("inconv.1.weight");
            let of = |u: f32| {
                let u = f64::from(u);
                (match () {
                    () if product => u * (24.0 / dims[1] as f64).sqrt(),
                    () if name.ends_with(".weight") || name.ends_with("running_var") => 1.0 + 0.8 * u,
                    () if name.ends_with(".Q") => 3.0 * u,
                    () => 0.6 * u,
                }) as f32
            };
            let values = made(stream as u64, dims.iter().product()).into_iter().map(of).collect();
            (name, (dims, values))
        };
        let mut all: BTreeMap<_, _> = sizes.into_iter().enumerate().map(fill).collect();
        let position = |t: usize, i: usize| {
            let (i, day) = (i % 16, (5 * t * t + 3) as f64);
            let angle = day / 1000f64.powf((2 * (i / 2)) as f64 / 16.0);
            (if i % 2 == 0 { angle.sin() } else { angle.cos() }) as f32
        };
        let table = (0..TIMES).flat_map(|t| (0..256).map(move |i| position(t, i))).collect();
        all.insert("temporal_encoder.position_enc.weight".into(), (vec![TIMES, 256], table));
        all
    }

    fn save(path: &Path, tensors: &Tensors) {
        let bytes: Vec<Vec<u8>> =
            tensors.values().map(|(_, v)| v.iter().flat_map(|v| v.to_le_bytes()).collect()).collect();
        let mut views = Vec::new();
        for ((name, (dims, _)), bytes) in tensors.iter().zip(&bytes) {
            views.push((name, TensorView::new(Dtype::F32, dims.clone(), bytes).unwrap()));
        }
        std::fs::write(path, safetensors::serialize(views, None).unwrap()).unwrap();
    }

    fn asked(first: NaiveDate) -> ImportAsked {
        ImportAsked {
            classes: Some((1..=5).map(|k| Class::new(k, format!("class {k}"), [k, 0, 0])).collect()),
            bands: Some((1..=BANDS).map(|b| format!("B{b}")).collect()),
            dates: Some((0..TIMES as u64).map(|t| first + Days::new(17 * t)).collect()),
        }
    }

    fn first() -> NaiveDate {
        NaiveDate::from_ymd_opt(2020, 3, 1).unwrap()
    }

    #[test]
    fn the_network_of_the_authors_gives_the_logits_that_pytorch_gives_whatever_the_dates() {
        let file = include_bytes!("../../../tests/references/ltae_authors.safetensors");
        let file = SafeTensors::deserialize(file).unwrap();
        let expected = file.tensor("logits").unwrap();
        let expected: Vec<f32> =
            expected.data().as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("authors.safetensors");
        let series: Vec<f32> = made(1000, SAMPLES * TIMES * BANDS).iter().map(|u| u * 4.0).collect();
        let mut own = tensors();
        save(&path, &own);
        let models = [0, 150].map(|days| import(&path, "ltae", &asked(first() + Days::new(days))).unwrap());
        // Where it counts dates, its table has a row for no date.
        let key = "temporal_encoder.position_enc.weight";
        let (dims, table) = own.get_mut(key).unwrap();
        (dims[0], *table) = (TIMES + 1, [vec![9.0; 256], table.clone()].concat());
        save(&path, &own);
        let counted = import(&path, "ltae", &asked(first())).unwrap();
        for model in models.iter().chain([&counted]) {
            let logits = model.raw_logits(&series).unwrap();
            assert_eq!(logits.len(), expected.len());
            for (got, expected) in logits.iter().zip(&expected) {
                assert!((got - expected).abs() < 1e-4, "{got}, PyTorch has {expected}");
            }
        }
    }

    #[test]
    fn what_a_network_lacks_or_has_otherwise_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("other.safetensors");
        let why = |change: &dyn Fn(&mut Tensors)| {
            let mut all = tensors();
            change(&mut all);
            save(&path, &all);
            import(&path, "ltae", &asked(first())).err().unwrap().to_string()
        };
        let key = |name: &str| format!("temporal_encoder.{name}");
        let told = why(&|all| drop(all.remove(&key("attention_heads.Q"))));
        assert!(told.contains("no tensor attention_heads.Q") && told.contains("other.safetensors"), "{told}");
        let told = why(&|all| drop(all.remove(&key("position_enc.weight"))));
        assert!(told.contains("no tensor temporal_encoder.position_enc.weight"), "{told}");
        let told = why(&|all| drop(all.remove("spatial_encoder.7.weight")));
        assert!(told.contains("spatial_encoder.7 has no weight"), "{told}");
        // As with an encoder of sets of pixels.
        let told = why(&|all| {
            for what in ["6.weight", "6.bias", "7.weight", "7.bias", "7.running_mean", "7.running_var"] {
                all.remove(&format!("spatial_encoder.{what}"));
            }
        });
        assert!(told.contains("sets of pixels") && told.contains("dense 4 to 32"), "{told}");
        let told = why(&|all| {
            all.insert(key("outlayernorm.weight"), (vec![64], vec![1.0; 64]));
        });
        assert!(told.contains("has the sizes [64], not [128]"), "{told}");
        let mut none = asked(first());
        none.dates = None;
        save(&path, &tensors());
        let told = import(&path, "ltae", &none).err().unwrap().to_string();
        assert!(told.contains("--dates (6 dates)"), "{told}");
    }
}
