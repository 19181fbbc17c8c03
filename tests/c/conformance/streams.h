/* Checks of the functions for the standard streams, and of those for the system. */

static void lines(void)
{
    FAILS(rt_println(NULL), false, E_FAULT);
    FAILS(rt_eprintln(NULL), false, E_FAULT);
    EQUAL(sh("\"$SELF\" println 'a text' > \"$D/printed\" 2> \"$D/eprinted\""), 0);
    CHECK(is(rt_file_read_text(at("printed")), "out: a text\n") && is(rt_file_read_text(at("eprinted")), "err: a text\n"));
    EQUAL(sh("exec \"$SELF\" 'println error' x >&-"), E_BADF);
    CHECK(rt_file_write_text(at("lines"), "one\n\ntwo\r\nthe rest\nof it"));
    EQUAL(sh("exec \"$SELF\" 'read lines' x < \"$D/lines\""), 0);
    EQUAL(sh("cat \"$D/lines\" | \"$SELF\" 'read lines' x"), 0);
    /* The next reader gets what follows. */
    EQUAL(sh("test \"$({ \"$SELF\" 'read a line' one && cat; } < \"$D/lines\" | wc -c)\" = 20"), 0);
    EQUAL(sh("test \"$(cat \"$D/lines\" | { \"$SELF\" 'read a line' one && cat; } | wc -c)\" = 20"), 0);
    EQUAL(sh("exec \"$SELF\" 'read at the end' x < /dev/null"), without("dev") ? 2 : 0);
    calls[N_rt_stdin_read_line]++; /* in the child */
    calls[N_rt_stdin_read_text]++;
}

/* Returns whether this is a child of lines(), and sets its exit code. */
static bool lines_in_a_child(const char *what, const char *with, int *code)
{
    if (same(what, "println")) {
        struct line out = {0}, err = {0};
        add(&out, "out: ");
        add(&out, with);
        add(&err, "err: ");
        add(&err, with);
        *code = !(rt_println(out.text) && rt_eprintln(err.text));
    } else if (same(what, "println error")) {
        *code = rt_println("x") ? 255 : rt_last_error();
    } else if (same(what, "read a line")) {
        *code = !is(rt_stdin_read_line(), with);
    } else if (same(what, "read lines")) {
        *code = !(is(rt_stdin_read_line(), "one") && is(rt_stdin_read_line(), "") && is(rt_stdin_read_line(), "two") &&
                  is(rt_stdin_read_text(), "the rest\nof it") && rt_stdin_read_line() == NULL && rt_last_error() == 0);
    } else if (same(what, "read at the end")) {
        *code = !(rt_stdin_read_line() == NULL && rt_last_error() == 0 && is(rt_stdin_read_text(), ""));
    } else {
        return false;
    }
    return true;
}

static void more_system_facts(void)
{
    /* Without sysinfo(2) the list of /proc. */
    CHECK(rt_system_memory() > 1 << 20 || (without("sysinfo") && without("proc")));
    char *user = output_of("id -ru");
    EQUAL(rt_getuid(), number_in(user != NULL ? user : ""));
    rt_free(user);
    uint64_t random[2][4] = {{0}};
    CHECK(rt_random_bytes(random[0], sizeof random[0]) && rt_random_bytes(random[1], sizeof random[1]));
    for (size_t i = 0; i < 4; i++)
        CHECK(random[0][i] != 0 && random[0][i] != random[1][i]);
    FAILS(rt_random_bytes(NULL, 1), false, E_FAULT);
    CHECK(rt_random_bytes(NULL, 0));
    EQUAL(rt_version(), FFI_SYSCALLS_VERSION_MAJOR << 16 | FFI_SYSCALLS_VERSION_MINOR << 8 | FFI_SYSCALLS_VERSION_PATCH);
}
