//! Backup and restore.

use super::*;

impl Engine {
    /// `BACKUP DATABASE` and `BACKUP LOG`.
    ///
    /// # Errors
    /// As the server: the cause first, then 3013.
    pub fn backup(&self, spec: &BackupSpec, watcher: &mut dyn Watcher) -> Answer<BackupOutcome> {
        let _ = watcher;
        Err(not_built(&spec.database))
    }

    /// `RESTORE DATABASE` and `RESTORE LOG`.
    ///
    /// # Errors
    /// As the server: the cause first, then 3013.
    pub fn restore(&self, spec: &RestoreSpec, watcher: &mut dyn Watcher) -> Answer<RestoreOutcome> {
        let _ = watcher;
        Err(not_built(&spec.database))
    }

    /// `RESTORE HEADERONLY FROM DISK = device`: every set, or set `file`; columns in the server's
    /// order and types.
    ///
    /// # Errors
    /// 3201, 3241, 3242, 3254, 4038; then 3013.
    pub fn header_only(&self, device: &str, file: Option<u16>) -> Answer<ResultSet> {
        let _ = file;
        Err(not_built(device))
    }

    /// `RESTORE FILELISTONLY FROM DISK = device WITH FILE = n`.
    ///
    /// # Errors
    /// As [`Engine::header_only`].
    pub fn file_list_only(&self, device: &str, file: Option<u16>) -> Answer<ResultSet> {
        let _ = file;
        Err(not_built(device))
    }

    /// `RESTORE LABELONLY FROM DISK = device`.
    ///
    /// # Errors
    /// As [`Engine::header_only`].
    pub fn label_only(&self, device: &str) -> Answer<ResultSet> {
        Err(not_built(device))
    }

    /// `RESTORE VERIFYONLY FROM DISK = devices WITH FILE = n`; says 3262 when the set is good.
    /// `checksum` as in [`RestoreSpec`].
    ///
    /// # Errors
    /// 3187, 3189, 3183, 3203, 3132, 3256 and as [`Engine::header_only`]; then 3013.
    pub fn verify_only(
        &self,
        devices: &[String],
        file: Option<u16>,
        checksum: Option<bool>,
        stats: Option<u8>,
        watcher: &mut dyn Watcher,
    ) -> Answer<()> {
        let _ = (file, checksum, stats, watcher);
        Err(not_built(devices.first().map_or("", String::as_str)))
    }
}

fn not_built(what: &str) -> Refusal {
    ServerError::new(49916, 16, 1, format!("The engine cannot serve '{what}' yet.")).into()
}
