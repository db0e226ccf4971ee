//! Databases and their files.

use super::{Shape, View, int};
use crate::engine::{DatabaseFacts, DatabaseState, FileFacts, Lsn, RecoveryModel};
use crate::failure::Outcome;
use crate::query::Context;
use crate::server::ServerRole;
use crate::session::rights;
use crate::value::{Value, same_name};

pub(super) const VIEWS: &[View] = &[
    View {
        schema: "sys",
        name: "databases",
        columns: "name sysname!, database_id int!, source_database_id int, owner_sid varbinary(85), \
                  create_date datetime!, compatibility_level tinyint!, collation_name sysname, user_access tinyint, \
                  user_access_desc nvarchar(60), is_read_only bit, is_auto_close_on bit!, is_auto_shrink_on bit, \
                  state tinyint, state_desc nvarchar(60), is_in_standby bit, is_cleanly_shutdown bit, \
                  is_supplemental_logging_enabled bit, snapshot_isolation_state tinyint, \
                  snapshot_isolation_state_desc nvarchar(60), is_read_committed_snapshot_on bit, \
                  recovery_model tinyint, recovery_model_desc nvarchar(60), page_verify_option tinyint, \
                  page_verify_option_desc nvarchar(60), is_auto_create_stats_on bit, \
                  is_auto_create_stats_incremental_on bit, is_auto_update_stats_on bit, \
                  is_auto_update_stats_async_on bit, is_ansi_null_default_on bit, is_ansi_nulls_on bit, \
                  is_ansi_padding_on bit, is_ansi_warnings_on bit, is_arithabort_on bit, \
                  is_concat_null_yields_null_on bit, is_numeric_roundabort_on bit, is_quoted_identifier_on bit, \
                  is_recursive_triggers_on bit, is_cursor_close_on_commit_on bit, is_local_cursor_default bit, \
                  is_fulltext_enabled bit, is_trustworthy_on bit, is_db_chaining_on bit, is_parameterization_forced bit, \
                  is_master_key_encrypted_by_server bit!, is_query_store_on bit, is_published bit!, is_subscribed bit!, \
                  is_merge_published bit!, is_distributor bit!, is_sync_with_backup bit!, \
                  service_broker_guid uniqueidentifier!, is_broker_enabled bit!, log_reuse_wait tinyint, \
                  log_reuse_wait_desc nvarchar(60), is_date_correlation_on bit!, is_cdc_enabled bit!, is_encrypted bit, \
                  is_honor_broker_priority_on bit, replica_id uniqueidentifier, group_database_id uniqueidentifier, \
                  resource_pool_id int, default_language_lcid smallint, default_language_name nvarchar(128), \
                  default_fulltext_language_lcid int, default_fulltext_language_name nvarchar(128), \
                  is_nested_triggers_on bit, is_transform_noise_words_on bit, two_digit_year_cutoff smallint, \
                  containment tinyint, containment_desc nvarchar(60), target_recovery_time_in_seconds int, \
                  delayed_durability int, delayed_durability_desc nvarchar(60), \
                  is_memory_optimized_elevate_to_snapshot_on bit, is_federation_member bit, \
                  is_remote_data_archive_enabled bit, is_mixed_page_allocation_on bit, is_temporal_history_retention_enabled bit, \
                  catalog_collation_type int!, catalog_collation_type_desc nvarchar(60), physical_database_name nvarchar(128)",
        rows: databases,
    },
    View {
        schema: "sys",
        name: "database_mirroring",
        columns: "database_id int!, mirroring_guid uniqueidentifier, mirroring_state tinyint, \
                  mirroring_state_desc nvarchar(60), mirroring_role tinyint, mirroring_role_desc nvarchar(60), \
                  mirroring_role_sequence int, mirroring_safety_level tinyint, mirroring_safety_level_desc nvarchar(60), \
                  mirroring_safety_sequence int, mirroring_partner_name nvarchar(128), \
                  mirroring_partner_instance nvarchar(128), mirroring_witness_name nvarchar(128), \
                  mirroring_witness_state tinyint, mirroring_witness_state_desc nvarchar(60), \
                  mirroring_failover_lsn numeric(25,0), mirroring_connection_timeout int, mirroring_redo_queue int, \
                  mirroring_redo_queue_type nvarchar(60), mirroring_end_of_log_lsn numeric(25,0), \
                  mirroring_replication_lsn numeric(25,0)",
        rows: mirroring,
    },
    View {
        schema: "sys",
        name: "sysdatabases",
        columns: "name sysname!, dbid smallint, sid varbinary(85), mode smallint, status int, status2 int, \
                  crdate datetime!, reserved datetime, category int, cmptlevel tinyint!, filename nvarchar(260), \
                  version smallint",
        rows: old_databases,
    },
    View {
        schema: "sys",
        name: "master_files",
        columns: "database_id int!, file_id int!, file_guid uniqueidentifier, type tinyint!, type_desc nvarchar(60), \
                  data_space_id int!, name sysname!, physical_name nvarchar(260)!, state tinyint, \
                  state_desc nvarchar(60), size int!, max_size int!, growth int!, is_media_read_only bit!, \
                  is_read_only bit!, is_sparse bit!, is_percent_growth bit!, is_name_reserved bit!, \
                  is_persistent_log_buffer bit!, create_lsn numeric(25,0), drop_lsn numeric(25,0), \
                  read_only_lsn numeric(25,0), read_write_lsn numeric(25,0), differential_base_lsn numeric(25,0), \
                  differential_base_guid uniqueidentifier, differential_base_time datetime, \
                  redo_start_lsn numeric(25,0), redo_start_fork_guid uniqueidentifier, \
                  redo_target_lsn numeric(25,0), redo_target_fork_guid uniqueidentifier, backup_lsn numeric(25,0), \
                  credential_id int",
        rows: master_files,
    },
    View {
        schema: "sys",
        name: "database_files",
        columns: "file_id int!, file_guid uniqueidentifier, type tinyint!, type_desc nvarchar(60), \
                  data_space_id int!, name sysname!, physical_name nvarchar(260)!, state tinyint, \
                  state_desc nvarchar(60), size int!, max_size int!, growth int!, is_media_read_only bit!, \
                  is_read_only bit!, is_sparse bit!, is_percent_growth bit!, is_name_reserved bit!, \
                  is_persistent_log_buffer bit!, create_lsn numeric(25,0), drop_lsn numeric(25,0), \
                  read_only_lsn numeric(25,0), read_write_lsn numeric(25,0), differential_base_lsn numeric(25,0), \
                  differential_base_guid uniqueidentifier, differential_base_time datetime, \
                  redo_start_lsn numeric(25,0), redo_start_fork_guid uniqueidentifier, \
                  redo_target_lsn numeric(25,0), redo_target_fork_guid uniqueidentifier, backup_lsn numeric(25,0)",
        rows: database_files,
    },
    View {
        schema: "sys",
        name: "filegroups",
        columns: "name sysname!, data_space_id int!, type char(2)!, type_desc nvarchar(60), is_default bit, \
                  is_system bit, filegroup_guid uniqueidentifier, log_filegroup_id int, is_read_only bit, \
                  is_autogrow_all_files bit",
        rows: filegroups,
    },
    View {
        schema: "sys",
        name: "database_recovery_status",
        columns: "database_id int!, database_guid uniqueidentifier, family_guid uniqueidentifier, \
                  last_log_backup_lsn numeric(25,0), recovery_fork_guid uniqueidentifier, \
                  first_recovery_fork_guid uniqueidentifier, fork_point_lsn numeric(25,0)",
        rows: recovery_status,
    },
    View {
        schema: "sys",
        name: "dm_db_file_space_usage",
        columns: "database_id smallint, file_id smallint, filegroup_id smallint, total_page_count bigint, \
                  allocated_extent_page_count bigint, unallocated_extent_page_count bigint, \
                  version_store_reserved_page_count bigint, user_object_reserved_page_count bigint, \
                  internal_object_reserved_page_count bigint, mixed_extent_page_count bigint, \
                  modified_extent_page_count bigint",
        rows: file_space,
    },
    View {
        schema: "sys",
        name: "dm_db_log_space_usage",
        columns: "database_id smallint, total_log_size_in_bytes bigint, used_log_space_in_bytes bigint, \
                  used_log_space_in_percent real, log_space_in_bytes_since_last_backup bigint",
        rows: log_space,
    },
];

