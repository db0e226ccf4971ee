//! LOGIN7: who wants in. MS-TDS 2.2.6.4.

use super::cursor::{Malformed, utf16};

/// TDS versions as LOGIN7 says them.
pub mod version {
    /// SQL Server 2005.
    pub const V7_2: u32 = 0x7209_0002;
    /// SQL Server 2008.
    pub const V7_3: u32 = 0x730A_0003;
    /// SQL Server 2012 to 2022.
    pub const V7_4: u32 = 0x7400_0004;
    /// Strict encryption, SQL Server 2022.
    pub const V8_0: u32 = 0x0800_0000;
}

/// What a LOGIN7 says. The password is plain text by now: it is never printed.
#[derive(Clone, Default)]
pub struct Login {
    /// As the client said it, see [`version`].
    pub version: u32,
    /// Wished packet size; 0 is "yours".
    pub packet_size: u32,
    /// `HOST_NAME()`.
    pub host: String,
    /// Login name.
    pub user: String,
    /// Its password.
    pub password: String,
    /// `APP_NAME()`.
    pub program: String,
    /// Client library.
    pub library: String,
    /// The server as the client calls it.
    pub server: String,
    /// Wished language, empty for the login's own.
    pub language: String,
    /// Wished database, empty for the login's own.
    pub database: String,
    /// The client's process id.
    pub process: u32,
    /// The client wants Windows authentication (SSPI).
    pub integrated: bool,
    /// The first message of a Windows login.
    pub sspi: Vec<u8>,
    /// The client wants to set a new password while logging in.
    pub changes_password: bool,
}

/// Bytes of the fixed part up to and with `cbSSPILong`.
const FIXED: usize = 94;

impl Login {
    /// Reads the fixed part and the texts it points to.
    pub fn parse(body: &[u8]) -> Result<Login, Malformed> {
        let fixed = body.get(..FIXED).ok_or(Malformed)?;
        let number = |at: usize| u32::from_le_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]]);
        let bytes = |entry: usize| -> Result<&[u8], Malformed> {
            let offset = usize::from(u16::from_le_bytes([fixed[entry], fixed[entry + 1]]));
            let units = usize::from(u16::from_le_bytes([fixed[entry + 2], fixed[entry + 3]]));
            if units == 0 {
                return Ok(&[]);
            }
            body.get(offset..offset + units * 2).ok_or(Malformed)
        };
        let text = |entry: usize| bytes(entry).map(utf16);
        // cbSSPI counts bytes; at its highest value cbSSPILong tells the length, if it tells one.
        let sspi_offset = usize::from(u16::from_le_bytes([fixed[78], fixed[79]]));
        let sspi_length = match (u16::from_le_bytes([fixed[80], fixed[81]]), number(90)) {
            (u16::MAX, long @ 1..) => long as usize,
            (short, _) => usize::from(short),
        };
        let sspi = match sspi_length {
            0 => &[],
            length => body.get(sspi_offset..).and_then(|rest| rest.get(..length)).ok_or(Malformed)?,
        };
        let flags2 = fixed[25];
        let flags3 = fixed[27];
        Ok(Login {
            version: number(4),
            packet_size: number(8),
            process: number(16),
            integrated: flags2 & 0x80 != 0,
            sspi: sspi.to_vec(),
            changes_password: flags3 & 0x01 != 0,
            host: text(36)?,
            user: text(40)?,
            password: utf16(&plain_password(bytes(44)?)),
            program: text(48)?,
            server: text(52)?,
            library: text(60)?,
            language: text(64)?,
            database: text(68)?,
        })
    }
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login")
            .field("version", &format_args!("{:#x}", self.version))
            .field("user", &self.user)
            .field("database", &self.database)
            .field("program", &self.program)
            .finish_non_exhaustive()
    }
}

/// Undoes the client's scrambling: each byte XOR 0xA5, then its halves swapped.
fn plain_password(scrambled: &[u8]) -> Vec<u8> {
    scrambled.iter().map(|byte| (byte ^ 0xA5).rotate_left(4)).collect()
}

#[cfg(test)]
mod tests {
    use super::plain_password;

    #[test]
    fn password_of_the_specification_is_unscrambled() {
        // "a" = 61 00 -> swap halves 16 00 -> XOR A5 -> B3 A5 (MS-TDS 4.2 has the same bytes).
        assert_eq!(plain_password(&[0xB3, 0xA5]), [0x61, 0x00]);
    }
}
