//! What the page says, in both languages.

use crate::policy::calendar::{Language, in_digits_of};

/// One text in English and in Persian.
#[derive(Clone, Copy)]
pub struct Text(pub &'static str, pub &'static str);

impl Text {
    /// In a language.
    pub const fn of(self, language: Language) -> &'static str {
        match language {
            Language::English => self.0,
            Language::Persian => self.1,
        }
    }
}

pub const TITLE: Text = Text("Backup report", "گزارش پشتیبان‌گیری");
pub const MADE: Text = Text("Made", "زمان تهیه");
pub const PLAN: Text = Text("Plan", "برنامه");
pub const DATABASE: Text = Text("Database", "پایگاه داده");
pub const SERVER: Text = Text("Server", "سرور");
pub const FOLDER: Text = Text("Folder", "پوشه");
pub const SCHEDULE: Text = Text("Schedule", "زمان‌بندی");
pub const STATE: Text = Text("State", "وضعیت");
pub const GOOD: Text = Text("Protected", "محافظت‌شده");
pub const ATTENTION: Text = Text("Needs a look", "نیازمند بررسی");
pub const DANGER: Text = Text("At risk", "در خطر");
pub const OVERVIEW: Text = Text("Overview", "در یک نگاه");
pub const NEWEST: Text = Text("Can be restored up to", "قابل بازیابی تا");
pub const OLDEST: Text = Text("Oldest moment", "قدیمی‌ترین لحظه");
pub const LAST: Text = Text("Last backup", "آخرین پشتیبان");
pub const NEXT: Text = Text("Next run", "اجرای بعدی");
pub const STORED: Text = Text("Stored", "حجم ذخیره‌شده");
pub const LONGEST: Text = Text("Longest gap", "بلندترین شکاف");
pub const NONE: Text = Text("none", "هیچ");
pub const BACKUPS: Text = Text("backups", "پشتیبان");
pub const MOMENTS: Text = Text("What can be restored", "چه لحظه‌هایی قابل بازیابی است");
pub const SIZES: Text = Text("Size of the backups", "حجم پشتیبان‌ها");
pub const RESTORABLE: Text = Text("every moment", "همه لحظه‌ها");
pub const SINGLE: Text = Text("one moment", "یک لحظه");
pub const MISSING: Text = Text("cannot be restored", "غیرقابل بازیابی");
pub const ISSUES: Text = Text("Needs action", "نیازمند اقدام");
pub const ALL_WELL: Text = Text("Nothing needs action.", "هیچ موردی نیازمند اقدام نیست.");
pub const NEXT_RUNS: Text = Text("Next runs", "اجراهای بعدی");
pub const LAST_RUNS: Text = Text("Last runs", "اجراهای اخیر");
pub const NO_RUNS: Text = Text("It has not run yet.", "هنوز اجرا نشده است.");
pub const NO_NEXT: Text = Text("It runs only when asked to.", "فقط به درخواست اجرا می‌شود.");
pub const HOLES: Text = Text("Gaps", "شکاف‌ها");
pub const FROM: Text = Text("From", "از");
pub const TO: Text = Text("To", "تا");
pub const LENGTH: Text = Text("Length", "مدت");
pub const CAUSE: Text = Text("Cause", "علت");
pub const WHEN: Text = Text("When", "زمان");
pub const WHAT: Text = Text("What", "نوع");
pub const OTHER_CALENDAR: Text = Text("Persian date", "تاریخ میلادی");
pub const OUTCOME: Text = Text("Outcome", "نتیجه");
pub const DONE: Text = Text("done", "انجام شد");
pub const WARNINGS: Text = Text("with warnings", "با هشدار");
pub const FAILED: Text = Text("failed", "ناموفق");
pub const OVERDUE: Text = Text("A backup is overdue", "پشتیبان‌گیری عقب افتاده است");
pub const OVERDUE_STEP: Text = Text(
    "see Get-PGBackupHistory for why, and run Invoke-PGBackupPlan",
    "علت را با Get-PGBackupHistory ببینید و Invoke-PGBackupPlan را اجرا کنید",
);
pub const LAST_RUN_FAILED: Text = Text("The last run failed", "آخرین اجرا ناموفق بود");
pub const NOT_SEEN: Text = Text("The backups could not be seen", "پشتیبان‌ها دیده نشدند");
pub const NOT_SEEN_STEP: Text = Text(
    "make the report on the server's machine, or with a login that reaches the server",
    "گزارش را روی رایانه سرور یا با حسابی که به سرور می‌رسد تهیه کنید",
);
pub const BAD_PLAN: Text = Text("The plan cannot be read", "برنامه خوانده نمی‌شود");
pub const NO_BACKUP: Text = Text("Nothing can be restored", "هیچ‌چیز قابل بازیابی نیست");
pub const NO_BACKUP_STEP: Text = Text("make a full backup now", "هم‌اکنون یک پشتیبان کامل بگیرید");
pub const FROM_FOLDER: Text = Text("read from the files in the folder", "خوانده‌شده از فایل‌های پوشه");
pub const FROM_SERVER: Text = Text("told by the server's history", "به گفته تاریخچه سرور");
pub const NO_PLANS: Text = Text("There is no plan.", "هیچ برنامه‌ای نیست.");
pub const MORE: Text = Text("more", "مورد دیگر");

