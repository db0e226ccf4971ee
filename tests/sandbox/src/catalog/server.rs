//! The server: configuration, services, host, volumes.

use super::{Shape, TableFunction, View, int};
use crate::engine::Edition;
use crate::failure::Outcome;
use crate::query::Context;
use crate::session::rights;
use crate::value::{SqlType, Value};

pub(super) const VIEWS: &[View] = &[
    View {
        schema: "sys",
        name: "configurations",
        columns: "configuration_id int!, name nvarchar(35)!, value sql_variant, minimum sql_variant, \
                  maximum sql_variant, value_in_use sql_variant, description nvarchar(255)!, is_dynamic bit!, \
                  is_advanced bit!",
        rows: configurations,
    },
    View {
        schema: "sys",
        name: "dm_server_services",
        columns: "servicename nvarchar(256)!, startup_type int, startup_type_desc nvarchar(256)!, status int, \
                  status_desc nvarchar(256)!, process_id int, last_startup_time datetimeoffset(7), \
                  service_account nvarchar(256)!, filename nvarchar(256)!, is_clustered nvarchar(1)!, \
                  cluster_nodename nvarchar(256), instant_file_initialization_enabled nvarchar(1)!",
        rows: services,
    },
    View {
        schema: "sys",
        name: "dm_os_host_info",
        columns: "host_platform nvarchar(256)!, host_distribution nvarchar(256)!, host_release nvarchar(256)!, \
                  host_service_pack_level nvarchar(256)!, host_sku int, os_language_version int!",
        rows: host,
    },
    View {
        schema: "sys",
        name: "dm_os_windows_info",
        columns: "windows_release nvarchar(256)!, windows_service_pack_level nvarchar(256)!, windows_sku int, \
                  os_language_version int!",
        rows: windows,
    },
    View {
        schema: "sys",
        name: "dm_os_sys_info",
        columns: "cpu_count int!, physical_memory_kb bigint!, sqlserver_start_time datetime!, \
                  sqlserver_start_time_ms_ticks bigint!, ms_ticks bigint!, virtual_machine_type int!, \
                  virtual_machine_type_desc nvarchar(60)!",
        rows: system,
    },
    View {
        schema: "sys",
        name: "dm_os_enumerate_fixed_drives",
        columns: "fixed_drive_path nvarchar(256)!, drive_type int!, drive_type_desc nvarchar(256)!, \
                  free_space_in_bytes bigint",
        rows: drives,
    },
    View {
        schema: "sys",
        name: "servers",
        columns: "server_id int!, name sysname!, product sysname!, provider sysname!, data_source nvarchar(4000), \
                  is_linked bit!, is_remote_login_enabled bit!, is_data_access_enabled bit!, modify_date datetime!",
        rows: servers,
    },
    View {
        schema: "sys",
        name: "certificates",
        columns: "name sysname!, certificate_id int!, principal_id int, pvt_key_encryption_type char(2)!, \
                  pvt_key_encryption_type_desc nvarchar(60), issuer_name nvarchar(442), expiry_date datetime, \
                  start_date datetime, thumbprint varbinary(32)!, pvt_key_last_backup_date datetime",
        rows: |_, _, _| Ok(Vec::new()),
    },
];

pub(super) const FUNCTIONS: &[TableFunction] = &[
    TableFunction {
        name: "dm_os_volume_stats",
        takes: &[SqlType::Int, SqlType::Int],
        columns: "database_id int!, file_id int!, volume_mount_point nvarchar(256), volume_id nvarchar(256), \
                  logical_volume_name nvarchar(256), file_system_type nvarchar(256), total_bytes bigint!, \
                  available_bytes bigint!, supports_compression tinyint, supports_alternate_streams tinyint, \
                  supports_sparse_files tinyint, is_read_only tinyint, is_compressed tinyint, \
                  incurs_seek_penalty tinyint",
        rows: volume,
    },
    TableFunction {
        name: "dm_os_file_exists",
        takes: &[SqlType::NVarChar(Some(260))],
        columns: "file_exists int, file_is_a_directory int, parent_directory_exists int",
        rows: file_exists,
    },
    TableFunction {
        name: "dm_os_enumerate_filesystem",
        takes: &[SqlType::NVarChar(Some(260)), SqlType::NVarChar(Some(260))],
        columns: "full_filesystem_path nvarchar(512), parent_directory nvarchar(512), file_or_directory_name nvarchar(512), \
                  level int, is_directory bit, is_read_only bit, is_system bit, is_hidden bit",
        rows: filesystem,
    },
];

