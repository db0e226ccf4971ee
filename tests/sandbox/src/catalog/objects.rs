//! Tables, columns, schemas and types of a database.

use super::{Shape, View, int};
use crate::engine::{TableFacts, Value as Stored};
use crate::failure::Outcome;
use crate::query::Context;
use crate::session::rights;
use crate::tables;
use crate::value::{SqlType, Value, same_name};

pub(super) const VIEWS: &[View] = &[
    View {
        schema: "sys",
        name: "objects",
        columns: "name sysname!, object_id int!, principal_id int, schema_id int!, parent_object_id int!, \
                  type char(2), type_desc nvarchar(60), create_date datetime!, modify_date datetime!, \
                  is_ms_shipped bit!, is_published bit!, is_schema_published bit!",
        rows: objects,
    },
    View {
        schema: "sys",
        name: "tables",
        columns: "name sysname!, object_id int!, principal_id int, schema_id int!, parent_object_id int!, \
                  type char(2), type_desc nvarchar(60), create_date datetime!, modify_date datetime!, \
                  is_ms_shipped bit!, is_published bit!, is_schema_published bit!, lob_data_space_id int!, \
                  filestream_data_space_id int, max_column_id_used int!, lock_on_bulk_load bit!, \
                  uses_ansi_nulls bit, is_replicated bit, temporal_type tinyint, is_external bit!, \
                  is_memory_optimized bit, durability tinyint",
        rows: all_tables,
    },
    View {
        schema: "sys",
        name: "columns",
        columns: "object_id int!, name sysname, column_id int!, system_type_id tinyint!, user_type_id int!, \
                  max_length smallint!, precision tinyint!, scale tinyint!, collation_name sysname, is_nullable bit, \
                  is_ansi_padded bit!, is_rowguidcol bit!, is_identity bit!, is_computed bit!, is_filestream bit!, \
                  is_replicated bit, default_object_id int!, rule_object_id int!",
        rows: all_columns,
    },
    View {
        schema: "sys",
        name: "schemas",
        columns: "name sysname!, schema_id int!, principal_id int",
        rows: |_, _, shape| {
            let all = [("dbo", 1), ("guest", 2), ("INFORMATION_SCHEMA", 3), ("sys", 4)];
            let row = |(name, id): (&str, i32)| {
                shape.row([("name", name.into()), ("schema_id", int(id)), ("principal_id", int(id))])
            };
            Ok(all.into_iter().map(row).collect())
        },
    },
    View {
        schema: "sys",
        name: "types",
        columns: "name sysname!, system_type_id tinyint!, user_type_id int!, schema_id int!, principal_id int, \
                  max_length smallint!, precision tinyint!, scale tinyint!, collation_name sysname, is_nullable bit, \
                  is_user_defined bit!, is_assembly_type bit!, default_object_id int!, rule_object_id int!, \
                  is_table_type bit!",
        rows: types,
    },
    View {
        schema: "sys",
        name: "partitions",
        columns: "partition_id bigint!, object_id int!, index_id int!, partition_number int!, hobt_id bigint!, \
                  rows bigint, filestream_filegroup_id smallint!, data_compression tinyint!, \
                  data_compression_desc nvarchar(60)",
        rows: partitions,
    },
    View {
        schema: "sys",
        name: "extended_properties",
        columns: "class tinyint!, class_desc nvarchar(60), major_id int!, minor_id int!, name sysname!, \
                  value nvarchar(3750)",
        rows: extended_properties,
    },
    View {
        schema: "INFORMATION_SCHEMA",
        name: "TABLES",
        columns: "TABLE_CATALOG nvarchar(128), TABLE_SCHEMA sysname, TABLE_NAME sysname!, TABLE_TYPE varchar(10)",
        rows: information_tables,
    },
    View {
        schema: "INFORMATION_SCHEMA",
        name: "COLUMNS",
        columns: "TABLE_CATALOG nvarchar(128), TABLE_SCHEMA nvarchar(128), TABLE_NAME sysname!, COLUMN_NAME sysname, \
                  ORDINAL_POSITION int, IS_NULLABLE varchar(3), DATA_TYPE nvarchar(128), \
                  CHARACTER_MAXIMUM_LENGTH int, NUMERIC_PRECISION tinyint, NUMERIC_SCALE int",
        rows: information_columns,
    },
];

/// Tables that the session may see: those it has any right to.
fn seen(context: &Context<'_>, database: &str) -> Outcome<Vec<TableFacts>> {
    context.session.may_use(database)?;
    let all = context.session.server().engine.tables(database)?;
    let may =
        |facts: &TableFacts| rights::table(context.session, database, &facts.schema, &facts.name, "SELECT").is_ok();
    Ok(all.into_iter().filter(may).collect())
}

