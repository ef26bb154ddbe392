//! Reading: a text becomes numbers, letters and marks, and those a place.

use super::super::Crs;
use super::{PlaceError, WrittenPlace};

/// A piece of what was written.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Piece {
    Number {
        value: f64,
        signed: bool,
    },
    /// N, S, E or W.
    Letter(char),
    Degree,
    Minute,
    Second,
}

pub(super) fn read(text: &str) -> Result<WrittenPlace, PlaceError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(PlaceError::Empty);
    }
    let lower = text.to_lowercase();
    if lower.starts_with("epsg") {
        return in_crs(text);
    }
    for words in
        [["pixel", ""], ["píxel", ""], ["px", ""], ["col", "row"], ["columna", "fila"], ["column", "row"]]
    {
        if let Some(pixel) = of_pixel(&lower, words) {
            return pixel;
        }
    }
    of_pieces(&pieces(text)?)
}

/// "EPSG:32614 500000 2150000".
fn in_crs(text: &str) -> Result<WrittenPlace, PlaceError> {
    let rest = text.get(4..).unwrap_or_default().trim_start_matches(|c: char| c == ':' || c.is_whitespace());
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (code, rest) = rest.split_at(end);
    let Ok(code) = code.parse() else { return Err(PlaceError::Word(text.chars().take(20).collect())) };
    let crs = Crs::from_epsg(code).map_err(|why| PlaceError::Crs(why.to_string()))?;
    let xy = two(&pieces(rest.trim_start_matches([':', ',', ';']))?)?;
    Ok(WrittenPlace::Xy(xy, Some(crs)))
}

/// "pixel 120, 340", "col 120 row 340"; `None` where it does not begin with the words.
fn of_pixel(lower: &str, [first, second]: [&str; 2]) -> Option<Result<WrittenPlace, PlaceError>> {
    let rest = lower.strip_prefix(first)?;
    // The word ends here: "column" is not "col".
    if rest.starts_with(char::is_alphabetic) {
        return None;
    }
    let rest = if second.is_empty() { rest.to_string() } else { rest.replacen(second, " ", 1) };
    let rest = rest.replace([':', '='], " ");
    Some(pieces(&rest).and_then(|pieces| two(&pieces)).map(WrittenPlace::Pixel))
}

/// Two numbers and nothing else.
fn two(pieces: &[Piece]) -> Result<[f64; 2], PlaceError> {
    match pieces {
        [Piece::Number { value: a, .. }, Piece::Number { value: b, .. }] => Ok([*a, *b]),
        _ => Err(PlaceError::NotTwo),
    }
}

/// Cuts a text into its pieces.
fn pieces(text: &str) -> Result<Vec<Piece>, PlaceError> {
    let text = text.replace("''", "\"");
    let comma_is_decimal = comma_is_decimal(&text);
    let mut pieces = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some(&(start, c)) = chars.peek() {
        let digits = |c: char| c.is_ascii_digit();
        if digits(c) || matches!(c, '+' | '-' | '−' | '.') {
            let mut number = String::new();
            let signed = matches!(c, '+' | '-' | '−');
            while let Some(&(at, c)) = chars.peek() {
                match c {
                    '+' | '-' | '−' if at == start => number.push(if c == '+' { '+' } else { '-' }),
                    '.' => number.push('.'),
                    ',' if comma_is_decimal => number.push('.'),
                    c if digits(c) => number.push(c),
                    _ => break,
                }
                chars.next();
            }
            match number.parse::<f64>() {
                Ok(value) if value.is_finite() => pieces.push(Piece::Number { value, signed }),
                _ => return Err(PlaceError::Word(number)),
            }
            continue;
        }
        chars.next();
        match c {
            '°' | 'º' => pieces.push(Piece::Degree),
            '\'' | '′' | '’' | '´' => pieces.push(Piece::Minute),
            '"' | '″' | '”' => pieces.push(Piece::Second),
            ',' | ';' | '/' | '(' | ')' | '[' | ']' => {}
            c if c.is_whitespace() => {}
            c if c.is_alphabetic() => {
                let mut word = String::from(c);
                while let Some(&(_, c)) = chars.peek().filter(|(_, c)| c.is_alphabetic()) {
                    word.push(c);
                    chars.next();
                }
                match word.to_lowercase().as_str() {
                    "n" | "north" | "norte" | "lat" | "y" => pieces.push(Piece::Letter('N')),
                    "s" | "south" | "sur" => pieces.push(Piece::Letter('S')),
                    "e" | "east" | "este" | "lon" | "lng" | "long" | "x" => pieces.push(Piece::Letter('E')),
                    // In Spanish the west is "oeste".
                    "w" | "o" | "west" | "oeste" => pieces.push(Piece::Letter('W')),
                    // Units say nothing new.
                    "m" => {}
                    _ => return Err(PlaceError::Word(word)),
                }
            }
            '=' | ':' => {}
            other => return Err(PlaceError::Word(other.to_string())),
        }
    }
    Ok(pieces)
}

/// Whether commas stand for points: "19,43 -99,13", "19,43; -99,13". Between two numbers they have blanks after them, or
/// there is but one of them.
fn comma_is_decimal(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    let digit = |at: usize| chars.get(at).is_some_and(char::is_ascii_digit);
    let commas: Vec<usize> = (0..chars.len()).filter(|&at| chars[at] == ',').collect();
    let within = |&&at: &&usize| at > 0 && digit(at - 1) && digit(at + 1);
    commas.iter().filter(within).count() >= 2 && !text.contains('.')
}