/// A volume of the sandbox, when nothing limits it.
const VOLUME: u64 = 1 << 40;

fn configurations(_: &Context<'_>, _: &str, shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    /// Id, name, lowest, highest, value, dynamic, advanced, description.
    type Setting = (i32, &'static str, i32, i32, i32, bool, bool, &'static str);
    const ALL: [Setting; 9] = [
        (124, "default language", 0, 9999, 0, true, false, "default language"),
        (1534, "user options", 0, 32767, 0, true, false, "user options"),
        (1539, "max degree of parallelism", 0, 32767, 0, true, true, "maximum degree of parallelism"),
        (1543, "min server memory (MB)", 0, i32::MAX, 0, true, true, "Minimum size of server memory (MB)"),
        (1544, "max server memory (MB)", 128, i32::MAX, i32::MAX, true, true, "Maximum size of server memory (MB)"),
        (1579, "backup compression default", 0, 1, 0, true, false, "Enable compression of backups by default"),
        (1584, "backup checksum default", 0, 1, 0, true, false, "Enable checksum of backups by default"),
        (518, "show advanced options", 0, 1, 0, true, false, "show advanced options"),
        (16390, "xp_cmdshell", 0, 1, 0, true, true, "Enable or disable command shell"),
    ];
    let row = |(id, name, low, high, value, dynamic, advanced, text): Setting| {
        shape.row([
            ("configuration_id", int(id)),
            ("name", name.into()),
            ("value", int(value)),
            ("minimum", int(low)),
            ("maximum", int(high)),
            ("value_in_use", int(value)),
            ("description", text.into()),
            ("is_dynamic", dynamic.into()),
            ("is_advanced", advanced.into()),
        ])
    };
    Ok(ALL.into_iter().map(row).collect())
}

fn services(context: &Context<'_>, _: &str, shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    rights::server_state(context.session)?;
    let server = context.session.server();
    let options = server.engine.options();
    let instance = server.instance();
    let started = chrono::FixedOffset::east_opt(options.clock.offset_minutes() * 60).map(|offset| {
        let utc = server.started - chrono::TimeDelta::minutes(i64::from(options.clock.offset_minutes()));
        Value::Offset(chrono::DateTime::from_naive_utc_and_offset(utc, offset))
    });
    let row = |name: String, startup: i32, status: i32, account: &str| {
        shape.row([
            ("servicename", name.into()),
            ("startup_type", int(startup)),
            ("startup_type_desc", if startup == 2 { "Automatic" } else { "Disabled" }.into()),
            ("status", int(status)),
            ("status_desc", if status == 4 { "Running" } else { "Stopped" }.into()),
            ("process_id", int(std::process::id() as i32)),
            ("last_startup_time", started.clone().unwrap_or(Value::Null)),
            ("service_account", account.into()),
            ("filename", format!("\"{}sqlservr.exe\" -s{instance}", options.data_path.replace("DATA", "Binn")).into()),
            ("is_clustered", "N".into()),
            ("instant_file_initialization_enabled", "Y".into()),
        ])
    };
    let mut rows = vec![row(format!("SQL Server ({instance})"), 2, 4, &options.service_account)];
    if options.edition != Edition::Express {
        rows.push(row(format!("SQL Server Agent ({instance})"), 4, 1, &options.service_account));
    }
    Ok(rows)
}

fn host(_: &Context<'_>, _: &str, shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    Ok(vec![shape.row([
        ("host_platform", "Windows".into()),
        ("host_distribution", "Windows Server 2019 Standard".into()),
        ("host_release", "10.0".into()),
        ("host_service_pack_level", "".into()),
        ("host_sku", int(7)),
        ("os_language_version", int(1033)),
    ])])
}

fn windows(context: &Context<'_>, _: &str, shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    rights::server_state(context.session)?;
    Ok(vec![shape.row([
        ("windows_release", "10.0".into()),
        ("windows_service_pack_level", "".into()),
        ("windows_sku", int(7)),
        ("os_language_version", int(1033)),
    ])])
}

fn system(context: &Context<'_>, _: &str, shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    rights::server_state(context.session)?;
    let up = (context.now - context.session.server().started).num_milliseconds();
    Ok(vec![shape.row([
        ("cpu_count", int(2)),
        ("physical_memory_kb", int(8 << 20)),
        ("sqlserver_start_time", context.session.server().started.into()),
        ("sqlserver_start_time_ms_ticks", int(0)),
        ("ms_ticks", int(up)),
        ("virtual_machine_type", int(1)),
        ("virtual_machine_type_desc", "HYPERVISOR".into()),
    ])])
}

