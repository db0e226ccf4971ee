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
