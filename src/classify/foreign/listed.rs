//! Lists of classes that come with a raster: as PEARL's checkpoints have them in JSON, and legends.

use super::{ForeignError, refuse};
use crate::geo::copied::small_file;
use crate::labels::{colour_in, read_legend};
use serde_json::Value;
use std::path::Path;

/// No list of classes is as large as this.
const MOST_BYTES: u64 = 16 << 20;

/// A class of a list.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ListedClass {
    /// Its value in the raster, where the list tells.
    pub(super) value: Option<i64>,
    pub(super) name: String,
    pub(super) colour: Option<[u8; 3]>,
}

/// Reads a list. Either all of its classes have a value or none has.
pub(super) fn read_list(path: &Path) -> Result<Vec<ListedClass>, ForeignError> {
    if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("json")) {
        let why = match text_of(path).and_then(|text| parse(&text)) {
            Ok(list) => return Ok(list),
            Err(why) => why,
        };
        return refuse(format!("cannot read the list of classes {}: {why}", path.display()));
    }
    let legend = read_legend(path)?;
    let class = |class: crate::labels::Class| ListedClass {
        value: Some(class.code.into()),
        name: class.name,
        colour: Some(class.colour),
    };
    Ok(legend.classes.into_iter().map(class).collect())
}

fn text_of(path: &Path) -> Result<String, String> {
    String::from_utf8(small_file(path, MOST_BYTES)?).map_err(|_| "it is no UTF-8 text".into())
}

fn parse(text: &str) -> Result<Vec<ListedClass>, String> {
    let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| format!("it is no whole JSON ({error})"))?;
    let list = match &value {
        Value::Object(members) => ["classes", "legend"].iter().find_map(|name| members.get(*name)),
        other => Some(other),
    };
    let Some(Value::Array(list)) = list else {
        return Err(
            r#"it holds no list. Give one like ["forest", "water"] or {"classes": [{"name": "forest"}]}"#
                .into(),
        );
    };
    let listed: Vec<ListedClass> =
        list.iter().enumerate().map(|(i, value)| entry(i + 1, value)).collect::<Result<_, _>>()?;
    if listed.is_empty() {
        return Err("it holds no class".into());
    }
    let with_value = listed.iter().filter(|class| class.value.is_some()).count();
    if with_value != 0 && with_value != listed.len() {
        return Err(
            "some of its classes have a value and some have none: give all of them one, or none".into()
        );
    }
    for (i, class) in listed.iter().enumerate() {
        let twice = |other: &&ListedClass| class.value.is_some() && other.value == class.value;
        if let Some(first) = listed[..i].iter().find(twice) {
            return Err(format!("“{}” and “{}” have the same value", first.name, class.name));
        }
    }
    Ok(listed)
}

fn entry(number: usize, value: &Value) -> Result<ListedClass, String> {
    let member = |names: &[&str]| {
        let found = names.iter().find_map(|name| value.get(name));
        found.filter(|value| !value.is_null())
    };
    let name = match value {
        Value::String(name) => Some(name.as_str()),
        _ => member(&["name", "label", "class"]).and_then(Value::as_str),
    };
    let Some(name) = name.map(str::trim).filter(|name| !name.is_empty()) else {
        return Err(format!("entry {number} has no name"));
    };
    let listed = |value, colour| ListedClass { value, name: name.to_owned(), colour };
    if value.is_string() {
        return Ok(listed(None, None));
    }
    let own = match member(&["value", "code", "id"]) {
        None => None,
        Some(given) => {
            let number = given.as_i64().or_else(|| given.as_str()?.trim().parse().ok());
            Some(number.ok_or_else(|| format!("the value of “{name}”, {given}, is no whole number"))?)
        }
    };
    let colour = match member(&["color", "colour"]) {
        None => None,
        Some(given) => {
            Some(colour_in(given).map_err(|text| format!("“{text}”, the colour of “{name}”, is none"))?)
        }
    };
    Ok(listed(own, colour))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(value: Option<i64>, name: &str, colour: Option<[u8; 3]>) -> ListedClass {
        ListedClass { value, name: name.into(), colour }
    }

    #[test]
    fn names_and_objects_are_lists_alone_or_within_a_checkpoint() {
        let names = parse(r#"["forest", " water "]"#).unwrap();
        assert_eq!(names, [class(None, "forest", None), class(None, "water", None)]);
        let objects = r##"{"f1": 0.8, "classes": [{"name": "forest", "color": "#6CA966"}, {"name": "water", "color": [72, 109, 162]}]}"##;
        let expected =
            [class(None, "forest", Some([0x6c, 0xa9, 0x66])), class(None, "water", Some([72, 109, 162]))];
        assert_eq!(parse(objects).unwrap(), expected);
        let coded = parse(r#"[{"name": "forest", "value": 0}, {"name": "water", "code": "7"}]"#).unwrap();
        assert_eq!(coded, [class(Some(0), "forest", None), class(Some(7), "water", None)]);
    }

    #[test]
    fn what_is_no_list_is_told() {
        for (text, word) in [
            ("", "JSON"),
            ("{\"a\": 1}", "no list"),
            ("[]", "no class"),
            ("[3]", "entry 1"),
            ("[\"a\", {\"name\": \"b\", \"value\": 2}]", "some of its classes"),
            ("[{\"name\": \"a\", \"value\": 2}, {\"name\": \"b\", \"value\": 2}]", "the same value"),
            ("[{\"name\": \"a\", \"value\": 2.5}]", "no whole number"),
            ("[{\"name\": \"a\", \"color\": \"mauve\"}]", "mauve"),
        ] {
            let why = parse(text).unwrap_err();
            assert!(why.contains(word), "{text}: {why}");
        }
    }
}
