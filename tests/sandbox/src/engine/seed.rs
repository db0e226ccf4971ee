//! A PayamGostar2 database with customers, the same ones every time.

use chrono::{Duration, NaiveDate};
use uuid::Uuid;

use super::error::Answer;
use super::instance::{Engine, NewDatabase, NewTable};
use super::value::{Column, ColumnType, Value};

const FIRST_NAMES: &[&str] = &[
    "علی",
    "محمد",
    "زهرا",
    "فاطمه",
    "حسین",
    "مریم",
    "رضا",
    "سارا",
    "امیر",
    "نرگس",
    "مهدی",
    "لیلا",
    "کاوه",
    "شیرین",
    "آرش",
    "پریسا",
    "بهرام",
    "نسترن",
    "سیاوش",
    "گلناز",
    "پژمان",
    "ژاله",
    "یاسمن",
    "کیان",
];
const LAST_NAMES: &[&str] = &[
    "محمدی",
    "حسینی",
    "احمدی",
    "رضایی",
    "کریمی",
    "موسوی",
    "جعفری",
    "صادقی",
    "رحیمی",
    "هاشمی",
    "کاظمی",
    "نوری",
    "یزدانی",
    "شریفی",
    "پورمحمد",
    "گودرزی",
    "ژیان",
    "چراغی",
    "خسروی",
    "تهرانی",
];
const CITIES: &[&str] =
    &["تهران", "اصفهان", "شیراز", "مشهد", "تبریز", "کرج", "اهواز", "قم", "رشت", "یزد", "کرمان", "همدان"];
const STREETS: &[&str] = &["ولیعصر", "انقلاب", "آزادی", "شریعتی", "مطهری", "بهشتی", "چهارباغ", "زند"];

/// A small generator (splitmix64): enough for made-up people, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap_or(0)
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words.get(self.below(words.len())).copied().unwrap_or_default()
    }
}

fn customer(number: u32) -> Vec<Value> {
    let mut dice = Dice(u64::from(number));
    let first = dice.pick(FIRST_NAMES);
    let last = dice.pick(LAST_NAMES);
    let city = dice.pick(CITIES);
    let street = dice.pick(STREETS);
    let day = NaiveDate::from_ymd_opt(2019, 3, 21).unwrap_or_default() + Duration::days(dice.below(2400) as i64);
    let created = day.and_hms_opt(0, 0, 0).unwrap_or_default() + Duration::milliseconds(dice.below(86_400_000) as i64);
    let note = match dice.below(4) {
        0 => Value::Text(format!("تماس بعدی: پیگیری قرارداد شمارهٔ {}", dice.below(9000) + 1000)),
        _ => Value::Null,
    };
    vec![
        Value::Int(i64::from(number)),
        Value::Guid(Uuid::from_u64_pair(dice.next(), dice.next())),
        Value::Text(first.to_owned()),
        Value::Text(last.to_owned()),
        Value::Text(format!("09{:09}", dice.next() % 1_000_000_000)),
        Value::Text(format!("customer{number}@example.ir")),
        Value::Text(city.to_owned()),
        Value::Text(format!("{city}، خیابان {street}، پلاک {}", dice.below(400) + 1)),
        Value::Decimal { unscaled: i128::from(dice.next() % 5_000_000_000), scale: 2 },
        Value::Bit(dice.below(5) != 0),
        Value::DateTime(created),
        note,
    ]
}

impl Engine {
    /// Makes the database `PayamGostar2` (files `PayamGostar2` and `PayamGostar2_log` in the default
    /// folders, recovery model FULL) with `rows` customers in `dbo.Customers`, always the same ones.
    ///
    /// # Errors
    /// As [`Engine::create_database`].
    pub fn seed_payamgostar(&self, rows: u32) -> Answer<()> {
        self.create_database(&NewDatabase::new("PayamGostar2"))?;
        let table = NewTable {
            schema: "dbo".to_owned(),
            name: "Customers".to_owned(),
            columns: vec![
                Column::required("CustomerId", ColumnType::Int),
                Column::required("CustomerGuid", ColumnType::UniqueIdentifier),
                Column::required("FirstName", ColumnType::NVarChar(50)),
                Column::required("LastName", ColumnType::NVarChar(50)),
                Column::nullable("Mobile", ColumnType::VarChar(20)),
                Column::nullable("Email", ColumnType::VarChar(100)),
                Column::nullable("City", ColumnType::NVarChar(50)),
                Column::nullable("Address", ColumnType::NVarChar(200)),
                Column::required("Balance", ColumnType::Decimal(18, 2)),
                Column::required("IsActive", ColumnType::Bit),
                Column::required("CreatedAt", ColumnType::DateTime2(3)),
                Column::nullable("Note", ColumnType::NVarCharMax),
            ],
            primary_key: vec![0],
            primary_key_name: Some("PK_Customers".to_owned()),
        };
        self.create_table("PayamGostar2", &table)?;
        let rows: Vec<Vec<Value>> = (1..=rows).map(customer).collect();
        self.insert("PayamGostar2", "dbo", "Customers", &rows).map(|_| ())
    }
}
