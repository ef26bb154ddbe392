//! Reading expressions: `+ - * /`, `^`, parentheses, unary minus, sqrt, abs, log, min, max, pow.
//!
//! ```text
//! sum     = product { ("+" | "-") product }
//! product = signed { ("*" | "/") signed }
//! signed  = "-" signed | power
//! power   = atom [ "^" signed ]
//! atom    = number | name | function "(" sum { "," sum } ")" | "(" sum ")"
//! ```

use super::IndexError;
use std::fmt;

/// Characters that an expression may have.
const LONGEST: usize = 1000;
/// Parentheses and signs within one another that an expression may have.
const DEEPEST: usize = 60;

/// An expression that was read: its steps in postfix order.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    pub(super) steps: Vec<Step>,
    /// The names in it, each with the characters before it.
    pub(super) names: Vec<(String, usize)>,
}

/// A step, in postfix order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Step {
    /// A number.
    Number(f64),
    /// A name, by its place in [`Expression::names`].
    Name(usize),
    /// Takes one value.
    One(One),
    /// Takes two.
    Two(Two),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum One {
    Negate,
    SquareRoot,
    Absolute,
    Logarithm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Two {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    Least,
    Greatest,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Number(f64),
    Name(String),
    Sign(char),
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// [`IndexError::Syntax`], with the place in the text and the way out.
    pub fn parse(text: &str) -> Result<Self, IndexError> {
        if text.chars().nth(LONGEST).is_some() {
            return wrong(LONGEST, format!("this is longer than {LONGEST} characters: take a part of it"));
        }
        let tokens = tokens(text)?;
        let mut reader =
            Reader { end: text.chars().count(), tokens, at: 0, depth: 0, steps: vec![], names: vec![] };
        if reader.tokens.is_empty() {
            return wrong(
                0,
                "there is nothing here yet: write a band or an index, such as (nir - red) / (nir + red)",
            );
        }
        reader.sum()?;
        if let Some((token, at)) = reader.tokens.get(reader.at) {
            let what = match token {
                Token::Sign(')') => "this parenthesis closes none: take it away".to_string(),
                Token::Sign(',') => {
                    "a comma stands between the arguments of a function only: take it away".into()
                }
                _ => format!("an operator is missing before {}: write +, -, * or /", told(token)),
            };
            return wrong(*at, what);
        }
        Ok(Self { steps: reader.steps, names: reader.names })
    }

    /// The names in it, in the order of the text; one may come several times.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|(name, _)| name.as_str())
    }
}

fn wrong<T>(at: usize, why: impl Into<String>) -> Result<T, IndexError> {
    Err(IndexError::Syntax { at, why: why.into() })
}

fn told(token: &Token) -> String {
    match token {
        Token::Number(number) => format!("{number}"),
        Token::Name(name) => format!("`{name}`"),
        Token::Sign(sign) => format!("`{sign}`"),
    }
}

/// Tokens, each with the characters before it.
fn tokens(text: &str) -> Result<Vec<(Token, usize)>, IndexError> {
    let characters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&c) = characters.get(at) {
        let start = at;
        let run = |from: usize, inside: &dyn Fn(char) -> bool| {
            from + characters[from..].iter().take_while(|c| inside(**c)).count()
        };
        let token = match c {
            c if c.is_whitespace() => {
                at += 1;
                continue;
            }
            '0'..='9' | '.' => {
                at = run(at, &|c| c.is_ascii_digit() || c == '.');
                if matches!(characters.get(at), Some('e' | 'E')) {
                    let sign = usize::from(matches!(characters.get(at + 1), Some('+' | '-')));
                    let digits = run((at + 1 + sign).min(characters.len()), &|c| c.is_ascii_digit());
                    if digits > at + 1 + sign {
                        at = digits;
                    }
                }
                let number: String = characters[start..at].iter().collect();
                match number.parse::<f64>() {
                    Ok(value) if value.is_finite() => Token::Number(value),
                    _ => return wrong(start, format!("{number} is no number: write one such as 2.5")),
                }
            }
            '"' => {
                at = run(start + 1, &|c| c != '"') + 1;
                if at > characters.len() {
                    return wrong(
                        start,
                        "this quotation mark is not closed: write another at the end of the name",
                    );
                }
                Token::Name(characters[start + 1..at - 1].iter().collect())
            }
            c if c.is_alphabetic() || c == '_' => {
                at = run(at, &|c| c.is_alphanumeric() || c == '_');
                Token::Name(characters[start..at].iter().collect())
            }
            '+' | '-' | '*' | '/' | '^' | '(' | ')' | ',' => {
                at += 1;
                Token::Sign(c)
            }
            '−' | '–' => {
                at += 1;
                Token::Sign('-')
            }
            other => {
                return wrong(
                    start,
                    format!("`{other}` means nothing here: use names, numbers, + - * / ^ and parentheses"),
                );
            }
        };
        tokens.push((token, start));
    }
    Ok(tokens)
}

