//! Schedules that cannot be.

/// What is wrong with a schedule, and a right example.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// Not a time of day.
    #[error("`{0}` is not a time of day; write it like 02:30 or 23:00")]
    Time(String),
    /// Not a window of hours.
    #[error("`{0}` is not a window of hours; write it like 22:00-06:00")]
    Window(String),
    /// Not a day of the week.
    #[error("`{0}` is not a day of the week; write it like Saturday, Sat or شنبه")]
    Weekday(String),
    /// Not a day of the month.
    #[error("`{0}` is not a day of the month; write 1 to 31, Last, or like `First Friday`")]
    MonthDay(String),
    /// Nothing was chosen.
    #[error("the schedule has no {0}; give at least one")]
    Empty(&'static str),
    /// An interval that cannot be.
    #[error("every {0} minutes is not possible; use 1 minute to 24 hours, such as every 4 hours")]
    Interval(u32),
    /// Differentials between fulls.
    #[error("{0} differentials between two fulls are not possible; use 1 to 1000, such as 6")]
    Count(u32),
    /// Not a cron expression of five fields.
    #[error("`{text}` is not a cron expression of five fields: {why}; write it like `30 2 * * SAT`")]
    Cron {
        /// The text.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// An expression that no day fits.
    #[error("`{0}` never comes, as a 30 February does not; write it like `30 2 * * SAT`")]
    CronNever(String),
    /// Not a time zone.
    #[error("`{0}` is no time zone; write it like Asia/Tehran or `Iran Standard Time`")]
    Zone(String),
}
