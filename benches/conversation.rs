//! Texts understood and answered per second, on one core.
//!
//! `cargo bench --bench conversation`. The bare line beside it does the least anybody could do for the same texts:
//! fold the case and look for the keyword.
#![expect(clippy::print_stdout, reason = "a bench says what it measured")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use xchange::internals::{Intent, Vocabulary, carrier_word, understand};

/// What people text, the frequent first.
const TEXTS: [&str; 12] = [
    "Merry Christmas!!",
    "christmas",
    "CHRISMAS",
    "who",
    "WISH wool socks, size 42",
    "ASK What size are you, and do you like blue?",
    "MENU",
    "STOP",
    "Joyeux Noël à tous 🎄",
    "Hello, is this the right number for the family thing? My sister gave it to me.",
    "UNWISH 2",
    "got it, thanks",
];

fn main() {
    let vocabulary = Vocabulary::new("christmas");
    let read = |text: &str| carrier_word(text).is_none() && black_box(understand(text, &vocabulary)) == Intent::Other;
    let ours = per_second(&TEXTS, read);
    let bare = per_second(&TEXTS, |text| black_box(text.to_lowercase().contains("christmas")));
    let long = "the quick brown fox jumps ".repeat(400);
    let ten_kilobytes = per_second(&[&long], read);
    println!("understood: {ours:>12.0} texts/s");
    println!("bare:       {bare:>12.0} texts/s (lower case, contains)");
    println!("10 KB:      {ten_kilobytes:>12.0} texts/s");
}

/// How many texts a second some work takes on, by the best of five rounds.
fn per_second(texts: &[&str], work: impl Fn(&str) -> bool) -> f64 {
    let round = || {
        let started = Instant::now();
        let mut done = 0_u32;
        while started.elapsed() < Duration::from_millis(200) {
            black_box(texts.iter().filter(|text| work(text)).count());
            done += 1;
        }
        f64::from(done) * texts.len() as f64 / started.elapsed().as_secs_f64()
    };
    (0..5).map(|_| round()).fold(0.0, f64::max)
}