fn drives(context: &Context<'_>, _: &str, shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    let row = |(drive, megabytes): (char, u64)| {
        shape.row([
            ("fixed_drive_path", format!("{drive}:\\").into()),
            ("drive_type", int(3)),
            ("drive_type_desc", "DRIVE_FIXED".into()),
            ("free_space_in_bytes", int(i64::try_from(megabytes << 20).unwrap_or(i64::MAX))),
        ])
    };
    Ok(context.session.server().engine.fixed_drives().into_iter().map(row).collect())
}

fn servers(context: &Context<'_>, _: &str, shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    let server = context.session.server();
    Ok(vec![shape.row([
        ("server_id", int(0)),
        ("name", server.name().into()),
        ("product", "SQL Server".into()),
        ("provider", "SQLNCLI".into()),
        ("data_source", server.name().into()),
        ("is_linked", int(0)),
        ("is_remote_login_enabled", int(1)),
        ("is_data_access_enabled", int(0)),
        ("modify_date", server.started.into()),
    ])])
}

fn volume(context: &Context<'_>, arguments: &[Value], shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    rights::server_state(context.session)?;
    let (Some(Value::Int(database)), Some(Value::Int(file))) = (arguments.first(), arguments.get(1)) else {
        return Ok(Vec::new());
    };
    let engine = &context.session.server().engine;
    let all = engine.databases();
    let found = all.iter().find(|facts| i64::from(facts.id) == *database);
    let found = found.and_then(|facts| facts.files.iter().find(|facts| i64::from(facts.id) == *file));
    let Some(facts) = found else { return Ok(Vec::new()) };
    let drive = facts.physical_name.chars().next().unwrap_or('C').to_ascii_uppercase();
    let free = engine.fixed_drives().into_iter().find(|(letter, _)| *letter == drive).map_or(0, |(_, free)| free << 20);
    Ok(vec![shape.row([
        ("database_id", int(*database)),
        ("file_id", int(*file)),
        ("volume_mount_point", format!("{drive}:\\").into()),
        ("volume_id", format!("\\\\?\\Volume{{00000000-0000-0000-0000-0000000000{:02x}}}\\", u32::from(drive)).into()),
        ("logical_volume_name", "".into()),
        ("file_system_type", "NTFS".into()),
        ("total_bytes", int(i64::try_from(VOLUME.max(free)).unwrap_or(i64::MAX))),
        ("available_bytes", int(i64::try_from(free).unwrap_or(i64::MAX))),
        ("supports_compression", int(1)),
        ("supports_alternate_streams", int(1)),
        ("supports_sparse_files", int(1)),
        ("is_read_only", int(0)),
        ("is_compressed", int(0)),
        ("incurs_seek_penalty", int(0)),
    ])])
}

fn file_exists(context: &Context<'_>, arguments: &[Value], shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    let Some(Value::Text(path)) = arguments.first() else { return Ok(Vec::new()) };
    let exists = context.session.server().engine.file_exists(path);
    Ok(vec![shape.row([
        ("file_exists", exists.file.into()),
        ("file_is_a_directory", exists.directory.into()),
        ("parent_directory_exists", exists.parent.into()),
    ])])
}

fn filesystem(context: &Context<'_>, arguments: &[Value], shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    rights::server_state(context.session)?;
    let (Some(Value::Text(folder)), Some(Value::Text(pattern))) = (arguments.first(), arguments.get(1)) else {
        return Ok(Vec::new());
    };
    let wanted = pattern.replace('*', "%").replace('?', "_");
    let folder = folder.trim_end_matches(['\\', '/']);
    let entries = context.session.server().engine.dir_tree(folder, 1, true);
    let row = |entry: crate::engine::DirectoryEntry| {
        shape.row([
            ("full_filesystem_path", format!("{folder}\\{}", entry.name).into()),
            ("parent_directory", folder.into()),
            ("file_or_directory_name", entry.name.into()),
            ("level", int(0)),
            ("is_directory", Value::bit(!entry.is_file)),
            ("is_read_only", int(0)),
            ("is_system", int(0)),
            ("is_hidden", int(0)),
        ])
    };
    let fits = |name: &str| crate::query::like(name, &wanted);
    Ok(entries.into_iter().filter(|entry| fits(&entry.name)).map(row).collect())
}
