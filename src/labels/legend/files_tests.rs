use super::entries::colour_of;
use super::file::parse;
use super::*;
use crate::labels::LabelError;
use proptest::prelude::*;
use std::path::Path;

fn class(code: ClassCode, name: &str, colour: [u8; 3]) -> Class {
    Class::new(code, name, colour)
}

fn read(name: &str, bytes: impl AsRef<[u8]>) -> Result<Legend, LabelError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    read_legend(&path)
}

/// The sentence for a file that cannot be read; it names the file.
fn why(name: &str, bytes: impl AsRef<[u8]>) -> String {
    let why = read(name, bytes).unwrap_err().to_string();
    assert!(why.contains(name), "{why}");
    why
}

#[test]
fn a_table_is_read_whatever_its_titles_delimiter_and_line_ends() {
    let expected = [class(1, "forest", [1, 50, 32]), class(4, "selva húmeda", [38, 115, 0])];
    for text in [
        "code,name,colour\n1,forest,#013220\n4,selva húmeda,#267300\n",
        "\u{feff}Code,Class Name,Name,Color\r\n1,x,forest,\"1,50,32\"\r\n4,x,selva húmeda,38 115 0\r\n",
        "value;label;r;g;b\n1;forest;1;50;32\n\n4;selva húmeda;38;115;0",
        "NAME\tCODE\tHEX\nforest\t1.0\t013220\n selva húmeda \t4\t#267300FF\n",
        "1,forest,1,50,32\n4,selva húmeda,38,115,0\n",
        "code,name,rgb\n1,forest,1,50,32\n4,selva húmeda,38,115,0\n",
    ] {
        assert_eq!(read("l.csv", text).unwrap().classes, expected, "{text}");
    }
    let more = read("l.csv", "name,group,buffer_m\nعربى,wet,\nb,,12.5\n").unwrap();
    assert_eq!(more.classes[0].name, "عربى");
    assert_eq!((more.classes[0].group.as_deref(), more.classes[1].buffer_m), (Some("wet"), Some(12.5)));
    assert_eq!(more.classes.iter().map(|c| c.code).collect::<Vec<_>>(), [1, 2]);
    assert_ne!(more.classes[0].colour, more.classes[1].colour, "each gets a colour that stands apart");
}

