//! How fast the matcher draws, against the fastest thing that could be done at all: one plain Fisher-Yates shuffle of the
//! same size, with the same generator, in the same process, between the same two draws.
//!
//! `cargo bench --bench matcher [-- DRAWS]` prints a table: median of DRAWS draws (30), ratio of the medians, random words per
//! person (the same on every machine), and the target. A large roster is made ready once and drawn from again and again; a
//! small one is made ready each time, as `xchange draw` does.
#![expect(clippy::print_stdout, reason = "a bench prints its table")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use xchange::matcher::{Exclusion, Problem, Ready, draw};

const MILLION: u32 = 1_000_000;

fn main() {
    let draws = std::env::args().find_map(|arg| arg.parse().ok()).unwrap_or(30);
    memory();
    println!(
        "{:<44} {:>9} {:>8} {:>7} {:>7} {:>7}  method",
        "roster", "median ms", "shuffle", "ratio", "target", "words/p"
    );
    for (name, years, target) in [("self only", 0, 2.2), ("couples", 0, 3.0)] {
        large(name, &million(name != "self only", years), target, draws);
    }
    for (years, target) in [(1, 6.0), (3, 25.0), (10, 60.0), (20, 100.0)] {
        large(&format!("couples + {years} years"), &million(true, years), target, draws);
    }
    large("one circle, self only", &Problem { one_circle: true, ..Problem::of(MILLION) }, 1.5, draws);
    large("one department of 490,000", &departments(MILLION, &[490_000]), 2.0, draws);
    feasibility(draws);
    println!();
    small("10,000 people, four gifts each", &Problem { gifts_each: 4, ..Problem::of(10_000) }, 10.0, draws);
    let many: Vec<u32> = [3_000].into_iter().chain([10; 700]).collect();
    small("10,000 people, departments 3000 + 700 x 10", &departments(10_000, &many), 10.0, draws);
    small("200 people, department of 99", &departments(200, &[99]), 20.0, draws);
    small("200 people, departments 90/50/30/30", &departments(200, &[90, 50, 30, 30]), 20.0, draws);
    small("200 people, the next half of a ring", &ring(200, 100), 20.0, draws);
    small("200 people, a random half allowed", &random_half(200), 20.0, draws);
    small("2,000 people, four departments of 500", &departments(2_000, &[500; 4]), 300.0, draws);
    small("2,000 people, departments 900/500/300/300", &departments(2_000, &[900, 500, 300, 300]), 300.0, draws);
}

/// The peak memory of one draw with four departments, and of one with a million people and three million exclusions; first, for
/// the peak is the process's.
fn memory() {
    println!(
        "peak memory, 2,000 people, departments 900/500/300/300: {}",
        peak(&departments(2_000, &[900, 500, 300, 300]))
    );
    let shift = |giver: u32, by: u32| Exclusion { giver, receiver: (giver + by * 1_000) % MILLION, rule: 0 };
    let exclusions = (0..MILLION).flat_map(|giver| [1, 2, 3].map(|by| shift(giver, by))).collect();
    println!(
        "peak memory, 1,000,000 people and 3,000,000 exclusions: {}\n",
        peak(&Problem { exclusions, ..Problem::of(MILLION) })
    );
}

/// The peak memory of this process, after a draw.
fn peak(problem: &Problem) -> String {
    black_box(draw(problem, &[1; 32]).expect("the bench's rosters have draws"));
    let peak = std::fs::read_to_string("/proc/self/status").ok().and_then(|status| {
        let line = status.lines().find(|line| line.starts_with("VmHWM"))?.to_owned();
        line.split_whitespace().nth(1)?.parse::<f64>().ok()
    });
    peak.map_or_else(|| "not known on this system".to_owned(), |kibibytes| format!("{:.0} MB", kibibytes / 1e3))
}

fn large(name: &str, problem: &Problem, target: f64, draws: u8) {
    let ready = Ready::of(problem).expect("the bench's rosters have draws");
    let mut times = Times::default();
    for seed in 0..draws {
        times.round(problem.people, seed, || ready.draw(&[seed; 32]).expect("the bench's rosters have draws"));
    }
    let (time, shuffle) = (median(&times.draws), median(&times.shuffles));
    let words = times.words_per_person(problem.people);
    println!(
        "{name:<44} {:>9.2} {:>8.2} {:>7.2} {target:>7.1} {words:>7.2}  {}",
        ms(time),
        ms(shuffle),
        ms(time) / ms(shuffle),
        times.method
    );
}

