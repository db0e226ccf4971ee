//! An object of JSON, written entry by entry. Lists of sets are long and have some sixty columns: a value for each,
//! and a look at each letter of each name, would take most of the time.

use serde::Serialize;

/// See the module.
pub(super) struct Entries(Vec<u8>);

impl Entries {
    pub(super) fn new() -> Entries {
        // A set takes about so much.
        Entries(Vec::with_capacity(3 << 10))
    }

    /// `name` is a column's: letters and digits.
    fn name(&mut self, name: &'static str) {
        self.0.push(if self.0.is_empty() { b'{' } else { b',' });
        self.0.push(b'"');
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b"\":");
    }

    /// Any value.
    pub(super) fn put(&mut self, name: &'static str, value: &impl Serialize) {
        self.name(name);
        // Numbers, texts and lists of them, written to memory: nothing of that can fail.
        serde_json::to_writer(&mut self.0, value).unwrap_or_default();
    }

    /// A text in which nothing is to be escaped: a time, an LSN, a GUID, hexadecimal digits.
    pub(super) fn plain(&mut self, name: &'static str, text: Option<String>) {
        self.name(name);
        match text {
            Some(text) => {
                self.0.push(b'"');
                self.0.extend_from_slice(text.as_bytes());
                self.0.push(b'"');
            }
            None => self.0.extend_from_slice(b"null"),
        }
    }

    /// The object.
    pub(super) fn end(mut self) -> String {
        self.0.push(b'}');
        String::from_utf8(self.0).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_written_as_json() {
        let mut entries = Entries::new();
        entries.put("Name", &"a \"b\" \\ \n پیام");
        entries.put("Number", &Some(7));
        entries.put("List", &["x"]);
        entries.plain("Time", Some("2026-11-30".to_owned()));
        entries.plain("None", None);
        let text = entries.end();
        assert_eq!(text, r#"{"Name":"a \"b\" \\ \n پیام","Number":7,"List":["x"],"Time":"2026-11-30","None":null}"#);
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
    }
}
