//! State dictionaries: named tensors from a PyTorch checkpoint or a safetensors file.

use super::pickle::{Pickle, StoredTensor};
use half::{bf16, f16};
use safetensors::tensor::{Dtype, SafeTensors};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::{Cursor, Read};
use std::path::Path;

/// A file that is larger is no model of pixel series.
const LARGEST: u64 = 2 << 30;

/// A tensor by its name.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Named {
    pub name: String,
    pub dims: Vec<usize>,
    pub values: Vec<f32>,
}

/// The tensors of a file, in natural order of their names, counters left out; and the file's CRC-32C.
pub(super) fn read(path: &Path) -> Result<(Vec<Named>, u32), String> {
    let size = std::fs::metadata(path).map_err(|e| e.to_string())?.len();
    if size > LARGEST {
        return Err(format!("it has {size} bytes, more than any network of pixel series"));
    }
    let bytes = std::fs::read(path).map_err(|e| e.to_string())?;
    let mut tensors = if bytes.starts_with(b"PK") {
        checkpoint(&bytes)?
    } else if bytes.first() == Some(&0x80) {
        return Err(
            "it is a checkpoint of a PyTorch before 1.6, which is no archive. Save it again with a newer \
                    PyTorch, or its state dictionary as safetensors"
                .into(),
        );
    } else {
        safetensors(&bytes)?
    };
    if tensors.is_empty() {
        return Err("it holds no tensors".into());
    }
    tensors.sort_by_key(|tensor| natural(&tensor.name));
    if let Some(pair) = tensors.windows(2).find(|pair| pair[0].name == pair[1].name) {
        return Err(format!("it holds {} twice", pair[0].name));
    }
    Ok((tensors, crc32c::crc32c(&bytes)))
}

/// Parts of a name, numbers by their value: `conv10` after `conv9`.
fn natural(name: &str) -> Vec<(u64, String)> {
    let mut parts = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let letters = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (text, after) = rest.split_at(letters);
        let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        let (number, after) = after.split_at(digits);
        parts.push((0, text.to_string()));
        parts.push((number.parse().unwrap_or(u64::MAX), String::new()));
        rest = after;
    }
    parts
}

fn safetensors(bytes: &[u8]) -> Result<Vec<Named>, String> {
    let file = SafeTensors::deserialize(bytes)
        .map_err(|e| {
            format!(
                "it is neither an archive as PyTorch writes it nor a safetensors file ({e}). Give a .ckpt, .pt, .pth or \
                 .safetensors file"
            )
        })?;
    let mut tensors = Vec::new();
    for (name, tensor) in file.iter() {
        let kind = match tensor.dtype() {
            Dtype::F32 => "FloatStorage",
            Dtype::F64 => "DoubleStorage",
            Dtype::F16 => "HalfStorage",
            Dtype::BF16 => "BFloat16Storage",
            _ => continue,
        };
        let values = numbers(kind, tensor.data()).unwrap_or_default();
        tensors.push(Named { name: name.to_string(), dims: tensor.shape().to_vec(), values });
    }
    Ok(tensors)
}

fn checkpoint(bytes: &[u8]) -> Result<Vec<Named>, String> {
    let damaged = |e: zip::result::ZipError| format!("its archive is damaged ({e}). Get it again, whole");
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    let mut names = archive.file_names().filter_map(Result::ok);
    let program = names.find(|n| *n == "data.pkl" || n.ends_with("/data.pkl")).map(|n| n.into_owned());
    drop(names);
    let Some(program) = program else {
        return Err("it is an archive without a data.pkl, so none that PyTorch wrote".into());
    };
    let folder = program.trim_end_matches("data.pkl").to_string();
    if let Some(order) = entry(&mut archive, &format!("{folder}byteorder"), bytes.len())
        && order.trim_ascii() != b"little"
    {
        return Err("its numbers lie in big-endian order, which is not known".into());
    }
    let pickle = entry(&mut archive, &program, bytes.len()).ok_or("its data.pkl cannot be read")?;
    let pickle = Pickle::read(&pickle).map_err(|why| format!("its data.pkl cannot be read: {why}"))?;

    let root = pickle.dictionary(pickle.root()).ok_or("it holds no dictionary of tensors")?;
    let inner = ["state_dict", "model_state_dict", "model", "net"];
    let inner = inner.iter().find_map(|name| root.iter().find(|(key, _)| key == name));
    let state = inner.and_then(|(_, value)| pickle.dictionary(value)).unwrap_or(root);
    let mut tensors = Vec::new();
    let mut total = 0usize;
    // Tensors may share a storage: it is read once.
    let mut storages: HashMap<(&str, &str), Vec<f32>> = HashMap::new();
    for (name, value) in state {
        let Some(tensor) = pickle.tensor(value) else { continue };
        let Some(width) = width(&tensor.storage.kind) else { continue };
        let failed = |why: String| format!("the tensor {name} cannot be read: {why}");
        let all = match storages.entry((&*tensor.storage.kind, &*tensor.storage.key)) {
            Entry::Occupied(read) => read.into_mut(),
            Entry::Vacant(place) => {
                let read = storage(&mut archive, &folder, tensor, width, bytes.len()).map_err(failed)?;
                place.insert(read)
            }
        };
        let values = view(tensor, all).map_err(failed)?;
        total += values.len();
        // Tensors may share a storage, but not make a file of a few bytes into gigabytes.
        if total > bytes.len() {
            return Err("its tensors are larger than the file".into());
        }
        tensors.push(Named { name: name.to_string(), dims: tensor.dims.clone(), values });
    }
    Ok(tensors)
}

