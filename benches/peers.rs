//! xchange against another gift exchange library from crates.io on the same rosters: how far from equally likely the draws
//! are, how long they take, and how often there is none though there could be.
//!
//! `cargo bench --bench peers [-- DRAWS]`. Total variation is half the sum over all valid draws of |observed share - fair
//! share|; even a perfect sampler shows some after finitely many draws, and the column "chance" says how much to expect.
#![expect(clippy::print_stdout, reason = "a bench prints its table")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use rusty_santa::Group;
use xchange::matcher::{Exclusion, Problem, Ready, draw};

/// A roster for both: people by number, households, one-way exclusions.
struct Roster {
    name: &'static str,
    people: u32,
    households: Vec<Vec<u32>>,
    exclusions: Vec<(u32, u32)>,
}

fn main() {
    let draws: u32 = std::env::args().find_map(|arg| arg.parse().ok()).unwrap_or(400_000);
    println!("How far from equally likely, after {draws} draws each (total variation)\n");
    println!("{:<34} {:>6} {:>8} {:>9} {:>11}", "roster", "valid", "chance", "xchange", "rusty-santa");
    small_rosters().iter().for_each(|roster| fairness(roster, draws));
    println!("\nTime per draw in microseconds, and failures in 1000 draws of a roster that has draws\n");
    println!("{:<34} {:>10} {:>9} {:>13} {:>9}", "roster", "xchange us", "failures", "rusty-santa us", "failures");
    small_rosters().iter().chain(&larger_rosters()).for_each(speed);
}

/// Five small rosters: a usual family, no rules, tight one-way rules, somebody few may give to, four couples.
fn small_rosters() -> Vec<Roster> {
    let tight = [(0, 1), (0, 2), (0, 3), (0, 4), (1, 2), (1, 3), (1, 4), (2, 3), (2, 5), (3, 6), (4, 5), (5, 0)];
    vec![
        roster("6: two couples and a one-way", 6, &[&[0, 1], &[2, 3]], &[(0, 4)]),
        roster("6: no rules", 6, &[], &[]),
        roster("7: tight one-ways", 7, &[], &tight),
        roster("7: one whom two may give to", 7, &[], &[(1, 0), (2, 0), (3, 0), (4, 0)]),
        roster("8: four couples", 8, &[&[0, 1], &[2, 3], &[4, 5], &[6, 7]], &[]),
    ]
}

/// Rosters where failing is easy, or size counts.
fn larger_rosters() -> Vec<Roster> {
    let couples: Vec<Vec<u32>> = (0..50).map(|couple| vec![2 * couple, 2 * couple + 1]).collect();
    let one_ring = (0..12).flat_map(|giver| (2..12).map(move |by| (giver, (giver + by) % 12))).collect();
    let locked = (0..3).flat_map(|giver| (0..27).map(move |receiver| (giver, receiver))).collect();
    let (north, south) = ((0..15).collect(), (15..30).collect());
    vec![
        Roster { name: "100: fifty couples", people: 100, households: couples, exclusions: vec![] },
        Roster { name: "30: two households of 15", people: 30, households: vec![north, south], exclusions: vec![] },
        Roster { name: "30: three locked to three", people: 30, households: vec![], exclusions: locked },
        Roster { name: "12: one valid draw", people: 12, households: vec![], exclusions: one_ring },
    ]
}

fn roster(name: &'static str, people: u32, households: &[&[u32]], exclusions: &[(u32, u32)]) -> Roster {
    let households = households.iter().map(|members| members.to_vec()).collect();
    Roster { name, people, households, exclusions: exclusions.to_vec() }
}

impl Roster {
    fn problem(&self) -> Problem {
        let mut problem = Problem::of(self.people);
        for (members, household) in self.households.iter().zip(0..) {
            members.iter().for_each(|&person| problem.households[person as usize] = Some(household));
        }
        let exclusions = self.exclusions.iter();
        problem.exclusions = exclusions.map(|&(giver, receiver)| Exclusion { giver, receiver, rule: 0 }).collect();
        problem
    }

