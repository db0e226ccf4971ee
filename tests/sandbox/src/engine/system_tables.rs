//! The system tables of a database: names, object ids and columns of SQL Server 2019 (rows section 3).

use super::value::ColumnType::{self, *};

/// A column: name, type, and the `xtype` when it is another than the type's own.
pub(crate) type SystemColumn = (&'static str, ColumnType, u8);

/// One system table.
#[derive(Debug)]
pub(crate) struct SystemTable {
    pub(crate) object: u32,
    pub(crate) name: &'static str,
    pub(crate) columns: &'static [SystemColumn],
}

pub(crate) const SYSRSCOLS: u32 = 3;
pub(crate) const SYSROWSETS: u32 = 5;
pub(crate) const SYSALLOCUNITS: u32 = 7;
pub(crate) const SYSPRUFILES: u32 = 24;
pub(crate) const SYSSCHOBJS: u32 = 34;
pub(crate) const SYSCOLPARS: u32 = 41;
pub(crate) const SYSIDXSTATS: u32 = 54;
pub(crate) const SYSISCOLS: u32 = 55;
pub(crate) const SYSCLSOBJS: u32 = 64;

const NAME: ColumnType = NVarChar(128);

/// Every system table, the first ones first.
pub(crate) const SYSTEM_TABLES: &[SystemTable] = &[
    SystemTable {
        object: SYSALLOCUNITS,
        name: "sysallocunits",
        columns: &[
            ("auid", BigInt, 0),
            ("type", TinyInt, 0),
            ("ownerid", BigInt, 0),
            ("status", Int, 0),
            ("fgid", SmallInt, 0),
            ("pgfirst", Binary(6), 0),
            ("pgroot", Binary(6), 0),
            ("pgfirstiam", Binary(6), 0),
            ("pcused", BigInt, 0),
            ("pcdata", BigInt, 0),
            ("pcreserved", BigInt, 0),
        ],
    },
    SystemTable {
        object: SYSCOLPARS,
        name: "syscolpars",
        columns: &[
            ("id", Int, 0),
            ("number", SmallInt, 0),
            ("colid", Int, 0),
            ("name", NAME, 0),
            ("xtype", TinyInt, 0),
            ("utype", Int, 0),
            ("length", SmallInt, 0),
            ("prec", TinyInt, 0),
            ("scale", TinyInt, 0),
            ("collationid", Int, 0),
            ("status", Int, 0),
            ("maxinrow", SmallInt, 0),
            ("xmlns", Int, 0),
            ("dflt", Int, 0),
            ("chk", Int, 0),
            ("idtval", VarBinary(64), 0),
        ],
    },
    SystemTable {
        object: SYSROWSETS,
        name: "sysrowsets",
        columns: &[
            ("rowsetid", BigInt, 0),
            ("ownertype", TinyInt, 0),
            ("idmajor", Int, 0),
            ("idminor", Int, 0),
            ("numpart", Int, 0),
            ("status", Int, 0),
            ("fgidfs", SmallInt, 0),
            ("rcrows", BigInt, 0),
            ("cmprlevel", TinyInt, 0),
            ("fillfact", TinyInt, 0),
            ("maxnullbit", SmallInt, 0),
            ("maxleaf", Int, 0),
            ("maxint", SmallInt, 0),
            ("minleaf", SmallInt, 0),
            ("minint", SmallInt, 0),
            ("rsguid", VarBinary(16), 0),
            ("lockres", VarBinary(8), 0),
            ("scope_id", Int, 0),
        ],
    },
    SystemTable {
        object: SYSRSCOLS,
        name: "sysrscols",
        columns: &[
            ("rsid", BigInt, 0),
            ("rscolid", Int, 0),
            ("hbcolid", Int, 0),
            ("rcmodified", BigInt, 0),
            ("ti", Int, 0),
            ("cid", Int, 0),
            ("ordkey", SmallInt, 0),
            ("maxinrowlen", SmallInt, 0),
            ("status", Int, 0),
            ("offset", Int, 0),
            ("nullbit", Int, 0),
            ("bitpos", SmallInt, 0),
            ("colguid", VarBinary(16), 0),
        ],
    },
    SystemTable {
        object: SYSSCHOBJS,
        name: "sysschobjs",
        columns: &[
            ("id", Int, 0),
            ("name", NAME, 0),
            ("nsid", Int, 0),
            ("nsclass", TinyInt, 0),
            ("status", Int, 0),
            ("type", Char(2), 0),
            ("pid", Int, 0),
            ("pclass", TinyInt, 0),
            ("intprop", Int, 0),
            ("created", DateTime, 0),
            ("modified", DateTime, 0),
            ("status2", Int, 0),
        ],
    },
    SystemTable {
        object: SYSCLSOBJS,
        name: "sysclsobjs",
        columns: &[
            ("class", TinyInt, 0),
            ("id", Int, 0),
            ("name", NAME, 0),
            ("status", Int, 0),
            ("type", Char(2), 0),
            ("intprop", Int, 0),
            ("created", DateTime, 0),
            ("modified", DateTime, 0),
        ],
    },
    SystemTable {
        object: SYSIDXSTATS,
        name: "sysidxstats",
        columns: &[
            ("id", Int, 0),
            ("indid", Int, 0),
            ("name", NAME, 0),
            ("status", Int, 0),
            ("intprop", Int, 0),
            ("fillfact", TinyInt, 0),
            ("type", TinyInt, 0),
            ("tinyprop", TinyInt, 0),
            ("dataspace", Int, 0),
            ("lobds", Int, 0),
            ("rowset", BigInt, 0),
        ],
    },
    SystemTable {
        object: SYSISCOLS,
        name: "sysiscols",
        columns: &[
            ("idmajor", Int, 0),
            ("idminor", Int, 0),
            ("subid", Int, 0),
            ("status", Int, 0),
            ("intprop", Int, 0),
            ("tinyprop1", TinyInt, 0),
            ("tinyprop2", TinyInt, 0),
            ("tinyprop3", TinyInt, 0),
            ("tinyprop4", TinyInt, 0),
        ],
    },
    SystemTable {
        object: SYSPRUFILES,
        name: "sysprufiles",
        columns: &[
            ("dbfragid", Int, 0),
            ("fileid", Int, 0),
            ("grpid", Int, 0),
            ("status", Int, 0),
            ("filetype", TinyInt, 0),
            ("state", TinyInt, 0),
            ("size", Int, 0),
            ("maxsize", Int, 0),
            ("growth", Int, 0),
            ("lname", NAME, 0),
            ("pname", NVarChar(260), 0),
            ("createlsn", Binary(10), 0),
            ("droplsn", Binary(10), 0),
            ("fileguid", UniqueIdentifier, 0),
        ],
    },
    SystemTable {
        object: 60,
        name: "sysobjvalues",
        columns: &[
            ("valclass", TinyInt, 0),
            ("objid", Int, 0),
            ("subobjid", Int, 0),
            ("valnum", Int, 0),
            ("value", VarBinary(8016), 98),
            ("imageval", VarBinary(16), 34),
        ],
    },
    SystemTable {
        object: 9,
        name: "sysseobjvalues",
        columns: &[
            ("valclass", TinyInt, 0),
            ("id", BigInt, 0),
            ("subid", BigInt, 0),
            ("valnum", Int, 0),
            ("value", VarBinary(8016), 98),
            ("imageval", VarBinary(16), 34),
        ],
    },
    SystemTable {
        object: 50,
        name: "sysscalartypes",
        columns: &[
            ("id", Int, 0),
            ("schid", Int, 0),
            ("name", NAME, 0),
            ("xtype", TinyInt, 0),
            ("length", SmallInt, 0),
            ("prec", TinyInt, 0),
            ("scale", TinyInt, 0),
            ("collationid", Int, 0),
            ("status", Int, 0),
            ("created", DateTime, 0),
            ("modified", DateTime, 0),
            ("dflt", Int, 0),
            ("chk", Int, 0),
        ],
    },
];

impl ColumnType {
    /// `xtype`, length in bytes (-1 = max), precision and scale, as `syscolpars` stores them.
    pub(crate) const fn catalog(self) -> (u8, i16, u8, u8) {
        match self {
            Bit => (104, 1, 1, 0),
            TinyInt => (48, 1, 3, 0),
            SmallInt => (52, 2, 5, 0),
            Int => (56, 4, 10, 0),
            BigInt => (127, 8, 19, 0),
            Float => (62, 8, 53, 0),
            Date => (40, 3, 10, 0),
            DateTime => (61, 8, 23, 3),
            DateTime2(scale) => (
                42,
                if scale <= 2 {
                    6
                } else if scale <= 4 {
                    7
                } else {
                    8
                },
                20 + scale,
                scale,
            ),
            Decimal(precision, scale) => {
                let len = match precision {
                    0..=9 => 5,
                    10..=19 => 9,
                    20..=28 => 13,
                    _ => 17,
                };
                (106, len, precision, scale)
            }
            UniqueIdentifier => (36, 16, 0, 0),
            NVarChar(len) => (231, len as i16 * 2, 0, 0),
            NVarCharMax => (231, -1, 0, 0),
            VarChar(len) => (167, len as i16, 0, 0),
            Char(len) => (175, len as i16, 0, 0),
            Binary(len) => (173, len as i16, 0, 0),
            VarBinary(len) => (165, len as i16, 0, 0),
            VarBinaryMax => (165, -1, 0, 0),
        }
    }

    /// The type of what `syscolpars` stores.
    pub(crate) const fn of_catalog(xtype: u8, length: i16, precision: u8, scale: u8) -> Option<ColumnType> {
        Some(match xtype {
            104 => Bit,
            48 => TinyInt,
            52 => SmallInt,
            56 => Int,
            127 => BigInt,
            62 => Float,
            40 => Date,
            61 => DateTime,
            42 => DateTime2(scale),
            106 | 108 => Decimal(precision, scale),
            36 => UniqueIdentifier,
            231 if length < 0 => NVarCharMax,
            231 => NVarChar(length as u16 / 2),
            167 => VarChar(length as u16),
            175 => Char(length as u16),
            173 => Binary(length as u16),
            165 if length < 0 => VarBinaryMax,
            165 | 98 | 34 => VarBinary(length as u16),
            _ => return None,
        })
    }

    /// `ti` of `sysrscols`: the type and what it is declared with.
    pub(crate) const fn type_info(self) -> i32 {
        let (xtype, length, precision, scale) = self.catalog();
        let rest = match self {
            Decimal(..) => precision as i32 | (scale as i32) << 8,
            DateTime2(_) => scale as i32,
            NVarChar(_) | NVarCharMax | VarChar(_) | Char(_) | Binary(_) | VarBinary(_) | VarBinaryMax => {
                length as u16 as i32
            }
            _ => 0,
        };
        xtype as i32 | rest << 8
    }

    /// Whether the type has a collation.
    pub(crate) const fn is_text(self) -> bool {
        matches!(self, NVarChar(_) | NVarCharMax | VarChar(_) | Char(_))
    }
}
