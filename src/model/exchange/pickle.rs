//! Pickles as PyTorch writes them, read without doing what they ask for.
//!
//! A pickle is a program that names Python functions to call. This reader knows lists, dictionaries, tuples, numbers, texts
//! and the two functions that put a tensor together; anything else becomes [`Value::Other`], uncalled. candle's reader was
//! looked at first: it refuses files that hold anything it does not know (as Lightning's do), and allocates what a file asks
//! for.

use std::collections::HashMap;
use std::rc::Rc;

/// Values that may lie on the stack, in the memo or in containers, all together: a checkpoint has some thousands.
const LIMIT: usize = 4_000_000;
/// A value of a pickle.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Rc<str>),
    /// A list, tuple, set or dictionary, by its place among the objects.
    Object(usize),
    /// A name of a module and of what it holds.
    Name(Rc<str>, Rc<str>),
    /// Anything that is not followed.
    Other,
}

#[derive(Debug, Clone)]
enum Object {
    Items(Vec<Value>),
    Pairs(Vec<(Value, Value)>),
    Tensor(StoredTensor),
    Storage(Storage),
}

/// Where the numbers of tensors lie.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Storage {
    /// The kind of numbers, as Python calls it: `FloatStorage`.
    pub kind: Rc<str>,
    /// The name of the file that holds them.
    pub key: Rc<str>,
    /// How many numbers.
    pub len: usize,
}

/// A tensor: a view of a storage.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct StoredTensor {
    pub storage: Storage,
    pub offset: usize,
    pub dims: Vec<usize>,
    pub strides: Vec<usize>,
}

/// A pickle that was read.
pub(super) struct Pickle {
    objects: Vec<Object>,
    root: Value,
}

impl Pickle {
    /// Reads the program to its end.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let mut machine = Machine {
            bytes,
            at: 0,
            stack: vec![],
            marks: vec![],
            memo: HashMap::new(),
            objects: vec![],
            made: 0,
        };
        let root = machine.run()?;
        Ok(Self { objects: machine.objects, root })
    }

    /// The value that the pickle is of.
    pub fn root(&self) -> &Value {
        &self.root
    }

    /// The pairs of a dictionary whose keys are texts.
    pub fn dictionary<'a>(&'a self, value: &Value) -> Option<Vec<(&'a str, &'a Value)>> {
        let Value::Object(at) = value else { return None };
        let Object::Pairs(pairs) = self.objects.get(*at)? else { return None };
        let named = pairs.iter().filter_map(|(key, value)| match key {
            Value::Text(key) => Some((&**key, value)),
            _ => None,
        });
        Some(named.collect())
    }

    /// A tensor.
    pub fn tensor(&self, value: &Value) -> Option<&StoredTensor> {
        let Value::Object(at) = value else { return None };
        match self.objects.get(*at)? {
            Object::Tensor(tensor) => Some(tensor),
            _ => None,
        }
    }
}

struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    stack: Vec<Value>,
    marks: Vec<usize>,
    memo: HashMap<u64, Value>,
    objects: Vec<Object>,
    /// Values put anywhere so far.
    made: usize,
}