/// Databases whose row a session sees: VIEW ANY DATABASE is granted to public.
fn all(context: &Context<'_>) -> Vec<DatabaseFacts> {
    context.session.server().engine.databases()
}

fn lsn(lsn: Option<Lsn>) -> Value {
    lsn.filter(|lsn| !lsn.is_zero()).map_or(Value::Null, |lsn| Value::numeric(lsn.decimal() as i128))
}

fn owner_sid(context: &Context<'_>, facts: &DatabaseFacts) -> Value {
    let logins = super::principals::logins(context.session.server());
    let owner = logins.into_iter().find(|(_, account)| same_name(&account.name, &facts.owner));
    let (id, name) = owner.map_or((2, facts.owner.as_str()), |(id, account)| (id, account.name.as_str()));
    Value::Bytes(super::principals::sid(id, name))
}

fn databases(context: &Context<'_>, _: &str, shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    let row = |facts: DatabaseFacts| {
        let open = facts.state == DatabaseState::Online;
        let simple = facts.recovery_model == RecoveryModel::Simple;
        let waits = !simple && open && facts.last_log_backup_lsn.is_some();
        let ties = context.session.server().engine.ties(facts.id);
        let page_verify = ["NONE", "TORN_PAGE_DETECTION", "CHECKSUM"];
        shape.row([
            ("owner_sid", owner_sid(context, &facts)),
            ("name", facts.name.clone().into()),
            ("database_id", int(facts.id)),
            ("create_date", facts.created.into()),
            ("compatibility_level", int(facts.compatibility_level)),
            ("collation_name", if open { facts.collation.into() } else { Value::Null }),
            ("user_access", int(facts.user_access.number())),
            ("user_access_desc", facts.user_access.name().into()),
            ("is_read_only", facts.read_only.into()),
            ("is_auto_close_on", int(0)),
            ("is_auto_shrink_on", int(0)),
            ("state", int(facts.state.number())),
            ("state_desc", facts.state.name().into()),
            ("is_in_standby", facts.in_standby.into()),
            ("is_cleanly_shutdown", int(0)),
            ("is_supplemental_logging_enabled", int(0)),
            ("snapshot_isolation_state", int(0)),
            ("snapshot_isolation_state_desc", "OFF".into()),
            ("is_read_committed_snapshot_on", int(0)),
            ("recovery_model", int(facts.recovery_model.number())),
            ("recovery_model_desc", facts.recovery_model.name().into()),
            ("page_verify_option", int(facts.page_verify)),
            (
                "page_verify_option_desc",
                page_verify.get(usize::from(facts.page_verify)).copied().unwrap_or("NONE").into(),
            ),
            ("is_auto_create_stats_on", int(1)),
            ("is_auto_create_stats_incremental_on", int(0)),
            ("is_auto_update_stats_on", int(1)),
            ("is_auto_update_stats_async_on", int(0)),
            ("is_ansi_null_default_on", int(0)),
            ("is_ansi_nulls_on", int(0)),
            ("is_ansi_padding_on", int(0)),
            ("is_ansi_warnings_on", int(0)),
            ("is_arithabort_on", int(0)),
            ("is_concat_null_yields_null_on", int(0)),
            ("is_numeric_roundabort_on", int(0)),
            ("is_quoted_identifier_on", int(0)),
            ("is_recursive_triggers_on", int(0)),
            ("is_cursor_close_on_commit_on", int(0)),
            ("is_local_cursor_default", int(0)),
            ("is_fulltext_enabled", int(0)),
            ("is_trustworthy_on", Value::bit(facts.id == 4)),
            ("is_db_chaining_on", Value::bit(facts.id <= 4 && facts.id != 3)),
            ("is_parameterization_forced", int(0)),
            ("is_master_key_encrypted_by_server", int(0)),
            ("is_query_store_on", int(0)),
            ("source_database_id", ties.snapshot_of.map_or(Value::Null, int)),
            ("replica_id", if ties.availability_group { Value::Guid(uuid::Uuid::from_u128(1)) } else { Value::Null }),
            ("is_published", ties.published.into()),
            ("is_subscribed", int(0)),
            ("is_merge_published", int(0)),
            ("is_distributor", int(0)),
            ("is_sync_with_backup", int(0)),
            ("service_broker_guid", Value::Guid(facts.database_guid.unwrap_or_default())),
            ("is_broker_enabled", Value::bit(facts.id == 4)),
            ("log_reuse_wait", int(if waits { 2 } else { 0 })),
            ("log_reuse_wait_desc", if waits { "LOG_BACKUP" } else { "NOTHING" }.into()),
            ("is_date_correlation_on", int(0)),
            ("is_cdc_enabled", int(0)),
            ("is_encrypted", int(0)),
            ("is_honor_broker_priority_on", int(0)),
            ("containment", int(0)),
            ("containment_desc", "NONE".into()),
            ("target_recovery_time_in_seconds", int(60)),
            ("delayed_durability", int(0)),
            ("delayed_durability_desc", "DISABLED".into()),
            ("is_memory_optimized_elevate_to_snapshot_on", int(0)),
            ("is_federation_member", int(0)),
            ("is_remote_data_archive_enabled", int(0)),
            ("is_mixed_page_allocation_on", int(0)),
            ("is_temporal_history_retention_enabled", int(1)),
            ("catalog_collation_type", int(0)),
            ("catalog_collation_type_desc", "DATABASE_DEFAULT".into()),
            ("physical_database_name", facts.name.into()),
        ])
    };
    Ok(all(context).into_iter().map(row).collect())
}

