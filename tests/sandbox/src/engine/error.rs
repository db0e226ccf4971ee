//! What a server says: errors and information messages with number, severity and state.

use std::fmt;

/// One message of the server. Severity 10 and below is information, above it is an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerMessage {
    /// The number in `sys.messages`.
    pub number: i32,
    /// 0 to 25.
    pub severity: u8,
    /// Which place in the server raised it.
    pub state: u8,
    /// The text, in us_english.
    pub text: String,
}

impl ServerMessage {
    /// A message of its parts.
    pub fn new(number: i32, severity: u8, state: u8, text: impl Into<String>) -> ServerMessage {
        ServerMessage { number, severity, state, text: text.into() }
    }
}

/// An error of the server.
pub type ServerError = ServerMessage;

/// Why a statement failed: every error of it, in the order in which the server raises them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// At least one.
    pub errors: Vec<ServerError>,
}

impl Refusal {
    /// The number of the first error, which tells the cause; 0 when there is none.
    pub fn number(&self) -> i32 {
        self.errors.first().map_or(0, |error| error.number)
    }

    /// The numbers of all errors, in order.
    pub fn numbers(&self) -> Vec<i32> {
        self.errors.iter().map(|error| error.number).collect()
    }

    /// The same refusal with one more error after it (3013 after the cause).
    #[must_use]
    pub fn then(mut self, error: ServerError) -> Refusal {
        self.errors.push(error);
        self
    }
}

impl From<ServerError> for Refusal {
    fn from(error: ServerError) -> Refusal {
        Refusal { errors: vec![error] }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.errors.iter().enumerate() {
            let gap = if index == 0 { "" } else { " | " };
            write!(f, "{gap}Msg {}, Level {}, State {}: {}", error.number, error.severity, error.state, error.text)?;
        }
        Ok(())
    }
}

impl std::error::Error for Refusal {}

/// What the engine answers.
pub type Answer<T> = Result<T, Refusal>;
