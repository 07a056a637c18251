//! A short deterministic run of the fuzz targets on stable: their corpus, and inputs made from it. The targets hold the
//! assertions (`xchange::fuzzing`); a failure here names the input to add to the corpus.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Pieces that parsers stumble over.
const PIECES: [&[u8]; 16] = [
    b"\0",
    b"\xff",
    b"\xc3",
    b"%",
    b"&=",
    b"{",
    b"}}",
    b"\"\"\"",
    b"\n[[people]]\n",
    b"= 1e999",
    "\u{202e}".as_bytes(),
    "🎄".as_bytes(),
    "e\u{301}\u{301}".as_bytes(),
    b" christmas ",
    b"ASK! ",
    b"\r\n",
];

/// The inputs of a folder of the corpus, in the order of their names.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let entries = fs::read_dir(&folder).expect("the corpus is checked in");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("a readable file")).collect()
}

/// An input made from one or two of the corpus by a few random changes.
fn changed(corpus: &[Vec<u8>], random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut below = |bound: usize| random.next_u32() as usize % bound.max(1);
    let mut input = corpus[below(corpus.len())].clone();
    for _ in 0..=below(4) {
        let at = below(input.len() + 1);
        match below(6) {
            0 => input.truncate(at),
            1 if at < input.len() => input[at] ^= 1 << below(8),
            2 => drop(input.splice(at..at, PIECES[below(PIECES.len())].iter().copied())),
            3 => drop(input.drain(at..(at + below(8)).min(input.len()))),
            4 => {
                let other = &corpus[below(corpus.len())];
                let from = below(other.len() + 1);
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            _ => {
                let piece = input[at..(at + below(64)).min(input.len())].to_vec();
                input.splice(at..at, piece);
            }
        }
    }
    input
}

/// Runs a target over its corpus and over `many` inputs made from it.
fn run(target: &str, many: usize, entry: fn(&[u8])) {
    let corpus = corpus(target);
    let mut random = ChaCha8Rng::seed_from_u64(20_261_224);
    let generated = (0..many).map(|_| changed(&corpus, &mut random)).collect::<Vec<_>>();
    for input in corpus.iter().chain(&generated) {
        let survived = catch_unwind(AssertUnwindSafe(|| entry(input)));
        assert!(survived.is_ok(), "{target} does not withstand {:?}", String::from_utf8_lossy(input));
    }
}

// X5 H10
#[test]
fn any_text_is_understood_and_answered() {
    run("conversation", 2_000, xchange::fuzzing::conversation);
}

// H1 A6
#[test]
fn any_webhook_body_is_taken_apart() {
    run("form", 2_000, xchange::fuzzing::form);
}

// X19
#[test]
fn any_roster_is_accepted_or_refused_with_reasons() {
    run("roster", 1_000, xchange::fuzzing::roster);
}

// H9
#[test]
fn any_sealed_file_is_opened_or_refused() {
    run("sealed", 1_000, xchange::fuzzing::sealed);
}
