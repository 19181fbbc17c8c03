//! Division by constants.

/// Divides by a constant that is no power of two. Returns the quotient, rounded down, and the remainder, which is not
/// negative.
///
/// It multiplies by the reciprocal, which takes a fraction of the time of a division. A compiler that optimizes for size
/// does not.
#[inline]
#[expect(clippy::cast_sign_loss, clippy::cast_possible_truncation, reason = "the numbers are below 2^63")]
pub(super) const fn divide<const DIVISOR: i64>(number: i64) -> (i64, i64) {
    // The product of a number below 2^63 and a reciprocal that is rounded up exceeds the quotient by less than the
    // distance to the next one.
    let (reciprocal, shift) = const {
        assert!(DIVISOR > 1 && DIVISOR.count_ones() > 1, "a power of two is divided by shifting");
        let shift = DIVISOR.ilog2();
        (((1 << (64 + shift)) / DIVISOR as u128 + 1) as u64, shift)
    };
    // All ones for a negative number: the complement of its quotient is the quotient of its complement.
    let sign = number >> 63;
    let product = (number ^ sign) as u64 as u128 * reciprocal as u128;
    let quotient = (product >> 64) as i64 >> shift ^ sign;
    (quotient, number.wrapping_sub(quotient.wrapping_mul(DIVISOR)))
}
