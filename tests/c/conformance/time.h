/* Checks of the functions for time. */

static void calendar(void)
{
    static const struct {
        int64_t micros;
        int32_t year, month, day, hour, minute, second, weekday, yearday;
        const char *text;
    } rows[] = {
        {0, 1970, 1, 1, 0, 0, 0, 3, 1, "1970-01-01T00:00:00.000000Z"},
        {INT64_C(1795806768000000), 2026, 11, 27, 19, 12, 48, 4, 331, "2026-11-27T19:12:48.000000Z"},
        {INT64_C(951782400000000), 2000, 2, 29, 0, 0, 0, 1, 60, "2000-02-29T00:00:00.000000Z"},
        {-1, 1969, 12, 31, 23, 59, 59, 2, 365, "1969-12-31T23:59:59.999999Z"},
        {INT64_MAX, 294247, 1, 10, 4, 0, 54, 6, 10, "+294247-01-10T04:00:54.775807Z"},
        {INT64_MIN, -290308, 12, 21, 19, 59, 5, 6, 356, "-290308-12-21T19:59:05.224192Z"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t micros = rows[i].micros;
        EQUAL(rt_timestamp_get_year(micros), rows[i].year);
        EQUAL(rt_timestamp_get_month(micros), rows[i].month);
        EQUAL(rt_timestamp_get_day(micros), rows[i].day);
        EQUAL(rt_timestamp_get_hour(micros), rows[i].hour);
        EQUAL(rt_timestamp_get_minute(micros), rows[i].minute);
        EQUAL(rt_timestamp_get_second(micros), rows[i].second);
        EQUAL(rt_timestamp_get_weekday(micros), rows[i].weekday);
        EQUAL(rt_timestamp_get_yearday(micros), rows[i].yearday);
        CHECK(is(rt_timestamp_format(micros), rows[i].text));
        EQUAL(rt_timestamp_parse(rows[i].text), micros);
    }
    EQUAL(rt_timestamp_from_civil(2026, 11, 27, 19, 12, 48), INT64_C(1795806768000000));
    EQUAL(rt_timestamp_parse("2026-11-27 20:12:48+01:00"), INT64_C(1795806768000000));
    EQUAL(rt_timestamp_parse("2016-12-31T23:59:60Z"), rt_timestamp_from_civil(2017, 1, 1, 0, 0, 0));
    FAILS(rt_timestamp_from_civil(2026, 2, 29, 0, 0, 0), -1, E_INVAL);
    FAILS(rt_timestamp_from_civil(294248, 1, 1, 0, 0, 0), -1, E_INVAL);
    FAILS(rt_timestamp_parse("2026-11-27"), -1, E_INVAL);
    FAILS(rt_timestamp_parse(""), -1, E_INVAL);
    FAILS(rt_timestamp_parse(NULL), -1, E_FAULT);
    /* Values that equal the one for failure are genuine. */
    FAILS(rt_timestamp_parse("1969-12-31T23:59:59.999999Z"), -1, E_NONE);
    FAILS(rt_timestamp_get_year(INT64_C(-62167219200000001)), -1, E_NONE);
}

static void clocks(void)
{
    char *before = output_of("date +%s");
    int64_t micros = rt_time_now_unix_micros();
    char *after = output_of("date +%s");
    CHECK(before != NULL && after != NULL && micros / 1000000 >= number_in(before) && micros / 1000000 <= number_in(after));
    rt_free(before);
    rt_free(after);
    int64_t start = rt_time_now_nanos();
    if (!without("nanosleep"))
        CHECK(start >= 0 && rt_time_sleep_ms(3) && rt_time_now_nanos() - start >= 3000000);
    else
        CHECK(!rt_time_sleep_ms(3) && rt_last_error() != E_NONE);
    CHECK(rt_time_sleep_ms(0));
    FAILS(rt_time_sleep_ms(-1), false, E_INVAL);
}