fn mirroring(context: &Context<'_>, _: &str, shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    let row = |facts: DatabaseFacts| {
        let guid = context.session.server().engine.ties(facts.id).mirrored.then(|| uuid::Uuid::from_u128(2));
        shape.row([("database_id", int(facts.id)), ("mirroring_guid", guid.into())])
    };
    Ok(all(context).into_iter().map(row).collect())
}

fn old_databases(context: &Context<'_>, _: &str, shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    let row = |facts: DatabaseFacts| {
        shape.row([
            ("sid", owner_sid(context, &facts)),
            ("name", facts.name.into()),
            ("dbid", int(facts.id)),
            ("mode", int(0)),
            ("status", int(65_536)),
            ("crdate", facts.created.into()),
            ("cmptlevel", int(facts.compatibility_level)),
            ("filename", facts.files.first().map(|file| file.physical_name.clone()).into()),
        ])
    };
    Ok(all(context).into_iter().map(row).collect())
}

/// What both views of files say.
fn file_pairs(facts: &DatabaseFacts, file: FileFacts) -> [(&'static str, Value); 22] {
    let online = matches!(facts.state, DatabaseState::Online);
    let (state, state_name) = match facts.state {
        DatabaseState::Restoring => (1, "RESTORING"),
        DatabaseState::Offline => (6, "OFFLINE"),
        _ => (0, "ONLINE"),
    };
    let base_time = file.differential_base_time.map_or(Value::Null, Value::DateTime);
    [
        ("file_id", int(file.id)),
        ("file_guid", Value::Guid(file.guid)),
        ("type", Value::bit(file.is_log)),
        ("type_desc", if file.is_log { "LOG" } else { "ROWS" }.into()),
        ("data_space_id", int(file.group_id)),
        ("name", file.logical_name.into()),
        ("physical_name", file.physical_name.into()),
        ("state", int(state)),
        ("state_desc", state_name.into()),
        ("size", int(file.size_pages)),
        ("max_size", int(file.max_size)),
        ("growth", int(file.growth)),
        ("is_media_read_only", int(0)),
        ("is_read_only", Value::bit(online && facts.read_only && !file.is_log && file.group_id > 1)),
        ("is_sparse", int(0)),
        ("is_percent_growth", file.percent_growth.into()),
        ("is_name_reserved", int(0)),
        ("is_persistent_log_buffer", int(0)),
        ("create_lsn", lsn(Some(file.create_lsn))),
        ("differential_base_lsn", lsn(file.differential_base_lsn)),
        ("differential_base_guid", file.differential_base_guid.into()),
        ("differential_base_time", base_time),
    ]
}

/// VIEW ANY DEFINITION, or the own databases.
fn sees_files(context: &Context<'_>, facts: &DatabaseFacts) -> bool {
    let account = context.session.account();
    account.has(ServerRole::Sysadmin) || account.has(ServerRole::DbCreator) || rights::may_enter(account, facts)
}

fn master_files(context: &Context<'_>, _: &str, shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    let mut rows = Vec::new();
    for facts in all(context).into_iter().filter(|facts| sees_files(context, facts)) {
        for file in facts.files.clone() {
            let mut row = shape.row(file_pairs(&facts, file));
            row[0] = int(facts.id);
            rows.push(row);
        }
    }
    Ok(rows)
}

fn database_files(context: &Context<'_>, database: &str, shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    context.session.may_use(database)?;
    let facts = context.session.server().engine.database(database)?;
    Ok(facts.files.clone().into_iter().map(|file| shape.row(file_pairs(&facts, file))).collect())
}

fn filegroups(context: &Context<'_>, database: &str, shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    context.session.may_use(database)?;
    let facts = context.session.server().engine.database(database)?;
    let mut rows = Vec::new();
    let mut seen = Vec::new();
    for file in facts.files.into_iter().filter(|file| !file.is_log) {
        if seen.contains(&file.group_id) {
            continue;
        }
        seen.push(file.group_id);
        rows.push(shape.row([
            ("name", file.group_name.into()),
            ("data_space_id", int(file.group_id)),
            ("type", "FG".into()),
            ("type_desc", "ROWS_FILEGROUP".into()),
            ("is_default", Value::bit(file.group_id == 1)),
            ("is_system", int(0)),
            ("is_read_only", int(0)),
            ("is_autogrow_all_files", int(0)),
        ]));
    }
    Ok(rows)
}

fn recovery_status(context: &Context<'_>, _: &str, shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    let row = |facts: DatabaseFacts| {
        shape.row([
            ("database_id", int(facts.id)),
            ("database_guid", facts.database_guid.into()),
            ("family_guid", facts.family_guid.into()),
            ("last_log_backup_lsn", lsn(facts.last_log_backup_lsn)),
            ("recovery_fork_guid", facts.recovery_fork.into()),
        ])
    };
    let sees = |facts: &DatabaseFacts| sees_files(context, facts);
    Ok(all(context).into_iter().filter(sees).map(row).collect())
}

