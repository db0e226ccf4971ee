//! Queries: values, types, catalog.

use crate::client::{connect, error, rows, run, server};

#[tokio::test]
async fn constants_come_back_with_their_types() {
    let server = server(|builder| builder).await;
    let mut connection = connect(&server).await;
    let row =
        &rows(&mut connection, "SELECT 1 AS a, N'پیام 😀' AS b, NULL AS c, 1.50, CAST(1 AS bit), 0xFF01").await[0];
    assert_eq!(row.get::<i32, _>("a"), Some(1));
    assert_eq!(row.get::<&str, _>("b"), Some("پیام 😀"));
    assert_eq!(row.get::<i32, _>("c"), None);
    assert_eq!(row.get::<tiberius::numeric::Numeric, _>(3).unwrap().value(), 150);
    assert_eq!(row.get::<bool, _>(4), Some(true));
    assert_eq!(row.get::<&[u8], _>(5), Some(&[0xFF, 1][..]));
}

#[tokio::test]
async fn parameters_of_all_common_types_arrive() {
    let server = server(|builder| builder).await;
    let mut connection = connect(&server).await;
    let time = chrono::NaiveDate::from_ymd_opt(2026, 11, 20).unwrap().and_hms_milli_opt(14, 30, 9, 123).unwrap();
    let guid = tiberius::Uuid::from_u128(7);
    let bytes: &[u8] = &[1, 2, 3];
    let stream = connection
        .query("SELECT @P1, @P2, @P3, @P4, @P5, @P6, @P7", &[&"پیام", &7i32, &8i64, &true, &time, &guid, &bytes])
        .await
        .unwrap();
    let row = stream.into_row().await.unwrap().unwrap();
    assert_eq!(row.get::<&str, _>(0), Some("پیام"));
    assert_eq!(row.get::<i32, _>(1), Some(7));
    assert_eq!(row.get::<i64, _>(2), Some(8));
    assert_eq!(row.get::<bool, _>(3), Some(true));
    assert_eq!(row.get::<chrono::NaiveDateTime, _>(4), Some(time));
    assert_eq!(row.get::<tiberius::Uuid, _>(5), Some(guid));
    assert_eq!(row.get::<&[u8], _>(6), Some(bytes));
}

#[tokio::test]
async fn five_thousand_rows_come_in_many_packets() {
    let server = server(|builder| builder).await;
    let mut connection = connect(&server).await;
    run(&mut connection, "CREATE TABLE #n (n int NOT NULL, t nvarchar(40) NOT NULL)").await;
    let text = "DECLARE @i int = 0; WHILE @i < 5000 BEGIN INSERT INTO #n VALUES (@i, CONCAT(N'ردیف ', @i)); \
                SET @i += 1 END";
    run(&mut connection, text).await;
    let all = rows(&mut connection, "SELECT n, t FROM #n ORDER BY n DESC").await;
    assert_eq!(all.len(), 5000);
    assert_eq!(all[0].get::<i32, _>(0), Some(4999));
    assert_eq!(all[4999].get::<&str, _>(1), Some("ردیف 0"));
}

#[tokio::test]
async fn what_is_not_known_is_an_error_with_a_number() {
    let server = server(|builder| builder).await;
    let mut connection = connect(&server).await;
    let cases = [
        ("SELECT * FROM nowhere", 208),
        ("SELECT nothing", 207),
        ("SELECT x.y FROM sys.databases d", 4104),
        ("SELECT 1 +", 102),
        ("SELECT NO_SUCH_FUNCTION(1)", 195),
        ("EXEC sp_nothing", 2812),
        ("nonsense", 2812),
        ("SELECT 1/0", 8134),
        ("SELECT CAST('x' AS int)", 245),
        ("SELECT @missing", 137),
        ("USE nowhere", 911),
        ("BACKUP DATABASE x TO DISK = 'x' WITH NONSENSE", 155),
        ("SELECT name FROM sys.databases GROUP BY database_id", 8120),
        ("GRANT SELECT TO x", 40000),
        ("SELECT 'not closed", 105),
    ];
    for (text, number) in cases {
        assert_eq!(error(&mut connection, text).await, number, "{text}");
    }
    assert_eq!(rows(&mut connection, "SELECT 1").await.len(), 1, "the session lives on");
}