/// Numbers with their letters and marks, put together.
fn of_pieces(pieces: &[Piece]) -> Result<WrittenPlace, PlaceError> {
    let letters: Vec<char> = pieces
        .iter()
        .filter_map(|piece| if let Piece::Letter(letter) = piece { Some(*letter) } else { None })
        .collect();
    let has_marks = pieces.iter().any(|p| matches!(p, Piece::Degree | Piece::Minute | Piece::Second));
    if !letters.is_empty() {
        return with_letters(pieces, &letters);
    }
    let numbers: Vec<(f64, bool)> = pieces
        .iter()
        .filter_map(|piece| match piece {
            Piece::Number { value, signed } => Some((*value, *signed)),
            _ => None,
        })
        .collect();
    let groups: Vec<Vec<f64>> = match (has_marks, numbers.len()) {
        // Each number before a degree sign begins another one.
        (true, _) => {
            let mut groups: Vec<Vec<f64>> = Vec::new();
            for (i, piece) in pieces.iter().enumerate() {
                if let Piece::Number { value, .. } = piece {
                    match pieces.get(i + 1) == Some(&Piece::Degree) {
                        true => groups.push(vec![*value]),
                        false => groups.last_mut().ok_or(PlaceError::NotTwo)?.push(*value),
                    }
                }
            }
            groups
        }
        (false, 2) => numbers.iter().map(|(value, _)| vec![*value]).collect(),
        (false, 4 | 6) => {
            numbers.chunks(numbers.len() / 2).map(|part| part.iter().map(|(v, _)| *v).collect()).collect()
        }
        _ => return Err(PlaceError::NotTwo),
    };
    let [first, second] = groups.as_slice() else { return Err(PlaceError::NotTwo) };
    let is_plain = !has_marks && numbers.len() == 2;
    // A minus before 0 degrees counts for the minutes, too.
    let signs = |first_number: usize| numbers.get(first_number).is_some_and(|(v, _)| v.is_sign_negative());
    let a = degrees(first, signs(0))?;
    let b = degrees(second, signs(first.len()))?;
    match (a.abs() <= 90.0, b.abs() <= 90.0) {
        (true, true) => Ok(WrittenPlace::Degrees([a, b])),
        (true, false) if b.abs() <= 180.0 => Ok(WrittenPlace::LonLat([b, a])),
        (false, true) if a.abs() <= 180.0 => Ok(WrittenPlace::LonLat([a, b])),
        _ if is_plain => Ok(WrittenPlace::Xy([a, b], None)),
        _ => Err(PlaceError::Beyond(format!("{} and {}", short(a), short(b)))),
    }
}

/// Two groups of numbers with a letter each: all before them, or all after.
fn with_letters(pieces: &[Piece], letters: &[char]) -> Result<WrittenPlace, PlaceError> {
    let [one, two] = letters else { return Err(PlaceError::Letters) };
    let is_before = matches!(pieces.first(), Some(Piece::Letter(_)));
    let mut groups: [Vec<(f64, bool)>; 2] = [Vec::new(), Vec::new()];
    let mut seen = 0usize;
    for piece in pieces {
        match piece {
            Piece::Letter(_) => seen += 1,
            Piece::Number { value, signed } => {
                let group = if is_before { seen.wrapping_sub(1) } else { seen };
                groups.get_mut(group).ok_or(PlaceError::NotTwo)?.push((*value, *signed));
            }
            _ => {}
        }
    }
    let is_north = |letter: char| matches!(letter, 'N' | 'S');
    if is_north(*one) == is_north(*two) {
        return Err(PlaceError::Letters);
    }
    let read = |letter: char, group: &[(f64, bool)]| {
        let numbers: Vec<f64> = group.iter().map(|(value, _)| *value).collect();
        let negative = numbers.first().is_some_and(|v| v.is_sign_negative());
        let value = degrees(&numbers, negative)?;
        Ok(if matches!(letter, 'S' | 'W') { -value } else { value })
    };
    let (a, b) = (read(*one, &groups[0])?, read(*two, &groups[1])?);
    let (lon, lat) = if is_north(*one) { (b, a) } else { (a, b) };
    let is_plain = groups.iter().all(|group| group.len() == 1);
    match lon.abs() <= 180.0 && lat.abs() <= 90.0 {
        true => Ok(WrittenPlace::LonLat([lon, lat])),
        // "500000 E 2150000 N" is no place in degrees.
        false if is_plain && lon.abs().max(lat.abs()) > 360.0 => Ok(WrittenPlace::Xy([lon, lat], None)),
        false => Err(PlaceError::Beyond(short(if lon.abs() > 180.0 { lon } else { lat }))),
    }
}

/// Degrees, minutes and seconds as degrees.
fn degrees(numbers: &[f64], negative: bool) -> Result<f64, PlaceError> {
    let (first, rest) = numbers.split_first().ok_or(PlaceError::NotTwo)?;
    if rest.len() > 2 {
        return Err(PlaceError::NotTwo);
    }
    let in_range = rest.iter().all(|part| (0.0..60.0).contains(part));
    let whole = numbers[..numbers.len() - 1].iter().all(|part| part.fract() == 0.0);
    if !in_range || !whole {
        return Err(PlaceError::Minutes);
    }
    let parts = rest.iter().zip([60.0, 3600.0]).map(|(part, unit)| part / unit);
    let size = parts.fold(first.abs(), |sum, part| sum + part);
    Ok(if negative { -size } else { size })
}

/// A number in an error, short.
fn short(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}