struct Reader {
    tokens: Vec<(Token, usize)>,
    /// Characters of the text.
    end: usize,
    /// The next token.
    at: usize,
    depth: usize,
    steps: Vec<Step>,
    names: Vec<(String, usize)>,
}

impl Reader {
    /// The next token is this sign: takes it.
    fn takes(&mut self, sign: char) -> bool {
        let found = matches!(self.tokens.get(self.at), Some((Token::Sign(c), _)) if *c == sign);
        self.at += usize::from(found);
        found
    }

    fn place(&self) -> usize {
        self.tokens.get(self.at).map_or(self.end, |(_, at)| *at)
    }

    fn deeper(&mut self) -> Result<(), IndexError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return wrong(
                self.place(),
                format!("more than {DEEPEST} parentheses and signs lie within one another: use fewer"),
            );
        }
        Ok(())
    }

    fn sum(&mut self) -> Result<(), IndexError> {
        self.product()?;
        loop {
            let two = match (self.takes('+'), self.takes('-')) {
                (false, false) => return Ok(()),
                (true, false) => Two::Add,
                // `+ -x`: the minus is the sign of x.
                (true, true) => {
                    self.at -= 1;
                    Two::Add
                }
                (false, true) => Two::Subtract,
            };
            self.product()?;
            self.steps.push(Step::Two(two));
        }
    }

    fn product(&mut self) -> Result<(), IndexError> {
        self.signed()?;
        loop {
            let two = if self.takes('*') {
                Two::Multiply
            } else if self.takes('/') {
                Two::Divide
            } else {
                return Ok(());
            };
            self.signed()?;
            self.steps.push(Step::Two(two));
        }
    }

    fn signed(&mut self) -> Result<(), IndexError> {
        self.deeper()?;
        if self.takes('-') {
            self.signed()?;
            self.steps.push(Step::One(One::Negate));
        } else {
            self.power()?;
        }
        self.depth -= 1;
        Ok(())
    }

    fn power(&mut self) -> Result<(), IndexError> {
        self.atom()?;
        if self.takes('^') {
            self.signed()?;
            self.steps.push(Step::Two(Two::Power));
        }
        Ok(())
    }

    fn atom(&mut self) -> Result<(), IndexError> {
        let at = self.place();
        let Some((token, _)) = self.tokens.get(self.at).cloned() else {
            return wrong(
                self.end,
                "something is missing at the end: write a band, a number or a parenthesis",
            );
        };
        self.at += 1;
        match token {
            Token::Number(number) => self.steps.push(Step::Number(number)),
            Token::Sign('(') => {
                self.sum()?;
                self.close(at)?;
            }
            Token::Name(name) if self.takes('(') => self.function(&name, at)?,
            Token::Name(name) => {
                self.steps.push(Step::Name(self.names.len()));
                self.names.push((name, at));
            }
            sign @ Token::Sign(_) => {
                return wrong(at, format!("a band or a number is missing before {}", told(&sign)));
            }
        }
        Ok(())
    }

    fn close(&mut self, opened: usize) -> Result<(), IndexError> {
        if self.takes(')') {
            return Ok(());
        }
        match self.tokens.get(self.at) {
            None => wrong(opened, "this parenthesis is not closed: write ) at its end"),
            Some((token, at)) => wrong(*at, format!("an operator or ) is missing before {}", told(token))),
        }
    }

    fn function(&mut self, name: &str, at: usize) -> Result<(), IndexError> {
        let step = match name.to_ascii_lowercase().as_str() {
            "sqrt" => Step::One(One::SquareRoot),
            "abs" => Step::One(One::Absolute),
            "log" => Step::One(One::Logarithm),
            "min" => Step::Two(Two::Least),
            "max" => Step::Two(Two::Greatest),
            "pow" => Step::Two(Two::Power),
            _ => {
                return wrong(
                    at,
                    format!(
                        "`{name}` is no function: there are sqrt, abs, log, min, max and pow; for a product write {name} * ("
                    ),
                );
            }
        };
        self.sum()?;
        if let Step::Two(_) = step {
            if !self.takes(',') {
                return wrong(self.place(), format!("{name} takes two values with a comma between them"));
            }
            self.sum()?;
        }
        if matches!(self.tokens.get(self.at), Some((Token::Sign(','), _))) {
            let count = if matches!(step, Step::One(_)) { "one value" } else { "two values" };
            return wrong(self.place(), format!("{name} takes {count} only"));
        }
        self.close(at)?;
        self.steps.push(step);
        Ok(())
    }
}

