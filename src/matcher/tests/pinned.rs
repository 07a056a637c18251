//! A sealed draw can be drawn again years later: what a seed gives is pinned, method by method. When one of these changes,
//! draws made before can no longer be repeated, and the format of the sealed draw has to say so.

use super::super::*;
use super::{question, seed};

/// A short mark of a draw (FNV-1a over the receivers, round after round).
fn mark(drawn: &Drawn) -> u64 {
    let bytes = drawn.rounds.iter().flatten().flat_map(|receiver| receiver.to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |mark, byte| (mark ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[test]
fn seeds_give_what_they_always_gave() {
    let couples = |people: u32| (0..people).map(|person| 1 + person / 2).collect::<Vec<u32>>();
    let years = |people: u32, years: u32| -> Vec<Vec<(u32, u32)>> {
        let year = |year| (0..people).map(|giver| (giver, (giver + 5 + 2 * year) % people)).collect();
        (0..years).map(year).collect()
    };
    let with =
        |households: &[u32], history: Vec<Vec<(u32, u32)>>| Problem { history, ..question(households, &[], &[]) };
    let large: Vec<u32> = (0..60).map(|person| u32::from(person < 29)).collect();
    let departments: Vec<u32> = (0..600)
        .map(|person| {
            if person < 270 {
                1
            } else if person < 450 {
                2
            } else {
                3 + (person - 450) / 90
            }
        })
        .collect();
    let stairs: Vec<(u32, u32)> =
        (0..40).flat_map(|giver| (giver + 14..40).map(move |receiver| (giver, receiver))).collect();
    let plain = with(&couples(40), years(40, 1));
    let questions = [
        ("subsets: 10", with(&couples(10), years(10, 1))),
        ("early refusal: 40", plain.clone()),
        ("one large group: 60", with(&large, Vec::new())),
        ("groups: 600", with(&departments, Vec::new())),
        ("Huber's bound: 40", with(&couples(40), years(40, 6))),
        ("scaled bound: 40", question(&[0; 40], &stairs, &[])),
        ("circles: 9", Problem { one_circle: true, ..with(&[0; 9], years(9, 1)) }),
        ("circles laid out: 40", Problem { mutual: false, ..plain.clone() }),
        ("Huber's bound: 40", Problem { one_circle: true, ..with(&couples(40), years(40, 12)) }),
        ("Huber's bound: 40", Problem { gifts_each: 3, ..plain }),
        ("Huber's bound: 3000", with(&couples(3000), years(3000, 8))),
    ];
    let drawn: Vec<Drawn> =
        questions.iter().map(|(_, problem)| draw(problem, &seed(2026)).expect("there is a draw")).collect();
    let methods: Vec<&str> = drawn.iter().map(|drawn| drawn.method.as_str()).collect();
    assert_eq!(methods, questions.iter().map(|&(method, _)| method).collect::<Vec<_>>());
    let marks: Vec<String> = drawn.iter().map(|drawn| format!("{:016x}", mark(drawn))).collect();
    assert_eq!(marks, MARKS);
}

const MARKS: [&str; 11] = [
    "a3b93892003e5744",
    "2f101f7c2a63cba5",
    "bb82d033476095f5",
    "e50c8dbfe3a12ea9",
    "7364cf3185a64f65",
    "8189aba46a2ad6d5",
    "c434c9521e08becd",
    "91e907d585c6ac15",
    "a46695edb9a14345",
    "15e13073c9952705",
    "ba1b27bcc0e6d499",
];
