//! The long beginning of a large draw ([`super::super::huber::opening`]).

use super::super::board::Board;
use super::super::huber;
use super::super::huber::opening::{Alarms, Opening};
use super::super::plan::{self, Method};
use super::super::random::{Purpose, Stream};
use super::{accept_as_often_as_the_bound, prove};

/// On so few people nearly every step is an alarm.
const ALARMS: Alarms = Alarms { refusal: 120, surrender: 120, spread: f64::INFINITY };

// X2: the long beginning of a large draw, forced onto small ones.
#[test]
fn openings_are_uniform() {
    for (dealt, stop) in [(4, 0), (2, 4)] {
        prove("opening", 17, |board, stream| {
            let rest = board.size().saturating_sub(dealt).max(stop).max(1);
            let opening = Opening::forced(board, rest, stop, ALARMS);
            (0..1_000_000).find_map(|_| opening.attempt(stream))
        });
    }
}

// X2: a wrong weight shows here even where the draws look right.
#[test]
fn openings_accept_as_often_as_the_bound_says() {
    accept_as_often_as_the_bound(|board, stream| {
        Opening::forced(board, board.size() - 3, 0, ALARMS).attempt(stream).is_some()
    });
}

// X2: an attempt asserts at every alarm that the coin was heavy enough.
#[test]
fn a_large_draw_keeps_its_bounds() {
    let people = 20_000;
    for (family, years) in [(1, 0), (2, 3), (5, 8), (1, 25)] {
        let households: Vec<u32> = (0..people).map(|person| person / family).collect();
        let mut stream = Stream::new(&[18; 32], Purpose::Draw, years);
        let mut history = Vec::new();
        for _ in 0..years {
            let mut year: Vec<u32> = (0..people).collect();
            stream.shuffle(&mut year);
            history.extend((0..people).zip(year));
        }
        let board = Board::new(households.clone(), households, history.iter().copied());
        let first = if years > 0 { Method::Huber } else { Method::Rejection };
        assert!(plan::methods(&board)[0] == first);
        for _ in 0..5 {
            let draw = huber::draw(&board, &mut stream, 1_000).expect("there are valid draws");
            assert!(board.admits(&draw));
        }
    }
}
