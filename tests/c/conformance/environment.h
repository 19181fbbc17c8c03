/* Checks of the functions for the program's environment, arguments and directories. */

static void variables(void)
{
    CHECK(rt_env_set("RT_GONE", "value") && rt_env_unset("RT_GONE"));
    FAILS_EMPTY(rt_env_get("RT_GONE"), E_NOENT);
    CHECK(rt_env_unset("RT_GONE")); /* it is not set any more */
    CHECK(sh("test \"${RT_GONE-unset}\" = unset") == 0);
    FAILS(rt_env_unset(""), false, E_INVAL);
    FAILS(rt_env_unset("A=B"), false, E_INVAL);
    FAILS(rt_env_unset(NULL), false, E_FAULT);
    CHECK(rt_env_set("RT_LISTED", "a=b"));
    char **list = rt_env_list();
    CHECK(list != NULL && contains(list, "RT_LISTED=a=b") && !contains(list, "RT_GONE=value"));
    for (int i = 0; i < 500; i++) { /* those of more_environment() */
        struct line entry = {0};
        add(&entry, "RT_N");
        add_number(&entry, i);
        add(&entry, "=");
        add_number(&entry, i * 7);
        CHECK(list != NULL && contains(list, entry.text));
    }
    rt_free(list);
}

static void working_directory(void)
{
    char *before = rt_env_cwd();
    CHECK(before != NULL && rt_env_set_cwd("/") && is(rt_env_cwd(), "/"));
    CHECK(sh("test \"$(pwd -P)\" = /") == 0);
    FAILS(rt_env_set_cwd("/no/such/directory"), false, E_NOENT);
    FAILS(rt_env_set_cwd(""), false, E_NOENT);
    FAILS(rt_env_set_cwd(NULL), false, E_FAULT);
    CHECK(before != NULL && rt_env_set_cwd(before));
    rt_free(before);
}

/* The arguments and the file of this program, which only /proc may know. */
static void program(int argc, char **argv)
{
    poison(E_NOENT);
    char **arguments = rt_env_args();
    if (arguments == NULL && without("proc"))
        EQUAL(rt_last_error(), E_NOENT);
    else if (CHECK(arguments != NULL && rt_len(arguments) == (size_t)argc))
        for (int i = 0; i < argc; i++)
            CHECK(same(arguments[i], argv[i]));
    rt_free(arguments);
    char *expected = output_of("readlink -f \"$SELF\"");
    char *found = rt_env_exe();
    if (found == NULL && without("proc"))
        EQUAL(rt_last_error(), E_NOENT);
    else
        CHECK(found != NULL && expected != NULL && same(found, expected));
    rt_free(found);
    rt_free(expected);
}

static void user_directories(void)
{
    static const struct {
        const char *variable;
        char *(*function)(void);
        const char *otherwise;
    } rows[] = {
        {"TMPDIR", rt_env_temp_dir, "/tmp"},
        {"XDG_CACHE_HOME", rt_env_cache_dir, "/of/mine/.cache"},
        {"XDG_CONFIG_HOME", rt_env_config_dir, "/of/mine/.config"},
        {"XDG_DATA_HOME", rt_env_data_dir, "/of/mine/.local/share"},
    };
    char *home = rt_env_get("HOME");
    CHECK(rt_env_set("HOME", "/of/mine"));
    for (size_t i = 0; i < COUNT(rows); i++) {
        CHECK(rt_env_set(rows[i].variable, "/some/where") && is(rows[i].function(), "/some/where"));
        CHECK(rt_env_set(rows[i].variable, "relative") && is(rows[i].function(), rows[i].otherwise));
        CHECK(rt_env_unset(rows[i].variable) && is(rows[i].function(), rows[i].otherwise));
    }
    CHECK(rt_env_set("HOME", home));
    rt_free(home);
    rt_free(rt_env_temp_dir());
    rt_free(rt_env_cache_dir());
    rt_free(rt_env_config_dir());
    rt_free(rt_env_data_dir());
}
