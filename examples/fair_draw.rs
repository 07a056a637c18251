//! The matcher as a library: six people, two couples, last year's pairings avoided, every valid draw equally likely.
//!
//! `cargo run --example fair_draw`

use xchange::matcher::{NoDraw, Problem, RuleRef, draw, explain, survey};

const NAMES: [&str; 6] = ["Ann", "Bob", "Cy", "Dee", "Eli", "Flo"];

#[expect(clippy::print_stdout, reason = "an example shows its result")]
fn main() {
    let mut problem = Problem::of(6);
    problem.households = vec![Some(0), Some(0), Some(1), Some(1), None, None];
    problem.history = vec![vec![(0, 2), (1, 3), (2, 4), (3, 5), (4, 0), (5, 1)]];

    let surveyed = survey(&problem).expect("everybody is on the roster");
    println!("{} valid draws", surveyed.count.exact.expect("six people are counted"));

    // A real draw takes its seed from the operating system and keeps it sealed.
    match draw(&problem, &[7; 32]) {
        Ok(drawn) => {
            for (giver, &receiver) in NAMES.iter().zip(&drawn.rounds[0]) {
                println!("{giver} gives to {}", NAMES[receiver as usize]);
            }
            println!("uniformity: {}", drawn.uniformity);
        }
        Err(NoDraw::Impossible(found)) => {
            let names = |person: u32| NAMES[person as usize].to_owned();
            let rules = |rule: &RuleRef| format!("{rule:?}");
            explain(&found, &names, &rules).iter().for_each(|line| println!("{line}"));
        }
        Err(other) => println!("{other}"),
    }
}
