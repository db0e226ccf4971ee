//! Log sequence numbers.

use std::fmt;
use std::str::FromStr;

/// A log sequence number: virtual log file, block in it, slot in the block.
///
/// SQL Server prints it as one decimal, `vlf * 10^15 + block * 10^5 + slot` (`numeric(25,0)`),
/// which is also what [`fmt::Display`] and [`FromStr`] use here. Ordering is that of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lsn {
    /// Sequence number of the virtual log file.
    pub vlf: u32,
    /// Block inside the virtual log file, in units of 512 bytes.
    pub block: u32,
    /// Record inside the block.
    pub slot: u16,
}

impl Lsn {
    /// The LSN that stands for "none": `0`.
    pub const ZERO: Lsn = Lsn { vlf: 0, block: 0, slot: 0 };

    /// An LSN of its three parts.
    pub const fn new(vlf: u32, block: u32, slot: u16) -> Lsn {
        Lsn { vlf, block, slot }
    }

    /// Whether this is [`Lsn::ZERO`].
    pub const fn is_zero(self) -> bool {
        self.vlf == 0 && self.block == 0 && self.slot == 0
    }

    /// The decimal value, as `numeric(25,0)` carries it.
    pub const fn to_decimal(self) -> u128 {
        self.vlf as u128 * 1_000_000_000_000_000 + self.block as u128 * 100_000 + self.slot as u128
    }

    /// The LSN of a decimal value; `None` if a part does not fit its width.
    pub fn from_decimal(value: u128) -> Option<Lsn> {
        Some(Lsn {
            vlf: u32::try_from(value / 1_000_000_000_000_000).ok()?,
            block: u32::try_from(value / 100_000 % 10_000_000_000).ok()?,
            slot: u16::try_from(value % 100_000).ok()?,
        })
    }
}

impl fmt::Display for Lsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.to_decimal(), f)
    }
}

/// The text is not a decimal LSN.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a log sequence number: a decimal of at most 25 digits is expected")]
pub struct ParseLsnError(String);

impl FromStr for Lsn {
    type Err = ParseLsnError;

    fn from_str(text: &str) -> Result<Lsn, ParseLsnError> {
        // `u128` would also take a sign, which no LSN has.
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits
            .then(|| text.parse().ok().and_then(Lsn::from_decimal))
            .flatten()
            .ok_or_else(|| ParseLsnError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_goes_there_and_back() {
        let lsn: Lsn = "21000000015300037".parse().expect("an LSN");
        assert_eq!(lsn, Lsn::new(21, 153, 37));
        assert_eq!(lsn.to_string(), "21000000015300037");
    }

    #[test]
    fn text_that_is_no_lsn_is_refused() {
        for text in ["", "-1", "+1", "1.0", "x", "99999999999999999999999999", "21000000015399999"] {
            assert!(text.parse::<Lsn>().is_err(), "{text}");
        }
    }
}
