use super::*;

/// The microseconds of 400 years, after which the calendar repeats.
const CYCLE: i64 = 146_097 * 86_400 * 1_000_000;

/// Returns the fields that chrono has for a moment, which must be in its range.
fn fields_of_chrono(micros: i64) -> ([i64; 7], [i64; 2]) {
    let moment = DateTime::<Utc>::from_timestamp_micros(micros).unwrap();
    let fields = [
        i64::from(moment.year()),
        i64::from(moment.month()),
        i64::from(moment.day()),
        i64::from(moment.hour()),
        i64::from(moment.minute()),
        i64::from(moment.second()),
        i64::from(moment.timestamp_subsec_micros()),
    ];
    (fields, [i64::from(moment.weekday().num_days_from_monday()), i64::from(moment.ordinal())])
}

fn fields(timestamp: Timestamp) -> ([i64; 7], [i64; 2]) {
    let Civil { year, month, day, hour, minute, second, microsecond } = timestamp.civil();
    assert_eq!((year, month, day), (timestamp.year(), timestamp.month(), timestamp.day()));
    assert_eq!((hour, minute, second), (timestamp.hour(), timestamp.minute(), timestamp.second()));
    let fields = [year.into(), month.into(), day.into(), hour.into(), minute.into(), second.into(), microsecond.into()];
    (fields, [i64::from(timestamp.weekday()), i64::from(timestamp.yearday())])
}

#[track_caller]
fn assert_as_chrono(micros: i64) {
    let timestamp = Timestamp::from_micros(micros);
    assert_eq!(fields(timestamp), fields_of_chrono(micros), "{micros}");
    assert_eq!(Timestamp::try_from(timestamp.civil()), Ok(timestamp));
}

#[test]
fn civil_of_random_moments_is_that_of_chrono() {
    let (first, last) = (DateTime::<Utc>::MIN_UTC.timestamp_micros(), DateTime::<Utc>::MAX_UTC.timestamp_micros());
    let mut in_range = 0;
    for number in random_numbers(cases()) {
        // Most of them in the whole range, and a quarter within 300 years of 1970.
        let micros = if number % 4 == 0 { number % (CYCLE * 3 / 4) } else { number };
        if (first..=last).contains(&micros) {
            assert_as_chrono(micros);
            in_range += 1;
        } else {
            assert_by_cycle(micros);
        }
    }
    assert!(in_range > cases() / 2);
}

/// Compares a moment that chrono cannot represent with one some cycles nearer to 1970.
#[track_caller]
fn assert_by_cycle(micros: i64) {
    let timestamp = Timestamp::from_micros(micros);
    let cycles = 100 * micros.signum();
    let (mut expected, days) = fields_of_chrono(micros - cycles * CYCLE);
    *expected.first_mut().unwrap() += 400 * cycles;
    assert_eq!(fields(timestamp), (expected, days), "{micros}");
    assert_eq!(Timestamp::try_from(timestamp.civil()), Ok(timestamp));
}

#[test]
fn civil_of_the_first_and_last_moments_follows_the_cycle_of_400_years() {
    for distance in (0..1000).chain(random_numbers(1000).map(|number| (number % CYCLE).abs())) {
        assert_by_cycle(i64::MAX - distance);
        assert_by_cycle(i64::MIN + distance);
    }
    assert_eq!(Timestamp::from_micros(i64::MIN).civil().year, -290_308);
    assert_eq!(Timestamp::from_micros(i64::MAX).civil().year, 294_247);
}

#[test]
fn civil_is_right_at_the_turn_of_each_day_of_a_cycle() {
    let step = if is_emulated() { 37 } else { 1 };
    for day in (-146_097..=146_097).step_by(step) {
        let midnight = day * 86_400_000_000;
        assert_as_chrono(midnight);
        assert_as_chrono(midnight - 1);
    }
}

#[test]
fn civil_of_a_day_with_a_name_has_that_date() {
    let date = |micros: i64| {
        let Civil { year, month, day, .. } = Timestamp::from_micros(micros * 1_000_000).civil();
        (year, month, day)
    };
    assert_eq!(date(0), (1970, 1, 1));
    assert_eq!(date(-1), (1969, 12, 31));
    assert_eq!(date(951_782_400), (2000, 2, 29));
    assert_eq!(date(4_107_542_400), (2100, 3, 1));
    assert_eq!(date(2_147_483_648), (2038, 1, 19));
    assert_eq!(date(-2_203_891_200), (1900, 3, 1));
}

#[test]
fn from_civil_refuses_dates_and_times_that_do_not_exist() {
    let from = |[year, month, day, hour, minute, second]: [i32; 6]| {
        Timestamp::from_civil(year, month, day, hour, minute, second).map(Timestamp::micros)
    };
    assert_eq!(from([1969, 12, 31, 23, 59, 59]), Ok(-1_000_000));
    for refused in [
        [2026, 0, 1, 0, 0, 0],
        [2026, 13, 1, 0, 0, 0],
        [2026, 1, 0, 0, 0, 0],
        [2026, 1, 32, 0, 0, 0],
        [2026, 2, 29, 0, 0, 0],
        [1900, 2, 29, 0, 0, 0],
        [2026, 4, 31, 0, 0, 0],
        [2026, 1, 1, 24, 0, 0],
        [2026, 1, 1, 0, 60, 0],
        [2026, 1, 1, 0, 0, 60],
        [2026, 1, 1, -1, 0, 0],
        [2026, -1, 1, 0, 0, 0],
        [2026, 257, 1, 0, 0, 0],
        [294_248, 1, 1, 0, 0, 0],
        [-290_309, 1, 1, 0, 0, 0],
        [i32::MAX, 12, 31, 0, 0, 0],
        [i32::MIN, 1, 1, 0, 0, 0],
    ] {
        assert_eq!(from(refused), Err(Errno::EINVAL), "{refused:?}");
    }
    // The last whole second of the range, and the second after it.
    assert_eq!(from([294_247, 1, 10, 4, 0, 54]), Ok(9_223_372_036_854_000_000));
    assert_eq!(from([294_247, 1, 10, 4, 0, 55]), Err(Errno::EINVAL));
    assert_eq!(from([-290_308, 12, 21, 19, 59, 6]), Ok(-9_223_372_036_854_000_000));
    assert_eq!(from([-290_308, 12, 21, 19, 59, 5]), Err(Errno::EINVAL));
}

#[test]
fn civil_with_a_microsecond_out_of_range_has_no_timestamp() {
    let civil = Timestamp::from_micros(0).civil();
    assert_eq!(Timestamp::try_from(Civil { microsecond: 999_999, ..civil }), Ok(Timestamp::from_micros(999_999)));
    assert_eq!(Timestamp::try_from(Civil { microsecond: 1_000_000, ..civil }), Err(Errno::EINVAL));
}