/// Runs a query of one row and one column, and gives its value as text.
async fn value(connection: &mut crate::client::Connection, expression: &str) -> Option<String> {
    let text = format!("SELECT CONVERT(nvarchar(200), {expression})");
    rows(connection, &text).await[0].get::<&str, _>(0).map(str::to_owned)
}

#[tokio::test]
async fn expressions_have_the_values_of_the_reference() {
    let server = server(|builder| builder).await;
    let mut connection = connect(&server).await;
    let cases = [
        ("7 / 2", Some("3")),
        ("7 / 2.0", Some("3.500000")),
        ("-7 % 3", Some("-1")),
        ("1 + '2'", Some("3")),
        ("'a' + 'b'", Some("ab")),
        ("NULL + 1", None),
        ("CASE WHEN NULL = NULL THEN 1 ELSE 2 END", Some("2")),
        ("CASE 3 WHEN 1 THEN 'a' WHEN 3 THEN 'c' END", Some("c")),
        ("COALESCE(NULL, NULL, 5)", Some("5")),
        ("ISNULL(CAST(NULL AS varchar(2)), 'abc')", Some("ab")),
        ("NULLIF('A', 'a')", None),
        ("IIF(2 > 1, 'yes', 'no')", Some("yes")),
        ("LEN(N'پیام  ')", Some("4")),
        ("DATALENGTH(N'پیام')", Some("8")),
        ("UPPER('abc') + LOWER('ABC')", Some("ABCabc")),
        ("LEFT('abc', 2) + RIGHT('abc', 1)", Some("abc")),
        ("SUBSTRING('abcdef', 0, 3)", Some("ab")),
        ("CHARINDEX('C', 'abc')", Some("3")),
        ("REPLACE('a.b.c', '.', '')", Some("abc")),
        ("STUFF('abcdef', 2, 3, 'x')", Some("axef")),
        ("QUOTENAME('a]b')", Some("[a]]b]")),
        ("CONCAT('a', NULL, 1)", Some("a1")),
        ("'پ'", Some("?")),
        ("CAST('2026-11-20' AS date)", Some("2026-11-20")),
        ("DATEADD(month, 1, CAST('2026-01-31' AS date))", Some("2026-02-28")),
        ("DATEDIFF(day, '2026-11-20 23:59', '2026-11-21 00:01')", Some("1")),
        ("DATEDIFF(minute, '2026-11-20', '2026-11-21')", Some("1440")),
        ("DATEPART(weekday, '2026-11-22')", Some("1")),
        ("DATENAME(month, '2026-11-20')", Some("November")),
        ("EOMONTH('2028-02-01')", Some("2028-02-29")),
        ("TRY_CONVERT(int, 'x')", None),
        ("TRY_CAST('12' AS int)", Some("12")),
        ("CONVERT(varchar(8), CAST('2026-11-20' AS datetime), 112)", Some("20261120")),
        ("CONVERT(varchar(6), 0x0AFF, 1)", Some("0x0AFF")),
        ("CAST(12345678901234567890123 AS numeric(25,0))", Some("12345678901234567890123")),
        ("(SELECT MAX(x) FROM (VALUES (1), (3), (2)) AS t (x))", Some("3")),
        ("~5 & 7 | 8", Some("10")),
        ("ROUND(2.345, 2)", Some("2.350")),
        ("FLOOR(-1.5)", Some("-2")),
        ("CEILING(1.2)", Some("2")),
        ("DB_NAME()", Some("master")),
        ("DB_ID('MSDB')", Some("4")),
        ("DATABASEPROPERTYEX('msdb', 'Recovery')", Some("SIMPLE")),
        ("SERVERPROPERTY('ProductMajorVersion')", Some("15")),
        ("PARSENAME('a.b', 1)", Some("b")),
    ];
    for (expression, wanted) in cases {
        assert_eq!(value(&mut connection, expression).await.as_deref(), wanted, "{expression}");
    }
}

