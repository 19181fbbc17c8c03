use super::*;

fn parse(text: &str) -> Result<i64, Errno> {
    Timestamp::parse(text).map(Timestamp::micros)
}

#[test]
fn format_of_random_moments_is_that_of_chrono() {
    let (first, last) = (-62_167_219_200_000_000, 253_402_300_799_999_999); // the years 0 to 9999
    for number in random_numbers(cases() / 10) {
        let micros = first + number.rem_euclid(last - first + 1);
        let text = Timestamp::from_micros(micros).format().unwrap();
        let moment = DateTime::<Utc>::from_timestamp_micros(micros).unwrap();
        assert_eq!(text, moment.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string());
        assert_eq!(Timestamp::parse(&text), Ok(Timestamp::from_micros(micros)));
        assert_eq!(DateTime::parse_from_rfc3339(text.to_str().unwrap()).unwrap(), moment);
    }
}

#[test]
fn format_of_any_moment_is_parsed_to_the_same_moment() {
    for micros in random_numbers(cases() / 10).chain([i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX]) {
        let timestamp = Timestamp::from_micros(micros);
        let text = timestamp.format().unwrap();
        assert_eq!(Timestamp::parse(&text), Ok(timestamp), "{text}");
        assert_eq!(timestamp.to_string(), text.to_string());
    }
}

#[test]
fn format_gives_years_of_more_or_less_than_four_digits_a_sign() {
    let format = |micros: i64| Timestamp::from_micros(micros).format().as_ref().map(Text::to_string).unwrap();
    assert_eq!(format(1_795_806_768_000_000), "2026-11-27T19:12:48.000000Z");
    assert_eq!(format(-1), "1969-12-31T23:59:59.999999Z");
    assert_eq!(format(253_402_300_799_999_999), "9999-12-31T23:59:59.999999Z");
    assert_eq!(format(253_402_300_800_000_000), "+10000-01-01T00:00:00.000000Z");
    assert_eq!(format(-62_167_219_200_000_000), "0000-01-01T00:00:00.000000Z");
    assert_eq!(format(-62_167_219_200_000_001), "-0001-12-31T23:59:59.999999Z");
    assert_eq!(format(i64::MIN), "-290308-12-21T19:59:05.224192Z");
    assert_eq!(format(i64::MAX), "+294247-01-10T04:00:54.775807Z");
}

#[test]
fn parse_accepts_what_chrono_accepts() {
    for text in [
        "2026-11-27T19:12:48Z",
        "2026-11-27t19:12:48z",
        "2026-11-27T20:12:48+01:00",
        "2026-11-27T08:42:48.25-10:30",
        "2026-11-27T19:12:48.000001Z",
        "2026-11-27T19:12:48.123456789Z",
        "2026-11-27T19:12:48.1234567891234Z",
        "2026-11-27 19:12:48+00:00",
        "2026-11-27T19:12:48-00:00",
        "0000-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "1969-12-31T23:59:59.999999Z",
    ] {
        let expected = DateTime::parse_from_rfc3339(text).unwrap();
        assert_eq!(parse(text), Ok(expected.timestamp_micros()), "{text}");
    }
}

#[test]
fn parse_takes_the_second_60_as_the_one_that_follows() {
    assert_eq!(parse("2016-12-31T23:59:60Z"), parse("2017-01-01T00:00:00Z"));
    assert_eq!(parse("2016-12-31T23:59:60.5Z"), parse("2017-01-01T00:00:00.5Z"));
    assert_eq!(parse("2016-12-31T23:59:61Z"), Err(Errno::EINVAL));
}

#[test]
fn parse_refuses_other_forms() {
    for text in [
        "",
        "2026",
        "2026-11-27",
        "2026-11-27T19:12:48",
        "2026-11-27T19:12Z",
        "26-11-27T19:12:48Z",
        "12026-11-27T19:12:48Z",
        "2026-1-27T19:12:48Z",
        "2026-13-27T19:12:48Z",
        "2026-02-29T19:12:48Z",
        "2026-11-27T24:00:00Z",
        "2026-11-27T19:60:48Z",
        "2026-11-27T19:12:48.Z",
        "2026-11-27T19:12:48,5Z",
        "2026-11-27T19:12:48+1:00",
        "2026-11-27T19:12:48+0100",
        "2026-11-27T19:12:48+24:00",
        "2026-11-27T19:12:48+01:60",
        "2026-11-27T19:12:48ZZ",
        "2026-11-27T19:12:48Z ",
        " 2026-11-27T19:12:48Z",
        "2026-11-27X19:12:48Z",
        "2026/11/27T19:12:48Z",
        "+1234567-11-27T19:12:48Z",
        "\u{ff12}026-11-27T19:12:48Z",
    ] {
        assert_eq!(parse(text), Err(Errno::EINVAL), "{text:?}");
    }
    assert_eq!(Timestamp::parse(b"2026-11-27T19:12:48Z\0"), Err(Errno::EINVAL));
    // One microsecond out of range on either side.
    assert_eq!(parse("+294247-01-10T04:00:54.775808Z"), Err(Errno::EINVAL));
    assert_eq!(parse("-290308-12-21T19:59:05.224191Z"), Err(Errno::EINVAL));
    // The offset brings the moment into range.
    assert_eq!(parse("+294247-01-10T05:00:54.775807+01:00"), Ok(i64::MAX));
}

#[test]
fn parse_of_random_changes_to_a_valid_text_agrees_with_chrono_or_is_of_a_wider_form() {
    const BYTES: &[u8] = b"0123456789-+:.TtZz ";
    let text = b"2026-11-27T19:12:48.250000+01:30";
    for number in random_numbers(cases() / 10) {
        let number = number.unsigned_abs();
        let mut changed = *text;
        for change in 0..1 + number % 2 {
            let at = usize::try_from((number >> (8 + 16 * change)) % 32).unwrap();
            let byte = usize::try_from((number >> (16 + 16 * change)) % 19).unwrap();
            *changed.get_mut(at).unwrap() = *BYTES.get(byte).unwrap();
        }
        let changed = str::from_utf8(&changed).unwrap();
        let expected = DateTime::parse_from_rfc3339(changed).map(|moment| moment.timestamp_micros());
        match parse(changed) {
            Ok(micros) if changed.contains(":60") => assert!(expected.is_err() || micros > 0),
            Ok(micros) => assert!(expected.is_err() || expected == Ok(micros), "{changed}: {expected:?}, {micros}"),
            Err(_) => assert!(expected.is_err(), "{changed}: {expected:?}"),
        }
        if let Ok(micros) = parse(changed) {
            let is_wider = changed.starts_with(['+', '-']) || changed.contains(":60");
            assert!(is_wider || expected == Ok(micros), "{changed}: {expected:?}");
        }
    }
}