/// Before a next step: in the direction of the text.
pub const ARROW: Text = Text("→", "←");
pub const HOLE_STEP: Text = Text(
    "look for another copy of what is missing there; other moments are not touched",
    "نسخه دیگری از آنچه آنجا نیست را پیدا کنید؛ لحظه‌های دیگر آسیبی ندیده‌اند",
);

/// Why there is a gap, by its code. English has the library's own sentence.
pub fn cause(code: &str, language: Language) -> Option<&'static str> {
    match (language, code) {
        (Language::English, _) => None,
        (_, "simple") => Some("مدل بازیابی ساده است و فقط لحظه پشتیبان‌ها قابل بازیابی است"),
        (_, "no_log_backup") => Some("پشتیبان لاگی از آن زمان در دست نیست"),
        (_, "missing_log") => Some("یک پشتیبان لاگ در زنجیره نیست"),
        (_, "bulk_logged") => Some("پشتیبان لاگ عملیات انبوه دارد و فقط تا پایان آن قابل بازیابی است"),
        (_, "unusable") => Some("پشتیبانی که آن لحظه را دارد به کار نمی‌آید"),
        _ => None,
    }
}

/// The headline of a finding, by its code; the library's own sentence stands below it.
pub fn finding(code: &str, language: Language) -> &'static str {
    let text = match code {
        "damaged" => Text("A backup is damaged", "یک پشتیبان آسیب دیده است"),
        "incomplete" => Text("A backup did not finish", "یک پشتیبان ناتمام مانده است"),
        "missing_stripes" => Text("A part of a backup is missing", "بخشی از یک پشتیبان نیست"),
        "snapshot" => Text("A backup is a snapshot of another tool", "یک پشتیبان تصویر لحظه‌ای ابزاری دیگر است"),
        "file_backup" | "partial_backup" => {
            Text("A backup is not of the whole database", "یک پشتیبان از همه پایگاه داده نیست")
        }
        "orphan" => Text("What a backup builds on is missing", "آنچه یک پشتیبان به آن تکیه دارد نیست"),
        "nothing_restorable" => NO_BACKUP,
        "never_verified" => Text("The backups were never verified", "پشتیبان‌ها هرگز راستی‌آزمایی نشده‌اند"),
        "unread" => Text("Something in the folder cannot be read", "چیزی در پوشه خوانده نمی‌شود"),
        "hole" => Text("There is a gap in what can be restored", "در لحظه‌های قابل بازیابی شکافی هست"),
        _ => Text("Something is wrong with a backup", "پشتیبانی ایراد دارد"),
    };
    text.of(language)
}

/// What to do about a finding, in the language, where there are words for it.
pub fn step<'t>(code: &str, english: &'t str, language: Language) -> &'t str {
    if language == Language::English {
        return english;
    }
    match code {
        "damaged" => "نسخه دیگری از فایل را پیدا کنید و هم‌اکنون پشتیبان کامل تازه بگیرید",
        "incomplete" => "پشتیبان را دوباره بگیرید",
        "missing_stripes" => "همه فایل‌های آن را در پوشه بگذارید",
        "orphan" => "آنچه نیست را در پوشه بگذارید؛ اگر از دست رفته، هم‌اکنون پشتیبان کامل تازه بگیرید",
        "nothing_restorable" => NO_BACKUP_STEP.1,
        "never_verified" => "آن‌ها را یک بار با Test-PGBackupChain -Verify تا پایان بخوانید",
        "file_backup" | "partial_backup" => "از همه پایگاه داده هم پشتیبان کامل بگیرید",
        _ => english,
    }
}

/// Bytes for people: `1.5 GB`.
pub fn size(bytes: u64, language: Language) -> String {
    let units = [
        Text("B", "بایت"),
        Text("KB", "کیلوبایت"),
        Text("MB", "مگابایت"),
        Text("GB", "گیگابایت"),
        Text("TB", "ترابایت"),
    ];
    let (mut value, mut unit) = (bytes as f64, 0);
    while value >= 1024.0 && unit + 1 < units.len() {
        value /= 1024.0;
        unit += 1;
    }
    let number = if unit == 0 { format!("{value:.0}") } else { format!("{value:.1}") };
    in_digits_of(&format!("{} {}", decimal(&number, language), units[unit].of(language)), language)
}

/// The decimal sign of the language.
fn decimal(number: &str, language: Language) -> String {
    if language == Language::Persian { number.replace('.', "٫") } else { number.to_owned() }
}
