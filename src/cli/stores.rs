//! Paths in stores and on servers: which arguments take them. Imagery, labels and legends are read where they lie; tables and
//! models are copied to this machine first; the others say that they have to be here, before anything begins.

use super::{Cli, Failure};
use crate::geo::copied::copy_here;
use crate::geo::redacted;
use crate::geo::remote::{has_to_be_here, is_remote};
use crate::progress::Cancel;
use clap::{ArgMatches, Command, CommandFactory, FromArgMatches};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// Verbs and their arguments that are read wherever they lie, or that are addresses by themselves.
const ANYWHERE: [(&str, &[&str]); 8] = [
    ("build", &["inputs", "extent", "dates"]),
    ("import", &["files", "legend"]),
    ("legend", &["import"]),
    ("list", &["folder"]),
    ("map", &["file", "classes"]),
    ("new", &["legend"]),
    ("reforestamos", &["prefix"]),
    ("stac", &["endpoint", "area", "headers"]),
];

/// Verbs and their arguments that are copied to this machine first.
const COPIED: [(&str, &[&str]); 12] = [
    ("answer", &["file"]),
    ("assess", &["reference"]),
    ("clean", &["recipe"]),
    ("correct", &["corrections"]),
    ("crossval", &["samples"]),
    ("export", &["model"]),
    ("import", &["file"]),
    ("info", &["model"]),
    ("map", &["matching", "model"]),
    ("predict", &["first", "second", "model", "input"]),
    ("train", &["samples", "warm_start"]),
    ("trust", &["model"]),
];

impl Cli {
    /// Reads the arguments of the program; it ends where they are wrong usage. What an argument names in a store and is wanted
    /// whole is copied to a folder first, which goes with what this gives.
    ///
    /// # Errors
    /// When a path lies in a store and has to be one of this machine; when it cannot be copied.
    pub fn from_arguments() -> Result<Self, Failure> {
        let command = Self::command();
        let arguments: Vec<OsString> = std::env::args_os().collect();
        let matches = command.clone().get_matches_from(&arguments);
        let mut wanted = Vec::new();
        check(&command, &matches, &mut wanted)?;
        let read = |matches: &ArgMatches| Self::from_arg_matches(matches).map_err(|error| error.exit());
        if wanted.is_empty() {
            return read(&matches);
        }
        let copies = TempDir::with_prefix("ritmo-").map_err(|error| {
            Failure(format!(
                "cannot make a folder for copies: {error}. Set TMPDIR to a place that can be written"
            ))
        })?;
        let mut here = BTreeMap::new();
        for (i, path) in wanted.into_iter().enumerate() {
            eprintln!("Copying {} to this machine", redacted(&path.to_string_lossy()));
            // Each in a folder of its own: two may have the same name.
            let folder = copies.path().join(i.to_string());
            std::fs::create_dir(&folder).map_err(|error| Failure(error.to_string()))?;
            let copy = copy_here(&path, &folder, &|_| {}, &Cancel::new());
            here.insert(path, copy.map_err(|error| Failure(error.to_string()))?);
        }
        let arguments = arguments.iter().map(|argument| local(argument, &here));
        let cli = read(&command.get_matches_from(arguments))?;
        Ok(Self { copies: Some(Arc::new(copies)), ..cli })
    }
}

/// An argument with the path of the copy in it, where it is or sets one of these.
fn local(argument: &OsStr, here: &BTreeMap<PathBuf, PathBuf>) -> OsString {
    let text = argument.to_string_lossy();
    for (there, copy) in here {
        let there = there.to_string_lossy();
        if text == there {
            return copy.into();
        }
        // --samples=s3://…
        if let Some(option) =
            text.strip_suffix(&*there).filter(|option| option.starts_with("--") && option.ends_with('='))
        {
            return format!("{option}{}", copy.display()).into();
        }
    }
    argument.into()
}

