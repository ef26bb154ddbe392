//! Text inside XML and HTML.

/// Text as it stands in XML and HTML, in elements and in attributes between double quotes. Breaks of lines become spaces; what
/// XML cannot hold is left out.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\t' | '\n' | '\r' => out.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_in_xml_and_what_it_cannot_hold_is_taken_out_of_text() {
        let text = "a < b & \"c\" > d's\nline\u{7}\u{ffff}\u{9f}é";
        let whole = format!("<a b=\"{0}\">{0}</a>", escaped(text));
        let read = roxmltree::Document::parse(&whole).unwrap();
        let expected = "a < b & \"c\" > d's lineé";
        let root = read.root_element();
        assert_eq!((root.attribute("b"), root.text()), (Some(expected), Some(expected)));
    }
}
