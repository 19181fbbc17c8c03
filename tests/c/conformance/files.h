/* Checks of the second set of functions for files. */

static void bytes_of_files(void)
{
    static const char bytes[] = {'a', 0, 'b', 0};
    CHECK(rt_file_write_bytes(at("bytes"), bytes, sizeof bytes) && is_text(rt_file_read_text(at("bytes")), bytes, sizeof bytes));
    CHECK(rt_file_append_bytes(at("bytes"), bytes + 2, 2) && is_text(rt_file_read_text(at("bytes")), "a\0b\0b\0", 6));
    CHECK(rt_file_write_bytes(at("bytes"), NULL, 0) && is(rt_file_read_text(at("bytes")), ""));
    FAILS(rt_file_write_bytes(at("bytes"), NULL, 1), false, E_FAULT);
    FAILS(rt_file_append_bytes(at("no/no"), bytes, 1), false, E_NOENT);

    CHECK(rt_file_write_text(at("parts"), "0123456789"));
    CHECK(is(rt_file_read_at(at("parts"), 3, 4), "3456") && is(rt_file_read_at(at("parts"), 8, 100), "89"));
    CHECK(is(rt_file_read_at(at("parts"), 10, 1), "") && is(rt_file_read_at(at("parts"), 1000, SIZE_MAX), ""));
    FAILS(rt_file_read_at(at("parts"), -1, 1), NULL, E_INVAL);
    EQUAL(rt_file_write_at(at("parts"), 8, "abcd", 4), 4);
    CHECK(is(rt_file_read_text(at("parts")), "01234567abcd"));
    EQUAL(rt_file_write_at(at("new parts"), 2, "x", 1), 1);
    CHECK(is_text(rt_file_read_text(at("new parts")), "\0\0x", 3));
    FAILS(rt_file_write_at(at("parts"), -1, "x", 1), -1, E_INVAL);

    CHECK(rt_file_write_text(at("some lines"), "one\r\n\ntwo\nlast\r"));
    char **list = rt_file_read_lines(at("some lines"));
    CHECK(is_list(list, 4) && same(list[0], "one") && same(list[1], "") && same(list[2], "two") && same(list[3], "last\r"));
    rt_free(list);
    list = rt_file_read_lines(at("bytes"));
    CHECK(is_list(list, 0));
    rt_free(list);
    FAILS(rt_file_read_lines(at("new parts")), NULL, E_ILSEQ);
}

static void replacements(void)
{
    CHECK(rt_file_write_text(at("replaced"), "old") && rt_file_set_mode(at("replaced"), 0640));
    CHECK(sh("ln \"$D/replaced\" \"$D/second name\"; ln -s replaced \"$D/link to replaced\"") == 0);
    CHECK(rt_file_atomic_write(at("link to replaced"), "new") && is(rt_file_read_text(at("replaced")), "new"));
    EQUAL(rt_file_mode(at("replaced")), 0640);
    EQUAL(rt_file_kind(at("link to replaced")), 'l');
    CHECK(is(rt_file_read_text(at("second name")), "old"));
    CHECK(rt_file_atomic_write_bytes(at("replaced too"), "a\0b", 3) && is_text(rt_file_read_text(at("replaced too")), "a\0b", 3));
    FAILS(rt_file_atomic_write(at("tree"), "x"), false, E_ISDIR);
    FAILS(rt_file_atomic_write(at("no/no"), "x"), false, E_NOENT);
    if (!without("dev"))
        FAILS(rt_file_atomic_write("/dev/null", "x"), false, E_INVAL);
    /* No temporary file remains. */
    CHECK(sh("test -z \"$(find \"$D\" -maxdepth 1 -name '.*' ! -name . ! -path \"$D\")\"") == 0);
}

static void names_of_files(void)
{
    CHECK(rt_file_write_text(at("named"), "content"));
    CHECK(rt_file_rename(at("named"), at("renamed")) && !rt_file_exists(at("named")) && is(rt_file_read_text(at("renamed")), "content"));
    FAILS(rt_file_rename(at("named"), at("renamed")), false, E_NOENT);
    CHECK(rt_file_move(at("renamed"), at("moved")) && !rt_file_exists(at("renamed")) && is(rt_file_read_text(at("moved")), "content"));
    FAILS(rt_file_move(at("renamed"), at("moved")), false, E_NOENT);
    CHECK(is(rt_file_read_text(at("moved")), "content"));
    CHECK(rt_file_symlink("any text", at("symbolic")) && is(rt_file_read_link(at("symbolic")), "any text"));
    FAILS(rt_file_symlink("other", at("symbolic")), false, E_EXIST);
    FAILS(rt_file_read_link(at("moved")), NULL, E_INVAL);
    static const struct {
        const char *path;
        int kind;
    } kinds[] = {{"moved", 'f'}, {"tree", 'd'}, {"symbolic", 'l'}, {"a pipe", 'p'}};
    CHECK(sh("mkfifo \"$D/a pipe\"") == 0);
    for (size_t i = 0; i < COUNT(kinds); i++)
        EQUAL(rt_file_kind(at(kinds[i].path)), kinds[i].kind);
    FAILS(rt_file_kind(at("named")), 0, E_NOENT);

    CHECK(rt_file_set_mode(at("moved"), 04751));
    EQUAL(rt_file_mode(at("moved")), 04751);
    CHECK(sh("test $(stat -c %a \"$D/moved\") = 4751") == 0);
    FAILS(rt_file_mode(at("named")), -1, E_NOENT);
    FAILS(rt_file_set_mode(at("moved"), 010000), false, E_INVAL);
    CHECK(rt_file_set_modified_time(at("moved"), -5, 500000000));
    EQUAL(rt_file_modified_time(at("moved")), -5);
    FAILS(rt_file_set_modified_time(at("moved"), 0, 1000000000), false, E_INVAL);
    FAILS(rt_file_set_modified_time(at("moved"), 0, -1), false, E_INVAL);
    CHECK(rt_file_sync(at("moved")) && rt_file_sync(directory));
    FAILS(rt_file_sync(at("named")), false, E_NOENT);

    char *path = rt_file_temp(directory, "temporary-");
    CHECK(path != NULL && rt_file_mode(path) == 0600 && rt_file_size(path) == 0 && rt_file_delete(path));
    rt_free(path);
    path = rt_dir_temp(directory, "");
    CHECK(path != NULL && rt_file_mode(path) == 0700 && rt_dir_remove(path));
    rt_free(path);
    FAILS(rt_file_temp(directory, "a/b"), NULL, E_INVAL);
    FAILS(rt_dir_temp(at("no"), "x"), NULL, E_NOENT);
    FAILS(rt_file_temp(NULL, NULL), NULL, E_FAULT);
    CHECK(rt_env_set("TMPDIR", directory));
    path = rt_file_temp(NULL, "of-tmpdir-");
    CHECK(path != NULL && same_bytes(path, directory, length(directory)) && rt_file_delete(path));
    rt_free(path);
    CHECK(rt_env_unset("TMPDIR"));
}
