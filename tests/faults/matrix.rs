//! All points, those that are asked for, and the table of what came of them.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Instant;

use crate::judge::{Verdict, judge};
use crate::play::{Fault, Place, Point, play, statements};
use crate::scene::{Shape, Template};

/// Points inside a backup or restore, in extents.
const INSIDE: [u64; 10] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

/// The short slice plays one point of so many.
const SLICE: usize = 101;

/// What is asked for.
#[derive(Default)]
struct Wish {
    all: bool,
    shape: Option<String>,
    fault: Option<String>,
    point: Option<usize>,
    every: Option<usize>,
    from: usize,
    to: Option<usize>,
}

pub fn run(arguments: impl Iterator<Item = String>) -> ExitCode {
    let wish = match read(arguments) {
        Ok(wish) => wish,
        Err(why) => {
            eprintln!("faults: {why}");
            return ExitCode::FAILURE;
        }
    };
    let began = Instant::now();
    let template = Template::make();
    let mut points = Vec::new();
    for shape in Shape::here().filter(|shape| wish.shape.as_deref().is_none_or(|word| shape.word().starts_with(word))) {
        points.extend(points_of(shape, &statements(&template, shape)));
    }
    points.retain(|point| wish.fault.as_deref().is_none_or(|word| point.fault.word().contains(word)));
    let step = match (wish.all, wish.every, wish.point) {
        (_, Some(every), _) => every,
        (true, _, _) | (_, _, Some(_)) => 1,
        _ => SLICE,
    };
    let chosen: Vec<(usize, Point)> = points
        .iter()
        .copied()
        .enumerate()
        .filter(|(index, _)| match wish.point {
            Some(point) => *index == point,
            None => index % step == 0 && *index >= wish.from && wish.to.is_none_or(|to| *index < to),
        })
        .collect();
    println!("{} points, {} of them are played", points.len(), chosen.len());
    let mut table: BTreeMap<(Shape, Fault), [usize; 3]> = BTreeMap::new();
    let mut bad = Vec::new();
    let count = chosen.len();
    for (done, (index, point)) in chosen.into_iter().enumerate() {
        if done > 0 && done % 100 == 0 {
            println!("{done} of {count} points, {} failed, {} s", bad.len(), began.elapsed().as_secs());
        }
        let verdict = catch_unwind(AssertUnwindSafe(|| {
            let played = play(&template, point);
            judge(point, &played)
        }))
        .unwrap_or_else(|_| Err("it panicked".to_owned()));
        let row = table.entry((point.shape, point.fault)).or_default();
        match verdict {
            Ok(Verdict::Before) => row[0] += 1,
            Ok(Verdict::Wanted) => row[1] += 1,
            Err(why) => {
                row[2] += 1;
                println!("FAILED {index}: {}, {}, {:?}: {why}", point.shape.word(), point.fault.word(), point.place);
                bad.push(index);
            }
        }
    }
    print_table(&table);
    println!("{} s", began.elapsed().as_secs());
    if bad.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn read(mut arguments: impl Iterator<Item = String>) -> Result<Wish, String> {
    let mut wish = Wish::default();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--all" => wish.all = true,
            "--shape" => wish.shape = Some(value()?),
            "--fault" => wish.fault = Some(value()?),
            "--point" => wish.point = Some(value()?.parse().map_err(|_| "--point needs a number".to_owned())?),
            "--from" => wish.from = value()?.parse().map_err(|_| "--from needs a number".to_owned())?,
            "--to" => wish.to = Some(value()?.parse().map_err(|_| "--to needs a number".to_owned())?),
            "--every" => wish.every = Some(value()?.parse().map_err(|_| "--every needs a number".to_owned())?),
            // What cargo hands to every test program.
            "--quiet" | "-q" | "--nocapture" | "--no-capture" => {}
            other if !other.starts_with('-') => {}
            other => return Err(format!("unknown argument `{other}`")),
        }
    }
    Ok(wish)
}

/// Every fault at every statement, and those that can strike inside at places inside.
fn points_of(shape: Shape, statements: &[String]) -> Vec<Point> {
    let mut points = Vec::new();
    for (number, text) in statements.iter().enumerate() {
        let long = ["BACKUP ", "RESTORE DATABASE", "RESTORE LOG", "RESTORE VERIFYONLY"]
            .iter()
            .any(|word| text.starts_with(word));
        let changes = long || ["ALTER ", "DROP ", "USE "].iter().any(|word| text.starts_with(word));
        for fault in Fault::ALL {
            let everywhere = matches!(fault, Fault::Killed | Fault::CutBefore | Fault::Gone);
            if everywhere || (changes && fault != Fault::Disk) || (long && fault == Fault::Disk) {
                points.push(Point { shape, fault, place: Place::Statement(number) });
            }
            let inside =
                matches!(fault, Fault::Killed | Fault::Cut | Fault::Restarted | Fault::Cancelled | Fault::Disk);
            if long && inside {
                points.extend(INSIDE.iter().map(|extent| Point {
                    shape,
                    fault,
                    place: Place::Extent(number, *extent),
                }));
            }
        }
    }
    points
}

fn print_table(table: &BTreeMap<(Shape, Fault), [usize; 3]>) {
    println!("\n| restore | fault | points | as before | as wanted | neither |\n|---|---|---|---|---|---|");
    let mut sums = [0; 3];
    for ((shape, fault), counts) in table {
        let points: usize = counts.iter().sum();
        println!("| {} | {} | {points} | {} | {} | {} |", shape.word(), fault.word(), counts[0], counts[1], counts[2]);
        for (sum, count) in sums.iter_mut().zip(counts) {
            *sum += count;
        }
    }
    println!("| all | | {} | {} | {} | {} |", sums.iter().sum::<usize>(), sums[0], sums[1], sums[2]);
}