/// Making ready is laying out the board, matching, and finding out whether it falls into blocks.
fn feasibility(draws: u8) {
    for (name, problem) in
        [("couples + 1 year", million(true, 1)), ("department of exactly half", departments(MILLION, &[MILLION / 2]))]
    {
        let (mut times, mut shuffles) = (Vec::new(), Vec::new());
        for seed in 0..draws.min(10) {
            shuffles.push(time(|| shuffle(problem.people, seed)));
            times.push(time(|| Ready::of(&problem).is_ok()));
        }
        let (time, shuffle) = (ms(median(&times)), ms(median(&shuffles)));
        println!(
            "{:<44} {time:>9.2} {shuffle:>8.2} {:>7.2} {:>7.1}",
            format!("make ready: {name}"),
            time / shuffle,
            30.0
        );
    }
}

fn small(name: &str, problem: &Problem, target_ms: f64, draws: u8) {
    let mut times = Times::default();
    for seed in 0..draws {
        times.round(problem.people, seed, || draw(problem, &[seed; 32]).expect("the bench's rosters have draws"));
    }
    let (time, shuffle) = (median(&times.draws), median(&times.shuffles));
    let words = times.words_per_person(problem.people);
    println!(
        "{name:<44} {:>9.3} {:>8.4} {:>7.1} {:>7} {words:>7.2}  {}",
        ms(time),
        ms(shuffle),
        ms(time) / ms(shuffle),
        format!("{target_ms}ms"),
        times.method
    );
}

#[derive(Default)]
struct Times {
    draws: Vec<Duration>,
    shuffles: Vec<Duration>,
    words: Vec<u64>,
    method: String,
}

impl Times {
    /// One draw and one plain shuffle.
    fn round(&mut self, people: u32, seed: u8, mut draw: impl FnMut() -> xchange::matcher::Drawn) {
        self.shuffles.push(time(|| shuffle(people, seed)));
        let mut drawn = None;
        self.draws.push(time(|| drawn = Some(draw())));
        if let Some(drawn) = drawn {
            self.words.push(drawn.words);
            self.method = format!("{} ({})", drawn.method, drawn.uniformity);
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "printed with two digits")]
    fn words_per_person(&self, people: u32) -> f64 {
        let mut words = self.words.clone();
        words.sort_unstable();
        words.get(words.len() / 2).map_or(0.0, |&words| words as f64 / f64::from(people))
    }
}

fn time<T>(run: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    black_box(run());
    start.elapsed()
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The yardstick: `ChaCha20`, Lemire's bounded draw, Fisher and Yates.
fn shuffle(people: u32, seed: u8) -> Vec<u32> {
    let mut words = ChaCha20Rng::from_seed([seed; 32]);
    let mut order: Vec<u32> = (0..people).collect();
    for at in 0..people.saturating_sub(1) {
        let other = at + below(&mut words, people - at);
        order.swap(at as usize, other as usize);
    }
    order
}

#[expect(clippy::cast_possible_truncation, reason = "the halves of a 64-bit product")]
fn below(words: &mut ChaCha20Rng, bound: u32) -> u32 {
    let mut product = u64::from(words.next_u32()) * u64::from(bound);
    if (product as u32) < bound {
        let remainder = bound.wrapping_neg() % bound;
        while (product as u32) < remainder {
            product = u64::from(words.next_u32()) * u64::from(bound);
        }
    }
    (product >> 32) as u32
}

/// A million people, perhaps in couples, with so many earlier draws.
fn million(couples: bool, years: u8) -> Problem {
    let households = (0..MILLION).map(|person| couples.then_some(person / 2)).collect();
    let history = (0..years).map(|year| {
        let circle = shuffle(MILLION, 200 + year);
        let next = circle.iter().cycle().skip(1);
        circle.iter().zip(next).map(|(&giver, &receiver)| (giver, receiver)).collect()
    });
    Problem { households, history: history.collect(), ..Problem::of(MILLION) }
}

/// Departments of these sizes, and everybody else alone.
fn departments(people: u32, sizes: &[u32]) -> Problem {
    let members = sizes.iter().zip(0..).flat_map(|(&size, department)| (0..size).map(move |_| Some(department)));
    let households = members.chain(std::iter::repeat(None)).take(people as usize).collect();
    Problem { households, ..Problem::of(people) }
}

/// Everybody may give to the next so many of a ring only.
fn ring(people: u32, next: u32) -> Problem {
    let cells = (0..people).flat_map(|giver| (next + 1..people).map(move |by| (giver, (giver + by) % people)));
    excluding(people, cells)
}

/// Of all pairs, about half are excluded at random.
fn random_half(people: u32) -> Problem {
    let mut words = ChaCha20Rng::from_seed([9; 32]);
    let cells = (0..people).flat_map(|giver| (0..people).map(move |receiver| (giver, receiver)));
    excluding(people, cells.filter(|_| words.next_u32() < 1 << 31))
}

fn excluding(people: u32, cells: impl Iterator<Item = (u32, u32)>) -> Problem {
    let exclusions = cells.map(|(giver, receiver)| Exclusion { giver, receiver, rule: 0 }).collect();
    Problem { exclusions, ..Problem::of(people) }
}