fn object_pairs(facts: &TableFacts, database: &str) -> [(&'static str, Value); 11] {
    let shipped = ["master", "msdb", "model"].iter().any(|system| system.eq_ignore_ascii_case(database));
    [
        ("name", facts.name.clone().into()),
        ("object_id", int(facts.id)),
        ("schema_id", int(1)),
        ("parent_object_id", int(0)),
        ("type", "U ".into()),
        ("type_desc", "USER_TABLE".into()),
        ("create_date", facts.created.into()),
        ("modify_date", facts.created.into()),
        ("is_ms_shipped", shipped.into()),
        ("is_published", int(0)),
        ("is_schema_published", int(0)),
    ]
}

fn objects(context: &Context<'_>, database: &str, shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    Ok(seen(context, database)?.iter().map(|facts| shape.row(object_pairs(facts, database))).collect())
}

fn all_tables(context: &Context<'_>, database: &str, shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    let mut rows = Vec::new();
    for facts in seen(context, database)? {
        let mut row = shape.row(object_pairs(&facts, database));
        let more = shape.row([
            ("lob_data_space_id", int(0)),
            ("max_column_id_used", int(facts.columns.len() as i64)),
            ("lock_on_bulk_load", int(0)),
            ("uses_ansi_nulls", int(1)),
            ("is_replicated", int(0)),
            ("temporal_type", int(0)),
            ("is_external", int(0)),
            ("is_memory_optimized", int(0)),
            ("durability", int(0)),
        ]);
        for (cell, other) in row.iter_mut().zip(more).filter(|(_, other)| !other.is_null()) {
            *cell = other;
        }
        rows.push(row);
    }
    Ok(rows)
}

/// `system_type_id`, bytes, precision and scale of a type.
fn measures(ty: SqlType) -> (u8, i16, u8, u8) {
    let units = |n: Option<u16>, width: i16| n.map_or(-1, |n| n as i16 * width);
    match ty {
        SqlType::Bit => (104, 1, 1, 0),
        SqlType::TinyInt => (48, 1, 3, 0),
        SqlType::SmallInt => (52, 2, 5, 0),
        SqlType::Int => (56, 4, 10, 0),
        SqlType::BigInt => (127, 8, 19, 0),
        SqlType::Decimal { precision, scale } => {
            let bytes = match precision {
                0..=9 => 5,
                10..=19 => 9,
                20..=28 => 13,
                _ => 17,
            };
            (108, bytes, precision, scale)
        }
        SqlType::Money => (60, 8, 19, 4),
        SqlType::Real => (59, 4, 24, 0),
        SqlType::Float => (62, 8, 53, 0),
        SqlType::Date => (40, 3, 10, 0),
        SqlType::Time(scale) => (41, 5, 16, scale),
        SqlType::DateTime => (61, 8, 23, 3),
        SqlType::SmallDateTime => (58, 4, 16, 0),
        SqlType::DateTime2(scale) => (42, 8, 27, scale),
        SqlType::DateTimeOffset(scale) => (43, 10, 34, scale),
        SqlType::Char(n) => (175, n as i16, 0, 0),
        SqlType::VarChar(n) => (167, units(n, 1), 0, 0),
        SqlType::NChar(n) => (239, n as i16 * 2, 0, 0),
        SqlType::NVarChar(n) => (231, units(n, 2), 0, 0),
        SqlType::Binary(n) => (173, n as i16, 0, 0),
        SqlType::VarBinary(n) => (165, units(n, 1), 0, 0),
        SqlType::UniqueIdentifier => (36, 16, 0, 0),
        SqlType::Variant => (98, 8016, 0, 0),
    }
}

fn all_columns(context: &Context<'_>, database: &str, shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    let collation = context.session.server().engine.database(database)?.collation;
    let mut rows = Vec::new();
    for facts in seen(context, database)? {
        for (place, column) in facts.columns.iter().enumerate() {
            let ty = tables::sql_type(column.kind);
            let (id, bytes, precision, scale) = measures(ty);
            rows.push(shape.row([
                ("object_id", int(facts.id)),
                ("name", column.name.clone().into()),
                ("column_id", int(place as i64 + 1)),
                ("system_type_id", int(id)),
                ("user_type_id", int(id)),
                ("max_length", int(bytes)),
                ("precision", int(precision)),
                ("scale", int(scale)),
                ("collation_name", ty.is_text().then(|| collation.clone()).into()),
                ("is_nullable", column.nullable.into()),
                ("is_ansi_padded", ty.is_text().into()),
                ("is_rowguidcol", int(0)),
                ("is_identity", column.identity.into()),
                ("is_computed", int(0)),
                ("is_filestream", int(0)),
                ("is_replicated", int(0)),
                ("default_object_id", int(0)),
                ("rule_object_id", int(0)),
            ]));
        }
    }
    Ok(rows)
}

fn types(_: &Context<'_>, _: &str, shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    let all = [
        SqlType::UniqueIdentifier,
        SqlType::Date,
        SqlType::Time(7),
        SqlType::DateTime2(7),
        SqlType::DateTimeOffset(7),
        SqlType::TinyInt,
        SqlType::SmallInt,
        SqlType::Int,
        SqlType::SmallDateTime,
        SqlType::Real,
        SqlType::Money,
        SqlType::DateTime,
        SqlType::Float,
        SqlType::Variant,
        SqlType::Bit,
        SqlType::Decimal { precision: 38, scale: 38 },
        SqlType::BigInt,
        SqlType::VarBinary(Some(8000)),
        SqlType::VarChar(Some(8000)),
        SqlType::Binary(8000),
        SqlType::Char(8000),
        SqlType::NVarChar(Some(4000)),
        SqlType::NChar(4000),
    ];
    let row = |ty: SqlType| {
        let (id, bytes, precision, scale) = measures(ty);
        shape.row([
            ("name", ty.name().into()),
            ("system_type_id", int(id)),
            ("user_type_id", int(id)),
            ("schema_id", int(4)),
            ("max_length", int(bytes)),
            ("precision", int(precision)),
            ("scale", int(scale)),
            ("is_nullable", int(1)),
            ("is_user_defined", int(0)),
            ("is_assembly_type", int(0)),
            ("default_object_id", int(0)),
            ("rule_object_id", int(0)),
            ("is_table_type", int(0)),
        ])
    };
    Ok(all.into_iter().map(row).collect())
}