#[test]
fn a_list_in_json_is_ours_a_list_of_names_or_that_of_another_program() {
    let ours = Legend { classes: vec![class(7, "a", [1, 2, 3]), class(2, "b", [4, 5, 6])] };
    for text in [
        serde_json::to_string(&ours).unwrap(),
        r##"[{"code":"7","label":"a","color":"#010203"},{"value":2,"name":"b","color":"4,5,6"}]"##.into(),
        format!(r#"{{"version":1,"legend":{}}}"#, serde_json::to_string(&ours).unwrap()),
    ] {
        assert_eq!(read("l.json", text).unwrap(), ours);
    }
    let plain = read("l.json", r#"{"classes":["forest",{"name":"water","code":1}]}"#).unwrap();
    let codes: Vec<_> = plain.classes.iter().map(|c| (c.code, c.name.as_str())).collect();
    assert_eq!(codes, [(2, "forest"), (1, "water")], "a code that is asked for is not given away");
}

#[test]
fn styles_of_qgis_are_read_paletted_and_categorised() {
    let paletted = r##"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
        <qgis version="3.34"><pipe><rasterrenderer type="paletted"><colorPalette>
        <paletteEntry value="3" color="#013220" alpha="255" label="Bosque &amp; &lt;selva&gt;"/>
        <paletteEntry value="9" color="#487db2" alpha="120" label=""/>
        </colorPalette></rasterrenderer></pipe></qgis>"##;
    let legend = read("map.qml", paletted).unwrap();
    assert_eq!(legend.classes, [class(3, "Bosque & <selva>", [1, 50, 32]), class(9, "9", [72, 125, 178])]);
    let categorised = |first: &str, second: &str| {
        format!(
            r#"<qgis version="3.36"><renderer-v2 type="categorizedSymbol" attr="class"><categories>
            <category value="{first}" label="Forest" symbol="0" render="true"/>
            <category value="{second}" label="" symbol="1" render="true"/>
            <category value="" label="" symbol="2" render="true"/></categories>
            <symbols><symbol name="0"><layer class="SimpleFill"><Option type="Map">
              <Option name="border_width" value="1"/><Option name="color" type="QString" value="1,50,32,255,rgb:0.0039,0.196,0.125,1"/>
              <Option name="outline_color" value="9,9,9,255"/></Option></layer></symbol>
            <symbol name="1"><layer><prop k="color" v="72,125,178,255"/></layer></symbol></symbols>
            </renderer-v2></qgis>"#
        )
    };
    let coded = read("v.qml", categorised("12", "30")).unwrap();
    assert_eq!(coded.classes, [class(12, "Forest", [1, 50, 32]), class(30, "30", [72, 125, 178])]);
    let named = read("v.qml", categorised("bosque", "30")).unwrap();
    assert_eq!(named.classes, [class(1, "Forest", [1, 50, 32]), class(2, "30", [72, 125, 178])]);
}

#[test]
fn presets_have_the_codes_of_their_makers_and_colours_that_differ() {
    for preset in Preset::ALL {
        let legend = preset.legend();
        legend.check().unwrap();
        assert_eq!(Preset::by_name(&format!(" {} ", preset.name().to_uppercase())), Some(preset));
        let mut colours: Vec<_> = legend.classes.iter().map(|c| c.colour).collect();
        colours.sort_unstable();
        colours.dedup();
        assert_eq!(colours.len(), legend.classes.len(), "{}", preset.title());
    }
    let code = |preset: Preset, name: &str| preset.legend().by_name(name).unwrap().code;
    assert_eq!(Preset::Reforestamos.legend(), Legend::reforestamos());
    let b: Vec<_> = Preset::ReforestamosAlphabetical.legend().classes.into_iter().map(|c| c.name).collect();
    let mut sorted = b.clone();
    sorted.sort();
    assert_eq!(b, sorted, "the alphabetical coding is alphabetical");
    assert_eq!(code(Preset::ReforestamosAlphabeticalPearl, "urban"), 8);
    assert_eq!(code(Preset::WorldCover, "Mangroves"), 95);
    assert_eq!(code(Preset::DynamicWorld, "water"), 1);
    assert_eq!(Preset::DynamicWorld.raster_value(1), Some(0), "water is 0 in their rasters");
    assert_eq!(Preset::WorldCover.raster_value(95), Some(95));
    assert_eq!(Preset::DynamicWorld.raster_value(10), None);
}

#[test]
fn a_file_that_is_no_legend_says_where_and_the_way_out() {
    let last = "name,code\na,1\n\nb,1\n";
    for (name, bytes, parts) in [
        ("e.csv", &b""[..], ["it is empty", ".qml"]),
        ("e.json", b"\xef\xbb\xbf \r\n", ["it is empty", ".json"]),
        ("b.csv", b"\x00\x01\x02", ["no text", ".csv"]),
        ("b.qml", b"II*\x00\xff\xfe\x80", ["UTF-8", ".qml"]),
        ("latin.csv", b"code,name\n1,h\xfameda\n", ["byte 13", "UTF-8"]),
        ("t.csv", b"code,colour\n1,#ffffff\n", ["line 1", "name"]),
        ("d.csv", last.as_bytes(), ["line 4: “b” has the code 1", "“a” has already (line 2)"]),
        ("n.csv", b"name\nWater\r\nwater \r\n", ["line 3: “water” is there already", "line 2"]),
        ("z.csv", b"code,name\n0,void\n", ["line 2: “void” has the code 0", "1 to 254"]),
        ("z.csv", b"code,name\n255,void\n", ["255", "take it out"]),
        ("z.csv", b"code,name\n-3,void\n", ["-3", "1 to 254"]),
        ("z.csv", b"code,name\n1.5,void\n", ["1.5", "1 to 254"]),
        ("z.csv", b"code,name\nNaN,void\n", ["NaN", "1 to 254"]),
        ("z.csv", b"code,name\none,void\n", ["“one”", "no number"]),
        ("c.csv", b"name,colour\na,greenish\n", ["line 2", "#rrggbb"]),
        ("u.csv", b"name,buffer_m\na,-1\n", ["line 2", "0 to 10 000"]),
        ("h.csv", b"code,name\n", ["no class", "at least one"]),
        ("t.json", b"[{\"name\":\"a\"", ["no whole JSON", "line 1"]),
        ("o.json", b"{\"a\":1}", ["no list of classes", "Give a list"]),
        ("s.json", b"[\"a\",7]", ["entry 2", "neither a class nor a name"]),
        ("s.json", b"[{\"code\":1}]", ["entry 1", "no name"]),
        ("s.json", b"[]", ["no class", "at least one"]),
        ("t.qml", b"<qgis><pipe>", ["no whole XML", "QGIS"]),
        ("g.qml", b"<qgis/>", ["Paletted", "Categorized"]),
        ("p.qml", b"<qgis>\n<paletteEntry value='0' label='water'/></qgis>", ["line 2", "0 is unlabelled"]),
        ("p.qml", b"<qgis>\n<paletteEntry label='water'/></qgis>", ["line 2", "no value"]),
    ] {
        let told = why(name, bytes);
        for part in parts {
            assert!(told.contains(part), "{name}: «{part}» is missing in {told}");
        }
    }
    let many: String = (0..300).map(|i| format!("class {i}\n")).collect();
    assert!(why("m.csv", format!("name\n{many}")).contains("line 256: there are more than 254 classes"));
    let many = format!("[{}]", (0..300).map(|i| format!("\"{i}\"")).collect::<Vec<_>>().join(","));
    assert!(why("m.json", many).contains("entry 255: "));
    assert!(why("huge.csv", vec![b'a'; (16 << 20) + 1]).contains("16 MiB"));
    let absent = read_legend(Path::new("/nowhere/l.csv")).unwrap_err().to_string();
    assert!(absent.contains("/nowhere/l.csv"), "{absent}");
    let folder = tempfile::tempdir().unwrap();
    assert!(read_legend(folder.path()).is_err());
}

#[test]
fn xml_that_unfolds_or_goes_deep_ends_in_a_sentence() {
    let bomb = "<!DOCTYPE q [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">\
                <!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;\">]>\
                <q>&d;&d;&d;&d;&d;&d;&d;&d;</q>";
    why("bomb.qml", bomb);
    why("deep.qml", "<a>".repeat(200_000));
    why("deep.qml", format!("{}{}", "<a>".repeat(200_000), "</a>".repeat(200_000)));
    let filters = r#"<f e="a > b"/><!-- <a><a> --><![CDATA[<a>]]>"#.repeat(300);
    let style = format!("<q>{filters}<paletteEntry value='1' label='x'/></q>");
    assert_eq!(read("wide.qml", style).unwrap().classes.len(), 1);
    why("deep.json", "[".repeat(200_000));
}

#[test]
fn a_legend_is_written_only_where_its_ending_says_how() {
    let folder = tempfile::tempdir().unwrap();
    let why = write_legend(&folder.path().join("l.xlsx"), &Legend::reforestamos()).unwrap_err().to_string();
    assert!(why.contains("l.xlsx") && why.contains(".qml, .csv or .json"), "{why}");
    let nowhere = folder.path().join("absent/l.csv");
    let why = write_legend(&nowhere, &Legend::reforestamos()).unwrap_err().to_string();
    assert!(why.contains("absent"), "{why}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn colours_are_read_as_programs_write_them() {
    for text in [
        "#013220",
        "013220",
        "#013220ff",
        "1,50,32",
        "1 50 32",
        "1;50;32;255",
        "rgb(1, 50, 32)",
        "rgba(1,50,32,1)",
    ] {
        assert_eq!(colour_of(text), Some([1, 50, 32]), "{text}");
    }
    assert_eq!(colour_of("#fa0"), Some([255, 170, 0]));
    for text in ["", "#", "#12", "#gggggg", "1,2", "256,0,0", "-1,0,0", "red", "é€#", "1,2,3,4,5"] {
        assert_eq!(colour_of(text), None, "{text}");
    }
}

#[test]
fn replacing_goes_by_name_and_keeps_what_is_in_use() {
    let a = Preset::Reforestamos.legend();
    let b = Preset::ReforestamosAlphabetical.legend();
    let taken = a.combined(&b, Combine::Replace, |_| true).unwrap();
    assert_eq!(taken.legend, b);
    assert_eq!(taken.recoded[&1], 4, "forest");
    assert_eq!(taken.recoded[&10], 2, "bare soil");
    assert!(taken.kept.is_empty() && taken.added == 0);

    let mut grouped = a.clone();
    (grouped.classes[0].group, grouped.classes[0].buffer_m) = (Some("trees".into()), Some(5.0));
    let taken = grouped.combined(&b, Combine::Replace, |_| true).unwrap();
    let forest = taken.legend.class(4).unwrap();
    assert_eq!((forest.group.as_deref(), forest.buffer_m), (Some("trees"), Some(5.0)));

    let cover = Preset::WorldCover.legend();
    let taken = a.combined(&cover, Combine::Replace, |code| code == 10 || code == 1).unwrap();
    assert_eq!(taken.kept, ["forest", "bare_soil"]);
    assert_eq!(taken.legend.by_name("forest").unwrap().code, 1, "its code is free");
    let moved = taken.legend.by_name("bare_soil").unwrap();
    assert_eq!((moved.code, taken.recoded[&10]), (101, 101), "10 is tree cover now");
    assert_eq!(moved.colour, a.class(10).unwrap().colour);
    assert_eq!(taken.legend.classes.len(), 13);
}

#[test]
fn merging_goes_by_name_and_changes_no_code() {
    let mut mine = Preset::Reforestamos.legend();
    mine.classes[0].buffer_m = Some(5.0);
    mine.classes[0].group = Some("trees".into());
    let file = Legend { classes: vec![class(9, "Forest ", [9, 9, 9]), class(3, "mangrove", [0, 0, 9])] };
    let merged = mine.combined(&file, Combine::Merge, |_| true).unwrap();
    assert!(merged.recoded.is_empty() && merged.kept.is_empty());
    assert_eq!(merged.added, 1);
    let forest = &merged.legend.classes[0];
    assert_eq!((forest.code, forest.name.as_str(), forest.colour), (1, "forest", [9, 9, 9]));
    assert_eq!((forest.buffer_m, forest.group.as_deref()), (Some(5.0), Some("trees")));
    assert_eq!(merged.legend.by_name("mangrove").unwrap().code, 11, "3 is taken");
    let added = mine.combined(&file, Combine::AddMissing, |_| true).unwrap();
    assert_eq!(added.legend.classes[0], mine.classes[0]);
    assert_eq!(added.legend.classes.len(), 11);
}

#[test]
fn codes_of_an_older_legend_are_found_by_name_then_by_code() {
    let older = Preset::Reforestamos.legend().classes;
    let other = Translation::new(&older, &Preset::ReforestamosAlphabetical.legend());
    assert_eq!(other.class(1).unwrap().name, "forest");
    assert_eq!((other.codes[1], other.codes[0], other.codes[255]), (4, 0, 255));
    assert_eq!(other.classes.len(), 10);

    let mut today = Preset::Reforestamos.legend();
    today.classes[0].name = "woods".into();
    today.classes.remove(1);
    today.classes[1].code = 2;
    let found = Translation::new(&older, &today);
    assert_eq!(found.class(1).unwrap().name, "woods", "a class that was renamed");
    assert_eq!(found.codes[3], 2, "humid jungle has another code");
    let gone = found.class(2).unwrap();
    assert_eq!(gone.name, "dry_jungle", "a class that is gone is still called so");
    assert_ne!(gone.code, 2, "its code is that of another class today");
    assert_eq!(gone.colour, [0, 168, 132]);
    Legend { classes: found.classes }.check().unwrap();
}

/// Names that survive a table and XML: no control characters, no space around them.
fn names() -> impl Strategy<Value = String> {
    "[^\\p{C}\\s]([^\\p{C}]{0,20}[^\\p{C}\\s])?".prop_map(|name| name.trim().to_owned())
}

fn legends() -> impl Strategy<Value = Legend> {
    let class =
        (1..=254u8, names(), any::<[u8; 3]>(), prop::option::of(names()), prop::option::of(0..10_000u32));
    prop::collection::vec(class, 1..20).prop_map(|list| {
        let mut legend = Legend::default();
        for (code, name, colour, group, buffer) in list {
            let class = Class {
                group,
                buffer_m: buffer.map(|m| f64::from(m) / 8.0),
                ..Class::new(code, name, colour)
            };
            legend.classes.push(class);
            if legend.check().is_err() {
                legend.classes.pop();
            }
        }
        legend
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn a_legend_that_was_written_is_read_again(legend in legends()) {
        prop_assume!(!legend.classes.is_empty());
        let folder = tempfile::tempdir().unwrap();
        for name in ["l.csv", "l.json"] {
            let path = folder.path().join(name);
            write_legend(&path, &legend).unwrap();
            prop_assert_eq!(&read_legend(&path).unwrap(), &legend, "{}", name);
        }
        let path = folder.path().join("l.qml");
        write_legend(&path, &legend).unwrap();
        let mut plain = legend.clone();
        plain.classes.iter_mut().for_each(|c| (c.group, c.buffer_m) = (None, None));
        prop_assert_eq!(&read_legend(&path).unwrap(), &plain);
    }

    #[test]
    fn no_bytes_make_the_readers_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), text in ".{0,200}") {
        for format in [Some(LegendFormat::Qml), Some(LegendFormat::Csv), Some(LegendFormat::Json), None] {
            for bytes in [bytes.as_slice(), text.as_bytes()] {
                if let Ok(legend) = parse(bytes, format) {
                    legend.check().unwrap();
                }
            }
        }
    }

    #[test]
    fn no_damage_to_a_legend_makes_the_readers_panic(
        legend in legends(), format in 0..3usize, at in 0.0..1.0f64, put in any::<Vec<u8>>(), cut in 0..40usize,
    ) {
        let (name, format) = [("l.qml", LegendFormat::Qml), ("l.csv", LegendFormat::Csv), ("l.json", LegendFormat::Json)][format];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        write_legend(&path, &legend).unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        let at = (bytes.len() as f64 * at) as usize;
        let end = (at + cut).min(bytes.len());
        bytes.splice(at..end, put);
        if let Ok(legend) = parse(&bytes, Some(format)) {
            legend.check().unwrap();
        }
    }

    #[test]
    fn a_translation_gives_each_class_of_the_older_legend_one_of_its_own(older in legends(), today in legends()) {
        let found = Translation::new(&older.classes, &today);
        Legend { classes: found.classes.clone() }.check().unwrap();
        for class in &older.classes {
            prop_assert!(found.class(class.code).is_some(), "{:?}", class);
        }
    }
}
