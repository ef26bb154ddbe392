//! A map that is kept under another name, so that another one can take its own.

use super::Outcome;
use super::clean::free_name;
use super::models::OF_A_MAP;
use anyhow::Context;
use std::path::PathBuf;

/// Which map to keep, and as what.
#[derive(Debug, Clone)]
pub struct KeepMapSpec {
    /// The site.
    pub site: String,
    /// The folder of its maps.
    pub maps: PathBuf,
    /// The map.
    pub map: String,
    /// Its new name.
    pub to: String,
    /// The model that is to map the site then.
    pub model: String,
}

/// Gives all files of a map another name, or none.
///
/// # Errors
/// When there is a map of the new name, or a file cannot be renamed.
pub fn keep_map(spec: &KeepMapSpec) -> anyhow::Result<Outcome> {
    let KeepMapSpec { site, maps, map, to, model } = spec;
    free_name(maps, site, Some(to), to)?;
    let place = |name: &str, end: &str| maps.join(format!("{name}.{end}"));
    // The classes come last: they are what a map is found by.
    let ends = OF_A_MAP.iter().rev().filter(|end| place(map, end).is_file());
    let mut done = Vec::new();
    for end in ends {
        let (from, to) = (place(map, end), place(to, end));
        if let Err(error) = std::fs::rename(&from, &to) {
            done.iter().for_each(|(from, to): &(PathBuf, PathBuf)| drop(std::fs::rename(to, from)));
            return Err(error).with_context(|| {
                format!("cannot rename {}: nothing was renamed. Check the folder's rights", from.display())
            });
        }
        done.push((from, to));
    }
    Ok(Outcome::MapKept { site: site.clone(), from: map.clone(), to: to.clone(), model: model.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(folder: &std::path::Path, to: &str) -> KeepMapSpec {
        let maps = folder.to_path_buf();
        KeepMapSpec { site: "s".into(), maps, map: "m".into(), to: to.into(), model: "m".into() }
    }

    #[test]
    fn all_files_of_a_map_are_renamed_and_none_where_the_name_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let there = ["m.tif", "m.probs.tif", "m.corrections.geojson", "mm.tif"];
        there.iter().for_each(|file| std::fs::write(folder.path().join(file), file).unwrap());
        assert!(keep_map(&spec(folder.path(), "mm")).unwrap_err().to_string().contains("mm of s already"));
        assert!(folder.path().join("m.tif").exists());
        keep_map(&spec(folder.path(), "old")).unwrap();
        let mut names: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().flatten().map(|e| e.file_name()).collect();
        names.sort();
        assert_eq!(names, ["mm.tif", "old.corrections.geojson", "old.probs.tif", "old.tif"]);
    }
}
