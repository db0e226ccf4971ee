//! The columns that `RESTORE HEADERONLY` has since SQL Server 2022, behind those of 2019.

use super::Runner;
use crate::tables;
use crate::value::{Column, SqlType, Value, equal, same_name};

/// The major version of SQL Server 2022.
const WITH_MORE: u8 = 16;

impl Runner<'_> {
    /// Adds the newer columns, if this server has them.
    ///
    /// The time zone is what msdb knows of the set; a set that another server made has none here.
    pub(super) fn newer_header(&self, columns: &mut Vec<Column>, rows: &mut [Vec<Value>]) {
        if self.session.server().engine.options().version.major < WITH_MORE {
            return;
        }
        let place = |name: &str| columns.iter().position(|column| same_name(&column.name, name));
        let (compressed, guid) = (place("Compressed"), place("BackupSetGUID"));
        let zones = self.zones();
        for row in rows {
            let cell = |place: Option<usize>| place.and_then(|place| row.get(place)).cloned().unwrap_or(Value::Null);
            let guid = cell(guid);
            let zone = zones.iter().find(|(known, _)| equal(known, &guid)).map(|(_, zone)| zone.clone());
            let algorithm = if cell(compressed) == Value::Int(1) { Value::text("MS_XPRESS") } else { Value::Null };
            row.extend([Value::Null, zone.unwrap_or(Value::Null), algorithm]);
        }
        columns.extend([
            Column::new("LastValidRestoreTime", SqlType::DateTime),
            Column::new("TimeZone", SqlType::SmallInt),
            Column::new("CompressionAlgorithm", SqlType::NVarChar(Some(32))),
        ]);
    }

    /// Sets of the history with the offset of the clock at their making, in quarters of an hour.
    fn zones(&self) -> Vec<(Value, Value)> {
        let engine = &self.session.server().engine;
        let Ok(facts) = engine.table("msdb", "dbo", "backupset") else { return Vec::new() };
        let place = |name: &str| facts.columns.iter().position(|column| same_name(&column.name, name));
        let (Some(guid), Some(zone)) = (place("backup_set_uuid"), place("time_zone")) else { return Vec::new() };
        let rows = engine.scan("msdb", "dbo", "backupset").unwrap_or_default();
        rows.into_iter().map(|(_, row)| (tables::value(row[guid].clone()), tables::value(row[zone].clone()))).collect()
    }
}