    fn group(&self) -> Group {
        let mut group = Group::new();
        (0..self.people).for_each(|person| group.add(person.to_string()));
        for members in &self.households {
            let pairs = members.iter().flat_map(|a| members.iter().map(move |b| (a, b))).filter(|(a, b)| a < b);
            pairs.for_each(|(a, b)| group.exclude_pair(a.to_string(), b.to_string()));
        }
        for (giver, receiver) in &self.exclusions {
            group.exclude(giver.to_string(), receiver.to_string());
        }
        group
    }

    fn allows(&self, giver: u32, receiver: u32) -> bool {
        let together = |members: &Vec<u32>| members.contains(&giver) && members.contains(&receiver);
        giver != receiver && !self.households.iter().any(together) && !self.exclusions.contains(&(giver, receiver))
    }

    /// Every valid draw, by trying everything.
    fn valid(&self) -> Vec<Vec<u32>> {
        let mut draws: Vec<Vec<u32>> = vec![vec![]];
        for giver in 0..self.people {
            let longer = draws.iter().flat_map(|draw| {
                let free = (0..self.people).filter(|&to| !draw.contains(&to) && self.allows(giver, to));
                free.map(|to| [draw.as_slice(), &[to]].concat())
            });
            draws = longer.collect();
        }
        draws
    }
}

/// A peer's draw as receivers by giver; `None` when it gave up.
fn peer(group: &Group, people: u32) -> Option<Vec<u32>> {
    let mut draw = vec![0; people as usize];
    for (giver, receiver) in group.assign().ok()? {
        draw[giver.parse::<usize>().ok()?] = receiver.parse().ok()?;
    }
    Some(draw)
}

fn fairness(roster: &Roster, draws: u32) {
    let valid = roster.valid();
    let (problem, group) = (roster.problem(), roster.group());
    let ready = Ready::of(&problem).expect("the rosters have draws");
    let ours = variation(&valid, draws, |number| {
        let mut seed = [0; 32];
        seed[..4].copy_from_slice(&number.to_le_bytes());
        ready.draw(&seed).ok().and_then(|mut drawn| drawn.rounds.pop())
    });
    let theirs = variation(&valid, draws, |_| peer(&group, roster.people));
    #[expect(clippy::cast_precision_loss, reason = "printed with four digits")]
    let chance = (valid.len() as f64 / (2.0 * std::f64::consts::PI * f64::from(draws))).sqrt();
    println!("{:<34} {:>6} {chance:>8.4} {ours:>9.4} {theirs:>11.4}", roster.name, valid.len());
}

/// Half the sum of the differences between observed and fair shares; a failure counts as a draw of nothing.
#[expect(clippy::cast_precision_loss, reason = "printed with four digits")]
fn variation(valid: &[Vec<u32>], draws: u32, mut draw: impl FnMut(u32) -> Option<Vec<u32>>) -> f64 {
    let mut counts: BTreeMap<Vec<u32>, u32> = valid.iter().map(|draw| (draw.clone(), 0)).collect();
    for number in 0..draws {
        if let Some(drawn) = draw(number) {
            *counts.entry(drawn).or_default() += 1;
        }
    }
    let fair = 1.0 / valid.len() as f64;
    counts.values().map(|&count| (f64::from(count) / f64::from(draws) - fair).abs()).sum::<f64>() / 2.0
}

fn speed(roster: &Roster) {
    const DRAWS: u16 = 1000;
    let (problem, group) = (roster.problem(), roster.group());
    let (our_time, our_failures) = timed(DRAWS, |number| {
        let mut seed = [1; 32];
        seed[..2].copy_from_slice(&number.to_le_bytes());
        draw(&problem, &seed).is_ok()
    });
    let (their_time, their_failures) = timed(DRAWS, |_| group.assign().is_ok());
    println!("{:<34} {our_time:>10.1} {our_failures:>9} {their_time:>13.1} {their_failures:>9}", roster.name);
}

/// Microseconds a draw, and how many there were not.
fn timed(draws: u16, mut draw: impl FnMut(u16) -> bool) -> (f64, usize) {
    let start = Instant::now();
    let failures = (0..draws).filter(|&number| !black_box(draw(number))).count();
    (start.elapsed().as_secs_f64() * 1e6 / f64::from(draws), failures)
}