/// An entry of the archive, at most as long as the file.
fn entry(archive: &mut zip::ZipArchive<Cursor<&[u8]>>, name: &str, most: usize) -> Option<Vec<u8>> {
    let file = archive.by_name(name).ok()?;
    let mut bytes = Vec::new();
    file.take(most as u64).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// All numbers of the storage that a tensor is a view of.
fn storage(
    archive: &mut zip::ZipArchive<Cursor<&[u8]>>,
    folder: &str,
    StoredTensor { storage, .. }: &StoredTensor,
    width: usize,
    most: usize,
) -> Result<Vec<f32>, String> {
    let bytes = entry(archive, &format!("{folder}data/{}", storage.key), most)
        .ok_or_else(|| format!("the archive lacks data/{}", storage.key))?;
    numbers(&storage.kind, &bytes[..bytes.len() / width * width])
        .ok_or_else(|| "its kind is not known".into())
}

/// The values of a tensor in its own order, from a storage that must hold them.
fn view(StoredTensor { offset, dims, strides, .. }: &StoredTensor, all: &[f32]) -> Result<Vec<f32>, String> {
    let count = dims.iter().try_fold(1usize, |n, d| n.checked_mul(*d)).filter(|n| *n <= all.len());
    let count = count.ok_or("it is larger than what the file holds of it")?;
    let reach = dims.iter().zip(strides).try_fold(*offset, |n, (d, s)| {
        d.saturating_sub(1).checked_mul(*s).and_then(|more| n.checked_add(more))
    });
    if count > 0 && reach.is_none_or(|last| last >= all.len()) {
        return Err("it reaches out of what the file holds of it".into());
    }
    let mut values = Vec::with_capacity(count);
    let mut index = vec![0usize; dims.len()];
    for _ in 0..count {
        values.push(all[offset + index.iter().zip(strides).map(|(i, s)| i * s).sum::<usize>()]);
        for d in (0..dims.len()).rev() {
            index[d] += 1;
            if index[d] < dims[d] {
                break;
            }
            index[d] = 0;
        }
    }
    Ok(values)
}

/// Bytes a number; `None` for kinds that weights are not made of.
fn width(kind: &str) -> Option<usize> {
    match kind {
        "FloatStorage" => Some(4),
        "DoubleStorage" => Some(8),
        "HalfStorage" | "BFloat16Storage" => Some(2),
        _ => None,
    }
}

fn numbers(kind: &str, bytes: &[u8]) -> Option<Vec<f32>> {
    Some(match kind {
        "FloatStorage" => bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
        "DoubleStorage" => bytes.as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b) as f32).collect(),
        "HalfStorage" => bytes.as_chunks::<2>().0.iter().map(|b| f16::from_le_bytes(*b).to_f32()).collect(),
        "BFloat16Storage" => {
            bytes.as_chunks::<2>().0.iter().map(|b| bf16::from_le_bytes(*b).to_f32()).collect()
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_natural_order() {
        let mut names = ["conv10.weight", "bn.weight", "conv9.weight", "conv9.bias", "head.0.weight"];
        names.sort_by_key(|n| natural(n));
        assert_eq!(names, ["bn.weight", "conv9.bias", "conv9.weight", "conv10.weight", "head.0.weight"]);
    }

    #[test]
    fn halves_and_doubles_become_floats() {
        assert_eq!(numbers("HalfStorage", &f16::from_f32(1.5).to_le_bytes()), Some(vec![1.5]));
        assert_eq!(numbers("BFloat16Storage", &bf16::from_f32(-2.0).to_le_bytes()), Some(vec![-2.0]));
        assert_eq!(numbers("DoubleStorage", &0.25f64.to_le_bytes()), Some(vec![0.25]));
        assert_eq!(numbers("LongStorage", &[0; 8]), None);
    }

    #[test]
    fn files_that_hold_no_weights_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let why = |bytes: &[u8]| {
            let path = folder.path().join("x.ckpt");
            std::fs::write(&path, bytes).unwrap();
            read(&path).unwrap_err()
        };
        assert!(why(b"").contains("neither"));
        assert!(why(b"\x80\x02}q\x00.").contains("PyTorch before 1.6"));
        assert!(why(b"PK\x03\x04").contains("archive"));
        assert!(why(b"hello, this is not a model at all").contains("neither"));
        assert!(read(&folder.path().join("absent")).is_err());
    }
}