fn partitions(context: &Context<'_>, database: &str, shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    let row = |facts: TableFacts| {
        let id = 72_057_594_037_927_936 + i64::from(facts.id);
        shape.row([
            ("partition_id", int(id)),
            ("object_id", int(facts.id)),
            ("index_id", Value::bit(!facts.primary_key.is_empty())),
            ("partition_number", int(1)),
            ("hobt_id", int(id)),
            ("rows", int(facts.rows as i64)),
            ("filestream_filegroup_id", int(0)),
            ("data_compression", int(0)),
            ("data_compression_desc", "NONE".into()),
        ])
    };
    Ok(seen(context, database)?.into_iter().map(row).collect())
}

fn information_tables(context: &Context<'_>, database: &str, shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    let row = |facts: TableFacts| {
        shape.row([
            ("TABLE_CATALOG", database.into()),
            ("TABLE_SCHEMA", facts.schema.into()),
            ("TABLE_NAME", facts.name.into()),
            ("TABLE_TYPE", "BASE TABLE".into()),
        ])
    };
    Ok(seen(context, database)?.into_iter().map(row).collect())
}

fn information_columns(context: &Context<'_>, database: &str, shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    let mut rows = Vec::new();
    for facts in seen(context, database)? {
        for (place, column) in facts.columns.iter().enumerate() {
            let ty = tables::sql_type(column.kind);
            let (_, _, precision, scale) = measures(ty);
            let long = ty.is_text() || ty.is_binary();
            let length = if long { int(ty.length().map_or(-1, i64::from)) } else { Value::Null };
            let number = |n: u8| if ty.is_number() { int(n) } else { Value::Null };
            rows.push(shape.row([
                ("TABLE_CATALOG", database.into()),
                ("TABLE_SCHEMA", facts.schema.clone().into()),
                ("TABLE_NAME", facts.name.clone().into()),
                ("COLUMN_NAME", column.name.clone().into()),
                ("ORDINAL_POSITION", int(place as i64 + 1)),
                ("IS_NULLABLE", if column.nullable { "YES" } else { "NO" }.into()),
                ("DATA_TYPE", ty.name().into()),
                ("CHARACTER_MAXIMUM_LENGTH", length),
                ("NUMERIC_PRECISION", number(precision)),
                ("NUMERIC_SCALE", number(scale)),
            ]));
        }
    }
    Ok(rows)
}

/// Those of msdb, to those who may alter it.
fn extended_properties(context: &Context<'_>, database: &str, shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    if !same_name(database, "msdb") || !rights::is_owner(context.session, database) {
        return Ok(Vec::new());
    }
    let rows = context.session.server().engine.scan("msdb", "dbo", "sysxprops")?;
    let text = |stored: Option<&Stored>| match stored {
        Some(Stored::Text(text)) => Value::text(text.clone()),
        _ => Value::Null,
    };
    let row = |row: &Vec<Stored>| {
        shape.row([
            ("class", int(0)),
            ("class_desc", "DATABASE".into()),
            ("major_id", int(0)),
            ("minor_id", int(0)),
            ("name", text(row.first())),
            ("value", text(row.get(1))),
        ])
    };
    Ok(rows.iter().map(|(_, stored)| row(stored)).collect())
}
