"""Makes the tables in golden/ from libraries that nobody of this project wrote.

    python3 -m venv v && v/bin/pip install croniter==7.0.0 jdatetime==6.1.1 tzdata==2026.6
    PYTHONTZPATH= v/bin/python tests/policy/golden.py

cron.tsv     cron expression, start, the five next times (croniter, local times without a zone)
persian.tsv  day of the Persian month, start, the next twelve dates (jdatetime)
clocks.tsv   zone, UTC second of a change of its clock, offset before and after (zoneinfo, tzdata)
"""

import calendar
import datetime as dt
import pathlib
import random
from zoneinfo import ZoneInfo

import jdatetime
from croniter import croniter

GOLDEN = pathlib.Path(__file__).parent / "golden"
DICE = random.Random(1405)


def field(low, high, names=None):
    def one():
        value = DICE.randint(low, high)
        return names[value - low] if names and DICE.random() < 0.5 else str(value)

    kind = DICE.randint(0, 6)
    if kind <= 2:
        return "*"
    if kind == 3:
        return f"*/{DICE.choice([2, 3, 5, 7, 15])}" if high > 12 else "*/2"
    if kind == 4:
        first, last = sorted(DICE.sample(range(low, high + 1), 2))
        return f"{first}-{last}"
    if kind == 5:
        return ",".join(one() for _ in range(3))
    return one()


def cron():
    months = [name.upper() for name in calendar.month_abbr[1:]]
    days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
    known = ["30 2 * * SAT", "*/15 * * * *", "0 0 29 2 *", "0 23 1 * *", "0 4 * * 1-5", "0 0 13 * FRI", "5 4 31 * *"]
    lines = []
    while len(lines) < 260:
        if known:
            text = known.pop(0)
        else:
            text = " ".join([field(0, 59), field(0, 23), field(1, 28), field(1, 12, months), field(0, 6, days)])
        start = dt.datetime(1990, 1, 1) + dt.timedelta(minutes=DICE.randint(0, 40 * 366 * 1440))
        times = croniter(text, start)
        nexts = [times.get_next(dt.datetime).isoformat() for _ in range(5)]
        lines.append("\t".join([text, start.isoformat(), *nexts]))
    (GOLDEN / "cron.tsv").write_text("\n".join(lines) + "\n")


def persian():
    lines = []
    for rule in ["1", "15", "29", "30", "31", "Last", "First Saturday", "Third Friday", "Fifth Monday", "Last Thursday"]:
        # jdatetime keeps to the bare 33-year cycle, which fails first in 1502.
        for year in [1369, 1378, 1387, 1399, 1403, 1408, 1420, 1499]:
            start = jdatetime.date(year, DICE.randint(1, 12), DICE.randint(1, 28))
            found, (y, m) = [], (start.year, start.month)
            while len(found) < 12:
                days = 31 if m <= 6 else 30 if m < 12 else (30 if jdatetime.date(y, 1, 1).isleap() else 29)
                dates = [jdatetime.date(y, m, d) for d in range(1, days + 1)]
                if rule == "Last":
                    date = dates[-1]
                elif rule.isdigit():
                    date = dates[min(int(rule), days) - 1]
                else:
                    nth, name = rule.split()
                    same = [d for d in dates if d.togregorian().strftime("%A") == name]
                    at = {"First": 0, "Third": 2, "Fifth": 4, "Last": len(same) - 1}[nth]
                    date = same[min(at, len(same) - 1)]
                if date >= start:
                    found.append(date.togregorian().isoformat())
                y, m = (y + 1, 1) if m == 12 else (y, m + 1)
            lines.append("\t".join([rule, start.togregorian().isoformat(), *found]))
    (GOLDEN / "persian.tsv").write_text("\n".join(lines) + "\n")


def clocks():
    lines = []
    for name in ["Asia/Tehran", "Europe/Berlin"]:
        zone = ZoneInfo(name)

        def offset(second):
            return int(dt.datetime.fromtimestamp(second, zone).utcoffset().total_seconds())

        second = int(dt.datetime(1990, 1, 1, tzinfo=dt.timezone.utc).timestamp())
        end = int(dt.datetime(2031, 1, 1, tzinfo=dt.timezone.utc).timestamp())
        while second < end:
            low, high = second, second + 86400
            if offset(low) != offset(high):
                while high - low > 1:
                    middle = (low + high) // 2
                    low, high = (middle, high) if offset(middle) == offset(low) else (low, middle)
                lines.append(f"{name}\t{high}\t{offset(low)}\t{offset(high)}")
            second += 86400
    (GOLDEN / "clocks.tsv").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    cron()
    persian()
    clocks()