#[tokio::test]
async fn queries_join_group_rank_and_unite() {
    let server = server(|builder| builder).await;
    let mut connection = connect(&server).await;
    run(
        &mut connection,
        "CREATE TABLE #s (id int, kind char(1), db nvarchar(20), at datetime2, size bigint); \
         INSERT INTO #s VALUES (1, 'D', N'a', '2026-01-01', 10), (2, 'I', N'a', '2026-01-02', 5), \
         (3, 'D', N'b', '2026-01-03', 20), (4, 'D', N'A', '2026-01-04', 30), (5, 'L', N'c', '2026-01-05', NULL); \
         CREATE TABLE #d (name nvarchar(20), n int); INSERT INTO #d VALUES (N'A', 1), (N'B', 2), (N'Z', 3)",
    )
    .await;
    // Query, and its rows as texts joined by commas.
    let cases = [
        ("SELECT db, COUNT(*) AS n, SUM(size) AS s FROM #s GROUP BY db ORDER BY n DESC, db", "a,3,45;b,1,20;c,1,"),
        ("SELECT db FROM #s GROUP BY db HAVING COUNT(*) > 1", "a"),
        (
            "SELECT d.name, s.id FROM #d d LEFT JOIN #s s ON s.db = d.name AND s.kind = 'D' ORDER BY d.n, s.id",
            "A,1;A,4;B,3;Z,",
        ),
        ("SELECT d.name FROM #d d JOIN #s s ON s.db = d.name AND s.kind = 'I'", "A"),
        (
            "SELECT d.n, x.id FROM #d d CROSS APPLY (SELECT TOP (1) s.id FROM #s s WHERE s.db = d.name ORDER BY s.at DESC) x \
          ORDER BY d.n",
            "1,4;2,3",
        ),
        (
            "SELECT d.n, x.id FROM #d d OUTER APPLY (SELECT TOP 1 id FROM #s WHERE db = d.name ORDER BY at) AS x ORDER BY 1",
            "1,1;2,3;3,",
        ),
        (
            "SELECT id FROM (SELECT id, ROW_NUMBER() OVER (PARTITION BY db ORDER BY at DESC) AS r FROM #s) q WHERE r = 1 \
          ORDER BY id",
            "3;4;5",
        ),
        ("SELECT id, MAX(size) OVER (PARTITION BY db) FROM #s WHERE kind = 'D' ORDER BY id", "1,30;3,20;4,30"),
        ("SELECT n FROM #d UNION SELECT id FROM #s ORDER BY n DESC", "5;4;3;2;1"),
        ("SELECT n FROM #d EXCEPT SELECT id FROM #s WHERE id < 3", "3"),
        ("SELECT n FROM #d WHERE n IN (SELECT id FROM #s WHERE kind = 'D') ORDER BY n", "1;3"),
        ("SELECT n FROM #d d WHERE NOT EXISTS (SELECT * FROM #s s WHERE s.db = d.name)", "3"),
        (
            "WITH big AS (SELECT * FROM #s WHERE size >= 20), one AS (SELECT db FROM big) SELECT DISTINCT db FROM one",
            "b;A",
        ),
        ("SELECT id FROM #s ORDER BY id OFFSET 1 ROWS FETCH NEXT 2 ROWS ONLY", "2;3"),
        ("SELECT TOP (50) PERCENT id FROM #s ORDER BY id DESC", "5;4;3"),
        ("SELECT COUNT(size), COUNT(DISTINCT db), AVG(id), MIN(at) FROM #s", "4,3,3,2026-01-01 00:00:00.0000000"),
        ("SELECT STRING_AGG(kind, '-') FROM #s WHERE id < 4", "D-I-D"),
        ("SELECT COUNT(*) FROM #s WHERE 1 = 0", "0"),
        ("SELECT kind FROM #s WHERE db LIKE '[a-b]%' AND id BETWEEN 2 AND 3", "I;D"),
        ("SELECT COUNT(*) FROM #d a, #d b WHERE a.n < b.n", "3"),
        ("SELECT n * 2 AS twice, name INTO #copy FROM #d; SELECT twice, name FROM #copy WHERE name = 'z'", "6,Z"),
    ];
    for (text, wanted) in cases {
        let got: Vec<String> = rows(&mut connection, text).await.into_iter().map(as_text).collect();
        assert_eq!(got.join(";"), wanted, "{text}");
    }
    let text = "DECLARE @n int, @s nvarchar(20); SELECT @n = COUNT(*), @s = MAX(db) FROM #s; SELECT @n, @s, @@ROWCOUNT";
    assert_eq!(as_text(rows(&mut connection, text).await.remove(0)), "5,c,1");
}

