//! TDS 7.2 to 7.4 and TDS 8 (strict), the server's side. Source: MS-TDS.

pub mod answer;
pub mod browser;
pub mod codepage;
pub mod connection;
pub mod cursor;
mod greeting;
#[cfg(test)]
mod hostile;
pub mod login;
pub mod ntlm;
pub mod packet;
pub mod prelogin;
pub mod rpc;
mod socket;
mod sspi;
pub mod tls;
pub mod token;
pub mod types;