/// Refuses paths in stores where an argument takes none, and gathers those that are to be copied.
fn check(command: &Command, matches: &ArgMatches, wanted: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let among = |table: &[(&str, &[&str])], id: &str| {
        table.iter().any(|(verb, ids)| *verb == command.get_name() && ids.contains(&id))
    };
    for argument in command.get_arguments() {
        let id = argument.get_id().as_str();
        if among(&ANYWHERE, id) {
            continue;
        }
        let given = matches.try_get_raw(id).ok().flatten().into_iter().flatten().map(Path::new);
        if among(&COPIED, id) {
            wanted.extend(given.filter(|path| is_remote(path)).map(Path::to_path_buf));
            continue;
        }
        let name = match argument.get_long() {
            Some(long) => format!("--{long}"),
            None => id.to_uppercase(),
        };
        if let Some(why) = given.into_iter().find_map(|path| has_to_be_here(path, &name)) {
            return Err(Failure(why));
        }
    }
    if command.get_name() == "predict" && matches.try_get_raw("output").ok().flatten().is_none() {
        let given = |id: &str| matches.try_get_raw(id).ok().flatten().and_then(|mut given| given.next());
        let table =
            given("input").or_else(|| given(if given("model").is_some() { "first" } else { "second" }));
        if let Some(table) = table.filter(|table| is_remote(Path::new(table))) {
            let table = redacted(&table.to_string_lossy());
            return Err(Failure(format!(
                "say with --output where the classes of {table} go: nothing is written into stores"
            )));
        }
    }
    match matches.subcommand().and_then(|(verb, below)| Some((command.find_subcommand(verb)?, below))) {
        Some((command, below)) => check(command, below, wanted),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(words: &str) -> Result<Vec<PathBuf>, String> {
        let command = Cli::command();
        let words = std::iter::once("ritmo").chain(words.split_whitespace());
        let matches = command.clone().try_get_matches_from(words).map_err(|error| error.to_string())?;
        let mut wanted = Vec::new();
        check(&command, &matches, &mut wanted).map_err(|failure| failure.0)?;
        Ok(wanted)
    }

    #[test]
    fn inputs_lie_anywhere() {
        for words in [
            "cube build p --site s s3://b/a gs://b/c https://h/d.tif",
            "labels import p az://c/a.gpkg https://h/b.geojson",
            "import map p s3://b/map.tif --classes s3://b/classes.json",
            "new p --legend https://h/legend.csv?sig=s3cr3t",
            "cube build p --site s a.tif --dates gs://b/dates.csv",
            "import reforestamos s3://b/chips p --date 2022-03-15",
            "stac p --site s --area s3://b/a.geojson --from 2022-01-01 --to 2022-02-01 --endpoint https://h/stac",
        ] {
            assert_eq!(checked(words), Ok(Vec::new()), "{words}");
        }
    }

    #[test]
    fn tables_and_models_are_copied_first() {
        for (words, there) in [
            ("import map p a.tif --match=s3://b/classes.json", "s3://b/classes.json"),
            ("assess p --reference https://h/points.csv?sig=s3cr3t", "https://h/points.csv?sig=s3cr3t"),
            ("train --samples s3://b/samples.parquet --output m", "s3://b/samples.parquet"),
            ("reference import p https://h/points.csv", "https://h/points.csv"),
            ("reference answer p n https://h/points.csv", "https://h/points.csv"),
            ("model import az://c/m.ckpt --as pixel --output m", "az://c/m.ckpt"),
            ("model info s3://b/model", "s3://b/model"),
            ("predict az://c/model f.parquet", "az://c/model"),
            ("map p --model s3://b/model", "s3://b/model"),
        ] {
            assert_eq!(checked(words), Ok(vec![PathBuf::from(there)]), "{words}");
        }
        let here = BTreeMap::from([(PathBuf::from("s3://b/m.csv"), PathBuf::from("/tmp/0/m.csv"))]);
        for (argument, is) in [
            ("s3://b/m.csv", "/tmp/0/m.csv"),
            ("--samples=s3://b/m.csv", "--samples=/tmp/0/m.csv"),
            ("s3://b/m.csv.bak", "s3://b/m.csv.bak"),
            ("--name=x", "--name=x"),
        ] {
            assert_eq!(local(OsStr::new(argument), &here), is);
        }
    }

    #[test]
    fn what_has_to_be_on_this_machine_says_so_and_tells_no_signature() {
        for (words, name) in [
            ("new s3://b/p", "PROJECT"),
            ("open https://h/p?sig=s3cr3t", "PROJECT"),
            ("labels export p s3://b/labels.geojson", "FILE"),
            ("reference export p n s3://b/labels.geojson", "FILE"),
            ("train --samples s3://b/samples.parquet --output az://c/m", "--output"),
            ("model import az://c/m.ckpt --as pixel --output s3://b/m", "--output"),
        ] {
            let told = checked(words).unwrap_err();
            assert!(told.contains(name) && told.contains("copy"), "{words}: {told}");
            assert!(!told.contains("s3cr3t"), "{told}");
        }
    }

    #[test]
    fn every_argument_that_lies_anywhere_is_there() {
        fn has(command: &Command, verb: &str, id: &str) -> bool {
            let own = command.get_name() == verb && command.get_arguments().any(|a| a.get_id() == id);
            own || command.get_subcommands().any(|below| has(below, verb, id))
        }
        for (verb, ids) in ANYWHERE.into_iter().chain(COPIED) {
            for id in ids {
                assert!(has(&Cli::command(), verb, id), "{verb} {id}");
            }
        }
    }
}