fn file_space(context: &Context<'_>, database: &str, shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    context.session.may_use(database)?;
    if !rights::is_owner(context.session, database) {
        rights::server_state(context.session)?;
    }
    let facts = context.session.server().engine.database(database)?;
    let row = |file: FileFacts| {
        let allocated = (i64::from(file.used_pages) + 7) / 8 * 8;
        let total = i64::from(file.size_pages);
        shape.row([
            ("database_id", int(facts.id)),
            ("file_id", int(file.id)),
            ("filegroup_id", int(file.group_id)),
            ("total_page_count", int(total)),
            ("allocated_extent_page_count", int(allocated.min(total))),
            ("unallocated_extent_page_count", int((total - allocated).max(0))),
            ("version_store_reserved_page_count", int(0)),
            ("user_object_reserved_page_count", int(0)),
            ("internal_object_reserved_page_count", int(0)),
            ("mixed_extent_page_count", int(0)),
            ("modified_extent_page_count", int(file.modified_pages)),
        ])
    };
    Ok(facts.files.into_iter().filter(|file| !file.is_log).map(row).collect())
}

fn log_space(context: &Context<'_>, database: &str, shape: &Shape) -> Outcome<Vec<Vec<Value>>> {
    context.session.may_use(database)?;
    let facts = context.session.server().engine.database(database)?;
    let log = facts.files.iter().filter(|file| file.is_log);
    let (total, used) = log.fold((0i64, 0i64), |(total, used), file| {
        (total + i64::from(file.size_pages) * 8192, used + i64::from(file.used_pages) * 8192)
    });
    Ok(vec![shape.row([
        ("database_id", int(facts.id)),
        ("total_log_size_in_bytes", int(total)),
        ("used_log_space_in_bytes", int(used)),
        ("used_log_space_in_percent", Value::Float(if total == 0 { 0.0 } else { used as f64 * 100.0 / total as f64 })),
        ("log_space_in_bytes_since_last_backup", int(used)),
    ])])
}
