//! Paths in stores and on servers: which arguments take them. The others say so, before anything begins.

use super::{Cli, Failure};
use crate::geo::remote::has_to_be_here;
use clap::{ArgMatches, Command, CommandFactory, FromArgMatches};
use std::path::Path;

/// Verbs and their arguments that are read wherever they lie, or that are addresses by themselves.
const ANYWHERE: [(&str, &[&str]); 6] = [
    ("build", &["inputs", "extent"]),
    ("import", &["files"]),
    ("list", &["folder"]),
    ("map", &["file"]),
    ("reforestamos", &["prefix"]),
    ("stac", &["endpoint", "area", "headers"]),
];

impl Cli {
    /// Reads the arguments of the program; it ends where they are wrong usage.
    ///
    /// # Errors
    /// When a path lies in a store and has to be one of this machine.
    pub fn from_arguments() -> Result<Self, Failure> {
        let command = Self::command();
        let matches = command.clone().get_matches();
        check(&command, &matches)?;
        Self::from_arg_matches(&matches).map_err(|error| error.exit())
    }
}

/// Refuses paths in stores where an argument takes none.
fn check(command: &Command, matches: &ArgMatches) -> Result<(), Failure> {
    let anywhere = ANYWHERE.iter().find(|(verb, _)| *verb == command.get_name());
    for argument in command.get_arguments() {
        let id = argument.get_id().as_str();
        if anywhere.is_some_and(|(_, ids)| ids.contains(&id)) {
            continue;
        }
        let given = matches.try_get_raw(id).ok().flatten();
        let name = match argument.get_long() {
            Some(long) => format!("--{long}"),
            None => id.to_uppercase(),
        };
        if let Some(why) =
            given.into_iter().flatten().find_map(|value| has_to_be_here(Path::new(value), &name))
        {
            return Err(Failure(why));
        }
    }
    match matches.subcommand().and_then(|(verb, below)| Some((command.find_subcommand(verb)?, below))) {
        Some((command, below)) => check(command, below),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(words: &str) -> Result<(), String> {
        let command = Cli::command();
        let words = std::iter::once("ritmo").chain(words.split_whitespace());
        let matches = command.clone().try_get_matches_from(words).map_err(|error| error.to_string())?;
        check(&command, &matches).map_err(|failure| failure.0)
    }

    #[test]
    fn inputs_lie_anywhere() {
        for words in [
            "cube build p --site s s3://b/a gs://b/c https://h/d.tif",
            "labels import p az://c/a.gpkg https://h/b.geojson",
            "import map p s3://b/map.tif",
            "import reforestamos s3://b/chips p --date 2022-03-15",
            "stac p --site s --area s3://b/a.geojson --from 2022-01-01 --to 2022-02-01 --endpoint https://h/stac",
        ] {
            assert_eq!(checked(words), Ok(()), "{words}");
        }
    }

    #[test]
    fn what_has_to_be_on_this_machine_says_so_and_tells_no_signature() {
        for (words, name) in [
            ("new s3://b/p", "PROJECT"),
            ("open https://h/p", "PROJECT"),
            ("new p --legend https://h/legend.csv?sig=s3cr3t", "--legend"),
            ("import map p a.tif --classes s3://b/classes.json", "--classes"),
            ("cube build p --site s a.tif --dates gs://b/dates.csv", "--dates"),
            ("train --samples s3://b/samples.parquet --output m", "--samples"),
            ("assess p --reference https://h/points.csv", "--reference"),
            ("reference import p https://h/points.csv", "FILE"),
            ("labels export p s3://b/labels.geojson", "FILE"),
            ("predict --model az://c/model --input f.parquet --output o", "--model"),
            ("map p --model s3://b/model", "--model"),
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
        for (verb, ids) in ANYWHERE {
            for id in ids {
                assert!(has(&Cli::command(), verb, id), "{verb} {id}");
            }
        }
    }
}