impl Machine<'_> {
    fn run(&mut self) -> Result<Value, String> {
        loop {
            let code = self.byte()?;
            match code {
                b'.' => return self.pop(),
                0x80 => drop(self.byte()?),
                0x95 => drop(self.take(8)?),
                b'(' => self.marks.push(self.stack.len()),
                b'0' => {
                    // As Python has it: of a mark that lies on top, the mark goes.
                    if self.marks.last() == Some(&self.stack.len()) {
                        self.marks.pop();
                    } else {
                        self.pop()?;
                    }
                }
                b'1' => drop(self.above_mark()?),
                b'2' => {
                    let top = self.top()?.clone();
                    self.push(top)?;
                }
                b'N' => self.push(Value::None)?,
                0x88 => self.push(Value::Bool(true))?,
                0x89 => self.push(Value::Bool(false))?,
                b'J' | b'K' | b'M' | 0x8a | 0x8b | b'I' | b'L' => self.integer(code)?,
                b'F' => {
                    let line = self.line()?;
                    self.push(line.parse().map_or(Value::Other, Value::Float))?;
                }
                b'G' => {
                    let bytes = self.array::<8>()?;
                    self.push(Value::Float(f64::from_be_bytes(bytes)))?;
                }
                b'S' | b'V' => {
                    let line: Rc<str> = self.line()?.trim_matches(['\'', '"']).into();
                    self.push(Value::Text(line))?;
                }
                b'T' | b'U' | b'X' | 0x8c | 0x8d => self.text(code)?,
                b'B' | b'C' | 0x8e | 0x96 => {
                    let length = match code {
                        b'C' => u64::from(self.byte()?),
                        b'B' => u64::from(u32::from_le_bytes(self.array()?)),
                        _ => u64::from_le_bytes(self.array()?),
                    };
                    self.take(length)?;
                    self.push(Value::Other)?;
                }
                b']' | b')' | 0x8f => self.object(Object::Items(Vec::new()))?,
                b'}' => self.object(Object::Pairs(Vec::new()))?,
                b'l' | b't' | 0x91 => {
                    let items = self.above_mark()?;
                    self.object(Object::Items(items))?;
                }
                0x85..=0x87 => {
                    let count = usize::from(code - 0x84);
                    let from = self.stack.len().checked_sub(count).ok_or_else(short)?;
                    let items = self.stack.split_off(from);
                    self.object(Object::Items(items))?;
                }
                b'd' => {
                    let items = self.above_mark()?;
                    self.object(Object::Pairs(pairs(items)?))?;
                }
                b'a' => {
                    let item = self.pop()?;
                    self.extend(vec![item])?;
                }
                b'e' | 0x90 => {
                    let items = self.above_mark()?;
                    self.extend(items)?;
                }
                b's' => {
                    let value = self.pop()?;
                    let key = self.pop()?;
                    self.set(vec![(key, value)])?;
                }
                b'u' => {
                    let items = self.above_mark()?;
                    self.set(pairs(items)?)?;
                }
                b'c' => {
                    let (module, name): (Rc<str>, Rc<str>) = (self.line()?.into(), self.line()?.into());
                    self.push(Value::Name(module, name))?;
                }
                0x93 => {
                    let (name, module) = (self.pop()?, self.pop()?);
                    self.push(match (module, name) {
                        (Value::Text(module), Value::Text(name)) => Value::Name(module, name),
                        _ => Value::Other,
                    })?;
                }
                b'R' | 0x81 => {
                    let (arguments, function) = (self.pop()?, self.pop()?);
                    self.call(&function, &arguments)?;
                }
                0x92 => {
                    for _ in 0..3 {
                        self.pop()?;
                    }
                    self.push(Value::Other)?;
                }
                // The state of an object: nothing that is known here has one that matters.
                b'b' => drop(self.pop()?),
                b'i' => {
                    self.line()?;
                    self.line()?;
                    self.above_mark()?;
                    self.push(Value::Other)?;
                }
                b'o' => {
                    self.above_mark()?;
                    self.push(Value::Other)?;
                }
                b'p' | b'q' | b'r' | 0x94 => {
                    let key = match code {
                        b'p' => self.line()?.parse().map_err(|_| "a memo without a number".to_string())?,
                        b'q' => u64::from(self.byte()?),
                        b'r' => u64::from(u32::from_le_bytes(self.array()?)),
                        _ => self.memo.len() as u64,
                    };
                    let top = self.top()?.clone();
                    self.count(1)?;
                    self.memo.insert(key, top);
                }
                b'g' | b'h' | b'j' => {
                    let key = match code {
                        b'g' => self.line()?.parse().map_err(|_| "a memo without a number".to_string())?,
                        b'h' => u64::from(self.byte()?),
                        _ => u64::from(u32::from_le_bytes(self.array()?)),
                    };
                    let value = self.memo.get(&key).cloned();
                    self.push(value.ok_or_else(|| format!("it recalls {key}, which was never put down"))?)?;
                }
                b'P' => {
                    self.line()?;
                    self.push(Value::Other)?;
                }
                b'Q' => {
                    let id = self.pop()?;
                    self.storage(&id)?;
                }
                other => return Err(format!("it asks for an operation {other:#04x} that is not known")),
            }
        }
    }

    /// A storage, as PyTorch refers to it: `("storage", kind, key, place, length)`.
    fn storage(&mut self, id: &Value) -> Result<(), String> {
        let items = self.items(id).to_vec();
        match items.as_slice() {
            [Value::Text(what), Value::Name(_, kind), Value::Text(key), _, Value::Int(len)]
                if &**what == "storage" =>
            {
                let len = usize::try_from(*len).map_err(|_| "a storage of negative length".to_string())?;
                self.object(Object::Storage(Storage { kind: kind.clone(), key: key.clone(), len }))
            }
            _ => self.push(Value::Other),
        }
    }

    /// The few functions that are known; of others nothing comes.
    fn call(&mut self, function: &Value, arguments: &Value) -> Result<(), String> {
        let Value::Name(module, name) = function else { return self.push(Value::Other) };
        match (&**module, &**name) {
            ("collections", "OrderedDict") => self.object(Object::Pairs(Vec::new())),
            ("torch._utils", "_rebuild_tensor_v2") => {
                let arguments = self.items(arguments).to_vec();
                let tensor = self.tensor(&arguments);
                match tensor {
                    Some(tensor) => self.object(Object::Tensor(tensor)),
                    None => Err("a tensor that is not put together as PyTorch does".into()),
                }
            }
            ("torch._utils", "_rebuild_parameter") => {
                let tensor = self.items(arguments).first().cloned();
                self.push(tensor.unwrap_or(Value::Other))
            }
            _ => self.push(Value::Other),
        }
    }

    /// `(storage, offset, sizes, strides, …)`.
    fn tensor(&self, arguments: &[Value]) -> Option<StoredTensor> {
        let [Value::Object(storage), Value::Int(offset), dims, strides, ..] = arguments else { return None };
        let Object::Storage(storage) = self.objects.get(*storage)? else { return None };
        let sizes = |value: &Value| -> Option<Vec<usize>> {
            let size = |value: &Value| match value {
                Value::Int(size) => usize::try_from(*size).ok(),
                _ => None,
            };
            self.items(value).iter().map(size).collect()
        };
        let (dims, strides) = (sizes(dims)?, sizes(strides)?);
        let offset = usize::try_from(*offset).ok()?;
        (dims.len() == strides.len() && dims.len() <= 8).then(|| StoredTensor {
            storage: storage.clone(),
            offset,
            dims,
            strides,
        })
    }

    fn items(&self, value: &Value) -> &[Value] {
        match value {
            Value::Object(at) => match self.objects.get(*at) {
                Some(Object::Items(items)) => items,
                _ => &[],
            },
            _ => &[],
        }
    }

    fn integer(&mut self, code: u8) -> Result<(), String> {
        let value = match code {
            b'J' => Value::Int(i64::from(i32::from_le_bytes(self.array()?))),
            b'K' => Value::Int(i64::from(self.byte()?)),
            b'M' => Value::Int(i64::from(u16::from_le_bytes(self.array()?))),
            b'I' | b'L' => {
                let line = self.line()?;
                match line.trim_end_matches('L') {
                    "00" => Value::Bool(false),
                    "01" => Value::Bool(true),
                    number => number.parse().map_or(Value::Other, Value::Int),
                }
            }
            _ => {
                let length = if code == 0x8a {
                    u64::from(self.byte()?)
                } else {
                    u64::from(u32::from_le_bytes(self.array()?))
                };
                let bytes = self.take(length)?;
                if bytes.len() > 8 {
                    Value::Other
                } else {
                    let negative = bytes.last().is_some_and(|b| b & 0x80 != 0);
                    let mut whole = [if negative { 0xff } else { 0 }; 8];
                    whole[..bytes.len()].copy_from_slice(bytes);
                    Value::Int(i64::from_le_bytes(whole))
                }
            }
        };
        self.push(value)
    }

    fn text(&mut self, code: u8) -> Result<(), String> {
        let length = match code {
            b'U' | 0x8c => u64::from(self.byte()?),
            0x8d => u64::from_le_bytes(self.array()?),
            _ => u64::from(u32::from_le_bytes(self.array()?)),
        };
        let text: Rc<str> = String::from_utf8_lossy(self.take(length)?).into();
        self.push(Value::Text(text))
    }

    /// Adds to the list on top of the stack; what is not followed takes in anything.
    fn extend(&mut self, items: Vec<Value>) -> Result<(), String> {
        self.count(items.len())?;
        if let Value::Object(at) = *self.top()?
            && let Some(Object::Items(list)) = self.objects.get_mut(at)
        {
            list.extend(items);
        }
        Ok(())
    }

    /// Adds to the dictionary on top of the stack.
    fn set(&mut self, pairs: Vec<(Value, Value)>) -> Result<(), String> {
        self.count(pairs.len())?;
        if let Value::Object(at) = *self.top()?
            && let Some(Object::Pairs(dictionary)) = self.objects.get_mut(at)
        {
            dictionary.extend(pairs);
        }
        Ok(())
    }

    fn object(&mut self, object: Object) -> Result<(), String> {
        self.objects.push(object);
        self.push(Value::Object(self.objects.len() - 1))
    }

    fn push(&mut self, value: Value) -> Result<(), String> {
        self.count(1)?;
        self.stack.push(value);
        Ok(())
    }

    fn count(&mut self, more: usize) -> Result<(), String> {
        self.made += more;
        if self.made > LIMIT { Err("it holds more than a checkpoint does".into()) } else { Ok(()) }
    }

    fn pop(&mut self) -> Result<Value, String> {
        // What lies below a mark is not reached past it.
        if self.marks.last().is_some_and(|mark| *mark >= self.stack.len()) {
            return Err(short());
        }
        self.stack.pop().ok_or_else(short)
    }

    fn top(&self) -> Result<&Value, String> {
        self.stack.last().ok_or_else(short)
    }

    fn above_mark(&mut self) -> Result<Vec<Value>, String> {
        let mark = self.marks.pop().ok_or_else(short)?;
        if mark > self.stack.len() { Err(short()) } else { Ok(self.stack.split_off(mark)) }
    }

    fn byte(&mut self) -> Result<u8, String> {
        Ok(self.array::<1>()?[0])
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let bytes = self.take(N as u64)?;
        bytes.try_into().map_err(|_| short())
    }

    fn take(&mut self, length: u64) -> Result<&[u8], String> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = usize::try_from(length).ok().filter(|length| *length <= rest.len()).ok_or_else(short)?;
        self.at += length;
        Ok(&rest[..length])
    }

    fn line(&mut self) -> Result<String, String> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest.iter().position(|b| *b == b'\n').ok_or_else(short)?;
        self.at += length + 1;
        Ok(String::from_utf8_lossy(&rest[..length]).into_owned())
    }
}