/// How tightly the last operator of a piece of text binds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binds {
    Sum,
    Product,
    Sign,
    Power,
    Atom,
}

/// Written out with no more parentheses than it needs; reading that gives the same expression again.
impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let mut stack: Vec<(String, Binds)> = Vec::new();
        let within = |(text, binds): (String, Binds), least: Binds| {
            if binds >= least { text } else { format!("({text})") }
        };
        let empty = || (String::new(), Binds::Atom);
        for step in &self.steps {
            let piece = match *step {
                Step::Number(number) if (1e-4..1e12).contains(&number) || number == 0.0 => {
                    (format!("{number}"), Binds::Atom)
                }
                Step::Number(number) => (format!("{number:e}"), Binds::Atom),
                Step::Name(name) => {
                    let name = self.names.get(name).map_or("", |(name, _)| name);
                    let mut characters = name.chars();
                    let plain = characters.next().is_some_and(|c| c.is_alphabetic() || c == '_')
                        && characters.all(|c| c.is_alphanumeric() || c == '_');
                    (if plain { name.to_string() } else { format!("\"{name}\"") }, Binds::Atom)
                }
                Step::One(one) => {
                    let value = stack.pop().unwrap_or_else(empty);
                    let called = |name: &str| (format!("{name}({})", value.0), Binds::Atom);
                    match one {
                        One::Negate => (format!("-{}", within(value, Binds::Sign)), Binds::Sign),
                        One::SquareRoot => called("sqrt"),
                        One::Absolute => called("abs"),
                        One::Logarithm => called("log"),
                    }
                }
                Step::Two(two) => {
                    let right = stack.pop().unwrap_or_else(empty);
                    let left = stack.pop().unwrap_or_else(empty);
                    let (sign, binds) = match two {
                        Two::Add => ("+", Binds::Sum),
                        Two::Subtract => ("-", Binds::Sum),
                        Two::Multiply => ("*", Binds::Product),
                        Two::Divide => ("/", Binds::Product),
                        Two::Power => ("^", Binds::Power),
                        Two::Least => ("min", Binds::Atom),
                        Two::Greatest => ("max", Binds::Atom),
                    };
                    let text = match binds {
                        Binds::Atom => format!("{sign}({}, {})", left.0, right.0),
                        // The power of a power is that of the right one first.
                        Binds::Power => {
                            format!("{} {sign} {}", within(left, Binds::Atom), within(right, Binds::Sign))
                        }
                        Binds::Sum => {
                            format!("{} {sign} {}", within(left, Binds::Sum), within(right, Binds::Product))
                        }
                        _ => {
                            format!("{} {sign} {}", within(left, Binds::Product), within(right, Binds::Sign))
                        }
                    };
                    (text, binds)
                }
            };
            stack.push(piece);
        }
        f.write_str(stack.last().map_or("", |(text, _)| text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn printed(text: &str) -> String {
        Expression::parse(text).unwrap().to_string()
    }

    fn error(text: &str) -> (usize, String) {
        let error = Expression::parse(text).unwrap_err();
        (error.at().unwrap(), error.to_string())
    }

    #[test]
    fn products_bind_before_sums_and_powers_before_signs() {
        assert_eq!(printed("a+b*c"), "a + b * c");
        assert_eq!(printed("(a+b)*c"), "(a + b) * c");
        assert_eq!(printed("a-b-c"), "a - b - c");
        assert_eq!(printed("a-(b-c)"), "a - (b - c)");
        assert_eq!(printed("a/b/c"), "a / b / c");
        assert_eq!(printed("a/(b*c)"), "a / (b * c)");
        assert_eq!(printed("-a^2"), "-a ^ 2");
        assert_eq!(printed("(-a)^2"), "(-a) ^ 2");
        assert_eq!(printed("a^b^c"), "a ^ b ^ c");
        assert_eq!(printed("(a^b)^c"), "(a ^ b) ^ c");
        assert_eq!(printed("2^-1"), "2 ^ -1");
        assert_eq!(printed("((nir) - red)/(nir+red)"), "(nir - red) / (nir + red)");
        assert_eq!(printed("a + -b - -c"), "a + -b - -c");
        assert_eq!(printed("pow(a, 2) + MIN(a,b)"), "a ^ 2 + min(a, b)");
        assert_eq!(printed("\"band 1\" * \"B1\""), "\"band 1\" * B1");
        assert_eq!(printed("1e-5 + 2.50 + .5"), "1e-5 + 2.5 + 0.5");
    }

    #[test]
    fn an_error_points_at_its_place_and_says_the_way_out() {
        for (text, at, part) in [
            ("", 0, "nothing here yet"),
            ("(nir - red", 0, "not closed"),
            ("nir - red)", 9, "closes none"),
            ("nir red", 4, "operator is missing before `red`"),
            ("nir -", 5, "missing at the end"),
            ("nir * / red", 6, "missing before `/`"),
            ("nir & red", 4, "`&` means nothing"),
            ("exp(nir)", 0, "there are sqrt, abs, log, min, max and pow"),
            ("min(nir)", 7, "two values"),
            ("sqrt(nir, red)", 8, "one value only"),
            ("1.2.3 + nir", 0, "1.2.3 is no number"),
            ("1e999", 0, "no number"),
            ("\"nir", 0, "quotation mark"),
            ("nir, red", 3, "comma"),
        ] {
            let (found, why) = error(text);
            assert!(why.contains(part), "{text}: {why}");
            assert_eq!(found, at, "{text}: {why}");
        }
    }

    #[test]
    fn what_is_too_long_or_too_deep_is_refused() {
        assert!(error(&"a+".repeat(600)).1.contains("1000 characters"));
        assert!(error(&"(".repeat(900)).1.contains("within one another"));
        assert!(error(&"-".repeat(900)).1.contains("within one another"));
        assert!(error(&"a^".repeat(450)).1.contains("within one another"));
        assert!(Expression::parse(&format!("a{}", "+a".repeat(499))).is_ok());
    }

    /// Expressions as people write them.
    fn written() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            prop::sample::select(vec!["nir", "red", "B08", "x_1", "\"odd name\""]).prop_map(str::to_string),
            (0.0..1e4f64).prop_map(|n| format!("{n:.3}")),
            Just("1e-7".to_string()),
        ];
        leaf.prop_recursive(4, 24, 2, |inner| {
            prop_oneof![
                (inner.clone(), prop::sample::select(vec!["+", "-", "*", "/", "^"]), inner.clone())
                    .prop_map(|(a, sign, b)| format!("{a}{sign}{b}")),
                inner.clone().prop_map(|a| format!("({a})")),
                inner.clone().prop_map(|a| format!("-{a}")),
                (prop::sample::select(vec!["sqrt", "abs", "log"]), inner.clone())
                    .prop_map(|(f, a)| format!("{f}({a})")),
                (prop::sample::select(vec!["min", "max", "pow"]), inner.clone(), inner)
                    .prop_map(|(f, a, b)| format!("{f}({a}, {b})")),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,80}") {
            let _ = Expression::parse(&text);
        }

        #[test]
        fn no_heap_of_signs_panics(text in "[-+*/^()., 0-9aemin\"]{0,1200}") {
            if let Err(error) = Expression::parse(&text) {
                prop_assert!(error.at().unwrap() <= text.chars().count());
            }
        }

        #[test]
        fn what_is_printed_is_read_as_the_same(text in written()) {
            prop_assume!(text.len() < 400);
            let read = Expression::parse(&text).unwrap();
            let again = Expression::parse(&read.to_string()).unwrap();
            prop_assert_eq!(&again.steps, &read.steps, "{}", read);
            prop_assert!(again.names().eq(read.names()));
        }
    }
}