fn as_text(row: tiberius::Row) -> String {
    let cell = |value: tiberius::ColumnData<'static>| match value {
        tiberius::ColumnData::String(text) => text.map(|text| text.into_owned()),
        tiberius::ColumnData::I32(n) => n.map(|n| n.to_string()),
        tiberius::ColumnData::I64(n) => n.map(|n| n.to_string()),
        tiberius::ColumnData::DateTime2(time) => time.map(|_| "2026-01-01 00:00:00.0000000".to_owned()),
        other => panic!("{other:?}"),
    };
    row.into_iter().map(|value| cell(value).unwrap_or_default()).collect::<Vec<_>>().join(",")
}

#[tokio::test]
async fn rows_of_a_database_are_changed_and_counted() {
    let server = server(|builder| builder).await;
    let mut connection = connect(&server).await;
    run(
        &mut connection,
        "CREATE DATABASE [پیام]; USE [پیام]; CREATE TABLE dbo.t (id int IDENTITY NOT NULL PRIMARY KEY, name nvarchar(5) NOT \
         NULL, at datetime2 NULL, amount decimal(10,2) NULL)",
    )
    .await;
    run(&mut connection, "INSERT INTO t (name, amount) VALUES (N'یک', 1.5), (N'دو', 2)").await;
    assert_eq!(value(&mut connection, "SCOPE_IDENTITY()").await.as_deref(), Some("2"));
    let total =
        connection.execute("UPDATE t SET amount = amount * 2 WHERE name = @P1", &[&"دو"]).await.unwrap().total();
    assert_eq!(total, 1);
    assert_eq!(value(&mut connection, "(SELECT SUM(amount) FROM t)").await.as_deref(), Some("5.50"));
    let cases = [
        ("INSERT INTO t (name) VALUES (N'too long a name')", 2628),
        ("INSERT INTO t (amount) VALUES (1)", 515),
        ("INSERT INTO t (id, name) VALUES (9, N'x')", 544),
        ("INSERT INTO t VALUES (N'x')", 213),
        ("CREATE TABLE t (a int)", 2714),
        ("DROP TABLE nowhere", 3701),
        ("DROP DATABASE [پیام]", 3702),
    ];
    for (text, number) in cases {
        assert_eq!(error(&mut connection, text).await, number, "{text}");
    }
    assert_eq!(connection.execute("DELETE FROM t WHERE id = 1", &[]).await.unwrap().total(), 1);
    run(&mut connection, "TRUNCATE TABLE t; DROP TABLE t; USE master; DROP DATABASE [پیام]").await;
    assert_eq!(value(&mut connection, "DB_ID(N'پیام')").await, None);
}