fn pairs(items: Vec<Value>) -> Result<Vec<(Value, Value)>, String> {
    if !items.len().is_multiple_of(2) {
        return Err("a key without a value".into());
    }
    let mut items = items.into_iter();
    Ok(std::iter::from_fn(|| Some((items.next()?, items.next()?))).collect())
}

fn short() -> String {
    "it ends too early or contradicts itself".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Python writes for `{"a": [1, 2.5, True], "b": "é"}`, protocol 2.
    const PLAIN: &[u8] = b"\x80\x02}q\x00(X\x01\x00\x00\x00aq\x01]q\x02(K\x01G@\x04\x00\x00\x00\x00\x00\x00\x88eX\x01\x00\x00\x00bq\x03X\x02\x00\x00\x00\xc3\xa9q\x04u.";

    #[test]
    fn a_dictionary_is_read() {
        let pickle = Pickle::read(PLAIN).unwrap();
        let pairs = pickle.dictionary(pickle.root()).unwrap();
        assert_eq!(pairs.len(), 2);
        assert_eq!(pairs[1], ("b", &Value::Text("é".into())));
    }

    #[test]
    fn what_a_pickle_asks_for_is_not_done() {
        // os.system("touch …"), as a hostile file has it.
        let hostile = b"\x80\x02cposix\nsystem\nq\x00X\x09\x00\x00\x00touch pwnq\x01\x85q\x02Rq\x03.";
        let pickle = Pickle::read(hostile).unwrap();
        assert_eq!(pickle.root(), &Value::Other);
        assert!(!std::path::Path::new("pwn").exists());
    }

    #[test]
    fn programs_that_contradict_themselves_are_refused() {
        for program in [
            &b""[..],
            b"\x80\x02",
            b".",
            b"0.",
            b"e.",
            b"(s.",
            b"(0u.",
            b"h\x05.",
            b"\x8d\xff\xff\xff\xff\xff\xff\xff\xff.",
            b"X\xff\xff\xff\xff.",
            b"\x8b\xff\xff\xff\x7f.",
            b"\xfe.",
            b"(K\x01d.",
        ] {
            assert!(Pickle::read(program).is_err(), "{program:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(0u8..=255, 0..400)) {
            let _ = Pickle::read(&bytes);
        }

        #[test]
        fn no_changed_byte_makes_it_panic(at in 0..PLAIN.len(), byte in 0u8..=255) {
            let mut bytes = PLAIN.to_vec();
            bytes[at] = byte;
            let _ = Pickle::read(&bytes);
        }
    }
}
