//! The beginning of a large draw, with next to no bookkeeping: a shuffle with rare alarms.
//!
//! Far from the end all receivers weigh nearly the same and S is nearly 1: with m receivers unused, a candidate is refused for its
//! weight with probability D/m at most or so, and the attempt is given up with about the square of that. So an allowed candidate
//! is taken as it comes unless a coin falls that was tossed beforehand and is surely heavy enough; then, at an *alarm*, a second
//! coin makes the two together one coin of the true probability. There are some D·ln n alarms in a draw. As for giving up, one
//! number decides for all these rows together. Nearly always it is below what the product of all S·e^(1-S) is at least, and
//! nothing has to be weighed; otherwise these rows are weighed one by one after all. The last rows always are. So every draw is
//! exactly as likely as if all rows had been weighed.
//!
//! # What is heavy enough
//!
//! Let a row be at hand with m columns unused, no column be forbidden to more than D rows, and no row more than R columns. A step
//! of the recursion is h(r+1) - h(r) = h(r)·(e^(1/h(r)) - 1), more than 1 and at most 1 + 1/h(r); so r + 1 <= h(r) <= r + 2 +
//! ln(r+1)/2. Let B be 1.5·D or R + 2 + ln(n)/2, whichever is more, and m >= 4B².
//!
//! - From m/(m-D) >= S >= (m-R)/h(m-1) follows that x = S - 1 is at most B/m on either side, and then 1 - S·e^(1-S) = 1 - (1+x)·e^(-x)
//!   is at most 0.6·x² (as it is for x >= -1/8). So the product over all m above M is at least 1 - 0.6·B²/M.
//! - A candidate is refused with probability 1 - h(m-1-D)/h(m-1-f) <= D·(1 + 1/(m-D))/m. That is less than 1 - (1 - 1/m)^(D+1),
//!   the probability that one of D + 1 coins of 1/m falls.
//!
//! Such coins need not be tossed one by one: a coin of 1/m for every m from a downwards stays up beyond b with probability
//! (1 - 1/a)·..·(1 - 1/(b+1)) = b/a, so the first m at which it falls is uniform on 1..=a.

use super::side::Side;
use super::table::Table;
use crate::matcher::question::board::number;
use crate::matcher::random::Stream;

/// How a large board's draw begins.
#[derive(Clone, Copy)]
pub(crate) struct Opening {
    /// So many rows begin; all others are weighed.
    pub(crate) rows: u32,
    /// D, the forbidden rows of the worst column.
    pub(crate) most: u32,
    /// So many coins of 1/m for the refusal of a candidate.
    pub(crate) coins: u32,
    /// The product of all S·e^(1-S) is no less.
    pub(crate) sure: f64,
}

impl Opening {
    /// For so many people, no row with more than `widest` forbidden columns, and no column with more than `most` forbidden rows;
    /// `None` where that is not worth while. The fewer rows are left to be weighed, the more often all of them are.
    pub(super) fn of(people: u32, widest: u32, most: u32) -> Option<Self> {
        let size = f64::from(people);
        let spread = (1.5 * f64::from(most)).max(f64::from(widest) + 2.0 + 0.5 * libm::log(size.max(1.0)));
        let rest = spread * libm::sqrt(0.6 * size);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and the number of people"
        )]
        let rows = people - (rest.min(size) as u32);
        let worth = 4.0 * spread * spread <= rest && 4.0 * rest <= size;
        worth.then(|| Self { rows, most, coins: most + 1, sure: 1.0 - 0.6 * spread * spread / rest })
    }

    /// Gives the first rows their columns, and leaves the others behind them.
    pub(super) fn deal(self, side: Side<'_>, table: &Table, cols: &mut [u32], stream: &mut Stream) {
        let size = number(cols.len());
        let mut alarm = self.next_alarm(size, stream);
        for row in 0..self.rows {
            let left = size - row;
            let mut doubt = 0.0;
            if left == alarm {
                doubt = -libm::expm1(f64::from(self.coins) * libm::log1p(-1.0 / f64::from(left)));
                alarm = self.next_alarm(left - 1, stream);
            }
            loop {
                cols.swap(row as usize, (row + stream.below(left)) as usize);
                let col = cols[row as usize];
                let mut refused =
                    || stream.unit() * doubt < self.refusal(side.forbidden_from(row + 1, col), left - 1, table);
                if side.allows(row, col) && !(doubt > 0.0 && refused()) {
                    break;
                }
                doubt = 1.0;
            }
        }
    }

    /// The first number of columns left, from `most` downwards, at which a coin falls.
    fn next_alarm(self, most: u32, stream: &mut Stream) -> u32 {
        (0..self.coins).map(|_| 1 + stream.below(most)).max().unwrap_or(0)
    }

    /// The probability that a candidate is refused for its weight.
    fn refusal(self, forbidden: u32, left: u32, table: &Table) -> f64 {
        let weight = |forbidden| table.inverse(left.saturating_sub(forbidden));
        1.0 - weight(forbidden) / weight(self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher::samplers::huber::share;

    // X2: what is said of large boards above, worked out for the worst of them.
    #[test]
    fn the_coins_are_heavy_enough() {
        for (people, widest, most) in
            [(5_000, 1, 1), (10_000, 3, 2), (200_000, 5, 5), (200_000, 1, 25), (200_000, 40, 3)]
        {
            let opening = Opening::of(people, widest, most).expect("large enough");
            let table = Table::new(people);
            let mut sure = 1.0;
            for left in (people - opening.rows + 1)..=people {
                let (light, heavy) = (table.inverse(left - 1), table.inverse(left - 1 - most));
                let worst = share(f64::from(left) * heavy).min(share(f64::from(left - widest) * light));
                sure *= worst;
                let coin = -libm::expm1(f64::from(opening.coins) * libm::log1p(-1.0 / f64::from(left)));
                assert!(1.0 - light / heavy < coin, "{people} {left}");
            }
            assert!(sure > opening.sure, "{people}: {sure} {}", opening.sure);
        }
        assert!(Opening::of(1_000, 3, 3).is_none() && Opening::of(1_000_000, 3, 400).is_none());
    }
}
